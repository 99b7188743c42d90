//! The form that a generated text must have.

use std::ops::RangeInclusive;

use regex_syntax::hir::Hir;

use crate::error::{Error, ErrorKind, Result};

/// A character that shows. No-break spaces, soft hyphens, marks of direction and the sign of a broken character are none.
const VISIBLE: &str = r"[^\s\p{Cc}\p{Cf}\u{FFFD}]";
/// The same without the question mark.
pub(super) const VISIBLE_IN_QUESTION: &str = r"[^\s\p{Cc}\p{Cf}\u{FFFD}?]";
/// The same without the marks that end no title.
const VISIBLE_AT_END_OF_TITLE: &str = r"[^\s\p{Cc}\p{Cf}\u{FFFD}.,;:]";
/// What a text begins with: no mark of a list, no Markdown.
const BEGINNING: &str = r#"[\p{L}\p{N}\p{Sc}\p{Pi}\p{Ps}"']"#;
/// What ends a sentence, with what may close behind it.
const END_OF_SENTENCE: &str = r#"[.!?…][”»’"')\]]{0,2}"#;

/// The form of a text: a regular expression that the whole of it matches. No repetition in it is without bound, so that
/// a model that repeats itself comes to an end.
///
/// The expression is known to be right and bounded. Between words stands one space, and none at the ends of a line:
///
/// ```
/// use faqtory::engine::{Grammar, Line, Text};
///
/// let question = Line { mark: "P: ".into(), text: Text::Question { opening: Some('¿') }, most: 160 };
/// let answer = Line { mark: "R: ".into(), text: Text::Sentences, most: 500 };
/// // Three to six pairs behind a prompt that ends with the first label.
/// let pairs = Grammar::entries("P:", &[question.clone(), answer], 3..=6)?;
/// let questions = Grammar::entries("", &[question], 4..=12)?;
/// let bullets = Grammar::entries("", &[Line { mark: "- ".into(), text: Text::Sentences, most: 250 }], 3..=6)?;
/// let paragraph = Grammar::entries("", &[Line { mark: String::new(), text: Text::Sentences, most: 600 }], 1..=1)?;
/// let headline = Grammar::entries("", &[Line { mark: String::new(), text: Text::Title, most: 90 }], 1..=1)?;
/// # Ok::<(), faqtory::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grammar {
    pattern: String,
}

/// A line of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it begins with, such as `Q: ` or `- `; may be empty.
    pub mark: String,
    /// What stands behind the mark.
    pub text: Text,
    /// The most visible characters before the mark at its end; spaces do not count. A text that has so many was cut off
    /// there, maybe within a word, so it should leave room for everything but a text that does not end.
    pub most: u32,
}

/// What stands on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// A question. Its only question mark is at its end.
    Question {
        /// The mark that it begins with, in a language that has one: `¿`.
        opening: Option<char>,
    },
    /// Sentences. How many is not told: a full stop does not say whether it ends one ("the Dr. Smith of 3.5 million").
    Sentences,
    /// A title, without a full stop.
    Title,
}

impl Line {
    /// The expression of the line behind its mark.
    fn pattern(&self) -> String {
        let more = format!("{{1,{}}}", self.most.saturating_sub(1));
        match self.text {
            Text::Question { opening } => {
                let opening = opening.map_or("[¿¡]?".to_owned(), |c| regex_syntax::escape(&c.to_string()));
                format!(r"{opening}{BEGINNING}(?: ?{VISIBLE_IN_QUESTION}){more}\?")
            }
            Text::Sentences => format!("[¿¡]?{BEGINNING}(?: ?{VISIBLE}){more}{END_OF_SENTENCE}"),
            Text::Title => format!("[¿¡]?{BEGINNING}(?: ?{VISIBLE}){more}{VISIBLE_AT_END_OF_TITLE}"),
        }
    }
}

impl Grammar {
    /// Texts that match this expression from end to end, in the syntax of the `regex` crate.
    ///
    /// # Errors
    /// `Config` if it is no regular expression (the place is the character where it stops to be one), if a repetition in
    /// it has no bound, or if it looks around itself (`^`, `$`, `\b`).
    pub fn regex(pattern: impl Into<String>) -> Result<Self> {
        let pattern = pattern.into();
        let wrong = |why: &str| Error::new(ErrorKind::Config, format!("the grammar `{pattern}` {why}"));
        let form = parse(&pattern)?;
        if !form.properties().look_set().is_empty() {
            return Err(wrong("has an anchor or a word boundary; it is matched from end to end, without them"));
        }
        if form.properties().maximum_len().is_none() {
            return Err(wrong("lets a text go on without end, or fits none; bound every repetition, as in `{1,80}`"));
        }
        Ok(Self { pattern })
    }

