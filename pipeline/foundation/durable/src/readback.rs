//! Reading: what the medium holds, not what the page cache remembers.

use std::{fs::File, io::Read as _, path::Path};

use model::{Sha256, Sha512};
use ring::digest::Context;
use rustix::{
    fs::{Advice, Mode, OFlags},
    io::Errno,
};

use crate::{
    aligned::{ALIGNMENT, Aligned, PIECE},
    error::Error,
};

/// Where bytes are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The page cache may answer.
    Cache,
    /// The medium must answer: `O_DIRECT`, or dropped pages where the file system has no direct reads.
    Medium,
}

/// What a file was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadBack {
    /// BLAKE3.
    pub blake3: [u8; 32],
    /// Length.
    pub bytes: u64,
    /// Whether the page cache was certainly passed by.
    pub direct: bool,
}

/// BLAKE3 and length of a file: whether it is what was written, several times as fast as by [`sha512_file`].
pub fn blake3_file(path: &Path, trust: Trust) -> Result<ReadBack, Error> {
    let mut blake3 = blake3::Hasher::new();
    let read = pass(path, trust, &mut |chunk| {
        blake3.update(chunk);
    })?;
    Ok(ReadBack { blake3: *blake3.finalize().as_bytes(), bytes: read.bytes, direct: read.direct })
}

/// SHA-512 and length of a file: what a fixity check needs.
pub fn sha512_file(path: &Path, trust: Trust) -> Result<(Sha512, u64), Error> {
    let mut context = Sha512::context();
    let read = pass(path, trust, &mut |chunk| context.update(chunk))?;
    Ok((Sha512::from_ring(&context.finish()), read.bytes))
}

/// SHA-256 and length of a file, through the page cache.
pub fn sha256_file(path: &Path) -> Result<(Sha256, u64), Error> {
    let mut context: Context = Sha256::context();
    let read = pass(path, Trust::Cache, &mut |chunk| context.update(chunk))?;
    Ok((Sha256::from_ring(&context.finish()), read.bytes))
}

/// A whole file in memory, when it is no longer than `max` bytes. A link is followed and a pipe read to its end: for what a person
/// names.
pub fn read_limited(path: &Path, max: u64) -> Result<Vec<u8>, Error> {
    read_to_end(&File::open(path).map_err(|e| Error::io("open", path, e))?, path, max)
}

/// The same where only a file may stand, as [`open_regular`] opens it.
pub fn read_regular(path: &Path, max: u64) -> Result<Vec<u8>, Error> {
    read_to_end(&open_regular(path)?, path, max)
}

/// Opens a file for reading where nothing else may stand: no link is followed, no pipe waited for.
pub fn open_regular(path: &Path) -> Result<File, Error> {
    open(path, OFlags::empty())?.ok_or_else(|| Error::io("open", path, Errno::INVAL))
}

fn read_to_end(file: &File, path: &Path, max: u64) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    file.take(max.saturating_add(1)).read_to_end(&mut out).map_err(|e| Error::io("read", path, e))?;
    if out.len() as u64 > max {
        return Err(Error::TooLarge { path: path.to_owned(), limit: max });
    }
    Ok(out)
}

struct Pass {
    bytes: u64,
    direct: bool,
}

/// Feeds a file through `each`, in order.
fn pass(path: &Path, trust: Trust, each: &mut dyn FnMut(&[u8])) -> Result<Pass, Error> {
    if trust == Trust::Medium
        && let Some(file) = open(path, OFlags::DIRECT)?
    {
        match read_all(&file, each) {
            Ok(bytes) => return Ok(Pass { bytes, direct: true }),
            // Opened but not readable directly: nothing was fed yet when the very first read says so.
            Err((0, Errno::INVAL | Errno::OPNOTSUPP)) => {}
            Err((_, e)) => return Err(Error::io("read", path, e)),
        }
    }
    let file = open_regular(path)?;
    if trust == Trust::Medium {
        // A hint, not a proof; a file system that does not know it reads as it can.
        rustix::fs::fadvise(&file, 0, None, Advice::DontNeed).ok();
    }
    let bytes = read_all(&file, each).map_err(|(_, e)| Error::io("read", path, e))?;
    Ok(Pass { bytes, direct: false })
}

/// Opens for reading; none when the file system refuses the flags.
fn open(path: &Path, extra: OFlags) -> Result<Option<File>, Error> {
    // Without NONBLOCK a pipe that stands in a file's place would hold us for ever.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | extra;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(fd) => File::from(fd),
        Err(Errno::INVAL) if !extra.is_empty() => return Ok(None),
        Err(e) => return Err(Error::io("open", path, e)),
    };
    let meta = file.metadata().map_err(|e| Error::io("look at", path, e))?;
    if meta.is_file() { Ok(Some(file)) } else { Err(Error::io("read", path, Errno::ISDIR)) }
}

/// Reads to the end, every read at an aligned offset; an error tells how many bytes were fed before it.
fn read_all(file: &File, each: &mut dyn FnMut(&[u8])) -> Result<u64, (u64, Errno)> {
    // No larger than the file: a direct read makes the kernel provide every page it was offered.
    let length = rustix::fs::fstat(file).map_or(u64::MAX, |stat| stat.st_size.unsigned_abs());
    let piece = usize::try_from(length).unwrap_or(PIECE).clamp(1, PIECE).next_multiple_of(ALIGNMENT);
    let mut aligned = Aligned::new();
    let buffer = &mut aligned.bytes()[..piece];
    let mut fed = 0_u64;
    loop {
        // A read may end off the grid (a signal, the end of the file): the next one begins on it and skips what was fed.
        let skip = fed % ALIGNMENT as u64;
        let read = match rustix::io::pread(file, &mut *buffer, fed - skip) {
            Ok(read) => read,
            Err(Errno::INTR) => continue,
            Err(e) => return Err((fed, e)),
        };
        let skip = skip as usize;
        if read <= skip {
            return Ok(fed);
        }
        each(&buffer[skip..read]);
        fed += (read - skip) as u64;
    }
}
