//! Pages: how the displayed page (millimetres from its top-left corner) lies in PDF user space.
#![warn(clippy::indexing_slicing)]

use std::path::Path;

use model::{RectMm, SizeMm, geometry::PT_PER_MM};

use crate::{
    Error,
    object::{Dictionary, Indirect, Object, Reference},
    reader::Reader,
};

/// Levels of a page tree, and pages.
const LEVELS: u32 = 64;
const PAGES: u64 = 100_000;

/// One page.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its object.
    pub reference: Reference,
    /// Its own dictionary, without inherited entries.
    pub dictionary: Dictionary,
    /// The visible box in user space: left, bottom, right, top (`/CropBox` within `/MediaBox`).
    pub visible: [f64; 4],
    /// Clockwise turn for display: 0, 90, 180 or 270.
    pub rotate: u16,
    /// Points in a user space unit.
    pub user_unit: f64,
}

/// Attributes that a page inherits.
#[derive(Debug, Clone, Default)]
struct Inherited {
    media: Option<[f64; 4]>,
    crop: Option<[f64; 4]>,
    rotate: Option<i64>,
}

/// The page of a number from 1.
pub fn page(reader: &mut Reader, number: u32) -> Result<Page, Error> {
    let mut walk = Walk { left: u64::from(number), seen: 0 };
    let missing = Error::NoPage { path: reader.source().path(), page: number };
    if number == 0 {
        return Err(missing);
    }
    let (_, catalog) = reader.catalog()?;
    let root = catalog.get("Pages").and_then(Object::as_reference);
    let found = match root {
        Some(root) => walk.descend(reader, root, &Inherited::default(), 0)?,
        None => None,
    };
    found.ok_or(missing)
}

/// References of all pages, in order.
pub fn pages(reader: &mut Reader) -> Result<Vec<Reference>, Error> {
    let (_, catalog) = reader.catalog()?;
    let mut out = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    let mut open: Vec<(Reference, u32)> =
        catalog.get("Pages").and_then(Object::as_reference).map(|root| (root, 0)).into_iter().collect();
    while let Some((reference, level)) = open.pop() {
        if level > LEVELS || !seen.insert(reference) || seen.len() as u64 > PAGES {
            return Err(Error::NoPage { path: reader.source().path(), page: out.len() as u32 + 1 });
        }
        let Indirect::Value(Object::Dictionary(node)) = reader.get(reference)? else { continue };
        if node.is_name("Type", "Pages") || node.get("Kids").is_some() {
            let kids = reader.array(&node, "Kids")?;
            open.extend(kids.iter().rev().filter_map(Object::as_reference).map(|kid| (kid, level + 1)));
        } else {
            out.push(reference);
        }
    }
    Ok(out)
}

/// Boxes of all annotations of a page that have an area, on the displayed page: obstacles for the mark.
pub fn annotation_boxes(path: &Path, number: u32) -> Result<Vec<RectMm>, Error> {
    let mut reader = Reader::open(path)?;
    let page = page(&mut reader, number)?;
    let mut out = Vec::new();
    for annotation in reader.array(&page.dictionary, "Annots")? {
        let Object::Dictionary(annotation) = reader.value(&annotation)? else { continue };
        let Some([x0, y0, x1, y1]) = rectangle(&reader.entry(&annotation, "Rect")?) else { continue };
        if x1 > x0 && y1 > y0 {
            out.push(page.to_displayed([x0, y0, x1, y1]));
        }
    }
    Ok(out)
}

struct Walk {
    left: u64,
    seen: u64,
}

