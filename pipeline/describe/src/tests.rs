use model::{Line, RectPx, Word};

use super::*;
use crate::test_page::Page;

fn decision() -> Page {
    Page::new(1)
        .line(20.0, &[(30.0, "TỈNH ỦY BÌNH THUẬN"), (112.0, "ĐẢNG CỘNG SẢN VIỆT NAM")])
        .line(26.0, &[(50.0, "*")])
        .line(32.0, &[(38.0, "Số 754-QĐ/TU"), (95.0, "Phan Thiết, ngày 14 tháng 9 năm 2017")])
        .centred(50.0, "QUY ĐỊNH")
        .centred(57.0, "về việc sử dụng chữ ký số trong các cơ quan")
        .centred(63.0, "đảng tỉnh Bình Thuận")
        .centred(69.0, "-----")
        .body(
            80.0,
            &["- Căn cứ Quyết định số 228-QĐ/TW, ngày 07 tháng 12 năm 2016 của Ban Bí thư;", "Số 99-QĐ/TU là số khác."],
        )
        .body(100.0, &["Điều 1. Phạm vi điều chỉnh của quy định này về chữ ký số"])
}

fn decision_head() -> Page {
    Page::new(1)
        .line(20.0, &[(30.0, "TỈNH ỦY BÌNH THUẬN"), (112.0, "ĐẢNG CỘNG SẢN VIỆT NAM")])
        .line(32.0, &[(38.0, "Số 7-TB/TU"), (95.0, "Phan Thiết, ngày 14 tháng 9 năm 2017")])
        .centred(50.0, "THÔNG BÁO")
}

fn foot(page: Page, y: f64) -> Page {
    page.line(y, &[(30.0, "Nơi nhận:"), (125.0, "T/M BAN THƯỜNG VỤ")])
        .line(y + 6.0, &[(30.0, "- Ban Bí thư,"), (133.0, "PHÓ BÍ THƯ")])
        .line(y + 12.0, &[(30.0, "- Văn phòng Trung ương Đảng,")])
        .line(y + 20.0, &[(140.0, "Jx~ V")])
        .line(y + 40.0, &[(127.0, "Nguyễn Mạnh Hùng")])
}

fn described(pages: &[&Page]) -> Described {
    let pages: Vec<PageWords> = pages.iter().map(|page| page.0.clone()).collect();
    describe(&pages, &Declared::default(), &BTreeMap::new())
}

fn check(described: &Described, expect: &[(Field, &str)]) {
    for (field, value) in expect {
        let found = described.description.value(*field).unwrap_or("");
        assert_eq!(found, *value, "{}", field.name());
    }
}

const DECISION: &[(Field, &str)] = &[
    (Field::Number, "754"),
    (Field::Notation, "QĐ/TU"),
    (Field::TypeCode, "QĐ"),
    (Field::TypeName, "Quy định"),
    (Field::IssuedDate, "2017-09-14"),
    (Field::IssuedPlace, "Phan Thiết"),
    (Field::Issuer, "TỈNH ỦY BÌNH THUẬN"),
    (Field::Subject, "về việc sử dụng chữ ký số trong các cơ quan đảng tỉnh Bình Thuận"),
    (Field::SignerRole, "T/M BAN THƯỜNG VỤ PHÓ BÍ THƯ"),
    (Field::SignerName, "Nguyễn Mạnh Hùng"),
    (Field::Language, "vi"),
    (Field::Secrecy, ""),
];

#[test]
fn a_party_regulation() {
    let last = foot(Page::new(2).body(20.0, &["Điều 25. Hiệu lực thi hành"]), 200.0);
    let found = described(&[&decision(), &last]);
    check(&found, DECISION);
    assert_eq!(found.secrecy, None);
    assert_eq!(found.description.citation().as_deref(), Some("754-QĐ/TU"));
    let number = &found.description.0[&Field::Number];
    let rect = number.rect.expect("a box");
    assert_eq!(number.page, Some(1));
    assert!((0.85..=0.9).contains(&number.confidence), "{number:?}");
    assert!(rect.x > 38.0 && rect.right() < 80.0 && (rect.y - 32.0).abs() < 0.5, "{rect:?}");
    assert_eq!(found.description.0[&Field::SignerName].page, Some(2));
}

