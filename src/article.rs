//! The article: what a loader makes of a file, and all that later stages see of it.
//!
//! All spans are byte ranges into [`Article::text`], the normalized text of the whole input.

mod check;

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lang::Language;

/// A byte range into [`Article::text`], on character boundaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The span from `start` up to `end`.
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end, "a span ends at or after its start");
        Self { start, end }
    }

    /// The bytes as a range.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// Length in bytes.
    pub fn len(self) -> usize {
        self.end - self.start
    }

    /// Whether the span has no bytes.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// The format the article was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SourceFormat {
    /// Plain text, also a page copied from a browser.
    Text,
    /// Markdown (CommonMark), with or without front matter.
    Markdown,
    /// An HTML page.
    Html,
    /// A PDF document.
    Pdf,
    /// A document of a word processor (Office Open XML: `.docx`, `.docm`, `.dotx`).
    Docx,
    /// An electronic book (EPUB 2 or 3).
    Epub,
}

/// What kind of block a passage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PassageKind {
    /// Running text.
    Paragraph,
    /// One item of a list.
    ListItem,
    /// A block quotation.
    Quotation,
    /// A code block.
    Code,
    /// One row of a table.
    TableRow,
}

/// One sentence, without the white space around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sentence {
    /// Where it stands.
    pub span: Span,
}

/// A block of running text: a paragraph, a list item, a quotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Passage {
    /// What kind of block.
    pub kind: PassageKind,
    /// Where it stands.
    pub span: Span,
    /// Its language; `None` where it is too short or too uncertain to tell, as in code, tables and names.
    pub language: Option<Language>,
    /// Its sentences in order; together they cover the passage but for white space.
    pub sentences: Vec<Sentence>,
}

/// A section heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Heading {
    /// Where its text stands, without markup.
    pub span: Span,
    /// Depth: 2 for a section of the article, 3 for one inside it, and so on; 1 is the title's.
    pub level: u8,
}

/// A run of passages under one heading; the text before the first heading has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Section {
    /// Its heading, if it has one.
    pub heading: Option<Heading>,
    /// Its passages in order.
    pub passages: Vec<Passage>,
}

/// Why a part of the input is not part of the article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DropReason {
    /// A photo caption or credit ("Photo ©", "Foto:").
    PhotoCredit,
    /// Links to other content ("Related videos:", "Te puede interesar").
    RelatedLinks,
    /// A list of topics or tags ("Filed under:", "Archivado en:").
    Topics,
    /// A note about the author or the publisher.
    AuthorNote,
    /// An invitation to subscribe, share, follow or comment.
    Promotion,
    /// What readers wrote below the article.
    Comments,
    /// Site navigation, notices of cookies, copyright lines.
    Navigation,
}

/// A part of the input that was left out, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dropped {
    /// Where it stands.
    pub span: Span,
    /// Why it was left out.
    pub reason: DropReason,
}

/// A question and its answer as somebody wrote them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QaPair {
    /// The question.
    pub question: String,
    /// The answer; paragraphs are separated by a blank line.
    pub answer: String,
}

/// The FAQ block that the article itself carries. It is a reference to compare with and is never
/// shown to a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OwnFaq {
    /// The block's heading, if it has one.
    pub title: Option<String>,
    /// Its pairs in order.
    pub pairs: Vec<QaPair>,
    /// Where the block stands, heading included; parts that were dropped may stand inside.
    pub span: Span,
}

/// So many words make more than a phrase in another language.
const MIN_OTHER_WORDS: usize = 15;

/// How many words of a body are in one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LanguageWords {
    /// The language.
    pub language: Language,
    /// Words, counted by white space.
    pub words: usize,
}

/// A loaded article.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Article {
    /// Where it came from: a file name, or `-` for standard input.
    pub source: String,
    /// The format it was read as.
    pub format: SourceFormat,
    /// The language of its body.
    pub language: Language,
    /// How sure the detector is of the language, from 0 to 1; 1 where it was given.
    pub language_confidence: f64,
    /// The headline.
    pub title: Option<String>,
    /// The deck (standfirst): the lines between headline and body.
    pub deck: Option<String>,
    /// Who wrote it, as stated.
    pub byline: Option<String>,
    /// When it was published, as stated.
    pub date: Option<String>,
    /// The address that the page gives itself.
    pub url: Option<String>,
    /// The name of the site that published it.
    pub site: Option<String>,
    /// Where the text shows title, deck, byline and date, in order; what it shows of them may differ from
    /// what the file states of itself.
    #[serde(default)]
    pub head: Vec<Span>,
    /// The body; without a passage where the input is a FAQ through and through.
    pub sections: Vec<Section>,
    /// The article's own FAQ block.
    pub own_faq: Option<OwnFaq>,
    /// What was left out, and why.
    pub dropped: Vec<Dropped>,
    /// What of the input could not be read, each as a clause for people.
    #[serde(default)]
    pub losses: Vec<String>,
    /// The normalized text of the whole input, which all spans point into.
    pub text: String,
}

impl Article {
    /// The text of a span.
    ///
    /// # Panics
    /// If the span is not one of this article's.
    pub fn slice(&self, span: Span) -> &str {
        &self.text[span.range()]
    }

    /// All passages of the body in order.
    pub fn passages(&self) -> impl Iterator<Item = &Passage> {
        self.sections.iter().flat_map(|s| &s.passages)
    }

