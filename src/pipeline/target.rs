//! The language to write in, as settings state it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::lang::Language;

/// The language to write in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// The article's own language.
    Source,
    /// This one.
    Language(Language),
}

impl Target {
    /// The language to write about an article of `source` language in.
    pub fn of(self, source: Language) -> Language {
        match self {
            Self::Source => source,
            Self::Language(language) => language,
        }
    }
}

impl FromStr for Target {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self, Error> {
        if s == "source" { Ok(Self::Source) } else { s.parse().map(Self::Language) }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source => f.write_str("source"),
            Self::Language(language) => write!(f, "{language}"),
        }
    }
}

impl TryFrom<String> for Target {
    type Error = Error;

    fn try_from(s: String) -> Result<Self, Error> {
        s.parse()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}
