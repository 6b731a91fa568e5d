//! Objects that lie on copies and that the register does not know: what proves itself is taken over, nothing is sealed a second
//! time, and nothing else is believed.

use std::path::{Path, PathBuf};

use crate::support::{House, Ran, write_anew};

/// Power went between storing and journalling: the journals end before the first such event. Answers the copy whose journal tells
/// more, since bookings go to one copy first.
pub(crate) fn cut(house: &House, lost: &str) -> &'static str {
    let ends = ["a", "b"].map(|copy| {
        let mut segments = house.segments(copy);
        while segments.iter().any(|segment| std::fs::read_to_string(segment).expect("segment").contains(lost)) {
            std::fs::remove_file(segments.pop().expect("a segment")).expect("cut");
        }
        let last = segments.last().and_then(|path| Some(path.file_stem()?.to_str()?.split_once('-')?.1.to_owned()));
        (last, copy)
    });
    ends.into_iter().max().expect("a copy").1
}

#[track_caller]
pub(crate) fn rebuild(house: &House, from: &str, code: i32) -> String {
    let rebuilt = house.sandbox.alone(&["--lang", "en", "rebuild", "--from", from]);
    let told = [rebuilt.stdout, rebuilt.stderr].map(|told| String::from_utf8_lossy(&told).into_owned()).concat();
    assert_eq!(rebuilt.status.code(), Some(code), "{told}");
    told
}

/// Two documents, stored, with their scans back in inbound as if they had never left.
fn stored(house: &House) -> String {
    house.drop(2, 1);
    let ran = house.run();
    ran.done(2);
    house.drop(2, 1);
    ran.documents[0]["id"].as_str().expect("identity").to_owned()
}

fn numbers(house: &House) -> Vec<(i64, String)> {
    house.book().into_iter().map(|(_, number, state)| (number, state)).collect()
}

/// Writes a part of an object anew, so that its inventory fits.
fn set(object: &Path, part: &str, new: &[u8]) {
    let path = object.join("v1/content").join(part);
    let old = std::fs::read(&path).expect("part");
    std::fs::write(&path, new).expect("part");
    write_anew(object, &model::Sha512::of(&old).to_hex(), &model::Sha512::of(new).to_hex());
}

#[track_caller]
fn sealed_once(house: &House, ran: &Ran) {
    ran.done(2);
    assert_eq!(numbers(house), [(1, "sealed".into()), (2, "sealed".into())]);
    house.audit_is_sound();
}

#[test]
fn what_is_damaged_on_one_copy_is_taken_over_from_the_other() {
    let house = House::new("");
    let id = stored(&house);
    let from = cut(&house, "\"stored\"");
    let scan = house.part(from, &id, "v1/content/originals/1-01.jpg");
    let whole = std::fs::read(&scan).expect("scan");
    // A link in a ring: what a file system answers that is damaged itself.
    std::fs::remove_file(&scan).expect("removed");
    std::os::unix::fs::symlink(&scan, &scan).expect("link");
    rebuild(&house, from, 0);
    std::fs::remove_file(&scan).expect("removed");
    std::fs::write(&scan, whole).expect("mended");
    sealed_once(&house, &house.run());
}

#[test]
fn what_only_another_copy_holds_is_taken_over_from_there() {
    let house = House::new("");
    let id = stored(&house);
    let from = cut(&house, "\"stored\"");
    std::fs::remove_dir_all(house.object(from, &id).expect("the document is there")).expect("lost");
    rebuild(&house, from, 0);
    sealed_once(&house, &house.run());
}

#[test]
fn what_a_rebuild_did_not_see_is_not_sealed_again() {
    let house = House::new("");
    let id = stored(&house);
    let from = cut(&house, "\"stored\"");
    let places =
        ["a", "b"].map(|copy| (house.object(copy, &id).expect("there"), house.path(&format!("hidden-{copy}"))));
    for (place, hidden) in &places {
        std::fs::rename(place, hidden).expect("hidden");
    }
    rebuild(&house, from, 0);
    for (place, hidden) in &places {
        std::fs::create_dir_all(place.parent().expect("a parent")).expect("folders");
        std::fs::rename(hidden, place).expect("back");
    }
    let ran = house.run();
    assert_eq!(ran.stuck(), [("certify", "unworkable", "E-CONDUCT-14")], "{}", ran.told);
    // Its number is not given up either.
    let refused = house.sandbox.alone(&["--lang", "en", "hold", "decide", "#1", "reject", "--by", "An"]);
    assert_eq!(refused.status.code(), Some(2), "{}", String::from_utf8_lossy(&refused.stdout));
    rebuild(&house, from, 0);
    house.run().done(1);
    assert_eq!(numbers(&house), [(1, "sealed".into()), (2, "sealed".into())]);
    house.audit_is_sound();
}

#[test]
fn nobody_works_in_a_home_whose_rebuild_did_not_end() {
    let house = House::new("");
    house.run().done(0);
    std::fs::create_dir(house.path("rebuilding")).expect("folder");
    house.drop(1, 1);
    let ran = house.run();
    assert!(ran.code == Some(20) && ran.told.contains("E-CONDUCT-15"), "{:?} {}", ran.code, ran.told);
    rebuild(&house, "a", 0);
    house.run().done(1);
}

