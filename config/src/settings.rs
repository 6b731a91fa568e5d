//! The tree of settings. `mocban.toml` explains each one; a test holds the two together.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Error, Fault, Faults};

macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident: $ty:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$fdoc])* pub $field: $ty,)* }
    };
}

section! {
    /// Everything that can be set.
    Settings {
        /// Policy profile.
        profile: String,
        /// Where scans come in.
        inbound: Inbound,
        /// Text recognition.
        recognize: Recognize,
        /// Review by a person.
        review: Review,
        /// Look of the mark.
        appearance: Appearance,
        /// The signing token.
        token: Token,
        /// Bounds of a signing session.
        session: Session,
        /// Timestamp authorities.
        tsa: Tsa,
        /// Pinned anchors.
        trust: Trust,
        /// Rise to B-LTA.
        augment: Augment,
        /// Storing.
        preserve: Preserve,
        /// The copies.
        copy: Vec<CopySettings>,
        /// The portal.
        portal: Portal,
        /// Limits on foreign bytes and on ourselves.
        limits: Limits,
    }
}
section! {
    /// Where scans come in.
    Inbound {
        /// Folder.
        path: PathBuf,
        /// Path template.
        template: String,
        /// Seconds between two looks.
        settle_s: u64,
        /// Seconds after which a cut-off scan is held.
        incomplete_after_s: u64,
    }
}
section! {
    /// Text recognition.
    Recognize {
        /// Which engine.
        engine: Engine,
        /// Language data.
        language: String,
        /// Folder of language data; empty for the system's.
        tessdata: PathBuf,
        /// CPU seconds a page.
        cpu_budget_s: u64,
    }
}
/// Text recognition engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// libtesseract.
    Tesseract,
    /// No recognition.
    None,
}
section! {
    /// Review by a person.
    Review {
        /// Who reviews.
        mode: ReviewMode,
    }
}
/// Review modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewMode {
    /// Each document waits for a person.
    Every,
    /// Nobody reviews; the transfer note says so.
    None,
}
section! {
    /// Look of the mark.
    Appearance {
        /// TrueType font file.
        font: PathBuf,
    }
}
section! {
    /// The signing token.
    Token {
        /// PKCS#11 library.
        module: PathBuf,
        /// Token label.
        token_label: String,
        /// Key label.
        key_label: String,
    }
}
section! {
    /// Bounds of a signing session (Điều 3.10–3.13).
    Session {
        /// Minutes.
        minutes: u64,
        /// Signatures.
        signatures: u64,
        /// Idle minutes.
        idle_minutes: u64,
    }
}
section! {
    /// Timestamp authorities.
    Tsa {
        /// URLs in order.
        urls: Vec<String>,
        /// Seconds to wait.
        timeout_s: u64,
    }
}
section! {
    /// Pinned anchors.
    Trust {
        /// PEM file.
        anchors: PathBuf,
    }
}
section! {
    /// Rise to B-LTA.
    Augment {
        /// Store at B-T after (seconds).
        store_after_s: u64,
        /// Grace for fresh revocation data (seconds).
        grace_s: u64,
    }
}
section! {
    /// Storing.
    Preserve {
        /// Copies that must hold an object.
        copies_required: usize,
    }
}
section! {
    /// One copy.
    CopySettings {
        /// Name, used in reports.
        name: String,
        /// Folder.
        path: PathBuf,
        /// Set the immutable flag.
        #[serde(default)]
        immutable: bool,
    }
}
section! {
    /// The portal that `mocban serve` shows to people.
    Portal {
        /// Loopback address and port; empty for none.
        listen: String,
        /// A session ends after so many minutes without a request.
        idle_minutes: u64,
        /// It ends after so many hours in any case.
        hours: u64,
    }
}
section! {
    /// Limits on foreign bytes and on ourselves.
    Limits {
        /// Largest file, bytes.
        file_bytes: u64,
        /// Largest page, pixels.
        page_pixels: u64,
        /// Most pages in a document.
        document_pages: u32,
        /// Pages read at the same time; 0 = one a processor.
        workers: usize,
        /// Address space of a worker, bytes.
        worker_bytes: u64,
        /// Wall-clock limit of a page in a worker, seconds.
        worker_deadline_s: u64,
    }
}

