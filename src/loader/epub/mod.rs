//! The front-end for EPUB 2 and 3: the chapters of a book in reading order, as one document.

mod opf;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use self::opf::File;
use super::block::{BlockKind, Document, Role};
use super::decode::refused;
use super::package::{Package, missing, resolve, shown};
use super::xml::{Event, Events};
use super::{charset, html};
use crate::article::{DropReason, one_line};
use crate::error::Result;

const CONTAINER: &str = "META-INF/container.xml";
const ENCRYPTION: &str = "META-INF/encryption.xml";
/// How fonts are obfuscated, which is no protection of the text.
const FONT_ALGORITHMS: &[&str] = &["http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"];
/// Steps from a file that cannot be read to one that can.
const MAX_FALLBACKS: usize = 5;
const FURNITURE: Role = Role::Dropped(DropReason::Navigation);

/// Splits a book.
///
/// # Errors
/// `Input` where the book is protected, or a part is missing or damaged.
pub(super) fn parse(package: &mut Package<'_>) -> Result<Document> {
    let path = package_document(package)?;
    let text = package.read_xml(&path)?.ok_or_else(|| missing("the package document", &path))?;
    let book = opf::read(&text, &path)?;
    if book.spine.is_empty() {
        return Err(refused("the book lists no chapters; export or download it again"));
    }
    let protected = protected(package)?;
    let mut doc = Document::default();
    let (mut seen, mut unread) = (HashSet::new(), None);
    let mut blocks = Vec::new();
    for id in &book.spine {
        let Some(file) = readable(&book, id)? else {
            unread = unread.or(book.files.get(id));
            continue;
        };
        if !seen.insert(file.path.as_str()) {
            continue;
        }
        if protected.contains(&file.path.to_lowercase()) {
            return Err(refused(format!(
                "the book is protected against copying (DRM): `{}` is encrypted; use a copy without protection",
                shown(&file.path)
            )));
        }
        let bytes = package.read(&file.path)?.ok_or_else(|| missing("the chapter", &file.path))?;
        if bytes.trim_ascii().is_empty() {
            continue;
        }
        let mut chapter = html::chapter(&charset::decode(&bytes, None).map_err(|e| e.at(shown(&file.path)))?)?;
        if file.leads {
            chapter.iter_mut().for_each(|block| block.role = FURNITURE);
        }
        blocks.append(&mut chapter);
    }
    if let (true, Some(file)) = (blocks.is_empty(), unread) {
        return Err(refused(format!(
            "the chapters of the book are of type `{}`, which is not read; give it as EPUB with text",
            shown(&file.media_type)
        )));
    }
    let title = book.meta.title.clone();
    let first = blocks.iter().position(|b| b.role == Role::Body);
    let shows_title = |block: &html::ChapterBlock| {
        matches!(block.kind, BlockKind::Heading(_)) && title.as_deref().is_some_and(|t| bare(t) == bare(&block.text))
    };
    let opens = first.is_some_and(|i| shows_title(&blocks[i]));
    // Below the title of the book, chapters are sections.
    let others = |b: &&html::ChapterBlock| b.kind == BlockKind::Heading(1) && b.role == Role::Body && !shows_title(b);
    let shift = u8::from(title.is_some() && blocks.iter().filter(others).count() > 0);
    for (i, block) in blocks.iter().enumerate() {
        let titled = block.role == Role::Body && shows_title(block);
        let (kind, role) = match block.kind {
            // The segmenter finds title and deck at the beginning.
            _ if titled && opens && first == Some(i) => (BlockKind::Heading(1), Role::Body),
            _ if titled => (BlockKind::Heading(1), Role::Title),
            BlockKind::Heading(level) => (BlockKind::Heading((level + shift).min(6)), block.role),
            kind => (kind, block.role),
        };
        let text = if titled { one_line(&block.text) } else { block.text.clone() };
        if let Some(added) = doc.push(kind, &text, role) {
            (added.strong, added.emphasis, added.link) = (block.strong, block.emphasis, block.link);
        }
    }
    doc.meta = book.meta;
    doc.headed = title.is_some() && !opens;
    Ok(doc)
}

/// Letters and digits in lower case: the form in which titles are compared.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The path of the package document: as the container says, or the only one there is.
fn package_document(package: &mut Package<'_>) -> Result<String> {
    if let Some(text) = package.read_xml(CONTAINER)? {
        let mut events = Events::new(&text, CONTAINER);
        while let Some(event) = events.next()? {
            if let Event::Start(element) = event
                && element.name() == "rootfile"
                && let Some(path) = element.attr("full-path")
            {
                let path = resolve("", &path);
                if package.has(&path) {
                    return Ok(path);
                }
            }
        }
    }
    let found = package.paths().filter(|p| p.ends_with(".opf")).min().map(str::to_owned);
    found.ok_or_else(|| refused("the book has no package document (OPF); export or download it again"))
}

/// The file of a chapter that is text, or `None` where it is a picture or the like.
fn readable<'b>(book: &'b opf::Package, id: &str) -> Result<Option<&'b File>> {
    let mut file = book.files.get(id).ok_or_else(|| missing("the chapter with the id", id))?;
    for _ in 0..MAX_FALLBACKS {
        let kind = file.media_type.to_lowercase();
        let is_text = kind.contains("html") || kind.contains("x-dtbook") || kind.contains("x-oeb1-document");
        if is_text {
            return Ok(Some(file));
        }
        match file.fallback.as_ref().and_then(|id| book.files.get(id)) {
            Some(next) => file = next,
            None => return Ok(None),
        }
    }
    Ok(None)
}

/// The paths, in lower case, of the parts that are encrypted, but for fonts.
fn protected(package: &mut Package<'_>) -> Result<HashSet<String>> {
    let mut paths = HashSet::new();
    let Some(text) = package.read_xml(ENCRYPTION)? else { return Ok(paths) };
    let mut events = Events::new(&text, ENCRYPTION);
    let mut of_font = false;
    while let Some(event) = events.next()? {
        let Event::Start(element) = event else { continue };
        match element.name() {
            "EncryptedData" => of_font = false,
            "EncryptionMethod" => {
                of_font = element.attr("Algorithm").is_some_and(|a| FONT_ALGORITHMS.contains(&a.as_str()));
            }
            "CipherReference" if !of_font => {
                paths.extend(element.attr("URI").map(|uri| resolve("", &uri).to_lowercase()));
            }
            _ => {}
        }
    }
    Ok(paths)
}
