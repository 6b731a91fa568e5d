//! A clock that is wrong by a year, forward and back, or near a certificate's end.

use std::{path::Path, process::Output};

use mocban_tests::sandbox::binary;
use serde_json::Value;

use crate::support::{House, Ran};

const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

/// A command whose clock is off; the authority's is right.
fn at(house: &House, offset: &str, command: &str) -> Output {
    assert!(Path::new(LIBRARY).is_file(), "libfaketime is missing; run ops/install test");
    let preload = format!("LD_PRELOAD={LIBRARY}");
    let (offset, mocban) = (format!("FAKETIME={offset}"), binary("mocban").to_string_lossy().into_owned());
    let arguments = [&preload, &offset, "FAKETIME_DONT_FAKE_MONOTONIC=1", &mocban, "--json", "--lang", "en", command];
    house.sandbox.command(Path::new("env"), &arguments).output().expect("run")
}

fn run_at(house: &House, offset: &str) -> Ran {
    House::ran(&at(house, offset, "run"))
}

#[test]
fn a_year_ahead_the_authority_disagrees_and_the_wrong_year_gets_no_seal() {
    let house = House::new("");
    house.drop(1, 1);
    house.run().done(1);
    let [(year, 1, _)] = house.book()[..] else { panic!("{:?}", house.book()) };
    house.drop(1, 2);
    let ran = run_at(&house, "+366d");
    assert_eq!(ran.code, Some(20), "{}", ran.told);
    assert_eq!(ran.stuck(), [("certify", "timestamp", "E-CERTIFY-07")], "{:?}", ran.documents);
    let told = ran.documents[0]["detail"]["facts"]["attempts"].as_str().expect("attempts");
    assert!(told.contains("clock is -"), "{told}");
    // Set right again: the number of a year that has not come is void, the seal gets one of this year.
    house.run().done(1);
    let book = house.book();
    assert_eq!(
        book,
        [(year, 1, "sealed".into()), (year, 2, "sealed".into()), (year + 1, 1, "void".into())],
        "{book:?}"
    );
    house.audit_is_sound();
}

#[test]
fn a_year_back_nothing_is_sealed() {
    let house = House::new("");
    house.drop(1, 1);
    house.run().done(1);
    house.drop(1, 2);
    let ran = run_at(&house, "-366d");
    assert_eq!(ran.code, Some(20), "{}", ran.told);
    let all = ran.stuck();
    assert!(all.len() == 1 && matches!((all[0].0, all[0].1), ("certify", "certificate" | "timestamp")), "{all:?}");
    house.run().done(1);
    assert_eq!(house.book().len(), 2);
    house.audit_is_sound();
}

/// Điều 19.5b: a month before.
#[test]
fn a_certificate_that_ends_within_a_month_is_told() {
    let house = House::new("");
    let certificate = |offset: &str| -> (String, i64) {
        let told: Value = serde_json::from_slice(&at(&house, offset, "doctor").stdout).expect("an answer");
        let checks = told["checks"].as_array().expect("checks");
        let found = checks.iter().find(|check| check["check"] == "certificate").expect("the certificate is looked at");
        let text = |of: &Value| of.as_str().expect("text").to_owned();
        let told = format!("{} {}", text(&found["state"]), text(&found["code"]));
        (told, text(&found["facts"]["days"]).parse().expect("a number"))
    };
    let (told, days) = certificate("+0d");
    assert_eq!(told, "ok doctor-certificate");
    for (left, expected) in [(31, "ok doctor-certificate"), (29, "warning doctor-certificate-ends")] {
        let (told, now) = certificate(&format!("+{}d", days - left));
        assert_eq!(told, expected, "{left} days before");
        assert!((left - 1..=left).contains(&now), "{now} of {left}");
    }
}
