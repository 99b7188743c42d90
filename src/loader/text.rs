//! The front-end for plain text: lines to blocks.
//!
//! Blank lines part blocks. Inside of what stands between blank lines, text that was broken at a
//! fixed width is one block, and text with one paragraph a line is one block a line.

use std::sync::LazyLock;

use regex::Regex;

use super::block::{Block, BlockKind, Document, ends_sentence};
use crate::article::Span;

static BULLET: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^(?:[-*•‣▪◦●·–]|\*\*)\s+").unwrap());
static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\(?\d{1,3}[.)]\s+\S").unwrap());
static RULE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[-–—*_=~\s·•]+$").unwrap());
/// A line that opens a part of its own, whatever stands before it.
static OPENER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(?i:q|a|p|r|question|answer|pregunta|respuesta)\s?\d{0,2}\s?:\s").unwrap());

/// Lines longer than this were not broken at a fixed width.
const MAX_WIDTH: usize = 120;
/// Lines shorter than this are no sign of a fixed width.
const MIN_WIDTH: usize = 40;

#[derive(Debug, Clone, Copy)]
struct Line<'a> {
    start: usize,
    text: &'a str,
}

impl Line<'_> {
    fn chars(&self) -> usize {
        self.text.chars().count()
    }

    fn first_word_chars(&self) -> usize {
        self.text.split(' ').next().map_or(0, |w| w.chars().count())
    }

    fn is_item(&self) -> bool {
        BULLET.is_match(self.text) || NUMBER.is_match(self.text)
    }
}

/// Splits a normalized text.
pub(super) fn parse(text: String) -> Document {
    let chunks = chunks(&text);
    let width = chunks.iter().filter(|c| c.len() > 2 && is_wrapped(c, 0)).map(|c| longest(c)).max().unwrap_or(0);
    let mut blocks = Vec::new();
    for chunk in &chunks {
        let wrapped = is_wrapped(chunk, width);
        let mut first = 0;
        for i in 0..chunk.len() {
            if i + 1 < chunk.len() && continues(chunk, i, wrapped) {
                continue;
            }
            let end = chunk[i].start + chunk[i].text.len();
            push_block(&mut blocks, &text, Span::new(chunk[first].start, end), first == 0);
            first = i + 1;
        }
    }
    unmark_lone_numbers(&mut blocks, &text);
    Document { text, blocks, ..Document::default() }
}

/// The lines between blank lines and rules, each without the white space around it.
fn chunks(text: &str) -> Vec<Vec<Line<'_>>> {
    let mut chunks = vec![Vec::new()];
    let mut start = 0;
    for raw in text.split('\n') {
        let line = raw.trim();
        if line.is_empty() || RULE.is_match(line) {
            chunks.push(Vec::new());
        } else {
            let indent = raw.len() - raw.trim_start().len();
            chunks
                .last_mut()
                .expect("one chunk is there from the start")
                .push(Line { start: start + indent, text: line });
        }
        start += raw.len() + 1;
    }
    chunks.retain(|c| !c.is_empty());
    chunks
}

