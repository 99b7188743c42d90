//! Full names: a person whom a text first names by a surname, it names as the article does in full.
//!
//! A sentence that is taken out of an article, or written after one, has the names of its place: “Ortaven” where the article
//! had “Marisel Ortaven” further up. A wrong name would be worse than a short one, so this is for names of which nothing is a
//! word of the language, and where the article itself goes on with the surname after the full name.

use std::collections::{HashMap, HashSet};
use std::ops::RangeInclusive;

use super::mixture::quotations;
use super::source::Source;
use crate::lang::words as known;
use crate::metrics::text::word_spans;

/// The words of a name in full.
const NAME_WORDS: RangeInclusive<usize> = 2..=3;
/// A name behind one of these is that of a family or of a place.
const OF_NO_PERSON: &[&str] = &["the", "in", "at", "los", "las", "el", "la", "del", "al", "en"];
/// A name behind one of these and another name may be that of two.
const JOINING: &[&str] = &["and", "y", "e"];

/// The names of the people of an article by their surnames.
#[derive(Debug)]
pub(super) struct FullNames {
    names: HashMap<String, Vec<String>>,
}

/// Capitalized words that follow one another.
struct Run<'a> {
    words: Vec<&'a str>,
    /// Where the first of them stands.
    start: usize,
    /// The words before it, the nearest first.
    before: Vec<&'a str>,
}

impl FullNames {
    /// Those of an article in a language with a list of its words; none of another.
    pub(super) fn of(source: &Source<'_>) -> Self {
        let language = source.language();
        let is_name = |word: &&str| known::knows(word, language) == Some(false);
        let (mut names, mut unsure) = (HashMap::<String, Vec<String>>::new(), HashSet::new());
        let mut used = HashSet::new();
        for unit in source.units.iter().filter(|unit| unit.part.is_some()) {
            for run in runs(&unit.text) {
                let Some(last) = run.words.last().map(|&last| last.to_owned()) else { continue };
                let all = run.words.iter().all(is_name);
                let joined = run.before.first().is_some_and(|word| JOINING.contains(word))
                    && run.before.get(1).is_some_and(|word| is_capitalized(word));
                if run.words.len() == 1 && names.contains_key(&last) {
                    used.insert(last);
                } else if all && NAME_WORDS.contains(&run.words.len()) && !joined {
                    let name: Vec<String> = run.words.iter().map(|&word| word.to_owned()).collect();
                    let first = names.entry(last.clone()).or_insert_with(|| name.clone());
                    if *first != name {
                        unsure.insert(last);
                    }
                } else {
                    // A surname that comes first, two people's, a street's: nobody knows whose it is.
                    unsure.insert(last);
                }
            }
        }
        names.retain(|last, _| used.contains(last) && !unsure.contains(last));
        Self { names }
    }

    /// A text with each name in full where it first stands, unless it is among those that were `said` before, which become
    /// more by this text. Quotations stay as they are.
    pub(super) fn in_full(&self, text: &str, said: &mut HashSet<String>) -> String {
        let quoted = quotations(text);
        let (mut full, mut copied) = (String::new(), 0);
        for run in runs(text) {
            let is_quoted = quoted.iter().any(|span| span.range().contains(&run.start));
            let may_be_person =
                !run.before.first().is_some_and(|word| OF_NO_PERSON.contains(&word.to_lowercase().as_str()));
            if let [word] = run.words[..]
                && let Some(name) = self.names.get(word).filter(|_| !said.contains(word) && !is_quoted && may_be_person)
            {
                full.push_str(&text[copied..run.start]);
                full.push_str(&name.join(" "));
                copied = run.start + word.len();
            }
            said.extend(run.words.iter().map(|&word| word.to_owned()));
        }
        full + &text[copied..]
    }
}

/// Whether a word is written as names are: acronyms are not.
fn is_capitalized(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_uppercase) && letters.any(char::is_lowercase)
}

/// The capitalized words of a text, those together that only a space parts. A hyphen joins what is no single name.
fn runs(text: &str) -> Vec<Run<'_>> {
    let spans = word_spans(text);
    let (mut found, mut end) = (Vec::<Run>::new(), usize::MAX);
    for (at, span) in spans.iter().enumerate() {
        let word = &text[span.range()];
        let is_part = text[..span.start].ends_with('-') || text[span.end..].starts_with('-');
        if !is_capitalized(word) || is_part {
            continue;
        }
        match found.last_mut().filter(|_| text.get(end..span.start) == Some(" ")) {
            Some(run) => run.words.push(word),
            None => {
                let before = spans[..at].iter().rev().take(2).map(|span| &text[span.range()]).collect();
                found.push(Run { words: vec![word], start: span.start, before });
            }
        }
        end = span.end;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loader::{LoadOptions, load};

    fn full(article: &str, texts: &[&str]) -> Vec<String> {
        let article = load(article.as_bytes(), "article.txt", &LoadOptions::default()).unwrap();
        let names = FullNames::of(&Source::new(&article, &[]));
        let mut said = HashSet::new();
        texts.iter().map(|text| names.in_full(text, &mut said)).collect()
    }

    #[test]
    fn who_is_first_named_by_a_surname_is_named_in_full_once() {
        let article = "A new president in Brenoda\n\nThe chamber of the region has elected Marisel Ortaven president with 38 votes, \
                       one more than were needed. The deputy Ilsa Morandey voted by video link. Ortaven’s party has 27 seats, and \
                       Morandey sits for it. The White House sent its wishes, and the House of the region met.";
        let texts = ["When will Ortaven take the oath?", "Ortaven takes it on Monday, and Morandey’s vote counts."];
        let found = full(article, &texts);
        assert_eq!(found[0], "When will Marisel Ortaven take the oath?");
        assert_eq!(found[1], "Ortaven takes it on Monday, and Ilsa Morandey’s vote counts.");
        for kept in [
            "Marisel Ortaven won, and Ortaven is glad.",
            "The House met.",
            "The deputy said: “Ortaven won, and Morandey voted.”",
            "The Ortavens and the Ortaven family live in Ortaven.",
            "President Ortaven met Luis-Ortaven.",
        ] {
            assert_eq!(full(article, &[kept]), [kept]);
        }
    }

    #[test]
    fn a_name_that_may_be_anothers_stays_as_it_is() {
        for (article, text) in [
            (
                "El grupo de los Morlane\n\nEl presidente Rubeno Morlane vendió el grupo. Su hija Ilsana Morlane dirige la cadena. \
                 La empresa de Morlane creció.",
                "La fortuna es de Morlane.",
            ),
            (
                "El grupo de los Morlane\n\nEl presidente Rubeno e Ilsana Morlane vendieron el grupo. La empresa de Morlane creció.",
                "El presidente es Morlane.",
            ),
            (
                "The house of the Morlane family\n\nMorlane opened its doors in May. The mayor, Rubeno Morlane, came to see the town.",
                "What did Morlane open?",
            ),
            (
                "The works of Tolm\n\nThe street Avenida Morlane was closed. The mayor, Rubeno Morlane, opened it. Morlane was glad.",
                "Where is Morlane?",
            ),
        ] {
            assert_eq!(full(article, &[text]), [text]);
        }
    }
}
