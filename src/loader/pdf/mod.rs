//! The front-end for PDF: glyphs to words, lines, columns, paragraphs, and what each of them is.
//!
//! `docs/pdf.md` tells how it goes and what it cannot do.

mod bombs;
mod device;
mod drawn;
mod furniture;
mod glyphs;
mod info;
mod isolate;
mod lines;
mod paragraphs;
mod tables;
#[cfg(test)]
mod tests;
mod words;

pub use self::isolate::{Worker, read_pdf};

use self::glyphs::Glyphs;
use self::info::Info;
use self::paragraphs::{Kind, Paragraph, Style};
use self::words::Words;
use super::block::{BlockKind, Document, Meta, Role, ends_sentence, looks_like_heading};
use super::decode::refused;
use crate::article::{DropReason, one_line};
use crate::error::Result;

/// The mark of a PDF file may stand so far from the beginning, by the standard of its readers.
const MARK_WITHIN: usize = 1024;
/// With a larger share of glyphs that no character is known for, the text is worth nothing.
const MAX_UNMAPPED: f64 = 0.3;
/// A title stands among the first paragraphs.
const MAX_TITLE_PARAGRAPHS: usize = 20;
/// Longer paragraphs are no headings, in characters.
const MAX_HEADING: usize = 220;

/// Whether bytes are a PDF file: its mark near the beginning, and one of its objects if it is not right there.
pub(super) fn is_pdf(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(MARK_WITHIN)];
    match memchr::memmem::find(head, b"%PDF-") {
        Some(0) => true,
        Some(_) => [&b"endobj"[..], b"startxref"].iter().any(|mark| memchr::memmem::find(bytes, mark).is_some()),
        None => false,
    }
}

/// Reads a PDF file, with a worker or here.
///
/// # Errors
/// `Input` where the file is protected, damaged, without text, too large, or cannot be read.
pub(super) fn parse(bytes: &[u8], worker: Option<&Worker>) -> Result<Document> {
    let read = isolate::read(bytes, worker).map_err(refused)?;
    check(&read)?;
    let losses = losses(&read);
    Ok(Document { losses, ..document(read) })
}

fn letters(page: &glyphs::Page) -> usize {
    page.pieces.iter().map(|p| p.run.text.chars().filter(|c| c.is_alphanumeric()).count()).sum()
}

/// The pages of a file with text that have none, where there are pictures: they may be scans.
fn losses(read: &Glyphs) -> Vec<String> {
    let blank: Vec<String> = read
        .pages
        .iter()
        .zip(1..)
        .filter(|(page, _)| letters(page) == 0)
        .map(|(_, n): (_, usize)| n.to_string())
        .collect();
    match blank.as_slice() {
        [] => Vec::new(),
        _ if read.pictured == 0 => Vec::new(),
        [page] => vec![format!("page {page} has no text; if it is an image, run text recognition (OCR) over it")],
        pages => vec![format!(
            "pages {} have no text; if they are images, run text recognition (OCR) over them",
            pages.join(", ")
        )],
    }
}

/// Refuses what has no text that is worth reading.
fn check(read: &Glyphs) -> Result<()> {
    let pages = read.pages.len();
    let written = read.pages.iter().filter(|p| letters(p) > 0).count();
    let all: usize = read.pages.iter().map(letters).sum();
    if read.unmapped as f64 > MAX_UNMAPPED * read.total as f64 {
        return Err(refused(format!(
            "the fonts of the PDF do not tell which characters {} of its {} glyphs are, so its text cannot be read; \
             run text recognition (OCR) over it first",
            read.unmapped, read.total
        )));
    }
    if written == 0 || (all < 40 * pages && read.pictured * 2 >= pages && all < 400) {
        return Err(refused(if read.pictured > 0 {
            "the pages of the PDF are images without text; run text recognition (OCR) over it first, for example with \
             `ocrmypdf`"
        } else {
            "the PDF has no text; its letters may be drawn as shapes: run text recognition (OCR) over it first"
        }));
    }
    Ok(())
}

fn document(mut read: Glyphs) -> Document {
    let mut aside = Vec::new();
    for page in &mut read.pages {
        aside.extend(asides(page));
    }
    let heights: Vec<f32> = read.pages.iter().map(|p| p.height).collect();
    let mut pages: Vec<_> = read.pages.iter().map(lines::segments).collect();
    aside.extend(furniture::take(&mut pages, &heights));
    let mut column = 0;
    let lines: Vec<_> =
        pages.into_iter().enumerate().flat_map(|(i, segments)| lines::lines(segments, i, &mut column)).collect();
    let (style, words) = (Style::of(&lines), Words::of(&lines));
    let paragraphs = paragraphs::split(lines, &style);
    let mut doc = Document::default();
    write(&mut doc, &paragraphs, &style, &words, &read.info);
    for text in aside {
        doc.push(BlockKind::Paragraph, &text, Role::Dropped(DropReason::Navigation));
    }
    let Info { author, date, language, .. } = read.info;
    doc.meta.byline = author;
    doc.meta.date = date;
    doc.meta.language = language;
    doc
}

