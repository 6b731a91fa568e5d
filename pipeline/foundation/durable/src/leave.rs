//! Leaving: an empty folder goes, a damaged file steps aside.

use std::path::{Path, PathBuf};

use rustix::{
    fs::{AtFlags, RenameFlags},
    io::Errno,
};

use crate::{directory::Directory, error::Error};

/// How many files of one name can stand aside.
const ASIDE_MAX: u32 = 1000;

/// Takes a folder away when nothing is in it; answers whether it is gone.
pub fn remove_empty_dir(path: &Path) -> Result<bool, Error> {
    let (holding, name) = match Directory::holding(path) {
        Err(e) if e.is_not_found() => return Ok(true),
        opened => opened?,
    };
    match rustix::fs::unlinkat(&holding.file, name.as_os_str(), AtFlags::REMOVEDIR) {
        Ok(()) => holding.sync().map(|()| true),
        Err(Errno::NOENT) => Ok(true),
        Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOTDIR) => Ok(false),
        Err(e) => Err(Error::io("remove", path, e)),
    }
}

/// Gives a file the first free name `NAME.before-N` beside it, so that another can be made in its place and nothing is
/// lost. A file that is not there is success; answers where it went.
pub fn set_aside(path: &Path) -> Result<Option<PathBuf>, Error> {
    let (holding, name) = match Directory::holding(path) {
        Err(e) if e.is_not_found() => return Ok(None),
        opened => opened?,
    };
    for n in 1..=ASIDE_MAX {
        let mut aside = name.clone();
        aside.push(format!(".before-{n}"));
        let renamed = rustix::fs::renameat_with(
            &holding.file,
            name.as_os_str(),
            &holding.file,
            aside.as_os_str(),
            RenameFlags::NOREPLACE,
        );
        match renamed {
            Ok(()) => {
                holding.sync()?;
                return Ok(Some(path.with_file_name(aside)));
            }
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::EXIST) => {}
            Err(e) => return Err(Error::io("set aside", path, e)),
        }
    }
    Err(Error::Occupied { path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::publish;

    #[test]
    fn a_file_steps_aside_and_is_kept() {
        let home = tempfile::tempdir().expect("folder");
        let file = home.path().join("register");
        assert_eq!(set_aside(&file).expect("nothing there"), None);
        for n in 1..=2 {
            publish(&file, b"old").expect("publish");
            let aside = set_aside(&file).expect("aside").expect("moved");
            assert_eq!(aside, home.path().join(format!("register.before-{n}")));
        }
        assert_eq!(std::fs::read_dir(home.path()).expect("list").count(), 2);
    }

    #[test]
    fn only_an_empty_folder_goes() {
        let home = tempfile::tempdir().expect("folder");
        let folder = home.path().join("a");
        crate::create_dir(&folder).expect("make");
        publish(&folder.join("f"), b"x").expect("publish");
        assert!(!remove_empty_dir(&folder).expect("not empty"));
        crate::remove(&folder.join("f")).expect("remove");
        assert!(remove_empty_dir(&folder).expect("empty"));
        assert!(remove_empty_dir(&folder).expect("gone"));
    }
}
