//! Doubles of a copy, stricter than the real thing, and the suite that every implementation must pass.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Cursor, Read},
    path::Path,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use durable::Trust;
use jiff::Timestamp;
use model::Sha512;

use crate::{
    content::{Content, ContentReader},
    copy_store::{CopyStore, Entry, EntryKind, Exclusive, Measured, Move, Quick, is_replaceable},
    error::Error,
    layout,
    medium::{Medium, README_TEXT},
};

#[derive(Debug, Clone, Default)]
struct Tree {
    files: BTreeMap<String, Vec<u8>>,
    /// Files whose names would not survive a power cut.
    fleeting: BTreeSet<String>,
    /// Files in staging whose bytes would not survive it either.
    unsettled: BTreeSet<String>,
    /// Folders of staging that were begun; they survive.
    begun: BTreeSet<String>,
}

/// A copy in memory that remembers what would survive a power cut.
///
/// # Panics
/// When a file is read as if it were kept before it is durable, a folder is read back or enters before it is settled, or
/// anything but a root inventory is replaced.
#[derive(Debug)]
pub struct MemCopy {
    name: String,
    medium: String,
    tree: Mutex<Tree>,
}

impl MemCopy {
    /// An initialised, empty copy.
    ///
    /// # Panics
    /// When the system gives no random bytes.
    pub fn new(name: &str) -> Self {
        let medium = Medium::new(name, Timestamp::UNIX_EPOCH).expect("identity");
        let mut files = BTreeMap::new();
        for (path, text) in layout::root_files() {
            files.insert(format!("{}/{path}", layout::OCFL), text.into_bytes());
        }
        files.insert(layout::README.to_owned(), README_TEXT.as_bytes().to_vec());
        files.insert(layout::MEDIUM.to_owned(), medium.to_bytes().expect("identity"));
        let tree = Tree { files, ..Tree::default() };
        Self { name: name.to_owned(), medium: medium.medium, tree: Mutex::new(tree) }
    }

    /// What a power cut now would leave.
    #[must_use]
    pub fn after_power_cut(&self) -> Self {
        let mut tree = self.tree().clone();
        for path in std::mem::take(&mut tree.fleeting) {
            tree.files.remove(&path);
        }
        Self { name: self.name.clone(), medium: self.medium.clone(), tree: Mutex::new(tree) }
    }

    /// Changes what lies there behind the program's back; `None` removes.
    pub fn tamper(&self, path: &str, bytes: Option<Vec<u8>>) {
        match bytes {
            Some(bytes) => self.tree().files.insert(path.to_owned(), bytes),
            None => self.tree().files.remove(path),
        };
    }

    /// Every file that lies there.
    pub fn paths(&self) -> Vec<String> {
        self.tree().files.keys().cloned().collect()
    }

    fn enter_one(&self, staged: &str, place: &str) -> Result<(), Error> {
        assert!(is_below(staged, layout::STAGING) && is_below(place, layout::OCFL), "{staged} → {place}");
        let mut tree = self.tree();
        if tree.files.keys().any(|path| is_below(path, place)) {
            return Err(self.occupied(place));
        }
        let moving: Vec<String> = tree.files.keys().filter(|path| is_below(path, staged)).cloned().collect();
        if moving.is_empty() {
            return Err(self.os_error("enter", staged, 2));
        }
        for from in moving {
            assert!(!tree.unsettled.contains(&from), "{from} enters before it is settled");
            let to = from.replacen(staged, place, 1);
            tree.fleeting.remove(&from);
            if let Some(bytes) = tree.files.remove(&from) {
                tree.files.insert(to, bytes);
            }
        }
        tree.begun.remove(staged);
        Ok(())
    }

    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.tree.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn os_error(&self, action: &'static str, path: &str, errno: i32) -> Error {
        let source = durable::Error::io(action, Path::new(path), std::io::Error::from_raw_os_error(errno));
        Error::Medium { copy: self.name.clone(), source }
    }

