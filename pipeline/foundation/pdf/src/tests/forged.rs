//! What a forger may hide in a revision that looks like one that only secures the file.

use super::{changes, page, reference, revised, table_file};
use crate::{Change, Dictionary, Object, Reader, Revision};

/// A base whose page, catalog or further objects are as told.
fn based(change: impl FnOnce(&mut Revision, &mut Reader)) -> Vec<u8> {
    revised(&table_file(), change)
}

/// What a revision that sets an entry of the catalog is said to change.
fn declared(base: &[u8], key: &str, value: impl FnOnce(&mut Revision) -> Object) -> Vec<Change> {
    let later = revised(base, |revision, reader| {
        let (root, mut catalog) = reader.catalog().expect("catalog");
        catalog.set(key, value(revision));
        revision.replace(root, &catalog.into());
    });
    changes(base, &later)
}

/// What a revision with a document timestamp is said to change, when its field and its signature are made otherwise.
fn stamped(base: &[u8], change: impl FnOnce(&mut Revision, &mut Dictionary, &mut Dictionary)) -> Vec<Change> {
    let later = revised(base, |revision, reader| {
        let mut page = page(reader, 1).expect("page");
        let (place, value) = (revision.allocate(), revision.allocate());
        let mut field = Dictionary::new()
            .with("Type", Object::name("Annot"))
            .with("Subtype", Object::name("Widget"))
            .with("FT", Object::name("Sig"))
            .with("T", Object::text("Timestamp"))
            .with("Rect", Object::numbers(&[0.0; 4]))
            .with("F", 132_i64)
            .with("P", page.reference)
            .with("V", value);
        let mut signature = Dictionary::new()
            .with("Type", Object::name("DocTimeStamp"))
            .with("SubFilter", Object::name("ETSI.RFC3161"));
        change(revision, &mut field, &mut signature);
        revision.replace(place, &field.into());
        page.dictionary.set("Annots", vec![Object::Reference(place)]);
        revision.replace(page.reference, &page.dictionary.into());
        let (root, mut catalog) = reader.catalog().expect("catalog");
        let form = Dictionary::new().with("Fields", vec![Object::Reference(place)]).with("SigFlags", 3_i64);
        catalog.set("AcroForm", form);
        revision.replace(root, &catalog.into());
        revision.put_signature(value, &signature, 16);
    });
    changes(base, &later)
}

fn form() -> Dictionary {
    Dictionary::new().with("Subtype", Object::name("Form")).with("BBox", Object::numbers(&[0.0; 4]))
}

fn appearance(revision: &mut Revision, content: &[u8]) -> Object {
    Dictionary::new().with("N", revision.add_stream(&form(), content)).into()
}

#[test]
fn an_empty_appearance_is_empty_for_every_reader() {
    let base = table_file();
    let drawn = |form: &Dictionary| {
        let with = |revision: &mut Revision| Dictionary::new().with("N", revision.add_stream(form, b"% nothing\n"));
        let said = stamped(&base, |revision, field, _| field.set("AP", with(revision)));
        said != [Change::DocumentTimestamp("Timestamp".to_owned())]
    };
    let numbers = |numbers: &[f64]| Object::numbers(numbers);
    assert!(!drawn(&form()));
    assert!(!drawn(&form().with("Type", Object::name("XObject")).with("FormType", 1_i64)));
    assert!(!drawn(&form().with("BBox", numbers(&[0.0, 0.0, 9.0, 9.0])).with("Resources", Dictionary::new())));
    assert!(!drawn(&form().with("Matrix", numbers(&[1.0, 0.0, 0.0, 1.0, 0.0, 0.0]))));
    // ISO 32000-2 table 93: the box is required; who misses it takes the page for it.
    assert!(drawn(&Dictionary::new().with("Subtype", Object::name("Form"))));
    assert!(drawn(&form().with("BBox", reference(4))));
    assert!(drawn(&form().with("Matrix", numbers(&[1.0]))));
    assert!(drawn(&form().with("Subtype", Object::name("Image"))));
    assert!(drawn(&form().with("Resources", Dictionary::new().with("Font", Dictionary::new()))));
    assert!(drawn(&form().with("Resources", reference(1))));
    assert!(drawn(&form().with("DecodeParms", Dictionary::new().with("Predictor", 12_i64))));
    for key in ["Group", "OC", "Ref", "PS", "DP"] {
        assert!(drawn(&form().with(key, Dictionary::new())), "/{key}");
    }
}

