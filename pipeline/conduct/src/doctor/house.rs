//! The home itself: settings, user, folders, font, workers with their language data, register, index.

use std::{os::unix::fs::MetadataExt as _, path::Path, sync::Arc, time::Duration};

use config::{Engine, Limits, Policy, Settings};
use model::Clock;
use pdf::Font;
use register::Register;
use search::Index;

use super::{Health, Loaded, Notes, human};
use crate::{
    Error, lanes,
    worker::{self, Reading, Task},
};

/// Loading language data takes a second; a busy machine gets a minute.
const PATIENCE: Duration = Duration::from_mins(1);

/// A place with less room than this many of the largest files is filling up.
const ROOM_FILES: u64 = 4;

/// Letters that Vietnamese has beyond ASCII, lower case; each carries five tones where it is a vowel.
const VOWELS: &str = "aăâeêioôơuưy";
const TONES: [char; 5] = ['\u{300}', '\u{301}', '\u{303}', '\u{309}', '\u{323}'];

pub(super) fn settings(notes: &mut Notes, root: &Path) -> Option<Loaded> {
    let loaded = Settings::load(root).and_then(|settings| {
        let policy = Policy::load(root, &settings.profile)?;
        Ok((settings, policy))
    });
    match loaded {
        Ok((settings, policy)) => {
            let path = root.join("mocban.toml").display().to_string();
            notes.ok("settings", "", "doctor-settings", &[("path", path), ("profile", policy.name.clone())]);
            let limits = limit_facts(&settings.limits);
            notes.ok("limits", "", "doctor-limits", &limits);
            Some((settings, policy))
        }
        Err(error) => {
            notes.error("settings", "", &error.into());
            None
        }
    }
}

