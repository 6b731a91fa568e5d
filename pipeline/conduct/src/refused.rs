//! Why a person's act was not taken. Not errors: nothing went wrong, nothing was changed.

use certify::placement::{LARGEST_INK_MM, NotBlank};

use crate::decide::Act;

/// Why an act was refused.
#[derive(Debug, Clone, PartialEq)]
pub enum Refused {
    /// The name stands for no document.
    NoSuch,
    /// The name stands for several documents that wait.
    Several {
        /// How many.
        count: usize,
    },
    /// The document waits for nobody.
    NotWaiting,
    /// The document is not where the person saw it any more.
    Changed,
    /// The state does not allow it.
    NotAllowed {
        /// What was wanted.
        act: Act,
        /// What is allowed.
        allowed: Vec<Act>,
    },
    /// The content was not read yet, so nothing can be said about it.
    NoIdentity,
    /// Accepting needs a reason in words.
    WhyMissing,
    /// A number of sheets says nothing about this hold.
    SheetsOutOfPlace,
    /// The sheets cannot have the pages that are there.
    SheetsDoNotFit {
        /// What was said.
        sheets: u32,
        /// What is there.
        pages: u32,
    },
    /// The ladder has no such size.
    NoSuchSize {
        /// Its sizes.
        known: Vec<String>,
    },
    /// The size has no blank place in any zone.
    NoPlaceOfSize {
        /// Its name.
        size: String,
    },
    /// The box cannot carry the mark.
    NotBlank {
        /// Why.
        why: NotBlank,
        /// The page's size in words.
        page: String,
        /// Blank distance asked for, mm.
        clearance_mm: f64,
    },
    /// The ink map is gone (a register rebuilt elsewhere): the page must be read again first.
    WorkGone,
    /// A copy holds the document, or cannot be asked whether it does: it is not turned away.
    MaybeStored {
        /// The copy.
        copy: String,
    },
    /// There is no field of that name, or it is not for people to set.
    NoSuchField {
        /// What was said.
        field: String,
        /// What may be set.
        known: Vec<String>,
    },
    /// The value is not one of that field.
    BadValue {
        /// The field.
        field: String,
        /// What is expected: `YYYY-MM-DD`, or the longest length.
        expected: String,
    },
    /// The document is not under review.
    NotUnderReview,
}

impl Refused {
    /// Code of its text.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuch => "no-such-document",
            Self::Several { .. } => "many-documents",
            Self::NotWaiting => "not-waiting",
            Self::Changed => "changed-meanwhile",
            Self::NotAllowed { .. } => "not-allowed",
            Self::NoIdentity => "no-identity",
            Self::WhyMissing => "why-missing",
            Self::SheetsOutOfPlace => "sheets-out-of-place",
            Self::SheetsDoNotFit { .. } => "sheets-do-not-fit",
            Self::NoSuchSize { .. } => "no-such-size",
            Self::NoPlaceOfSize { .. } => "no-place-of-size",
            Self::NotBlank { why: NotBlank::Outside, .. } => "box-outside",
            Self::NotBlank { why: NotBlank::Ink(_), .. } => "box-on-ink",
            Self::NotBlank { why: NotBlank::Obstacle, .. } => "box-on-mark",
            Self::WorkGone => "work-gone",
            Self::MaybeStored { .. } => "maybe-stored",
            Self::NoSuchField { .. } => "no-such-field",
            Self::BadValue { .. } => "bad-value",
            Self::NotUnderReview => "not-under-review",
        }
    }

    /// Facts of its text; the document's name is the caller's.
    pub fn facts(&self) -> Vec<(String, String)> {
        let own = |facts: Vec<(&str, String)>| facts.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        match self {
            Self::NoSuch
            | Self::NotWaiting
            | Self::Changed
            | Self::NoIdentity
            | Self::WhyMissing
            | Self::SheetsOutOfPlace
            | Self::WorkGone
            | Self::NotUnderReview => Vec::new(),
            Self::Several { count } => own(vec![("count", count.to_string())]),
            Self::NotAllowed { act, allowed } => {
                let allowed: Vec<&str> = allowed.iter().map(|act| act.name()).collect();
                own(vec![("act", act.name().to_owned()), ("allowed", allowed.join(", "))])
            }
            Self::SheetsDoNotFit { sheets, pages } => {
                own(vec![("sheets", sheets.to_string()), ("pages", pages.to_string())])
            }
            Self::NoSuchSize { known } => own(vec![("known", known.join(", "))]),
            Self::NoPlaceOfSize { size } => own(vec![("size", size.clone())]),
            Self::NotBlank { why, page, clearance_mm } => {
                let mut facts = vec![("page", page.clone()), ("clearance", clearance_mm.to_string())];
                if let NotBlank::Ink(seen) = why {
                    let more = if seen.largest_ink_mm >= LARGEST_INK_MM { "≥ " } else { "" };
                    facts.push(("ink", format!("{more}{:.2}", seen.largest_ink_mm)));
                    facts.push(("dark", format!("{:.2}", seen.dark_share * 100.0)));
                }
                own(facts)
            }
            Self::MaybeStored { copy } => own(vec![("copy", copy.clone())]),
            Self::NoSuchField { field, known } => own(vec![("field", field.clone()), ("known", known.join(", "))]),
            Self::BadValue { field, expected } => own(vec![("field", field.clone()), ("expected", expected.clone())]),
        }
    }
}
