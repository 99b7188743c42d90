//! The front-end for DOCX (Office Open XML): the text of the main part as blocks, by its styles.
//!
//! Notes stand at the end of the section that refers to them. Page headers and footers and tables of contents
//! are in the document as dropped blocks. Comments and the texts of charts are not read.

mod item;
mod numbering;
mod styles;
mod table;
#[cfg(test)]
pub(crate) mod tests;
mod walk;

use std::collections::HashMap;

use self::item::{Item, NoteKind};
use self::numbering::Numbering;
use self::styles::{Look, Styles};
use self::walk::{Notes, Walker};
use super::block::{BlockKind, Document, Meta, Role, ends_sentence};
use super::package::{Package, missing, resolve};
use super::xml::{Event, Events, Ns};
use crate::article::{DropReason, one_line};
use crate::error::Result;

/// Page headers and footers that are looked at.
const MAX_HEADERS: usize = 12;
/// Blocks from the beginning among which author and date stand.
const MAX_META_BLOCKS: usize = 8;
const FURNITURE: Role = Role::Dropped(DropReason::Navigation);

/// Splits a document.
///
/// # Errors
/// `Input` where a part is missing or damaged.
pub(super) fn parse(package: &mut Package<'_>) -> Result<Document> {
    let main = main_part(package)?;
    let text = package.read_xml(&main)?.ok_or_else(|| missing("the main part", &main))?;
    let related = relationships(package, &main)?;
    let of_kind = |kind: &str| related.iter().find(|(k, _)| k == kind).map(|(_, path)| path.clone());
    let styles = optional(package, of_kind("styles"), styles::read)?.unwrap_or_default();
    let mut numbering = optional(package, of_kind("numbering"), numbering::read)?.unwrap_or_default();
    let (items, _) = Walker::new(&styles, &mut numbering).walk(&text, &main)?;
    let mut notes = HashMap::new();
    for (kind, name) in [(NoteKind::Footnote, "footnotes"), (NoteKind::Endnote, "endnotes")] {
        let found = walk(package, of_kind(name).as_deref(), &styles)?.1;
        notes.extend(found.into_iter().map(|(id, items)| ((kind, id), items)));
    }
    let mut margins = [Vec::new(), Vec::new()];
    for (margin, kind) in margins.iter_mut().zip(["header", "footer"]) {
        for (_, path) in related.iter().filter(|(k, _)| k == kind).take(MAX_HEADERS) {
            for item in walk(package, Some(path), &styles)?.0 {
                let text = one_line(&item.text);
                if text.contains(char::is_alphabetic) && !margin.contains(&text) {
                    margin.push(text);
                }
            }
        }
    }
    let stated = properties(package)?;
    let mut writer = Writer { doc: Document::default(), notes, waiting: Vec::new(), shift: shift(&items) };
    for text in &margins[0] {
        writer.doc.push(BlockKind::Paragraph, text, FURNITURE);
    }
    writer.items(items);
    for text in &margins[1] {
        writer.doc.push(BlockKind::Paragraph, text, FURNITURE);
    }
    let mut doc = writer.doc;
    take_head(&mut doc, stated);
    doc.meta.doubted_language = doc.meta.doubted_language.take().or(styles.language);
    Ok(doc)
}

/// The path of the main part: as the relationships of the package say, or as the types of its parts do.
fn main_part(package: &mut Package<'_>) -> Result<String> {
    let root = relationships(package, "")?;
    if let Some((_, path)) = root.into_iter().find(|(kind, path)| kind == "officeDocument" && package.has(path)) {
        return Ok(path);
    }
    let types = package.read_xml("[Content_Types].xml")?.unwrap_or_default();
    let mut events = Events::new(&types, "[Content_Types].xml");
    while let Some(event) = events.next()? {
        if let Event::Start(element) = event
            && element.attr("ContentType").is_some_and(|t| t.contains("word") && t.ends_with("main+xml"))
            && let Some(name) = element.attr("PartName")
        {
            return Ok(resolve("", &name));
        }
    }
    Ok("word/document.xml".to_owned())
}

