//! Who signed: the lines of the role (*T/M*, *KT.*, *TL.* and the office) and the name below the signature,
//! bottom right of the last page that has a signature.

use model::Extracted;

use crate::{
    header::rows,
    layout::{Segment, Sheet, Token, join, reading},
    text::{compact, fold, fold_char, is_capitals, is_ornament},
    vocabulary::{begins_role, is_surname, mend_role, mended_surname, names_office, nearest_office},
};

/// What the foot of a paper says.
pub(crate) struct Signer {
    pub(crate) role: Option<Extracted>,
    pub(crate) name: Option<Extracted>,
}

/// Between the role and the name stands a signature with its seal: at most so much paper, mm.
const SIGNATURE_MM: f64 = 75.0;

/// Abbreviations whose stop is theirs.
const ABBREVIATED: &[&str] = &["tm", "kt", "tl", "tuq", "q", "ts", "ths", "pgs", "gs", "bs", "ks"];

/// Reads the signer from the last page that has a signature block; annexes may follow it.
pub(crate) fn read(sheets: &[Sheet]) -> Signer {
    sheets.iter().rev().find_map(block).unwrap_or(Signer { role: None, name: None })
}

fn block(sheet: &Sheet) -> Option<Signer> {
    let right: Vec<&Segment> = sheet
        .segments
        .iter()
        .filter(|s| s.middle() > 0.5 * sheet.width && s.left() > 0.35 * sheet.width)
        // Strokes of the signature and scraps of the seal.
        .filter(|s| s.confidence() > 0.25 && !is_ornament(&s.text()))
        .collect();
    let right: Vec<Segment> = rows(right).iter().map(cleaned).filter(|s| !s.tokens.is_empty()).collect();
    let Some(roles) = role_lines(&right) else {
        // The seal may have swallowed the role. The recipients on the left still say how high the block begins.
        let beside = sheet.segments.iter().rfind(|s| fold(&s.text()).starts_with("noi nhan"))?;
        let below = right.iter().filter(|s| s.top() > beside.top() - 5.0);
        return best_name(sheet.page, below).map(|name| Signer { role: None, name: Some(name) });
    };
    let bottom = roles.last().map_or(0.0, Segment::bottom);
    let below = right.iter().filter(|s| s.top() > bottom - 1.0 && s.top() - bottom < SIGNATURE_MM);
    Some(Signer { role: role(sheet.page, roles), name: best_name(sheet.page, below) })
}

/// The lines of the lowest role of a column; a first page's head is above it.
fn role_lines(right: &[Segment]) -> Option<&[Segment]> {
    let begins = |line: &Segment| {
        let text = line.text();
        is_capitals(&text) && (begins_role(&text) || nearest_office(&text).is_some())
    };
    let starts: Vec<usize> = right.iter().enumerate().filter(|(_, line)| begins(line)).map(|(at, _)| at).collect();
    // Role lines follow each other closely: go up from the lowest to the first of its block.
    let mut first = *starts.last()?;
    for at in starts.iter().rev() {
        let (Some(upper), Some(lower)) = (right.get(*at), right.get(first)) else { break };
        if lower.top() - upper.bottom() > 2.5 * upper.height() {
            break;
        }
        first = *at;
    }
    let follows = |pair: &[Segment]| match pair {
        [upper, lower] => {
            is_capitals(&lower.text()) && lower.top() - upper.bottom() < 1.6 * lower.height() && !looks_like_name(lower)
        }
        _ => false,
    };
    let more = right.get(first..)?.windows(2).take_while(|pair| follows(pair)).count();
    right.get(first..=first + more)
}

/// The role as one text, the accents of known offices put back, a noisy line read as the one office it must be.
fn role(page: u32, lines: &[Segment]) -> Option<Extracted> {
    let texts: Vec<String> = lines
        .iter()
        .map(|line| {
            let words: Vec<&str> = line.tokens.iter().map(|token| token.text.as_str()).collect();
            let text = mend_role(&words).join(" ");
            nearest_office(&text).map_or(text, str::to_owned)
        })
        .collect();
    // The last line is the signer's own office. Where it was lost or misread, what is left names no office or another
    // person's: *KT. GIÁM ĐỐC* is never signed by the *GIÁM ĐỐC*.
    let own = texts.last().is_some_and(|line| names_office(line));
    let lost = texts.windows(2).any(|pair| match pair {
        [above, below] => compact(above).strip_prefix("kt").is_some_and(|office| office == compact(below)),
        _ => false,
    });
    let tokens: Vec<Token> = lines.iter().flat_map(|line| line.tokens.iter().cloned()).collect();
    (own && !lost).then(|| reading(page, texts.join(" "), &tokens, 1.0))
}

