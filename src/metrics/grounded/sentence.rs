//! Whether a source says what a sentence states.

use serde::Serialize;

use super::{Grade, Grounding, SourceFeatures, logistic};
use crate::metrics::rouge::{Tokens, rouge_n};
use crate::metrics::support::{Claim, ClaimKind};

/// What the source has of a sentence.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SentenceFeatures {
    /// The share of its pairs of neighbouring stems that the sentence of the source has that has most of it.
    pub pairs: f64,
    /// The share of its stems that the whole source has, each counted as often as in both (ROUGE-1 precision).
    pub stems: f64,
    /// Its numbers, dates, quotations and names, and whether the source has them.
    pub claims: Vec<Claim>,
}

/// Weights of [`SentenceFeatures`]. An unsupported claim counts once, so that a long list does not drown the rest.
struct Weights {
    bias: f64,
    pairs: f64,
    stems: f64,
    exact: f64,
    names: f64,
    verdict: f64,
}

const BY_WORDS: Weights =
    Weights { bias: -8.456, pairs: 2.126, stems: 8.030, exact: -4.234, names: -5.423, verdict: 0.0 };
/// Those of the claims are taken over: too few of the judged sentences have an unsupported one to fit them again.
const WITH_VERDICT: Weights =
    Weights { bias: -3.979, pairs: 2.261, stems: 1.686, exact: -4.234, names: -5.423, verdict: 0.738 };

impl SourceFeatures {
    /// What the source has of a sentence.
    pub fn sentence(&self, sentence: &str) -> SentenceFeatures {
        self.sentence_with(sentence, self.facts.check(sentence, self.facts.language()))
    }

    /// The same where the claims of the sentence are known.
    pub fn sentence_with(&self, sentence: &str, claims: Vec<Claim>) -> SentenceFeatures {
        let stemmed = Tokens::Unicode { stem: Some(self.facts.language()) };
        SentenceFeatures {
            pairs: self.whole.support(sentence).pairs,
            stems: rouge_n(&self.text, sentence, 1, stemmed).precision,
            claims,
        }
    }
}

impl SentenceFeatures {
    /// The probability that people would say that the source supports the sentence. `verdict` is what a language model says:
    /// how much more probable yes is than no behind [`super::verdict_prompt`], as a difference of logarithms.
    pub fn grounding(&self, verdict: Option<f64>) -> Grounding {
        let lacks = |kinds: &[ClaimKind]| {
            f64::from(self.claims.iter().any(|claim| !claim.supported && kinds.contains(&claim.kind)))
        };
        let (weights, grade) = match verdict {
            Some(_) => (&WITH_VERDICT, Grade::LanguageModel),
            None => (&BY_WORDS, Grade::Lexical),
        };
        let sum = weights.bias
            + weights.pairs * self.pairs
            + weights.stems * self.stems
            + weights.exact * lacks(&[ClaimKind::Number, ClaimKind::Date, ClaimKind::Quotation])
            + weights.names * lacks(&[ClaimKind::Name])
            + weights.verdict * verdict.unwrap_or_default();
        Grounding { probability: logistic(sum), grade }
    }
}
