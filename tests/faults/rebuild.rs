//! Rebuilding when the copies do not agree.

use serde_json::Value;

use crate::support::{House, write_anew};

#[test]
fn no_number_is_given_twice_by_rebuilding_from_an_older_copy() {
    let house = House::new("");
    house.drop(3, 1);
    house.run().done(3);
    let older = house.path("older");
    let copied = std::process::Command::new("cp").arg("-a").arg(house.path("copies/a")).arg(&older).status();
    assert!(copied.is_ok_and(|status| status.success()));
    house.drop(1, 2);
    house.run().done(1);
    std::fs::rename(house.path("copies/a"), house.path("newer")).expect("taken out");
    std::fs::rename(&older, house.path("copies/a")).expect("put back");
    let refused = house.sandbox.alone(&["--lang", "en", "rebuild", "--from", "a"]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(20) && told.contains("E-CONDUCT-11") && told.contains("copy b"), "{told}");
    assert_eq!(house.book().len(), 4, "the register is as it was");
    // The newer copy is the archive.
    let rebuilt = house.sandbox.alone(&["rebuild", "--from", "b"]);
    assert_eq!(rebuilt.status.code(), Some(0), "{}", String::from_utf8_lossy(&rebuilt.stderr));
    assert_eq!(house.book().len(), 4);
}

#[test]
fn a_document_that_no_journal_tells_of_is_taken_over_from_every_copy_that_has_it() {
    let house = House::new("");
    house.drop(2, 1);
    house.run().done(2);
    // Power went between storing and journalling. One journal may tell more than the other: bookings go to one copy first.
    let ends = ["a", "b"].map(|copy| {
        let folder = house.path("copies").join(copy).join("journal");
        let mut segments: Vec<_> = std::fs::read_dir(&folder).expect("journal").flatten().map(|e| e.path()).collect();
        segments.sort();
        while segments.iter().any(|segment| std::fs::read_to_string(segment).expect("segment").contains("\"stored\"")) {
            std::fs::remove_file(segments.pop().expect("a segment")).expect("cut");
        }
        let last = segments.last().and_then(|path| Some(path.file_stem()?.to_str()?.split_once('-')?.1.to_owned()));
        (last, copy)
    });
    let (_, longest) = ends.into_iter().max().expect("a copy");
    let rebuilt = house.sandbox.alone(&["rebuild", "--from", longest]);
    assert_eq!(rebuilt.status.code(), Some(0), "{}", String::from_utf8_lossy(&rebuilt.stderr));
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
    let copied = std::process::Command::new("cp").arg("-a").arg(&from).arg(&place).status();
    assert!(copied.is_ok_and(|status| status.success()));
    write_anew(&place, &id, forged);
    assert_eq!(house.sandbox.alone(&["audit"]).status.code(), Some(10));
    let rebuilt = house.sandbox.alone(&["rebuild", "--from", "a"]);
    assert_eq!(rebuilt.status.code(), Some(0), "{}", String::from_utf8_lossy(&rebuilt.stderr));
    assert_eq!(house.sandbox.ask(&["status", "--documents"]).len(), 2, "nothing was added");
    assert_eq!(house.book().len(), 2);
    assert_eq!(house.sandbox.alone(&["audit"]).status.code(), Some(10), "it is still told of");
}

/// Where a document of this identity lies on copy a (layout 0003: three folders of three digits of the identifier's digest).
fn place_on_a(house: &House, id: &str) -> std::path::PathBuf {
    let digest = model::Sha256::of(format!("urn:uuid:{id}").as_bytes()).to_hex();
    let tuples = digest.as_bytes().chunks(3).take(3).map(String::from_utf8_lossy);
    let folder = tuples.fold(house.path("copies/a/ocfl"), |folder, tuple| folder.join(&*tuple));
    folder.join(format!("urn%3auuid%3a{id}"))
}
