//! Stored forms: what outsiders' tools make of them, and that foreign bytes never make us panic.

use std::{fs, process::Command};

use model::Sha512;
use proptest::prelude::*;

use super::{journal::chain, *};
use crate::{
    Error,
    audit::FaultKind,
    inventory::{Inventory, VersionNumber, parse_sidecar, sidecar},
    journal, layout,
    medium::{Medium, README_TEXT},
    object::{store, store_version},
    premis::{Act, Agent, File, Record},
};

/// The shell lines of README.txt that begin with `opening`, up to the next empty line.
fn lines_of_readme(opening: &str) -> String {
    let start = README_TEXT.find(opening).expect("the lines are there");
    let (_, rest) = README_TEXT.split_at(start);
    rest.split("\n\n").next().expect("lines").to_owned()
}

fn shell(script: &str, folder: &Path) -> String {
    let output = Command::new("sh").arg("-c").arg(script).current_dir(folder).output().expect("sh");
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn readme_checks_the_documents_with_sha512sum() {
    let room = Room::new();
    let copy = room.copy("a");
    for n in 1..4 {
        store(&copy, &object(n)).expect("store");
    }
    store_version(&copy, &raised(1), first()).expect("version");
    let script = lines_of_readme("find ocfl");
    assert_eq!(shell(&script, &room.root("a")), "");
    let place = room.root("a").join(layout::place(id(1)));
    for file in ["v1/content/originals/trang 2 – phụ lục.jpg", "v2/inventory.json", "v2/content/document.pdf"] {
        let kept = fs::read(place.join(file)).expect("read");
        fs::remove_file(place.join(file)).expect("tamper");
        fs::write(place.join(file), [&kept[..], b"x"].concat()).expect("tamper");
        let said = shell(&script, &room.root("a"));
        let name = file.rsplit('/').next().expect("name");
        assert!(said.contains("FAILED") && (said.contains(name) || said.contains("phụ lục")), "{file}: {said}");
        fs::remove_file(place.join(file)).expect("mend");
        fs::write(place.join(file), kept).expect("mend");
    }
    // What a list of digests does not show by itself.
    let other = room.root("a").join(layout::place(id(2)));
    let said = |tamper: &dyn Fn(), mend: &dyn Fn()| {
        tamper();
        let said = shell(&script, &room.root("a"));
        mend();
        said
    };
    let swap = || {
        for (from, to) in [(&place, &room.root("aside")), (&other, &place), (&room.root("aside"), &other)] {
            fs::rename(from, to).expect("swapped");
        }
    };
    assert!(said(&swap, &swap).contains("another document"));
    let (declaration, aside) = (place.join(layout::OBJECT_DECLARATION.0), room.root("aside"));
    let gone =
        said(&|| fs::rename(&declaration, &aside).expect("gone"), &|| fs::rename(&aside, &declaration).expect("back"));
    assert!(gone.contains("no declaration"), "{gone}");
    let link = place.join("v1/content/link");
    let linked = || std::os::unix::fs::symlink("/etc/passwd", &link).expect("link");
    assert!(said(&linked, &|| fs::remove_file(&link).expect("mend")).contains("no file"));
    let older = place.join("v1/inventory.json");
    let (inventory, newest) = (place.join("inventory.json"), fs::read(place.join("inventory.json")).expect("read"));
    let put = |bytes: &[u8]| {
        fs::remove_file(&inventory).expect("removed");
        fs::write(&inventory, bytes).expect("written");
    };
    let back = said(&|| put(&fs::read(&older).expect("read")), &|| put(&newest));
    assert!(back.contains("differ"), "{back}");
    assert_eq!(shell(&script, &room.root("a")), "");
}

#[test]
fn readme_checks_the_journal_with_sha256sum() {
    let room = Room::new();
    let copy = room.copy("a");
    let all = chain(9, "");
    journal::append(&copy, &all[..5]).expect("append");
    journal::append(&copy, &all[5..]).expect("append");
    let script = lines_of_readme("cat *.jsonl");
    let folder = room.root("a").join("journal");
    assert_eq!(shell(&script, &folder), "");
    let segment = folder.join("000000000001-000000000005.jsonl");
    let text = fs::read_to_string(&segment).expect("read").replacen("mocban", "nobody", 1);
    fs::remove_file(&segment).expect("tamper");
    fs::write(&segment, text).expect("tamper");
    assert!(shell(&script, &folder).contains("broken before: {\"seq\":2"));
}

#[test]
fn b3sum_reads_the_sums_of_every_version() {
    let room = Room::new();
    let copy = room.copy("a");
    store(&copy, &object(1)).expect("store");
    store_version(&copy, &raised(1), first()).expect("version");
    let place = room.root("a").join(layout::place(id(1)));
    let script = "for folder in v*/content; do (cd $folder && b3sum --check --quiet BLAKE3SUMS 2>&1); done";
    assert_eq!(shell(script, &place), "");
    fs::remove_file(place.join("v1/content/originals/trang 1.jpg")).expect("tamper");
    fs::write(place.join("v1/content/originals/trang 1.jpg"), b"another").expect("tamper");
    assert!(shell(script, &place).contains("originals/trang 1.jpg: FAILED"));
}

#[test]
fn the_inventory_has_this_form() {
    let copy = MemCopy::new("m");
    let mut object = object(1);
    object.parts.truncate(1);
    store(&copy, &object).expect("store");
    let bytes = copy.read(&format!("{}/inventory.json", layout::place(id(1))), 1 << 20).expect("read");
    let content = b"%PDF-1.7 document 1\n%%EOF\n";
    let digest = Sha512::of(content);
    let sums = Sha512::of(format!("{}  document.pdf\n", blake3::hash(content)).as_bytes());
    let expected = format!(
        r#"{{
  "digestAlgorithm": "sha512",
  "head": "v1",
  "id": "urn:uuid:{id}",
  "manifest": {{
    "{digest}": [
      "v1/content/document.pdf"
    ],
    "{sums}": [
      "v1/content/BLAKE3SUMS"
    ]
  }},
  "type": "https://ocfl.io/1.1/spec/#inventory",
  "versions": {{
    "v1": {{
      "created": "2026-11-25T02:00:00Z",
      "message": "stored",
      "state": {{
        "{digest}": [
          "document.pdf"
        ],
        "{sums}": [
          "BLAKE3SUMS"
        ]
      }},
      "user": {{
        "name": "mocban",
        "address": "urn:mocban:archive"
      }}
    }}
  }}
}}
"#,
        id = id(1)
    );
    assert_eq!(String::from_utf8(bytes.clone()).expect("text"), expected);
    assert_eq!(Inventory::parse(&bytes).expect("parse").to_bytes().expect("bytes"), bytes);
    assert_eq!(parse_sidecar(sidecar(&bytes).as_bytes()), Some(Sha512::of(&bytes)));
}

