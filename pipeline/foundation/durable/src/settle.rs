//! Many new files made durable at once: one sync of the file system instead of one for each file and folder.

use std::{fs::File, path::Path};

use rustix::fs::{FsWord, Mode, OFlags};

use crate::{
    directory::{Directory, children, make_dirs, parent, sync_by, sync_dir, sync_file},
    error::Error,
};

/// File systems whose `syncfs` writes everything, commits and flushes the device: ext2 to ext4, XFS, btrfs, F2FS, tmpfs.
/// Others (FUSE, SMB) may pass on nothing but the sync of a single file. Bytes that were lost on their way before this call, of
/// which `syncfs` tells only those who held the file system open, show when the folder is read back.
const SYNC_WHOLE: &[FsWord] = &[0xef53, 0x5846_5342, 0x9123_683e, 0xf2f5_2010, 0x0102_1994];

/// Makes a folder that was written by [`crate::NewFile`] durable, with all in it, and the folders from `top` that lead to it
/// and to `place`, which are made when missing. After it the folder may be read back and enter its place.
///
/// # Errors
/// [`Error::Sync`], after which the folder must be thrown away.
pub fn settle(staged: &Path, place: &Path, top: &Path) -> Result<(), Error> {
    make_dirs(parent(place))?;
    let here = Directory::open(staged)?;
    let system = rustix::fs::fstatfs(&here.file).map_err(|e| Error::io("look at", staged, e))?;
    if SYNC_WHOLE.contains(&system.f_type) {
        return sync_by(staged, || Ok(rustix::fs::syncfs(&here.file)?));
    }
    sync_each(staged, 0)?;
    for leaf in [staged, place] {
        for folder in leaf.ancestors().skip(1).take_while(|folder| folder.starts_with(top)) {
            sync_dir(folder)?;
        }
    }
    Ok(())
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
    use crate::{NewFile, enter_directory};

    #[test]
    fn what_was_staged_is_synced_whole_or_one_by_one() {
        let room = tempfile::tempdir().expect("room");
        let (staged, place) = (room.path().join("staging/object"), room.path().join("ocfl/abc/object"));
        let mut file = NewFile::create(&staged.join("v1/content/a")).expect("new file");
        file.append(b"content").expect("write");
        file.finish().expect("finish");
        sync_each(&staged, 0).expect("every file and folder");
        settle(&staged, &place, room.path()).expect("settle");
        enter_directory(&staged, &place).expect("the folder above the place was made");
        assert_eq!(std::fs::read(place.join("v1/content/a")).expect("read"), b"content");
        assert!(settle(&staged, &place, room.path()).expect_err("it is gone").is_not_found());
    }
}
