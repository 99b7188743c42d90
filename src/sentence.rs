//! Sentences of a text: sentencex, and a few corrections to it for English and Spanish.

use std::sync::LazyLock;

use regex::Regex;

use crate::article::Span;
use crate::lang::Language;

/// After these a full stop ends no sentence, though sentencex may think so: (language, words).
const ABBREVIATIONS: &[(&str, &[&str])] = &[
    (
        "es",
        &[
            "sr", "sra", "srta", "st", "sres", "dr", "dra", "dres", "prof", "profa", "ud", "uds", "vd", "gral", "cnel",
            "tte", "mons", "fr", "sto", "sta", "ing", "arq", "lic", "ej", "p.ej", "pág", "págs", "art", "arts", "núm",
            "núms", "nº", "n.º", "tel", "av", "avda", "cía", "dpto", "aprox", "vol", "cap", "fig", "ee", "rr", "ff",
            "jj",
        ],
    ),
    (
        "en",
        &[
            "mr", "mrs", "ms", "dr", "prof", "st", "gen", "col", "lt", "capt", "sgt", "sen", "rep", "gov", "rev",
            "hon", "vs", "e.g", "i.e", "cf", "al", "fig", "approx", "messrs", "supt",
        ],
    ),
];

/// Words that sentencex takes for abbreviations but that end sentences every day.
const PLAIN_WORDS: &[(&str, &[&str])] = &[
    ("es", &["no", "mar", "sobre", "contra", "extra", "di", "sol", "con", "bien", "nos", "un", "uni", "vie"]),
    ("en", &["no", "mass", "may", "me", "wash", "man", "so", "art", "op", "ill", "in", "ore", "mo", "ave"]),
];

/// They follow `a.m.` and `p.m.` in the same sentence.
const TIME_ZONES: &[&str] = &[
    "ET", "EST", "EDT", "CT", "CST", "CDT", "MT", "MST", "PT", "PST", "PDT", "GMT", "UTC", "CET", "Eastern", "Central",
    "Pacific",
];

static BREAK: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(\p{L}+)\.\s+[¿¡«“\x22]?\p{Lu}\p{L}").unwrap());

static ELLIPSIS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"…\s+[¿¡«“\x22]?\p{Lu}").unwrap());

/// Longer passages are cut, at a stop or white space, before they are segmented, which bounds the work.
const MAX_PIECE: usize = 20_000;

/// The sentences of a passage in order, as spans into it without the white space around them; they
/// cover the passage but for white space.
pub fn split(passage: &str, language: Language) -> Vec<Span> {
    let words = |table: &[(&str, &'static [&'static str])]| -> &'static [&'static str] {
        table.iter().find(|(code, _)| *code == language.code()).map_or(&[], |(_, words)| words)
    };
    let (abbreviations, plain) = (words(ABBREVIATIONS), words(PLAIN_WORDS));
    let mut starts = vec![0];
    for (offset, piece) in pieces(passage) {
        let found = sentencex::get_sentence_boundaries(language.code(), piece);
        starts.extend(found.iter().map(|b| offset + b.start_byte));
        starts.extend(missed_starts(piece, plain).map(|at| offset + at));
    }
    starts.sort_unstable();
    starts.dedup();
    starts.retain(|&at| passage.is_char_boundary(at));
    let mut sentences: Vec<Span> = Vec::new();
    for (i, &start) in starts.iter().enumerate() {
        let end = starts.get(i + 1).copied().unwrap_or(passage.len());
        let Some(piece) = trimmed(passage, start, end) else { continue };
        match sentences.last_mut() {
            Some(last) if belongs_together(&passage[last.range()], &passage[piece.range()], abbreviations) => {
                last.end = piece.end;
            }
            _ => sentences.push(piece),
        }
    }
    sentences
}

fn pieces(passage: &str) -> Vec<(usize, &str)> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while passage.len() - start > MAX_PIECE {
        let limit = passage.floor_char_boundary(start + MAX_PIECE);
        let head = &passage[start..limit];
        let stop = head.rfind(". ").map(|at| at + 1);
        let end = stop.or_else(|| head.rfind(char::is_whitespace)).filter(|&at| at > 0).map_or(limit, |at| start + at);
        pieces.push((start, &passage[start..end]));
        start = end;
    }
    pieces.push((start, &passage[start..]));
    pieces
}

fn trimmed(text: &str, start: usize, end: usize) -> Option<Span> {
    let piece = &text[start..end];
    let from = start + (piece.len() - piece.trim_start().len());
    let to = start + piece.trim_end().len();
    (from < to).then(|| Span::new(from, to))
}

/// Where sentences begin after a plain word that looks like an abbreviation, or after an ellipsis.
fn missed_starts<'a>(piece: &'a str, plain: &'static [&'static str]) -> impl Iterator<Item = usize> + 'a {
    let after_word = BREAK.captures_iter(piece).filter_map(|found| {
        let word = found.get(1)?;
        plain.contains(&word.as_str()).then_some(word.end() + 1)
    });
    let after_ellipsis = ELLIPSIS.find_iter(piece).map(|found| found.start() + '…'.len_utf8());
    after_word.chain(after_ellipsis).map(|stop| piece.len() - piece[stop..].trim_start().len())
}

