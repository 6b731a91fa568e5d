//! `mocban doctor`: all green where all is well, and each thing that can be wrong found, named and given its remedy.

use std::{path::Path, process::Command};

use mocban_tests::sandbox::{Sandbox, binary, json_lines};
use serde_json::Value;

fn house() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.make();
    sandbox
}

/// The doctor's answer under the sandbox, with exit code.
fn ask(sandbox: &Sandbox) -> (Option<i32>, Value) {
    answer(&mut sandbox.command(&binary("mocban"), &["doctor", "--json", "--lang", "en"]))
}

fn answer(command: &mut Command) -> (Option<i32>, Value) {
    let output = command.output().expect("the doctor starts");
    let problem = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), json_lines(&output).pop().expect(&problem))
}

/// CHECK CODE of everything that has a state; every one that is not ok has a remedy.
fn in_state(report: &Value, state: &str) -> Vec<String> {
    let mut found = Vec::new();
    for check in report["checks"].as_array().expect("checks") {
        assert_eq!(check["fix"].is_null(), check["state"] == "ok", "{check}");
        let text = check["text"].as_str().expect("text");
        let untold = text.is_empty() || check["code"] == text || text.contains('{');
        assert!(!untold, "a text that says nothing: {check}");
        if check["state"] == state {
            found.push(format!("{} {}", check["check"].as_str().expect("name"), check["code"].as_str().expect("code")));
        }
    }
    found.dedup();
    found
}

/// Adds settings to a home; tables that stand there already are changed by `swap`.
fn swap(sandbox: &Sandbox, from: &str, to: &str) {
    let path = sandbox.home().join("mocban.toml");
    let before = std::fs::read_to_string(&path).expect("settings");
    assert!(before.contains(from), "{from} is not in the settings");
    std::fs::write(&path, before.replacen(from, to, 1)).expect("settings");
}

fn fault(sandbox: &Sandbox, setting: &str) {
    let done = Command::new(binary("authority")).arg("fault").arg(sandbox.home()).arg(setting).status();
    assert!(done.expect("fault").success(), "{setting}");
}

/// Provokes, asks, and takes back.
fn with_fault(sandbox: &Sandbox, service: &str, fault_name: &str) -> Value {
    fault(sandbox, &format!("{service}={fault_name}"));
    let (_, report) = ask(sandbox);
    fault(sandbox, &format!("{service}=ok"));
    report
}

#[test]
fn all_is_green_in_the_sandbox_and_nothing_is_left_behind() {
    let sandbox = house();
    let before = listing(&sandbox.home());
    let (code, report) = ask(&sandbox);
    assert_eq!((code, &report["outcome"]), (Some(0), &"healthy".into()), "{report:#}");
    assert_eq!(report["schema"], "mocban.doctor/1");
    assert_eq!(in_state(&report, "fault"), [""; 0]);
    assert_eq!(in_state(&report, "unchecked"), [""; 0]);
    assert_eq!(in_state(&report, "warning"), ["copies doctor-copies-together"], "one disk carries both");
    let made: Vec<String> =
        report["checks"].as_array().expect("checks").iter().map(|c| c["check"].to_string()).collect();
    for check in [
        "settings",
        "limits",
        "home",
        "inbound",
        "font",
        "engine",
        "anchors",
        "token",
        "key",
        "certificate",
        "tsa",
        "clock",
        "revocation",
        "medium",
        "register",
        "index",
        "daemon",
    ] {
        assert!(made.contains(&format!("\"{check}\"")), "{check} was not checked");
    }
    assert_eq!(listing(&sandbox.home()), before, "the doctor left something behind");
    let spoken = sandbox.mocban(&["doctor"]);
    let spoken = String::from_utf8_lossy(&spoken.stdout).into_owned();
    assert!(spoken.contains("✓ chứng thư ký") && spoken.contains("Không có lỗi"), "{spoken}");
}

