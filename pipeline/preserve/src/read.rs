//! Reading documents back: for export, rebuilding and counting.

use std::{collections::BTreeMap, io::Read as _, path::Path};

use durable::Staged;
use jiff::Timestamp;
use model::{DocumentId, Sha512};

use crate::{
    copy_store::{CopyStore, EntryKind},
    error::Error,
    inventory::{INVENTORY, Inventory, VersionNumber},
    layout, object,
};

/// Folders in an object (content of every version) never nest deeper than this.
const DEPTH_MAX: u32 = 32;

/// The newest version of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The document.
    pub id: DocumentId,
    /// Its number.
    pub version: VersionNumber,
    /// When it was made.
    pub created: Timestamp,
    /// Digest of its inventory: what the register expects at audits.
    pub inventory_sha512: Sha512,
    /// Logical path → digest.
    pub parts: BTreeMap<String, Sha512>,
    inventory: Inventory,
}

impl Head {
    /// Where a part lies on the copy.
    pub fn path_of(&self, copy: &str, logical: &str) -> Result<String, Error> {
        let path = self.parts.get(logical).and_then(|digest| self.inventory.content_path(digest));
        let path =
            path.ok_or_else(|| Error::NoPart { copy: copy.to_owned(), object: self.id, part: logical.to_owned() })?;
        Ok(format!("{}/{path}", layout::place(self.id)))
    }

    /// Inventories speak only for themselves: one that was written anew over other content is sound in itself.
    ///
    /// # Errors
    /// [`Error::Damaged`] when its inventory is another than the one the register knows.
    pub fn must_be(&self, copy: &dyn CopyStore, known: Sha512) -> Result<(), Error> {
        if self.inventory_sha512 == known { Ok(()) } else { Err(unknown(copy, self.id)) }
    }

    /// A part, whole, its digest checked.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the bytes are not the inventory's.
    pub fn read(&self, copy: &dyn CopyStore, logical: &str, limit: u64) -> Result<Vec<u8>, Error> {
        let path = self.path_of(copy.name(), logical)?;
        let bytes = copy.read(&path, limit)?;
        self.check(copy, &path, logical, Sha512::of(&bytes))?;
        Ok(bytes)
    }

    /// Writes a part to a new file outside the copy; the file gets its name only when its digest is the inventory's.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the bytes are not the inventory's, [`Error::Export`] when the target refuses.
    pub fn export(&self, copy: &dyn CopyStore, logical: &str, target: &Path) -> Result<u64, Error> {
        let refused = |source| Error::Export { source };
        let path = self.path_of(copy.name(), logical)?;
        let mut stream = copy.stream(&path)?;
        let mut staged = Staged::create(target.parent().unwrap_or(Path::new("."))).map_err(refused)?;
        let (mut context, mut bytes) = (Sha512::context(), 0_u64);
        let mut buffer = vec![0_u8; 256 * 1024];
        loop {
            let read = match stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(e) => {
                    let source = durable::Error::io("read", Path::new(&path), e);
                    return Err(Error::Medium { copy: copy.name().to_owned(), source });
                }
            };
            context.update(&buffer[..read]);
            staged.append(&buffer[..read]).map_err(refused)?;
            bytes += read as u64;
        }
        self.check(copy, &path, logical, Sha512::from_ring(&context.finish()))?;
        staged.publish(target).map_err(refused)?;
        Ok(bytes)
    }

    pub(crate) fn check(&self, copy: &dyn CopyStore, path: &str, logical: &str, found: Sha512) -> Result<(), Error> {
        if self.parts.get(logical) == Some(&found) {
            Ok(())
        } else {
            Err(Error::damaged(copy.name(), path, "its digest is not the inventory's"))
        }
    }
}

/// What a copy holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Documents.
    pub objects: u64,
    /// Bytes of OCFL content (no inventories, no journal).
    pub bytes: u64,
}

