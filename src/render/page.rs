//! What the content formats show of an output: its texts, cleaned and cut into paragraphs.
//!
//! The texts come from a model that read somebody else's article. Control characters in them
//! could drive a terminal, and are wrong in HTML, so they are dropped here, once for all formats.

use crate::content::{Faq, Output, Summary, SummaryLength};

/// The shown part of an output. No text in it is empty or has a line break.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) summary: Option<SummaryBlock>,
    pub(super) faq: Option<FaqBlock>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct SummaryBlock {
    pub(super) title: Option<String>,
    pub(super) body: Body,
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
}

impl Page {
    pub(super) fn of(output: &Output) -> Self {
        Self {
            summary: output.summary.as_ref().and_then(SummaryBlock::of),
            faq: output.faq.as_ref().and_then(FaqBlock::of),
        }
    }
}

impl SummaryBlock {
    fn of(summary: &Summary) -> Option<Self> {
        let body = if summary.length == SummaryLength::Bullets {
            Body::Bullets(summary.paragraphs.iter().filter_map(|p| line(p)).collect())
        } else {
            Body::Paragraphs(summary.paragraphs.iter().flat_map(|p| paragraphs(p)).collect())
        };
        (!body.texts().is_empty()).then(|| Self { title: line(&summary.title), body })
    }
}

impl Body {
    /// The paragraphs or bullet points.
    pub(super) fn texts(&self) -> &[String] {
        match self {
            Self::Paragraphs(texts) | Self::Bullets(texts) => texts,
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
                (!answer.is_empty()).then_some(Entry { question, answer })
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
        assert_eq!(Page::of(&output), Page { summary: None, faq: None });
    }

    #[test]
    fn a_bullet_point_stays_one_bullet_point() {
        let mut output = samples::bullets();
        output.summary.as_mut().unwrap().paragraphs = vec!["a\n\nb".into(), "c".into()];
        assert_eq!(Page::of(&output).summary.unwrap().body, Body::Bullets(vec!["a b".into(), "c".into()]));
    }
}