#[test]
fn a_timestamp_field_that_could_show_something_is_no_mere_timestamp() {
    let unseen = [Change::DocumentTimestamp("Timestamp".to_owned())];
    let seen = [Change::Signature("Timestamp".to_owned())];
    let doubled = [&seen[..], &[Change::Unclear("a key stands twice")]].concat();
    let base = table_file();
    assert_eq!(stamped(&base, |_, _, _| {}), unseen);
    for content in [&b""[..], b"% nothing\n"] {
        assert_eq!(stamped(&base, |revision, field, _| field.set("AP", appearance(revision, content))), unseen);
    }
    let box_of = |revision: &mut Revision| -> Object {
        let side = revision.add(&Object::Integer(100));
        vec![Object::Integer(0), Object::Integer(0), side.into(), side.into()].into()
    };
    assert_eq!(stamped(&base, |revision, field, _| field.set("Rect", box_of(revision))), seen, "sides elsewhere");
    let elsewhere = |revision: &mut Revision| Object::from(revision.add(&Object::numbers(&[0.0, 0.0, 9.0, 9.0])));
    assert_eq!(stamped(&base, |revision, field, _| field.set("Rect", elsewhere(revision))), seen, "a box elsewhere");
    let twice = |field: &mut Dictionary| field.push(b"Rect".to_vec(), Object::numbers(&[0.0, 0.0, 9.0, 9.0]));
    assert_eq!(stamped(&base, |_, field, _| twice(field)), doubled, "two boxes");
    assert_eq!(stamped(&base, |_, field, _| field.set("Rect", Object::numbers(&[0.0, 0.0, 0.0, 9.0]))), seen, "a line");
    assert_eq!(stamped(&base, |_, field, _| field.remove("Rect")), seen, "no box");
    assert_eq!(
        stamped(&base, |revision, field, _| field.set("AP", appearance(revision, b"0 0 9 9 re f"))),
        seen,
        "an appearance"
    );
    for key in ["A", "AA", "BS", "Kids", "Parent", "DR"] {
        assert_eq!(stamped(&base, |_, field, _| field.set(key, Dictionary::new())), seen, "/{key}");
    }
    let other = |signature: &mut Dictionary| signature.push(b"SubFilter".to_vec(), Object::name("adbe.pkcs7.detached"));
    assert_eq!(stamped(&base, |_, _, signature| other(signature)), doubled, "two kinds of signature");
}

#[test]
fn a_store_is_a_store_and_nothing_else() {
    let other = [Change::Other("DSS".to_owned())];
    let base = table_file();
    let listed = |revision: &mut Revision, form: &Dictionary| -> Object {
        Dictionary::new().with("Certs", vec![revision.add_stream(form, b"0 0 9 9 re f").into()]).into()
    };
    let plain = declared(&base, "DSS", |revision| listed(revision, &Dictionary::new()));
    assert_eq!(plain, [Change::ValidationData]);
    let form = Dictionary::new().with("Subtype", Object::name("Form"));
    assert_eq!(declared(&base, "DSS", |revision| listed(revision, &form)), other, "a form among certificates");
    assert_eq!(declared(&base, "DSS", |revision| revision.add_stream(&form, b"f").into()), other, "a form");
    let foreign = || Dictionary::new().with("Type", Object::name("Font"));
    assert_eq!(declared(&base, "DSS", |_| foreign().into()), other, "a font");
    let below = |key: &str| Object::from(Dictionary::new().with("VRI", Dictionary::new().with(key, foreign())));
    assert_eq!(declared(&base, "DSS", |_| below("AB")), other, "a font below");
}

