//! A box that a person chose: the same blankness is asked of it as of any other (Điều 13.3).

use model::{Placement, RectMm, SizeMm};

use super::{
    ink::{Blankness, InkMap},
    search::Ladder,
};

/// Why a box cannot carry the mark.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NotBlank {
    /// With its clearance it leaves the page.
    #[error("place the mark: its box leaves the page")]
    Outside,
    /// There is ink under it or too near.
    #[error("place the mark: there is ink under its box")]
    Ink(Blankness),
    /// A widget or annotation of the file lies there.
    #[error("place the mark: another mark lies under its box")]
    Obstacle,
}

/// The proof for a box that a person chose on page one; its size is named `name`.
///
/// # Errors
/// What stands in the way: a person may choose the place, not cover anything.
pub fn at(
    map: &InkMap,
    page: SizeMm,
    obstacles: &[RectMm],
    ladder: &Ladder,
    rect: RectMm,
    name: &str,
) -> Result<Placement, NotBlank> {
    let area = rect.grown(ladder.clearance_mm);
    let (columns, rows) = map.cells();
    let (across, down) = map.cell_mm();
    // What was not scanned is not known to be blank.
    let paper = (page.width.min(f64::from(columns) * across), page.height.min(f64::from(rows) * down));
    let sane = rect.width > 0.0 && rect.height > 0.0 && area.right().is_finite() && area.bottom().is_finite();
    let within = |edge: f64, limit: f64| edge <= limit + 1e-6;
    if !sane || area.x < -1e-6 || area.y < -1e-6 || !within(area.right(), paper.0) || !within(area.bottom(), paper.1) {
        return Err(NotBlank::Outside);
    }
    if obstacles.iter().any(|obstacle| obstacle.intersects(&area)) {
        return Err(NotBlank::Obstacle);
    }
    let seen = map.blankness(&area);
    if seen.largest_ink_mm > ladder.ink_mm + 1e-9 || seen.dark_share > ladder.dark_share {
        return Err(NotBlank::Ink(seen));
    }
    Ok(Placement {
        page: 1,
        page_w_mm: page.width,
        page_h_mm: page.height,
        rect,
        clearance_mm: ladder.clearance_mm,
        size: name.to_owned(),
        step: "hand".to_owned(),
        decided_by: None,
        dark_share: seen.dark_share,
        largest_ink_mm: seen.largest_ink_mm,
        ink_sha256: map.sha256(),
    })
}