/// What a page marks as no part of its text, and what is written across it, as lines.
fn asides(page: &mut glyphs::Page) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut last: Option<&glyphs::Piece> = None;
    for piece in page.pieces.iter().filter(|p| p.aside) {
        let goes_on = piece.spaced || last.is_some_and(|l| (l.run.y - piece.run.y).abs() < l.run.size * 2.0);
        match out.last_mut().filter(|_| goes_on) {
            Some(text) => {
                let gap = last.is_none_or(|l| piece.spaced || piece.run.x0 - l.run.x1 > l.run.size * 0.17);
                if gap {
                    text.push(' ');
                }
                text.push_str(&piece.run.text);
            }
            None => out.push(piece.run.text.clone()),
        }
        last = Some(piece);
    }
    out
}

/// Whether a paragraph looks like a heading.
fn is_heading(paragraph: &Paragraph, next: Option<&Paragraph>, text: &str, style: &Style) -> bool {
    let lines = paragraph.lines.len();
    if paragraph.kind != Kind::Text || text.chars().count() > MAX_HEADING || lines > 5 || paragraphs::is_caption(text) {
        return false;
    }
    if !text.chars().any(char::is_alphabetic) {
        return false;
    }
    if style.is_large(paragraph.size()) {
        return true;
    }
    let followed = next.is_some_and(|n| n.kind != Kind::Text || !n.bold());
    paragraph.bold()
        && paragraph.size() >= style.body * 0.92
        && lines <= 3
        && followed
        && (looks_like_heading(text) || (text.ends_with('?') && !ends_sentence(text.trim_end_matches('?'))))
}

/// The paragraph that is the title: the largest type of the first page, or what the file says of itself.
fn title(paragraphs: &[Paragraph], headings: &[bool], texts: &[String], style: &Style, info: &Info) -> Option<usize> {
    let page = paragraphs.first()?.first().page;
    let early = (0..paragraphs.len().min(MAX_TITLE_PARAGRAPHS)).filter(|&i| paragraphs[i].first().page == page);
    let wordy = |i: usize| texts[i].chars().filter(|c| c.is_alphabetic()).count() > 3;
    let largest = early
        .clone()
        .filter(|&i| headings[i] && wordy(i) && style.is_large(paragraphs[i].size()))
        .max_by(|&a, &b| paragraphs[a].size().total_cmp(&paragraphs[b].size()).then(b.cmp(&a)));
    let plain = |t: &str| t.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let stated = info.title.as_deref().map(plain);
    let named = || early.clone().find(|&i| stated.as_ref().is_some_and(|t| *t == plain(&texts[i])));
    largest.or_else(named).or_else(|| (headings.first() == Some(&true)).then_some(0))
}

fn write(doc: &mut Document, paragraphs: &[Paragraph], style: &Style, words: &Words, info: &Info) {
    let texts: Vec<String> = paragraphs.iter().map(|p| one_line(&paragraphs::text(p, words))).collect();
    let headings: Vec<bool> =
        (0..paragraphs.len()).map(|i| is_heading(&paragraphs[i], paragraphs.get(i + 1), &texts[i], style)).collect();
    // Type that most of the text is set in is none of headings.
    let large: usize = (0..texts.len()).filter(|&i| headings[i]).map(|i| texts[i].len()).sum();
    let all: usize = texts.iter().map(String::len).sum();
    let headings = if large * 2 > all { vec![false; texts.len()] } else { headings };
    let title = title(paragraphs, &headings, &texts, style, info);
    let looks = |i: usize| ((paragraphs[i].size() * 2.0).round() as i32, paragraphs[i].bold());
    let mut ranks: Vec<_> = (0..texts.len()).filter(|&i| headings[i] && Some(i) != title).map(looks).collect();
    ranks.sort_unstable_by(|a, b| b.cmp(a));
    ranks.dedup();
    for (i, paragraph) in paragraphs.iter().enumerate() {
        let kind = match paragraph.kind {
            _ if Some(i) == title => BlockKind::Heading(1),
            _ if headings[i] => {
                let rank = ranks.iter().position(|r| *r == looks(i)).unwrap_or(0);
                BlockKind::Heading((rank + 2).min(6) as u8)
            }
            Kind::Text if is_quotation(paragraph) => BlockKind::Quotation,
            Kind::Text => BlockKind::Paragraph,
            Kind::Item => BlockKind::ListItem,
            Kind::Row => BlockKind::TableRow,
        };
        if let Some(block) = doc.push(kind, &texts[i], Role::Body) {
            block.strong = paragraph.bold();
            block.emphasis = paragraph.italic();
        }
    }
    doc.meta = Meta { title: info.title.clone(), ..Meta::default() };
    if let Some(block) = doc.blocks.iter().position(|b| b.kind == BlockKind::Heading(1)) {
        // What stands above the title (the name of a series, a date) does not take its place.
        doc.meta.title = None;
        if block > 0 {
            doc.blocks[block].role = Role::Title;
            doc.meta.title = Some(doc.text[doc.blocks[block].span.range()].to_owned());
            doc.headed = matches!(doc.blocks[0].kind, BlockKind::Heading(_)) || block > 3;
        }
    }
}

/// Whether a paragraph is set in from both edges of its column, or from one and in italics.
fn is_quotation(paragraph: &Paragraph) -> bool {
    let size = paragraph.size();
    let indented = paragraph.lines.iter().all(|l| l.x0() > l.left + size * 1.1);
    let narrow = paragraph.lines.iter().all(|l| l.x1() < l.right - size * 0.9);
    paragraph.lines.len() > 1 && indented && (narrow || paragraph.italic())
}
