//! Digests: what a file *is*, independent of where it lies.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! digest {
    ($name:ident, $len:literal, $algorithm:expr, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Digest of bytes in memory. Streams use `ring::digest::Context` and [`Self::from_ring`].
            pub fn of(bytes: &[u8]) -> Self {
                Self::from_ring(&ring::digest::digest($algorithm, bytes))
            }

            /// A fresh state for a stream; it clones.
            pub fn context() -> ring::digest::Context {
                ring::digest::Context::new($algorithm)
            }

            /// Takes a finished ring digest of the same algorithm.
            ///
            /// # Panics
            /// When the digest is of another length: a programming error.
            pub fn from_ring(digest: &ring::digest::Digest) -> Self {
                let mut out = [0_u8; $len];
                out.copy_from_slice(digest.as_ref());
                Self(out)
            }

            /// Lower-case hexadecimal.
            pub fn to_hex(self) -> String {
                hex::encode(self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl FromStr for $name {
            type Err = NotADigest;
            fn from_str(text: &str) -> Result<Self, NotADigest> {
                let mut out = [0_u8; $len];
                hex::decode_to_slice(text, &mut out).map_err(|_| NotADigest)?;
                Ok(Self(out))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&hex::encode(self.0))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// Text that is not the hexadecimal form of a digest of the wanted length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a digest in hexadecimal")]
pub struct NotADigest;

digest!(Sha256, 32, &ring::digest::SHA256, "SHA-256: identity of content, artifacts and events.");
digest!(Sha512, 64, &ring::digest::SHA512, "SHA-512: the fixity digest of OCFL inventories.");
