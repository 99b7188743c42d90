//! Reads the glyphs of a PDF file with `hayro`: pieces of text with place, size and style, page by page.
//!
//! What is read here is plain data, so that it can be read in another process (see `isolate`).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use hayro_interpret::font::{Glyph, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect, Shape};
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, RenderContent, SoftMask, interpret_page,
};
use hayro_syntax::object::{Array, Dict, Stream, String as PdfString};
use hayro_syntax::page::Page as PdfPage;
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use serde::{Deserialize, Serialize};

use super::bombs;
use super::info::{self, Info};

/// Files with more pages than this are refused.
const MAX_PAGES: usize = 5_000;
/// Files with more glyphs than this are refused: some 600,000 words.
const MAX_GLYPHS: usize = 4_000_000;
/// Files whose pages hold more drawing instructions than this, in bytes, are refused.
const MAX_CONTENT: usize = 256 << 20;
/// Deeper marked content is damage.
const MAX_NESTING: usize = 1_000;
/// Ink of a bold letter over that of the same letter in the text.
const BOLD_INK: f64 = 1.25;

/// What is read of a file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Glyphs {
    pub(super) info: Info,
    pub(super) pages: Vec<Page>,
    /// Glyphs that no character is known for.
    pub(super) unmapped: usize,
    /// Glyphs in all.
    pub(super) total: usize,
    /// Pages that show an image.
    pub(super) pictured: usize,
}

/// One page, upright; lengths are in points, and `y` grows downwards.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Page {
    pub(super) width: f32,
    pub(super) height: f32,
    /// In the order of drawing.
    pub(super) pieces: Vec<Piece>,
}

/// Characters that stand side by side without a space, in one style.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) x0: f32,
    pub(super) x1: f32,
    /// The base line.
    pub(super) y: f32,
    pub(super) size: f32,
    pub(super) bold: bool,
    pub(super) italic: bool,
    /// A space was drawn between the piece before and this one.
    pub(super) spaced: bool,
    /// Marked as no part of the text: a running header, a page number; or written in another direction.
    pub(super) aside: bool,
}

/// Why a file cannot be read, for people.
pub(super) type Refusal = String;

/// What is said of a file with too many glyphs.
pub(super) fn too_many() -> Refusal {
    format!("the PDF has more than {MAX_GLYPHS} characters; give a part of it")
}

/// Reads all pages. Past `deadline` the reading ends by a panic of its own, which calls no hook. With `measured`
/// compressed data that inflates too far is refused, before it is inflated as a whole.
pub(super) fn read(bytes: Arc<Vec<u8>>, deadline: Instant, measured: bool) -> Result<Glyphs, Refusal> {
    if measured {
        bombs::before(&bytes, deadline)?;
    }
    let pdf = Pdf::new(bytes).map_err(|e| match e {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => {
            "the PDF is protected by a password; save a copy without it".to_owned()
        }
        LoadPdfError::Decryption(_) => {
            "the PDF is encrypted in a way that is not known or damaged; save a copy without encryption".to_owned()
        }
        LoadPdfError::Invalid => {
            "the PDF is damaged: no pages can be found in it; download or export it again".to_owned()
        }
    })?;
    if measured {
        bombs::within(&pdf, deadline)?;
    }
    let pages = pdf.pages();
    if pages.is_empty() {
        return Err("the PDF is damaged or empty: it has no pages; download or export it again".to_owned());
    }
    if pages.len() > MAX_PAGES {
        return Err(format!("the PDF has {} pages, the limit is {MAX_PAGES}; give a part of it", pages.len()));
    }
    let cache = InterpreterCache::new();
    let settings = InterpreterSettings { render_content: RenderContent::PAGE, ..InterpreterSettings::default() };
    let mut out = Glyphs { info: info::read(&pdf), ..Glyphs::default() };
    let mut ink = Ink::default();
    let mut drawn: Vec<Vec<Drawn>> = Vec::with_capacity(pages.len());
    let mut content = 0usize;
    for page in pages.iter() {
        content = content.saturating_add(page_content(page));
        if content > MAX_CONTENT {
            return Err(format!(
                "the PDF holds more than {MAX_CONTENT} bytes of drawing instructions; give a part of it"
            ));
        }
        let (width, height) = page.render_dimensions();
        let mut device = Reader::new((width, height), deadline, MAX_GLYPHS.saturating_sub(out.total), &mut ink);
        let t = page.initial_transform(true);
        let mut context = Context::new(
            Affine::new(t.as_coeffs()),
            Rect::new(0.0, 0.0, f64::from(width), f64::from(height)),
            &cache,
            pdf.xref(),
            settings.clone(),
        );
        interpret_page(page, &mut context, &mut device);
        if device.full {
            return Err(too_many());
        }
        out.total += device.total;
        out.unmapped += device.unmapped;
        out.pictured += usize::from(device.images > 0);
        drawn.push(device.finish());
        out.pages.push(Page { width, height, pieces: Vec::new() });
    }
    let regular = ink.regular();
    for (page, drawn) in out.pages.iter_mut().zip(drawn) {
        (page.pieces, page.width, page.height) = upright(drawn, page.width, page.height, &regular);
    }
    Ok(out)
}

