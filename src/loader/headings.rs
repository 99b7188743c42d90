//! Headings that are not marked as such: short lines between paragraphs, and bold lines in Markdown.

use super::block::{BlockKind, Draft, Role, ends_sentence, looks_like_heading};
use super::head::is_place_and_date;

/// The level of a heading found by its looks.
const LEVEL: u8 = 2;

/// Marks them among the free blocks.
pub(super) fn mark(draft: &mut Draft<'_>) {
    let free: Vec<usize> = (0..draft.len()).filter(|&i| draft.is_free(i)).collect();
    let marked: Vec<u8> = free
        .iter()
        .filter_map(|&i| match draft.block(i).kind {
            BlockKind::Heading(level) => Some(level),
            _ => None,
        })
        .collect();
    let explicit = !marked.is_empty();
    let level = if explicit { marked.iter().max().map_or(LEVEL, |m| (m + 1).min(6)) } else { LEVEL };
    // In a text without blank lines between paragraphs, the lack of one says nothing.
    let gaps = free.iter().filter(|&&i| draft.block(i).gap).count();
    let line_mode = gaps * 4 < free.len();
    // Short lines with no text after them are a signature, an address, a source.
    let Some(last_text) = free.iter().rposition(|&i| is_text(draft, i)) else { return };
    // A place and a date say where the text was signed or sent from; several are those of a diary.
    let signed = free.iter().filter(|&&i| is_place_and_date(draft.text(i))).count() == 1;
    for (n, &i) in free.iter().enumerate().take(last_text) {
        let block = draft.block(i);
        let text = draft.text(i);
        let next = free[n + 1];
        if block.kind != BlockKind::Paragraph || block.link || !draft.is_heading_like(i) || (explicit && !block.strong)
        {
            continue;
        }
        if draft.spoken[i] || (signed && is_place_and_date(text)) {
            continue;
        }
        if !block.gap && !line_mode {
            continue;
        }
        if !is_running(draft, next, text) {
            continue;
        }
        // A question or an exclamation in the run of the text is a sentence.
        let spoken = text.ends_with(['?', '!']) || ends_sentence(text);
        let short_before = n > 0 && !is_running(draft, free[n - 1], text);
        if spoken && !block.strong && (line_mode || short_before || !draft.block(next).gap) {
            continue;
        }
        draft.roles[i] = Role::Heading(level);
    }
}

/// Whether block `i` is more than a short line without a stop.
fn is_text(draft: &Draft<'_>, i: usize) -> bool {
    let text = draft.text(i);
    match draft.block(i).kind {
        BlockKind::Heading(_) => false,
        BlockKind::Paragraph => ends_sentence(text) || !looks_like_heading(text),
        _ => true,
    }
}

/// Whether block `i` can be what a heading stands above.
fn is_running(draft: &Draft<'_>, i: usize, heading: &str) -> bool {
    let text = draft.text(i);
    match draft.block(i).kind {
        BlockKind::Heading(_) => false,
        BlockKind::Paragraph => {
            let longer = text.chars().count() > 2 * heading.chars().count();
            (ends_sentence(text) || text.ends_with([':', ';', ',']) || longer)
                && text.chars().count() > heading.chars().count()
        }
        BlockKind::ListItem | BlockKind::Quotation | BlockKind::Code | BlockKind::TableRow => true,
    }
}
