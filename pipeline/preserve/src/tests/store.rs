use std::fs;

use model::{Cause, Disposition, HoldReason, Sha512};

use super::*;
use crate::{
    Error, doubles, head, layout,
    object::{self, Object, Stored, store, store_together, store_version},
    objects,
    read::{Stats, stats},
};

#[test]
fn every_copy_does_what_a_copy_must() {
    on_each(doubles::conformance);
}

#[test]
fn a_document_is_stored_once_and_found_again() {
    on_each(|copy| {
        let first = store(copy, &object(1)).expect("store");
        assert_eq!((first.version.as_str(), first.files), ("v1", 7));
        assert_eq!(store(copy, &object(1)).expect("again"), first, "storing again is success");
        assert_eq!(objects(copy).expect("objects"), [id(1)]);
        assert_eq!(head(copy, id(1)).expect("head").read(copy, "submission.json", 9).expect("read"), b"{}");
        assert_eq!(stats(copy).expect("stats"), Stats { objects: 1, bytes: first.bytes });
        assert_eq!(head(copy, id(1)).expect("head").inventory_sha512, first.inventory_sha512);
        assert!(copy.list(&format!("staging/{}", id(1))).expect("list").is_none(), "staging is empty again");
    });
}

#[test]
fn other_content_under_the_same_identity_is_refused() {
    on_each(|copy| {
        store(copy, &object(1)).expect("store");
        let mut other = object(1);
        other.parts[0] = part("document.pdf", b"another");
        let error = store(copy, &other).expect_err("different");
        assert!(matches!(error, Error::Different { .. }), "{error}");
        assert_eq!(error.disposition(), Disposition::Hold(HoldReason::Unworkable));
        assert!(head(copy, id(1)).expect("head").read(copy, "document.pdf", 99).expect("read").starts_with(b"%PDF"));
    });
}

fn together(copy: &dyn CopyStore, objects: &[Object]) -> Result<Vec<Stored>, Error> {
    let measures: Vec<_> = objects.iter().map(|object| object.measure().expect("measure")).collect();
    store_together(copy, &objects.iter().zip(&measures).collect::<Vec<_>>())
}

#[test]
fn what_is_stored_together_is_what_is_stored_alone() {
    let room = Room::new();
    let (a, b) = (room.copy("a"), room.copy("b"));
    let alone = [1, 2, 3].map(|n| store(&a, &object(n)).expect("store"));
    store(&b, &object(2)).expect("one lies there already");
    let stored = together(&b, &[1, 2, 3].map(object)).expect("the others with it");
    assert_eq!(stored, alone, "answers come in the order of the documents");
    assert_eq!(tree(&room.root("a").join("ocfl")), tree(&room.root("b").join("ocfl")));
    assert_eq!(together(&b, &[]).expect("nothing"), []);
}

#[test]
fn one_that_cannot_be_stored_leaves_nothing_of_the_others_behind() {
    on_each(|copy| {
        let mut other = object(2);
        store(copy, &other).expect("store");
        other.parts[0] = part("document.pdf", b"another");
        let error = together(copy, &[object(1), other, object(3)]).expect_err("the second is different");
        assert!(matches!(error, Error::Different { object, .. } if object == id(2)), "{error}");
        assert_eq!(objects(copy).expect("objects"), [id(2)]);
        assert_eq!(together(copy, &[object(1), object(3)]).expect("without it").len(), 2);
        let staged: Vec<_> = copy.list("staging").expect("list").unwrap_or_default();
        assert!(staged.iter().all(|entry| entry.name == layout::LOCK), "{staged:?}");
    });
}

#[test]
fn a_second_version_holds_only_what_changed() {
    on_each(|copy| {
        let first = store(copy, &object(1)).expect("store");
        let second = store_version(copy, &raised(1), first.inventory_sha512).expect("second version");
        assert_eq!((second.version.as_str(), second.files), ("v2", 2));
        let head = head(copy, id(1)).expect("head");
        assert_eq!((head.version.0, head.parts.len()), (2, 7));
        assert_eq!(head.inventory_sha512, second.inventory_sha512);
        assert!(head.read(copy, "document.pdf", 99).expect("read").ends_with(b"revision two\n%%EOF\n"));
        assert_eq!(head.read(copy, "submission.json", 9).expect("carried over"), b"{}");
        let place = layout::place(id(1));
        let brought = copy.list(&format!("{place}/v2/content")).expect("list").expect("there");
        let names: Vec<&str> = brought.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["BLAKE3SUMS", "document.pdf"]);
        assert!(copy.read(&format!("{place}/v1/content/document.pdf"), 99).is_ok(), "the first version stays");

        // As after a crash that nobody noted, and as noted.
        for known in [&first, &second] {
            let again = store_version(copy, &raised(1), known.inventory_sha512).expect("again");
            assert_eq!((again.version.as_str(), again.inventory_sha512), ("v2", second.inventory_sha512));
        }
        let old = store(copy, &object(1)).expect("the first version is still there");
        assert_eq!((old.version.as_str(), old.inventory_sha512), ("v1", first.inventory_sha512));
        let audit = audit(copy, Some(&expected(&[(id(1), &second)])));
        assert_eq!(audit.faults, []);
    });
}

