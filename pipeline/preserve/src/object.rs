//! Storing documents: built in staging, read back from the medium, entered by one rename.

use std::{collections::BTreeMap, panic::resume_unwind};

use durable::Trust;
use failpoint::failpoint;
use jiff::Timestamp;
use model::{DocumentId, Sha512};

use crate::{
    content::{Content, Known, Measures},
    copy_store::{CopyStore, EntryKind, Move, Quick},
    error::Error,
    inventory::{
        INVENTORY, INVENTORY_MAX_BYTES, Inventory, SIDECAR, User, Version, VersionNumber, parse_sidecar, sidecar,
    },
    layout,
    read::unknown,
    sums::{self, SUMS},
};

/// A file that is read back while a larger one is.
const SMALL_BYTES: u64 = 64 * 1024;

/// A file of a document.
#[derive(Debug, Clone)]
pub struct Part {
    /// Logical path, `document.pdf`, `originals/trang 1.jpg`.
    pub logical: String,
    /// Its bytes.
    pub content: Content,
}

/// What is to be stored. The same object gives the same bytes on every copy.
#[derive(Debug, Clone)]
pub struct Object {
    /// The document.
    pub id: DocumentId,
    /// Its files.
    pub parts: Vec<Part>,
    /// When the version was made.
    pub created: Timestamp,
    /// Why.
    pub message: String,
    /// Who.
    pub user: User,
}

impl Object {
    /// Reads every part once and takes its digests, for as many copies as there are.
    ///
    /// # Errors
    /// Whatever a work file refuses.
    pub fn measure(&self) -> Result<Measures, Error> {
        let known = self.parts.iter().map(|part| Ok((part.logical.clone(), part.content.measure()?)));
        Ok(Measures(known.collect::<Result<_, Error>>()?))
    }
}

/// What lies on a copy now, read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// OCFL version, `v1`.
    pub version: String,
    /// Digest of that version's inventory: what the register expects at audits.
    pub inventory_sha512: Sha512,
    /// Files of content written or found.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Stores a document as its first version. Stored already with the same files, it is read back and that is success.
///
/// # Errors
/// As [`store_together`].
pub fn store(copy: &dyn CopyStore, object: &Object) -> Result<Stored, Error> {
    let mut stored = store_together(copy, &[(object, &object.measure()?)])?;
    stored.pop().ok_or(Error::NoObject { copy: copy.name().to_owned(), object: object.id })
}

/// The same for several documents, whose parts were measured once for every copy; answers in their order. The medium is asked to
/// sync twice for all of them together. A part that changed since it was measured fails its read-back.
///
/// # Errors
/// [`Error::Different`] when one lies there with other files; whatever the medium refuses. Then some of them may be stored, and
/// are found when they are stored again; what was half written is gone or is thrown away at the next opening.
pub fn store_together(copy: &dyn CopyStore, wanted: &[(&Object, &Measures)]) -> Result<Vec<Stored>, Error> {
    for (object, _) in wanted {
        check_parts(copy, object)?;
    }
    let _exclusive = copy.exclusive()?;
    copy.check()?;
    let (mut there, mut fresh) = (Vec::new(), Vec::new());
    for (object, measures) in wanted {
        recover_one(copy, object.id)?;
        let found = find(copy, object, measures)?;
        if found.is_none() {
            fresh.push((*object, *measures));
        }
        there.push(found);
    }
    let entered = enter(copy, &fresh);
    if entered.is_err() {
        // Should this fail too, the next opening does it.
        for (object, _) in &fresh {
            copy.discard(&staged(object.id)).ok();
        }
    }
    let mut entered = entered?.into_iter();
    Ok(there.into_iter().filter_map(|found| found.or_else(|| entered.next())).collect())
}

