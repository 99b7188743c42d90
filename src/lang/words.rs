//! Which words a language has: lists of inflected forms, kept as automata that need no loading.
//!
//! The lists are made by `words/make.py` from two packages with the MIT licence: simplemma (forms of Wiktionary and other
//! sources) and pyspellchecker (frequent words of subtitles). A list is no dictionary: rare and new words are missing,
//! so that a word is only strange if another language has it.

use std::sync::LazyLock;

use fst::Set;
use unicode_normalization::UnicodeNormalization;

use super::Language;

type Words = Set<&'static [u8]>;

static LISTS: LazyLock<Vec<(Language, Words)>> = LazyLock::new(|| {
    let list = |language, bytes: &'static [u8]| Some((language, Set::new(bytes).ok()?));
    [list(Language::EN, include_bytes!("words/en.fst")), list(Language::ES, include_bytes!("words/es.fst"))]
        .into_iter()
        .flatten()
        .collect()
});

/// Beginnings that make a new word of a known one.
const PREFIXES: &[&str] = &[
    "anti", "auto", "bio", "contra", "co", "euro", "ex", "hiper", "hyper", "inter", "macro", "micro", "mini", "multi",
    "non", "over", "para", "post", "pre", "pro", "re", "semi", "sub", "super", "tele", "trans", "ultra", "un", "under",
    "vice",
];
/// A word that is left behind a prefix is so long at least, in letters.
const LEAST_STEM: usize = 4;

/// Pronouns that Spanish writes together with its verbs.
const ENCLITICS: &[&str] = &["me", "te", "se", "lo", "la", "le", "los", "las", "les", "nos", "os"];

/// The languages that there is a list of.
pub fn listed() -> impl Iterator<Item = Language> {
    LISTS.iter().map(|(language, _)| *language)
}

/// Whether a word is one of the language; `None` if there is no list of that language. Its case does not matter.
pub fn knows(word: &str, language: Language) -> Option<bool> {
    let (_, list) = LISTS.iter().find(|(listed, _)| *listed == language)?;
    let word: String = word.to_lowercase().nfc().collect();
    Some(has(list, &word, language))
}

/// The word with the accent that it lacks, in Spanish: `supervision` is none of its words, `supervisión` is. `None` if it is a
/// word as it stands, or if no accent makes it one.
pub fn accented(word: &str, language: Language) -> Option<String> {
    if language != Language::ES || knows(word, language) != Some(false) {
        return None;
    }
    let with_accent = |(at, vowel): (usize, char)| {
        let accent = match vowel {
            'a' => 'á',
            'e' => 'é',
            'i' => 'í',
            'o' => 'ó',
            'u' => 'ú',
            _ => return None,
        };
        let changed = format!("{}{accent}{}", &word[..at], &word[at + 1..]);
        (knows(&changed, language) == Some(true)).then_some(changed)
    };
    let mut found = word.char_indices().filter_map(with_accent);
    found.next().filter(|_| found.next().is_none())
}

fn has(list: &Words, word: &str, language: Language) -> bool {
    if word.chars().nth(1).is_none() || list.contains(word) {
        return true;
    }
    let built = PREFIXES.iter().filter_map(|prefix| word.strip_prefix(prefix));
    if built.into_iter().any(|rest| rest.chars().count() >= LEAST_STEM && list.contains(rest)) {
        return true;
    }
    match language {
        Language::ES => {
            let adverb = word.strip_suffix("mente").is_some_and(|adjective| list.contains(adjective));
            adverb || has_verb(list, word, 2)
        }
        _ => word.strip_suffix("ly").is_some_and(|adjective| list.contains(adjective)),
    }
}

/// Whether a word is a form of a verb with up to so many pronouns behind it, and the accent that they ask for.
fn has_verb(list: &Words, word: &str, pronouns: usize) -> bool {
    let plain = |verb: &str| -> String {
        verb.chars()
            .map(|c| match c {
                'á' => 'a',
                'é' => 'e',
                'í' => 'i',
                'ó' => 'o',
                'ú' => 'u',
                c => c,
            })
            .collect()
    };
    ENCLITICS.iter().filter_map(|pronoun| word.strip_suffix(pronoun)).any(|verb| {
        let known = |verb: &str| verb.chars().count() >= 2 && list.contains(verb);
        known(verb) || known(&plain(verb)) || pronouns > 1 && has_verb(list, verb, pronouns - 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(language: Language, own: &str, foreign: &str) {
        for word in own.split_whitespace() {
            assert_eq!(knows(word, language), Some(true), "{word}");
        }
        for word in foreign.split_whitespace() {
            assert_eq!(knows(word, language), Some(false), "{word}");
        }
    }

    #[test]
    fn the_lists_know_forms_and_not_those_of_the_other_language() {
        check(
            Language::ES,
            "años firmaron empadronados La ferri ferry software internet hospital consumirlo escríbanos dársela \
             rápidamente interparlamentaria",
            "the under hog sty supervision party city jointas lockado rapprochement",
        );
        check(
            Language::EN,
            "years signed residents the hospital ferry supervision rapprochement plaza interparty unanswered quickly",
            "años ayuntamiento pero firmaron los jointas",
        );
    }

    #[test]
    fn a_language_without_a_list_knows_nothing_of_its_words() {
        assert_eq!(knows("maison", "fr".parse().unwrap()), None);
        assert_eq!(listed().collect::<Vec<_>>(), [Language::EN, Language::ES]);
    }

    #[test]
    fn a_missing_accent_is_found() {
        assert_eq!(accented("supervision", Language::ES).as_deref(), Some("supervisión"));
        for (word, language) in [("casa", Language::ES), ("xylodrome", Language::ES), ("supervision", Language::EN)] {
            assert_eq!(accented(word, language), None, "{word}");
        }
    }
}
