//! Named points on the write path at which tests kill the process, or make it do wrong on purpose.
//!
//! *Purpose:* `failpoint!("stage:verb:moment")` is a place where a process may die; `failpoint!("…", |_| instead)` is a switch
//! that returns something else: a failure that cannot be had otherwise, or the mistake that a test must notice.
//! *Knows:* how to count, note and kill. *Doesn't know:* which points there are, the environment, what any of them is for.
//!
//! Without the feature `failpoints`, which no dependency line switches on, not even the names are left in a program.

/// What the points shall do in this process.
#[cfg(feature = "failpoints")]
mod armed;

#[cfg(feature = "failpoints")]
pub use armed::{Plan, arm};
#[cfg(feature = "failpoints")]
pub use fail;

/// A named point: `failpoint!(name)` to die at, `failpoint!(name, |_| value)` to return something else.
#[cfg(feature = "failpoints")]
#[macro_export]
macro_rules! failpoint {
    ($name:literal) => {
        $crate::fail::fail_point!($name)
    };
    ($name:literal, $instead:expr) => {
        $crate::fail::fail_point!($name, $instead)
    };
}

/// A named point: nothing in this build.
#[cfg(not(feature = "failpoints"))]
#[macro_export]
macro_rules! failpoint {
    ($($ignored:tt)*) => {};
}