/// Kind and path of the parts that a part refers to; the empty path is the package itself.
fn relationships(package: &mut Package<'_>, part: &str) -> Result<Vec<(String, String)>> {
    let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
    let path = format!("{folder}/_rels/{name}.rels");
    let Some(text) = package.read_xml(&path)? else { return Ok(Vec::new()) };
    let mut events = Events::new(&text, &path);
    let mut found = Vec::new();
    while let Some(event) = events.next()? {
        let Event::Start(element) = event else { continue };
        let external = element.attr("TargetMode").is_some_and(|m| m == "External");
        if let (Some(kind), Some(target), false) = (element.attr("Type"), element.attr("Target"), external) {
            let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
            found.push((kind, resolve(part, &target)));
        }
    }
    Ok(found)
}

/// Reads a part that need not be there.
fn optional<T>(
    package: &mut Package<'_>,
    path: Option<String>,
    read: fn(&str, &str) -> Result<T>,
) -> Result<Option<T>> {
    let Some(path) = path else { return Ok(None) };
    package.read_xml(&path)?.map(|text| read(&text, &path)).transpose()
}

fn walk(package: &mut Package<'_>, path: Option<&str>, styles: &Styles) -> Result<(Vec<Item>, Notes)> {
    let Some(path) = path else { return Ok(Default::default()) };
    let Some(text) = package.read_xml(path)? else { return Ok(Default::default()) };
    Walker::new(styles, &mut Numbering::default()).walk(&text, path)
}

/// What the properties of the file say. They are often left from another file: only what the text does not
/// show is taken from them.
fn properties(package: &mut Package<'_>) -> Result<Meta> {
    let mut meta = Meta::default();
    let path = "docProps/core.xml";
    let Some(text) = package.read_xml(path)? else { return Ok(meta) };
    let mut events = Events::new(&text, path);
    let mut field = String::new();
    let mut author_is_program = false;
    while let Some(event) = events.next()? {
        match event {
            Event::Start(element) if element.ns == Ns::DublinCore => field = element.name().to_owned(),
            Event::Start(_) | Event::End => field.clear(),
            Event::Text(value) => {
                let value = one_line(&value);
                if value.is_empty() || value.chars().count() > 300 {
                    continue;
                }
                match field.as_str() {
                    "title" if !is_junk_title(&value) => meta.title = Some(value),
                    "creator" if is_program(&value) => author_is_program = true,
                    "creator" => meta.byline = Some(value),
                    "created" => meta.date = value.get(..10).map(str::to_owned),
                    "language" => meta.language = Some(value),
                    _ => {}
                }
            }
        }
    }
    // Its date is that of a template.
    if author_is_program {
        meta.date = None;
    }
    Ok(meta)
}

fn is_program(name: &str) -> bool {
    let name = name.to_lowercase();
    [
        "python-docx",
        "microsoft",
        "administrator",
        "administrador",
        "user",
        "usuario",
        "unknown",
        "un-named",
        "apache poi",
    ]
    .iter()
    .any(|junk| name.starts_with(junk))
}

/// Names of files and templates, and titles of one word, say nothing.
fn is_junk_title(title: &str) -> bool {
    let lower = title.to_lowercase();
    lower.split_whitespace().count() < 2
        || lower.starts_with("microsoft word")
        || lower.starts_with("word document")
        || [".doc", ".docx", ".dotx", ".dot", ".rtf", ".odt", ".pdf"].iter().any(|end| lower.ends_with(end))
}

/// Whether sections begin one level below what their styles say: the title, or the first of several headings of
/// level 1, stands above them.
fn shift(items: &[Item]) -> u8 {
    let titled = items.iter().any(|i| i.look == Some(Look::Title));
    let firsts = items.iter().filter(|i| i.look == Some(Look::Heading(1))).count();
    u8::from(firsts > 1 || (titled && firsts > 0))
}

