//! From an engine's lines to segments on an upright page.
//!
//! A two-column header often comes as lines that run through both columns, so every line is cut at wide gaps and
//! where the motto begins. Segments are measured upright and level; boxes reported are those of the page as displayed.

use model::{Extracted, Line, PageWords, RectMm, RectPx};

use crate::text::{clean, fold};

/// One word on the upright page.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) text: String,
    confidence: f32,
    /// As displayed.
    shown: RectMm,
    /// Upright and level.
    place: RectMm,
}

/// Words beside each other without a wide gap.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    pub(crate) tokens: Vec<Token>,
}

/// A page with its segments from top to bottom.
#[derive(Debug)]
pub(crate) struct Sheet {
    pub(crate) page: u32,
    /// Upright width, mm.
    pub(crate) width: f64,
    /// Upright height, mm.
    pub(crate) height: f64,
    pub(crate) segments: Vec<Segment>,
    /// Lines of coloured marks.
    pub(crate) stamps: Vec<Segment>,
}

impl Token {
    pub(crate) fn left(&self) -> f64 {
        self.place.x
    }

    /// A scrap of one or two letters in which the engine itself does not believe. Longer ones may be a word that a
    /// seal made hard to read; they stay, and lower the confidence of what they stand in.
    fn is_speck(&self) -> bool {
        self.confidence < NO_CONFIDENCE && self.text.chars().filter(|c| c.is_alphanumeric()).count() <= 2
    }

    /// The token with another text.
    pub(crate) fn saying(&self, text: String) -> Self {
        Self { text, ..self.clone() }
    }
}

impl Segment {
    pub(crate) fn text(&self) -> String {
        join(&self.tokens)
    }

    pub(crate) fn left(&self) -> f64 {
        self.tokens.iter().map(|t| t.place.x).fold(f64::INFINITY, f64::min)
    }

    pub(crate) fn right(&self) -> f64 {
        self.tokens.iter().map(|t| t.place.right()).fold(f64::NEG_INFINITY, f64::max)
    }

    pub(crate) fn top(&self) -> f64 {
        self.tokens.iter().map(|t| t.place.y).fold(f64::INFINITY, f64::min)
    }

    pub(crate) fn bottom(&self) -> f64 {
        self.tokens.iter().map(|t| t.place.bottom()).fold(f64::NEG_INFINITY, f64::max)
    }

    pub(crate) fn middle(&self) -> f64 {
        f64::midpoint(self.left(), self.right())
    }

    /// Height of a typical word of it.
    pub(crate) fn height(&self) -> f64 {
        median(self.tokens.iter().map(|t| t.place.height).collect())
    }

    /// The segment without the words the engine doubts; none when nothing is left.
    pub(crate) fn believed(&self, least: f32) -> Option<Self> {
        let tokens: Vec<Token> = self.tokens.iter().filter(|token| token.confidence >= least).cloned().collect();
        (!tokens.is_empty()).then_some(Self { tokens })
    }

    /// Whether two segments stand at the same height.
    pub(crate) fn beside(&self, other: &Self) -> bool {
        let shared = self.bottom().min(other.bottom()) - self.top().max(other.top());
        shared > 0.45 * self.height().min(other.height())
    }

    pub(crate) fn confidence(&self) -> f32 {
        confidence(&self.tokens)
    }

    /// Box on the page as displayed.
    pub(crate) fn shown(&self) -> RectMm {
        shown(&self.tokens)
    }
}

/// The words as one text.
pub(crate) fn join(tokens: &[Token]) -> String {
    let texts: Vec<&str> = tokens.iter().map(|t| t.text.as_str()).collect();
    texts.join(" ")
}

/// The value read from these words.
pub(crate) fn reading(page: u32, value: impl Into<String>, tokens: &[Token], certainty: f32) -> Extracted {
    let confidence = (confidence(tokens) * certainty * 1000.0).round() / 1000.0;
    Extracted {
        value: value.into(),
        confidence: confidence.clamp(0.0, 1.0),
        page: Some(page),
        rect: Some(shown(tokens)),
        confirmed_by: None,
    }
}

