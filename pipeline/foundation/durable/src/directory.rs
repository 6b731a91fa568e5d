//! Directories: opened before they are changed, synced after.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    path::{Path, PathBuf},
};

use failpoint::failpoint;
use rustix::{
    fs::{AtFlags, IFlags, Mode, OFlags, RenameFlags},
    io::Errno,
};

use crate::error::Error;

/// How the name of every temporary file begins.
pub const TEMP_PREFIX: &str = ".mocban-tmp-";

/// Deeper than any tree of ours (layout, version, content, originals), shallow enough for the stack.
const DEPTH_MAX: u32 = 64;

/// An open directory with the path it was opened by.
#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
}

impl Directory {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = rustix::fs::open(path, flags, Mode::empty()).map_err(|e| Error::io("open", path, e))?;
        Ok(Self { file: File::from(fd), path: path.to_owned() })
    }

    /// Opens the directory that holds `path`, and gives the name of `path` in it.
    pub(crate) fn holding(path: &Path) -> Result<(Self, OsString), Error> {
        let name = path.file_name().ok_or_else(|| Error::io("open", path, Errno::INVAL))?;
        Ok((Self::open(parent(path))?, name.to_owned()))
    }

    pub(crate) fn sync(&self) -> Result<(), Error> {
        failpoint!("durable:dirsync:skipped", |_| Ok(()));
        sync_with(&self.path, || self.file.sync_all())?;
        failpoint!("durable:dirsync:after");
        Ok(())
    }

    pub(crate) fn path_of(&self, name: &OsStr) -> PathBuf {
        self.path.join(name)
    }
}

/// The directory a path lies in; `.` for a bare name.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) => Path::new("."),
        None => path,
    }
}

/// Syncs a file. After a failure the caller throws it away; it is never synced a second time.
pub(crate) fn sync_file(file: &File, path: &Path) -> Result<(), Error> {
    sync_by(path, || file.sync_all())
}

/// The same by any means of syncing.
pub(crate) fn sync_by(path: &Path, sync: impl FnOnce() -> std::io::Result<()>) -> Result<(), Error> {
    failpoint!("durable:fsync:skipped", |_| Ok(()));
    sync_with(path, sync)?;
    failpoint!("durable:fsync:after");
    Ok(())
}

fn sync_with(path: &Path, sync: impl FnOnce() -> std::io::Result<()>) -> Result<(), Error> {
    failpoint!("durable:fsync:fails", |_| Err(Error::Sync { path: path.to_owned(), source: Errno::IO.into() }));
    sync().map_err(|source| {
        tracing::warn!(path = %path.display(), %source, "fsync failed, the medium is suspect");
        Error::Sync { path: path.to_owned(), source }
    })
}

/// Syncs a directory, so that the names in it are durable.
pub fn sync_dir(path: &Path) -> Result<(), Error> {
    Directory::open(path)?.sync()
}

/// Makes a directory with all parents that are missing, each durable before the next. Existing ones are left alone.
pub fn create_dir(path: &Path) -> Result<(), Error> {
    let mut missing = Vec::new();
    let mut at = path;
    while !at.try_exists().map_err(|e| Error::io("look at", at, e))? {
        missing.push(at);
        at = parent(at);
    }
    if missing.is_empty() {
        return Ok(());
    }
    // A process that died between mkdir and the sync of the parent left its deepest directory without a durable name.
    sync_dir(parent(at))?;
    for path in missing.iter().rev() {
        let (holding, name) = Directory::holding(path)?;
        match rustix::fs::mkdirat(&holding.file, name.as_os_str(), Mode::from_raw_mode(0o755)) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(e) => return Err(Error::io("create", path, e)),
        }
        failpoint!("durable:mkdir:after");
        holding.sync()?;
    }
    Ok(())
}

/// Makes directories without syncing them: for what is being built and is synced as a whole when it enters.
pub(crate) fn make_dirs(path: &Path) -> Result<(), Error> {
    if path.try_exists().map_err(|e| Error::io("look at", path, e))? {
        return Ok(());
    }
    make_dirs(parent(path))?;
    match rustix::fs::mkdir(path, Mode::from_raw_mode(0o755)) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(e) => return Err(Error::io("create", path, e)),
    }
    failpoint!("durable:mkdir:unsynced");
    Ok(())
}

