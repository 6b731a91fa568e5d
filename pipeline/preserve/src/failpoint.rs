//! Named points at which tests fail or kill the process. Without the feature they leave no code behind.

#[cfg(feature = "failpoints")]
macro_rules! failpoint {
    ($name:literal) => {
        fail::fail_point!($name)
    };
}

#[cfg(not(feature = "failpoints"))]
macro_rules! failpoint {
    ($($ignored:tt)*) => {};
}

pub(crate) use failpoint;