fn limit_facts(limits: &Limits) -> [(&'static str, String); 6] {
    [
        ("file", human(limits.file_bytes)),
        ("megapixels", (limits.page_pixels / 1_000_000).to_string()),
        ("pages", limits.document_pages.to_string()),
        ("workers", lanes::workers(limits).to_string()),
        ("memory", human(limits.worker_bytes)),
        ("seconds", limits.worker_deadline_s.to_string()),
    ]
}

/// Whether we are the user that works here: what another may write says nothing, and what another writes is in the way.
pub(super) fn user(notes: &mut Notes, root: &Path) -> bool {
    let user = rustix::process::geteuid().as_raw();
    let owner = match std::fs::metadata(root) {
        Ok(meta) => meta.uid(),
        Err(error) => {
            notes.error("home", "", &durable::Error::io("look at", root, error).into());
            return false;
        }
    };
    if owner != user {
        let facts = [("user", user.to_string()), ("owner", owner.to_string())];
        notes.fault("user", "", "doctor-user", &facts);
    }
    owner == user
}

pub(super) fn folders(notes: &mut Notes, root: &Path, settings: &Settings, ours: bool) {
    let work = root.join("work");
    let place = if work.is_dir() { work } else { root.to_owned() };
    let tried = if ours { durable::try_out(&place, false) } else { Ok(()) };
    match tried.and_then(|()| durable::space(&place)) {
        Ok(space) => room(notes, "home", "", root, space, &settings.limits, ours),
        Err(error) => notes.error("home", "", &error.into()),
    }
    let inbound = &settings.inbound.path;
    let path = ("path", inbound.display().to_string());
    if !inbound.is_dir() {
        notes.fault("inbound", "", "doctor-inbound-missing", &[path]);
    } else if !ours {
        notes.note(Health::Unchecked, "inbound", "", "doctor-other-user", &[path]);
    } else if let Err(error) = durable::may_change(inbound) {
        notes.fault("inbound", "", "doctor-inbound-closed", &[path, ("reason", error.to_string())]);
    } else {
        notes.ok("inbound", "", "doctor-inbound", &[path]);
    }
}

/// How full a place is that can be written.
pub(super) fn room(
    notes: &mut Notes,
    check: &'static str,
    subject: &str,
    path: &Path,
    space: durable::Space,
    limits: &Limits,
    tried: bool,
) {
    let wanted = limits.file_bytes;
    let facts = [("path", path.display().to_string()), ("free", human(space.free)), ("wanted", human(wanted))];
    if space.free < wanted {
        notes.fault(check, subject, "doctor-space-out", &facts);
    } else if space.free < wanted.saturating_mul(ROOM_FILES) {
        notes.warning(check, subject, "doctor-space-low", &facts);
    } else if tried {
        notes.ok(check, subject, "doctor-place", &facts);
    } else {
        notes.note(Health::Unchecked, check, subject, "doctor-other-user", &facts);
    }
}

pub(super) fn font(notes: &mut Notes, settings: &Settings) {
    let path = &settings.appearance.font;
    let font = match Font::load(path) {
        Ok(font) => font,
        Err(error) => {
            let facts = [("path", path.display().to_string()), ("reason", error.to_string())];
            return notes.fault("font", "", "doctor-font-missing", &facts);
        }
    };
    let letters = letters();
    let missing: String =
        letters.iter().filter(|letter| font.width(letter.encode_utf8(&mut [0; 4])).is_err()).collect();
    let facts =
        [("path", path.display().to_string()), ("count", letters.len().to_string()), ("letters", missing.clone())];
    if missing.is_empty() {
        notes.ok("font", "", "doctor-font", &facts);
    } else {
        notes.fault("font", "", "doctor-font-letters", &facts);
    }
}

/// Every letter, digit and sign a mark may print: printable ASCII, the Vietnamese letters in both cases, the dash.
fn letters() -> Vec<char> {
    let composed = |letter: char, tone: char| -> String {
        use unicode_normalization::UnicodeNormalization as _;
        [letter, tone].iter().collect::<String>().nfc().collect()
    };
    let lower = VOWELS.chars().flat_map(|vowel| {
        let toned = TONES.into_iter().flat_map(move |tone| composed(vowel, tone).chars().collect::<Vec<_>>());
        std::iter::once(vowel).chain(toned)
    });
    let lower: Vec<char> = lower.chain(['đ']).filter(|letter| !letter.is_ascii()).collect();
    let upper = lower.iter().flat_map(|letter| letter.to_uppercase());
    (' '..='~').chain(lower.iter().copied()).chain(upper).chain(['–']).collect()
}

pub(super) fn worker(notes: &mut Notes, settings: &Settings, executable: &Path) {
    let task =
        Task::TryOut { reading: Reading::of(&settings.recognize), limits: worker::Limits::of(&settings.limits, 1) };
    let language = ("language", settings.recognize.language.clone());
    match worker::ask_one::<String>(executable, &task, PATIENCE) {
        Ok(version) => match settings.recognize.engine {
            Engine::None => notes.ok("engine", "", "doctor-engine-off", &[]),
            Engine::Tesseract => notes.ok("engine", "", "doctor-engine", &[language, ("version", version)]),
        },
        Err(error) => notes.error("engine", "", &error),
    }
}

pub(super) fn register(notes: &mut Notes, root: &Path, clock: &Arc<dyn Clock>) -> Option<Register> {
    let path = root.join("register.sqlite");
    if !path.is_file() {
        notes.ok("register", "", "doctor-not-yet", &[("path", path.display().to_string())]);
        return None;
    }
    let checked = Register::open_to_read(&path, Arc::clone(clock)).and_then(|register| {
        register.check_tail(u64::MAX)?;
        let (events, _) = register.head()?;
        Ok((register, events))
    });
    match checked {
        Ok((register, events)) => {
            notes.ok("register", "", "doctor-register", &[("events", events.to_string())]);
            Some(register)
        }
        Err(error) => {
            notes.error("register", "", &error.into());
            None
        }
    }
}

pub(super) fn index(notes: &mut Notes, root: &Path) {
    let path = root.join("index");
    // Opening would make one.
    let there = std::fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_some());
    if !there {
        return notes.ok("index", "", "doctor-not-yet", &[("path", path.display().to_string())]);
    }
    match Index::open(&path).and_then(|index| index.last_event()) {
        Ok(last) => notes.ok("index", "", "doctor-index", &[("events", last.to_string())]),
        Err(error) => notes.error("index", "", &Error::from(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vietnamese_has_134_letters_beyond_ascii() {
        let beyond: std::collections::BTreeSet<char> =
            letters().into_iter().filter(|letter| letter.is_alphabetic() && !letter.is_ascii()).collect();
        assert_eq!(beyond.len(), 134, "{beyond:?}");
        for letter in "ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹĐƯƠỮỆ".chars()
        {
            assert!(beyond.contains(&letter), "{letter}");
        }
    }
}
