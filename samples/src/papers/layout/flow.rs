//! Fills pages from top to bottom.

use super::{Layout, MM_PER_PT, Mark, PAGE_MM, Page, Rule, Run, Style};
use crate::papers::fonts::{Face, Fonts};

/// The place where the next line goes.
pub(crate) struct Flow<'a> {
    pub(crate) style: Style,
    pub(crate) fonts: &'a Fonts,
    pages: Vec<Page>,
    /// Top of the next line, mm.
    pub(crate) y: f64,
    line: u32,
}

/// A word with its face, while a paragraph is broken into lines.
#[derive(Clone, Copy)]
struct Word<'t> {
    text: &'t str,
    face: Face,
    width: f64,
}

impl<'a> Flow<'a> {
    pub(crate) fn new(style: Style, fonts: &'a Fonts, top: f64) -> Self {
        Self { style, fonts, pages: vec![Page::default()], y: top, line: 0 }
    }

    /// Left edge of the text, mm.
    pub(crate) fn left(&self) -> f64 {
        self.style.left
    }

    /// Right edge of the text, mm.
    pub(crate) fn right(&self) -> f64 {
        PAGE_MM.0 - self.style.right
    }

    /// Width of a text, mm.
    pub(crate) fn width(&self, face: Face, size: f64, text: &str) -> f64 {
        self.fonts.width(face, size, text) * MM_PER_PT
    }

    /// Height of a line, mm.
    pub(crate) fn line_height(&self, size: f64) -> f64 {
        size * self.style.leading * MM_PER_PT
    }

    /// Leaves some blank, mm.
    pub(crate) fn skip(&mut self, mm: f64) {
        self.y += mm;
    }

    /// Starts a new page unless so many mm are left on this one.
    pub(crate) fn need(&mut self, mm: f64) {
        if self.y + mm <= PAGE_MM.1 - self.style.bottom {
            return;
        }
        self.pages.push(Page::default());
        self.line = 0;
        let number = self.pages.len().to_string();
        let (face, size) = (self.style.text, self.style.size);
        let x = f64::midpoint(self.left(), self.right()) - self.width(face, size, &number) / 2.0;
        self.put(&number, face, size, x, 15.0, "page_number");
        self.y = 20.0;
    }

    /// Puts one run on a line of its own.
    pub(crate) fn put(&mut self, text: &str, face: Face, size_pt: f64, x: f64, y: f64, part: &'static str) {
        self.line += 1;
        self.run(Run { text: text.to_owned(), face, size_pt, x, y, gap: 0.0, line: self.line, part });
    }

    /// Puts centred lines, broken to fit, from `top` down; returns where they end and the last line's width.
    pub(crate) fn column(
        &mut self,
        text: &str,
        face: Face,
        size: f64,
        column: (f64, f64),
        top: f64,
        part: &'static str,
    ) -> (f64, f64) {
        let height = self.line_height(size) * if self.style.typewriter { 0.85 } else { 0.92 };
        let (mut y, mut last) = (top, 0.0);
        for line in self.balanced(text, face, size, column.1 - column.0) {
            let width = self.width(face, size, &line);
            y += height;
            self.put(&line, face, size, f64::midpoint(column.0, column.1) - width / 2.0, y - height * 0.25, part);
            last = width;
        }
        (y, last)
    }

    /// Centred lines over the text's width.
    pub(crate) fn centred(&mut self, text: &str, face: Face, size: f64, part: &'static str) {
        let room = (self.left() + 12.0, self.right() - 12.0);
        self.need(self.line_height(size) * 2.0);
        let (end, width) = self.column(text, face, size, room, self.y, part);
        if self.style.typewriter && part == "title" {
            let middle = f64::midpoint(room.0, room.1);
            self.rule((middle - width / 2.0, end), (middle + width / 2.0, end), 0.25);
        }
        self.y = end;
    }

    /// A paragraph of spans, first line indented.
    pub(crate) fn paragraph(&mut self, spans: &[(Face, &str)], size: f64) {
        let words: Vec<Word<'_>> = spans
            .iter()
            .flat_map(|&(face, text)| text.split_whitespace().map(move |text| (face, text)))
            .map(|(face, text)| Word { text, face, width: self.width(face, size, text) })
            .collect();
        let space = self.width(self.style.text, size, " ");
        let full = self.right() - self.left();
        let mut first = true;
        let mut rest = &words[..];
        while !rest.is_empty() {
            let indent = if first { 10.0 } else { 0.0 };
            let room = full - indent;
            let (mut taken, mut width) = (1, rest[0].width);
            while taken < rest.len() && width + space + rest[taken].width <= room {
                width += space + rest[taken].width;
                taken += 1;
            }
            let (line, after) = rest.split_at(taken);
            let gap = if self.style.justified && !after.is_empty() && taken > 1 {
                (room - width) / (taken - 1) as f64
            } else {
                0.0
            };
            self.text_line(line, size, indent, space, gap);
            rest = after;
            first = false;
        }
        self.skip(if self.style.typewriter { 1.0 } else { 2.1 });
    }

    /// A rule on the current page.
    pub(crate) fn rule(&mut self, from: (f64, f64), to: (f64, f64), thickness: f64) {
        self.page().rules.push(Rule { from, to, thickness });
    }

    /// A mark on the current page.
    pub(crate) fn mark(&mut self, mark: Mark) {
        self.page().marks.push(mark);
    }

    /// The pages, done.
    pub(crate) fn finish(self) -> Layout {
        Layout { last: self.y / (PAGE_MM.1 - self.style.bottom), pages: self.pages }
    }

    fn text_line(&mut self, words: &[Word<'_>], size: f64, indent: f64, space: f64, gap: f64) {
        let height = self.line_height(size);
        self.need(height);
        self.line += 1;
        let baseline = self.y + height * 0.75;
        let mut x = self.left() + indent;
        for same in words.chunk_by(|a, b| a.face == b.face) {
            let text = same.iter().map(|word| word.text).collect::<Vec<_>>().join(" ");
            let width: f64 = same.iter().map(|word| word.width).sum::<f64>() + (space + gap) * same.len() as f64;
            self.run(Run {
                text,
                face: same[0].face,
                size_pt: size,
                x,
                y: baseline,
                gap,
                line: self.line,
                part: "body",
            });
            x += width;
        }
        self.y += height;
    }

    /// Breaks a text to a width, into lines of about equal length.
    fn balanced(&self, text: &str, face: Face, size: f64, room: f64) -> Vec<String> {
        let lines = self.broken(text, face, size, room);
        let mut narrow = room;
        loop {
            let tried = self.broken(text, face, size, narrow - 2.0);
            let fits = tried.iter().all(|line| self.width(face, size, line) <= narrow);
            if tried.len() > lines.len() || !fits || narrow < 10.0 {
                return self.broken(text, face, size, narrow);
            }
            narrow -= 2.0;
        }
    }

    /// Breaks a text to a width.
    fn broken(&self, text: &str, face: Face, size: f64, room: f64) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            if let Some(line) = lines.last_mut() {
                let longer = format!("{line} {word}");
                if self.width(face, size, &longer) <= room {
                    *line = longer;
                    continue;
                }
            }
            lines.push(word.to_owned());
        }
        lines
    }

    fn run(&mut self, run: Run) {
        self.page().runs.push(run);
    }

    fn page(&mut self) -> &mut Page {
        let last = self.pages.len() - 1;
        &mut self.pages[last]
    }
}
