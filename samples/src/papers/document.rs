//! Makes one document: paper, sheets, scans, files, truth.

use std::collections::BTreeMap;

use crate::authority::Agency;

use super::{
    compose::{Fill, compose},
    encode::pdf,
    error::Error,
    fonts::Fonts,
    layout::{Layout, lay_out},
    make::original,
    package::{Packed, Packer, extension, form, spoil},
    paper::{Era, Paper},
    plate::Glyphs,
    prng::Seeded,
    recipe::{Odd, Package, Recipe},
    scanner::{Colours, Look, scan},
    sheet::{Sheet, print},
    signed, table,
    truth::{Expected, Truth, TruthPage, fields, lines},
};

/// A document's files (path below inbound, bytes) and its truth.
pub(crate) struct Made {
    pub(crate) files: Vec<(String, Vec<u8>)>,
    pub(crate) truth: Truth,
}

/// A paper set on pages.
struct Manuscript {
    paper: Paper,
    layout: Layout,
}

/// Makes the document of a recipe; a duplicate is made from the recipe it repeats.
pub(crate) fn make_document(
    recipe: &Recipe,
    all: &[Recipe],
    seed: &Seeded,
    fonts: &Fonts,
    agency: Option<&Agency>,
) -> Result<Made, Error> {
    let repeated = original(recipe, all);
    let seed = seed.fork(&repeated.place);
    let manuscript = manuscript(repeated, &seed, fonts);
    let look = look(repeated, &seed);
    let (packed, free_corner) = scans(repeated, &manuscript, &look, &seed, fonts)?;
    let coded = match recipe.package {
        Package::BornPdf => vec![(String::new(), born(recipe, &manuscript, fonts, agency)?)],
        _ => packed.files,
    };
    let source = format!("{}{}", recipe.place, extension(recipe.package));
    let truth = Truth {
        schema: "mocban.sample/1".into(),
        source: source.clone(),
        expected: expected(recipe, all),
        fields: if recipe.odd == Odd::NoRoom { BTreeMap::new() } else { fields(&manuscript.paper) },
        pages: truth_pages(recipe, &manuscript, packed.pages, &look, fonts),
        free_corner_mm: (recipe.package != Package::BornPdf).then_some(free_corner),
        form: form(recipe.package),
        odd: odd(recipe.odd),
    };
    let mut files: Vec<(String, Vec<u8>)> = coded
        .into_iter()
        .map(|(name, bytes)| (if name.is_empty() { source.clone() } else { format!("{source}/{name}") }, bytes))
        .collect();
    spoil(recipe.odd, &mut files);
    if let Some(declaration) = declaration(recipe, &manuscript.paper, packed.pages) {
        files.push((declaration_path(recipe, &source), declaration.into_bytes()));
    }
    Ok(Made { files, truth })
}

fn manuscript(recipe: &Recipe, seed: &Seeded, fonts: &Fonts) -> Manuscript {
    let mut request = recipe.request;
    if recipe.odd == Odd::BlankBack {
        request.pages -= 1;
    }
    let stamps = |paper: &Paper| {
        let mut paper = paper.clone();
        match recipe.odd {
            Odd::Secret(level) => paper.stamps.secrecy = Some(level.to_owned()),
            Odd::FrontStamp => paper.stamps.boxed = Some("MẶT TRẬN TỔ QUỐC".into()),
            Odd::Received => {
                let mut rng = seed.fork("received");
                let (year, month, day) = paper.date;
                let date = format!("{}/{}/{:02}", (day + 2).min(28), month, year % 100);
                paper.stamps.received = Some((
                    paper.superior.clone().unwrap_or_else(|| "VĂN PHÒNG TỈNH ỦY".into()),
                    rng.whole(40, 2999),
                    date,
                ));
            }
            _ => {}
        }
        paper
    };
    let measure = |draft: &Paper| {
        let layout = lay_out(draft, fonts);
        Fill { pages: layout.pages.len() as u32, last: layout.last }
    };
    let paper = stamps(&compose(request, seed, measure));
    let layout = if recipe.odd == Odd::NoRoom { table::lay_out(fonts, seed) } else { lay_out(&paper, fonts) };
    Manuscript { paper, layout }
}