/// The document when it lies there already, read back.
fn find(copy: &dyn CopyStore, object: &Object, measures: &Measures) -> Result<Option<Stored>, Error> {
    let place = layout::place(object.id);
    if copy.list(&place)?.is_none() {
        return Ok(None);
    }
    let (_, inventory) = load(copy, &place, object.id)?;
    let wanted = measures.digests();
    let parts = |number: &VersionNumber| {
        let mut state = inventory.state(*number);
        state.remove(SUMS);
        state
    };
    let found = inventory.versions.keys().copied().find(|number| parts(number) == wanted);
    let number = found.ok_or_else(|| Error::Different { copy: copy.name().to_owned(), object: object.id })?;
    confirm(copy, &place, &inventory, number).map(Some)
}

/// Builds documents in staging, reads them back there and gives them their places.
fn enter(copy: &dyn CopyStore, fresh: &[(&Object, &Measures)]) -> Result<Vec<Stored>, Error> {
    let mut drafts = Vec::new();
    for (object, measures) in fresh {
        let parts: Vec<&Part> = object.parts.iter().collect();
        drafts.push(draft(copy, object, measures, &parts, None)?);
    }
    let moves: Vec<Move> = fresh.iter().map(|(object, _)| whole(object.id)).collect();
    prove(copy, &moves, &drafts)?;
    copy.enter(&moves)?;
    failpoint!("preserve:enter:after");
    let drafts = fresh.iter().zip(&drafts);
    drafts.map(|((object, _), draft)| finish(copy, object.id, &layout::place(object.id), &draft.built)).collect()
}

/// Adds a version to a stored document: `object.parts` are the files that are new or changed, every other file of the
/// newest version is carried over (OCFL forward-delta). Parts that are all there already make no new version. The newest version
/// must be the one whose inventory is known by its digest, or the very version this would add to that one.
///
/// # Errors
/// [`Error::NoObject`] when the document is not on the copy, [`Error::Damaged`] when what lies there is not what is known.
pub fn store_version(copy: &dyn CopyStore, object: &Object, known: Sha512) -> Result<Stored, Error> {
    check_parts(copy, object)?;
    let _exclusive = copy.exclusive()?;
    copy.check()?;
    recover_one(copy, object.id)?;
    let place = layout::place(object.id);
    if copy.list(&place)?.is_none() {
        return Err(Error::NoObject { copy: copy.name().to_owned(), object: object.id });
    }
    let (digest, inventory) = load(copy, &place, object.id)?;
    let measures = object.measure()?;
    if digest != known {
        let Some(before) = inventory.head.before() else { return Err(unknown(copy, object.id)) };
        let (digest, earlier) = whole_inventory(copy, &format!("{place}/{before}"))?;
        let added = digest == known && next_state(object, &measures, &earlier) == inventory.state(inventory.head);
        return if added { confirm(copy, &place, &inventory, inventory.head) } else { Err(unknown(copy, object.id)) };
    }
    let (wanted, head) = (measures.digests(), inventory.state(inventory.head));
    if wanted.iter().all(|(logical, digest)| head.get(logical) == Some(digest)) {
        return confirm(copy, &place, &inventory, inventory.head);
    }
    let changed = changed(object, &measures, &inventory);
    let next = next_state(object, &measures, &inventory);
    let drafted = draft(copy, object, &measures, &changed, Some((&inventory, next)))
        .and_then(|draft| prove(copy, &[whole(object.id)], std::slice::from_ref(&draft)).map(|()| draft.built));
    if drafted.is_err() {
        copy.discard(&staged(object.id)).ok();
    }
    let built = drafted?;
    let number = built.inventory.head;
    let moved = version(object.id, number);
    if let Err(error) = copy.enter(std::slice::from_ref(&moved)) {
        // A version that has entered keeps its mark in staging, by which the next opening ends what was begun.
        if copy.list(&moved.staged).is_ok_and(|left| left.is_some()) {
            copy.discard(&staged(object.id)).ok();
        }
        return Err(error);
    }
    failpoint!("preserve:version:entered");
    put_root(copy, &place, &built.bytes)?;
    finish(copy, object.id, &place, &built)
}

/// The parts whose bytes a document does not have yet.
fn changed<'o>(object: &'o Object, measures: &Measures, inventory: &Inventory) -> Vec<&'o Part> {
    let is_new = |part: &&Part| {
        measures.0.get(&part.logical).is_some_and(|known| !inventory.manifest.contains_key(&known.sha512))
    };
    object.parts.iter().filter(is_new).collect()
}