#[test]
fn the_same_turned_and_askew() {
    let last = || foot(Page::new(2).body(20.0, &["Điều 25. Hiệu lực thi hành"]), 200.0);
    check(&described(&[&decision().turned(), &last().turned()]), DECISION);
    for degrees in [-2.8, 1.5, 2.8] {
        check(&described(&[&decision().tilted(degrees), &last().tilted(degrees)]), DECISION);
    }
}

#[test]
fn boxes_stay_those_of_the_displayed_page() {
    let upright = described(&[&decision()]).description.0[&Field::Number].rect.expect("a box");
    let turned = described(&[&decision().turned()]).description.0[&Field::Number].rect.expect("a box");
    assert!((turned.x - upright.y).abs() < 0.3 && (turned.height - upright.width).abs() < 0.3, "{turned:?}");
}

#[test]
fn a_state_circular_in_two_columns() {
    let page = Page::new(1)
        .line(20.0, &[(40.0, "BỘ QUỐC PHÒNG"), (92.0, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")])
        .line(26.0, &[(50.0, "-------"), (110.0, "Độc lập - Tự do - Hạnh phúc")])
        .line(34.0, &[(36.0, "Số: 08/2016/TT-BQP"), (105.0, "Hà Nội, ngày 27 tháng 01 năm 2016")])
        .centred(50.0, "THÔNG TƯ")
        .centred(57.0, "Quy định về bảo vệ an toàn kho đạn")
        .body(70.0, &["Căn cứ Nghị định số 26/2007/NĐ-CP ngày 15 tháng 02 năm 2007 của Chính phủ;"]);
    let last = Page::new(2)
        .line(180.0, &[(130.0, "KT. BỘ TRƯỞNG")])
        .line(186.0, &[(132.0, "THỨ TRƯỞNG")])
        .line(220.0, &[(118.0, "Thượng tướng Nguyễn Chí Vịnh")]);
    check(
        &described(&[&page, &last]),
        &[
            (Field::Number, "08/2016"),
            (Field::Notation, "TT-BQP"),
            (Field::TypeName, "Thông tư"),
            (Field::Issuer, "BỘ QUỐC PHÒNG"),
            (Field::IssuedDate, "2016-01-27"),
            (Field::IssuedPlace, "Hà Nội"),
            (Field::Subject, "Quy định về bảo vệ an toàn kho đạn"),
            (Field::SignerRole, "KT. BỘ TRƯỞNG THỨ TRƯỞNG"),
            (Field::SignerName, "Thượng tướng Nguyễn Chí Vịnh"),
        ],
    );
}

#[test]
fn a_letter_with_its_subject_under_the_number() {
    let page = Page::new(1)
        .line(20.0, &[(30.0, "ỦY BAN NHÂN DÂN"), (92.0, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")])
        .line(26.0, &[(30.0, "TỈNH BÌNH THUẬN"), (110.0, "Độc lập - Tự do - Hạnh phúc")])
        .line(32.0, &[(28.0, "SỞ THÔNG TIN VÀ"), (120.0, "_______________")])
        .line(38.0, &[(32.0, "TRUYỀN THÔNG")])
        .line(46.0, &[(30.0, "Số: 893/STTTT-CNTT"), (95.0, "Bình Thuận, ngày 12 tháng 8 năm 2016")])
        .line(54.0, &[(30.0, "V/v hướng dẫn ứng dụng")])
        .line(59.0, &[(30.0, "chữ ký số chuyên dùng")])
        .line(75.0, &[(70.0, "Kính gửi: Các sở, ban, ngành")])
        .body(90.0, &["Thực hiện Công văn số 12/UBND-NC ngày 3 tháng 5 năm 2016"]);
    let page = page
        .line(200.0, &[(30.0, "Nơi nhận:"), (135.0, "GIÁM ĐỐC")])
        .line(206.0, &[(30.0, "- Như trên;")])
        .line(240.0, &[(128.0, "Đinh Trung")]);
    check(
        &described(&[&page]),
        &[
            (Field::Number, "893"),
            (Field::Notation, "STTTT-CNTT"),
            (Field::TypeName, "Công văn"),
            (Field::TypeCode, ""),
            (Field::Issuer, "SỞ THÔNG TIN VÀ TRUYỀN THÔNG"),
            (Field::Subject, "hướng dẫn ứng dụng chữ ký số chuyên dùng"),
            (Field::IssuedDate, "2016-08-12"),
            (Field::SignerRole, "GIÁM ĐỐC"),
            (Field::SignerName, "Đinh Trung"),
        ],
    );
}

#[test]
fn a_decision_whose_authority_speaks_after_the_abstract() {
    let page = Page::new(1)
        .line(20.0, &[(28.0, "ĐẢNG BỘ TỈNH BÌNH THUẬN"), (112.0, "ĐẢNG CỘNG SẢN VIỆT NAM")])
        .line(26.0, &[(30.0, "HUYỆN ỦY TUY PHONG")])
        .line(32.0, &[(38.0, "Số 12-QD/HU"), (95.0, "Tuy Phong, ngày 3 tháng 02 năm 1985")])
        .centred(50.0, "QUYẾT ĐỊNH")
        .centred(56.5, "về việc thành lập tổ công tác")
        .centred(63.0, "BAN THƯỜNG VỤ HUYỆN ỦY")
        .body(75.0, &["Căn cứ Điều lệ Đảng;"]);
    check(
        &described(&[&page]),
        &[
            (Field::Issuer, "HUYỆN ỦY TUY PHONG"),
            (Field::Notation, "QĐ/HU"),
            (Field::TypeName, "Quyết định"),
            (Field::Subject, "về việc thành lập tổ công tác"),
            (Field::IssuedDate, "1985-02-03"),
            (Field::SignerName, ""),
            (Field::SignerRole, ""),
        ],
    );
}

#[test]
fn what_a_seal_leaves_of_the_signer() {
    let read = |lines: &[(f64, f64, &str)]| {
        let mut page = Page::new(1).line(200.0, &[(30.0, "Nơi nhận:")]);
        for (x, y, text) in lines {
            page = page.line(*y, &[(*x, text)]);
        }
        let found = described(&[&page]).description;
        let value = |field| found.value(field).unwrap_or("").to_owned();
        format!("{}|{}", value(Field::SignerRole), value(Field::SignerName))
    };
    for (lines, expect) in [
        (
            &[(130.0, 200.0, "KT. GIÁM ĐỐC"), (128.0, 206.0, "ZPHÓ-GIAM ĐỐC"), (130.0, 236.0, "Đương Quốc Trí")][..],
            "KT. GIÁM ĐỐC PHÓ GIÁM ĐỐC|Dương Quốc Trí",
        ),
        (
            &[(126.0, 200.0, "TM, ỦY BAN NHAN DÂN"), (136.0, 206.0, "PHO CHU TỊCH"), (130.0, 236.0, "Ngô Bá*Phúc")],
            "TM. ỦY BAN NHÂN DÂN PHÓ CHỦ TỊCH|Ngô Bá Phúc",
        ),
        // The head's own office under *KT.* has lost its first word.
        (
            &[(130.0, 200.0, "KT. GIÁM ĐỐC"), (132.0, 206.0, "}>GIÁM ĐỐC"), (130.0, 236.0, "Lê Công Thịnh")],
            "|Lê Công Thịnh",
        ),
        // The role is gone, the name is not.
        (&[(140.0, 200.0, "ÁM ĐƠ"), (130.0, 236.0, "Lê Công Thịnh")], "|Lê Công Thịnh"),
        // What is left of a name is none.
        (&[(135.0, 200.0, "CHỦ. NHIỆM"), (140.0, 236.0, "rần Quốc Sơn")], "CHỦ NHIỆM|"),
        (&[(135.0, 200.0, "TRƯỞNG BAN"), (140.0, 236.0, "Minh Cúc")], "TRƯỞNG BAN|"),
        (&[(135.0, 200.0, "TRƯỞNG BAN"), (140.0, 236.0, "Thị Minh Hoa")], "TRƯỞNG BAN|"),
        (&[(135.0, 200.0, "TRƯỞNG BAN"), (140.0, 236.0, "Phạñĩ Thị Hồng")], "TRƯỞNG BAN|"),
        // The signer's own office is gone.
        (&[(125.0, 200.0, "T/M BAN THƯỜNG VỤ"), (130.0, 236.0, "Lê Công Thịnh")], "|Lê Công Thịnh"),
        (&[(125.0, 200.0, "TM. ỦY BAN NHÂN DÂN"), (136.0, 206.0, "zÊHU TỊCH")], "|"),
        (
            &[(125.0, 200.0, "K/T CHÁNH VĂN PHÒNG"), (125.0, 206.0, "PHÓ.CHÁNH VĂN PHÒNG")],
            "K/T CHÁNH VĂN PHÒNG PHÓ CHÁNH VĂN PHÒNG|",
        ),
        (&[(135.0, 200.0, "Q. GIÁM ĐỐC"), (140.0, 236.0, "Trương Th")], "Q. GIÁM ĐỐC|"),
        (
            &[(135.0, 200.0, "GIÁM ĐỐC"), (140.0, 220.0, "(đã ký)"), (140.0, 236.0, "TRẦN VĂN AN")],
            "GIÁM ĐỐC|TRẦN VĂN AN",
        ),
    ] {
        assert_eq!(read(lines), expect, "{lines:?}");
    }
}

#[test]
fn accents_lost_in_a_known_body_are_put_back() {
    for (printed, expect) in [
        ("UY BAN KIEM TRA", "ỦY BAN KIỂM TRA"),
        ("SƠ NÓNG NGHIỆP", "SỞ NÔNG NGHIỆP"),
        ("HUYEN UY ĐỨC LINH", "HUYỆN ỦY ĐỨC LINH"),
        ("CÔNG TY CẤP NƯỚC", "CÔNG TY CẤP NƯỚC"),
        // A speck behind the name is no part of it.
        ("SỞ NÔNG NGHIỆP.", "SỞ NÔNG NGHIỆP"),
        ("CÔNG TY (NHÀ NƯỚC) -,", "CÔNG TY (NHÀ NƯỚC)"),
    ] {
        let page = Page::new(1)
            .line(20.0, &[(30.0, printed), (112.0, "ĐẢNG CỘNG SẢN VIỆT NAM")])
            .line(32.0, &[(38.0, "Số 5-HD/TU"), (95.0, "Phan Thiết, ngày 1 tháng 2 năm 1985")]);
        check(&described(&[&page]), &[(Field::Issuer, expect), (Field::IssuedDate, "1985-02-01")]);
    }
}

#[test]
fn a_paragraph_close_below_is_no_abstract() {
    let page = decision_head()
        .centred(57.0, "về phòng, chống dịch bệnh")
        .line(66.0, &[(40.0, "Kinh phí thực hiện được bố trí trong dự toán hằng năm và từ các nguồn")])
        .line(72.5, &[(30.0, "hợp pháp khác của các cơ quan trong tỉnh và các nguồn đóng góp tự nguyện")]);
    check(&described(&[&page]), &[(Field::Subject, "về phòng, chống dịch bệnh")]);
}

#[test]
fn a_cited_number_is_never_the_papers_own() {
    let page = Page::new(1)
        .line(20.0, &[(30.0, "TỈNH ỦY BÌNH THUẬN"), (112.0, "ĐẢNG CỘNG SẢN VIỆT NAM")])
        .centred(50.0, "BÁO CÁO")
        .centred(57.0, "kết quả thực hiện nhiệm vụ năm 1985")
        .body(
            70.0,
            &[
                "Căn cứ Quyết định số 754-QĐ/TU ngày 14 tháng 9 năm 2017 của Tỉnh ủy",
                "Số 12-NQ/TU, ngày 3 tháng 2 năm 1985",
            ],
        );
    check(
        &described(&[&page]),
        &[
            (Field::Number, ""),
            (Field::Notation, ""),
            (Field::IssuedDate, ""),
            (Field::TypeName, "Báo cáo"),
            (Field::Subject, "kết quả thực hiện nhiệm vụ năm 1985"),
        ],
    );
}

#[test]
fn digits_left_blank_leave_the_number_empty() {
    let page = Page::new(1)
        .line(20.0, &[(30.0, "TỈNH ỦY BÌNH THUẬN"), (112.0, "ĐẢNG CỘNG SẢN VIỆT NAM")])
        .line(32.0, &[(38.0, "Số"), (60.0, "-TB/TU"), (95.0, "Phan Thiết, ngày"), (140.0, "tháng 9 năm 2017")])
        .centred(50.0, "THÔNG BÁO");
    check(
        &described(&[&page]),
        &[
            (Field::Number, ""),
            (Field::Notation, "TB/TU"),
            (Field::TypeName, "Thông báo"),
            (Field::IssuedDate, ""),
            (Field::IssuedPlace, "Phan Thiết"),
        ],
    );
}

#[test]
fn without_a_title_an_ambiguous_abbreviation_names_no_type() {
    let page = |number: &str| {
        Page::new(1)
            .line(20.0, &[(30.0, "TỈNH ỦY BÌNH THUẬN"), (112.0, "ĐẢNG CỘNG SẢN VIỆT NAM")])
            .line(32.0, &[(38.0, number)])
    };
    check(&described(&[&page("Số 5-QĐ/TU")]), &[(Field::TypeCode, "QĐ"), (Field::TypeName, "")]);
    check(&described(&[&page("Số 5-HD/TU")]), &[(Field::TypeCode, "HD"), (Field::TypeName, "Hướng dẫn")]);
    check(&described(&[&page("Số 5-CV/TU")]), &[(Field::TypeCode, "CV"), (Field::TypeName, "Công văn")]);
}

#[test]
fn secrecy_marks_hold_and_look_alikes_do_not() {
    let level = |page: Page| described(&[&page]).secrecy.map(|mark| mark.level);
    assert_eq!(level(decision().stamp(40.0, 40.0, "MẬT")), Some(Secrecy::Mat));
    assert_eq!(level(decision().stamp(40.0, 40.0, "TỐI MẬT")), Some(Secrecy::ToiMat));
    assert_eq!(level(decision().stamp(40.0, 38.0, "TUYỆT").stamp(41.0, 44.0, "MẬT")), Some(Secrecy::TuyetMat));
    assert_eq!(level(decision().line(40.0, &[(40.0, "MẬT")])), Some(Secrecy::Mat));
    assert_eq!(level(decision().line(40.0, &[(40.0, "TÔI MAT"), (130.0, "Phan Thiết")])), Some(Secrecy::ToiMat));
    assert_eq!(level(decision().stamp(40.0, 40.0, "MẶT TRẬN TỔ QUỐC")), None);
    assert_eq!(level(decision().stamp(40.0, 38.0, "MẶT TRẬN").stamp(40.0, 44.0, "TỔ QUỐC")), None);
    assert_eq!(level(decision().line(40.0, &[(40.0, "ỦY BAN MẶT TRẬN TỔ QUỐC")])), None);
    assert_eq!(level(decision().body(110.0, &["mật", "phải giữ bí mật; người làm lộ MẬT bị xử lý"])), None);
    assert_eq!(level(decision().stamp(140.0, 240.0, "ĐẢNG CỘNG SẢN VIỆT NAM")), None);
    let broken = Page::new(1).centred(50.0, "QUY ĐỊNH").centred(56.5, "VỀ BẢO VỆ BÍ").centred(63.0, "MẬT");
    assert_eq!(level(broken), None);
    let both = described(&[&decision().stamp(40.0, 40.0, "MẬT"), &Page::new(2).stamp(20.0, 12.0, "TỐI MẬT")]);
    let mark = both.secrecy.expect("a mark");
    assert_eq!((mark.level, mark.page), (Secrecy::ToiMat, 2));
}

#[test]
fn a_mark_read_several_times_over_is_one_mark() {
    let mut page = decision().line(42.0, &[(45.0, "[Tt Ï TỐI [Tối MẬT]")]);
    for (word, confidence) in
        page.0.lines.last_mut().expect("a line").words.iter_mut().zip([0.45, 0.06, 0.74, 0.39, 0.65])
    {
        word.confidence = confidence;
    }
    assert_eq!(described(&[&page]).secrecy.map(|mark| mark.level), Some(Secrecy::ToiMat));
}

#[test]
fn the_way_lines_read_goes_before_what_the_engine_says_of_the_page() {
    let mut page = decision();
    page.0.turned = 90;
    check(&described(&[&page]), &[(Field::Number, "754"), (Field::Issuer, "TỈNH ỦY BÌNH THUẬN")]);
}

#[test]
fn what_a_person_declared_wins() {
    let declared = Declared {
        secrecy: Some(Secrecy::Thuong),
        sheets: Some(1),
        description: BTreeMap::from([
            ("number".to_owned(), "755".to_owned()),
            ("keywords".to_owned(), "chu\u{31b}\u{303} ky\u{301} so\u{302}\u{301}".to_owned()),
            ("issuer".to_owned(), "  ".to_owned()),
        ]),
        ..Declared::default()
    };
    let place = BTreeMap::from([("fonds".to_owned(), "A29".to_owned()), ("file".to_owned(), "0001".to_owned())]);
    let page = decision().stamp(40.0, 40.0, "MẬT");
    let found = describe(&[page.0], &declared, &place);
    check(
        &found,
        &[
            (Field::Number, "755"),
            (Field::Keywords, "chữ ký số"),
            (Field::Issuer, "TỈNH ỦY BÌNH THUẬN"),
            (Field::FondsCode, "A29"),
            (Field::FileNo, "0001"),
            (Field::Sheets, "1"),
            (Field::Secrecy, "thuong"),
        ],
    );
    assert_eq!(found.description.0[&Field::Number].confirmed_by.as_deref(), Some("declared"));
    assert_eq!(found.secrecy.map(|mark| mark.level), Some(Secrecy::Mat), "a mark is reported whatever was declared");
}

#[test]
fn nothing_read_nothing_said() {
    assert_eq!(describe(&[], &Declared::default(), &BTreeMap::new()), Described::default());
    let found = described(&[&Page::new(1)]);
    assert_eq!(found.description.0.keys().copied().collect::<Vec<_>>(), [Field::Pages]);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, cases: 200, ..Default::default() })]

    #[test]
    fn any_words_anywhere_are_survived(
        words in proptest::collection::vec(("\\PC{0,12}|Số|MẬT|T/M|QUYẾT|754-QĐ/TU|ngày|V/v", 0_u32..3000, 0_u32..3000, 0_u32..u32::MAX), 0..40),
        turned in 0_u16..400, dpi in -10.0_f64..1e9, per_line in 1_usize..6,
    ) {
        let mut page = Page::new(1).0;
        page.turned = turned / 90 * 90;
        page.dpi_x = dpi;
        let words: Vec<Word> = words
            .into_iter()
            .map(|(text, x, y, size)| Word { text, confidence: size as f32, rect: RectPx { x, y, width: size % 700, height: size } })
            .collect();
        page.lines = words
            .chunks(per_line)
            .map(|words| Line { words: words.to_vec(), baseline_x: f64::NAN, baseline_y: 0.0, angle_deg: f64::NAN, height_px: 0.0, block: 0 })
            .collect();
        page.stamps.clone_from(&page.lines);
        let found = describe(&[page], &Declared::default(), &BTreeMap::new());
        for value in found.description.0.values() {
            proptest::prop_assert!((0.0..=1.0).contains(&value.confidence));
        }
    }
}
