//! Signatures that were found good already.
//!
//! Whether a key made a signature over a message never changes, and the same few certificates stand in every token and every
//! file. So a good answer is kept; a bad one is found anew. What an algorithm or a certificate is worth *today* is not
//! kept: that is asked each time.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use ring::digest;

/// Answers kept (32 octets each); a house meets far fewer certificates before it starts anew.
const ANSWERS: usize = 4096;
/// Longer messages (large revocation lists) cost as much to recognise as to verify.
const MESSAGE: usize = 64 * 1024;

static GOOD: Mutex<BTreeSet<[u8; 32]>> = Mutex::new(BTreeSet::new());

/// The answer of `check` for these very bytes, which it is asked once as long as the answer is good.
pub(crate) fn once(parts: [&[u8]; 4], check: impl FnOnce() -> bool) -> bool {
    if parts.iter().any(|part| part.len() > MESSAGE) {
        return check();
    }
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }
    let Ok(name) = <[u8; 32]>::try_from(context.finish().as_ref()) else { return check() };
    if GOOD.lock().unwrap_or_else(PoisonError::into_inner).contains(&name) {
        return true;
    }
    let good = check();
    if good {
        let mut known = GOOD.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= ANSWERS {
            known.clear();
        }
        known.insert(name);
    }
    good
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_answer_is_kept_for_the_very_same_bytes_alone() {
        let parts: [&[u8]; 4] = [b"algorithm", b"key", b"message", b"signature"];
        assert!(!once(parts, || false), "a bad answer is a bad answer");
        assert!(once(parts, || true), "and was not kept");
        assert!(once(parts, || false), "a good one is");
        // The same octets, cut elsewhere, are other parts.
        assert!(!once([b"algorithm", b"keym", b"essage", b"signature"], || false));
    }
}
