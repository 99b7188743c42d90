//! Mixed language: words in a text that another language has and its own has not.

use super::source::Source;
use crate::article::Span;
use crate::lang::{Language, words};
use crate::metrics::text::word_spans;

/// What of a text is not in its language, names and quotations aside.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Mixture {
    /// Words of another language.
    pub(super) foreign: Vec<Span>,
    /// Words that no list has, and the article neither: rare ones, or such that the model made up.
    pub(super) unknown: usize,
}

impl Mixture {
    /// Whether every word is one of the language, or of the article.
    pub(super) fn is_pure(&self) -> bool {
        self.foreign.is_empty() && self.unknown == 0
    }
}

/// Looks at every word of a text that is to be in `language`.
pub(super) fn mixture(text: &str, language: Language, source: &Source<'_>) -> Mixture {
    let mut found = Mixture::default();
    let quoted = quotations(text);
    for span in word_spans(text) {
        let word = &text[span.range()];
        let inside = quoted.iter().any(|q| q.start <= span.start && span.end <= q.end);
        if inside || !word.chars().all(char::is_alphabetic) || word.chars().any(char::is_uppercase) {
            continue;
        }
        if words::knows(word, language) != Some(false) {
            continue;
        }
        let own_article = source.language() == language;
        let in_article = source.has_word(word) || own_article && source.has_form_of(word);
        if own_article && in_article {
            continue;
        }
        let elsewhere = words::listed().any(|other| other != language && words::knows(word, other) == Some(true));
        if elsewhere || in_article {
            found.foreign.push(span);
        } else {
            found.unknown += 1;
        }
    }
    found
}

/// A text without what stands between marks of quotation.
pub(super) fn unquoted(text: &str) -> String {
    let mut rest = String::new();
    let mut at = 0;
    let mut quoted = quotations(text);
    quoted.sort_unstable_by_key(|span| span.start);
    for span in quoted {
        if span.start >= at {
            rest.push_str(&text[at..span.start]);
        }
        at = at.max(span.end);
    }
    rest + &text[at..]
}

/// What stands between marks of quotation, in a text of one language.
fn quotations(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    for (open, close) in [('«', '»'), ('“', '”'), ('"', '"')] {
        let mut from = 0;
        while let Some(start) = text[from..].find(open).map(|at| from + at) {
            let inner = start + open.len_utf8();
            let Some(end) = text[inner..].find(close).map(|at| inner + at) else { break };
            found.push(Span::new(inner, end));
            from = end + close.len_utf8();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::Article;

    #[track_caller]
    fn foreign(text: &str, language: Language, article: &str, of: Language) -> (Vec<String>, usize) {
        let article = Article::of_one_passage(article, of);
        let found = mixture(text, language, &Source::new(&article, &[]));
        (found.foreign.iter().map(|span| text[span.range()].to_owned()).collect(), found.unknown)
    }

    #[test]
    fn words_of_the_article_are_found_in_a_text_of_another_language() {
        let article = "A hog left its sty; the roadmap follows under Russian supervision in the xylodrome of Minsk.";
        let words = |text| foreign(text, Language::ES, article, Language::EN);
        assert_eq!(words("El cerdo salió de la pocilga de Minsk.").0, [""; 0]);
        assert_eq!(words("El hog salió de su sty.").0, ["hog", "sty"]);
        assert_eq!(words("Bajo supervision rusa, en el xylodrome.").0, ["supervision", "xylodrome"]);
        assert_eq!(words("El plan, o «roadmap», sigue en The Guardian.").0, [""; 0], "quotations and names");
        assert_eq!(unquoted("She said “my “own” book” and «my “work”»."), "She said “” book” and «».");
        assert_eq!(words("Prevé actividades jointas."), (Vec::new(), 1));
    }

    #[test]
    fn an_article_may_have_rare_words_in_its_own_language() {
        let article = "Las almazaras pagan el aceite lampante y usan el software spintrack.";
        let (foreign, unknown) = foreign("El aceite lampante sube con spintrack.", Language::ES, article, Language::ES);
        assert_eq!((foreign, unknown), (Vec::new(), 0));
    }

    #[test]
    fn a_language_without_a_list_is_not_judged_word_by_word() {
        let (foreign, unknown) = foreign("La maison de la river.", "fr".parse().unwrap(), "The river.", Language::EN);
        assert_eq!((foreign, unknown), (Vec::new(), 0));
    }
}
