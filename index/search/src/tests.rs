#![expect(clippy::disallowed_methods, reason = "damages files of its own on purpose")]

use std::collections::BTreeMap;

use model::{Description, DocumentId, Extracted, Field, Line, PageWords, RectPx, Sha256, Word};

use super::*;

mod skipping;

/// A page whose words stand ten to a line, each 20 × 5 mm, at 254 dpi (10 px to the mm).
fn page(number: u32, text: &str) -> PageWords {
    let words: Vec<&str> = text.split_whitespace().collect();
    let lines = words
        .chunks(10)
        .enumerate()
        .map(|(row, words)| Line {
            words: words
                .iter()
                .enumerate()
                .map(|(column, word)| Word {
                    text: (*word).to_owned(),
                    confidence: 0.9,
                    rect: RectPx { x: 200 * column as u32, y: 100 * row as u32, width: 190, height: 50 },
                })
                .collect(),
            baseline_x: 0.0,
            baseline_y: 0.0,
            angle_deg: 0.0,
            height_px: 50.0,
            block: 0,
        })
        .collect();
    PageWords { lines, confidence: 0.9, ..PageWords::unread(number, (2100, 2970), (254.0, 254.0)) }
}

fn id(name: &str) -> DocumentId {
    DocumentId::of_content(&[Sha256::of(name.as_bytes())])
}

fn description(fields: &[(Field, &str)]) -> Description {
    let read = |value: &str| Extracted {
        value: value.to_owned(),
        confidence: 0.9,
        page: Some(1),
        rect: None,
        confirmed_by: None,
    };
    Description(fields.iter().map(|(field, value)| (*field, read(value))).collect())
}

struct Archive {
    index: Index,
    names: BTreeMap<DocumentId, String>,
    dir: tempfile::TempDir,
}

impl Archive {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        Self { index: Index::open(dir.path()).expect("an index"), names: BTreeMap::new(), dir }
    }

    fn of(documents: &[(&str, &str)]) -> Self {
        let mut archive = Self::new();
        for (name, text) in documents {
            archive.add(name, &[page(1, text)], &Description::default());
        }
        archive.index.commit(1).expect("commit");
        archive
    }

    fn add(&mut self, name: &str, pages: &[PageWords], description: &Description) {
        self.names.insert(id(name), name.to_owned());
        let number = description.citation();
        let document = IndexedDocument {
            id: id(name),
            title: name,
            number: number.as_deref(),
            description,
            pages,
            source: "A29/01/0001",
        };
        self.index.add(&document).expect("add");
    }

    fn find(&self, query: &str) -> Found {
        self.index.find(query, 20).expect("find")
    }

    /// Names of the documents found with the first letter of their band, in order.
    fn names(&self, query: &str) -> String {
        let found = self.find(query);
        assert_eq!(found.total, found.hits.len(), "{query}");
        let hits: Vec<String> = found
            .hits
            .iter()
            .map(|hit| format!("{}:{}", self.names[&hit.id], &hit.band.name().split_at(1).0))
            .collect();
        hits.join(" ")
    }
}

#[test]
fn accents_first_then_the_same_letters() {
    let archive = Archive::of(&[
        ("party", "các cấp ủy đảng bộ tỉnh Bình Thuận"),
        ("worthy", "thật đáng bộ mặt mới của xã"),
        ("plain", "dang bo khong dau"),
        ("other", "không liên quan gì"),
    ]);
    assert_eq!(archive.names("đảng bộ"), "party:e plain:f worthy:f");
    assert_eq!(archive.names("đảng bo").split(' ').count(), 3);
    assert_eq!(archive.names("dang bo").split(' ').next(), Some("plain:e"));
    assert_eq!(archive.names("ĐẢNG BỘ"), "party:e plain:f worthy:f");
    assert_eq!(archive.names("Bình Thuận"), "party:e");
    assert_eq!(archive.names("binh thuan"), "party:f");
    assert_eq!(archive.names("không có trang này"), "");
}

