//! ROUGE: overlap of n-grams and of subsequences with a reference.
//!
//! Lin, "ROUGE: A Package for Automatic Evaluation of Summaries" (2004). With [`Tokens::Classic`] the scores equal
//! those of Google's `rouge-score` 0.1.2. That tokenizer keeps ASCII letters and digits only and takes every other
//! letter for a gap (`según` → `seg`, `n`), so Spanish is scored on pieces of words; [`Tokens::Unicode`] does not.

use std::collections::HashMap;

use serde::Serialize;

use super::ngrams::{Numbering, common, counts, lcs_length, mark_lcs, total};
use super::{Score, porter, text};
use crate::lang::Language;

/// How a text becomes tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tokens {
    /// As `rouge-score` does: lower case, runs of `a-z0-9`.
    Classic {
        /// Whether tokens of more than three letters are stemmed (Porter as NLTK has it; `use_stemmer=True`).
        stem: bool,
    },
    /// Runs of letters and digits of any script.
    Unicode {
        /// The language whose Snowball stemmer is used; English and Spanish have one.
        stem: Option<Language>,
    },
}

impl Tokens {
    /// The tokens of a text.
    pub fn of(self, text: &str) -> Vec<String> {
        match self {
            Self::Classic { stem } => {
                let lower = text.to_lowercase();
                let runs = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|run| !run.is_empty());
                let stemmed = |run: &str| if stem && run.len() > 3 { porter::stem(run) } else { run.to_owned() };
                runs.map(stemmed).filter(|token| !token.is_empty()).collect()
            }
            Self::Unicode { stem: Some(language) } => text::stems(text, language),
            Self::Unicode { stem: None } => text::words(text),
        }
    }
}

/// The usual four scores of a candidate against one reference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Rouge {
    /// Single tokens.
    pub rouge1: Score,
    /// Pairs of tokens.
    pub rouge2: Score,
    /// Longest common subsequence of the whole texts.
    #[serde(rename = "rougeL")]
    pub rouge_l: Score,
    /// Longest common subsequences of the sentences, which stand on lines of their own.
    #[serde(rename = "rougeLsum")]
    pub rouge_lsum: Score,
}

/// All four scores. Texts without tokens score 0, also against each other.
pub fn rouge(reference: &str, candidate: &str, tokens: Tokens) -> Rouge {
    let mut numbers = Numbering::default();
    let mut lines = |text: &str| -> Vec<Vec<u32>> {
        text.split('\n').filter(|line| !line.is_empty()).map(|line| numbers.number(tokens.of(line))).collect()
    };
    let (reference, candidate) = (lines(reference), lines(candidate));
    // A line break parts tokens, so the tokens of the lines are those of the text.
    let (whole_reference, whole_candidate) = (reference.concat(), candidate.concat());
    let lcs = lcs_length(&whole_reference, &whole_candidate);
    Rouge {
        rouge1: of_ngrams(&whole_reference, &whole_candidate, 1),
        rouge2: of_ngrams(&whole_reference, &whole_candidate, 2),
        rouge_l: Score::of_counts(lcs, whole_candidate.len(), whole_reference.len()),
        rouge_lsum: of_sentences(&reference, &candidate),
    }
}

/// ROUGE-n: clipped common n-grams over those of the candidate (precision) and of the reference (recall).
pub fn rouge_n(reference: &str, candidate: &str, n: usize, tokens: Tokens) -> Score {
    of_ngrams(&tokens.of(reference), &tokens.of(candidate), n)
}

/// The scores against the best of several references, chosen for each of the four by its F1 (as
/// `RougeScorer.score_multi` does).
pub fn rouge_multi<S: AsRef<str>>(references: &[S], candidate: &str, tokens: Tokens) -> Rouge {
    let mut best = Rouge::default();
    for (index, reference) in references.iter().enumerate() {
        let score = rouge(reference.as_ref(), candidate, tokens);
        for (best, score) in [
            (&mut best.rouge1, score.rouge1),
            (&mut best.rouge2, score.rouge2),
            (&mut best.rouge_l, score.rouge_l),
            (&mut best.rouge_lsum, score.rouge_lsum),
        ] {
            if index == 0 || score.f1 > best.f1 {
                *best = score;
            }
        }
    }
    best
}