fn longest(lines: &[Line<'_>]) -> usize {
    lines.iter().map(Line::chars).max().unwrap_or(0)
}

/// Whether lines were broken at a fixed width: the first word of the next line would not have
/// fitted on the one before. `width` is that of the rest of the text, 0 if unknown.
fn is_wrapped(lines: &[Line<'_>], width: usize) -> bool {
    let longest = longest(lines).max(width);
    if lines.len() < 2 || !(MIN_WIDTH..=MAX_WIDTH).contains(&longest) || (lines.len() == 2 && width == 0) {
        return false;
    }
    let full = lines.windows(2).filter(|w| w[0].chars() + 1 + w[1].first_word_chars() >= longest).count();
    let open = lines[..lines.len() - 1].iter().filter(|l| !ends_sentence(l.text)).count();
    full * 5 >= (lines.len() - 1) * 4 && open > 0
}

/// Whether the paragraph of line `i` goes on in the next line.
fn continues(lines: &[Line<'_>], i: usize, wrapped: bool) -> bool {
    let (line, next) = (lines[i], lines[i + 1]);
    if OPENER.is_match(next.text) {
        return false;
    }
    if next.is_item() {
        // A dash or a number can begin a line in the middle of a sentence.
        return wrapped && !lines[0].is_item() && !ends_sentence(line.text) && !line.text.ends_with(':');
    }
    if wrapped {
        return true;
    }
    let begins_low = next.text.chars().next().is_some_and(char::is_lowercase);
    begins_low
        && !line.text.ends_with(':')
        && !ends_sentence(line.text)
        && (line.is_item() || (MIN_WIDTH..=MAX_WIDTH).contains(&line.chars()))
}

fn push_block(blocks: &mut Vec<Block>, text: &str, mut span: Span, gap: bool) {
    let slice = &text[span.range()];
    let kind = if let Some(bullet) = BULLET.find(slice) {
        span.start += bullet.end();
        BlockKind::ListItem
    } else if NUMBER.is_match(slice) {
        BlockKind::ListItem
    } else {
        BlockKind::Paragraph
    };
    blocks.push(Block { gap, ..Block::new(kind, span) });
}

/// A numbered line with no other beside it is a numbered heading or a sentence, not a list.
fn unmark_lone_numbers(blocks: &mut [Block], text: &str) {
    let numbered: Vec<bool> = blocks.iter().map(|b| NUMBER.is_match(&text[b.span.range()])).collect();
    for i in 0..blocks.len() {
        let beside = (i > 0 && numbered[i - 1]) || numbered.get(i + 1) == Some(&true);
        if numbered[i] && !beside {
            blocks[i].kind = BlockKind::Paragraph;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &str) -> Vec<(BlockKind, String)> {
        let doc = parse(text.to_owned());
        doc.blocks.iter().map(|b| (b.kind, doc.text[b.span.range()].to_owned())).collect()
    }

    fn texts(text: &str) -> Vec<String> {
        blocks(text).into_iter().map(|b| b.1).collect()
    }

    #[test]
    fn blank_lines_part_paragraphs_and_rules_vanish() {
        assert_eq!(texts("One.\n\n\n  Two.\n\n-----\n\nThree."), ["One.", "Two.", "Three."]);
    }

    #[test]
    fn one_paragraph_a_line() {
        let text = "El puente abre mañana\nLa alcaldesa lo anunció ayer ante los vecinos.\nHabrá dos carriles.";
        assert_eq!(texts(text).len(), 3);
    }

    #[test]
    fn lines_broken_at_a_width_are_one_paragraph() {
        let text = "The harbour authority said on Tuesday that the old quay would\n\
                    close for repairs. Ships will be sent to the northern basin,\n\
                    where two cranes were installed last year.\n\n\
                    Fishermen asked for help with the cost of the longer way. The\n\
                    council will answer in June.";
        let found = texts(text);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("would\nclose"));
    }

    #[test]
    fn a_question_line_and_its_answer_line_are_two_blocks() {
        assert_eq!(texts("¿Cuándo abre?\nAbre el lunes.\n\nQ: Why?\nA: Because of the tide.").len(), 4);
    }

    #[test]
    fn list_items_lose_their_bullet_and_lone_numbers_are_no_list() {
        assert_eq!(
            blocks("• pan\n• vino y\n  agua\n\n1. uno\n2. dos\n\nText here.\n\n3. A numbered heading\n\nText."),
            [
                (BlockKind::ListItem, "pan".to_owned()),
                (BlockKind::ListItem, "vino y\n  agua".to_owned()),
                (BlockKind::ListItem, "1. uno".to_owned()),
                (BlockKind::ListItem, "2. dos".to_owned()),
                (BlockKind::Paragraph, "Text here.".to_owned()),
                (BlockKind::Paragraph, "3. A numbered heading".to_owned()),
                (BlockKind::Paragraph, "Text.".to_owned()),
            ]
        );
    }
}
