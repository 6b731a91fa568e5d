//! Ready-made tokens on their way into the engine: as one string and back, which is cheaper than any list of them.

use std::str::Lines;

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// The engine's name for it.
pub(crate) const READY: &str = "ready";

/// Tokens, a line each behind a letter that says how far their place lies behind the one before.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    lines: String,
    last: usize,
}

/// Farther steps are taken by several letters; no token begins with one of them.
const FARTHEST: u8 = b'~' - b' ';

impl Tokens {
    /// Adds a token at a place not before the last one's.
    pub(crate) fn push(&mut self, text: &str, position: usize) {
        let mut step = position.saturating_sub(self.last);
        while step >= usize::from(FARTHEST) {
            self.lines.push('~');
            step -= usize::from(FARTHEST);
        }
        self.lines.push(char::from(b' ' + step as u8));
        self.lines.push_str(text);
        self.lines.push('\n');
        self.last = position;
    }

    pub(crate) fn finish(self) -> String {
        self.lines
    }
}

/// Reads them again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ready {
    token: Token,
}

/// The tokens of one text.
#[derive(Debug)]
pub(crate) struct ReadyStream<'a> {
    lines: Lines<'a>,
    token: &'a mut Token,
}

impl Tokenizer for Ready {
    type TokenStream<'a> = ReadyStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> ReadyStream<'a> {
        self.token.reset();
        self.token.position = 0;
        ReadyStream { lines: text.lines(), token: &mut self.token }
    }
}

impl TokenStream for ReadyStream<'_> {
    fn advance(&mut self) -> bool {
        let Some(line) = self.lines.next() else { return false };
        let step = line.trim_start_matches('~');
        self.token.position += (line.len() - step.len()) * usize::from(FARTHEST);
        let (step, text) = step.split_at_checked(1).unwrap_or_default();
        self.token.position += step.bytes().next().map_or(0, |step| usize::from(step.saturating_sub(b' ')));
        self.token.text.clear();
        self.token.text.push_str(text);
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn tokens_come_back_with_their_places(tokens in proptest::collection::vec(("[=#]?[\\p{L}0-9]{1,8}", 0_usize..400), 0..20)) {
            let mut made = Tokens::default();
            let mut place = 0;
            let mut expect = Vec::new();
            for (text, step) in tokens {
                place += step;
                made.push(&text, place);
                expect.push((text, place));
            }
            let text = made.finish();
            let mut ready = Ready::default();
            let mut stream = ready.token_stream(&text);
            let mut back = Vec::new();
            while let Some(token) = stream.next() {
                back.push((token.text.clone(), token.position));
            }
            proptest::prop_assert_eq!(back, expect);
        }
    }
}
