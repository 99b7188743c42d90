//! The form of a text: what models put around it is taken away, small faults are mended, and what is cut off is cut out.

use std::ops::Range;

use crate::lang::{Language, capitalized};
use crate::metrics::text::words;
use crate::sentence;

/// The most words of a heading before a line.
const HEADING_WORDS: usize = 5;
/// What stands before it goes on in the same sentence: “not only …, but also”.
const NOT_ONLY: &[&str] = &["only", "solo", "sólo", "só", "apenas"];
/// The words of a sentence among which one links all of it to what stands before.
const INNER_LINK_WORDS: usize = 8;

/// Whether a text ends as a sentence does.
pub(super) fn ends_sentence(text: &str) -> bool {
    text.trim_end_matches(['"', '”', '’', '»', ')', '\'']).ends_with(['.', '!', '?', '…'])
}

/// Whether a text that the model was cut off in is whole all the same. "It costs 18." may be the beginning
/// of "It costs 18.6 million".
pub(super) fn is_finished(text: &str) -> bool {
    let in_number = text.strip_suffix('.').is_some_and(|t| t.ends_with(|c: char| c.is_ascii_digit()));
    ends_sentence(text) && !in_number
}

/// A question as it is shown: the first that the text asks, without a number before it, with its marks.
pub(super) fn question(text: &str, opening: Option<char>) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let behind_number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = (1..=2).contains(&(line.len() - behind_number.len()));
    let item = behind_number.strip_prefix(['.', ')']).filter(|_| numbered).unwrap_or(line);
    let bare = item.trim_start_matches(['-', '*', '•', ' ']).trim_end_matches(['*', ' ']);
    let bare = bare.find('?').map_or(bare, |end| &bare[..=end]);
    match opening {
        Some(mark) if bare.ends_with('?') && !bare.contains(mark) => format!("{mark}{bare}"),
        _ => bare.to_owned(),
    }
}

/// A statement with the stop that the model left out. One that announces a list which does not come has none.
pub(super) fn statement(text: &str) -> String {
    let text = text.trim();
    if let Some((inner, mark)) = split_closing_mark(text) {
        return format!("{inner}{mark}");
    }
    if text.is_empty() || ends_sentence(text) || text.ends_with(':') {
        text.to_owned()
    } else {
        text.trim_end_matches([',', ';']).to_owned() + "."
    }
}

/// A text that ends with a mark of quotation which a space parts from its stop, as these two.
fn split_closing_mark(text: &str) -> Option<(&str, char)> {
    let mark = text.chars().last().filter(|mark| ['"', '”', '»'].contains(mark))?;
    let inner = text[..text.len() - mark.len_utf8()].strip_suffix(' ')?;
    inner.ends_with(['.', '!', '?', '…']).then_some((inner, mark))
}

/// A line without the marks of bold print, and without a bold heading of a few words before it, such as `**What happened**:`.
pub(super) fn plain(line: &str) -> String {
    let heading = |(at, mark): (usize, &str)| {
        let words = line[..at].split_whitespace().count();
        ((1..=HEADING_WORDS).contains(&words)).then(|| line[at + mark.len()..].trim_start())
    };
    let behind = ["**:", ":**"].into_iter().filter_map(|mark| Some((line.find(mark)?, mark))).find_map(heading);
    behind.unwrap_or(line).replace("**", "")
}

/// A line without what it is headed with, up to a colon, where the model repeats that from its task; nothing, if that is all.
pub(super) fn without_label(line: &str, task: &str) -> String {
    let is_label = |label: &str| !words(label).is_empty() && has_phrase(&words(task), label);
    if !ends_sentence(line) && is_label(line) {
        return String::new();
    }
    match line.split_once(": ") {
        Some((label, rest)) if is_label(label) => capitalized(rest.trim_start()),
        _ => line.to_owned(),
    }
}

/// A sentence without the link and the comma that it begins with, if it does.
pub(super) fn without_link(sentence: &str, links: &[String]) -> Option<String> {
    let (link, rest) = sentence.split_once(", ")?;
    let link = words(link);
    // Names such as “iPhone” stay as they are.
    let is_brand = rest.split(' ').next().is_some_and(|word| word.chars().any(char::is_uppercase));
    let is_link = links.iter().any(|phrase| words(phrase) == link);
    is_link.then(|| if is_brand { rest.to_owned() } else { capitalized(rest) })
}

/// A sentence without the first of such words in it, if that stands near its beginning, as “also” in “The town also pays”, and
/// links nothing inside the sentence, as in “the town and also the county”.
pub(super) fn without_inner_link(sentence: &str, links: &[String], connectives: &[String]) -> Option<String> {
    let parts: Vec<&str> = sentence.split(' ').collect();
    let at = parts.iter().take(INNER_LINK_WORDS).position(|part| links.iter().any(|link| link == part))?;
    let before = at.checked_sub(1).map(|before| parts[before].to_lowercase())?;
    let is_inside = connectives.contains(&before)
        || !before.ends_with(char::is_alphanumeric)
        || parts[..at].iter().any(|part| NOT_ONLY.contains(part));
    (!is_inside).then(|| [&parts[..at], &parts[at + 1..]].concat().join(" "))
}

