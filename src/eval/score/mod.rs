//! The scores of one output: what it is worth by every metric that applies, and what was found in each of its sentences.

mod faq;
mod judge;
mod source;
mod summary;
#[cfg(test)]
mod tests;
mod vectors;

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use self::source::Source;
use self::vectors::Vectors;
use super::metric::{Better, METRICS, Metric, Needs};
use super::{Document, Prediction};
use crate::article::Span;
use crate::content::Task;
use crate::engine::Engine;
use crate::engine::encoder::Encoder;
use crate::error::Result;
use crate::lang::Language;
use crate::metrics::support::{Claim, ClaimKind};

/// Grows when a metric is added or gives other values for the same output, so that old scores are not compared with new ones.
pub const SCORER_VERSION: u32 = 4;

/// Documents of which sources and references are kept in memory, counted and embedded.
const KEPT: usize = 32;

/// The scores of one output.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Value by the id of the metric. A metric that does not apply is not there: it has no reference, there is no
    /// encoder, the language is not that of the article, or there is nothing that it could measure.
    pub values: BTreeMap<String, f64>,
    /// The parts that were asked for and of which nothing came. They score 0 where high values are better, and have no
    /// value elsewhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub empty: Vec<Task>,
    /// What was found in each pair of the FAQ block, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faq: Vec<EntryFinding>,
    /// What was found in each sentence of the summary, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub summary: Vec<SentenceFinding>,
}

/// What was found in a pair of a FAQ block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EntryFinding {
    /// Index of the reference pair that it is assigned to, no two pairs to the same one; `None` without a reference or
    /// where others fit better.
    pub reference: Option<usize>,
    /// The similarity of the two: BERT F1, or without an encoder ROUGE-L F1 of stems.
    pub similarity: Option<f64>,
    /// The best one to three sentences of the article behind the answer, as spans of its text in their order there.
    pub evidence: Vec<Span>,
    /// How probable it is that this is the article's answer to the question; `None` where they are in different languages or
    /// the article is too long for the judge.
    #[serde(default)]
    pub answers: Option<f64>,
    /// How probable it is that the article supports the answer, which is that of its least probable sentence; `None` where
    /// answer and article are in different languages.
    #[serde(default)]
    pub grounded: Option<f64>,
    /// What the answer states and the article does not have.
    pub unsupported: Vec<UnsupportedClaim>,
    /// Whether question and answer are in the language that was asked for.
    pub in_language: bool,
    /// Whether the question is a well-formed one.
    pub well_formed: bool,
}

/// What was found in a sentence of a summary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SentenceFinding {
    /// Index of its paragraph or bullet point.
    pub paragraph: usize,
    /// Where it stands there, in bytes.
    pub span: Span,
    /// The best one to three sentences of the article behind it, as spans of its text in their order there.
    pub evidence: Vec<Span>,
    /// How probable it is that the article supports it; `None` where the two are in different languages.
    #[serde(default)]
    pub grounded: Option<f64>,
    /// What it states and the article does not have.
    pub unsupported: Vec<UnsupportedClaim>,
}

/// Something that an output states and the article does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnsupportedClaim {
    /// What kind of thing.
    pub kind: ClaimKind,
    /// Its words in the output.
    pub text: String,
}

impl UnsupportedClaim {
    /// Those of the claims of a text that are not supported.
    fn of(text: &str, claims: &[Claim]) -> Vec<Self> {
        let wrong = claims.iter().filter(|claim| !claim.supported);
        wrong.map(|claim| Self { kind: claim.kind, text: text[claim.span.range()].to_owned() }).collect()
    }
}

/// Scores outputs. What it works out of an article and its references is kept for the next output of the same document.
pub struct Evaluator {
    encoder: Option<Encoder>,
    judge: Option<Box<dyn Engine>>,
    kept: VecDeque<(u64, Kept)>,
}

/// What is kept of a document.
struct Kept {
    source: Source,
    references: Vectors,
}

impl Evaluator {
    /// An evaluator; without an encoder the metrics of meaning are left out.
    pub fn new(encoder: Option<Encoder>) -> Self {
        Self { encoder, judge: None, kept: VecDeque::new() }
    }

