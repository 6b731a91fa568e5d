#![expect(clippy::disallowed_methods, reason = "the tests lay out what the copies are made from and tamper with them")]

mod audit;
mod faults;
mod forms;
mod journal;
mod mirror;
mod store;
mod strangers;

use std::{
    fs,
    path::{Path, PathBuf},
};

use model::{DocumentId, Sha256, Sha512};

use crate::{
    CopyStore, DirectoryCopy, Trust, User,
    audit::{CopyAudit, Digest, Expected, ObjectFacts, Reading},
    content::Content,
    doubles::MemCopy,
    head,
    object::{Object, Part, Stored},
    store,
};

pub(crate) const CREATED: &str = "2026-11-25T02:00:00Z";

/// Where a directory copy and the work files of a test lie.
pub(crate) struct Room {
    pub(crate) folder: tempfile::TempDir,
}

impl Room {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("room") }
    }

    pub(crate) fn copy(&self, name: &str) -> DirectoryCopy {
        let root = self.root(name);
        DirectoryCopy::init(&root, name, CREATED.parse().expect("time")).expect("init");
        DirectoryCopy::open(&root, name, false).expect("open")
    }

    pub(crate) fn root(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).expect("work file");
        path
    }
}

pub(crate) fn id(n: u8) -> DocumentId {
    DocumentId::of_content(&[Sha256::of(&[n])])
}

pub(crate) fn part(logical: &str, bytes: &[u8]) -> Part {
    Part { logical: logical.to_owned(), content: Content::Bytes(bytes.to_vec()) }
}

/// A document like the real ones.
pub(crate) fn object(n: u8) -> Object {
    Object {
        id: id(n),
        parts: vec![
            part("document.pdf", format!("%PDF-1.7 document {n}\n%%EOF\n").as_bytes()),
            part("originals/trang 1.jpg", format!("scan one of {n}").as_bytes()),
            part("originals/trang 2 – phụ lục.jpg", format!("scan two of {n}").as_bytes()),
            part("originals/số \"3\".jpg", format!("scan three of {n}").as_bytes()),
            part("submission.json", b"{}"),
            part("words/0001.json.zst", &[n, 1, 2, 3]),
        ],
        created: CREATED.parse().expect("time"),
        message: "stored".to_owned(),
        user: User { name: "mocban".to_owned(), address: Some("urn:mocban:archive".to_owned()) },
    }
}

/// The second version: the document rose to B-LTA.
pub(crate) fn raised(n: u8) -> Object {
    let bytes = format!("%PDF-1.7 document {n}\n%%EOF\nrevision two\n%%EOF\n");
    Object {
        parts: vec![part("document.pdf", bytes.as_bytes())],
        created: "2026-11-26T02:00:00Z".parse().expect("time"),
        message: "raised to B-LTA".to_owned(),
        ..object(n)
    }
}

pub(crate) fn facts(stored: &Stored) -> ObjectFacts {
    ObjectFacts { head: stored.version.clone(), inventory_sha512: stored.inventory_sha512 }
}

pub(crate) fn expected(known: &[(DocumentId, &Stored)]) -> Expected {
    Expected { objects: known.iter().map(|(id, stored)| (*id, facts(stored))).collect(), journal_head: None }
}

/// An audit of the medium, which finds the same by either digest.
pub(crate) fn audit(copy: &dyn CopyStore, expected: Option<&Expected>) -> CopyAudit {
    let found = crate::audit::audit(copy, expected, Reading { trust: Trust::Medium, by: Digest::Blake3 });
    assert_eq!(crate::audit::audit(copy, expected, Reading { trust: Trust::Medium, by: Digest::Sha512 }), found);
    found
}

/// Runs a test on every kind of copy.
pub(crate) fn on_each(check: impl Fn(&dyn CopyStore)) {
    check(&MemCopy::new("memory"));
    let room = Room::new();
    check(&room.copy("a"));
}

/// Every file below a folder with its bytes.
pub(crate) fn tree(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("list") {
            let path = entry.expect("entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).expect("below").to_string_lossy().into_owned();
                files.push((name, fs::read(&path).expect("read")));
            }
        }
    }
    files.sort();
    files
}

/// Digest of the first version's inventory, as [`object`] makes it.
pub(crate) fn first() -> Sha512 {
    store(&MemCopy::new("first"), &object(1)).expect("store").inventory_sha512
}

/// Digest of the inventory that the first document has now.
pub(crate) fn newest(copy: &dyn CopyStore) -> Sha512 {
    head(copy, id(1)).expect("head").inventory_sha512
}
