//! The walk through both graphs of objects: whether two values mean the same, with everything that they lead to.
#![warn(clippy::indexing_slicing)]

use std::collections::BTreeSet;

use super::{Change, Comparison};
use crate::{
    Error,
    object::{Dictionary, Indirect, Object, Reference},
    reader::Reader,
    tail::Entry,
};

/// Objects compared.
const OBJECTS: usize = 2_000_000;

/// What is below these is drawn: the resources of pages, forms and fields, appearances, and content.
const DRAWN: [&[u8]; 4] = [b"Resources", b"DR", b"AP", b"Contents"];

/// A pair of values still to compare, and whether something drawn led to it.
type Pair = (Object, Object, bool);

/// A walk: pairs still to compare, and objects met on it.
struct Walk {
    open: Vec<Pair>,
    met: Vec<(Reference, bool)>,
}

impl Comparison {
    /// Whether two values mean the same in their states of the file, with everything that they lead to. What differs
    /// is not remembered as seen: another way to the same object must find the difference again.
    pub(super) fn same(&mut self, old: &Object, new: &Object) -> Result<bool, Error> {
        self.same_pair((old.clone(), new.clone(), false))
    }

    /// Whether an entry of two dictionaries means the same.
    pub(super) fn same_entry(&mut self, old: &Dictionary, new: &Dictionary, key: &[u8]) -> Result<bool, Error> {
        self.same_pair((value(old, key), value(new, key), DRAWN.contains(&key)))
    }

    fn same_pair(&mut self, pair: Pair) -> Result<bool, Error> {
        let mut walk = Walk { open: vec![pair], met: Vec::new() };
        let same = self.walk(&mut walk)?;
        if !same {
            for met in walk.met {
                self.seen.remove(&met);
            }
        }
        Ok(same)
    }

    fn walk(&mut self, walk: &mut Walk) -> Result<bool, Error> {
        while let Some((old, new, drawn)) = walk.open.pop() {
            match (old, new) {
                (Object::Reference(old), Object::Reference(new)) => {
                    if old != new {
                        return Ok(false);
                    }
                    // What is drawn must not change in any way, not even as an object with rules of its own may.
                    let own_rules = !drawn && self.special.contains(&old);
                    if own_rules || self.seen.contains(&(old, true)) || !self.seen.insert((old, drawn)) {
                        continue;
                    }
                    walk.met.push((old, drawn));
                    if !self.same_object(old, drawn, walk)? {
                        return Ok(false);
                    }
                }
                (Object::Array(old), Object::Array(new)) => {
                    if old.len() != new.len() {
                        return Ok(false);
                    }
                    walk.open.extend(old.into_iter().zip(new).map(|(old, new)| (old, new, drawn)));
                }
                (Object::Dictionary(old), Object::Dictionary(new)) => self.open_entries(&old, &new, drawn, walk),
                (old, new) if old == new => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    fn open_entries(&mut self, old: &Dictionary, new: &Dictionary, drawn: bool, walk: &mut Walk) {
        let pair = |key: Vec<u8>| (value(old, &key), value(new, &key), drawn || DRAWN.contains(&key.as_slice()));
        walk.open.extend(self.keys(old, new).into_iter().map(pair));
    }

    /// The keys of both. A rewritten dictionary in which a key stands twice shows other things to other readers.
    pub(super) fn keys(&mut self, old: &Dictionary, new: &Dictionary) -> BTreeSet<Vec<u8>> {
        if new.is_ambiguous() && old != new {
            self.changes.insert(Change::Other("ambiguous dictionary".to_owned()));
        }
        old.iter().chain(new.iter()).map(|(key, _)| key.to_vec()).collect()
    }

    /// Compares what stands behind one reference; what it leads to goes on the list.
    fn same_object(&mut self, reference: Reference, drawn: bool, walk: &mut Walk) -> Result<bool, Error> {
        if self.seen.len() > OBJECTS {
            let limit = OBJECTS as u64;
            return Err(Error::TooLarge { path: self.old.source().path(), what: "number of objects", limit });
        }
        let unmoved = self.unmoved(reference.number);
        let old = self.old.get(reference)?;
        let new = if unmoved { old.clone() } else { self.new.get(reference)? };
        match (old, new) {
            (Indirect::Value(old), Indirect::Value(new)) => walk.open.push((old, new, drawn)),
            (
                Indirect::Stream { dictionary: old, start: old_start },
                Indirect::Stream { dictionary: new, start: new_start },
            ) => {
                if !unmoved && !self.same_bytes(&old, old_start, &new, new_start)? {
                    return Ok(false);
                }
                self.open_entries(&old, &new, drawn, walk);
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
            reader.source().spend(old_len.min(reader.source().len()))?;
            let mut context = model::Sha256::context();
            reader.source().each_chunk(start, old_len, |chunk| context.update(chunk))?;
            Ok::<_, Error>(model::Sha256::from_ring(&context.finish()))
        };
        Ok(digest(&self.old, old_start)? == digest(&self.new, new_start)?)
    }
}

fn value(dictionary: &Dictionary, key: &[u8]) -> Object {
    dictionary.get_bytes(key).cloned().unwrap_or(Object::Null)
}
