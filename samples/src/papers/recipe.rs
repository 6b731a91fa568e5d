//! Which documents a set holds: place, form, paper and oddity of each.

use super::{
    compose::Request,
    encode::tiff,
    paper::{
        Era::{self, Laser, Typewriter},
        Kind,
        Profile::{self, Party, State},
    },
    scanner::Colours,
};

/// The form of a document's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Package {
    /// A folder of JPEGs.
    Jpegs {
        /// Colours.
        colours: Colours,
        /// Progressive coding.
        progressive: bool,
        /// EXIF orientation of every page.
        orientation: u8,
    },
    /// One JPEG at document level.
    Jpeg,
    /// A folder of one-page TIFFs.
    Tiffs {
        /// Colours.
        colours: Colours,
        /// Coding.
        coding: tiff::Coding,
        /// Rows of a strip, 0: one strip.
        strip_rows: usize,
    },
    /// One TIFF of all pages at document level.
    Tiff {
        /// Colours.
        colours: Colours,
        /// Coding.
        coding: tiff::Coding,
        /// Rows of a strip, 0: one strip.
        strip_rows: usize,
    },
    /// A folder of PNGs.
    Pngs {
        /// Colours.
        colours: Colours,
    },
    /// A scanner's PDF.
    ScannerPdf {
        /// Colours.
        colours: Colours,
    },
    /// A PDF made from text.
    BornPdf,
}

/// What is odd about a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Odd {
    /// Nothing.
    Plain,
    /// No blank place for a mark: a table from edge to edge.
    NoRoom,
    /// A secrecy stamp.
    Secret(&'static str),
    /// `document.toml` declares it secret.
    DeclaredSecret,
    /// A red boxed `MẶT TRẬN TỔ QUỐC`, which is no secrecy mark.
    FrontStamp,
    /// A `CÔNG VĂN ĐẾN` stamp.
    Received,
    /// The last page is a blank back.
    BlankBack,
    /// The last page's file ends early.
    CutOff,
    /// `document.toml` declares one sheet more than there is.
    MissingSheet,
    /// Pages lie turned clockwise by quarter turns.
    Turned(u32),
    /// Pages lie 2.8° askew.
    Tilted,
    /// A dark scanner border around the paper.
    DarkBorder,
    /// Names whose natural order is not their alphabetical one.
    NaturalNames,
    /// Page images beside a multi-page file.
    Mixed,
    /// The same bytes as another document of the set, by its place.
    Duplicate(&'static str),
    /// A page is still being written.
    Arriving,
    /// Declares everything rightly in `document.toml`.
    Declared,
    /// 150 dots per inch: under what the law asks.
    Coarse,
    /// A PDF signed by another agency.
    Signed,
    /// The same kind, one byte changed after signing.
    SignedThenChanged,
}

/// One document to make.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// `{fonds}/{inventory}/{file}/{document}`, without extension.
    pub place: String,
    /// Form of its files.
    pub package: Package,
    /// The paper.
    pub request: Request,
    /// Resolution.
    pub dpi: f64,
    /// What is odd.
    pub odd: Odd,
}

/// Named sets of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// About 8 documents, 10 pages: for tests.
    Small,
    /// About 20 documents with the odd ones: to show.
    Demo,
    /// Everything.
    Full,
    /// `documents` documents of `pages` pages, all plain: to measure.
    Bench {
        /// How many documents.
        documents: u32,
        /// Pages of each.
        pages: u32,
        /// The form of their files.
        form: Form,
    },
}

/// The form of the files of the bench set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Colour JPEG.
    Colour,
    /// Grey JPEG.
    Grey,
    /// Bilevel TIFF, Group 4 in one strip.
    Group4,
    /// The same in strips of 64 rows.
    Group4Strips,
}

impl Form {
    fn package(self) -> Package {
        let group4 = |strip_rows| Package::Tiffs { colours: BILEVEL, coding: tiff::Coding::Group4, strip_rows };
        match self {
            Self::Colour => FOLDER,
            Self::Grey => Package::Jpegs { colours: GREY, progressive: false, orientation: 1 },
            Self::Group4 => group4(0),
            Self::Group4Strips => group4(64),
        }
    }
}

const COLOUR: Colours = Colours::Colour;
const GREY: Colours = Colours::Grey;
const BILEVEL: Colours = Colours::Bilevel;
const FOLDER: Package = Package::Jpegs { colours: COLOUR, progressive: false, orientation: 1 };

/// The documents of a set.
pub fn recipes(set: Set) -> Vec<Recipe> {
    match set {
        Set::Small => small(),
        Set::Demo => [small(), demo()].concat(),
        Set::Full => [small(), demo(), forms(), oddities()].concat(),
        Set::Bench { documents, pages, form } => (1..=documents).map(|number| bench(number, pages, form)).collect(),
    }
}