    /// Entries that each have these lines, nothing between all these lines but line breaks. `given` is what the prompt
    /// already holds of the first line's mark; the text goes on behind it.
    ///
    /// # Errors
    /// `Config` if there are no lines or no entries, if a line has room for less than two characters, or if `given` is
    /// not how the first mark begins.
    pub fn entries(given: &str, entry: &[Line], count: RangeInclusive<u32>) -> Result<Self> {
        let wrong = |why: String| Err(Error::new(ErrorKind::Config, format!("a grammar of lines {why}")));
        let (least, most) = (*count.start(), *count.end());
        if least == 0 || most < least {
            return wrong(format!("has {least} to {most} entries; it needs one at least, and no more than at most"));
        }
        if let Some(line) = entry.iter().find(|line| line.most < 2) {
            return wrong(format!("has room for {} characters behind `{}`; a text needs two", line.most, line.mark));
        }
        let Some(first) = entry.first() else { return wrong("has no lines".to_owned()) };
        let Some(rest) = first.mark.strip_prefix(given) else {
            return wrong(format!("begins with `{}`, but the prompt ends with `{given}`", first.mark));
        };
        let lines: Vec<_> = entry.iter().map(|l| regex_syntax::escape(&l.mark) + &l.pattern()).collect();
        let lines = lines.join(r"\n");
        let first = regex_syntax::escape(rest) + &lines[regex_syntax::escape(&first.mark).len()..];
        let others = if most == 1 { String::new() } else { format!(r"(?:\n{lines}){{{},{}}}", least - 1, most - 1) };
        Self::regex(first + &others)
    }

    /// A question behind its opening mark, if it has one, that does not begin with that phrase. `most` is how many visible
    /// characters it has before its end, and should leave room for everything but a text that does not end.
    ///
    /// # Errors
    /// `Config` if the phrase is empty, or `most` is too large.
    pub fn question_without(beginning: &str, most: u32) -> Result<Self> {
        // It differs from the phrase at one of its characters: there is another one, or a space, which is none at its beginning.
        let another = |c: char| VISIBLE_IN_QUESTION.replace('?', &format!("?{}", regex_syntax::escape(&c.to_string())));
        let other = |at: usize, c: char| match (at, c) {
            (_, ' ') => VISIBLE_IN_QUESTION.to_owned(),
            (0, c) => another(c),
            (_, c) => format!("(?:{}| {VISIBLE_IN_QUESTION})", another(c)),
        };
        let differs = |(at, c)| regex_syntax::escape(&beginning[..at]) + &other(at, c);
        let beginnings: Vec<String> = beginning.char_indices().map(differs).collect();
        if beginnings.is_empty() {
            return Err(Error::new(ErrorKind::Config, "a question without a beginning needs to be told which"));
        }
        Self::regex(format!(r"(?:{})(?: ?{VISIBLE_IN_QUESTION}){{1,{most}}}\?", beginnings.join("|")))
    }

    /// The expression.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }
}

fn parse(pattern: &str) -> Result<Hir> {
    regex_syntax::parse(pattern).map_err(|e| {
        let (start, why) = match &e {
            regex_syntax::Error::Parse(e) => (e.span().start.offset, e.kind().to_string()),
            regex_syntax::Error::Translate(e) => (e.span().start.offset, e.kind().to_string()),
            other => (0, other.to_string()),
        };
        let character = pattern.get(..start).map_or(0, |before| before.chars().count()) + 1;
        Error::new(ErrorKind::Config, format!("the grammar `{pattern}` is no regular expression: {why}"))
            .at(format!("character {character} of the grammar"))
            .with_source(e)
    })
}

#[cfg(test)]
mod tests {
    use regex::{Regex, RegexBuilder};

    use super::*;

    fn line(mark: &str, text: Text, most: u32) -> Line {
        Line { mark: mark.into(), text, most }
    }

    impl Grammar {
        /// What another implementation of regular expressions takes it for.
        pub(in crate::engine) fn by_another(&self) -> Regex {
            RegexBuilder::new(&format!("^(?:{})$", self.pattern)).size_limit(1 << 28).build().unwrap()
        }
    }

    fn fits(grammar: Result<Grammar>) -> impl Fn(&str) -> bool {
        let regex = grammar.unwrap().by_another();
        move |text| regex.is_match(text)
    }