/// Every path of a home but the locks that opening makes, and the authority's own.
fn listing(home: &Path) -> Vec<String> {
    let walk = walkdir::WalkDir::new(home).sort_by_file_name().into_iter().filter_map(Result::ok);
    let names = walk.map(|entry| entry.path().display().to_string());
    names.filter(|name| !name.ends_with("/lock") && !name.contains("/authority/")).collect()
}

#[test]
fn token_key_and_pin() {
    let sandbox = house();
    // Outside: no token, no authority. Everything is told at once.
    let mut outside = Command::new(binary("mocban"));
    outside.arg("--home").arg(sandbox.home()).args(["doctor", "--json"]).env("SOFTHSM2_CONF", "/nowhere/softhsm2.conf");
    let (code, report) = answer(&mut outside);
    assert_eq!(code, Some(20), "{report:#}");
    let faults = in_state(&report, "fault");
    assert!(faults.iter().any(|fault| fault.starts_with("token E-KEY-")), "{faults:?}");
    assert!(faults.contains(&"tsa doctor-tsa-refused".to_owned()), "{faults:?}");
    assert!(in_state(&report, "unchecked").contains(&"certificate doctor-certificate-unseen".to_owned()));
    // Without a PIN nobody logs in; the certificate is public and is judged all the same.
    let plain = sandbox
        .command(
            Path::new("env"),
            &["-u", "MOCBAN_PIN_FD", &binary("mocban").display().to_string(), "doctor", "--json"],
        )
        .output();
    let report = json_lines(&plain.expect("starts")).pop().expect("a report");
    assert_eq!(in_state(&report, "unchecked"), ["key doctor-key-closed"], "{report:#}");
    // A key that is not there.
    swap(&sandbox, "key_label = \"archive\"", "key_label = \"archives\"");
    assert_eq!(in_state(&ask(&sandbox).1, "fault"), ["key E-KEY-03"]);
    swap(&sandbox, "key_label = \"archives\"", "key_label = \"archive\"");
    // A wrong PIN is sent once and told.
    std::fs::write(sandbox.beside("pin"), "000000\n").expect("pin");
    let script = "exec 9<\"$1\"; exec \"$2\" doctor --json --pin-fd 9";
    let (pin, mocban) = (sandbox.beside("pin").display().to_string(), binary("mocban").display().to_string());
    let (code, report) = answer(&mut sandbox.command(Path::new("sh"), &["-c", script, "sh", &pin, &mocban]));
    assert_eq!((code, in_state(&report, "fault")), (Some(20), vec!["key E-KEY-05".to_owned()]), "{report:#}");
    // A library that is none.
    swap(&sandbox, "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/nothing.so");
    assert_eq!(in_state(&ask(&sandbox).1, "fault"), ["token E-KEY-01"]);
}

#[test]
fn services_and_clock() {
    let sandbox = house();
    for (service, name, expected) in [
        ("tsa", "503", "tsa doctor-tsa-refused"),
        ("tsa", "wrong-nonce", "tsa doctor-tsa-refused"),
        ("tsa", "ahead", "clock doctor-clock-off"),
    ] {
        let report = with_fault(&sandbox, service, name);
        assert_eq!(in_state(&report, "fault"), [expected], "{service}={name}: {report:#}");
    }
    // One leg: the signer's OCSP is silent while the lists answer.
    let report = with_fault(&sandbox, "ocsp", "503");
    assert_eq!(in_state(&report, "fault"), [""; 0], "{report:#}");
    assert!(in_state(&report, "warning").contains(&"revocation doctor-revocation-silent".to_owned()), "{report:#}");
    // The authorities have lists only.
    let report = with_fault(&sandbox, "crl", "503");
    assert_eq!(in_state(&report, "fault"), ["revocation doctor-revocation-silent"], "{report:#}");
    let report = with_fault(&sandbox, "crl", "stale");
    assert_eq!(in_state(&report, "fault"), ["revocation doctor-revocation-silent"], "{report:#}");
    let revoked =
        Command::new(binary("authority")).arg("revoke").arg(sandbox.home()).arg("signer").output().expect("revoke");
    assert!(revoked.status.success());
    let (code, report) = ask(&sandbox);
    assert_eq!(
        (code, in_state(&report, "fault")),
        (Some(20), vec!["revocation doctor-revoked".to_owned()]),
        "{report:#}"
    );
}

