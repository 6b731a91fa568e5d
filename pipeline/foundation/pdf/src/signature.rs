//! The read side of signatures: fields, their dictionaries, the hole they leave, and the document security store.
#![warn(clippy::indexing_slicing)]

use std::{collections::BTreeSet, path::Path};

use crate::{
    Error,
    object::{Dictionary, Indirect, Object, Reference},
    page::rectangle,
    parse::Parser,
    reader::Reader,
    tail::Revision,
};

/// Fields and levels looked at.
const FIELDS: usize = 10_000;
const LEVELS: u32 = 32;
/// Largest entry of a document security store.
const EVIDENCE: u64 = 16 << 20;
/// Entries of a document security store, and bytes of all together: they are held in memory at once.
const EVIDENCES: usize = 4096;
const STORE: u64 = 128 << 20;

/// A signature field that carries a signature or a document timestamp.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, as read")]
pub struct SignatureField {
    /// Fully qualified field name.
    pub name: String,
    /// The field's object.
    pub field: Reference,
    /// The signature dictionary's object, if it is indirect.
    pub dictionary: Option<Reference>,
    /// `/Type /DocTimeStamp`, or sub-filter `ETSI.RFC3161`.
    pub document_timestamp: bool,
    /// `/Filter`.
    pub filter: String,
    /// `/SubFilter`.
    pub sub_filter: String,
    /// `/ByteRange`, when it has four numbers that make sense.
    pub byte_range: Option<[u64; 4]>,
    /// `/Contents` as it stands, zero padding included.
    pub contents: Vec<u8>,
    /// The hole of the byte range lies in this dictionary and holds exactly `/Contents`: everything else is covered.
    pub hole_is_contents: bool,
    /// `/M`.
    pub signing_time: Option<String>,
    /// `/Name`.
    pub signer_name: Option<String>,
    /// `/Reason`.
    pub reason: Option<String>,
    /// `DocMDP` permission of this signature: it certifies.
    pub doc_mdp: Option<i64>,
    /// It locks fields (`/FieldMDP`, or a `/Lock` of its field).
    pub locks_fields: bool,
    /// Its widget has an area, or none that can be told.
    pub visible: bool,
}

impl SignatureField {
    /// Where the covered bytes end.
    pub fn covered_end(&self) -> Option<u64> {
        self.byte_range.map(|[_, _, second, length]| second.saturating_add(length))
    }
}

/// A document security store (EN 319 142-1 §5.4.2), decoded.
#[derive(Debug, Clone, Default)]
pub struct Dss {
    /// Certificates, DER.
    pub certificates: Vec<Vec<u8>>,
    /// OCSP responses, DER.
    pub ocsps: Vec<Vec<u8>>,
    /// Revocation lists, DER.
    pub crls: Vec<Vec<u8>>,
    /// Keys of `/VRI`: upper-case hexadecimal SHA-1 of a signature's whole `/Contents`.
    pub vri: Vec<String>,
}

/// The revisions of a file, oldest first.
pub fn revisions(path: &Path) -> Result<Vec<Revision>, Error> {
    Ok(Reader::open(path)?.tail().revisions())
}

/// The signatures of a file in the order in which they were made.
pub fn signatures(path: &Path) -> Result<Vec<SignatureField>, Error> {
    signatures_in(&mut Reader::open(path)?)
}

/// The document security store of a file; empty when there is none.
pub fn dss(path: &Path) -> Result<Dss, Error> {
    dss_in(&mut Reader::open(path)?)
}

/// One field with what it inherits.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// No other field lies below it.
    pub(crate) terminal: bool,
    pub(crate) name: String,
    pub(crate) reference: Reference,
    pub(crate) dictionary: Dictionary,
    pub(crate) kind: Vec<u8>,
    pub(crate) value: Option<Object>,
}

/// All terminal fields of the form.
pub(crate) fn fields(reader: &mut Reader) -> Result<Vec<Field>, Error> {
    Ok(all_fields(reader)?.into_iter().filter(|field| field.terminal).collect())
}

/// All fields of the form, with those that only hand down names and values.
pub(crate) fn all_fields(reader: &mut Reader) -> Result<Vec<Field>, Error> {
    let (_, catalog) = reader.catalog()?;
    let Some(form) = reader.dictionary(&catalog, "AcroForm")? else { return Ok(Vec::new()) };
    let mut out = Vec::new();
    let mut seen = BTreeSet::new();
    for root in reader.array(&form, "Fields")? {
        let Some(root) = root.as_reference() else { continue };
        let top = Above { name: String::new(), kind: Vec::new(), value: None };
        collect(reader, root, &top, 0, &mut seen, &mut out)?;
    }
    Ok(out)
}

