//! What to do about an error: every crate's error type answers `disposition()` (handling and reporting are two things).

use std::time::Duration;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }
        impl $name {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];
            /// The stable code that people and programs see.
            pub fn code(self) -> &'static str { match self { $(Self::$variant => $code,)* } }
            /// The value of a code.
            pub fn from_code(code: &str) -> Option<Self> { match code { $($code => Some(Self::$variant),)* _ => None } }
        }
    };
}

codes! {
    /// Why a document is held until a person decides.
    HoldReason {
        /// A secrecy mark or a declared level (Điều 11).
        Secret = "secret",
        /// No blank place for the mark (Điều 13.3).
        NoRoom = "no_room",
        /// Fewer or more pages than declared (Điều 8).
        Incomplete = "incomplete",
        /// Damaged, cut off, or encrypted.
        Unreadable = "unreadable",
        /// An incoming signature does not verify (Điều 12.2).
        InvalidSignature = "invalid_signature",
        /// Certified or field-locked by another party.
        Locked = "locked",
        /// Beyond the limits of bytes, pixels or pages.
        TooLarge = "too_large",
        /// A form we do not handle (lossy JBIG2, CMYK without profile, HEIC, hybrid PDF, …).
        Unsupported = "unsupported",
        /// A folder mixes multi-page files with page images.
        Mixed = "mixed",
        /// `document.toml` cannot be understood.
        BadDeclaration = "bad_declaration",
        /// Ink was seen but no text could be read, or the worker died three times.
        Unworkable = "unworkable",
    }
}

codes! {
    /// What a stage waits for.
    Cause {
        /// The scan's writer is not done.
        Arriving = "arriving",
        /// No signing session is open, or the token is away.
        Key = "key",
        /// The signing certificate is not in force.
        Certificate = "certificate",
        /// No timestamp to be had.
        Timestamp = "timestamp",
        /// Revocation data missing or not fresh enough.
        Revocation = "revocation",
        /// A medium is missing, full or read-only.
        Medium = "medium",
        /// The appearance font is missing.
        Font = "font",
        /// A person must review.
        Review = "review",
        /// Text recognition is not to be had (language data missing).
        Engine = "engine",
    }
}

/// What the conductor does about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Try again after a while; attempts are counted.
    Retry {
        /// How long to wait.
        after: Duration,
    },
    /// The whole stage pauses until the cause is gone; the operator is told once.
    Wait(Cause),
    /// This document waits for a person; the others go on.
    Hold(HoldReason),
    /// An impossible state: stop, keep everything.
    Bug,
}
