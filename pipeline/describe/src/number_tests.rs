use proptest::prelude::*;

use super::*;

/// Number and notation joined as `number|notation|code`, or `-`.
fn read(text: &str) -> String {
    parse(text).map_or_else(
        || "-".to_owned(),
        |n| format!("{}|{}|{}", n.number.unwrap_or_default(), n.notation, n.type_code.unwrap_or_default()),
    )
}

#[test]
fn number_boxes() {
    for (text, expect) in [
        // Party, with and without colon, however spaced
        ("Số 754-QĐ/TU", "754|QĐ/TU|QĐ"),
        ("Số: 754-QĐ/TU", "754|QĐ/TU|QĐ"),
        ("số 08 - HD/VPTW", "-"),
        ("Số 08 - HD/VPTW", "08|HD/VPTW|HD"),
        ("Số 24-BS/UBKTTU", "24|BS/UBKTTU|BS"),
        ("Số: 14748-CV/VPTW", "14748|CV/VPTW|CV"),
        ("Số 12-CTr/TU", "12|CTr/TU|CTr"),
        ("Số754-QĐ/TU", "754|QĐ/TU|QĐ"),
        ("SỐ 15 – NQ / TU", "15|NQ/TU|NQ"),
        ("Số 389-QĐ/BCĐ389", "389|QĐ/BCĐ389|QĐ"),
        // State
        ("Số: 08/2016/TT-BQP", "08/2016|TT-BQP|TT"),
        ("Số: 08 /2016/ TT - BQP", "08/2016|TT-BQP|TT"),
        ("Số: 26/2007/NĐ-CP", "26/2007|NĐ-CP|NĐ"),
        ("Số: 893/STTTT-CNTT", "893|STTTT-CNTT|"),
        ("Số: 1234/QĐ-UBND", "1234|QĐ-UBND|QĐ"),
        ("Số: 12/QyĐ-UBND", "12|QyĐ-UBND|QyĐ"),
        ("Số: 55/2014/QH13", "55/2014|QH13|"),
        ("Số: 05/2012/TTLT-BTP-BNV", "05/2012|TTLT-BTP-BNV|TTLT"),
        // what engines make of it
        ("Sô: 754-QĐ/TU", "754|QĐ/TU|QĐ"),
        ("S6: 754-QĐ/TU", "754|QĐ/TU|QĐ"),
        ("Số: 754-Q\u{d0}/TU", "754|QĐ/TU|QĐ"),
        ("Số: 754-QD/TU", "754|QĐ/TU|QĐ"),
        ("Số l5-NQ/TU", "15|NQ/TU|NQ"),
        ("Số: 754—QĐ/TU.", "754|QĐ/TU|QĐ"),
        ("Số: 754 QĐ/TU", "754|QĐ/TU|QĐ"),
        ("Số: 26/2007/ND-CP", "26/2007|NĐ-CP|NĐ"),
        ("' Số: 754-QĐ/TU", "754|QĐ/TU|QĐ"),
        // accents decide where both readings exist
        ("Số 08-HD/TU", "08|HD/TU|HD"),
        ("Số: 08/HĐ-UBND", "08|HĐ-UBND|HĐ"),
        ("Số: 3/DA-UBND", "3|DA-UBND|DA"),
        ("Số: 3/ĐA-UBND", "3|ĐA-UBND|ĐA"),
        // the place for the digits left blank
        ("Số:      -QĐ/TU", "|QĐ/TU|QĐ"),
        ("Số: /QĐ-UBND", "|QĐ-UBND|QĐ"),
        // without its label only a complete one
        ("754-QĐ/TU", "754|QĐ/TU|QĐ"),
        ("893/STTTT-CNTT", "-"),
        // none
        ("", "-"),
        ("Số", "-"),
        ("Số: 123", "-"),
        ("Số: 14/9/2017", "-"),
        ("Căn cứ Quyết định số 754-QĐ/TU", "-"),
        ("Sở Thông tin và Truyền thông", "-"),
        ("Số lượng: 5 bản", "-"),
        ("Số 5 phố Hàng Bài", "-"),
    ] {
        assert_eq!(read(text), expect, "{text:?}");
    }
}

