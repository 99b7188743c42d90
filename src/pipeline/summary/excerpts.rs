//! Sentences of the article that can stand in its summary as they are.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use super::worth::worth;
use crate::article::Span;
use crate::pipeline::check::Checker;
use crate::pipeline::form::sentences;
use crate::pipeline::source::content_stems;

/// An excerpt of fewer words says too little, and a longer one is no sentence of a summary.
const EXCERPT_WORDS: RangeInclusive<usize> = 7..=60;
/// Units of the article among which its first statement is looked for: title, deck and a few sentences.
const LEAD_UNITS: usize = 7;
/// Words of the title for which a sentence may stand one further down.
const FURTHER_DOWN: f64 = 0.5;

/// A sentence of the article, or of its deck, that can be understood without those around it.
pub(in crate::pipeline) struct Excerpt {
    pub(super) text: String,
    pub(super) stems: HashSet<String>,
    pub(super) unit: usize,
    /// What it is worth in a summary.
    pub(super) weight: f64,
    /// How many words of the title it has, less what it stands further down; none if it is no beginning.
    pub(super) lead: Option<f64>,
}

/// Those of the sentences with such spans, or of all, in their order.
pub(in crate::pipeline) fn excerpts(checker: &Checker<'_>, read: Option<&HashSet<Span>>) -> Vec<Excerpt> {
    let source = checker.source;
    let title = source.article.title.as_deref().unwrap_or_default();
    let title = content_stems(title, checker.language);
    let mut found = Vec::new();
    for (unit, place) in source.units.iter().enumerate() {
        // What the text does not show, as a deck that only the page's data have, is no evidence of itself.
        let is_read = place.span.is_some_and(|span| read.is_none_or(|read| read.contains(&span)));
        if !is_read {
            continue;
        }
        for text in sentences(&place.text, checker.language) {
            if let Some(text) = checker.alone(&text, EXCERPT_WORDS) {
                let text = text.into_owned();
                let weight = worth(checker, unit, &text);
                let stems = content_stems(&text, checker.language);
                let shared = stems.intersection(&title).count() as f64;
                let lead = (unit < LEAD_UNITS).then_some(shared - FURTHER_DOWN * unit as f64);
                found.push(Excerpt { text, stems, unit, weight, lead });
            }
        }
    }
    found
}
