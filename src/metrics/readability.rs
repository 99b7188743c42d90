//! How easy a text is to read: Flesch for English, Fernández Huerta for Spanish.
//!
//! Flesch, "A new readability yardstick" (1948): `206.835 − 1.015·W/S − 84.6·Y/W` with words W, sentences S, syllables
//! Y. Fernández Huerta, "Medidas sencillas de lecturabilidad" (1959): `206.84 − 0.60·P − 1.02·F` with P syllables for
//! 100 words and F words for one sentence. Many texts give F as *sentences for 100 words*, a slip of the first printing
//! that Law pointed out in 2011; with it long sentences would make a text easier.

use serde::Serialize;

use super::syllables::syllables;
use super::text::words;
use crate::lang::Language;
use crate::sentence;

/// A readability score and the counts it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Readability {
    /// From about 0 (very hard) to about 100 (very easy); short or strange texts fall outside.
    pub score: f64,
    /// Sentences.
    pub sentences: usize,
    /// Words.
    pub words: usize,
    /// Syllables.
    pub syllables: usize,
}

/// The readability of a text; `None` for a text without words or in a language without a formula here.
pub fn readability(text: &str, language: Language) -> Option<Readability> {
    let words = words(text);
    let syllables = words.iter().map(|word| syllables(word, language)).sum::<Option<usize>>()?;
    if words.is_empty() {
        return None;
    }
    let sentences = sentence::split(text, language).len().max(1);
    let words_per_sentence = words.len() as f64 / sentences as f64;
    let syllables_per_word = syllables as f64 / words.len() as f64;
    let score = match language {
        Language::ES => 206.84 - 60.0 * syllables_per_word - 1.02 * words_per_sentence,
        _ => 206.835 - 84.6 * syllables_per_word - 1.015 * words_per_sentence,
    };
    Some(Readability { score, sentences, words: words.len(), syllables })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formulas() {
        let english = readability("The cat sat on the mat. It slept.", Language::EN).unwrap();
        assert_eq!((english.sentences, english.words, english.syllables), (2, 8, 8));
        assert!((english.score - (206.835 - 84.6 - 1.015 * 4.0)).abs() < 1e-9);
        let spanish = readability("La casa es roja. No llueve.", Language::ES).unwrap();
        assert_eq!((spanish.sentences, spanish.words, spanish.syllables), (2, 6, 9));
        assert!((spanish.score - (206.84 - 60.0 * 1.5 - 1.02 * 3.0)).abs() < 1e-9);
    }

    #[test]
    fn longer_sentences_are_harder_in_both_languages() {
        for (language, long, short) in [
            (Language::EN, "The cat sat and the dog ran.", "The cat sat. And the dog ran."),
            (Language::ES, "El gato duerme y el perro corre.", "El gato duerme. Y el perro corre."),
        ] {
            assert!(readability(long, language).unwrap().score < readability(short, language).unwrap().score);
        }
    }

    #[test]
    fn there_may_be_no_number() {
        assert_eq!(readability("…", Language::EN), None);
        assert_eq!(readability("Ein Satz.", "de".parse().unwrap()), None);
    }
}
