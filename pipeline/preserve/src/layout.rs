//! Where things lie on a copy: OCFL layout extension 0003 (hash-and-id-n-tuple) and our own names.

use model::{DocumentId, Sha256};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The OCFL storage root.
pub const OCFL: &str = "ocfl";
/// Where objects and versions are built before they enter; on the same file system.
pub const STAGING: &str = "staging";
/// The journal's segments.
pub const JOURNAL: &str = "journal";
/// The medium's identity.
pub const MEDIUM: &str = "medium.json";
/// How to check the copy without us.
pub const README: &str = "README.txt";
/// The writer's lock, in [`STAGING`].
pub const LOCK: &str = "lock";

/// Declaration of the storage root (OCFL 1.1 §4.1) with its content.
pub const ROOT_DECLARATION: (&str, &str) = ("0=ocfl_1.1", "ocfl_1.1\n");
/// Declaration of an object (OCFL 1.1 §3.3) with its content.
pub const OBJECT_DECLARATION: (&str, &str) = ("0=ocfl_object_1.1", "ocfl_object_1.1\n");

/// The layout's name in `ocfl_layout.json` and of its extension folder.
pub const EXTENSION: &str = "0003-hash-and-id-n-tuple-storage-layout";
/// Hexadecimal digits a folder level.
const TUPLE_SIZE: usize = 3;
/// Folder levels above an object.
pub(crate) const TUPLES: usize = 3;

/// The files of the storage root itself, relative to [`OCFL`], with their bytes.
pub fn root_files() -> [(String, String); 3] {
    let layout = format!(
        "{{\n  \"extension\": \"{EXTENSION}\",\n  \"description\": \"Folders of {TUPLES} x {TUPLE_SIZE} hexadecimal digits of \
         the SHA-256 of the object id, then the percent-encoded id.\"\n}}\n"
    );
    let config = format!(
        "{{\n  \"extensionName\": \"{EXTENSION}\",\n  \"digestAlgorithm\": \"sha256\",\n  \"tupleSize\": {TUPLE_SIZE},\n  \
         \"numberOfTuples\": {TUPLES}\n}}\n"
    );
    [
        (ROOT_DECLARATION.0.to_owned(), ROOT_DECLARATION.1.to_owned()),
        ("ocfl_layout.json".to_owned(), layout),
        (format!("extensions/{EXTENSION}/config.json"), config),
    ]
}

/// Extension 0003 keeps `A-Z a-z 0-9 - _` and percent-encodes every other byte in lower case.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

fn encode(id: &str) -> String {
    // The crate writes upper-case digits; the extension asks for lower case. The rest of our ids has no capitals.
    utf8_percent_encode(id, ENCODED).to_string().to_ascii_lowercase()
}

/// Where an object lies on a copy. Our ids are 45 characters, far below the extension's limit of 100.
pub fn place(id: DocumentId) -> String {
    let urn = id.urn();
    let digest = Sha256::of(urn.as_bytes()).to_hex();
    let mut place = OCFL.to_owned();
    for tuple in digest.as_bytes().chunks(TUPLE_SIZE).take(TUPLES) {
        place.push('/');
        place.extend(tuple.iter().map(|byte| char::from(*byte)));
    }
    place.push('/');
    place.push_str(&encode(&urn));
    place
}

/// The object an encoded folder name belongs to.
pub fn id_of_folder(name: &str) -> Option<DocumentId> {
    let urn = percent_decode_str(name).decode_utf8().ok()?;
    let id: DocumentId = urn.parse().ok()?;
    (encode(&id.urn()) == name).then_some(id)
}

/// Whether a name is one of the layout's folder levels.
pub(crate) fn is_tuple(name: &str) -> bool {
    name.len() == TUPLE_SIZE && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether a path may stand on a copy: relative, no empty, `.` or `..` elements, no NUL, elements a file system takes.
pub fn is_legal(path: &str) -> bool {
    !path.is_empty()
        && !path.contains('\0')
        && path.split('/').all(|element| !matches!(element, "" | "." | "..") && element.len() <= 255)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_lies_where_the_extension_says() {
        let id: DocumentId = "urn:uuid:00010203-0405-8607-8809-0a0b0c0d0e0f".parse().expect("id");
        let place = place(id);
        // printf %s urn:uuid:00010203-0405-8607-8809-0a0b0c0d0e0f | sha256sum
        assert_eq!(place, format!("ocfl/aaa/c69/7b8/urn%3auuid%3a{id}"));
        assert_eq!(id_of_folder(place.rsplit('/').next().expect("name")), Some(id));
        assert_eq!(id_of_folder("urn%3Auuid%3A00010203-0405-8607-8809-0a0b0c0d0e0f"), None, "another spelling");
    }

    #[test]
    fn paths_stay_on_the_copy() {
        for path in ["", "/a", "a//b", "../a", "a/..", ".", "a/./b", "a\0b"] {
            assert!(!is_legal(path), "{path:?}");
        }
        assert!(is_legal("originals/trang 2.jpg") && is_legal("a/..b/…"));
        assert!(!is_legal(&"x".repeat(256)));
    }
}
