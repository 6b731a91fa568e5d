//! The ways to read a page, from the cheap and usual to the dear and rare, and which reading is the best.

use std::time::Duration;

use model::Line;
use scan::Pixels;
use tesseract::{Grey, Mode};

use crate::{
    background::{Background, erase_border},
    blobs::letterlike,
    cpu::thread_time,
    engine::Engines,
    error::Error,
    picture::{Channel, Picture},
    skew::{self, Coarse},
    warp::{Frame, warp},
    words,
};

/// The resolution at which the engine reads best for its time.
const USUAL_DPI: f64 = 200.0;
const FINE_DPI: f64 = 300.0;
/// Letters pressed together this far cost the engine less, and it reads them as well or better; a tenth costs numbers, a fifth issuers.
const NARROWED: f64 = 0.95;
/// A page finer than this is made smaller by whole factors first.
const ENOUGH_DPI: f64 = 300.0;
/// A reading as sure as this needs no second one.
const GOOD: f32 = 0.78;
/// Below this a page may be lying or standing on its head.
const DOUBTFUL: f32 = 0.60;
/// So many marks of a letter's size are text that should have been read.
const SOME_INK: usize = 12;
/// A direction must stand out this far before a page is read turned at once.
const LEAD: f64 = 1.35;

/// One way to read.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Way {
    name: &'static str,
    channel: Channel,
    straighten: bool,
    dpi: f64,
    mode: Mode,
    english: bool,
}

const USUAL: Way = Way {
    name: "deskew",
    channel: Channel::Brightest,
    straighten: true,
    dpi: USUAL_DPI,
    mode: Mode::Auto,
    english: false,
};

/// Tried in this order while the reading is not good.
const RETRIES: &[Way] = &[
    Way { name: "luma", channel: Channel::Luma, ..USUAL },
    Way { name: "300dpi", dpi: FINE_DPI, ..USUAL },
    Way { name: "block", mode: Mode::Block, ..USUAL },
    Way { name: "flat", straighten: false, ..USUAL },
    Way { name: "english", english: true, ..USUAL },
];

/// What reading a page gave.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub lines: Vec<Line>,
    pub turned: u16,
    /// Names of the attempts in order; the best one's name stands last.
    pub attempts: Vec<String>,
    pub findings: Vec<String>,
}

/// A channel of the page made ready: paper divided out, border erased.
struct Ready {
    channel: Channel,
    picture: Picture,
    /// The same, small: where lines are looked for.
    coarse: Coarse,
    factor: (usize, usize),
    dpi: (f64, f64),
}

impl Ready {
    fn of(page: &Pixels, dpi: (f64, f64), channel: Channel) -> Self {
        let by = |dpi: f64| ((dpi / ENOUGH_DPI + 0.01) as usize).clamp(1, 16);
        let factor = (by(dpi.0), by(dpi.1));
        let own = (dpi.0 / factor.0 as f64, dpi.1 / factor.1 as f64);
        let mut picture = Picture::of(page, channel, factor);
        Background::of(&picture, own).divide_out(&mut picture);
        erase_border(&mut picture);
        let coarse = Coarse::of(&picture, own);
        Self { channel, picture, coarse, factor, dpi: own }
    }
}

struct Attempt {
    name: &'static str,
    turned: u16,
    lines: Vec<Line>,
    confidence: f32,
    letters: usize,
    worth: f64,
    stopped: bool,
}

/// Reads a page by the ladder within a budget of CPU time.
pub(crate) fn read(
    engines: &mut Engines,
    page: &Pixels,
    dpi: (f64, f64),
    number: u32,
    budget: Duration,
) -> Result<Reading, Error> {
    let mut climb = Climb { engines, page, dpi, number, end: thread_time() + budget, dearest: Duration::ZERO };
    let mut ready = Ready::of(page, dpi, USUAL.channel);
    let ink = letterlike(&ready.picture, ready.dpi);
    let lines = skew::lines(&ready.coarse);
    let first = if ink >= SOME_INK && lines.lead >= LEAD { lines.turned } else { 0 };
    let tilt = if first == lines.turned { lines.tilt } else { skew::tilt(&ready.coarse, first) };
    let mut attempts = vec![climb.read_area(USUAL, &ready, first, tilt, climb.whole())?];
    if doubtful(&attempts[0], ink) {
        climb.other_turns(&ready, lines.across, &mut attempts)?;
    }
    for way in RETRIES {
        let best = best_of(&attempts);
        if !wanting(best, ink) || !climb.affordable() {
            break;
        }
        let turned = best.turned;
        if way.channel != ready.channel {
            ready = Ready::of(page, dpi, way.channel);
        }
        if way.english && !climb.engines.has_english() {
            continue;
        }
        attempts.push(climb.attempt(*way, &ready, turned)?);
    }
    Ok(settle(attempts, ink, climb.exhausted()))
}

/// Whether a reading asks for another one.
fn wanting(best: &Attempt, ink: usize) -> bool {
    ink >= SOME_INK && (unread(best.letters, ink) || best.confidence < GOOD)
}

/// Whether the page may lie or stand on its head.
fn doubtful(first: &Attempt, ink: usize) -> bool {
    ink >= SOME_INK && (unread(first.letters, ink) || first.confidence < DOUBTFUL)
}

