//! Services that are away: the document waits visibly, or is stored at B-T past the deadline, and rises by itself.

use mocban_tests::sandbox::{Sandbox, json_lines};
use serde_json::Value;

fn house(settings: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.make();
    sandbox.set(&format!("[recognize]\nengine = \"none\"\n{settings}"));
    sandbox.drop_bench(1, 1, 1);
    sandbox
}

/// Runs and gives the exit code and the one document.
fn run(sandbox: &Sandbox) -> (Option<i32>, Value) {
    let output = sandbox.mocban(&["run", "--json"]);
    let problem = String::from_utf8_lossy(&output.stderr).into_owned();
    let document = json_lines(&output).into_iter().find(|object| object["schema"] == "mocban.document/1");
    (output.status.code(), document.expect(&problem))
}

fn verify(sandbox: &Sandbox, document: &Value) -> Option<i32> {
    sandbox.alone(&["verify", document["id"].as_str().expect("identity")]).status.code()
}

#[test]
fn without_revocation_data_a_document_is_stored_at_bt_and_rises_by_itself() {
    let sandbox = house("[augment]\nstore_after_s = 0\n");
    sandbox.fault(&["ocsp=503", "crl=503"]);
    let (code, document) = run(&sandbox);
    assert_eq!((code, &document["state"]), (Some(0), &"done".into()), "{document}");
    assert_eq!((&document["level"], &document["reason"]), (&"B-T".into(), &"revocation".into()), "{document}");
    assert_eq!(verify(&sandbox, &document), Some(41), "B-T alone is not decided offline");

    sandbox.fault(&["ocsp=ok", "crl=ok"]);
    let (code, risen) = run(&sandbox);
    assert_eq!((code, &risen["level"], &risen["reason"]), (Some(0), &"B-LTA".into(), &Value::Null), "{risen}");
    assert_eq!(risen["certification"], document["certification"], "the same number");
    assert_eq!(verify(&sandbox, &risen), Some(0));
    let audit = sandbox.alone(&["--json", "audit"]);
    assert_eq!(audit.status.code(), Some(0), "{}", String::from_utf8_lossy(&audit.stdout));
    let root = sandbox.home().join("copies/a/ocfl");
    let versions = walkdir::WalkDir::new(root).into_iter().filter_map(Result::ok).filter(|e| e.file_name() == "v2");
    assert_eq!(versions.count(), 1, "the rise is the next version of the object");
}

#[test]
fn without_a_timestamp_a_document_waits_under_its_number() {
    let sandbox = house("");
    sandbox.fault(&["tsa=503"]);
    let (code, document) = run(&sandbox);
    assert_eq!((code, &document["state"]), (Some(20), &"waiting".into()), "{document}");
    assert_eq!((&document["stage"], &document["reason"]), (&"certify".into(), &"timestamp".into()), "{document}");
    assert_eq!(document["level"], Value::Null, "nothing below B-T is published");
    sandbox.fault(&["tsa=ok"]);
    let (code, document) = run(&sandbox);
    assert_eq!((code, &document["level"]), (Some(0), &"B-LTA".into()), "{document}");
    let book = sandbox.ask(&["book"]);
    assert_eq!((book.len(), &book[0]["number"], &book[0]["state"]), (1, &1.into(), &"sealed".into()), "{book:?}");
}