/// Every document on a copy, in order.
pub fn objects(copy: &dyn CopyStore) -> Result<Vec<DocumentId>, Error> {
    let mut ids = Vec::new();
    let mut folders = vec![(layout::OCFL.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in copy.list(&folder)?.unwrap_or_default() {
            if entry.kind != EntryKind::Folder {
                continue;
            }
            let path = format!("{folder}/{}", entry.name);
            if depth < layout::TUPLES {
                if layout::is_tuple(&entry.name) {
                    folders.push((path, depth + 1));
                }
            } else if let Some(id) = layout::id_of_folder(&entry.name).filter(|id| layout::place(*id) == path) {
                ids.push(id);
            }
        }
    }
    ids.sort_unstable();
    Ok(ids)
}

/// The newest version of a document; its inventory is checked.
///
/// # Errors
/// [`Error::NoObject`] when it is not there, [`Error::Damaged`] when its inventory cannot be trusted.
pub fn head(copy: &dyn CopyStore, id: DocumentId) -> Result<Head, Error> {
    let place = layout::place(id);
    if copy.list(&place)?.is_none() {
        return Err(Error::NoObject { copy: copy.name().to_owned(), object: id });
    }
    let (inventory_sha512, inventory) = object::load(copy, &place, id)?;
    let Some(version) = inventory.versions.get(&inventory.head) else {
        return Err(Error::damaged(copy.name(), &format!("{place}/{INVENTORY}"), "the head is missing"));
    };
    let created = version.created;
    let parts = inventory.state(inventory.head);
    Ok(Head { id, version: inventory.head, created, inventory_sha512, parts, inventory })
}

/// The same, of which the register knows the digest of its inventory.
///
/// # Errors
/// As [`head`] and [`Head::must_be`].
pub fn known_head(copy: &dyn CopyStore, id: DocumentId, known: Sha512) -> Result<Head, Error> {
    let head = head(copy, id)?;
    head.must_be(copy, known)?;
    Ok(head)
}

pub(crate) fn unknown(copy: &dyn CopyStore, id: DocumentId) -> Error {
    Error::damaged(copy.name(), &format!("{}/{INVENTORY}", layout::place(id)), "it is not what the register knows")
}

/// Documents and bytes of content on a copy, by name and length only.
pub fn stats(copy: &dyn CopyStore) -> Result<Stats, Error> {
    let mut stats = Stats::default();
    for id in objects(copy)? {
        stats.objects += 1;
        let place = layout::place(id);
        for (path, bytes) in files(copy, &place)?.0 {
            if path.split('/').nth(1) == Some("content") {
                stats.bytes += bytes;
            }
        }
    }
    Ok(stats)
}

/// Files below a folder with their lengths, and what is neither a file nor a folder with something in it. Paths are relative to
/// the folder.
pub(crate) type Listing = (BTreeMap<String, u64>, Vec<String>);

pub(crate) fn files(copy: &dyn CopyStore, folder: &str) -> Result<Listing, Error> {
    let (mut found, mut others) = (BTreeMap::new(), Vec::new());
    let mut folders = vec![(String::new(), 0)];
    while let Some((below, depth)) = folders.pop() {
        let here = if below.is_empty() { folder.to_owned() } else { format!("{folder}/{below}") };
        let here = here.trim_matches('/');
        let entries = copy.list(here)?.unwrap_or_default();
        if entries.is_empty() && !below.is_empty() {
            others.push(below.clone());
        }
        for entry in entries {
            let path = if below.is_empty() { entry.name } else { format!("{below}/{}", entry.name) };
            match entry.kind {
                EntryKind::File => {
                    found.insert(path, entry.bytes);
                }
                EntryKind::Folder if depth < DEPTH_MAX => folders.push((path, depth + 1)),
                EntryKind::Folder | EntryKind::Other => others.push(path),
            }
        }
    }
    Ok((found, others))
}
