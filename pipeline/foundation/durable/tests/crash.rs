//! The order of durable writing, and what a death at each named point leaves behind. Failpoints are process-global, so
//! one test holds them at a time, and a death happens in a child: this same executable.
#![expect(clippy::disallowed_methods, reason = "the tests lay out and look at what durable leaves")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use durable::{Error, NewFile, Published};
use failpoint::fail;

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

const POINTS: &[&str] = &[
    "durable:create:after",
    "durable:write:after",
    "durable:chmod:after",
    "durable:fsync:after",
    "durable:dirsync:after",
    "durable:link:before",
    "durable:link:after",
    "durable:rename:after",
    "durable:mkdir:after",
    "durable:mkdir:unsynced",
    "durable:enter:before",
    "durable:enter:after",
    "durable:replace:before",
    "durable:replace:after",
    "durable:unlink:after",
];

fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `work` and gives the points it passed, in order.
fn trace(work: impl FnOnce()) -> Vec<&'static str> {
    let passed = Arc::new(Mutex::new(Vec::new()));
    for point in POINTS {
        let passed = Arc::clone(&passed);
        fail::cfg_callback(*point, move || passed.lock().expect("points").push(*point)).expect("arm");
    }
    work();
    for point in POINTS {
        fail::remove(point);
    }
    std::mem::take(&mut passed.lock().expect("points"))
}

#[test]
fn a_file_is_published_in_this_order() {
    let _alone = alone();
    let room = tempfile::tempdir().expect("room");
    let target = room.path().join("a");
    let order = trace(|| assert_eq!(durable::publish(&target, b"x").expect("publish"), Published::New));
    assert_eq!(
        order,
        [
            "durable:create:after",
            "durable:write:after",
            "durable:chmod:after",
            "durable:fsync:after",
            "durable:link:before",
            "durable:link:after",
            "durable:dirsync:after",
        ]
    );
}

#[test]
fn a_directory_enters_in_this_order() {
    let _alone = alone();
    let room = tempfile::tempdir().expect("room");
    fs::create_dir_all(room.path().join("staging")).expect("staging");
    fs::create_dir_all(room.path().join("ocfl")).expect("ocfl");
    let mut order = trace(|| enter(room.path()));
    let entering = order.split_off(order.iter().position(|p| *p == "durable:enter:before").expect("entered"));
    assert_eq!(
        entering,
        ["durable:enter:before", "durable:enter:after", "durable:dirsync:after", "durable:dirsync:after"]
    );
    let syncs = order.iter().filter(|p| p.ends_with("sync:after")).count();
    // Before the rename the whole file system is synced once: the place's new parent, the file, the tree, what is above it.
    assert_eq!(syncs, 1, "{order:?}");
}

#[test]
fn a_failed_fsync_is_never_repeated_on_the_same_file() {
    let _alone = alone();
    let room = tempfile::tempdir().expect("room");
    let target = room.path().join("a");
    fail::cfg("durable:fsync:fails", "1*return").expect("arm");
    let error = durable::publish(&target, b"x").expect_err("sync");
    fail::remove("durable:fsync:fails");
    assert!(matches!(error, Error::Sync { .. }), "{error}");
    assert_eq!(error.disposition(), model::Disposition::Wait(model::Cause::Medium));
    assert_eq!(fs::read_dir(room.path()).expect("list").count(), 0, "the file was thrown away");
    assert_eq!(durable::publish(&target, b"x").expect("a new file"), Published::New);
}

#[test]
fn without_hard_links_a_rename_without_overwrite_serves() {
    let _alone = alone();
    let room = tempfile::tempdir().expect("room");
    let target = room.path().join("a");
    fail::cfg("durable:link:unsupported", "return").expect("arm");
    let outcome = (durable::publish(&target, b"x"), durable::publish(&target, b"x"), durable::publish(&target, b"y"));
    fail::remove("durable:link:unsupported");
    assert!(matches!(outcome, (Ok(Published::New), Ok(Published::AlreadyThere), Err(Error::Occupied { .. }))));
    assert_eq!(fs::read(&target).expect("read"), b"x");
}

fn enter(room: &Path) {
    let staged = room.join("staging/object");
    let mut file = NewFile::create(&staged.join("v1/content/a")).expect("new file");
    file.room().expect("room")[..7].copy_from_slice(b"content");
    file.advance(7);
    file.finish().expect("finish");
    let place = room.join("ocfl/abc/object");
    let moves = [durable::Move { staged, place }];
    durable::settle(&moves, room).expect("settle");
    durable::enter(&moves).expect("enter");
}

/// What a killed child was doing; run again by the parent it must end well.
fn work(room: &Path) {
    durable::clean_temps(room).expect("clean");
    durable::create_dir(&room.join("made/here")).expect("folders");
    durable::publish(&room.join("published"), b"content").expect("publish");
    durable::replace(&room.join("published"), b"content").expect("replace");
    if !room.join("ocfl/abc/object").try_exists().expect("look") {
        durable::remove_tree(&room.join("staging/object")).expect("discard");
        enter(room);
    }
    durable::remove(&room.join("published-not")).expect("remove");
}

#[test]
fn death_at_every_point_leaves_whole_or_nothing() {
    if let (Ok(point), Ok(room)) = (std::env::var("DIE_AT"), std::env::var("DIE_IN")) {
        fail::cfg_callback(point, || {
            let me = rustix::process::getpid();
            rustix::process::kill_process(me, rustix::process::Signal::KILL).expect("kill");
        })
        .expect("arm");
        work(&PathBuf::from(room));
        return;
    }
    let _alone = alone();
    for point in POINTS {
        let room = tempfile::tempdir().expect("room");
        let status = Command::new(std::env::current_exe().expect("own path"))
            .args(["--exact", "death_at_every_point_leaves_whole_or_nothing", "--nocapture"])
            .env("DIE_AT", point)
            .env("DIE_IN", room.path())
            .status()
            .expect("child");
        let passed_by = matches!(*point, "durable:rename:after" | "durable:unlink:after");
        assert_eq!(status.success(), passed_by, "{point}: the child passes this point");
        for path in ["published", "ocfl/abc/object/v1/content/a"] {
            match fs::read(room.path().join(path)) {
                Ok(bytes) => assert_eq!(bytes, b"content", "{point}: {path} is torn"),
                Err(e) => assert_eq!(e.kind(), std::io::ErrorKind::NotFound, "{point}: {path}"),
            }
        }
        work(room.path());
        assert!(room.path().join("ocfl/abc/object/v1/content/a").try_exists().expect("look"), "{point}");
        assert_eq!(durable::clean_temps(room.path()).expect("clean"), 0, "{point}: a temporary file stayed");
    }
}
