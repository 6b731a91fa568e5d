//! Texts without pictures: as many pages as a search has to be measured on, and questions whose words stand on them.
//!
//! Two fifths of a page are sentences of the papers; the rest are syllables drawn by rank (Zipf) from the whole
//! syllabary, so that words are as common and as rare as on paper.

use std::io::{self, Write};

use serde_json::json;
use unicode_normalization::UnicodeNormalization as _;

use super::{
    bank::{sentences::Writer, topics},
    paper::{Era, Kind},
    prng::Seeded,
};

const ONSETS: &[&str] = &[
    "", "b", "c", "ch", "d", "đ", "g", "h", "kh", "l", "m", "n", "ng", "nh", "ph", "r", "s", "t", "th", "tr", "v", "x",
];
/// The vowel that carries the tone, and what follows it.
const RIMES: &[(&str, &str)] = &[
    ("a", ""),
    ("a", "n"),
    ("a", "ng"),
    ("a", "nh"),
    ("a", "o"),
    ("a", "i"),
    ("a", "m"),
    ("ă", "n"),
    ("ă", "ng"),
    ("ă", "m"),
    ("â", "n"),
    ("â", "u"),
    ("â", "y"),
    ("â", "m"),
    ("e", "n"),
    ("e", "o"),
    ("ê", ""),
    ("ê", "n"),
    ("ê", "u"),
    ("iê", "n"),
    ("iê", "u"),
    ("iê", "m"),
    ("i", ""),
    ("i", "n"),
    ("i", "nh"),
    ("o", ""),
    ("o", "n"),
    ("o", "ng"),
    ("o", "i"),
    ("ô", ""),
    ("ô", "n"),
    ("ô", "ng"),
    ("ô", "i"),
    ("ơ", ""),
    ("ơ", "n"),
    ("ơ", "i"),
    ("u", ""),
    ("u", "n"),
    ("u", "ng"),
    ("u", "i"),
    ("ư", ""),
    ("ư", "ng"),
    ("ươ", "ng"),
    ("ươ", "i"),
    ("uô", "n"),
    ("uô", "i"),
];
/// No tone, and the five marks.
const TONES: &[&str] = &["", "\u{300}", "\u{301}", "\u{309}", "\u{303}", "\u{323}"];
/// Syllables of a page drawn by rank, and sentences beside them.
const DRAWN: u32 = 170;
const SENTENCES: u32 = 6;

/// A paper's text to be searched.
struct Page {
    number: String,
    words: Vec<String>,
}

/// Draws syllables by rank.
struct Syllables {
    ranked: Vec<String>,
    /// Sum of the shares up to each rank.
    reach: Vec<f64>,
}

impl Syllables {
    fn new(seed: &Seeded) -> Self {
        let mut rng = seed.fork("ranks");
        let mut drawn: Vec<(u64, String)> = Vec::new();
        for onset in ONSETS {
            for (vowel, coda) in RIMES {
                let tones = TONES.iter().map(|tone| format!("{onset}{vowel}{tone}{coda}").nfc().collect::<String>());
                drawn.extend(tones.map(|syllable| (rng.next(), syllable)));
            }
        }
        drawn.sort();
        let mut sum = 0.0;
        let reach = (1..=drawn.len())
            .map(|rank| {
                sum += 1.0 / rank as f64;
                sum
            })
            .collect();
        Self { ranked: drawn.into_iter().map(|(_, syllable)| syllable).collect(), reach }
    }

    fn draw(&self, rng: &mut Seeded) -> &str {
        let most = self.reach.last().copied().unwrap_or_default();
        let at = rng.real(0.0, most);
        let rank = self.reach.partition_point(|reach| *reach < at);
        self.ranked.get(rank).map_or("", String::as_str)
    }
}

fn page(syllables: &Syllables, seed: &Seeded, at: u32) -> Page {
    let mut rng = seed.fork(&format!("page {at}"));
    let era = if rng.chance(0.5) { Era::Laser } else { Era::Typewriter };
    let topics = if era == Era::Laser { topics::NEW } else { topics::OLD };
    let topic = &topics[rng.whole(0, topics.len() as u32 - 1) as usize];
    let kind = Kind::ALL[rng.whole(0, Kind::ALL.len() as u32 - 1) as usize];
    let number = format!("{}-{}/TU", rng.whole(1, 1400), kind.code());
    let year = rng.whole(1983, 2022);
    let mut writer = Writer::new(rng.fork("text"), topic, era, year);
    let mut words = vec!["Số".to_owned(), number.clone()];
    for part in 0..SENTENCES {
        words.extend(writer.sentence().split_whitespace().map(str::to_owned));
        let drawn = DRAWN / SENTENCES + u32::from(part < DRAWN % SENTENCES);
        words.extend((0..drawn).map(|_| syllables.draw(&mut rng).to_owned()));
    }
    Page { number, words }
}

/// Writes pages as JSON lines (`page`, `text`) and questions about them (`kind`, `query`).
pub fn write_texts(pages: u32, seed: u64, texts: &mut dyn Write, queries: &mut dyn Write) -> io::Result<()> {
    let seed = Seeded::new(seed).fork("texts");
    let syllables = Syllables::new(&seed);
    let mut ask = |kind: &str, query: String| writeln!(queries, "{}", json!({ "kind": kind, "query": query }));
    for (first, step) in [(0, 5), (200, 30), (2000, 300)] {
        for rank in (0..10).map(|n| first + n * step) {
            ask("term", syllables.ranked.get(rank).cloned().unwrap_or_default())?;
        }
    }
    let asked = (pages / 30).max(1);
    for at in 1..=pages {
        let page = page(&syllables, &seed, at);
        if at % asked == 0 {
            let mut rng = seed.fork(&format!("question {at}"));
            // Only syllables: a query parser's own signs are no part of the question.
            let plain: Vec<&String> = page.words.iter().filter(|word| word.chars().all(char::is_alphabetic)).collect();
            let mut any = || rng.whole(0, plain.len().saturating_sub(2) as u32) as usize;
            let three: Vec<&str> = (0..3).map(|_| plain[any()].as_str()).collect();
            let two = any();
            ask("and", three.join(" "))?;
            ask("phrase", format!("{} {}", plain[two], plain[two + 1]))?;
            ask("number", page.number)?;
        }
        writeln!(texts, "{}", json!({ "page": at, "text": page.words.join(" ") }))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_texts_and_questions_they_answer() {
        let made = || {
            let (mut texts, mut queries) = (Vec::new(), Vec::new());
            write_texts(60, 754, &mut texts, &mut queries).unwrap();
            (String::from_utf8(texts).unwrap(), String::from_utf8(queries).unwrap())
        };
        let (texts, queries) = made();
        assert_eq!((texts.clone(), queries.clone()), made());
        assert_eq!(texts.lines().count(), 60);
        let ask = |kind: &str| -> Vec<String> {
            let lines = queries.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
            lines.filter(|line| line["kind"] == kind).map(|line| line["query"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!((ask("term").len(), ask("and").len(), ask("phrase").len(), ask("number").len()), (30, 30, 30, 30));
        assert!(ask("and").iter().all(|query| query.split(' ').all(|word| texts.contains(word))));
        assert!(ask("number").iter().all(|query| texts.contains(query)));
    }
}