fn bench(number: u32, pages: u32, form: Form) -> Recipe {
    let kinds = Kind::ALL;
    let (profile, era) = match number % 4 {
        0 | 1 => (Profile::Party, Era::Laser),
        2 => (Profile::State, Era::Laser),
        _ => (Profile::Party, Era::Typewriter),
    };
    let request = Request { profile, era, kind: kinds[number as usize % kinds.len()], front: false, pages };
    Recipe {
        place: format!("bench/01/{:03}/{number:04}", number / 50),
        package: form.package(),
        request,
        dpi: 200.0,
        odd: Odd::Plain,
    }
}

/// Papers that came signed by another agency; they need an authority while they are made.
pub fn signed_recipes() -> Vec<Recipe> {
    let born = |place, odd| recipe(place, Package::BornPdf, Era::Laser, Profile::State, Kind::Decision, 1, odd);
    vec![born("A29.110/02/0014/001-đã ký", Odd::Signed), born("A29.110/02/0014/002-đã sửa", Odd::SignedThenChanged)]
}

/// A recipe in few words.
fn recipe(place: &str, package: Package, era: Era, profile: Profile, kind: Kind, pages: u32, odd: Odd) -> Recipe {
    let request = Request { profile, era, kind, front: false, pages };
    let dpi = if odd == Odd::Coarse { 150.0 } else { 200.0 };
    Recipe { place: place.to_owned(), package, request, dpi, odd }
}

fn small() -> Vec<Recipe> {
    let group4 = Package::Tiff { colours: BILEVEL, coding: tiff::Coding::Group4, strip_rows: 0 };
    vec![
        recipe("A29.110/01/0001/001", FOLDER, Typewriter, Party, Kind::Decision, 2, Odd::Plain),
        recipe(
            "A29.110/01/0001/002",
            Package::ScannerPdf { colours: COLOUR },
            Laser,
            State,
            Kind::Letter,
            1,
            Odd::Received,
        ),
        recipe("A29.110/01/0001/003", group4, Laser, Party, Kind::Directive, 2, Odd::Plain),
        recipe("A29.110/01/0001/004", Package::Pngs { colours: GREY }, Laser, Party, Kind::Notice, 1, Odd::Declared),
        recipe("A29.110/01/0002/001-mật", FOLDER, Laser, Party, Kind::Report, 1, Odd::Secret("MẬT")),
        front(recipe("A29.110/01/0002/002-mặt trận", Package::Jpeg, Laser, State, Kind::Plan, 1, Odd::FrontStamp)),
        recipe("A29.110/01/0002/003-bảng", FOLDER, Laser, State, Kind::Report, 1, Odd::NoRoom),
        recipe("A29.110/01/0002/004", FOLDER, Laser, Party, Kind::Resolution, 1, Odd::MissingSheet),
    ]
}

fn demo() -> Vec<Recipe> {
    let sideways = Package::Jpegs { colours: COLOUR, progressive: true, orientation: 6 };
    let in_tiff = Package::Tiff { colours: COLOUR, coding: tiff::Coding::Jpeg { quality: 85 }, strip_rows: 512 };
    let packbits = Package::Tiffs { colours: GREY, coding: tiff::Coding::PackBits, strip_rows: 64 };
    vec![
        recipe("A29.110/02/0011/Nghị quyết", sideways, Laser, Party, Kind::Resolution, 2, Odd::Plain),
        recipe("A29.110/02/0011/Biên bản", in_tiff, Typewriter, Party, Kind::Minutes, 3, Odd::Plain),
        recipe("A29.110/02/0011/Tờ trình", packbits, Typewriter, State, Kind::Proposal, 1, Odd::Plain),
        recipe("A29.110/02/0012/001", FOLDER, Typewriter, Party, Kind::Guidance, 2, Odd::BlankBack),
        recipe("A29.110/02/0012/002", FOLDER, Laser, State, Kind::Notice, 2, Odd::CutOff),
        recipe("A29.110/02/0012/003", FOLDER, Laser, State, Kind::Decision, 1, Odd::Turned(2)),
        recipe("A29.110/02/0012/004", FOLDER, Typewriter, State, Kind::Directive, 1, Odd::Tilted),
        recipe(
            "A29.110/02/0012/005",
            FOLDER,
            Typewriter,
            Party,
            Kind::Decision,
            2,
            Odd::Duplicate("A29.110/01/0001/001"),
        ),
        recipe("A29.110/02/0013/001", Package::BornPdf, Laser, State, Kind::Letter, 2, Odd::Plain),
        recipe("A29.110/02/0013/002", FOLDER, Laser, Party, Kind::Plan, 3, Odd::NaturalNames),
        recipe("A29.110/02/0013/003", FOLDER, Laser, State, Kind::Report, 5, Odd::DarkBorder),
        recipe("A29.110/02/0013/004", FOLDER, Laser, Party, Kind::Letter, 2, Odd::Mixed),
    ]
}

