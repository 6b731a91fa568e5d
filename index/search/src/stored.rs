//! The words of a page as kept beside the index, so that a search answers alone.

use std::borrow::Cow;

use model::{PageWords, Word};
use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

/// A page denser than any that was ever printed; the rest is not indexed.
const MOST_WORDS: usize = 30_000;

/// A word and its box in tenths of a millimetre on the page as displayed.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoredWord<'a>(#[serde(borrow)] Cow<'a, str>, u16, u16, u16, u16);

/// The words of a page.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredPage<'a> {
    #[serde(borrow)]
    words: Vec<StoredWord<'a>>,
    /// How many of them are text; those after it are stamps.
    text: usize,
}

impl<'a> StoredPage<'a> {
    /// Text in reading order, then stamps.
    pub(crate) fn of(page: &'a PageWords) -> Self {
        let sensible = page.dpi_x >= 1.0 && page.dpi_y >= 1.0;
        let stored = |word: &'a Word| {
            let mm = word.rect.to_mm(page.dpi_x, page.dpi_y);
            // `as` saturates: what lies beyond six metres is no page.
            let tenth = |v: f64| if sensible { (v * 10.0).round() as u16 } else { 0 };
            let text =
                if is_nfc(&word.text) { Cow::from(&word.text) } else { word.text.nfc().collect::<String>().into() };
            StoredWord(text, tenth(mm.x), tenth(mm.y), tenth(mm.width), tenth(mm.height))
        };
        let text = page.words().count().min(MOST_WORDS);
        let stamps = page.stamps.iter().flat_map(|line| &line.words);
        Self { words: page.words().chain(stamps).take(MOST_WORDS).map(stored).collect(), text }
    }

    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }

    pub(crate) fn from_bytes(bytes: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// Words of the text, then those of the stamps: a phrase does not run from one into the other.
    pub(crate) fn parts(&self) -> [Vec<&str>; 2] {
        let (text, stamps) = self.words.split_at(self.text.min(self.words.len()));
        [text, stamps].map(|part| part.iter().map(|word| word.0.as_ref()).collect())
    }

    pub(crate) fn word(&self, at: usize) -> Option<&str> {
        self.words.get(at).map(|word| word.0.as_ref())
    }

    pub(crate) fn len(&self) -> usize {
        self.words.len()
    }

    /// Box of a word: x, y, width, height in mm.
    pub(crate) fn rect(&self, at: usize) -> Option<[f64; 4]> {
        self.words.get(at).map(|StoredWord(_, x, y, w, h)| [x, y, w, h].map(|v| f64::from(*v) / 10.0))
    }
}