    fn occupied(&self, path: &str) -> Error {
        Error::Medium { copy: self.name.clone(), source: durable::Error::Occupied { path: path.into() } }
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, Error> {
        assert!(layout::is_legal(path), "{path} is no path on a copy");
        self.tree().files.get(path).cloned().ok_or_else(|| self.os_error("open", path, 2))
    }

    fn kept(&self, path: &str) -> Result<Vec<u8>, Error> {
        assert!(
            !self.tree().fleeting.contains(path),
            "{path} is read as if it were kept, but a power cut would take it"
        );
        self.bytes(path)
    }
}

fn all(content: &mut ContentReader) -> Result<Vec<u8>, Error> {
    let (mut bytes, mut buffer) = (Vec::new(), [0_u8; 4096]);
    loop {
        match content.read(&mut buffer)? {
            0 => return Ok(bytes),
            read => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}

fn measured(bytes: &[u8]) -> Measured {
    Measured { sha512: Sha512::of(bytes), bytes: bytes.len() as u64 }
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

impl CopyStore for MemCopy {
    fn name(&self) -> &str {
        &self.name
    }

    fn medium(&self) -> &str {
        &self.medium
    }

    fn check(&self) -> Result<(), Error> {
        self.bytes(layout::MEDIUM).map(drop)
    }

    fn exclusive(&self) -> Result<Exclusive, Error> {
        Ok(Exclusive { lock: None })
    }

    fn create_new(&self, path: &str, content: &mut ContentReader) -> Result<(), Error> {
        assert!(layout::is_legal(path), "{path} is no path on a copy");
        let bytes = all(content)?;
        let mut tree = self.tree();
        let staged = is_below(path, layout::STAGING);
        if tree.files.get(path).is_some_and(|there| staged || *there != bytes) {
            return Err(self.occupied(path));
        }
        if staged {
            tree.fleeting.insert(path.to_owned());
            tree.unsettled.insert(path.to_owned());
            let begun: Vec<&str> = path.split('/').take(2).collect();
            tree.begun.insert(begun.join("/"));
        }
        tree.files.insert(path.to_owned(), bytes);
        Ok(())
    }

    fn settle(&self, moves: &[Move]) -> Result<(), Error> {
        for Move { staged, place } in moves {
            assert!(is_below(staged, layout::STAGING) && is_below(place, layout::OCFL), "{staged} → {place}");
            self.tree().unsettled.retain(|path| !is_below(path, staged));
        }
        Ok(())
    }

    fn enter(&self, moves: &[Move]) -> Result<(), Error> {
        moves.iter().try_for_each(|one| self.enter_one(&one.staged, &one.place))
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        assert!(is_replaceable(path), "{path} must never be replaced");
        self.tree().files.insert(path.to_owned(), bytes.to_vec());
        Ok(())
    }

    fn discard(&self, staged: &str) -> Result<(), Error> {
        assert!(is_below(staged, layout::STAGING), "{staged} must never be removed");
        let mut tree = self.tree();
        tree.files.retain(|path, _| path != staged && !is_below(path, staged));
        tree.fleeting.retain(|path| path != staged && !is_below(path, staged));
        tree.unsettled.retain(|path| path != staged && !is_below(path, staged));
        tree.begun.remove(staged);
        Ok(())
    }

    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, Error> {
        let bytes = self.kept(path)?;
        if bytes.len() as u64 > limit {
            let source = durable::Error::TooLarge { path: path.into(), limit };
            return Err(Error::Medium { copy: self.name.clone(), source });
        }
        Ok(bytes)
    }

    fn stream(&self, path: &str) -> Result<Box<dyn Read + Send>, Error> {
        Ok(Box::new(Cursor::new(self.kept(path)?)))
    }

    fn quick(&self, path: &str, trust: Trust) -> Result<Quick, Error> {
        assert!(!self.tree().unsettled.contains(path), "{path} is read back before it is settled");
        let bytes = if trust == Trust::Medium { self.bytes(path)? } else { self.kept(path)? };
        Ok(Quick::of(&bytes))
    }

    fn measure(&self, path: &str, trust: Trust) -> Result<Measured, Error> {
        let bytes = if trust == Trust::Medium { self.bytes(path)? } else { self.kept(path)? };
        Ok(measured(&bytes))
    }

    fn list(&self, path: &str) -> Result<Option<Vec<Entry>>, Error> {
        let tree = self.tree();
        let mut entries = BTreeMap::new();
        for (file, bytes) in &tree.files {
            let rest = if path.is_empty() { Some(file.as_str()) } else { file.strip_prefix(path) };
            let rest = rest.and_then(|rest| if path.is_empty() { Some(rest) } else { rest.strip_prefix('/') });
            let Some(rest) = rest else { continue };
            let (name, kind, bytes) = match rest.split_once('/') {
                Some((name, _)) => (name, EntryKind::Folder, 0),
                None => (rest, EntryKind::File, bytes.len() as u64),
            };
            entries.insert(name.to_owned(), Entry { name: name.to_owned(), kind, bytes });
        }
        for begun in tree.begun.iter().filter(|begun| path == layout::STAGING && is_below(begun, path)) {
            let name = begun.rsplit('/').next().unwrap_or_default().to_owned();
            entries.entry(name.clone()).or_insert(Entry { name, kind: EntryKind::Folder, bytes: 0 });
        }
        let there = matches!(path, "" | layout::STAGING | layout::JOURNAL | layout::OCFL) || tree.begun.contains(path);
        Ok((there || !entries.is_empty()).then(|| entries.into_values().collect()))
    }

    fn protect(&self, _path: &str) -> Result<(), Error> {
        Ok(())
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failing {
    /// The operation fails: input/output error.
    Error,
    /// A write fails: the medium is full.
    Full,
    /// A write is cut short and reported as done.
    Short,
    /// One bit is written wrong and reported as done.
    Flip,
}

/// A copy whose operations go wrong at the n-th call, and, when `lasting`, at every later one.
#[derive(Debug)]
pub struct FaultyCopy<C> {
    inner: C,
    at: u64,
    failing: Failing,
    lasting: bool,
    calls: AtomicU64,
}

impl<C: CopyStore> FaultyCopy<C> {
    /// Goes wrong at call `at`, counted from 1.
    pub fn new(inner: C, at: u64, failing: Failing, lasting: bool) -> Self {
        Self { inner, at, failing, lasting, calls: AtomicU64::new(0) }
    }

    /// The copy underneath.
    pub fn into_inner(self) -> C {
        self.inner
    }

    /// Whether the fault was met.
    pub fn met(&self) -> bool {
        self.calls.load(Ordering::Relaxed) >= self.at
    }

    fn goes_wrong(&self) -> bool {
        let call = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        call == self.at || (self.lasting && call > self.at)
    }

    fn refused(&self, action: &'static str, path: &str) -> Error {
        let errno = if self.failing == Failing::Full { 28 } else { 5 };
        let source = durable::Error::io(action, Path::new(path), std::io::Error::from_raw_os_error(errno));
        Error::Medium { copy: self.inner.name().to_owned(), source }
    }

    /// Fails here when a fault is due that is not about written bytes.
    fn fail(&self, action: &'static str, path: &str) -> Result<(), Error> {
        let wrong = self.goes_wrong();
        if wrong && self.failing == Failing::Error { Err(self.refused(action, path)) } else { Ok(()) }
    }
}

impl<C: CopyStore> CopyStore for FaultyCopy<C> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn medium(&self) -> &str {
        self.inner.medium()
    }

    fn check(&self) -> Result<(), Error> {
        self.fail("read", layout::MEDIUM)?;
        self.inner.check()
    }

    fn exclusive(&self) -> Result<Exclusive, Error> {
        self.fail("lock", layout::LOCK)?;
        self.inner.exclusive()
    }

    fn create_new(&self, path: &str, content: &mut ContentReader) -> Result<(), Error> {
        if !self.goes_wrong() {
            return self.inner.create_new(path, content);
        }
        let mut bytes = all(content)?;
        match self.failing {
            Failing::Error | Failing::Full => return Err(self.refused("write", path)),
            Failing::Short => bytes.truncate(bytes.len().saturating_sub(1)),
            Failing::Flip => {
                if let Some(byte) = bytes.first_mut() {
                    *byte ^= 1;
                }
            }
        }
        self.inner.create_new(path, &mut Content::Bytes(bytes).reader())
    }

    fn settle(&self, moves: &[Move]) -> Result<(), Error> {
        moves.iter().try_for_each(|one| self.fail("sync", &one.staged))?;
        self.inner.settle(moves)
    }

    fn enter(&self, moves: &[Move]) -> Result<(), Error> {
        moves.iter().try_for_each(|one| self.fail("enter", &one.place))?;
        self.inner.enter(moves)
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        self.fail("replace", path)?;
        self.inner.replace(path, bytes)
    }

    fn discard(&self, staged: &str) -> Result<(), Error> {
        self.fail("remove", staged)?;
        self.inner.discard(staged)
    }

    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, Error> {
        self.fail("read", path)?;
        self.inner.read(path, limit)
    }

    fn stream(&self, path: &str) -> Result<Box<dyn Read + Send>, Error> {
        self.fail("open", path)?;
        self.inner.stream(path)
    }

    fn quick(&self, path: &str, trust: Trust) -> Result<Quick, Error> {
        self.fail("read", path)?;
        self.inner.quick(path, trust)
    }

    fn measure(&self, path: &str, trust: Trust) -> Result<Measured, Error> {
        self.fail("read", path)?;
        self.inner.measure(path, trust)
    }

    fn list(&self, path: &str) -> Result<Option<Vec<Entry>>, Error> {
        self.fail("list", path)?;
        self.inner.list(path)
    }

    fn protect(&self, path: &str) -> Result<(), Error> {
        self.fail("make immutable", path)?;
        self.inner.protect(path)
    }
}

/// What every copy must do, whatever it is made of.
///
/// # Panics
/// When it does not.
pub fn conformance(copy: &dyn CopyStore) {
    let put = |path: &str, bytes: &[u8]| copy.create_new(path, &mut Content::Bytes(bytes.to_vec()).reader());
    let _exclusive = copy.exclusive().expect("the right to write");
    copy.check().expect("the medium is there");
    assert!(!copy.medium().is_empty() && !copy.name().is_empty());

    // New files: measured, found again, never overwritten; an equal one outside staging is success.
    put("journal/a", b"one").expect("write");
    put("journal/a", b"one").expect("the same again");
    assert_eq!(copy.quick("journal/a", Trust::Medium).expect("read back"), Quick::of(b"one"));
    put("journal/a", b"two").expect_err("other content");
    assert_eq!(copy.read("journal/a", 3).expect("read"), b"one");
    copy.read("journal/a", 2).expect_err("longer than allowed");
    assert_eq!(copy.measure("journal/a", Trust::Medium).expect("measure"), measured(b"one"));
    let mut streamed = Vec::new();
    copy.stream("journal/a").expect("open").read_to_end(&mut streamed).expect("read");
    assert_eq!(streamed, b"one");

    // What is not there says so.
    assert!(copy.read("journal/none", 9).expect_err("missing").is_not_found());
    assert!(copy.measure("journal/none", Trust::Medium).expect_err("missing").is_not_found());
    assert!(copy.quick("journal/none", Trust::Medium).expect_err("missing").is_not_found());
    assert_eq!(copy.list("ocfl/none").expect("list"), None);

    // A folder enters once, whole, and leaves staging.
    let place = layout::place("00010203-0405-8607-8809-0a0b0c0d0e0f".parse().expect("id"));
    put("staging/x/v1/content/a", b"first").expect("write");
    put("staging/x/inventory.json", b"{1}").expect("write");
    let moves = [Move { staged: "staging/x".to_owned(), place: place.clone() }];
    copy.settle(&moves).expect("settle");
    assert_eq!(copy.quick("staging/x/v1/content/a", Trust::Medium).expect("read back"), Quick::of(b"first"));
    copy.enter(&moves).expect("enter");
    assert_eq!(copy.list("staging/x").expect("list"), None);
    assert_eq!(copy.read(&format!("{place}/v1/content/a"), 9).expect("read"), b"first");
    put("staging/x/v1/content/a", b"second").expect("write");
    copy.settle(&moves).expect("settle");
    copy.enter(&moves).expect_err("something stands there");
    assert_eq!(copy.read(&format!("{place}/v1/content/a"), 9).expect("read"), b"first");
    copy.discard("staging/x").expect("discard");
    copy.discard("staging/x").expect("discard again");
    assert_eq!(copy.list("staging/x").expect("list"), None);

    // Only a root inventory is replaced.
    copy.replace(&format!("{place}/inventory.json"), b"{2}").expect("replace");
    assert_eq!(copy.read(&format!("{place}/inventory.json"), 9).expect("read"), b"{2}");

    // Listing tells names, kinds and lengths in order.
    let entries = copy.list(&place).expect("list").expect("there");
    let seen: Vec<(&str, EntryKind, u64)> = entries.iter().map(|e| (e.name.as_str(), e.kind, e.bytes)).collect();
    assert_eq!(seen, [("inventory.json", EntryKind::File, 3), ("v1", EntryKind::Folder, 0)]);
    copy.protect(&format!("{place}/v1")).expect("protect");
}
