//! The PDF as a stream: objects leave in the order they are made, their offsets and the digest are kept.

use std::{
    fmt,
    io::{self, Write},
};

use flate2::{Compression, write::ZlibEncoder};
use model::Sha256;

use crate::Error;

/// Ten digits of a plain cross-reference entry.
const MAX_OFFSET: u64 = 9_999_999_999;

/// An object number that is taken; displays as a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reserved(u32);

impl fmt::Display for Reserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} 0 R", self.0)
    }
}

/// A length in points or a factor as PDF writes it: at most four decimals, no exponent.
pub(crate) fn number(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// Appends formatted text.
pub(crate) fn push(out: &mut String, arguments: fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _infallible = fmt::Write::write_fmt(out, arguments);
}

/// Counts and hashes what goes out.
struct Hashing<'a> {
    out: &'a mut dyn Write,
    digest: ring::digest::Context,
    bytes: u64,
}

impl Write for Hashing<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.out.write_all(data)?;
        self.digest.update(data);
        self.bytes += data.len() as u64;
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A PDF being written.
pub(crate) struct Pdf<'a> {
    out: Hashing<'a>,
    /// Offset of each object, by number − 1; 0 while it is only reserved.
    offsets: Vec<u64>,
}

impl<'a> Pdf<'a> {
    pub(crate) fn start(out: &'a mut dyn Write) -> Result<Self, Error> {
        let out = Hashing { out, digest: Sha256::context(), bytes: 0 };
        let mut pdf = Self { out, offsets: Vec::new() };
        // ISO 19005-2 §6.1.2: a comment of four bytes over 127 follows the header.
        pdf.raw(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")?;
        Ok(pdf)
    }

    pub(crate) fn reserve(&mut self) -> Reserved {
        self.offsets.push(0);
        Reserved(self.offsets.len() as u32)
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.out.write_all(bytes).map_err(Error::Output)
    }

    fn begin(&mut self, at: Reserved) -> Result<(), Error> {
        let offset = self.out.bytes;
        if offset > MAX_OFFSET {
            return Err(Error::TooLong { limit: MAX_OFFSET });
        }
        if let Some(slot) = self.offsets.get_mut(at.0 as usize - 1) {
            *slot = offset;
        }
        self.raw(format!("{} 0 obj\n", at.0).as_bytes())
    }

    /// Writes an object that is no stream.
    pub(crate) fn object(&mut self, at: Reserved, value: &str) -> Result<(), Error> {
        self.begin(at)?;
        self.raw(value.as_bytes())?;
        self.raw(b"\nendobj\n")
    }

    /// Writes a stream of known bytes as they are; `entries` are the dictionary's, without `/Length`.
    pub(crate) fn stream(&mut self, at: Reserved, entries: &str, data: &[u8]) -> Result<(), Error> {
        self.begin(at)?;
        self.raw(format!("<<{entries}/Length {}>>\nstream\n", data.len()).as_bytes())?;
        self.raw(data)?;
        self.raw(b"\nendstream\nendobj\n")
    }

    /// Writes a small stream compressed.
    pub(crate) fn flate_stream(&mut self, entries: &str, data: &[u8]) -> Result<Reserved, Error> {
        let at = self.reserve();
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
        let packed = encoder.write_all(data).and_then(|()| encoder.finish()).map_err(Error::Output)?;
        self.stream(at, &format!("{entries}/Filter/FlateDecode"), &packed)?;
        Ok(at)
    }

    /// Writes a stream whose length is known only at its end: `/Length` is an object of its own behind it.
    pub(crate) fn long_stream(
        &mut self,
        entries: &str,
        fill: &mut dyn FnMut(&mut dyn Write) -> Result<(), Error>,
    ) -> Result<Reserved, Error> {
        let (at, length) = (self.reserve(), self.reserve());
        self.begin(at)?;
        self.raw(format!("<<{entries}/Length {length}>>\nstream\n").as_bytes())?;
        let start = self.out.bytes;
        fill(&mut self.out)?;
        let len = self.out.bytes - start;
        self.raw(b"\nendstream\nendobj\n")?;
        self.object(length, &len.to_string())?;
        Ok(at)
    }

    /// Writes the cross-reference table and the trailer, and ends the file.
    pub(crate) fn finish(mut self, trailer: &str) -> Result<(u64, ring::digest::Context), Error> {
        let start = self.out.bytes;
        self.raw(format!("xref\n0 {}\n0000000000 65535 f \n", self.offsets.len() + 1).as_bytes())?;
        let entries: Vec<u64> = self.offsets.clone();
        for offset in entries {
            self.raw(format!("{offset:010} 00000 n \n").as_bytes())?;
        }
        let size = self.offsets.len() + 1;
        self.raw(format!("trailer\n<</Size {size}{trailer}>>\nstartxref\n{start}\n%%EOF\n").as_bytes())?;
        self.out.flush().map_err(Error::Output)?;
        Ok((self.out.bytes, self.out.digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_exponent_and_no_tail() {
        for (value, text) in [(595.0, "595"), (841.889_763_7, "841.8898"), (-0.000_01, "0"), (0.5, "0.5"), (1e-9, "0")]
        {
            assert_eq!(number(value), text);
        }
    }
}