/// Whether what sentencex parted is one sentence.
fn belongs_together(before: &str, after: &str, abbreviations: &[&str]) -> bool {
    // Closing quotation marks, brackets and stops alone are no sentence.
    if !after.chars().any(char::is_alphanumeric) || !before.chars().any(char::is_alphanumeric) {
        return true;
    }
    // The number of a list item.
    if before.trim_matches(['(', ')', '.']).chars().all(|c| c.is_ascii_digit()) {
        return true;
    }
    let Some(head) = before.strip_suffix('.') else {
        // `«¿Vendrá?», preguntó.` and `"Stop!" he said.`: what follows begins in lower case.
        let begins_low = after.chars().next().is_some_and(|c| c.is_lowercase() || c == ',');
        return begins_low && before.ends_with(['"', '”', '»', '’', '\'', ')', '?', '!', '…']);
    };
    let begins_low = after.chars().next().is_some_and(|c| c.is_lowercase() || c == ',');
    let word = head
        .rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '«' | '"' | '“' | '¿' | '¡'))
        .next()
        .unwrap_or(head);
    let initial = is_initial(word) && after.chars().next().is_some_and(char::is_uppercase);
    let after_word = after.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let pair =
        (word == "EE" && after_word == "UU") || (matches!(word, "a.m" | "p.m") && TIME_ZONES.contains(&after_word));
    begins_low || pair || initial || abbreviations.contains(&word.to_lowercase().as_str())
}

/// Whether a word before a full stop is the initial of a name (`J`, `J.R`, `Mª`).
fn is_initial(word: &str) -> bool {
    let letters = word.chars().filter(|c| *c != '.').count();
    letters == 1 && word.chars().all(|c| c.is_uppercase() && c != 'I')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str, language: Language) -> Vec<&str> {
        split(text, language).iter().map(|s| &text[s.range()]).collect()
    }

    #[track_caller]
    fn check(language: Language, expected: &[&str]) {
        assert_eq!(texts(&expected.join(" "), language), expected);
    }

    #[test]
    fn spanish() {
        let es = Language::ES;
        check(es, &["El índice subió un 3,5 % y llegó a 1.200.000 euros.", "Fue el máximo."]);
        check(es, &["La empresa exporta a EE. UU. desde 2019.", "También a Chile."]);
        check(es, &["El Sr. Molina y la Dra. Paz hablaron.", "Nadie más lo hizo."]);
        check(es, &["Hay frutas, p. ej. Manzanas Golden, en oferta.", "Compre ya."]);
        check(es, &["¿Cuándo abre el museo?", "Abre el lunes.", "¡Por fin!"]);
        check(es, &["«No habrá más plazo», dijo.", "Después calló…", "Y se fue."]);
        check(es, &["Preguntó: «¿Vendrá alguien?» y no hubo respuesta.", "Nadie vino."]);
        check(es, &["Le ofrecieron el cargo y dijo que no.", "Luego volvió al mar.", "Allí sigue."]);
        check(es, &["Firmó J. M. Ortega.", "Lo vio todo el mundo."]);
        check(es, &["Véase la pág. 12 y el art. 4 de la ley.", "Nada cambia."]);
    }

    #[test]
    fn english() {
        let en = Language::EN;
        check(en, &["Prices rose 3.5% to $1,200,000.", "It was a record."]);
        check(en, &["The U.S. Navy sent a ship.", "It arrived on Friday."]);
        check(en, &["Mr. Hale met Dr. Orr at St. Mary's.", "They left at 5 p.m. ET on Sunday."]);
        check(en, &["J. R. Marsh wrote it.", "Nobody read it."]);
        check(en, &["\"We will wait,\" she said.", "Then... nothing came.", "\"Stop!\" he cried."]);
        check(en, &["Some fruit, e.g. Golden apples, is cheap.", "He said no.", "She agreed."]);
        check(en, &["1. Close the valve under the sink.", "Open the tap."]);
        check(en, &["Was it late?", "It was!", "They ran."]);
    }

    #[test]
    fn line_breaks_inside_a_passage_part_no_sentence() {
        assert_eq!(
            texts("The old quay\nwill close. Ships\nwill wait.", Language::EN),
            ["The old quay\nwill close.", "Ships\nwill wait."]
        );
    }

    #[test]
    fn very_long_passages_are_covered() {
        let text = "Una frase corta. ".repeat(5_000);
        let text = text.trim_end();
        assert_eq!(texts(text, Language::ES).len(), 5_000);
        let one = "a".repeat(100_000);
        assert_eq!(texts(&one, Language::EN).iter().map(|s| s.len()).sum::<usize>(), 100_000);
    }
}
