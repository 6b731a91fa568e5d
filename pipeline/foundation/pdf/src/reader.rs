//! Looks objects up by number, one at a time, from the file: memory does not grow with the file.
#![warn(clippy::indexing_slicing, clippy::as_conversions)]

use std::{collections::BTreeMap, path::Path, rc::Rc};

use crate::{
    Error,
    filter::{self, decode},
    object::{Dictionary, Indirect, Object, Reference},
    parse::{Fault, Parser, is_space},
    source::Source,
    tail::{Entry, Tail},
};

/// Largest object that is not a stream, and largest decoded object stream.
const OBJECT: usize = 32 << 20;
/// References followed from one to the next.
const HOPS: u32 = 32;
/// Decoded bytes of object streams that are kept.
const KEPT: usize = 64 << 20;

/// What a look into the file costs at least, in bytes of reading: the smallest objects are dearer to fetch than to parse.
const LOOK: u64 = 256;

#[derive(Debug)]
struct ObjectStream {
    data: Vec<u8>,
    /// Object number and offset into `data`.
    index: Vec<(u32, usize)>,
    /// Where the index ends.
    first: usize,
}

impl ObjectStream {
    /// Where an object begins, if it is the one at an index.
    fn place(&self, index: u32, number: u32) -> Option<usize> {
        let (found, at) = self.index.get(usize::try_from(index).ok()?)?;
        (*found == number).then_some(*at)
    }
}

/// A file with its cross-reference chain.
#[derive(Debug)]
pub struct Reader {
    source: Source,
    tail: Tail,
    streams: BTreeMap<u32, Rc<ObjectStream>>,
    /// Decoded bytes in them.
    kept: usize,
}

/// An object with the bytes of the file it takes.
#[derive(Debug, Clone)]
pub(crate) struct Located {
    pub(crate) indirect: Indirect,
    /// First byte of `N G obj` up to the end of the value; nothing when it lies in an object stream.
    pub(crate) span: Option<(u64, u64)>,
}

