//! What the content formats show of an output: its texts, cleaned and cut into paragraphs.
//!
//! The texts come from a model that read somebody else's article. Control characters in them
//! could drive a terminal, and are wrong in HTML, so they are dropped here, once for all formats.

use crate::content::{Evidence, Faq, Output, Summary, SummaryLength};
use crate::lang::Language;
use crate::sentence;

/// The shown part of an output. No text in it is empty or has a line break.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) summary: Option<SummaryBlock>,
    pub(super) faq: Option<FaqBlock>,
    /// The sentences of the article that the texts rest on, if they are shown; texts name them by their number, from 1.
    pub(super) notes: Vec<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct SummaryBlock {
    pub(super) title: Option<String>,
    pub(super) body: Body,
    /// For each paragraph or bullet point the numbers of its notes.
    pub(super) notes: Vec<Vec<usize>>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Body {
    Paragraphs(Vec<String>),
    Bullets(Vec<String>),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct FaqBlock {
    pub(super) title: Option<String>,
    pub(super) entries: Vec<Entry>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) question: String,
    /// The answer's paragraphs, at least one.
    pub(super) answer: Vec<String>,
    /// The numbers of its notes.
    pub(super) notes: Vec<usize>,
}

/// Notes with their numbers.
#[derive(Debug, Default)]
struct Notes(Vec<String>);

impl Notes {
    /// The numbers of the evidence that belongs to a text, in order and each once.
    fn of<'a>(&mut self, evidence: impl Iterator<Item = &'a Evidence>) -> Vec<usize> {
        let mut numbers = Vec::new();
        for text in evidence.filter_map(|evidence| line(&evidence.text)) {
            let at = self.0.iter().position(|known| *known == text).unwrap_or_else(|| {
                self.0.push(text);
                self.0.len() - 1
            });
            if !numbers.contains(&(at + 1)) {
                numbers.push(at + 1);
            }
        }
        numbers
    }
}

impl Page {
    /// The shown part, with notes of the evidence if it is to be shown.
    pub(super) fn of(output: &Output, evidence: bool) -> Self {
        let mut notes = Notes::default();
        let mut summary = output.summary.as_ref().and_then(SummaryBlock::of);
        let mut faq = output.faq.as_ref().and_then(FaqBlock::of);
        if let (Some(block), Some(summary), true) = (&mut summary, &output.summary, evidence) {
            block.add_notes(summary, output.language, &mut notes);
        }
        if let (Some(block), Some(faq), true) = (&mut faq, &output.faq, evidence) {
            for entry in &mut block.entries {
                let of = faq.entries.iter().find(|e| line(&e.question).as_ref() == Some(&entry.question));
                entry.notes = notes.of(of.iter().flat_map(|e| &e.evidence));
            }
        }
        Self { summary, faq, notes: notes.0 }
    }
}

impl SummaryBlock {
    /// Evidence counts the sentences of the whole summary; each paragraph has some of them.
    fn add_notes(&mut self, summary: &Summary, language: Language, notes: &mut Notes) {
        let mut first = 0;
        for text in self.body.texts() {
            let end = first + sentence::split(text, language).len();
            let own = summary.evidence.iter().filter(|e| (first..end).contains(&e.sentence));
            self.notes.push(notes.of(own));
            first = end;
        }
    }

    fn of(summary: &Summary) -> Option<Self> {
        let body = if summary.length == SummaryLength::Bullets {
            Body::Bullets(summary.paragraphs.iter().filter_map(|p| line(p)).collect())
        } else {
            Body::Paragraphs(summary.paragraphs.iter().flat_map(|p| paragraphs(p)).collect())
        };
        (!body.texts().is_empty()).then(|| Self { title: line(&summary.title), body, notes: Vec::new() })
    }
}

impl Body {
    /// The paragraphs or bullet points.
    pub(super) fn texts(&self) -> &[String] {
        match self {
            Self::Paragraphs(texts) | Self::Bullets(texts) => texts,
        }
    }