/// What a document's newest version would consist of if these parts were added to it.
fn next_state<'o>(object: &'o Object, measures: &Measures, before: &Inventory) -> BTreeMap<String, Sha512> {
    let mut state = before.state(before.head);
    state.extend(measures.digests());
    let changed = changed(object, measures, before);
    if !changed.is_empty() {
        let known = |part: &'o Part| Some((part.logical.as_str(), measures.0.get(&part.logical)?.quick.blake3));
        let sums = sums::to_bytes(&changed.into_iter().filter_map(known).collect());
        state.insert(SUMS.to_owned(), Sha512::of(&sums));
    }
    state
}

/// A version built in staging.
pub(crate) struct Built {
    pub(crate) inventory: Inventory,
    pub(crate) bytes: Vec<u8>,
    pub(crate) files: u64,
    pub(crate) content_bytes: u64,
}

pub(crate) fn staged(id: DocumentId) -> String {
    format!("{}/{id}", layout::STAGING)
}

/// A document from staging to its place.
pub(crate) fn whole(id: DocumentId) -> Move {
    Move { staged: staged(id), place: layout::place(id) }
}

/// One version of it.
pub(crate) fn version(id: DocumentId, number: VersionNumber) -> Move {
    let Move { staged, place } = whole(id);
    Move { staged: format!("{staged}/{number}"), place: format!("{place}/{number}") }
}

/// The part's logical paths must be legal and different, none a folder of another.
fn check_parts(copy: &dyn CopyStore, object: &Object) -> Result<(), Error> {
    let mut seen = std::collections::BTreeSet::new();
    for part in &object.parts {
        let clash = object
            .parts
            .iter()
            .any(|other| other.logical.strip_prefix(part.logical.as_str()).is_some_and(|rest| rest.starts_with('/')));
        let taken = clash || part.logical == SUMS;
        if taken || !layout::is_legal(&part.logical) || !seen.insert(&part.logical) {
            return Err(Error::Forbidden { copy: copy.name().to_owned(), path: part.logical.clone() });
        }
    }
    Ok(())
}

/// A version in staging, and how each of its files must read back.
struct Draft {
    built: Built,
    written: Vec<(String, Quick)>,
}

/// Writes a version into staging, a whole object when there is none before it.
fn draft(
    copy: &dyn CopyStore,
    object: &Object,
    measures: &Measures,
    parts: &[&Part],
    before: Option<(&Inventory, BTreeMap<String, Sha512>)>,
) -> Result<Draft, Error> {
    let staged = staged(object.id);
    let first = before.is_none();
    let (mut inventory, mut state) = match before {
        Some((inventory, state)) => (inventory.clone(), state),
        None => (Inventory::new(object.id), BTreeMap::new()),
    };
    let number = VersionNumber(inventory.head.0 + 1);
    let no_part = |part: &str| Error::NoPart { copy: copy.name().to_owned(), object: object.id, part: part.to_owned() };
    let mut new: Vec<(&str, &Content, Known)> = Vec::new();
    for part in parts {
        let known = measures.0.get(&part.logical).ok_or_else(|| no_part(&part.logical))?;
        new.push((&part.logical, &part.content, *known));
    }
    let sums = new.iter().map(|(logical, _, known)| (*logical, known.quick.blake3)).collect();
    let sums = Content::Bytes(sums::to_bytes(&sums));
    if !new.is_empty() {
        new.push((SUMS, &sums, sums.measure()?));
    }
    let mut written: Vec<(String, Quick)> = Vec::new();
    for (logical, content, known) in new {
        let content_path = format!("{number}/content/{logical}");
        let path = format!("{staged}/{content_path}");
        copy.create_new(&path, &mut content.reader())?;
        inventory.manifest.entry(known.sha512).or_default().push(content_path);
        state.insert(logical.to_owned(), known.sha512);
        written.push((path, known.quick));
        failpoint!("preserve:part:after");
    }
    let (files, content_bytes) = (written.len() as u64, written.iter().map(|(_, quick)| quick.bytes).sum());
    let mut by_digest: BTreeMap<Sha512, Vec<String>> = BTreeMap::new();
    for (logical, digest) in state {
        by_digest.entry(digest).or_default().push(logical);
    }
    let version = Version {
        created: object.created,
        message: object.message.clone(),
        state: by_digest,
        user: Some(object.user.clone()),
    };
    inventory.versions.insert(number, version);
    inventory.head = number;
    let bytes = inventory.to_bytes()?;

    let mut small = inventory_files(&format!("{staged}/{number}"), &bytes);
    if first {
        small.extend(inventory_files(&staged, &bytes));
        let (name, text) = layout::OBJECT_DECLARATION;
        small.push((format!("{staged}/{name}"), text.as_bytes().to_vec()));
    }
    for (path, bytes) in small {
        let quick = Quick::of(&bytes);
        copy.create_new(&path, &mut Content::Bytes(bytes).reader())?;
        written.push((path, quick));
    }
    failpoint!("preserve:build:after");
    Ok(Draft { built: Built { inventory, bytes, files, content_bytes }, written })
}