fn confidence(tokens: &[Token]) -> f32 {
    let sum: f32 = tokens.iter().map(|t| t.confidence.clamp(0.0, 1.0)).sum();
    if tokens.is_empty() { 0.0 } else { sum / tokens.len() as f32 }
}

fn shown(tokens: &[Token]) -> RectMm {
    let around = tokens.iter().map(|t| t.shown).reduce(|a, b| a.union(&b));
    let hundredth = |v: f64| (v * 100.0).round() / 100.0;
    around.map_or(RectMm { x: 0.0, y: 0.0, width: 0.0, height: 0.0 }, |r| RectMm {
        x: hundredth(r.x),
        y: hundredth(r.y),
        width: hundredth(r.width),
        height: hundredth(r.height),
    })
}

/// The tokens that hold characters `from..to` of [`join`].
pub(crate) fn tokens_of(tokens: &[Token], from: usize, to: usize) -> Vec<Token> {
    let mut at = 0;
    let mut found = Vec::new();
    for token in tokens {
        let end = at + token.text.chars().count();
        if at < to && end > from {
            found.push(token.clone());
        }
        at = end + 1;
    }
    found
}

impl Sheet {
    /// Lays a page out. A page without a sensible resolution has no segments.
    pub(crate) fn of(page: &PageWords) -> Self {
        let Some(frame) = Frame::of(page) else {
            return Self { page: page.page, width: 0.0, height: 0.0, segments: Vec::new(), stamps: Vec::new() };
        };
        let believed =
            |line| -> Vec<Token> { frame.tokens(line).into_iter().filter(|token| !token.is_speck()).collect() };
        let mut segments: Vec<Segment> = page.lines.iter().flat_map(|line| cut(&believed(line), &frame)).collect();
        segments.sort_by(|a, b| {
            f64::midpoint(a.top(), a.bottom())
                .total_cmp(&f64::midpoint(b.top(), b.bottom()))
                .then(a.left().total_cmp(&b.left()))
        });
        let stamps = page
            .stamps
            .iter()
            .map(|line| Segment { tokens: frame.tokens(line) })
            .filter(|segment| !segment.tokens.is_empty())
            .collect();
        Self { page: page.page, width: frame.width, height: frame.height, segments, stamps }
    }
}

/// Words of which the engine itself believes nothing are specks and strokes of the pen.
const NO_CONFIDENCE: f32 = 0.08;

/// How a displayed page becomes upright and level.
struct Frame {
    dpi_x: f64,
    dpi_y: f64,
    /// Displayed size, mm.
    shown_width: f64,
    shown_height: f64,
    turned: u16,
    /// Tilt to undo, radians.
    tilt: f64,
    /// Upright size, mm.
    width: f64,
    height: f64,
}

impl Frame {
    fn of(page: &PageWords) -> Option<Self> {
        let sensible = |dpi: f64| (10.0..=10_000.0).contains(&dpi);
        if !sensible(page.dpi_x) || !sensible(page.dpi_y) || page.width_px == 0 || page.height_px == 0 {
            return None;
        }
        let shown_width = f64::from(page.width_px) * 25.4 / page.dpi_x;
        let shown_height = f64::from(page.height_px) * 25.4 / page.dpi_y;
        let (turned, tilt) = direction(page);
        let across = turned == 90 || turned == 270;
        let (width, height) = if across { (shown_height, shown_width) } else { (shown_width, shown_height) };
        Some(Self { dpi_x: page.dpi_x, dpi_y: page.dpi_y, shown_width, shown_height, turned, tilt, width, height })
    }

    fn tokens(&self, line: &Line) -> Vec<Token> {
        line.words
            .iter()
            .filter_map(|word| {
                let text = clean(word.text.trim());
                let shown = word.rect.to_mm(self.dpi_x, self.dpi_y);
                (!text.is_empty() && sane(word.rect)).then(|| Token {
                    text,
                    confidence: word.confidence,
                    shown,
                    place: self.upright(shown),
                })
            })
            .collect()
    }

