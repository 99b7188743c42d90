//! BLEU: geometric mean of n-gram precisions with a penalty for short output, equal to sacrebleu's.
//!
//! Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine Translation" (2002); Post, "A Call for
//! Clarity in Reporting BLEU Scores" (2018); smoothing after Chen and Cherry (2014).

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

use super::ngrams::{common, counts, total};
use super::text::is_python_space;

/// The longest n-gram that is counted.
const MAX_ORDER: usize = 4;

/// How a segment becomes tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BleuTokenizer {
    /// White space only, for text that is tokenized already.
    None,
    /// The tokenizer of mteval-v13a, sacrebleu's default.
    #[default]
    V13a,
    /// The international tokenizer of mteval-v14: punctuation and symbols of all scripts.
    Intl,
}

/// What stands for an n-gram precision of 0.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Smoothing {
    /// Nothing: the score is 0.
    None,
    /// A small count, 0.1 in sacrebleu.
    Floor(f64),
    /// A count added to hits and totals above unigrams, 1 in sacrebleu.
    AddK(f64),
    /// Half of a count at the first order without a hit, a quarter at the second, and so on (NIST).
    #[default]
    Exp,
}

/// BLEU with its options; the default is sacrebleu's.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bleu {
    /// The tokenizer.
    pub tokenizer: BleuTokenizer,
    /// The smoothing.
    pub smoothing: Smoothing,
    /// Whether case is ignored.
    pub lowercase: bool,
    /// Whether orders that the candidate is too short for are left out; better for single sentences.
    pub effective_order: bool,
}

/// A BLEU score and what it is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct BleuScore {
    /// From 0 to 100.
    pub score: f64,
    /// Precision in percent of 1-grams to 4-grams, smoothed.
    pub precisions: [f64; MAX_ORDER],
    /// From 0 to 1; 1 where the candidate is not shorter than the reference.
    pub brevity_penalty: f64,
    /// Tokens of all candidates.
    pub candidate_tokens: usize,
    /// Tokens of all references, of several the one closest in length.
    pub reference_tokens: usize,
}

/// Counts that add up over the segments of a corpus.
#[derive(Default)]
struct Statistics {
    hits: [usize; MAX_ORDER],
    totals: [usize; MAX_ORDER],
    candidate: usize,
    reference: usize,
}

impl Bleu {
    /// The score of one candidate against one or more references.
    pub fn sentence(&self, candidate: &str, references: &[&str]) -> BleuScore {
        self.corpus([(candidate, references)])
    }

    /// The score of a corpus: counts are added up before they are divided.
    pub fn corpus<'a>(&self, segments: impl IntoIterator<Item = (&'a str, &'a [&'a str])>) -> BleuScore {
        let mut sum = Statistics::default();
        for (candidate, references) in segments {
            self.add(candidate, references, &mut sum);
        }
        self.score(&sum)
    }

    /// What sacrebleu calls the signature: all that the number depends on.
    pub fn signature(&self, references: usize) -> String {
        let case = if self.lowercase { "lc" } else { "mixed" };
        let effective = if self.effective_order { "yes" } else { "no" };
        let tokenizer = match self.tokenizer {
            BleuTokenizer::None => "none",
            BleuTokenizer::V13a => "13a",
            BleuTokenizer::Intl => "intl",
        };
        let smoothing = match self.smoothing {
            Smoothing::None => "none".to_owned(),
            Smoothing::Floor(value) => format!("floor[{value:.2}]"),
            Smoothing::AddK(value) => format!("add-k[{value:.2}]"),
            Smoothing::Exp => "exp".to_owned(),
        };
        format!(
            "nrefs:{references}|case:{case}|eff:{effective}|tok:{tokenizer}|smooth:{smoothing}|version:faqtory-{}",
            env!("CARGO_PKG_VERSION")
        )
    }

    fn tokens(&self, segment: &str) -> Vec<String> {
        let lower = if self.lowercase { segment.to_lowercase() } else { segment.to_owned() };
        let segment = lower.trim_end_matches(is_python_space);
        let spaced = match self.tokenizer {
            BleuTokenizer::None => segment.to_owned(),
            BleuTokenizer::V13a => space_13a(segment),
            BleuTokenizer::Intl => space_intl(segment),
        };
        spaced.split(is_python_space).filter(|token| !token.is_empty()).map(str::to_owned).collect()
    }

    fn add(&self, candidate: &str, references: &[&str], sum: &mut Statistics) {
        let candidate = self.tokens(candidate);
        let references: Vec<_> = references.iter().map(|reference| self.tokens(reference)).collect();
        sum.candidate += candidate.len();
        let lengths = references.iter().map(Vec::len);
        sum.reference += lengths.min_by_key(|length| (length.abs_diff(candidate.len()), *length)).unwrap_or(0);
        for n in 1..=MAX_ORDER {
            let mut best = HashMap::new();
            for (gram, count) in references.iter().flat_map(|reference| counts(reference, n)) {
                let most: &mut usize = best.entry(gram).or_default();
                *most = count.max(*most);
            }
            sum.hits[n - 1] += common(&best, &counts(&candidate, n));
            sum.totals[n - 1] += total(candidate.len(), n);
        }
    }

    fn score(&self, sum: &Statistics) -> BleuScore {
        let (candidate, reference) = (sum.candidate as f64, sum.reference as f64);
        let brevity_penalty = match sum.candidate {
            longer if longer >= sum.reference => 1.0,
            0 => 0.0,
            _ => (1.0 - reference / candidate).exp(),
        };
        let mut result = BleuScore {
            brevity_penalty,
            candidate_tokens: sum.candidate,
            reference_tokens: sum.reference,
            ..BleuScore::default()
        };
        if sum.hits.iter().all(|hits| *hits == 0) {
            return result;
        }
        let (mut halves, mut order) = (1.0, MAX_ORDER);
        for n in 0..MAX_ORDER {
            let added = match self.smoothing {
                Smoothing::AddK(k) if n > 0 => k,
                _ => 0.0,
            };
            let (hits, total) = (sum.hits[n] as f64 + added, sum.totals[n] as f64 + added);
            if total == 0.0 {
                break;
            }
            if self.effective_order {
                order = n + 1;
            }
            let smoothed = match self.smoothing {
                _ if hits > 0.0 => hits,
                Smoothing::Exp => {
                    halves *= 2.0;
                    1.0 / halves
                }
                Smoothing::Floor(value) => value,
                Smoothing::None | Smoothing::AddK(_) => 0.0,
            };
            result.precisions[n] = 100.0 * smoothed / total;
        }
        // The logarithm of 0 is minus infinity, which makes the score 0.
        let logs: f64 = result.precisions[..order].iter().map(|precision| precision.ln()).sum();
        result.score = brevity_penalty * (logs / order as f64).exp();
        result
    }
}