#[test]
fn the_page_for_outsiders_names_what_the_code_writes() {
    let page = include_str!("../../../../docs/format.md");
    let id: DocumentId = "00010203-0405-8607-8809-0a0b0c0d0e0f".parse().expect("id");
    assert!(page.contains(&format!("\n{}\n", layout::place(id))));
    let medium = Medium::new("a", CREATED.parse().expect("time")).expect("identity");
    let medium = serde_json::to_value(medium).expect("json");
    let fields = medium.as_object().expect("object").keys().cloned();
    let faults = [
        FaultKind::Altered,
        FaultKind::Missing,
        FaultKind::Extra,
        FaultKind::Swapped,
        FaultKind::Removed,
        FaultKind::Forged,
        FaultKind::RolledBack,
        FaultKind::Unreadable,
    ];
    let faults = faults.map(|fault| serde_json::to_value(fault).expect("json").as_str().expect("name").to_owned());
    for name in fields.chain(faults) {
        assert!(page.contains(&format!("`{name}`")), "docs/format.md does not tell of {name}");
    }
    for field in model::Field::ALL {
        assert!(page.contains(field.name()), "docs/format.md does not tell of {}", field.name());
    }
}

#[test]
fn version_numbers_are_plain() {
    for (text, number) in [("v1", Some(1)), ("v20", Some(20)), ("v0", None), ("v01", None), ("1", None), ("v", None)] {
        assert_eq!(text.parse::<VersionNumber>().ok().map(|n| n.0), number, "{text}");
    }
    assert!("v100000".parse::<VersionNumber>().is_err() && "v+1".parse::<VersionNumber>().is_err());
}

