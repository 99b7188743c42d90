//! Guarded reading of the members of a ZIP file, which DOCX and EPUB files are.
//!
//! The sizes that an archive states are not believed: what comes out of it is counted as it comes, for all
//! members together. Nothing is ever written to disk, so a member's name can do no harm.

use std::collections::HashMap;
use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::decode::{READABLE, refused};
use super::xml;
use crate::article::SourceFormat;
use crate::error::{Error, Result};

/// Members of a file, at most; books of thousands of pages stay below it.
const MAX_MEMBERS: usize = 20_000;
/// Markup is this many times its text, at most: so many times the input limit may come out in all.
const MARKUP_FACTOR: u64 = 4;
/// What the signature of every entry of the archive's directory begins with.
const ENTRY: &[u8] = b"PK\x01\x02";

/// Whether bytes begin as a ZIP file does.
pub(super) fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// An open ZIP file.
pub(super) struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// Index by path, as [`key`] makes it.
    index: HashMap<String, usize>,
    /// Bytes that may still come out, and that could at first.
    budget: u64,
    limit: u64,
}

impl<'a> Package<'a> {
    /// Opens a file; all that is read of it later is at most four times `max_bytes`.
    ///
    /// # Errors
    /// `Input` where the archive is damaged or has too many members.
    pub(super) fn open(bytes: &'a [u8], max_bytes: u64) -> Result<Self> {
        // Counted before the directory is read, which takes memory for each.
        if memchr::memmem::find_iter(bytes, ENTRY).nth(MAX_MEMBERS).is_some() {
            return Err(refused(format!("the ZIP file has more than {MAX_MEMBERS} members; give the document alone")));
        }
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| {
            refused("the ZIP file (DOCX and EPUB files are such) is cut off or damaged; copy or download it again")
                .with_source(e)
        })?;
        let names = archive.file_names().enumerate();
        let index = names.filter_map(|(i, name)| Some((key(&name.ok()?), i))).collect();
        let limit = max_bytes.saturating_mul(MARKUP_FACTOR);
        Ok(Self { archive, index, budget: limit, limit })
    }

    /// Whether there is a member of this path.
    pub(super) fn has(&self, path: &str) -> bool {
        self.index.contains_key(&key(path))
    }

    /// The paths of all members, in no order, in lower case.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.index.keys().map(String::as_str)
    }

    /// The content of a member, or `None` where there is none of this path.
    ///
    /// # Errors
    /// `Input` where it is damaged or encrypted, or where more would come out than the limit.
    pub(super) fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>> {
        let Some(&index) = self.index.get(&key(path)) else { return Ok(None) };
        let damaged = |e: Box<dyn std::error::Error + Send + Sync>| {
            refused(format!("the part `{}` of the file is damaged; copy or download it again", shown(path)))
                .with_source(e)
        };
        if self.archive.by_index_data(index).is_ok_and(|entry| entry.encrypted()) {
            let message = format!("the part `{}` of the file is encrypted; save it without a password", shown(path));
            return Err(refused(message));
        }
        let member = self.archive.by_index(index).map_err(|e| damaged(e.into()))?;
        let mut out = Vec::new();
        let read = member.take(self.budget.saturating_add(1)).read_to_end(&mut out);
        let size = out.len() as u64;
        if size > self.budget {
            return Err(refused(format!(
                "the file is too large: its parts inflate to more than {} bytes; give a smaller one or raise the limit",
                self.limit
            )));
        }
        self.budget -= size;
        read.map_err(|e| damaged(e.into()))?;
        Ok(Some(out))
    }

    /// The text of an XML member, or `None` where there is none of this path.
    ///
    /// # Errors
    /// Those of [`Package::read`], and `Input` where the text cannot be decoded.
    pub(super) fn read_xml(&mut self, path: &str) -> Result<Option<String>> {
        self.read(path)?.map(|bytes| xml::decode(&bytes, path)).transpose()
    }

    /// What the file is by its members.
    ///
    /// # Errors
    /// `Input`, with what the file looks like, where it is none that is read.
    pub(super) fn format(&mut self) -> Result<SourceFormat> {
        let mimetype = self.read("mimetype")?.unwrap_or_default();
        let mimetype = String::from_utf8_lossy(&mimetype).trim_start_matches('\u{FEFF}').trim().to_ascii_lowercase();
        if mimetype == "application/epub+zip" || (mimetype.is_empty() && self.has("META-INF/container.xml")) {
            return Ok(SourceFormat::Epub);
        }
        let types = self.read_xml("[Content_Types].xml")?.unwrap_or_default();
        if types.contains("wordprocessingml") || types.contains("ms-word") || self.has("word/document.xml") {
            return Ok(SourceFormat::Docx);
        }
        let name = match mimetype.strip_prefix("application/vnd.oasis.opendocument.") {
            Some(kind) if kind.starts_with("text") => "an OpenDocument text (ODT); save it as DOCX".to_owned(),
            Some(kind) if kind.starts_with("spreadsheet") => "an OpenDocument spreadsheet (ODS)".to_owned(),
            Some(kind) if kind.starts_with("presentation") => "an OpenDocument presentation (ODP)".to_owned(),
            Some(_) => "an OpenDocument file".to_owned(),
            None if types.contains("spreadsheetml") || types.contains("ms-excel") => {
                "an Excel workbook (XLSX)".to_owned()
            }
            None if types.contains("presentationml") || types.contains("ms-powerpoint") => {
                "a PowerPoint presentation (PPTX)".to_owned()
            }
            None if self.paths().any(|p| p.starts_with("index/") && p.ends_with(".iwa")) => {
                "an Apple iWork document; export it as DOCX".to_owned()
            }
            None => format!("a ZIP archive of {} members", self.index.len()),
        };
        Err(refused(format!("this is {name}; only {READABLE} are read")))
    }
}

/// The form in which paths are compared: some writers use backslashes, or other capitals than they say.
fn key(path: &str) -> String {
    path.trim_start_matches(['/', '\\']).replace('\\', "/").to_lowercase()
}

/// A member's name in a message: it is not trusted to be short or visible.
pub(super) fn shown(path: &str) -> String {
    path.chars().filter(|c| !c.is_control()).take(100).collect()
}

/// The path that a reference in the member `base` leads to: relative to its folder, percent-decoded, without
/// query and fragment.
pub(super) fn resolve(base: &str, reference: &str) -> String {
    let reference = reference.split(['#', '?']).next().unwrap_or_default();
    let reference = percent_decoded(reference).replace('\\', "/");
    let mut parts: Vec<&str> = match base.rsplit_once('/') {
        Some((folder, _)) if !reference.starts_with('/') => folder.split('/').collect(),
        _ => Vec::new(),
    };
    for part in reference.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.retain(|p| !p.is_empty());
    parts.join("/")
}

fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let code = code.and_then(|c| std::str::from_utf8(c).ok()).and_then(|c| u8::from_str_radix(c, 16).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// The error of a part that must be there and is not.
pub(super) fn missing(what: &str, path: &str) -> Error {
    refused(format!("{what} `{}` is missing in the file; export or download it again", shown(path)))
}
