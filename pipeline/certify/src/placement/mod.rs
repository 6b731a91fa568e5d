//! Where the mark goes: the corner at the top left of page one, on blank paper, never over anything written (Điều 13.3).
//!
//! *Purpose:* finds the place, or takes the one a person chose, and proves that it was blank. *Knows:* pixels, paper, ink, the size ladder. *Doesn't know:* what the
//! mark shows, PDF coordinates, policies: the ladder's figures come from the profile.

mod by_hand;
mod ink;
mod runs;
mod search;

pub use by_hand::{NotBlank, at};
pub use ink::{Blankness, InkMap, LARGEST_INK_MM, NotAnInkMap};
pub use search::{Ladder, MarkSize, NoRoom, find};

#[cfg(test)]
mod chance;
#[cfg(test)]
mod tests;
