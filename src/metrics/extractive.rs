//! How much of a summary is copied from its article: coverage, density, compression, novelty.
//!
//! Grusky et al., "Newsroom: A Dataset of 1.3 Million Summaries with Diverse Extractive Strategies" (2018), with the
//! greedy search of its published code. Tokens are words in lower case without punctuation, where that code takes
//! spaCy's tokens with punctuation, so numbers differ a little from the paper's.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use serde::Serialize;

use super::{mean, ratio, text};

/// What a summary takes over from its article. An empty summary has 0 everywhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Extractiveness {
    /// The share of the summary's words that stand in fragments of the article: `Σ|f| / |S|`.
    pub coverage: f64,
    /// The mean length of the fragment that a word stands in: `Σ|f|² / |S|`.
    pub density: f64,
    /// Words of the article for each word of the summary: `|A| / |S|`.
    pub compression: f64,
    /// The share of the summary's different n-grams (1 to 4) that the article does not have.
    pub novelty: [f64; 4],
}

/// A run of tokens that summary and article share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fragment {
    /// Where it begins in the summary, in tokens.
    pub summary: usize,
    /// Where it begins in the article, in tokens.
    pub article: usize,
    /// How long it is, in tokens.
    pub length: usize,
}

/// All four measures of a summary.
pub fn extractiveness(article: &str, summary: &str) -> Extractiveness {
    let (article, summary) = (text::words(article), text::words(summary));
    let fragments = fragments(&article, &summary);
    let lengths = || fragments.iter().map(|fragment| fragment.length);
    Extractiveness {
        coverage: ratio(lengths().sum(), summary.len()),
        density: ratio(lengths().map(|length| length * length).sum(), summary.len()),
        compression: ratio(article.len(), summary.len()),
        novelty: [1, 2, 3, 4].map(|n| novelty(&article, &summary, n)),
    }
}

/// The fragments, from left to right: the longest run that begins at a token of the summary, then on after its end.
/// Like the published code, the search in the article goes on behind a run that it has found, so that of runs that
/// overlap each other it may miss a longer one.
pub fn fragments<T: Eq + Hash>(article: &[T], summary: &[T]) -> Vec<Fragment> {
    let mut places = HashMap::<&T, Vec<usize>>::new();
    for (at, token) in article.iter().enumerate() {
        places.entry(token).or_default().push(at);
    }
    let mut found = Vec::new();
    let mut start = 0;
    while start < summary.len() {
        let (mut best, mut behind) = (None::<Fragment>, 0);
        for &at in places.get(&summary[start]).map_or(&[][..], Vec::as_slice) {
            if at < behind {
                continue;
            }
            let length = summary[start..].iter().zip(&article[at..]).take_while(|(a, b)| a == b).count();
            behind = at + length;
            if best.is_none_or(|best| length > best.length) {
                best = Some(Fragment { summary: start, article: at, length });
            }
        }
        start += best.map_or(1, |fragment| fragment.length);
        found.extend(best);
    }
    found
}

/// The share of the different n-grams of `summary` that `article` does not have; 0 where there are none.
pub fn novelty<T: Eq + Hash>(article: &[T], summary: &[T], n: usize) -> f64 {
    if n == 0 {
        return 0.0;
    }
    let known: HashSet<_> = article.windows(n).collect();
    let grams: HashSet<_> = summary.windows(n).collect();
    mean(grams.iter().map(|gram| if known.contains(gram) { 0.0 } else { 1.0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_one_fragment() {
        let score = extractiveness("One two three. Four five six!", "four five six");
        assert_eq!((score.coverage, score.density, score.compression), (1.0, 3.0, 2.0));
        assert_eq!(score.novelty, [0.0; 4]);
    }

    #[test]
    fn new_words_part_the_fragments() {
        let score = extractiveness("the old mill by the river burned down", "the old house by the river");
        assert_eq!(score.coverage, 5.0 / 6.0);
        assert_eq!(score.density, (4.0 + 9.0) / 6.0);
        assert_eq!(score.novelty[0], 1.0 / 5.0, "five different words, one of them new");
        assert_eq!(score.novelty[1], 2.0 / 5.0);
    }

    #[test]
    fn the_search_goes_on_behind_a_run() {
        // At the second place there would be a run of three, which begins inside the first run.
        let found = fragments(b"aaab", b"aab");
        assert_eq!(found[0], Fragment { summary: 0, article: 0, length: 2 });
    }

    #[test]
    fn nothing_is_zero() {
        assert_eq!(extractiveness("words here", ""), Extractiveness::default());
        assert_eq!(extractiveness("", "new words").novelty, [1.0, 1.0, 0.0, 0.0]);
        assert_eq!(novelty(b"a", b"b", 0), 0.0);
    }
}
