//! The text of a cross-reference table in a later revision: as ISO 32000-2 §7.5.4 has it, to the byte. Readers that find it
//! otherwise rebuild it from what looks like objects, or count its rows from another number.
#![warn(clippy::indexing_slicing)]

use super::words::holds_mark;

/// Whether bytes from `xref` on are a plain table, up to its trailer.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    let Some(mut rest) = bytes.strip_prefix(b"xref").and_then(line_end) else { return false };
    loop {
        if let Some(behind) = rest.strip_prefix(b"trailer") {
            return behind.trim_ascii_start().starts_with(b"<<") && !holds_mark(behind);
        }
        let Some((first, behind)) = number(rest) else { return false };
        let Some((count, behind)) = behind.strip_prefix(b" ").and_then(number) else { return false };
        let Some(rows) = line_end(behind) else { return false };
        let Some((rows, behind)) = count.checked_mul(20).and_then(|length| rows.split_at_checked(length)) else {
            return false;
        };
        // Poppler and pdf.js take a table that begins so for one that begins at 0.
        if first == 1 && rows.get(17) == Some(&b'f') {
            return false;
        }
        rest = behind;
    }
}

fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = bytes.split_at_checked(digits)?;
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

/// What follows a line end, before which spaces may stand.
fn line_end(bytes: &[u8]) -> Option<&[u8]> {
    let spaces = bytes.iter().take_while(|byte| **byte == b' ').count();
    match bytes.get(spaces..)? {
        [b'\r', b'\n', rest @ ..] | [b'\n' | b'\r', rest @ ..] => Some(rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_plain_form_is_plain() {
        const ROW: &str = "0000000009 00000 n \n";
        const FREE: &str = "0000000000 65535 f \n";
        let said = |text: String| is_plain(text.as_bytes());
        for text in [
            format!("xref\n0 2\n{FREE}{ROW}4 1\n{ROW}trailer\n<<>>"),
            format!("xref \r\n1 1 \r\n{ROW}trailer<<>>"),
            "xref\n0 0\ntrailer\r\n<<>>".to_owned(),
        ] {
            assert!(said(text.clone()), "{text:?}");
        }
        for text in [
            format!("xref1 1\n{ROW}trailer<<>>"),
            format!("xref 1 1\n{ROW}trailer<<>>"),
            format!("xref%c\n1 1\n{ROW}trailer<<>>"),
            format!("xref\n1 1\n%c\n{ROW}trailer<<>>"),
            format!("xref\n1 %\n1\n{ROW}trailer<<>>"),
            format!("xref\n\n1 1\n{ROW}trailer<<>>"),
            format!("xref\n1 1\n{ROW}trailer%\n<<>>"),
            format!("xref\n1 2\n{ROW}trailer<<>>"),
            format!("xref\n1 2\n{FREE}{ROW}trailer<<>>"),
            format!("xref\n1 1\n{ROW}trailer<</A(trailer<<>>)>>"),
            format!(" xref\n1 1\n{ROW}trailer<<>>"),
        ] {
            assert!(!said(text.clone()), "{text:?}");
        }
    }
}