#[test]
fn one_word_however_it_is_spelled() {
    let archive = Archive::of(&[
        ("composed", "Ủy ban nhân dân kỹ thuật hòa bình"),
        ("decomposed", "U\u{309}y ban nha\u{302}n da\u{302}n ki\u{303} thua\u{302}\u{323}t hoà bi\u{300}nh"),
    ]);
    for query in ["ủy ban", "uỷ ban", "hòa bình", "hoà bi\u{300}nh", "kỹ thuật", "kĩ thuật", "nhân dân"]
    {
        let found = archive.find(query);
        assert_eq!(found.total, 2, "{query}");
        assert!(found.hits.iter().all(|hit| hit.band == Band::Exact), "{query}");
    }
}

#[test]
fn numbers_in_any_spelling() {
    let mut archive = Archive::new();
    let own = description(&[(Field::Number, "754"), (Field::Notation, "QĐ/TU")]);
    archive.add("own", &[page(1, "Số 754-QĐ/TU Quy định về chữ ký số"), page(2, "trang hai")], &own);
    archive.add(
        "cites",
        &[page(1, "Căn cứ Quy định số 754 - QĐ / TU và 754-QĐ/TU của Tỉnh ủy")],
        &Description::default(),
    );
    archive.add("state", &[page(1, "Số: 08/2016/TT-BQP và Số: 893/STTTT-CNTT")], &Description::default());
    archive.add("contract", &[page(1, "Số 08-HĐ/TU")], &Description::default());
    archive.add("guidance", &[page(1, "Số 08-HD/TU")], &Description::default());
    archive.index.commit(1).expect("commit");
    for query in ["754-QĐ/TU", "754-qđ/tu", "754 – QĐ / TU", "so:754-QĐ/TU 754-QĐ/TU"] {
        let found = archive.names(query);
        assert!(found.starts_with("own:e"), "{query}: {found}");
    }
    for query in ["754 qd tu", "754qdtu", "754-qd/tu", "0754 QD TU"] {
        assert_eq!(archive.names(query), "own:f cites:f", "{query}");
    }
    assert_eq!(archive.names("8/2016/TT-BQP"), "state:e");
    assert_eq!(archive.names("08 2016 tt bqp"), "state:e");
    assert_eq!(archive.names("893/STTTT-CNTT"), "state:e");
    assert_eq!(archive.names("08-HĐ/TU"), "contract:e guidance:f");
    assert_eq!(archive.names("08-HD/TU"), "guidance:e contract:f");
    // The description of a document counts for each of its pages.
    assert_eq!(archive.find("so:754 trang hai").hits[0].page, 2);
    assert_eq!(archive.names("so:754 -hai"), "own:e");
}

#[test]
fn the_description_is_found_with_the_text() {
    let mut archive = Archive::new();
    let fields = description(&[
        (Field::Issuer, "TỈNH ỦY BÌNH THUẬN"),
        (Field::IssuedDate, "1985-03-12"),
        (Field::SignerName, "Nguyễn Mạnh Hùng"),
        (Field::FondsCode, "A29"),
        (Field::TypeName, "Chỉ thị"),
    ]);
    archive.add("silent", &[], &fields);
    archive.add("other", &[page(1, "Nguyễn Văn Hùng")], &Description::default());
    archive.index.commit(1).expect("commit");
    let found = archive.find("nguyễn mạnh hùng");
    assert_eq!((found.hits[0].title.as_str(), found.hits[0].page, found.hits[0].boxes.len()), ("silent", 1, 0));
    for query in [
        "coquan:\"tỉnh ủy\"",
        "cơquan:bình",
        "nam:1985",
        "ngay:1985-03-12",
        "phong:A29 -văn",
        "loai:chỉ",
        "nguoiky:manh",
    ] {
        assert_eq!(archive.names(query), "silent:e", "{query}");
    }
    assert_eq!(archive.names("nam:1986"), "");
}

