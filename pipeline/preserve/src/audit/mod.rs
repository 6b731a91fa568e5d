//! The fixity check: everything on a copy is hashed again and compared with the inventories, and these with what the
//! register knows. Only the register sees a document that was removed or forged with all its checksums.

mod journal;
mod object;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use durable::Trust;
use model::{DocumentId, Sha256, Sha512};
use serde::{Deserialize, Serialize};

use crate::{
    copy_store::{CopyStore, EntryKind},
    error::Error,
    journal::ChainHead,
    layout, medium, read,
};

/// Two readers keep a disk busy and leave the other work its share.
const THREADS: usize = 2;

/// What is wrong with a file, a document or the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Its bytes are not what the inventory says.
    Altered,
    /// A file is not there.
    Missing,
    /// Nothing of ours.
    Extra,
    /// It holds what belongs elsewhere.
    Swapped,
    /// A document the register knows is not there at all.
    Removed,
    /// In itself sound, but not what the register knows.
    Forged,
    /// An older state than the register, or a later version beside it, knows.
    RolledBack,
    /// The medium does not give it.
    Unreadable,
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fault {
    /// The document it concerns; none for the medium itself and the journal.
    pub object: Option<DocumentId>,
    /// Path on the copy.
    pub path: String,
    /// What.
    pub fault: FaultKind,
}

/// The audit of one copy, as it stands inside `mocban.audit/1`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyAudit {
    /// The copy's name.
    pub name: String,
    /// Identity of its medium; empty when that cannot be read.
    pub medium: String,
    /// Documents found.
    pub objects: u64,
    /// Files of content hashed.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What is wrong, by document and path.
    pub faults: Vec<Fault>,
}

/// What an audit comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything is as it should be.
    Sound,
    /// Something is wrong.
    Damaged,
    /// A copy cannot be read at all.
    Unreadable,
}

impl CopyAudit {
    /// The audit of a copy that cannot be opened.
    pub fn unreadable(name: &str) -> Self {
        let fault = Fault { object: None, path: layout::MEDIUM.to_owned(), fault: FaultKind::Unreadable };
        Self { name: name.to_owned(), medium: String::new(), objects: 0, files: 0, bytes: 0, faults: vec![fault] }
    }

    /// What it comes to.
    pub fn outcome(&self) -> Outcome {
        if self.faults.iter().any(|fault| fault.path == layout::MEDIUM && fault.fault == FaultKind::Unreadable) {
            Outcome::Unreadable
        } else if self.faults.is_empty() {
            Outcome::Sound
        } else {
            Outcome::Damaged
        }
    }
}

/// What the register knows of a document on a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectFacts {
    /// Newest version stored, `v1`.
    pub head: String,
    /// Digest of that version's inventory.
    pub inventory_sha512: Sha512,
}

/// What the register knows of a copy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// Its documents.
    pub objects: BTreeMap<DocumentId, ObjectFacts>,
    /// The last event that was appended to its journal.
    pub journal_head: Option<ChainHead>,
}

/// By what content is told to be what was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// BLAKE3 where the document keeps it ([`crate::sums`]), SHA-512 elsewhere and for what does not agree.
    Blake3,
    /// The inventories' own SHA-512 alone, as every OCFL tool has it.
    Sha512,
}

/// How a copy is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// From the medium, or taking the page cache's word (quick, but it says little about the medium).
    pub trust: Trust,
    /// By what it is compared.
    pub by: Digest,
}

/// Hashes a whole copy again and compares. Faults are findings, not errors; so is a medium that went away meanwhile.
pub fn audit(copy: &dyn CopyStore, expected: Option<&Expected>, reading: Reading) -> CopyAudit {
    let trust = reading.trust;
    if copy.check().is_err() {
        return CopyAudit::unreadable(copy.name());
    }
    let mut faults = Vec::new();
    around(copy, trust, &mut faults);
    let ids = walk(copy, &mut faults);
    let found: BTreeSet<DocumentId> = ids.iter().copied().collect();
    if let Some(expected) = expected {
        for id in expected.objects.keys().filter(|id| !found.contains(id)) {
            faults.push(Fault { object: Some(*id), path: layout::place(*id), fault: FaultKind::Removed });
        }
        for id in found.iter().filter(|id| !expected.objects.contains_key(id)) {
            faults.push(Fault { object: Some(*id), path: layout::place(*id), fault: FaultKind::Extra });
        }
    }
    let audits = audit_objects(copy, &ids, expected, reading);
    let (files, bytes) = (audits.iter().map(|a| a.files).sum(), audits.iter().map(|a| a.bytes).sum());
    let manifests: BTreeSet<Sha512> = audits.iter().flat_map(|audit| audit.manifest.iter().copied()).collect();
    for (id, audit) in ids.iter().zip(audits) {
        for finding in audit.findings {
            // A file that holds what belongs to another document was exchanged, not merely damaged.
            let elsewhere = finding.found.is_some_and(|digest| manifests.contains(&digest));
            let fault = if elsewhere { FaultKind::Swapped } else { finding.fault };
            faults.push(Fault { object: Some(*id), path: finding.path, fault });
        }
    }
    journal::audit(copy, expected.and_then(|expected| expected.journal_head), trust, &mut faults);
    if copy.check().is_err() {
        return CopyAudit::unreadable(copy.name());
    }
    faults.sort();
    faults.dedup();
    CopyAudit {
        name: copy.name().to_owned(),
        medium: copy.medium().to_owned(),
        objects: ids.len() as u64,
        files,
        bytes,
        faults,
    }
}

