//! Files: written under a temporary name, made read-only, synced, then named without overwriting.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, BufReader, BufWriter, Read as _, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use failpoint::failpoint;
use rustix::{
    fs::{AtFlags, Mode, OFlags, RenameFlags},
    io::Errno,
};

use crate::{
    directory::{Directory, TEMP_PREFIX, create_dir, make_dirs, parent, sync_file},
    error::Error,
    stream::Stream,
};

const BUFFER_BYTES: usize = 256 * 1024;
/// Names tried before giving up; a name is taken only when an earlier process of the same number died.
const NAMES_MAX: u32 = 10_000;

/// What publishing found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// The file is new.
    New,
    /// A file with the same bytes stood there; it is durable now.
    AlreadyThere,
}

/// A file being written under a temporary name. Dropped unpublished, it is gone.
#[derive(Debug)]
pub struct Staged {
    directory: Directory,
    name: String,
    file: BufWriter<File>,
    path: PathBuf,
}

impl Staged {
    /// Begins a file in `directory` (made when missing), on the file system where it will be published.
    pub fn create(directory: &Path) -> Result<Self, Error> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        create_dir(directory)?;
        let directory = Directory::open(directory)?;
        for _ in 0..NAMES_MAX {
            let name = format!("{TEMP_PREFIX}{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
            let path = directory.path.join(&name);
            match open_new(&directory, OsStr::new(&name), &path) {
                Ok(file) => {
                    return Ok(Self { directory, name, file: BufWriter::with_capacity(BUFFER_BYTES, file), path });
                }
                Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
            }
        }
        Err(Error::io("create", &directory.path, Errno::EXIST))
    }

    /// Appends bytes; the error names the path.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).map_err(|e| Error::io("write", &self.path, e))
    }

    /// Gives the file its name, read-only and durable; missing parents are made. Nothing is overwritten: the same bytes
    /// already there are success.
    ///
    /// # Errors
    /// [`Error::Occupied`] when other content stands there; [`Error::Sync`] after which the file is gone.
    pub fn publish(self, target: &Path) -> Result<Published, Error> {
        self.publish_with(target, 0o444)
    }

    fn publish_with(mut self, target: &Path, mode: u32) -> Result<Published, Error> {
        create_dir(parent(target))?;
        failpoint!("durable:publish:in-place", |_| self.publish_in_place(target));
        let (to, name) = Directory::holding(target)?;
        self.seal(mode)?;
        failpoint!("durable:link:before");
        match link(&self.directory, OsStr::new(&self.name), &to, &name)? {
            Named::Linked => {
                failpoint!("durable:link:after");
                self.unlink();
                to.sync()?;
                Ok(Published::New)
            }
            Named::Renamed => {
                failpoint!("durable:rename:after");
                to.sync()?;
                Ok(Published::New)
            }
            Named::Exists => {
                let existing = same_content(&self.path, target)?;
                self.unlink();
                // The process that wrote it may have died before it came to the sync of the directory.
                sync_file(&existing, target)?;
                to.sync()?;
                Ok(Published::AlreadyThere)
            }
        }
    }

    /// Takes the place of `target` by rename.
    fn replace(mut self, target: &Path) -> Result<(), Error> {
        let (to, name) = Directory::holding(target)?;
        self.seal(0o444)?;
        failpoint!("durable:replace:before");
        rustix::fs::renameat(&self.directory.file, &*self.name, &to.file, &*name)
            .map_err(|e| Error::io("replace", target, e))?;
        failpoint!("durable:replace:after");
        to.sync()
    }

    /// The mistake that this crate exists to prevent: a name that is seen while its bytes are still on their way.
    #[cfg(feature = "failpoints")]
    #[expect(clippy::disallowed_methods, reason = "written as it must not be, for a test that must notice")]
    fn publish_in_place(&mut self, target: &Path) -> Result<Published, Error> {
        let failed = |e| Error::io("write", target, e);
        self.file.flush().map_err(failed)?;
        let bytes = std::fs::read(&self.path).map_err(failed)?;
        if target.is_file() {
            same_content(&self.path, target)?;
            return Ok(Published::AlreadyThere);
        }
        let (first, rest) = bytes.split_at(bytes.len() / 2);
        let mut file = File::create(target).map_err(failed)?;
        file.write_all(first).map_err(failed)?;
        failpoint!("durable:publish:half");
        file.write_all(rest).map_err(failed)?;
        sync_file(&file, target)?;
        self.unlink();
        Ok(Published::New)
    }

    /// Everything written, mode set, synced.
    fn seal(&mut self, mode: u32) -> Result<(), Error> {
        seal(&mut self.file, &self.path, mode)
    }

    /// Takes the temporary name away; a failure leaves a file that [`crate::clean_temps`] finds.
    fn unlink(&self) {
        rustix::fs::unlinkat(&self.directory.file, &*self.name, AtFlags::empty()).ok();
    }
}

impl Write for Staged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // After publishing the name is gone and this finds nothing.
        self.unlink();
    }
}

/// A new file inside a directory that nobody sees yet and that [`crate::settle`] will make durable: no temporary name is
/// needed, only that it overwrites nothing.
#[derive(Debug)]
pub struct NewFile {
    stream: Stream,
    path: PathBuf,
}

impl NewFile {
    /// Begins the file; missing parents are made. It must not exist.
    pub fn create(path: &Path) -> Result<Self, Error> {
        make_dirs(parent(path))?;
        let (directory, name) = Directory::holding(path)?;
        let file = open_new(&directory, &name, path)?;
        Ok(Self { stream: Stream::new(file), path: path.to_owned() })
    }