impl Reader {
    /// Opens a file; encrypted ones are refused by name.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::new(Source::open(path)?)
    }

    /// Opens any source.
    pub fn new(source: Source) -> Result<Self, Error> {
        let tail = Tail::read(&source)?;
        if tail.trailer("Encrypt").is_some() {
            return Err(Error::Encrypted { path: source.path() });
        }
        Ok(Self { source, tail, streams: BTreeMap::new(), kept: 0 })
    }

    /// The bytes.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The cross-reference chain.
    pub fn tail(&self) -> &Tail {
        &self.tail
    }

    /// The object of a reference; what is not there is null (ISO 32000-1 §7.3.10).
    pub fn get(&mut self, reference: Reference) -> Result<Indirect, Error> {
        Ok(self.locate(reference)?.indirect)
    }

    pub(crate) fn locate(&mut self, reference: Reference) -> Result<Located, Error> {
        match self.tail.find(reference.number) {
            Entry::At { offset, generation } if generation == reference.generation => {
                self.read_at(offset, reference.number)
            }
            Entry::In { stream, index } if reference.generation == 0 => {
                let value = self.in_stream(stream, index, reference.number)?;
                Ok(Located { indirect: Indirect::Value(value), span: None })
            }
            Entry::At { .. } | Entry::In { .. } | Entry::Free => {
                Ok(Located { indirect: Indirect::Value(Object::Null), span: None })
            }
        }
    }

    /// Follows references until a value or a stream stands there.
    pub fn resolve(&mut self, object: &Object) -> Result<Indirect, Error> {
        let mut current = object.clone();
        for _ in 0..HOPS {
            let Object::Reference(reference) = current else { return Ok(Indirect::Value(current)) };
            match self.get(reference)? {
                Indirect::Value(value) => current = value,
                stream @ Indirect::Stream { .. } => return Ok(stream),
            }
        }
        Err(self.bad(0, "references lead in a circle"))
    }

    /// The value behind references; a stream gives its dictionary.
    pub fn value(&mut self, object: &Object) -> Result<Object, Error> {
        Ok(match self.resolve(object)? {
            Indirect::Value(value) => value,
            Indirect::Stream { dictionary, .. } => Object::Dictionary(dictionary),
        })
    }

    /// The value of a dictionary's key with references followed; null when absent.
    pub fn entry(&mut self, dictionary: &Dictionary, key: &str) -> Result<Object, Error> {
        match dictionary.get(key) {
            Some(value) => {
                let value = value.clone();
                self.value(&value)
            }
            None => Ok(Object::Null),
        }
    }

    /// A dictionary under a key, with references followed.
    pub fn dictionary(&mut self, dictionary: &Dictionary, key: &str) -> Result<Option<Dictionary>, Error> {
        Ok(match self.entry(dictionary, key)? {
            Object::Dictionary(dictionary) => Some(dictionary),
            _ => None,
        })
    }

    /// An array under a key, with references to the array (not in it) followed; empty when absent.
    pub fn array(&mut self, dictionary: &Dictionary, key: &str) -> Result<Vec<Object>, Error> {
        Ok(match self.entry(dictionary, key)? {
            Object::Array(items) => items,
            _ => Vec::new(),
        })
    }

    /// The catalog and its reference.
    pub fn catalog(&mut self) -> Result<(Reference, Dictionary), Error> {
        let Some(reference) = self.tail.trailer("Root").and_then(Object::as_reference) else {
            return Err(self.bad(0, "the trailer names no catalog"));
        };
        match self.get(reference)? {
            Indirect::Value(Object::Dictionary(catalog)) => Ok((reference, catalog)),
            Indirect::Value(_) | Indirect::Stream { .. } => Err(self.bad(reference.number, "the catalog is missing")),
        }
    }

    /// Length of a stream's bytes in the file.
    pub fn stream_length(&mut self, dictionary: &Dictionary) -> Result<u64, Error> {
        let length = self.entry(dictionary, "Length")?;
        length
            .as_integer()
            .and_then(|length| u64::try_from(length).ok())
            .ok_or_else(|| self.bad(0, "a stream has no usable length"))
    }

    /// A stream's bytes, decoded, up to a limit.
    pub fn stream_data(&mut self, dictionary: &Dictionary, start: u64, limit: u64) -> Result<Vec<u8>, Error> {
        let length = self.stream_length(dictionary)?;
        let too_large = |path| Error::TooLarge { path, what: "a stream", limit };
        if length > limit || start.saturating_add(length) > self.source.len() {
            return Err(too_large(self.source.path()));
        }
        let raw = self.source.read(start, usize::try_from(length).unwrap_or(0))?;
        let direct = dictionary
            .clone()
            .with("Filter", self.deep(dictionary, "Filter")?)
            .with("DecodeParms", self.deep(dictionary, "DecodeParms")?);
        decode(&direct, &raw, limit).map_err(|fault| self.undecoded(0, fault, limit))
    }

    /// A filter entry with the references one level down followed as well.
    fn deep(&mut self, dictionary: &Dictionary, key: &str) -> Result<Object, Error> {
        Ok(match self.entry(dictionary, key)? {
            Object::Array(items) => {
                let items = items.iter().map(|item| self.value(item)).collect::<Result<Vec<_>, _>>()?;
                Object::Array(items)
            }
            value => value,
        })
    }

    fn bad(&self, number: u32, detail: &'static str) -> Error {
        Error::BadObject { path: self.source.path(), number, detail }
    }

    /// Reads the object that must stand at an offset.
    pub(crate) fn read_at(&self, offset: u64, number: u32) -> Result<Located, Error> {
        let mut size = 1024;
        loop {
            let window = self.source.read(offset, size)?;
            let whole = window.len() < size;
            let read = indirect(&window, offset, number);
            let end = read.as_ref().ok().and_then(|located| located.span).map(|(_, end)| end.saturating_sub(offset));
            match end {
                Some(end) => self.source.spend(end.max(LOOK))?,
                None => self.spend(window.len())?,
            }
            match read {
                Ok(located) => return Ok(located),
                Err(Fault::Bad(detail)) => return Err(self.bad(number, detail)),
                Err(Fault::NeedMore) if whole => return Err(self.bad(number, "it is cut off")),
                Err(Fault::NeedMore) if size >= OBJECT => {
                    let limit = u64::try_from(OBJECT).unwrap_or(0);
                    return Err(Error::TooLarge { path: self.source.path(), what: "an object", limit });
                }
                Err(Fault::NeedMore) => size *= 4,
            }
        }
    }

    fn in_stream(&mut self, stream: u32, index: u32, number: u32) -> Result<Object, Error> {
        let stream = self.object_stream(stream)?;
        // ISO 32000-2 table 18: at its index. Where another one stands, one reader takes that one, the next looks further.
        let at = stream.place(index, number).ok_or_else(|| self.bad(number, "its object stream does not have it"))?;
        Ok(self.unpack(&stream, at, number)?.0)
    }

    /// Whether an object stream has an object at an index.
    pub(crate) fn packs(&mut self, stream: u32, index: u32, number: u32) -> Result<bool, Error> {
        Ok(self.object_stream(stream)?.place(index, number).is_some())
    }

    /// Everything in an object stream, listed or not. The objects lie one behind the other, as readers expect that do not
    /// go by their places.
    pub(crate) fn packed(&mut self, stream: u32) -> Result<Vec<(u32, Object)>, Error> {
        let stream = self.object_stream(stream)?;
        let mut out = Vec::with_capacity(stream.index.len());
        let mut end = stream.first;
        for (number, at) in &stream.index {
            if !stream.data.get(end..*at).is_some_and(|gap| gap.iter().all(|byte| is_space(*byte))) {
                return Err(self.bad(*number, "it does not follow the one before it in its object stream"));
            }
            let (object, behind) = self.unpack(&stream, *at, *number)?;
            out.push((*number, object));
            end = behind;
        }
        Ok(out)
    }

    /// An object in an object stream, and where it ends there.
    fn unpack(&self, stream: &ObjectStream, at: usize, number: u32) -> Result<(Object, usize), Error> {
        let mut parser = Parser::new(&stream.data, at);
        let object = parser.object();
        self.spend(parser.at().saturating_sub(at))?;
        let object = object.map_err(|fault| match fault {
            Fault::NeedMore => self.bad(number, "it is cut off in its object stream"),
            Fault::Bad(detail) => self.bad(number, detail),
        })?;
        Ok((object, parser.at()))
    }

    fn spend(&self, bytes: usize) -> Result<(), Error> {
        self.source.spend(u64::try_from(bytes).unwrap_or(u64::MAX))
    }

    fn object_stream(&mut self, number: u32) -> Result<Rc<ObjectStream>, Error> {
        if let Some(found) = self.streams.get(&number) {
            return Ok(Rc::clone(found));
        }
        // An object stream must itself lie in the file, never in another one: no recursion.
        let Entry::At { offset, .. } = self.tail.find(number) else {
            return Err(self.bad(number, "an object stream is missing"));
        };
        let Indirect::Stream { dictionary, start } = self.read_at(offset, number)?.indirect else {
            return Err(self.bad(number, "an object stream is no stream"));
        };
        // Most readers do not ask; those that do find nothing in it.
        if !dictionary.is_name("Type", "ObjStm") {
            return Err(self.bad(number, "an object stream does not say that it is one"));
        }
        let mut data = self.plain_stream(number, &dictionary, start)?;
        self.spend(data.len())?;
        data.extend_from_slice(b" endobj "); // the last value may end with the stream
        let (index, first) =
            stream_index(&dictionary, &data).ok_or_else(|| self.bad(number, "its index is malformed"))?;
        if self.kept.saturating_add(data.len()) > KEPT {
            self.streams.clear();
            self.kept = 0;
        }
        self.kept = self.kept.saturating_add(data.len());
        let stream = Rc::new(ObjectStream { data, index, first });
        self.streams.insert(number, Rc::clone(&stream));
        Ok(stream)
    }

    /// Decodes an object stream without looking into object streams: its length must lie in the file, its filter in
    /// its own dictionary, so hostile files cannot make this recurse.
    fn plain_stream(&self, number: u32, dictionary: &Dictionary, start: u64) -> Result<Vec<u8>, Error> {
        let limit = u64::try_from(OBJECT).unwrap_or(0);
        let length = match dictionary.get("Length") {
            Some(Object::Integer(length)) => Some(*length),
            Some(Object::Reference(reference)) => match self.tail.find(reference.number) {
                Entry::At { offset, .. } => match self.read_at(offset, reference.number)?.indirect {
                    Indirect::Value(Object::Integer(length)) => Some(length),
                    Indirect::Value(_) | Indirect::Stream { .. } => None,
                },
                Entry::In { .. } | Entry::Free => None,
            },
            _ => None,
        };
        let length = length
            .and_then(|length| usize::try_from(length).ok())
            .filter(|length| *length <= OBJECT)
            .ok_or_else(|| self.bad(number, "an object stream has no usable length"))?;
        let raw = self.source.read(start, length)?;
        decode(dictionary, &raw, limit).map_err(|fault| self.undecoded(number, fault, limit))
    }

    fn undecoded(&self, number: u32, fault: filter::Fault, limit: u64) -> Error {
        match fault {
            filter::Fault::TooLarge => Error::TooLarge { path: self.source.path(), what: "a stream", limit },
            filter::Fault::Bad(detail) => self.bad(number, detail),
            filter::Fault::Unsupported(what) => Error::Unsupported { path: self.source.path(), what },
        }
    }
}

