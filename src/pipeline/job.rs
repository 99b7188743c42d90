//! What is wanted of an article.

use std::str::FromStr;

use crate::content::SummaryLength;
use crate::engine::Sampling;
use crate::error::{Error, ErrorKind, Result};
use crate::lang::{Language, Region};
use crate::prompt::Style;

/// How many questions a FAQ block should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Questions {
    /// As many as the article's length carries.
    #[default]
    Auto,
    /// That many.
    Exactly(usize),
}

/// The most questions of one FAQ block.
pub const MAX_QUESTIONS: usize = 20;

/// Words of an article for each question of `auto`.
const WORDS_PER_QUESTION: usize = 150;
/// Fewest and most questions of `auto`.
const AUTO_QUESTIONS: std::ops::RangeInclusive<usize> = 3..=8;

impl FromStr for Questions {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        match s {
            "auto" => Ok(Self::Auto),
            _ => match s.parse() {
                Ok(n) if (1..=MAX_QUESTIONS).contains(&n) => Ok(Self::Exactly(n)),
                _ => Err(Error::new(
                    ErrorKind::Config,
                    format!("`{s}` is not a number of questions; give 1 to {MAX_QUESTIONS}, or `auto`"),
                )),
            },
        }
    }
}

impl Questions {
    /// The number of questions for an article of so many words.
    pub fn count(self, words: usize) -> usize {
        match self {
            Self::Exactly(n) => n,
            Self::Auto => ((words + WORDS_PER_QUESTION / 2) / WORDS_PER_QUESTION)
                .clamp(*AUTO_QUESTIONS.start(), *AUTO_QUESTIONS.end()),
        }
    }
}

/// What becomes of texts that fail the checks after all tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Faulty {
    /// They are left out, and their reason is told.
    #[default]
    Drop,
    /// They are kept and marked with what is wrong.
    Flag,
}

/// What is wanted of an article.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The language to write in.
    pub target: Language,
    /// The FAQ block, if one is wanted.
    pub faq: Option<Questions>,
    /// The summary, if one is wanted.
    pub summary: Option<SummaryLength>,
    /// How tokens are chosen for the first candidate of each text.
    pub sampling: Sampling,
    /// Questions that have to be in the FAQ block, or to be declared unanswerable.
    pub ask: Vec<String>,
    /// How the texts should sound, and the terms to keep.
    pub style: Style,
    /// What becomes of texts that fail the checks.
    pub faulty: Faulty,
    /// The region whose conventions translations follow; `None` is those of most of the language.
    pub region: Option<Region>,
}

impl Job {
    /// A job without any wishes beside its parts.
    pub fn new(target: Language, faq: Option<Questions>, summary: Option<SummaryLength>, sampling: Sampling) -> Self {
        let (ask, style, faulty) = (Vec::new(), Style::default(), Faulty::default());
        Self { target, faq, summary, sampling, ask, style, faulty, region: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_follows_the_length_of_the_article() {
        assert_eq!([0, 300, 600, 750, 1_050, 20_000].map(|words| Questions::Auto.count(words)), [3, 3, 4, 5, 7, 8]);
        assert_eq!(Questions::Exactly(12).count(10), 12);
        for bad in ["0", "21", "-1", "many", ""] {
            assert!(bad.parse::<Questions>().is_err(), "{bad}");
        }
    }
}