    /// Where the next bytes go, so that they can be read straight into it; never empty.
    pub fn room(&mut self) -> Result<&mut [u8], Error> {
        self.stream.room().map_err(|e| Error::io("write", &self.path, e))
    }

    /// So many bytes of the room were filled.
    pub fn advance(&mut self, bytes: usize) {
        self.stream.advance(bytes);
    }

    /// Makes it read-only. Its bytes and its name become durable when the directory is settled.
    pub fn finish(mut self) -> Result<(), Error> {
        protect(&self.path, 0o444, || self.stream.finish()).map(drop)
    }
}

/// Publishes bytes under a name, read-only and durable; see [`Staged::publish`].
pub fn publish(target: &Path, bytes: &[u8]) -> Result<Published, Error> {
    write_private(target, bytes, 0o444)
}

/// Publishes bytes with another mode, for the few files a person edits (0644) or nobody else may read (0600).
pub fn write_private(target: &Path, bytes: &[u8], mode: u32) -> Result<Published, Error> {
    let mut staged = Staged::create(parent(target))?;
    staged.append(bytes)?;
    staged.publish_with(target, mode)
}

/// Puts bytes in the place of a file. On a copy only for the root inventory of an OCFL object, whose versions keep theirs.
pub fn replace(target: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace_through(parent(target), target, bytes)
}

/// The same with the temporary file in another directory of the same file system, so that a crash leaves nothing
/// beside the target.
pub fn replace_through(staging: &Path, target: &Path, bytes: &[u8]) -> Result<(), Error> {
    let mut staged = Staged::create(staging)?;
    staged.append(bytes)?;
    staged.replace(target)
}

fn open_new(directory: &Directory, name: &OsStr, path: &Path) -> Result<File, Error> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = rustix::fs::openat(&directory.file, name, flags, Mode::from_raw_mode(0o600))
        .map_err(|e| Error::io("create", path, e))?;
    failpoint!("durable:create:after");
    Ok(File::from(fd))
}

fn seal(file: &mut BufWriter<File>, path: &Path, mode: u32) -> Result<(), Error> {
    let sealed = protect(path, mode, || {
        file.flush()?;
        Ok(file.get_ref())
    })?;
    sync_file(sealed, path)
}

/// Everything written, mode set.
fn protect<'f>(path: &Path, mode: u32, write: impl FnOnce() -> io::Result<&'f File>) -> Result<&'f File, Error> {
    failpoint!("durable:write:fails", |_| Err(Error::io("write", path, Errno::NOSPC)));
    let file = write().map_err(|e| Error::io("write", path, e))?;
    failpoint!("durable:write:after");
    rustix::fs::fchmod(file, Mode::from_raw_mode(mode)).map_err(|e| Error::io("protect", path, e))?;
    failpoint!("durable:chmod:after");
    Ok(file)
}

enum Named {
    Linked,
    Renamed,
    Exists,
}

/// Gives a file a second name, or moves it where the file system has no hard links; never over another.
fn link(from: &Directory, from_name: &OsStr, to: &Directory, to_name: &OsStr) -> Result<Named, Error> {
    failpoint!("durable:link:unsupported", |_| rename_exclusive(from, from_name, to, to_name));
    match rustix::fs::linkat(&from.file, from_name, &to.file, to_name, AtFlags::empty()) {
        Ok(()) => Ok(Named::Linked),
        Err(Errno::EXIST) => Ok(Named::Exists),
        Err(Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS | Errno::MLINK) => {
            rename_exclusive(from, from_name, to, to_name)
        }
        Err(e) => Err(Error::io("link", &to.path_of(to_name), e)),
    }
}

fn rename_exclusive(from: &Directory, from_name: &OsStr, to: &Directory, to_name: &OsStr) -> Result<Named, Error> {
    match rustix::fs::renameat_with(&from.file, from_name, &to.file, to_name, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(Named::Renamed),
        Err(Errno::EXIST) => Ok(Named::Exists),
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            Err(Error::NoExclusiveLink { path: to.path_of(to_name) })
        }
        Err(e) => Err(Error::io("rename", &to.path_of(to_name), e)),
    }
}

/// The file at `target`, opened, when it is a regular file with the bytes of `ours`.
fn same_content(ours: &Path, target: &Path) -> Result<File, Error> {
    let occupied = || Error::Occupied { path: target.to_owned() };
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let theirs = match rustix::fs::open(target, flags, Mode::empty()) {
        Ok(fd) => File::from(fd),
        Err(Errno::LOOP) => return Err(occupied()),
        Err(e) => return Err(Error::io("open", target, e)),
    };
    let mine = File::open(ours).map_err(|e| Error::io("open", ours, e))?;
    let meta = theirs.metadata().map_err(|e| Error::io("look at", target, e))?;
    let mine_bytes = mine.metadata().map_err(|e| Error::io("look at", ours, e))?.len();
    if !meta.is_file() || meta.len() != mine_bytes {
        return Err(occupied());
    }
    let mut mine = BufReader::with_capacity(BUFFER_BYTES, mine);
    let mut reader = BufReader::with_capacity(BUFFER_BYTES, &theirs);
    let (mut a, mut b) = (vec![0; BUFFER_BYTES], vec![0; BUFFER_BYTES]);
    let mut left = mine_bytes;
    while left > 0 {
        let take = usize::try_from(left).unwrap_or(BUFFER_BYTES).min(BUFFER_BYTES);
        mine.read_exact(&mut a[..take]).map_err(|e| Error::io("read", ours, e))?;
        reader.read_exact(&mut b[..take]).map_err(|e| Error::io("read", target, e))?;
        if a[..take] != b[..take] {
            return Err(occupied());
        }
        left -= take as u64;
    }
    drop(reader);
    Ok(theirs)
}
