//! Exact checks of what a sentence states: are its numbers, dates, quotations and names in the source?
//!
//! A number is its value, however it is written (`1,100`, `1.100`, `one thousand one hundred`); a date its day, month
//! and year. What is found is a claim with its place; what is not found in the source
//! is not supported by it. Sentence and source may be of different languages, but for names and quotations.

mod calendar;
mod clock;
mod date;
mod digits;
mod name;
mod number;
mod quotation;
mod spelled;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::text::words;
use crate::article::{Article, Span};
use crate::lang::Language;
use date::Date;
use name::Names;
use number::Number;

/// What kind of thing a claim names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClaimKind {
    /// A number, with its currency or per cent sign if it has one; also an hour.
    Number,
    /// A day, a month, or both with a year.
    Date,
    /// Words in quotation marks.
    Quotation,
    /// A run of capitalized words.
    Name,
}

/// Something in a sentence that can be looked up in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// What kind.
    pub kind: ClaimKind,
    /// Where it stands in the sentence.
    pub span: Span,
    /// Whether the source has it.
    pub supported: bool,
}

/// What a source text has, gathered once for many sentences.
pub struct SourceFacts {
    language: Language,
    numbers: Vec<Number>,
    dates: Vec<Date>,
    words: Vec<String>,
    names: Names,
}

impl SourceFacts {
    /// Gathers the numbers, dates and words of a source in that language.
    pub fn new(source: &str, language: Language) -> Self {
        let dates = date::find(source, language, true).into_iter().map(|(_, date)| date).collect();
        let numbers = number::find(source, language).into_iter().map(|(_, number)| number).collect();
        let words = words(source);
        Self { language, numbers, dates, names: Names::new(source, language), words }
    }

    /// What an article states: its head as shown and as stated by the file, its headings and its passages. What was left
    /// out of it, and a FAQ block of its own, state nothing.
    pub fn of_article(article: &Article) -> Self {
        let head = article.head.iter().map(|span| article.slice(*span));
        let stated = [&article.byline, &article.date].into_iter().flatten().map(String::as_str);
        let body = article.body_markdown();
        let all: Vec<_> = head.chain(stated).chain([body.as_str()]).collect();
        Self::new(&all.join("\n"), article.language)
    }

    /// The language of the source.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The claims of a sentence in that language, in the order they stand there.
    pub fn check(&self, sentence: &str, language: Language) -> Vec<Claim> {
        let mut claims = Vec::new();
        let mut taken = Taken::default();
        for (span, date) in date::find(sentence, language, false) {
            taken.add(span);
            claims.push(Claim { kind: ClaimKind::Date, span, supported: self.has_date(&date) });
        }
        for (span, number) in number::find(sentence, language) {
            if !number.is_vague && !taken.touches(span) {
                let supported = self.numbers.iter().any(|known| number.agrees_with(known));
                claims.push(Claim { kind: ClaimKind::Number, span, supported });
            }
        }
        if language == self.language {
            for span in quotation::find(sentence) {
                let supported = quotation::stands_in(&sentence[span.range()], &self.words);
                claims.push(Claim { kind: ClaimKind::Quotation, span, supported });
            }
            for span in name::find(sentence, language) {
                if !taken.touches(span) {
                    let supported = self.names.have(&sentence[span.range()], language);
                    claims.push(Claim { kind: ClaimKind::Name, span, supported });
                }
            }
        }
        claims.sort_by_key(|claim| (claim.span.start, claim.span.end));
        claims
    }

    /// A date is supported by one that has all it says. A year may stand elsewhere in the source than day and month.
    fn has_date(&self, wanted: &Date) -> bool {
        let year_stands = |year: i32| self.numbers.iter().any(|number| number.has_value(f64::from(year)));
        self.dates.iter().any(|known| {
            let year = match (wanted.year, known.year) {
                (Some(wanted), Some(known)) => wanted == known,
                (Some(wanted), None) => year_stands(wanted),
                (None, _) => true,
            };
            year && wanted.readings.iter().any(|wanted| known.readings.iter().any(|known| wanted.is_in(known)))
        })
    }
}

/// The share of the claims that are supported; `None` where there are none.
pub fn support_rate(claims: &[Claim]) -> Option<f64> {
    let supported = claims.iter().filter(|claim| claim.supported).count();
    (!claims.is_empty()).then(|| supported as f64 / claims.len() as f64)
}

/// The end of a text, long enough for what may belong to what stands behind it; looking further back would take time.
fn tail(text: &str) -> &str {
    const LONG: usize = 32;
    &text[text.ceil_char_boundary(text.len().saturating_sub(LONG))..]
}

/// Parts of a text that have been read already, none of them within another.
#[derive(Default)]
struct Taken(BTreeMap<usize, usize>);

impl Taken {
    fn add(&mut self, span: Span) {
        self.0.insert(span.start, span.end);
    }

    /// Whether a part of the span has been read.
    fn touches(&self, span: Span) -> bool {
        self.0.range(..span.end).next_back().is_some_and(|(_, end)| *end > span.start)
    }
}

#[cfg(test)]
mod tests;