/// Writes items into a document.
struct Writer {
    doc: Document,
    notes: HashMap<(NoteKind, String), Vec<Item>>,
    /// Notes that the section refers to.
    waiting: Vec<(NoteKind, String)>,
    shift: u8,
}

impl Writer {
    fn items(&mut self, items: Vec<Item>) {
        let mut items = items.into_iter().peekable();
        while let Some(mut item) = items.next() {
            // Each line of code is a paragraph.
            while item.kind() == BlockKind::Code
                && let Some(next) = items.next_if(|next| next.kind() == BlockKind::Code)
            {
                item.text.push('\n');
                item.text.push_str(&next.text);
                item.notes.extend(next.notes);
            }
            if matches!(item.look, Some(Look::Heading(_))) {
                self.write_notes();
            }
            self.waiting.append(&mut item.notes);
            self.item(&item);
        }
        self.write_notes();
    }

    fn item(&mut self, item: &Item) {
        let role = match item.look {
            _ if item.contents => FURNITURE,
            Some(Look::Contents) => FURNITURE,
            Some(Look::Caption) if item.below_picture => Role::Dropped(DropReason::PhotoCredit),
            Some(Look::Author | Look::Date) if self.doc.blocks.len() < MAX_META_BLOCKS => Role::Meta,
            _ => Role::Body,
        };
        let first = !self.doc.blocks.iter().any(|b| b.role == Role::Body);
        let text = one_line(&item.text);
        let kind = match item.kind() {
            BlockKind::Paragraph if item.look == Some(Look::Title) && first => BlockKind::Heading(1),
            // A title that something stands above.
            BlockKind::Paragraph if item.look == Some(Look::Title) && self.doc.meta.title.is_none() => {
                self.doc.meta.title = Some(text.clone());
                self.doc.headed = true;
                self.doc.push(BlockKind::Heading(1), &text, Role::Title);
                return;
            }
            BlockKind::Heading(level) if !first => BlockKind::Heading((level + self.shift).min(6)),
            kind => kind,
        };
        let subtitle = item.look == Some(Look::Subtitle);
        if subtitle && self.doc.headed && self.doc.meta.deck.is_none() {
            self.doc.push(kind, &text, Role::Deck);
            self.doc.meta.deck = Some(text);
            return;
        }
        let meta = &mut self.doc.meta;
        match (role, item.look) {
            (Role::Meta, Some(Look::Author)) => meta.byline = meta.byline.take().or(Some(text)),
            (Role::Meta, _) => meta.date = meta.date.take().or(Some(text)),
            _ => {}
        }
        // Headings are one line; rows are already.
        let raw = if matches!(kind, BlockKind::Heading(_)) { item.text.replace('\n', " ") } else { item.text.clone() };
        if let Some(block) = self.doc.push(kind, &raw, role) {
            block.strong = item.strong;
            // The segmenter takes what is set off like a deck, in the place of one, for it.
            block.emphasis = item.emphasis || subtitle;
            block.link = item.link;
        }
    }

    fn write_notes(&mut self) {
        for key in std::mem::take(&mut self.waiting) {
            for item in self.notes.remove(&key).unwrap_or_default() {
                self.doc.push(item.kind(), &item.text, Role::Body);
            }
        }
    }
}

/// Takes what the properties state and the text does not show.
fn take_head(doc: &mut Document, stated: Meta) {
    doc.meta.byline = doc.meta.byline.take().or(stated.byline);
    doc.meta.date = doc.meta.date.take().or(stated.date);
    doc.meta.doubted_language = stated.language;
    let first = doc.blocks.iter().find(|b| b.role == Role::Body);
    let running = first.is_some_and(|b| {
        let text = &doc.text[b.span.range()];
        !matches!(b.kind, BlockKind::Heading(_)) && (ends_sentence(text) || text.contains('\n'))
    });
    if running && doc.meta.title.is_none() {
        doc.meta.title = stated.title;
    }
}