#[test]
fn what_is_drawn_may_not_grow_with_the_catalog() {
    // A page that was prepared before it was signed: it names the catalog, or a page, among its resources.
    for target in [1, 3] {
        let base = based(|revision, reader| {
            let mut page = page(reader, 1).expect("page");
            let names = Dictionary::new().with("Root", reference(target));
            page.dictionary.set("Resources", Dictionary::new().with("Properties", names));
            revision.replace(page.reference, &page.dictionary.into());
        });
        let said = stamped(&base, |_, _, _| {});
        assert_eq!(said, [Change::DocumentTimestamp("Timestamp".to_owned()), Change::Page(1)]);
    }
}

#[test]
fn the_form_itself_grows_by_fields_only() {
    let base = based(|revision, reader| {
        let (root, mut catalog) = reader.catalog().expect("catalog");
        let below = revision.add(&Dictionary::new().with("T", Object::text("b")).with("FT", Object::name("Tx")).into());
        let above = Dictionary::new().with("T", Object::text("a")).with("Kids", vec![below.into()]);
        let above = revision.add(&above.into());
        let direct = Dictionary::new().with("T", Object::text("c"));
        let form = Dictionary::new().with("Fields", vec![above.into(), direct.into()]).with("SigFlags", 1_i64);
        catalog.set("AcroForm", form);
        catalog.set("Above", above);
        revision.replace(root, &catalog.into());
    });
    let formed = |change: &dyn Fn(&mut Revision, &mut Dictionary)| {
        let later = revised(&base, |revision, reader| {
            let (root, mut catalog) = reader.catalog().expect("catalog");
            let mut form = reader.dictionary(&catalog, "AcroForm").expect("reads").expect("form");
            change(revision, &mut form);
            catalog.set("AcroForm", form);
            revision.replace(root, &catalog.into());
        });
        changes(&base, &later)
    };
    let form = |key: &str| [Change::Form(format!("AcroForm/{key}"))];
    assert_eq!(formed(&|_, form| form.set("SigFlags", 3_i64)), []);
    assert_eq!(formed(&|_, form| form.set("SigFlags", 2_i64)), form("SigFlags"), "a flag is taken away");
    assert_eq!(formed(&|_, form| form.set("SigFlags", Dictionary::new())), form("SigFlags"), "no flags");
    let other = |form: &mut Dictionary| {
        let mut list = form.get("Fields").and_then(Object::as_array).expect("list").to_vec();
        list[1] = Dictionary::new().with("T", Object::text("c")).with("V", Object::text("new")).into();
        form.set("Fields", list);
    };
    assert_eq!(formed(&|_, form| other(form)), form("Fields"), "a field in the list itself");

    // A value that a field inherits: its own dictionary stays as it was.
    let above = super::reader(&base).catalog().expect("catalog").1.get("Above").and_then(Object::as_reference);
    let later = revised(&base, |revision, reader| {
        let crate::Indirect::Value(Object::Dictionary(field)) = reader.get(above.expect("place")).expect("reads")
        else {
            panic!("no field")
        };
        revision.replace(above.expect("place"), &field.with("V", Object::text("new")).into());
    });
    let said = changes(&base, &later);
    assert!(said.contains(&Change::Form("a".to_owned())), "{said:?}");

    // The form as a stream: what names it among its resources would draw it.
    let later = revised(&base, |revision, reader| {
        let (root, mut catalog) = reader.catalog().expect("catalog");
        let form = reader.dictionary(&catalog, "AcroForm").expect("reads").expect("form");
        catalog.set("AcroForm", revision.add_stream(&form, b"0 0 9 9 re f"));
        revision.replace(root, &catalog.into());
    });
    assert!(changes(&base, &later).contains(&Change::Form("AcroForm".to_owned())));
}

