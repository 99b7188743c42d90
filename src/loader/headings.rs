//! Headings that are not marked as such: short lines between paragraphs, and bold lines in Markdown.

use super::block::{BlockKind, Draft, Role, ends_sentence};

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
    for (n, &i) in free.iter().enumerate() {
        let block = draft.block(i);
        let text = draft.text(i);
        let Some(&next) = free.get(n + 1) else { break };
        if block.kind != BlockKind::Paragraph || block.link || !draft.is_heading_like(i) || (explicit && !block.strong)
        {
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
