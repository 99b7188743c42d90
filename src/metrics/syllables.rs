//! The number of syllables of a word: by rule in Spanish, by rules of thumb in English.

use crate::lang::Language;

/// The syllables of a word, at least 1; `None` in a language without rules here.
pub fn syllables(word: &str, language: Language) -> Option<usize> {
    let word: Vec<char> = word.to_lowercase().chars().filter(|c| c.is_alphabetic()).collect();
    match language {
        Language::ES => Some(spanish(&word).max(1)),
        Language::EN => Some(english(&word).max(1)),
        _ => None,
    }
}

/// Counts nuclei by the rules of the Spanish orthography: two vowels are two syllables where both are open (a, e, o),
/// where a closed one with an accent (í, ú) meets an open one, or where both are the same. An `h` between vowels does not
/// part them (`prohi-bir`), the `u` of `que`, `qui`, `gue`, `gui` is silent, and `y` is a vowel at the end.
fn spanish(word: &[char]) -> usize {
    let (mut count, mut before) = (0, None::<char>);
    for (at, &c) in word.iter().enumerate() {
        let next = word.get(at + 1).copied();
        let last = at.checked_sub(1).map(|i| word[i]);
        let silent = c == 'u' && matches!(next, Some('e' | 'é' | 'i' | 'í')) && matches!(last, Some('q' | 'g'));
        let vowel = match c {
            'y' if next.is_none() => Some('i'),
            'a' | 'e' | 'i' | 'o' | 'u' | 'á' | 'é' | 'í' | 'ó' | 'ú' | 'ü' if !silent => Some(c),
            _ => None,
        };
        match vowel {
            Some(vowel) => {
                count += usize::from(before.is_none_or(|before| are_two_syllables(before, vowel)));
                before = Some(vowel);
            }
            None if c == 'h' && before.is_some() => {}
            None => before = None,
        }
    }
    count
}

fn are_two_syllables(a: char, b: char) -> bool {
    let open = |c| matches!(c, 'a' | 'e' | 'o' | 'á' | 'é' | 'ó');
    let stressed = |c| matches!(c, 'í' | 'ú');
    (open(a) && open(b)) || (stressed(a) && open(b)) || (open(a) && stressed(b)) || a == b
}

/// Letters before an `-es` that keep its vowel sounding.
const SIBILANTS: [char; 5] = ['s', 'x', 'z', 'c', 'g'];

/// Counts groups of vowels and mends what English spelling does to the number: silent `e`, `-es`, `-ed`, and vowels
/// that belong to two syllables.
fn english(word: &[char]) -> usize {
    let vowel = |c: char| "aeiouyáéíóúàèâêîôûäëïöü".contains(c);
    let text: String = word.iter().collect();
    let groups = |text: &str| text.split(|c| !vowel(c)).filter(|group| !group.is_empty()).count();
    let mut count = groups(&text);
    if count == 0 {
        return 1;
    }
    let before = |end: usize| word.len().checked_sub(end + 1).map(|at| word[at]);
    let closes = |end: usize| before(end).is_some_and(|c| !vowel(c));
    let le = |text: &str| text.ends_with("le") && text.len() > 2 && !text[..text.len() - 2].ends_with(vowel);
    let silent = if text.ends_with('e') {
        closes(1) && !le(&text)
    } else if let Some(stem) = text.strip_suffix("es") {
        let hissing = stem.ends_with(SIBILANTS) || stem.ends_with("ch") || stem.ends_with("sh");
        closes(2) && !hissing && !le(&text[..text.len() - 1])
    } else if text.ends_with("ed") {
        closes(2) && !matches!(before(2), Some('t' | 'd'))
    } else {
        ["ely", "eless", "eful", "ement", "ements"].iter().any(|end| text.ends_with(end) && closes(end.len()))
    };
    count -= usize::from(silent && count > 1);
    // A vowel that begins a new syllable after another one.
    let splits = |pair: &str| text.matches(pair).count();
    count +=
        splits("ia") + splits("io") + splits("iu") + splits("eo") + splits("uou") + splits("ying") + splits("eing");
    count += splits("ism") + splits("ual") + splits("uat") + splits("iet") + splits("ienc") + splits("ient");
    let joined = [
        "tia", "cia", "sia", "gia", "tio", "cio", "sio", "gio", "xio", "tien", "cien", "eopl", "eon", "geo", "nio",
        "lio", "iou",
    ];
    count -= joined.iter().map(|part| splits(part)).sum::<usize>().min(count - 1);
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spanish_words() {
        for (word, expected) in [
            ("a", 1),
            ("y", 1),
            ("rey", 1),
            ("muy", 1),
            ("guerra", 2),
            ("pingüino", 3),
            ("queso", 2),
            ("ciudad", 2),
            ("día", 2),
            ("aéreo", 4),
            ("construir", 2),
            ("cuídate", 3),
            ("averiguáis", 4),
            ("prohibir", 2),
            ("leer", 2),
            ("chiita", 3),
            ("yo", 1),
            ("Ayuntamiento", 5),
            ("héroe", 3),
            ("baúl", 2),
            ("2026", 1),
        ] {
            assert_eq!(syllables(word, Language::ES), Some(expected), "{word}");
        }
    }

    #[test]
    fn english_words() {
        for (word, expected) in [
            ("the", 1),
            ("make", 1),
            ("makes", 1),
            ("changes", 2),
            ("table", 2),
            ("tables", 2),
            ("walked", 1),
            ("wanted", 2),
            ("nation", 2),
            ("radio", 3),
            ("special", 2),
            ("completely", 3),
            ("people", 2),
            ("library", 3),
            ("seeing", 2),
            ("I", 1),
            ("42", 1),
            ("tv", 1),
        ] {
            assert_eq!(syllables(word, Language::EN), Some(expected), "{word}");
        }
    }
}
