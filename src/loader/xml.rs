//! XML parts of packages: decoded, and read as a flat run of events, without recursion.
//!
//! Entities that a document defines are never expanded: only the five of XML and character references are.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event as XmlEvent};

use super::decode::refused;
use super::package::shown;
use crate::error::{Error, Result};

/// Namespaces by the ends of their names: those of one vocabulary have changed over the years.
const NAMESPACES: &[(&str, Ns)] = &[
    ("/wordprocessingml/2006/main", Ns::Word),
    ("/ooxml/wordprocessingml/main", Ns::Word),
    ("/word/2003/wordml", Ns::Word),
    ("/officeDocument/2006/math", Ns::Math),
    ("/ooxml/officeDocument/math", Ns::Math),
    ("/markup-compatibility/2006", Ns::Compatibility),
    ("/dc/elements/1.1/", Ns::DublinCore),
    ("/dc/elements/1.0/", Ns::DublinCore),
    ("/dc/terms/", Ns::DublinCore),
];

/// The vocabulary that an element belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ns {
    /// WordprocessingML.
    Word,
    /// Office math.
    Math,
    /// Markup compatibility: alternatives for older programs.
    Compatibility,
    /// Dublin Core, as metadata use it.
    DublinCore,
    /// Any other.
    Other,
}

/// One step through a part.
#[derive(Debug)]
pub(super) enum Event<'a> {
    Start(Element<'a>),
    /// Ends the innermost open element.
    End,
    Text(Cow<'a, str>),
}

/// A start tag.
#[derive(Debug)]
pub(super) struct Element<'a> {
    pub(super) ns: Ns,
    start: BytesStart<'a>,
}

impl Element<'_> {
    /// The name without its prefix.
    pub(super) fn name(&self) -> &str {
        local(self.start.name().0)
    }

    /// The value of an attribute by its name without prefix.
    pub(super) fn attr(&self, name: &str) -> Option<String> {
        // The check for repeated names takes the square of their number.
        let found = self.start.attributes().with_checks(false).flatten().find(|a| local(a.key.0) == name)?;
        let value = found.normalized_value(XmlVersion::default()).unwrap_or_else(|_| found.value.clone());
        Some(value.into_owned())
    }

    /// The value of `w:val`, which most elements of WordprocessingML have.
    pub(super) fn val(&self) -> Option<String> {
        self.attr("val")
    }

    /// Whether a property that is either on or off is on.
    pub(super) fn is_on(&self) -> bool {
        !matches!(self.val().as_deref(), Some("0" | "false" | "off" | "none"))
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// The events of a part.
pub(super) struct Events<'a> {
    reader: Reader<&'a [u8]>,
    part: &'a str,
    /// Prefixes that the part declares anywhere; it is of no use to declare one twice.
    prefixes: Vec<(String, Ns)>,
    depth: usize,
}

impl<'a> Events<'a> {
    /// Begins to read a text; `part` is what messages call it.
    pub(super) fn new(text: &'a str, part: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.allow_dangling_amp = true;
        Self { reader, part, prefixes: Vec::new(), depth: 0 }
    }

    /// The next event; `None` at the end.
    ///
    /// # Errors
    /// `Input` where the part is not well-formed.
    pub(super) fn next(&mut self) -> Result<Option<Event<'a>>> {
        loop {
            let event = match self.reader.read_event() {
                Ok(event) => event,
                Err(e) => return Err(self.damaged().with_source(e)),
            };
            return Ok(Some(match event {
                XmlEvent::Start(start) => {
                    self.depth += 1;
                    let ns = self.namespace(&start);
                    Event::Start(Element { ns, start })
                }
                XmlEvent::End(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    Event::End
                }
                XmlEvent::Text(text) => Event::Text(text.into_inner()),
                XmlEvent::CData(text) => Event::Text(text.into_inner()),
                XmlEvent::GeneralRef(reference) => match &*reference {
                    "lt" => Event::Text("<".into()),
                    "gt" => Event::Text(">".into()),
                    "amp" => Event::Text("&".into()),
                    "apos" => Event::Text("'".into()),
                    "quot" => Event::Text("\"".into()),
                    _ => match reference.resolve_char_ref() {
                        Ok(Some(c)) => Event::Text(c.to_string().into()),
                        _ => continue,
                    },
                },
                XmlEvent::Eof if self.depth > 0 => return Err(self.damaged()),
                XmlEvent::Eof => return Ok(None),
                _ => continue,
            }));
        }
    }

    fn damaged(&self) -> Error {
        let at = self.reader.buffer_position();
        refused(format!(
            "the part `{}` of the file is no sound XML at byte {at}; save or download it again",
            shown(self.part)
        ))
    }

    fn namespace(&mut self, start: &BytesStart<'_>) -> Ns {
        if memchr::memmem::find(start.attributes_raw().as_bytes(), b"xmlns").is_some() {
            for attr in start.attributes().with_checks(false).flatten() {
                let Some(rest) = attr.key.0.strip_prefix("xmlns") else { continue };
                let prefix = rest.trim_start_matches(':');
                let ns = NAMESPACES.iter().find(|(end, _)| attr.value.ends_with(end)).map_or(Ns::Other, |n| n.1);
                if let Some(known) = self.prefixes.iter_mut().find(|(known, _)| known == prefix) {
                    known.1 = ns;
                } else if self.prefixes.len() < MAX_PREFIXES {
                    self.prefixes.push((prefix.to_owned(), ns));
                }
            }
        }
        let name = start.name();
        let prefix = name.0.split_once(':').map_or("", |(prefix, _)| prefix);
        self.prefixes.iter().find(|(known, _)| known == prefix).map_or(Ns::Other, |p| p.1)
    }
}

/// Prefixes of a part, at most: word processors declare some thirty.
const MAX_PREFIXES: usize = 200;

/// Decodes a part by its byte-order mark, the order of its zeros, or its declaration; `part` is what messages
/// call it. NUL characters go.
///
/// # Errors
/// `Input` where bytes are malformed in the encoding.
pub(super) fn decode(bytes: &[u8], part: &str) -> Result<String> {
    let marked = Encoding::for_bom(bytes);
    let (encoding, bytes) = match marked {
        Some((encoding, length)) => (encoding, &bytes[length..]),
        None if bytes.starts_with(b"<\0") => (encoding_rs::UTF_16LE, bytes),
        None if bytes.starts_with(b"\0<") => (encoding_rs::UTF_16BE, bytes),
        None => (declared(bytes).unwrap_or(UTF_8), bytes),
    };
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes).ok_or_else(|| {
        refused(format!(
            "the part `{}` of the file has bytes that are malformed in {}; save it again",
            shown(part),
            encoding.name()
        ))
    })?;
    Ok(if text.contains('\0') { text.replace('\0', "") } else { text.into_owned() })
}

fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(200)];
    let head = &head[..memchr::memmem::find(head, b"?>")?];
    let rest = &head[memchr::memmem::find(head, b"encoding")? + b"encoding".len()..];
    let label = rest.split(|&b| b == b'"' || b == b'\'').nth(1)?;
    // What could be read so far is no UTF-16.
    Encoding::for_label(label).filter(|e| *e != encoding_rs::UTF_16LE && *e != encoding_rs::UTF_16BE)
}
