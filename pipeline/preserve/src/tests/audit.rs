use std::fs;

use model::Sha512;

use super::*;
use crate::{
    audit::{
        self, CopyAudit,
        FaultKind::{self, Altered, Extra, Forged, Missing, Removed, RolledBack, Swapped, Unreadable},
        Outcome,
    },
    inventory::{Inventory, VersionNumber, sidecar},
    layout,
    object::{store, store_version},
};

/// Two documents, the first with two versions; `tamper` gets the places of both. Faults are shown with `1/…` and `2/…`
/// for what lies in the documents.
fn check(known: bool, tamper: impl Fn(&MemCopy, &str, &str), faults: &[(&str, FaultKind)]) {
    let copy = MemCopy::new("m");
    store(&copy, &object(1)).expect("store");
    let first = store_version(&copy, &raised(1), first()).expect("version");
    let second = store(&copy, &object(2)).expect("store");
    let (one, two) = (layout::place(id(1)), layout::place(id(2)));
    tamper(&copy, &one, &two);
    let expected = expected(&[(id(1), &first), (id(2), &second)]);
    let audit = audit(&copy, known.then_some(&expected));
    let mut found: Vec<(String, FaultKind)> =
        audit.faults.iter().map(|f| (f.path.replace(&one, "1").replace(&two, "2"), f.fault)).collect();
    found.sort();
    let mut faults: Vec<(String, FaultKind)> =
        faults.iter().map(|(path, fault)| ((*path).to_owned(), *fault)).collect();
    faults.sort();
    assert_eq!(found, faults);
    assert_eq!(audit.outcome() == Outcome::Sound, faults.is_empty());
}

/// Rewrites a document's content and every checksum of it, as a forger would.
fn forge(copy: &MemCopy, place: &str, versions: &[&str]) {
    let path = format!("{place}/v1/content/submission.json");
    let (old, new) = (Sha512::of(b"{}"), Sha512::of(b"forged"));
    copy.tamper(&path, Some(b"forged".to_vec()));
    for folder in versions {
        let name = format!("{place}/{folder}inventory.json");
        let text = String::from_utf8(copy.read(&name, 1 << 20).expect("read")).expect("text");
        let text = text.replace(&old.to_hex(), &new.to_hex()).into_bytes();
        copy.tamper(&format!("{name}.sha512"), Some(sidecar(&text).into_bytes()));
        copy.tamper(&name, Some(text));
    }
}

fn exchange(copy: &MemCopy, a: &str, b: &str) {
    let (of_a, of_b) = (copy.read(a, 1 << 20).expect("a"), copy.read(b, 1 << 20).expect("b"));
    copy.tamper(a, Some(of_b));
    copy.tamper(b, Some(of_a));
}

fn remove_below(copy: &MemCopy, folder: &str) {
    for path in copy.paths().into_iter().filter(|path| path.starts_with(folder)) {
        copy.tamper(&path, None);
    }
}

#[test]
fn a_sound_copy_is_sound_with_and_without_the_register() {
    for known in [true, false] {
        check(known, |_, _, _| {}, &[]);
    }
}

#[test]
fn altered_missing_and_extra_files_are_named_without_the_register() {
    for known in [true, false] {
        check(
            known,
            |copy, one, two| {
                copy.tamper(&format!("{one}/v2/content/document.pdf"), Some(b"%PDF-1.7 documenT".to_vec()));
                copy.tamper(&format!("{one}/v1/content/words/0001.json.zst"), Some(Vec::new()));
                copy.tamper(&format!("{two}/v1/content/originals/trang 1.jpg"), None);
                copy.tamper(&format!("{two}/v1/content/more.txt"), Some(b"more".to_vec()));
                copy.tamper(&format!("{two}/v9/inventory.json"), Some(b"{}".to_vec()));
            },
            &[
                ("1/v2/content/document.pdf", Altered),
                ("1/v1/content/words/0001.json.zst", Altered),
                ("2/v1/content/originals/trang 1.jpg", Missing),
                ("2/v1/content/more.txt", Extra),
                ("2/v9/inventory.json", Extra),
            ],
        );
    }
}