fn look(recipe: &Recipe, seed: &Seeded) -> Look {
    let mut rng = seed.fork("look");
    let mut look = match recipe.request.era {
        Era::Laser => Look::laser(&mut rng, recipe.dpi),
        Era::Typewriter => Look::typed(&mut rng, recipe.dpi),
    };
    look.colours = match recipe.package {
        Package::Jpegs { colours, .. }
        | Package::Tiffs { colours, .. }
        | Package::Tiff { colours, .. }
        | Package::Pngs { colours }
        | Package::ScannerPdf { colours } => colours,
        Package::Jpeg | Package::BornPdf => Colours::Colour,
    };
    match recipe.odd {
        Odd::Tilted => look.tilt = 2.8,
        Odd::DarkBorder => {
            look.lid = 0.07;
            look.shift = (2.5, 3.0);
            look.tilt = -0.7;
        }
        Odd::BlankBack => look.through = 0.16,
        Odd::NoRoom => {
            look.tilt = 0.0;
            look.shift = (0.0, 0.0);
            look.holes = false;
        }
        _ => {}
    }
    look
}

/// Every page scanned and packed, and page one's blank corner.
fn scans(
    recipe: &Recipe,
    manuscript: &Manuscript,
    look: &Look,
    seed: &Seeded,
    fonts: &Fonts,
) -> Result<(Packed, [f64; 2]), Error> {
    let mut packer = Packer::new(recipe, look);
    let mut corner = [0.0; 2];
    if recipe.package == Package::BornPdf {
        return Ok((packer.finish()?, corner));
    }
    let mut glyphs = Glyphs::new(fonts);
    // Papers are written on both sides: page 2 is the back of page 1, and shines through.
    for (sheet, pages) in manuscript.layout.pages.chunks(2).enumerate() {
        let mut sides: Vec<Sheet> = Vec::new();
        for (side, page) in pages.iter().enumerate() {
            let seed = seed.fork(&format!("page {}", sheet * 2 + side));
            sides.push(print(page, &manuscript.paper, look.dpi, &mut glyphs, &seed));
        }
        if recipe.odd == Odd::BlankBack && sides.len() == 1 {
            sides.push(Sheet::blank(look.dpi));
        }
        if sheet == 0 {
            let (width, height) = sides[0].free_corner();
            corner = [width, height].map(|mm| (mm * 10.0).round() / 10.0);
        }
        for (side, front) in sides.iter().enumerate() {
            let look = Look { reverse: side == 1, ..look.clone() };
            let picture = scan(front, sides.get(1 - side), &look, &seed.fork(&format!("scan {}", sheet * 2 + side)));
            packer.page(match recipe.odd {
                Odd::Turned(quarters) => picture.turned(quarters),
                _ => picture,
            })?;
        }
    }
    Ok((packer.finish()?, corner))
}

/// A PDF made from text; signed by another agency when the recipe says so.
fn born(recipe: &Recipe, manuscript: &Manuscript, fonts: &Fonts, agency: Option<&Agency>) -> Result<Vec<u8>, Error> {
    let born = pdf::born(&manuscript.layout, fonts)?;
    if !matches!(recipe.odd, Odd::Signed | Odd::SignedThenChanged) {
        return Ok(born.bytes);
    }
    let agency = agency.ok_or_else(|| Error::Encode { form: "PDF", detail: "nobody is there to sign it".into() })?;
    let mut bytes = signed::sign(&born, agency)?;
    if recipe.odd == Odd::SignedThenChanged {
        signed::change(&mut bytes);
    }
    Ok(bytes)
}

fn declaration_path(recipe: &Recipe, source: &str) -> String {
    if extension(recipe.package).is_empty() {
        format!("{source}/document.toml")
    } else {
        format!("{}.toml", recipe.place)
    }
}

