//! The device that `hayro` draws a page on: it draws nothing, and notes what is written.

use std::collections::HashMap;
use std::time::Instant;

use hayro_interpret::font::{Glyph, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::kurbo::{Affine, BezPath, Point, Shape};
use hayro_interpret::{BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, SoftMask};
use hayro_syntax::object::{Dict, String as PdfString};

use super::drawn::{Drawn, direction, quarter, without_shadows};
use super::info;

/// Deeper marked content is damage.
const MAX_NESTING: usize = 1_000;

/// The ink of letters: the area of the outline over that of the letter's box.
#[derive(Debug, Default)]
pub(super) struct Ink {
    /// By glyph.
    known: HashMap<u128, u32>,
    /// How often a letter was drawn with that much ink.
    seen: HashMap<char, HashMap<u32, usize>>,
}

impl Ink {
    /// The ink of each letter in the font that most of the text is set in.
    pub(super) fn regular(&self) -> HashMap<char, u32> {
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

/// The device that the pages are drawn on: it draws nothing and notes the glyphs.
pub(super) struct Reader<'i> {
    size: (f32, f32),
    deadline: Instant,
    room: usize,
    pub(super) full: bool,
    pub(super) total: usize,
    pub(super) unmapped: usize,
    pub(super) images: usize,
    calls: u32,
    pieces: Vec<Drawn>,
    marks: Vec<Mark>,
    /// The pen after a space.
    space: Option<Point>,
    ink: &'i mut Ink,
}

impl<'i> Reader<'i> {
    pub(super) fn new(size: (f32, f32), deadline: Instant, room: usize, ink: &'i mut Ink) -> Self {
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
    pub(super) fn finish(self) -> Vec<Drawn> {
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