#[test]
fn phrases_and_what_must_not_stand_there() {
    let archive = Archive::of(&[
        ("together", "ban chấp hành đảng bộ tỉnh"),
        ("apart", "hành chấp ban bộ đảng tỉnh"),
        ("plain", "bản chap hanh dang bo tinh"),
    ]);
    assert_eq!(archive.names("\"ban chấp hành\""), "together:e plain:f");
    assert_eq!(archive.names("\"đảng bộ\""), "together:e plain:f");
    assert_eq!(archive.names("\"bộ đảng\""), "apart:e");
    assert_eq!(archive.names("“chấp hành đảng bộ tỉnh”"), "together:e plain:f");
    assert_eq!(archive.names("tỉnh -\"chấp hành\" -chap"), "");
    assert_eq!(archive.names("tinh -\"đảng bộ\""), "plain:e apart:f");
    assert_eq!(archive.names("-chấp"), "plain:e");
}

#[test]
fn noise_leaves_a_near_answer() {
    let archive = Archive::of(&[
        ("noisy", "tăng cường ỉãnh đạo sàn xuâl vụ đông xuân"),
        ("unlike", "xuân về trên bản, đạo lý làm người, cường quốc"),
    ]);
    assert_eq!(archive.names("tăng cường lãnh đạo sản xuất vụ đông xuân"), "noisy:n");
    assert_eq!(archive.names("tang cuong"), "noisy:f");
}

#[test]
fn boxes_and_snippets_show_where() {
    let before = "một hai ba bốn năm sáu bảy tám chín mười ".repeat(4);
    let archive = Archive::of(&[("paper", &format!("{before}Số 754-QĐ/TU của đảng bộ {before}"))]);
    let hit = &archive.find("đảng bộ").hits[0];
    assert_eq!(hit.boxes, [[60.0, 40.0, 19.0, 5.0], [80.0, 40.0, 19.0, 5.0]]);
    assert!(hit.snippet.starts_with("… ") && hit.snippet.ends_with(" …"), "{}", hit.snippet);
    assert!(hit.snippet.contains("Số 754-QĐ/TU của đảng bộ một"), "{}", hit.snippet);
    assert_eq!(archive.find("754-QĐ/TU").hits[0].boxes, [[20.0, 40.0, 19.0, 5.0]]);
    assert_eq!(archive.find("\"của đảng bộ\"").hits[0].boxes.len(), 3);
}

#[test]
fn stamps_are_found_but_phrases_do_not_run_into_them() {
    let mut archive = Archive::new();
    let mut stamped = page(1, "nội dung cuối");
    stamped.stamps = page(1, "CÔNG VĂN ĐẾN").lines;
    archive.add("stamped", &[stamped], &Description::default());
    archive.index.commit(1).expect("commit");
    assert_eq!(archive.find("\"công văn đến\"").hits[0].boxes.len(), 3);
    assert_eq!(archive.names("\"cuối công\""), "");
}

#[test]
fn hits_are_ordered_by_band_score_document_and_page() {
    let mut archive = Archive::new();
    for name in ["a", "b", "c", "d", "e"] {
        archive.add(name, &[page(1, "đảng bộ tỉnh"), page(2, "đảng bộ tỉnh")], &Description::default());
        archive.index.commit(1).expect("commit");
    }
    let found = archive.find("đảng bộ");
    let order: Vec<(DocumentId, u32)> = found.hits.iter().map(|hit| (hit.id, hit.page)).collect();
    let mut sorted = order.clone();
    sorted.sort();
    assert_eq!((order.len(), &order), (10, &sorted));
    let few = archive.index.find("đảng bộ", 3).expect("find");
    assert_eq!((few.total, few.hits.as_slice()), (10, &found.hits[..3]));
    assert_eq!(archive.index.find("đảng bộ", 0).expect("find").total, 10);
}

