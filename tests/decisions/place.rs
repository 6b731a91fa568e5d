//! `no_room`: a person names a size or a box (Điều 13.3).

use mocban_tests::sandbox::Sandbox;

use crate::{
    accepted, decide, drawn, house, lay, plain_house, rebuild, rebuilt_the_same, refused, run, show, stored, valid,
};

const SOURCE: &str = "P/01/001/bảng.png";

/// Print everywhere but in the right part of the lower half: no zone of the ladder is blank.
fn crowded() -> Vec<u8> {
    drawn(|x, y| x < 78.0 || y < 112.0)
}

#[test]
fn a_person_names_the_place_but_covers_nothing() {
    let sandbox = plain_house();
    lay(&sandbox, SOURCE, &crowded());
    let (code, held) = run(&sandbox, SOURCE);
    assert_eq!((code, &held["state"], &held["reason"]), (Some(20), &"held".into(), &"no_room".into()), "{held}");
    assert_eq!(held["hold"]["acts"], serde_json::json!(["place", "retry", "reject"]));
    assert_eq!(held["hold"]["page"], 1);
    assert_eq!(held["hold"]["sentence"]["en"], "Page 1: no blank place for the mark.");

    refused(&decide(&sandbox, &[SOURCE, "accept", "--why", "x"]), &["Allowed: place, retry, reject"]);
    refused(&decide(&sandbox, &[SOURCE, "approve"]), &["Allowed: place, retry, reject"]);
    refused(&decide(&sandbox, &[SOURCE, "place"]), &["--size", "--box"]);
    refused(&decide(&sandbox, &[SOURCE, "retry", "--size", "full"]), &["other decisions take neither"]);
    refused(&decide(&sandbox, &[SOURCE, "place", "--size", "vast"]), &["full, compact, narrow, small"]);
    refused(&decide(&sandbox, &[SOURCE, "place", "--size", "small"]), &["no blank area for size small"]);
    refused(&decide(&sandbox, &[SOURCE, "place", "--box", "5"]), &["X,Y,W,H"]);
    refused(&decide(&sandbox, &[SOURCE, "place", "--box", "5,5"]), &["ink under the box", "2 mm"]);
    let answer = sandbox.ask(&["hold", "decide", SOURCE, "place", "--box", "5,5"]).pop().expect("an answer");
    assert_eq!((&answer["ok"], &answer["code"]), (&false.into(), &"box-on-ink".into()), "{answer}");
    // Blank itself, but print begins 1 mm beside it: the clearance is asked for, too.
    refused(&decide(&sandbox, &[SOURCE, "place", "--box", "78.5,150,70,25"]), &["ink under the box"]);
    refused(&decide(&sandbox, &[SOURCE, "place", "--box", "150,150,70,25"]), &["leaves the page", "210 × 297 mm"]);
    refused(&decide(&sandbox, &[SOURCE, "place", "--box", "-5,150,70,25"]), &["leaves the page"]);
    assert_eq!(show(&sandbox, SOURCE), held, "what was refused changed nothing");
    rebuilt_the_same(&sandbox);

    // The work files went with the old machine: the page is read again before it can be looked at.
    refused(&decide(&sandbox, &[SOURCE, "place", "--box", "100,150,70,25"]), &["retry"]);
    accepted(&decide(&sandbox, &[SOURCE, "retry"]));
    assert_eq!(run(&sandbox, SOURCE).1["reason"], "no_room");
    accepted(&decide(
        &sandbox,
        &[SOURCE, "place", "--box", "100,150,80,30", "--by", "Trần An", "--why", "bảng kín trang"],
    ));

    // Lost once more between decision and seal: the copies know what was decided.
    rebuild(&sandbox);
    let (code, done) = run(&sandbox, SOURCE);
    assert_eq!((code, &done["state"], &done["level"]), (Some(0), &"done".into(), &"B-LTA".into()), "{done}");
    let placement = &done["placement"];
    let lengths = ["x_mm", "y_mm", "width_mm", "height_mm"].map(|key| placement[key].as_f64().expect(key));
    assert_eq!((lengths, &placement["step"]), ([100.0, 150.0, 80.0, 30.0], &"hand".into()));
    valid(&sandbox, &done);
    let proof = stored(&sandbox, &done, "placement.json");
    assert_eq!((&proof["decided_by"], &proof["clearance_mm"]), (&"Trần An".into(), &2.0.into()), "{proof}");
    assert!(proof["dark_share"].as_f64().is_some_and(|share| share <= 0.001), "{proof}");
    let certification = stored(&sandbox, &done, "certification.json");
    assert_eq!(certification["decisions"]["no_room"]["why"], "bảng kín trang", "{certification}");
    refused(&decide(&sandbox, &[SOURCE, "place", "--box", "100,150"]), &["does not wait"]);
    rebuilt_the_same(&sandbox);
}

/// The ladder's first size is too small for the mark's text, so the document is held; a person names another size.
#[test]
fn a_person_names_another_size() {
    let sandbox = house(Sandbox::new(), &[("recognize", "engine = \"none\"")]);
    let built_in = std::fs::read_to_string(mocban_tests::sandbox::root().join("config/policy/party-754.toml"));
    let policy = built_in.expect("policy").replacen(
        "{ name = \"full\"",
        "{ name = \"tiny\", width_mm = 9.0, height_mm = 4.0 },\n  { name = \"full\"",
        1,
    );
    std::fs::create_dir_all(sandbox.home().join("policy")).expect("folder");
    std::fs::write(sandbox.home().join("policy/party-754.toml"), policy).expect("policy");
    let source = "P/01/001/thư.png";
    lay(&sandbox, source, &drawn(|x, y| y > 60.0 && x > 20.0));
    let (_, held) = run(&sandbox, source);
    assert_eq!((&held["reason"], &held["detail"]["code"]), (&"no_room".into(), &"E-CERTIFY-04".into()), "{held}");
    accepted(&decide(&sandbox, &[source, "place", "--size", "full", "--by", "Trần An"]));
    let (code, done) = run(&sandbox, source);
    assert_eq!((code, &done["state"]), (Some(0), &"done".into()), "{done}");
    assert_eq!((&done["placement"]["size"], &done["placement"]["step"]), (&"full".into(), &"corner".into()));
    assert_eq!(stored(&sandbox, &done, "placement.json")["decided_by"], "Trần An");
    assert_eq!(done["certification"]["number"], 1, "the number booked before the hold is the one it bears");
}

/// A number is void, visibly, when its document is turned away after it was booked; the scan stays.
#[test]
fn a_document_turned_away_keeps_its_scan() {
    let sandbox = plain_house();
    let path = lay(&sandbox, SOURCE, &crowded());
    run(&sandbox, SOURCE);
    accepted(&decide(&sandbox, &[SOURCE, "reject", "--by", "Trần An", "--why", "quét lại"]));
    assert_eq!(show(&sandbox, SOURCE)["state"], "rejected");
    assert!(path.is_file(), "the scan stays in inbound");
    refused(&decide(&sandbox, &[SOURCE, "retry"]), &["does not wait"]);
    rebuilt_the_same(&sandbox);
    let output = sandbox.mocban(&["run", "--json"]);
    assert_eq!(output.status.code(), Some(0), "turned away is not tried again");
    // A new scan in its place is another document.
    lay(&sandbox, SOURCE, &drawn(|x, y| y > 60.0 && x > 20.0));
    assert_eq!(run(&sandbox, SOURCE).1["state"], "done");
}
