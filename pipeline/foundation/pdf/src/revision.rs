//! Appends a revision behind a file that stays byte-identical. The revision is small and made in memory; the file
//! before it only ever streams through a digest.

use std::collections::BTreeMap;

use ring::digest::Context;

use crate::{
    Error,
    conformance::{lint, lint_stream},
    digest::FileDigest,
    filter::deflate,
    object::{Dictionary, Object, Reference},
    reader::Reader,
    tail::XrefForm,
};

/// Digits reserved for each number of a `/ByteRange`.
const NUMBER_WIDTH: usize = 12;
/// Largest offset that a cross-reference table can hold: ten digits.
const TABLE_LIMIT: u64 = 9_999_999_999;

/// A revision being made.
#[derive(Debug)]
pub struct Revision {
    start: u64,
    previous: u64,
    form: XrefForm,
    /// `/Root`, `/Info` and `/ID` of the file so far.
    trailer: Dictionary,
    next: u32,
    bytes: Vec<u8>,
    entries: BTreeMap<u32, (u16, u64)>,
    hole: Option<HolePlace>,
    faults: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
struct HolePlace {
    byte_range: usize,
    contents: usize,
    reserved: usize,
}

impl Revision {
    /// Begins a revision behind a file.
    ///
    /// # Errors
    /// [`Error::NoEnd`] when foreign bytes follow the end: a revision behind them would be read differently.
    pub fn after(reader: &Reader) -> Result<Self, Error> {
        let tail = reader.tail();
        if !tail.clean_end {
            return Err(Error::NoEnd { path: reader.source().path() });
        }
        let mut trailer = Dictionary::new();
        for key in ["Root", "Info", "ID"] {
            if let Some(value) = tail.trailer(key) {
                trailer.set(key, value.clone());
            }
        }
        let mut bytes = Vec::new();
        if !tail.ends_with_line {
            bytes.push(b'\n');
        }
        Ok(Self {
            start: tail.len,
            previous: tail.startxref,
            form: tail.form(),
            trailer,
            next: tail.next_number(),
            bytes,
            entries: BTreeMap::new(),
            hole: None,
            faults: Vec::new(),
        })
    }

    /// A fresh object number.
    pub fn allocate(&mut self) -> Reference {
        let reference = Reference { number: self.next, generation: 0 };
        self.next = self.next.saturating_add(1);
        reference
    }

    fn begin(&mut self, reference: Reference) {
        let offset = self.start + self.bytes.len() as u64;
        self.entries.insert(reference.number, (reference.generation, offset));
        self.push(&format!("{} {} obj\n", reference.number, reference.generation));
    }

