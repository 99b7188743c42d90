//! Languages: their names, and which one a text is written in.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use lingua::{LanguageDetector, LanguageDetectorBuilder};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::error::{Error, ErrorKind};

mod agreement;
mod frequent;
mod region;
pub mod words;

pub use agreement::{capitalized, with_agreement};
pub use region::Region;

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
    /// The detector's name for it, if the detector knows it.
    lingua: Option<lingua::Language>,
}

const TABLE: &[Entry] = &[
    Entry { code: "en", english: "English", native: "English", lingua: Some(lingua::Language::English) },
    Entry { code: "es", english: "Spanish", native: "español", lingua: Some(lingua::Language::Spanish) },
    Entry { code: "pt", english: "Portuguese", native: "português", lingua: Some(lingua::Language::Portuguese) },
    Entry { code: "fr", english: "French", native: "français", lingua: Some(lingua::Language::French) },
    Entry { code: "de", english: "German", native: "Deutsch", lingua: Some(lingua::Language::German) },
    Entry { code: "it", english: "Italian", native: "italiano", lingua: Some(lingua::Language::Italian) },
    Entry { code: "ca", english: "Catalan", native: "català", lingua: Some(lingua::Language::Catalan) },
    // The detector takes it for Portuguese or Spanish; `frequent` tells it from them by its words.
    Entry { code: "gl", english: "Galician", native: "galego", lingua: None },
];

impl Language {
    /// English.
    pub const EN: Self = Self(0);
    /// Spanish.
    pub const ES: Self = Self(1);

    /// Portuguese.
    pub const PT: Self = Self(2);

    /// Galician.
    const GL: Self = Self(7);

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
        TABLE.iter().position(|e| e.lingua == Some(language)).map(Self)
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
    let languages: Vec<_> = TABLE.iter().filter_map(|e| e.lingua).collect();
    LanguageDetectorBuilder::from_languages(&languages).build()
});

/// Tells the language of a text by its frequent words where they leave no doubt, else by its character n-grams
/// (lingua), and Galician by its words; `None` for a text without letters.
pub fn detect(text: &str) -> Option<Detected> {
    match frequent::count(text).clear() {
        Some(index) => Some(Detected { language: Language(index), confidence: 1.0 }),
        None => detect_by_ngrams(text),
    }
}

fn detect_by_ngrams(text: &str) -> Option<Detected> {
    let values = DETECTOR.compute_language_confidence_values(text);
    let known = values.len();
    let (language, confidence) = values.into_iter().next()?;
    let language = Language::from_lingua(language)?;
    // The detector answers even for "123", with the same probability for every language.
    (confidence > 1.0 / known as f64 + 1e-9).then(|| match language {
        Language::ES | Language::PT if frequent::is_galician(text) => {
            Detected { language: Language::GL, confidence: 1.0 }
        }
        _ => Detected { language, confidence },
    })
}

/// The probability, from 0 to 1, that a text is in that language.
pub fn confidence(text: &str, language: Language) -> f64 {
    if frequent::count(text).clear() == Some(language.0) {
        return 1.0;
    }
    match TABLE[language.0].lingua {
        Some(known) => DETECTOR.compute_language_confidence(text, known),
        None => f64::from(u8::from(detect(text).is_some_and(|d| d.language == language))),
    }
}

/// Whether a text is in a language as far as its words can tell: too short a text is taken to be.
pub fn is_in(text: &str, language: Language) -> bool {
    let text: String = text.nfc().collect();
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|w| !w.is_empty() && w.chars().all(char::is_alphabetic)).count() < WORDS_TO_JUDGE
        || detect(&text).is_none_or(|d| d.language == language)
        || confidence(&text, language) >= IN_LANGUAGE
}

/// Whether a short text, such as a question, is clearly in another language; names in it are no proof.
pub fn is_foreign(text: &str, language: Language) -> bool {
    !is_in(text, language) && confidence(text, language) < FOREIGN
}

/// Texts with fewer words say too little about their language to be rejected for it.
const WORDS_TO_JUDGE: usize = 5;
/// The least probability of the language that a text is to be in.
const IN_LANGUAGE: f64 = 0.5;
/// A short text with a lower probability of a language is in another one.
const FOREIGN: f64 = 0.2;

