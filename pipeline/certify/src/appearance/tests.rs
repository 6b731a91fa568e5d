//! The mark in every size of the ladder, with short and with long names.

use std::path::Path;

use model::CopyKind;
use proptest::prelude::*;

use super::*;

const SIZES: [(f64, f64); 4] = [(70.0, 25.0), (50.0, 18.0), (45.0, 15.0), (35.0, 10.0)];

fn font() -> Font {
    Font::load(Path::new("/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf")).expect("font")
}

fn mark(signed_by: &str, organization: &str) -> Mark {
    Mark {
        signed_by: signed_by.to_owned(),
        email: "luutru@tinhuy.binhthuan.example.vn".to_owned(),
        organization: organization.to_owned(),
        kind: CopyKind::Full,
        number: 1234,
        year: 2026,
        time: "2026-12-31T17:04:05Z".parse().expect("time"),
    }
}

fn rect((width, height): (f64, f64)) -> RectMm {
    RectMm { x: 0.0, y: 0.0, width, height }
}

/// Every letter stays inside the box, to the right of the emblem.
fn stays_inside(layout: &Layout, font: &Font) {
    let left = layout.emblem + 2.0 * layout.padding;
    for line in &layout.lines {
        let width = font.width(line).expect("letters") * layout.size;
        assert!(left + width <= layout.width - layout.padding + 0.01, "{line:?} at {}", layout.size);
    }
    assert!(text_height(layout.lines.len(), layout.size) <= layout.height - 2.0 * layout.padding + 0.01);
    assert!(layout.emblem > 0.0 && layout.emblem <= layout.height - 2.0 * layout.padding);
}

#[test]
fn all_items_stand_in_every_size() {
    let font = font();
    let mark = mark("Nguyễn Thị Phương Thảo", "Văn phòng Tỉnh ủy, Tỉnh ủy Bình Thuận");
    for (size, least) in SIZES.into_iter().zip([6.5, 4.5, 4.0, 3.0]) {
        let layout = lay_out(&mark, &rect(size), &font).expect("fits");
        stays_inside(&layout, &font);
        assert!(layout.size >= least, "{size:?}: {} pt", layout.size);
        let text = layout.lines.join(" ");
        for item in [
            "BẢN SAO NGUYÊN VĂN",
            "Số chứng thực: 1234/2026",
            "Ký bởi: Nguyễn Thị Phương Thảo",
            "Email: luutru@tinhuy.binhthuan.example.vn",
            "Cơ quan: Văn phòng Tỉnh ủy, Tỉnh ủy Bình Thuận",
            "Thời gian ký: 01/01/2027 00:04:05 +07:00",
        ] {
            assert!(text.contains(item), "{size:?} lacks {item}: {text}");
        }
    }
}

#[test]
fn decomposed_letters_are_composed_and_missing_ones_refused() {
    let font = font();
    let composed = lay_out(&mark("Nguyễn", "Tỉnh ủy"), &rect(SIZES[0]), &font).expect("fits");
    let decomposed = lay_out(&mark("Nguye\u{302}\u{303}n", "Tỉnh ủy"), &rect(SIZES[0]), &font).expect("fits");
    assert_eq!(composed, decomposed);
    let missing = lay_out(&mark("Nguyễn 漢", "Tỉnh ủy"), &rect(SIZES[0]), &font);
    assert!(matches!(missing, Err(Error::Pdf(pdf::Error::MissingGlyph { character: '漢', .. }))));
}

#[test]
fn every_error_has_its_texts() {
    let text = || "x".to_owned();
    let all = [
        Error::Role { role: text(), wanted: text() },
        Error::NotInForce { certificate: text(), reason: text() },
        Error::ItemMissing { certificate: text(), item: "email" },
        Error::DoesNotFit { width_mm: 1.0, height_mm: 1.0 },
        Error::OtherPage { actual: text(), expected: text() },
        Error::Locked { path: text(), field: text() },
        Error::NoTimestamp { attempts: text() },
        Error::Write { source: std::io::Error::other("x") },
    ];
    for error in all {
        assert!(messages::has(error.code()), "{}", error.code());
        let text = messages::text(messages::Lang::Vi, error.code(), &error.facts());
        assert!(!text.contains('{'), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_name_stays_inside_or_is_refused(name in "[A-ZĐÂa-zđâếệ@._ -]{1,120}", body in "[A-ZĐa-zđâế ,]{1,200}", size in 0_usize..4) {
        let font = font();
        match lay_out(&mark(&name, &body), &rect(SIZES[size]), &font) {
            Ok(layout) => stays_inside(&layout, &font),
            Err(Error::DoesNotFit { .. }) => {}
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}
