//! A copy in a directory: a mounted disk, a share, a tape's file system.

use std::{
    io::Read,
    path::{Path, PathBuf},
    time::Duration,
};

use durable::{NewFile, Staged, Trust};
use jiff::Timestamp;
use rustix::io::Errno;

use crate::{
    content::ContentReader,
    copy_store::{CopyStore, Entry, EntryKind, Exclusive, Measured, Move, Quick, is_replaceable},
    error::Error,
    layout,
    medium::{self, Medium},
    object,
    read::Head,
};

/// How long a writer waits for another one (the journal behind a large object).
const PATIENCE: Duration = Duration::from_mins(1);
const BUFFER_BYTES: usize = 256 * 1024;

/// A copy in a directory.
#[derive(Debug)]
pub struct DirectoryCopy {
    root: PathBuf,
    name: String,
    medium: String,
    immutable: bool,
}

impl DirectoryCopy {
    /// Makes a directory into an empty copy; one that is a copy of this name already is left as it is.
    ///
    /// # Errors
    /// [`Error::OtherMedium`] when it is a copy of another name.
    pub fn init(root: &Path, name: &str, created: Timestamp) -> Result<(), Error> {
        medium::initialise(root, name, created)?;
        identify(root, name, None).map(drop)
    }

    /// Opens the copy `name` at `root`, checks its identity, and finishes or throws away what a writer that died left.
    /// `immutable` asks for `chattr +i` on everything that is stored.
    ///
    /// # Errors
    /// [`Error::MediumMissing`] when nothing of ours is there, [`Error::OtherMedium`] when another copy is.
    pub fn open(root: &Path, name: &str, immutable: bool) -> Result<Self, Error> {
        Self::open_pinned(root, name, immutable, None)
    }

    /// As [`Self::open`], insisting on the medium the register knows this copy by before anything is touched there.
    ///
    /// # Errors
    /// [`Error::OtherMedium`] when it is not.
    pub fn open_pinned(root: &Path, name: &str, immutable: bool, medium: Option<&str>) -> Result<Self, Error> {
        let medium = identify(root, name, medium)?;
        let copy = Self { root: root.to_owned(), name: name.to_owned(), medium: medium.medium, immutable };
        copy.recover_if_alone()?;
        Ok(copy)
    }

    /// Where the copy lies.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a file of the copy lies, for readers that want a path.
    pub fn path_of(&self, path: &str) -> Result<PathBuf, Error> {
        if layout::is_legal(path) {
            Ok(self.root.join(path))
        } else {
            Err(Error::Forbidden { copy: self.name.clone(), path: path.to_owned() })
        }
    }

    /// Where a part of a document lies.
    pub fn part_path(&self, head: &Head, logical: &str) -> Result<PathBuf, Error> {
        self.path_of(&head.path_of(self.name(), logical)?)
    }

    /// The same with the part's length, its bytes checked.
    ///
    /// # Errors
    /// [`Error::Damaged`] when they are not the inventory's.
    pub fn sound_part(&self, head: &Head, logical: &str) -> Result<(PathBuf, u64), Error> {
        let place = head.path_of(self.name(), logical)?;
        let found = self.measure(&place, Trust::Cache)?;
        head.check(self, &place, logical, found.sha512)?;
        Ok((self.path_of(&place)?, found.bytes))
    }

    /// Tries the medium out as it will be used, under the writer's lock, and leaves nothing on it; gives its room.
    ///
    /// # Errors
    /// [`Error::Medium`] when it cannot be written, [`Error::Immutable`] when its files cannot be made immutable.
    pub fn try_out(&self) -> Result<durable::Space, Error> {
        let _exclusive = self.exclusive()?;
        durable::try_out(&self.staging(), false).map_err(|e| self.refused(e))?;
        if self.immutable {
            let unprotected =
                |source| Error::Immutable { copy: self.name.clone(), path: layout::STAGING.to_owned(), source };
            durable::try_out(&self.staging(), true).map_err(unprotected)?;
        }
        durable::space(&self.root).map_err(|e| self.refused(e))
    }

    /// Recovery needs the writer's lock: another process at work, or a read-only medium, has nothing to recover now.
    fn recover_if_alone(&self) -> Result<(), Error> {
        match self.lock(Duration::ZERO) {
            Ok(_exclusive) => object::recover(self),
            Err(Error::Medium { source, .. }) => {
                tracing::debug!(copy = self.name, reason = %source, "opened for reading only");
                Ok(())
            }
            Err(e) => Err(e),
        }
    }

    fn lock(&self, patience: Duration) -> Result<Exclusive, Error> {
        self.folder(&self.staging(), "lock")?;
        let path = self.root.join(layout::STAGING).join(layout::LOCK);
        let lock = durable::lock(&path, patience).map_err(|e| self.refused(e))?;
        Ok(Exclusive { lock: Some(lock) })
    }

    fn paths_of(&self, moves: &[Move]) -> Result<Vec<durable::Move>, Error> {
        let paths =
            |one: &Move| Ok(durable::Move { staged: self.path_of(&one.staged)?, place: self.path_of(&one.place)? });
        moves.iter().map(paths).collect()
    }