/// The language of one passage, `likely` being that of the text around it; `None` where it is too short
/// or too uncertain to tell.
///
/// Frequent words settle most passages that are in the likely language, and those that are clearly in another. The
/// detector, which takes a hundred times as long, is asked about the others, and has to be sure to be believed against
/// the text around.
pub fn of_passage(text: &str, likely: Option<Language>) -> Option<Language> {
    let count = frequent::count(text);
    if let Some(likely) = likely
        && count.settles(likely.0)
    {
        return Some(likely);
    }
    // The detector has an answer for languages that it does not know, too. Their frequent words are others.
    if count.words < WORDS_TO_DETECT || !Language::all().any(|language| count.allows(language.0)) {
        return None;
    }
    if let Some(index) = count.clear() {
        return Some(Language(index));
    }
    let sample = &text[..text.floor_char_boundary(DETECT_SAMPLE)];
    let mut found = detect_by_ngrams(sample)?;
    // In one sentence the words that only Galician has may be missing.
    let near = matches!(found.language, Language::ES | Language::PT);
    if near && likely == Some(Language::GL) && !count.prefers(found.language.0, Language::GL.0) {
        found.language = Language::GL;
    }
    let certain = if Some(found.language) == likely { SURE_OF_LIKELY } else { SURE_OF_OTHER };
    (found.confidence >= certain && count.allows(found.language.0)).then_some(found.language)
}

/// A passage of fewer words tells its language only by frequent words.
const WORDS_TO_DETECT: usize = 12;
/// So much of a passage, in bytes, is enough to detect its language.
const DETECT_SAMPLE: usize = 400;
/// Confidence that the detector needs for the language of the text around.
const SURE_OF_LIKELY: f64 = 0.5;
/// Confidence that it needs for another one.
const SURE_OF_OTHER: f64 = 0.9;

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
    fn a_passage_tells_its_language_where_it_is_long_enough() {
        let (en, es) = (Some(Language::EN), Some(Language::ES));
        let catalan =
            "El consell va aprovar ahir el pressupost dels pr\u{f2}xims dos anys amb els vots de tots els grups.";
        for (text, likely, expected) in [
            ("The council approved the budget on Monday, and the mayor signed it.", en, en),
            ("The council approved the budget on Monday, and the mayor signed it.", es, en),
            ("El pleno aprob\u{f3} ayer el presupuesto con los votos de todos los grupos.", en, es),
            ("El pleno aprob\u{f3} ayer el presupuesto con los votos de todos los grupos.", None, es),
            ("The council said on Monday that it will not close the bridge, and that it has the money.", es, en),
            ("Helen Marsh", es, None),
            ("let x = 1;", en, None),
            ("12 de mayo", en, None),
        ] {
            assert_eq!(of_passage(text, likely), expected, "{text}");
        }
        assert_eq!(of_passage(catalan, es).unwrap().code(), "ca");
        // Dutch is none of the table, and is not taken for German.
        let dutch = "De gemeenteraad heeft gisteren de begroting voor het komende jaar goedgekeurd, en de burgemeester is blij.";
        assert_eq!(of_passage(dutch, en), None);
    }

    #[test]
    fn galician_is_neither_spanish_nor_portuguese() {
        let galician = "O concello aprobou onte o orzamento, e a alcaldesa di que xa non hai máis atrancos. Tamén se \
                        abrirá unha biblioteca cando remate a obra.";
        assert_eq!(detect(galician).unwrap().language.code(), "gl");
        let portuguese = "A câmara aprovou ontem o orçamento, e a presidente diz que já não há mais obstáculos. Também \
                          será aberta uma biblioteca quando a obra terminar.";
        assert_eq!(detect(portuguese).unwrap().language, Language::PT);
        assert!(confidence(galician, Language::GL) > 0.9 && confidence(portuguese, Language::GL) < 0.1);
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

    #[test]
    fn short_texts_and_names_are_in_no_wrong_language() {
        assert!(is_in("Ines Walden, 2026", Language::ES));
        assert!(is_in("El ayuntamiento paga todo el tejado nuevo.", Language::ES));
        assert!(!is_in("El ayuntamiento paga todo el tejado nuevo.", Language::EN));
        assert!(is_foreign("¿Quién paga todo el tejado nuevo de la escuela?", Language::EN));
        assert!(!is_foreign("Who pays for the new roof of the school?", Language::EN));
    }
}
