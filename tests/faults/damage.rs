//! Documents that are damaged on the copies: they are named, and keep no other back.

use std::path::Path;

use model::Sha512;

use crate::support::{House, write_anew};

#[test]
fn a_document_that_is_damaged_keeps_no_other_from_a_copy_that_is_back() {
    let house = House::new("[preserve]\ncopies_required = 1\n");
    std::fs::rename(house.path("copies/b"), house.path("away")).expect("unmounted");
    house.drop(3, 1);
    let ran = house.run();
    ran.done(3);
    let first = ran.documents[0]["id"].as_str().expect("identity").to_owned();
    spoil(&house.part("a", &first, "v1/content/document.pdf"));
    std::fs::rename(house.path("away"), house.path("copies/b")).expect("mounted");
    house.run();
    assert_eq!((&house.copy("b")["objects"], &house.copy("b")["lacking"]), (&2.into(), &1.into()));
    assert_eq!(house.object("b", &first), None, "damage is not brought on");
}

#[test]
fn a_seal_does_not_rise_on_a_damaged_file_and_keeps_no_other_from_rising() {
    let house = House::new("[augment]\nstore_after_s = 0\n");
    house.sandbox.fault(&["ocsp=503", "crl=503"]);
    house.drop(3, 1);
    let ran = house.run();
    ran.done(3);
    let ids: Vec<&str> = ran.documents.iter().filter_map(|document| document["id"].as_str()).collect();
    let before = |copy, id| house.part(copy, id, "v1/content/document.pdf");
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
            ["a", "b"].map(|copy| std::fs::read(house.part(copy, id, "v2/content/document.pdf")).expect("risen"));
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
fn what_was_forged_on_one_copy_is_believed_by_nobody() {
    let house = House::new("");
    house.drop(2, 1);
    let ran = house.run();
    ran.done(2);
    let id = ran.documents[0]["id"].as_str().expect("identity");
    forge(&house, "a", id, "document.pdf");
    let audit = house.sandbox.alone(&["--json", "audit"]);
    assert!(String::from_utf8_lossy(&audit.stdout).contains("forged"), "{}", String::from_utf8_lossy(&audit.stdout));
    let exported = house.sandbox.alone(&["export", id, "--to", &house.path("out").to_string_lossy()]);
    assert_eq!(exported.status.code(), Some(0), "{}", String::from_utf8_lossy(&exported.stderr));
    let document = |copy| std::fs::read(house.part(copy, id, "v1/content/document.pdf")).expect("document");
    assert!(std::fs::read(house.path("out").join(id).join("document.pdf")).expect("exported") == document("b"));
    assert_eq!(house.sandbox.alone(&["verify", id]).status.code(), Some(0), "the true one is judged");
    // A new copy is filled with what is known.
    let settings = std::fs::read_to_string(house.path("mocban.toml")).expect("settings");
    let copy = format!("{settings}\n[[copy]]\nname = \"c\"\npath = \"{}\"\n", house.path("copies/c").display());
    std::fs::write(house.path("mocban.toml"), copy).expect("settings");
    assert!(house.sandbox.alone(&["init"]).status.success());
    assert_eq!(house.run().code, Some(0));
    assert_eq!(house.copy("c")["lacking"], 0);
    assert!(document("c") == document("b"));
    for copy in ["b", "c"] {
        std::fs::remove_dir_all(house.path("copies").join(copy)).expect("lost");
    }
    assert_ne!(
        house.sandbox.alone(&["export", id, "--to", &house.path("again").to_string_lossy()]).status.code(),
        Some(0)
    );
    assert_ne!(house.sandbox.alone(&["verify", id]).status.code(), Some(0));
}

#[test]
fn a_seal_does_not_rise_over_a_forged_scan() {
    let house = House::new("[augment]\nstore_after_s = 0\n");
    house.sandbox.fault(&["ocsp=503", "crl=503"]);
    house.drop(2, 1);
    let ran = house.run();
    ran.done(2);
    let ids: Vec<&str> = ran.documents.iter().filter_map(|document| document["id"].as_str()).collect();
    let scan = std::fs::read_dir(house.part("a", ids[0], "v1/content/originals")).expect("originals");
    let scan = scan.flatten().next().expect("a scan").file_name();
    forge(&house, "a", ids[0], &format!("originals/{}", scan.to_string_lossy()));
    house.sandbox.fault(&["ocsp=ok", "crl=ok"]);
    house.run();
    let level = |id: &str| house.sandbox.ask(&["show", id])[0]["level"].clone();
    assert_eq!(ids.iter().map(|id| level(id)).collect::<Vec<_>>(), ["B-T", "B-LTA"]);
    let audit = house.sandbox.alone(&["--json", "audit"]);
    assert_eq!(audit.status.code(), Some(10), "what was forged is still told");
    assert_eq!(house.sandbox.alone(&["verify", ids[0]]).status.code(), Some(41), "the other copy's, not yet risen");
}

#[test]
fn a_journal_that_ends_otherwise_is_told_of() {
    let house = House::new("");
    house.drop(1, 1);
    house.run().done(1);
    house.audit_is_sound();
    let last = house.segments("a").pop().expect("a segment");
    let text = std::fs::read_to_string(&last).expect("segment");
    let (before, end) = text.trim_end().rsplit_once('\n').map_or(("", text.trim_end()), |(before, end)| (before, end));
    let forged = end.replacen("mocban", "nobody", 1);
    assert_ne!(forged, end, "{end}");
    let lines = [before, &forged].map(|line| if line.is_empty() { String::new() } else { format!("{line}\n") });
    std::fs::write(&last, lines.concat()).expect("segment");
    let audit = house.sandbox.alone(&["--json", "audit"]);
    let told = String::from_utf8_lossy(&audit.stdout).into_owned();
    assert!(audit.status.code() == Some(10) && told.contains("forged"), "{told}");
}

#[test]
fn an_index_is_made_again_although_one_documents_words_are_lost() {
    let house = House::new("");
    house.drop(3, 1);
    let ran = house.run();
    ran.done(3);
    let first = ran.documents[0]["id"].as_str().expect("identity").to_owned();
    for copy in ["a", "b"] {
        spoil(&house.part(copy, &first, "v1/content/words/0001.json.zst"));
    }
    std::fs::remove_dir_all(house.path("index")).expect("deleted");
    house.drop(1, 2);
    house.run().done(1);
    let found = house.sandbox.ask(&["search", "nguon:P01"]);
    assert_eq!(found[0]["total"], 4, "each is found by what is known of it: {found:?}");
}

/// Turns a byte in its middle.
fn spoil(path: &Path) {
    let mut bytes = std::fs::read(path).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).expect("written");
}

/// Changes a part of a document and writes its inventories anew, so that they fit.
fn forge(house: &House, copy: &str, id: &str, logical: &str) {
    let path = house.part(copy, id, &format!("v1/content/{logical}"));
    let digest = |path: &Path| Sha512::of(&std::fs::read(path).expect("read")).to_hex();
    let before = digest(&path);
    spoil(&path);
    let after = digest(&path);
    write_anew(&house.object(copy, id).expect("the document is there"), &before, &after);
}
