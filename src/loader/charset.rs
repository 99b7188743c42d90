//! HTML bytes: whether they are HTML, and in which encoding.

use std::path::Path;
use std::sync::LazyLock;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use regex::bytes::Regex;

use super::decode::{is_damaged_utf8, refused};
use crate::error::Result;

/// Bytes at the beginning that are looked at for a sign of HTML; browsers look at as many.
const SNIFFED: usize = 1_024;
/// Bytes at the beginning that are looked at for the encoding; some pages put much above it.
const PRESCANNED: usize = 8_192;
/// Above this share of control characters a page is taken for binary data.
const MAX_CONTROL_SHARE: usize = 50;

static SIGN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?is-u)^(?:\xEF\xBB\xBF)?(?:\s|<!--.*?-->|<\?xml[^>]*\?>)*<(?:!doctype\s+html|html|head|body|title|meta|div|article|main|section|h1|table|script|style|nav|header)[\s/>]",
    )
    .unwrap()
});
static DECLARED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"(?i-u)<(?:meta\b[^>]*?\bcharset|\?xml\b[^>]*?\bencoding)\s*=\s*["']?\s*([\w.:-]+)"#).unwrap()
});

/// Whether bytes are an HTML page, by their beginning; a name that says it needs only a tag.
pub(super) fn is_html(bytes: &[u8], source: &str) -> bool {
    let head = &bytes[..bytes.len().min(SNIFFED)];
    let wide;
    let head = match Encoding::for_bom(head) {
        Some((encoding, length)) if encoding != UTF_8 => {
            wide = encoding.decode_without_bom_handling(&head[length..]).0.into_owned();
            wide.as_bytes()
        }
        _ => head,
    };
    let extension = Path::new(source).extension().map(|e| e.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        // Markdown may begin with a tag.
        Some("md" | "markdown" | "mdown" | "mkd" | "mkdn" | "mdx" | "qmd" | "rmd") => {
            let start = head.trim_ascii_start();
            [&b"<!doctype html"[..], b"<html"]
                .iter()
                .any(|tag| start.get(..tag.len()).is_some_and(|found| found.eq_ignore_ascii_case(tag)))
        }
        Some("html" | "htm" | "xhtml" | "shtml") => head.contains(&b'<') || SIGN.is_match(head),
        _ => SIGN.is_match(head),
    }
}

/// Decodes a page as browsers do, but that sound UTF-8 is UTF-8 whatever the page declares: pages that
/// were saved by a program often declare what they were before. What the server named (`hint`) counts more
/// than what the page declares. Malformed bytes become U+FFFD.
pub(super) fn decode(bytes: &[u8], hint: Option<&str>) -> Result<String> {
    if bytes.trim_ascii().is_empty() {
        return Err(refused("the input is empty; give the text of an article"));
    }
    // In pieces whose count fits a byte: the compiler makes vector code of it.
    let is_control = |b: u8| u8::from(b < 0x20 && b != b'\t' && b != b'\n' && b != b'\r' && b != b'\x0C');
    let in_piece = |piece: &[u8]| usize::from(piece.iter().fold(0u8, |sum, &b| sum + is_control(b)));
    let controls: usize = bytes.chunks(255).map(in_piece).sum();
    let bom = Encoding::for_bom(bytes);
    if controls > bytes.len() / MAX_CONTROL_SHARE && bom.is_none_or(|(e, _)| e == UTF_8) {
        return Err(refused(format!(
            "this looks like binary data ({controls} control characters among {} bytes), not like an HTML page",
            bytes.len()
        )));
    }
    if let Some((encoding, length)) = bom {
        return Ok(encoding.decode_without_bom_handling(&bytes[length..]).0.into_owned());
    }
    let hint = hint.and_then(|label| Encoding::for_label(label.as_bytes()));
    let wide = hint.filter(|e| *e == UTF_16LE || *e == UTF_16BE);
    if let Some(text) = std::str::from_utf8(bytes).ok().filter(|_| wide.is_none()) {
        return Ok(text.to_owned());
    }
    let declared = hint.or_else(|| declared(bytes)).filter(|e| *e != UTF_8 || is_damaged_utf8(bytes));
    let encoding = declared.unwrap_or_else(|| {
        if is_damaged_utf8(bytes) {
            return UTF_8;
        }
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(bytes, true);
        detector.guess(None, Utf8Detection::Deny)
    });
    Ok(encoding.decode_without_bom_handling(bytes).0.into_owned())
}

/// The encoding that the page declares.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let label = DECLARED.captures(&bytes[..bytes.len().min(PRESCANNED)])?.get(1)?;
    let encoding = Encoding::for_label(label.as_bytes())?;
    // What could be read so far is no UTF-16.
    Some(if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<!DOCTYPE html>\n<meta charset=\"X\"><p>La decisión llegó el miércoles, después de una larga sesión en el salón del año.";

    #[test]
    fn html_is_known_by_its_beginning() {
        for page in [
            "\n<!DOCTYPE html>",
            "<HTML lang=es>",
            "<!-- c --><html>",
            "\u{FEFF}<html>",
            "<?xml version='1.0'?><!DOCTYPE html PUBLIC>",
            "<div class=a>",
        ] {
            assert!(is_html(page.as_bytes(), "-"), "{page}");
        }
        for text in
            ["A text about <html> pages.", "# Title\n\n<div>x</div>", "<3 is a heart", "<?xml version='1.0'?><rss>", ""]
        {
            assert!(!is_html(text.as_bytes(), "-"), "{text}");
        }
        assert!(!is_html(b"<div align=center>\n\n# Title", "a.md"));
        assert!(is_html(b"Text <b>first</b>.", "a.html"));
        let wide: Vec<u8> = "\u{FEFF}<html>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(is_html(&wide, "-"));
    }

    #[test]
    fn the_encoding_is_declared_or_detected() {
        let (latin, ..) = encoding_rs::WINDOWS_1252.encode(PAGE);
        for label in ["iso-8859-1", "utf-8", "nonsense"] {
            let bytes = String::from_utf8_lossy(&latin[..30]).replace('X', label).into_bytes();
            let bytes: Vec<u8> = bytes.into_iter().chain(latin[30..].iter().copied()).collect();
            assert!(decode(&bytes, None).unwrap().contains("decisión llegó"), "{label}");
        }
        let saved = PAGE.replace('X', "windows-1252");
        assert_eq!(decode(saved.as_bytes(), None).unwrap(), saved);
        let wide: Vec<u8> = format!("\u{FEFF}{PAGE}").encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&wide, None).unwrap(), PAGE);
        let mut torn = PAGE.as_bytes().to_vec();
        torn.push(0xC3);
        assert!(decode(&torn, None).unwrap().contains("decisión llegó"));
        assert!(decode(b" \n", None).unwrap_err().message().contains("empty"));
        assert!(decode(&[b"<html>".as_slice(), &[0; 50]].concat(), None).unwrap_err().message().contains("binary"));
    }
}
