//! The running SHA-256 of a file that grows: handed from whoever wrote the base to signature and document timestamp, so
//! that a large file is read once.

use std::fmt;

use model::Sha256;
use ring::digest::Context;

use crate::{Error, source::Source};

/// SHA-256 state over the first bytes of a file.
#[derive(Clone)]
pub struct FileDigest {
    context: Context,
    bytes: u64,
}

impl fmt::Debug for FileDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileDigest after {} bytes", self.bytes)
    }
}

impl Default for FileDigest {
    fn default() -> Self {
        Self { context: Sha256::context(), bytes: 0 }
    }
}

impl FileDigest {
    /// A state over nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a whole file.
    pub fn of(source: &Source) -> Result<Self, Error> {
        let mut digest = Self::new();
        source.each_chunk(0, source.len(), |chunk| digest.update(chunk))?;
        Ok(digest)
    }

    /// Takes further bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
        self.bytes += bytes.len() as u64;
    }

    /// How many bytes it has seen.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The digest so far; the state goes on.
    pub fn sha256(&self) -> Sha256 {
        Sha256::from_ring(&self.context.clone().finish())
    }

    /// The state itself.
    pub fn context(&self) -> &Context {
        &self.context
    }
}
