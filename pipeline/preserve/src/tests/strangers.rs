//! What stands on a copy where something else should.

use std::{os::unix::fs::symlink, process::Command, sync::mpsc, time::Duration};

use super::*;
use crate::{Error, audit::FaultKind, head, layout, object::store_version};

const PATIENCE: Duration = Duration::from_secs(20);

/// Does it in a thread of its own: what waits for a pipe waits for ever.
fn in_time<T: Send + 'static>(what: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(what()));
    receiver.recv_timeout(PATIENCE).expect("it waits for a pipe")
}

#[test]
fn no_pipe_is_waited_for_and_no_link_followed() {
    let room = Room::new();
    let copy = room.copy("a");
    let stored = store(&copy, &object(1)).expect("store");
    let place = room.root("a").join(layout::place(id(1)));
    let inside = ["inventory.json.sha512", "inventory.json", "v1/content/BLAKE3SUMS", "v1/content/document.pdf"];
    let all = inside.map(|name| place.join(name)).into_iter().chain([room.root("a").join("README.txt")]);
    for path in all {
        let aside = room.root("aside");
        fs::rename(&path, &aside).expect("aside");
        for link in [false, true] {
            if link {
                symlink(&aside, &path).expect("link");
            } else {
                assert!(Command::new("mkfifo").arg(&path).status().is_ok_and(|status| status.success()));
            }
            let (root, known) = (room.root("a"), expected(&[(id(1), &stored)]));
            let found = in_time(move || {
                let copy = DirectoryCopy::open(&root, "a", false).expect("the copy is there");
                let read = head(&copy, id(1)).and_then(|head| head.read(&copy, "document.pdf", 1 << 20));
                (audit(&copy, Some(&known)), read)
            });
            assert_ne!(found.0.faults, [], "{} as a link: {link}", path.display());
            let needed = !path.ends_with("README.txt") && !path.ends_with("BLAKE3SUMS");
            assert_eq!(found.1.is_err(), needed, "{}: {:?}", path.display(), found.1);
            fs::remove_file(&path).expect("removed");
        }
        fs::rename(&aside, &path).expect("back");
    }
    assert_eq!(audit(&copy, Some(&expected(&[(id(1), &stored)]))).faults, []);
}

#[test]
fn behind_a_link_nothing_is_thrown_away_listed_or_written() {
    let room = Room::new();
    let copy = room.copy("a");
    let stored = store(&copy, &object(1)).expect("store");
    let outside = room.root("outside");
    fs::create_dir(&outside).expect("folder");
    fs::write(outside.join("kept"), b"kept").expect("file");
    let staging = room.root("a").join(layout::STAGING);
    fs::rename(&staging, room.root("staging")).expect("aside");
    symlink(&outside, &staging).expect("link");
    let again = DirectoryCopy::open(&room.root("a"), "a", false).expect("it can be read");
    assert!(head(&again, id(1)).is_ok());
    assert!(store(&again, &object(2)).is_err(), "but not written");
    let left: Vec<_> = fs::read_dir(&outside).expect("list").map(|entry| entry.expect("entry").file_name()).collect();
    assert_eq!(left, ["kept"]);
    fs::remove_file(&staging).expect("removed");
    fs::rename(room.root("staging"), &staging).expect("back");
    // A link in place of the documents is told of, and its documents are not taken for the copy's.
    let documents = room.root("a").join(layout::OCFL);
    fs::rename(&documents, room.root("elsewhere")).expect("aside");
    symlink(room.root("elsewhere"), &documents).expect("link");
    let told = audit(&again, Some(&expected(&[(id(1), &stored)])));
    assert!(told.faults.iter().any(|fault| fault.fault == FaultKind::Removed), "{told:?}");
    assert_eq!(told.objects, 0, "{told:?}");
}

#[test]
fn an_empty_version_is_told_of_and_closes_no_copy() {
    let room = Room::new();
    let copy = room.copy("a");
    let stored = store(&copy, &object(1)).expect("store");
    let place = layout::place(id(1));
    fs::create_dir(room.root("a").join(&place).join("v2")).expect("folder");
    let told = audit(&copy, Some(&expected(&[(id(1), &stored)])));
    assert!(told.faults.iter().any(|fault| fault.path.ends_with("/v2") && fault.fault == FaultKind::Extra), "{told:?}");
    let error = store_version(&copy, &raised(1), first()).expect_err("something stands there");
    assert!(error.is_about_a_document(), "{error}");
    let again = DirectoryCopy::open(&room.root("a"), "a", false).expect("the copy is there");
    assert_eq!(again.list(layout::STAGING).expect("list").expect("there").len(), 1, "only the lock");
    store(&again, &object(2)).expect("others go on");

    // A writer that seems to have died over a document whose newest inventory is gone.
    fs::create_dir(room.root("a").join(layout::STAGING).join(id(1).to_string())).expect("folder");
    let again = DirectoryCopy::open(&room.root("a"), "a", false).expect("the copy is there");
    assert!(matches!(store(&again, &object(1)), Err(Error::Medium { .. } | Error::Damaged { .. })));
    store(&again, &object(3)).expect("others go on");
}

#[test]
fn a_copy_that_leads_to_another_one_is_none() {
    let room = Room::new();
    let (a, b) = (room.copy("a"), room.copy("b"));
    store(&a, &object(1)).expect("store");
    let stored = store(&b, &object(1)).expect("store");
    for name in [layout::OCFL, layout::JOURNAL, layout::README] {
        let path = room.root("b").join(name);
        fs::rename(&path, room.root("aside")).expect("aside");
        symlink(room.root("a").join(name), &path).expect("link");
        let told = audit(&b, Some(&expected(&[(id(1), &stored)])));
        assert!(
            told.faults.iter().any(|fault| fault.path == name && fault.fault == FaultKind::Altered),
            "{name}: {told:?}"
        );
        fs::remove_file(&path).expect("removed");
        fs::rename(room.root("aside"), &path).expect("back");
    }
    assert_eq!(audit(&b, Some(&expected(&[(id(1), &stored)]))).faults, []);
}
