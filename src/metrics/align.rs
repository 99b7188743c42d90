//! How well the pairs of a generated FAQ match those of a reference, by any similarity of two texts.
//!
//! [`qa_aligned`] is QAAlignedF1 of Ushio et al., "An Empirical Comparison of LM-based Question and Answer Generation
//! Methods" (2023), as the library `lmqg` computes it. One good reference may there match many generated pairs;
//! [`one_to_one`] gives each pair one partner at most. What chance gives is measured with [`shuffled`].

use pathfinding::kuhn_munkres::kuhn_munkres;
use pathfinding::matrix::Matrix;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use serde::Serialize;

use super::{Score, mean};
use crate::content::FaqEntry;

/// What `lmqg` adds to the denominator of F1.
const EPSILON: f64 = 1e-6;
/// Steps of one unit of similarity when the best assignment is sought.
const STEPS: f64 = 1e9;

/// The similarity of every generated text with every reference text.
#[derive(Debug, Clone, PartialEq)]
pub struct Similarities {
    values: Vec<Vec<f64>>,
    references: usize,
}

impl Similarities {
    /// Calls `similarity(generated, reference)` for every pair. What is not a number counts as 0.
    pub fn new<G, R>(generated: &[G], references: &[R], mut similarity: impl FnMut(&G, &R) -> f64) -> Self {
        let mut value = |g, r| Some(similarity(g, r)).filter(|s| s.is_finite()).unwrap_or(0.0);
        let values = generated.iter().map(|g| references.iter().map(|r| value(g, r)).collect()).collect();
        Self { values, references: references.len() }
    }

    fn is_empty(&self) -> bool {
        self.values.is_empty() || self.references == 0
    }

    fn best_of_row(&self, row: usize) -> f64 {
        self.values[row].iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    fn best_of_column(&self, column: usize) -> f64 {
        self.values.iter().map(|row| row[column]).fold(f64::NEG_INFINITY, f64::max)
    }
}

/// A pair as the text that `lmqg` compares.
pub fn qa_text(entry: &FaqEntry) -> String {
    format!("question: {}, answer: {}", entry.question, entry.answer)
}

/// QAAlignedF1: precision is the mean over the generated pairs of the best match, recall the mean over the references.
/// As in `lmqg`, a pair that is generated again word for word counts once; an empty side scores 0.
pub fn qa_aligned(
    generated: &[FaqEntry],
    references: &[FaqEntry],
    mut similarity: impl FnMut(&str, &str) -> f64,
) -> Score {
    let mut generated: Vec<_> = generated.iter().map(qa_text).collect();
    generated.sort_unstable();
    generated.dedup();
    let references: Vec<_> = references.iter().map(qa_text).collect();
    best_matches(&Similarities::new(&generated, &references, |g, r| similarity(g, r)))
}

/// The same over any texts, where repeated ones count as often as they stand there.
pub fn best_matches(similarities: &Similarities) -> Score {
    if similarities.is_empty() {
        return Score::default();
    }
    let precision = mean((0..similarities.values.len()).map(|row| similarities.best_of_row(row)));
    let recall = mean((0..similarities.references).map(|column| similarities.best_of_column(column)));
    let f1 = 2.0 * precision * recall / (precision + recall + EPSILON);
    Score { precision, recall, f1: if f1.is_finite() { f1 } else { 0.0 } }
}

/// The best assignment of generated texts to references.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Assignment {
    /// Sum of the similarities over the number of generated texts, and over that of references: what is missing, extra
    /// or said twice has no partner and adds nothing.
    pub score: Score,
    /// Index of the generated text, index of its reference, similarity above 0.
    pub pairs: Vec<(usize, usize, f64)>,
}

/// Assigns each text one partner at most so that the sum of similarities is greatest (Kuhn and Munkres).
/// Similarities below 0 count as 0.
pub fn one_to_one(similarities: &Similarities) -> Assignment {
    let (rows, columns) = (similarities.values.len(), similarities.references);
    if similarities.is_empty() {
        return Assignment { score: Score::default(), pairs: Vec::new() };
    }
    let value = |row: usize, column: usize| similarities.values[row][column].clamp(0.0, 1e6);
    let weight = |row, column| (value(row, column) * STEPS).round() as i64;
    // The algorithm wants no more rows than columns.
    let turned = rows > columns;
    let (height, width) = (rows.min(columns), rows.max(columns));
    let weights = Matrix::from_fn(height, width, |(i, j)| if turned { weight(j, i) } else { weight(i, j) });
    let (_, partners) = kuhn_munkres(&weights);
    let pairs = partners.into_iter().enumerate().map(|(i, j)| if turned { (j, i) } else { (i, j) });
    let mut pairs: Vec<_> = pairs.map(|(i, j)| (i, j, value(i, j))).filter(|(_, _, value)| *value > 0.0).collect();
    pairs.sort_unstable_by_key(|(i, _, _)| *i);
    let sum: f64 = pairs.iter().map(|(_, _, value)| value).sum();
    Assignment { score: Score::new(sum / rows as f64, sum / columns as f64), pairs }
}