/// Makes what was drafted durable and reads every file back from the medium: small ones, which cost a wait each, beside the
/// large ones, of which no two are read at once.
fn prove(copy: &dyn CopyStore, moves: &[Move], drafts: &[Draft]) -> Result<(), Error> {
    copy.settle(moves)?;
    let written = drafts.iter().flat_map(|draft| &draft.written);
    let (small, large): (Vec<_>, Vec<_>) = written.partition(|(_, quick)| quick.bytes <= SMALL_BYTES);
    let read = |files: &[&(String, Quick)]| {
        files.iter().try_for_each(|(path, quick)| read_back(copy, path, *quick, Trust::Medium))
    };
    std::thread::scope(|scope| {
        let beside = scope.spawn(|| read(&small));
        read(&large)?;
        beside.join().unwrap_or_else(|panic| resume_unwind(panic))
    })?;
    failpoint!("preserve:readback:after");
    Ok(())
}

fn inventory_files(folder: &str, bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    vec![
        (format!("{folder}/{INVENTORY}"), bytes.to_vec()),
        (format!("{folder}/{SIDECAR}"), sidecar(bytes).into_bytes()),
    ]
}

fn read_back(copy: &dyn CopyStore, path: &str, wanted: Quick, trust: Trust) -> Result<(), Error> {
    if copy.quick(path, trust)? == wanted {
        Ok(())
    } else {
        Err(Error::ReadBack { copy: copy.name().to_owned(), path: path.to_owned() })
    }
}

/// Puts an inventory, which its version holds durably already, in the object's root.
pub(crate) fn put_root(copy: &dyn CopyStore, place: &str, inventory: &[u8]) -> Result<(), Error> {
    for (path, bytes) in inventory_files(place, inventory) {
        copy.replace(&path, &bytes)?;
        failpoint!("preserve:root:after");
        read_back(copy, &path, Quick::of(&bytes), Trust::Medium)?;
    }
    Ok(())
}

/// After entering: the root resolves, the writer's marks are gone, the medium is still the same.
pub(crate) fn finish(copy: &dyn CopyStore, id: DocumentId, place: &str, built: &Built) -> Result<Stored, Error> {
    let number = built.inventory.head;
    let inventory_sha512 = Sha512::of(&built.bytes);
    // Its bytes were read from the medium before it entered.
    read_back(copy, &format!("{place}/{INVENTORY}"), Quick::of(&built.bytes), Trust::Cache)?;
    copy.protect(&format!("{place}/{number}"))?;
    failpoint!("preserve:protect:after");
    copy.discard(&staged(id))?;
    failpoint!("preserve:discard:after");
    copy.check()?;
    Ok(Stored { version: number.to_string(), inventory_sha512, files: built.files, bytes: built.content_bytes })
}

