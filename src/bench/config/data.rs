//! The documents of a benchmark.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::eval::Document;
use crate::lang::Language;

/// A set of documents, and which of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSet {
    /// A file or folder as [`eval::dataset::read`](crate::eval::dataset::read) takes it; a relative one counts from the
    /// folder of the `bench.toml`.
    pub path: PathBuf,
    /// Only documents whose id matches one of these patterns (`*` is any text).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// Only documents of these kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// Only articles in these languages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<Language>,
    /// Only so many of those, spread evenly over the set in the order of their ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

impl DataSet {
    /// Those of the documents that are wanted.
    ///
    /// # Errors
    /// `Config` if a pattern is wrong or nothing is left.
    pub fn choose(&self, mut documents: Vec<Document>) -> Result<Vec<Document>> {
        let at = self.path.display().to_string();
        let patterns = self
            .ids
            .iter()
            .map(|id| globset::Glob::new(id).map(|glob| glob.compile_matcher()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| Error::new(ErrorKind::Config, "a pattern of `ids` is wrong").at(&at).with_source(e))?;
        documents.retain(|d| {
            (patterns.is_empty() || patterns.iter().any(|p| p.is_match(&d.id)))
                && (self.kinds.is_empty() || d.kind.as_ref().is_some_and(|k| self.kinds.contains(k)))
                && (self.languages.is_empty() || self.languages.contains(&d.article.language))
        });
        if documents.is_empty() || self.limit == Some(0) {
            return Err(Error::new(
                ErrorKind::Config,
                "no document is left of this set by `ids`, `kinds`, `languages` and `limit`",
            )
            .at(at));
        }
        let count = documents.len();
        if let Some(limit) = self.limit.filter(|limit| *limit < count) {
            let wanted: Vec<_> = (0..limit).map(|i| i * count / limit).collect();
            documents = documents.into_iter().enumerate().filter(|(i, _)| wanted.contains(i)).map(|(_, d)| d).collect();
        }
        Ok(documents)
    }
}
