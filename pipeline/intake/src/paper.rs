//! The size of a page: tags lie, paper does not.

use model::{Origin, SizeMm};

/// Resolutions scanners have: 72 and 96 are what programs write who know none, 98 is a fax's coarse direction.
const PLAUSIBLE_DPI: std::ops::RangeInclusive<f64> = 97.5..=2450.0;
/// How much finer one direction may be than the other (fax: 204 by 98).
const PLAUSIBLE_RATIO: std::ops::RangeInclusive<f64> = 0.45..=2.2;
/// Those people mostly choose; neighbours in the A series differ by √2, which leads from none of these to another.
const SCANNER_DPI: &[f64] = &[100.0, 150.0, 200.0, 240.0, 300.0, 400.0, 600.0, 1200.0];
/// Sides of a page a person could have held, mm.
const PLAUSIBLE_MM: std::ops::RangeInclusive<f64> = 40.0..=1300.0;
/// Papers, mm: short and long side.
const PAPERS: &[(f64, f64)] = &[(210.0, 297.0), (297.0, 420.0), (148.0, 210.0), (215.9, 279.4)];

/// Resolution and size of a page, and where they come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measured {
    pub dpi: (f64, f64),
    pub size: SizeMm,
    pub origin: Origin,
}

/// Takes a plausible tag; else the paper whose proportions and scanner resolutions fit the pixels best.
pub(crate) fn measure(width: u32, height: u32, tag: Option<(f64, f64)>) -> Measured {
    let (w, h) = (f64::from(width.max(1)), f64::from(height.max(1)));
    if let Some((x, y)) = tag {
        let size = SizeMm { width: w * 25.4 / x, height: h * 25.4 / y };
        let plausible = PLAUSIBLE_DPI.contains(&x)
            && PLAUSIBLE_DPI.contains(&y)
            && PLAUSIBLE_RATIO.contains(&(x / y))
            && PLAUSIBLE_MM.contains(&size.width)
            && PLAUSIBLE_MM.contains(&size.height);
        if plausible {
            return Measured { dpi: (x, y), size, origin: Origin::Tag };
        }
    }
    let (short, long) = if w <= h { (w, h) } else { (h, w) };
    let misfit = |paper: &(f64, f64)| {
        let proportions = ((long / short) / (paper.1 / paper.0)).ln().abs();
        // A4 and A3 have one shape: the one that gives a resolution scanners have is likelier.
        let dpi = long * 25.4 / paper.1;
        let off = SCANNER_DPI.iter().map(|known| (dpi / known).ln().abs()).fold(f64::INFINITY, f64::min);
        proportions + off
    };
    let best = PAPERS.iter().min_by(|a, b| misfit(a).total_cmp(&misfit(b))).copied().unwrap_or((210.0, 297.0));
    let (paper_w, paper_h) = if w <= h { best } else { (best.1, best.0) };
    // One resolution for both directions: the paper is fitted, the image not stretched.
    let dpi = f64::max(w * 25.4 / paper_w, h * 25.4 / paper_h);
    let size = SizeMm { width: w * 25.4 / dpi, height: h * 25.4 / dpi };
    Measured { dpi: (dpi, dpi), size, origin: Origin::Snapped }
}