#[test]
fn media_folders_and_room() {
    let sandbox = house();
    let (a, away) = (sandbox.home().join("copies/a"), sandbox.home().join("copies/away"));
    std::fs::rename(&a, &away).expect("unplug");
    assert_eq!(in_state(&ask(&sandbox).1, "fault"), ["medium E-PRESERVE-01"]);
    // The other copy's disk in this one's place.
    std::os::unix::fs::symlink(sandbox.home().join("copies/b"), &a).expect("swap");
    assert_eq!(in_state(&ask(&sandbox).1, "fault"), ["medium E-PRESERVE-02"]);
    std::fs::remove_file(&a).expect("swap back");
    std::fs::rename(&away, &a).expect("plug in");
    // A medium that takes nothing.
    std::fs::rename(a.join("staging"), a.join("gone")).expect("staging");
    assert_eq!(in_state(&ask(&sandbox).1, "fault"), ["medium E-PRESERVE-03"]);
    std::fs::rename(a.join("gone"), a.join("staging")).expect("staging");
    std::fs::remove_dir_all(sandbox.inbound()).expect("inbound");
    assert_eq!(in_state(&ask(&sandbox).1, "fault"), ["inbound doctor-inbound-missing"]);
    std::fs::create_dir(sandbox.inbound()).expect("inbound");
    // Room is measured by the largest file that is taken; and one copy is not two.
    swap(&sandbox, "[[copy]]\nname = \"b\"\npath = \"copies/b\"\n", "[limits]\nfile_bytes = 1000000000000000\n");
    let faults = in_state(&ask(&sandbox).1, "fault");
    assert_eq!(faults, ["home doctor-space-out", "copies doctor-copies-few", "medium doctor-space-out"]);
}

#[test]
fn a_medium_of_the_same_name_is_not_the_medium_that_was_written() {
    let sandbox = house();
    std::fs::create_dir_all(sandbox.inbound().join("A29.110/01/0001")).expect("inbound");
    let scan = mocban_tests::sandbox::root().join("samples/stores/v0.1/copies/a/ocfl");
    let mut originals = walkdir::WalkDir::new(scan).into_iter().flatten();
    let scan = originals.find(|entry| entry.path().extension().is_some_and(|e| e == "tif")).expect("a scan");
    std::fs::copy(scan.path(), sandbox.inbound().join("A29.110/01/0001/001.tif")).expect("a scan");
    assert_eq!(sandbox.mocban(&["run"]).status.code(), Some(0), "a document is stored on both");
    assert_eq!(in_state(&ask(&sandbox).1, "fault"), [""; 0]);
    let b = sandbox.home().join("copies/b");
    std::fs::rename(&b, sandbox.home().join("copies/taken")).expect("taken");
    assert_eq!(sandbox.alone(&["init"]).status.code(), Some(0), "a person makes another medium of that name");
    assert_eq!(in_state(&ask(&sandbox).1, "fault"), ["medium E-PRESERVE-02"]);
}

#[test]
fn beside_a_working_daemon() {
    let sandbox = house();
    let mocban = binary("mocban").display().to_string();
    let script = "\"$1\" serve >/dev/null 2>&1 & daemon=$!; until [ -S \"$MOCBAN_HOME/mocban.sock\" ]; do sleep 0.1; done; \
                  \"$1\" doctor --json; code=$?; kill $daemon; wait $daemon; exit $code";
    let (code, report) = answer(&mut sandbox.command(Path::new("sh"), &["-c", script, "sh", &mocban]));
    assert_eq!((code, in_state(&report, "fault")), (Some(0), Vec::new()), "{report:#}");
    let daemon = report["checks"].as_array().expect("checks").iter().find(|check| check["check"] == "daemon");
    assert_eq!(daemon.expect("the daemon")["code"], "session-closed", "it answers, and nobody opened a session");
}

