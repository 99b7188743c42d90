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

use self::package::Package;

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
    let charset = options.hints.charset.as_deref();
    let package = || Package::open(bytes, options.max_bytes);
    let (format, mut doc) = match format_of(bytes, source, options)? {
        Some(SourceFormat::Docx) => (SourceFormat::Docx, docx::parse(&mut package()?)?),
        Some(SourceFormat::Epub) => (SourceFormat::Epub, epub::parse(&mut package()?)?),
        Some(SourceFormat::Pdf) => (SourceFormat::Pdf, pdf::parse(bytes, options.pdf_worker.as_ref())?),
        Some(SourceFormat::Html) => (SourceFormat::Html, html::parse(&charset::decode(bytes, charset)?)?),
        plain => {
            let text = normalize::normalize(&decode::decode(bytes, charset)?);
            match plain.unwrap_or_else(|| format_of_text(source, &text)) {
                SourceFormat::Markdown => (SourceFormat::Markdown, markdown::parse(&text)),
                _ => (SourceFormat::Text, text::parse(text)),
            }
        }
    };
    options.hints.inform(&mut doc);
    // What is known is not doubted as what a page says of itself is.
    let language = options.language.or(options.hints.language);
    segment::segment(doc, source, format, language).map(|article| options.hints.outweigh(article))
}

/// The format, as the caller says or else the bytes do, a server, or the name; `None` where only the decoded text
/// tells Markdown from plain text.
fn format_of(bytes: &[u8], source: &str, options: &LoadOptions) -> Result<Option<SourceFormat>> {
    if options.format.is_some() {
        return Ok(options.format);
    }
    if package::is_zip(bytes) {
        return Package::open(bytes, options.max_bytes)?.format().map(Some);
    }
    // What the bytes say outweighs what a server says of them.
    if pdf::is_pdf(bytes) {
        return Ok(Some(SourceFormat::Pdf));
    }
    Ok(options.hints.format.or_else(|| charset::is_html(bytes, source).then_some(SourceFormat::Html)))
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

/// Markdown or plain text, by the file name, or by signs of Markdown in the text.
fn format_of_text(source: &str, text: &str) -> SourceFormat {
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
