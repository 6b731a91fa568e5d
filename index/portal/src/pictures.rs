//! Pictures of pages, kept in memory under a bound of bytes; the one that was not looked at longest goes first.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

const MOST_BYTES: usize = 64 << 20;

/// Which picture: content it shows, page, width.
pub(crate) type Key = (String, u32, u32);

#[derive(Debug, Default)]
pub(crate) struct Pictures(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    pictures: BTreeMap<Key, (u64, Arc<[u8]>)>,
    bytes: usize,
    looks: u64,
}

impl Pictures {
    pub(crate) fn get(&self, key: &Key) -> Option<Arc<[u8]>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.looks += 1;
        let now = kept.looks;
        let (looked, bytes) = kept.pictures.get_mut(key)?;
        *looked = now;
        Some(Arc::clone(bytes))
    }

    pub(crate) fn put(&self, key: Key, bytes: Arc<[u8]>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.looks += 1;
        let now = kept.looks;
        kept.bytes += bytes.len();
        if let Some((_, before)) = kept.pictures.insert(key, (now, bytes)) {
            kept.bytes -= before.len();
        }
        while kept.bytes > MOST_BYTES {
            let oldest = kept.pictures.iter().min_by_key(|(_, (looked, _))| *looked).map(|(key, _)| key.clone());
            let Some((_, gone)) = oldest.and_then(|key| kept.pictures.remove(&key)) else { return };
            kept.bytes -= gone.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_holds_and_what_is_looked_at_stays() {
        let pictures = Pictures::default();
        let key = |no: u32| ("x".to_owned(), no, 1);
        let picture: Arc<[u8]> = vec![0; MOST_BYTES / 4].into();
        for no in 0..4 {
            pictures.put(key(no), Arc::clone(&picture));
        }
        assert!(pictures.get(&key(0)).is_some());
        pictures.put(key(4), picture);
        assert!(pictures.get(&key(0)).is_some(), "looked at");
        assert!(pictures.get(&key(1)).is_none(), "the oldest");
    }
}