#[test]
fn a_version_of_nothing_is_refused() {
    on_each(|copy| assert!(matches!(store_version(copy, &raised(1), first()), Err(Error::NoObject { .. }))));
}

#[test]
fn the_same_document_is_the_same_bytes_on_every_copy() {
    let room = Room::new();
    let (a, b) = (room.copy("a"), room.copy("b"));
    for copy in [&a, &b] {
        store(copy, &object(1)).expect("store");
        store_version(copy, &raised(1), first()).expect("version");
    }
    assert_eq!(tree(&room.root("a").join("ocfl")), tree(&room.root("b").join("ocfl")));
    assert_ne!(a.medium(), b.medium());
}

#[test]
fn base_and_revisions_become_one_file() {
    let room = Room::new();
    let copy = room.copy("a");
    let files = vec![room.file("base", &[b'x'; 700_000]), room.file("empty", b""), room.file("revision", b"end")];
    let mut object = object(1);
    object.parts[0].content = Content::Joined(files.clone());
    store(&copy, &object).expect("store");
    let mut whole = vec![b'x'; 700_000];
    whole.extend_from_slice(b"end");
    let path = copy.part_path(&head(&copy, id(1)).expect("head"), "document.pdf").expect("path");
    assert_eq!(Sha512::of(&fs::read(path).expect("read")), Sha512::of(&whole));

    // The rise: the stored file is the base of the next version.
    let base = copy.part_path(&head(&copy, id(1)).expect("head"), "document.pdf").expect("path");
    let mut rise = raised(1);
    rise.parts[0].content = Content::Joined(vec![base, room.file("rise", b"more")]);
    store_version(&copy, &rise, newest(&copy)).expect("version");
    assert_eq!(head(&copy, id(1)).expect("head").read(&copy, "document.pdf", 1 << 20).expect("read").len(), 700_007);

    let missing = Content::Joined(vec![room.root("no such")]);
    object.id = id(2);
    object.parts[0].content = missing;
    let error = store(&copy, &object).expect_err("a work file is missing");
    assert!(matches!(error, Error::Work { .. }) && matches!(error.disposition(), Disposition::Retry { .. }));
    assert_eq!(objects(&copy).expect("objects"), [id(1)]);
}

#[test]
fn stored_files_are_read_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let room = Room::new();
    let copy = room.copy("a");
    store(&copy, &object(1)).expect("store");
    store_version(&copy, &raised(1), first()).expect("version");
    for (name, _) in tree(&room.root("a").join("ocfl")) {
        let mode = fs::metadata(room.root("a").join("ocfl").join(&name)).expect("metadata").permissions().mode();
        assert_eq!(mode & 0o222, 0, "{name} can be written");
    }
}

#[test]
fn an_export_is_whole_or_not_there() {
    let room = Room::new();
    let copy = room.copy("a");
    store(&copy, &object(1)).expect("store");
    let target = room.root("out/document.pdf");
    head(&copy, id(1)).expect("head").export(&copy, "document.pdf", &target).expect("export");
    assert!(fs::read(&target).expect("read").starts_with(b"%PDF"));
    let path = copy.part_path(&head(&copy, id(1)).expect("head"), "submission.json").expect("path");
    fs::remove_file(&path).expect("tamper");
    fs::write(&path, b"[]").expect("tamper");
    let target = room.root("out/submission.json");
    assert!(matches!(
        head(&copy, id(1)).expect("head").export(&copy, "submission.json", &target),
        Err(Error::Damaged { .. })
    ));
    assert!(!target.try_exists().expect("look"));
    assert!(matches!(head(&copy, id(1)).expect("head").read(&copy, "submission.json", 9), Err(Error::Damaged { .. })));
    assert!(matches!(head(&copy, id(1)).expect("head").read(&copy, "nothing", 9), Err(Error::NoPart { .. })));
    assert!(matches!(head(&copy, id(9)), Err(Error::NoObject { .. })));
}

#[test]
fn paths_that_leave_the_document_are_refused() {
    on_each(|copy| {
        for logical in ["../x", "/x", "a//b", "", "a/../../b"] {
            let mut object = object(1);
            object.parts.push(part(logical, b"x"));
            assert!(matches!(store(copy, &object), Err(Error::Forbidden { .. })), "{logical:?}");
        }
        let mut object = object(1);
        object.parts.push(part("submission.json/below", b"x"));
        assert!(matches!(store(copy, &object), Err(Error::Forbidden { .. })), "a file is no folder");
    });
}

