//! The Porter stemmer with the changes that NLTK makes to it, which `rouge-score` uses.
//!
//! Porter, "An algorithm for suffix stripping", Program 14.3 (1980). NLTK adds a table of irregular words, rules for
//! words of four letters in `-ies` and `-ied`, another condition for `y`, and the suffixes `-alli`, `-fulli`, `-logi`;
//! the Snowball project's Porter has none of these, so its stems differ.

/// Words whose stem the rules would miss: (word, stem).
const IRREGULAR: &[(&str, &str)] = &[
    ("sky", "sky"),
    ("skies", "sky"),
    ("dying", "die"),
    ("lying", "lie"),
    ("tying", "tie"),
    ("news", "news"),
    ("innings", "inning"),
    ("inning", "inning"),
    ("outings", "outing"),
    ("outing", "outing"),
    ("cannings", "canning"),
    ("canning", "canning"),
    ("howe", "howe"),
    ("proceed", "proceed"),
    ("exceed", "exceed"),
    ("succeed", "succeed"),
];

/// Step 2: suffixes that give way where the stem before them has a measure above 0.
const STEP_2: &[(&str, &str)] = &[
    ("ational", "ate"),
    ("tional", "tion"),
    ("enci", "ence"),
    ("anci", "ance"),
    ("izer", "ize"),
    ("bli", "ble"),
    ("alli", "al"),
    ("entli", "ent"),
    ("eli", "e"),
    ("ousli", "ous"),
    ("ization", "ize"),
    ("ation", "ate"),
    ("ator", "ate"),
    ("alism", "al"),
    ("iveness", "ive"),
    ("fulness", "ful"),
    ("ousness", "ous"),
    ("aliti", "al"),
    ("iviti", "ive"),
    ("biliti", "ble"),
    ("fulli", "ful"),
];

const STEP_3: &[(&str, &str)] =
    &[("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", "")];

/// Step 4: suffixes that fall where the stem before them has a measure above 1; the first that fits decides.
const STEP_4: &[&str] = &[
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti",
    "ous", "ive", "ize",
];

/// The stem of a word of lower-case ASCII letters and digits.
pub(super) fn stem(word: &str) -> String {
    if let Some((_, stem)) = IRREGULAR.iter().find(|(irregular, _)| *irregular == word) {
        return (*stem).to_owned();
    }
    if word.len() <= 2 || !word.is_ascii() {
        return word.to_owned();
    }
    let mut word = step_1c(step_1b(step_1a(word)));
    word = step_2(word);
    word = replaced(word, STEP_3);
    word = step_4(word);
    step_5(word)
}

fn step_1a(word: &str) -> String {
    let end = match word {
        _ if word.ends_with("ies") && word.len() == 4 => 1,
        _ if word.ends_with("sses") || word.ends_with("ies") => 2,
        _ if word.ends_with("ss") || !word.ends_with('s') => 0,
        _ => 1,
    };
    word[..word.len() - end].to_owned()
}

fn step_1b(mut word: String) -> String {
    if word.ends_with("ied") {
        word.truncate(word.len() - if word.len() == 4 { 1 } else { 2 });
        return word;
    }
    if let Some(stem) = word.strip_suffix("eed") {
        if measure(stem) > 0 {
            word.pop();
        }
        return word;
    }
    let stem = ["ed", "ing"].iter().find_map(|suffix| word.strip_suffix(suffix).filter(|s| has_vowel(s)));
    let Some(stem) = stem else { return word };
    let mut stem = stem.to_owned();
    let flags = consonants(&stem);
    let last = stem.chars().next_back().unwrap_or_default();
    let doubled = flags.last() == Some(&true) && stem.len() >= 2 && stem.as_bytes()[stem.len() - 2] == last as u8;
    if ["at", "bl", "iz"].iter().any(|end| stem.ends_with(end)) {
        stem.push('e');
    } else if doubled {
        if !matches!(last, 'l' | 's' | 'z') {
            stem.pop();
        }
    } else if measure(&stem) == 1 && ends_cvc(&stem) {
        stem.push('e');
    }
    stem
}