/// Gives a finished directory its final place by one rename that overwrites nothing. Answers the parents, left and entered, that
/// are still to be synced.
///
/// # Errors
/// [`Error::Occupied`] when something stands at `place`.
pub(crate) fn enter_directory(staged: &Path, place: &Path) -> Result<(Directory, Directory), Error> {
    let (from, from_name) = Directory::holding(staged)?;
    let (to, to_name) = Directory::holding(place)?;
    failpoint!("durable:enter:before");
    let renamed = rustix::fs::renameat_with(&from.file, &*from_name, &to.file, &*to_name, RenameFlags::NOREPLACE);
    match renamed {
        Ok(()) => {}
        Err(Errno::EXIST | Errno::NOTEMPTY) => return Err(Error::Occupied { path: place.to_owned() }),
        // File systems without NOREPLACE (NFS): a directory never takes the place of a file or of a full directory.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            match rustix::fs::renameat(&from.file, &*from_name, &to.file, &*to_name) {
                Ok(()) => {}
                Err(Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR) => {
                    return Err(Error::Occupied { path: place.to_owned() });
                }
                Err(e) => return Err(Error::io("enter", place, e)),
            }
        }
        Err(e) => return Err(Error::io("enter", place, e)),
    }
    failpoint!("durable:enter:after");
    Ok((from, to))
}

pub(crate) fn children(path: &Path, depth: u32) -> Result<Vec<(PathBuf, std::fs::FileType)>, Error> {
    if depth > DEPTH_MAX {
        return Err(Error::TooDeep { path: path.to_owned() });
    }
    let refused = |e| Error::io("list", path, e);
    let mut out = Vec::new();
    for entry in std::fs::read_dir(path).map_err(refused)? {
        let entry = entry.map_err(refused)?;
        out.push((entry.path(), entry.file_type().map_err(refused)?));
    }
    Ok(out)
}

/// Takes a file away, durably. A file that is not there is success.
pub fn remove(path: &Path) -> Result<(), Error> {
    let (holding, name) = match Directory::holding(path) {
        Err(e) if e.is_not_found() => return Ok(()),
        opened => opened?,
    };
    match rustix::fs::unlinkat(&holding.file, name.as_os_str(), AtFlags::empty()) {
        Ok(()) => {}
        Err(Errno::NOENT) => return Ok(()),
        Err(e) => return Err(Error::io("remove", path, e)),
    }
    failpoint!("durable:unlink:after");
    holding.sync()
}

/// Takes a directory away with everything in it, durably; symbolic links are not followed. Nothing there is success.
pub fn remove_tree(path: &Path) -> Result<(), Error> {
    let (holding, name) = match Directory::holding(path) {
        Err(e) if e.is_not_found() => return Ok(()),
        opened => opened?,
    };
    match std::fs::symlink_metadata(path) {
        Ok(_) => {}
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(Error::io("look at", path, e)),
    }
    empty_tree(path, 0)?;
    rustix::fs::unlinkat(&holding.file, name.as_os_str(), AtFlags::REMOVEDIR)
        .map_err(|e| Error::io("remove", path, e))?;
    holding.sync()
}

fn empty_tree(path: &Path, depth: u32) -> Result<(), Error> {
    let here = Directory::open(path)?;
    for (child, kind) in children(path, depth)? {
        let mut flags = AtFlags::empty();
        if kind.is_dir() {
            empty_tree(&child, depth + 1)?;
            flags = AtFlags::REMOVEDIR;
        }
        let name = child.file_name().unwrap_or_default();
        rustix::fs::unlinkat(&here.file, name, flags).map_err(|e| Error::io("remove", &child, e))?;
    }
    Ok(())
}

/// Removes temporary files a dead process left below a folder, and syncs every directory on the way: names that were
/// given but not yet synced become durable. For start-up, under the home's lock. Gives the number removed.
pub fn clean_temps(path: &Path) -> Result<u64, Error> {
    match path.try_exists() {
        Ok(true) => clean(path, 0),
        Ok(false) => Ok(0),
        Err(e) => Err(Error::io("look at", path, e)),
    }
}

fn clean(path: &Path, depth: u32) -> Result<u64, Error> {
    let here = Directory::open(path)?;
    let mut removed = 0;
    for (child, kind) in children(path, depth)? {
        let name = child.file_name().unwrap_or_default();
        if kind.is_dir() {
            removed += clean(&child, depth + 1)?;
        } else if name.as_encoded_bytes().starts_with(TEMP_PREFIX.as_bytes()) {
            rustix::fs::unlinkat(&here.file, name, AtFlags::empty()).map_err(|e| Error::io("remove", &child, e))?;
            tracing::info!(path = %child.display(), "removed a temporary file of a process that died");
            removed += 1;
        }
    }
    here.sync()?;
    Ok(removed)
}

/// Sets or clears `chattr +i` on a file or directory: not even root changes it until the flag is cleared.
///
/// # Errors
/// [`Error::Io`] where the file system or the process's rights do not allow it.
pub fn set_immutable(path: &Path, on: bool) -> Result<(), Error> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = rustix::fs::open(path, flags, Mode::empty()).map_err(|e| Error::io("open", path, e))?;
    let refused = |e| Error::io("make immutable", path, e);
    let before = rustix::fs::ioctl_getflags(&fd).map_err(refused)?;
    let mut after = before;
    after.set(IFlags::IMMUTABLE, on);
    if after == before {
        return Ok(());
    }
    rustix::fs::ioctl_setflags(&fd, after).map_err(refused)
}
