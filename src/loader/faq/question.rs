//! A block that asks: by its question mark, a mark before it, or its number.

use std::sync::LazyLock;

use regex::Regex;

use crate::article::one_line;
use crate::loader::block::{BlockKind, Draft, is_quoted};
use crate::loader::furniture::{ANSWER_MARKERS, QUESTION_MARKERS};

pub(super) const MAX_QUESTION_CHARS: usize = 300;
/// The same for a question with a sentence before it.
const MAX_LEAD_CHARS: usize = 120;

fn marker(words: &[&str]) -> Regex {
    let (short, long): (Vec<&str>, Vec<&str>) = words.iter().partition(|w| w.len() == 1);
    let (short, long) = (short.join("|"), long.join("|"));
    Regex::new(&format!(r"(?i)^(?:(?:{short})\s?\d{{0,2}}\s?[:.]|(?:{long})\s?\d{{0,2}}\s?[:.\-–])\s*")).unwrap()
}

static QUESTION: LazyLock<Regex> = LazyLock::new(|| marker(QUESTION_MARKERS));
pub(super) static ANSWER: LazyLock<Regex> = LazyLock::new(|| marker(ANSWER_MARKERS));
static INNER_ANSWER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!(r"(?i)\?\s+(?:{})\s?[:.]\s+", ANSWER_MARKERS.join("|"))).unwrap());
pub(super) static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\(?\d{1,2}\s?[.):–-]\s*").unwrap());

/// A block that asks.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) block: usize,
    pub(super) text: String,
    /// It is marked, numbered, bold or a heading: it was meant as an entry.
    pub(super) formal: bool,
    /// An answer on the same line.
    pub(super) inner: Option<String>,
}

/// The question in block `i`, if it is one.
pub(super) fn question(draft: &Draft<'_>, i: usize) -> Option<Question> {
    let block = draft.block(i);
    if !draft.is_free(i) || matches!(block.kind, BlockKind::Code | BlockKind::TableRow | BlockKind::Quotation) {
        return None;
    }
    let raw = one_line(draft.text(i));
    if is_quoted(&raw) || raw.starts_with(['-', '–', '—']) {
        return None;
    }
    let unnumbered = NUMBER.replace(&raw, "");
    let marked = QUESTION.is_match(&unnumbered);
    let text = QUESTION.replace(&unnumbered, "");
    let (text, inner) = match INNER_ANSWER.find(&text) {
        Some(found) => (text[..=found.start()].to_owned(), Some(text[found.end()..].to_owned())),
        None => (text.into_owned(), None),
    };
    let text = text.trim().trim_matches('*').to_owned();
    let asks = text.trim_end_matches(['"', '”', '»', ')', '’']).ends_with('?');
    let stops = text.matches(['.', '?', '!']).count();
    let heading = matches!(block.kind, BlockKind::Heading(_));
    let formal = marked || heading || block.strong || unnumbered.len() < raw.len();
    // A paragraph that ends with a question is no entry.
    let max_chars = if formal || stops == 1 { MAX_QUESTION_CHARS } else { MAX_LEAD_CHARS };
    let is_question = text.chars().count() <= max_chars
        && text.chars().any(char::is_alphabetic)
        && (marked || (asks && stops <= if formal { 4 } else { 2 }));
    is_question.then_some(Question { block: i, text, formal, inner })
}
