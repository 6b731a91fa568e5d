//! Examines a home: everything the work will need, asked before a document has to wait for it.
//!
//! Every check is made, whatever the others find. Nothing is changed: what is written to try a medium out is taken away
//! again, nothing is signed, and a PIN is sent only when a person gave one. A timestamp authority is asked for one real
//! timestamp over random bytes: the work itself never makes a call that is not for a document, but here a person asks.

mod house;
mod media;
mod services;
mod token;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use config::{Policy, Settings};
use model::Clock;
use zeroize::Zeroizing;

use crate::Error;

/// How a thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// As it should be.
    Ok,
    /// It could not be looked at; the text says what is missing for that.
    Unchecked,
    /// It works today and will not for ever.
    Warning,
    /// Documents wait for it, or will.
    Fault,
}

impl Health {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unchecked => "unchecked",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The check; `doctor-check-NAME` is its name for people, `doctor-fix-NAME` what to do in general.
    pub check: &'static str,
    /// What it was made on, when there are several: a copy, an address.
    pub subject: String,
    /// How it stands.
    pub health: Health,
    /// Code of the text; `CODE-fix` says what to do, when the text itself does not.
    pub code: String,
    /// Facts of the text.
    pub facts: Vec<(String, String)>,
}

/// What is examined, and with what.
pub struct Examination<'a> {
    /// The home.
    pub root: &'a Path,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The executable that workers run.
    pub worker: PathBuf,
    /// The token's PIN, when a person gave it: the key itself is looked for then.
    pub pin: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for Examination<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Examination").field("root", &self.root).finish_non_exhaustive()
    }
}

/// Makes every check there is.
pub fn examine(examination: Examination<'_>) -> Vec<Finding> {
    let mut notes = Notes::default();
    let root = examination.root;
    let loaded = house::settings(&mut notes, root);
    let ours = house::user(&mut notes, root);
    let register = house::register(&mut notes, root, &examination.clock);
    house::index(&mut notes, root);
    if let Some((settings, policy)) = &loaded {
        house::folders(&mut notes, root, settings, ours);
        house::font(&mut notes, settings);
        house::worker(&mut notes, settings, &examination.worker);
        let now = examination.clock.now();
        let anchors = services::anchors(&mut notes, settings, now);
        let chain = token::token(&mut notes, settings, examination.pin);
        let role = &policy.role.value;
        let leaf = token::certificate(&mut notes, role, chain.as_deref(), anchors.as_ref(), now);
        services::services(&mut notes, settings, leaf, anchors.as_ref(), examination.clock.as_ref());
        media::copies(&mut notes, settings, register.as_ref(), ours);
    }
    notes.findings
}

/// Findings as they are made.
#[derive(Debug, Default)]
struct Notes {
    findings: Vec<Finding>,
}

impl Notes {
    fn note(&mut self, health: Health, check: &'static str, subject: &str, code: &str, facts: &[(&str, String)]) {
        let facts = facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        self.findings.push(Finding { check, subject: subject.to_owned(), health, code: code.to_owned(), facts });
    }

    fn ok(&mut self, check: &'static str, subject: &str, code: &str, facts: &[(&str, String)]) {
        self.note(Health::Ok, check, subject, code, facts);
    }

    fn warning(&mut self, check: &'static str, subject: &str, code: &str, facts: &[(&str, String)]) {
        self.note(Health::Warning, check, subject, code, facts);
    }

    fn fault(&mut self, check: &'static str, subject: &str, code: &str, facts: &[(&str, String)]) {
        self.note(Health::Fault, check, subject, code, facts);
    }

    /// An error of the house has its own text.
    fn error(&mut self, check: &'static str, subject: &str, error: &Error) {
        let (code, facts) = (error.code(), error.facts());
        self.findings.push(Finding { check, subject: subject.to_owned(), health: Health::Fault, code, facts });
    }
}

/// Settings with the policy they name.
type Loaded = (Settings, Policy);

/// Days until a moment, rounded down; negative when it is past.
pub(crate) fn days(now: jiff::Timestamp, until: jiff::Timestamp) -> i64 {
    until.duration_since(now).as_hours().div_euclid(24)
}

/// A certificate is renewed in weeks, not in days (Điều 19.5b).
pub(crate) const RENEW_DAYS: i64 = 30;

/// Bytes as people read them.
fn human(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && value < 100.0);
    format!("{value:.digits$} {}", UNITS.get(unit).copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_for_people() {
        let at = |text: &str| -> jiff::Timestamp { text.parse().expect("time") };
        assert_eq!(human(999), "999 B");
        assert_eq!(human(2_147_483_648), "2.1 GB");
        assert_eq!(human(450_000_000_000), "450 GB");
        assert_eq!(days(at("2026-01-01T00:00:00Z"), at("2026-01-31T23:00:00Z")), 30);
        assert_eq!(days(at("2026-01-02T00:00:00Z"), at("2026-01-01T23:00:00Z")), -1);
    }
}
