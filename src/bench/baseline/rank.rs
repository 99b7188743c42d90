//! Sentences by how central they are: TextRank and LexRank.
//!
//! Mihalcea and Tarau, "TextRank: Bringing Order into Texts" (2004); Erkan and Radev, "LexRank: Graph-based Lexical
//! Centrality as Salience in Text Summarization" (2004), its continuous form. Both are the stationary distribution of a
//! random walk over sentences that goes from one to another by their similarity, and anywhere with probability 0.15.

use std::collections::{HashMap, HashSet};

use crate::lang::Language;
use crate::metrics::text::{is_content_word, stems};

/// The probability of going on by similarity.
const DAMPING: f64 = 0.85;
/// The walk is done when no value changes more.
const TOLERANCE: f64 = 1e-9;
/// And after so many steps in any case.
const STEPS: usize = 200;
/// LexRank takes no notice of similarities below it.
const LEXRANK_THRESHOLD: f64 = 0.1;

/// The stems of the content words of a sentence.
fn content_stems(sentence: &str, language: Language) -> Vec<String> {
    let words = crate::metrics::text::words(sentence);
    words.iter().zip(stems(sentence, language)).filter(|(w, _)| is_content_word(w, language)).map(|(_, s)| s).collect()
}

/// Centralities by TextRank: the similarity of two sentences is the number of stems they share over the sum of the
/// logarithms of their lengths. They add up to 1.
pub(super) fn textrank(sentences: &[&str], language: Language) -> Vec<f64> {
    let sets: Vec<HashSet<String>> =
        sentences.iter().map(|s| content_stems(s, language).into_iter().collect()).collect();
    walk(sets.len(), |i, j| {
        let length = (sets[i].len() as f64).ln() + (sets[j].len() as f64).ln();
        let common = sets[i].intersection(&sets[j]).count();
        if length > 0.0 { common as f64 / length } else { 0.0 }
    })
}

/// Centralities by continuous LexRank: the similarity is the cosine of tf-idf vectors, idf counted over the sentences.
/// They add up to 1.
pub(super) fn lexrank(sentences: &[&str], language: Language) -> Vec<f64> {
    let counts: Vec<HashMap<String, f64>> = sentences
        .iter()
        .map(|s| {
            let mut counts = HashMap::new();
            for stem in content_stems(s, language) {
                *counts.entry(stem).or_insert(0.0) += 1.0;
            }
            counts
        })
        .collect();
    let mut frequency = HashMap::<&str, f64>::new();
    for stem in counts.iter().flat_map(HashMap::keys) {
        *frequency.entry(stem).or_insert(0.0) += 1.0;
    }
    let idf = |stem: &str| (counts.len() as f64 / frequency[stem]).ln() + 1.0;
    let vectors: Vec<HashMap<&str, f64>> =
        counts.iter().map(|c| c.iter().map(|(s, n)| (s.as_str(), n * idf(s))).collect()).collect();
    // In the order of the words, so that the sum of the floats is the same in every run.
    let norm = |v: &HashMap<&str, f64>| ordered_sum(v.values().map(|x| x * x));
    let norms: Vec<f64> = vectors.iter().map(|v| norm(v).sqrt()).collect();
    walk(vectors.len(), |i, j| {
        let (a, b) = (&vectors[i], &vectors[j]);
        let dot = ordered_sum(a.iter().filter_map(|(stem, x)| Some(x * b.get(stem)?)));
        let cosine = if norms[i] * norms[j] > 0.0 { dot / (norms[i] * norms[j]) } else { 0.0 };
        if cosine >= LEXRANK_THRESHOLD { cosine } else { 0.0 }
    })
}

/// A sum that does not depend on the order of the iteration.
fn ordered_sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.into_iter().sum()
}

/// The stationary distribution, where `similarity(i, j)` is symmetric; a sentence like no other leads anywhere.
fn walk(count: usize, similarity: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let mut weights = vec![vec![0.0; count]; count];
    for (i, j) in (0..count).flat_map(|i| (0..i).map(move |j| (i, j))) {
        let value = similarity(i, j);
        weights[i][j] = value;
        weights[j][i] = value;
    }
    let out: Vec<f64> = weights.iter().map(|row| row.iter().sum()).collect();
    let uniform = 1.0 / count.max(1) as f64;
    let mut ranks = vec![uniform; count];
    for _ in 0..STEPS {
        let lost: f64 = (0..count).filter(|i| out[*i] == 0.0).map(|i| ranks[i]).sum();
        let next: Vec<f64> = (0..count)
            .map(|j| {
                let led: f64 = (0..count).filter(|i| out[*i] > 0.0).map(|i| ranks[i] * weights[i][j] / out[i]).sum();
                (1.0 - DAMPING) * uniform + DAMPING * (led + lost * uniform)
            })
            .collect();
        let change = ranks.iter().zip(&next).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        ranks = next;
        if change < TOLERANCE {
            break;
        }
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers are those of `networkx.pagerank` on the same weighted graph (with a node that has no edge).
    #[test]
    fn the_walk_ends_where_page_rank_does() {
        let weights = [[0.0, 2.0, 1.0, 0.0], [2.0, 0.0, 0.5, 0.0], [1.0, 0.5, 0.0, 0.0], [0.0; 4]];
        let ranks = walk(4, |i, j| weights[i][j]);
        let expected = PAGERANK;
        assert!(ranks.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{ranks:?}");
        assert!((ranks.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert_eq!(walk(0, |_, _| 0.0), Vec::<f64>::new());
    }

    const PAGERANK: [f64; 4] = [0.399_143_145_97, 0.335_494_188_67, 0.217_743_617_72, 0.047_619_047_62];

    #[test]
    fn the_sentence_that_shares_most_is_central() {
        let sentences = [
            "The ferry company bought two electric boats.",
            "The two electric boats of the ferry company sail in April.",
            "In April the company sails to the island.",
            "Rain fell.",
        ];
        for ranks in [textrank(&sentences, Language::EN), lexrank(&sentences, Language::EN)] {
            let best = (0..4).max_by(|a, b| ranks[*a].total_cmp(&ranks[*b])).unwrap();
            assert_eq!(best, 1, "{ranks:?}");
            assert!(ranks[3] < ranks[0], "{ranks:?}");
        }
    }
}
