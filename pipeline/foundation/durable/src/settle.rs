//! Many new files made durable at once: one sync of the file system instead of one for each file and folder.

use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
};

use rustix::fs::{FsWord, Mode, OFlags};

use crate::{
    directory::{Directory, children, enter_directory, make_dirs, parent, sync_by, sync_dir, sync_file},
    error::Error,
};

/// File systems whose `syncfs` writes everything, commits and flushes the device: ext2 to ext4, XFS, btrfs, F2FS, tmpfs.
/// Others (FUSE, SMB) may pass on nothing but the sync of a single file. Bytes that were lost on their way before this call, of
/// which `syncfs` tells only those who held the file system open, show when the folder is read back.
const SYNC_WHOLE: &[FsWord] = &[0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0x0102_1994];

/// A folder that is built in staging, and the place it will enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Where it is built.
    pub staged: PathBuf,
    /// Where it will stand.
    pub place: PathBuf,
}

/// Makes folders that were written by [`crate::NewFile`] durable, with all in them, and the folders from `top` that lead to them
/// and to their places, which are made when missing. After it the folders may be read back and enter. All lie on one file system,
/// which is synced once for all of them.
///
/// # Errors
/// [`Error::Sync`], after which the folders must be thrown away.
pub fn settle(moves: &[Move], top: &Path) -> Result<(), Error> {
    let mut here = Vec::new();
    for Move { staged, place } in moves {
        make_dirs(parent(place))?;
        here.push(Directory::open(staged)?);
    }
    let Some(first) = here.first() else { return Ok(()) };
    let system = rustix::fs::fstatfs(&first.file).map_err(|e| Error::io("look at", &first.path, e))?;
    if SYNC_WHOLE.contains(&system.f_type) {
        return sync_by(&first.path, || Ok(rustix::fs::syncfs(&first.file)?));
    }
    for Move { staged, place } in moves {
        sync_each(staged, 0)?;
        for leaf in [staged, place] {
            for folder in leaf.ancestors().skip(1).take_while(|folder| folder.starts_with(top)) {
                sync_dir(folder)?;
            }
        }
    }
    Ok(())
}

/// Gives finished, settled folders their places, each by one rename that overwrites nothing, and then syncs every folder whose
/// names changed. Everything in them must have been written by [`crate::NewFile`].
///
/// # Errors
/// [`Error::Occupied`] when something stands at a place; the folders before it have entered and stay.
pub fn enter(moves: &[Move]) -> Result<(), Error> {
    let (mut places, mut stagings) = (BTreeMap::new(), BTreeMap::new());
    let mut outcome = Ok(());
    for Move { staged, place } in moves {
        match enter_directory(staged, place) {
            Ok((from, to)) => {
                stagings.insert(from.path.clone(), from);
                places.insert(to.path.clone(), to);
            }
            Err(error) => {
                outcome = Err(error);
                break;
            }
        }
    }
    // What has entered is durable, whatever became of the others. A name may be seen twice after a power cut, never not at all.
    for folder in places.into_values().chain(stagings.into_values()) {
        folder.sync()?;
    }
    outcome
}

/// Syncs every file and folder of a tree, the innermost first.
fn sync_each(path: &Path, depth: u32) -> Result<(), Error> {
    for (child, kind) in children(path, depth)? {
        if kind.is_dir() {
            sync_each(&child, depth + 1)?;
        } else {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let file = rustix::fs::open(&child, flags, Mode::empty()).map_err(|e| Error::io("open", &child, e))?;
            sync_file(&File::from(file), &child)?;
        }
    }
    sync_dir(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NewFile;

    fn staged(room: &Path, name: &str, content: &[u8]) -> Move {
        let staged = room.join("staging").join(name);
        let mut file = NewFile::create(&staged.join("v1/content/a")).expect("new file");
        file.room().expect("room")[..content.len()].copy_from_slice(content);
        file.advance(content.len());
        file.finish().expect("finish");
        Move { staged, place: room.join("ocfl").join(name).join("object") }
    }

    #[test]
    fn what_was_staged_is_synced_whole_or_one_by_one() {
        let room = tempfile::tempdir().expect("room");
        let object = staged(room.path(), "abc", b"content");
        sync_each(&object.staged, 0).expect("every file and folder");
        settle(std::slice::from_ref(&object), room.path()).expect("settle");
        enter(std::slice::from_ref(&object)).expect("the folder above the place was made");
        assert_eq!(std::fs::read(object.place.join("v1/content/a")).expect("read"), b"content");
        assert!(settle(&[object], room.path()).expect_err("it is gone").is_not_found());
    }

    #[test]
    fn many_enter_together_and_none_takes_anothers_place() {
        let room = tempfile::tempdir().expect("room");
        let all = ["a", "b", "c"].map(|name| staged(room.path(), name, name.as_bytes()));
        settle(&all, room.path()).expect("settle");
        enter(&all).expect("enter");
        let again = ["d", "b", "e"].map(|name| staged(room.path(), name, b"new"));
        settle(&again, room.path()).expect("settle");
        assert!(matches!(enter(&again), Err(Error::Occupied { path }) if path == again[1].place));
        let held = |place: &Path| std::fs::read(place.join("v1/content/a")).ok();
        assert_eq!(held(&all[1].place).as_deref(), Some(b"b".as_slice()), "nothing is overwritten");
        assert_eq!(held(&again[0].place).as_deref(), Some(b"new".as_slice()), "what entered before stays");
        assert_eq!(held(&again[2].place), None);
        settle(&[], room.path()).and_then(|()| enter(&[])).expect("nothing is nothing to do");
    }
}
