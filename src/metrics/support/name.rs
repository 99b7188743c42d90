//! Names of a text: runs of capitalized words that do not just begin a sentence.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::calendar::month;
use crate::article::Span;
use crate::lang::Language;
use crate::metrics::text::{is_content_word, word_spans};

/// Lower-case words that may stand inside a name.
const PARTICLES: &str = "de del la las los of the von van der den di da do dos y e and al";

/// Days of the week, which English writes with a capital letter, and other words that are no names.
const NO_NAMES: &str = "monday tuesday wednesday thursday friday saturday sunday lunes martes miércoles jueves viernes \
                        sábado domingo i mr mrs ms dr sr sra dra srta sres don doña prof";

/// Words that a capitalized run may have for an acronym of it.
const MAX_INITIALS: usize = 6;

/// The words of a source, in which names are looked up.
pub(super) struct Names {
    /// Every word, as [`plain`] has it.
    words: HashSet<String>,
    /// Words of capitals alone.
    acronyms: HashSet<String>,
    /// What runs of capitalized words are abbreviated to: their initials, also doubled (`EE. UU.`).
    initials: HashSet<String>,
}

impl Names {
    pub(super) fn new(source: &str, language: Language) -> Self {
        let spans = word_spans(source);
        let word = |span: &Span| &source[span.range()];
        let mut initials = HashSet::new();
        // Function words inside of a name have no letter in its acronym.
        let content: Vec<_> = spans.iter().map(word).filter(|w| is_content_word(&w.to_lowercase(), language)).collect();
        for run in content.split(|word| !is_capitalized(word)) {
            for from in 0..run.len() {
                for to in from + 2..=run.len().min(from + MAX_INITIALS) {
                    let letters = initials_of(&run[from..to]);
                    initials.insert(letters.chars().flat_map(|c| [c, c]).collect());
                    initials.insert(letters);
                }
            }
        }
        let acronyms = spans.iter().map(word).filter(|word| is_acronym(word)).map(str::to_owned).collect();
        Self { words: spans.iter().map(|span| plain(word(span))).collect(), acronyms, initials }
    }

    /// Whether the source has every word of a name, or one of the two is the other's acronym.
    pub(super) fn have(&self, name: &str, language: Language) -> bool {
        let words: Vec<_> = word_spans(name).iter().map(|span| &name[span.range()]).collect();
        let missing: Vec<_> = words.iter().filter(|word| !self.words.contains(&plain(word))).copied().collect();
        let acronym = || missing.iter().all(|word| is_acronym(word)) && self.initials.contains(&missing.concat());
        let content: Vec<_> = words.iter().copied().filter(|w| is_content_word(&w.to_lowercase(), language)).collect();
        missing.is_empty() || acronym() || self.acronyms.contains(&initials_of(&content))
    }
}

/// A word in lower case, without accents and without the ending of a plural.
fn plain(word: &str) -> String {
    let mut plain: String = word.nfd().filter(|c| !is_combining_mark(*c)).collect::<String>().to_lowercase();
    if plain.len() > 3 && plain.ends_with('s') {
        plain.pop();
    }
    plain
}

fn initials_of(words: &[&str]) -> String {
    words.iter().filter_map(|word| word.chars().next()).collect()
}

fn is_acronym(word: &str) -> bool {
    word.chars().nth(1).is_some() && word.chars().all(char::is_uppercase)
}

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