#[test]
fn no_submission_of_a_copy_removes_what_lies_outside_inbound() {
    let house = House::new("");
    let id = stored(&house);
    let from = cut(&house, "\"stored\"");
    for copy in ["a", "b"] {
        let object = house.object(copy, &id).expect("there");
        let said = std::fs::read_to_string(object.join("v1/content/submission.json")).expect("submission");
        set(&object, "submission.json", said.replace("P01/01/01/1-01.jpg", "../mocban.jpg").as_bytes());
    }
    let scan = std::fs::read(house.part("a", &id, "v1/content/originals/1-01.jpg")).expect("scan");
    std::fs::write(house.path("mocban.jpg"), scan).expect("beside the settings");
    assert!(rebuild(&house, from, 10).contains("leads out of inbound"));
    house.run();
    for kept in ["mocban.jpg", "mocban.toml"] {
        assert!(house.path(kept).is_file(), "{kept} is gone");
    }
}

#[test]
fn the_seal_of_one_document_proves_no_other() {
    for number in [3, 200_000] {
        let house = House::new("");
        house.drop(2, 1);
        let ran = house.run();
        ran.done(2);
        let id = ran.documents[0]["id"].as_str().expect("identity");
        let scan = samples::hostile::page(0xdead).expect("page");
        forge(&house, id, &scan, number);
        assert!(rebuild(&house, "a", 10).contains("does not prove itself"));
        assert_eq!((house.book().len(), house.sandbox.ask(&["status", "--documents"]).len()), (2, 2), "{number}");
    }
}

/// Another document's object with this scan in place of its own, and another number.
fn forge(house: &House, id: &str, scan: &[u8], number: u32) {
    let digest = model::Sha256::of(scan);
    let forged = model::DocumentId::of_content(&[digest]).to_string();
    let place = place_on_a(house, &forged);
    std::fs::create_dir_all(place.parent().expect("a parent")).expect("folders");
    let from = house.object("a", id).expect("there");
    let copied = std::process::Command::new("cp").arg("-a").arg(from).arg(&place).status();
    assert!(copied.is_ok_and(|status| status.success()));
    write_anew(&place, id, &forged);
    let original = "originals/1-01.jpg";
    let before = model::Sha256::of(&std::fs::read(place.join("v1/content").join(original)).expect("scan")).to_hex();
    set(&place, original, scan);
    let edit = |part: &str, changes: &[(&str, &str)]| {
        let text = std::fs::read_to_string(place.join("v1/content").join(part)).expect("part");
        let text = changes.iter().fold(text, |text, (from, to)| text.replace(from, to));
        set(&place, part, text.as_bytes());
    };
    edit("submission.json", &[(id, &forged), (&before, &digest.to_hex())]);
    edit(
        "certification.json",
        &[("\"number\": 1", &format!("\"number\": {number}")), ("\"number\": 2", "\"number\": 3")],
    );
}

/// Where a document of this identity lies on copy a (layout 0003: three folders of three digits of the identifier's digest).
pub(crate) fn place_on_a(house: &House, id: &str) -> PathBuf {
    let digest = model::Sha256::of(format!("urn:uuid:{id}").as_bytes()).to_hex();
    let tuples = digest.as_bytes().chunks(3).take(3).map(String::from_utf8_lossy);
    let folder = tuples.fold(house.path("copies/a/ocfl"), |folder, tuple| folder.join(&*tuple));
    folder.join(format!("urn%3auuid%3a{id}"))
}

#[test]
fn a_description_that_is_none_ends_no_house() {
    let house = House::new("");
    let id = stored(&house);
    let from = cut(&house, "\"stored\"");
    for copy in ["a", "b"] {
        set(&house.object(copy, &id).expect("there"), "description.json", b"[]\n");
    }
    rebuild(&house, from, 10);
    let ran = house.run();
    assert_eq!(ran.stuck(), [("certify", "unworkable", "E-CONDUCT-14")], "{}", ran.told);
    assert_eq!(ran.documents.iter().filter(|document| document["state"] == "done").count(), 1);
}

#[test]
fn a_copy_that_left_the_settings_does_not_count() {
    let house = House::new("");
    let id = stored(&house);
    let from = cut(&house, "\"stored\"");
    rebuild(&house, from, 0);
    std::fs::remove_dir_all(house.path("copies/b")).expect("lost");
    let settings = std::fs::read_to_string(house.path("mocban.toml")).expect("settings");
    let settings = settings.replace("name = \"b\"", "name = \"c\"").replace("copies/b", "copies/c");
    std::fs::write(house.path("mocban.toml"), settings).expect("settings");
    assert!(house.sandbox.alone(&["init"]).status.success());
    house.run().done(2);
    assert!(
        house.object("a", &id).is_some() && house.object("c", &id).is_some(),
        "on two copies before its scan leaves"
    );
    house.audit_is_sound();
}

#[test]
fn a_revision_from_before_a_document_began_again_is_none_of_its_own() {
    let house = House::new("[augment]\nstore_after_s = 0\n");
    house.run().done(0);
    // It rises, and cannot be stored: both copies are away by then.
    house.drop(1, 1);
    let place = ["a", "b"].map(|copy| house.path("copies").join(copy).join(house.place_of(1, 1)));
    for place in &place {
        std::fs::create_dir_all(place).expect("in the way");
    }
    assert_eq!(house.run().stuck().first().map(|stuck| stuck.0), Some("preserve"));
    for place in &place {
        std::fs::remove_dir_all(place).expect("away");
    }
    std::fs::remove_dir_all(house.path("work")).expect("lost");
    rebuild(&house, cut(&house, "no such event"), 0);
    house.sandbox.fault(&["ocsp=503", "crl=503"]);
    house.run().done(1);
    house.sandbox.fault(&["ocsp=ok", "crl=ok"]);
    house.run();
    assert_eq!(house.sandbox.ask(&["status", "--documents"])[0]["level"], "B-LTA");
    house.audit_is_sound();
}
