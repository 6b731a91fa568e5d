//! CPU time, wall time and memory of this process.

use std::time::Duration;

use model::{Clock as _, SystemClock};
use rustix::time::{ClockId, clock_gettime};

/// A moment on both clocks.
pub(crate) struct Meter {
    cpu: Duration,
    wall: Duration,
}

impl Meter {
    pub(crate) fn start() -> Self {
        Self { cpu: cpu(), wall: SystemClock.monotonic() }
    }

    /// Seconds of CPU since, all threads.
    pub(crate) fn cpu_s(&self) -> f64 {
        cpu().saturating_sub(self.cpu).as_secs_f64()
    }

    /// Seconds since.
    pub(crate) fn wall_s(&self) -> f64 {
        SystemClock.monotonic().saturating_sub(self.wall).as_secs_f64()
    }
}

fn cpu() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or_default())
}

/// Highest resident memory so far, file pages included, in KiB.
pub(crate) fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
