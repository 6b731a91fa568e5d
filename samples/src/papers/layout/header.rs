//! The two columns at the top, the title and the abstract.

use super::{Mark, flow::Flow};
use crate::papers::paper::{Kind, Paper, Profile};

/// Sets everything above the text.
pub(crate) fn set(flow: &mut Flow<'_>, paper: &Paper) {
    let style = flow.style;
    let split = flow.left() + (flow.right() - flow.left()) * if style.typewriter { 0.42 } else { 0.44 };
    let left = (flow.left() - 8.0, split - 4.0);
    let right = (split - 2.0, flow.right() + 4.0);
    let top = flow.y;
    let left_end = left_column(flow, paper, left, top);
    let right_end = right_column(flow, paper, right, top);
    flow.y = left_end.max(right_end) + 7.0;
    flow.mark(Mark::UnderNumber { x: f64::midpoint(left.0, left.1), y: left_end + 3.0 });
    flow.mark(Mark::UnderDate { x: f64::midpoint(right.0, right.1), y: right_end + 2.0 });
    if paper.kind == Kind::Letter {
        flow.skip(4.0);
        return;
    }
    let title = paper.kind.term().to_uppercase();
    // A typewriter has one size and no bold: its titles are capitals, underlined.
    flow.centred(&title, style.bold, if style.typewriter { style.size } else { 16.0 }, "title");
    flow.centred(&paper.subject, style.bold, style.size, "title");
    let middle = f64::midpoint(flow.left(), flow.right());
    let y = flow.y + 1.5;
    if !style.typewriter {
        flow.rule((middle - 12.0, y), (middle + 12.0, y), 0.25);
    }
    flow.skip(5.0);
}

fn left_column(flow: &mut Flow<'_>, paper: &Paper, column: (f64, f64), top: f64) -> f64 {
    let style = flow.style;
    let size = if style.typewriter { style.size } else { 13.0 };
    let mut y = top;
    if let Some(superior) = &paper.superior {
        (y, _) = flow.column(superior, style.text, size, column, y, "head_left");
    }
    let width;
    (y, width) = flow.column(&paper.issuer, style.bold, size, column, y, "head_left");
    match paper.profile {
        Profile::Party => {
            (y, _) = flow.column("*", style.text, size, column, y, "head_left");
        }
        Profile::State => {
            let (middle, half) = (f64::midpoint(column.0, column.1), width / 4.0);
            flow.rule((middle - half, y + 0.6), (middle + half, y + 0.6), 0.25);
            y += 2.5;
        }
    }
    (y, _) = flow.column(&paper.number_line(), style.text, size, column, y, "head_left");
    if paper.kind == Kind::Letter {
        let size = if style.typewriter { style.size } else { 12.0 };
        (y, _) = flow.column(&format!("V/v {}", paper.subject), style.text, size, column, y + 0.8, "head_left");
    }
    y
}

fn right_column(flow: &mut Flow<'_>, paper: &Paper, column: (f64, f64), top: f64) -> f64 {
    let style = flow.style;
    let middle = f64::midpoint(column.0, column.1);
    let (mut y, width);
    match paper.profile {
        Profile::Party => {
            let size = if style.typewriter { style.size } else { 15.0 };
            (y, width) = flow.column("ĐẢNG CỘNG SẢN VIỆT NAM", style.bold, size, column, top, "head_right");
            flow.rule((middle - width / 2.0, y + 0.4), (middle + width / 2.0, y + 0.4), 0.3);
        }
        Profile::State => {
            let size = if style.typewriter { 10.5 } else { 12.5 };
            (y, _) = flow.column("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", style.bold, size, column, top, "head_right");
            (y, width) = flow.column("Độc lập - Tự do - Hạnh phúc", style.bold, size + 0.5, column, y, "head_right");
            flow.rule((middle - width / 2.0, y + 0.5), (middle + width / 2.0, y + 0.5), 0.25);
        }
    }
    y += 2.5;
    let size = if style.typewriter { 10.5 } else { 13.5 };
    (y, _) = flow.column(&paper.date_line(), style.italic, size, column, y, "head_right");
    y
}
