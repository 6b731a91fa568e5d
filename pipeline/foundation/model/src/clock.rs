//! The only place that reads time. Everything else is handed a [`Clock`].

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use jiff::{Timestamp, Zoned, tz::TimeZone};

/// Wall and monotonic time. Tests own time through [`FixedClock`].
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
    /// Time since an arbitrary start that never goes back.
    fn monotonic(&self) -> Duration;
}

/// The machine's clocks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(clippy::disallowed_methods, reason = "the clock is the one place that reads monotonic time")]
    fn monotonic(&self) -> Duration {
        static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        START.get_or_init(std::time::Instant::now).elapsed()
    }
}

/// A clock that stands still until it is moved; both times move together.
#[derive(Debug)]
pub struct FixedClock {
    seconds: AtomicI64,
}

impl FixedClock {
    /// Stands at `at` (whole seconds).
    pub fn new(at: Timestamp) -> Self {
        Self { seconds: AtomicI64::new(at.as_second()) }
    }

    /// Moves on (or back, when negative) by seconds.
    pub fn advance(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.seconds.load(Ordering::SeqCst)).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.seconds.load(Ordering::SeqCst).unsigned_abs())
    }
}

/// The zone in which people read time and in which register years turn: +07:00, no daylight saving.
pub fn vietnam() -> TimeZone {
    TimeZone::fixed(jiff::tz::offset(7))
}

/// A moment as people in Vietnam read it.
pub fn local(at: Timestamp) -> Zoned {
    at.to_zoned(vietnam())
}

/// The register year of a moment (by +07:00).
pub fn register_year(at: Timestamp) -> i16 {
    local(at).year()
}

/// RFC 3339 with `+07:00`, cut to the second, as printed in marks and JSON.
pub fn rfc3339_local(at: Timestamp) -> String {
    local(at).strftime("%Y-%m-%dT%H:%M:%S+07:00").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_turns_at_seventeen_utc() {
        let before: Timestamp = "2026-12-31T16:59:59Z".parse().expect("time");
        let after: Timestamp = "2026-12-31T17:00:00Z".parse().expect("time");
        assert_eq!((register_year(before), register_year(after)), (2026, 2027));
        assert_eq!(rfc3339_local(after), "2027-01-01T00:00:00+07:00");
    }
}