#[test]
fn doubt_lowers_certainty() {
    let certainty = |text| parse(text).map(|n| n.certainty).unwrap_or_default();
    assert!(certainty("Số 754-QĐ/TU") > certainty("Số 754-QD/TU"));
    assert!(certainty("Số 15-NQ/TU") > certainty("Số l5-NQ/TU"));
    assert!(certainty("Số 15-NQ/TU") > certainty("15-NQ/TU"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn party_numbers_read_back(number in 1_u32..99_999, kind in 0_usize..100, organ in "[A-Z]{2,6}", space in " {0,2}", dash in "[-–—]") {
        let codes: Vec<&str> = crate::vocabulary::TYPES.iter().filter_map(|t| t.party).collect();
        let code = codes[kind % codes.len()];
        let read = parse(&format!("Số {number}{space}{dash}{space}{code}{space}/{space}{organ}")).expect("a number");
        prop_assert_eq!(read.number, Some(number.to_string()));
        prop_assert_eq!(read.notation, format!("{code}/{organ}"));
        prop_assert_eq!(read.type_code, Some(code));
        prop_assert_eq!(read.style, Style::Party);
    }

    #[test]
    fn state_numbers_read_back(number in 1_u32..99_999, year in proptest::option::of(1945_u32..2099), kind in 0_usize..100, organ in "[A-ZĐ]{2,6}") {
        let codes: Vec<&str> = crate::vocabulary::TYPES.iter().filter_map(|t| t.state).collect();
        let code = codes[kind % codes.len()];
        let year = year.map(|y| format!("/{y}")).unwrap_or_default();
        let read = parse(&format!("Số: {number:02}{year}/{code}-{organ}")).expect("a number");
        prop_assert_eq!(read.number, Some(format!("{number:02}{year}")));
        prop_assert_eq!(read.notation, format!("{code}-{organ}"));
        prop_assert_eq!(read.type_code, Some(code));
        prop_assert_eq!(read.style, Style::State);
    }

    #[test]
    fn any_text_is_survived(text in "\\PC{0,60}", tail in "[Số0-9/QĐTU. -]{0,30}") {
        for text in [text.clone(), format!("Số: {tail}"), format!("{text}{tail}")] {
            if let Some(read) = parse(&text) {
                prop_assert!(read.chars.end <= clean(&text).chars().count());
                prop_assert!((0.0..=1.0).contains(&read.certainty));
            }
        }
    }

    /// What was read, printed as its grammar says, reads back as itself; a second look changes nothing.
    #[test]
    fn what_was_read_reads_back(text in confusable()) {
        let Some(read) = parse(&text) else { return Ok(()) };
        let printed = print(&read);
        let again = parse(&printed);
        prop_assert!(again.is_some(), "{text:?} was read as {printed:?}, which is not read at all");
        let again = again.expect("asked above");
        prop_assert_eq!((&again.number, &again.notation, again.type_code), (&read.number, &read.notation, read.type_code));
        prop_assert_eq!(again.style, read.style, "{:?} and {:?}", text, printed);
        prop_assert!(again.certainty >= read.certainty, "{:?} and {:?}", text, printed);
    }

    /// What engines make of digits, dashes and strokes does not change what is read, only how sure it is.
    #[test]
    fn confusions_cost_certainty_and_nothing_else(
        number in 2_u32..99_999, kind in 0_usize..100, organ in "[A-Z]{2,6}",
        dash in "[-–—_=~]", stroke in "[/|\\\\]", mask in any::<u8>(),
    ) {
        let codes: Vec<&str> = crate::vocabulary::TYPES.iter().filter_map(|t| t.party).collect();
        let code = codes[kind % codes.len()];
        let clear = number.to_string();
        // The first digit stays one: letters alone are no number.
        let printed: String = clear.chars().enumerate().map(|(at, c)| confused(c, at > 0 && mask >> (at % 8) & 1 == 1)).collect();
        let sure = parse(&format!("Số {clear}-{code}/{organ}")).expect("a number");
        let doubtful = parse(&format!("Số {printed}{dash}{code}{stroke}{organ}")).expect("a number");
        prop_assert_eq!((&doubtful.number, &doubtful.notation), (&sure.number, &sure.notation));
        prop_assert_eq!(doubtful.certainty < sure.certainty, printed != clear);
    }
}

/// A digit as an engine may see it.
fn confused(digit: char, wanted: bool) -> char {
    match digit {
        '0' if wanted => 'O',
        '1' if wanted => 'l',
        other => other,
    }
}

/// Texts near to numbers: labels, digits and their doubles, dashes, codes, strokes, organs, in any order that may be.
fn confusable() -> impl Strategy<Value = String> {
    let piece = |of: &'static [&'static str]| proptest::sample::select(of);
    let digits = proptest::string::string_regex("[0-9OoIl]{1,6}[a-c]?").expect("a pattern");
    let organ = proptest::string::string_regex("[A-ZĐƯ]{1,6}[0-9]{0,3}[.&]?").expect("a pattern");
    let number = proptest::option::weighted(0.9, digits);
    (
        piece(&["Số ", "Số: ", "Sô:", "S6: ", "' Số ", "SỐ", ""]),
        number,
        piece(&["", "/2016", " /1985", "/20l6"]),
        piece(&["-", "–", "/", " - ", " / ", "_", "|", " ", ""]),
        piece(&["QĐ", "QD", "Q\u{d0}", "NQ", "HD", "HĐ", "CTr", "TTLT", "STTTT", "TT", "cv", "V"]),
        piece(&["/", "-", " / ", "\\", "—", "", "//"]),
        organ,
        piece(&["", "-BNV", "/BCĐ", ".", " ngày"]),
    )
        .prop_map(|(label, number, year, mark, code, stroke, organ, end)| {
            format!("{label}{}{year}{mark}{code}{stroke}{organ}{end}", number.unwrap_or_default())
        })
}

/// A number as its grammar writes it.
fn print(read: &DocNumber) -> String {
    let number = read.number.as_deref().unwrap_or_default();
    let mark = match read.style {
        Style::Party => '-',
        Style::State => '/',
    };
    format!("Số {number}{mark}{}", read.notation)
}
