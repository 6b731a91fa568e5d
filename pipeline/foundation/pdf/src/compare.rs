//! What a later revision changed. Both states of the file are read as their readers saw them (a prefix each), and the
//! whole object graph from the catalog is compared, so that neither a replaced object nor one that appears behind a
//! reference which led nowhere before goes unseen.
#![warn(clippy::indexing_slicing)]

mod added;
mod declared;
mod walk;
mod xmp;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use self::declared::plain_dictionary;
use crate::{
    Error,
    object::{Dictionary, Indirect, Object, Reference},
    page::pages,
    reader::Reader,
    signature::{Field, all_fields, signatures_in},
    source::Source,
    unlisted::unclear,
};

/// A change between two states of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Validation data were added (`/DSS`), or announced (`/Extensions`, a raised `/Version`).
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
    /// The tool that wrote the revision left its name and the date in the document information or the metadata.
    Writer,
    /// Document information or metadata changed in another way.
    Metadata,
    /// Other readers may find other things in the revision: bytes that no cross-reference lists, a key that stands twice.
    Unclear(&'static str),
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
            | Self::Writer
            | Self::Metadata
            | Self::Unclear(_)
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
    let previous = comparison.old.tail().startxref;
    comparison.changes.extend(unclear(&mut comparison.new, from, previous)?.map(Change::Unclear));
    Ok(comparison.changes.into_iter().collect())
}

struct Comparison {
    old: Reader,
    new: Reader,
    /// Objects with rules of their own (catalog, form, fields, pages): the general walk stops at them, unless it comes
    /// from something that is drawn.
    special: BTreeSet<Reference>,
    /// Objects that were compared, and whether as something drawn.
    seen: BTreeSet<(Reference, bool)>,
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
        let old_fields = all_fields(&mut self.old)?;
        let new_fields = all_fields(&mut self.new)?;
        self.special.extend(old_fields.iter().filter(|field| field.terminal).map(|field| field.reference));
        self.special.extend(old_catalog.get("AcroForm").and_then(Object::as_reference));
        self.information()?;
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

    /// The document information of the trailer. It is shown on no page; signing tools write their name and the date there.
    fn information(&mut self) -> Result<(), Error> {
        let [old, new] = [&self.old, &self.new].map(|state| state.tail().trailer("Info").cloned());
        let (old, new) = (old.unwrap_or(Object::Null), new.unwrap_or(Object::Null));
        if self.same(&old, &new)? {
            return Ok(());
        }
        let plain = (plain_dictionary(&mut self.old, &old)?, plain_dictionary(&mut self.new, &new)?);
        let (Some(old), Some(new)) = plain else {
            self.changes.insert(Change::Metadata);
            return Ok(());
        };
        for key in self.keys(&old, &new) {
            let (before, after) = (old.get_bytes(&key), new.get_bytes(&key));
            // Tools write the same text in another encoding.
            let same_text =
                before.and_then(Object::as_text).is_some_and(|text| after.and_then(Object::as_text) == Some(text));
            if !same_text && !self.same_entry(&old, &new, &key)? {
                let writer = matches!(key.as_slice(), b"Producer" | b"ModDate")
                    && after.is_none_or(|after| after.as_string().is_some());
                self.changes.insert(if writer { Change::Writer } else { Change::Metadata });
            }
        }
        Ok(())
    }

    /// Catalog entries but the form: equal, except for the store of validation data and what announces it.
    fn catalog(&mut self, old: &Dictionary, new: &Dictionary) -> Result<(), Error> {
        for key in self.keys(old, new) {
            if key == b"AcroForm" || self.same_entry(old, new, &key)? {
                continue;
            }
            let change = match key.as_slice() {
                b"DSS" | b"Extensions" | b"Version" if self.declares(old, new, &key)? => Change::ValidationData,
                b"Metadata" if self.names_the_writer(old, new)? => Change::Writer,
                b"Metadata" => Change::Metadata,
                b"Pages" => Change::PageTree,
                _ => Change::Other(readable(&key)),
            };
            self.changes.insert(change);
        }
        Ok(())
    }

    /// Whether changed metadata say the same but for what a tool writes about itself.
    fn names_the_writer(&mut self, old: &Dictionary, new: &Dictionary) -> Result<bool, Error> {
        let entry = |catalog: &Dictionary| catalog.get("Metadata").cloned().unwrap_or(Object::Null);
        let before = xmp::packet(&mut self.old, &entry(old))?;
        let after = xmp::packet(&mut self.new, &entry(new))?;
        Ok(before.zip(after).is_some_and(|(before, after)| xmp::only_names_the_writer(&before, &after)))
    }

