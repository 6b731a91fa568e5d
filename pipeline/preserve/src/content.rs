//! What is to be stored: where its bytes come from, and what they are.

use std::{
    collections::{BTreeMap, VecDeque},
    fs::File,
    io::Read as _,
    path::PathBuf,
};

use model::Sha512;

use crate::{copy_store::Quick, error::Error};

/// Where the bytes of a part come from.
#[derive(Debug, Clone)]
pub enum Content {
    /// Memory.
    Bytes(Vec<u8>),
    /// Files one after another: a base and its appended revisions become one file on the copy.
    Joined(Vec<PathBuf>),
}

impl Content {
    /// Begins to read it.
    pub fn reader(&self) -> ContentReader {
        match self {
            Self::Bytes(bytes) => ContentReader { memory: bytes.clone(), at: 0, open: None, files: VecDeque::new() },
            Self::Joined(files) => {
                ContentReader { memory: Vec::new(), at: 0, open: None, files: files.iter().cloned().collect() }
            }
        }
    }

    /// Both digests in one pass.
    pub(crate) fn measure(&self) -> Result<Known, Error> {
        if let Self::Bytes(bytes) = self {
            return Ok(Known { sha512: Sha512::of(bytes), quick: Quick::of(bytes) });
        }
        let (mut context, mut blake3, mut bytes) = (Sha512::context(), blake3::Hasher::new(), 0);
        let mut reader = self.reader();
        let mut buffer = vec![0_u8; 256 * 1024];
        loop {
            match reader.read(&mut buffer)? {
                0 => {
                    let quick = Quick { blake3: *blake3.finalize().as_bytes(), bytes };
                    return Ok(Known { sha512: Sha512::from_ring(&context.finish()), quick });
                }
                read => {
                    context.update(&buffer[..read]);
                    blake3.update(&buffer[..read]);
                    bytes += read as u64;
                }
            }
        }
    }
}

/// Reads a content from its beginning; errors name the work file.
pub struct ContentReader {
    memory: Vec<u8>,
    at: usize,
    open: Option<(PathBuf, Box<dyn std::io::Read + Send>)>,
    files: VecDeque<PathBuf>,
}

impl std::fmt::Debug for ContentReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ContentReader").field("files", &self.files).finish_non_exhaustive()
    }
}

impl ContentReader {
    /// A stream from elsewhere, under the path that errors shall name.
    pub(crate) fn of_stream(path: PathBuf, stream: Box<dyn std::io::Read + Send>) -> Self {
        Self { memory: Vec::new(), at: 0, open: Some((path, stream)), files: VecDeque::new() }
    }

    /// Fills some of the buffer; 0 at the end.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        if self.at < self.memory.len() {
            let take = buffer.len().min(self.memory.len() - self.at);
            buffer[..take].copy_from_slice(&self.memory[self.at..self.at + take]);
            self.at += take;
            return Ok(take);
        }
        loop {
            if let Some((path, file)) = &mut self.open {
                match file.read(buffer) {
                    Ok(0) => self.open = None,
                    Ok(read) => return Ok(read),
                    Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(e) => return Err(Error::work(path, e)),
                }
            } else if let Some(path) = self.files.pop_front() {
                let file = File::open(&path).map_err(|e| Error::work(&path, e))?;
                self.open = Some((path, Box::new(file)));
            } else {
                return Ok(0);
            }
        }
    }
}

/// What the parts of an object are, by logical path.
#[derive(Debug, Clone)]
pub struct Measures(pub(crate) BTreeMap<String, Known>);

impl Measures {
    /// Bytes of all parts.
    pub fn bytes(&self) -> u64 {
        self.0.values().map(|known| known.quick.bytes).sum()
    }

    pub(crate) fn digests(&self) -> BTreeMap<String, Sha512> {
        self.0.iter().map(|(logical, known)| (logical.clone(), known.sha512)).collect()
    }
}

/// What a part is: the digest its inventory names, and the one it is read back by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub(crate) sha512: Sha512,
    pub(crate) quick: Quick,
}
