//! Which words of a page answer a query, and the piece of text around them.

use crate::{
    analysis::{Forms, Known, joined, spans_of_composed},
    query::{Ask, Band, Clause, wants},
    stored::{StoredPage, mark},
};

/// Boxes given for one hit.
const MOST_BOXES: usize = 200;
/// Words of a snippet, and how many of them stand before the first found one.
const SNIPPET_WORDS: usize = 30;
const SNIPPET_BEFORE: usize = 6;

/// What is shown of a hit.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Shown {
    pub(crate) snippet: String,
    pub(crate) marked: Vec<usize>,
    pub(crate) boxes: Vec<[f64; 4]>,
}

/// Finds the words of a page that answer. What only the description says is found nowhere on the page: no boxes.
pub(crate) fn show(page: &StoredPage<'_>, ask: &Ask, band: Band, known: &mut Known) -> Shown {
    let mut found = words(page, ask, band, known);
    if ask.wanted.iter().any(|clause| matches!(clause, Clause::Number { .. })) {
        found.extend(numbers(page, ask, band, known));
    }
    found.sort_unstable();
    found.dedup();
    let (snippet, marked) = snippet(page, &found);
    Shown { snippet, marked, boxes: page.rects(found.iter().copied().take(MOST_BOXES)) }
}

/// The words that answer words and phrases, in any order.
fn words(page: &StoredPage<'_>, ask: &Ask, band: Band, known: &mut Known) -> Vec<usize> {
    let mut found = Vec::new();
    let mut tokens = |tokens: &[usize]| found.extend(tokens.iter().filter_map(|at| Some(page.token(*at)?.0)));
    if band == Band::Nearly {
        for forms in wants(ask) {
            tokens(&places(page, forms, band, known));
        }
    }
    for clause in &ask.wanted {
        match clause {
            Clause::Word(forms) => tokens(&places(page, forms, band, known)),
            Clause::Phrase(forms) => {
                let every: Vec<Vec<usize>> = forms.iter().map(|forms| places(page, forms, band, known)).collect();
                let Some((first, others)) = every.split_first() else { continue };
                for &start in first {
                    let whole = start..start + every.len();
                    // A phrase does not run from the text into the stamps.
                    let broken = start < page.text_tokens && whole.end > page.text_tokens;
                    let follow = |(at, next): (usize, &Vec<usize>)| next.binary_search(&(start + 1 + at)).is_ok();
                    if !broken && others.iter().enumerate().all(follow) {
                        tokens(&whole.collect::<Vec<_>>());
                    }
                }
            }
            Clause::Number { .. } => {}
        }
    }
    found
}

/// The tokens that are a word asked for, in their order.
fn places(page: &StoredPage<'_>, asked: &Forms, band: Band, known: &mut Known) -> Vec<usize> {
    let mark = mark(asked);
    let candidates = page.marks.iter().enumerate().filter(|(_, other)| **other == mark);
    let tokens = candidates.filter_map(|(at, _)| Some((at, page.token(at)?.1)));
    tokens.filter(|(_, token)| same(&known.forms(token), asked, band)).map(|(at, _)| at).collect()
}

fn same(forms: &Forms, asked: &Forms, band: Band) -> bool {
    match band {
        Band::Exact => forms.exact == asked.exact,
        Band::Folded | Band::Nearly => forms.folded == asked.folded,
    }
}

/// The words that answer numbers, in any order: where the whole number stands, else where its parts do, in the text and in the
/// stamps each for itself.
fn numbers(page: &StoredPage<'_>, ask: &Ask, band: Band, known: &mut Known) -> Vec<usize> {
    let mut found = Vec::new();
    let mut before = 0;
    for (stamps, part) in [false, true].into_iter().zip(page.parts()) {
        // Where a number begins and ends, only the words around it tell.
        let standing: Vec<(Forms, (usize, usize))> =
            spans_of_composed(&part).iter().map(|span| (joined(span), span.words)).collect();
        for clause in &ask.wanted {
            let Clause::Number { wholes, parts } = clause else { continue };
            let whole = standing.iter().filter(|(forms, _)| wholes.iter().any(|asked| same(forms, asked, band)));
            let mut words: Vec<usize> =
                whole.flat_map(|(_, (first, last))| *first..=*last).map(|at| at + before).collect();
            if words.is_empty() {
                let tokens = parts.iter().flat_map(|forms| places(page, forms, band, known));
                let here = tokens.filter(|at| (*at >= page.text_tokens) == stamps);
                words = here.filter_map(|at| Some(page.token(at)?.0)).collect();
            }
            found.append(&mut words);
        }
        before += part.len();
    }
    found
}