#[test]
fn premis_tells_files_acts_and_agents_in_the_same_bytes_each_time() {
    let record = Record {
        id: id(1),
        files: vec![File {
            name: "originals/trang 1.jpg".to_owned(),
            sha256: model::Sha256::of(b"x"),
            sha512: None,
            bytes: 1,
            format: "image/jpeg".to_owned(),
            format_version: None,
            original_name: Some("A & B <c>\u{1}.jpg".to_owned()),
        }],
        acts: vec![Act {
            seq: 7,
            kind: "capture".to_owned(),
            at: CREATED.parse().expect("time"),
            detail: "taken from inbound".to_owned(),
            outcome: "success".to_owned(),
            note: String::new(),
            agent: "mocban".to_owned(),
            files: vec!["originals/trang 1.jpg".to_owned()],
        }],
        agents: vec![Agent {
            id: "mocban".to_owned(),
            name: "mocban".to_owned(),
            kind: "software".to_owned(),
            version: Some("0.1.0".to_owned()),
        }],
    };
    let xml = String::from_utf8(record.to_xml().expect("xml")).expect("text");
    assert_eq!(record.to_xml().expect("again"), xml.as_bytes());
    for piece in [
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<premis xmlns=\"http://www.loc.gov/premis/v3\"",
        "<originalName>A &amp; B &lt;c&gt;\u{FFFD}.jpg</originalName>",
        "<eventDateTime>2026-11-25T02:00:00Z</eventDateTime>",
        "<messageDigestAlgorithm>SHA-256</messageDigestAlgorithm>",
        "<linkingAgentIdentifierValue>mocban</linkingAgentIdentifierValue>",
        "<agentVersion>0.1.0</agentVersion>",
    ] {
        assert!(xml.contains(piece), "{piece} in {xml}");
    }
    let mut reader = quick_xml::Reader::from_str(&xml);
    while reader.read_event().expect("well-formed") != quick_xml::events::Event::Eof {}
}

#[test]
fn every_code_has_its_texts_and_facts() {
    let (copy, path, object) = (|| "a".to_owned(), || "ocfl/x".to_owned(), id(1));
    let durable = || durable::Error::Occupied { path: "/medium/x".into() };
    let io = || std::io::Error::from_raw_os_error(5);
    let all = [
        Error::MediumMissing { copy: copy(), path: "/medium".into() },
        Error::OtherMedium { copy: copy(), path: "/medium".into(), wanted: "x".into(), found: "y".into() },
        Error::Medium { copy: copy(), source: durable() },
        Error::Medium { copy: copy(), source: durable::Error::io("write", Path::new("/medium/x"), io()) },
        Error::ReadBack { copy: copy(), path: path() },
        Error::Different { copy: copy(), object },
        Error::NoObject { copy: copy(), object },
        Error::NoPart { copy: copy(), object, part: "x".into() },
        Error::Damaged { copy: copy(), path: path(), detail: "x".into() },
        Error::JournalGap { copy: copy(), last: 1, first: 3 },
        Error::Forbidden { copy: copy(), path: path() },
        Error::Immutable { copy: copy(), path: path(), source: durable() },
        Error::Work { path: "work/x".into(), source: io() },
        Error::Encode { form: "premis", source: Box::new(io()) },
        Error::Export { source: durable() },
    ];
    for error in all {
        assert!(messages::has(error.code()), "{} has no text", error.code());
        for lang in [messages::Lang::Vi, messages::Lang::En] {
            let text = messages::text(lang, error.code(), &error.facts());
            assert!(!text.contains('{'), "{text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn foreign_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        Inventory::parse(&bytes).ok();
        parse_sidecar(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        journal::JournalEntry::from_line(&text).ok();
        layout::id_of_folder(&text);
        layout::is_legal(&text);
    }

    #[test]
    fn damaged_forms_never_panic(at in 0_usize..4000, flip in 1_u8..=255, cut in any::<bool>()) {
        let copy = MemCopy::new("m");
        store(&copy, &object(1)).expect("store");
        journal::append(&copy, &chain(2, "")).expect("append");
        let damage = |path: &str| {
            let mut bytes = copy.read(path, 1 << 20).expect("read");
            let at = at % bytes.len();
            if cut { bytes.truncate(at) } else { bytes[at] ^= flip }
            copy.tamper(path, Some(bytes));
        };
        let place = layout::place(id(1));
        damage(&format!("{place}/inventory.json"));
        damage("journal/000000000001-000000000002.jsonl");
        damage("medium.json");
        crate::head(&copy, id(1)).expect_err("damaged");
        journal::read(&copy).ok();
        crate::medium::read_on(&copy).ok();
        prop_assert!(audit(&copy, None).outcome() != crate::audit::Outcome::Sound);
        let medium = Medium::new("m", CREATED.parse().expect("time")).expect("identity");
        prop_assert_eq!(medium.medium.len(), 36);
    }
}
