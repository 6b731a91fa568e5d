//! Rebuilding when the copies do not agree.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{
    support::{House, write_anew},
    taken_over::{cut, place_on_a, rebuild},
};

#[test]
fn no_number_is_given_twice_by_rebuilding_from_an_older_copy() {
    let house = House::new("");
    house.drop(3, 1);
    house.run().done(3);
    put_back_as_it_was(&house, || house.run().done(1));
    let refused = house.sandbox.alone(&["--lang", "en", "rebuild", "--from", "a"]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(20) && told.contains("E-CONDUCT-11") && told.contains("copy b"), "{told}");
    assert_eq!(house.book().len(), 4, "the register is as it was");
    // The newer copy is the archive.
    let rebuilt = house.sandbox.alone(&["rebuild", "--from", "b"]);
    assert_eq!(rebuilt.status.code(), Some(0), "{}", String::from_utf8_lossy(&rebuilt.stderr));
    assert_eq!(house.book().len(), 4);
}

/// Copy a as it was before another document.
fn put_back_as_it_was(house: &House, run: impl FnOnce()) {
    let older = house.path("older");
    assert!(copied(&house.path("copies/a"), &older));
    house.drop(1, 2);
    run();
    std::fs::rename(house.path("copies/a"), house.path("newer")).expect("taken out");
    std::fs::rename(&older, house.path("copies/a")).expect("put back");
}

fn copied(from: &Path, to: &Path) -> bool {
    Command::new("cp").arg("-a").arg(from).arg(to).status().is_ok_and(|status| status.success())
}

#[test]
fn a_copy_that_knows_more_than_the_register_is_written_on_no_more_and_no_number_is_given_meanwhile() {
    let house = House::new("");
    house.drop(2, 1);
    house.run().done(2);
    put_back_as_it_was(&house, || house.run().done(1));
    // The only one there when the register was lost.
    std::fs::rename(house.path("copies/b"), house.path("away")).expect("unmounted");
    rebuilt(&house, "a");
    assert_eq!(house.book().len(), 2);
    std::fs::rename(house.path("away"), house.path("copies/b")).expect("mounted");
    let before = files(&house.path("copies/b"));
    house.drop(1, 3);
    let ran = house.run();
    assert_eq!((ran.code, ran.stuck()), (Some(20), vec![("certify", "medium", "E-CONDUCT-13")]), "{}", ran.told);
    assert_eq!(house.book().len(), 2, "number 3 was given before");
    assert_eq!(files(&house.path("copies/b")), before, "nothing was written there");
    assert_eq!(house.copy("b")["detail"]["code"], "E-CONDUCT-13");
    // The one that knows more is the archive; the other one parted from it, and a new one takes its place.
    let settings = std::fs::read_to_string(house.path("mocban.toml")).expect("settings");
    let settings = settings.replace("name = \"a\"", "name = \"c\"").replace("copies/a", "copies/c");
    std::fs::write(house.path("mocban.toml"), settings).expect("settings");
    assert!(house.sandbox.alone(&["init"]).status.success());
    rebuilt(&house, "b");
    assert_eq!(house.book().len(), 3);
    house.run().done(4);
    assert_eq!(house.book().len(), 4);
}

fn files(root: &Path) -> Vec<PathBuf> {
    let all = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().flatten();
    all.map(walkdir::DirEntry::into_path).filter(|path| !path.starts_with(root.join("staging"))).collect()
}

#[track_caller]
fn rebuilt(house: &House, from: &str) {
    rebuild(house, from, 0);
}

#[test]
fn while_the_journal_of_a_copy_that_may_know_more_cannot_be_read_no_number_is_given() {
    let house = House::new("[preserve]\ncopies_required = 1\n");
    house.drop(2, 1);
    house.run().done(2);
    put_back_as_it_was(&house, || house.run().done(1));
    std::fs::rename(house.path("copies/b"), house.path("away")).expect("unmounted");
    rebuilt(&house, "a");
    std::fs::rename(house.path("away"), house.path("copies/b")).expect("mounted");
    std::fs::write(house.segments("b").pop().expect("a segment"), b"?").expect("altered");
    house.drop(1, 3);
    let ran = house.run();
    assert_eq!(ran.stuck(), [("certify", "medium", "E-PRESERVE-08")], "{}", ran.told);
    assert_eq!(house.book().len(), 2);
}

#[test]
fn a_lost_register_is_not_begun_anew() {
    let house = House::new("");
    house.drop(1, 1);
    house.run().done(1);
    for name in ["register.sqlite", "register.sqlite-wal", "register.sqlite-shm"] {
        drop(std::fs::remove_file(house.path(name)));
    }
    house.drop(1, 2);
    let ran = house.run();
    assert_eq!((ran.code, ran.stuck()), (Some(20), vec![("certify", "medium", "E-CONDUCT-13")]), "{}", ran.told);
    assert_eq!(house.book(), [], "number 1 was given before");
    rebuilt(&house, "a");
    house.run().done(1);
    assert_eq!(house.book().iter().map(|(_, number, _)| *number).collect::<Vec<_>>(), [1, 2]);
    house.audit_is_sound();
}

