//! Documents that are damaged on the copies: they are named, and keep no other back.

use std::path::{Path, PathBuf};

use crate::support::House;

#[test]
fn a_document_that_is_damaged_keeps_no_other_from_a_copy_that_is_back() {
    let house = House::new("[preserve]\ncopies_required = 1\n");
    std::fs::rename(house.path("copies/b"), house.path("away")).expect("unmounted");
    house.drop(3, 1);
    let ran = house.run();
    ran.done(3);
    let first = ran.documents[0]["id"].as_str().expect("identity").to_owned();
    spoil(&part(&house, "a", &first, "v1/content/document.pdf"));
    std::fs::rename(house.path("away"), house.path("copies/b")).expect("mounted");
    house.run();
    assert_eq!((&house.copy("b")["objects"], &house.copy("b")["lacking"]), (&2.into(), &1.into()));
    assert_eq!(object(&house, "b", &first), None, "damage is not brought on");
}

#[test]
fn a_seal_does_not_rise_on_a_damaged_file_and_keeps_no_other_from_rising() {
    let house = House::new("[augment]\nstore_after_s = 0\n");
    house.sandbox.fault(&["ocsp=503", "crl=503"]);
    house.drop(3, 1);
    let ran = house.run();
    ran.done(3);
    let ids: Vec<&str> = ran.documents.iter().filter_map(|document| document["id"].as_str()).collect();
    let before = |copy, id| part(&house, copy, id, "v1/content/document.pdf");
    for (copy, id) in [("a", ids[0]), ("b", ids[0]), ("b", ids[1])] {
        spoil(&before(copy, id));
    }
    house.sandbox.fault(&["ocsp=ok", "crl=ok"]);
    house.run();
    let level = |id: &str| house.sandbox.ask(&["show", id])[0]["level"].clone();
    assert_eq!(ids.iter().map(|id| level(id)).collect::<Vec<_>>(), ["B-T", "B-LTA", "B-LTA"]);
    // Where one copy is damaged the seal rises on the other's file, on both: damage never becomes a version of its own.
    for id in &ids[1..] {
        let [a, b] =
            ["a", "b"].map(|copy| std::fs::read(part(&house, copy, id, "v2/content/document.pdf")).expect("risen"));
        assert!(a == b, "{id}: the same bytes on each copy");
        assert_eq!(house.sandbox.alone(&["verify", id]).status.code(), Some(0), "{id}");
    }
    let audit = house.sandbox.alone(&["--json", "audit"]);
    let audit: serde_json::Value = serde_json::from_slice(&audit.stdout).expect("JSON");
    let faults =
        audit["copies"].as_array().expect("copies").iter().flat_map(|copy| copy["faults"].as_array().expect("faults"));
    let damaged: Vec<(&str, &str)> = faults
        .map(|fault| (fault["object"].as_str().unwrap_or_default(), fault["path"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(damaged.len(), 3, "{damaged:?}");
    assert!(
        damaged.iter().all(|(id, path)| ids[..2].contains(id) && path.ends_with("v1/content/document.pdf")),
        "{damaged:?}"
    );
}

#[test]
fn an_index_is_made_again_although_one_documents_words_are_lost() {
    let house = House::new("");
    house.drop(3, 1);
    let ran = house.run();
    ran.done(3);
    let first = ran.documents[0]["id"].as_str().expect("identity").to_owned();
    for copy in ["a", "b"] {
        spoil(&part(&house, copy, &first, "v1/content/words/0001.json.zst"));
    }
    std::fs::remove_dir_all(house.path("index")).expect("deleted");
    house.drop(1, 2);
    house.run().done(1);
    let found = house.sandbox.ask(&["search", "nguon:P01"]);
    assert_eq!(found[0]["total"], 4, "each is found by what is known of it: {found:?}");
}

/// A file of a document on a copy.
fn part(house: &House, copy: &str, id: &str, path: &str) -> PathBuf {
    object(house, copy, id).expect("the document is there").join(path)
}

/// Where a document lies on a copy.
fn object(house: &House, copy: &str, id: &str) -> Option<PathBuf> {
    let root = house.path("copies").join(copy).join("ocfl");
    let folders = walkdir::WalkDir::new(root).into_iter().flatten().map(walkdir::DirEntry::into_path);
    folders.filter(|path| path.is_dir()).find(|path| path.to_string_lossy().ends_with(id))
}

/// Turns a byte in its middle.
fn spoil(path: &Path) {
    let mut bytes = std::fs::read(path).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).expect("written");
}
