//! Content types: which answers can be articles, and what their header says of them.

use crate::article::SourceFormat;
use crate::error::{Error, ErrorKind, Result};

/// Types that can hold an article. What a server calls `octet-stream` is known by its first bytes.
const READABLE: &[&str] = &[
    "text/html",
    "application/xhtml+xml",
    "text/plain",
    "text/markdown",
    "text/x-markdown",
    "application/pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/epub+zip",
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
    "application/gzip",
    "application/x-gzip",
    "application/octet-stream",
    "binary/octet-stream",
];

/// A `Content-Type` header, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ContentType {
    /// `type/subtype` in lower case, if the header has one.
    pub(super) essence: Option<String>,
    /// The `charset` parameter.
    pub(super) charset: Option<String>,
}

impl ContentType {
    /// Reads a header tolerantly (RFC 9110, section 8.3.1).
    pub(super) fn parse(header: &str) -> Self {
        let mut parts = header.split(';').map(str::trim);
        let essence = parts.next().map(str::to_ascii_lowercase).filter(|e| e.contains('/'));
        let charset = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            let value = value.trim().trim_matches(['"', '\'']).trim();
            (name.trim().eq_ignore_ascii_case("charset") && !value.is_empty()).then(|| value.to_ascii_lowercase())
        });
        Self { essence, charset }
    }

    /// An error if the type cannot be that of an article.
    pub(super) fn check(&self) -> Result<()> {
        match self.essence.as_deref() {
            None => Ok(()),
            Some(known) if READABLE.contains(&known) => Ok(()),
            Some(other) => Err(Error::new(
                ErrorKind::Fetch,
                format!(
                    "the server sends `{}`, which is no article; web pages, text, Markdown and documents are read",
                    short(other)
                ),
            )),
        }
    }
}

/// The format that a content type names, where it names one that the bytes need not tell.
pub(super) fn format(essence: &str) -> Option<SourceFormat> {
    match essence {
        "text/html" | "application/xhtml+xml" => Some(SourceFormat::Html),
        "text/markdown" | "text/x-markdown" => Some(SourceFormat::Markdown),
        _ => None,
    }
}

/// Whether a content type is that of JSON Lines.
pub(super) fn is_json_lines(essence: &str) -> bool {
    matches!(essence, "application/x-ndjson" | "application/ndjson" | "application/jsonl" | "application/x-jsonlines")
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_tolerantly() {
        let read = |header| {
            let ContentType { essence, charset } = ContentType::parse(header);
            (essence.unwrap_or_default(), charset.unwrap_or_default())
        };
        let both = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(read("Text/HTML; Charset=\"ISO-8859-1\""), both("text/html", "iso-8859-1"));
        assert_eq!(read("text/plain;a=b ; charset = utf-8; charset=x"), both("text/plain", "utf-8"));
        assert_eq!(read("text/html; charset="), both("text/html", ""));
        assert_eq!(read("nonsense"), both("", ""));
    }

    #[test]
    fn what_is_no_article_is_refused_by_name() {
        for header in ["image/png", "video/mp4", "application/json", "text/css", "application/zip"] {
            let error = ContentType::parse(header).check().unwrap_err();
            assert!(error.message().contains(header), "{error}");
        }
        for header in ["text/html", "application/pdf", "application/octet-stream", "", "nonsense"] {
            assert!(ContentType::parse(header).check().is_ok(), "{header}");
        }
    }
}
