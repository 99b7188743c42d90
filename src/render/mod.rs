//! Renderers: an [`Output`] as text, Markdown, HTML, JSON or JSON-LD.
//!
//! JSON holds everything. The other formats show content only, the summary and the FAQ block, and
//! show of it what there is: either may be missing.

mod html;
mod inspection;
mod json;
mod jsonld;
mod markdown;
mod page;
#[cfg(test)]
mod samples;
mod text;

use std::str::FromStr;

use crate::content::Output;
use crate::error::{Error, ErrorKind};

pub use inspection::inspection;
pub(crate) use inspection::text as html_text;
pub use json::json_schema;

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Format {
    /// Markdown.
    #[default]
    Markdown,
    /// A fragment of accessible HTML.
    Html,
    /// JSON, all there is; `faqtory schema` prints its schema.
    Json,
    /// JSON-LD: a schema.org `FAQPage`; a `CreativeWork` where there is no FAQ block.
    JsonLd,
    /// Plain text.
    Text,
}

/// What of an output is shown beside its texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shown {
    /// Notes with the sentences of the article that the texts rest on: footnotes in text and Markdown, links in HTML.
    pub evidence: bool,
}

/// One output format.
trait Renderer: Sync {
    /// The name used on the command line.
    fn name(&self) -> &'static str;

    /// The file name extension, without the dot.
    fn extension(&self) -> &'static str {
        self.name()
    }

    /// The media type with its character set, as in an HTTP `Content-Type`.
    fn media_type(&self) -> &'static str;

    /// The output in this format. White space at its end does not matter.
    fn render(&self, output: &Output, shown: Shown) -> String;
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 5] = [Self::Markdown, Self::Html, Self::Json, Self::JsonLd, Self::Text];

    fn renderer(self) -> &'static dyn Renderer {
        match self {
            Self::Markdown => &markdown::Markdown,
            Self::Html => &html::Html,
            Self::Json => &json::Json,
            Self::JsonLd => &jsonld::JsonLd,
            Self::Text => &text::Text,
        }
    }

    /// The name used on the command line.
    pub fn name(self) -> &'static str {
        self.renderer().name()
    }

    /// The file name extension, without the dot.
    pub fn extension(self) -> &'static str {
        self.renderer().extension()
    }

    /// The media type with its character set, as in an HTTP `Content-Type`.
    pub fn media_type(self) -> &'static str {
        self.renderer().media_type()
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|f| f.name() == s).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|f| f.name()).collect();
            Error::new(ErrorKind::Config, format!("unknown format `{s}`; known are {}", known.join(", ")))
        })
    }
}

/// The output in that format, ending with exactly one line break.
pub fn render(output: &Output, format: Format) -> String {
    render_with(output, format, Shown::default())
}

/// The same, with more of it shown. JSON has everything always, and JSON-LD nothing but the content.
pub fn render_with(output: &Output, format: Format, shown: Shown) -> String {
    let mut text = format.renderer().render(output, shown);
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinct_and_parse_back() {
        for format in Format::ALL {
            assert_eq!(format.name().parse::<Format>().unwrap(), format);
            assert!(format.media_type().contains('/'), "{format:?}");
        }
        let error = "pdf".parse::<Format>().unwrap_err();
        assert_eq!(error.message(), "unknown format `pdf`; known are md, html, json, jsonld, text");
    }

    #[test]
    fn every_format_of_every_sample_ends_with_one_line_break() {
        for format in Format::ALL {
            for (name, output) in samples::all() {
                let text = render(&output, format);
                assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{format:?} of {name}: {text:?}");
            }
        }
    }

    #[test]
    fn content_formats_show_neither_rejections_nor_usage() {
        let output = samples::spanish();
        let rejected = &output.rejections[0].text;
        for format in Format::ALL {
            let text = render(&output, format);
            assert_eq!(text.contains(rejected), format == Format::Json, "{format:?}");
            assert_eq!(text.contains(&output.usage.model.id), format == Format::Json, "{format:?}");
        }
    }
}