    fn upright(&self, r: RectMm) -> RectMm {
        let turned = match self.turned {
            90 => RectMm { x: self.shown_height - r.bottom(), y: r.x, width: r.height, height: r.width },
            180 => RectMm { x: self.shown_width - r.right(), y: self.shown_height - r.bottom(), ..r },
            270 => RectMm { x: r.y, y: self.shown_width - r.right(), width: r.height, height: r.width },
            _ => r,
        };
        let (cx, cy) = (self.width / 2.0, self.height / 2.0);
        let (dx, dy) = (turned.x + turned.width / 2.0 - cx, turned.y + turned.height / 2.0 - cy);
        let (sin, cos) = self.tilt.sin_cos();
        let (x, y) = (cx + dx * cos + dy * sin, cy - dx * sin + dy * cos);
        RectMm { x: x - turned.width / 2.0, y: y - turned.height / 2.0, ..turned }
    }
}

/// Clockwise turn that makes the text upright, and the tilt left then (radians, positive when lines fall). Both are
/// measured on the words themselves: from the first to the last word of a line is the way it reads.
fn direction(page: &PageWords) -> (u16, f64) {
    let centre = |r: RectPx| (f64::from(r.x) + f64::from(r.width) / 2.0, f64::from(r.y) + f64::from(r.height) / 2.0);
    let ways: Vec<f64> = page
        .lines
        .iter()
        .filter(|line| line.words.len() >= 3)
        .filter_map(|line| {
            let ((x0, y0), (x1, y1)) = (centre(line.words.first()?.rect), centre(line.words.last()?.rect));
            Some(((y1 - y0) / page.dpi_y).atan2((x1 - x0) / page.dpi_x).to_degrees())
        })
        .collect();
    let quarter = |way: &f64| (-way / 90.0).round().rem_euclid(4.0) as u16 * 90;
    let most =
        [0_u16, 90, 180, 270].into_iter().rev().max_by_key(|turn| ways.iter().filter(|w| quarter(w) == *turn).count());
    let turned = most.filter(|_| !ways.is_empty()).unwrap_or(page.turned);
    let rest = |way: f64| (way + f64::from(turned) + 180.0).rem_euclid(360.0) - 180.0;
    let tilt = median(ways.into_iter().map(rest).filter(|tilt| tilt.abs() < 45.0).collect());
    // No feeder tilts further; what seems to is a table or a seal.
    (turned, if tilt.abs() <= 15.0 { tilt.to_radians() } else { 0.0 })
}

/// Boxes beyond any page would overflow later sums.
fn sane(rect: RectPx) -> bool {
    let most = 1_000_000;
    rect.x < most && rect.y < most && rect.width < most && rect.height < most
}

fn median(mut values: Vec<f64>) -> f64 {
    values.retain(|v| v.is_finite());
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Cuts a line at wide gaps and where the motto begins.
fn cut(tokens: &[Token], frame: &Frame) -> Vec<Segment> {
    let height = median(tokens.iter().map(|t| t.place.height).collect());
    // Ordinary and justified spaces stay well under a line's height; columns lie further apart.
    let wide = (1.4 * height).max(4.0);
    let in_header = |t: &Token| t.place.y < 0.35 * frame.height && t.place.x > 0.3 * frame.width;
    let mut segments: Vec<Segment> = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        let gap = i.checked_sub(1).and_then(|before| tokens.get(before)).map(|b| token.place.x - b.place.right());
        let motto = in_header(token) && begins_motto(tokens.get(i..).unwrap_or_default());
        match segments.last_mut() {
            Some(segment) if !motto && gap.is_some_and(|gap| gap <= wide) => segment.tokens.push(token.clone()),
            _ => segments.push(Segment { tokens: vec![token.clone()] }),
        }
    }
    segments
}

/// The motto of State or Party, by its first words (folded).
pub(crate) fn begins_motto(tokens: &[Token]) -> bool {
    let words: Vec<String> = tokens.iter().take(4).map(|t| fold(&t.text)).collect();
    let begins = |motto: &[&str]| words.len() >= motto.len() && motto.iter().zip(&words).all(|(a, b)| a == b);
    begins(&["cong", "hoa", "xa"]) || begins(&["dang", "cong", "san"]) || begins(&["doc", "lap"])
}