#[test]
fn adding_again_replaces_and_removing_removes() {
    let mut archive = Archive::of(&[("paper", "bản cũ"), ("other", "bản khác")]);
    archive.add("paper", &[page(1, "bản mới")], &Description::default());
    assert_eq!(archive.find("mới").total, 0, "not visible before the commit");
    archive.index.commit(7).expect("commit");
    assert_eq!(archive.names("bản cũ"), "");
    assert_eq!(archive.names("mới"), "paper:e");
    assert_eq!(archive.index.last_event().expect("event"), 7);
    archive.index.remove(id("paper")).expect("remove");
    archive.index.commit(8).expect("commit");
    assert_eq!(archive.names("bản"), "other:e");
    // Another opening sees what was committed, and what was not is gone.
    archive.index.remove(id("other")).expect("remove");
    let Archive { index, dir, .. } = archive;
    drop(index);
    let index = Index::open(dir.path()).expect("an index");
    assert_eq!((index.last_event().expect("event"), index.find("bản", 5).expect("find").total), (8, 1));
}

#[test]
fn one_writes_while_others_read() {
    let mut archive = Archive::of(&[("paper", "đảng bộ")]);
    let mut second = Index::open(archive.dir.path()).expect("an index");
    assert_eq!(second.find("đảng bộ", 5).expect("find").total, 1);
    let refused = second.commit(9).expect_err("the lock is taken");
    assert!(matches!(refused, Error::Locked { .. }), "{refused:?}");
    assert!(!refused.is_damage());
    archive.index.commit(2).expect("the first still writes");
}

#[test]
fn suggestions_for_what_finds_nothing() {
    let archive = Archive::of(&[("paper", "đảng bộ tỉnh Bình Thuận kế hoạch")]);
    assert_eq!(archive.find("ddarng booj").suggestion.as_deref(), Some("đảng bộ"));
    assert_eq!(archive.find("kees hoachj").suggestion.as_deref(), Some("kế hoạch"));
    assert_eq!(archive.find("kế hoahc").suggestion.as_deref(), Some("kế hoach"));
    assert_eq!(archive.find("đảng bộ").suggestion, None);
    assert_eq!(archive.find("zzzzzzz qqqqq").suggestion, None);
    assert_eq!(archive.find("").suggestion, None);
}

#[test]
fn a_damaged_index_is_named_discarded_and_made_again() {
    let archive = Archive::of(&[("paper", "đảng bộ")]);
    let Archive { index, dir, .. } = archive;
    assert_eq!(index.damaged_files().expect("check"), Vec::<std::path::PathBuf>::new());
    drop(index);
    std::fs::write(dir.path().join("v2/meta.json"), "{").expect("write");
    let error = Index::open(dir.path()).expect_err("damaged");
    assert!(error.is_damage() && error.code() == "E-SEARCH-02", "{error:?}");
    Index::discard(dir.path()).expect("discard");
    let index = Index::open(dir.path()).expect("a new index");
    assert_eq!((index.last_event().expect("event"), index.find("đảng", 5).expect("find").total), (0, 0));
}

#[test]
fn an_index_of_an_earlier_release_is_not_read_and_goes_with_the_first_writing() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(dir.path().join("v1")).expect("an old folder");
    std::fs::write(dir.path().join("v1/meta.json"), "{").expect("write");
    let mut index = Index::open(dir.path()).expect("an index");
    assert_eq!(index.last_event().expect("event"), 0, "all is to be indexed again");
    assert!(dir.path().join("v1").exists(), "an older mocban may still read it");
    index.commit(1).expect("commit");
    assert!(!dir.path().join("v1").exists());
}

#[test]
fn hits_seen_already_are_not_shown_again() {
    let archive = Archive::of(&[("a", "đảng bộ"), ("b", "đảng bộ tỉnh"), ("c", "dang bo"), ("d", "đảng viên")]);
    let all = archive.find("đảng");
    let later = archive.index.find_from("đảng", 2, 5).expect("find");
    assert_eq!((later.total, later.hits.as_slice()), (4, &all.hits[2..]));
    assert_eq!(archive.index.find_from("đảng", 9, 5).expect("find").hits, []);
}