/// The index of an object stream, numbers and nothing else, and where it ends.
fn stream_index(dictionary: &Dictionary, data: &[u8]) -> Option<(Vec<(u32, usize)>, usize)> {
    let count = usize::try_from(dictionary.get("N")?.as_integer()?).ok()?;
    let first = usize::try_from(dictionary.get("First")?.as_integer()?).ok()?;
    let only_numbers = data.get(..first)?.iter().all(|byte| byte.is_ascii_digit() || is_space(*byte));
    if count > data.len() || !only_numbers {
        return None;
    }
    let mut parser = Parser::new(data, 0);
    let mut index = Vec::with_capacity(count);
    for _ in 0..count {
        let number = u32::try_from(parser.unsigned().ok()?).ok()?;
        let at = usize::try_from(parser.unsigned().ok()?).ok()?;
        index.push((number, first.checked_add(at)?));
    }
    Some((index, first))
}

/// `N G obj` value, or a stream.
fn indirect(window: &[u8], offset: u64, number: u32) -> Result<Located, Fault> {
    let mut parser = Parser::new(window, 0);
    parser.skip_space();
    let begin = parser.at();
    if parser.unsigned()? != u64::from(number) {
        return Err(Fault::Bad("another object stands at its offset"));
    }
    parser.unsigned()?;
    if !parser.keyword(b"obj")? {
        return Err(Fault::Bad("no object stands at its offset"));
    }
    let value = parser.object()?;
    let place = |at: usize| offset.saturating_add(u64::try_from(at).unwrap_or(0));
    let span = Some((place(begin), place(parser.at())));
    Ok(match value {
        Object::Dictionary(dictionary) => {
            if parser.stream_keyword()? {
                Located { indirect: Indirect::Stream { dictionary, start: place(parser.at()) }, span }
            } else {
                Located { indirect: Indirect::Value(Object::Dictionary(dictionary)), span }
            }
        }
        other => Located { indirect: Indirect::Value(other), span },
    })
}
