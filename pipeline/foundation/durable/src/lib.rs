//! The only writer of our files: what it says is there survives a power cut, and what is there is never overwritten.
//!
//! *Purpose:* temp → write → read-only (fchmod) → fsync → link without overwrite → fsync of the directory, which was
//! opened before; whole directories enter by one rename; files are read back past the page cache; one lock a home.
//! *Knows:* Linux file systems and their errors. *Doesn't know:* what is in the files, copies, the register, time.
//!
//! A file whose fsync failed is thrown away and never synced again: the kernel may have dropped the pages and would
//! report success. Only [`replace`] and [`replace_through`] put a file in the place of another.

mod aligned;
mod directory;
mod error;
mod leave;
mod lock;
mod probe;
mod publish;
mod readback;
mod settle;
mod stream;
#[cfg(test)]
mod tests;

pub use directory::{TEMP_PREFIX, clean_temps, create_dir, remove, remove_tree, set_immutable, sync_dir};
pub use error::Error;
pub use leave::{remove_empty_dir, set_aside};
pub use lock::{HomeLock, Lock, lock, lock_home};
pub use probe::{Space, may_change, space, try_out};
pub use publish::{NewFile, Published, Staged, publish, replace, replace_through, write_private};
pub use readback::{ReadBack, Trust, blake3_file, open_regular, read_limited, read_regular, sha256_file, sha512_file};
pub use settle::{Move, enter, settle};
