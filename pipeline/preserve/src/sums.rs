//! `BLAKE3SUMS`: what came with a version, by digests that an audit takes several times as fast as the inventory's.

use std::{collections::BTreeMap, fmt::Write as _};

/// Its logical path in every version; `b3sum --check` reads it in the version's `content` folder.
pub const SUMS: &str = "BLAKE3SUMS";

/// The lines for the files that a version brings, by their paths below `content`. Names that `b3sum` would have to escape are
/// left out: the inventory's digest speaks for them.
pub(crate) fn to_bytes(files: &BTreeMap<&str, [u8; 32]>) -> Vec<u8> {
    let mut text = String::new();
    for (path, digest) in files.iter().filter(|(path, _)| !path.contains(|c: char| c == '\\' || c.is_control())) {
        writeln!(text, "{}  {path}", hex::encode(digest)).unwrap_or_default();
    }
    text.into_bytes()
}

/// The digests that such a file names; lines of another form are passed over.
pub(crate) fn parse(bytes: &[u8]) -> BTreeMap<String, [u8; 32]> {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let line = |line: &str| {
        let (digest, path) = line.split_once("  ")?;
        let mut out = [0; 32];
        hex::decode_to_slice(digest, &mut out).ok()?;
        Some((path.to_owned(), out))
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_digests_come_back_and_odd_ones_are_left_out() {
        let files = BTreeMap::from([
            ("document.pdf", [1; 32]),
            ("originals/Văn bản  2.jpg", [2; 32]),
            ("originals/a\nb", [3; 32]),
            ("originals/a\\b", [4; 32]),
        ]);
        let bytes = to_bytes(&files);
        let read = parse(&bytes);
        assert_eq!(read.len(), 2);
        assert_eq!((read["document.pdf"], read["originals/Văn bản  2.jpg"]), ([1; 32], [2; 32]));
        assert!(bytes.starts_with(format!("{}  document.pdf\n", "01".repeat(32)).as_bytes()));
        assert_eq!(parse(b"no digest\nzz  x\n\xff"), BTreeMap::new());
        assert_eq!(parse(b"short  x\n0101  y\n"), BTreeMap::new());
    }
}
