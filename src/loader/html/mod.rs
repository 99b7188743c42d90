//! The front-end for HTML: a page's visible text as blocks, the article's apart from the rest.
//!
//! The page is parsed into a tree, its visible text is split into blocks, and the subtree with the
//! most running text is the article. Nothing that a reader sees is lost without a trace: what is not
//! the article's stands in the document as a block that says why.

mod chapter;
mod content;
mod date;
mod faq;
mod head;
mod jsonld;
mod meta;
mod render;
mod tag;
#[cfg(test)]
mod tests;
mod tree;
mod zone;

use std::borrow::Cow;

pub(super) use self::chapter::{ChapterBlock, chapter};

use self::head::Title;
use self::render::Piece;
use super::block::{BlockKind, Document, Role};
use super::head::{Head, read_meta};
use super::normalize::normalize;
use crate::article::{DropReason, OwnFaq, Span};
use crate::error::Result;

/// Blocks that are looked at for byline and date.
const MAX_META_BLOCKS: usize = 8;

/// Splits a page.
///
/// # Errors
/// `Input` where the page has more elements than any article.
pub(super) fn parse(source: &str) -> Result<Document> {
    let tree = tree::parse(source)?;
    let mut pieces = render::pieces(&tree);
    content::reveal(&tree, &mut pieces);
    let ld = jsonld::read(&tree);
    let stated = meta::read(&tree, &ld);
    let title = head::title(&pieces, &stated);
    let faq = faq::find(&tree, &pieces, &ld);
    let mut roles = content::judge(&tree, &pieces, title.piece);
    for &i in &title.repeats {
        roles[i] = Some(Role::Dropped(DropReason::Navigation));
    }
    if let Some(i) = title.piece {
        roles[i] = Some(Role::Title);
    }
    for &i in faq.iter().flat_map(|f| &f.pieces) {
        roles[i] = Some(Role::Faq);
    }
    // Above the article's element, byline and date are not told from the menus by where they stand.
    if let Some(i) = title.piece {
        let begin = roles.iter().position(|r| *r == Some(Role::Body)).unwrap_or(0);
        for j in (i + 1..begin).take(MAX_META_BLOCKS) {
            let is_meta = || read_meta(pieces[j].text.trim(), &mut Head::default());
            if roles[j] == Some(Role::Dropped(DropReason::Navigation)) && is_meta() {
                roles[j] = Some(Role::Meta);
            }
        }
    }
    let body: Vec<usize> = (0..pieces.len()).filter(|&i| roles[i] == Some(Role::Body)).collect();
    let (decks, deck) = head::deck(&tree, &pieces, title.piece, &body, &stated);
    for i in decks {
        roles[i] = Some(Role::Deck);
    }

    let mut writer = Writer::default();
    let parted = faq.as_ref().is_some_and(|f| is_parted(&pieces, &mut roles, &f.pieces));
    let order = (0..pieces.len()).filter(|&i| !parted || roles[i] != Some(Role::Faq));
    for i in order {
        writer.piece(&pieces[i], roles[i], &title, i);
    }
    // A block that the article interrupts is put together below it.
    for i in (0..pieces.len()).filter(|&i| parted && roles[i] == Some(Role::Faq)) {
        writer.piece(&pieces[i], roles[i], &title, i);
    }
    let mut doc = writer.doc;
    doc.faq = faq.and_then(|f| own_faq(f, &mut doc));
    doc.meta = stated.meta;
    doc.meta.title = title.text;
    doc.meta.deck = deck;
    take_shown_meta(&mut doc);
    doc.headed = doc.meta.title.is_some();
    Ok(doc)
}

/// Byline and date as the page shows them, where its data does not have them.
fn take_shown_meta(doc: &mut Document) {
    let mut shown = Head::default();
    for block in doc.blocks.iter().filter(|b| b.role == Role::Meta).take(MAX_META_BLOCKS) {
        read_meta(&doc.text[block.span.range()], &mut shown);
    }
    // What it says beside them is about the author or the publisher.
    let stated = [&doc.meta.byline, &shown.byline, &shown.date];
    for block in doc.blocks.iter_mut().filter(|b| b.role == Role::Meta) {
        let text = &doc.text[block.span.range()];
        if !stated.iter().any(|s| s.as_deref().is_some_and(|s| s.contains(text) || text.contains(s))) {
            block.role = Role::Dropped(DropReason::AuthorNote);
        }
    }
    let meta = &mut doc.meta;
    meta.byline = meta.byline.take().or(shown.byline);
    meta.date = meta.date.take().or(shown.date.map(|d| date::iso(&d)));
}

#[derive(Debug, Default)]
struct Writer {
    doc: Document,
}

impl Writer {
    fn piece(&mut self, piece: &Piece, role: Option<Role>, title: &Title, index: usize) {
        let Some(role) = role else { return };
        let kind = if title.piece == Some(index) { BlockKind::Heading(1) } else { piece.kind };
        // The head reads in lines.
        let text: Cow<'_, str> = match role {
            Role::Title | Role::Deck => head::one_line(&piece.text).into(),
            _ => (&piece.text).into(),
        };
        if let Some(block) = self.doc.push(kind, &text, role) {
            block.strong = piece.strong == piece.all;
            block.emphasis = piece.emphasis == piece.all;
            block.link = piece.link == piece.all;
        }
    }
}

/// Whether parts of the article, its head included, stand between those of the FAQ block. A few odd lines
/// of the body are the block's own.
fn is_parted(pieces: &[Piece], roles: &mut [Option<Role>], faq: &[usize]) -> bool {
    let (Some(&first), Some(&last)) = (faq.first(), faq.last()) else { return false };
    let between: Vec<usize> = (first..last).filter(|&i| roles[i] == Some(Role::Body)).collect();
    let words: usize = between.iter().map(|&i| pieces[i].text.split_whitespace().count()).sum();
    if between.len() <= 3 && words <= 40 {
        for i in between {
            roles[i] = Some(Role::Faq);
        }
    }
    roles[first..last].iter().any(|role| role.is_some_and(|role| !matches!(role, Role::Faq | Role::Dropped(_))))
}

/// The block as the article has it; pairs that the page does not show are added below it.
fn own_faq(faq: faq::PageFaq, doc: &mut Document) -> Option<OwnFaq> {
    let tidy = |text: &str| normalize(text).trim().to_owned();
    let pairs: Vec<_> = faq
        .pairs
        .into_iter()
        .map(|pair| crate::article::QaPair { question: tidy(&pair.question), answer: tidy(&pair.answer) })
        .filter(|pair| !pair.question.is_empty() && !pair.answer.is_empty())
        .collect();
    if !doc.blocks.iter().any(|b| b.role == Role::Faq) {
        for pair in &pairs {
            doc.push(BlockKind::Paragraph, &pair.question, Role::Faq);
            for paragraph in pair.answer.split("\n\n") {
                doc.push(BlockKind::Paragraph, paragraph, Role::Faq);
            }
        }
    }
    let mut spans = doc.blocks.iter().filter(|b| b.role == Role::Faq).map(|b| b.span);
    let first = spans.next()?;
    let last = spans.next_back().unwrap_or(first);
    (!pairs.is_empty()).then(|| OwnFaq { title: faq.title, pairs, span: Span::new(first.start, last.end) })
}