impl Settings {
    /// Reads `mocban.toml` in a home; relative paths are taken from that home. Settings the file leaves out keep the
    /// defaults of [`crate::REFERENCE`].
    ///
    /// # Errors
    /// [`Error::Read`], or [`Error::Faulty`] with every fault found.
    pub fn load(home: &Path) -> Result<Self, Error> {
        let path = home.join("mocban.toml");
        let text = std::fs::read_to_string(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        Self::parse(&text, home).map_err(|faults| Error::Faulty { path, faults: Faults(faults) })
    }

    fn parse(text: &str, home: &Path) -> Result<Self, Vec<Fault>> {
        let own: toml::Table = text.parse().map_err(|e: toml::de::Error| vec![fault_of(text, &e)])?;
        let mut whole: toml::Table = crate::REFERENCE.parse().map_err(|e| vec![fault_of(crate::REFERENCE, &e)])?;
        whole.insert("copy".into(), toml::Value::Array(Vec::new()));
        for (key, value) in own {
            match (whole.get_mut(&key), value) {
                (Some(toml::Value::Table(section)), toml::Value::Table(given)) => section.extend(given),
                (_, value) => drop(whole.insert(key, value)),
            }
        }
        let mut settings: Self = whole.try_into().map_err(|e: toml::de::Error| vec![named_fault(text, &e)])?;
        let faults = settings.faults(text);
        if !faults.is_empty() {
            return Err(faults);
        }
        let paths = [
            &mut settings.inbound.path,
            &mut settings.appearance.font,
            &mut settings.trust.anchors,
            &mut settings.token.module,
        ];
        for path in paths.into_iter().chain(settings.copy.iter_mut().map(|copy| &mut copy.path)) {
            *path = home.join(&*path);
        }
        Ok(settings)
    }

    fn faults(&self, text: &str) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut wrong = |bad: bool, key: &str, what: &str, allowed: &str| {
            if bad {
                faults.push(Fault { line: line_of(text, key), what: what.into(), allowed: allowed.into() });
            }
        };
        wrong(
            !self.inbound.template.ends_with("{document}"),
            "template",
            "inbound.template must end with {document}",
            "{fonds}/{inventory}/{file}/{document} or fewer levels",
        );
        wrong(self.recognize.language.is_empty(), "language", "recognize.language is empty", "vie, vie+eng, …");
        wrong(self.recognize.cpu_budget_s == 0, "cpu_budget_s", "recognize.cpu_budget_s is 0", "1 and more");
        wrong(self.session.signatures == 0, "signatures", "session.signatures is 0", "1 and more");
        wrong(self.tsa.timeout_s == 0, "timeout_s", "tsa.timeout_s is 0", "1 and more");
        wrong(
            self.tsa.urls.iter().any(|url| !url.starts_with("http://") && !url.starts_with("https://")),
            "urls",
            "tsa.urls names something that is no address",
            "http://… or https://…",
        );
        wrong(
            self.preserve.copies_required == 0 || self.preserve.copies_required > self.copy.len().max(2),
            "copies_required",
            "preserve.copies_required does not fit the copies",
            "1 to the number of [[copy]] entries",
        );
        let listens =
            self.portal.listen.parse::<std::net::SocketAddr>().is_ok_and(|address| address.ip().is_loopback());
        wrong(
            !self.portal.listen.is_empty() && !listens,
            "listen",
            "portal.listen is not a loopback address with a port",
            "127.0.0.1:8754, [::1]:8754, or \"\" for none",
        );
        wrong(self.portal.idle_minutes == 0, "idle_minutes", "portal.idle_minutes is 0", "1 and more");
        wrong(self.portal.hours == 0, "hours", "portal.hours is 0", "1 and more");
        let mut names: Vec<&str> = self.copy.iter().map(|copy| copy.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        wrong(names.len() != self.copy.len(), "name", "two copies have the same name", "a name for each copy");
        wrong(
            names.iter().any(|name| name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')),
            "name",
            "a copy's name is not usable",
            "letters, digits and -",
        );
        faults
    }
}

fn fault_of(text: &str, error: &toml::de::Error) -> Fault {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    Fault { line: before.matches('\n').count() + 1, what: error.message().into(), allowed: String::new() }
}

/// After merging with the defaults the spans are gone: find the line by the key that the message names.
fn named_fault(text: &str, error: &toml::de::Error) -> Fault {
    let message = error.message();
    let named = message.split('`').nth(1).unwrap_or_default();
    let shown = error.to_string();
    let key = shown.split('`').rfind(|part| line_of(text, part) > 0 && *part != named).unwrap_or(named);
    let line = line_of(text, named).max(if line_of(text, named) == 0 { line_of(text, key) } else { 0 });
    Fault { line, what: message.into(), allowed: String::new() }
}

fn line_of(text: &str, key: &str) -> usize {
    if key.is_empty() {
        return 0;
    }
    text.lines().position(|line| line.split('=').next().is_some_and(|k| k.trim() == key)).map_or(0, |i| i + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        match Settings::parse(text, Path::new("/home")) {
            Ok(_) => assert_eq!(expect, "ok"),
            Err(faults) => assert_eq!(Faults(faults).to_string(), expect),
        }
    }

    #[test]
    fn the_reference_is_whole_and_loads() {
        check(crate::REFERENCE, "ok");
        let settings = Settings::parse(crate::REFERENCE, Path::new("/home")).expect("reference");
        assert_eq!(settings.inbound.path, Path::new("/home/inbound"));
        // Every field occurs in the reference: it was parsed without a default of its own.
        check("", "ok");
    }

    #[test]
    fn faults_name_line_and_remedy() {
        check(
            "[inbound]\nsettle = 3\n",
            "line 2: unknown field `settle`, expected one of `path`, `template`, `settle_s`, `incomplete_after_s`",
        );
        check("a = = 1", "line 1: extra `=`, expected nothing");
        check(
            "[tsa]\nurls = [\"ftp://x\"]\ntimeout_s = 0\n",
            "line 3: tsa.timeout_s is 0 (allowed: 1 and more); line 2: tsa.urls names something that is no address (allowed: http://… or https://…)",
        );
    }

    #[test]
    fn there_is_no_setting_for_a_pin() {
        assert!(Settings::parse("[token]\npin = \"1234\"\n", Path::new("/")).is_err());
    }
}
