//! The secrecy mark: *MẬT*, *TỐI MẬT* or *TUYỆT MẬT* standing for itself (Điều 11).
//!
//! A mark wrongly seen costs a person one look; a mark overlooked puts a secret into the archive. So what stands
//! alone like a stamp is taken as one in every spelling an engine may give it, while *MẶT TRẬN* and running text are not.

use model::{RectMm, Secrecy};

use crate::{
    layout::{Segment, Sheet},
    text::{clean, compact, distance, fold, fold_char, is_capitals},
};

/// A mark that was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct SecrecyMark {
    /// Its level.
    pub level: Secrecy,
    /// Page, from 1.
    pub page: u32,
    /// Box on the page as displayed, mm.
    pub rect: RectMm,
    /// What was read, so that a person sees why the document is held.
    pub text: String,
    /// How surely it was read, 0.0 to 1.0.
    pub confidence: f32,
}

/// Marks stand in the head of page one; on later pages only in the margin above the text.
const HEAD_SHARE: f64 = 0.42;
const MARGIN_SHARE: f64 = 0.12;

/// The highest mark in the document, the first of them when several say the same.
pub(crate) fn find(sheets: &[Sheet]) -> Option<SecrecyMark> {
    let mut marks: Vec<SecrecyMark> = sheets.iter().flat_map(marks).collect();
    // Stable: among equals the first stays first.
    marks.sort_by_key(|mark| std::cmp::Reverse(mark.level));
    marks.into_iter().next()
}

fn marks(sheet: &Sheet) -> Vec<SecrecyMark> {
    let share = if sheet.page == 1 { HEAD_SHARE } else { MARGIN_SHARE };
    let stamped = stacked(&sheet.stamps).into_iter().map(|segment| (segment, true));
    let head: Vec<Segment> = sheet.segments.iter().filter(|s| s.top() < share * sheet.height).cloned().collect();
    let printed = stacked(&head).into_iter().map(|segment| (segment, false));
    stamped
        .chain(printed)
        .filter(|(segment, _)| !runs_on(segment, &sheet.segments))
        .filter_map(|(segment, stamp)| {
            let text = segment.text();
            // A frame and a slanted print give the same mark several times, once well and else as scraps.
            let clear = segment.believed(0.5).and_then(|clear| level_of_mark(&clear.text(), stamp));
            let level = level_of_mark(&text, stamp).max(clear)?;
            Some(SecrecyMark { level, page: sheet.page, rect: segment.shown(), text, confidence: segment.confidence() })
        })
        .collect()
}

/// The segments, and besides each pair of them where *TỐI* or *TUYỆT* stands right above or before the rest.
fn stacked(segments: &[Segment]) -> Vec<Segment> {
    let mut all = segments.to_vec();
    for first in segments {
        let word = compact(&first.text());
        if !(is_near(&word, "tuyet", 1) || word == "toi") {
            continue;
        }
        let follows = |s: &&Segment| {
            let below = s.top() > first.top() && s.top() - first.bottom() < 1.2 * first.height();
            let over = s.left() < first.right() && first.left() < s.right();
            let after = first.beside(s) && s.left() > first.left() && s.left() - first.right() < 4.0 * first.height();
            (below && over) || after
        };
        for second in segments.iter().filter(follows) {
            let tokens = first.tokens.iter().chain(&second.tokens).cloned().collect();
            all.push(Segment { tokens });
        }
    }
    all
}

/// Whether a lone *MẬT* is the last word of a line above it (*… BÍ / MẬT*), or one half of *MẶT TRẬN*.
fn runs_on(mark: &Segment, all: &[Segment]) -> bool {
    all.iter().any(|other| {
        let text = fold(&other.text());
        let over = other.left() < mark.right() && mark.left() < other.right();
        let above = over && mark.top() > other.top() && mark.top() - other.bottom() < 1.2 * mark.height();
        let broken = ["bi", "bao", "co"].iter().any(|end| text == *end || text.ends_with(&format!(" {end}")));
        let beside =
            mark.beside(other) && other.left() > mark.left() && other.left() - mark.right() < 3.0 * mark.height();
        (above && broken) || (beside && text.starts_with("tran"))
    })
}

