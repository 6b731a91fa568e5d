//! Papers are what they claim: same seed, same bytes; exact pages; every letter in the fonts; every form decodes.

use std::{collections::BTreeMap, path::Path};

use super::{
    compose::{Fill, Request, compose},
    document::make_document,
    fonts::{Face, Fonts},
    layout::lay_out,
    paper::{Era, Kind, Paper, Profile},
    prng::Seeded,
    recipe::{Form, Odd, Package, Recipe, Set, recipes},
    truth::Truth,
};

fn fonts() -> Fonts {
    Fonts::load(Path::new("/usr/share/fonts/truetype/liberation2")).unwrap()
}

fn measured(request: Request, seed: u64, fonts: &Fonts) -> Paper {
    compose(request, &Seeded::new(seed), |draft| {
        let layout = lay_out(draft, fonts);
        Fill { pages: layout.pages.len() as u32, last: layout.last }
    })
}

#[test]
fn papers_have_exactly_the_asked_pages() {
    let fonts = fonts();
    for (seed, kind) in Kind::ALL.iter().enumerate() {
        for pages in [1, 2, 5] {
            for (profile, era) in [(Profile::Party, Era::Typewriter), (Profile::State, Era::Laser)] {
                let paper = measured(Request { profile, era, kind: *kind, front: false, pages }, seed as u64, &fonts);
                assert_eq!(lay_out(&paper, &fonts).pages.len() as u32, pages, "{kind:?} {pages} {era:?}");
            }
        }
    }
    let long = Request { profile: Profile::Party, era: Era::Laser, kind: Kind::Report, front: false, pages: 60 };
    assert_eq!(lay_out(&measured(long, 1, &fonts), &fonts).pages.len(), 60);
}

#[test]
fn every_letter_is_in_its_face_and_on_the_page() {
    let fonts = fonts();
    for seed in 0..20 {
        for (profile, era) in [(Profile::Party, Era::Typewriter), (Profile::State, Era::Laser)] {
            let kind = Kind::ALL[seed as usize % Kind::ALL.len()];
            let paper = measured(Request { profile, era, kind, front: seed % 5 == 0, pages: 2 }, seed, &fonts);
            for run in lay_out(&paper, &fonts).pages.iter().flat_map(|page| &page.runs) {
                for letter in run.text.chars() {
                    assert_ne!(fonts.glyph(run.face, letter), 0, "{letter:?} in {:?}", run.face);
                }
                let right = run.x + fonts.width(run.face, run.size_pt, &run.text) * 25.4 / 72.0;
                assert!(run.x > 10.0 && right < 206.0 && run.y < 292.0, "{run:?}");
            }
        }
    }
    assert_ne!(fonts.glyph(Face::SansBold, 'Ậ'), 0);
}

#[test]
fn the_same_seed_makes_the_same_bytes() {
    let fonts = fonts();
    let all = recipes(Set::Small);
    for recipe in &all[..2] {
        let once = make_document(recipe, &all, &Seeded::new(7), &fonts, None).unwrap();
        let again = make_document(recipe, &all, &Seeded::new(7), &fonts, None).unwrap();
        let other = make_document(recipe, &all, &Seeded::new(8), &fonts, None).unwrap();
        assert_eq!(once.files, again.files);
        assert_ne!(once.files, other.files);
        assert_eq!(once.truth, again.truth);
    }
}

#[test]
fn a_duplicate_repeats_bytes_and_nothing_else_does() {
    let fonts = fonts();
    let all = recipes(Set::Demo);
    let twice = all.iter().find(|recipe| matches!(recipe.odd, Odd::Duplicate(_))).unwrap();
    let Odd::Duplicate(place) = twice.odd else { unreachable!() };
    let first = all.iter().find(|recipe| recipe.place == place).unwrap();
    let bytes = |recipe: &Recipe| {
        let made = make_document(recipe, &all, &Seeded::new(1), &fonts, None).unwrap();
        (made.files.into_iter().map(|(_, bytes)| bytes).collect::<Vec<_>>(), made.truth)
    };
    let ((first_bytes, first_truth), (second_bytes, second_truth)) = (bytes(first), bytes(twice));
    assert_eq!(first_bytes, second_bytes);
    assert_eq!(second_truth.expected.duplicate_of.as_deref(), Some(first_truth.source.as_str()));
}