    /// All sentences of the body in order.
    pub fn sentences(&self) -> impl Iterator<Item = Sentence> + '_ {
        self.passages().flat_map(|p| p.sentences.iter().copied())
    }

    /// The words of the body, counted by white space.
    pub fn word_count(&self) -> usize {
        self.passages().map(|p| self.slice(p.span).split_whitespace().count()).sum()
    }

    /// The words of the body by language, the language with the most words first; passages that do not tell their
    /// language are not in it.
    pub fn languages(&self) -> Vec<LanguageWords> {
        let mut counts: Vec<LanguageWords> = Vec::new();
        for passage in self.passages() {
            let Some(language) = passage.language else { continue };
            let words = self.slice(passage.span).split_whitespace().count();
            match counts.iter_mut().find(|count| count.language == language) {
                Some(count) => count.words += words,
                None => counts.push(LanguageWords { language, words }),
            }
        }
        counts.sort_by_key(|count| std::cmp::Reverse(count.words));
        counts
    }

    /// The other languages that a good part of the body is in: a twentieth of the words or more, and more than a phrase.
    pub fn other_languages(&self) -> Vec<LanguageWords> {
        let mut counts = self.languages();
        let all: usize = counts.iter().map(|count| count.words).sum();
        counts.retain(|c| c.language != self.language && c.words >= MIN_OTHER_WORDS && c.words * 20 >= all);
        counts
    }

    /// The shares of a body in several languages, such as `80 % English, 20 % Spanish`; `None` if it is in one.
    pub fn mixture(&self) -> Option<String> {
        let others = self.other_languages();
        if others.is_empty() {
            return None;
        }
        let counts = self.languages();
        let all: usize = counts.iter().map(|count| count.words).sum();
        let shown = counts.iter().filter(|c| c.language == self.language || others.contains(c));
        let share =
            |c: &LanguageWords| format!("{:.0} % {}", 100.0 * c.words as f64 / all as f64, c.language.english_name());
        Some(shown.map(share).collect::<Vec<_>>().join(", "))
    }

    /// Whether the input is a FAQ through and through: pairs, and no body beside them.
    pub fn is_faq_page(&self) -> bool {
        self.own_faq.is_some() && self.passages().next().is_none()
    }

    /// The article as a model sees it, in Markdown: title, deck, and the body with its headings.
    ///
    /// The article's own FAQ block and the dropped parts are never in it.
    pub fn body_markdown(&self) -> String {
        let mut blocks = Vec::new();
        blocks.extend(self.title.as_ref().map(|title| format!("# {title}")));
        blocks.extend(self.deck.clone());
        self.push_markdown(&self.sections, &mut blocks);
        blocks.join("\n\n")
    }

    /// Adds the Markdown blocks of sections of this article, or of parts of them.
    pub(crate) fn push_markdown(&self, sections: &[Section], blocks: &mut Vec<String>) {
        let mut last = None;
        for section in sections {
            if let Some(heading) = section.heading {
                blocks.push(self.heading_markdown(heading));
                last = None;
            }
            for passage in &section.passages {
                let block = self.passage_markdown(passage);
                let tight = matches!(passage.kind, PassageKind::ListItem | PassageKind::TableRow);
                match blocks.last_mut() {
                    Some(above) if tight && last == Some(passage.kind) => {
                        above.push('\n');
                        above.push_str(&block);
                    }
                    _ => blocks.push(block),
                }
                last = Some(passage.kind);
            }
        }
    }

    /// A heading as a line of Markdown.
    pub(crate) fn heading_markdown(&self, heading: Heading) -> String {
        let marks = "#".repeat(heading.level.clamp(2, 6).into());
        format!("{marks} {}", one_line(self.slice(heading.span)))
    }

    /// A passage as Markdown, without the blank lines around it.
    pub(crate) fn passage_markdown(&self, passage: &Passage) -> String {
        let text = self.slice(passage.span);
        match passage.kind {
            PassageKind::Paragraph => one_line(text),
            PassageKind::ListItem if is_numbered(text) => one_line(text),
            PassageKind::ListItem => format!("- {}", one_line(text)),
            PassageKind::Quotation => format!("> {}", one_line(text)),
            PassageKind::TableRow => format!("| {} |", one_line(text)),
            PassageKind::Code => format!("```\n{text}\n```"),
        }
    }

    /// An article that is nothing but its body: all of the text is in the sections, and nothing is known beside it.
    pub(crate) fn bare(source: &str, text: &str, language: Language, sections: Vec<Section>) -> Self {
        Self {
            source: source.to_owned(),
            format: SourceFormat::Text,
            language,
            language_confidence: 1.0,
            title: None,
            deck: None,
            byline: None,
            date: None,
            url: None,
            site: None,
            head: Vec::new(),
            sections,
            own_faq: None,
            dropped: Vec::new(),
            losses: Vec::new(),
            text: text.to_owned(),
        }
    }

    /// An article of one passage that is one sentence, for tests.
    #[cfg(test)]
    pub(crate) fn of_one_passage(text: &str, language: Language) -> Self {
        let span = Span::new(0, text.len());
        let passage = Passage {
            kind: PassageKind::Paragraph,
            span,
            language: Some(language),
            sentences: vec![Sentence { span }],
        };
        let sections = vec![Section { heading: None, passages: vec![passage] }];
        Self::bare("a.txt", text, language, sections)
    }
}

/// A text on one line: white space of any kind becomes one space.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a list item carries its own number, as in plain text.
pub(crate) fn is_numbered(text: &str) -> bool {
    let rest = text.trim_start_matches('(').trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < text.len() && rest.starts_with(['.', ')'])
}
