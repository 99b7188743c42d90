//! Parsing: what the model wrote, to a draft. Tolerant of form, strict about nothing but loss: every
//! line ends up in the draft.

use regex::Regex;

use crate::error::{Error, ErrorKind, Result};
use crate::prompt::PromptLibrary;

/// A question and an answer that nobody has checked yet. Either may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DraftEntry {
    pub(super) question: String,
    pub(super) answer: String,
}

impl DraftEntry {
    /// Both, as a rejection shows them.
    pub(super) fn text(&self) -> String {
        format!("{}\n{}", self.question, self.answer).trim().to_owned()
    }
}

/// A FAQ as the model wrote it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) entries: Vec<DraftEntry>,
    /// Text before the first question that belongs to no entry.
    pub(super) preamble: String,
}

/// Reads lines of questions and answers.
#[derive(Debug)]
pub(super) struct FaqParser {
    question: Regex,
    answer: Regex,
    /// Markup and numbers that models put before a line.
    ornament: Regex,
}

impl FaqParser {
    /// A parser that knows the labels of all languages: a model may fall back to those of another one.
    pub(super) fn new(prompts: &PromptLibrary) -> Result<Self> {
        let label = |words: Vec<&String>| {
            let (letters, names): (Vec<_>, Vec<_>) = words.iter().partition(|w| w.chars().count() == 1);
            let any = |words: &[&&String]| words.iter().map(|w| regex::escape(w)).collect::<Vec<_>>().join("|");
            // A colon ends every label. Other marks do so only behind a number or a whole word, and before a
            // space: "A 3.5 million loan", "A. Smith" and "P-47" are text.
            let (letters, names) = (any(&letters), any(&names));
            Regex::new(&format!(
                r"(?i)^(?:(?:(?:{letters})\d{{0,2}}|(?:{names})\s*\d{{0,2}})\s*\**\s*:|(?:(?:{letters})\d{{1,2}}|(?:{names})\s*\d{{1,2}})\**[.)\-–—]\**(?:\s|$))\s*\**\s*"
            ))
            .map_err(|e| Error::new(ErrorKind::Config, "the labels of the prompts are not right").with_source(e))
        };
        let ornament = Regex::new(r"^[\s>#*•\-–—]*(?:\d{1,3}[.)]\s+)?[\s*]*")
            .map_err(|e| Error::new(ErrorKind::Config, "a built-in pattern is wrong").with_source(e))?;
        Ok(Self {
            question: label(prompts.all_labels().flat_map(|l| &l.question_labels).collect())?,
            answer: label(prompts.all_labels().flat_map(|l| &l.answer_labels).collect())?,
            ornament,
        })
    }

    fn bare<'a>(&self, line: &'a str) -> std::borrow::Cow<'a, str> {
        self.ornament.replace(line, "")
    }

    pub(super) fn parse(&self, text: &str) -> Draft {
        let mut draft = Draft::default();
        let mut in_answer = false;
        for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with("```")) {
            let bare = self.bare(line);
            let clean = |s: &str| s.trim().trim_end_matches("**").trim().to_owned();
            if let Some(label) = self.question.find(&bare) {
                let question = clean(&bare[label.end()..]);
                // What follows a whole question is its answer, with a label or without.
                in_answer = is_question(&question);
                draft.entries.push(DraftEntry { question, ..DraftEntry::default() });
            } else if let Some(label) = self.answer.find(&bare) {
                if draft.entries.is_empty() {
                    draft.entries.push(DraftEntry::default());
                }
                append(draft.entries.last_mut().map(|e| &mut e.answer), &clean(&bare[label.end()..]));
                in_answer = true;
            } else if is_question(&clean(&bare)) && draft.entries.last().is_none_or(|e| !e.answer.is_empty()) {
                // A question without a label.
                draft.entries.push(DraftEntry { question: clean(&bare), ..DraftEntry::default() });
                in_answer = true;
            } else {
                let place = match draft.entries.last_mut() {
                    Some(entry) if in_answer => &mut entry.answer,
                    Some(entry) => &mut entry.question,
                    None => &mut draft.preamble,
                };
                append(Some(place), line);
                in_answer |= draft.entries.last().is_some_and(|e| is_question(&e.question));
            }
        }
        draft
    }
}

fn append(place: Option<&mut String>, text: &str) {
    if let Some(place) = place.filter(|_| !text.is_empty()) {
        if !place.is_empty() {
            place.push(' ');
        }
        place.push_str(text);
    }
}

fn is_question(text: &str) -> bool {
    text.trim_end_matches(['"', '”', '»', '*', ')']).ends_with('?')
}

