//! Adds a signature field to a form: the few objects that change, each once, everything else as it was.

use std::collections::BTreeSet;

use crate::{
    Error,
    object::{Dictionary, Object, Reference},
    page::Page,
    reader::Reader,
    revision::Revision,
    signature::fields,
};

/// Signatures exist, and the file must only be extended (ISO 32000-1 table 219).
const SIGNATURES_EXIST_APPEND_ONLY: i64 = 3;

/// A field name that no field of the file has yet: `stem`, or `stem2`, `stem3`, …
pub fn free_field_name(reader: &mut Reader, stem: &str) -> Result<String, Error> {
    // A name must also differ from the first part of every longer one.
    let taken: BTreeSet<String> =
        fields(reader)?.into_iter().map(|field| field.name.split('.').next().unwrap_or_default().to_owned()).collect();
    let numbered = (2_u32..).map(|number| format!("{stem}{number}"));
    let mut names = std::iter::once(stem.to_owned()).chain(numbered);
    Ok(names.find(|name| !taken.contains(name)).unwrap_or_else(|| stem.to_owned()))
}

/// Adds a widget to the annotations of a page: rewrites the page, or the array that it refers to.
pub fn add_annotation(
    reader: &mut Reader,
    revision: &mut Revision,
    page: &Page,
    widget: Reference,
) -> Result<(), Error> {
    let mut annotations = reader.array(&page.dictionary, "Annots")?;
    annotations.push(Object::Reference(widget));
    match page.dictionary.get("Annots").and_then(Object::as_reference) {
        Some(array) => revision.replace(array, &Object::Array(annotations)),
        None => revision.replace(page.reference, &page.dictionary.clone().with("Annots", annotations).into()),
    }
    Ok(())
}

/// Adds a field to the form, in the catalog or in the objects that it refers to. The caller writes the catalog.
pub fn add_field(
    reader: &mut Reader,
    revision: &mut Revision,
    catalog: &mut Dictionary,
    field: Reference,
) -> Result<(), Error> {
    let mut form = reader.dictionary(catalog, "AcroForm")?.unwrap_or_default();
    let mut list = reader.array(&form, "Fields")?;
    list.push(Object::Reference(field));
    match form.get("Fields").and_then(Object::as_reference) {
        Some(array) => revision.replace(array, &Object::Array(list)),
        None => form.set("Fields", list),
    }
    form.set("SigFlags", SIGNATURES_EXIST_APPEND_ONLY);
    match catalog.get("AcroForm").and_then(Object::as_reference) {
        Some(reference) => revision.replace(reference, &form.into()),
        None => catalog.set("AcroForm", form),
    }
    Ok(())
}