fn step_1c(mut word: String) -> String {
    let before = consonants(&word);
    // `before` has the flag of the `y` itself at its end.
    if word.ends_with('y') && word.len() > 2 && before[word.len() - 2] {
        word.pop();
        word.push('i');
    }
    word
}

fn step_2(mut word: String) -> String {
    while word.strip_suffix("alli").is_some_and(|stem| measure(stem) > 0) {
        word.truncate(word.len() - 2);
    }
    if word.ends_with("logi") && !STEP_2.iter().any(|(suffix, _)| word.ends_with(suffix)) {
        // The `l` counts with the stem, so that `geo-` works as `archaeo-` does.
        if measure(&word[..word.len() - 3]) > 0 {
            word.pop();
        }
        return word;
    }
    replaced(word, STEP_2)
}

/// Replaces the first suffix that fits, if what stands before it has a measure above 0.
fn replaced(word: String, rules: &[(&str, &str)]) -> String {
    match rules.iter().find_map(|(suffix, by)| Some((word.strip_suffix(suffix)?, by))) {
        Some((stem, by)) if measure(stem) > 0 => format!("{stem}{by}"),
        _ => word,
    }
}

fn step_4(mut word: String) -> String {
    if let Some((stem, suffix)) = STEP_4.iter().find_map(|suffix| Some((word.strip_suffix(suffix)?, *suffix))) {
        let falls = measure(stem) > 1 && (suffix != "ion" || stem.ends_with(['s', 't']));
        word.truncate(if falls { stem.len() } else { word.len() });
    }
    word
}

fn step_5(mut word: String) -> String {
    if let Some(stem) = word.strip_suffix('e') {
        let m = measure(stem);
        if m > 1 || (m == 1 && !ends_cvc(stem)) {
            word.pop();
        }
    }
    if word.ends_with("ll") && measure(&word[..word.len() - 1]) > 1 {
        word.pop();
    }
    word
}

/// Whether each letter is a consonant: not a vowel, and not a `y` after a consonant.
fn consonants(word: &str) -> Vec<bool> {
    let mut flags: Vec<bool> = Vec::with_capacity(word.len());
    for c in word.bytes() {
        flags.push(match c {
            b'a' | b'e' | b'i' | b'o' | b'u' => false,
            b'y' => flags.last().is_none_or(|consonant| !consonant),
            _ => true,
        });
    }
    flags
}

/// Porter's m: how often a vowel is followed by a consonant.
fn measure(stem: &str) -> usize {
    consonants(stem).windows(2).filter(|pair| !pair[0] && pair[1]).count()
}

fn has_vowel(stem: &str) -> bool {
    consonants(stem).contains(&false)
}

/// Whether a stem ends in consonant, vowel, consonant, the last not `w`, `x` or `y`; NLTK takes vowel and consonant
/// alone too.
fn ends_cvc(stem: &str) -> bool {
    match consonants(stem).as_slice() {
        [false, true] => true,
        [.., true, false, true] => !stem.ends_with(['w', 'x', 'y']),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_are_those_of_nltk() {
        for (word, expected) in [
            ("caresses", "caress"),
            ("ponies", "poni"),
            ("dies", "die"),
            ("spied", "spi"),
            ("died", "die"),
            ("feed", "feed"),
            ("agreed", "agre"),
            ("plastered", "plaster"),
            ("hopping", "hop"),
            ("filing", "file"),
            ("falling", "fall"),
            ("happy", "happi"),
            ("enjoy", "enjoy"),
            ("generally", "gener"),
            ("relational", "relat"),
            ("theology", "theolog"),
            ("geology", "geolog"),
            ("hopefulness", "hope"),
            ("adoption", "adopt"),
            ("controlling", "control"),
            ("rate", "rate"),
            ("skies", "sky"),
            ("2019s", "2019"),
            ("yyyy", "yyyi"),
            ("is", "is"),
        ] {
            assert_eq!(stem(word), expected, "{word}");
        }
    }
}
