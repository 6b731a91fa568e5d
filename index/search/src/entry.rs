//! What is kept of a page: whose it is, and its words.
//!
//! It is the one field the engine keeps, so that a hit need not be taken apart field by field: it is read from the end
//! of what the engine gives, where its length stands.

use model::DocumentId;

use crate::IndexedDocument;

/// What is kept of a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    pub(crate) id: DocumentId,
    pub(crate) page: u32,
    pub(crate) title: &'a str,
    pub(crate) number: Option<&'a str>,
    /// A [`crate::stored::StoredPage`].
    pub(crate) words: &'a [u8],
}

/// Title, number and words, each behind its length; then identifier, page and the length of it all.
pub(crate) fn pack(document: &IndexedDocument<'_>, page: u32, words: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(words.len() + document.title.len() + 80);
    let mut put = |part: &[u8]| {
        bytes.extend_from_slice(&(part.len() as u32).to_le_bytes());
        bytes.extend_from_slice(part);
    };
    put(document.title.as_bytes());
    put(document.number.unwrap_or_default().as_bytes());
    put(words);
    put(document.id.to_string().as_bytes());
    bytes.extend_from_slice(&page.to_le_bytes());
    bytes.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    bytes
}

/// Reads it from the end of what the engine keeps; none when these bytes are no such thing.
pub(crate) fn unpack(kept: &[u8]) -> Option<Entry<'_>> {
    let (rest, length) = kept.split_last_chunk()?;
    let from = rest.len().checked_sub(u32::from_le_bytes(*length) as usize)?;
    let (mut rest, page) = rest.get(from..)?.split_last_chunk()?;
    let mut part = || {
        let (length, after) = rest.split_first_chunk()?;
        let (part, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        rest = after;
        Some(part)
    };
    let (title, number, words, id) = (text(part()?)?, text(part()?)?, part()?, text(part()?)?);
    let number = Some(number).filter(|number| !number.is_empty());
    Some(Entry { id: id.parse().ok()?, page: u32::from_le_bytes(*page), title, number, words })
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}
