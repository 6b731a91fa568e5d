//! The few things taken from the environment.

use std::path::PathBuf;

/// Where a home lies when nobody says.
pub const DEFAULT_HOME: &str = "/var/lib/mocban";

/// The home folder: `--home`, else `MOCBAN_HOME`, else [`DEFAULT_HOME`].
#[expect(clippy::disallowed_methods, reason = "the environment is read here and nowhere else")]
pub fn home(option: Option<PathBuf>) -> PathBuf {
    option.or_else(|| std::env::var_os("MOCBAN_HOME").map(PathBuf::from)).unwrap_or_else(|| DEFAULT_HOME.into())
}

/// The descriptor that carries the PIN: `--pin-fd`, else `MOCBAN_PIN_FD`. The PIN itself is never in the environment.
#[expect(clippy::disallowed_methods, reason = "the environment is read here and nowhere else")]
pub fn pin_fd(option: Option<i32>) -> Option<i32> {
    option.or_else(|| std::env::var("MOCBAN_PIN_FD").ok()?.parse().ok())
}

/// One variable of the test build's crash harness.
#[cfg(feature = "failpoints")]
#[expect(clippy::disallowed_methods, reason = "the environment is read here and nowhere else")]
pub fn crash_setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