/// The baseline: every question with the answer of another pair. One pair alone stays as it is.
pub fn shuffled(entries: &[FaqEntry], seed: u64) -> Vec<FaqEntry> {
    let others = derangement(entries.len(), seed);
    let pairs = entries.iter().zip(others);
    pairs.map(|(e, other)| FaqEntry::new(e.question.clone(), entries[other].answer.clone())).collect()
}

/// A random cycle through `0..count`, which leaves no index in its place (Sattolo); also good for giving each document
/// the references of another one.
pub fn derangement(count: usize, seed: u64) -> Vec<usize> {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    let mut order: Vec<_> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, rng.random_range(0..last));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::rouge::{Tokens, rouge_n};

    fn entry(question: &str, answer: &str) -> FaqEntry {
        FaqEntry::new(question, answer)
    }

    fn table(values: &[&[f64]]) -> Similarities {
        let columns: Vec<_> = (0..values.first().map_or(0, |row| row.len())).collect();
        Similarities::new(values, &columns, |row, column| row[*column])
    }

    fn close(score: Score, precision: f64, recall: f64) -> bool {
        (score.precision - precision).abs() < 1e-9 && (score.recall - recall).abs() < 1e-9
    }

    #[test]
    fn best_matches_are_means_of_maxima() {
        let score = best_matches(&table(&[&[0.9, 0.2, 0.1], &[0.8, 0.3, 0.0]]));
        assert!(close(score, 0.85, (0.9 + 0.3 + 0.1) / 3.0));
        assert!(
            (score.f1 - 2.0 * score.precision * score.recall / (score.precision + score.recall + 1e-6)).abs() < 1e-12
        );
    }

    #[test]
    fn the_assignment_is_the_best_one_and_not_the_greedy_one() {
        let found = one_to_one(&table(&[&[0.9, 0.8], &[0.8, 0.1]]));
        assert_eq!(found.pairs.iter().map(|(i, j, _)| (*i, *j)).collect::<Vec<_>>(), [(0, 1), (1, 0)]);
        assert!(close(found.score, 0.8, 0.8));
    }

    #[test]
    fn missing_extra_and_repeated_pairs_are_punished() {
        let same = |g: &&str, r: &&str| if g == r { 1.0 } else { 0.0 };
        let score = |generated: &[&str]| one_to_one(&Similarities::new(generated, &["a", "b"], same)).score;
        assert!(close(score(&["a", "b"]), 1.0, 1.0));
        assert!(close(score(&["a"]), 1.0, 0.5), "missing");
        assert!(close(score(&["a", "b", "c"]), 2.0 / 3.0, 1.0), "extra");
        assert!(close(score(&["a", "a", "b", "b"]), 0.5, 1.0), "repeated");
        let repeated = Similarities::new(&["a", "a", "b", "b"], &["a", "b"], same);
        assert!(close(best_matches(&repeated), 1.0, 1.0), "which the best matches do not see");
    }

    #[test]
    fn nothing_and_nonsense_score_zero() {
        assert_eq!(best_matches(&table(&[])), Score::default());
        assert_eq!(one_to_one(&table(&[&[], &[]])).score, Score::default());
        assert_eq!(one_to_one(&table(&[&[f64::NAN, -1.0]])).pairs, []);
        assert_eq!(best_matches(&table(&[&[0.0]])), Score::default());
        assert_eq!(qa_aligned(&[], &[entry("a", "b")], |_, _| 1.0), Score::default());
    }

    #[test]
    fn shuffled_pairs_score_lower_and_the_seed_decides() {
        let entries: Vec<_> = ["one two", "three four", "five six", "seven eight"].map(|s| entry(s, s)).to_vec();
        let similarity = |g: &str, r: &str| rouge_n(r, g, 1, Tokens::Unicode { stem: None }).f1;
        let right = qa_aligned(&entries, &entries, similarity);
        let wrong = qa_aligned(&shuffled(&entries, 7), &entries, similarity);
        assert!(right.f1 > 0.99 && wrong.f1 < 0.8, "{right:?} {wrong:?}");
        assert_eq!(shuffled(&entries, 7), shuffled(&entries, 7));
        for count in 0..20 {
            let order = derangement(count, count as u64);
            assert!(count < 2 || order.iter().enumerate().all(|(i, j)| i != *j));
        }
    }
}
