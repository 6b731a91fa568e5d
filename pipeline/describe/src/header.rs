//! The head of page one: left column (body, number), right column (motto, place and date), title.

use model::Extracted;

use crate::{
    date::{self, DateLine},
    layout::{Segment, Sheet, begins_motto, reading, tokens_of},
    number::{self, DocNumber},
    text::{fold, is_capitals, is_ornament},
    vocabulary::{TitleMatch, title_type},
};

/// The parts of a head, each where it was found.
pub(crate) struct Header {
    /// Rows of the left column from top to bottom, as far as the head reaches.
    pub(crate) left: Vec<Segment>,
    /// The number, and its row in `left`.
    pub(crate) number: Option<(usize, DocNumber)>,
    /// The date line and its row.
    pub(crate) date: Option<(Segment, DateLine)>,
    /// The title.
    pub(crate) title: Option<Title>,
    /// Where the head ends, mm from the top: the first line of the text proper.
    pub(crate) end: f64,
}

/// The title line.
pub(crate) struct Title {
    /// Its index among the sheet's segments.
    pub(crate) at: usize,
    /// What it names.
    pub(crate) found: TitleMatch,
}

/// The number box stands in the top third; a stamp or a long name of a body may push it a little.
const NUMBER_SHARE: f64 = 0.36;
/// The lowest place for the title of a paper with a head.
const TITLE_SHARE: f64 = 0.62;

impl Header {
    /// Reads the head of page one.
    pub(crate) fn of(sheet: &Sheet) -> Self {
        let end = text_begins(sheet);
        let split = column_split(sheet, end);
        let (left, right): (Vec<&Segment>, Vec<&Segment>) = sheet
            .segments
            .iter()
            .filter(|s| s.top() < end && s.top() < 0.5 * sheet.height)
            .partition(|s| s.middle() < split && s.right() < split + 0.06 * sheet.width);
        let lines: Vec<Segment> = right.iter().map(|segment| (*segment).clone()).collect();
        let (left, right) = (rows(left), rows(right));
        let number = find_number(sheet, &left);
        // A line as the engine read it first; one that it cut in pieces (blanks left for pen and ink) after.
        let dates: Vec<(Segment, DateLine)> = lines
            .into_iter()
            .chain(right)
            .filter(|row| row.top() < 0.45 * sheet.height)
            .filter_map(|row| date::parse(&row.text()).map(|line| (row, line)))
            .collect();
        let dated = dates.iter().position(|(_, line)| line.date.is_some()).unwrap_or(0);
        let date = dates.into_iter().nth(dated);
        let above = number
            .as_ref()
            .and_then(|(at, _)| left.get(*at))
            .map(Segment::top)
            .or(date.as_ref().map(|(row, _)| row.top()))
            .unwrap_or(0.0);
        let title = find_title(sheet, above, end);
        Self { left, number, date, title, end }
    }

    /// Top of the row with the number, when there is one.
    pub(crate) fn number_row(&self) -> Option<&Segment> {
        self.number.as_ref().and_then(|(at, _)| self.left.get(*at))
    }

    /// A value read from the number box.
    pub(crate) fn number_reading(&self, page: u32, value: &str) -> Option<Extracted> {
        let (_, found) = self.number.as_ref()?;
        let tokens = tokens_of(&self.number_row()?.tokens, found.chars.start, found.chars.end);
        Some(reading(page, value, &tokens, found.certainty))
    }
}

/// Rows of one column: segments at the same height joined, left to right. Scraps of rules are left out, but not a
/// dash or stroke that may belong to a number.
pub(crate) fn rows(mut segments: Vec<&Segment>) -> Vec<Segment> {
    segments.sort_by(|a, b| f64::midpoint(a.top(), a.bottom()).total_cmp(&f64::midpoint(b.top(), b.bottom())));
    let mut rows: Vec<Segment> = Vec::new();
    let scrap = |segment: &Segment| is_ornament(&segment.text()) && !matches!(segment.text().as_str(), "-" | "/");
    for segment in segments.into_iter().filter(|segment| !scrap(segment)) {
        match rows.last_mut() {
            Some(row) if row.beside(segment) => {
                row.tokens.extend(segment.tokens.iter().cloned());
                row.tokens.sort_by(|a, b| a.left().total_cmp(&b.left()));
            }
            _ => rows.push(segment.clone()),
        }
    }
    rows
}

/// Where the right column begins: at the motto, else at the date line, else half way.
fn column_split(sheet: &Sheet, end: f64) -> f64 {
    let head = || sheet.segments.iter().filter(move |s| s.top() < end.min(0.45 * sheet.height));
    let motto = head().filter(|s| begins_motto(&s.tokens)).map(Segment::left).reduce(f64::min);
    let date = || {
        head()
            .filter(|s| s.left() > 0.3 * sheet.width && date::parse(&s.text()).is_some())
            .map(Segment::left)
            .reduce(f64::min)
    };
    motto.or_else(date).filter(|x| *x > 0.25 * sheet.width).unwrap_or(0.5 * sheet.width)
}

/// Where the text proper begins: everything from there on cites, orders or tells, and heads nothing.
fn text_begins(sheet: &Sheet) -> f64 {
    const STARTS: &[&str] = &["can cu", "kinh gui", "dieu 1", "thuc hien", "theo de nghi", "xet de nghi"];
    sheet
        .segments
        .iter()
        .filter(|s| {
            let text = fold(&s.text());
            let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
            // A line of a subject may begin so too, but then it is set in the middle under a title, not at the margin.
            STARTS.iter().any(|start| text.starts_with(start)) && !is_capitals(&s.text())
        })
        .map(Segment::top)
        .fold(sheet.height, f64::min)
}

fn find_number(sheet: &Sheet, left: &[Segment]) -> Option<(usize, DocNumber)> {
    let boxes = || {
        left.iter()
            .enumerate()
            .take_while(|(_, row)| row.top() < NUMBER_SHARE * sheet.height)
            .filter_map(|(at, row)| Some((at, number::parse(&row.text())?)))
    };
    // A labelled box anywhere in the column goes before an unlabelled one.
    boxes().find(|(_, found)| found.chars.start > 0).or_else(|| boxes().next())
}

fn find_title(sheet: &Sheet, above: f64, end: f64) -> Option<Title> {
    sheet.segments.iter().enumerate().find_map(|(at, segment)| {
        let text = segment.text();
        let centred = (segment.middle() - sheet.width / 2.0).abs() < 0.15 * sheet.width;
        if segment.top() <= above || segment.top() >= end.min(TITLE_SHARE * sheet.height) || !centred {
            return None;
        }
        if !is_capitals(&text) || is_ornament(&text) {
            return None;
        }
        let words: Vec<&str> = segment.tokens.iter().map(|t| t.text.as_str()).collect();
        title_type(&words).map(|found| Title { at, found })
    })
}