/// The bytes of a page's drawing instructions.
fn page_content(page: &PdfPage<'_>) -> usize {
    // A long list of streams is added up before any of them is read.
    let listed = page
        .raw()
        .get::<Array<'_>>(b"Contents")
        .map_or(0, |list| list.iter::<Stream<'_>>().take(20_000).map(|s| s.raw_data().len()).sum());
    if listed > MAX_CONTENT {
        return listed;
    }
    page.page_stream().map_or(0, <[u8]>::len)
}

/// A piece as drawn, in any direction.
#[derive(Debug, Clone)]
struct Drawn {
    text: String,
    /// Where the pen was before and after it.
    from: Point,
    to: Point,
    size: f64,
    /// Direction of writing, in quarter turns clockwise; `None` if between them.
    quarter: Option<u8>,
    bold: bool,
    italic: bool,
    spaced: bool,
    artifact: bool,
    invisible: bool,
    /// A letter and its ink, where the font does not tell its weight.
    ink: Option<(char, u32)>,
}

/// The ink of letters: the area of the outline over that of the letter's box.
#[derive(Debug, Default)]
struct Ink {
    /// By glyph.
    known: HashMap<u128, u32>,
    /// How often a letter was drawn with that much ink.
    seen: HashMap<char, HashMap<u32, usize>>,
}

impl Ink {
    /// The ink of each letter in the font that most of the text is set in.
    fn regular(&self) -> HashMap<char, u32> {
        let most = |(c, seen): (&char, &HashMap<u32, usize>)| {
            seen.iter().max_by_key(|(ink, n)| (**n, u32::MAX - **ink)).map(|(ink, _)| (*c, *ink))
        };
        self.seen.iter().filter_map(most).collect()
    }
}

/// One frame of marked content.
#[derive(Debug, Clone, Default)]
struct Mark {
    artifact: bool,
    /// The text that stands for what is drawn; taken by the first glyph.
    actual: Option<Option<String>>,
}

struct Reader<'i> {
    size: (f32, f32),
    deadline: Instant,
    room: usize,
    full: bool,
    total: usize,
    unmapped: usize,
    images: usize,
    calls: u32,
    pieces: Vec<Drawn>,
    marks: Vec<Mark>,
    /// The pen after a space.
    space: Option<Point>,
    ink: &'i mut Ink,
}

impl<'i> Reader<'i> {
    fn new(size: (f32, f32), deadline: Instant, room: usize, ink: &'i mut Ink) -> Self {
        Self {
            size,
            deadline,
            room,
            full: false,
            total: 0,
            unmapped: 0,
            images: 0,
            calls: 0,
            pieces: Vec::new(),
            marks: Vec::new(),
            space: None,
            ink,
        }
    }

    /// Ends the reading where time is up; there is no other way out of the interpreter.
    fn tick(&mut self) {
        self.calls = self.calls.wrapping_add(1);
        if (self.calls.is_multiple_of(64) && Instant::now() > self.deadline) || self.full {
            std::panic::resume_unwind(Box::new(if self.full { Stop::Full } else { Stop::Late }));
        }
    }

    fn run(&mut self, run: &GlyphRun<'_, '_>, matrix: Affine, invisible: bool) {
        let Some(first) = run.glyphs().first() else { return };
        let font = match &**first {
            Glyph::Outline(glyph) => glyph.font_data(),
            Glyph::Type3(_) => None,
        };
        let named = |words: &[&str]| {
            let name = font.as_ref().and_then(|f| f.postscript_name.as_deref()).unwrap_or_default().to_lowercase();
            words.iter().any(|w| name.contains(w))
        };
        let bold = font.as_ref().is_some_and(|f| f.weight.is_some_and(|w| w >= 600))
            || named(&["bold", "black", "heavy", "semib", "demi"]);
        let italic = font.as_ref().is_some_and(|f| f.is_italic) || named(&["italic", "oblique"]);
        let weighed = bold || font.as_ref().is_some_and(|f| f.weight.is_some());
        for glyph in run.glyphs() {
            self.tick();
            self.total += 1;
            if self.total > self.room {
                self.full = true;
                continue;
            }
            let m = matrix * glyph.transform();
            let (from, up) = (m * Point::ZERO, m * Point::new(0.0, 1000.0));
            let size = (up - from).hypot();
            let advance = match &**glyph {
                Glyph::Outline(g) => g.advance_width(),
                Glyph::Type3(g) => g.advance_width(),
            };
            let advance = advance.filter(|a| a.is_finite()).map_or(500.0, |a| f64::from(a).clamp(0.0, 5_000.0));
            let to = m * Point::new(advance, 0.0);
            let fine = [from.x, from.y, to.x, to.y, size].iter().all(|v| v.is_finite() && v.abs() < 1e6);
            if !fine || size < 0.5 {
                continue;
            }
            let actual = self.marks.iter_mut().rev().find_map(|mark| mark.actual.as_mut());
            let text = match actual {
                Some(actual) => actual.take().unwrap_or_default(),
                None => self.character(glyph),
            };
            let ink = if weighed { None } else { self.weigh(glyph, &text, advance) };
            self.put(
                &text,
                Drawn {
                    text: String::new(),
                    from,
                    to,
                    size,
                    quarter: quarter(m),
                    bold,
                    italic,
                    spaced: false,
                    artifact: self.marks.iter().any(|mark| mark.artifact),
                    invisible,
                    ink,
                },
            );
        }
    }

