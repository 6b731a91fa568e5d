//! The words of a page as kept beside the index, so that a search answers alone.
//!
//! A hit needs few of them: those that answer and those around. So each token has one byte that says what it may be,
//! words are told apart by their lengths, and boxes are kept as steps from word to word. Nothing is unpacked but what
//! is shown.

use std::borrow::Cow;

use model::{PageWords, Word};
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use crate::analysis::{Forms, Known, Piece, analyse_composed, cut};

/// A page denser than any that was ever printed; the rest is not indexed.
const MOST_WORDS: usize = 30_000;

/// Boxes are steps from word to word within so many words; the others are passed over together.
const RUN: usize = 16;

/// The words of a page on their way into the index: text in reading order, then stamps.
#[derive(Debug)]
pub(crate) struct PageText<'a> {
    words: Vec<Cow<'a, str>>,
    /// Boxes in tenths of a millimetre on the page as displayed.
    boxes: Vec<[u16; 4]>,
    /// How many words are text; those after them are stamps.
    text: usize,
}

impl<'a> PageText<'a> {
    pub(crate) fn of(page: &'a PageWords) -> Self {
        let sensible = page.dpi_x >= 1.0 && page.dpi_y >= 1.0;
        let text = page.words().count().min(MOST_WORDS);
        let stamps = page.stamps.iter().flat_map(|line| &line.words);
        let words: Vec<&Word> = page.words().chain(stamps).take(MOST_WORDS).collect();
        let tenths = |word: &&Word| {
            let mm = word.rect.to_mm(page.dpi_x, page.dpi_y);
            // `as` saturates: what lies beyond six metres is no page.
            [mm.x, mm.y, mm.width, mm.height].map(|v| if sensible { (v * 10.0).round() as u16 } else { 0 })
        };
        let composed = |word: &&'a Word| {
            let text = &word.text;
            if is_nfc(text) { Cow::from(text) } else { text.nfc().collect::<String>().into() }
        };
        Self { boxes: words.iter().map(tenths).collect(), words: words.iter().map(composed).collect(), text }
    }

    /// The pieces of the text and those of the stamps: a phrase does not run from one into the other.
    pub(crate) fn pieces(&self, known: &mut Known) -> [Vec<Piece>; 2] {
        let (text, stamps) = self.words.split_at_checked(self.text).unwrap_or((&self.words, &[]));
        [text, stamps].map(|part| {
            let words: Vec<&str> = part.iter().map(AsRef::as_ref).collect();
            analyse_composed(&words, known)
        })
    }

    /// The page as it is kept.
    pub(crate) fn to_bytes(&self, pieces: &[Vec<Piece>; 2]) -> Vec<u8> {
        let mut marks = Vec::new();
        let mut tokens = vec![0_usize; self.words.len()];
        for (part, before) in pieces.iter().zip([0, self.text]) {
            for piece in part.iter().filter(|piece| !piece.whole) {
                marks.push(mark(&piece.forms));
                if let Some(count) = tokens.get_mut(before + piece.words.0) {
                    *count += 1;
                }
            }
        }
        let (mut lengths, mut odd, mut boxes) = (Vec::new(), Vec::new(), Vec::new());
        let mut odd_before = 0;
        for (at, count) in tokens.into_iter().enumerate().filter(|(_, count)| *count != 1) {
            put(&mut odd, at - odd_before);
            put(&mut odd, count);
            odd_before = at;
        }
        for word in &self.words {
            put(&mut lengths, word.len());
        }
        for run in self.boxes.chunks(RUN) {
            let mut steps = Vec::new();
            let mut before = [0; 4];
            for rect in run {
                let [x, y, width, height] = rect.map(i64::from);
                let [end, line, _, tall] = before;
                for step in [x - end, y - line, width, height - tall] {
                    put(&mut steps, zigzag(step));
                }
                before = [x + width, y, width, height];
            }
            put(&mut boxes, steps.len());
            boxes.extend_from_slice(&steps);
        }
        let mut bytes = Vec::new();
        let text_tokens = pieces.first().map_or(0, |part| part.iter().filter(|piece| !piece.whole).count());
        for number in [self.words.len(), self.text, text_tokens] {
            put(&mut bytes, number);
        }
        let letters = self.words.concat();
        for part in [&marks, &odd, &lengths, letters.as_bytes(), &boxes] {
            put(&mut bytes, part.len());
            bytes.extend_from_slice(part);
        }
        bytes
    }
}

/// The words of a page as kept.
#[derive(Debug)]
pub(crate) struct StoredPage<'a> {
    /// Where each word begins among the letters, and the end of the last.
    starts: Vec<u32>,
    letters: &'a [u8],
    boxes: &'a [u8],
    /// How many words are text.
    text: usize,
    /// What each token may be.
    pub(crate) marks: &'a [u8],
    /// How many tokens are text.
    pub(crate) text_tokens: usize,
    /// Words that are not one token: the word, its first token, how many it has.
    odd: Vec<(usize, usize, usize)>,
}

