//! Media that are away, read-only, or others than they were.

use crate::support::{House, Mount};

#[test]
fn a_copy_that_is_away_is_waited_for() {
    let house = House::new("");
    house.run().done(0);
    house.drop(2, 1);
    std::fs::rename(house.path("copies/b"), house.path("away")).expect("unmounted");
    let ran = house.run();
    assert_eq!(ran.code, Some(20), "{}", ran.told);
    assert!(
        ran.stuck().iter().all(|(stage, reason, _)| *stage == "preserve" && *reason == "medium"),
        "{:?}",
        ran.stuck()
    );
    assert!(ran.stuck().iter().any(|(.., code)| *code == "E-PRESERVE-01"), "{:?}", ran.stuck());
    assert_eq!(house.copy("b")["detail"]["code"], "E-PRESERVE-01", "{}", house.copy("b"));
    let scans =
        walkdir::WalkDir::new(house.sandbox.inbound()).into_iter().flatten().filter(|e| e.file_type().is_file());
    assert_eq!(scans.count(), 2, "the scans stay");
    std::fs::rename(house.path("away"), house.path("copies/b")).expect("mounted");
    house.run().done(2);
    house.audit_is_sound();
}

#[test]
fn a_copy_that_was_away_when_enough_others_held_the_document_catches_up() {
    let house = House::new("[preserve]\ncopies_required = 1\n");
    house.drop(1, 1);
    house.run().done(1);
    std::fs::rename(house.path("copies/b"), house.path("away")).expect("unmounted");
    house.drop(3, 2);
    let ran = house.run();
    ran.done(3);
    let states =
        |document: &serde_json::Value| format!("{} {}", document["copies"][0]["state"], document["copies"][1]["state"]);
    assert!(ran.documents.iter().all(|document| states(document) == "\"verified\" \"missing\""), "{:?}", ran.documents);
    assert_eq!((&house.copy("b")["lacking"], &house.copy("a")["lacking"]), (&3.into(), &0.into()));
    let told = house.sandbox.alone(&["--lang", "en", "status"]);
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("Copy b lacks 3 documents") && told.contains("is not found at"), "{told}");
    std::fs::rename(house.path("away"), house.path("copies/b")).expect("mounted");
    let ran = house.run();
    assert_eq!((ran.code, ran.documents.len()), (Some(0), 3), "{}", ran.told);
    assert!(
        ran.documents.iter().all(|document| states(document) == "\"verified\" \"verified\""),
        "{:?}",
        ran.documents
    );
    assert_eq!((&house.copy("b")["lacking"], &house.copy("b")["objects"]), (&0.into(), &4.into()));
    house.audit_is_sound();
    // Each copy for itself is the whole archive.
    for copy in ["a", "b"] {
        let rebuilt = house.sandbox.alone(&["rebuild", "--from", copy]);
        assert_eq!(rebuilt.status.code(), Some(0), "{}", String::from_utf8_lossy(&rebuilt.stderr));
        assert_eq!(house.sandbox.ask(&["status"])[0]["documents"]["done"], 4);
    }
}

/// How many documents are found.
fn found(house: &House) -> usize {
    house.sandbox.ask(&["search", "nguon:p01"])[0]["hits"].as_array().expect("hits").len()
}

#[test]
fn while_all_copies_are_away_the_house_starts_and_goes_as_far_as_it_can() {
    let house = House::new("");
    house.drop(1, 1);
    house.run().done(1);
    std::fs::rename(house.path("copies"), house.path("away")).expect("unmounted");
    house.drop(1, 2);
    let ran = house.run();
    assert_eq!(ran.stuck(), [("certify", "medium", "E-CONDUCT-08")], "{}", ran.told);
    assert_eq!(found(&house), 1, "what was found is found");
    std::fs::rename(house.path("away"), house.path("copies")).expect("mounted");
    house.run().done(1);
    assert_eq!(found(&house), 2);
}

#[test]
fn what_an_index_lacks_is_filled_when_the_copy_that_has_it_is_back() {
    let house = House::new("[preserve]\ncopies_required = 1\n");
    house.run().done(0);
    std::fs::rename(house.path("copies/b"), house.path("away-b")).expect("unmounted");
    house.drop(2, 1);
    house.run().done(2);
    std::fs::rename(house.path("away-b"), house.path("copies/b")).expect("mounted");
    std::fs::rename(house.path("copies/a"), house.path("away-a")).expect("unmounted");
    std::fs::remove_dir_all(house.path("index")).expect("lost");
    house.drop(1, 2);
    let ran = house.run();
    ran.done(1);
    assert_eq!(found(&house), 1, "the one that can be read");
    std::fs::rename(house.path("away-a"), house.path("copies/a")).expect("mounted");
    house.run();
    assert_eq!(found(&house), 3);
    house.audit_is_sound();
}

#[test]
fn a_read_only_medium_is_waited_for() {
    let house = House::bare();
    let Some(mount) = Mount::small(&house.path("copies/a")) else { return };
    house.sandbox.make();
    house.settle("");
    house.run().done(0);
    house.drop(1, 1);
    mount.read_only(true);
    let ran = house.run();
    assert_eq!(
        (ran.code, ran.stuck().first().map(|stuck| (stuck.0, stuck.1))),
        (Some(20), Some(("preserve", "medium"))),
        "{}",
        ran.told
    );
    mount.read_only(false);
    house.run().done(1);
    house.audit_is_sound();
}

#[test]
fn another_medium_under_the_same_name_is_refused() {
    let house = House::new("");
    house.drop(1, 1);
    house.run().done(1);
    std::fs::rename(house.path("copies/b"), house.path("aside")).expect("taken out");
    // Another disk that also calls itself b.
    assert!(house.sandbox.alone(&["init"]).status.success());
    assert!(house.path("copies/b/medium.json").is_file(), "another medium is in");
    let before = walkdir::WalkDir::new(house.path("copies/b")).into_iter().count();
    house.drop(1, 2);
    let ran = house.run();
    assert_eq!(ran.code, Some(20), "{}", ran.told);
    assert_eq!(ran.stuck(), [("preserve", "medium", "E-PRESERVE-02")], "{:?}", ran.documents);
    assert_eq!(walkdir::WalkDir::new(house.path("copies/b")).into_iter().count(), before, "nothing was written on it");
    assert_eq!(house.sandbox.alone(&["audit", "--copy", "b"]).status.code(), Some(10));
    std::fs::remove_dir_all(house.path("copies/b")).expect("taken out");
    std::fs::rename(house.path("aside"), house.path("copies/b")).expect("the right one");
    house.run().done(1);
    house.audit_is_sound();
}

#[test]
fn a_lost_disk_is_replaced_by_a_new_copy_that_is_filled_from_the_others() {
    let house = House::new("");
    house.drop(2, 1);
    house.run().done(2);
    std::fs::remove_dir_all(house.path("copies/b")).expect("lost");
    let settings = std::fs::read_to_string(house.path("mocban.toml")).expect("settings");
    std::fs::write(
        house.path("mocban.toml"),
        settings.replace("name = \"b\"", "name = \"c\"").replace("copies/b", "copies/c"),
    )
    .expect("settings");
    assert!(house.sandbox.alone(&["init"]).status.success());
    let ran = house.run();
    assert_eq!((ran.code, ran.documents.len()), (Some(0), 2), "{:?} {}", ran.documents, ran.told);
    assert_eq!((&house.copy("c")["objects"], &house.copy("c")["lacking"]), (&2.into(), &0.into()));
    house.audit_is_sound();
}
