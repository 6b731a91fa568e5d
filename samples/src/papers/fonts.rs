//! The faces papers are set in.

use std::path::{Path, PathBuf};

use skrifa::{
    FontRef, MetadataProvider as _,
    instance::{LocationRef, Size},
};

use super::error::Error;

/// A face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Face {
    /// Times-like.
    Serif,
    /// Times-like, bold.
    SerifBold,
    /// Times-like, italic.
    SerifItalic,
    /// Times-like, bold italic.
    SerifBoldItalic,
    /// Typewriter.
    Mono,
    /// Stamps and seals.
    SansBold,
}

const FILES: [(Face, &str); 6] = [
    (Face::Serif, "LiberationSerif-Regular.ttf"),
    (Face::SerifBold, "LiberationSerif-Bold.ttf"),
    (Face::SerifItalic, "LiberationSerif-Italic.ttf"),
    (Face::SerifBoldItalic, "LiberationSerif-BoldItalic.ttf"),
    (Face::Mono, "LiberationMono-Regular.ttf"),
    (Face::SansBold, "LiberationSans-Bold.ttf"),
];

/// Letters up to here (the last Vietnamese one is U+1EF9) have their widths looked up once.
const TABLE: u32 = 0x2100;

struct Loaded {
    bytes: Vec<u8>,
    path: PathBuf,
    advances: Vec<f32>,
}

/// All faces, read once.
pub struct Fonts {
    faces: Vec<Loaded>,
}

impl Fonts {
    /// Reads the faces of a directory (Debian: `fonts-liberation2`).
    pub fn load(directory: &Path) -> Result<Self, Error> {
        let mut faces = Vec::new();
        for (_, file) in FILES {
            let path = directory.join(file);
            let bytes = std::fs::read(&path).map_err(|source| Error::Io { path: path.clone(), source })?;
            let font = FontRef::new(&bytes).map_err(|_| Error::Font { path: path.clone() })?;
            let (letters, widths) = (font.charmap(), font.glyph_metrics(Size::new(1.0), LocationRef::default()));
            let advance = |code: u32| widths.advance_width(letters.map(code).unwrap_or_default()).unwrap_or(0.0);
            let advances = (0..TABLE).map(advance).collect();
            faces.push(Loaded { bytes, path, advances });
        }
        Ok(Self { faces })
    }

    /// A face's font.
    ///
    /// # Panics
    /// Never: its bytes were a font when it was loaded.
    pub fn font(&self, face: Face) -> FontRef<'_> {
        FontRef::new(&self.faces[face as usize].bytes).expect("it was a font when it was loaded")
    }

    /// The file a face was read from.
    pub fn path(&self, face: Face) -> &Path {
        &self.faces[face as usize].path
    }

    /// A letter's glyph; 0 when the face lacks it.
    pub fn glyph(&self, face: Face, letter: char) -> u16 {
        self.font(face).charmap().map(letter).and_then(|glyph| u16::try_from(glyph.to_u32()).ok()).unwrap_or(0)
    }

    /// A letter's advance, in ems.
    pub fn advance(&self, face: Face, letter: char) -> f64 {
        f64::from(self.faces[face as usize].advances.get(letter as usize).copied().unwrap_or(0.5))
    }

    /// Width of a text in points.
    pub fn width(&self, face: Face, size_pt: f64, text: &str) -> f64 {
        text.chars().map(|letter| self.advance(face, letter)).sum::<f64>() * size_pt
    }
}
