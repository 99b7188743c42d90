//! The words of a text, as the metrics count them, and their stems.

use frostem::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::article::{Span, one_line};
use crate::lang::Language;
use crate::sentence;

/// The words of a text: runs of letters, marks and digits of any script, composed (NFC) and in lower case.
pub fn words(text: &str) -> Vec<String> {
    let text: String = text.nfc().collect();
    let runs = text.split(|c: char| !is_word_char(c));
    runs.filter(|run| run.contains(char::is_alphanumeric)).map(str::to_lowercase).collect()
}

/// Where the words of a text stand, as byte spans.
pub fn word_spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (is_word_char(c), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                if text[from..at].contains(char::is_alphanumeric) {
                    spans.push(Span::new(from, at));
                }
                start = None;
            }
            _ => {}
        }
    }
    spans
}

/// The words of a text, stemmed where the language has a stemmer.
pub fn stems(text: &str, language: Language) -> Vec<String> {
    let words = words(text);
    match stemmer(language) {
        Some(stemmer) => words.iter().map(|word| stemmer.stem(word).into_owned()).collect(),
        None => words,
    }
}

/// The text with one sentence a line, as ROUGE-Lsum wants it.
pub fn one_sentence_a_line(text: &str, language: Language) -> String {
    let sentences = sentence::split(text, language);
    sentences.iter().map(|span| one_line(&text[span.range()])).collect::<Vec<_>>().join("\n")
}

/// The words that say what a text is about: not those of [`FUNCTION_WORDS`].
pub fn is_content_word(word: &str, language: Language) -> bool {
    let lists = FUNCTION_WORDS.iter().filter(|(code, _)| *code == language.code());
    !lists.flat_map(|(_, list)| list.split_whitespace()).any(|function| function == word)
}

/// Articles, pronouns, prepositions, conjunctions and auxiliaries, in lower case: (language, words).
pub const FUNCTION_WORDS: &[(&str, &str)] = &[
    (
        "en",
        "a about after all also although an and any are as at be because been before being both but by can could did \
         do does during each for from had has have he her here his how however i if in into is it its just may might \
         more most must my no nor not of on once one only or other our over s shall she should since so some such t \
         than that the their them then there these they this those though through to under until up us was we were \
         what when where which while who whom whose why will with within without would yet you your",
    ),
    (
        "es",
        "a al algo algunas algunos ante antes aquel aquella aunque cada como con contra cual cuales cuando cuya cuyo \
         cómo cuál cuándo cuánto cuánta cuántos cuántas de del desde donde durante dónde e el él ella ellas ellos en \
         entre era eran es esa esas ese eso esos esta estas este esto estos está están estaba fue fueron ha había han \
         hasta hay la las le les lo los mas me mi mientras muy más nada ni no nos o os otra otras otro otros para pero \
         poco por porque pues que quien quienes qué quién quiénes se sea según ser si sin sino sobre son su sus sí \
         también tan tanto te tiene tienen todas todo todos tras tu u un una unas uno unos y ya yo",
    ),
];

/// Python's `str.isspace`, which the reference implementations split by: White_Space and the four separators of
/// ASCII.
pub(super) fn is_python_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

/// The Snowball stemmer of a language, if it has one here.
pub(super) fn stemmer(language: Language) -> Option<Stemmer> {
    match language {
        Language::EN => Some(Stemmer::new(Algorithm::English)),
        Language::ES => Some(Stemmer::new(Algorithm::Spanish)),
        _ => None,
    }
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_runs_of_letters_and_digits_of_any_script() {
        assert_eq!(words("¿Cuándo ABRE el n.º 12? «Mañana»"), ["cuándo", "abre", "el", "n", "º", "12", "mañana"]);
        assert_eq!(words("Ελλάδα, हिन्दी"), ["ελλάδα", "हिन्दी"]);
        assert_eq!(words("Cafe\u{301}"), ["café"], "decomposed letters are composed");
        assert!(words(" … \u{301} ").is_empty());
    }

    #[test]
    fn spans_are_those_of_the_words() {
        let text = "¿Qué? Año 2026…";
        let found: Vec<_> = word_spans(text).iter().map(|span| text[span.range()].to_lowercase()).collect();
        assert_eq!(found, words(text));
    }

    #[test]
    fn stems_join_the_forms_of_a_word() {
        assert_eq!(stems("canciones canción", Language::ES)[0], stems("canción", Language::ES)[0]);
        assert_eq!(stems("running runs", Language::EN), ["run", "run"]);
        assert_eq!(stems("Häuser", "de".parse().unwrap()), ["häuser"]);
    }

    #[test]
    fn sentences_are_put_on_lines() {
        assert_eq!(one_sentence_a_line("One is\nhere. Two is there.", Language::EN), "One is here.\nTwo is there.");
        assert_eq!(one_sentence_a_line("", Language::EN), "");
    }
}