/// Of the sums that lie beside the files only those are believed that the inventory pins.
#[test]
fn sums_that_were_changed_hide_nothing() {
    for known in [true, false] {
        check(
            known,
            |copy, one, _| {
                let (path, content) = (format!("{one}/v1/content/submission.json"), b"{ }");
                let sums = String::from_utf8(copy.read(&format!("{one}/v1/content/BLAKE3SUMS"), 9999).expect("sums"));
                let (old, new) = (blake3::hash(b"{}").to_hex(), blake3::hash(content).to_hex());
                let forged = sums.expect("text").replace(old.as_str(), new.as_str());
                assert!(forged.contains(new.as_str()), "the file was named there");
                copy.tamper(&path, Some(content.to_vec()));
                copy.tamper(&format!("{one}/v1/content/BLAKE3SUMS"), Some(forged.into_bytes()));
            },
            &[("1/v1/content/submission.json", Altered), ("1/v1/content/BLAKE3SUMS", Altered)],
        );
    }
}

#[test]
fn every_small_file_of_a_document_is_checked_too() {
    for known in [true, false] {
        for file in [
            "0=ocfl_object_1.1",
            "inventory.json",
            "inventory.json.sha512",
            "v1/inventory.json",
            "v1/inventory.json.sha512",
            "v2/inventory.json",
            "v2/inventory.json.sha512",
        ] {
            let path = format!("1/{file}");
            let damage = |copy: &MemCopy, one: &str, _: &str| {
                let path = format!("{one}/{file}");
                let mut bytes = copy.read(&path, 1 << 20).expect("read");
                bytes[0] ^= 1;
                copy.tamper(&path, Some(bytes));
            };
            check(known, damage, &[(&path, Altered)]);
            check(known, |copy, one, _| copy.tamper(&format!("{one}/{file}"), None), &[(&path, Missing)]);
        }
    }
}

#[test]
fn exchanged_files_and_documents_are_seen_as_swapped() {
    for known in [true, false] {
        let within = |copy: &MemCopy, one: &str, _: &str| {
            let names = ["originals/trang 1.jpg", "originals/trang 2 – phụ lục.jpg"];
            let [a, b] = names.map(|name| format!("{one}/v1/content/{name}"));
            exchange(copy, &a, &b);
        };
        let both = ["1/v1/content/originals/trang 1.jpg", "1/v1/content/originals/trang 2 – phụ lục.jpg"];
        check(known, within, &both.map(|path| (path, Swapped)));
        let across = |copy: &MemCopy, one: &str, two: &str| {
            let [a, b] = [one, two].map(|place| format!("{place}/v1/content/document.pdf"));
            exchange(copy, &a, &b);
        };
        check(known, across, &[("1/v1/content/document.pdf", Swapped), ("2/v1/content/document.pdf", Swapped)]);
    }
    let folders = |copy: &MemCopy, one: &str, two: &str| {
        let of =
            |place: &str| -> Vec<String> { copy.paths().into_iter().filter(|path| path.starts_with(place)).collect() };
        let read = |paths: Vec<String>, from: &str, to: &str| -> Vec<(String, Vec<u8>)> {
            paths.into_iter().map(|p| (p.replace(from, to), copy.read(&p, 1 << 20).expect("read"))).collect()
        };
        let moved = [read(of(one), one, two), read(of(two), two, one)].concat();
        remove_below(copy, one);
        remove_below(copy, two);
        for (path, bytes) in moved {
            copy.tamper(&path, Some(bytes));
        }
    };
    check(false, folders, &[("1/inventory.json", Swapped), ("2/inventory.json", Swapped)]);
}

#[test]
fn only_the_register_sees_removal_and_addition() {
    let remove = |copy: &MemCopy, _: &str, two: &str| remove_below(copy, two);
    check(false, remove, &[]);
    check(true, remove, &[("2", Removed)]);
    let add = |copy: &MemCopy, _: &str, _: &str| drop(store(copy, &object(3)).expect("store"));
    check(false, add, &[]);
    check(true, add, &[(&layout::place(id(3)), Extra)]);
}

