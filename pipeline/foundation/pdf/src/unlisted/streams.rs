//! The streams of a later revision: stored in the plainest way, so that every reader decodes the same from them.
#![warn(clippy::indexing_slicing)]

use crate::{filter::filters, object::Dictionary};

/// What the rows of cross-reference data are predicted by; ISO 32000-2 table 8 without `EarlyChange`, which is not Flate's.
const PARAMETERS: [&[u8]; 4] = [b"Predictor", b"Colors", b"BitsPerComponent", b"Columns"];

/// Whether a stream is stored as it is or deflated once, which it says itself: behind a reference, or under a key that only
/// some readers know, the next reader may find something else.
pub(super) fn is_plain(dictionary: &Dictionary) -> bool {
    let whole_numbers = |parameters: &Dictionary| {
        parameters.iter().all(|(key, value)| PARAMETERS.contains(&key) && value.as_integer().is_some())
    };
    filters(dictionary).is_ok_and(|filters| match filters.as_slice() {
        [] => dictionary.get("DecodeParms").is_none(),
        [(b"FlateDecode", parameters)] => parameters.is_none_or(whole_numbers),
        _ => false,
    })
}
