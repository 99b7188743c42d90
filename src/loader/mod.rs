//! The loader: bytes in, a segmented [`Article`] out.

use std::path::Path;

use crate::article::{Article, SourceFormat};
use crate::error::{Error, ErrorKind, Result};
use crate::lang::Language;

/// How to load.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadOptions {
    /// The language of the article; `None` detects it.
    pub language: Option<Language>,
    /// The format; `None` goes by the file name's extension and the content.
    pub format: Option<SourceFormat>,
    /// Inputs over this size are refused.
    pub max_bytes: u64,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self { language: None, format: None, max_bytes: 16 << 20 }
    }
}

/// Loads an article from bytes; `source` is the file name, or `-`.
pub fn load(bytes: &[u8], source: &str, options: &LoadOptions) -> Result<Article> {
    let _ = (bytes, options);
    Err(Error::new(ErrorKind::Input, "not built yet").at(source))
}

/// Loads an article from a file.
pub fn load_file(path: &Path, options: &LoadOptions) -> Result<Article> {
    load(&[], &path.display().to_string(), options)
}
