//! Lexical support of a sentence by a source text: how much of it stands there, where best, how much word for word.

use std::collections::HashSet;

use serde::Serialize;

use super::ngrams::Numbering;
use super::text::{is_content_word, stems, words};
use super::{mean, ratio};
use crate::lang::Language;

/// A source text, cut into units (sentences, passages or sections) and counted once for many sentences.
pub struct SourceIndex {
    language: Language,
    numbers: Numbering,
    units: Vec<Unit>,
    words: Vec<String>,
}

#[derive(Default)]
struct Unit {
    stems: HashSet<u32>,
    pairs: HashSet<(u32, u32)>,
}

/// How far a source supports a sentence by its words. All shares are of the sentence's (different) stems, so they are
/// recalls of the sentence in the source. A sentence without words has 0 everywhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct LexicalSupport {
    /// The unit that has most of the sentence: index into the units given; the first of equals.
    pub best_unit: Option<usize>,
    /// The share of content words that this unit has. Where a sentence has none, all its words count.
    pub content: f64,
    /// The share of pairs of neighbouring words that this unit has.
    pub pairs: f64,
    /// The share of content words that the whole source has.
    pub source_content: f64,
    /// The share of pairs of neighbouring words that the whole source has.
    pub source_pairs: f64,
    /// The length in words of the longest run that stands word for word in the source.
    pub longest_run: usize,
    /// That length over the number of words of the sentence.
    pub run_share: f64,
}

impl SourceIndex {
    /// Counts a source. Words are compared by their stems in `language`.
    pub fn new<S: AsRef<str>>(units: &[S], language: Language) -> Self {
        let mut numbers = Numbering::default();
        let units_of = |unit: &S| {
            let stems = numbers.number(stems(unit.as_ref(), language));
            Unit { pairs: pairs(&stems).collect(), stems: stems.into_iter().collect() }
        };
        let words = units.iter().flat_map(|unit| words(unit.as_ref())).collect();
        Self { units: units.iter().map(units_of).collect(), language, numbers, words }
    }

    /// The `count` units that have most of a sentence's stems, long ones discounted, in the order of the source.
    pub fn closest(&self, sentence: &str, count: usize) -> Vec<usize> {
        let wanted: HashSet<u32> = self.numbers.known(stems(sentence, self.language)).into_iter().flatten().collect();
        let value = |index: &usize| {
            let unit = &self.units[*index].stems;
            unit.intersection(&wanted).count() as f64 / (3.0 + (unit.len() as f64).sqrt())
        };
        let mut found: Vec<usize> = (0..self.units.len()).collect();
        found.sort_by(|a, b| value(b).total_cmp(&value(a)));
        found.truncate(count);
        found.sort_unstable();
        found
    }

    /// The support of one sentence. Time is the product of the lengths of sentence and source.
    pub fn support(&self, sentence: &str) -> LexicalSupport {
        let plain = words(sentence);
        let stems = self.numbers.known(stems(sentence, self.language));
        let is_content = |word: &&String| is_content_word(word, self.language);
        let any_content = plain.iter().any(|word| is_content(&word));
        let wanted = plain.iter().zip(&stems).filter(|(word, _)| !any_content || is_content(word));
        let content: HashSet<Option<u32>> = wanted.map(|(_, stem)| *stem).collect();
        let pairs: HashSet<_> = stems.windows(2).map(|pair| pair[0].zip(pair[1])).collect();
        let share = |unit: &Unit| {
            let content = mean(content.iter().map(|stem| f64::from(stem.is_some_and(|s| unit.stems.contains(&s)))));
            let pairs = mean(pairs.iter().map(|pair| f64::from(pair.is_some_and(|p| unit.pairs.contains(&p)))));
            (content, pairs)
        };
        let in_any = |test: &dyn Fn(&Unit) -> bool| f64::from(self.units.iter().any(test));
        let mut found = LexicalSupport {
            source_content: mean(content.iter().map(|stem| in_any(&|u| stem.is_some_and(|s| u.stems.contains(&s))))),
            source_pairs: mean(pairs.iter().map(|pair| in_any(&|u| pair.is_some_and(|p| u.pairs.contains(&p))))),
            longest_run: longest_run(&plain, &self.words),
            ..LexicalSupport::default()
        };
        found.run_share = ratio(found.longest_run, plain.len());
        for (index, unit) in self.units.iter().enumerate() {
            let (content, pairs) = share(unit);
            if content + pairs > found.content + found.pairs {
                found = LexicalSupport { best_unit: Some(index), content, pairs, ..found };
            }
        }
        found
    }
}

fn pairs(stems: &[u32]) -> impl Iterator<Item = (u32, u32)> {
    stems.windows(2).map(|pair| (pair[0], pair[1]))
}

/// The length of the longest run of words that both texts have.
fn longest_run(a: &[String], b: &[String]) -> usize {
    let mut ends = vec![0usize; b.len() + 1];
    let mut longest = 0;
    for x in a {
        // From the end, so that the entry before is still that of the word before.
        for j in (0..b.len()).rev() {
            ends[j + 1] = if *x == b[j] { ends[j] + 1 } else { 0 };
            longest = longest.max(ends[j + 1]);
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: [&str; 3] = [
        "The cooperative bought two electric ferries.",
        "The first boat enters service in April 2027.",
        "Tickets for residents will cost less.",
    ];

    #[test]
    fn the_sentence_that_says_it_is_found() {
        let index = SourceIndex::new(&SOURCE, Language::EN);
        let copied = index.support("The first boat enters service in April 2027.");
        assert_eq!((copied.best_unit, copied.content, copied.pairs), (Some(1), 1.0, 1.0));
        assert_eq!((copied.longest_run, copied.run_share), (8, 1.0));
        let inflected = index.support("A resident's ticket costs less");
        assert_eq!(inflected.best_unit, Some(2));
        assert!(inflected.content > 0.7 && inflected.longest_run == 1, "{inflected:?}");
        let other = index.support("Whales sleep upright near Greenland");
        assert_eq!((other.best_unit, other.source_content, other.longest_run), (None, 0.0, 0));
    }

    #[test]
    fn the_whole_source_may_have_what_no_sentence_has() {
        let index = SourceIndex::new(&SOURCE, Language::EN);
        let mixed = index.support("Electric tickets");
        assert_eq!((mixed.content, mixed.source_content), (0.5, 1.0));
        assert_eq!(mixed.source_pairs, 0.0);
    }

    #[test]
    fn nothing_is_zero() {
        let index = SourceIndex::new(&SOURCE, Language::EN);
        assert_eq!(index.support(" … "), LexicalSupport::default());
        let empty = SourceIndex::new::<&str>(&[], Language::ES);
        assert_eq!(empty.support("Nada"), LexicalSupport::default());
        assert!(index.support("in of the").content > 0.0, "function words count where there is nothing else");
    }
}
