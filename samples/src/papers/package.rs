//! Packs scanned pages into the files of a document, each page as soon as it is scanned where its form allows.

use super::{
    encode::{jpeg, pdf, png, tiff},
    error::Error,
    recipe::{Odd, Package, Recipe},
    scanner::{Colours, Look, Picture},
};

/// A document's files: name below its folder (empty: the document is the file) and bytes.
pub(crate) struct Packed {
    pub(crate) files: Vec<(String, Vec<u8>)>,
    pub(crate) pages: usize,
}

/// Takes pages one by one.
pub(crate) struct Packer<'a> {
    recipe: &'a Recipe,
    look: &'a Look,
    files: Vec<(String, Vec<u8>)>,
    /// Pages that can only be coded together.
    kept: Vec<Picture>,
    pages: usize,
}

impl<'a> Packer<'a> {
    pub(crate) fn new(recipe: &'a Recipe, look: &'a Look) -> Self {
        Self { recipe, look, files: Vec::new(), kept: Vec::new(), pages: 0 }
    }

    /// Takes the next page.
    pub(crate) fn page(&mut self, picture: Picture) -> Result<(), Error> {
        let dpi = self.look.dpi;
        let number = self.pages;
        self.pages += 1;
        let (bytes, extension) = match self.recipe.package {
            Package::Jpegs { progressive, orientation, .. } => {
                let coding = jpeg::Coding { progressive, orientation, ..jpeg::Coding::plain(self.look.quality) };
                (jpeg::encode(&stored(&picture, orientation), dpi, coding)?, "jpg")
            }
            Package::Tiffs { coding, strip_rows, .. } => {
                (tiff::encode(&[tiff::Frame { picture: &picture, dpi, coding, strip_rows, orientation: 1 }])?, "tif")
            }
            Package::Pngs { .. } => (png::encode(&picture, dpi)?, "png"),
            Package::Jpeg | Package::Tiff { .. } | Package::ScannerPdf { .. } | Package::BornPdf => {
                self.kept.push(picture);
                return Ok(());
            }
        };
        self.files.push((page_name(self.recipe.odd, number, extension), bytes));
        if self.recipe.odd == Odd::Mixed {
            self.kept.push(picture);
        }
        Ok(())
    }

    /// Codes what was kept.
    pub(crate) fn finish(self) -> Result<Packed, Error> {
        let Self { recipe, look, mut files, kept, pages } = self;
        let dpi = look.dpi;
        let together = |coding, strip_rows| {
            let frame = |picture| tiff::Frame { picture, dpi, coding, strip_rows, orientation: 1 };
            tiff::encode(&kept.iter().map(frame).collect::<Vec<_>>())
        };
        match recipe.package {
            Package::Jpeg => {
                for picture in &kept {
                    files.push((String::new(), jpeg::encode(picture, dpi, jpeg::Coding::plain(look.quality))?));
                }
            }
            Package::Tiff { coding, strip_rows, .. } => files.push((String::new(), together(coding, strip_rows)?)),
            Package::ScannerPdf { colours } => {
                let code = |picture| jpeg::encode(picture, dpi, jpeg::Coding::plain(look.quality));
                let jpegs = kept.iter().map(code).collect::<Result<Vec<_>, _>>()?;
                let grey = colours == Colours::Grey;
                let mut pages = Vec::new();
                for (jpeg, picture) in jpegs.iter().zip(&kept) {
                    pages.push(pdf::ScannedPage { jpeg, size: (picture.width, picture.height), grey, dpi, rotate: 0 });
                }
                files.push((String::new(), pdf::scanned(&pages)));
            }
            Package::Jpegs { .. } if recipe.odd == Odd::Mixed => {
                files.push(("cả tập.tif".into(), together(tiff::Coding::Jpeg { quality: 80 }, 0)?));
            }
            Package::Jpegs { .. } | Package::Tiffs { .. } | Package::Pngs { .. } | Package::BornPdf => {}
        }
        Ok(Packed { files, pages })
    }
}

/// The picture as it is stored, so that its orientation tag turns it back.
fn stored(picture: &Picture, orientation: u8) -> Picture {
    picture.turned(match orientation {
        3 => 2,
        6 => 3,
        8 => 1,
        _ => 0,
    })
}

/// What an oddity does to finished files.
pub(crate) fn spoil(odd: Odd, files: &mut Vec<(String, Vec<u8>)>) {
    match (odd, files.last_mut()) {
        (Odd::CutOff, Some((_, bytes))) => bytes.truncate(bytes.len() * 3 / 5),
        (Odd::Arriving, Some((name, bytes))) => {
            let part = (format!("{name}.part"), bytes[..bytes.len() / 3].to_vec());
            files.push(part);
        }
        _ => {}
    }
}

fn page_name(odd: Odd, number: usize, extension: &str) -> String {
    match odd {
        // Page 2 comes before page 10, whatever the alphabet says.
        Odd::NaturalNames => {
            format!("trang {}.{extension}", [1, 2, 10, 11, 100].get(number).copied().unwrap_or(number + 200))
        }
        _ => format!("{:03}.{extension}", number + 1),
    }
}

pub(crate) fn extension(package: Package) -> &'static str {
    match package {
        Package::Jpeg => ".jpg",
        Package::Tiff { .. } => ".tif",
        Package::ScannerPdf { .. } | Package::BornPdf => ".pdf",
        Package::Jpegs { .. } | Package::Tiffs { .. } | Package::Pngs { .. } => "",
    }
}

pub(crate) fn form(package: Package) -> String {
    match package {
        Package::Jpegs { colours, progressive, orientation } => {
            let kind = if progressive { "progressive" } else { "baseline" };
            format!("jpeg folder, {kind}, {}, orientation {orientation}", colour(colours))
        }
        Package::Jpeg => "one jpeg".into(),
        Package::Tiffs { colours, coding, strip_rows } => {
            format!("tiff folder, {coding:?}, {}, strips of {strip_rows}", colour(colours))
        }
        Package::Tiff { colours, coding, strip_rows } => {
            format!("one tiff, {coding:?}, {}, strips of {strip_rows}", colour(colours))
        }
        Package::Pngs { colours } => format!("png folder, {}", colour(colours)),
        Package::ScannerPdf { colours } => format!("scanner's pdf, {}", colour(colours)),
        Package::BornPdf => "born-digital pdf".into(),
    }
}

fn colour(colours: Colours) -> &'static str {
    match colours {
        Colours::Colour => "colour",
        Colours::Grey => "grey",
        Colours::Bilevel => "bilevel",
    }
}
