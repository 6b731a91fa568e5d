//! The daemon: alone in its home, and going on by itself when what was wrong is over.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use mocban_tests::sandbox::binary;
use serde_json::Value;

use crate::{
    outside::{calls, watch_token, watched},
    support::House,
};

/// Serves, opens a session, tells its process, and keeps what it said and how it ended.
const SCRIPT: &str = r#"
"$1" --lang en serve 2>"$2/serve.err" >"$2/serve.out" & pid=$!
until "$1" key open >/dev/null 2>&1; do kill -0 $pid || exit 1; sleep 0.1; done
echo $pid >"$2/serve.pid"
code=0; wait $pid || code=$?
exit $code
"#;

struct Daemon {
    sandbox: Child,
    folder: PathBuf,
    pid: String,
}

impl Daemon {
    fn start(house: &House, prepare: impl FnOnce(&mut Command)) -> Self {
        let folder = house.sandbox.beside("daemon");
        std::fs::create_dir_all(&folder).expect("folder");
        let (mocban, place) = (binary("mocban"), folder.to_string_lossy().into_owned());
        let arguments = ["-c", SCRIPT, "bash", &mocban.to_string_lossy(), &place];
        let mut command = house.sandbox.command(Path::new("bash"), &arguments);
        prepare(&mut command);
        let sandbox = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the sandbox starts");
        let pid = folder.join("serve.pid");
        until(60, "the daemon does not serve", || std::fs::read_to_string(&pid).is_ok_and(|text| text.ends_with('\n')));
        let pid = std::fs::read_to_string(&pid).expect("process").trim().to_owned();
        Self { sandbox, folder, pid }
    }

    fn told(&self) -> String {
        std::fs::read_to_string(self.folder.join("serve.err")).unwrap_or_default()
    }

    /// SIGTERM; answers the exit code and how long it took.
    fn end(mut self) -> (Option<i32>, Duration, String) {
        let start = Instant::now();
        assert!(Command::new("kill").args(["-TERM", &self.pid]).status().expect("kill").success());
        let status = self.sandbox.wait().expect("the daemon ends");
        (status.code(), start.elapsed(), self.told())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Ended already in a test that went well; its process is our own child's child.
        if self.sandbox.try_wait().is_ok_and(|status| status.is_none()) {
            drop(Command::new("kill").args(["-KILL", &self.pid]).status());
            drop(self.sandbox.wait());
        }
    }
}

#[track_caller]
fn until(seconds: u64, complaint: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(seconds), "{complaint} within {seconds} s");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn documents(house: &House) -> Vec<Value> {
    house.sandbox.ask(&["status", "--documents"])
}

fn done(house: &House) -> usize {
    documents(house).iter().filter(|document| document["state"] == "done").count()
}

fn waits(house: &House, stage: &str, reason: &str) -> bool {
    documents(house).iter().any(|document| document["stage"] == stage && document["reason"] == reason)
}

#[test]
fn a_second_process_on_one_home_is_turned_away_and_the_first_goes_on() {
    let house = House::new("");
    let daemon = Daemon::start(&house, |_| {});
    for act in ["serve", "run"] {
        let second = house.sandbox.alone(&["--lang", "en", act]);
        let told = String::from_utf8_lossy(&second.stderr).into_owned();
        assert_eq!(second.status.code(), Some(2), "{act}: {told}");
        assert!(told.contains("E-DURABLE-05"), "{act}: {told}");
    }
    house.drop(1, 1);
    until(60, "the first daemon does not go on", || done(&house) == 1);
    let (code, _, told) = daemon.end();
    assert_eq!(code, Some(0), "{told}");
}

