//! The exact checks over the fixtures: what an article says, and what people wrote of it in both languages, is supported by it.

use std::path::Path;

use faqtory::eval::{Document, dataset};
use faqtory::lang::Language;
use faqtory::loader::LoadOptions;
use faqtory::metrics::support::SourceFacts;
use faqtory::sentence;

fn fixtures() -> Vec<(Document, SourceFacts)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let documents = dataset::read(&folder, &LoadOptions::default()).unwrap();
    let with_facts = |document: Document| {
        let facts = SourceFacts::of_article(&document.article);
        (document, facts)
    };
    documents.into_iter().map(with_facts).collect()
}

#[track_caller]
fn check(facts: &SourceFacts, document: &Document, text: &str, language: Language) {
    for span in sentence::split(text, language) {
        let sentence = &text[span.range()];
        for claim in facts.check(sentence, language) {
            let found = &sentence[claim.span.range()];
            assert!(claim.supported, "{}: {:?} `{found}` in: {sentence}", document.id, claim.kind);
        }
    }
}

#[test]
fn an_article_supports_each_of_its_sentences() {
    for (document, facts) in fixtures() {
        for sentence in document.article.sentences() {
            check(&facts, &document, document.article.slice(sentence.span), document.article.language);
        }
    }
}

#[test]
fn an_article_supports_what_people_wrote_of_it_in_both_languages() {
    let mut checked = 0;
    for (document, facts) in fixtures() {
        for language in [Language::EN, Language::ES] {
            let answers = document.references.faq(language).unwrap_or_default().iter().map(|entry| &entry.answer);
            let summaries = document.references.summaries.get(&language).into_iter().flatten().map(|s| &s.text);
            for line in answers.chain(summaries).flat_map(|text| text.lines()) {
                check(&facts, &document, line, language);
                checked += 1;
            }
        }
    }
    assert!(checked > 300, "{checked} texts");
}

/// The last digit of each number one higher. Where that is a number of the article too, or a small one that words such as
/// `one` or `both` stand for, nobody could tell without reading.
#[test]
fn a_changed_number_is_found() {
    let (mut all, mut missed) = (0, Vec::new());
    for (document, facts) in fixtures() {
        let text = &document.article.text;
        for span in document.article.sentences().map(|s| s.span) {
            let sentence = text[span.range()].as_bytes();
            for at in (0..sentence.len()).filter(|&at| sentence[at].is_ascii_digit()) {
                let begin = (0..at).rev().take_while(|&i| sentence[i].is_ascii_digit()).last().unwrap_or(at);
                if sentence.get(at + 1).is_some_and(u8::is_ascii_digit) || at - begin < 2 {
                    continue;
                }
                let mut changed = sentence.to_vec();
                changed[at] = b'0' + (sentence[at] - b'0' + 1) % 10;
                let number = String::from_utf8_lossy(&changed[begin..=at]).into_owned();
                let changed = String::from_utf8(changed).unwrap();
                if text.split(|c: char| !c.is_ascii_digit()).all(|digits| digits != number) {
                    all += 1;
                    if facts.check(&changed, document.article.language).iter().all(|claim| claim.supported) {
                        missed.push(format!("{}: {number} in {changed}", document.id));
                    }
                }
            }
        }
    }
    assert!(all > 100 && missed.is_empty(), "{} of {all}: {missed:#?}", missed.len());
}
