//! The breaker before the timestamp authorities: while none of them answers, the token is not touched for nothing.
//!
//! It is fed by real calls alone; a trial call would be a lie to the authority and prove nothing about the next.

use std::time::Duration;

/// The first rest.
const FIRST: Duration = Duration::from_secs(15);
/// The longest.
const LONGEST: Duration = Duration::from_mins(15);
/// Doublings until the longest.
const DOUBLINGS: u32 = 6;

/// Counts failures since the last timestamp.
#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failures: u32,
    until: Duration,
    attempts: String,
}

impl Breaker {
    /// No authority gave a timestamp; `attempts` says what each answered.
    pub(crate) fn failed(&mut self, now: Duration, attempts: String) {
        let rest = (FIRST * 2_u32.pow(self.failures.min(DOUBLINGS))).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        (self.until, self.attempts) = (now + rest, attempts);
    }

    /// One gave one.
    pub(crate) fn worked(&mut self) {
        *self = Self::default();
    }

    /// What the authorities answered last, while it is too early to ask again.
    pub(crate) fn is_open(&self, now: Duration) -> Option<&str> {
        (self.failures > 0 && now < self.until).then_some(self.attempts.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_without_timestamps_costs_nine_tries_and_one_timestamp_ends_it() {
        let (mut breaker, mut tries) = (Breaker::default(), Vec::new());
        for second in 0..3600 {
            let now = Duration::from_secs(second);
            if breaker.is_open(now).is_none() {
                tries.push(second);
                breaker.failed(now, format!("at {second}"));
            }
        }
        assert_eq!(tries, [0, 15, 45, 105, 225, 465, 945, 1845, 2745]);
        let hour = Duration::from_hours(1);
        assert_eq!(breaker.is_open(hour), Some("at 2745"));
        breaker.worked();
        assert_eq!(breaker.is_open(hour), None);
        breaker.failed(hour, String::new());
        assert_eq!(breaker.is_open(hour + FIRST), None, "the first rest is short again");
    }
}
