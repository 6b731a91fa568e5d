#![expect(clippy::disallowed_methods, reason = "the tests lay out what durable finds")]

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use model::{Cause, Disposition, HoldReason, Sha256, Sha512};

use super::*;

fn room() -> tempfile::TempDir {
    tempfile::tempdir().expect("temporary directory")
}

fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(path)
        .expect("list")
        .map(|e| e.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_published_file_is_whole_read_only_and_alone() {
    let room = room();
    let target = room.path().join("a/b/c");
    assert_eq!(publish(&target, b"content").expect("publish"), Published::New);
    let meta = fs::metadata(&target).expect("metadata");
    assert_eq!((meta.permissions().mode() & 0o777, meta.nlink()), (0o444, 1));
    assert_eq!(fs::read(&target).expect("read"), b"content");
    assert_eq!(names(&room.path().join("a/b")), ["c"]);
}

#[test]
fn publishing_again_is_success_and_other_content_is_refused() {
    let room = room();
    let target = room.path().join("file");
    publish(&target, b"content").expect("publish");
    assert_eq!(publish(&target, b"content").expect("again"), Published::AlreadyThere);
    for other in [&b"contenT"[..], b"content and more", b""] {
        let error = publish(&target, other).expect_err("occupied");
        assert!(matches!(error, Error::Occupied { .. }), "{error}");
        assert_eq!(error.disposition(), Disposition::Bug);
    }
    assert_eq!(fs::read(&target).expect("read"), b"content");
    assert_eq!(names(room.path()), ["file"], "temporary files are gone");
}

#[test]
fn neither_links_nor_folders_nor_pipes_are_taken_for_the_file() {
    let room = room();
    let elsewhere = room.path().join("elsewhere");
    fs::write(&elsewhere, b"content").expect("write");
    let (link, folder, pipe) = (room.path().join("link"), room.path().join("folder"), room.path().join("pipe"));
    std::os::unix::fs::symlink(&elsewhere, &link).expect("symlink");
    fs::create_dir(&folder).expect("folder");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    for target in [link, folder, pipe] {
        assert!(matches!(publish(&target, b"content"), Err(Error::Occupied { .. })), "{}", target.display());
    }
}

#[test]
fn a_dropped_stage_leaves_nothing() {
    let room = room();
    let mut staged = Staged::create(room.path()).expect("stage");
    staged.append(b"half").expect("write");
    assert!(names(room.path())[0].starts_with(TEMP_PREFIX));
    drop(staged);
    assert!(names(room.path()).is_empty());
}

#[test]
fn a_stage_may_be_published_elsewhere_on_the_file_system() {
    let room = room();
    let mut staged = Staged::create(&room.path().join("staging")).expect("stage");
    staged.append(b"x").expect("write");
    staged.publish(&room.path().join("journal/1")).expect("publish");
    assert!(names(&room.path().join("staging")).is_empty());
    assert_eq!(names(&room.path().join("journal")), ["1"]);
}

#[test]
fn private_files_keep_their_mode() {
    let room = room();
    let target = room.path().join("secret");
    write_private(&target, b"x", 0o600).expect("write");
    assert_eq!(fs::metadata(&target).expect("metadata").permissions().mode() & 0o777, 0o600);
}

#[test]
fn replacing_takes_the_place_and_leaves_no_temporary_file() {
    let room = room();
    let (staging, target) = (room.path().join("staging"), room.path().join("object/inventory.json"));
    publish(&target, b"v1").expect("publish");
    replace_through(&staging, &target, b"v2").expect("replace");
    assert_eq!(fs::read(&target).expect("read"), b"v2");
    assert_eq!((names(&staging), names(&room.path().join("object"))), (vec![], vec!["inventory.json".to_owned()]));
}

#[test]
fn a_directory_enters_once() {
    let room = room();
    let stage = |content: &[u8]| {
        let staged = room.path().join("staging/object");
        let mut file = NewFile::create(&staged.join("v1/content/a")).expect("new file");
        file.room().expect("room")[..content.len()].copy_from_slice(content);
        file.advance(content.len());
        file.finish().expect("finish");
        staged
    };
    let place = room.path().join("ocfl/abc/object");
    let enter = |staged: PathBuf| {
        let moves = [Move { staged, place: place.clone() }];
        settle(&moves, room.path()).expect("settle");
        enter(&moves)
    };
    enter(stage(b"one")).expect("enter");
    assert_eq!(fs::read(place.join("v1/content/a")).expect("read"), b"one");
    assert!(matches!(enter(stage(b"two")), Err(Error::Occupied { .. })));
    assert_eq!(fs::read(place.join("v1/content/a")).expect("read"), b"one");
}

#[test]
fn a_new_file_never_overwrites() {
    let room = room();
    let path = room.path().join("a");
    fs::write(&path, b"there").expect("write");
    assert!(NewFile::create(&path).is_err());
}

#[test]
fn removing_is_repeatable_and_follows_no_links() {
    let room = room();
    let (kept, tree) = (room.path().join("kept"), room.path().join("tree"));
    fs::write(&kept, b"x").expect("write");
    fs::create_dir_all(tree.join("a/b")).expect("folders");
    fs::write(tree.join("a/b/c"), b"x").expect("write");
    std::os::unix::fs::symlink(room.path(), tree.join("a/link")).expect("symlink");
    remove_tree(&tree).expect("remove");
    remove_tree(&tree).expect("again");
    assert_eq!(names(room.path()), ["kept"]);
    remove(&kept).expect("remove");
    remove(&kept).expect("again");
    remove(&room.path().join("no/such")).expect("no folder either");
    assert!(names(room.path()).is_empty());
}

#[test]
fn only_our_temporary_files_are_cleaned() {
    let room = room();
    fs::create_dir_all(room.path().join("a/b")).expect("folders");
    for name in ["a/b/.mocban-tmp-1-2", ".mocban-tmp-9-9", "a/.mocban-other", "a/file"] {
        fs::write(room.path().join(name), b"x").expect("write");
    }
    assert_eq!(clean_temps(room.path()).expect("clean"), 2);
    assert_eq!(names(&room.path().join("a")), [".mocban-other", "b", "file"]);
    assert_eq!(clean_temps(&room.path().join("nowhere")).expect("clean"), 0);
}

#[test]
fn read_back_gives_every_digest_at_every_length() {
    let room = room();
    for length in [0_usize, 1, 4095, 4096, 4097, 1024 * 1024 - 1, 1024 * 1024, 1024 * 1024 + 1, 3 * 1024 * 1024 + 77] {
        let bytes: Vec<u8> = (0..length).map(|i| (i * 31 % 251) as u8).collect();
        let path = room.path().join(length.to_string());
        publish(&path, &bytes).expect("publish");
        let read = blake3_file(&path, Trust::Medium).expect("read back");
        assert_eq!((read.bytes, read.blake3), (length as u64, *blake3::hash(&bytes).as_bytes()));
        assert_eq!(sha512_file(&path, Trust::Cache).expect("hash"), (Sha512::of(&bytes), length as u64));
        assert_eq!(sha256_file(&path).expect("hash"), (Sha256::of(&bytes), length as u64));
    }
}

#[test]
fn reading_stays_under_its_limit() {
    let room = room();
    let path = room.path().join("a");
    publish(&path, b"12345").expect("publish");
    assert_eq!(read_limited(&path, 5).expect("read"), b"12345");
    let error = read_limited(&path, 4).expect_err("too large");
    assert_eq!(error.disposition(), Disposition::Hold(HoldReason::TooLarge));
}

#[test]
fn one_process_a_home() {
    let room = room();
    let held = lock_home(room.path()).expect("lock");
    assert!(matches!(lock_home(room.path()), Err(Error::Locked { .. })));
    assert!(matches!(lock(&room.path().join("lock"), Duration::from_millis(30)), Err(Error::Locked { .. })));
    drop(held);
    lock_home(room.path()).expect("lock again");
}

#[test]
fn a_missing_place_waits_for_the_medium_and_names_the_path() {
    let room = room();
    let error = blake3_file(&room.path().join("no/such"), Trust::Medium).expect_err("missing");
    assert_eq!(error.disposition(), Disposition::Wait(Cause::Medium));
    assert!(error.is_not_found() && error.path().ends_with("no/such") && error.to_string().contains("no/such"));
}

#[test]
fn a_full_medium_waits() {
    let source = std::io::Error::from_raw_os_error(28);
    assert_eq!(Error::io("write", Path::new("/m"), source).disposition(), Disposition::Wait(Cause::Medium));
    let passing = std::io::Error::from_raw_os_error(24);
    assert!(matches!(Error::io("open", Path::new("/m"), passing).disposition(), Disposition::Retry { .. }));
}

#[test]
fn immutable_files_resist_until_the_flag_is_cleared() {
    let room = room();
    let path = room.path().join("a");
    publish(&path, b"x").expect("publish");
    match set_immutable(&path, true) {
        Ok(()) => {
            assert!(remove(&path).is_err());
            set_immutable(&path, false).expect("clear");
            remove(&path).expect("remove");
        }
        Err(e) => assert_eq!(e.code(), "E-DURABLE-01", "neither the right nor the file system for it: {e}"),
    }
}

#[test]
fn every_code_has_its_texts_and_facts() {
    let path = || room().path().join("x");
    let io = || std::io::Error::from_raw_os_error(5);
    let all = [
        Error::io("read", &path(), io()),
        Error::Sync { path: path(), source: io() },
        Error::Occupied { path: path() },
        Error::NoExclusiveLink { path: path() },
        Error::Locked { path: path() },
        Error::TooLarge { path: path(), limit: 1 },
        Error::TooDeep { path: path() },
    ];
    for error in all {
        assert!(messages::has(error.code()), "{} has no text", error.code());
        for lang in [messages::Lang::Vi, messages::Lang::En] {
            let text = messages::text(lang, error.code(), &error.facts());
            assert!(!text.contains('{') && text.contains(&error.path().display().to_string()), "{text}");
        }
    }
}
