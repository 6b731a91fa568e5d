//! PDF values, and how they are written.

use std::fmt::Write as _;

/// Number and generation of an indirect object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    /// Object number.
    pub number: u32,
    /// Generation.
    pub generation: u16,
}

/// A direct PDF value. Streams are always indirect: see [`Indirect`].
#[derive(Debug, Clone, PartialEq)]
pub enum Object {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Real(f64),
    /// A string's bytes, decoded.
    String(Vec<u8>),
    /// A name without its slash, decoded.
    Name(Vec<u8>),
    /// An array.
    Array(Vec<Self>),
    /// A dictionary.
    Dictionary(Dictionary),
    /// A reference to an indirect object.
    Reference(Reference),
}

/// What stands behind an object number.
#[derive(Debug, Clone, PartialEq)]
pub enum Indirect {
    /// A value.
    Value(Object),
    /// A stream: its dictionary, and where its bytes begin in the file.
    Stream {
        /// The stream's dictionary.
        dictionary: Dictionary,
        /// Offset of the first byte of its data.
        start: u64,
    },
}

/// A dictionary; keys keep their order, the first of equal keys counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dictionary {
    entries: Vec<(Vec<u8>, Object)>,
}

impl Dictionary {
    /// An empty dictionary.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a key. `null` is the same as absent (ISO 32000-1 §7.3.7).
    pub fn get(&self, key: &str) -> Option<&Object> {
        self.get_bytes(key.as_bytes())
    }

    /// The same for a key that need not be text.
    pub fn get_bytes(&self, key: &[u8]) -> Option<&Object> {
        let found = self.entries.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value).filter(|value| **value != Object::Null)
    }

    /// Whether a key stands twice: readers disagree about which one counts.
    pub fn is_ambiguous(&self) -> bool {
        let keys: std::collections::BTreeSet<_> = self.entries.iter().map(|(name, _)| name).collect();
        keys.len() != self.entries.len()
    }

    /// Sets a key, in place if it is there.
    pub fn set(&mut self, key: &str, value: impl Into<Object>) {
        let value = value.into();
        match self.entries.iter_mut().find(|(name, _)| name == key.as_bytes()) {
            Some((_, old)) => *old = value,
            None => self.entries.push((key.as_bytes().to_vec(), value)),
        }
    }

    /// The same with a key set.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Object>) -> Self {
        self.set(key, value);
        self
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) {
        self.entries.retain(|(name, _)| name != key.as_bytes());
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &Object)> {
        self.entries.iter().map(|(name, value)| (name.as_slice(), value))
    }

    /// Appends an entry as it was read: an earlier equal key counts.
    pub(crate) fn push(&mut self, key: Vec<u8>, value: Object) {
        self.entries.push((key, value));
    }

    /// Whether the value of `key` is the name `value`.
    pub fn is_name(&self, key: &str, value: &str) -> bool {
        self.get(key).and_then(Object::as_name) == Some(value.as_bytes())
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Writes the dictionary.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"<<");
        for (key, value) in &self.entries {
            write_name(key, out);
            value.write_after_name(out);
        }
        out.extend_from_slice(b">>");
    }
}

impl Object {
    /// A name.
    pub fn name(text: &str) -> Self {
        Self::Name(text.as_bytes().to_vec())
    }

    /// A text string: ASCII as it is, anything else as UTF-16 with its mark (ISO 32000-1 §7.9.2.2).
    pub fn text(text: &str) -> Self {
        if text.is_ascii() {
            return Self::String(text.as_bytes().to_vec());
        }
        let mut bytes = vec![0xfe, 0xff];
        bytes.extend(text.encode_utf16().flat_map(u16::to_be_bytes));
        Self::String(bytes)
    }

    /// A number with at most four decimals: a 7,000th of a millimetre.
    pub fn number(value: f64) -> Self {
        let rounded = (value * 10_000.0).round() / 10_000.0;
        if rounded.fract() == 0.0 && rounded.abs() < 1e9 { Self::Integer(rounded as i64) } else { Self::Real(rounded) }
    }

    /// An array of numbers.
    pub fn numbers(values: &[f64]) -> Self {
        Self::Array(values.iter().map(|value| Self::number(*value)).collect())
    }

    /// The name's bytes.
    pub fn as_name(&self) -> Option<&[u8]> {
        if let Self::Name(name) = self { Some(name) } else { None }
    }

    /// The whole number.
    pub fn as_integer(&self) -> Option<i64> {
        if let Self::Integer(value) = self { Some(*value) } else { None }
    }