    /// The characters of a glyph; the replacement character where they are not known.
    fn character(&mut self, glyph: &Glyph<'_>) -> String {
        let raw = match glyph.as_unicode() {
            Some(BfString::Char(c)) => c.to_string(),
            Some(BfString::String(s)) => s,
            None => String::new(),
        };
        let text: String = raw.chars().filter_map(plain).collect();
        if text.is_empty() || text.contains('\u{FFFD}') {
            self.unmapped += 1;
            return "\u{FFFD}".to_owned();
        }
        text
    }

    fn weigh(&mut self, glyph: &Glyph<'_>, text: &str, advance: f64) -> Option<(char, u32)> {
        let c = text.chars().next().filter(|c| c.is_ascii_alphabetic())?;
        let Glyph::Outline(outline) = glyph else { return None };
        let ink = *self.ink.known.entry(outline.identifier().cache_key()).or_insert_with(|| {
            let share = outline.outline().area().abs() / (advance.max(1.0) * 1000.0);
            if share.is_finite() { (share * 1000.0) as u32 } else { 0 }
        });
        *self.ink.seen.entry(c).or_default().entry(ink).or_default() += 1;
        (ink > 0).then_some((c, ink))
    }

    /// Adds a glyph to the piece before it, or begins a piece.
    fn put(&mut self, text: &str, mut glyph: Drawn) {
        if text.is_empty() {
            // What it stands for was written by the first glyph of the marked content.
            if let Some(last) = self.pieces.last_mut().filter(|l| (glyph.from - l.to).hypot() < glyph.size * 0.5) {
                last.to = glyph.to;
            }
            return;
        }
        if text.chars().all(char::is_whitespace) {
            self.space = Some(glyph.to);
            return;
        }
        if let Some(last) = self.pieces.last_mut() {
            let along = glyph.quarter.map_or((1.0, 0.0), direction);
            let gap = |from: Point| {
                let d = glyph.from - from;
                (d.x * along.0 + d.y * along.1, d.x * along.1 - d.y * along.0)
            };
            let alike = last.quarter == glyph.quarter
                && last.bold == glyph.bold
                && last.italic == glyph.italic
                && last.artifact == glyph.artifact
                && last.invisible == glyph.invisible
                && (last.size - glyph.size).abs() < glyph.size * 0.02;
            let (ahead, aside) = gap(last.to);
            let on_line = aside.abs() < glyph.size * 0.05;
            match self.space.take() {
                Some(pen) => {
                    let (ahead, aside) = gap(pen);
                    glyph.spaced = aside.abs() < glyph.size * 0.5 && ahead.abs() < glyph.size * 1.2;
                }
                None if alike && on_line && ahead.abs() < glyph.size * 0.1 && glyph.quarter.is_some() => {
                    last.text.push_str(text);
                    last.to = glyph.to;
                    last.ink = last.ink.or(glyph.ink);
                    return;
                }
                None => {}
            }
        }
        glyph.text.push_str(text);
        self.pieces.push(glyph);
    }

    /// The pieces that a reader sees on the page.
    fn finish(self) -> Vec<Drawn> {
        let (width, height) = (f64::from(self.size.0), f64::from(self.size.1));
        let mut pieces = self.pieces;
        pieces.retain(|p| {
            let inside = |at: f64, end: f64| at > -1.0 && at < end + 1.0;
            inside(p.from.x.midpoint(p.to.x), width) && inside(p.from.y.midpoint(p.to.y), height)
        });
        // Text that is not drawn is what was recognized in the picture of a page, if there is no other.
        let letters = |invisible: bool| -> usize {
            pieces.iter().filter(|p| p.invisible == invisible).map(|p| p.text.len()).sum()
        };
        let recognized = letters(true) > 4 * letters(false);
        pieces.retain(|p| !p.invisible || recognized);
        without_shadows(pieces)
    }
}

