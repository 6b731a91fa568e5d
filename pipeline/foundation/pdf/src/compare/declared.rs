//! What a later revision may add to the catalog: validation data, and the announcement that it follows a newer version or
//! an extension. Only in the plain form that the standards give it, so that none of it can be drawn or done elsewhere.
#![warn(clippy::indexing_slicing)]

use std::collections::BTreeSet;

use crate::{
    Error,
    object::{Dictionary, Indirect, Object, Reference},
    reader::Reader,
};

/// A document security store (EN 319 142-1 §5.4.2): lists of streams, and per signature the same.
pub(super) fn is_store(reader: &mut Reader, object: &Object) -> Result<bool, Error> {
    let Some(store) = plain_dictionary(reader, object)? else { return Ok(false) };
    let mut judge = Judge { reader, lists: BTreeSet::new(), evidence: BTreeSet::new() };
    for (key, value) in store.iter() {
        let plain = match key {
            b"Type" => value == &Object::name("DSS"),
            b"Certs" | b"OCSPs" | b"CRLs" => judge.is_list_of_evidence(value)?,
            b"VRI" => judge.is_per_signature(value)?,
            _ => false,
        };
        if !plain {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Looks at what a store leads to, at each thing once: its parts name the same evidence again and again.
struct Judge<'a> {
    reader: &'a mut Reader,
    /// Lists, and streams, that were found plain.
    lists: BTreeSet<Reference>,
    evidence: BTreeSet<Reference>,
}

impl Judge<'_> {
    fn is_per_signature(&mut self, object: &Object) -> Result<bool, Error> {
        let Some(signatures) = plain_dictionary(self.reader, object)? else { return Ok(false) };
        for (_, value) in signatures.iter() {
            let Some(signature) = plain_dictionary(self.reader, value)? else { return Ok(false) };
            for (key, value) in signature.iter() {
                let plain = match key {
                    b"Type" => value == &Object::name("VRI"),
                    b"Cert" | b"OCSP" | b"CRL" => self.is_list_of_evidence(value)?,
                    b"TU" => value.as_string().is_some(),
                    b"TS" => self.is_evidence(value)?,
                    _ => false,
                };
                if !plain {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn is_list_of_evidence(&mut self, object: &Object) -> Result<bool, Error> {
        if object.as_reference().is_some_and(|reference| self.lists.contains(&reference)) {
            return Ok(true);
        }
        let Indirect::Value(Object::Array(items)) = self.reader.resolve(object)? else { return Ok(false) };
        for item in items {
            if !self.is_evidence(&item)? {
                return Ok(false);
            }
        }
        self.lists.extend(object.as_reference());
        Ok(true)
    }

    /// A stream of bytes and nothing more: no form, no image.
    fn is_evidence(&mut self, object: &Object) -> Result<bool, Error> {
        if object.as_reference().is_some_and(|reference| self.evidence.contains(&reference)) {
            return Ok(true);
        }
        let Indirect::Stream { dictionary, .. } = self.reader.resolve(object)? else { return Ok(false) };
        let bytes_only = |key: &[u8]| matches!(key, b"Length" | b"DL" | b"Filter" | b"DecodeParms");
        let plain = !dictionary.is_ambiguous() && dictionary.iter().all(|(key, _)| bytes_only(key));
        self.evidence.extend(object.as_reference().filter(|_| plain));
        Ok(plain)
    }
}

/// `/Extensions` (ISO 32000-2 §7.12) with the developers it had, and perhaps further ones.
pub(super) fn extends(reader: &mut Reader, before: &Dictionary, after: &Object) -> Result<bool, Error> {
    let Some(extensions) = plain_dictionary(reader, after)? else { return Ok(false) };
    let kept = before.iter().all(|(key, _)| extensions.get_bytes(key).is_some());
    for (key, value) in extensions.iter() {
        let plain = key == b"Type" || is_list_of_extensions(reader, value)?;
        if !plain {
            return Ok(false);
        }
    }
    Ok(kept)
}

/// What one developer declares: one extension, or several.
fn is_list_of_extensions(reader: &mut Reader, object: &Object) -> Result<bool, Error> {
    let items = match reader.resolve(object)? {
        Indirect::Value(Object::Array(items)) => items,
        Indirect::Value(_) | Indirect::Stream { .. } => vec![object.clone()],
    };
    for item in items {
        let Some(extension) = plain_dictionary(reader, &item)? else { return Ok(false) };
        let word = |value: &Object| matches!(value, Object::Name(_) | Object::String(_) | Object::Integer(_));
        if !extension.iter().all(|(_, value)| word(value)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether `/Version` rises to one that signing tools announce for what they add.
pub(super) fn raises(before: &Object, after: &Object) -> bool {
    let newer = matches!(after.as_name(), Some(b"1.7" | b"2.0"));
    newer && (before == &Object::Null || before.as_name() < after.as_name())
}

/// A dictionary that is no stream, no key twice. What is absent is empty.
pub(super) fn plain_dictionary(reader: &mut Reader, object: &Object) -> Result<Option<Dictionary>, Error> {
    Ok(match reader.resolve(object)? {
        Indirect::Value(Object::Dictionary(dictionary)) => Some(dictionary).filter(|found| !found.is_ambiguous()),
        Indirect::Value(Object::Null) => Some(Dictionary::new()),
        Indirect::Value(_) | Indirect::Stream { .. } => None,
    })
}