/// Reads everything of a version that lies there already back from the medium.
pub(crate) fn confirm(
    copy: &dyn CopyStore,
    place: &str,
    inventory: &Inventory,
    number: VersionNumber,
) -> Result<Stored, Error> {
    let state = inventory.state(number);
    let (mut files, mut bytes) = (0, 0);
    for (path, digest) in inventory.content() {
        if !state.values().any(|wanted| *wanted == digest) {
            continue;
        }
        let path = format!("{place}/{path}");
        let found = copy.measure(&path, Trust::Medium)?;
        if found.sha512 != digest {
            return Err(Error::ReadBack { copy: copy.name().to_owned(), path });
        }
        files += 1;
        bytes += found.bytes;
    }
    let (inventory_sha512, _) = whole_inventory(copy, &format!("{place}/{number}"))?;
    copy.protect(&format!("{place}/{number}"))?;
    copy.check()?;
    Ok(Stored { version: number.to_string(), inventory_sha512, files, bytes })
}

/// An inventory with its sidecar, checked against each other.
pub(crate) fn whole_inventory(copy: &dyn CopyStore, folder: &str) -> Result<(Sha512, Inventory), Error> {
    let path = format!("{folder}/{INVENTORY}");
    let bytes = copy.read(&path, INVENTORY_MAX_BYTES)?;
    let named = parse_sidecar(&copy.read(&format!("{folder}/{SIDECAR}"), 4096)?);
    let digest = Sha512::of(&bytes);
    if named != Some(digest) {
        return Err(Error::damaged(copy.name(), &path, "its sidecar names another digest"));
    }
    let inventory = Inventory::parse(&bytes).map_err(|detail| Error::damaged(copy.name(), &path, detail))?;
    Ok((digest, inventory))
}

/// The inventory in an object's root with its digest, checked against its sidecar and the document it should be.
pub(crate) fn load(copy: &dyn CopyStore, place: &str, id: DocumentId) -> Result<(Sha512, Inventory), Error> {
    let (digest, inventory) = whole_inventory(copy, place)?;
    if inventory.id != id.urn() {
        let path = format!("{place}/{INVENTORY}");
        return Err(Error::damaged(copy.name(), &path, format!("it belongs to {}", inventory.id)));
    }
    Ok((digest, inventory))
}

/// Finishes or throws away what writers that died left in staging. Needs the right to write.
pub fn recover(copy: &dyn CopyStore) -> Result<(), Error> {
    for entry in copy.list(layout::STAGING)?.unwrap_or_default() {
        if entry.name == layout::LOCK {
            continue;
        }
        match entry.name.parse::<DocumentId>() {
            // A damaged document is the audit's to name; it must not keep the whole copy from being opened.
            Ok(id) if entry.kind == EntryKind::Folder => match recover_one(copy, id) {
                Err(error) if error.is_about_a_document() => {
                    tracing::warn!(copy = copy.name(), object = %id, reason = %error, "left as it is");
                }
                other => other?,
            },
            _ => copy.discard(&format!("{}/{}", layout::STAGING, entry.name))?,
        }
    }
    Ok(())
}

/// A folder in staging says that a writer of this document died: when its version had entered, the root inventory follows
/// it; the rest is thrown away.
pub(crate) fn recover_one(copy: &dyn CopyStore, id: DocumentId) -> Result<(), Error> {
    let staged = staged(id);
    if copy.list(&staged)?.is_none() {
        return Ok(());
    }
    let place = layout::place(id);
    let versions: Vec<VersionNumber> = copy
        .list(&place)?
        .unwrap_or_default()
        .into_iter()
        .filter(|entry| entry.kind == EntryKind::Folder)
        .filter_map(|entry| entry.name.parse().ok())
        .collect();
    if let Some(newest) = versions.into_iter().max() {
        let folder = format!("{place}/{newest}");
        let (digest, inventory) = whole_inventory(copy, &folder)?;
        let follows = inventory.head == newest && inventory.id == id.urn();
        if follows && !matches!(whole_inventory(copy, &place), Ok((root, _)) if root == digest) {
            tracing::info!(copy = copy.name(), object = %id, version = %newest, "root inventory follows its version");
            put_root(copy, &place, &copy.read(&format!("{folder}/{INVENTORY}"), INVENTORY_MAX_BYTES)?)?;
        }
    }
    copy.discard(&staged)
}