#[test]
fn tools_may_announce_what_they_add_and_leave_their_name() {
    let base = table_file();
    let version = |base: &[u8], text: &str| declared(base, "Version", |_| Object::name(text));
    assert_eq!(version(&base, "2.0"), [Change::ValidationData]);
    assert_eq!(version(&base, "1.3"), [Change::Other("Version".to_owned())]);
    let newest = based(|revision, reader| {
        let (root, catalog) = reader.catalog().expect("catalog");
        revision.replace(root, &catalog.with("Version", Object::name("2.0")).into());
    });
    assert_eq!(version(&newest, "1.7"), [Change::Other("Version".to_owned())], "it falls");

    let level = |level: i64| {
        Dictionary::new().with("BaseVersion", Object::name("1.7")).with("ExtensionLevel", Object::Integer(level))
    };
    let extended = |list: Dictionary| {
        based(|revision, reader| {
            let (root, catalog) = reader.catalog().expect("catalog");
            revision.replace(root, &catalog.with("Extensions", list).into());
        })
    };
    let adobe = Dictionary::new().with("ADBE", level(8));
    let further = adobe.clone().with("ESIC", level(2));
    assert_eq!(declared(&extended(adobe.clone()), "Extensions", |_| further.clone().into()), [Change::ValidationData]);
    let fewer = declared(&extended(further), "Extensions", |_| adobe.clone().into());
    assert_eq!(fewer, [Change::Other("Extensions".to_owned())]);
    let drawn = adobe.with("F", Dictionary::new().with("Resources", Dictionary::new()));
    assert_eq!(declared(&base, "Extensions", |_| drawn.into()), [Change::Other("Extensions".to_owned())]);

    let informed = |key: &str, value: Object| {
        let later = revised(&base, |revision, _| {
            let old = Dictionary::new().with("Title", Object::text("Sample"));
            revision.replace(reference(5), &old.with(key, value).into());
        });
        changes(&base, &later)
    };
    for key in ["Producer", "ModDate"] {
        assert_eq!(informed(key, Object::text("a tool")), [Change::Writer]);
        assert_eq!(informed(key, Dictionary::new().into()), [Change::Metadata]);
    }
    assert_eq!(informed("Title", Object::text("Another")), [Change::Metadata]);
    // The same text in another encoding.
    let wide = [&[0xfe, 0xff][..], &"Sample".encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>()].concat();
    assert_eq!(informed("Title", Object::String(wide)), []);
}

#[test]
fn metadata_may_name_the_tool_and_nothing_else() {
    let packet = |title: &str, tool: &str| {
        format!(
            "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description \
             xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:pdf='http://ns.adobe.com/pdf/1.3/' dc:title='{title}' \
             pdf:Producer='{tool}'/></rdf:RDF>"
        )
    };
    let head = Dictionary::new().with("Type", Object::name("Metadata")).with("Subtype", Object::name("XML"));
    let with = |head: &Dictionary, packet: String| {
        let head = head.clone();
        move |revision: &mut Revision| Object::from(revision.add_stream(&head, packet.as_bytes()))
    };
    let base = based(|revision, reader| {
        let (root, catalog) = reader.catalog().expect("catalog");
        let metadata = with(&head, packet("A", "mocban"))(revision);
        revision.replace(root, &catalog.with("Metadata", metadata).into());
    });
    assert_eq!(declared(&base, "Metadata", with(&head, packet("A", "a tool"))), [Change::Writer]);
    assert_eq!(declared(&base, "Metadata", with(&head, packet("B", "mocban"))), [Change::Metadata]);
    let form = head.with("BBox", Object::numbers(&[0.0; 4]));
    assert_eq!(declared(&base, "Metadata", with(&form, packet("A", "a tool"))), [Change::Metadata]);
}
