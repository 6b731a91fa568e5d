//! An engine with its language data, and what it reads.

use std::{
    ffi::{CStr, CString, c_char, c_int, c_void},
    path::{Path, PathBuf},
    ptr::{self, NonNull},
};

use crate::{ffi, ink::ink, pix::Pix};

/// Why the engine could not be had or could not read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The library is missing or of another generation.
    #[error("load the library of the text recognition: {0}")]
    Library(&'static libloading::Error),
    /// The language data is missing or of another generation.
    #[error("load the language data {language} from {}", tessdata.as_ref().map_or("the engine's own folder".into(), |path| path.display().to_string()))]
    Language {
        /// The language, as in `vie`.
        language: String,
        /// The folder asked for; the engine's own when empty.
        tessdata: Option<PathBuf>,
    },
    /// The engine knows no such setting.
    #[error("set {name}")]
    Setting {
        /// Its name.
        name: String,
    },
    /// A picture without pixels, or whose bytes do not fit its measures.
    #[error("take a picture of {width} × {height} with {bytes} bytes")]
    Picture {
        /// Width, px.
        width: u32,
        /// Height, px.
        height: u32,
        /// Bytes handed in.
        bytes: usize,
    },
    /// The library ran out of memory or answered nothing.
    #[error("get an answer from the engine")]
    NoAnswer,
}

/// An 8-bit grey picture, rows without padding, 0 is black.
#[derive(Debug, Clone, Copy)]
pub struct Grey<'a> {
    /// Width, px.
    pub width: u32,
    /// Height, px.
    pub height: u32,
    /// `width × height` bytes.
    pub data: &'a [u8],
    /// Resolution the engine shall assume.
    pub dpi: u32,
}

/// How the engine looks for text (its page segmentation modes).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Columns, blocks, lines.
    Auto,
    /// One block of text.
    Block,
    /// One line of text.
    Line,
}

impl Mode {
    fn code(self) -> ffi::Enumeration {
        match self {
            Self::Auto => 3,
            Self::Block => 6,
            Self::Line => 7,
        }
    }
}

/// One word, in pixels of the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Word {
    /// The text as the engine gave it; not empty.
    pub text: String,
    /// Confidence, 0 to 100.
    pub confidence: f32,
    /// Left edge.
    pub left: i32,
    /// Top edge.
    pub top: i32,
    /// Right edge (exclusive).
    pub right: i32,
    /// Bottom edge (exclusive).
    pub bottom: i32,
}

/// One line of words, left to right, in pixels of the picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The words; not empty.
    pub words: Vec<Word>,
    /// Baseline: left x, left y, right x, right y.
    pub baseline: (i32, i32, i32, i32),
    /// Top of the line's ink.
    pub top: i32,
    /// Bottom of the line's ink.
    pub bottom: i32,
    /// Block in reading order, from 0.
    pub block: u32,
}

/// What was read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// Lines in reading order.
    pub lines: Vec<Line>,
    /// Whether the caller stopped the engine; the lines read until then are there.
    pub stopped: bool,
}

/// The library's version, as it says itself.
pub fn version() -> Result<String, Error> {
    let api = ffi::api().map_err(Error::Library)?;
    // SAFETY: returns a static C string, which is copied.
    Ok(unsafe { copied((api.TessVersion)()) })
}

/// Copies a C string; null is empty.
///
/// # Safety
/// The pointer is null or a C string that lives through the call.
unsafe fn copied(pointer: *const c_char) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: not null, and a C string by the caller's promise.
    unsafe { CStr::from_ptr(pointer) }.to_string_lossy().into_owned()
}

/// A libtesseract engine with its language data loaded (LSTM only).
#[derive(Debug)]
pub struct Engine {
    api: &'static ffi::Api,
    handle: NonNull<ffi::BaseApi>,
}

// SAFETY: the library keeps no thread-local state in a handle; it may move to another thread as long as one thread uses it at a
// time, which `&mut self` on every method ensures. It is not `Sync`.
unsafe impl Send for Engine {}

