//! Bounds on guessing: who failed a few times waits a little before each further try, and slows nobody else.

mod of;

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

pub(crate) use of::Of;

/// Failures are forgotten after so long without another one.
const FORGOTTEN: Duration = Duration::from_mins(15);
/// Never longer: who guesses where the owner comes from keeps the owner waiting too.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Kept in memory; beyond that the oldest are forgotten.
const MOST: usize = 10_000;

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
            let before = kept.get(of).map_or(0, |failures| left(of, *failures, now));
            kept.insert(of.clone(), Failures { count: before.saturating_add(1), last: now });
        }
        while kept.len() > MOST
            && let Some(oldest) = kept.iter().min_by_key(|(_, failures)| failures.last).map(|(of, _)| of.clone())
        {
            kept.remove(&oldest);
        }
        Ok(())
    }

    /// A try that was begun succeeded: it was no failure.
    pub(crate) fn succeeded(&self, by: &[Of]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for of in by {
            if of.clears() {
                kept.remove(of);
            } else if let Some(failures) = kept.get_mut(of) {
                failures.count = failures.count.saturating_sub(1);
            }
        }
    }
}

/// Failures that are not forgotten by now.
fn left(of: &Of, failures: Failures, now: Duration) -> u32 {
    let Some(each) = of.fades() else { return failures.count };
    let faded = now.saturating_sub(failures.last).as_secs() / each.as_secs();
    failures.count.saturating_sub(faded.try_into().unwrap_or(u32::MAX))
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
        [Of::AccountAt("an".into(), None)]
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
        assert_eq!(attempts.begin(&[Of::AccountAt("binh".into(), None)], at(now)), Ok(()));
        assert_eq!(attempts.begin(&an(), at(now) + FORGOTTEN), Ok(()), "it is forgotten");
    }

    #[test]
    fn a_success_clears_the_account_and_not_the_address() {
        let attempts = Attempts::default();
        let both = [Of::AccountAt("an".into(), None), Of::Address([192, 0, 2, 7].into())];
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
    fn an_account_forgets_what_comes_slowly_from_many_addresses() {
        let attempts = Attempts::default();
        let account = [Of::Account("an".into())];
        for no in 0..200 {
            assert_eq!(attempts.begin(&account, at(no * 5)), Ok(()), "{no}");
        }
        let together = at(1000);
        for no in 0..50 {
            assert_eq!(attempts.begin(&account, together), Ok(()), "{no}");
        }
        assert_eq!(attempts.begin(&account, together), Err(Duration::from_secs(2)));
        assert_eq!(attempts.begin(&account, together + Duration::from_mins(1)), Ok(()));
    }

    #[test]
    fn memory_is_bounded() {
        let attempts = Attempts::default();
        for no in 0..=MOST {
            assert_eq!(attempts.begin(&[Of::AccountAt(no.to_string(), None)], at(no as u64 / 100)), Ok(()));
        }
        assert_eq!(attempts.0.lock().expect("kept").len(), MOST);
    }
}
