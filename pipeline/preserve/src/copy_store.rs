//! What a copy must be able to do. A directory is one; a bucket with object lock will be another.

use durable::Trust;
use model::Sha512;

use crate::{content::ContentReader, error::Error};

/// What was read: digest and length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// SHA-512.
    pub sha512: Sha512,
    /// Length.
    pub bytes: u64,
}

/// By what a file is known again quickly: right after it was written, and in audits by what [`crate::sums`] keeps. The digest that
/// others check is the inventory's, taken from the same bytes in the same pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quick {
    /// BLAKE3.
    pub blake3: [u8; 32],
    /// Length.
    pub bytes: u64,
}

impl Quick {
    /// Of bytes in memory.
    pub fn of(bytes: &[u8]) -> Self {
        Self { blake3: *blake3::hash(bytes).as_bytes(), bytes: bytes.len() as u64 }
    }
}

/// What an entry of a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A link, pipe, device: never ours.
    Other,
}

/// An entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Name; bytes that are not UTF-8 are shown with U+FFFD (never ours).
    pub name: String,
    /// Kind.
    pub kind: EntryKind,
    /// Length of a file.
    pub bytes: u64,
}

/// A folder that is built in staging, and the place it will enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Where it is built.
    pub staged: String,
    /// Where it will stand.
    pub place: String,
}

/// The right to write on a copy, given back when dropped.
#[derive(Debug)]
pub struct Exclusive {
    #[expect(dead_code, reason = "held, never read")]
    pub(crate) lock: Option<durable::Lock>,
}

/// A copy. Paths are relative to it, elements separated by `/`. Nothing here overwrites but [`CopyStore::replace`], and
/// nothing deletes but [`CopyStore::discard`], which reaches only the staging folder.
pub trait CopyStore: Send + Sync {
    /// The copy's name in the settings.
    fn name(&self) -> &str;
    /// The identity of the medium it was opened on.
    fn medium(&self) -> &str;
    /// Checks that this very medium is still there.
    fn check(&self) -> Result<(), Error>;
    /// Takes the right to write; waits a bounded time for another writer.
    fn exclusive(&self) -> Result<Exclusive, Error>;
    /// Writes a new file: durable at once outside the staging folder, inside it when [`CopyStore::settle`] returned. An equal
    /// file is success outside staging; another is an error.
    fn create_new(&self, path: &str, content: &mut ContentReader) -> Result<(), Error>;
    /// Makes all that was written below these folders of staging durable, and where they will stand; then it may be read back.
    fn settle(&self, moves: &[Move]) -> Result<(), Error>;
    /// Moves settled folders from staging to their places, each by one step that overwrites nothing; durable when it returns.
    fn enter(&self, moves: &[Move]) -> Result<(), Error>;
    /// Replaces a root inventory file of an object, whole or not at all; durable when it returns.
    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), Error>;
    /// Throws a folder or file of the staging folder away; nothing there is success.
    fn discard(&self, staged: &str) -> Result<(), Error>;
    /// A small file whole.
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, Error>;
    /// A file as a stream.
    fn stream(&self, path: &str) -> Result<Box<dyn std::io::Read + Send>, Error>;
    /// Whether a file is what was written, quickly; right after writing asked of the medium and not of the page cache.
    fn quick(&self, path: &str, trust: Trust) -> Result<Quick, Error>;
    /// Digest and length of a file as it lies there.
    fn measure(&self, path: &str, trust: Trust) -> Result<Measured, Error>;
    /// Entries of a folder by name; none when there is no such folder.
    fn list(&self, path: &str) -> Result<Option<Vec<Entry>>, Error>;
    /// Makes a file, or a folder with all in it, unchangeable where the copy is set to.
    fn protect(&self, path: &str) -> Result<(), Error>;
}

/// Whether a path may be replaced: the inventory and its sidecar in an object's root, nothing else.
pub fn is_replaceable(path: &str) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else { return false };
    let in_object = folder.rsplit_once('/').is_some_and(|(_, object)| crate::layout::id_of_folder(object).is_some());
    in_object && matches!(name, crate::inventory::INVENTORY | crate::inventory::SIDECAR)
}