/// Words freed from the specks that the seal leaves between and around them; *KT.* keeps its stop, *T/M* its stroke.
fn cleaned(segment: &Segment) -> Segment {
    let mut tokens = Vec::new();
    for token in &segment.tokens {
        let text = token.text.replace(',', ".");
        let kept = |c: char| c.is_alphanumeric() || c == '.' || c == '/';
        for word in text.split(|c: char| !kept(c)).flat_map(|word| word.split_inclusive('.')) {
            let word = word.trim_start_matches(['.', '/']).trim_end_matches('/');
            let abbreviated = ABBREVIATED.contains(&compact(word).as_str());
            let word = if abbreviated { word } else { word.trim_end_matches('.') };
            // No word of a role or a name has one letter, but *Q.*.
            if word.chars().filter(|c| c.is_alphanumeric()).count() > 1 || compact(word) == "q" {
                tokens.push(token.saying(word.to_owned()));
            }
        }
    }
    Segment { tokens }
}

/// The segment that is most surely a name.
fn best_name<'a>(page: u32, segments: impl Iterator<Item = &'a Segment>) -> Option<Extracted> {
    let (certainty, segment) = segments
        .filter_map(|s| Some((name_certainty(s)?, s)))
        .max_by(|a, b| (a.0 * a.1.confidence()).total_cmp(&(b.0 * b.1.confidence())))?;
    let mut tokens = segment.tokens.clone();
    if let Some(first) = tokens.first_mut()
        && let Some(surname) = mended_surname(&first.text)
    {
        *first = first.saying(surname);
    }
    Some(reading(page, join(&tokens), &tokens, certainty))
}

fn looks_like_name(segment: &Segment) -> bool {
    name_certainty(segment).is_some_and(|certainty| certainty > 0.9)
}

/// How surely a segment is a person's name: two to five words that begin with capitals, a surname in front,
/// a rank or title before it allowed. Scraps of the seal and of the signature are none.
fn name_certainty(segment: &Segment) -> Option<f32> {
    const TITLES: &[&str] = &[
        "ts", "ths", "pgs", "gs", "bs", "ks", "dai", "thuong", "trung", "thieu", "tuong", "ta", "uy", "dong", "chi",
        "luat", "su",
    ];
    let text = segment.text();
    if ["daky", "kyten", "kytendongdau"].contains(&compact(&text).as_str()) || begins_role(&text) {
        return None;
    }
    let words: Vec<&str> = segment.tokens.iter().map(|t| t.text.as_str()).collect();
    let titles = words.iter().take_while(|word| TITLES.contains(&fold(word.trim_end_matches('.')).as_str())).count();
    // A name may itself begin like a rank (*Tạ*, *Thượng*): then it is all name.
    let name = [words.get(titles..).unwrap_or_default(), &words].into_iter().find(|name| is_formed(name))?;
    // *Thị* is a middle name: the surname before it was lost.
    let lost = name.first().is_some_and(|word| fold(word) == "thi");
    let surname = name.first().is_some_and(|word| is_surname(word));
    // A name in capitals is rarer than one in small letters, and without a known surname it is too likely a role line.
    match (surname, is_capitals(&text)) {
        (true, false) => Some(1.0),
        (true, true) => Some(0.92),
        // A rare surname must be read without doubt; of two words alone the surname may be the one that was lost.
        (false, false) if name.len() > 2 && !lost && segment.confidence() > 0.94 => Some(0.6),
        (false, false) => None,
        (false, true) => None,
    }
}

/// Two to five words of letters that begin with capitals.
fn is_formed(words: &[&str]) -> bool {
    (2..=5).contains(&words.len())
        && words.iter().all(|word| {
            let letters = word.trim_end_matches(['.', ',']);
            letters.chars().count() >= 2
                && letters.chars().all(is_vietnamese)
                && letters.chars().any(|c| "aeiouy".contains(fold_char(c)))
                && letters.chars().next().is_some_and(char::is_uppercase)
        })
}

/// Letters of Vietnamese: accents stand on vowels only, but for đ.
fn is_vietnamese(c: char) -> bool {
    let base = fold_char(c);
    base.is_ascii_alphabetic() && (c.is_ascii() || "aeiouyd".contains(base))
}
