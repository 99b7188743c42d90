//! Reads the glyphs of a PDF file with `hayro`: pieces of text with place, size and style, page by page.
//!
//! What is read here is plain data, so that it can be read in another process (see `isolate`).

use std::sync::Arc;
use std::time::Instant;

use hayro_interpret::kurbo::{Affine, Rect};
use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, RenderContent, interpret_page};
use hayro_syntax::object::{Array, Stream};
use hayro_syntax::page::Page as PdfPage;
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use serde::{Deserialize, Serialize};

use super::bombs;
use super::device::{Ink, Reader};
use super::drawn::{self, Drawn};
use super::info::{self, Info};

/// Files with more pages than this are refused.
const MAX_PAGES: usize = 5_000;
/// Files with more glyphs than this are refused: some 600,000 words.
const MAX_GLYPHS: usize = 4_000_000;
/// Files whose pages hold more drawing instructions than this, in bytes, are refused.
const MAX_CONTENT: usize = 256 << 20;
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

/// Text on one base line, in one style.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) text: String,
    pub(super) x0: f32,
    pub(super) x1: f32,
    /// The base line.
    pub(super) y: f32,
    pub(super) size: f32,
    pub(super) bold: bool,
    pub(super) italic: bool,
}

/// Characters that stand side by side without a space, and how they were drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Piece {
    pub(super) run: Run,
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
    for (page, pieces) in out.pages.iter_mut().zip(drawn) {
        (page.pieces, page.width, page.height) = drawn::upright(pieces, page.width, page.height, &regular);
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
