//! Brings a document from one copy to another that was away: every version of it, byte for byte.

use std::{collections::BTreeMap, path::PathBuf};

use durable::Trust;
use model::{DocumentId, Sha512};

use crate::{
    content::ContentReader,
    copy_store::CopyStore,
    error::Error,
    inventory::{INVENTORY, INVENTORY_MAX_BYTES, Inventory, SIDECAR, VersionNumber},
    layout::{self, OBJECT_DECLARATION},
    object::{Built, Stored, confirm, finish, load, put_root, recover_one, staged, version, whole, whole_inventory},
    read::{files, unknown},
};

/// Stores a document on `to` as it lies on `from`. What `to` has of it already is kept and read back; an older state gets
/// the versions it lacks. Nothing is believed: the inventory of `from` must be the one that is known by its digest, content
/// must fit it, and is read back from `to`; what does not belong to the document stays behind.
///
/// # Errors
/// [`Error::Damaged`] naming `from` when it is not what is known, [`Error::Different`] when another history of
/// the document lies on `to`.
pub fn mirror(from: &dyn CopyStore, to: &dyn CopyStore, id: DocumentId, known: Sha512) -> Result<Stored, Error> {
    let place = layout::place(id);
    if from.list(&place)?.is_none() {
        return Err(Error::NoObject { copy: from.name().to_owned(), object: id });
    }
    let (digest, wanted) = load(from, &place, id)?;
    if digest != known {
        return Err(unknown(from, id));
    }
    let _exclusive = to.exclusive()?;
    to.check()?;
    recover_one(to, id)?;
    let have = match to.list(&place)? {
        None => None,
        Some(_) => Some(common(from, to, &place, id, &wanted)?),
    };
    if have == Some(wanted.head) {
        return confirm(to, &place, &wanted, wanted.head);
    }
    let built = copied(from, to, &place, id, wanted, have);
    if built.is_err() {
        // Should this fail too, the next opening does it.
        to.discard(&staged(id)).ok();
    }
    let built = built?;
    match have {
        None => to.enter(&[whole(id)])?,
        Some(newest) => {
            for number in newest.0 + 1..=built.inventory.head.0 {
                let number = VersionNumber(number);
                to.enter(&[version(id, number)])?;
                to.protect(&format!("{place}/{number}"))?;
            }
            put_root(to, &place, &built.bytes)?;
        }
    }
    finish(to, id, &place, &built)
}

/// The newest version on `to`, which must be one of `from`'s own.
fn common(
    from: &dyn CopyStore,
    to: &dyn CopyStore,
    place: &str,
    id: DocumentId,
    wanted: &Inventory,
) -> Result<VersionNumber, Error> {
    let head = load(to, place, id)?.1.head;
    let folder = format!("{place}/{head}");
    let same = head <= wanted.head && whole_inventory(from, &folder)?.0 == whole_inventory(to, &folder)?.0;
    if same { Ok(head) } else { Err(Error::Different { copy: to.name().to_owned(), object: id }) }
}

/// Copies what `to` lacks into its staging folder and reads it back there.
fn copied(
    from: &dyn CopyStore,
    to: &dyn CopyStore,
    place: &str,
    id: DocumentId,
    inventory: Inventory,
    have: Option<VersionNumber>,
) -> Result<Built, Error> {
    let digests = inventory.content();
    let (mut written, mut content, mut content_bytes) = (Vec::new(), 0, 0);
    for path in files(from, place)?.0.into_keys() {
        let version = path.split_once('/').and_then(|(folder, _)| folder.parse::<VersionNumber>().ok());
        // The root of a document that lies there already follows its newest version at the end.
        if have.is_some_and(|newest| version.is_none_or(|version| version <= newest)) {
            continue;
        }
        let is_content = digests.contains_key(&path);
        if !is_content && !is_form(&path) {
            continue;
        }
        let (source, target) = (format!("{place}/{path}"), format!("{}/{path}", staged(id)));
        let measured = from.measure(&source, Trust::Medium)?;
        if is_content && digests.get(&path) != Some(&measured.sha512) {
            return Err(Error::damaged(from.name(), &source, "its digest is not the inventory's"));
        }
        let mut reader = ContentReader::of_stream(PathBuf::from(&source), from.stream(&source)?);
        to.create_new(&target, &mut reader)?;
        content += u64::from(is_content);
        content_bytes += if is_content { measured.bytes } else { 0 };
        written.push((target, measured));
    }
    to.settle(&[whole(id)])?;
    for (path, measured) in written {
        if to.measure(&path, Trust::Medium)? != measured {
            return Err(Error::ReadBack { copy: to.name().to_owned(), path });
        }
    }
    complete(from, place, &digests, have)?;
    let bytes = from.read(&format!("{place}/{INVENTORY}"), INVENTORY_MAX_BYTES)?;
    Ok(Built { inventory, bytes, files: content, content_bytes })
}

/// Whether a file of this name belongs to every document: declaration, and inventories with their sidecars.
fn is_form(path: &str) -> bool {
    let name = match path.split_once('/') {
        Some((folder, name)) if folder.parse::<VersionNumber>().is_ok() => name,
        Some(_) => return false,
        None if path == OBJECT_DECLARATION.0 => return true,
        None => path,
    };
    name == INVENTORY || name == SIDECAR
}

/// Everything the inventory names was there to be copied, and each version's own inventory holds.
fn complete(
    from: &dyn CopyStore,
    place: &str,
    digests: &BTreeMap<String, Sha512>,
    have: Option<VersionNumber>,
) -> Result<(), Error> {
    let found = files(from, place)?.0;
    let (name, text) = OBJECT_DECLARATION;
    let declaration = format!("{place}/{name}");
    if have.is_none() && from.read(&declaration, INVENTORY_MAX_BYTES)? != text.as_bytes() {
        return Err(Error::damaged(from.name(), &declaration, "it is not the declaration of a document"));
    }
    if let Some(missing) = digests.keys().find(|path| !found.contains_key(*path)) {
        return Err(Error::damaged(from.name(), &format!("{place}/{missing}"), "it is missing"));
    }
    for path in found.keys().filter(|path| path.ends_with(SIDECAR) && path.contains('/')) {
        if let Some((folder, _)) = path.rsplit_once('/')
            && folder.parse::<VersionNumber>().is_ok_and(|version| have.is_none_or(|newest| version > newest))
        {
            whole_inventory(from, &format!("{place}/{folder}"))?;
        }
    }
    Ok(())
}
