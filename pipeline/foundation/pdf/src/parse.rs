//! Parses PDF values from a window of bytes. Total: any bytes give a value, a fault, or the wish for a larger window.
#![warn(clippy::indexing_slicing, clippy::as_conversions)]

use crate::object::{Dictionary, Object, Reference};

/// Nesting of arrays and dictionaries.
const DEPTH: u32 = 100;

const UNKNOWN_WORD: Fault = Fault::Bad("an unknown word");

/// Why a value was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The window ends inside the value.
    NeedMore,
    /// The bytes are not PDF syntax.
    Bad(&'static str),
}

/// A cursor over a window of bytes.
#[derive(Debug)]
pub(crate) struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
}

pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

impl<'a> Parser<'a> {
    pub(crate) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// Index of the next byte.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Result<u8, Fault> {
        let byte = self.peek().ok_or(Fault::NeedMore)?;
        self.at += 1;
        Ok(byte)
    }

    /// Takes one byte, whatever it is.
    pub(crate) fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    /// Takes `stream` and its line end: the next byte is the first of the data.
    pub(crate) fn stream_keyword(&mut self) -> Result<bool, Fault> {
        if !self.keyword(b"stream")? {
            return Ok(false);
        }
        match self.next()? {
            b'\n' => Ok(true),
            b'\r' if self.peek().ok_or(Fault::NeedMore)? == b'\n' => {
                self.at += 1;
                Ok(true)
            }
            _ => Err(Fault::Bad("no line end behind the word stream")),
        }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if is_space(byte) {
                self.at += 1;
            } else if byte == b'%' {
                while self.peek().is_some_and(|byte| byte != b'\n' && byte != b'\r') {
                    self.at += 1;
                }
            } else {
                break;
            }
        }
    }

    /// Takes a keyword if it stands here.
    pub(crate) fn keyword(&mut self, word: &[u8]) -> Result<bool, Fault> {
        self.skip_space();
        let rest = self.rest();
        if rest.len() < word.len() {
            return if word.starts_with(rest) { Err(Fault::NeedMore) } else { Ok(false) };
        }
        let found = rest.starts_with(word);
        if found {
            self.at += word.len();
        }
        Ok(found)
    }

    /// Takes an unsigned number.
    pub(crate) fn unsigned(&mut self) -> Result<u64, Fault> {
        self.skip_space();
        let mut value = None;
        loop {
            match self.peek() {
                None => return Err(Fault::NeedMore),
                Some(byte @ b'0'..=b'9') => {
                    self.at += 1;
                    value = Some(
                        value
                            .unwrap_or(0_u64)
                            .checked_mul(10)
                            .and_then(|value| value.checked_add(u64::from(byte - b'0')))
                            .ok_or(Fault::Bad("a number is too large"))?,
                    );
                }
                Some(_) => return value.ok_or(Fault::Bad("a number is missing")),
            }
        }
    }

    /// Takes a value.
    pub(crate) fn object(&mut self) -> Result<Object, Fault> {
        self.value(0)
    }

    fn value(&mut self, depth: u32) -> Result<Object, Fault> {
        if depth > DEPTH {
            return Err(Fault::Bad("nested too deeply"));
        }
        self.skip_space();
        match self.peek().ok_or(Fault::NeedMore)? {
            b'/' => self.name().map(Object::Name),
            b'(' => self.literal_string().map(Object::String),
            b'[' => self.array(depth),
            b'<' if self.bytes.get(self.at + 1).ok_or(Fault::NeedMore)? == &b'<' => {
                self.dictionary(depth).map(Object::Dictionary)
            }
            b'<' => self.hex_string().map(Object::String),
            b'0'..=b'9' | b'+' | b'-' | b'.' => self.number_or_reference(),
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Object, Fault> {
        for (word, value) in [
            (&b"true"[..], Object::Boolean(true)),
            (&b"false"[..], Object::Boolean(false)),
            (&b"null"[..], Object::Null),
        ] {
            if self.keyword(word)? {
                let after = self.peek().ok_or(Fault::NeedMore)?;
                return if is_space(after) || is_delimiter(after) { Ok(value) } else { Err(UNKNOWN_WORD) };
            }
        }
        Err(UNKNOWN_WORD)
    }

    fn name(&mut self) -> Result<Vec<u8>, Fault> {
        self.at += 1;
        let mut name = Vec::new();
        loop {
            let byte = self.peek().ok_or(Fault::NeedMore)?;
            if is_space(byte) || is_delimiter(byte) {
                return Ok(name);
            }
            self.at += 1;
            let escaped = (byte == b'#').then(|| self.rest().get(..2)).flatten().and_then(|digits| {
                let mut out = [0_u8];
                hex::decode_to_slice(digits, &mut out).ok().map(|()| out)
            });
            if let Some([decoded]) = escaped {
                self.at += 2;
                name.push(decoded);
            } else {
                name.push(byte);
            }
        }
    }

    fn hex_string(&mut self) -> Result<Vec<u8>, Fault> {
        self.at += 1;
        let mut out = Vec::new();
        let mut high: Option<u8> = None;
        loop {
            let byte = self.next()?;
            let digit = match byte {
                b'0'..=b'9' => byte - b'0',
                b'a'..=b'f' => byte - b'a' + 10,
                b'A'..=b'F' => byte - b'A' + 10,
                b'>' => {
                    out.extend(high.map(|high| high << 4));
                    return Ok(out);
                }
                _ if is_space(byte) => continue,
                _ => return Err(Fault::Bad("a foreign byte in a hexadecimal string")),
            };
            match high.take() {
                None => high = Some(digit),
                Some(high) => out.push(high << 4 | digit),
            }
        }
    }

    fn literal_string(&mut self) -> Result<Vec<u8>, Fault> {
        self.at += 1;
        let mut out = Vec::new();
        let mut open = 1_u32;
        loop {
            match self.next()? {
                b'(' => {
                    open += 1;
                    out.push(b'(');
                }
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return Ok(out);
                    }
                    out.push(b')');
                }
                b'\\' => self.escape(&mut out)?,
                b'\r' => {
                    if self.peek().ok_or(Fault::NeedMore)? == b'\n' {
                        self.at += 1;
                    }
                    out.push(b'\n');
                }
                byte => out.push(byte),
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        match self.next()? {
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'\n' => {}
            b'\r' => {
                if self.peek().ok_or(Fault::NeedMore)? == b'\n' {
                    self.at += 1;
                }
            }
            first @ b'0'..=b'7' => {
                let mut code = u32::from(first - b'0');
                for _ in 0..2 {
                    let digit = self.peek().ok_or(Fault::NeedMore)?;
                    if !(b'0'..=b'7').contains(&digit) {
                        break;
                    }
                    self.at += 1;
                    code = code * 8 + u32::from(digit - b'0');
                }
                out.push(u8::try_from(code & 0xff).unwrap_or_default()); // high-order overflow is ignored
            }
            other => out.push(other),
        }
        Ok(())
    }

    fn array(&mut self, depth: u32) -> Result<Object, Fault> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_space();
            if self.peek().ok_or(Fault::NeedMore)? == b']' {
                self.at += 1;
                return Ok(Object::Array(items));
            }
            items.push(self.value(depth + 1)?);
        }
    }

    /// Takes a dictionary; `<<` stands here.
    fn dictionary(&mut self, depth: u32) -> Result<Dictionary, Fault> {
        self.at += 2;
        let mut dictionary = Dictionary::new();
        loop {
            self.skip_space();
            match self.peek().ok_or(Fault::NeedMore)? {
                b'/' => {
                    let key = self.name()?;
                    let value = self.value(depth + 1)?;
                    dictionary.push(key, value);
                }
                b'>' => {
                    self.at += 1;
                    return if self.next()? == b'>' { Ok(dictionary) } else { Err(Fault::Bad("a single >")) };
                }
                _ => return Err(Fault::Bad("a dictionary key is not a name")),
            }
        }
    }

    fn number_or_reference(&mut self) -> Result<Object, Fault> {
        let first = self.number()?;
        let Object::Integer(number) = first else { return Ok(first) };
        let Ok(number) = u32::try_from(number) else { return Ok(first) };
        let back = self.at;
        match self.reference_tail() {
            Ok(Some(generation)) => Ok(Object::Reference(Reference { number, generation })),
            Err(Fault::NeedMore) => Err(Fault::NeedMore),
            Ok(None) | Err(Fault::Bad(_)) => {
                self.at = back;
                Ok(first)
            }
        }
    }

    fn reference_tail(&mut self) -> Result<Option<u16>, Fault> {
        self.skip_space();
        if !self.peek().ok_or(Fault::NeedMore)?.is_ascii_digit() {
            return Ok(None);
        }
        let Ok(generation) = u16::try_from(self.unsigned()?) else { return Ok(None) };
        self.skip_space();
        if self.next()? != b'R' {
            return Ok(None);
        }
        let after = self.peek().ok_or(Fault::NeedMore)?;
        Ok((is_space(after) || is_delimiter(after)).then_some(generation))
    }

    fn number(&mut self) -> Result<Object, Fault> {
        let start = self.at;
        loop {
            let byte = self.peek().ok_or(Fault::NeedMore)?;
            if !matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.') {
                break;
            }
            self.at += 1;
        }
        let text = self.bytes.get(start..self.at).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default();
        if let Ok(value) = text.parse::<i64>() {
            return Ok(Object::Integer(value));
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() && text.contains('.') => Ok(Object::Real(value)),
            _ => Err(Fault::Bad("a malformed number")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(object: &Object) -> Vec<u8> {
        let mut out = Vec::new();
        object.write(&mut out);
        out.extend_from_slice(b" endobj ");
        out
    }

    #[test]
    fn values_are_read() {
        let text = b"<</A(a\\)\\050\\101\\\r\nb)/B<48 6>/C[1 -2.5 .5 7 0 R true null]/D/x#20y/E 12>> ";
        let object = Parser::new(text, 0).object().expect("parses");
        let dictionary = object.as_dictionary().expect("dictionary");
        assert_eq!(dictionary.get("A").and_then(Object::as_string), Some(&b"a)(Ab"[..]));
        assert_eq!(dictionary.get("B").and_then(Object::as_string), Some(&[0x48, 0x60][..]));
        assert_eq!(dictionary.get("D").and_then(Object::as_name), Some(&b"x y"[..]));
        assert_eq!(dictionary.get("E").and_then(Object::as_integer), Some(12));
        assert_eq!(Parser::new(&written(&object), 0).object(), Ok(object));
    }

    #[test]
    fn a_window_that_ends_too_early_asks_for_more() {
        let text = b"<</A(x)/B[1 2 R 0 4 0 R]/C<41>>> ";
        for end in 0..text.len() - 2 {
            assert_eq!(Parser::new(&text[..end], 0).object(), Err(Fault::NeedMore), "at {end}");
        }
        assert_eq!(Parser::new(b"[null1 0 R] ", 0).object(), Err(UNKNOWN_WORD));
        let deep = vec![b'['; 5000];
        assert_eq!(Parser::new(&deep, 0).object(), Err(Fault::Bad("nested too deeply")));
    }

    proptest! {
        #[test]
        fn any_bytes_return(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(Parser::new(&bytes, 0).object());
        }

        #[test]
        fn any_string_and_name_survive(bytes in proptest::collection::vec(any::<u8>(), 0..60), value in any::<i32>()) {
            for object in [Object::String(bytes.clone()), Object::Name(bytes), Object::Integer(i64::from(value))] {
                prop_assert_eq!(Parser::new(&written(&object), 0).object(), Ok(object));
            }
        }
    }
}