    /// The same with a language model that judges whether answers are those that the article gives to their questions, and
    /// whether sentences say what it says. It reads every article, so it takes about as long as writing.
    #[must_use]
    pub fn with_judge(self, judge: Option<Box<dyn Engine>>) -> Self {
        Self { judge, ..self }
    }

    /// Whether it has an encoder.
    pub fn has_encoder(&self) -> bool {
        self.encoder.is_some()
    }

    /// The scores of what a system wrote of a document. The same input gives the same scores, whatever came before.
    ///
    /// # Errors
    /// `Inference` if the encoder or the judge cannot be run.
    pub fn score(&mut self, document: &Document, prediction: &Prediction) -> Result<Scores> {
        let key = fingerprint(document);
        if let Some(at) = self.kept.iter().position(|(known, _)| *known == key) {
            self.kept.swap(0, at);
        } else {
            let source = Source::new(&document.article, self.encoder.as_ref())?;
            self.kept.push_front((key, Kept { source, references: Vectors::default() }));
            self.kept.truncate(KEPT);
        }
        let (_, kept) = &mut self.kept[0];
        let language = prediction.language.unwrap_or(document.article.language);
        let mut scorer = Scorer {
            encoder: self.encoder.as_ref(),
            judge: self.judge.as_mut().map(|judge| judge.as_mut() as &mut dyn Engine),
            document,
            prediction,
            language,
            has_source: !kept.source.is_empty(),
            has_sections: kept.source.sections.len() > 1,
            same_language: language == document.article.language,
            source: &kept.source,
            references: &mut kept.references,
            scores: Scores::default(),
        };
        if let Some(entries) = &prediction.faq {
            scorer.faq(entries)?;
        }
        if let Some(paragraphs) = &prediction.summary {
            scorer.summary(paragraphs)?;
        }
        Ok(scorer.scores)
    }
}

/// Tells documents apart by all that is worked out of them.
fn fingerprint(document: &Document) -> u64 {
    let mut hasher = DefaultHasher::new();
    let article = &document.article;
    (&document.id, &article.source, &article.text, article.language).hash(&mut hasher);
    hasher.finish()
}

/// One output on the way to its scores.
struct Scorer<'a> {
    encoder: Option<&'a Encoder>,
    judge: Option<&'a mut dyn Engine>,
    document: &'a Document,
    prediction: &'a Prediction,
    language: Language,
    /// Whether the article has a body to compare with.
    has_source: bool,
    /// Whether the article has more than one section, so that one can be left out.
    has_sections: bool,
    /// Whether the output is in the language of the article.
    same_language: bool,
    source: &'a Source,
    references: &'a mut Vectors,
    scores: Scores,
}

impl Scorer<'_> {
    /// Takes note of a value, unless the metric wants something of the article that is not there.
    fn set(&mut self, id: &str, value: f64) {
        let metric = super::metric::metric(id);
        debug_assert!(metric.is_some(), "{id} stands in the table");
        if metric.is_some_and(|m| self.suits(m.needs)) {
            self.scores.values.insert(id.to_owned(), value);
        }
    }

    /// Whether the article has what a metric needs of it.
    fn suits(&self, needs: Needs) -> bool {
        (self.has_source || !needs.source)
            && (self.has_sections || !needs.sections)
            && (self.same_language || !needs.same_language)
    }

    /// The claims of a text of the output; none where there is no article.
    fn check(&self, text: &str) -> Vec<Claim> {
        if self.has_source { self.source.check(text, self.language) } else { Vec::new() }
    }

    /// Nothing came of a part that was asked for.
    fn set_empty(&mut self, task: Task, has_reference: bool) {
        self.scores.empty.push(task);
        let applies = |m: &&Metric| {
            m.task() == task
                && m.better == Better::Higher
                && (has_reference || !m.needs.reference)
                && (self.encoder.is_some() || !m.needs.encoder)
                && self.suits(m.needs)
        };
        let zeros: Vec<_> = METRICS.iter().filter(applies).map(|m| (m.id.to_owned(), 0.0)).collect();
        self.scores.values.extend(zeros);
    }
}
