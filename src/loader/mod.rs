//! The loader: bytes in, a segmented [`Article`] out.
//!
//! A front-end for each format (`text`, `markdown`, `html`, `pdf`, `docx`, `epub`) makes a list of blocks; one segmenter makes
//! the article of it.

mod block;
mod charset;
mod decode;
mod docx;
mod drop;
mod epub;
mod faq;
mod front_matter;
mod furniture;
mod gzip;
mod head;
mod headings;
mod hints;
mod html;
mod markdown;
mod normalize;
mod package;
mod pdf;
pub mod records;
mod segment;
#[cfg(test)]
mod tests;
mod text;
mod xml;

use std::fs::File;
use std::io::{ErrorKind as IoErrorKind, Read};
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use crate::article::{Article, SourceFormat};
use crate::error::{Error, ErrorKind, Result};
use crate::lang::Language;

pub use self::pdf::{Worker, read_pdf};
pub use hints::Hints;

/// How to load.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadOptions {
    /// The language of the article; `None` goes by what the file states of itself, or detects it.
    pub language: Option<Language>,
    /// The format; `None` goes by the file name's extension and the content.
    pub format: Option<SourceFormat>,
    /// Inputs over this size are refused, also those that inflate to more.
    pub max_bytes: u64,
    /// Reads PDF files in a process of its own, which can crash without harm; `None` reads them here.
    pub pdf_worker: Option<Worker>,
    /// What is known of the input apart from its bytes.
    pub hints: Hints,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self { language: None, format: None, max_bytes: 16 << 20, pdf_worker: None, hints: Hints::default() }
    }
}

/// Loads an article from bytes, which may be compressed by gzip; `source` is the file name, or `-`.
///
/// # Errors
/// `Input`, with what to do about it: too large, empty, binary, undecodable, without a body,
/// or in no language that can be told.
pub fn load(bytes: &[u8], source: &str, options: &LoadOptions) -> Result<Article> {
    let size = bytes.len() as u64;
    if size > options.max_bytes {
        return Err(too_large(size, options.max_bytes).at(source));
    }
    load_bounded(bytes, source, options).map_err(|e| e.at(source))
}

fn load_bounded(bytes: &[u8], source: &str, options: &LoadOptions) -> Result<Article> {
    if gzip::is_gzip(bytes) {
        let name = source.strip_suffix(".gz").unwrap_or(source);
        return load_plain(&gzip::inflate(bytes, options.max_bytes)?, name, options)
            .map(|article| Article { source: source.to_owned(), ..article });
    }
    load_plain(bytes, source, options)
}

fn load_plain(bytes: &[u8], source: &str, options: &LoadOptions) -> Result<Article> {
    let hints = &options.hints;
    let named = options.format.or(hints.format);
    let charset = hints.charset.as_deref();
    let packaged = matches!(options.format, Some(SourceFormat::Docx | SourceFormat::Epub));
    if packaged || (options.format.is_none() && package::is_zip(bytes)) {
        return load_package(bytes, source, options);
    }
    // What the bytes say outweighs what a server says of them.
    let is_pdf = || pdf::is_pdf(bytes) || hints.format == Some(SourceFormat::Pdf);
    if options.format.map_or_else(is_pdf, |f| f == SourceFormat::Pdf) {
        let doc = pdf::parse(bytes, options.pdf_worker.as_ref())?;
        return finish(doc, source, SourceFormat::Pdf, options);
    }
    if named.map_or_else(|| charset::is_html(bytes, source), |f| f == SourceFormat::Html) {
        let doc = html::parse(&charset::decode(bytes, charset)?)?;
        return finish(doc, source, SourceFormat::Html, options);
    }
    let text = normalize::normalize(&decode::decode(bytes, charset)?);
    let format = named.unwrap_or_else(|| format_of(source, &text));
    let doc = match format {
        SourceFormat::Text => text::parse(text),
        SourceFormat::Markdown => markdown::parse(&text),
        SourceFormat::Html => html::parse(&text)?,
        SourceFormat::Pdf => pdf::parse(bytes, options.pdf_worker.as_ref())?,
        SourceFormat::Docx | SourceFormat::Epub => return load_package(bytes, source, options),
    };
    finish(doc, source, format, options)
}

/// Segments a document, with what is known of it.
fn finish(mut doc: block::Document, source: &str, format: SourceFormat, options: &LoadOptions) -> Result<Article> {
    options.hints.inform(&mut doc);
    // What is known is not doubted as what a page says of itself is.
    let known = LoadOptions { language: options.language.or(options.hints.language), ..options.clone() };
    segment::segment(doc, source, format, &known).map(|article| options.hints.outweigh(article))
}

/// Loads what is a ZIP file inside.
fn load_package(bytes: &[u8], source: &str, options: &LoadOptions) -> Result<Article> {
    let mut package = package::Package::open(bytes, options.max_bytes)?;
    let format = match options.format {
        Some(format) => format,
        None => package.format()?,
    };
    let doc = if format == SourceFormat::Epub { epub::parse(&mut package)? } else { docx::parse(&mut package)? };
    finish(doc, source, format, options)
}

/// Loads an article from a file.
///
/// # Errors
/// `Io` where the file cannot be read; otherwise those of [`load`].
pub fn load_file(path: &Path, options: &LoadOptions) -> Result<Article> {
    let source = path.display().to_string();
    let io = |e: std::io::Error| {
        let message = match e.kind() {
            IoErrorKind::NotFound => "no such file".to_owned(),
            IoErrorKind::PermissionDenied => "no permission to read the file".to_owned(),
            _ => format!("cannot read the file: {e}"),
        };
        Error::new(ErrorKind::Io, message).at(source.clone()).with_source(e)
    };
    let metadata = std::fs::metadata(path).map_err(io)?;
    if metadata.is_dir() {
        return Err(Error::new(ErrorKind::Io, "this is a folder; give a file").at(source));
    }
    if metadata.len() > options.max_bytes {
        return Err(too_large(metadata.len(), options.max_bytes).at(source));
    }
    // A pipe has no length, and a file can grow: the reading is bounded too.
    let mut bytes = Vec::new();
    File::open(path).map_err(io)?.take(options.max_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(io)?;
    load(&bytes, &source, options)
}

fn too_large(size: u64, limit: u64) -> Error {
    Error::new(ErrorKind::Input, format!("the input is too large: {size} bytes or more, the limit is {limit} bytes"))
}

/// The format by the file name, or by signs of Markdown in the text.
fn format_of(source: &str, text: &str) -> SourceFormat {
    let extension = Path::new(source).extension().map(|e| e.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("md" | "markdown" | "mdown" | "mkd" | "mkdn" | "mdx" | "qmd" | "rmd") => SourceFormat::Markdown,
        Some("txt" | "text") => SourceFormat::Text,
        _ if looks_like_markdown(text) => SourceFormat::Markdown,
        _ => SourceFormat::Text,
    }
}

static ATX_HEADING: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)^#{1,6} \S").unwrap());
static INLINE_MARKUP: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\]\((?:https?://|/|#|\./)[^)\s]*\)|\*\*[^*\n]+\*\*").unwrap());

fn looks_like_markdown(text: &str) -> bool {
    let front_matter = front_matter::split(text).1.len() < text.len();
    front_matter || ATX_HEADING.is_match(text) || INLINE_MARKUP.find_iter(text).count() > 1
}
