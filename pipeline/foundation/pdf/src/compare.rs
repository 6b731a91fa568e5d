//! What a later revision changed. Both states of the file are read as their readers saw them (a prefix each), and the
//! whole object graph from the catalog is compared, so that neither a replaced object nor one that appears behind a
//! reference which led nowhere before goes unseen.
#![warn(clippy::indexing_slicing)]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use crate::{
    Error,
    object::{Dictionary, Indirect, Object, Reference},
    page::pages,
    reader::Reader,
    signature::{Field, fields, signatures_in},
    source::Source,
    tail::Entry,
};

/// Objects compared.
const OBJECTS: usize = 2_000_000;

/// A change between two states of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Validation data were added (`/DSS`, and the `/Extensions` that announces it).
    ValidationData,
    /// A document timestamp was added, in this field.
    DocumentTimestamp(String),
    /// A signature was added, in this field.
    Signature(String),
    /// A form field other than a signature was added, removed or filled in.
    Form(String),
    /// Annotations of this page (from 1) changed in another way.
    Annotations(u32),
    /// This page's content or attributes changed.
    Page(u32),
    /// Pages were added, removed or reordered.
    PageTree,
    /// Document information or metadata changed.
    Metadata,
    /// Anything else, named by the catalog or trailer entry under which it lies.
    Other(String),
}

impl Change {
    /// Whether the change only secures the file: allowed after our seal (`DocMDP` P=2, DSS and document timestamps only).
    pub fn only_secures(&self) -> bool {
        match self {
            Self::ValidationData | Self::DocumentTimestamp(_) => true,
            Self::Signature(_)
            | Self::Form(_)
            | Self::Annotations(_)
            | Self::Page(_)
            | Self::PageTree
            | Self::Metadata
            | Self::Other(_) => false,
        }
    }
}

/// Compares the first `from` bytes of a file (a revision) with the first `to` bytes (a later one).
/// The changes come sorted, each once; nothing changed gives an empty list.
pub fn compare(path: &Path, from: u64, to: u64) -> Result<Vec<Change>, Error> {
    compare_in(&Source::open(path)?, from, to)
}

/// The same over any source.
pub fn compare_in(source: &Source, from: u64, to: u64) -> Result<Vec<Change>, Error> {
    let mut old = Reader::new(source.prefix(from))?;
    let new = Reader::new(source.prefix(to))?;
    let old_pages = pages(&mut old)?;
    let mut comparison =
        Comparison { old, new, special: BTreeSet::new(), seen: BTreeSet::new(), changes: BTreeSet::new() };
    comparison.special.extend(old_pages.iter().copied());
    comparison.run(&old_pages)?;
    Ok(comparison.changes.into_iter().collect())
}

struct Comparison {
    old: Reader,
    new: Reader,
    /// Objects with rules of their own (catalog, form, fields, pages): the general walk stops at them.
    special: BTreeSet<Reference>,
    seen: BTreeSet<Reference>,
    changes: BTreeSet<Change>,
}

impl Comparison {
    fn run(&mut self, old_pages: &[Reference]) -> Result<(), Error> {
        let (old_root, old_catalog) = self.old.catalog()?;
        let (new_root, new_catalog) = self.new.catalog()?;
        if old_root != new_root {
            self.changes.insert(Change::Other("Root".to_owned()));
        }
        self.special.insert(old_root);
        let old_fields = fields(&mut self.old)?;
        let new_fields = fields(&mut self.new)?;
        self.special.extend(old_fields.iter().map(|field| field.reference));
        self.special.extend(old_catalog.get("AcroForm").and_then(Object::as_reference));
        let info = [self.old.tail().trailer("Info").cloned(), self.new.tail().trailer("Info").cloned()];
        if !self.same(info[0].as_ref().unwrap_or(&Object::Null), info[1].as_ref().unwrap_or(&Object::Null))? {
            self.changes.insert(Change::Metadata);
        }
        self.catalog(&old_catalog, &new_catalog)?;
        let added = self.fields(&old_fields, &new_fields)?;
        self.form(&old_catalog, &new_catalog, &added)?;
        // A tree that can no longer be walked was changed as well.
        if !pages(&mut self.new).is_ok_and(|new_pages| new_pages == old_pages) {
            self.changes.insert(Change::PageTree);
        }
        for (i, page) in old_pages.iter().enumerate() {
            self.page(*page, i as u32 + 1, &added)?;
        }
        Ok(())
    }

    /// Catalog entries but the form: equal, except for the store of validation data.
    fn catalog(&mut self, old: &Dictionary, new: &Dictionary) -> Result<(), Error> {
        for key in self.keys(old, new) {
            let (before, after) = (value(old, &key), value(new, &key));
            if key == b"AcroForm" || self.same(&before, &after)? {
                continue;
            }
            self.changes.insert(match key.as_slice() {
                b"DSS" if after != Object::Null => Change::ValidationData,
                b"Extensions" if before == Object::Null => Change::ValidationData,
                b"Metadata" => Change::Metadata,
                b"Pages" => Change::PageTree,
                _ => Change::Other(readable(&key)),
            });
        }
        Ok(())
    }

