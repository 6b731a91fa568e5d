//! The bytes of a PDF: one file, several files read as one, or a prefix of them. Reading never moves a cursor.

use std::{
    fs::File,
    io::{self, Read as _},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::Error;

/// Bytes read at a time when a whole file streams through a digest.
const CHUNK: usize = 128 * 1024;

/// Bytes of objects that are read of one file, however many readers look at it: what it has many times over, since each
/// revision is compared with the one before it. A file whose objects lie within one another asks for the square of that.
const READ_AT_LEAST: u64 = 16 << 20;
const READ_TIMES: u64 = 256;

#[derive(Debug)]
enum Bytes {
    File(File),
    Memory(Vec<u8>),
}

#[derive(Debug)]
struct Part {
    start: u64,
    len: u64,
    path: PathBuf,
    bytes: Bytes,
}

/// Random access to the bytes of a PDF. Cloning shares the open files, and the budget for reading objects in them.
#[derive(Debug, Clone)]
pub struct Source {
    parts: Arc<Vec<Part>>,
    spent: Arc<AtomicU64>,
    len: u64,
}

impl Source {
    /// Opens one file.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::joined(&[path])
    }

    /// Opens a base and the revision files that follow it, read as one file.
    pub fn joined<P: AsRef<Path>>(paths: &[P]) -> Result<Self, Error> {
        let mut parts = Vec::with_capacity(paths.len());
        let mut start = 0_u64;
        for path in paths {
            let path = path.as_ref();
            let io = |source| Error::Io { path: path.to_owned(), source };
            let file = File::open(path).map_err(io)?;
            let len = file.metadata().map_err(io)?.len();
            parts.push(Part { start, len, path: path.to_owned(), bytes: Bytes::File(file) });
            start = start.saturating_add(len);
        }
        Ok(Self { parts: Arc::new(parts), spent: Arc::default(), len: start })
    }

    /// Bytes in memory, under a name for messages.
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Self {
        let len = bytes.len() as u64;
        let part = Part { start: 0, len, path: PathBuf::from(name), bytes: Bytes::Memory(bytes) };
        Self { parts: Arc::new(vec![part]), spent: Arc::default(), len }
    }

    /// The first `len` bytes, as if nothing followed them: the file as an earlier signer saw it.
    #[must_use]
    pub fn prefix(&self, len: u64) -> Self {
        Self { len: len.min(self.len), ..self.clone() }
    }

    /// Takes bytes that were parsed or unpacked from the budget.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when the file has been read too many times over.
    pub(crate) fn spend(&self, bytes: u64) -> Result<(), Error> {
        let whole: u64 = self.parts.iter().map(|part| part.len).sum();
        let limit = READ_AT_LEAST.saturating_add(whole.saturating_mul(READ_TIMES));
        if self.spent.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) > limit {
            return Err(Error::TooLarge { path: self.path(), what: "the work of reading its objects", limit });
        }
        Ok(())
    }

    /// What was taken from the budget so far.
    #[cfg(test)]
    pub(crate) fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }

    /// Length in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is no byte at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The (first) file, for messages.
    pub fn path(&self) -> PathBuf {
        self.parts.first().map(|part| part.path.clone()).unwrap_or_default()
    }

    /// Up to `len` bytes from `offset`; fewer only at the end.
    pub fn read(&self, offset: u64, len: usize) -> Result<Vec<u8>, Error> {
        let end = offset.saturating_add(len as u64).min(self.len);
        let mut out = Vec::new();
        let mut at = offset;
        for part in self.parts.iter() {
            let part_end = part.start.saturating_add(part.len);
            if at >= end || at < part.start || at >= part_end {
                continue;
            }
            let want = usize::try_from(end.min(part_end) - at).unwrap_or(0);
            let filled = out.len();
            out.resize(filled + want, 0);
            if let Some(buffer) = out.get_mut(filled..) {
                part.fill(at - part.start, buffer).map_err(|source| Error::Io { path: part.path.clone(), source })?;
            }
            at += want as u64;
        }
        Ok(out)
    }

    /// Streams `len` bytes from `offset` through a function.
    pub fn each_chunk(&self, offset: u64, len: u64, mut use_chunk: impl FnMut(&[u8])) -> Result<(), Error> {
        let mut at = offset;
        let end = offset.saturating_add(len).min(self.len);
        while at < end {
            let want = usize::try_from(end - at).unwrap_or(CHUNK).min(CHUNK);
            let chunk = self.read(at, want)?;
            if chunk.is_empty() {
                break;
            }
            use_chunk(&chunk);
            at += chunk.len() as u64;
        }
        Ok(())
    }

    /// Feeds all bytes to a digest.
    pub fn hash_into(&self, context: &mut ring::digest::Context) -> Result<(), Error> {
        self.each_chunk(0, self.len, |chunk| context.update(chunk))
    }

    /// Feeds the two ranges of a `/ByteRange` to a digest.
    pub fn hash_ranges(&self, range: [u64; 4], context: &mut ring::digest::Context) -> Result<(), Error> {
        let [first, first_len, second, second_len] = range;
        self.each_chunk(first, first_len, |chunk| context.update(chunk))?;
        self.each_chunk(second, second_len, |chunk| context.update(chunk))
    }
}

impl Part {
    fn fill(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        match &self.bytes {
            Bytes::File(file) => file.read_exact_at(buffer, offset),
            Bytes::Memory(bytes) => {
                let from = usize::try_from(offset).unwrap_or(usize::MAX);
                bytes.get(from..).unwrap_or_default().read_exact(buffer)
            }
        }
    }
}
