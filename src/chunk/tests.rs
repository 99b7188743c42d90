//! The packing of articles of any shape, by counters of several kinds.

use proptest::prelude::*;

use super::*;
use crate::article::{Passage, PassageKind, Sentence, SourceFormat, Span};
use crate::error::{Error, ErrorKind};
use crate::lang::Language;

/// A section: the level of its heading (0 for none) and the words of its passages' sentences.
type Shape = (u8, Vec<Vec<usize>>);

/// An article of that shape: its title has two words, its deck has three, each heading has one.
fn article(shapes: &[Shape]) -> Article {
    let mut article = Article::of_one_passage("", Language::EN);
    let mut text = String::new();
    let mut add = |part: &str| {
        let start = text.len();
        text.push_str(part);
        let span = Span::new(start, text.len());
        text.push('\n');
        span
    };
    article.sections.clear();
    for (number, (level, passages)) in shapes.iter().enumerate() {
        let heading = (*level > 0).then(|| Heading { span: add(&format!("Heading{number}")), level: *level });
        let passages = passages
            .iter()
            .map(|sentences| {
                let sentences: Vec<_> =
                    sentences.iter().map(|words| Sentence { span: add(&["word"; 999][..*words].join(" ")) }).collect();
                let span = Span::new(sentences[0].span.start, sentences[sentences.len() - 1].span.end);
                Passage { kind: PassageKind::Paragraph, span, language: None, sentences }
            })
            .collect();
        article.sections.push(Section { heading, passages });
    }
    article.title = Some("Title".to_owned());
    article.deck = Some("Deck of three".to_owned());
    article.format = SourceFormat::Text;
    article.text = text;
    article
}

fn words(text: &str) -> Result<usize> {
    Ok(text.split_whitespace().count())
}

/// Parts of fewer than four letters cost nothing alone: sums are too low.
fn rounded_down(text: &str) -> Result<usize> {
    Ok(text.len() / 4)
}

/// A token at the beginning of each text, and one for each part of a part: sums are too high.
fn rounded_up(text: &str) -> Result<usize> {
    Ok(1 + text.len().div_ceil(4))
}

/// What holds for all chunks by any counter.
fn check(article: &Article, limit: usize, count: &dyn Fn(&str) -> Result<usize>) -> Chunks {
    let result = split(article, limit, count).unwrap();
    let passages: Vec<&Passage> = article.passages().collect();
    assert_eq!(result.coverage.len(), passages.len());
    let mut sentences = Vec::new();
    for (number, chunk) in result.chunks.iter().enumerate() {
        assert_eq!(chunk.opening, number == 0);
        assert_eq!(chunk.tokens, count(&chunk.markdown(article)).unwrap());
        assert!(chunk.tokens <= limit, "{} of {limit} tokens", chunk.tokens);
        assert!(chunk.sections.iter().any(|s| !s.passages.is_empty()), "a chunk without a text");
        let parts = chunk.sections.iter().flat_map(|s| &s.passages);
        for part in parts {
            assert_eq!(part.span.start, part.sentences[0].span.start);
            assert_eq!(part.span.end, part.sentences.last().unwrap().span.end);
            let passage = passages.iter().position(|p| p.span.start <= part.span.start && part.span.end <= p.span.end);
            assert!(result.coverage[passage.unwrap()].contains(&number));
            sentences.extend(part.sentences.iter().copied());
        }
        check_headings(article, chunk);
    }
    assert_eq!(sentences, article.sentences().collect::<Vec<_>>(), "each sentence is there once, in order");
    let in_chunk = |passage: &Passage, chunk: &Chunk| {
        let mut parts = chunk.sections.iter().flat_map(|s| &s.passages);
        parts.any(|part| passage.span.start <= part.span.start && part.span.end <= passage.span.end)
    };
    for (passage, covered) in passages.iter().zip(&result.coverage) {
        let found: Vec<_> = (0..result.chunks.len()).filter(|n| in_chunk(passage, &result.chunks[*n])).collect();
        assert_eq!(found, covered.clone().collect::<Vec<_>>());
    }
    result
}

/// The headings above each section of a chunk, found in the chunk, are those found in the article.
fn check_headings(article: &Article, chunk: &Chunk) {
    let above = |headings: &[Heading]| {
        let mut open: Vec<Heading> = Vec::new();
        for heading in headings {
            open.retain(|h| h.level < heading.level);
            open.push(*heading);
        }
        open
    };
    let mut in_chunk = chunk.headings.clone();
    for section in &chunk.sections {
        in_chunk.extend(section.heading);
        let at = |h: &Heading| section.heading.is_some_and(|own| h.span <= own.span);
        let in_article: Vec<_> = article.sections.iter().filter_map(|s| s.heading).filter(at).collect();
        assert_eq!(above(&in_chunk), above(&in_article));
    }
}

