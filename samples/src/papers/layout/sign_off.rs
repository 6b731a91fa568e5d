//! `Nơi nhận` on the left; role, seal, signature and name on the right.

use super::{Mark, flow::Flow};
use crate::papers::paper::{Paper, Profile};

/// Sets the end of a paper, all on one page.
pub(crate) fn set(flow: &mut Flow<'_>, paper: &Paper) {
    let style = flow.style;
    let end = &paper.sign_off;
    let lines = end.on_behalf.len() as f64 + 1.0;
    flow.need(lines * flow.line_height(style.size) + 40.0);
    flow.skip(3.0);
    let top = flow.y;
    let middle = f64::midpoint(flow.left(), flow.right());
    let right = (middle + 2.0, flow.right());
    let mut y = top;
    for line in &end.on_behalf {
        (y, _) = flow.column(line, style.bold, style.size - 0.5, right, y, "sign_off");
    }
    // Party forms set the role of a standing committee's signer in plain capitals, State forms in bold.
    let face = if paper.profile == Profile::Party && !end.on_behalf.is_empty() { style.text } else { style.bold };
    (y, _) = flow.column(&end.role, face, style.size - 0.5, right, y, "sign_off");
    let centre = f64::midpoint(right.0, right.1);
    flow.mark(Mark::Signature { x: centre - 20.0, y: y + 13.0, second: false });
    flow.mark(Mark::Seal { x: centre - 15.0, y: y + 12.0 });
    (y, _) = flow.column(&end.name, style.bold, style.size, right, y + 26.0, "sign_off");
    let left_end = match &end.second {
        Some((role, name)) => second(flow, role, name, (flow.left(), middle - 10.0), top),
        None => recipients(flow, paper, top),
    };
    flow.y = y.max(left_end);
}

fn second(flow: &mut Flow<'_>, role: &str, name: &str, column: (f64, f64), top: f64) -> f64 {
    let style = flow.style;
    let (y, _) = flow.column(role, style.bold, style.size - 0.5, column, top, "recipients");
    flow.mark(Mark::Signature { x: f64::midpoint(column.0, column.1) - 18.0, y: y + 13.0, second: true });
    flow.column(name, style.bold, style.size, column, y + 26.0, "recipients").0
}

fn recipients(flow: &mut Flow<'_>, paper: &Paper, top: f64) -> f64 {
    let style = flow.style;
    let (face, size) = match paper.profile {
        Profile::Party => (style.text, style.size),
        Profile::State => (style.bold_italic, style.small + 1.0),
    };
    let mut y = top + flow.line_height(size) * 0.75;
    let x = flow.left();
    flow.put("Nơi nhận:", face, size, x, y, "recipients");
    if paper.profile == Profile::Party {
        let width = flow.width(face, size, "Nơi nhận:");
        flow.rule((x, y + 1.0), (x + width, y + 1.0), 0.25);
    }
    for line in &paper.sign_off.recipients {
        y += flow.line_height(style.small) * 0.92;
        flow.put(line, style.text, style.small, x, y, "recipients");
    }
    y
}