#[test]
fn a_lost_segment_is_damage() {
    let archive = Archive::of(&[("paper", "đảng bộ")]);
    let Archive { index, dir, .. } = archive;
    drop(index);
    for entry in std::fs::read_dir(dir.path().join("v2")).expect("list") {
        let path = entry.expect("entry").path();
        if path.extension().is_some_and(|e| e == "term") {
            std::fs::remove_file(path).expect("remove");
        }
    }
    assert!(Index::open(dir.path()).expect_err("damaged").is_damage());
}

#[test]
fn every_error_has_its_text() {
    for number in 1..=5 {
        let code = format!("E-SEARCH-{number:02}");
        assert!(messages::has(&code), "{code}");
    }
    let error = Error::Locked { path: "v2".into() };
    let text = messages::text(messages::Lang::En, error.code(), &error.facts());
    assert!(text.contains("v2") && !text.contains('{'), "{text}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, cases: 300, ..Default::default() })]

    #[test]
    fn every_string_gets_an_answer(query in "\\PC{0,40}|[-\"“: 0-9đảngbộnamso/]{0,40}") {
        static ARCHIVE: std::sync::LazyLock<Archive> =
            std::sync::LazyLock::new(|| Archive::of(&[("paper", "đảng bộ tỉnh Số 754-QĐ/TU năm 2017")]));
        let found = ARCHIVE.index.find(&query, 3).expect("an answer");
        proptest::prop_assert!(found.hits.len() <= found.total);
    }
}

/// Latency on a made archive: `cargo test --release -p search -- --ignored --nocapture latency`.
#[test]
#[ignore = "a measurement, not a check"]
fn latency() {
    use model::Clock as _;
    const SYLLABLES: &str = "đảng bộ tỉnh ủy ban chấp hành trung ương thường vụ quyết định nghị kế hoạch công tác lưu trữ tài liệu \
        sản xuất nông nghiệp vụ đông xuân huyện xã phường đoàn thể quần chúng cán đồng chí bí thư hội nhân dân thực hiện nhiệm \
        năm tháng ngày báo cáo kết quả phát triển kinh tế văn hóa giáo dục y quốc phòng an ninh trật tự tổ chức kiểm tra giám sát";
    let words: Vec<&str> = SYLLABLES.split_whitespace().collect();
    let mut state = 1_u64;
    let mut next = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Common words are common: the product of two draws leans to the front.
        ((state >> 33) as usize % below) * ((state >> 13) as usize % below) / below
    };
    let clock = model::SystemClock;
    let mut archive = Archive::new();
    let start = clock.monotonic();
    for document in 0..5_000 {
        let fields = description(&[(Field::Number, &document.to_string()), (Field::Notation, "QĐ/TU")]);
        let pages: Vec<PageWords> = (1..=4)
            .map(|number| {
                let text: Vec<String> = (0..300)
                    .map(|_| {
                        let word = words[next(words.len())];
                        if next(40) == 39 { format!("{word}{}", next(5000)) } else { word.to_owned() }
                    })
                    .collect();
                page(number, &text.join(" "))
            })
            .collect();
        archive.add(&format!("paper {document}"), &pages, &fields);
    }
    archive.index.commit(1).expect("commit");
    println!("20000 pages indexed in {:.1} s", clock.monotonic().saturating_sub(start).as_secs_f64());
    for query in [
        "giám",
        "giám sát",
        "an ninh trật tự",
        "\"kiểm tra\"",
        "\"kiểm tra giám sát\"",
        "kiem tra",
        "4321-QĐ/TU",
        "kiểm tra ziám sát trật tự",
    ] {
        let mut times: Vec<f64> = (0..50)
            .map(|_| {
                let start = clock.monotonic();
                archive.index.find(query, 20).expect("find");
                clock.monotonic().saturating_sub(start).as_secs_f64() * 1000.0
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!("{query:30} p50 {:7.2} ms  p98 {:7.2} ms  total {}", times[25], times[48], archive.find(query).total);
    }
}