/// How an error of reading shows as a fault.
fn fault_of(error: &Error) -> FaultKind {
    match error {
        error if error.is_not_found() => FaultKind::Missing,
        Error::Damaged { .. } | Error::Medium { source: durable::Error::TooLarge { .. }, .. } => FaultKind::Altered,
        _ => FaultKind::Unreadable,
    }
}

/// Compares a file with the digest it should have.
fn compare(copy: &dyn CopyStore, path: &str, wanted: &Sha512, trust: Trust) -> Option<FaultKind> {
    match copy.measure(path, trust) {
        Ok(found) => (found.sha512 != *wanted).then_some(FaultKind::Altered),
        Err(error) => Some(fault_of(&error)),
    }
}

/// What may lie beside the documents, and as what.
const AROUND: [(&str, EntryKind); 6] = [
    (layout::OCFL, EntryKind::Folder),
    (layout::STAGING, EntryKind::Folder),
    (layout::JOURNAL, EntryKind::Folder),
    (layout::MEDIUM, EntryKind::File),
    (layout::README, EntryKind::File),
    ("lost+found", EntryKind::Folder),
];

/// The files around the documents: README, declarations, layout; and what is not ours.
fn around(copy: &dyn CopyStore, trust: Trust, faults: &mut Vec<Fault>) {
    let mut note = |path: &str, fault| faults.push(Fault { object: None, path: path.to_owned(), fault });
    for (path, text) in layout::root_files() {
        let path = format!("{}/{path}", layout::OCFL);
        if let Some(fault) = compare(copy, &path, &Sha512::of(text.as_bytes()), trust) {
            note(&path, fault);
        }
    }
    let readme = copy.read(layout::README, medium::MEDIUM_MAX_BYTES);
    match (readme, medium::read_on(copy)) {
        (Ok(bytes), Ok(medium)) if Sha256::of(&bytes) == medium.readme_sha256 => {}
        (Ok(_), _) => note(layout::README, FaultKind::Altered),
        (Err(error), _) => note(layout::README, fault_of(&error)),
    }
    match copy.list("") {
        Ok(entries) => {
            for entry in entries.unwrap_or_default() {
                match AROUND.iter().find(|(name, _)| *name == entry.name) {
                    None => note(&entry.name, FaultKind::Extra),
                    // A link to another copy makes one of two.
                    Some((_, kind)) if *kind != entry.kind => note(&entry.name, FaultKind::Altered),
                    Some(_) => {}
                }
            }
        }
        Err(error) => note(layout::MEDIUM, fault_of(&error)),
    }
}

/// Walks the storage root's folders; whatever is no document in its place is a fault.
fn walk(copy: &dyn CopyStore, faults: &mut Vec<Fault>) -> Vec<DocumentId> {
    let mut ids = Vec::new();
    let mut note = |path: &str, fault| faults.push(Fault { object: None, path: path.to_owned(), fault });
    let extensions = format!("{}/extensions", layout::OCFL);
    let known: BTreeSet<String> = layout::root_files().map(|(path, _)| format!("{}/{path}", layout::OCFL)).into();
    match read::files(copy, &extensions) {
        Ok((files, others)) => {
            let paths = files.into_keys().chain(others).map(|path| format!("{extensions}/{path}"));
            paths.filter(|path| !known.contains(path)).for_each(|path| note(&path, FaultKind::Extra));
        }
        Err(error) => note(&extensions, fault_of(&error)),
    }
    let mut folders = vec![(layout::OCFL.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let entries = match copy.list(&folder) {
            Ok(entries) => entries.unwrap_or_default(),
            Err(error) => {
                note(&folder, fault_of(&error));
                continue;
            }
        };
        for entry in entries {
            let path = format!("{folder}/{}", entry.name);
            let is_folder = entry.kind == EntryKind::Folder;
            if is_folder && depth < layout::TUPLES && layout::is_tuple(&entry.name) {
                folders.push((path, depth + 1));
            } else if path == extensions || known.contains(&path) {
                // Looked at above.
            } else {
                let id = layout::id_of_folder(&entry.name).filter(|id| is_folder && layout::place(*id) == path);
                match id {
                    Some(id) => ids.push(id),
                    None => note(&path, FaultKind::Extra),
                }
            }
        }
    }
    ids.sort_unstable();
    ids
}

/// Audits the documents on a few threads; results in the order of `ids`.
fn audit_objects(
    copy: &dyn CopyStore,
    ids: &[DocumentId],
    expected: Option<&Expected>,
    reading: Reading,
) -> Vec<object::ObjectAudit> {
    let next = AtomicUsize::new(0);
    let done: Mutex<BTreeMap<usize, object::ObjectAudit>> = Mutex::new(BTreeMap::new());
    let work = || {
        while let Some((at, id)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, ids.get(at)?))) {
            let facts = expected.and_then(|expected| expected.objects.get(id));
            let audit = object::audit(copy, *id, facts, reading);
            done.lock().unwrap_or_else(PoisonError::into_inner).insert(at, audit);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(work);
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}