    /// Any number.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Integer(value) => Some(*value as f64),
            Self::Real(value) => Some(*value),
            Self::Null
            | Self::Boolean(_)
            | Self::String(_)
            | Self::Name(_)
            | Self::Array(_)
            | Self::Dictionary(_)
            | Self::Reference(_) => None,
        }
    }

    /// The string's bytes.
    pub fn as_string(&self) -> Option<&[u8]> {
        if let Self::String(bytes) = self { Some(bytes) } else { None }
    }

    /// The string as text: UTF-16 with mark, UTF-8 with mark, or bytes read as Latin-1.
    pub fn as_text(&self) -> Option<String> {
        let bytes = self.as_string()?;
        Some(if let Some(wide) = bytes.strip_prefix(&[0xfe, 0xff]) {
            let units: Vec<u16> = wide.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
            String::from_utf16_lossy(&units)
        } else if let Some(utf8) = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]) {
            String::from_utf8_lossy(utf8).into_owned()
        } else {
            bytes.iter().map(|byte| char::from(*byte)).collect()
        })
    }

    /// The array.
    pub fn as_array(&self) -> Option<&[Self]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// The dictionary.
    pub fn as_dictionary(&self) -> Option<&Dictionary> {
        if let Self::Dictionary(dictionary) = self { Some(dictionary) } else { None }
    }

    /// The reference.
    pub fn as_reference(&self) -> Option<Reference> {
        if let Self::Reference(reference) = self { Some(*reference) } else { None }
    }

    /// Whether a key stands twice in this value, or in anything directly in it.
    pub fn has_doubled_keys(&self) -> bool {
        match self {
            Self::Array(items) => items.iter().any(Self::has_doubled_keys),
            Self::Dictionary(dictionary) => {
                dictionary.is_ambiguous() || dictionary.iter().any(|(_, value)| value.has_doubled_keys())
            }
            Self::Null
            | Self::Boolean(_)
            | Self::Integer(_)
            | Self::Real(_)
            | Self::String(_)
            | Self::Name(_)
            | Self::Reference(_) => false,
        }
    }

    /// Writes the value.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Boolean(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Self::Integer(value) => write_display(out, value),
            Self::Real(value) => write_display(out, value), // Display of f64 never has an exponent
            Self::String(bytes) => write_string(bytes, out),
            Self::Name(name) => write_name(name, out),
            Self::Array(items) => {
                out.push(b'[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(b' ');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Self::Dictionary(dictionary) => dictionary.write(out),
            Self::Reference(reference) => {
                write_display(out, format_args!("{} {} R", reference.number, reference.generation));
            }
        }
    }

    fn write_after_name(&self, out: &mut Vec<u8>) {
        let starts_with_delimiter =
            matches!(self, Self::String(_) | Self::Name(_) | Self::Array(_) | Self::Dictionary(_));
        if !starts_with_delimiter {
            out.push(b' ');
        }
        self.write(out);
    }
}

fn write_display(out: &mut Vec<u8>, value: impl std::fmt::Display) {
    out.extend_from_slice(value.to_string().as_bytes());
}

fn write_name(name: &[u8], out: &mut Vec<u8>) {
    out.push(b'/');
    for byte in name {
        if byte.is_ascii_graphic() && !b"#()<>[]{}/%".contains(byte) {
            out.push(*byte);
        } else {
            let mut escaped = String::with_capacity(3);
            let written = write!(escaped, "#{byte:02X}");
            debug_assert!(written.is_ok(), "writing to a string cannot fail");
            out.extend_from_slice(escaped.as_bytes());
        }
    }
}

fn write_string(bytes: &[u8], out: &mut Vec<u8>) {
    if bytes.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        out.push(b'(');
        for byte in bytes {
            if matches!(byte, b'(' | b')' | b'\\') {
                out.push(b'\\');
            }
            out.push(*byte);
        }
        out.push(b')');
    } else {
        out.push(b'<');
        out.extend_from_slice(hex::encode(bytes).as_bytes());
        out.push(b'>');
    }
}

impl From<i64> for Object {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<Reference> for Object {
    fn from(value: Reference) -> Self {
        Self::Reference(value)
    }
}

impl From<Dictionary> for Object {
    fn from(value: Dictionary) -> Self {
        Self::Dictionary(value)
    }
}

impl From<Vec<Self>> for Object {
    fn from(value: Vec<Self>) -> Self {
        Self::Array(value)
    }
}
