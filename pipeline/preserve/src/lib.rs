//! Keeps documents for good: OCFL objects and the journal on write-once copies, each file re-read before it counts.
//!
//! *Purpose:* [`object::store`] an object on a copy, [`object::store_version`] what changed later, [`journal::append`]
//! the register's events, [`audit::audit`] everything against inventories and the register's facts, read all of it back.
//! *Knows:* OCFL 1.1, the layout extension 0003, PREMIS 3, media and what can happen to them.
//! *Doesn't know:* SQL, PDF, the order of stages, time (moments are given), which copies there should be.
//!
//! Nothing on a copy is changed or removed once it entered; only the two root inventory files of an object are replaced,
//! after the version that holds the same inventory is durable. docs/format.md describes a copy for outsiders.

pub mod audit;
pub mod content;
pub mod copy_store;
pub mod directory;
#[cfg(any(test, feature = "doubles"))]
pub mod doubles;
pub mod error;
pub mod inventory;
pub mod journal;
pub mod layout;
pub mod medium;
pub mod mirror;
pub mod object;
pub mod premis;
pub mod read;
pub mod sums;
#[cfg(test)]
mod tests;

pub use content::{Content, Measures};
pub use copy_store::CopyStore;
pub use directory::DirectoryCopy;
pub use durable::Trust;
pub use error::Error;
pub use inventory::User;
pub use mirror::mirror;
pub use object::{Object, Part, Stored, store, store_together, store_version};
pub use read::{Head, Stats, head, known_head, objects, stats};
