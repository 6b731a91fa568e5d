//! Tries a place out as it will be used, and leaves nothing there: for a person who asks whether it can be.

use std::{os::unix::fs::PermissionsExt as _, path::Path};

use rustix::fs::{Access, statvfs};

use crate::{
    directory::{Directory, TEMP_PREFIX, remove, set_immutable},
    error::Error,
    publish::publish,
    readback::read_limited,
};

/// Room on a file system, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// What this user may still write.
    pub free: u64,
    /// All of it.
    pub total: u64,
}

/// The room where a path lies.
pub fn space(path: &Path) -> Result<Space, Error> {
    let found = statvfs(path).map_err(|e| Error::io("look at", path, e))?;
    Ok(Space {
        free: found.f_bavail.saturating_mul(found.f_frsize),
        total: found.f_blocks.saturating_mul(found.f_frsize),
    })
}

/// Whether files may be added to and taken from a folder. Nothing is written: others may be watching it.
pub fn may_change(folder: &Path) -> Result<(), Error> {
    rustix::fs::access(folder, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|e| Error::io("look at", folder, e))
}

/// Publishes a small file in a folder the way every file of ours is published (create, write, read-only, fsync, link,
/// fsync of the folder), reads it back, makes it immutable for a moment when asked to, and takes it away again. A
/// process that dies meanwhile leaves a temporary file, which [`crate::clean_temps`] finds.
///
/// # Errors
/// Whatever the place refuses.
pub fn try_out(folder: &Path, immutable: bool) -> Result<(), Error> {
    // Publishing would make a folder that is not there.
    Directory::open(folder)?;
    let path = folder.join(format!("{TEMP_PREFIX}probe-{}", std::process::id()));
    remove(&path)?;
    publish(&path, CONTENT)?;
    let held = inspect(&path, immutable);
    let removed = remove(&path);
    held.and(removed)
}

const CONTENT: &[u8] = b"mocban tries this folder out; this file may be deleted.\n";

fn inspect(path: &Path, immutable: bool) -> Result<(), Error> {
    let other = |what: &'static str| Error::io("read back", path, std::io::Error::other(what));
    if read_limited(path, CONTENT.len() as u64)? != CONTENT {
        return Err(other("it holds other bytes than were written"));
    }
    let mode = std::fs::metadata(path).map_err(|e| Error::io("look at", path, e))?.permissions().mode();
    if mode & 0o222 != 0 {
        return Err(other("the file system does not keep a file read-only"));
    }
    if immutable {
        set_immutable(path, true)?;
        set_immutable(path, false)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_tried_out_and_left_as_it_was() {
        let folder = tempfile::tempdir().expect("folder");
        try_out(folder.path(), false).expect("a plain folder");
        try_out(folder.path(), false).expect("again");
        assert_eq!(std::fs::read_dir(folder.path()).expect("list").count(), 0, "nothing stays");
        may_change(folder.path()).expect("a plain folder");
        let space = space(folder.path()).expect("space");
        assert!(space.free > 0 && space.free <= space.total, "{space:?}");
    }

    #[test]
    fn a_place_that_is_not_there_says_so() {
        let folder = tempfile::tempdir().expect("folder");
        let nowhere = folder.path().join("nowhere");
        assert!(may_change(&nowhere).expect_err("missing").is_not_found());
        assert!(try_out(&nowhere, false).expect_err("missing").is_not_found());
        assert!(!nowhere.try_exists().expect("look"), "looking makes nothing");
        assert!(space(&nowhere).is_err());
    }
}
