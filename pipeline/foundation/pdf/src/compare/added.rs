//! What a field that a later revision adds may bring: a document timestamp is let in only because nobody sees it.
#![warn(clippy::indexing_slicing)]

use crate::{
    Error,
    object::{Dictionary, Indirect, Object},
    page::rectangle,
    parse::Parser,
    reader::Reader,
    signature::Field,
};

/// Decoded bytes of an appearance that draws nothing: remarks of the tool that wrote it.
const REMARKS: u64 = 64 * 1024;

/// Whether a field shows nothing and does nothing, for any reader: only entries that say so themselves, each once and
/// nothing of it behind a reference, where the next reader may find something else.
pub(super) fn is_invisible(reader: &mut Reader, field: &Field) -> Result<bool, Error> {
    let value = field.dictionary.get("V").cloned().unwrap_or(Object::Null);
    let Indirect::Value(signature @ Object::Dictionary(_)) = reader.resolve(&value)? else { return Ok(false) };
    let whole = Object::Dictionary(field.dictionary.clone());
    if whole.has_doubled_keys() || signature.has_doubled_keys() || field.dictionary.get("Rect").is_none() {
        return Ok(false);
    }
    for (key, value) in field.dictionary.iter() {
        let harmless = match key {
            b"Type" => value == &Object::name("Annot"),
            b"Subtype" => value == &Object::name("Widget"),
            b"FT" => value == &Object::name("Sig"),
            b"T" | b"TU" | b"NM" | b"M" => value.as_string().is_some(),
            b"F" | b"Ff" => value.as_integer().is_some(),
            b"P" | b"V" => value.as_reference().is_some(),
            b"Rect" => has_no_area(value),
            b"MK" => value.as_dictionary().is_some_and(Dictionary::is_empty),
            b"AP" => draws_nothing(reader, value),
            // An action, widgets below it, a border, a field above it, or what we do not know.
            _ => false,
        };
        if !harmless {
            return Ok(false);
        }
    }
    Ok(true)
}

/// ISO 32000-2 §12.7.5.5: the rectangle of an invisible signature has zero height and width.
fn has_no_area(rect: &Object) -> bool {
    rectangle(rect).is_some_and(|[left, bottom, right, top]| right - left == 0.0 && top - bottom == 0.0)
}

/// Whether an appearance is one normal appearance without content, as some tools give every widget.
fn draws_nothing(reader: &mut Reader, appearance: &Object) -> bool {
    let Some(normal) = appearance.as_dictionary().filter(|appearance| appearance.len() == 1) else { return false };
    let Some(form @ Object::Reference(_)) = normal.get("N").cloned() else { return false };
    let Ok(Indirect::Stream { dictionary, start }) = reader.resolve(&form) else { return false };
    if !is_bare_form(&dictionary) {
        return false;
    }
    let Ok(content) = reader.stream_data(&dictionary, start, REMARKS) else { return false };
    let mut parser = Parser::new(&content, 0);
    parser.skip_space();
    parser.rest().is_empty()
}

/// Whether a form (ISO 32000-2 table 93) has the box without which readers choose their own, nothing to draw with, and
/// content that is not predicted from anything.
fn is_bare_form(form: &Dictionary) -> bool {
    let plain = |(key, value): (&[u8], &Object)| match key {
        b"Type" => value == &Object::name("XObject"),
        b"Subtype" => value == &Object::name("Form"),
        b"FormType" => value.as_integer() == Some(1),
        b"BBox" => rectangle(value).is_some(),
        b"Matrix" => value.as_array().is_some_and(|of| of.len() == 6 && of.iter().all(|one| one.as_number().is_some())),
        b"Resources" => value.as_dictionary().is_some_and(Dictionary::is_empty),
        b"Length" => value.as_integer().is_some(),
        b"Filter" => value == &Object::name("FlateDecode"),
        _ => false,
    };
    !form.is_ambiguous() && form.is_name("Subtype", "Form") && form.get("BBox").is_some() && form.iter().all(plain)
}