/// The level a text that stands alone marks, if it is a mark. Stamps may be in any case and worse read; printed lines
/// must be in capitals, or the last word of a paragraph would hold its document.
pub(crate) fn level_of_mark(text: &str, stamp: bool) -> Option<Secrecy> {
    let text = clean(text);
    let text = text.as_str();
    let words: Vec<String> = text
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned())
        .filter(|word| !word.is_empty())
        // Urgency is stamped beside secrecy.
        .filter(|word| !["KHẨN", "HỎA", "HOẢ", "TỐC", "THƯỢNG"].contains(&word.to_uppercase().as_str()))
        .collect();
    let joined = words.concat();
    if joined.is_empty() || (!stamp && !is_capitals(&joined)) {
        return None;
    }
    // With accents first.
    match joined.to_uppercase().as_str() {
        "MẬT" | "ĐỘMẬTMẬT" => return Some(Secrecy::Mat),
        "TỐIMẬT" | "ĐỘMẬTTỐIMẬT" => return Some(Secrecy::ToiMat),
        "TUYỆTMẬT" | "ĐỘMẬTTUYỆTMẬT" => return Some(Secrecy::TuyetMat),
        _ => {}
    }
    // Then as engines misread them.
    let plain = compact(&joined);
    let plain = plain.strip_prefix("domat").filter(|rest| !rest.is_empty()).unwrap_or(&plain);
    if is_near(plain, "tuyetmat", 2) {
        return Some(Secrecy::TuyetMat);
    }
    if is_near(plain, "toimat", 1) {
        return Some(Secrecy::ToiMat);
    }
    (is_like_mat(&joined, plain) || (stamp && is_torn_mat(text))).then_some(Secrecy::Mat)
}

/// `MẬT` with its accent misread, or with a stroke lost while the accent shows which word it was.
fn is_like_mat(joined: &str, plain: &str) -> bool {
    if plain == "mat" {
        return true;
    }
    let letters: Vec<char> = joined.to_uppercase().chars().filter(|c| c.is_alphanumeric()).collect();
    match letters.as_slice() {
        [first, vowel, last] => {
            matches!(first, 'M' | 'N' | 'H')
                && matches!(vowel, 'Ậ' | 'Ầ' | 'Ẩ' | 'Ẫ' | 'Ấ' | 'Â' | 'Ạ' | 'Ặ')
                && matches!(last, 'T' | 'I' | '1' | '7' | 'Í' | 'Ì' | 'L' | 'Ï' | 'Y')
        }
        _ => false,
    }
}

/// A stamp of which ink is missing: `M._T`, `ẬT`. Nothing else is stamped in red that reads so.
fn is_torn_mat(text: &str) -> bool {
    let vowel = |c: &char| fold_char(*c) == 'a' || !c.is_alphanumeric();
    let letters: Vec<char> = text.trim_matches(|c: char| !c.is_alphanumeric()).to_uppercase().chars().collect();
    match letters.as_slice() {
        ['M', middle @ .., 'T'] => middle.len() <= 3 && middle.iter().all(vowel),
        [.., 'Ậ', 'T'] => letters.len() <= 3,
        _ => false,
    }
}

fn is_near(text: &str, word: &str, most: usize) -> bool {
    distance(text, word, most).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_what_only_looks_like_one() {
        for (text, stamp, expect) in [
            ("MẬT", false, Some(Secrecy::Mat)),
            ("TỐI MẬT", false, Some(Secrecy::ToiMat)),
            ("TUYỆT MẬT", false, Some(Secrecy::TuyetMat)),
            ("[ MẬT ]", true, Some(Secrecy::Mat)),
            ("| TỐI MẬT |", true, Some(Secrecy::ToiMat)),
            ("M Ậ T", true, Some(Secrecy::Mat)),
            ("T U Y Ệ T M Ậ T", false, Some(Secrecy::TuyetMat)),
            ("MA\u{302}\u{323}T", false, Some(Secrecy::Mat)),
            ("Độ mật: MẬT", true, Some(Secrecy::Mat)),
            ("ĐỘ MẬT: TỐI MẬT", false, Some(Secrecy::ToiMat)),
            ("TỐI MẬT - HỎA TỐC", true, Some(Secrecy::ToiMat)),
            // misread
            ("MAT", false, Some(Secrecy::Mat)),
            ("MẶT", true, Some(Secrecy::Mat)),
            ("MẬI", true, Some(Secrecy::Mat)),
            ("NẬT", true, Some(Secrecy::Mat)),
            ("mật", true, Some(Secrecy::Mat)),
            ("TÔI MẤT", true, Some(Secrecy::ToiMat)),
            ("TỐI MẬ", true, Some(Secrecy::ToiMat)),
            ("TUYẾT MAT", true, Some(Secrecy::TuyetMat)),
            ("TUYỆ MẬI", true, Some(Secrecy::TuyetMat)),
            ("M._T", true, Some(Secrecy::Mat)),
            ("ẬT", true, Some(Secrecy::Mat)),
            ("TUY _T MẠT", true, Some(Secrecy::TuyetMat)),
            // none
            ("MỘT", true, None),
            ("M._T", false, None),
            ("mật", false, None),
            ("MẶT TRẬN", false, None),
            ("MẶT TRẬN", true, None),
            ("ỦY BAN MẶT TRẬN TỔ QUỐC", false, None),
            ("BÍ MẬT", false, None),
            ("BẢO MẬT", true, None),
            ("VIỆT NAM", true, None),
            ("NAM", true, None),
            ("KHẨN", true, None),
            ("ĐẾN", true, None),
            ("BAN MẬT MÃ", false, None),
            ("ĐỘ MẬT", true, None),
            ("", true, None),
            ("★", true, None),
        ] {
            assert_eq!(level_of_mark(text, stamp), expect, "{text:?} {stamp}");
        }
    }
}