impl Walk {
    fn descend(
        &mut self,
        reader: &mut Reader,
        reference: Reference,
        inherited: &Inherited,
        level: u32,
    ) -> Result<Option<Page>, Error> {
        self.seen += 1;
        if level > LEVELS || self.seen > PAGES {
            return Ok(None);
        }
        let Indirect::Value(Object::Dictionary(node)) = reader.get(reference)? else { return Ok(None) };
        let inherited = inherit(reader, &node, inherited)?;
        if !node.is_name("Type", "Pages") && node.get("Kids").is_none() {
            self.left -= 1;
            return if self.left == 0 { Ok(Some(finish(reader, reference, node, &inherited)?)) } else { Ok(None) };
        }
        for kid in reader.array(&node, "Kids")? {
            let Some(kid) = kid.as_reference() else { continue };
            if let Some(page) = self.descend(reader, kid, &inherited, level + 1)? {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }
}

fn inherit(reader: &mut Reader, node: &Dictionary, from: &Inherited) -> Result<Inherited, Error> {
    Ok(Inherited {
        media: rectangle(&deep_array(reader, node, "MediaBox")?).or(from.media),
        crop: rectangle(&deep_array(reader, node, "CropBox")?).or(from.crop),
        rotate: reader.entry(node, "Rotate")?.as_integer().or(from.rotate),
    })
}

fn deep_array(reader: &mut Reader, node: &Dictionary, key: &str) -> Result<Object, Error> {
    let items = reader.array(node, key)?;
    Ok(Object::Array(items.iter().map(|item| reader.value(item)).collect::<Result<_, _>>()?))
}

fn finish(
    reader: &mut Reader,
    reference: Reference,
    dictionary: Dictionary,
    inherited: &Inherited,
) -> Result<Page, Error> {
    let media = inherited.media.unwrap_or([0.0, 0.0, 612.0, 792.0]);
    let crop = inherited.crop.unwrap_or(media);
    let ([mx0, my0, mx1, my1], [cx0, cy0, cx1, cy1]) = (media, crop);
    let visible = [cx0.max(mx0), cy0.max(my0), cx1.min(mx1), cy1.min(my1)];
    let [x0, y0, x1, y1] = visible;
    let visible = if x1 > x0 && y1 > y0 { visible } else { media };
    let rotate = inherited.rotate.unwrap_or(0).rem_euclid(360);
    let user_unit = reader.entry(&dictionary, "UserUnit")?.as_number().filter(|unit| *unit > 0.0).unwrap_or(1.0);
    let [x0, y0, x1, y1] = visible;
    if rotate % 90 != 0 || x1 - x0 <= 0.0 || y1 - y0 <= 0.0 {
        return Err(Error::NoPage { path: reader.source().path(), page: 1 });
    }
    Ok(Page { reference, dictionary, visible, rotate: rotate as u16, user_unit })
}

/// A rectangle with its corners in order.
pub(crate) fn rectangle(object: &Object) -> Option<[f64; 4]> {
    let numbers: Vec<f64> = object.as_array()?.iter().map(Object::as_number).collect::<Option<_>>()?;
    let [a, b, c, d] = *numbers.as_array::<4>()?;
    Some([a.min(c), b.min(d), a.max(c), b.max(d)])
}

impl Page {
    /// Size of the displayed page.
    pub fn size(&self) -> SizeMm {
        let [x0, y0, x1, y1] = self.visible;
        let mm = self.user_unit / PT_PER_MM;
        let (width, height) = ((x1 - x0) * mm, (y1 - y0) * mm);
        if self.rotate.is_multiple_of(180) { SizeMm { width, height } } else { SizeMm { width: height, height: width } }
    }

    /// A length on the displayed page in user space units.
    pub fn units(&self, mm: f64) -> f64 {
        mm * PT_PER_MM / self.user_unit
    }

    /// A box on the displayed page in user space: left, bottom, right, top.
    pub fn to_user_space(&self, rect: &RectMm) -> [f64; 4] {
        let a = self.point_to_user(self.units(rect.x), self.units(rect.y));
        let b = self.point_to_user(self.units(rect.right()), self.units(rect.bottom()));
        [a.0.min(b.0), a.1.min(b.1), a.0.max(b.0), a.1.max(b.1)]
    }

    /// A point of the displayed page (user units right and down of its top-left corner) in user space. /Rotate turns
    /// clockwise (ISO 32000-1 table 30): at 90 the displayed top-left corner is the bottom-left one of user space.
    fn point_to_user(&self, right: f64, down: f64) -> (f64, f64) {
        let [x0, y0, x1, y1] = self.visible;
        match self.rotate {
            90 => (x0 + down, y0 + right),
            180 => (x1 - right, y0 + down),
            270 => (x1 - down, y1 - right),
            _ => (x0 + right, y1 - down),
        }
    }

    /// A box in user space on the displayed page.
    pub fn to_displayed(&self, [ax, ay, bx, by]: [f64; 4]) -> RectMm {
        let [x0, y0, x1, y1] = self.visible;
        let turn = |x: f64, y: f64| match self.rotate {
            90 => (y - y0, x - x0),
            180 => (x1 - x, y - y0),
            270 => (y1 - y, x1 - x),
            _ => (x - x0, y1 - y),
        };
        let ((ar, ad), (br, bd)) = (turn(ax, ay), turn(bx, by));
        let mm = self.user_unit / PT_PER_MM;
        RectMm { x: ar.min(br) * mm, y: ad.min(bd) * mm, width: (ar - br).abs() * mm, height: (ad - bd).abs() * mm }
    }

    /// The matrix of a form that stands upright on the displayed page (ISO 32000-1 §12.5.5 fits the turned box).
    pub fn upright(&self) -> [f64; 6] {
        match self.rotate {
            90 => [0.0, 1.0, -1.0, 0.0, 0.0, 0.0],
            180 => [-1.0, 0.0, 0.0, -1.0, 0.0, 0.0],
            270 => [0.0, -1.0, 1.0, 0.0, 0.0, 0.0],
            _ => [1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn turned(rotate: u16, user_unit: f64) -> Page {
        Page {
            reference: Reference { number: 1, generation: 0 },
            dictionary: Dictionary::new(),
            visible: [10.0, 20.0, 210.0, 320.0],
            rotate,
            user_unit,
        }
    }

    #[test]
    fn the_corner_of_the_displayed_page_follows_the_turn() {
        let rect = RectMm { x: 0.0, y: 0.0, width: 10.0, height: 5.0 };
        let (w, h) = (10.0 * PT_PER_MM, 5.0 * PT_PER_MM);
        let close = |a: [f64; 4], b: [f64; 4]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(close(turned(0, 1.0).to_user_space(&rect), [10.0, 320.0 - h, 10.0 + w, 320.0]));
        assert!(close(turned(90, 1.0).to_user_space(&rect), [10.0, 20.0, 10.0 + h, 20.0 + w]));
        assert!(close(turned(180, 1.0).to_user_space(&rect), [210.0 - w, 20.0, 210.0, 20.0 + h]));
        assert!(close(turned(270, 1.0).to_user_space(&rect), [210.0 - h, 320.0 - w, 210.0, 320.0]));
    }

    proptest! {
        #[test]
        fn there_and_back(turn in 0_u16..4, unit in 0.5_f64..4.0, x in 0.0_f64..60.0, y in 0.0_f64..90.0) {
            let page = turned(turn * 90, unit);
            let rect = RectMm { x, y, width: 7.0, height: 3.0 };
            let back = page.to_displayed(page.to_user_space(&rect));
            prop_assert!((back.x - rect.x).abs() < 1e-6 && (back.y - rect.y).abs() < 1e-6);
            prop_assert!((back.width - rect.width).abs() < 1e-6 && (back.height - rect.height).abs() < 1e-6);
        }
    }
}
