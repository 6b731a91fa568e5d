//! `incomplete`: pages are completed, or a person counted them (Điều 8).

use serde_json::Value;

use crate::{accepted, decide, drawn, lay, plain_house, rebuilt_the_same, refused, run, stored, valid};

fn page(number: u32) -> Vec<u8> {
    // Each page has its own ink.
    drawn(move |x, y| y > 60.0 && x > 20.0 && y < 70.0 + f64::from(number) * 20.0)
}

#[test]
fn pages_that_do_not_fit_are_counted_by_a_person_or_completed() {
    let sandbox = plain_house();
    let (counted, completed) = ("P/01/001/đếm", "P/01/001/bổ sung");
    for source in [counted, completed] {
        let first = if source == counted { 1 } else { 4 };
        lay(&sandbox, &format!("{source}/1.png"), &page(first));
        lay(&sandbox, &format!("{source}/2.png"), &page(first + 1));
        lay(&sandbox, &format!("{source}/document.toml"), b"sheets = 3\n");
    }
    let (code, held) = run(&sandbox, counted);
    assert_eq!((code, &held["reason"], &held["pages"]), (Some(20), &"incomplete".into(), &2.into()), "{held}");
    assert_eq!(held["hold"]["acts"], serde_json::json!(["accept", "retry", "reject"]));
    assert!(held["id"].is_string(), "what is decided is about these pages: {held}");
    let old = run(&sandbox, completed).1["id"].clone();
    rebuilt_the_same(&sandbox);

    refused(&decide(&sandbox, &[counted, "accept"]), &["--why"]);
    refused(&decide(&sandbox, &[counted, "accept", "--why", "x", "--sheets", "3"]), &["3 sheets cannot have 2 pages"]);
    refused(&decide(&sandbox, &[counted, "place", "--box", "1,1"]), &["Allowed: accept, retry, reject"]);
    let why = "tờ 3 là bìa trắng, không số hoá";
    accepted(&decide(&sandbox, &[counted, "accept", "--sheets", "2", "--by", "Lê Bảo", "--why", why]));
    // The missing sheet is laid into the other folder: the same place, other content, another identity.
    lay(&sandbox, &format!("{completed}/3.png"), &page(6));
    let (code, done) = run(&sandbox, counted);
    assert_eq!((code, &done["state"]), (Some(0), &"done".into()), "{done}");
    let (sheets, said) = (&done["description"]["sheets"], &done["decisions"]["incomplete"]);
    assert_eq!((&sheets["value"], &sheets["confirmed_by"]), (&"2".into(), &"Lê Bảo".into()), "{done}");
    assert_eq!((&said["declared"], &said["why"], &said["by"]), (&"sheets = 3".into(), &why.into(), &"Lê Bảo".into()));
    assert_eq!(stored(&sandbox, &done, "certification.json")["decisions"]["incomplete"], *said);
    assert_eq!(stored(&sandbox, &done, "submission.json")["declared"]["sheets"], 2);
    valid(&sandbox, &done);

    let whole = crate::show(&sandbox, completed);
    assert_eq!((&whole["state"], &whole["pages"]), (&"done".into(), &3.into()), "{whole}");
    assert_ne!(whole["id"], old);
    assert_eq!((&whole["supersedes"], old.is_string()), (&old, true), "{whole}");
    assert_eq!(stored(&sandbox, &whole, "submission.json")["supersedes"], old);
    assert_eq!(whole["decisions"], Value::Null);
    rebuilt_the_same(&sandbox);
}

/// A decision is about the pages it was made for: other pages in the same place are held again.
#[test]
fn a_decision_holds_for_no_other_pages() {
    let sandbox = plain_house();
    let source = "P/01/001/khác";
    lay(&sandbox, &format!("{source}/1.png"), &page(1));
    lay(&sandbox, &format!("{source}/document.toml"), b"sheets = 2\n");
    run(&sandbox, source);
    accepted(&decide(&sandbox, &[source, "accept", "--by", "Lê Bảo", "--why", "một tờ"]));
    lay(&sandbox, &format!("{source}/1.png"), &page(2));
    let (code, held) = run(&sandbox, source);
    assert_eq!((code, &held["state"], &held["reason"]), (Some(20), &"held".into(), &"incomplete".into()), "{held}");
}
