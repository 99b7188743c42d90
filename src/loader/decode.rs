//! Bytes of texts to characters: byte-order marks, UTF-8, legacy encodings by detection, and what is refused.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

use crate::error::{Error, ErrorKind, Result};

/// The formats that are read, as messages name them.
pub(super) const READABLE: &str = "text, Markdown, HTML, PDF, DOCX and EPUB";

/// Beginnings of files that are not text, with the name to call them by.
const MAGIC: &[(&[u8], &str)] = &[
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xFF\xD8\xFF", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"\x1F\x8B", "gzip-compressed data"),
    (b"\x28\xB5\x2F\xFD", "zstd-compressed data"),
    (b"BZh", "bzip2-compressed data"),
    (b"7z\xBC\xAF\x27\x1C", "a 7z archive"),
    (b"\xD0\xCF\x11\xE0", "an old Microsoft Office document, or a new one with a password"),
    (b"{\\rtf", "an RTF document"),
    (b"GGUF", "a GGUF model"),
    (b"\x7FELF", "a program"),
];

/// Above this share of control characters a text is taken for binary data.
const MAX_CONTROL_SHARE: f64 = 0.02;

/// Decodes a whole file. The error says what the bytes look like. `hint` is the charset that a server
/// named: it counts where there is no byte-order mark and the bytes are no sound UTF-8.
pub(super) fn decode(bytes: &[u8], hint: Option<&str>) -> Result<String> {
    if bytes.is_empty() {
        return Err(refused("the input is empty; give the text of an article"));
    }
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Err(refused(format!("this looks like {name}; only {READABLE} are read")));
    }
    let text = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => decode_as(encoding, &bytes[length..], "by its byte-order mark")?,
        None => decode_unmarked(bytes, hint)?,
    };
    if text.chars().all(char::is_whitespace) {
        return Err(refused("the input has nothing but white space; give the text of an article"));
    }
    let (mut all, mut controls) = (0usize, 0usize);
    for c in text.chars() {
        all += 1;
        controls += usize::from(c.is_control() && !c.is_whitespace());
    }
    if controls as f64 > MAX_CONTROL_SHARE * all as f64 {
        return Err(refused(format!(
            "this looks like binary data ({controls} control characters among {all}); only {READABLE} are read"
        )));
    }
    refuse_xml(&text)?;
    Ok(text)
}

fn decode_unmarked(bytes: &[u8], hint: Option<&str>) -> Result<String> {
    let hint = hint.and_then(|label| Encoding::for_label(label.as_bytes())).filter(|e| *e != UTF_8);
    let hinted = |encoding: &'static Encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes);
    if let Some(text) = hint.filter(|e| !e.is_ascii_compatible()).and_then(hinted) {
        return Ok(text.into_owned());
    }
    if let Some(at) = bytes.iter().position(|&b| b == 0) {
        return Err(refused(format!(
            "this looks like binary data, or UTF-16 without a byte-order mark (NUL at byte {at}); \
             only {READABLE} are read"
        )));
    }
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(text.to_owned()),
        Err(error) => error,
    };
    if let Some(text) = hint.and_then(hinted) {
        return Ok(text.into_owned());
    }
    if is_damaged_utf8(bytes) {
        return Err(refused(format!(
            "this is UTF-8 with malformed bytes, the first at byte {}; save it again as UTF-8",
            error.valid_up_to()
        )));
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    decode_as(detector.guess(None, Utf8Detection::Deny), bytes, "by detection")
}

/// Whether most of what is not ASCII is sound UTF-8: then a legacy encoding would give nonsense.
pub(super) fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut sound, mut broken) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        sound += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    sound > broken
}

fn decode_as(encoding: &'static Encoding, bytes: &[u8], how: &str) -> Result<String> {
    match encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => Ok(text.into_owned()),
        None => {
            let place = if encoding == UTF_8 {
                let at = std::str::from_utf8(bytes).map_or_else(|e| e.valid_up_to(), str::len);
                format!(", the first at byte {at} after the mark")
            } else {
                String::new()
            };
            Err(refused(format!(
                "the text is {} {how}, but has bytes that are malformed in it{place}; save it again as UTF-8",
                encoding.name()
            )))
        }
    }
}

fn refuse_xml(text: &str) -> Result<()> {
    if text.trim_start().get(..5).is_some_and(|head| head.eq_ignore_ascii_case("<?xml")) {
        return Err(refused(format!("this is an XML document; only {READABLE} are read")));
    }
    Ok(())
}

pub(super) fn refused(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Input, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(bytes: &[u8]) -> String {
        let error = decode(bytes, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        error.message().to_owned()
    }

    fn utf16(text: &str, big: bool) -> Vec<u8> {
        let to_bytes = if big { u16::to_be_bytes } else { u16::to_le_bytes };
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn utf8_with_and_without_mark_and_utf16_with_mark_are_read() {
        let text = "El alcalde inauguró el puente — por fin.";
        assert_eq!(decode(text.as_bytes(), None).unwrap(), text);
        assert_eq!(decode(format!("\u{FEFF}{text}").as_bytes(), None).unwrap(), text);
        for big in [false, true] {
            assert_eq!(decode(&utf16(&format!("\u{FEFF}{text}"), big), None).unwrap(), text);
        }
    }

    #[test]
    fn windows_1252_is_detected() {
        let text = "La decisión llegó el miércoles, después de una larga sesión en el pequeño salón del año.";
        let (bytes, _, lossy) = encoding_rs::WINDOWS_1252.encode(text);
        assert!(!lossy);
        assert_eq!(decode(&bytes, None).unwrap(), text);
    }

    #[test]
    fn empty_and_blank_are_refused() {
        assert!(message(b"").contains("empty"));
        assert!(message(" \r\n\t\u{A0}".as_bytes()).contains("white space"));
        assert!(message("\u{FEFF}".as_bytes()).contains("white space"));
    }

    #[test]
    fn binary_is_refused_by_name() {
        assert!(message(b"PK\x03\x04rest").contains("ZIP"));
        assert!(message(b"\x89PNG\r\n").contains("PNG"));
        assert!(message(b"\x1F\x8B\x08").contains("gzip"));
        assert!(message(b"some text\0more").contains("NUL at byte 9"));
        assert!(message(b"a\x01\x02\x03b").contains("control characters"));
    }

    #[test]
    fn damaged_text_is_refused_with_the_place() {
        let mut bytes = "añadió más árboles".as_bytes().to_vec();
        bytes.push(0xC3);
        assert!(message(&bytes).contains(&format!("at byte {}", bytes.len() - 1)));
        let mut marked = "\u{FEFF}ab".as_bytes().to_vec();
        marked.push(0xFF);
        assert!(message(&marked).contains("at byte 2"));
        assert!(message(b"\xFF\xFEa\0\x00\xD8b\0").contains("UTF-16LE"));
    }

    #[test]
    fn xml_is_refused() {
        assert!(message(b"<?xml version='1.0'?>").contains("XML"));
    }
}