/// Puts spaces around punctuation as mteval-v13a does.
fn space_13a(segment: &str) -> String {
    static RULES: LazyLock<[(Regex, &str); 4]> = LazyLock::new(|| {
        [
            (Regex::new(r"([\x20-\x26\x28-\x2b\x2f\x3a-\x40\x5b-\x60\x7b-\x7e])").unwrap(), " $1 "),
            (Regex::new(r"([^0-9])([.,])").unwrap(), "$1 $2 "),
            (Regex::new(r"([.,])([^0-9])").unwrap(), " $1 $2"),
            (Regex::new(r"([0-9])(-)").unwrap(), "$1 $2 "),
        ]
    });
    let mut text = segment.replace("<skipped>", "").replace("-\n", "").replace('\n', " ");
    for (entity, character) in [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")] {
        text = text.replace(entity, character);
    }
    apply(&*RULES, format!(" {text} "))
}

/// Puts spaces around punctuation and symbols as mteval-v14 does, except between digits.
fn space_intl(segment: &str) -> String {
    static RULES: LazyLock<[(Regex, &str); 3]> = LazyLock::new(|| {
        [
            (Regex::new(r"(\P{N})(\p{P})").unwrap(), "$1 $2 "),
            (Regex::new(r"(\p{P})(\P{N})").unwrap(), " $1 $2"),
            (Regex::new(r"(\p{S})").unwrap(), " $1 "),
        ]
    });
    apply(&*RULES, segment.to_owned())
}

fn apply(rules: &[(Regex, &str)], text: String) -> String {
    rules.iter().fold(text, |text, (rule, by)| rule.replace_all(&text, *by).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extremes() {
        let bleu = Bleu::default();
        assert!((bleu.sentence("a b c d e", &["a b c d e"]).score - 100.0).abs() < 1e-9);
        assert_eq!(bleu.sentence("a b c d", &["w x y z"]).score, 0.0);
        for (candidate, references) in [("", &[""][..]), ("", &["a"]), ("a", &[""]), ("a", &[])] {
            assert_eq!(bleu.sentence(candidate, references).score, 0.0, "{candidate:?}");
        }
        assert_eq!(bleu.corpus([]).score, 0.0);
        let unsmoothed = Bleu { smoothing: Smoothing::None, ..bleu };
        assert_eq!(unsmoothed.sentence("a b c d", &["a b x d"]).score, 0.0);
        assert!(bleu.sentence("a b c d", &["a b x d"]).score > 0.0);
    }

    #[test]
    fn short_sentences_need_the_effective_order() {
        let bleu = Bleu { effective_order: true, ..Bleu::default() };
        assert!((bleu.sentence("a b", &["a b"]).score - 100.0).abs() < 1e-9);
        assert_eq!(Bleu::default().sentence("a b", &["a b"]).score, 0.0);
    }

    #[test]
    fn the_closest_reference_gives_the_length() {
        let score = Bleu::default().sentence("a b c d", &["a b c d e f", "a b c"]);
        assert_eq!(score.reference_tokens, 3);
        assert_eq!(score.brevity_penalty, 1.0);
    }

    #[test]
    fn the_signature_names_what_the_number_depends_on() {
        let expected =
            format!("nrefs:2|case:mixed|eff:no|tok:13a|smooth:exp|version:faqtory-{}", env!("CARGO_PKG_VERSION"));
        assert_eq!(Bleu::default().signature(2), expected);
        let other = Bleu {
            tokenizer: BleuTokenizer::Intl,
            smoothing: Smoothing::Floor(0.1),
            lowercase: true,
            effective_order: true,
        };
        assert!(other.signature(1).starts_with("nrefs:1|case:lc|eff:yes|tok:intl|smooth:floor[0.10]|"));
    }
}
