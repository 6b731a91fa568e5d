//! The OCFL inventory (OCFL 1.1 §3.5): which content makes which version, under SHA-512.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use model::{DocumentId, Sha512};
use serde::{Deserialize, Serialize};

use crate::{error::Error, layout};

/// Name of the inventory in an object and in each version.
pub const INVENTORY: &str = "inventory.json";
/// Name of its digest.
pub const SIDECAR: &str = "inventory.json.sha512";
/// An inventory is foreign once it was on a medium: it is read up to this.
pub const INVENTORY_MAX_BYTES: u64 = 64 * 1024 * 1024;
const KIND: &str = "https://ocfl.io/1.1/spec/#inventory";
const ALGORITHM: &str = "sha512";
/// More versions than any document sees in centuries of renewal.
const VERSIONS_MAX: u32 = 99_999;

/// A version's number, `v1`, `v2`, … without padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VersionNumber(pub u32);

impl VersionNumber {
    /// The version before this one.
    pub(crate) fn before(self) -> Option<Self> {
        (self.0 > 1).then(|| Self(self.0 - 1))
    }
}

impl fmt::Display for VersionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

impl From<VersionNumber> for String {
    fn from(number: VersionNumber) -> Self {
        number.to_string()
    }
}

impl std::str::FromStr for VersionNumber {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('v').unwrap_or_default();
        let plain = !digits.is_empty() && !digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
        match digits.parse() {
            Ok(number) if plain && number <= VERSIONS_MAX => Ok(Self(number)),
            _ => Err("not a version number"),
        }
    }
}

impl TryFrom<String> for VersionNumber {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// Who made a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// A name, `mocban` or a person's.
    pub name: String,
    /// A URI (`mailto:…`, `urn:…`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// One version of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// When it was made, UTC.
    pub created: Timestamp,
    /// Why.
    #[serde(default)]
    pub message: String,
    /// Digest → logical paths.
    pub state: BTreeMap<Sha512, Vec<String>>,
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
}

/// An object's inventory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// `sha512`.
    #[serde(rename = "digestAlgorithm")]
    pub algorithm: String,
    /// The newest version.
    pub head: VersionNumber,
    /// `urn:uuid:…`.
    pub id: String,
    /// Digest → content paths below the object.
    pub manifest: BTreeMap<Sha512, Vec<String>>,
    /// What this is.
    #[serde(rename = "type")]
    pub kind: String,
    /// The versions.
    pub versions: BTreeMap<VersionNumber, Version>,
}

impl Inventory {
    /// An inventory without versions yet.
    pub(crate) fn new(id: DocumentId) -> Self {
        Self {
            algorithm: ALGORITHM.to_owned(),
            head: VersionNumber(0),
            id: id.urn(),
            manifest: BTreeMap::new(),
            kind: KIND.to_owned(),
            versions: BTreeMap::new(),
        }
    }

    /// The bytes that are stored. The form is fixed (two spaces a level, one entry a line): the shell line in README.txt
    /// leans on it.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|source| Error::Encode { form: "inventory", source: Box::new(source) })?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads stored bytes and checks that they hold together as the inventory of `id` at `head`; the text says what
    /// does not.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let inventory: Self = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        inventory.check()?;
        Ok(inventory)
    }

    fn check(&self) -> Result<(), String> {
        if self.kind != KIND || self.algorithm != ALGORITHM {
            return Err(format!("type {} with {}", self.kind, self.algorithm));
        }
        if self.versions.is_empty() || !self.versions.keys().copied().eq((1..=self.head.0).map(VersionNumber)) {
            return Err(format!("the versions do not run from v1 to {}", self.head));
        }
        let mut seen = std::collections::BTreeSet::new();
        for path in self.manifest.values().flatten() {
            let version = path.split_once("/content/").and_then(|(version, _)| version.parse::<VersionNumber>().ok());
            if !layout::is_legal(path) || version.is_none_or(|v| v > self.head) || !seen.insert(path) {
                return Err(format!("content path {path:?}"));
            }
        }
        for (number, version) in &self.versions {
            let mut seen = std::collections::BTreeSet::new();
            for (digest, paths) in &version.state {
                if self.manifest.get(digest).is_none_or(Vec::is_empty) {
                    return Err(format!("{number} names content that is not in the manifest"));
                }
                if let Some(path) = paths.iter().find(|path| !layout::is_legal(path) || !seen.insert(*path)) {
                    return Err(format!("logical path {path:?}"));
                }
            }
        }
        Ok(())
    }

    /// Logical path → digest of a version; empty when there is no such version.
    pub fn state(&self, version: VersionNumber) -> BTreeMap<String, Sha512> {
        self.versions.get(&version).map(|version| flip(&version.state)).unwrap_or_default()
    }

    /// Content path → digest of the whole object.
    pub fn content(&self) -> BTreeMap<String, Sha512> {
        flip(&self.manifest)
    }

    /// The content path of a digest.
    pub fn content_path(&self, digest: &Sha512) -> Option<&str> {
        self.manifest.get(digest)?.first().map(String::as_str)
    }
}

fn flip(map: &BTreeMap<Sha512, Vec<String>>) -> BTreeMap<String, Sha512> {
    map.iter().flat_map(|(digest, paths)| paths.iter().map(|path| (path.clone(), *digest))).collect()
}

/// The sidecar's bytes; two spaces, so that `sha512sum -c` reads it.
pub fn sidecar(inventory: &[u8]) -> String {
    format!("{}  {INVENTORY}\n", Sha512::of(inventory).to_hex())
}

/// The digest a sidecar names (OCFL 1.1 §3.6).
pub fn parse_sidecar(bytes: &[u8]) -> Option<Sha512> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut words = text.split_ascii_whitespace();
    let digest = words.next()?.parse().ok()?;
    (words.next() == Some(INVENTORY) && words.next().is_none()).then_some(digest)
}