    #[test]
    fn questions_are_lines_that_end_with_their_only_question_mark() {
        let question = line("Q: ", Text::Question { opening: None }, 20);
        let fits = fits(Grammar::entries("", &[question], 2..=3));
        assert!(fits("Q: Who pays?\nQ: “Why now”?"));
        assert!(fits("Q: Who pays?\nQ: Why?\nQ: 3.5 million?"));
        for wrong in [
            "Q: Who pays?",
            "Q: Who pays?\nQ: Why?\nQ: How?\nQ: When?",
            "Q: Who pays?\n\nQ: Why?",
            "Q: Who pays?\nQ: Why?\n",
            "Q: Who pays? Why?\nQ: Why?",
            "Q: Who  pays?\nQ: Why?",
            "Q: Who pays ?\nQ: Why?",
            "Q:  Who pays?\nQ: Why?",
            "Q: Who\u{a0}pays?\nQ: Why?",
            "Q: Who pays.\nQ: Why?",
            "Q: - Who pays?\nQ: Why?",
            "Q: **Who** pays?\nQ: Why?",
            "Q: ?\nQ: Why?",
        ] {
            assert!(!fits(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_question_begins_with_the_mark_of_its_language() {
        let spanish = line("P: ", Text::Question { opening: Some('¿') }, 20);
        let fits_spanish = fits(Grammar::entries("", &[spanish], 1..=1));
        assert!(fits_spanish("P: ¿Cuánto costó el año?"));
        assert!(!fits_spanish("P: Cuánto costó el año?") && !fits_spanish("P: ¿¿Cuánto costó?"));
        let english = line("Q: ", Text::Question { opening: None }, 20);
        assert!(fits(Grammar::entries("", &[english], 1..=1))("Q: ¿Cuánto costó?"));
    }

    #[test]
    fn the_most_visible_characters_are_counted_without_spaces_and_end_marks() {
        let fits_ten = |text| fits(Grammar::entries("", &[line("", text, 10)], 1..=1));
        let question = fits_ten(Text::Question { opening: Some('¿') });
        assert!(question("¿a b c d e f g h i j?") && !question("¿a b c d e f g h i j k?"));
        let sentences = fits_ten(Text::Sentences);
        assert!(sentences("ab. ñ ef gh.”)") && sentences("abcdefghij.") && !sentences("abcdefghijk."));
        let title = fits_ten(Text::Title);
        assert!(title("Ab cdefghij%") && !title("Ab cdefghijk%"));
    }

    #[test]
    fn sentences_end_with_a_mark_and_titles_with_none() {
        let fits_one = |text| fits(Grammar::entries("", &[line("", text, 80)], 1..=1));
        let sentences = fits_one(Text::Sentences);
        for right in
            ["It costs 3.5 million. Who pays?", "«Ya está.»", "¡Sí!", "He said: “We sail (at last).”", "€5 more…"]
        {
            assert!(sentences(right), "{right}");
        }
        for wrong in ["It costs", "It costs. ", "It costs.\nIt sails.", "- It costs.", " It costs.", "# It costs."] {
            assert!(!sentences(wrong), "{wrong}");
        }
        let title = fits_one(Text::Title);
        assert!(title("A 3.5 million boat") && title("Who pays?"));
        assert!(!title("A boat.") && !title("A boat:") && !title("A boat "));
    }

    #[test]
    fn pairs_go_on_behind_what_the_prompt_holds() {
        let pair = [line("Q: ", Text::Question { opening: None }, 40), line("A: ", Text::Sentences, 80)];
        let whole = fits(Grammar::entries("", &pair, 1..=2));
        assert!(whole("Q: Who pays?\nA: The town.\nQ: Why?\nA: It must. It is law."));
        assert!(!whole("Q: Who pays?\nQ: Why?\nA: It must.") && !whole("Q: Who pays?\nA: The town.\nQ: Why?"));
        let behind = fits(Grammar::entries("Q:", &pair, 1..=2));
        assert!(behind(" Who pays?\nA: The town.") && behind(" Who pays?\nA: The town.\nQ: Why?\nA: It must."));
        assert!(!behind("Q: Who pays?\nA: The town."));
    }

    #[test]
    fn what_makes_no_sense_is_an_error_that_says_why() {
        let bullet = line("- ", Text::Sentences, 80);
        let entries = |given: &str, line: &Line, least, most| {
            Grammar::entries(given, std::slice::from_ref(line), least..=most).unwrap_err()
        };
        for (error, why) in [
            (entries("", &bullet, 0, 3), "0 to 3 entries"),
            (entries("", &bullet, 4, 3), "4 to 3 entries"),
            (entries("", &line("- ", Text::Title, 1), 1, 3), "room for 1 characters behind `- `"),
            (entries("* ", &bullet, 1, 3), "begins with `- `, but the prompt ends with `* `"),
            (Grammar::entries("", &[], 1..=3).unwrap_err(), "has no lines"),
            (Grammar::regex("a+").unwrap_err(), "without end"),
            (Grammar::regex("(?:a{1,3}b)*").unwrap_err(), "without end"),
            (Grammar::regex(r"a\b").unwrap_err(), "word boundary"),
            (Grammar::regex("a(?=b)").unwrap_err(), "look-around"),
        ] {
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.message().contains(why), "{error}");
        }
        let error = Grammar::regex("ñandú (a|b").unwrap_err();
        assert_eq!(error.place(), Some("character 7 of the grammar"));
        assert!(error.message().contains("unclosed group"), "{error}");
    }

    #[test]
    fn a_question_without_a_beginning_has_any_other() {
        let fits = fits(Grammar::question_without("Por qué", 40));
        for question in
            ["Qué cuesta?", "Porque sí?", "Por quién fue?", "Por 3 euros?", "Cuándo, por qué y dónde?", "P o r?"]
        {
            assert!(fits(question), "{question}");
        }
        let long = format!("Q{}?", "é".repeat(60));
        for text in
            ["Por qué cuesta?", "Por qué?", "Qué cuesta", "Qué? Por qué?", "", "?", "Qué  cuesta?", long.as_str()]
        {
            assert!(!fits(text), "{text}");
        }
        assert!(Grammar::question_without("", 40).is_err());
    }
}
