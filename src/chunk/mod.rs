//! Chunks of a long article: its passages packed by a model's own token counts, each into one chunk.

mod pack;
#[cfg(test)]
mod tests;

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::article::{Article, Heading, Section};
use crate::error::Result;

/// A part of an article that is small enough for one prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Chunk {
    /// Whether it is the article's first, which carries the deck.
    pub opening: bool,
    /// The headings that its first section stands under, outermost first, without that section's own.
    pub headings: Vec<Heading>,
    /// Its sections in order. The first and the last may be parts of longer ones; a part that goes on
    /// from the chunk before has the heading again, and a passage that had to be split has the
    /// sentences of its part.
    pub sections: Vec<Section>,
    /// Tokens of [`Chunk::markdown`].
    pub tokens: usize,
}

impl Chunk {
    /// The chunk as a model sees it, in the form of [`Article::body_markdown`]: the title, the deck in
    /// the first chunk only, the headings that the chunk stands under, and its sections.
    pub fn markdown(&self, article: &Article) -> String {
        let mut blocks = Vec::new();
        blocks.extend(article.title.as_ref().map(|title| format!("# {title}")));
        blocks.extend(article.deck.clone().filter(|_| self.opening));
        blocks.extend(self.headings.iter().map(|heading| article.heading_markdown(*heading)));
        article.push_markdown(&self.sections, &mut blocks);
        blocks.join("\n\n")
    }
}

/// All chunks of an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Chunks {
    /// In the order of the article, without overlap; together they hold every sentence of its body.
    pub chunks: Vec<Chunk>,
    /// For each passage, in the order of [`Article::passages`], the numbers of the chunks that it is
    /// in: one, or several in a row where the passage alone is too long for one chunk.
    pub coverage: Vec<Range<usize>>,
}

/// Packs the body of an article into chunks of at most `limit` tokens each, as `count` counts the
/// tokens of [`Chunk::markdown`].
///
/// A section is kept with its subsections where they fit into one chunk, else each subsection by
/// itself, else lists, tables and what follows a colon or a question, else each passage; a passage
/// that is too long for one chunk is split where sentences end. No sentence is split or repeated.
///
/// # Errors
/// `ContextLength` where one sentence with the title and the headings above it is over the limit;
/// and the errors of `count`.
pub fn split(article: &Article, limit: usize, count: &dyn Fn(&str) -> Result<usize>) -> Result<Chunks> {
    pack::Packer::new(article, limit, count)?.pack().map_err(|e| e.at(article.source.clone()))
}
