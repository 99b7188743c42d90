//! chrF and chrF++: F-score of character n-grams, and of word n-grams with `++`, equal to sacrebleu's.
//!
//! Popović, "chrF: character n-gram F-score for automatic MT evaluation" (2015) and "chrF++: words helping character
//! n-grams" (2017). Precision and recall are averaged over the orders that both sides have; recall weighs `β²` times.

use super::ngrams::{common, counts, total};
use super::text::is_python_space;

/// The longest character n-gram.
const CHAR_ORDER: usize = 6;
/// Recall counts this many times as much as precision, squared.
const BETA: f64 = 2.0;

/// chrF with its options; the default is sacrebleu's chrF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Chrf {
    /// The longest word n-gram: 0 is chrF, 2 is chrF++.
    pub word_order: usize,
    /// Whether case is ignored.
    pub lowercase: bool,
}

/// N-grams of one order: of the candidate, of the reference, in both.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    candidate: usize,
    reference: usize,
    hits: usize,
}

impl Chrf {
    /// chrF++.
    pub const PLUS_PLUS: Self = Self { word_order: 2, lowercase: false };

    /// The score, from 0 to 100, of one candidate against the best of its references.
    pub fn sentence(&self, candidate: &str, references: &[&str]) -> f64 {
        self.corpus([(candidate, references)])
    }

    /// The score, from 0 to 100, of a corpus: counts are added up before they are divided.
    pub fn corpus<'a>(&self, segments: impl IntoIterator<Item = (&'a str, &'a [&'a str])>) -> f64 {
        let mut sum = vec![Counts::default(); CHAR_ORDER + self.word_order];
        for (candidate, references) in segments {
            let candidate = self.prepared(candidate);
            let all = references.iter().map(|reference| self.count(&candidate, &self.prepared(reference)));
            let mut best = None;
            for counts in all {
                let score = f_score(&counts);
                if best.as_ref().is_none_or(|(most, _)| score > *most) {
                    best = Some((score, counts));
                }
            }
            for (sum, counts) in sum.iter_mut().zip(best.map(|(_, counts)| counts).unwrap_or_default()) {
                sum.candidate += counts.candidate;
                sum.reference += counts.reference;
                sum.hits += counts.hits;
            }
        }
        f_score(&sum)
    }

    /// What sacrebleu calls the signature: all that the number depends on.
    pub fn signature(&self, references: usize) -> String {
        let case = if self.lowercase { "lc" } else { "mixed" };
        format!(
            "nrefs:{references}|case:{case}|eff:yes|nc:{CHAR_ORDER}|nw:{}|space:no|version:faqtory-{}",
            self.word_order,
            env!("CARGO_PKG_VERSION")
        )
    }

    fn prepared(&self, text: &str) -> String {
        if self.lowercase { text.to_lowercase() } else { text.to_owned() }
    }

    fn count(&self, candidate: &str, reference: &str) -> Vec<Counts> {
        let characters = |text: &str| -> Vec<char> { text.chars().filter(|c| !is_python_space(*c)).collect() };
        let mut all = count_orders(&characters(candidate), &characters(reference), CHAR_ORDER);
        all.extend(count_orders(&words(candidate), &words(reference), self.word_order));
        all
    }
}

fn count_orders<T: Eq + std::hash::Hash>(candidate: &[T], reference: &[T], orders: usize) -> Vec<Counts> {
    let count = |n| Counts {
        // An order that the reference does not have is no fault of the candidate's.
        candidate: if reference.len() < n { 0 } else { total(candidate.len(), n) },
        reference: total(reference.len(), n),
        hits: common(&counts(candidate, n), &counts(reference, n)),
    };
    (1..=orders).map(count).collect()
}

/// The words between white space, with one mark of ASCII punctuation parted from the end or else from the beginning.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for word in text.split(is_python_space).filter(|word| !word.is_empty()) {
        let single = word.chars().nth(1).is_none();
        if !single && word.ends_with(|c: char| c.is_ascii_punctuation()) {
            words.extend([&word[..word.len() - 1], &word[word.len() - 1..]]);
        } else if !single && word.starts_with(|c: char| c.is_ascii_punctuation()) {
            words.extend([&word[..1], &word[1..]]);
        } else {
            words.push(word);
        }
    }
    words
}

fn f_score(orders: &[Counts]) -> f64 {
    let both: Vec<_> = orders.iter().filter(|order| order.candidate > 0 && order.reference > 0).collect();
    let precision = super::mean(both.iter().map(|order| order.hits as f64 / order.candidate as f64));
    let recall = super::mean(both.iter().map(|order| order.hits as f64 / order.reference as f64));
    let weight = BETA * BETA;
    if precision + recall == 0.0 {
        return 0.0;
    }
    100.0 * (1.0 + weight) * precision * recall / (weight * precision + recall)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extremes() {
        for chrf in [Chrf::default(), Chrf::PLUS_PLUS] {
            assert!((chrf.sentence("El niño duerme.", &["El niño duerme."]) - 100.0).abs() < 1e-9);
            assert_eq!(chrf.sentence("abc", &["xyz"]), 0.0);
            assert_eq!(chrf.sentence("", &[""]) + chrf.sentence("a", &[""]) + chrf.sentence("", &["a"]), 0.0);
            assert_eq!(chrf.sentence("a", &[]) + chrf.corpus([]), 0.0);
        }
    }

    #[test]
    fn white_space_and_on_wish_case_do_not_count() {
        assert!((Chrf::default().sentence("a bc", &["ab c"]) - 100.0).abs() < 1e-9);
        assert!(Chrf::default().sentence("ABC", &["abc"]) == 0.0);
        assert!((Chrf { lowercase: true, word_order: 0 }.sentence("ABC", &["abc"]) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn one_mark_is_parted_from_a_word() {
        assert_eq!(words("(hi) «no» -x a. ."), ["(hi", ")", "«no»", "-", "x", "a", ".", "."]);
    }

    #[test]
    fn the_best_reference_counts() {
        let chrf = Chrf::default();
        assert_eq!(chrf.sentence("casa", &["perro", "casas"]), chrf.sentence("casa", &["casas"]));
        assert!(chrf.signature(2).starts_with("nrefs:2|case:mixed|eff:yes|nc:6|nw:0|space:no|version:faqtory-"));
    }
}
