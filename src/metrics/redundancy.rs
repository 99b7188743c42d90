//! How much the entries of a FAQ, or the sentences of a summary, say the same again.

use std::collections::HashSet;

use serde::Serialize;

use super::ngrams::total;
use super::text::words;
use super::{mean, ratio};

/// Self-overlap of a list of texts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Redundancy {
    /// The mean over the texts of the similarity with the most similar other text.
    pub mean: f64,
    /// The similarity of the two most similar texts.
    pub worst: f64,
}

/// Compares every text with every other one by [`jaccard`]; fewer than two texts have no redundancy.
pub fn redundancy<S: AsRef<str>>(texts: &[S]) -> Redundancy {
    let sets: Vec<_> = texts.iter().map(|text| word_set(text.as_ref())).collect();
    let mut closest = vec![0.0_f64; sets.len()];
    for i in 0..sets.len() {
        for j in 0..i {
            let similarity = of_sets(&sets[i], &sets[j]);
            closest[i] = closest[i].max(similarity);
            closest[j] = closest[j].max(similarity);
        }
    }
    Redundancy { worst: closest.iter().copied().fold(0.0, f64::max), mean: mean(closest) }
}

/// Jaccard similarity of the sets of words, from 0 to 1; two texts without words are equal.
pub fn jaccard(a: &str, b: &str) -> f64 {
    of_sets(&word_set(a), &word_set(b))
}

/// The share of a text's n-grams that have stood in it before (`rep-n` of Welleck et al., "Neural Text Generation with
/// Unlikelihood Training", 2020); 0 for a text with none.
pub fn repeated_ngrams(text: &str, n: usize) -> f64 {
    let words = words(text);
    if n == 0 {
        return 0.0;
    }
    let all = total(words.len(), n);
    let different = words.windows(n).collect::<HashSet<_>>().len();
    ratio(all - different, all)
}

fn word_set(text: &str) -> HashSet<String> {
    words(text).into_iter().collect()
}

fn of_sets(a: &HashSet<String>, b: &HashSet<String>) -> f64 {
    let both = a.intersection(b).count();
    let either = a.len() + b.len() - both;
    if either == 0 { 1.0 } else { both as f64 / either as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_punctuation_and_order_do_not_count() {
        assert_eq!(jaccard("¿Cuándo abre?", "abre, CUÁNDO"), 1.0);
        assert_eq!(jaccard("one two three", "two three four"), 0.5);
        assert_eq!(jaccard("", "..."), 1.0);
        assert_eq!(jaccard("a", "b"), 0.0);
    }

    #[test]
    fn the_closest_other_text_counts() {
        let found = redundancy(&["one two three", "two three four", "nine"]);
        assert_eq!(found, Redundancy { mean: 1.0 / 3.0, worst: 0.5 });
        assert_eq!(redundancy(&["alone"]), Redundancy::default());
        assert_eq!(redundancy::<&str>(&[]), Redundancy::default());
    }

    #[test]
    fn loops_are_found() {
        assert_eq!(repeated_ngrams("the cat the cat the cat", 2), 3.0 / 5.0);
        assert_eq!(repeated_ngrams("all words differ", 2), 0.0);
        assert_eq!(repeated_ngrams("", 2) + repeated_ngrams("a", 2) + repeated_ngrams("a a", 0), 0.0);
    }
}