impl<'a> StoredPage<'a> {
    /// Reads a page; none when these bytes are none.
    pub(crate) fn from_bytes(mut bytes: &'a [u8]) -> Option<Self> {
        let rest = &mut bytes;
        let (words, text, text_tokens) = (take(rest)?, take(rest)?, take(rest)?);
        let mut part = || {
            let length = take(rest)?;
            let (part, after) = rest.split_at_checked(length)?;
            *rest = after;
            Some(part)
        };
        let (marks, mut odd_bytes, mut lengths, letters, boxes) = (part()?, part()?, part()?, part()?, part()?);
        let mut starts = Vec::with_capacity(words.min(MOST_WORDS) + 1);
        let mut end = 0_usize;
        starts.push(0);
        while !lengths.is_empty() {
            end += take(&mut lengths)?;
            starts.push(u32::try_from(end).ok()?);
        }
        let mut odd: Vec<(usize, usize, usize)> = Vec::new();
        while !odd_bytes.is_empty() {
            let (step, count) = (take(&mut odd_bytes)?, take(&mut odd_bytes)?);
            // Between two odd words each word is one token.
            odd.push(match odd.last() {
                Some((word, first, before)) => (word + step, first + before + step.checked_sub(1)?, count),
                None => (step, step, count),
            });
        }
        (starts.len() == words + 1 && end == letters.len() && text <= words && text_tokens <= marks.len())
            .then_some(Self { starts, letters, boxes, text, marks, text_tokens, odd })
    }

    /// Words of the text, then those of the stamps; none when the letters are damaged.
    pub(crate) fn parts(&self) -> [Vec<&'a str>; 2] {
        let letters = std::str::from_utf8(self.letters).unwrap_or_default();
        let word = |ends: &[u32]| match ends {
            [from, to] => letters.get(*from as usize..*to as usize),
            _ => None,
        };
        let mut words: Vec<&str> = self.starts.windows(2).map_while(word).collect();
        let stamps = words.split_off(self.text.min(words.len()));
        [words, stamps]
    }

    pub(crate) fn word(&self, at: usize) -> Option<&'a str> {
        let (from, to) = (*self.starts.get(at)?, *self.starts.get(at + 1)?);
        std::str::from_utf8(self.letters.get(from as usize..to as usize)?).ok()
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The word a token comes from, and the token.
    pub(crate) fn token(&self, at: usize) -> Option<(usize, &'a str)> {
        let before = self.odd.partition_point(|(_, first, _)| *first <= at);
        let (word, nth) = match before.checked_sub(1).and_then(|last| self.odd.get(last)) {
            Some((word, first, count)) if at < first + count => (*word, at - first),
            Some((word, first, count)) => (word + 1 + (at - first - count), 0),
            None => (at, 0),
        };
        Some((word, cut(self.word(word)?).nth(nth)?))
    }

    /// Boxes of some words, given in order: x, y, width, height in mm.
    pub(crate) fn rects(&self, words: impl Iterator<Item = usize>) -> Vec<[f64; 4]> {
        let mut runs = self.boxes;
        let (mut run, mut steps): (usize, &[u8]) = (0, &[]);
        let (mut read, mut rect) = (0, [0_i64; 4]);
        let mut rects = Vec::new();
        for word in words {
            while run * RUN <= word {
                let Some((next, after)) = take(&mut runs).and_then(|length| runs.split_at_checked(length)) else {
                    return rects;
                };
                (read, rect) = (run * RUN, [0; 4]);
                (run, steps, runs) = (run + 1, next, after);
            }
            while read <= word {
                let mut step = || take(&mut steps).map(unzigzag);
                let (Some(x), Some(y), Some(width), Some(height)) = (step(), step(), step(), step()) else {
                    return rects;
                };
                let [left, line, wide, tall] = rect;
                rect = [left + wide + x, line + y, width, tall + height];
                read += 1;
            }
            rects.push(rect.map(|v| v as f64 / 10.0));
        }
        rects
    }
}

/// One byte of what a token is found by without accents: most of a page is told by it to be none of the words asked for.
pub(crate) fn mark(forms: &Forms) -> u8 {
    let hash = forms.folded.bytes().fold(0x811c_9dc5_u32, |hash, b| (hash ^ u32::from(b)).wrapping_mul(0x0100_0193));
    (hash >> 24) as u8 ^ (hash >> 12) as u8
}

/// Seven bits to a byte, the least first.
fn put(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// No longer numbers are put, and none of these overflows a sum.
#[inline]
fn take(bytes: &mut &[u8]) -> Option<usize> {
    let (first, rest) = bytes.split_first()?;
    if first & 0x80 == 0 {
        *bytes = rest;
        return Some(usize::from(*first));
    }
    let mut number = 0;
    for shift in (0..35).step_by(7) {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= usize::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Small steps back are small numbers, too.
fn zigzag(step: i64) -> usize {
    ((step << 1) ^ (step >> 63)) as usize
}

fn unzigzag(number: usize) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}