    fn push(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Writes an object of ours.
    pub fn put(&mut self, reference: Reference, object: &Object) {
        lint(object, &mut self.faults);
        self.replace(reference, object);
    }

    /// Writes an object in place of an older one. What others wrote in it is not held against PDF/A.
    pub fn replace(&mut self, reference: Reference, object: &Object) {
        self.begin(reference);
        object.write(&mut self.bytes);
        self.push("\nendobj\n");
    }

    /// Writes an object under a fresh number.
    pub fn add(&mut self, object: &Object) -> Reference {
        let reference = self.allocate();
        self.put(reference, object);
        reference
    }

    /// Writes a stream whose bytes are already encoded as its dictionary says.
    pub fn add_stream(&mut self, dictionary: &Dictionary, data: &[u8]) -> Reference {
        let reference = self.allocate();
        lint_stream(dictionary, &mut self.faults);
        self.begin(reference);
        dictionary.clone().with("Length", data.len() as i64).write(&mut self.bytes);
        self.push("\nstream\n");
        self.bytes.extend_from_slice(data);
        self.push("\nendstream\nendobj\n");
        reference
    }

    /// Writes a stream deflated, or as it is when that is not smaller.
    pub fn add_deflated(&mut self, dictionary: &Dictionary, data: &[u8]) -> Reference {
        let deflated = deflate(data);
        if deflated.len() < data.len() {
            self.add_stream(&dictionary.clone().with("Filter", Object::name("FlateDecode")), &deflated)
        } else {
            self.add_stream(dictionary, data)
        }
    }

    /// Writes a signature dictionary with a `/ByteRange` and a hole of `reserved` bytes for `/Contents`. One a revision.
    pub fn put_signature(&mut self, reference: Reference, dictionary: &Dictionary, reserved: usize) {
        lint(&Object::Dictionary(dictionary.clone()), &mut self.faults);
        self.begin(reference);
        let mut head = Vec::new();
        dictionary.write(&mut head);
        head.truncate(head.len() - 2);
        self.bytes.extend_from_slice(&head);
        self.push("/ByteRange");
        let byte_range = self.bytes.len();
        self.push(&" ".repeat(byte_range_width()));
        self.push("/Contents");
        let contents = self.bytes.len();
        self.push("<");
        self.push(&"0".repeat(reserved * 2));
        self.push(">>>\nendobj\n");
        self.hole = Some(HolePlace { byte_range, contents, reserved });
    }

    /// Ends the revision with its cross-reference section.
    ///
    /// # Errors
    /// [`Error::Nonconforming`] when something written breaks PDF/A; [`Error::Unsupported`] for a table beyond 10 GB.
    pub fn finish(mut self) -> Result<Finished, Error> {
        if !self.faults.is_empty() {
            return Err(Error::Nonconforming { faults: self.faults.join("; ") });
        }
        self.refresh_id();
        match self.form {
            XrefForm::Table => self.write_table()?,
            XrefForm::Stream => self.write_stream(),
        }
        let mut finished = Finished { start: self.start, bytes: self.bytes, hole: self.hole };
        finished.fill_byte_range();
        Ok(finished)
    }

    /// The second half of `/ID` changes with the content (ISO 32000-1 §14.4), repeatably.
    fn refresh_id(&mut self) {
        let Some([first, second]) = self.trailer.get("ID").and_then(Object::as_array) else { return };
        let mut context = Context::new(&ring::digest::SHA256);
        context.update(second.as_string().unwrap_or_default());
        context.update(&self.bytes);
        let digest = context.finish();
        let second = Object::String(digest.as_ref().iter().take(16).copied().collect());
        let id = Object::Array(vec![first.clone(), second]);
        self.trailer.set("ID", id);
    }

    fn write_table(&mut self) -> Result<(), Error> {
        let at = self.start + self.bytes.len() as u64;
        if at > TABLE_LIMIT {
            let path = std::path::PathBuf::new();
            return Err(Error::TooLarge { path, what: "an offset in a cross-reference table", limit: TABLE_LIMIT });
        }
        self.push("xref\n");
        let entries = std::mem::take(&mut self.entries);
        for run in runs(&entries) {
            let Some((first, _)) = run.first() else { continue };
            self.push(&format!("{first} {}\n", run.len()));
            for (_, (generation, offset)) in run {
                self.push(&format!("{offset:010} {generation:05} n \n"));
            }
        }
        let trailer = self.trailer.clone().with("Size", i64::from(self.next)).with("Prev", self.previous as i64);
        self.push("trailer\n");
        trailer.write(&mut self.bytes);
        self.push(&format!("\nstartxref\n{at}\n%%EOF\n"));
        Ok(())
    }

    fn write_stream(&mut self) {
        let at = self.start + self.bytes.len() as u64;
        let own = self.allocate();
        self.entries.insert(own.number, (0, at));
        let entries = std::mem::take(&mut self.entries);
        let mut index = Vec::new();
        let mut data = Vec::new();
        for run in runs(&entries) {
            let Some((first, _)) = run.first() else { continue };
            index.extend([Object::Integer(i64::from(*first)), Object::Integer(run.len() as i64)]);
            for (_, (generation, offset)) in run {
                data.push(1);
                data.extend_from_slice(&offset.to_be_bytes());
                data.extend_from_slice(&generation.to_be_bytes());
            }
        }
        let dictionary = self
            .trailer
            .clone()
            .with("Type", Object::name("XRef"))
            .with("W", vec![Object::Integer(1), Object::Integer(8), Object::Integer(2)])
            .with("Index", index)
            .with("Size", i64::from(self.next))
            .with("Prev", self.previous as i64)
            .with("Length", data.len() as i64);
        self.push(&format!("{} 0 obj\n", own.number));
        dictionary.write(&mut self.bytes);
        self.push("\nstream\n");
        self.bytes.extend_from_slice(&data);
        self.push(&format!("\nendstream\nendobj\nstartxref\n{at}\n%%EOF\n"));
    }
}

type Run = Vec<(u32, (u16, u64))>;

/// Entries with consecutive numbers.
fn runs(entries: &BTreeMap<u32, (u16, u64)>) -> Vec<Run> {
    let mut out: Vec<Run> = Vec::new();
    for (number, entry) in entries {
        match out.last_mut() {
            Some(run) if run.last().is_some_and(|(last, _)| last + 1 == *number) => run.push((*number, *entry)),
            _ => out.push(vec![(*number, *entry)]),
        }
    }
    out
}

fn byte_range_width() -> usize {
    "[0   ]".len() + 3 * NUMBER_WIDTH
}

/// A whole revision, with a hole for a signature if one was asked for.
#[derive(Debug, Clone)]
pub struct Finished {
    start: u64,
    bytes: Vec<u8>,
    hole: Option<HolePlace>,
}

impl Finished {
    /// The bytes to append.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn fill_byte_range(&mut self) {
        let Some(hole) = self.hole else { return };
        let first = self.start + hole.contents as u64;
        let second = first + hole.reserved as u64 * 2 + 2;
        let rest = self.start + self.bytes.len() as u64 - second;
        let range = format!("[0 {first} {second} {rest}]");
        if let Some(place) = self.bytes.get_mut(hole.byte_range..hole.byte_range + range.len()) {
            place.copy_from_slice(range.as_bytes());
        }
    }

    /// The digest state over everything that the signature covers, given the state over the file before the revision
    /// (cloned here, so that the file is read once for the signature, the whole and whatever follows).
    pub fn signed(&self, before: &Context) -> Context {
        let mut context = before.clone();
        if let Some(hole) = self.hole {
            let second = hole.contents + hole.reserved * 2 + 2;
            context.update(self.bytes.get(..hole.contents).unwrap_or_default());
            context.update(self.bytes.get(second..).unwrap_or_default());
        }
        context
    }

    /// The digest state over the file and the whole revision.
    pub fn whole(&self, before: &FileDigest) -> FileDigest {
        let mut digest = before.clone();
        digest.update(&self.bytes);
        digest
    }

    /// Puts the signature into the hole; the rest of the hole stays zero.
    ///
    /// # Errors
    /// [`Error::HoleTooSmall`].
    pub fn fill(&mut self, signature: &[u8]) -> Result<(), Error> {
        let reserved = self.hole.map_or(0, |hole| hole.reserved);
        let too_small = Error::HoleTooSmall { needed: signature.len(), reserved };
        let Some(hole) = self.hole.filter(|hole| signature.len() <= hole.reserved) else { return Err(too_small) };
        let digits = hex::encode(signature);
        let from = hole.contents + 1;
        if let Some(place) = self.bytes.get_mut(from..from + digits.len()) {
            place.copy_from_slice(digits.as_bytes());
        }
        Ok(())
    }
}
