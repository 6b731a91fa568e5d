//! Files that change while they are looked at, claimed, reviewed, sealed.

use std::{
    io::Write as _,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use mocban_tests::sandbox::{Sandbox, json_lines};
use samples::hostile::page;
use serde_json::Value;

const PLACE: &str = "P01/01/01/scan.jpg";

fn house(settings: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.make();
    sandbox.set(&format!("[inbound]\nsettle_s = 1\n[recognize]\nengine = \"none\"\n{settings}"));
    std::fs::create_dir_all(sandbox.inbound().join("P01/01/01")).expect("folder");
    sandbox
}

/// Runs and gives the exit code and what became of each document, the last line of each source.
fn run(sandbox: &Sandbox) -> (Option<i32>, Vec<Value>) {
    let output = sandbox.mocban(&["--json", "run"]);
    let problem = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!problem.contains("panicked"), "{problem}");
    let mut objects = json_lines(&output);
    objects.retain(|object| object["schema"] == "mocban.document/1");
    (output.status.code(), objects)
}

fn put(sandbox: &Sandbox, seed: u64) {
    std::fs::write(sandbox.inbound().join(PLACE), page(seed).expect("page")).expect("scan");
}

#[test]
fn a_file_that_grows_is_waited_for_and_then_taken_whole() {
    let sandbox = house("");
    let (whole, path) = (page(1).expect("page"), sandbox.inbound().join(PLACE));
    let (head, rest) = whole.split_at(whole.len() / 3);
    std::fs::write(&path, head).expect("scan");
    let stop = AtomicBool::new(false);
    let (code, objects) = std::thread::scope(|scope| {
        // Longer than a scan, and still being written: bytes behind the end of an image are no reason to take it.
        scope.spawn(|| {
            let mut file = std::fs::OpenOptions::new().append(true).open(&path).expect("scan");
            while !stop.load(Ordering::SeqCst) {
                file.write_all(&[0]).expect("grows");
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        let answer = run(&sandbox);
        stop.store(true, Ordering::SeqCst);
        answer
    });
    let object = &objects[0];
    assert_eq!(
        (code, &object["state"], &object["reason"]),
        (Some(20), &"waiting".into(), &"arriving".into()),
        "{object}"
    );
    std::fs::write(&path, [head, rest].concat()).expect("scan");
    let (code, objects) = run(&sandbox);
    assert_eq!((code, &objects[0]["state"]), (Some(0), &"done".into()), "{objects:?}");
}

#[test]
fn a_file_that_shrinks_is_waited_for_and_the_shorter_one_is_not_taken_for_whole() {
    let sandbox = house("");
    let (whole, path) = (page(2).expect("page"), sandbox.inbound().join(PLACE));
    std::fs::write(&path, &whole).expect("scan");
    let (code, objects) = std::thread::scope(|scope| {
        scope.spawn(|| {
            for left in (whole.len() / 2..whole.len()).rev().step_by(whole.len() / 60) {
                std::fs::OpenOptions::new()
                    .write(true)
                    .open(&path)
                    .expect("scan")
                    .set_len(left as u64)
                    .expect("shrinks");
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        run(&sandbox)
    });
    assert_eq!((code, &objects[0]["state"]), (Some(20), &"waiting".into()), "{objects:?}");
    let (code, objects) = run(&sandbox);
    assert_eq!((code, &objects[0]["state"]), (Some(20), &"waiting".into()), "a half is no whole: {objects:?}");
    put(&sandbox, 2);
    let (code, objects) = run(&sandbox);
    assert_eq!((code, &objects[0]["state"]), (Some(0), &"done".into()), "{objects:?}");
}

#[test]
fn a_scan_replaced_before_the_seal_begins_again_and_one_taken_away_is_told() {
    let sandbox = house("[session]\nsignatures = 5000\n");
    let settings = sandbox.home().join("mocban.toml");
    let text = std::fs::read_to_string(&settings).expect("settings").replace("mode = \"none\"", "mode = \"every\"");
    std::fs::write(&settings, text).expect("settings");
    put(&sandbox, 3);
    let (code, objects) = run(&sandbox);
    let first = objects[0]["id"].as_str().expect("identity").to_owned();
    assert_eq!((code, &objects[0]["reason"]), (Some(20), &"review".into()), "{objects:?}");
    put(&sandbox, 4);
    assert!(sandbox.alone(&["hold", "decide", PLACE, "approve"]).status.success());
    let (_, objects) = run(&sandbox);
    // The approval was of another content: the new one is shown to a person again, under its own identity.
    assert_eq!(&objects[0]["reason"], "review", "{objects:?}");
    assert_ne!(objects[0]["id"], first.as_str(), "{objects:?}");
    std::fs::remove_file(sandbox.inbound().join(PLACE)).expect("taken away");
    assert!(sandbox.alone(&["hold", "decide", PLACE, "approve"]).status.success());
    let (code, objects) = run(&sandbox);
    assert_eq!((code, &objects[0]["state"]), (Some(20), &"held".into()), "{objects:?}");
    assert_eq!(objects[0]["detail"]["code"], "E-INTAKE-03", "{objects:?}");
    assert!(sandbox.ask(&["book"]).is_empty(), "nothing was numbered");
}

#[test]
fn a_scan_replaced_after_the_seal_is_held_and_goes_on_when_it_is_put_back() {
    let sandbox = house("");
    sandbox.fault(&["ocsp=503", "crl=503"]);
    put(&sandbox, 5);
    let (code, objects) = run(&sandbox);
    assert_eq!((code, &objects[0]["stage"]), (Some(20), &"augment".into()), "{objects:?}");
    put(&sandbox, 6);
    sandbox.fault(&["ocsp=ok", "crl=ok"]);
    let (code, objects) = run(&sandbox);
    let held = &objects[0];
    assert_eq!((code, &held["state"], &held["stage"]), (Some(20), &"held".into(), &"preserve".into()), "{held}");
    assert_eq!(held["detail"]["code"], "E-CONDUCT-10", "{held}");
    put(&sandbox, 5);
    assert!(sandbox.alone(&["hold", "decide", PLACE, "retry"]).status.success());
    let (code, objects) = run(&sandbox);
    assert_eq!((code, &objects[0]["state"]), (Some(0), &"done".into()), "{objects:?}");
}