/// Whether far fewer letters were read than there are marks of a letter's size.
fn unread(letters: usize, ink: usize) -> bool {
    ink >= SOME_INK && letters * 10 < ink
}

fn best_of(attempts: &[Attempt]) -> &Attempt {
    // The first of equals: the cheaper way.
    attempts.iter().reduce(|best, next| if next.worth > best.worth { next } else { best }).unwrap_or(&attempts[0])
}

fn settle(attempts: Vec<Attempt>, ink: usize, exhausted: bool) -> Reading {
    let best = best_of(&attempts).name;
    let mut names: Vec<String> = attempts.iter().map(|one| one.name.to_owned()).filter(|name| name != best).collect();
    names.push(best.to_owned());
    let chosen = attempts.into_iter().reduce(|best, next| if next.worth > best.worth { next } else { best });
    let Some(mut chosen) = chosen else { return Reading::default() };
    if ink < SOME_INK && chosen.confidence < DOUBTFUL {
        // A blank page: what the engine saw is dust, or the other side shining through.
        (chosen.lines, chosen.letters) = (Vec::new(), 0);
    }
    let mut findings = Vec::new();
    let (confidence, letters) = (chosen.confidence, chosen.letters);
    if unread(letters, ink) {
        findings.push("ink_without_text".to_owned());
    } else if letters > 0 && confidence < DOUBTFUL {
        findings.push("low_confidence".to_owned());
    }
    if chosen.stopped || (exhausted && (letters == 0 || confidence < GOOD)) {
        findings.push("out_of_time".to_owned());
    }
    if chosen.turned != 0 {
        findings.push("turned".to_owned());
    }
    Reading { lines: chosen.lines, turned: chosen.turned, attempts: names, findings }
}

struct Climb<'a> {
    engines: &'a mut Engines,
    page: &'a Pixels,
    dpi: (f64, f64),
    number: u32,
    end: Duration,
    /// What the dearest attempt cost: the next one may cost as much.
    dearest: Duration,
}

impl Climb<'_> {
    fn exhausted(&self) -> bool {
        thread_time() >= self.end
    }

    fn affordable(&self) -> bool {
        thread_time() + self.dearest < self.end
    }

    fn attempt(&mut self, way: Way, ready: &Ready, turned: u16) -> Result<Attempt, Error> {
        let tilt = if way.straighten { skew::tilt(&ready.coarse, turned) } else { 0.0 };
        self.read_area(way, ready, turned, tilt, self.whole())
    }

    fn whole(&self) -> (f64, f64, f64, f64) {
        (0.0, 0.0, f64::from(self.page.width), f64::from(self.page.height))
    }

    fn read_area(
        &mut self,
        way: Way,
        ready: &Ready,
        turned: u16,
        tilt: f64,
        area: (f64, f64, f64, f64),
    ) -> Result<Attempt, Error> {
        let begun = thread_time();
        // More than twice the scan's own resolution adds nothing.
        let target = way.dpi.min(2.0 * self.dpi.0.min(self.dpi.1));
        let frame = Frame::upright(area, self.dpi, turned, tilt, target).narrowed(NARROWED);
        let prepared = warp(&ready.picture, ready.factor, &frame, 255);
        let picture = Grey {
            width: prepared.width as u32,
            height: prepared.height as u32,
            data: &prepared.data,
            dpi: target.round() as u32,
        };
        let end = self.end;
        let engine = self.engines.engine(way.english)?;
        let read = engine
            .read(&picture, way.mode, &mut || thread_time() >= end)
            .map_err(|source| Error::Reading { page: self.number, source })?;
        let lines = words::on_page(&read.lines, &frame.map, (self.page.width, self.page.height));
        let cost = thread_time().saturating_sub(begun);
        self.dearest = self.dearest.max(cost);
        let (confidence, letters) = words::confidence(&lines);
        let worth = words::worth(&lines);
        tracing::debug!(page = self.number, way = way.name, turned, tilt, confidence, worth, ?cost, "read");
        Ok(Attempt { name: way.name, turned, lines, confidence, letters, worth, stopped: read.stopped })
    }

    /// Reads a part of the page both ways along its lines, then the whole of it in the better one.
    ///
    /// Never across the lines: the engine turns columns of lying text by itself, and a page read like that looks upright when it is not.
    fn other_turns(&mut self, ready: &Ready, across: bool, attempts: &mut Vec<Attempt>) -> Result<(), Error> {
        let tried = attempts[0].turned;
        let (w, h) = (f64::from(self.page.width), f64::from(self.page.height));
        // The middle: text is likelier there than at the edges.
        let area = (w * 0.15, h * 0.3, w * 0.7, h * 0.4);
        let mut best: Option<Attempt> = None;
        for turned in if across { [0, 180] } else { [90, 270] } {
            if !self.affordable() {
                break;
            }
            let tilt = skew::tilt(&ready.coarse, turned);
            let probe = self.read_area(Way { name: "probe", ..USUAL }, ready, turned, tilt, area)?;
            if probe.worth > best.as_ref().map_or(0.0, |best| best.worth) {
                best = Some(probe);
            }
        }
        match best {
            Some(probe) if probe.turned != tried && self.affordable() => {
                attempts.push(self.attempt(Way { name: "turned", ..USUAL }, ready, probe.turned)?);
            }
            _ => {}
        }
        Ok(())
    }
}
