//! The prompt library: (task, language, context) → messages.

use std::path::Path;

use crate::error::Result;
use crate::lang::Language;

/// The prompt templates: those built in, and those of a folder that add to them or replace them.
#[derive(Debug)]
pub struct PromptLibrary {}

impl PromptLibrary {
    /// The built-in templates.
    pub fn builtin() -> Self {
        Self {}
    }

    /// The built-in templates with those of a folder (`<task>/<lang>.jinja`) over them.
    pub fn with_folder(self, folder: &Path) -> Result<Self> {
        let _ = folder;
        Ok(self)
    }

    /// The languages that every task can be written in.
    pub fn languages(&self) -> Vec<Language> {
        vec![Language::EN, Language::ES]
    }
}
