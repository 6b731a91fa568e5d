//! The ground floor: identities, measures, time, and the typed forms a document takes between the stages.
//!
//! *Purpose:* one vocabulary for every crate. *Knows:* the field's terms (OAIS, PREMIS, ISAD(G)) and the order of stages.
//! *Doesn't know:* files, SQL, PDF, networks; nothing here does I/O, and only [`clock`] reads time.

pub mod clock;
pub mod description;
pub mod digest;
pub mod disposition;
pub mod document;
pub mod event;
pub mod geometry;
pub mod id;
pub mod stage;
pub mod words;

pub use clock::{Clock, FixedClock, SystemClock};
pub use description::{Description, Extracted, Field};
pub use digest::{Sha256, Sha512};
pub use disposition::{Cause, Disposition, HoldReason};
pub use document::{
    Certification, CopyKind, Declared, Form, Level, Origin, PageImage, Placement, Secrecy, SourceFile, SourceKind,
    Submission,
};
pub use geometry::{RectMm, RectPx, SizeMm};
pub use id::DocumentId;
pub use stage::Stage;
pub use words::{Line, PageWords, Word};