#[test]
fn work_of_documents_that_the_journal_does_not_know_is_nobody_elses() {
    let house = House::new("");
    house.sandbox.fault(&["ocsp=503", "crl=503"]);
    house.drop(2, 1);
    assert_eq!(house.run().stuck().iter().filter(|stuck| stuck.0 == "augment").count(), 2);
    house.sandbox.fault(&["ocsp=ok", "crl=ok"]);
    for copy in ["a", "b"] {
        let journal = house.path("copies").join(copy).join("journal");
        std::fs::remove_dir_all(&journal).expect("lost");
        std::fs::create_dir(&journal).expect("empty");
    }
    rebuilt(&house, "a");
    // Looked at first, and so the first job now.
    house.drop(1, 0);
    house.run().done(3);
    assert_eq!(house.book().iter().map(|(_, number, _)| *number).collect::<Vec<_>>(), [1, 2, 3]);
    house.audit_is_sound();
}

#[test]
fn a_copy_whose_journal_cannot_be_read_may_know_more() {
    let house = House::new("");
    house.drop(1, 1);
    house.run().done(1);
    std::fs::write(house.segments("b").pop().expect("a segment"), b"?").expect("altered");
    let refused = house.sandbox.alone(&["--lang", "en", "rebuild", "--from", "a"]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(20) && told.contains("E-PRESERVE-08") && told.contains("copy b"), "{told}");
    assert_eq!(house.book().len(), 1, "the register is as it was");
}

#[test]
fn a_register_that_cannot_be_built_replaces_nothing() {
    let house = House::new("");
    house.drop(1, 1);
    house.run().done(1);
    // A line that is in the chain and no event: only folding finds it.
    for copy in ["a", "b"] {
        let folder = house.path("copies").join(copy).join("journal");
        let last = last_event(&house, copy);
        let line = format!("{{\"seq\":{},\"prev\":\"{}\"}}\n", last.0 + 1, last.1);
        std::fs::write(folder.join(format!("{0:012}-{0:012}.jsonl", last.0 + 1)), line).expect("segment");
    }
    let failed = house.sandbox.alone(&["--lang", "en", "rebuild", "--from", "a"]);
    assert_eq!(failed.status.code(), Some(30), "{}", String::from_utf8_lossy(&failed.stderr));
    assert_eq!(house.book().len(), 1, "the register is as it was");
    assert!(!house.path("register.sqlite.before-1").exists());
    assert_ne!(house.run().code, Some(70), "the house goes on");
}

/// Number and hash of the last event.
fn last_event(house: &House, copy: &str) -> (u64, String) {
    let text = std::fs::read_to_string(house.segments(copy).pop().expect("a segment")).expect("segment");
    let line = text.lines().last().expect("a line");
    let seq = serde_json::from_str::<Value>(line).expect("JSON")["seq"].as_u64().expect("a number");
    (seq, model::Sha256::of(line.as_bytes()).to_hex())
}

#[test]
fn a_document_that_no_journal_tells_of_is_taken_over_from_every_copy_that_has_it() {
    for lost in ["\"stored\"", "\"entered\""] {
        taken_over(lost);
    }
}

fn taken_over(lost: &str) {
    let house = House::new("");
    house.drop(2, 1);
    house.run().done(2);
    let longest = cut(&house, lost);
    rebuilt(&house, longest);
    let ran = house.run();
    assert_eq!(ran.code, Some(0), "{}", ran.told);
    let done = |document: &&Value| document["state"] == "done";
    let documents = house.sandbox.ask(&["status", "--documents"]);
    assert_eq!(documents.iter().filter(done).count(), 2, "{documents:?}");
    house.audit_is_sound();
}

#[test]
fn an_object_that_proves_nothing_is_not_taken_over() {
    let house = House::new("");
    house.drop(2, 1);
    let ran = house.run();
    ran.done(2);
    let id = ran.documents[0]["id"].as_str().expect("identity").to_owned();
    // The same papers under another name, number and history: only their journal would tell.
    let forged = "0ad0beef-0000-8000-8000-00000badf00d";
    let from = house.object("a", &id).expect("the document is there");
    let place = place_on_a(&house, forged);
    std::fs::create_dir_all(place.parent().expect("a parent")).expect("folders");
    assert!(copied(&from, &place));
    write_anew(&place, &id, forged);
    assert_eq!(house.sandbox.alone(&["audit"]).status.code(), Some(10));
    assert!(rebuild(&house, "a", 10).contains(forged));
    assert_eq!(house.sandbox.ask(&["status", "--documents"]).len(), 2, "nothing was added");
    assert_eq!(house.book().len(), 2);
    assert_eq!(house.sandbox.alone(&["audit"]).status.code(), Some(10), "it is still told of");
}
