//! A document's identity follows from its content, so the same scans never become two documents.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::digest::Sha256;

/// `UUIDv8` (RFC 9562 §5.8) of SHA-256 over the SHA-256 of the content files in page order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentId([u8; 16]);

impl DocumentId {
    /// Derives the identity; a PDF or TIFF counts as one content file.
    pub fn of_content(files: &[Sha256]) -> Self {
        let mut context = Sha256::context();
        for file in files {
            context.update(&file.0);
        }
        let digest = context.finish();
        let mut bytes = [0_u8; 16];
        bytes.copy_from_slice(&digest.as_ref()[..16]);
        bytes[6] = (bytes[6] & 0x0f) | 0x80; // version 8
        bytes[8] = (bytes[8] & 0x3f) | 0x80; // variant
        Self(bytes)
    }

    /// The OCFL object identifier, `urn:uuid:…`.
    pub fn urn(self) -> String {
        format!("urn:uuid:{self}")
    }

    /// The raw sixteen bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, byte) in self.0.iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is not a document identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a document identifier")]
pub struct NotAnId;

impl FromStr for DocumentId {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let text = text.strip_prefix("urn:uuid:").unwrap_or(text);
        let groups: Vec<usize> = text.split('-').map(str::len).collect();
        if groups != [8, 4, 4, 4, 12] {
            return Err(NotAnId);
        }
        let mut bytes = [0_u8; 16];
        hex::decode_to_slice(text.replace('-', ""), &mut bytes).map_err(|_| NotAnId)?;
        Ok(Self(bytes))
    }
}

impl Serialize for DocumentId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DocumentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_follows_content_and_order() {
        let (a, b) = (Sha256::of(b"a"), Sha256::of(b"b"));
        assert_eq!(DocumentId::of_content(&[a, b]), DocumentId::of_content(&[a, b]));
        assert_ne!(DocumentId::of_content(&[a, b]), DocumentId::of_content(&[b, a]));
        let id = DocumentId::of_content(&[a]);
        assert_eq!(id.to_string().parse::<DocumentId>(), Ok(id));
        assert_eq!(id.urn().parse::<DocumentId>(), Ok(id));
        assert_eq!(id.to_string().as_bytes()[14], b'8');
        assert!("urn:uuid:xyz".parse::<DocumentId>().is_err());
    }
}