#[test]
fn what_is_away_comes_back_and_the_daemon_goes_on_by_itself() {
    let house = House::new("");
    watch_token(&house);
    let log = house.path("spy.log");
    let daemon = Daemon::start(&house, |command| watched(command, &log));
    house.drop(1, 1);
    until(60, "nothing is done", || done(&house) == 1);

    // The index goes: the next document puts it back, the first one in it too.
    std::fs::remove_dir_all(house.path("index")).expect("index");
    house.drop(1, 2);
    until(60, "nothing is done without an index", || done(&house) == 2);
    let listed =
        walkdir::WalkDir::new(house.path("index")).into_iter().flatten().filter(|e| e.file_name() == "meta.json");
    assert_eq!(listed.count(), 1, "the index is there again");
    for document in documents(&house) {
        let source = document["source"].as_str().expect("source");
        let hits = house.sandbox.ask(&["search", "nguon:p01"]).remove(0);
        let ids: Vec<&Value> = hits["hits"].as_array().expect("hits").iter().map(|hit| &hit["id"]).collect();
        assert!(ids.contains(&&document["id"]), "{source} is not found: {hits}");
    }

    // Inbound goes and comes back.
    std::fs::rename(house.sandbox.inbound(), house.path("share")).expect("inbound away");
    // No timestamps, and a copy away: one waits for one, what is sealed already would wait for the other.
    house.sandbox.fault(&["tsa=503"]);
    std::fs::rename(house.path("copies/b"), house.path("away")).expect("unmounted");
    std::fs::rename(house.path("share"), house.sandbox.inbound()).expect("inbound back");
    let before = calls(&log, "C_SignInit");
    house.drop(3, 3);
    until(60, "nobody waits for a timestamp", || waits(&house, "certify", "timestamp"));
    std::thread::sleep(Duration::from_secs(20));
    let touched = calls(&log, "C_SignInit") - before;
    assert!((1..=2).contains(&touched), "the token was touched {touched} times for nothing: {}", daemon.told());
    house.sandbox.fault(&["tsa=ok"]);
    until(90, "nobody waits for the medium", || waits(&house, "preserve", "medium"));
    std::fs::rename(house.path("away"), house.path("copies/b")).expect("mounted");
    until(90, "the daemon does not go on by itself", || done(&house) == 5);
    let (code, _, told) = daemon.end();
    assert_eq!(code, Some(0), "{told}");
    assert!(!told.contains("panicked"), "{told}");
    house.audit_is_sound();
}

#[test]
fn told_to_stop_it_ends_what_is_under_way_and_nothing_is_lost() {
    let house = House::new("");
    let daemon = Daemon::start(&house, |_| {});
    house.drop(12, 1);
    until(60, "nothing begins", || !house.book().is_empty());
    let (code, took, told) = daemon.end();
    assert_eq!(code, Some(0), "{told}");
    assert!(took < Duration::from_secs(30), "it took {took:?}");
    let before = done(&house);
    assert!(before < 12, "it was not at work");
    house.run().done(12 - before);
    let numbers: Vec<i64> = house.book().into_iter().map(|(_, number, _)| number).collect();
    assert_eq!(numbers, (1..=12).collect::<Vec<_>>());
    house.audit_is_sound();
}

#[test]
fn a_full_register_stops_the_work_and_not_the_daemon() {
    let house = House::new("");
    house.run().done(0);
    let Some(mount) = house.register_apart() else { return };
    let daemon = Daemon::start(&house, |_| {});
    mount.fill();
    house.drop(2, 1);
    until(60, "nobody says that nothing can be recorded", || daemon.told().contains("standing still"));
    std::thread::sleep(Duration::from_secs(12));
    assert_eq!(daemon.told().matches("standing still").count(), 1, "told once: {}", daemon.told());
    mount.grow();
    until(90, "the daemon does not go on by itself", || done(&house) == 2);
    let (code, _, told) = daemon.end();
    assert_eq!(code, Some(0), "{told}");
    house.audit_is_sound();
}

#[test]
fn a_scan_that_was_away_while_it_arrived_is_taken_when_it_is_back() {
    let house = House::bare();
    house.sandbox.make();
    house.sandbox.set("[inbound]\nsettle_s = 0\nincomplete_after_s = 3600\n[recognize]\nengine = \"none\"\n");
    house.drop(1, 1);
    let (scan, twin) =
        (house.sandbox.inbound().join("P01/01/01/1-01.jpg"), house.sandbox.inbound().join("P01/01/01/1-01.jpg.part"));
    std::fs::write(&twin, b"still being copied").expect("twin");
    assert_eq!(house.run().code, Some(20), "it arrives");
    std::fs::rename(&scan, house.path("away.jpg")).expect("away");
    std::fs::remove_file(&twin).expect("removed");
    house.run();
    std::fs::rename(house.path("away.jpg"), &scan).expect("back");
    house.run().done(1);
}
