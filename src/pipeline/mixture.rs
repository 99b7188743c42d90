//! Mixed language: words in a text that its language has not.

use super::source::Source;
use crate::article::Span;
use crate::lang::{Language, words};
use crate::metrics::text::word_spans;

/// The words of a text that are none of the language it is to be in, names and quotations aside: those of another language,
/// and such as a model makes up. An article may have rare words, in its own language.
pub(super) fn strange_words<'t>(
    text: &'t str,
    language: Language,
    source: &Source<'_>,
) -> impl Iterator<Item = &'t str> {
    let quoted = quotations(text);
    let is_own = source.language() == language;
    word_spans(text).into_iter().filter_map(move |span| {
        let word = &text[span.range()];
        let inside = quoted.iter().any(|q| q.start <= span.start && span.end <= q.end);
        if inside || !word.chars().all(char::is_alphabetic) || word.chars().any(char::is_uppercase) {
            return None;
        }
        let is_strange = words::knows(word, language) == Some(false);
        (is_strange && !(is_own && (source.has_word(word) || source.has_form_of(word)))).then_some(word)
    })
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
pub(super) fn quotations(text: &str) -> Vec<Span> {
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
    fn strange(text: &str, language: Language, article: &str, of: Language) -> Vec<String> {
        let article = Article::of_one_passage(article, of);
        strange_words(text, language, &Source::new(&article, &[])).map(str::to_owned).collect()
    }

    #[test]
    fn words_of_the_article_are_found_in_a_text_of_another_language() {
        let article = "A hog left its sty; the roadmap follows under Russian supervision in the xylodrome of Minsk.";
        let words = |text| strange(text, Language::ES, article, Language::EN);
        assert_eq!(words("El cerdo salió de la pocilga de Minsk."), [""; 0]);
        assert_eq!(words("El hog salió de su sty."), ["hog", "sty"]);
        assert_eq!(words("Bajo supervision rusa, en el xylodrome."), ["supervision", "xylodrome"]);
        assert_eq!(words("El plan, o «roadmap», sigue en The Guardian."), [""; 0], "quotations and names");
        assert_eq!(unquoted("She said “my “own” book” and «my “work”»."), "She said “” book” and «».");
        assert_eq!(words("Prevé actividades jointas."), ["jointas"]);
    }

    #[test]
    fn an_article_may_have_rare_words_in_its_own_language() {
        let article = "Las almazaras pagan el aceite lampante y usan el software spintrack.";
        assert_eq!(strange("El aceite lampante sube con spintrack.", Language::ES, article, Language::ES), [""; 0]);
    }

    #[test]
    fn a_language_without_a_list_is_not_judged_word_by_word() {
        let french = "fr".parse().unwrap();
        assert_eq!(strange("La maison de la river.", french, "The river.", Language::EN), [""; 0]);
    }
}