fn section() -> impl Strategy<Value = Shape> {
    (2..5_u8, proptest::collection::vec(proptest::collection::vec(1..25_usize, 1..6), 0..6))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_passage_is_in_one_chunk(
        lead in proptest::collection::vec(proptest::collection::vec(1..25_usize, 1..6), 0..4),
        rest in proptest::collection::vec(section(), 0..9),
        limit in 60..400_usize,
    ) {
        let shapes: Vec<Shape> = std::iter::once((0, lead)).chain(rest).collect();
        let article = article(&shapes);
        // The title, the deck and all headings.
        let head = 5 + 2 * (shapes.len() - 1);
        let result = check(&article, limit, &words);
        let mut at = 0;
        for (_, passages) in &shapes {
            let covered = &result.coverage[at..at + passages.len()];
            for (sentences, covered) in passages.iter().zip(covered) {
                if sentences.iter().sum::<usize>() + head <= limit {
                    prop_assert_eq!(covered.len(), 1, "a passage that fits is whole");
                }
            }
            if passages.iter().flatten().sum::<usize>() + head <= limit {
                prop_assert!(covered.windows(2).all(|w| w[0] == w[1]), "a section that fits is whole");
            }
            at += passages.len();
        }
        if words(&article.body_markdown())? <= limit && at > 0 {
            prop_assert_eq!(result.chunks.len(), 1);
            prop_assert_eq!(result.chunks[0].markdown(&article), article.body_markdown());
        }
        // A limit that the longest sentence and all headings fit into.
        check(&article, limit + 140, &rounded_down);
        check(&article, limit + 140, &rounded_up);
    }
}

#[test]
fn sections_stay_together_and_say_what_they_stand_under() {
    let lead = (0, vec![vec![10]]);
    let first = (2, vec![vec![10], vec![10]]);
    let under = (3, vec![vec![20]]);
    let second = (3, vec![vec![20, 20]]);
    let article = article(&[lead, first, under, second]);
    let result = check(&article, 51, &words);
    // 2 + 3 + 10 + (2 + 20) fit, but then neither (2 + 20) nor (2 + 40) more.
    assert_eq!(result.coverage, [0..1, 0..1, 0..1, 1..2, 2..3]);
    let texts: Vec<_> = result.chunks.iter().map(|chunk| chunk.markdown(&article).replace("word ", "")).collect();
    assert_eq!(
        texts,
        [
            "# Title\n\nDeck of three\n\nword\n\n## Heading1\n\nword\n\nword",
            "# Title\n\n## Heading1\n\n### Heading2\n\nword",
            "# Title\n\n## Heading1\n\n### Heading3\n\nword",
        ]
    );
}

#[test]
fn a_long_passage_is_split_where_sentences_end() {
    let article = article(&[(2, vec![vec![5], vec![12, 12, 12, 12, 12], vec![5]])]);
    let result = check(&article, 36, &words);
    assert_eq!(result.coverage, [0..1, 0..3, 2..3]);
    let sentences =
        |n: usize| result.chunks[n].sections[0].passages.iter().map(|p| p.sentences.len()).collect::<Vec<_>>();
    assert_eq!((sentences(0), sentences(1), sentences(2)), (vec![1, 2], vec![2], vec![1, 1]));
    assert_eq!(result.chunks[1].sections[0].heading, article.sections[0].heading, "the section goes on");
}

#[test]
fn lists_and_what_follows_a_colon_stay_together() {
    let mut article = article(&[(2, vec![vec![30], vec![2], vec![9], vec![9], vec![30]])]);
    for i in 2..4 {
        article.sections[0].passages[i].kind = PassageKind::ListItem;
    }
    let colon = article.sections[0].passages[1].span.end - 1;
    article.text.replace_range(colon..colon + 1, ":");
    let result = check(&article, 50, &words);
    assert_eq!(result.coverage, [0..1, 1..2, 1..2, 1..2, 2..3]);
}

#[test]
fn headings_without_a_text_are_kept() {
    let empty = |level| (level, vec![]);
    let article = article(&[empty(2), (3, vec![vec![30]]), empty(3), empty(2), (3, vec![vec![30]]), empty(2)]);
    let result = check(&article, 45, &words);
    assert_eq!(result.chunks.len(), 2);
    let text: String = result.chunks.iter().map(|chunk| chunk.markdown(&article)).collect();
    for number in 0..6 {
        assert!(text.contains(&format!("# Heading{number}")), "{number}");
    }
}

#[test]
fn what_does_not_fit_is_an_error_with_its_numbers() {
    let article = article(&[(2, vec![vec![10, 40, 10]])]);
    let error = split(&article, 43, &words).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ContextLength);
    assert_eq!(error.place(), Some("a.txt"));
    for number in ["40 tokens", "44 with", "have 43"] {
        assert!(error.message().contains(number), "{error}");
    }
    assert_eq!(check(&article, 44, &words).chunks.len(), 3);
    let failing = |_: &str| Err(Error::new(ErrorKind::Model, "no tokenizer"));
    assert_eq!(split(&article, 44, &failing).unwrap_err().kind(), ErrorKind::Model);
}

#[test]
fn an_article_without_a_body_has_no_chunks() {
    let result = check(&article(&[(2, vec![])]), 10, &words);
    assert!(result.chunks.is_empty() && result.coverage.is_empty());
}
