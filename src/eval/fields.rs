//! Fields that references and predictions have in common, as JSON states them.

use serde::Deserialize;

use crate::content::FaqEntry;

/// A question with its answer.
#[derive(Debug, Deserialize)]
pub(super) struct JsonPair {
    #[serde(alias = "q")]
    question: String,
    #[serde(alias = "a")]
    answer: String,
}

impl From<JsonPair> for FaqEntry {
    fn from(pair: JsonPair) -> Self {
        Self::new(pair.question, pair.answer)
    }
}

/// A text, or several: paragraphs, bullet points, alternatives.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum JsonText {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}
