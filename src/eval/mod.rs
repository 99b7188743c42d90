//! The evaluator: outputs and their references in, scores out.
//!
//! A [`Document`] is an article with what a person wrote of it, a [`Prediction`] what a system wrote of it. An
//! [`Evaluator`] gives the [`Scores`] of one, [`summary`] the means of many; [`metric`] says what each score is.

pub mod dataset;
mod fields;
pub mod matching;
pub mod metric;
pub mod prediction;
pub mod score;
pub mod summary;
pub mod validate;

pub use dataset::{Document, ReferenceSummary, References};
pub use metric::{METRICS, Metric};
pub use prediction::Prediction;
pub use score::{EntryFinding, Evaluator, Scores, SentenceFinding, UnsupportedClaim};
