//! Where the authority keeps its things, and the two files that change while it runs: what is revoked, and which faults it
//! plays. Both are read at every request, so a command in another process takes effect at once.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::fault::Faults;

/// `HOME/authority`.
#[derive(Debug, Clone)]
pub struct Home {
    root: PathBuf,
}

/// Why and when a certificate was revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Revoked {
    pub(crate) at: Timestamp,
    pub(crate) reason: Reason,
}

/// Reasons of RFC 5280 §5.3.1 that matter to an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The key is in the wrong hands.
    KeyCompromise,
    /// The certificate was replaced.
    Superseded,
    /// Suspended; counts as not in force (Điều 3.4).
    Hold,
}

impl Reason {
    pub(crate) fn number(self) -> u8 {
        match self {
            Self::KeyCompromise => 1,
            Self::Superseded => 4,
            Self::Hold => 6,
        }
    }

    /// The reason of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        [("key-compromise", Self::KeyCompromise), ("superseded", Self::Superseded), ("hold", Self::Hold)]
            .into_iter()
            .find_map(|(name, reason)| (name == word).then_some(reason))
    }
}

impl Home {
    /// The authority of a home folder.
    pub fn of(home: &Path) -> Self {
        Self { root: home.join("authority") }
    }

    /// An authority's folder itself.
    pub(crate) fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Address the authority answers at: `host:port`.
    pub fn address(&self) -> Result<String> {
        Ok(self.text("address")?.trim().to_owned())
    }

    /// The PIN of the demo token.
    pub fn pin(&self) -> Result<String> {
        self.text("pin")
    }

    /// A certificate in DER: `root`, `ca`, `signer`, `ocsp`, `tsa-root`, `tsa`.
    pub fn certificate(&self, stem: &str) -> Result<Vec<u8>> {
        self.bytes(&format!("certificates/{stem}.crt"))
    }

    pub(crate) fn key(&self, stem: &str) -> Result<Vec<u8>> {
        self.bytes(&format!("keys/{stem}.key"))
    }

    pub(crate) fn bytes(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.root.join(name);
        fs::read(&path).with_context(|| format!("{}", path.display()))
    }

    fn text(&self, name: &str) -> Result<String> {
        let path = self.root.join(name);
        fs::read_to_string(&path).with_context(|| format!("{}", path.display()))
    }

    /// Makes a folder nobody else may read.
    pub(crate) fn folder(&self, name: &str) -> Result<()> {
        let path = self.root.join(name);
        fs::DirBuilder::new().mode(0o700).recursive(true).create(&path).with_context(|| format!("{}", path.display()))
    }

    /// Writes a file nobody else may read, whole or not at all.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.root.join(name);
        let beside = path.with_extension(format!("{}.new", std::process::id()));
        let write = || {
            let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&beside, &path)
        };
        write().with_context(|| format!("{}", path.display()))
    }

    /// What is revoked, by serial number in lower-case hexadecimal.
    pub(crate) fn revoked(&self) -> Result<BTreeMap<String, Revoked>> {
        match fs::read(self.root.join("revoked.json")) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(error).context("revoked.json"),
        }
    }

    /// Revokes a serial number (hexadecimal), or one of our certificates by its name (`signer`, `tsa`, `ca`).
    pub fn revoke(&self, which: &str, at: Timestamp, reason: Reason) -> Result<String> {
        let serial = match self.certificate(which) {
            Ok(certificate) => super::serial_of(&certificate)?,
            Err(_) if !which.is_empty() && which.chars().all(|c| c.is_ascii_hexdigit()) => which.to_ascii_lowercase(),
            Err(_) => bail!("{which} is neither a certificate of this authority nor a serial number in hexadecimal"),
        };
        let mut all = self.revoked()?;
        all.insert(serial.clone(), Revoked { at, reason });
        self.write("revoked.json", &serde_json::to_vec_pretty(&all)?)?;
        Ok(serial)
    }

    pub(crate) fn faults(&self) -> Result<Faults> {
        match fs::read_to_string(self.root.join("faults")) {
            Ok(text) => Faults::parse(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Faults::default()),
            Err(error) => Err(error).context("faults"),
        }
    }

    /// Plays faults from now on: `tsa=slow`, `ocsp=503`, `crl=ok`, …; what is not named stays as it is.
    pub fn fault(&self, settings: &[String]) -> Result<()> {
        let mut faults = self.faults()?;
        settings.iter().try_for_each(|setting| faults.set(setting))?;
        self.write("faults", faults.to_string().as_bytes())
    }
}
