//! Review mode `every`: a person checks the reading, corrects it, approves.

use mocban_tests::sandbox::Sandbox;
use serde_json::Value;

use crate::{accepted, decide, house, lay, papers, rebuild, rebuilt_the_same, refused, run, show, stored, valid};

const SOURCE: &str = "A29.110/01/0001/004";

fn describe(sandbox: &Sandbox, settings: &[&str]) -> std::process::Output {
    let mut arguments = vec!["--lang", "en", "describe", SOURCE, "--by", "Phạm Chi"];
    arguments.extend(settings.iter().flat_map(|setting| ["--set", setting]));
    sandbox.alone(&arguments)
}

#[test]
fn a_person_corrects_and_approves_before_anything_is_made() {
    let sandbox = house(Sandbox::new(), &[("review", "mode = \"every\"")]);
    papers(&sandbox, &[SOURCE]);
    let (code, waits) = run(&sandbox, SOURCE);
    assert_eq!((code, &waits["state"], &waits["reason"]), (Some(20), &"waiting".into(), &"review".into()), "{waits}");
    assert_eq!(waits["hold"]["acts"], serde_json::json!(["approve", "reject"]));
    assert_eq!(sandbox.ask(&["hold", "list"]), std::slice::from_ref(&waits));
    let read = &waits["description"]["number"];
    assert!(read["box"].is_array() && read["confirmed_by"].is_null(), "the machine read a number: {read}");

    refused(&describe(&sandbox, &["colour=red"]), &["no field colour", "issued_date"]);
    refused(&describe(&sandbox, &["secrecy=thuong"]), &["no field secrecy"]);
    refused(&describe(&sandbox, &["number=9999", "issued_date=12/3/1985"]), &["issued_date", "YYYY-MM-DD"]);
    refused(&describe(&sandbox, &["number"]), &["FIELD=VALUE"]);
    refused(&decide(&sandbox, &[SOURCE, "accept", "--why", "x"]), &["Allowed: approve, reject"]);
    assert_eq!(show(&sandbox, SOURCE), waits, "what was refused changed nothing");

    accepted(&describe(&sandbox, &["number=9753", "issued_date=1985-03-12", "signer_name="]));
    accepted(&describe(&sandbox, &["subject=Về việc tu bổ mộc bản triều Nguyễn"]));
    let corrected = show(&sandbox, SOURCE);
    check(&corrected, read);
    // Work files and register lost: the pages are read again, and what a person said of them stands.
    rebuild(&sandbox);
    let (code, waits) = run(&sandbox, SOURCE);
    assert_eq!((code, &waits["reason"]), (Some(20), &"review".into()), "{waits}");
    check(&show(&sandbox, SOURCE), read);

    accepted(&decide(&sandbox, &[SOURCE, "approve", "--by", "Phạm Chi"]));
    let (code, done) = run(&sandbox, SOURCE);
    assert_eq!((code, &done["state"], &done["level"]), (Some(0), &"done".into(), &"B-LTA".into()), "{done}");
    check(&done, read);
    assert_eq!(done["reviewed"], "Phạm Chi");
    valid(&sandbox, &done);
    let certification = stored(&sandbox, &done, "certification.json");
    assert_eq!(certification["reviewed"], "Phạm Chi");
    assert_eq!(certification["decisions"]["review"]["decision"], "approve", "{certification}");
    assert_eq!(stored(&sandbox, &done, "description.json")["number"]["confirmed_by"], "Phạm Chi");
    refused(&describe(&sandbox, &["number=1"]), &["does not wait"]);
    for question in ["9753", "tu bổ mộc bản triều Nguyễn"] {
        let found = sandbox.ask(&["search", question]).pop().expect("an answer");
        assert_eq!((&found["total"], &found["hits"][0]["id"]), (&1.into(), &done["id"]), "{question}: {found}");
    }
    rebuilt_the_same(&sandbox);
}

fn check(document: &Value, read: &Value) {
    let number = &document["description"]["number"];
    assert_eq!((&number["value"], &number["confidence"]), (&"9753".into(), &1.0.into()), "{document}");
    assert_eq!((&number["confirmed_by"], &number["box"]), (&"Phạm Chi".into(), &read["box"]), "{document}");
    assert_eq!(document["description"]["issued_date"]["value"], "1985-03-12");
    assert_eq!(document["description"]["signer_name"], Value::Null, "a field that is not known is empty");
}

/// Turned away at the review: nothing was made, no number is spent, the scan stays.
#[test]
fn a_document_turned_away_at_the_review_spends_no_number() {
    let sandbox = house(Sandbox::new(), &[("review", "mode = \"every\""), ("recognize", "engine = \"none\"")]);
    let path = lay(&sandbox, "P/01/001/x.png", &crate::drawn(|x, y| y > 60.0 && x > 20.0));
    run(&sandbox, "P/01/001/x.png");
    accepted(&decide(&sandbox, &["P/01/001/x.png", "reject", "--by", "Phạm Chi", "--why", "quét mờ"]));
    assert_eq!(show(&sandbox, "P/01/001/x.png")["state"], "rejected");
    assert!(path.is_file());
    assert_eq!(sandbox.ask(&["book"]), Vec::<Value>::new());
    let history = sandbox.ask(&["history", "P/01/001/x.png"]);
    let said = history.last().expect("events");
    assert_eq!((&said["actor"], &said["event"]["why"]), (&"Phạm Chi".into(), &"quét mờ".into()), "{said}");
}