    /// Nothing is listed, thrown away or written through a link: what lies behind it is not the copy's. Its root may be one.
    fn folder(&self, path: &Path, action: &'static str) -> Result<(), Error> {
        match std::fs::symlink_metadata(path) {
            Ok(meta) if !meta.is_dir() => Err(self.refused(durable::Error::io(action, path, Errno::NOTDIR))),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn refused(&self, source: durable::Error) -> Error {
        Error::Medium { copy: self.name.clone(), source }
    }

    fn is_staged(path: &str) -> bool {
        path.strip_prefix(layout::STAGING).is_some_and(|rest| rest.starts_with('/'))
    }

    fn staging(&self) -> PathBuf {
        self.root.join(layout::STAGING)
    }
}

fn identify(root: &Path, name: &str, wanted: Option<&str>) -> Result<Medium, Error> {
    let medium = Medium::read(root, name)?;
    let other = |wanted: &str, found: &str| Error::OtherMedium {
        copy: name.to_owned(),
        path: root.to_owned(),
        wanted: wanted.to_owned(),
        found: found.to_owned(),
    };
    if medium.copy != name {
        return Err(other(name, &medium.copy));
    }
    match wanted {
        Some(wanted) if medium.medium != wanted => Err(other(wanted, &medium.medium)),
        _ => Ok(medium),
    }
}

impl CopyStore for DirectoryCopy {
    fn name(&self) -> &str {
        &self.name
    }

    fn medium(&self) -> &str {
        &self.medium
    }

    fn check(&self) -> Result<(), Error> {
        identify(&self.root, &self.name, Some(&self.medium)).map(drop)
    }

    fn exclusive(&self) -> Result<Exclusive, Error> {
        self.lock(PATIENCE)
    }

    fn create_new(&self, path: &str, content: &mut ContentReader) -> Result<(), Error> {
        let target = self.path_of(path)?;
        let refused = |e| self.refused(e);
        if Self::is_staged(path) {
            let mut file = NewFile::create(&target).map_err(refused)?;
            loop {
                let room = file.room().map_err(refused)?;
                let read = content.read(room)?;
                if read == 0 {
                    break;
                }
                file.advance(read);
            }
            return file.finish().map_err(refused);
        }
        let mut staged = Staged::create(&self.staging()).map_err(refused)?;
        let mut buffer = vec![0_u8; BUFFER_BYTES];
        loop {
            let read = content.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            staged.append(&buffer[..read]).map_err(refused)?;
        }
        staged.publish(&target).map_err(refused).map(drop)
    }

    fn settle(&self, moves: &[Move]) -> Result<(), Error> {
        durable::settle(&self.paths_of(moves)?, &self.root).map_err(|e| self.refused(e))
    }

    fn enter(&self, moves: &[Move]) -> Result<(), Error> {
        durable::enter(&self.paths_of(moves)?).map_err(|e| self.refused(e))
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), Error> {
        if !is_replaceable(path) {
            return Err(Error::Forbidden { copy: self.name.clone(), path: path.to_owned() });
        }
        durable::replace_through(&self.staging(), &self.path_of(path)?, bytes).map_err(|e| self.refused(e))
    }

    fn discard(&self, staged: &str) -> Result<(), Error> {
        let path = self.path_of(staged)?;
        if !Self::is_staged(staged) {
            return Err(Error::Forbidden { copy: self.name.clone(), path: staged.to_owned() });
        }
        let is_folder = std::fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_dir());
        if is_folder { durable::remove_tree(&path) } else { durable::remove(&path) }.map_err(|e| self.refused(e))
    }

    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, Error> {
        durable::read_regular(&self.path_of(path)?, limit).map_err(|e| self.refused(e))
    }

    fn stream(&self, path: &str) -> Result<Box<dyn Read + Send>, Error> {
        let file = durable::open_regular(&self.path_of(path)?).map_err(|e| self.refused(e))?;
        Ok(Box::new(file))
    }

    fn quick(&self, path: &str, trust: Trust) -> Result<Quick, Error> {
        let found = durable::blake3_file(&self.path_of(path)?, trust).map_err(|e| self.refused(e))?;
        Ok(Quick { blake3: found.blake3, bytes: found.bytes })
    }

    fn measure(&self, path: &str, trust: Trust) -> Result<Measured, Error> {
        let (sha512, bytes) = durable::sha512_file(&self.path_of(path)?, trust).map_err(|e| self.refused(e))?;
        Ok(Measured { sha512, bytes })
    }

    fn list(&self, path: &str) -> Result<Option<Vec<Entry>>, Error> {
        let folder = if path.is_empty() { self.root.clone() } else { self.path_of(path)? };
        if !path.is_empty() {
            self.folder(&folder, "list")?;
        }
        let refused = |e| self.refused(durable::Error::io("list", &folder, e));
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(refused(e)),
        };
        let mut out = Vec::new();
        for entry in entries {
            let entry = entry.map_err(refused)?;
            let meta = entry.metadata().map_err(refused)?;
            let kind = match meta.file_type() {
                kind if kind.is_file() => EntryKind::File,
                kind if kind.is_dir() => EntryKind::Folder,
                _ => EntryKind::Other,
            };
            let bytes = if meta.is_file() { meta.len() } else { 0 };
            out.push(Entry { name: entry.file_name().to_string_lossy().into_owned(), kind, bytes });
        }
        out.sort();
        Ok(Some(out))
    }

    fn protect(&self, path: &str) -> Result<(), Error> {
        if !self.immutable {
            return Ok(());
        }
        if let Some(entries) = self.list_if_folder(path)? {
            for entry in entries {
                self.protect(&format!("{path}/{}", entry.name))?;
            }
        }
        durable::set_immutable(&self.path_of(path)?, true).map_err(|source| Error::Immutable {
            copy: self.name.clone(),
            path: path.to_owned(),
            source,
        })
    }
}

impl DirectoryCopy {
    fn list_if_folder(&self, path: &str) -> Result<Option<Vec<Entry>>, Error> {
        let meta = std::fs::symlink_metadata(self.path_of(path)?);
        if meta.is_ok_and(|meta| meta.is_dir()) { self.list(path) } else { Ok(None) }
    }
}