/// What a field takes from the fields above it.
struct Above {
    name: String,
    kind: Vec<u8>,
    value: Option<Object>,
}

fn collect(
    reader: &mut Reader,
    reference: Reference,
    above: &Above,
    level: u32,
    seen: &mut BTreeSet<Reference>,
    out: &mut Vec<Field>,
) -> Result<(), Error> {
    if level > LEVELS || seen.len() > FIELDS {
        return Err(Error::TooLarge { path: reader.source().path(), what: "number of fields", limit: FIELDS as u64 });
    }
    if !seen.insert(reference) {
        return Ok(());
    }
    let Indirect::Value(Object::Dictionary(dictionary)) = reader.get(reference)? else { return Ok(()) };
    let name = match reader.entry(&dictionary, "T")?.as_text() {
        Some(own) if above.name.is_empty() => own,
        Some(own) => format!("{}.{own}", above.name),
        None => above.name.clone(),
    };
    let kind = reader.entry(&dictionary, "FT")?.as_name().map_or_else(|| above.kind.clone(), <[u8]>::to_vec);
    let value = dictionary.get("V").cloned().or_else(|| above.value.clone());
    let kids = reader.array(&dictionary, "Kids")?;
    let mut terminal = true;
    for kid in &kids {
        let Some(kid) = kid.as_reference() else { continue };
        let Indirect::Value(Object::Dictionary(below)) = reader.get(kid)? else { continue };
        if below.get("T").is_some() {
            terminal = false;
            let here = Above { name: name.clone(), kind: kind.clone(), value: value.clone() };
            collect(reader, kid, &here, level + 1, seen, out)?;
        }
    }
    out.push(Field { terminal, name, reference, dictionary, kind, value });
    Ok(())
}

/// The signatures, from an open file.
pub fn signatures_in(reader: &mut Reader) -> Result<Vec<SignatureField>, Error> {
    let mut out = Vec::new();
    for field in fields(reader)? {
        if field.kind != b"Sig" {
            continue;
        }
        let Some(value) = field.value.clone() else { continue };
        if let Some(signature) = read_signature(reader, &field, &value)? {
            out.push(signature);
        }
    }
    out.sort_by_key(|signature| signature.covered_end().unwrap_or(u64::MAX));
    Ok(out)
}

fn read_signature(reader: &mut Reader, field: &Field, value: &Object) -> Result<Option<SignatureField>, Error> {
    let own = value.as_reference();
    // A direct dictionary lies within its field's object.
    let located = reader.locate(own.unwrap_or(field.reference))?;
    let span = located.span;
    let dictionary = match (own, located.indirect) {
        (Some(_), Indirect::Value(Object::Dictionary(dictionary))) => dictionary,
        (Some(_), Indirect::Value(_) | Indirect::Stream { .. }) => return Ok(None),
        (None, _) => value.as_dictionary().cloned().unwrap_or_default(),
    };
    let text = |object: &Object| object.as_name().map(|name| String::from_utf8_lossy(name).into_owned());
    let sub_filter = text(&reader.entry(&dictionary, "SubFilter")?).unwrap_or_default();
    let contents = reader.entry(&dictionary, "Contents")?.as_string().unwrap_or_default().to_vec();
    let byte_range = byte_range(reader, &dictionary)?;
    let hole_is_contents = match (byte_range, span) {
        (Some(range), Some(span)) => hole_holds(reader, range, span, &contents)?,
        (Some(_) | None, Some(_) | None) => false,
    };
    let (doc_mdp, field_mdp) = transforms(reader, &dictionary)?;
    let rect = reader.entry(&field.dictionary, "Rect")?;
    let area = rectangle(&rect).is_none_or(|[x0, y0, x1, y1]| x1 > x0 && y1 > y0);
    Ok(Some(SignatureField {
        name: field.name.clone(),
        field: field.reference,
        dictionary: own,
        document_timestamp: dictionary.is_name("Type", "DocTimeStamp") || sub_filter == "ETSI.RFC3161",
        filter: text(&reader.entry(&dictionary, "Filter")?).unwrap_or_default(),
        sub_filter,
        byte_range,
        contents,
        hole_is_contents,
        signing_time: reader.entry(&dictionary, "M")?.as_text(),
        signer_name: reader.entry(&dictionary, "Name")?.as_text(),
        reason: reader.entry(&dictionary, "Reason")?.as_text(),
        doc_mdp,
        locks_fields: field_mdp || field.dictionary.get("Lock").is_some(),
        visible: rect != Object::Null && area,
    }))
}