/// The sentences of a text as owned texts. What has no space between belongs together: a mark of quotation behind a stop, the
/// letters of `U.S.`
pub(super) fn sentences(text: &str, language: Language) -> Vec<String> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for span in sentence::split(text, language) {
        match found.last_mut().filter(|last| last.end == span.start) {
            Some(last) => last.end = span.end,
            None => found.push(span.range()),
        }
    }
    found.into_iter().map(|range| text[range].to_owned()).collect()
}

/// The words of a text contain those of the phrase, one after the other.
pub(super) fn has_phrase(text: &[String], phrase: &str) -> bool {
    find_phrase(text, phrase).is_some()
}

/// Where the words of a phrase stand in a text, as its words.
fn find_phrase(text: &[String], phrase: &str) -> Option<Range<usize>> {
    let phrase = words(phrase);
    let at = text.windows(phrase.len().max(1)).position(|run| run == phrase)?;
    Some(at..at + phrase.len())
}

/// Whether one of the phrases stands in the text.
pub(super) fn has_any(text: &[String], phrases: &[String]) -> bool {
    phrases.iter().any(|phrase| has_phrase(text, phrase))
}

/// Whether the text begins with one of the phrases.
pub(super) fn begins_with_any(text: &[String], phrases: &[String]) -> bool {
    phrases.iter().any(|phrase| behind(text, phrase).is_some())
}

/// The words behind a phrase that the text begins with.
pub(super) fn behind<'a>(text: &'a [String], phrase: &str) -> Option<&'a [String]> {
    find_phrase(text, phrase).filter(|place| place.start == 0).map(|place| &text[place.end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_not_cut_where_there_is_no_space() {
        let text = "She called it \"an old instrument.\" The U.S. policy was new. It rained.";
        let found = sentences(text, Language::EN);
        assert_eq!(found.join(" "), text, "{found:?}");
    }

    #[test]
    fn headings_and_marks_of_bold_print_go() {
        for (line, expected) in [
            ("**How or why**: The filter takes out rust.", "The filter takes out rust."),
            ("What happened**: The **town** voted.", "The town voted."),
            ("**Who:** Nobody.", "Nobody."),
            ("The vote was tight: 38 to 37.", "The vote was tight: 38 to 37."),
        ] {
            assert_eq!(plain(line), expected);
        }
    }

    #[test]
    fn what_is_repeated_from_the_task_is_no_part_of_a_line() {
        let task = "Task: three sentences: first what happened, then what it means for people or what comes next.";
        for (line, expected) in [
            ("What it means for people or what comes next: tickets get cheaper.", "Tickets get cheaper."),
            ("What happened: The town voted.", "The town voted."),
            ("What happened:", ""),
            ("What happened", ""),
            ("What happened.", "What happened."),
            ("The vote was tight: 38 to 37.", "The vote was tight: 38 to 37."),
            (": 38 to 37.", ": 38 to 37."),
        ] {
            assert_eq!(without_label(line, task), expected);
        }
    }

    #[test]
    fn questions_lose_their_numbers_and_get_their_marks() {
        assert_eq!(question("1. Who pays?\n2. When?", None), "Who pays?");
        assert_eq!(question(" - **Quién paga?**", Some('¿')), "¿Quién paga?");
        assert_eq!(question("2026 was warm?", None), "2026 was warm?");
        assert_eq!(question("", None), "");
    }

    #[test]
    fn stops_are_mended_and_numbers_are_not_taken_for_them() {
        assert_eq!(statement("The town pays,"), "The town pays.");
        assert_eq!(statement("They enjoy many perks, including:"), "They enjoy many perks, including:");
        assert_eq!(statement("«Así es»"), "«Así es».");
        assert_eq!(statement("“So it is.”"), "“So it is.”");
        assert_eq!(statement("They call it “rewriting history. ”"), "They call it “rewriting history.”");
        assert_eq!(statement("They call it \"an old bell. \""), "They call it \"an old bell.\"");
        assert!(is_finished("It costs 18 euros.") && !is_finished("It costs 18."));
    }

    #[test]
    fn phrases_are_found_word_by_word() {
        let text = words("The article, it seems, does not say.");
        assert!(has_phrase(&text, "the article") && !has_phrase(&text, "the art") && !has_phrase(&text, ""));
        assert!(begins_with_any(&text, &["article".to_owned(), "the article".to_owned()]));
        assert!(!begins_with_any(&text, &["article".to_owned()]));
    }
}