fn of_ngrams<T: Eq + std::hash::Hash>(reference: &[T], candidate: &[T], n: usize) -> Score {
    let hits = common(&counts(reference, n), &counts(candidate, n));
    Score::of_counts(hits, total(candidate.len(), n), total(reference.len(), n))
}

/// ROUGE-Lsum: for each sentence of the reference the union of its longest common subsequences with all sentences of
/// the candidate; no token counts more often than it occurs on either side.
fn of_sentences(reference: &[Vec<u32>], candidate: &[Vec<u32>]) -> Score {
    let count_all = |sentences: &[Vec<u32>]| {
        let mut counts = HashMap::<u32, usize>::new();
        sentences.iter().flatten().for_each(|token| *counts.entry(*token).or_insert(0) += 1);
        counts
    };
    let (mut left_reference, mut left_candidate) = (count_all(reference), count_all(candidate));
    let mut hits = 0;
    for sentence in reference {
        let mut marks = vec![false; sentence.len()];
        candidate.iter().for_each(|other| mark_lcs(sentence, other, &mut marks));
        for (token, _) in sentence.iter().zip(&marks).filter(|(_, marked)| **marked) {
            let (Some(a), Some(b)) = (left_reference.get_mut(token), left_candidate.get_mut(token)) else { continue };
            if *a > 0 && *b > 0 {
                (*a, *b) = (*a - 1, *b - 1);
                hits += 1;
            }
        }
    }
    let count = |sentences: &[Vec<u32>]| sentences.iter().map(Vec::len).sum();
    Score::of_counts(hits, count(candidate), count(reference))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Tokens = Tokens::Classic { stem: false };

    #[test]
    fn the_numbers_are_those_of_the_definition() {
        let score = rouge("the cat sat on the mat", "the cat lay on a mat", PLAIN);
        assert_eq!(score.rouge1, Score::of_counts(4, 6, 6));
        assert_eq!(score.rouge2, Score::of_counts(1, 5, 5));
        assert_eq!(score.rouge_l, Score::of_counts(4, 6, 6));
        let two_lines = rouge("a b c\nd e f", "d e f\na b c", PLAIN);
        assert_eq!(two_lines.rouge_l.f1, 0.5);
        assert_eq!(two_lines.rouge_lsum.f1, 1.0, "the order of sentences does not count");
    }

    #[test]
    fn nothing_scores_zero() {
        for (a, b) in [("", ""), ("", "word"), ("word", ""), ("\n\n", "¿?"), ("ñ", "ñ")] {
            assert_eq!(rouge(a, b, PLAIN), Rouge::default(), "{a:?} {b:?}");
        }
        assert_eq!(rouge_n("a b", "a b", 0, PLAIN), Score::default());
        assert_eq!(rouge_multi::<&str>(&[], "a", PLAIN), Rouge::default());
    }

    #[test]
    fn the_classic_tokenizer_cuts_spanish_words_and_the_unicode_one_does_not() {
        assert_eq!(PLAIN.of("Según él, mañana"), ["seg", "n", "l", "ma", "ana"]);
        let unicode = Tokens::Unicode { stem: None };
        assert_eq!(unicode.of("Según él, mañana"), ["según", "él", "mañana"]);
        // Different words that share a piece.
        assert!(rouge("ningún", "común", PLAIN).rouge1.f1 > 0.0);
        assert_eq!(rouge("ningún", "común", unicode).rouge1.f1, 0.0);
        let stemmed = Tokens::Unicode { stem: Some(Language::ES) };
        assert_eq!(rouge("las canciones nuevas", "la canción nueva", stemmed).rouge1, Score::of_counts(2, 3, 3));
    }

    #[test]
    fn the_best_reference_counts() {
        let score = rouge_multi(&["x y", "a b c"], "a b", PLAIN);
        assert_eq!(score.rouge1, Score::of_counts(2, 2, 3));
    }
}
