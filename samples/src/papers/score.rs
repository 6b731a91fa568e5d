//! How well something was read: character error, fields found and fields right.

use std::collections::BTreeMap;

/// Characters to insert, delete or replace to come from `read` to `truth`, over the characters of `truth`.
/// White space counts as one blank; letters are compared as they stand (NFC on both sides is the caller's duty).
pub fn character_error_rate(truth: &str, read: &str) -> f64 {
    let (truth, read) = (plain(truth), plain(read));
    if truth.is_empty() {
        return if read.is_empty() { 0.0 } else { 1.0 };
    }
    f64::from(distance(&truth, &read)) / truth.len() as f64
}

/// The same whatever order the lines were read in: each line of the truth is looked for where it fits best in what was
/// read (its errors are counted there), and what was read beyond the truth's length counts as error too.
/// Two-column headers make engines read blocks in different orders; that is not an error of letters.
pub fn character_error_rate_any_order(truth: &str, read: &str) -> f64 {
    let read = plain(read);
    let lines: Vec<Vec<char>> = truth.lines().map(plain).filter(|line| !line.is_empty()).collect();
    let length: usize = lines.iter().map(Vec::len).sum::<usize>() + lines.len().saturating_sub(1);
    if length == 0 {
        return if read.is_empty() { 0.0 } else { 1.0 };
    }
    let errors: usize = lines.iter().map(|line| fitted(line, &read) as usize).sum();
    (errors + read.len().saturating_sub(length)) as f64 / length as f64
}

/// Counts over all documents for one field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FieldScore {
    /// Documents whose paper carries the field.
    pub known: u32,
    /// Documents where something was read.
    pub answered: u32,
    /// Documents where it was read rightly.
    pub right: u32,
}

impl FieldScore {
    /// Right over answered; 1 when nothing was answered.
    pub fn precision(&self) -> f64 {
        if self.answered == 0 { 1.0 } else { f64::from(self.right) / f64::from(self.answered) }
    }

    /// Right over known; 1 when nothing was known.
    pub fn recall(&self) -> f64 {
        if self.known == 0 { 1.0 } else { f64::from(self.right) / f64::from(self.known) }
    }
}

/// Adds one document's answers to the scores, field by field; fields that the truth never names are not judged.
pub fn score_fields(
    scores: &mut BTreeMap<String, FieldScore>,
    truth: &BTreeMap<String, String>,
    read: &BTreeMap<String, String>,
) {
    for (field, value) in truth {
        let score = scores.entry(field.clone()).or_default();
        score.known += 1;
        if let Some(answer) = read.get(field) {
            score.answered += 1;
            score.right += u32::from(same(field, value, answer));
        }
    }
    for field in read.keys().filter(|field| !truth.contains_key(*field)) {
        if let Some(score) = scores.get_mut(field) {
            score.answered += 1;
        }
    }
}

/// Whether an answer says the same: case, spacing and end punctuation aside; an abstract may drop its `về việc`.
pub fn same(field: &str, truth: &str, read: &str) -> bool {
    comparable(field, truth) == comparable(field, read)
}

fn comparable(field: &str, value: &str) -> String {
    let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
    if field == "notation" {
        return value;
    }
    let value = value.to_lowercase();
    let mut rest = value.trim_matches(|letter: char| !letter.is_alphanumeric());
    if field == "subject" {
        for opening in ["v/v", "về việc", "về"] {
            if let Some(after) = rest.strip_prefix(opening) {
                rest = after.trim_start_matches([' ', ':']);
                break;
            }
        }
    }
    rest.to_owned()
}

/// Characters with white space made single blanks.
fn plain(text: &str) -> Vec<char> {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().collect()
}

/// Levenshtein distance.
fn distance(a: &[char], b: &[char]) -> u32 {
    let mut row: Vec<u32> = (0..=b.len() as u32).collect();
    for (i, left) in a.iter().enumerate() {
        step(&mut row, i as u32 + 1, *left, b);
    }
    row[b.len()]
}

/// Least distance of `a` to any part of `b`.
fn fitted(a: &[char], b: &[char]) -> u32 {
    let mut row = vec![0; b.len() + 1];
    for (i, left) in a.iter().enumerate() {
        step(&mut row, i as u32 + 1, *left, b);
    }
    row.into_iter().min().unwrap_or(a.len() as u32)
}

/// One row of the table of distances.
fn step(row: &mut [u32], first: u32, left: char, b: &[char]) {
    let mut diagonal = std::mem::replace(&mut row[0], first);
    for (j, right) in b.iter().enumerate() {
        let substituted = diagonal + u32::from(left != *right);
        diagonal = row[j + 1];
        row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_counted_over_the_truth() {
        assert!((character_error_rate("đảng bộ", "đảng bộ") - 0.0).abs() < 1e-9);
        assert!((character_error_rate("đảng bộ", "đáng bộ") - 1.0 / 7.0).abs() < 1e-9);
        assert!((character_error_rate("abc", "") - 1.0).abs() < 1e-9);
    }

    #[test]
    fn order_of_lines_is_no_error_but_rubbish_is() {
        let truth = "TỈNH ỦY\nĐẢNG CỘNG SẢN\nQuyết định";
        assert!(character_error_rate_any_order(truth, "ĐẢNG CỘNG SẢN TỈNH ỦY Quyết định") < 1e-9);
        assert!(character_error_rate_any_order(truth, "ĐẢNG CỘNG SẢN TỈNH ỦY Quyết định xxxxx") > 0.1);
        assert!(character_error_rate_any_order(truth, "ĐẢNG CỘNG SẢN") > 0.3);
    }

    #[test]
    fn fields_are_right_or_wrong() {
        let map = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<BTreeMap<_, _>>()
        };
        let mut scores = BTreeMap::new();
        score_fields(
            &mut scores,
            &map(&[("subject", "về việc thu mua"), ("number", "12")]),
            &map(&[("subject", "Thu mua"), ("number", "13")]),
        );
        assert_eq!(scores["subject"], FieldScore { known: 1, answered: 1, right: 1 });
        assert!(scores["number"].precision() < 1e-9);
        assert!(same("signer_name", "Lê Văn Tám", "LÊ VĂN TÁM."));
        assert!(!same("notation", "HD/TU", "HĐ/TU"));
    }
}
