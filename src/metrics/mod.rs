//! How good an output is: pure functions from texts to numbers, without a model, a file or a clock.
//!
//! Each file holds one family of metrics with its formula and its source. [`rouge`], [`bleu`] and [`chrf`] equal
//! their reference implementations; [`stats`] says how sure a number is.

pub mod align;
pub mod bleu;
pub mod chrf;
pub mod coverage;
pub mod extractive;
pub mod grounded;
mod ngrams;
pub mod overlap;
mod porter;
pub mod question;
pub mod readability;
pub mod redundancy;
pub mod rouge;
pub mod semantic;
pub mod stats;
pub mod support;
pub mod syllables;
pub mod text;

use serde::Serialize;

/// Precision, recall and their harmonic mean, each from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Score {
    /// The share of what was generated that is in the reference.
    pub precision: f64,
    /// The share of the reference that was generated.
    pub recall: f64,
    /// `2PR / (P + R)`, and 0 where both are 0.
    pub f1: f64,
}

impl Score {
    /// The score of a precision and a recall.
    pub fn new(precision: f64, recall: f64) -> Self {
        let sum = precision + recall;
        Self { precision, recall, f1: if sum > 0.0 { 2.0 * precision * recall / sum } else { 0.0 } }
    }

    /// The score of `hits` common items among `generated` and `reference` ones; no items give 0.
    pub fn of_counts(hits: usize, generated: usize, reference: usize) -> Self {
        Self::new(ratio(hits, generated), ratio(hits, reference))
    }
}

/// `part / whole`, and 0 of nothing.
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The arithmetic mean, and 0 of nothing.
fn mean(values: impl IntoIterator<Item = f64>) -> f64 {
    let (sum, count) = values.into_iter().fold((0.0, 0usize), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { 0.0 } else { sum / count as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_scores_zero_and_no_score_is_not_a_number() {
        assert_eq!(Score::of_counts(0, 0, 0), Score::default());
        assert_eq!(Score::of_counts(1, 2, 4), Score { precision: 0.5, recall: 0.25, f1: 1.0 / 3.0 });
        assert_eq!(mean([]), 0.0);
        assert_eq!(mean([1.0, 2.0]), 1.5);
    }
}