#[test]
fn forged_checksums_are_seen_against_the_register() {
    let whole = |copy: &MemCopy, one: &str, _: &str| forge(copy, one, &["", "v1/", "v2/"]);
    check(false, whole, &[]);
    check(true, whole, &[("1/inventory.json", Forged)]);
    // A forger who forgot a version is seen without the register.
    let partly = |copy: &MemCopy, one: &str, _: &str| forge(copy, one, &["", "v2/"]);
    check(false, partly, &[("1/v1/inventory.json", Forged)]);
    // One who changed the root alone is seen by the versions; the register tells which of them to believe.
    let root = |copy: &MemCopy, one: &str, _: &str| forge(copy, one, &[""]);
    let changed = ("1/v1/content/submission.json", Altered);
    check(true, root, &[("1/inventory.json", Forged), ("1/inventory.json.sha512", Altered), changed]);
}

#[test]
fn a_version_nobody_booked_is_forged() {
    let add = |copy: &MemCopy, _: &str, _: &str| {
        let mut third = raised(1);
        third.parts[0] = part("document.pdf", b"not ours");
        store_version(copy, &third, newest(copy)).expect("version");
    };
    check(false, add, &[]);
    check(true, add, &[("1/v3/inventory.json", Forged)]);
}

#[test]
fn an_older_state_is_rolled_back() {
    let root_only = |copy: &MemCopy, one: &str, _: &str| {
        for name in ["inventory.json", "inventory.json.sha512"] {
            let old = copy.read(&format!("{one}/v1/{name}"), 1 << 20).expect("read");
            copy.tamper(&format!("{one}/{name}"), Some(old));
        }
    };
    // The version beside it gives it away; both root files then differ from the inventory to believe.
    let sidecar = ("1/inventory.json.sha512", Altered);
    for known in [true, false] {
        let root = [("1/inventory.json", Forged), ("1/inventory.json", RolledBack), sidecar];
        check(known, root_only, &root);
    }
    let whole = |copy: &MemCopy, one: &str, two: &str| {
        root_only(copy, one, two);
        remove_below(copy, &format!("{one}/v2"));
    };
    check(false, whole, &[]);
    check(true, whole, &[("1/inventory.json", RolledBack)]);
}

#[test]
fn without_any_inventory_the_document_is_named() {
    let none = |copy: &MemCopy, one: &str, _: &str| {
        for folder in ["", "v1/", "v2/"] {
            copy.tamper(&format!("{one}/{folder}inventory.json"), None);
        }
    };
    check(true, none, &[("1/inventory.json", Missing)]);
    let torn = |copy: &MemCopy, one: &str, _: &str| {
        for folder in ["", "v1/", "v2/"] {
            copy.tamper(&format!("{one}/{folder}inventory.json"), Some(b"{".to_vec()));
        }
    };
    check(true, torn, &[("1/inventory.json", Altered)]);
}

#[test]
fn the_files_around_the_documents_are_checked() {
    check(
        true,
        |copy, _, _| {
            copy.tamper("ocfl/0=ocfl_1.1", None);
            copy.tamper("ocfl/ocfl_layout.json", Some(b"{}".to_vec()));
            copy.tamper("README.txt", Some(b"trust me".to_vec()));
            copy.tamper("ocfl/abc/stray", Some(b"x".to_vec()));
            copy.tamper("ocfl/extensions/other/config.json", Some(b"{}".to_vec()));
            copy.tamper("ocfl/abc/def/012/urn%3auuid%3a00010203-0405-8607-8809-0a0b0c0d0e0f/x", Some(b"x".to_vec()));
            copy.tamper("notes.txt", Some(b"x".to_vec()));
        },
        &[
            ("ocfl/0=ocfl_1.1", Missing),
            ("ocfl/ocfl_layout.json", Altered),
            ("README.txt", Altered),
            ("ocfl/abc/stray", Extra),
            ("ocfl/extensions/other/config.json", Extra),
            ("ocfl/abc/def/012/urn%3auuid%3a00010203-0405-8607-8809-0a0b0c0d0e0f", Extra),
            ("notes.txt", Extra),
        ],
    );
}