    /// The same with something behind each text.
    pub(super) fn map(self, mut with: impl FnMut(usize, String) -> String) -> Self {
        let all = |texts: Vec<String>, with: &mut dyn FnMut(usize, String) -> String| {
            texts.into_iter().enumerate().map(|(index, text)| with(index, text)).collect()
        };
        match self {
            Self::Paragraphs(texts) => Self::Paragraphs(all(texts, &mut with)),
            Self::Bullets(texts) => Self::Bullets(all(texts, &mut with)),
        }
    }

    /// Plain text: paragraphs with blank lines between them, or a line with `- ` for each bullet point.
    pub(super) fn to_plain_text(&self) -> String {
        match self {
            Self::Paragraphs(texts) => texts.join("\n\n"),
            Self::Bullets(texts) => texts.iter().map(|t| format!("- {t}")).collect::<Vec<_>>().join("\n"),
        }
    }
}

impl FaqBlock {
    fn of(faq: &Faq) -> Option<Self> {
        let entries: Vec<_> = faq
            .entries
            .iter()
            .filter_map(|e| {
                let (question, answer) = (line(&e.question)?, paragraphs(&e.answer));
                (!answer.is_empty()).then_some(Entry { question, answer, notes: Vec::new() })
            })
            .collect();
        (!entries.is_empty()).then(|| Self { title: line(&faq.title), entries })
    }
}

/// The text on one line: white space is one space, control characters are gone; `None` if nothing is left.
fn line(text: &str) -> Option<String> {
    let visible: String = text.chars().filter(|&c| c.is_whitespace() || !(c.is_control() || c == '\u{feff}')).collect();
    // No-break spaces are meant: they hold a number and its unit together.
    let breaks = |c: char| c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{2007}' | '\u{202f}');
    let words: Vec<_> = visible.split(breaks).filter(|w| !w.is_empty()).collect();
    let line = words.join(" ");
    let line = line.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

/// The paragraphs of a text, each on one line; a blank line ends a paragraph.
fn paragraphs(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace('\u{2029}', "\n\n");
    let mut paragraphs = Vec::new();
    let mut current = Vec::new();
    for part in text.split('\n').map(line).chain([None]) {
        match part {
            Some(line) => current.push(line),
            None if current.is_empty() => {}
            None => paragraphs.push(std::mem::take(&mut current).join(" ")),
        }
    }
    paragraphs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::samples;

    #[test]
    fn white_space_is_collapsed_and_control_characters_are_dropped() {
        assert_eq!(line(" a\t b\r\nc \u{1b}[31mred\u{7}\u{9b} ").as_deref(), Some("a b c [31mred"));
        assert_eq!(line("10\u{a0}000\u{202f}km").as_deref(), Some("10\u{a0}000\u{202f}km"));
        assert_eq!(line("\u{a0} \u{feff}\u{0}\n"), None);
    }

    #[test]
    fn blank_lines_end_paragraphs() {
        assert_eq!(paragraphs("one\ntwo\r\n \t\r\nthree\u{2029}four"), ["one two", "three", "four"]);
        assert_eq!(paragraphs("\n\n"), Vec::<String>::new());
    }

    #[test]
    fn parts_without_words_are_not_shown() {
        let mut output = samples::english();
        output.summary.as_mut().unwrap().paragraphs = vec![" \n".into()];
        output.faq.as_mut().unwrap().entries.truncate(1);
        output.faq.as_mut().unwrap().entries[0].answer.clear();
        assert_eq!(Page::of(&output, true), Page { summary: None, faq: None, notes: Vec::new() });
    }

    #[test]
    fn a_bullet_point_stays_one_bullet_point() {
        let mut output = samples::bullets();
        output.summary.as_mut().unwrap().paragraphs = vec!["a\n\nb".into(), "c".into()];
        assert_eq!(Page::of(&output, false).summary.unwrap().body, Body::Bullets(vec!["a b".into(), "c".into()]));
    }
}
