//! One letter of a face as coverage of pixels.

use ab_glyph_rasterizer::{Point, Rasterizer, point};
use skrifa::{
    FontRef, MetadataProvider as _,
    instance::{LocationRef, Size},
    outline::{DrawSettings, OutlinePen},
};

/// A letter's coverage, its corner relative to the pen.
pub struct Letter {
    /// Pixels from the pen to the left edge.
    pub left: i32,
    /// Pixels from the baseline to the top edge, downwards.
    pub top: i32,
    /// Pixels across.
    pub width: usize,
    /// Coverage by rows, 0 (none) to 255 (full).
    pub data: Vec<u8>,
}

/// Draws a letter of an em of `size` pixels, moved right by a share of a pixel; `None` when there is nothing to draw.
pub fn draw(font: &FontRef<'_>, letter: char, size: f32, share: f32) -> Option<Letter> {
    let outline = font.outline_glyphs().get(font.charmap().map(letter)?)?;
    let mut pen = Path { share, strokes: Vec::new(), start: Point::default(), at: Point::default() };
    outline.draw(DrawSettings::unhinted(Size::new(size), LocationRef::default()), &mut pen).ok()?;
    let points = || pen.strokes.iter().flatten();
    let (left, top) = points().fold((f32::MAX, f32::MAX), |(x, y), p| (x.min(p.x), y.min(p.y)));
    let (right, bottom) = points().fold((f32::MIN, f32::MIN), |(x, y), p| (x.max(p.x), y.max(p.y)));
    if right <= left || bottom <= top {
        return None;
    }
    let (left, top) = (left.floor(), top.floor());
    let (width, height) = ((right - left).ceil() as usize + 1, (bottom - top).ceil() as usize + 1);
    let mut raster = Rasterizer::new(width, height);
    for [from, bend, to] in &pen.strokes {
        let inside = |p: &Point| point(p.x - left, p.y - top);
        raster.draw_quad(inside(from), inside(bend), inside(to));
    }
    let mut data = vec![0; width * height];
    raster.for_each_pixel(|index, coverage| data[index] = (coverage * 255.0).clamp(0.0, 255.0) as u8);
    Some(Letter { left: left as i32, top: top as i32, width, data })
}

/// The outline as quadratic strokes (all that TrueType has), y downwards.
struct Path {
    share: f32,
    strokes: Vec<[Point; 3]>,
    start: Point,
    at: Point,
}

impl Path {
    fn place(&self, x: f32, y: f32) -> Point {
        point(x + self.share, -y)
    }

    fn stroke(&mut self, bend: Point, to: Point) {
        self.strokes.push([self.at, bend, to]);
        self.at = to;
    }
}

impl OutlinePen for Path {
    fn move_to(&mut self, x: f32, y: f32) {
        self.start = self.place(x, y);
        self.at = self.start;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.place(x, y);
        self.stroke(self.at, to);
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        self.stroke(self.place(cx0, cy0), self.place(x, y));
    }

    fn curve_to(&mut self, _: f32, _: f32, _: f32, _: f32, x: f32, y: f32) {
        // TrueType outlines have no cubic curves.
        self.line_to(x, y);
    }

    fn close(&mut self) {
        self.stroke(self.at, self.start);
    }
}