/// The lines of a summary without the marks of bullets, and what stood before it: a heading, or an
/// introduction such as "Summary:".
pub(super) fn summary_lines(text: &str, titles: &[&str]) -> (Vec<String>, Option<String>) {
    let mut lines: Vec<String> = text
        .lines()
        .map(|line| {
            let line = line.trim().trim_start_matches(['#', '*', '•', '>']).trim_start();
            let line = ["- ", "– ", "— "].iter().find_map(|mark| line.strip_prefix(mark)).unwrap_or(line);
            let behind_number = line.trim_start_matches(|c: char| c.is_ascii_digit());
            let numbered = (1..=2).contains(&(line.len() - behind_number.len()));
            let item = behind_number.strip_prefix(". ").or_else(|| behind_number.strip_prefix(") "));
            let line = item.filter(|_| numbered).unwrap_or(line);
            line.trim_end_matches("**").trim().to_owned()
        })
        .collect();
    let mut before = None;
    // An empty line separates paragraphs; several do so no more.
    lines.dedup_by(|a, b| a.is_empty() && b.is_empty());
    if let Some(first) = lines.iter().position(|l| !l.is_empty()) {
        let lower = lines[first].to_lowercase();
        let title = titles.iter().find(|t| lower.starts_with(&t.to_lowercase()));
        let behind = title.and_then(|t| lines[first].get(t.len()..)).map(str::trim_start);
        match behind {
            Some("") => before = Some(lines.remove(first)),
            Some(rest) if rest.starts_with(':') => {
                let rest = rest[1..].trim_start_matches([' ', '*']).to_owned();
                lines[first] = rest;
            }
            _ if lines[first].ends_with(':') => before = Some(lines.remove(first)),
            _ => {}
        }
    }
    (lines, before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Vec<(String, String)> {
        let parser = FaqParser::new(&PromptLibrary::builtin()).unwrap();
        parser.parse(text).entries.into_iter().map(|e| (e.question, e.answer)).collect()
    }

    fn pair(q: &str, a: &str) -> (String, String) {
        (q.to_owned(), a.to_owned())
    }

    #[test]
    fn the_asked_for_form_is_read_in_both_languages() {
        assert_eq!(
            parse("Q: Who pays?\nA: The town.\n\nQ: When?\nA: In May."),
            [pair("Who pays?", "The town."), pair("When?", "In May.")]
        );
        assert_eq!(
            parse("P: ¿Quién paga?\nR: El municipio.\nR: Y la región."),
            [pair("¿Quién paga?", "El municipio. Y la región.")]
        );
    }

    #[test]
    fn other_forms_that_models_fall_into_are_read_too() {
        let expected = [pair("Who pays?", "The town does."), pair("When?", "In May.")];
        for text in [
            "**Q1:** Who pays?\n**A1:** The town does.\n\n**Q2:** When?\n**A2:** In May.",
            "1. **Who pays?**\nThe town does.\n2. **When?**\nIn May.",
            "### Who pays?\n\nThe town\ndoes.\n\n### When?\n\nIn May.",
            "Question 1: Who pays?\nAnswer: The town does.\nQuestion 2: When?\nAnswer: In May.",
            "- P: Who pays?\n- R: The town does.\n- P: When?\n- R: In May.\n```",
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn words_that_look_like_labels_are_text() {
        for line in
            ["A 3.5 million euro loan pays.", "A 12.5% rise.", "A 10-year plan.", "A. Smith said so.", "P-47 planes."]
        {
            assert_eq!(parse(&format!("Q: Who pays?\n{line}")), [pair("Who pays?", line)], "{line}");
        }
    }

    #[test]
    fn an_answer_needs_no_label() {
        let expected = [pair("Who pays?", "The town does."), pair("When?", "In May.")];
        assert_eq!(parse("Q: Who pays?\nThe town does.\nWhen?\nIn May."), expected);
        assert_eq!(parse("**Q**: Who pays?\n**A**: The town does.\n**Q2.** When?\n**A2.** In May."), expected);
    }

    #[test]
    fn nothing_is_lost() {
        let parser = FaqParser::new(&PromptLibrary::builtin()).unwrap();
        let draft = parser.parse("Here is the FAQ.\nQ: Who\npays?\nA: The town.\nIt pays all.\nQ:");
        assert_eq!(draft.preamble, "Here is the FAQ.");
        assert_eq!(
            draft.entries[0],
            DraftEntry { question: "Who pays?".into(), answer: "The town. It pays all.".into() }
        );
        assert_eq!(draft.entries[1], DraftEntry::default());
        assert_eq!(parse("A: An answer alone."), [pair("", "An answer alone.")]);
        assert_eq!(parse(""), []);
    }

    #[test]
    fn a_question_inside_an_answer_does_not_start_an_entry() {
        assert_eq!(
            parse("Q: Is it free?\nA: Is anything? It costs 2 euros."),
            [pair("Is it free?", "Is anything? It costs 2 euros.")]
        );
    }

    #[test]
    fn summaries_lose_their_headings_and_marks_only() {
        let lines = |text, titles: &[&str]| summary_lines(text, titles).0;
        assert_eq!(lines("**Summary:** One. Two.", &["Summary"]), ["One. Two."]);
        assert_eq!(lines("Summary: Uno.", &["Resumen", "Summary"]), ["Uno."]);
        assert_eq!(lines("## Resumen\n\nUno.\n\n\nDos.", &["Resumen"]), ["", "Uno.", "", "Dos."]);
        assert_eq!(
            lines("1. One.\n– Two.\n2026 was warm.\n18.6 million", &[]),
            ["One.", "Two.", "2026 was warm.", "18.6 million"]
        );
        assert_eq!(lines("The vote: yes.", &["Summary"]), ["The vote: yes."]);
        let (lines, before) = summary_lines("Here are the points:\n- One.\n* Two.", &["Summary"]);
        assert_eq!(
            (lines, before.as_deref()),
            (vec!["One.".to_owned(), "Two.".to_owned()], Some("Here are the points:"))
        );
    }
}
