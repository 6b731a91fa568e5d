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

/// What the crash points of the test build shall do: `MOCBAN_CRASH_POINTS` (names that count, by commas), `KILL_AT` (the hit
/// of them at which the process kills itself), `MOCBAN_CRASH_TRACE` (a file that gets each hit), `MOCBAN_CRASH_SWITCHES`.
#[cfg(feature = "failpoints")]
#[expect(clippy::disallowed_methods, reason = "the environment is read here and nowhere else")]
pub fn crash_plan() -> failpoint::Plan {
    let names = |variable: &str| -> Vec<String> {
        let listed = std::env::var(variable).unwrap_or_default();
        listed.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
    };
    failpoint::Plan {
        points: names("MOCBAN_CRASH_POINTS"),
        at: std::env::var("KILL_AT").ok().and_then(|at| at.parse().ok()).unwrap_or(0),
        trace: std::env::var_os("MOCBAN_CRASH_TRACE").map(PathBuf::from),
        switches: names("MOCBAN_CRASH_SWITCHES"),
    }
}
