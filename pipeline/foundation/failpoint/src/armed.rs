//! Counting, noting, dying.

use std::{
    fs::File,
    io::{self, Write as _},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use rustix::process::{Signal, getpid, kill_process};

/// What the points of this process shall do.
#[derive(Debug, Default)]
pub struct Plan {
    /// The points that count.
    pub points: Vec<String>,
    /// The hit of them, together, at which the process kills itself; 0 for never.
    pub at: u64,
    /// A file that gets the name of each point as it is hit.
    pub trace: Option<PathBuf>,
    /// Switches that are on: each makes its place return something else, or does what stands behind `=` (`sleep(200)`).
    pub switches: Vec<String>,
}

/// Sets the points. They stay set as long as the process lives.
///
/// # Errors
/// When the trace cannot be written or a name cannot be set.
pub fn arm(plan: Plan) -> io::Result<()> {
    let trace = plan.trace.map(open).transpose()?.map(Arc::new);
    let hits = Arc::new(AtomicU64::new(0));
    for point in plan.points {
        let (name, trace, hits, at) = (point.clone(), trace.clone(), Arc::clone(&hits), plan.at);
        fail::cfg_callback(point, move || {
            let hit = hits.fetch_add(1, Ordering::SeqCst) + 1;
            if let Some(mut trace) = trace.as_deref() {
                // One write a line: whole lines from all threads. A trace that cannot be written shows as missing hits.
                trace.write_all(format!("{name}\n").as_bytes()).ok();
            }
            if hit == at {
                die();
            }
        })
        .map_err(io::Error::other)?;
    }
    for switch in plan.switches {
        let (name, action) = switch.split_once('=').unwrap_or((&switch, "return"));
        fail::cfg(name, action).map_err(io::Error::other)?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the trace belongs to the test that asked for it, not to the archive")]
fn open(path: PathBuf) -> io::Result<File> {
    File::options().create(true).append(true).open(path)
}

/// Like a power supply: no destructor, no buffer, no other thread goes on.
fn die() {
    kill_process(getpid(), Signal::KILL).ok();
    // The signal takes a moment to reach the other threads; this one must do nothing more.
    loop {
        std::thread::park();
    }
}
