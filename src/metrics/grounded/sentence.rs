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
const SENTENCE_BIAS: f64 = -8.456;
const SENTENCE_PAIRS: f64 = 2.126;
const SENTENCE_STEMS: f64 = 8.030;
const SENTENCE_EXACT: f64 = -4.234;
const SENTENCE_NAMES: f64 = -5.423;

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
    /// The probability that people would say that the source supports the sentence.
    pub fn grounding(&self) -> Grounding {
        let lacks = |kinds: &[ClaimKind]| {
            f64::from(self.claims.iter().any(|claim| !claim.supported && kinds.contains(&claim.kind)))
        };
        let sum = SENTENCE_BIAS
            + SENTENCE_PAIRS * self.pairs
            + SENTENCE_STEMS * self.stems
            + SENTENCE_EXACT * lacks(&[ClaimKind::Number, ClaimKind::Date, ClaimKind::Quotation])
            + SENTENCE_NAMES * lacks(&[ClaimKind::Name]);
        Grounding { probability: logistic(sum), grade: Grade::Lexical }
    }
}