    /// Fields: the old ones stay; a new or newly filled signature field is named by what it carries. Gives the
    /// references of the fields that were added or signed.
    fn fields(&mut self, old: &[Field], new: &[Field]) -> Result<BTreeSet<Reference>, Error> {
        let timestamps: BTreeSet<Reference> = signatures_in(&mut self.new)?
            .into_iter()
            .filter(|signature| signature.document_timestamp && !signature.visible)
            .map(|signature| signature.field)
            .collect();
        let before: BTreeMap<Reference, &Field> = old.iter().map(|field| (field.reference, field)).collect();
        let after: BTreeSet<Reference> = new.iter().map(|field| field.reference).collect();
        let mut added = BTreeSet::new();
        for field in new {
            let signed = field.kind == b"Sig" && field.value.is_some();
            let named = if signed && timestamps.contains(&field.reference) {
                Change::DocumentTimestamp(field.name.clone())
            } else if signed {
                Change::Signature(field.name.clone())
            } else {
                Change::Form(field.name.clone())
            };
            match before.get(&field.reference) {
                None => {
                    // The number must be fresh: an old reference that led nowhere would now show something.
                    let fresh = self.old.get(field.reference)? == Indirect::Value(Object::Null);
                    self.changes.insert(if fresh { named } else { Change::Form(field.name.clone()) });
                    added.insert(field.reference);
                }
                Some(old) => self.field(old, field, signed, named)?,
            }
        }
        for field in old.iter().filter(|field| !after.contains(&field.reference)) {
            self.changes.insert(Change::Form(field.name.clone()));
        }
        Ok(added)
    }

    /// An old field: equal, or an empty signature field that now carries a signature.
    fn field(&mut self, old: &Field, new: &Field, signed: bool, named: Change) -> Result<(), Error> {
        let filled = signed && old.value.is_none();
        for key in self.keys(&old.dictionary, &new.dictionary) {
            if filled && matches!(key.as_slice(), b"V" | b"AP" | b"M" | b"F" | b"MK" | b"DA") {
                continue;
            }
            if !self.same(&value(&old.dictionary, &key), &value(&new.dictionary, &key))? {
                self.changes.insert(Change::Form(new.name.clone()));
            }
        }
        if filled {
            self.changes.insert(named);
        }
        Ok(())
    }

    /// The form dictionary: its list of fields may only grow at the end by added fields; its flags may change.
    fn form(&mut self, old: &Dictionary, new: &Dictionary, added: &BTreeSet<Reference>) -> Result<(), Error> {
        let before = self.old.dictionary(old, "AcroForm")?.unwrap_or_default();
        let after = self.new.dictionary(new, "AcroForm")?.unwrap_or_default();
        for key in self.keys(&before, &after) {
            let same = match key.as_slice() {
                b"SigFlags" => true,
                b"Fields" => {
                    let (old, new) = (self.old.array(&before, "Fields")?, self.new.array(&after, "Fields")?);
                    grows_by(&old, &new, added)
                }
                _ => self.same(&value(&before, &key), &value(&after, &key))?,
            };
            if !same {
                self.changes.insert(Change::Form(format!("AcroForm/{}", readable(&key))));
            }
        }
        Ok(())
    }

    /// A page: equal, except that widgets of added fields may follow its annotations.
    fn page(&mut self, page: Reference, number: u32, added: &BTreeSet<Reference>) -> Result<(), Error> {
        let (Indirect::Value(Object::Dictionary(old)), Indirect::Value(Object::Dictionary(new))) =
            (self.old.get(page)?, self.new.get(page)?)
        else {
            self.changes.insert(Change::Page(number));
            return Ok(());
        };
        for key in self.keys(&old, &new) {
            if key == b"Annots" {
                self.annotations(&old, &new, number, added)?;
            } else if !self.same(&value(&old, &key), &value(&new, &key))? {
                self.changes.insert(Change::Page(number));
            }
        }
        Ok(())
    }

    fn annotations(
        &mut self,
        old: &Dictionary,
        new: &Dictionary,
        number: u32,
        added: &BTreeSet<Reference>,
    ) -> Result<(), Error> {
        let (before, after) = (self.old.array(old, "Annots")?, self.new.array(new, "Annots")?);
        let mut same = grows_by(&before, &after, added);
        for (before, after) in before.iter().zip(&after) {
            same = same && self.same(before, after)?;
        }
        if !same {
            self.changes.insert(Change::Annotations(number));
        }
        Ok(())
    }