#[test]
fn a_missing_medium_waits_and_is_named() {
    let room = Room::new();
    let empty = room.root("mountpoint");
    fs::create_dir(&empty).expect("mountpoint");
    for root in [empty, room.root("nowhere")] {
        let error = DirectoryCopy::open(&root, "a", false).expect_err("no medium");
        assert_eq!(error.disposition(), Disposition::Wait(Cause::Medium));
        assert!(error.to_string().contains(&root.display().to_string()) && error.to_string().contains("copy a"));
    }
}

#[test]
fn another_medium_is_not_written_to() {
    let room = Room::new();
    let copy = room.copy("a");
    room.copy("b");
    let error = DirectoryCopy::open(&room.root("b"), "a", false).expect_err("other copy");
    assert!(matches!(error, Error::OtherMedium { .. }));
    assert_eq!(error.disposition(), Disposition::Wait(Cause::Medium));

    // Swapped under an open copy: same name, other identity.
    let other = Room::new();
    other.copy("a");
    fs::rename(room.root("a"), room.root("aside")).expect("unmount");
    fs::rename(other.root("a"), room.root("a")).expect("mount another");
    assert!(matches!(store(&copy, &object(1)), Err(Error::OtherMedium { .. })));
    assert_eq!(objects(&copy).expect("objects"), []);
    let medium = copy.medium().to_owned();
    let reopened = DirectoryCopy::open_pinned(&room.root("a"), "a", false, Some(&medium));
    assert!(matches!(reopened, Err(Error::OtherMedium { .. })));
}

#[test]
fn initialising_is_repeatable_and_finishes_what_was_begun() {
    let room = Room::new();
    let first = room.copy("a");
    assert_eq!(room.copy("a").medium(), first.medium(), "the identity stays");
    fs::remove_file(room.root("a").join("medium.json")).expect("as if init had died");
    assert_ne!(room.copy("a").medium(), first.medium());
    assert_eq!(audit(&room.copy("a"), None).faults, []);
}

#[test]
fn what_a_dead_writer_left_is_finished_or_thrown_away() {
    let room = Room::new();
    let copy = room.copy("a");
    store(&copy, &object(1)).expect("store");
    let place = room.root("a").join(layout::place(id(1)));
    let old: Vec<Vec<u8>> =
        ["inventory.json", "inventory.json.sha512"].map(|name| fs::read(place.join(name)).expect("read")).into();
    let second = store_version(&copy, &raised(1), first()).expect("version");
    // The version entered, the writer died before the root inventory followed; another died while building.
    for (name, bytes) in ["inventory.json", "inventory.json.sha512"].iter().zip(old) {
        fs::remove_file(place.join(name)).expect("tamper");
        fs::write(place.join(name), bytes).expect("tamper");
    }
    let staging = room.root("a").join("staging");
    fs::create_dir_all(staging.join(id(1).to_string())).expect("mark");
    fs::create_dir_all(staging.join(id(2).to_string()).join("v1/content")).expect("half built");
    fs::write(staging.join(".mocban-tmp-1-1"), b"half").expect("temporary file");
    let copy = DirectoryCopy::open(&room.root("a"), "a", false).expect("open");
    assert_eq!(head(&copy, id(1)).expect("head").version.0, 2);
    assert_eq!(audit(&copy, Some(&expected(&[(id(1), &second)]))).faults, []);
    let left: Vec<_> = tree(&staging).into_iter().map(|(name, _)| name).collect();
    assert_eq!(left, ["lock"]);
    object::recover(&copy).expect("again");
}

#[test]
fn immutable_copies_resist_or_say_that_they_cannot() {
    let room = Room::new();
    room.copy("a");
    let copy = DirectoryCopy::open(&room.root("a"), "a", true).expect("open");
    let stored = store(&copy, &object(1)).and_then(|_| store_version(&copy, &raised(1), first()));
    let path = room.root("a").join(layout::place(id(1))).join("v1/content/document.pdf");
    match stored {
        Ok(_) => {
            fs::remove_file(&path).expect_err("immutable");
            fs::write(&path, b"x").expect_err("immutable");
            fs::write(path.with_file_name("more"), b"x").expect_err("the folder is immutable too");
            store(&copy, &object(1)).expect("storing again is still success");
            loosen(&room.root("a"));
        }
        Err(error) => {
            assert!(matches!(error, Error::Immutable { .. }), "{error}");
            assert_eq!(error.disposition(), Disposition::Wait(Cause::Medium));
        }
    }
}

/// Clears the flags, or the temporary directory could not be removed.
fn loosen(path: &Path) {
    durable::set_immutable(path, false).expect("clear");
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("list") {
            loosen(&entry.expect("entry").path());
        }
    }
}