#[test]
fn font_language_anchors_settings_register_and_index() {
    let sandbox = house();
    let path = sandbox.home().join("mocban.toml");
    let good = std::fs::read_to_string(&path).expect("settings");
    let with = |more: &str| {
        std::fs::write(&path, format!("{good}\n{more}\n")).expect("settings");
        in_state(&ask(&sandbox).1, "fault")
    };
    assert_eq!(with("[appearance]\nfont = \"/nowhere.ttf\""), ["font doctor-font-missing"]);
    assert_eq!(with("[recognize]\nlanguage = \"xyz\""), ["engine E-RECOGNIZE-01"]);
    assert_eq!(with("[limits]\nworker_bytes = 1000000"), ["engine E-RECOGNIZE-01"], "no room for the engine");
    assert_eq!(with("[nonsense]\na = 1"), ["settings E-CONFIG-02"]);
    std::fs::write(&path, &good).expect("settings");
    let root = sandbox.home().join("authority/root.pem");
    let pem = std::fs::read(&root).expect("anchors");
    std::fs::write(&root, "nothing\n").expect("anchors");
    let faults = in_state(&ask(&sandbox).1, "fault");
    assert!(faults.contains(&"anchors doctor-anchors-none".to_owned()), "{faults:?}");
    assert!(faults.contains(&"certificate E-CERTIFY-02".to_owned()), "not stopped at the first: {faults:?}");
    std::fs::write(&root, pem).expect("anchors");
    std::fs::write(sandbox.home().join("register.sqlite"), "no register at all, whatever its name says")
        .expect("register");
    std::fs::write(sandbox.home().join("index/something"), "").expect("index");
    let faults = in_state(&ask(&sandbox).1, "fault");
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("register E-REGISTER-"), "{faults:?}");
}

#[test]
fn a_font_without_vietnamese_is_named_letter_by_letter() {
    let sandbox = house();
    let font = sandbox.beside("latin.ttf");
    std::fs::write(&font, without_vietnamese()).expect("font");
    swap(&sandbox, "[review]", &format!("[appearance]\nfont = \"{}\"\n[review]", font.display()));
    let (_, report) = ask(&sandbox);
    assert_eq!(in_state(&report, "fault"), ["font doctor-font-letters"]);
    let font =
        report["checks"].as_array().expect("checks").iter().find(|check| check["check"] == "font").expect("font");
    let missing = font["facts"]["letters"].as_str().expect("letters");
    assert!(
        missing.contains('ệ') && missing.contains('Ữ') && !missing.contains('é') && !missing.contains('e'),
        "{missing}"
    );
}

/// Debian's font with the block of Vietnamese letters (U+1EA0 to U+1EF9) cut down to its first in the character map.
fn without_vietnamese() -> Vec<u8> {
    let mut font =
        std::fs::read("/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf").expect("fonts-liberation2");
    let entry = font.windows(4).position(|tag| tag == b"cmap").expect("a character map");
    let number =
        |at: usize| usize::try_from(u32::from_be_bytes(font[at..at + 4].try_into().expect("4 bytes"))).expect("offset");
    let (start, length) = (number(entry + 8), number(entry + 12));
    let map = &mut font[start..start + length];
    let ends: Vec<usize> = (0..length - 1).filter(|at| map[*at..*at + 2] == [0x1e, 0xf9]).collect();
    assert!(!ends.is_empty(), "no block of Vietnamese letters in the map");
    for at in ends {
        map[at + 1] = 0xa0;
    }
    font
}
