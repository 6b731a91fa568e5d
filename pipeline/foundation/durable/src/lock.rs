//! One writer at a time: an flock that the kernel gives back when the process dies.

use std::{fs::File, path::Path, time::Duration};

use rustix::{
    fs::{FlockOperation, Mode, OFlags},
    io::Errno,
};

use crate::error::Error;

const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// A held lock; dropping it, or dying, gives it back.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// The lock of a home: one process works in it.
#[derive(Debug)]
pub struct HomeLock {
    _lock: Lock,
}

/// Takes the lock of a home (`DIR/lock`).
///
/// # Errors
/// [`Error::Locked`] at once when another process holds it.
pub fn lock_home(home: &Path) -> Result<HomeLock, Error> {
    Ok(HomeLock { _lock: lock(&home.join("lock"), Duration::ZERO)? })
}

/// Takes an exclusive lock on a file (made when missing), waiting at most `patience`.
///
/// # Errors
/// [`Error::Locked`] when another holds it all that time.
pub fn lock(path: &Path, patience: Duration) -> Result<Lock, Error> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd =
        rustix::fs::open(path, flags, Mode::from_raw_mode(0o644)).map_err(|e| Error::io("open the lock", path, e))?;
    let file = File::from(fd);
    let mut waited = Duration::ZERO;
    loop {
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(Lock { _file: file }),
            Err(Errno::INTR) => {}
            Err(Errno::WOULDBLOCK) if waited >= patience => return Err(Error::Locked { path: path.to_owned() }),
            Err(Errno::WOULDBLOCK) => {
                std::thread::sleep(LOOK_AGAIN);
                waited += LOOK_AGAIN;
            }
            Err(e) => return Err(Error::io("lock", path, e)),
        }
    }
}