    /// Whether a changed catalog entry holds or announces validation data, and nothing else.
    fn declares(&mut self, old: &Dictionary, new: &Dictionary, key: &[u8]) -> Result<bool, Error> {
        let (before, after) = (old.get_bytes(key).unwrap_or(&Object::Null), new.get_bytes(key));
        let Some(after) = after else { return Ok(false) };
        match key {
            b"DSS" => declared::is_store(&mut self.new, after),
            b"Extensions" => {
                let Some(before) = plain_dictionary(&mut self.old, before)? else { return Ok(false) };
                declared::extends(&mut self.new, &before, after)
            }
            _ => Ok(declared::raises(before, after)),
        }
    }

    /// Fields: the old ones stay; a new or newly filled signature field is named by what it carries. Gives the
    /// references of the fields that were added or signed.
    fn fields(&mut self, old: &[Field], new: &[Field]) -> Result<BTreeSet<Reference>, Error> {
        let timestamps: BTreeSet<Reference> = signatures_in(&mut self.new)?
            .into_iter()
            .filter(|signature| signature.document_timestamp)
            .map(|signature| signature.field)
            .collect();
        let before: BTreeMap<Reference, &Field> = old.iter().map(|field| (field.reference, field)).collect();
        let after: BTreeSet<Reference> = new.iter().map(|field| field.reference).collect();
        let mut added = BTreeSet::new();
        for field in new {
            let signed = field.terminal && field.kind == b"Sig" && field.value.is_some();
            let stamped = signed && timestamps.contains(&field.reference);
            let named = if stamped && added::is_invisible(&mut self.new, field)? {
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
                Some(old) if old.terminal && field.terminal => self.field(old, field, signed, named)?,
                Some(_) => self.inherited(field)?,
            }
        }
        for field in old.iter().filter(|field| !after.contains(&field.reference)) {
            self.changes.insert(Change::Form(field.name.clone()));
        }
        Ok(added)
    }

    /// An old field that hands names and values down to others: equal.
    fn inherited(&mut self, field: &Field) -> Result<(), Error> {
        let itself = Object::Reference(field.reference);
        if !self.same(&itself, &itself)? {
            self.changes.insert(Change::Form(field.name.clone()));
        }
        Ok(())
    }

    /// An old field: equal, or an empty signature field that now carries a signature.
    fn field(&mut self, old: &Field, new: &Field, signed: bool, named: Change) -> Result<(), Error> {
        let filled = signed && old.value.is_none();
        for key in self.keys(&old.dictionary, &new.dictionary) {
            if filled && matches!(key.as_slice(), b"V" | b"AP" | b"M" | b"F" | b"MK" | b"DA") {
                continue;
            }
            if !self.same_entry(&old.dictionary, &new.dictionary, &key)? {
                self.changes.insert(Change::Form(new.name.clone()));
            }
        }
        if filled {
            self.changes.insert(named);
        }
        Ok(())
    }

    /// The form dictionary: its list of fields may only grow at the end by added fields; flags may be set.
    fn form(&mut self, old: &Dictionary, new: &Dictionary, added: &BTreeSet<Reference>) -> Result<(), Error> {
        let entry = |catalog: &Dictionary| catalog.get("AcroForm").cloned().unwrap_or(Object::Null);
        let before = plain_dictionary(&mut self.old, &entry(old))?;
        let after = plain_dictionary(&mut self.new, &entry(new))?;
        let (Some(before), Some(after)) = (before, after) else {
            self.changes.insert(Change::Form("AcroForm".to_owned()));
            return Ok(());
        };
        for key in self.keys(&before, &after) {
            let same = match key.as_slice() {
                b"SigFlags" => sets_flags(before.get("SigFlags"), after.get("SigFlags")),
                b"Fields" => {
                    let (old, new) = (self.old.array(&before, "Fields")?, self.new.array(&after, "Fields")?);
                    self.grows_by(&old, &new, added)?
                }
                _ => self.same_entry(&before, &after, &key)?,
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
            } else if !self.same_entry(&old, &new, &key)? {
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
        if !self.grows_by(&before, &after, added)? {
            self.changes.insert(Change::Annotations(number));
        }
        Ok(())
    }

    /// Whether the new list is the old one followed by added fields only.
    fn grows_by(&mut self, old: &[Object], new: &[Object], added: &BTreeSet<Reference>) -> Result<bool, Error> {
        let Some((kept, more)) = new.split_at_checked(old.len()) else { return Ok(false) };
        for (old, kept) in old.iter().zip(kept) {
            if !self.same(old, kept)? {
                return Ok(false);
            }
        }
        Ok(more.iter().all(|item| item.as_reference().is_some_and(|reference| added.contains(&reference))))
    }
}

/// Whether flags are as they were, or some more of the two that there are (ISO 32000-2 table 225).
fn sets_flags(before: Option<&Object>, after: Option<&Object>) -> bool {
    let flags = |object: Option<&Object>| object.map_or(Some(0), Object::as_integer);
    match (flags(before), flags(after)) {
        (Some(before), Some(after)) => after & before == before && after & !3 == before & !3,
        _ => before == after,
    }
}

fn readable(key: &[u8]) -> String {
    String::from_utf8_lossy(key).into_owned()
}
