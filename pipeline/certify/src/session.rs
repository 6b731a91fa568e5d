//! A signing session: a person opened the key for a limited time and number of signatures (Điều 4, 19.2).

use std::time::Duration;

use model::Clock;
use pki::key::{CertificationKey, KeyError};
use zeroize::Zeroizing;

/// How far one opening of the key reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From opening to closing, whatever happens.
    pub duration: Duration,
    /// Signatures.
    pub signatures: u32,
    /// Longest pause between signatures.
    pub idle: Duration,
}

/// Why a session is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// Its time is over.
    Expired,
    /// Its signatures are used up.
    Spent,
    /// Nothing was signed for too long.
    Idle,
}

/// What is left of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Until the session ends, at most.
    pub time: Duration,
    /// Signatures.
    pub signatures: u32,
}

/// An open key with its limits. Dropping it closes the key.
pub struct Session {
    key: Box<dyn CertificationKey>,
    limits: Limits,
    opened: Duration,
    last_use: Duration,
    used: u32,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("limits", &self.limits).field("used", &self.used).finish_non_exhaustive()
    }
}

impl Session {
    /// Opens the key once with the PIN, which is erased whatever comes of it: a refused PIN is never sent again.
    pub fn open(
        limits: Limits,
        clock: &dyn Clock,
        pin: Zeroizing<String>,
        open: impl FnOnce(&Zeroizing<String>) -> Result<Box<dyn CertificationKey>, KeyError>,
    ) -> Result<Self, KeyError> {
        let key = open(&pin)?;
        drop(pin);
        let now = clock.monotonic();
        Ok(Self { key, limits, opened: now, last_use: now, used: 0 })
    }

    /// What is left, or why the session is over.
    pub fn left(&self, clock: &dyn Clock) -> Result<Left, Closed> {
        let now = clock.monotonic();
        let time = self.limits.duration.checked_sub(now.saturating_sub(self.opened)).filter(|left| !left.is_zero());
        let time = time.ok_or(Closed::Expired)?;
        if now.saturating_sub(self.last_use) >= self.limits.idle {
            return Err(Closed::Idle);
        }
        let signatures = self.limits.signatures.saturating_sub(self.used);
        if signatures == 0 { Err(Closed::Spent) } else { Ok(Left { time, signatures }) }
    }

    /// The key for one document; counts as one signature.
    pub fn key(&mut self, clock: &dyn Clock) -> Result<&mut dyn CertificationKey, Closed> {
        self.left(clock)?;
        self.used += 1;
        self.last_use = clock.monotonic();
        Ok(self.key.as_mut())
    }

    /// The key's certificates, for checks before a document is taken; counts as nothing.
    pub fn chain(&self) -> &[Vec<u8>] {
        self.key.chain()
    }
}

#[cfg(test)]
mod tests {
    use model::FixedClock;
    use pki::key::Scheme;

    use super::*;

    struct Nothing;

    impl CertificationKey for Nothing {
        fn chain(&self) -> &[Vec<u8>] {
            &[]
        }

        fn schemes(&self) -> &[Scheme] {
            &[Scheme::RsaPkcs1Sha256]
        }

        fn sign(&mut self, _: Scheme, _: &[u8]) -> Result<Vec<u8>, KeyError> {
            Ok(Vec::new())
        }
    }

    fn session(clock: &FixedClock) -> Session {
        let limits = Limits { duration: Duration::from_secs(100), signatures: 3, idle: Duration::from_mins(1) };
        let pin = Zeroizing::new("1234".to_owned());
        Session::open(limits, clock, pin, |pin| {
            assert_eq!(pin.as_str(), "1234");
            Ok(Box::new(Nothing))
        })
        .expect("opens")
    }

    #[test]
    fn a_session_ends_by_time_by_count_and_by_rest() {
        let clock = FixedClock::new("2026-01-01T00:00:00Z".parse().expect("time"));
        let mut spent = session(&clock);
        for _ in 0..3 {
            assert!(spent.key(&clock).is_ok());
        }
        assert_eq!(spent.left(&clock), Err(Closed::Spent));
        let mut used = session(&clock);
        clock.advance(59);
        assert!(used.key(&clock).is_ok());
        assert_eq!(used.left(&clock), Ok(Left { time: Duration::from_secs(41), signatures: 2 }));
        clock.advance(41);
        assert_eq!(used.left(&clock), Err(Closed::Expired));
        let idle = session(&clock);
        clock.advance(60);
        assert_eq!(idle.left(&clock), Err(Closed::Idle));
    }

    #[test]
    fn a_refused_pin_opens_nothing() {
        let clock = FixedClock::new("2026-01-01T00:00:00Z".parse().expect("time"));
        let limits = Limits { duration: Duration::MAX, signatures: 1, idle: Duration::MAX };
        let refused = KeyError::PinIncorrect { token: "archive".to_owned() };
        let error = Session::open(limits, &clock, Zeroizing::new("0".to_owned()), |_| Err(refused.clone()));
        assert_eq!(error.map(|_| ()), Err(refused));
    }
}
