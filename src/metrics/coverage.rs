//! How much of an article an output speaks of: the share of its sections that stand behind one of its sentences.

use serde::Serialize;

use super::overlap::SourceIndex;
use super::ratio;
use crate::article::Article;
use crate::lang::Language;

/// The least share of a sentence's content words that a section must have to stand behind it.
const SUPPORTED: f64 = 0.5;

/// Which sections an output speaks of.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Coverage {
    /// For each section, whether it is the best lexical support of at least one sentence.
    pub covered: Vec<bool>,
    /// The share of sections that are; 0 where there are none.
    pub share: f64,
}

/// Gives every sentence of an output to the section that has most of its words and word pairs, if that has at least
/// half of its content words, and counts the sections that got one. Output and sections are of one language.
pub fn coverage<A: AsRef<str>, B: AsRef<str>>(sections: &[A], sentences: &[B], language: Language) -> Coverage {
    let index = SourceIndex::new(sections, language);
    let mut covered = vec![false; sections.len()];
    for sentence in sentences {
        let support = index.support(sentence.as_ref());
        if let Some(section) = support.best_unit.filter(|_| support.content >= SUPPORTED) {
            covered[section] = true;
        }
    }
    Coverage { share: ratio(covered.iter().filter(|covered| **covered).count(), covered.len()), covered }
}

/// The text of each section of an article that has passages, with its heading.
pub fn section_texts(article: &Article) -> Vec<String> {
    let with_passages = article.sections.iter().filter(|section| !section.passages.is_empty());
    with_passages
        .map(|section| {
            let spans = section.heading.iter().map(|h| h.span).chain(section.passages.iter().map(|p| p.span));
            spans.map(|span| article.slice(span)).collect::<Vec<_>>().join("\n")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECTIONS: [&str; 3] = [
        "El ayuntamiento compró dos barcos eléctricos.",
        "El primer barco entra en servicio en abril.",
        "El billete de los vecinos costará menos.",
    ];

    #[test]
    fn sections_that_a_sentence_is_about_are_covered() {
        let found = coverage(&SECTIONS, &["Los vecinos pagan menos por el billete.", "Nada de eso."], Language::ES);
        assert_eq!(found.covered, [false, false, true]);
        assert_eq!(found.share, 1.0 / 3.0);
        assert_eq!(coverage(&SECTIONS, &SECTIONS, Language::ES).share, 1.0);
    }

    #[test]
    fn nothing_covers_nothing() {
        assert_eq!(coverage::<&str, _>(&[], &["Algo."], Language::ES), Coverage::default());
        assert_eq!(coverage::<_, &str>(&SECTIONS, &[], Language::ES).share, 0.0);
    }

    #[test]
    fn the_sections_of_an_article_are_those_with_text() {
        let article = Article::of_one_passage("Una frase.", Language::ES);
        assert_eq!(section_texts(&article), ["Una frase."]);
    }
}