/// Text drawn twice at almost the same place is bold, or has a shadow.
fn without_shadows(pieces: Vec<Drawn>) -> Vec<Drawn> {
    let mut kept: Vec<Drawn> = Vec::with_capacity(pieces.len());
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for piece in pieces {
        let seen = places.entry(piece.text.clone()).or_default();
        let twin = seen.iter().rev().take(50).copied().find(|&i| {
            let near = piece.size * 0.12;
            (kept[i].from - piece.from).hypot() < near && (kept[i].to - piece.to).hypot() < near
        });
        match twin {
            Some(i) => kept[i].bold |= (kept[i].from - piece.from).hypot() > 1e-3,
            None => {
                seen.push(kept.len());
                kept.push(piece);
            }
        }
    }
    kept
}

/// Turns the page so that most of its text is upright.
fn upright(drawn: Vec<Drawn>, width: f32, height: f32, regular: &HashMap<char, u32>) -> (Vec<Piece>, f32, f32) {
    let mut letters = [0usize; 4];
    for piece in &drawn {
        if let Some(quarter) = piece.quarter {
            letters[usize::from(quarter)] += piece.text.len();
        }
    }
    let turn = (0u8..4).max_by_key(|&q| (letters[usize::from(q)], 4 - q)).unwrap_or(0);
    let (w, h) = (f64::from(width), f64::from(height));
    let place = |p: Point| match turn {
        0 => p,
        1 => Point::new(p.y, w - p.x),
        2 => Point::new(w - p.x, h - p.y),
        _ => Point::new(h - p.y, p.x),
    };
    let pieces = drawn
        .into_iter()
        .map(|d| {
            let (from, to) = (place(d.from), place(d.to));
            let heavy = d
                .ink
                .is_some_and(|(c, ink)| regular.get(&c).is_some_and(|r| f64::from(ink) > f64::from(*r) * BOLD_INK));
            Piece {
                text: d.text,
                x0: from.x.min(to.x) as f32,
                x1: from.x.max(to.x) as f32,
                y: from.y as f32,
                size: d.size as f32,
                bold: d.bold || heavy,
                italic: d.italic,
                spaced: d.spaced,
                aside: d.artifact || d.quarter != Some(turn),
            }
        })
        .collect();
    let (width, height) = if turn % 2 == 0 { (width, height) } else { (height, width) };
    (pieces, width, height)
}

/// Where the pen moves in that many quarter turns.
fn direction(quarter: u8) -> (f64, f64) {
    [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)][usize::from(quarter % 4)]
}

/// The direction of writing, if it is one of four.
fn quarter(m: Affine) -> Option<u8> {
    let [a, b, ..] = m.as_coeffs();
    let length = a.hypot(b);
    (0..4).find(|&q| {
        let (x, y) = direction(q);
        (a * x + b * y) > length * 0.995
    })
}

/// A character as text has it: nothing for those without a look, a bullet for those of symbol fonts.
fn plain(c: char) -> Option<char> {
    match c {
        '\u{F0B7}' | '\u{F0A7}' | '\u{F076}' | '\u{F0D8}' | '\u{F0FC}' => Some('•'),
        // Symbol fonts of office programs put ASCII there.
        '\u{F020}'..='\u{F07E}' => char::from_u32(u32::from(c) - 0xF000),
        '\u{E000}'..='\u{F8FF}' => Some('\u{FFFD}'),
        '\t' | '\n' | '\r' => Some(' '),
        _ if c.is_control() => None,
        _ => Some(c),
    }
}

/// Why the reading was stopped from inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The deadline has passed.
    Late,
    /// There are more glyphs than may be.
    Full,
}

impl<'a> Device<'a> for Reader<'_> {
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {
        self.tick();
    }

    fn push_clip_path(&mut self, _: &ClipPath) {
        self.tick();
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        self.tick();
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        self.tick();
        self.run(run, props.transform, matches!(mode, DrawMode::Invisible));
    }

    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {
        self.tick();
        self.images += 1;
    }

    fn pop_clip(&mut self) {
        self.tick();
    }

    fn pop_transparency_group(&mut self) {
        self.tick();
    }

    fn begin_marked_content(&mut self, tag: &[u8], properties: Option<&Dict<'_>>) {
        self.tick();
        if self.marks.len() >= MAX_NESTING {
            return;
        }
        let actual = properties.and_then(|p| p.get::<PdfString<'_>>(b"ActualText")).map(|s| info::text(s.as_bytes()));
        // Some writers mark whole pages so.
        let artifact = tag == b"Artifact" && properties.is_some_and(|p| p.contains_key(b"Type"));
        self.marks.push(Mark { artifact, actual: actual.map(Some) });
    }

    fn end_marked_content(&mut self) {
        self.tick();
        self.marks.pop();
    }
}
