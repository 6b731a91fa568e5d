//! The abstract (*trích yếu*): the lines below the title, or *V/v …* below the number of a letter.

use model::Extracted;

use crate::{
    header::{Header, Title},
    layout::{Segment, Sheet, Token, join, reading},
    text::{compact, fold, is_ornament},
    vocabulary::begins_body,
};

/// No abstract runs longer.
const MOST_ROWS: usize = 8;

/// Reads the abstract.
pub(crate) fn read(sheet: &Sheet, header: &Header) -> Option<Extracted> {
    match &header.title {
        Some(title) => below_title(sheet, title),
        None => below_number(sheet.page, header),
    }
}

fn below_title(sheet: &Sheet, title: &Title) -> Option<Extracted> {
    let line = sheet.segments.get(title.at)?;
    // `NGHỊ QUYẾT VỀ …`: what follows the type on its own line belongs to the abstract.
    let mut tokens: Vec<Token> = line.tokens.get(title.found.words..).unwrap_or_default().to_vec();
    let mut last = line;
    let margin = right_margin(sheet);
    for row in sheet.segments.iter().skip(title.at + 1).take(MOST_ROWS) {
        let gap = row.top() - last.bottom();
        let first = tokens.is_empty();
        // Room for a rule or a blank line ends the abstract; between title and abstract a little more is usual.
        if gap > row.height().max(last.height()) * if first { 2.5 } else { 1.1 } {
            break;
        }
        // An indented line that fills the width begins a paragraph, however close it stands.
        if row.right() > margin - 4.0 && (row.middle() - line.middle()).abs() > 2.5 {
            break;
        }
        if !first && is_ornament(&row.text()) {
            break;
        }
        if is_ornament(&row.text()) {
            last = row;
            continue;
        }
        if ends(sheet, row, first) {
            break;
        }
        tokens.extend(row.tokens.iter().cloned());
        last = row;
    }
    (tokens.len() >= 2).then(|| reading(sheet.page, join(&tokens), &tokens, title.found.certainty))
}

/// Where most long lines of the page end.
fn right_margin(sheet: &Sheet) -> f64 {
    let mut ends: Vec<f64> = sheet.segments.iter().filter(|s| s.tokens.len() > 4).map(Segment::right).collect();
    ends.sort_by(f64::total_cmp);
    ends.get(ends.len() * 4 / 5).copied().unwrap_or(sheet.width)
}

/// Whether a row below the title is the text proper already.
fn ends(sheet: &Sheet, row: &Segment, first: bool) -> bool {
    const STARTS: &[&str] =
        &["can cu", "kinh gui", "dieu ", "thuc hien", "theo ", "xet ", "phan ", "chuong ", "noi nhan"];
    let text = row.text();
    let folded = fold(&text);
    if STARTS.iter().any(|start| folded.starts_with(start)) || text.starts_with(['-', '+', '•', '*']) {
        return true;
    }
    let enumerated = folded.split(' ').next().is_some_and(|word| {
        let head = word.trim_end_matches(['.', ')', '/']);
        head.len() < word.len() && (head.chars().all(|c| c.is_ascii_digit()) || head.chars().all(|c| "ivx".contains(c)))
    });
    if enumerated {
        return true;
    }
    // The authority (*BAN THƯỜNG VỤ TỈNH ỦY*, *CHỦ TỊCH …*) speaks after the abstract, in capitals.
    let capitals = crate::text::is_capitals(&text);
    if capitals && !first && (begins_body(&text) || folded.starts_with("chu tich") || folded.starts_with("bo truong")) {
        return true;
    }
    // Abstracts are centred; a paragraph of the text begins indented and runs to the margin.
    (row.middle() - sheet.width / 2.0).abs() > 0.13 * sheet.width
}

/// *V/v hướng dẫn …* in small letters under the number of a letter.
fn below_number(page: u32, header: &Header) -> Option<Extracted> {
    let (at, _) = header.number.as_ref()?;
    let mut rows = header.left.iter().skip(at + 1).take(MOST_ROWS).skip_while(|row| is_ornament(&row.text()));
    let first = rows.next()?;
    let begin = first.tokens.first().map(|t| compact(&t.text)).unwrap_or_default();
    let spelled = fold(&first.text());
    if !(begin == "vv" || spelled.starts_with("ve viec") || spelled.starts_with("v/ v")) {
        return None;
    }
    // *V/v* only says "concerning"; the abstract is what follows.
    let label = if begin == "vv" { 1 } else { 2 };
    let mut tokens: Vec<Token> = first.tokens.get(label..).unwrap_or_default().to_vec();
    let mut last = first;
    for row in rows {
        if row.top() - last.bottom() > 1.2 * row.height() || is_ornament(&row.text()) {
            break;
        }
        tokens.extend(row.tokens.iter().cloned());
        last = row;
    }
    (tokens.len() >= 2).then(|| reading(page, join(&tokens), &tokens, 1.0))
}
