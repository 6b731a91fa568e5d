//! Reads a page's content for one question: does it draw one image upright and nothing else that can be seen?

use crate::{object::Object, parse::Parser};

/// Operators of one page, and nested states.
const OPERATORS: u32 = 500_000;
const STATES: usize = 64;

/// The one image a page draws.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawn {
    /// Its name among the page's resources.
    pub(super) name: String,
    /// Left, bottom, right, top in user space.
    pub(super) placed: [f64; 4],
}

#[derive(Debug, Clone, Copy)]
struct State {
    matrix: [f64; 6],
    hidden_text: bool,
    black: bool,
}

/// The one image of a page, when there is nothing else; `harmless` judges named graphics states.
pub(super) fn only_image(content: &[u8], harmless: &mut dyn FnMut(&str) -> bool) -> Option<Drawn> {
    let mut parser = Parser::new(content, 0);
    let mut state = State { matrix: [1.0, 0.0, 0.0, 1.0, 0.0, 0.0], hidden_text: false, black: true };
    let (mut saved, mut operands, mut drawn) = (Vec::new(), Vec::new(), None);
    for _ in 0..OPERATORS {
        parser.skip_space();
        let Some(byte) = parser.peek() else { return drawn };
        if matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'/' | b'(' | b'[' | b'<') {
            operands.push(parser.object().ok()?);
            if operands.len() > 64 {
                return None;
            }
            continue;
        }
        let operator = word(&mut parser)?;
        match operator.as_slice() {
            b"q" if saved.len() < STATES => saved.push(state),
            b"Q" => state = saved.pop()?,
            b"cm" => state.matrix = times(numbers(&operands)?, state.matrix),
            b"Tr" => state.hidden_text = operands == [Object::Integer(3)],
            b"g" | b"G" => state.black = are_zero(&operands, 1),
            b"rg" | b"RG" => state.black = are_zero(&operands, 3),
            b"Do" => {
                let name = String::from_utf8(operands.last()?.as_name()?.to_vec()).ok()?;
                let placed = upright(state.matrix)?;
                // A second image, or a stencil in another colour than black, is more than a scan.
                if drawn.is_some() || !state.black {
                    return None;
                }
                drawn = Some(Drawn { name, placed });
            }
            b"gs" => {
                let name = String::from_utf8(operands.last()?.as_name()?.to_vec()).ok()?;
                if !harmless(&name) {
                    return None;
                }
            }
            b"Tj" | b"TJ" | b"'" | b"\"" if state.hidden_text => {}
            // Paths that only clip, text and marking without ink, settings of lines and rendering.
            b"re" | b"W" | b"W*" | b"n" | b"m" | b"l" | b"h" | b"BT" | b"ET" | b"Tf" | b"Td" | b"TD" | b"Tm"
            | b"T*" | b"Tc" | b"Tw" | b"Tz" | b"TL" | b"Ts" | b"BMC" | b"BDC" | b"EMC" | b"MP" | b"DP" | b"w"
            | b"J" | b"j" | b"M" | b"d" | b"ri" | b"i" => {}
            _ => return None,
        }
        operands.clear();
    }
    None
}

fn word(parser: &mut Parser<'_>) -> Option<Vec<u8>> {
    let mut word = Vec::new();
    while let Some(byte) = parser.peek().filter(|byte| byte.is_ascii_alphanumeric() || b"*'\"".contains(byte)) {
        word.push(byte);
        parser.step();
        if word.len() > 3 {
            return None;
        }
    }
    (!word.is_empty()).then_some(word)
}

fn numbers<const N: usize>(operands: &[Object]) -> Option<[f64; N]> {
    let values: Vec<f64> = operands.iter().map(Object::as_number).collect::<Option<_>>()?;
    values.try_into().ok()
}

fn times(a: [f64; 6], b: [f64; 6]) -> [f64; 6] {
    [
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    ]
}

/// Whether the operands are so many zeros: black in grey and in red, green, blue.
fn are_zero(operands: &[Object], count: usize) -> bool {
    operands.len() == count
        && operands.iter().all(|operand| operand.as_number().is_some_and(|value| value.abs() < 1e-9))
}

/// The box of the unit square under a matrix that neither turns nor mirrors.
fn upright([width, turn, lean, height, left, bottom]: [f64; 6]) -> Option<[f64; 4]> {
    let straight = turn.abs() < width.abs() * 1e-6 && lean.abs() < height.abs() * 1e-6;
    (straight && width > 0.0 && height > 0.0).then_some([left, bottom, left + width, bottom + height])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, expect: Option<[f64; 4]>) {
        assert_eq!(
            only_image(content.as_bytes(), &mut |name| name == "ok").map(|drawn| drawn.placed),
            expect,
            "{content}"
        );
    }

    #[test]
    fn one_upright_image_and_nothing_visible() {
        let page = Some([0.0, 0.0, 595.0, 842.0]);
        check("q 595 0 0 842 0 0 cm /Im0 Do Q", page);
        check(
            "/ok gs q 0.24 0 0 0.24 0 0 cm 0 0 2480 3508 re W n q 2479.1666666 0 0 3508.33333333 0 0 cm /X Do Q Q\n",
            Some([0.0, 0.0, 594.999_999_984, 841.999_999_999_2]),
        );
        check("q 595 0 0 842 0 0 cm /Im0 Do Q BT 3 Tr /F1 12 Tf (hidden) Tj ET", page);
        check("q 595 0 0 842 0 0 cm /Im0 Do Q BT /F1 12 Tf (seen) Tj ET", None);
        check("q 595 0 0 842 0 0 cm /Im0 Do Q q 9 0 0 9 0 0 cm /Im1 Do Q", None);
        check("q 595 0 0 842 0 0 cm /Im0 Do Q 0 0 9 9 re f", None);
        check("q 0 595 -842 0 0 0 cm /Im0 Do Q", None);
        check("q 1 0 0 rg 595 0 0 842 0 0 cm /Im0 Do Q", None);
        check("/bad gs q 595 0 0 842 0 0 cm /Im0 Do Q", None);
        check("q 9 0 0 9 0 0 cm BI /W 1 ID x EI Q", None);
        check("", None);
    }
}