/// The stretch of text with the most found words; the beginning when none was found.
fn snippet(page: &StoredPage<'_>, found: &[usize]) -> (String, Vec<usize>) {
    let within = |start: usize, end: usize| {
        let from = found.partition_point(|word| *word < start);
        let to = found.partition_point(|word| *word < end);
        found.get(from..to).unwrap_or_default()
    };
    let starts = found.iter().map(|word| word.saturating_sub(SNIPPET_BEFORE));
    let start = starts
        .map(|start| (within(start, start + SNIPPET_WORDS).len(), std::cmp::Reverse(start)))
        .max()
        .map_or(0, |(_, std::cmp::Reverse(start))| start);
    let words: Vec<&str> = (start..start + SNIPPET_WORDS).map_while(|at| page.word(at)).collect();
    let mut text = words.join(" ");
    // The dots before a stretch count as its first word.
    let first = usize::from(start > 0);
    let marked = within(start, start + words.len()).iter().map(|word| word - start + first).collect();
    if start > 0 {
        text.insert_str(0, "… ");
    }
    if start + SNIPPET_WORDS < page.len() {
        text.push_str(" …");
    }
    (text, marked)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use model::{Line, PageWords, RectPx, Word};

    use super::*;
    use crate::{
        analysis::{Known, analyse},
        query::parse,
        stored::PageText,
    };

    /// The words that answer, by looking at every one.
    fn plainly(parts: &[Vec<String>; 2], ask: &Ask, band: Band) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut before = 0;
        for part in parts {
            let words: Vec<&str> = part.iter().map(String::as_str).collect();
            let pieces = analyse(&words, &mut Known::default());
            let single: Vec<_> = pieces.iter().filter(|piece| !piece.whole).collect();
            for clause in &ask.wanted {
                let any = |whole: bool, any: &[Forms]| -> Vec<usize> {
                    let pieces = pieces.iter().filter(|piece| piece.whole == whole);
                    let found = pieces.filter(|piece| any.iter().any(|asked| same(&piece.forms, asked, band)));
                    found.flat_map(|piece| piece.words.0..=piece.words.1).collect()
                };
                let words = match clause {
                    Clause::Word(word) => any(false, std::slice::from_ref(word)),
                    Clause::Phrase(words) => {
                        let windows = single.windows(words.len());
                        let whole =
                            windows.filter(|w| w.iter().zip(words).all(|(p, asked)| same(&p.forms, asked, band)));
                        whole.flatten().map(|piece| piece.words.0).collect()
                    }
                    Clause::Number { wholes, parts } => {
                        Some(any(true, wholes)).filter(|words| !words.is_empty()).unwrap_or_else(|| any(false, parts))
                    }
                };
                found.extend(words.into_iter().map(|word| word + before));
                if band == Band::Nearly && !matches!(clause, Clause::Number { .. }) {
                    let wanted: Vec<Forms> = wants(ask).into_iter().cloned().collect();
                    found.extend(any(false, &wanted).into_iter().map(|word| word + before));
                }
            }
            before += part.len();
        }
        found
    }

    fn line(words: &[String], row: u32) -> Line {
        let word = |(at, text): (usize, &String)| Word {
            text: text.clone(),
            confidence: 0.9,
            rect: RectPx { x: (at as u32 * 977) % 2000, y: row + (at as u32 * 31) % 70, width: 190, height: 50 },
        };
        Line {
            words: words.iter().enumerate().map(word).collect(),
            baseline_x: 0.0,
            baseline_y: 0.0,
            angle_deg: 0.0,
            height_px: 50.0,
            block: 0,
        }
    }

    fn page(parts: &[Vec<String>; 2]) -> PageWords {
        let [text, stamps] = parts;
        PageWords {
            lines: text.chunks(7).zip(0..).map(|(words, row)| line(words, row * 100)).collect(),
            stamps: vec![line(stamps, 20)],
            ..PageWords::unread(1, (2100, 2970), (254.0, 254.0))
        }
    }

    fn words(most: usize) -> impl proptest::strategy::Strategy<Value = Vec<String>> {
        proptest::collection::vec("đảng|Đảng|dang|đàng|bộ|bo|[a-c]{1,2}|12|–|Hà-Nội|12-QĐ/TU|QĐ|/|\\PC{0,6}", 0..most)
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, cases: 400, ..Default::default() })]

        #[test]
        fn what_is_shown_is_what_every_word_says(text in words(60), stamps in words(8), query in words(5), quoted in words(4)) {
            let parts = [text, stamps];
            let page = page(&parts);
            let kept = PageText::of(&page);
            let bytes = kept.to_bytes(&kept.pieces(&mut Known::default()));
            let stored = StoredPage::from_bytes(&bytes).expect("a page");
            let ask = parse(&format!("{} \"{}\"", query.join(" "), quoted.join(" ")));
            let rects: Vec<[f64; 4]> = page.lines.iter().chain(&page.stamps).flat_map(|line| &line.words).map(|word| {
                let mm = word.rect.to_mm(254.0, 254.0);
                [mm.x, mm.y, mm.width, mm.height].map(|v| (v * 10.0).round() / 10.0)
            }).collect();
            for band in [Band::Exact, Band::Folded, Band::Nearly] {
                let found = plainly(&parts, &ask, band);
                let shown = show(&stored, &ask, band, &mut Known::default());
                let boxes: Vec<[f64; 4]> = found.iter().take(MOST_BOXES).map(|word| rects[*word]).collect();
                proptest::prop_assert_eq!(shown.boxes, boxes, "{:?} {:?}", ask, band);
            }
        }

        #[test]
        fn a_damaged_page_is_survived(text in words(30), at in 0_usize..400, other in 0_u8..=255, cut in 0_usize..400) {
            let page = page(&[text, Vec::new()]);
            let kept = PageText::of(&page);
            let mut bytes = kept.to_bytes(&kept.pieces(&mut Known::default()));
            if let Some(byte) = bytes.get_mut(at) {
                *byte = other;
            }
            bytes.truncate(cut.max(1));
            let ask = parse("đảng bộ \"đảng bộ\" 12-QĐ/TU");
            if let Some(stored) = StoredPage::from_bytes(&bytes) {
                drop(show(&stored, &ask, Band::Folded, &mut Known::default()));
            }
        }
    }
}
