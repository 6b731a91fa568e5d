//! Bounds on guessing: who failed a few times waits a little before each further try, and slows nobody else.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Failures are forgotten after so long without another one.
const FORGOTTEN: Duration = Duration::from_mins(15);
/// Never longer: who guesses at an account keeps its owner waiting too.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Kept in memory; beyond that the oldest are forgotten.
const MOST: usize = 10_000;

/// Whose failures are counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Of {
    /// Of an account, whoever gives its name.
    Account(String),
    /// Of a browser's address: a guesser who changes names.
    Address(IpAddr),
    /// Of somebody who is logged in, about the own password: strangers' failures do not count.
    Owner(String),
}

impl Of {
    /// Failures that cost no waiting.
    fn free(&self) -> u32 {
        match self {
            Self::Account(_) | Self::Owner(_) => 5,
            // Several people may share a machine.
            Self::Address(_) => 20,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Duration,
}

/// Tries of the last minutes that did not succeed.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<BTreeMap<Of, Failures>>);

impl Attempts {
    /// A try begins, and counts as failed until it has succeeded: tries at the same time do not slip past the bound.
    ///
    /// # Errors
    /// How long to wait, when it is too early; then nothing is counted.
    pub(crate) fn begin(&self, by: &[Of], now: Duration) -> Result<(), Duration> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, failures| now.saturating_sub(failures.last) < FORGOTTEN);
        let wait = by.iter().filter_map(|of| wait(of, *kept.get(of)?, now)).max();
        if let Some(wait) = wait {
            return Err(wait);
        }
        for of in by {
            let failures = kept.entry(of.clone()).or_insert(Failures { count: 0, last: now });
            *failures = Failures { count: failures.count.saturating_add(1), last: now };
        }
        while kept.len() > MOST
            && let Some(oldest) = kept.iter().min_by_key(|(_, failures)| failures.last).map(|(of, _)| of.clone())
        {
            kept.remove(&oldest);
        }
        Ok(())
    }

    /// A try that was begun succeeded. An address's other failures stay: its guesser may have an account, too.
    pub(crate) fn succeeded(&self, by: &[Of]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for of in by {
            match of {
                Of::Account(_) | Of::Owner(_) => drop(kept.remove(of)),
                Of::Address(_) => {
                    if let Some(failures) = kept.get_mut(of) {
                        failures.count = failures.count.saturating_sub(1);
                    }
                }
            }
        }
    }
}

/// Two seconds after the first failure that is not free, then twice as long each time.
fn wait(of: &Of, failures: Failures, now: Duration) -> Option<Duration> {
    let more = failures.count.checked_sub(of.free())?;
    let wait = Duration::from_secs(2_u64.saturating_pow(more.saturating_add(1))).min(LONGEST_WAIT);
    wait.checked_sub(now.saturating_sub(failures.last)).filter(|wait| !wait.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn an() -> [Of; 1] {
        [Of::Account("an".into())]
    }

    fn at(s: u64) -> Duration {
        Duration::from_secs(1000 + s)
    }

    #[test]
    fn each_failure_costs_twice_the_waiting_up_to_a_minute() {
        let attempts = Attempts::default();
        for _ in 0..5 {
            assert_eq!(attempts.begin(&an(), at(0)), Ok(()));
        }
        let mut now = 0;
        for wait in [2, 4, 8, 16, 32, 60, 60] {
            assert_eq!(attempts.begin(&an(), at(now)), Err(Duration::from_secs(wait)));
            assert_eq!(attempts.begin(&an(), at(now + wait - 1)), Err(Duration::from_secs(1)));
            now += wait;
            assert_eq!(attempts.begin(&an(), at(now)), Ok(()));
        }
        assert_eq!(attempts.begin(&[Of::Account("binh".into())], at(now)), Ok(()));
        assert_eq!(attempts.begin(&an(), at(now) + FORGOTTEN), Ok(()), "it is forgotten");
    }

    #[test]
    fn a_success_clears_the_account_and_not_the_address() {
        let attempts = Attempts::default();
        let both = [Of::Account("an".into()), Of::Address([192, 0, 2, 7].into())];
        for _ in 0..20 {
            assert_eq!(attempts.begin(&both, at(0)), Ok(()));
            attempts.succeeded(&both[..1]);
        }
        assert_eq!(attempts.begin(&both, at(0)), Err(Duration::from_secs(2)));
        assert_eq!(attempts.begin(&both, at(2)), Ok(()));
        attempts.succeeded(&both);
        assert_eq!(attempts.begin(&both, at(2)), Err(Duration::from_secs(2)), "the twenty stay");
    }

    #[test]
    fn memory_is_bounded() {
        let attempts = Attempts::default();
        for no in 0..=MOST {
            assert_eq!(attempts.begin(&[Of::Account(no.to_string())], at(no as u64 / 100)), Ok(()));
        }
        assert_eq!(attempts.0.lock().expect("kept").len(), MOST);
    }
}
