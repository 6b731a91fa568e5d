//! The line of place and date: *Phan Thiết, ngày 14 tháng 9 năm 2017*.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use crate::text::{clean, fold};

/// What a date line says; either part may be missing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DateLine {
    /// ISO 8601 date and the characters of the line that hold it.
    pub(crate) date: Option<(String, Range<usize>)>,
    /// Place and the characters that hold it.
    pub(crate) place: Option<(String, Range<usize>)>,
    /// 1.0 as the form wants it, less when letters had to be read as digits.
    pub(crate) certainty: f32,
}

/// Day, month and year may stand blank until somebody writes them in.
static SPELLED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"ng[a-z]y[\s.:]*(?P<d>[0-9oil]{1,2})?[\s.]*th[a-z]ng[\s.:]*(?P<m>[0-9oil]{1,2})?[\s.]*n[a-z]m[\s.:]*(?P<y>[12][0-9oil]{3})?",
    )
});
static FIGURES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"ng[a-z]y[\s.:]*(?P<d>[0-9oil]{1,2})\s*[-/.]\s*(?P<m>[0-9oil]{1,2})\s*[-/.]\s*(?P<y>[12][0-9oil]{3})")
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a constant pattern compiles")
}

/// Longest line looked at, characters.
const LONGEST: usize = 160;

/// Reads a date line: place, comma, *ngày … tháng … năm …*. A line that says more before the date (a citation) is none.
pub(crate) fn parse(raw: &str) -> Option<DateLine> {
    let text: String = clean(raw).chars().take(LONGEST).collect();
    let folded = fold(&text);
    let spelled = SPELLED.captures(&folded);
    let in_figures = spelled.is_none();
    let found = spelled.or_else(|| FIGURES.captures(&folded))?;
    let whole = found.get(0)?;
    let from = folded.get(..whole.start())?.chars().count();
    let to = from + whole.as_str().chars().count();

    let before: String = text.chars().take(from).collect();
    // Specks of the rule above the line may stand between the comma and the date.
    let place = before.split(',').next().unwrap_or("").trim().trim_end_matches(['.', ';', ' ']);
    let place = place.trim_start_matches(|c: char| !c.is_alphanumeric());
    // *Ngày 3/2/1986* without a place is what a stamp of receipt says.
    if (place.is_empty() && in_figures) || (!place.is_empty() && !is_place(place)) {
        return None;
    }
    let skipped = before.find(place).and_then(|at| before.get(..at)).map_or(0, |s| s.chars().count());
    let part = |name| found.name(name).and_then(|m| figure(m.as_str()));
    let date = match (part("d"), part("m"), part("y")) {
        (Some((d, _)), Some((m, _)), Some((y, _))) => iso(y, m, d).map(|iso| (iso, from..to)),
        _ => None,
    };
    let mended = ["d", "m", "y"].iter().any(|name| part(name).is_some_and(|(_, mended)| mended));
    let place = (!place.is_empty()).then(|| (place.to_owned(), skipped..skipped + place.chars().count()));
    (date.is_some() || place.is_some()).then_some(DateLine { date, place, certainty: if mended { 0.8 } else { 1.0 } })
}

/// A place is one to five words, each a name: no figures, no words in small letters.
fn is_place(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    (1..=5).contains(&words.len())
        && !text.chars().any(|c| c.is_ascii_digit())
        && words.iter().all(|word| word.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase))
}

/// A figure with the letters engines take for digits put right.
fn figure(text: &str) -> Option<(i16, bool)> {
    let digits: String = text
        .chars()
        .map(|c| match c {
            'o' => '0',
            'i' | 'l' => '1',
            other => other,
        })
        .collect();
    Some((digits.parse().ok()?, digits != text))
}

/// The date, when the calendar has it and paper archives may hold it.
fn iso(year: i16, month: i16, day: i16) -> Option<String> {
    if !(1900..=2099).contains(&year) {
        return None;
    }
    let date = jiff::civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    Some(date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        parse(text).map_or_else(
            || "-".to_owned(),
            |line| {
                let cut = |r: &Range<usize>| clean(text).chars().skip(r.start).take(r.len()).collect::<String>();
                if let Some((place, range)) = &line.place {
                    assert_eq!(&cut(range), place, "{text:?}");
                }
                format!("{}|{}", line.date.unwrap_or_default().0, line.place.unwrap_or_default().0)
            },
        )
    }

    #[test]
    fn date_lines() {
        for (text, expect) in [
            ("Phan Thiết, ngày 14 tháng 9 năm 2017", "2017-09-14|Phan Thiết"),
            ("Bình Thuận, ngày 01 tháng 12 năm 1985", "1985-12-01|Bình Thuận"),
            ("TP. Hồ Chí Minh, ngày 2 tháng 9 năm 1999", "1999-09-02|TP. Hồ Chí Minh"),
            ("Phan Thiết, ngay l4 thang 9 nam 20l7", "2017-09-14|Phan Thiết"),
            ("* Phan Thiết, ngày 14 tháng 9 năm 2017.", "2017-09-14|Phan Thiết"),
            ("Phan Thiết, TA ngày 14 tháng 9 năm 2017", "2017-09-14|Phan Thiết"),
            ("Phan Thiết ngày 14 tháng 9 năm 2017", "2017-09-14|Phan Thiết"),
            ("Hàm Tân, ngày 3/2/1986", "1986-02-03|Hàm Tân"),
            ("ngày 14 tháng 9 năm 2017", "2017-09-14|"),
            ("Hà Nội, ngày    tháng 9 năm 2017", "|Hà Nội"),
            ("Phan Thiết, ngày 31 tháng 2 năm 2017", "|Phan Thiết"),
            ("Phan Thiết, ngày 14 tháng 9 năm 1217", "|Phan Thiết"),
            ("Căn cứ Quyết định số 12-QĐ/TU ngày 14 tháng 9 năm 2017", "-"),
            ("có hiệu lực từ ngày 14 tháng 9 năm 2017", "-"),
            ("Ngày 18/10/1983", "-"),
            ("hằng ngày", "-"),
            ("", "-"),
        ] {
            assert_eq!(read(text), expect, "{text:?}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_text_is_survived(text in "\\PC{0,80}", tail in "[ngàythámă0-9ol/ ,-]{0,40}") {
            for text in [text.clone(), tail.clone(), format!("Huế, ngày{tail}")] {
                drop(read(&text));
            }
        }
    }
}
