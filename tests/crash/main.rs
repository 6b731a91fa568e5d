//! Killed with SIGKILL at moments spread over a run, started again: the end is the same as undisturbed.

use std::{path::Path, time::Instant};

use mocban_tests::sandbox::{Sandbox, binary, json_lines};
use serde_json::Value;
use walkdir::WalkDir;

const DOCUMENTS: u32 = 4;
/// Shares of an undisturbed run at which the process is killed.
const MOMENTS: [f64; 6] = [0.30, 0.45, 0.60, 0.72, 0.84, 0.94];

fn house() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.make();
    // Recognition is not what is tried here: without it more of the run is writing.
    sandbox.set("[recognize]\nengine = \"none\"\n");
    sandbox.drop_bench(DOCUMENTS, 2, 1);
    sandbox
}

/// Runs and kills after a while; SIGKILL leaves nothing to tidy up.
fn run_and_kill(sandbox: &Sandbox, seconds: f64) {
    let script = format!(
        "{} run --json >/dev/null 2>&1 & pid=$!; sleep {seconds}; kill -9 $pid; wait",
        binary("mocban").display()
    );
    let status = sandbox.command(Path::new("sh"), &["-c", &script]).status().expect("the sandbox");
    assert!(status.code().is_some(), "the sandbox itself must live");
}

/// What must be true at the end, whatever happened before.
fn check_end(sandbox: &Sandbox, moment: &str) {
    let run = sandbox.mocban(&["run", "--json"]);
    let problem = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(run.status.code(), Some(0), "{moment}: {problem}");
    let documents = sandbox.ask(&["status", "--documents"]);
    assert_eq!(documents.len(), DOCUMENTS as usize, "{moment}: each scan is one document");
    let mut numbers = Vec::new();
    for document in &documents {
        assert_eq!(document["state"], "done", "{moment}: {document}");
        assert_eq!(document["level"], "B-LTA", "{moment}");
        numbers.extend(document["certification"]["number"].as_u64());
        let id = document["id"].as_str().expect("identity");
        let verified = json_lines(&sandbox.alone(&["--json", "verify", id]));
        assert_eq!(verified[0]["overall"], "valid", "{moment}: {}", verified[0]);
        assert_eq!(verified[0]["signatures"].as_array().map(Vec::len), Some(1), "{moment}: one seal each");
    }
    numbers.sort_unstable();
    let gapless: Vec<u64> = (1..=numbers.len() as u64).collect();
    assert_eq!(numbers, gapless, "{moment}: numbers");
    let book = sandbox.ask(&["book"]);
    assert!(book.iter().all(|booking: &Value| booking["state"] == "sealed"), "{moment}: no number is lost");
    let audit = sandbox.alone(&["--json", "audit"]);
    assert_eq!(audit.status.code(), Some(0), "{moment}: {}", String::from_utf8_lossy(&audit.stdout));
    let left: Vec<String> = WalkDir::new(sandbox.home())
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| entry.path().strip_prefix(sandbox.home()).expect("below home").to_string_lossy().into_owned())
        .filter(|path| path.contains(".mocban-tmp-") || path.starts_with("work/") || path.starts_with("inbound/"))
        .collect();
    assert!(left.is_empty(), "{moment}: left behind: {left:?}");
}

#[test]
fn killed_at_any_moment_the_end_is_the_same() {
    let undisturbed = house();
    let start = Instant::now();
    check_end(&undisturbed, "undisturbed");
    // The audit and the verdicts are part of that time; the run itself is most of it.
    let whole = start.elapsed().as_secs_f64();
    for moment in MOMENTS {
        let sandbox = house();
        run_and_kill(&sandbox, whole * moment);
        check_end(&sandbox, &format!("killed at {:.0} %", moment * 100.0));
    }
    let twice = house();
    for moment in [0.5, 0.3] {
        run_and_kill(&twice, whole * moment);
    }
    check_end(&twice, "killed twice");
}
