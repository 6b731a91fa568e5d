//! What a parser found wrong with foreign bytes, or the system with a file, in the reader's language. It is said in English, once,
//! where it is found; the catalogue has both languages under `fault-…`.

use std::{borrow::Cow, sync::LazyLock};

use crate::{TEXTS, filled};

/// Bytes; what is longer is no fault of ours but foreign text, in which nothing is looked for.
const LONGEST: usize = 1000;

/// A fault as the code says it and as a Vietnamese reads it, those with fewer places first.
static FAULTS: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    let faults = TEXTS.iter().filter(|(code, _)| code.starts_with("fault-"));
    let mut faults: Vec<(&str, &str)> = faults.map(|(_, text)| (text.en.as_str(), text.vi.as_str())).collect();
    faults.sort_by_key(|(said, _)| said.matches('{').count());
    faults
});

/// A fault in Vietnamese, also behind the names of files and a colon. A library's own words stay as they are.
pub(crate) fn vietnamese(said: &str) -> Cow<'_, str> {
    if said.len() > LONGEST {
        return said.into();
    }
    let behind = said.match_indices(": ").map(|(at, colon)| at + colon.len());
    for start in std::iter::once(0).chain(behind) {
        let (before, fault) = said.split_at(start);
        if let Some(told) = FAULTS.iter().find_map(|(english, told)| translated(fault, english, told)) {
            return format!("{before}{told}").into();
        }
    }
    said.into()
}

/// What was said, if it is this fault; what stands at a `{name}` of the one goes to that of the other.
fn translated(said: &str, english: &str, told: &str) -> Option<String> {
    let mut template = english.split('{');
    let mut rest = said.strip_prefix(template.next()?)?;
    let mut values = Vec::new();
    for place in template {
        let (name, after) = place.split_once('}')?;
        let end = if after.is_empty() { rest.len() } else { rest.find(after)? };
        values.push((name, rest.get(..end)?));
        rest = rest.get(end + after.len()..)?;
    }
    let value =
        |wanted: &str| values.iter().find(|(name, _)| *name == wanted).map(|(_, value)| vietnamese(value).into());
    rest.is_empty().then(|| filled(told, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_told_in_vietnamese() {
        for (said, told) in [
            ("the JPEG end marker is missing", "thiếu dấu kết thúc JPEG"),
            ("002.jpg: the JPEG end marker is missing", "002.jpg: thiếu dấu kết thúc JPEG"),
            ("P01: 3/cả tập.tif: 2 pages", "P01: 3/cả tập.tif: 2 trang"),
            ("TIFF compression 34712", "kiểu nén TIFF 34712"),
            ("TIFF of photometric 8, 16 bits", "TIFF có cách ghi màu 8, 16 bit"),
            ("x.tif: a fax strip: Unexpected(7)", "x.tif: một dải fax: Unexpected(7)"),
            ("x.tif: a fax strip: rows are missing", "x.tif: một dải fax: thiếu hàng điểm ảnh"),
            ("an empty answer; signal: 6 (SIGABRT)", "không có câu trả lời; tín hiệu 6 (SIGABRT)"),
            ("a.jpg: Permission denied (os error 13)", "a.jpg: không có quyền truy cập (os error 13)"),
            ("pixels", "điểm ảnh"),
            ("JPEG: FormatStatic(\"Bad\")", "JPEG: FormatStatic(\"Bad\")"),
            ("the file ends", "the file ends"),
            ("", ""),
            ("line 3: unknown field x in [description]", "dòng 3: không có trường x trong [description]"),
            ("{b}; signal: 6", "{b}; tín hiệu 6"),
        ] {
            assert_eq!(vietnamese(said), told);
        }
    }

    #[test]
    fn foreign_text_of_any_length_is_no_work() {
        let said = format!("unknown field {} PDF of ; signal: in [description]", "x: ".repeat(80_000));
        assert_eq!(vietnamese(&said), said);
    }
}
