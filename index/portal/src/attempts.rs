//! Bounds on guessing: by name, and for all together.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Failures a name may have within the window.
const BY_NAME: usize = 5;
/// Failures of all names together: a guesser who changes names.
const TOGETHER: usize = 60;
const WINDOW: Duration = Duration::from_mins(15);
/// Stands for the names together; no account can be called so.
const ALL: &str = "*";

/// Failed logins of the last minutes; each name is bounded and so is their number.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<BTreeMap<String, Vec<Duration>>>);

impl Attempts {
    /// How long to wait before a name may try again.
    pub(crate) fn wait(&self, name: &str, now: Duration) -> Option<Duration> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, failures| {
            failures.retain(|at| now.saturating_sub(*at) < WINDOW);
            !failures.is_empty()
        });
        let blocked = |name: &str, bound: usize| {
            let failures = kept.get(name).filter(|failures| failures.len() >= bound)?;
            // Free again when only bound − 1 failures are left in the window.
            failures.get(failures.len() - bound).map(|at| WINDOW.saturating_sub(now.saturating_sub(*at)))
        };
        blocked(name, BY_NAME).max(blocked(ALL, TOGETHER))
    }

    /// A login failed.
    pub(crate) fn failed(&self, name: &str, now: Duration) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for name in [name, ALL] {
            kept.entry(name.to_owned()).or_default().push(now);
        }
    }

    /// A login succeeded.
    pub(crate) fn succeeded(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_waits_after_five_failures_and_others_do_not() {
        let attempts = Attempts::default();
        let at = |s: u64| Duration::from_secs(1000 + s);
        for s in 0..5 {
            assert_eq!(attempts.wait("an", at(s)), None);
            attempts.failed("an", at(s));
        }
        assert_eq!(attempts.wait("an", at(5)), Some(Duration::from_secs(15 * 60 - 5)));
        assert_eq!(attempts.wait("binh", at(5)), None);
        assert_eq!(attempts.wait("an", at(0) + WINDOW), None, "the first failure is forgotten");
        attempts.succeeded("an");
        assert_eq!(attempts.wait("an", at(6)), None);
    }

    #[test]
    fn changing_names_is_bounded_too() {
        let attempts = Attempts::default();
        let now = Duration::from_secs(1);
        for no in 0..TOGETHER {
            attempts.failed(&format!("name{no}"), now);
        }
        assert!(attempts.wait("another", now).is_some());
    }
}
