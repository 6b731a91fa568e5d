//! The emblem in the mark: a printing block of carved columns within a ring, under a star. Drawn by us, as paths.

use std::f64::consts::PI;

use crate::appearance::{num, push};

/// Control distance of a quarter circle drawn as one curve.
const QUARTER: f64 = 0.552_284_75;

/// Draws the emblem into a square with this lower left corner and side.
pub(crate) fn draw(content: &mut String, x: f64, y: f64, side: f64) {
    let (cx, cy, r) = (x + side / 2.0, y + side / 2.0, side / 2.0);
    push(content, "0.72 0.07 0.09 RG 0.72 0.07 0.09 rg");
    push(content, &format!("{} w", num(r * 0.07)));
    circle(content, cx, cy, r * 0.955);
    push(content, &format!("{} w", num(r * 0.03)));
    circle(content, cx, cy, r * 0.84);
    star(content, cx, cy + r * 0.55, r * 0.2);
    block(content, cx, cy - r * 0.13, r);
}

fn circle(content: &mut String, cx: f64, cy: f64, r: f64) {
    let k = r * QUARTER;
    let point = |x: f64, y: f64| format!("{} {}", num(cx + x), num(cy + y));
    push(content, &format!("{} m", point(r, 0.0)));
    for [a, b, c] in [
        [(r, k), (k, r), (0.0, r)],
        [(-k, r), (-r, k), (-r, 0.0)],
        [(-r, -k), (-k, -r), (0.0, -r)],
        [(k, -r), (r, -k), (r, 0.0)],
    ] {
        push(content, &format!("{} {} {} c", point(a.0, a.1), point(b.0, b.1), point(c.0, c.1)));
    }
    push(content, "s");
}

fn star(content: &mut String, cx: f64, cy: f64, r: f64) {
    for i in 0..10_u32 {
        let radius = if i % 2 == 0 { r } else { r * 0.382 };
        let angle = PI / 2.0 + f64::from(i) * PI / 5.0;
        let operator = if i == 0 { "m" } else { "l" };
        let (x, y) = (cx + radius * angle.cos(), cy + radius * angle.sin());
        push(content, &format!("{} {} {operator}", num(x), num(y)));
    }
    push(content, "f");
}

/// The block: a frame with three columns of carved signs, each sign a bar.
fn block(content: &mut String, cx: f64, cy: f64, r: f64) {
    let (half_width, half_height) = (r * 0.46, r * 0.42);
    push(content, &format!("{} w", num(r * 0.06)));
    push(
        content,
        &format!(
            "{} {} {} {} re S",
            num(cx - half_width),
            num(cy - half_height),
            num(2.0 * half_width),
            num(2.0 * half_height)
        ),
    );
    for (column, widths) in [[1.0, 0.6, 1.0, 0.8], [0.7, 1.0, 0.5, 1.0], [1.0, 0.8, 1.0, 0.6]].iter().enumerate() {
        let left = cx - half_width + r * (0.1 + 0.26 * column as f64);
        for (row, share) in widths.iter().enumerate() {
            let bottom = cy + half_height - r * (0.2 + 0.19 * row as f64);
            push(content, &format!("{} {} {} {} re f", num(left), num(bottom), num(r * 0.2 * share), num(r * 0.09)));
        }
    }
}