impl Engine {
    /// Loads the data of a language (`vie`, `vie+eng`); from the engine's own folder when `tessdata` is empty.
    pub fn new(tessdata: Option<&Path>, language: &str) -> Result<Self, Error> {
        let refused = || Error::Language { language: language.to_owned(), tessdata: tessdata.map(Path::to_path_buf) };
        let folder = match tessdata {
            Some(path) => Some(c_string(&path.to_string_lossy()).ok_or_else(refused)?),
            None => None,
        };
        let name = c_string(language).ok_or_else(refused)?;
        let api = ffi::api().map_err(Error::Library)?;
        // SAFETY: takes a number, no pointers.
        unsafe { (api.setMsgSeverity)(ffi::L_SEVERITY_NONE) };
        // SAFETY: takes nothing; returns a handle of ours or null.
        let handle = NonNull::new(unsafe { (api.TessBaseAPICreate)() }).ok_or(Error::NoAnswer)?;
        let mut engine = Self { api, handle }; // from here on Drop frees it
        engine.set("debug_file", "/dev/null")?;
        let folder = folder.as_ref().map_or(ptr::null(), |folder| folder.as_ptr());
        // SAFETY: the handle lives, both strings live through the call, the library copies them.
        let failed =
            unsafe { (api.TessBaseAPIInit2)(engine.handle.as_ptr(), folder, name.as_ptr(), ffi::OEM_LSTM_ONLY) };
        if failed != 0 {
            return Err(refused());
        }
        Ok(engine)
    }

    /// Sets one of the engine's own settings.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let refused = || Error::Setting { name: name.to_owned() };
        let (key, text) = (c_string(name).ok_or_else(refused)?, c_string(value).ok_or_else(refused)?);
        // SAFETY: the handle lives, both strings live through the call, the library copies them.
        let known = unsafe { (self.api.TessBaseAPISetVariable)(self.handle.as_ptr(), key.as_ptr(), text.as_ptr()) };
        if known == 0 { Err(refused()) } else { Ok(()) }
    }

    /// Reads a picture. `stop` is asked before every word; once it says yes the reading ends with what there is.
    pub fn read(&mut self, picture: &Grey<'_>, mode: Mode, stop: &mut dyn FnMut() -> bool) -> Result<Reading, Error> {
        self.show(picture)?;
        let api = self.handle.as_ptr();
        // SAFETY: the handle lives; numbers only.
        unsafe {
            (self.api.TessBaseAPISetPageSegMode)(api, mode.code());
            (self.api.TessBaseAPISetSourceResolution)(api, picture.dpi.clamp(70, 2400) as c_int);
        }
        // SAFETY: takes nothing; returns a monitor of ours or null.
        let monitor = NonNull::new(unsafe { (self.api.TessMonitorCreate)() }).ok_or(Error::NoAnswer)?;
        let mut asked = Asked { stop, stopped: false };
        // SAFETY: the monitor lives until deleted below; `asked` outlives the recognition, nobody else touches it meanwhile,
        // and `ask` is the only one that reads the pointer, with the type it was made from.
        let failed = unsafe {
            (self.api.TessMonitorSetCancelFunc)(monitor.as_ptr(), ask);
            (self.api.TessMonitorSetCancelThis)(monitor.as_ptr(), ptr::from_mut(&mut asked).cast::<c_void>());
            let failed = (self.api.TessBaseAPIRecognize)(api, monitor.as_ptr());
            (self.api.TessMonitorDelete)(monitor.as_ptr());
            failed
        };
        let stopped = asked.stopped;
        let lines = if failed != 0 && !stopped { Err(Error::NoAnswer) } else { Ok(self.lines()) };
        // SAFETY: the handle lives; frees the picture and the results, no iterator is alive any more.
        unsafe { (self.api.TessBaseAPIClear)(api) };
        Ok(Reading { lines: lines?, stopped })
    }

    fn show(&mut self, picture: &Grey<'_>) -> Result<(), Error> {
        let Grey { width, height, data, .. } = *picture;
        let refused = || Error::Picture { width, height, bytes: data.len() };
        let fits = (width as usize).checked_mul(height as usize) == Some(data.len());
        // The library's own bound is 32767 a side.
        if !fits || !(1..=32_767).contains(&width) || !(1..=32_767).contains(&height) {
            return Err(refused());
        }
        // Lines are looked for in ink and paper, letters in the grey: given only the grey, the library would find its threshold twice
        // and look up the slope of every outline in it, which this engine does not need.
        let ink = Pix::ink(self.api, picture, ink(data).as_ref())?;
        let grey = Pix::grey(self.api, picture)?;
        // SAFETY: the handle and both pictures live; the first one is copied, the second one is handed over.
        unsafe {
            (self.api.TessBaseAPISetImage2)(self.handle.as_ptr(), ink.as_ptr());
            (self.api.TessBaseAPISetInputImage)(self.handle.as_ptr(), grey.into_ptr());
        }
        Ok(())
    }

    fn lines(&mut self) -> Vec<Line> {
        // SAFETY: the handle lives; returns an iterator of ours, or null when there are no results.
        let Some(results) = NonNull::new(unsafe { (self.api.TessBaseAPIGetIterator)(self.handle.as_ptr()) }) else {
            return Vec::new();
        };
        let results = Results { api: self.api, handle: results };
        let mut lines: Vec<Line> = Vec::new();
        let (mut block, mut open) = (0_u32, false);
        let (mut line_box, mut block_box) = (None, None);
        loop {
            // Another box is another line: asking whether one begins, the iterator goes over the whole page.
            let bounds = results.bounds(ffi::RIL_TEXTLINE);
            if bounds != line_box {
                (line_box, open) = (bounds, false);
                let bounds = results.bounds(ffi::RIL_BLOCK);
                block += u32::from(!lines.is_empty() && bounds != block_box);
                block_box = bounds;
            }
            if let Some(word) = results.word() {
                if !open {
                    let (_, top, _, bottom) = line_box.unwrap_or_default();
                    let baseline = results.baseline().unwrap_or((word.left, word.bottom, word.right, word.bottom));
                    lines.push(Line { words: Vec::new(), baseline, top, bottom, block });
                    open = true;
                }
                if let Some(line) = lines.last_mut() {
                    line.words.push(word);
                }
            }
            if !results.next_word() {
                return lines;
            }
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // SAFETY: made by TessBaseAPICreate, deleted once.
        unsafe { (self.api.TessBaseAPIDelete)(self.handle.as_ptr()) };
    }
}