#[test]
fn links_and_folders_in_the_place_of_files_are_never_followed() {
    let room = Room::new();
    let copy = room.copy("a");
    let stored = store(&copy, &object(1)).expect("store");
    let place = room.root("a").join(layout::place(id(1))).join("v1/content");
    let outside = room.file("outside", b"{}");
    fs::remove_file(place.join("submission.json")).expect("tamper");
    std::os::unix::fs::symlink(outside, place.join("submission.json")).expect("tamper");
    fs::remove_file(place.join("document.pdf")).expect("tamper");
    fs::create_dir(place.join("document.pdf")).expect("tamper");
    let audit = audit(&copy, Some(&expected(&[(id(1), &stored)])));
    let found: Vec<(&str, FaultKind)> =
        audit.faults.iter().map(|f| (f.path.rsplit('/').next().expect("name"), f.fault)).collect();
    assert_eq!(
        found,
        [("document.pdf", Missing), ("document.pdf", Extra), ("submission.json", Missing), ("submission.json", Extra)]
    );
}

#[test]
fn a_copy_that_cannot_be_read_is_unreadable() {
    let copy = MemCopy::new("m");
    copy.tamper("medium.json", None);
    assert_eq!(audit(&copy, None), CopyAudit::unreadable("m"));
    assert_eq!(CopyAudit::unreadable("m").outcome(), Outcome::Unreadable);
    assert_eq!(CopyAudit::unreadable("m").faults[0].fault, Unreadable);
}

#[test]
fn the_audit_counts_content_and_trusts_the_cache_when_told() {
    let room = Room::new();
    let copy = room.copy("a");
    let stored = store(&copy, &object(1)).expect("store");
    for trust in [durable::Trust::Cache, durable::Trust::Medium] {
        let audit = audit::audit(&copy, None, audit::Reading { trust, by: audit::Digest::Blake3 });
        assert_eq!((audit.objects, audit.files, audit.bytes), (1, stored.files, stored.bytes));
        assert_eq!((audit.medium.as_str(), audit.outcome()), (copy.medium(), Outcome::Sound));
    }
    let json = serde_json::to_value(CopyAudit::unreadable("b")).expect("json");
    assert_eq!(json["faults"][0], serde_json::json!({"object": null, "path": "medium.json", "fault": "unreadable"}));
    assert_eq!(serde_json::to_value(RolledBack).expect("json"), "rolled_back");
}

#[test]
fn an_unsound_inventory_is_not_believed() {
    let copy = MemCopy::new("m");
    store(&copy, &object(1)).expect("store");
    let place = layout::place(id(1));
    let bytes = copy.read(&format!("{place}/inventory.json"), 1 << 20).expect("read");
    let sound = Inventory::parse(&bytes).expect("sound");
    let check = |change: &dyn Fn(&mut Inventory)| {
        let mut inventory = sound.clone();
        change(&mut inventory);
        let bytes = inventory.to_bytes().expect("bytes");
        Inventory::parse(&bytes).expect_err("unsound");
    };
    check(&|i| i.head = VersionNumber(2));
    check(&|i| i.algorithm = "md5".to_owned());
    check(&|i| i.versions.clear());
    check(&|i| drop(i.manifest.pop_first()));
    for path in ["../../etc/passwd", "/etc/passwd", "v1/content/../../x", "v2/content/x", "elsewhere/x"] {
        check(&|i| drop(i.manifest.insert(Sha512::of(b"x"), vec![path.to_owned()])));
    }
    check(&|i| {
        let version = i.versions.get_mut(&VersionNumber(1)).expect("v1");
        for paths in version.state.values_mut() {
            paths.push("../x".to_owned());
        }
    });
}
