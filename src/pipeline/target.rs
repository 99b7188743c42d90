//! The languages to write in, as settings state them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};
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

/// Languages to write in, such as `es` or `source,es`: at least one, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Targets(Vec<Target>);

impl Targets {
    /// How many may be written for an article; fewer where the article's own is one of the others.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The languages that are named.
    pub fn named(&self) -> impl Iterator<Item = Language> {
        self.0.iter().filter_map(|target| match target {
            Target::Language(language) => Some(*language),
            Target::Source => None,
        })
    }

    /// The languages to write about an article of `source` language in.
    pub fn of(&self, source: Language) -> Vec<Language> {
        let mut languages = Vec::new();
        for language in self.0.iter().map(|target| target.of(source)) {
            if !languages.contains(&language) {
                languages.push(language);
            }
        }
        languages
    }
}

impl From<Target> for Targets {
    fn from(target: Target) -> Self {
        Self(vec![target])
    }
}

impl FromStr for Targets {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self, Error> {
        let mut targets = Vec::new();
        for name in s.split(',').map(str::trim) {
            let target = name.parse()?;
            if targets.contains(&target) {
                return Err(Error::new(ErrorKind::Config, format!("`{s}` names {target} twice")));
            }
            targets.push(target);
        }
        Ok(Self(targets))
    }
}

impl fmt::Display for Targets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, target) in self.0.iter().enumerate() {
            write!(f, "{}{target}", if i > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_languages_are_written_once_each() {
        let (en, es) = (Language::EN, Language::ES);
        let targets: Targets = "source, es".parse().unwrap();
        assert_eq!(targets.to_string(), "source,es");
        assert_eq!((targets.of(en), targets.of(es)), (vec![en, es], vec![es]));
        assert_eq!(targets.named().collect::<Vec<_>>(), [es]);
        for bad in ["", "es,", "es,es", "es;en", "source,source"] {
            assert!(bad.parse::<Targets>().is_err(), "{bad}");
        }
    }
}
