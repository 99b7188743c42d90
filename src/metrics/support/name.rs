//! Names of a text: runs of capitalized words that do not just begin a sentence.

use super::calendar::month;
use crate::article::Span;
use crate::lang::Language;
use crate::metrics::text::{is_content_word, word_spans};

/// Lower-case words that may stand inside a name.
const PARTICLES: &str = "de del la las los of the von van der den di da do dos y e and al";

/// Days of the week, which English writes with a capital letter, and other words that are no names.
const NO_NAMES: &str = "monday tuesday wednesday thursday friday saturday sunday lunes martes miércoles jueves viernes \
                        sábado domingo i mr mrs ms dr sr sra";

/// The places of the names. A word at the beginning of the text, behind a full stop, a colon or an opening mark counts
/// where it is all capitals or where the next one is a capitalized word too.
pub(super) fn find(text: &str, language: Language) -> Vec<Span> {
    let spans = word_spans(text);
    let mut found = Vec::new();
    let mut at = 0;
    while at < spans.len() {
        if !is_capitalized(&text[spans[at].range()]) {
            at += 1;
            continue;
        }
        let first = at;
        let mut last = at;
        let mut next = at + 1;
        while next < spans.len() && joined(text, spans[next - 1], spans[next]) {
            let word = &text[spans[next].range()];
            if is_capitalized(word) {
                last = next;
            } else if !listed(PARTICLES, word) || next - last > 2 {
                break;
            }
            next += 1;
        }
        at = last + 1;
        found.extend(trimmed(text, &spans[first..=last], language));
    }
    found
}

/// The name without function words, titles and days around it; `None` where nothing is left that must be a name.
fn trimmed(text: &str, mut run: &[Span], language: Language) -> Option<Span> {
    let begins = begins_sentence(text, run.first()?.start);
    let word = |span: &Span| text[span.range()].to_lowercase();
    let is_name = |span: &Span| {
        let word = word(span);
        is_content_word(&word, language) && !listed(NO_NAMES, &word) && month(&word, language).is_none()
    };
    let acronym = |span: &Span| {
        let word = &text[span.range()];
        word.chars().count() > 1 && !word.chars().any(char::is_lowercase)
    };
    let whole = run;
    while run.first().is_some_and(|span| !is_name(span)) {
        run = &run[1..];
    }
    while run.last().is_some_and(|span| !is_name(span)) {
        run = &run[..run.len() - 1];
    }
    let (first, last) = (run.first()?, run.last()?);
    let only_begins = begins && first == &whole[0] && run.len() == 1 && !acronym(first);
    (!only_begins).then(|| Span::new(first.start, last.end))
}

fn listed(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|entry| entry == word)
}

fn is_capitalized(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
}

/// Whether two neighbouring words can belong to one name: nothing but a space, a hyphen, an apostrophe or the full
/// stop of an initial is between them.
fn joined(text: &str, a: Span, b: Span) -> bool {
    let between = &text[a.end..b.start];
    let initial = a.len() <= 2 && between == ". ";
    // A possessive ends the name.
    let possessive = matches!(between, "'" | "’") && text[b.range()].eq_ignore_ascii_case("s");
    (initial || between.chars().all(|c| matches!(c, ' ' | '\u{a0}' | '-' | '\'' | '’'))) && !possessive
}

fn begins_sentence(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end_matches(|c: char| c.is_whitespace() || "\"'“‘«¿¡([".contains(c));
    before.is_empty()
        || before.ends_with(['.', '!', '?', ':', '…', '\n'])
        || before.len() + 1 < at && text[before.len()..at].contains(['“', '«', '"', '¿', '¡'])
}
