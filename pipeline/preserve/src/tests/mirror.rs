//! A copy that was away gets what it lacks, byte for byte; a damaged source gives nothing.

use std::fs;

use super::{Room, audit, expected, first, id, newest, object, raised, tree};
use crate::{Error, known_head, layout, mirror, store, store_version};

#[test]
fn a_copy_that_was_away_gets_the_same_bytes() {
    let room = Room::new();
    let (a, b) = (room.copy("a"), room.copy("b"));
    assert!(matches!(mirror(&a, &b, id(1), first()), Err(Error::NoObject { .. })));
    store(&a, &object(1)).expect("store");
    let first = mirror(&a, &b, id(1), newest(&a)).expect("one version");
    assert_eq!((first.version.as_str(), first.files), ("v1", 7));
    // It was away again while the document rose: only the new version is brought.
    let second = store_version(&a, &raised(1), first.inventory_sha512).expect("second version");
    let brought = mirror(&a, &b, id(1), newest(&a)).expect("the second");
    assert_eq!((brought.version.as_str(), brought.files), ("v2", 2));
    assert_eq!(brought.inventory_sha512, second.inventory_sha512);
    assert_eq!(mirror(&a, &b, id(1), newest(&a)).expect("again").inventory_sha512, second.inventory_sha512);
    // And a copy that never saw it gets both at once.
    let c = room.copy("c");
    mirror(&a, &c, id(1), newest(&a)).expect("both versions");
    for name in ["b", "c"] {
        assert_eq!(tree(&room.root(name).join(layout::OCFL)), tree(&room.root("a").join(layout::OCFL)), "{name}");
    }
    assert_eq!(audit(&b, Some(&expected(&[(id(1), &second)]))).faults, []);
}

#[test]
fn what_nobody_knows_is_not_spread() {
    let room = Room::new();
    let (a, b) = (room.copy("a"), room.copy("b"));
    // Sound in itself, and not what was stored: an inventory that was written anew.
    let mut other = object(1);
    other.message = "another history".to_owned();
    store(&a, &other).expect("store");
    assert!(matches!(mirror(&a, &b, id(1), first()), Err(Error::Damaged { copy, .. }) if copy == "a"));
    assert!(matches!(store_version(&a, &raised(1), first()), Err(Error::Damaged { copy, .. }) if copy == "a"));
    assert!(matches!(known_head(&a, id(1), first()), Err(Error::Damaged { copy, .. }) if copy == "a"));
    assert_eq!(crate::objects(&b).expect("objects"), []);
    // A version that nobody booked is no version to build on, were it made of the very files.
    store_version(&a, &raised(1), newest(&a)).expect("version");
    assert!(matches!(store_version(&a, &raised(1), first()), Err(Error::Damaged { .. })));
}

#[test]
fn what_does_not_belong_to_a_document_stays_behind() {
    let room = Room::new();
    let (a, b) = (room.copy("a"), room.copy("b"));
    store(&a, &object(1)).expect("store");
    let place = room.root("a").join(layout::place(id(1)));
    for name in ["x.txt", "v1/y.txt", "v1/content/z.txt"] {
        fs::write(place.join(name), b"nobody's").expect("written");
    }
    mirror(&a, &b, id(1), first()).expect("mirrored");
    let strangers = ["x.txt", "y.txt", "z.txt"];
    let brought = tree(&room.root("b"));
    assert!(brought.iter().all(|(name, _)| !strangers.iter().any(|stranger| name.ends_with(stranger))));
    fs::remove_file(place.join(layout::OBJECT_DECLARATION.0)).expect("removed");
    fs::write(place.join(layout::OBJECT_DECLARATION.0), b"ocfl_object_9.9").expect("written");
    assert!(matches!(mirror(&a, &room.copy("c"), id(1), first()), Err(Error::Damaged { copy, .. }) if copy == "a"));
}

#[test]
fn a_damaged_or_other_document_is_not_spread() {
    let room = Room::new();
    let (a, b) = (room.copy("a"), room.copy("b"));
    store(&a, &object(1)).expect("store");
    let content = room.root("a").join(layout::place(id(1))).join("v1/content");
    let path = content.join("document.pdf");
    let whole = fs::read(&path).expect("read");
    let writable = |path: &std::path::Path, bytes: &[u8]| {
        fs::remove_file(path).expect("removed");
        fs::write(path, bytes).expect("written");
    };
    writable(&path, b"%PDF-1.7 something else\n%%EOF\n");
    assert!(matches!(mirror(&a, &b, id(1), newest(&a)), Err(Error::Damaged { copy, .. }) if copy == "a"));
    fs::remove_file(&path).expect("removed");
    assert!(matches!(mirror(&a, &b, id(1), newest(&a)), Err(Error::Damaged { copy, .. }) if copy == "a"));
    assert_eq!(crate::objects(&b).expect("objects"), [], "nothing half done");
    fs::write(&path, whole).expect("mended");
    let mut other = object(1);
    other.message = "another history".to_owned();
    store(&b, &other).expect("store");
    assert!(matches!(mirror(&a, &b, id(1), newest(&a)), Err(Error::Different { copy, .. }) if copy == "b"));
}
