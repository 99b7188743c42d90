//! Languages: their names, and which one a text is written in.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use lingua::{LanguageDetector, LanguageDetectorBuilder};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind};

/// A language that a text is written in, by its ISO 639-1 code.
///
/// Which languages faqtory can *write* follows from the prompt files that are there; this table
/// is only of the languages it can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language(usize);

struct Entry {
    code: &'static str,
    english: &'static str,
    native: &'static str,
    lingua: lingua::Language,
}

const TABLE: &[Entry] = &[
    Entry { code: "en", english: "English", native: "English", lingua: lingua::Language::English },
    Entry { code: "es", english: "Spanish", native: "español", lingua: lingua::Language::Spanish },
    Entry { code: "pt", english: "Portuguese", native: "português", lingua: lingua::Language::Portuguese },
    Entry { code: "fr", english: "French", native: "français", lingua: lingua::Language::French },
    Entry { code: "de", english: "German", native: "Deutsch", lingua: lingua::Language::German },
    Entry { code: "it", english: "Italian", native: "italiano", lingua: lingua::Language::Italian },
    Entry { code: "ca", english: "Catalan", native: "català", lingua: lingua::Language::Catalan },
];

impl Language {
    /// English.
    pub const EN: Self = Self(0);
    /// Spanish.
    pub const ES: Self = Self(1);

    /// Portuguese.
    pub const PT: Self = Self(2);

    /// All languages that can be told apart.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..TABLE.len()).map(Self)
    }

    /// The ISO 639-1 code, such as `es`; also a valid BCP 47 tag.
    pub fn code(self) -> &'static str {
        TABLE[self.0].code
    }

    /// The English name, such as `Spanish`.
    pub fn english_name(self) -> &'static str {
        TABLE[self.0].english
    }

    /// The language's name for itself, such as `español`.
    pub fn native_name(self) -> &'static str {
        TABLE[self.0].native
    }

    fn from_lingua(language: lingua::Language) -> Option<Self> {
        TABLE.iter().position(|e| e.lingua == language).map(Self)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Language {
    type Err = Error;

    /// Takes a code (`es`, also with a region as in `es-MX` or `es_ES`) or an English or native name.
    fn from_str(s: &str) -> Result<Self, Error> {
        let wanted = s.trim().to_lowercase();
        let code = wanted.split(['-', '_']).next().unwrap_or_default();
        TABLE
            .iter()
            .position(|e| e.code == code || e.english.to_lowercase() == wanted || e.native.to_lowercase() == wanted)
            .map(Self)
            .ok_or_else(|| {
                let known: Vec<_> = TABLE.iter().map(|e| e.code).collect();
                Error::new(ErrorKind::Config, format!("unknown language `{s}`; known are {}", known.join(", ")))
            })
    }
}

impl TryFrom<String> for Language {
    type Error = Error;

    fn try_from(s: String) -> Result<Self, Error> {
        s.parse()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.code().to_owned()
    }
}

impl JsonSchema for Language {
    fn schema_name() -> Cow<'static, str> {
        "Language".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "description": "ISO 639-1 code of a language", "pattern": "^[a-z]{2}$" })
    }
}

/// A detected language and how sure the detector is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detected {
    /// The most probable language.
    pub language: Language,
    /// Its probability among the languages of the table, from 0 to 1.
    pub confidence: f64,
}

static DETECTOR: LazyLock<LanguageDetector> = LazyLock::new(|| {
    let languages: Vec<_> = TABLE.iter().map(|e| e.lingua).collect();
    LanguageDetectorBuilder::from_languages(&languages).build()
});

/// Tells the language of a text by its character n-grams (lingua); `None` for a text without letters.
pub fn detect(text: &str) -> Option<Detected> {
    let (language, confidence) = DETECTOR.compute_language_confidence_values(text).into_iter().next()?;
    let language = Language::from_lingua(language)?;
    // The detector answers even for "123", with the same probability for every language.
    (confidence > 1.0 / TABLE.len() as f64 + 1e-9).then_some(Detected { language, confidence })
}

/// The probability, from 0 to 1, that a text is in that language.
pub fn confidence(text: &str, language: Language) -> f64 {
    DETECTOR.compute_language_confidence(text, TABLE[language.0].lingua)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_regions_and_names_are_understood() {
        for s in ["es", "ES", "es-MX", "es_ES", "Spanish", "Español"] {
            assert_eq!(s.parse::<Language>().unwrap(), Language::ES, "{s}");
        }
        assert!("xx".parse::<Language>().unwrap_err().to_string().contains("en, es"));
        assert_eq!(Language::all().count(), TABLE.len());
    }

    #[test]
    fn english_and_spanish_are_told_apart() {
        assert_eq!(detect("The council approved the budget on Monday.").unwrap().language, Language::EN);
        assert_eq!(detect("El consejo aprobó el presupuesto el lunes.").unwrap().language, Language::ES);
        assert_eq!(detect("12345 -- 67"), None);
        assert!(
            confidence("¿Cuándo abre la biblioteca?", Language::ES)
                > confidence("¿Cuándo abre la biblioteca?", Language::PT)
        );
    }
}
