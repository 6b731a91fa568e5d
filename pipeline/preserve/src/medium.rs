//! A copy's medium: its identity, how it is initialised, and the text that explains it to whoever finds it.

use std::path::Path;

use jiff::Timestamp;
use model::Sha256;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};

use crate::{copy_store::CopyStore, error::Error, layout};

const SCHEMA: &str = "mocban.medium/1";
/// Far more than the few lines it has.
pub(crate) const MEDIUM_MAX_BYTES: u64 = 64 * 1024;

/// What `README.txt` says.
pub const README_TEXT: &str = include_str!("readme.txt");

/// The identity of a medium, as stored in `medium.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Medium {
    /// `mocban.medium/1`.
    pub schema: String,
    /// Random identity (UUID version 4) given when the copy was initialised.
    pub medium: String,
    /// The copy's name in the settings.
    pub copy: String,
    /// When it was initialised, UTC.
    pub created: Timestamp,
    /// SHA-256 of `README.txt`.
    pub readme_sha256: Sha256,
}

impl Medium {
    /// A new identity for a copy.
    pub fn new(copy: &str, created: Timestamp) -> Result<Self, Error> {
        let mut bytes = [0_u8; 16];
        SystemRandom::new()
            .fill(&mut bytes)
            .map_err(|_| Error::Encode { form: "medium", source: "the system gives no random bytes".into() })?;
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let hex = hex::encode(bytes);
        let cuts = [0..8, 8..12, 12..16, 16..20, 20..32];
        let groups: Vec<&str> = cuts.into_iter().filter_map(|cut| hex.get(cut)).collect();
        Ok(Self {
            schema: SCHEMA.to_owned(),
            medium: groups.join("-"),
            copy: copy.to_owned(),
            created,
            readme_sha256: Sha256::of(README_TEXT.as_bytes()),
        })
    }

    /// The bytes that are stored.
    pub fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|source| Error::Encode { form: "medium", source: Box::new(source) })?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// The identity of what is mounted at `root`.
    ///
    /// # Errors
    /// [`Error::MediumMissing`] when nothing of ours is there.
    pub fn read(root: &Path, copy: &str) -> Result<Self, Error> {
        let path = root.join(layout::MEDIUM);
        let bytes = durable::read_regular(&path, MEDIUM_MAX_BYTES).map_err(|source| {
            if source.is_not_found() {
                Error::MediumMissing { copy: copy.to_owned(), path: root.to_owned() }
            } else {
                Error::Medium { copy: copy.to_owned(), source }
            }
        })?;
        Self::parse(&bytes, copy)
    }

    fn parse(bytes: &[u8], copy: &str) -> Result<Self, Error> {
        let medium: Self =
            serde_json::from_slice(bytes).map_err(|e| Error::damaged(copy, layout::MEDIUM, e.to_string()))?;
        if medium.schema != SCHEMA {
            return Err(Error::damaged(copy, layout::MEDIUM, format!("schema {}", medium.schema)));
        }
        Ok(medium)
    }
}

/// The identity as it stands on an open copy.
pub(crate) fn read_on(copy: &dyn CopyStore) -> Result<Medium, Error> {
    Medium::parse(&copy.read(layout::MEDIUM, MEDIUM_MAX_BYTES)?, copy.name())
}

/// Makes a folder into a copy: storage root, journal, staging, README, and last of all the identity. Begun and not
/// finished, it is finished by doing it again; done already, it is left as it is.
pub(crate) fn initialise(root: &Path, copy: &str, created: Timestamp) -> Result<(), Error> {
    let refused = |source| Error::Medium { copy: copy.to_owned(), source };
    match Medium::read(root, copy) {
        Ok(_) => return Ok(()),
        Err(Error::MediumMissing { .. }) => {}
        Err(e) => return Err(e),
    }
    for folder in [layout::STAGING, layout::JOURNAL, layout::OCFL] {
        durable::create_dir(&root.join(folder)).map_err(refused)?;
    }
    let files = layout::root_files().map(|(path, text)| (format!("{}/{path}", layout::OCFL), text));
    let readme = (layout::README.to_owned(), README_TEXT.to_owned());
    for (path, text) in files.into_iter().chain([readme]) {
        publish(root, &path, text.as_bytes()).map_err(refused)?;
    }
    publish(root, layout::MEDIUM, &Medium::new(copy, created)?.to_bytes()?).map_err(refused)
}

/// Publishes through the staging folder, so that a death leaves nothing in the storage root.
fn publish(root: &Path, path: &str, bytes: &[u8]) -> Result<(), durable::Error> {
    let mut staged = durable::Staged::create(&root.join(layout::STAGING))?;
    staged.append(bytes)?;
    staged.publish(&root.join(path)).map(drop)
}