#[test]
fn sets_are_as_big_as_promised_and_places_are_unique() {
    let count = |set| {
        let all = recipes(set);
        let pages: u32 = all.iter().map(|recipe| recipe.request.pages).sum();
        (all.len(), pages)
    };
    assert_eq!(count(Set::Small), (8, 10));
    assert!(count(Set::Demo).0 >= 16 && count(Set::Full).0 >= 30);
    assert_eq!(count(Set::Bench { documents: 200, pages: 3, form: Form::Colour }), (200, 600));
    let places: BTreeMap<_, _> = recipes(Set::Full).into_iter().map(|recipe| (recipe.place.clone(), recipe)).collect();
    assert_eq!(places.len(), recipes(Set::Full).len());
}

/// Every form decodes by the pipeline's own reader to the pixels the law asks for, cut-off ones are seen to be cut off.
#[test]
fn every_form_decodes() {
    let fonts = fonts();
    let all = recipes(Set::Full);
    let home = std::env::temp_dir().join(format!("mocban-papers-{}", std::process::id()));
    std::fs::create_dir_all(&home).unwrap();
    for recipe in all.iter().filter(|recipe| recipe.request.pages < 4 && recipe.package != Package::BornPdf) {
        let made = make_document(recipe, &all, &Seeded::new(3), &fonts, None).unwrap();
        for (name, bytes) in &made.files {
            let path = home.join(name.replace('/', "_"));
            let Some(kind) = scan::sniff(bytes).filter(|kind| *kind != model::SourceKind::Pdf) else { continue };
            std::fs::write(&path, bytes).unwrap();
            let whole = scan::completeness(&path, kind).unwrap();
            let cut = recipe.odd == Odd::CutOff && Some(name) == made.files.last().map(|(name, _)| name);
            let partial = Path::new(name).extension().is_some_and(|extension| extension == "part");
            assert_eq!(whole == scan::Completeness::Whole, !cut && !partial, "{name}");
            if cut || partial {
                continue;
            }
            let limits = scan::Limits::default();
            let frames = scan::frames(&path, kind, &limits).unwrap();
            for frame in &frames {
                let pixels = scan::decode(&path, kind, frame.index, &limits).unwrap();
                let (short, long) = (pixels.width.min(pixels.height), pixels.width.max(pixels.height));
                let dpi = recipe.dpi;
                assert!(
                    (f64::from(short) / dpi * 25.4 - 210.0).abs() < 0.5
                        && (f64::from(long) / dpi * 25.4 - 297.0).abs() < 0.5
                );
                let (across, down) = frame.dpi.unwrap();
                assert!((across - dpi).abs() < 0.6 && (down - dpi).abs() < 0.6, "{name}: {across} x {down}");
            }
        }
    }
    std::fs::remove_dir_all(&home).unwrap();
}

#[test]
fn truth_survives_its_file() {
    let fonts = fonts();
    let all = recipes(Set::Small);
    let made = make_document(&all[4], &all, &Seeded::new(1), &fonts, None).unwrap();
    assert_eq!(made.truth.fields["secrecy"], "mat");
    assert_eq!(made.truth.expected.reason.as_deref(), Some("secret"));
    let text = serde_json::to_string(&made.truth).unwrap();
    assert_eq!(serde_json::from_str::<Truth>(&text).unwrap(), made.truth);
    assert!(made.truth.text(0).contains("BÁO CÁO"));
}

#[test]
fn a_paper_signed_by_another_agency_holds_and_a_changed_one_does_not() {
    use crate::authority::{Agency, rehearse};
    let folder = std::env::temp_dir().join(format!("mocban-agency-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let rehearsal = rehearse(&folder).unwrap();
    let agency = Agency::open(&rehearsal.home).unwrap();
    let all = super::recipe::signed_recipes();
    let made: Vec<_> = all
        .iter()
        .map(|recipe| make_document(recipe, &all, &Seeded::new(1), &fonts(), Some(&agency)).unwrap())
        .collect();
    for (document, right) in made.iter().zip([true, false]) {
        let bytes = &document.files[0].1;
        let at = bytes.windows(12).position(|window| window == b"/ByteRange [").unwrap() + 12;
        let range = String::from_utf8_lossy(&bytes[at..at + 60]);
        let numbers: Vec<usize> =
            range.split(']').next().unwrap().split_whitespace().map(|number| number.parse().unwrap()).collect();
        let (hole, after, end) = (numbers[1], numbers[2], numbers[2] + numbers[3]);
        let contents = hex::decode(&bytes[hole + 1..after - 1]).unwrap();
        let signed = pki::cms::SignedData::parse(&contents).unwrap();
        let digest = ring::digest::digest(&ring::digest::SHA256, &[&bytes[..hole], &bytes[after..end]].concat());
        assert_eq!(signed.signer().unwrap().message_digest().unwrap() == digest.as_ref(), right);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
