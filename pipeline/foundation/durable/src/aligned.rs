//! Memory for direct input and output.

use std::cell::RefCell;

/// `O_DIRECT` wants buffer, offset and length aligned to the device's block; a page serves all.
pub(crate) const ALIGNMENT: usize = 4096;
/// What large files are read and written in.
pub(crate) const PIECE: usize = 1024 * 1024;
/// A thread reads one file while it writes another.
const KEPT_MAX: usize = 2;

thread_local! {
    /// New memory is zeroed first, which for a small file costs more than the file.
    static KEPT: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// [`PIECE`] bytes that begin on a page, given back to the thread for its next file.
#[derive(Debug)]
pub(crate) struct Aligned {
    store: Vec<u8>,
    start: usize,
}

impl Aligned {
    pub(crate) fn new() -> Self {
        let kept = KEPT.with_borrow_mut(Vec::pop);
        let store = kept.unwrap_or_else(|| vec![0_u8; PIECE + ALIGNMENT]);
        let start = store.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        Self { store, start }
    }

    /// All of it. What a file before left there is still there.
    pub(crate) fn bytes(&mut self) -> &mut [u8] {
        &mut self.store[self.start..self.start + PIECE]
    }
}

impl Drop for Aligned {
    fn drop(&mut self) {
        let store = std::mem::take(&mut self.store);
        // A thread that ends keeps nothing.
        let keep = |kept: &RefCell<Vec<Vec<u8>>>| {
            let mut kept = kept.borrow_mut();
            if kept.len() < KEPT_MAX {
                kept.push(store);
            }
        };
        KEPT.try_with(keep).ok();
    }
}
