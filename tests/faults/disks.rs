//! Full disks: under the work files, the register, each copy, the index. Grown again, everything goes on.

use crate::support::{House, Mount, Ran};

/// Runs with a full disk at a place below the home, grows it, runs again. Answers the first run.
fn full_at(place: &str) -> Option<Ran> {
    let house = House::bare();
    let mount = Mount::small(&house.path(place))?;
    house.sandbox.make();
    house.settle("");
    // Once before, so that everything the house makes for itself is there.
    house.run().done(0);
    house.drop(2, 1);
    mount.fill();
    let full = house.run();
    mount.grow();
    house.run().done(2);
    mount.clear();
    house.audit_is_sound();
    let numbers: Vec<i64> = house.book().into_iter().map(|(_, number, _)| number).collect();
    assert_eq!(numbers, [1, 2], "no number twice, none lost");
    let left: Vec<_> = walkdir::WalkDir::new(house.path("work")).min_depth(1).into_iter().flatten().collect();
    assert!(left.is_empty(), "work files are left: {left:?}");
    Some(full)
}

/// Everything waits for the medium at this stage, and one says why.
#[track_caller]
fn waits_at(full: &Ran, stage: &str, code: &str) {
    let stuck = full.stuck();
    assert_eq!(full.code, Some(20), "{}", full.told);
    assert!(!stuck.is_empty() && stuck.iter().all(|at| (at.0, at.1) == (stage, "medium")), "{stuck:?}");
    assert!(stuck.iter().any(|at| at.2 == code), "{stuck:?}");
}

#[test]
fn work_files() {
    let Some(full) = full_at("work") else { return };
    waits_at(&full, "intake", "E-DURABLE-01");
}

#[test]
fn each_copy() {
    for copy in ["a", "b"] {
        let Some(full) = full_at(&format!("copies/{copy}")) else { return };
        waits_at(&full, "preserve", "E-PRESERVE-03");
    }
}

#[test]
fn index() {
    let Some(full) = full_at("index") else { return };
    waits_at(&full, "index", "E-SEARCH-05");
}

#[test]
fn register() {
    let house = House::new("");
    house.run().done(0);
    let Some(mount) = house.register_apart() else { return };
    house.drop(2, 1);
    mount.fill();
    let full = house.sandbox.mocban(&["--json", "--lang", "en", "run"]);
    let told = String::from_utf8_lossy(&full.stderr).into_owned();
    assert_eq!(full.status.code(), Some(20), "{told}");
    assert!(told.contains("E-REGISTER-01") || told.contains("E-REGISTER-02"), "{told}");
    mount.grow();
    house.run().done(2);
    house.audit_is_sound();
}
