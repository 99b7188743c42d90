//! What a PDF file says about itself: Info dictionary, catalog, XMP.

use std::sync::LazyLock;

use hayro_syntax::Pdf;
use hayro_syntax::object::{Dict, Stream, String as PdfString};
use regex::Regex;
use serde::{Deserialize, Serialize};

/// Longer XMP packets are not read.
const MAX_XMP: usize = 1 << 20;
/// Longer fields are no names.
const MAX_FIELD: usize = 500;

/// The fields that an article can use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Info {
    pub(super) title: Option<String>,
    pub(super) author: Option<String>,
    /// The day, in ISO 8601.
    pub(super) date: Option<String>,
    pub(super) language: Option<String>,
}

/// Reads them; the Info dictionary wins over XMP.
pub(super) fn read(pdf: &Pdf) -> Info {
    let data = pdf.metadata();
    let catalog = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id());
    let xmp = catalog
        .as_ref()
        .and_then(|c| c.get::<Stream<'_>>(b"Metadata"))
        // By the standard it is not compressed, so that programs that know no PDF can find it.
        .filter(|s| s.filters().is_empty() && s.raw_data().len() <= MAX_XMP)
        .map(|s| String::from_utf8_lossy(&s.raw_data()).into_owned())
        .unwrap_or_default();
    let field = |bytes: &Option<Box<[u8]>>| bytes.as_deref().map(text).and_then(|s| tidy(&s));
    let day = data.creation_date.map(|d| format!("{:04}-{:02}-{:02}", d.year, d.month, d.day));
    Info {
        title: field(&data.title).or_else(|| element(&xmp, "dc:title")).filter(|t| !is_junk_title(t)),
        author: field(&data.author).or_else(|| element(&xmp, "dc:creator")).filter(|a| !is_junk_author(a)),
        date: day.or_else(|| element(&xmp, "xmp:CreateDate").and_then(|d| d.get(..10).map(str::to_owned))),
        language: catalog
            .as_ref()
            .and_then(|c| c.get::<PdfString<'_>>(b"Lang"))
            .and_then(|s| tidy(&text(s.as_bytes())))
            .or_else(|| element(&xmp, "dc:language")),
    }
}

/// A text string of PDF: UTF-16 or UTF-8 by its mark, otherwise the PDF's own encoding.
pub(super) fn text(bytes: &[u8]) -> String {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = rest.chunks_exact(2).map(|c| unit([c[0], c[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes {
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        // Against the standard, but frequent.
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().map(|&b| pdf_doc(b)).collect(),
        },
    }
}

/// PDFDocEncoding: Latin-1 but for the signs from 0x80 to 0xA0.
fn pdf_doc(byte: u8) -> char {
    const SIGNS: [char; 33] = [
        '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚', '™', 'ﬁ', 'ﬂ', 'Ł',
        'Œ', 'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž', '\u{FFFD}', '€',
    ];
    match byte {
        0x80..=0xA0 => SIGNS[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

fn tidy(raw: &str) -> Option<String> {
    let text = crate::article::one_line(&raw.replace('\0', ""));
    (!text.is_empty() && text.chars().count() <= MAX_FIELD).then_some(text)
}

/// The first text in an element of XMP.
fn element(xmp: &str, name: &str) -> Option<String> {
    static TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new("<[^>]*>").unwrap());
    let open = format!("<{name}");
    let start = xmp.find(&open)? + open.len();
    let rest = &xmp[start..];
    let rest = &rest[rest.find('>')? + 1..];
    let inner = &rest[..rest.find(&format!("</{name}>"))?];
    tidy(&htmlize::unescape(TAG.replace_all(inner, " ").as_ref()))
}

/// What programs put there by themselves.
fn is_junk_title(title: &str) -> bool {
    static JUNK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(
            r"(?i)^(?:untitled|sin título|microsoft (?:word|powerpoint|excel)|documento? ?\d*$|document\d*$|presentación de powerpoint|powerpoint presentation)|\.(?:docx?|pptx?|xlsx?|indd|qxd|rtf|odt|tex|dvi|pdf|ps|html?|cdr)$",
        )
        .unwrap()
    });
    JUNK.is_match(title) || !title.contains(' ') || !title.chars().any(char::is_alphabetic)
}

/// Names of accounts and programs.
fn is_junk_author(author: &str) -> bool {
    const JUNK: &[&str] =
        &["admin", "administrator", "user", "usuario", "anonymous", "unknown", "author", "windows user"];
    let lower = author.to_lowercase();
    JUNK.contains(&lower.as_str()) || !author.chars().any(char::is_alphabetic) || !author.contains(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_strings_in_their_encodings() {
        assert_eq!(text(b"\xFE\xFF\x00A\x00\xF1"), "Añ");
        assert_eq!(text(b"\xFF\xFEA\x00"), "A");
        assert_eq!(text("Año".as_bytes()), "Año");
        assert_eq!(text(b"A\xF1o \x84 \xA0"), "Año — €");
        assert_eq!(text(b"\xFE\xFF\x00"), "");
    }

    #[test]
    fn titles_that_programs_give_are_junk() {
        for junk in ["Microsoft Word - report.docx", "untitled", "final v2.indd", "Document1", "sin título-1", "2024"]
        {
            assert!(is_junk_title(junk), "{junk}");
        }
        assert!(!is_junk_title("The dam at Grauvel comes down"));
        assert!(is_junk_author("Administrator") && is_junk_author("jdoe3") && !is_junk_author("Ana Ruiz"));
    }

    #[test]
    fn elements_of_xmp() {
        let xmp = "<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>Water &amp; sand</rdf:li></rdf:Alt></dc:title>";
        assert_eq!(element(xmp, "dc:title").as_deref(), Some("Water & sand"));
        assert_eq!(element(xmp, "dc:creator"), None);
        assert_eq!(element("<dc:title", "dc:title"), None);
    }
}
