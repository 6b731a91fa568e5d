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
/// Kept in memory; beyond that one gives way to another, unless all of them wait. Those are few: each began within the
/// longest wait.
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
            let before = match kept.get(of) {
                Some(failures) => left(of, *failures, now),
                None if kept.len() < MOST => 0,
                None => gives_way(&mut kept, now).unwrap_or_default(),
            };
            kept.insert(of.clone(), Failures { count: before.saturating_add(1), last: now });
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

/// Forgets who failed least often and waits for nothing, the oldest of them, and tells how often that was. Who comes
/// instead counts on from there: no name is tried more often than it is counted, though it gave way in between.
fn gives_way(kept: &mut BTreeMap<Of, Failures>, now: Duration) -> Option<u32> {
    let done = kept.iter().filter(|(of, failures)| wait(of, **failures, now).is_none());
    let least = done.min_by_key(|(_, failures)| (failures.count, failures.last)).map(|(of, _)| of.clone())?;
    kept.remove(&least).map(|failures| failures.count)
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

    fn named(no: usize) -> Of {
        Of::AccountAt(format!("name{no}"), None)
    }

    /// As many names as are kept, each with so many failures at the beginning.
    fn flooded(count: u32) -> Attempts {
        Attempts(Mutex::new((0..MOST).map(|no| (named(no), Failures { count, last: at(0) })).collect()))
    }

    #[test]
    fn memory_is_bounded() {
        let attempts = flooded(1);
        for no in 0..100 {
            assert_eq!(attempts.begin(&[named(MOST + no)], at(1)), Ok(()));
        }
        assert_eq!(attempts.0.lock().expect("kept").len(), MOST);
    }

    #[test]
    fn changing_names_do_not_make_it_forget_who_failed_often() {
        let (attempts, before) = (flooded(1), Duration::from_mins(10));
        attempts.0.lock().expect("kept").remove(&named(0));
        for _ in 0..5 {
            assert_eq!(attempts.begin(&an(), before), Ok(()));
        }
        for no in 0..100 {
            assert_eq!(attempts.begin(&[named(MOST + no)], at(1)), Ok(()));
        }
        assert_eq!(attempts.begin(&an(), at(1)), Ok(()), "the wait is over");
        assert_eq!(attempts.begin(&an(), at(1)), Err(Duration::from_secs(4)), "the five are not forgotten");
    }

    #[test]
    fn a_name_is_counted_too_where_all_that_is_kept_failed_more_often() {
        let attempts = flooded(3);
        let begun = |of: &Of| attempts.begin(std::slice::from_ref(of), at(1));
        let tries = (0..10).take_while(|no| begun(&named(MOST + no)).is_ok() && begun(&an()[0]).is_ok()).count();
        assert!(tries < 5, "{tries}");
    }

    #[test]
    fn who_waits_is_never_forgotten() {
        let names = [(5, at(99)), (9, at(0)), (6, at(98))];
        let names = names.map(|(count, last)| Failures { count, last }).into_iter().enumerate();
        let mut kept: BTreeMap<Of, Failures> = names.map(|(no, failures)| (named(no), failures)).collect();
        assert_eq!(gives_way(&mut kept.clone(), at(200)), Some(5), "the fewest of those who wait no more");
        assert_eq!(gives_way(&mut kept, at(100)), Some(9));
        assert_eq!((gives_way(&mut kept, at(100)), kept.len()), (None, 2));
    }
}
