//! Reads a document's fields out of its words: number, date, issuer, subject, signer, secrecy.
//!
//! *Purpose:* fills the description with what stands on the paper, each value with page, box and confidence, and
//! sees secrecy marks (Điều 11). What a person declared wins; what cannot be read stays empty.
//! *Knows:* how Party and State papers are laid out, their types, numbers and offices.
//! *Doesn't know:* files, engines, what becomes of a held document.

mod date;
mod header;
mod issuer;
mod language;
mod layout;
mod number;
mod secrecy;
mod signer;
mod subject;
mod text;
mod vocabulary;

use std::collections::BTreeMap;

use model::{Declared, Description, Extracted, Field, PageWords, Secrecy};
use unicode_normalization::UnicodeNormalization as _;

pub use number::{DocNumber, parse as parse_number};
pub use secrecy::SecrecyMark;
pub use vocabulary::Style;

use crate::{header::Header, layout::Sheet, vocabulary::LETTER};

/// What was read and what was declared.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Described {
    /// The fields.
    pub description: Description,
    /// The highest secrecy mark seen on the pages, whatever was declared.
    pub secrecy: Option<SecrecyMark>,
}

/// Describes a document from the words of its pages, what its `document.toml` declares, and its place in inbound
/// (`fonds`, `inventory`, `file`, `document`). Never fails: what cannot be read is missing.
pub fn describe(pages: &[PageWords], declared: &Declared, place: &BTreeMap<String, String>) -> Described {
    let sheets: Vec<Sheet> = pages.iter().map(Sheet::of).collect();
    let mut fields = BTreeMap::new();
    if let Some(first) = sheets.iter().find(|sheet| sheet.page == 1) {
        read_head(first, &mut fields);
    }
    let signer = signer::read(&sheets);
    put(&mut fields, Field::SignerRole, signer.role);
    put(&mut fields, Field::SignerName, signer.name);
    let words = pages.iter().flat_map(PageWords::words).map(|word| word.text.as_str());
    put(&mut fields, Field::Language, language::of(words).map(|(code, confidence)| counted(code, confidence)));
    if !pages.is_empty() {
        fields.insert(Field::Pages, counted(&pages.len().to_string(), 1.0));
    }
    let secrecy = secrecy::find(&sheets);
    put(
        &mut fields,
        Field::Secrecy,
        secrecy.as_ref().map(|mark| Extracted {
            value: level_name(mark.level).to_owned(),
            confidence: mark.confidence,
            page: Some(mark.page),
            rect: Some(mark.rect),
            confirmed_by: None,
        }),
    );
    locate(place, &mut fields);
    declare(declared, &mut fields);
    Described { description: Description(fields), secrecy }
}

/// The name of a secrecy level in descriptions, as `document.toml` spells it.
pub fn level_name(level: Secrecy) -> &'static str {
    match level {
        Secrecy::Thuong => "thuong",
        Secrecy::Mat => "mat",
        Secrecy::ToiMat => "toi-mat",
        Secrecy::TuyetMat => "tuyet-mat",
    }
}

fn put(fields: &mut BTreeMap<Field, Extracted>, field: Field, value: Option<Extracted>) {
    if let Some(value) = value {
        fields.insert(field, value);
    }
}

/// A value of the whole document, with no place of its own.
fn counted(value: &str, confidence: f32) -> Extracted {
    Extracted { value: value.to_owned(), confidence, page: None, rect: None, confirmed_by: None }
}

fn read_head(sheet: &Sheet, fields: &mut BTreeMap<Field, Extracted>) {
    let page = sheet.page;
    let header = Header::of(sheet);
    if let Some((_, found)) = &header.number {
        put(fields, Field::Number, found.number.as_ref().and_then(|n| header.number_reading(page, n)));
        put(fields, Field::Notation, header.number_reading(page, &found.notation));
    }
    if let Some((row, line)) = &header.date {
        let at = |(value, range): &(String, std::ops::Range<usize>)| {
            let tokens = layout::tokens_of(&row.tokens, range.start, range.end);
            layout::reading(page, value.clone(), &tokens, line.certainty)
        };
        put(fields, Field::IssuedDate, line.date.as_ref().map(at));
        put(fields, Field::IssuedPlace, line.place.as_ref().map(at));
    }
    put(fields, Field::Issuer, issuer::read(page, sheet.height, &header));
    let subject = subject::read(sheet, &header);
    read_type(sheet, &header, subject.is_some(), fields);
    put(fields, Field::Subject, subject);
}

/// The type: the title decides (`QĐ` of the Party is *Quyết định* or *Quy định*), else the abbreviation where it has
/// one meaning, else a State number without type over *V/v …*: a letter.
fn read_type(sheet: &Sheet, header: &Header, has_subject: bool, fields: &mut BTreeMap<Field, Extracted>) {
    let number = header.number.as_ref().map(|(_, found)| found);
    let code = number.and_then(|found| found.type_code);
    put(fields, Field::TypeCode, code.and_then(|code| header.number_reading(sheet.page, code)));
    if let Some(title) = &header.title {
        let Some(segment) = sheet.segments.get(title.at) else { return };
        let tokens = segment.tokens.get(..title.found.words).unwrap_or(&segment.tokens);
        fields
            .insert(Field::TypeName, layout::reading(sheet.page, title.found.kind.name, tokens, title.found.certainty));
        return;
    }
    let name = match number {
        Some(found) => match code.map(|code| vocabulary::types_of_code(code, found.style)) {
            Some(kinds) => match kinds.as_slice() {
                [only] => Some(only.name),
                _ => None,
            },
            None => (found.style == Style::State && has_subject).then_some(LETTER),
        },
        None => None,
    };
    put(fields, Field::TypeName, name.and_then(|name| header.number_reading(sheet.page, name)));
}

/// What the path below inbound says. A person chose the folder, but nobody confirmed the field.
fn locate(place: &BTreeMap<String, String>, fields: &mut BTreeMap<Field, Extracted>) {
    for (key, field) in [
        ("fonds", Field::FondsCode),
        ("inventory", Field::InventoryNo),
        ("file", Field::FileNo),
        ("document", Field::DocOrdinal),
    ] {
        let value = place.get(key).filter(|value| !value.is_empty());
        put(fields, field, value.map(|value| counted(&value.nfc().collect::<String>(), 1.0)));
    }
}

/// What a person declared, over everything read. An identifier nobody knows was refused at intake.
fn declare(declared: &Declared, fields: &mut BTreeMap<Field, Extracted>) {
    let numbers = [(Field::Sheets, declared.sheets), (Field::Pages, declared.pages)];
    for (field, value) in numbers {
        put(fields, field, value.map(|value| Extracted::declared(value.to_string())));
    }
    put(fields, Field::Secrecy, declared.secrecy.map(|level| Extracted::declared(level_name(level))));
    for (name, value) in &declared.description {
        let value: String = value.trim().nfc().collect();
        if let (Some(field), false) = (Field::from_name(name), value.is_empty()) {
            fields.insert(field, Extracted::declared(value));
        }
    }
}

#[cfg(test)]
mod test_page;
#[cfg(test)]
mod tests;