fn declaration(recipe: &Recipe, paper: &Paper, pages: usize) -> Option<String> {
    match recipe.odd {
        Odd::MissingSheet => Some(format!("sheets = {}\n", pages + 2)),
        Odd::DeclaredSecret => Some("secrecy = \"mat\"\n".into()),
        Odd::Declared => Some(format!(
            "sheets = {}\npages = {pages}\nsecrecy = \"thuong\"\n\n[description]\nretention = \"Vĩnh viễn\"\nkeywords = \"{}\"\n",
            pages.div_ceil(2),
            paper.kind.term()
        )),
        _ => None,
    }
}

fn truth_pages(recipe: &Recipe, manuscript: &Manuscript, scanned: usize, look: &Look, fonts: &Fonts) -> Vec<TruthPage> {
    let count = scanned.max(manuscript.layout.pages.len());
    let turned = match recipe.odd {
        Odd::Turned(quarters) => (4 - quarters % 4) % 4 * 90,
        _ => 0,
    };
    let stamps = &manuscript.paper.stamps;
    (0..count)
        .map(|number| {
            let words = [
                stamps.secrecy.clone(),
                stamps.boxed.clone(),
                stamps.received.as_ref().map(|_| "CÔNG VĂN ĐẾN".to_owned()),
            ];
            TruthPage {
                dpi: look.dpi,
                tilt_deg: if recipe.package == Package::BornPdf { 0.0 } else { look.tilt },
                turned,
                lines: manuscript.layout.pages.get(number).map_or_else(Vec::new, |page| lines(page, fonts)),
                stamps: if number == 0 { words.into_iter().flatten().collect() } else { vec![] },
            }
        })
        .collect()
}

fn expected(recipe: &Recipe, all: &[Recipe]) -> Expected {
    let (state, reason) = match recipe.odd {
        Odd::NoRoom => ("held", Some("no_room")),
        Odd::Secret(_) | Odd::DeclaredSecret => ("held", Some("secret")),
        Odd::CutOff => ("held", Some("unreadable")),
        Odd::MissingSheet => ("held", Some("incomplete")),
        Odd::Mixed => ("held", Some("mixed")),
        Odd::Arriving => ("waiting", Some("arriving")),
        Odd::SignedThenChanged => ("held", Some("invalid_signature")),
        Odd::Duplicate(_) => ("duplicate", None),
        Odd::Plain
        | Odd::FrontStamp
        | Odd::Received
        | Odd::BlankBack
        | Odd::Turned(_)
        | Odd::Tilted
        | Odd::DarkBorder
        | Odd::NaturalNames
        | Odd::Declared
        | Odd::Coarse
        | Odd::Signed => ("done", None),
    };
    let repeated = original(recipe, all);
    Expected {
        state: state.into(),
        reason: reason.map(str::to_owned),
        duplicate_of: (state == "duplicate").then(|| format!("{}{}", repeated.place, extension(repeated.package))),
        form: (state == "done")
            .then(|| if recipe.package == Package::BornPdf { "original" } else { "assembled" }.to_owned()),
    }
}

fn odd(odd: Odd) -> String {
    match odd {
        Odd::Plain => "",
        Odd::NoRoom => "no room at the top left",
        Odd::Secret(_) => "secrecy stamp",
        Odd::DeclaredSecret => "declared secret",
        Odd::FrontStamp => "a stamp that only looks like a secrecy mark",
        Odd::Received => "received stamp",
        Odd::BlankBack => "blank back page",
        Odd::CutOff => "cut-off file",
        Odd::MissingSheet => "missing sheet",
        Odd::Turned(_) => "turned pages",
        Odd::Tilted => "tilt of 2.8 degrees",
        Odd::DarkBorder => "dark scanner border",
        Odd::NaturalNames => "natural page order",
        Odd::Mixed => "mixed folder",
        Odd::Duplicate(_) => "duplicate",
        Odd::Arriving => "still arriving",
        Odd::Declared => "declared facts",
        Odd::Coarse => "150 dpi",
        Odd::Signed => "signed by another agency",
        Odd::SignedThenChanged => "signed by another agency, then one byte changed",
    }
    .to_owned()
}