fn byte_range(reader: &mut Reader, dictionary: &Dictionary) -> Result<Option<[u64; 4]>, Error> {
    let items = reader.array(dictionary, "ByteRange")?;
    let numbers: Option<Vec<u64>> =
        items.iter().map(|item| item.as_integer().and_then(|value| u64::try_from(value).ok())).collect();
    let Some([first, first_len, second, second_len]) = numbers.as_deref().and_then(<[u64]>::as_array::<4>).copied()
    else {
        return Ok(None);
    };
    let end = second.checked_add(second_len);
    let sound = first == 0 && first_len < second && end.is_some_and(|end| end <= reader.source().len());
    Ok(sound.then_some([first, first_len, second, second_len]))
}

/// Whether the gap of the byte range lies inside the dictionary's object and is the `/Contents` string, no byte more.
fn hole_holds(
    reader: &Reader,
    [_, first_len, second, _]: [u64; 4],
    (begin, end): (u64, u64),
    contents: &[u8],
) -> Result<bool, Error> {
    let expected = contents.len() as u64 * 2 + 2;
    // White space or an odd digit inside the string would make it longer: no signer writes that, so it is refused.
    if first_len < begin || second > end || second - first_len != expected {
        return Ok(false);
    }
    let mut gap = reader.source().read(first_len, expected as usize)?;
    gap.push(b' ');
    let exact = gap.first() == Some(&b'<') && gap.get(gap.len() - 2) == Some(&b'>');
    Ok(exact && Parser::new(&gap, 0).object().is_ok_and(|object| object.as_string() == Some(contents)))
}

/// `DocMDP` permission and whether fields are locked.
fn transforms(reader: &mut Reader, dictionary: &Dictionary) -> Result<(Option<i64>, bool), Error> {
    let (mut doc_mdp, mut field_mdp) = (None, false);
    for reference in reader.array(dictionary, "Reference")? {
        let Object::Dictionary(reference) = reader.value(&reference)? else { continue };
        let method = reader.entry(&reference, "TransformMethod")?;
        match method.as_name() {
            Some(b"DocMDP") => {
                let parameters = reader.dictionary(&reference, "TransformParams")?.unwrap_or_default();
                doc_mdp = Some(reader.entry(&parameters, "P")?.as_integer().unwrap_or(2)); // 2 is the default
            }
            Some(b"FieldMDP") => field_mdp = true,
            _ => {}
        }
    }
    Ok((doc_mdp, field_mdp))
}

/// The document security store, from an open file.
pub fn dss_in(reader: &mut Reader) -> Result<Dss, Error> {
    let (_, catalog) = reader.catalog()?;
    let Some(store) = reader.dictionary(&catalog, "DSS")? else { return Ok(Dss::default()) };
    let vri = reader.dictionary(&store, "VRI")?.unwrap_or_default();
    let mut keys = BTreeSet::new();
    for (key, _) in vri.iter() {
        keys.insert(String::from_utf8_lossy(key).into_owned());
    }
    let mut left = STORE;
    Ok(Dss {
        certificates: evidence(reader, &store, "Certs", &mut left)?,
        ocsps: evidence(reader, &store, "OCSPs", &mut left)?,
        crls: evidence(reader, &store, "CRLs", &mut left)?,
        vri: keys.into_iter().collect(),
    })
}

/// One list of the store; what it takes is taken from the bytes `left` for the whole store.
fn evidence(reader: &mut Reader, store: &Dictionary, key: &str, left: &mut u64) -> Result<Vec<Vec<u8>>, Error> {
    let path = reader.source().path();
    let too_large = |what, limit| Error::TooLarge { path: path.clone(), what, limit };
    let items = reader.array(store, key)?;
    if items.len() > EVIDENCES {
        return Err(too_large("number of entries of the document security store", EVIDENCES as u64));
    }
    let mut out = Vec::new();
    for item in items {
        if let Indirect::Stream { dictionary, start } = reader.resolve(&item)? {
            let data = reader.stream_data(&dictionary, start, EVIDENCE)?;
            *left = left.checked_sub(data.len() as u64).ok_or_else(|| too_large("document security store", STORE))?;
            out.push(data);
        }
    }
    Ok(out)
}