    /// Whether two values mean the same in their states of the file, with everything that they lead to. What differs
    /// is not remembered as seen: another way to the same object must find the difference again.
    fn same(&mut self, old: &Object, new: &Object) -> Result<bool, Error> {
        let mut walk = Walk { open: vec![(old.clone(), new.clone())], met: Vec::new() };
        let same = self.walk(&mut walk)?;
        if !same {
            for reference in walk.met {
                self.seen.remove(&reference);
            }
        }
        Ok(same)
    }

    fn walk(&mut self, walk: &mut Walk) -> Result<bool, Error> {
        while let Some((old, new)) = walk.open.pop() {
            match (old, new) {
                (Object::Reference(old), Object::Reference(new)) => {
                    if old != new {
                        return Ok(false);
                    }
                    if self.special.contains(&old) || !self.seen.insert(old) {
                        continue;
                    }
                    walk.met.push(old);
                    if !self.same_object(old, walk)? {
                        return Ok(false);
                    }
                }
                (Object::Array(old), Object::Array(new)) => {
                    if old.len() != new.len() {
                        return Ok(false);
                    }
                    walk.open.extend(old.into_iter().zip(new));
                }
                (Object::Dictionary(old), Object::Dictionary(new)) => self.open_entries(&old, &new, walk),
                (old, new) if old == new => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    fn open_entries(&mut self, old: &Dictionary, new: &Dictionary, walk: &mut Walk) {
        walk.open.extend(self.keys(old, new).into_iter().map(|key| (value(old, &key), value(new, &key))));
    }

    /// The keys of both. A rewritten dictionary in which a key stands twice shows other things to other readers.
    fn keys(&mut self, old: &Dictionary, new: &Dictionary) -> BTreeSet<Vec<u8>> {
        if new.is_ambiguous() && old != new {
            self.changes.insert(Change::Other("ambiguous dictionary".to_owned()));
        }
        old.iter().chain(new.iter()).map(|(key, _)| key.to_vec()).collect()
    }

    /// Compares what stands behind one reference; what it leads to goes on the list.
    fn same_object(&mut self, reference: Reference, walk: &mut Walk) -> Result<bool, Error> {
        if self.seen.len() > OBJECTS {
            let limit = OBJECTS as u64;
            return Err(Error::TooLarge { path: self.old.source().path(), what: "number of objects", limit });
        }
        let unmoved = self.unmoved(reference.number);
        let old = self.old.get(reference)?;
        let new = if unmoved { old.clone() } else { self.new.get(reference)? };
        match (old, new) {
            (Indirect::Value(old), Indirect::Value(new)) => walk.open.push((old, new)),
            (
                Indirect::Stream { dictionary: old, start: old_start },
                Indirect::Stream { dictionary: new, start: new_start },
            ) => {
                if !unmoved && !self.same_bytes(&old, old_start, &new, new_start)? {
                    return Ok(false);
                }
                self.open_entries(&old, &new, walk);
            }
            (Indirect::Value(_) | Indirect::Stream { .. }, Indirect::Value(_) | Indirect::Stream { .. }) => {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether an object stands at the same bytes in both states.
    fn unmoved(&self, number: u32) -> bool {
        let (old, new) = (self.old.tail().find(number), self.new.tail().find(number));
        old == new
            && match old {
                Entry::In { stream, .. } => self.old.tail().find(stream) == self.new.tail().find(stream),
                Entry::At { .. } | Entry::Free => true,
            }
    }

    fn same_bytes(
        &mut self,
        old: &Dictionary,
        old_start: u64,
        new: &Dictionary,
        new_start: u64,
    ) -> Result<bool, Error> {
        let (old_len, new_len) = (self.old.stream_length(old)?, self.new.stream_length(new)?);
        if old_len != new_len {
            return Ok(false);
        }
        let digest = |reader: &Reader, start| {
            let mut context = model::Sha256::context();
            reader.source().each_chunk(start, old_len, |chunk| context.update(chunk))?;
            Ok::<_, Error>(model::Sha256::from_ring(&context.finish()))
        };
        Ok(digest(&self.old, old_start)? == digest(&self.new, new_start)?)
    }
}

/// A walk through both graphs: pairs still to compare, and objects met on it.
struct Walk {
    open: Vec<(Object, Object)>,
    met: Vec<Reference>,
}

/// Whether the new list is the old one followed by added fields only.
fn grows_by(old: &[Object], new: &[Object], added: &BTreeSet<Reference>) -> bool {
    let Some((kept, more)) = new.split_at_checked(old.len()) else { return false };
    let unchanged = kept.iter().zip(old).all(|(kept, old)| kept.as_reference() == old.as_reference());
    unchanged && more.iter().all(|item| item.as_reference().is_some_and(|reference| added.contains(&reference)))
}

fn value(dictionary: &Dictionary, key: &[u8]) -> Object {
    dictionary.get_bytes(key).cloned().unwrap_or(Object::Null)
}

fn readable(key: &[u8]) -> String {
    String::from_utf8_lossy(key).into_owned()
}
