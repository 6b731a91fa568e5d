//! How long a command took and how much memory it and its children held.

use std::{
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

/// What a command cost.
#[derive(Debug)]
pub struct Measured {
    /// Its answer.
    pub output: Output,
    /// Wall clock.
    pub time: Duration,
    /// The largest resident memory any one process of it ever had, in KiB.
    pub peak_kib: u64,
}

/// Runs a command to its end and watches its processes.
///
/// # Panics
/// When it cannot be started.
pub fn measured(command: &mut Command) -> Measured {
    let start = Instant::now();
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let (pid, done) = (child.id(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut peak = 0;
            while !done.load(Ordering::SeqCst) {
                peak = peak.max(family(pid).into_iter().map(high_water).max().unwrap_or(0));
                std::thread::sleep(Duration::from_millis(2));
            }
            peak
        });
        let output = child.wait_with_output().expect("it ends");
        let time = start.elapsed();
        done.store(true, Ordering::SeqCst);
        Measured { output, time, peak_kib: watch.join().expect("the watch") }
    })
}

/// A process and everything it started.
fn family(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let mut at = 0;
    while let Some(parent) = all.get(at).copied() {
        for task in std::fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten() {
            let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            all.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
        at += 1;
    }
    all
}

/// `VmHWM`: the most that was ever resident; nothing once the process is gone.
fn high_water(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