/// The caller's question, behind the library's `void *`.
struct Asked<'a> {
    stop: &'a mut dyn FnMut() -> bool,
    stopped: bool,
}

extern "C" fn ask(this: *mut c_void, _words: c_int) -> bool {
    // SAFETY: `read` set the pointer from an `Asked` that lives through the recognition and that nobody else touches.
    let asked = unsafe { &mut *this.cast::<Asked<'_>>() };
    if !asked.stopped {
        asked.stopped = (asked.stop)();
    }
    asked.stopped
}

/// An iterator over the results; must not outlive the next call on its engine (it is used within [`Engine::lines`] only).
struct Results {
    api: &'static ffi::Api,
    handle: NonNull<ffi::ResultIterator>,
}

impl Results {
    fn page(&self) -> *const ffi::PageIterator {
        // SAFETY: the iterator lives; the same object seen as its base, not to be freed.
        unsafe { (self.api.TessResultIteratorGetPageIteratorConst)(self.handle.as_ptr()) }
    }

    fn next_word(&self) -> bool {
        // SAFETY: the iterator lives.
        unsafe { (self.api.TessResultIteratorNext)(self.handle.as_ptr(), ffi::RIL_WORD) != 0 }
    }

    fn bounds(&self, level: ffi::Enumeration) -> Option<(i32, i32, i32, i32)> {
        let (mut left, mut top, mut right, mut bottom) = (0, 0, 0, 0);
        // SAFETY: the iterator lives; four places to write an int each.
        let found = unsafe {
            (self.api.TessPageIteratorBoundingBox)(
                self.page(),
                level,
                &raw mut left,
                &raw mut top,
                &raw mut right,
                &raw mut bottom,
            )
        };
        (found != 0).then_some((left, top, right, bottom))
    }

    fn baseline(&self) -> Option<(i32, i32, i32, i32)> {
        let (mut x1, mut y1, mut x2, mut y2) = (0, 0, 0, 0);
        // SAFETY: the iterator lives; four places to write an int each.
        let found = unsafe {
            (self.api.TessPageIteratorBaseline)(
                self.page(),
                ffi::RIL_TEXTLINE,
                &raw mut x1,
                &raw mut y1,
                &raw mut x2,
                &raw mut y2,
            )
        };
        (found != 0).then_some((x1, y1, x2, y2))
    }

    fn word(&self) -> Option<Word> {
        let (left, top, right, bottom) = self.bounds(ffi::RIL_WORD)?;
        // SAFETY: the iterator lives; returns a string that is ours to delete, or null.
        let pointer = unsafe { (self.api.TessResultIteratorGetUTF8Text)(self.handle.as_ptr(), ffi::RIL_WORD) };
        if pointer.is_null() {
            return None;
        }
        // SAFETY: not null, a C string of ours until it is deleted on the next line.
        let text = unsafe { copied(pointer) };
        // SAFETY: from GetUTF8Text, deleted once.
        unsafe { (self.api.TessDeleteText)(pointer) };
        let text = text.trim().to_owned();
        if text.is_empty() {
            return None;
        }
        // SAFETY: the iterator lives.
        let confidence = unsafe { (self.api.TessResultIteratorConfidence)(self.handle.as_ptr(), ffi::RIL_WORD) };
        Some(Word { text, confidence: confidence.clamp(0.0, 100.0), left, top, right, bottom })
    }
}

impl Drop for Results {
    fn drop(&mut self) {
        // SAFETY: from GetIterator, deleted once.
        unsafe { (self.api.TessResultIteratorDelete)(self.handle.as_ptr()) };
    }
}

/// None when the text holds a NUL.
fn c_string(text: &str) -> Option<CString> {
    CString::new(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_of_the_fifth_generation() {
        let version = version().expect("the library");
        assert!(version.starts_with('5'), "{version}");
    }

    #[test]
    fn a_missing_language_is_an_error_and_not_an_abort() {
        assert!(matches!(Engine::new(None, "no-such-language"), Err(Error::Language { .. })));
        assert!(matches!(Engine::new(Some(Path::new("/nonexistent")), "vie"), Err(Error::Language { .. })));
        assert!(matches!(Engine::new(None, "vi\0e"), Err(Error::Language { .. })));
    }

    #[test]
    fn a_blank_picture_has_no_lines() {
        let mut engine = Engine::new(None, "vie").expect("language data");
        let data = vec![255_u8; 300 * 200];
        let picture = Grey { width: 300, height: 200, data: &data, dpi: 200 };
        let reading = engine.read(&picture, Mode::Auto, &mut || false).expect("read");
        assert_eq!(reading, Reading::default());
        let wrong = Grey { width: 301, ..picture };
        assert!(matches!(engine.read(&wrong, Mode::Auto, &mut || false), Err(Error::Picture { .. })));
        assert!(matches!(engine.set("no_such_setting", "1"), Err(Error::Setting { .. })));
    }

    /// `LET` in strokes of four pixels, three times.
    fn letters() -> (u32, u32, Vec<u8>) {
        let (w, h) = (420_usize, 120_usize);
        let mut data = vec![255_u8; w * h];
        let mut bar = |x: usize, y: usize, width: usize, height: usize| {
            for row in y..y + height {
                data[row * w + x..row * w + x + width].fill(0);
            }
        };
        for x in [40, 160, 280] {
            bar(x, 40, 4, 30);
            bar(x, 66, 16, 4);
            bar(x + 24, 40, 4, 30);
            for y in [40, 53, 66] {
                bar(x + 24, y, 16, 4);
            }
            bar(x + 48, 40, 20, 4);
            bar(x + 56, 40, 4, 30);
        }
        (w as u32, h as u32, data)
    }

    #[test]
    fn drawn_letters_are_read_in_place_and_the_reading_can_be_stopped() {
        let mut engine = Engine::new(None, "vie").expect("language data");
        let (width, height, data) = letters();
        let picture = Grey { width, height, data: &data, dpi: 200 };
        let reading = engine.read(&picture, Mode::Block, &mut || false).expect("read");
        assert!(!reading.stopped);
        let line = reading.lines.first().expect("a line");
        assert_eq!(line.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>(), ["LET", "LET", "LET"]);
        assert!((38..=42).contains(&line.words[0].left) && (66..=74).contains(&line.baseline.1), "{line:?}");
        let mut asked = 0;
        let mut stop = || {
            asked += 1;
            true
        };
        assert!(engine.read(&picture, Mode::Block, &mut stop).expect("read").stopped);
        assert_eq!(asked, 1);
    }
}