/// Every form a scanner writes.
fn forms() -> Vec<Recipe> {
    let grey = Package::Jpegs { colours: GREY, progressive: false, orientation: 1 };
    let upside = Package::Jpegs { colours: GREY, progressive: false, orientation: 3 };
    let tiffs = |colours, coding, strip_rows| Package::Tiffs { colours, coding, strip_rows };
    let whole = |colours, coding, strip_rows| Package::Tiff { colours, coding, strip_rows };
    let lzw = tiff::Coding::Lzw;
    vec![
        recipe("A29.110/03/0021/001", grey, Typewriter, Party, Kind::Letter, 1, Odd::Received),
        recipe("A29.110/03/0021/002", upside, Laser, State, Kind::Plan, 1, Odd::Plain),
        recipe(
            "A29.110/03/0021/003",
            tiffs(BILEVEL, tiff::Coding::Group4, 64),
            Typewriter,
            Party,
            Kind::Notice,
            1,
            Odd::Plain,
        ),
        recipe("A29.110/03/0021/004", tiffs(GREY, lzw, 32), Laser, Party, Kind::Decision, 1, Odd::Plain),
        recipe(
            "A29.110/03/0021/005",
            tiffs(COLOUR, tiff::Coding::LzwDifferenced, 0),
            Laser,
            State,
            Kind::Decision,
            1,
            Odd::Plain,
        ),
        recipe(
            "A29.110/03/0021/006",
            whole(COLOUR, tiff::Coding::Deflate, 128),
            Typewriter,
            State,
            Kind::Report,
            2,
            Odd::Plain,
        ),
        recipe("A29.110/03/0021/007", tiffs(GREY, tiff::Coding::Plain, 0), Laser, Party, Kind::Guidance, 1, Odd::Plain),
        recipe(
            "A29.110/03/0021/008",
            whole(BILEVEL, tiff::Coding::PackBits, 0),
            Laser,
            State,
            Kind::Notice,
            2,
            Odd::Plain,
        ),
        recipe(
            "A29.110/03/0021/009",
            whole(GREY, tiff::Coding::Jpeg { quality: 88 }, 0),
            Typewriter,
            Party,
            Kind::Proposal,
            1,
            Odd::Plain,
        ),
        recipe("A29.110/03/0021/010", Package::Pngs { colours: COLOUR }, Laser, Party, Kind::Letter, 1, Odd::Plain),
        recipe("A29.110/03/0021/011", Package::Pngs { colours: BILEVEL }, Laser, State, Kind::Letter, 1, Odd::Plain),
        recipe(
            "A29.110/03/0021/012",
            Package::ScannerPdf { colours: GREY },
            Typewriter,
            Party,
            Kind::Resolution,
            4,
            Odd::Plain,
        ),
    ]
}

/// More odd ones.
fn oddities() -> Vec<Recipe> {
    let group4 = Package::Tiff { colours: BILEVEL, coding: tiff::Coding::Group4, strip_rows: 0 };
    vec![
        recipe("A29.110/03/0022/001", FOLDER, Laser, Party, Kind::Notice, 1, Odd::Secret("TUYỆT MẬT")),
        recipe("A29.110/03/0022/002", FOLDER, Typewriter, Party, Kind::Directive, 1, Odd::Secret("TỐI MẬT")),
        recipe("A29.110/03/0022/003", FOLDER, Laser, Party, Kind::Plan, 1, Odd::DeclaredSecret),
        recipe("A29.110/03/0022/004", FOLDER, Typewriter, State, Kind::Decision, 1, Odd::Turned(1)),
        recipe("A29.110/03/0022/005", group4, Laser, Party, Kind::Report, 2, Odd::CutOff),
        recipe("A29.110/03/0022/006", FOLDER, Laser, State, Kind::Proposal, 2, Odd::Arriving),
        recipe("A29.110/03/0022/007", FOLDER, Typewriter, Party, Kind::Minutes, 2, Odd::Coarse),
        recipe("A29.110/03/0022/008", FOLDER, Typewriter, Party, Kind::Report, 20, Odd::Plain),
        recipe("A29.110/03/0022/009", Package::BornPdf, Laser, Party, Kind::Resolution, 1, Odd::Plain),
        recipe("A29.110/03/0022/010", FOLDER, Typewriter, State, Kind::Letter, 1, Odd::DarkBorder),
    ]
}

fn front(mut recipe: Recipe) -> Recipe {
    recipe.request.front = true;
    recipe
}
