//! Vectors of texts, each worked out once.

use std::collections::HashMap;

use crate::engine::encoder::{Encoder, Role};
use crate::error::Result;
use crate::metrics::Score;
use crate::metrics::semantic;

/// The vectors of texts that are compared with one another, by the text.
#[derive(Debug, Default)]
pub(super) struct Vectors {
    tokens: HashMap<String, Vec<Vec<f32>>>,
    wholes: HashMap<String, Vec<f32>>,
}

impl Vectors {
    /// Works out the vectors of the tokens of texts that are not known yet.
    pub(super) fn add_tokens(&mut self, encoder: &Encoder, texts: &[impl AsRef<str>]) -> Result<()> {
        let new = unknown(texts, &self.tokens);
        let vectors = encoder.embed_tokens(&new, Role::Query)?;
        self.tokens.extend(new.into_iter().map(str::to_owned).zip(vectors.into_iter().map(|v| v.vectors)));
        Ok(())
    }

    /// Works out the vectors of whole texts that are not known yet.
    pub(super) fn add_wholes(&mut self, encoder: &Encoder, texts: &[impl AsRef<str>]) -> Result<()> {
        let new = unknown(texts, &self.wholes);
        let vectors = encoder.embed(&new, Role::Query)?;
        self.wholes.extend(new.into_iter().map(str::to_owned).zip(vectors));
        Ok(())
    }

    fn of_tokens(&self, text: &str) -> &[Vec<f32>] {
        self.tokens.get(text).map_or(&[], Vec::as_slice)
    }

    /// The vector of a whole text that was added.
    pub(super) fn of_whole(&self, text: &str) -> &[f32] {
        self.wholes.get(text).map_or(&[], Vec::as_slice)
    }

    /// BERTScore of a text here with one in `references`.
    pub(super) fn bert_score(&self, text: &str, references: &Self, reference: &str) -> Score {
        semantic::bert_score(self.of_tokens(text), references.of_tokens(reference))
    }
}

fn unknown<'a, V>(texts: &'a [impl AsRef<str>], known: &HashMap<String, V>) -> Vec<&'a str> {
    let mut new: Vec<_> = texts.iter().map(AsRef::as_ref).filter(|text| !known.contains_key(*text)).collect();
    new.sort_unstable();
    new.dedup();
    new
}
