//! The outside world: the token, timestamp authorities, revocation data.

use std::{path::Path, process::Command};

use mocban_tests::sandbox::binary;

use crate::support::House;

/// Logs every call to the token; part of opensc.
const SPY: &str = "/usr/lib/x86_64-linux-gnu/pkcs11-spy.so";

/// Lets calls to the token be counted.
pub(crate) fn watch_token(house: &House) {
    assert!(Path::new(SPY).is_file(), "opensc is missing; run ops/install test");
    let settings = std::fs::read_to_string(house.path("mocban.toml")).expect("settings");
    std::fs::write(house.path("mocban.toml"), settings.replace("/usr/lib/softhsm/libsofthsm2.so", SPY))
        .expect("settings");
}

pub(crate) fn watched(command: &mut Command, log: &Path) {
    command.env("PKCS11SPY", "/usr/lib/softhsm/libsofthsm2.so").env("PKCS11SPY_OUTPUT", log);
}

/// How often a function of the token was called.
pub(crate) fn calls(log: &Path, function: &str) -> usize {
    let text = String::from_utf8_lossy(&std::fs::read(log).unwrap_or_default()).into_owned();
    text.lines().filter(|line| line.split(": ").nth(1) == Some(function)).count()
}

#[test]
fn a_token_that_is_away_is_waited_for_and_nothing_is_numbered() {
    let house = House::new("");
    house.drop(2, 1);
    std::fs::rename(house.path("authority/token"), house.path("authority/away")).expect("unplugged");
    std::fs::create_dir(house.path("authority/token")).expect("an empty slot");
    let ran = house.run();
    assert_eq!(ran.code, Some(20), "{}", ran.told);
    assert!(
        ran.stuck().len() == 2 && ran.stuck().iter().all(|stuck| (stuck.0, stuck.1) == ("certify", "key")),
        "{:?}",
        ran.stuck()
    );
    assert!(ran.told.contains("E-KEY-02"), "{}", ran.told);
    assert!(house.book().is_empty());
    std::fs::remove_dir(house.path("authority/token")).expect("the slot");
    std::fs::rename(house.path("authority/away"), house.path("authority/token")).expect("plugged in");
    house.run().done(2);
}

#[test]
fn a_wrong_pin_is_sent_once() {
    let house = House::new("");
    watch_token(&house);
    house.drop(3, 1);
    let (pin, log) = (house.path("wrong"), house.path("spy.log"));
    std::fs::write(&pin, "000000").expect("PIN");
    let script = "exec 9<\"$1\"; exec \"$2\" --json --lang en run --pin-fd 9";
    let (pin_text, mocban) = (pin.to_string_lossy().into_owned(), binary("mocban").to_string_lossy().into_owned());
    let mut command = house.sandbox.command(Path::new("bash"), &["-c", script, "bash", &pin_text, &mocban]);
    watched(&mut command, &log);
    let ran = House::ran(&command.output().expect("run"));
    assert_eq!(ran.code, Some(20), "{}", ran.told);
    assert_eq!(ran.told.matches("E-KEY-05").count(), 1, "told once: {}", ran.told);
    assert!(
        ran.stuck().len() == 3 && ran.stuck().iter().all(|stuck| (stuck.0, stuck.1) == ("certify", "key")),
        "{:?}",
        ran.stuck()
    );
    assert_eq!((calls(&log, "C_Login"), calls(&log, "C_SignInit")), (1, 0), "sent once, for three documents");
    let text = String::from_utf8_lossy(&std::fs::read(&log).expect("log")).into_owned();
    assert!(text.contains("C_OpenSession"), "the spy saw the token");
    assert!(house.book().is_empty());
}

#[test]
fn whatever_a_timestamp_authority_does_wrong_the_document_waits_under_one_number() {
    let house = House::new("[tsa]\ntimeout_s = 1\n");
    // The sandbox's own settings name the authority; both stand in one section.
    let settings = std::fs::read_to_string(house.path("mocban.toml")).expect("settings");
    let settings = settings.replace("\n[tsa]\ntimeout_s = 1\n", "").replacen("[tsa]\n", "[tsa]\ntimeout_s = 1\n", 1);
    std::fs::write(house.path("mocban.toml"), settings).expect("settings");
    watch_token(&house);
    house.drop(2, 1);
    for fault in [
        "slow:3",
        "503",
        "html",
        "off",
        "cut-off",
        "huge",
        "wrong-nonce",
        "wrong-imprint",
        "expired",
        "ahead",
        "refused",
    ] {
        house.sandbox.fault(&[&format!("tsa={fault}")]);
        let log = house.path(&format!("spy-{}.log", fault.replace(':', "-")));
        let mut command = house.sandbox.command(&binary("mocban"), &["--json", "--lang", "en", "run"]);
        watched(&mut command, &log);
        let ran = House::ran(&command.output().expect("run"));
        assert_eq!(ran.code, Some(20), "{fault}: {}", ran.told);
        let all = ran.stuck();
        assert!(
            all.len() == 2 && all.iter().all(|stuck| (stuck.0, stuck.1) == ("certify", "timestamp")),
            "{fault}: {all:?}"
        );
        assert!(all.iter().any(|stuck| stuck.2 == "E-CERTIFY-07"), "{fault}: {all:?}");
        assert_eq!(calls(&log, "C_SignInit"), 1, "{fault}: one signature showed it, the next document made none");
    }
    assert_eq!(house.book(), [(year(), 1, "booked".into())]);
    house.sandbox.fault(&["tsa=ok"]);
    let mut command = house.sandbox.command(&binary("mocban"), &["--json", "run"]);
    watched(&mut command, &house.path("spy-ok.log"));
    House::ran(&command.output().expect("run")).done(2);
    assert_eq!(house.book(), [(year(), 1, "sealed".into()), (year(), 2, "sealed".into())]);
}

#[test]
fn without_revocation_data_the_seal_waits_to_rise_and_others_are_sealed() {
    let house = House::new("");
    let faults = [("503", "503"), ("refused", "off"), ("stale", "stale"), ("html", "cut-off")];
    for (lot, (ocsp, crl)) in (1..).zip(faults) {
        house.sandbox.fault(&[&format!("ocsp={ocsp}"), &format!("crl={crl}")]);
        house.drop(1, lot);
        let ran = house.run();
        assert_eq!(ran.code, Some(20), "{}", ran.told);
        let all = ran.stuck();
        let waits = all.iter().all(|stuck| (stuck.0, stuck.1) == ("augment", "revocation"));
        assert!(waits && all.len() as u64 == lot, "{ocsp}: {all:?}");
    }
    let sealed = house.book();
    assert!(!sealed.is_empty() && sealed.iter().all(|(.., state)| state == "sealed"), "{sealed:?}");
    house.sandbox.fault(&["ocsp=ok", "crl=ok"]);
    house.run().done(sealed.len());
}

fn year() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("now").as_secs() as i64;
    let now = jiff::Timestamp::from_second(now).expect("now");
    i64::from(model::clock::register_year(now))
}
