//! How an article was read, as one HTML page that needs nothing else: the whole text in order, with what is kept,
//! what is left out and the article's own FAQ block told apart.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::html::escape;
use crate::article::{Article, DropReason, PassageKind, Sentence, Span, one_line};
use crate::lang::Language;

const STYLE: &str = include_str!("inspection.css");

/// A part of the text and what became of it.
#[derive(Debug, Clone)]
enum Part<'a> {
    /// Title, deck, byline or date, by that name.
    Head(&'static str),
    Heading(u8),
    Passage {
        kind: PassageKind,
        language: Option<Language>,
        sentences: &'a [Sentence],
    },
    Faq,
    Dropped(DropReason),
    /// Bullets, rules, and what else stands between the parts.
    Between,
}

/// The page that shows how an article was read.
pub fn inspection(article: &Article) -> String {
    let parts = parts(article);
    let mut page = String::new();
    let title = article.title.as_deref().unwrap_or(&article.source);
    let mut put = |args: std::fmt::Arguments<'_>| writeln!(page, "{args}").expect("a string takes everything");
    put(format_args!("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">"));
    put(format_args!("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"));
    put(format_args!("<meta name=\"color-scheme\" content=\"light dark\">"));
    put(format_args!("<title>How “{}” was read</title>", text(title)));
    put(format_args!("<style>\n{STYLE}</style>\n</head>\n<body>\n<main>"));
    put(format_args!("<h1>How “<bdi lang=\"{}\">{}</bdi>” was read</h1>", article.language, text(title)));
    if article.is_faq_page() {
        put(format_args!(
            "<p class=\"note\" role=\"note\">This page is a FAQ through and through: there is no article beside its questions.</p>"
        ));
    }
    if let Some(mixture) = article.mixture() {
        put(format_args!("<p class=\"note\" role=\"note\">Parts are in other languages: {}.</p>", text(&mixture)));
    }
    put(format_args!("<table>\n<caption>About the article</caption>\n<tbody>"));
    for (name, value) in facts(article) {
        let value = value.as_deref().map_or_else(|| "<i>none</i>".to_owned(), text);
        put(format_args!("<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>"));
    }
    put(format_args!("</tbody>\n</table>\n<h2>Legend</h2>\n<ul class=\"legend\">"));
    for (class, name, count) in legend(article, &parts) {
        put(format_args!("<li><span class=\"{class}\">{name}</span> {count}</li>"));
    }
    put(format_args!("</ul>\n<h2>The text</h2>\n<div class=\"text\" lang=\"{}\">", article.language));
    for (span, part) in &parts {
        let html = shown(article, *span, part);
        if !html.is_empty() {
            put(format_args!("{html}"));
        }
    }
    put(format_args!("</div>"));
    if let Some(faq) = &article.own_faq {
        put(format_args!("<h2>The article’s own FAQ block, as pairs</h2>"));
        put(format_args!("<p>Kept to compare with, never shown to a model.</p>\n<dl lang=\"{}\">", article.language));
        for pair in &faq.pairs {
            put(format_args!("<dt dir=\"auto\">{}</dt>", text(&pair.question)));
            for paragraph in pair.answer.split("\n\n") {
                put(format_args!("<dd dir=\"auto\">{}</dd>", text(paragraph)));
            }
        }
        put(format_args!("</dl>"));
    }
    put(format_args!("</main>\n</body>\n</html>"));
    page
}

/// Escaped, without characters that HTML forbids.
pub(crate) fn text(raw: &str) -> String {
    escape(
        &raw.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{FFFD}' } else { c }).collect::<String>(),
    )
}

/// A name in the words of its JSON form.
fn name(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name.replace('_', " "),
        _ => String::new(),
    }
}

fn facts(article: &Article) -> Vec<(&'static str, Option<String>)> {
    let language = format!(
        "{} ({}), {:.0} % sure",
        article.language,
        article.language.english_name(),
        article.language_confidence * 100.0
    );
    let size = format!(
        "{} words, {} sentences, {} passages",
        article.word_count(),
        article.sentences().count(),
        article.passages().count()
    );
    vec![
        ("Source", Some(article.source.clone())),
        ("Format", Some(name(&article.format))),
        ("Language", Some(language)),
        ("Title", article.title.clone()),
        ("Deck", article.deck.clone()),
        ("Byline", article.byline.clone()),
        ("Date", article.date.clone()),
        ("Site", article.site.clone()),
        ("Address", article.url.clone()),
        ("Body", Some(size)),
    ]
}

/// Class, name and count of each kind of part.
fn legend(article: &Article, parts: &[(Span, Part<'_>)]) -> Vec<(&'static str, String, usize)> {
    let headings = article.sections.iter().filter(|s| s.heading.is_some()).count();
    let pairs = article.own_faq.as_ref().map_or(0, |faq| faq.pairs.len());
    let head = parts.iter().filter(|(_, part)| matches!(part, Part::Head(_))).count();
    let mut legend = vec![
        ("h", "head: title, deck, byline, date".to_owned(), head),
        ("k", "kept: passages".to_owned(), article.passages().count()),
        ("k", "kept: headings".to_owned(), headings),
        ("f", "own FAQ: pairs".to_owned(), pairs),
    ];
    let foreign = article.passages().filter(|p| p.language.is_some_and(|l| l != article.language)).count();
    if foreign > 0 {
        legend.push(("o", "kept: passages in another language".to_owned(), foreign));
    }
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for part in &article.dropped {
        *reasons.entry(name(&part.reason)).or_default() += 1;
    }
    legend.extend(reasons.into_iter().map(|(reason, count)| ("d", format!("left out: {reason}"), count)));
    legend
}

/// All parts in the order of the text; together they cover it.
fn parts(article: &Article) -> Vec<(Span, Part<'_>)> {
    let mut known: Vec<(Span, Part<'_>)> = Vec::new();
    for section in &article.sections {
        known.extend(section.heading.map(|h| (h.span, Part::Heading(h.level))));
        known.extend(
            section
                .passages
                .iter()
                .map(|p| (p.span, Part::Passage { kind: p.kind, language: p.language, sentences: &p.sentences })),
        );
    }
    let mut dropped: Vec<Span> = article.dropped.iter().map(|part| part.span).collect();
    dropped.sort();
    known.extend(article.dropped.iter().map(|part| (part.span, Part::Dropped(part.reason))));
    if let Some(faq) = &article.own_faq {
        // Furniture can stand inside of the block.
        let mut at = faq.span.start;
        for part in dropped.iter().filter(|s| s.start >= faq.span.start && s.end <= faq.span.end) {
            if at < part.start {
                known.push((Span::new(at, part.start), Part::Faq));
            }
            at = at.max(part.end);
        }
        if at < faq.span.end {
            known.push((Span::new(at, faq.span.end), Part::Faq));
        }
    }
    known.sort_by_key(|(span, _)| *span);
    let mut parts = Vec::new();
    let mut at = 0;
    let end = Span::new(article.text.len(), article.text.len());
    for (span, part) in known.into_iter().chain([(end, Part::Between)]) {
        if span.start > at {
            rest(article, Span::new(at, span.start), &mut parts);
        }
        // Of parts that overlap, the first has what they share, and the others what is left of them.
        let left = Span::new(span.start.max(at), span.end.max(at));
        if !left.is_empty() {
            parts.push((left, part));
        }
        at = left.end;
    }
    parts
}

/// Parts of what no part has claimed: lines of the head by name, and the rest.
fn rest<'a>(article: &'a Article, span: Span, parts: &mut Vec<(Span, Part<'a>)>) {
    let head =
        [("title", &article.title), ("deck", &article.deck), ("byline", &article.byline), ("date", &article.date)];
    let mut at = span.start;
    for line in article.slice(span).split_inclusive('\n') {
        let own = Span::new(at, at + line.len());
        at += line.len();
        let flat = one_line(line);
        let letters = flat.chars().any(char::is_alphanumeric);
        let stated = |value: &str| {
            let value = one_line(value);
            value.contains(&flat) || flat.contains(&value)
        };
        let found = head.iter().find(|(_, value)| letters && value.as_deref().is_some_and(stated));
        let part = match found {
            Some((name, _)) => Part::Head(name),
            None if letters => Part::Head("byline or date"),
            None => Part::Between,
        };
        match (parts.last_mut(), &part) {
            (Some((last, Part::Head(before))), Part::Head(name)) if before == name && last.end == own.start => {
                last.end = own.end;
            }
            _ => parts.push((own, part)),
        }
    }
}

fn shown(article: &Article, span: Span, part: &Part<'_>) -> String {
    let raw = article.slice(span).trim();
    if raw.is_empty() {
        return String::new();
    }
    let block = |class: &str, label: &str, inner: &str| {
        format!("<div class=\"part {class}\"><span class=\"label\">{label}</span><div dir=\"auto\">{inner}</div></div>")
    };
    match part {
        Part::Head(name) => block("h", name, &text(raw)),
        Part::Heading(level) => block("k heading", &format!("heading {level}"), &text(raw)),
        Part::Passage { kind, language, sentences } => {
            let inner = marked(article, span, sentences);
            match language.filter(|l| *l != article.language) {
                Some(language) => {
                    let label = format!("{}, {}", name(kind), language.english_name());
                    let inner = format!("<div lang=\"{language}\">{inner}</div>");
                    block(&format!("o {}", class(*kind)), &label, &inner)
                }
                None => block(&format!("k {}", class(*kind)), &name(kind), &inner),
            }
        }
        Part::Faq => block("f", "own FAQ", &text(raw)),
        Part::Dropped(reason) => block("d", &format!("left out: {}", name(reason)), &text(raw)),
        Part::Between => format!("<div class=\"between\">{}</div>", text(raw)),
    }
}

fn class(kind: PassageKind) -> &'static str {
    match kind {
        PassageKind::Code => "code",
        PassageKind::Quotation => "quotation",
        _ => "",
    }
}

/// A passage with each sentence marked.
fn marked(article: &Article, span: Span, sentences: &[Sentence]) -> String {
    let mut out = String::new();
    let mut at = span.start;
    for sentence in sentences.iter().map(|s| s.span) {
        // What stands in the span and was not in a sentence before.
        let own = Span::new(sentence.start.clamp(at, span.end), sentence.end.clamp(at, span.end));
        if own.is_empty() {
            continue;
        }
        out.push_str(&text(&article.text[at..own.start]));
        let _ = write!(out, "<span class=\"s\">{}</span>", text(article.slice(own)));
        at = own.end;
    }
    out.push_str(&text(&article.text[at..span.end]));
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex::Regex;

    use super::*;
    use crate::article::{Dropped, Heading, OwnFaq, Passage, QaPair, Section};

    /// Title, byline, a heading, two passages, a FAQ block with a link in it, and a credit.
    fn sample(odd: &str) -> Article {
        let mut article = Article::of_one_passage("", Language::EN);
        article.text = format!(
            "The quay\n\nBy Ana Ruiz\n\nIt is old. It {odd}.\n\n• Los vecinos esperan la obra desde hace más de veinte años.\n\n\
             Costs\n\nWho pays?\n\nRelated: ships\n\nThe town.\n\nPhoto: {odd}"
        );
        let find = |part: &str| {
            let start = article.text.find(part).expect("in the text");
            Span::new(start, start + part.len())
        };
        let (first, second) = (find("It is old."), find(&format!("It {odd}.")));
        let spanish = find("Los vecinos esperan la obra desde hace más de veinte años.");
        let passage = |span, language, sentences: &[Span]| Passage {
            kind: PassageKind::Paragraph,
            span,
            language: Some(language),
            sentences: sentences.iter().map(|&span| Sentence { span }).collect(),
        };
        article.sections = vec![
            Section {
                heading: None,
                passages: vec![
                    passage(Span::new(first.start, second.end), Language::EN, &[first, second]),
                    passage(spanish, Language::ES, &[spanish]),
                ],
            },
            Section { heading: Some(Heading { span: find("Costs"), level: 2 }), passages: Vec::new() },
        ];
        let (question, answer) = (find("Who pays?"), find("The town."));
        article.own_faq = Some(OwnFaq {
            title: None,
            pairs: vec![QaPair { question: "Who pays?".into(), answer: "The town.".into() }],
            span: Span::new(question.start, answer.end),
        });
        article.dropped = vec![
            Dropped { span: find("Related: ships"), reason: DropReason::RelatedLinks },
            Dropped { span: find(&format!("Photo: {odd}")), reason: DropReason::PhotoCredit },
        ];
        article.title = Some("The quay".into());
        article.byline = Some("Ana Ruiz".into());
        article
    }

    #[test]
    fn the_page_looks_right() {
        let page = inspection(&sample("is <b>bold</b>"));
        insta::assert_snapshot!(page.replace(STYLE, "…\n"));
    }

    #[test]
    fn nothing_is_fetched_and_nothing_runs() {
        let page = inspection(&sample("leaks"));
        for part in ["<script", "<link", "<img", "src=", "href=", "url(", "@import"] {
            assert!(!page.contains(part), "{part}");
        }
        assert!(STYLE.contains("prefers-color-scheme: dark"));
    }

    fn plain(html: &str) -> String {
        let body = &html[html.find("<div class=\"text\"").expect("the text")..];
        let body = &body[..body.find("<h2>").expect("the pairs")];
        let label = Regex::new("<span class=\"label\">[^<]*</span>").unwrap().replace_all(body, " ").into_owned();
        let bare = Regex::new("<[^>]*>").unwrap().replace_all(&label, " ").into_owned();
        let bare = bare.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
        bare.replace("&amp;", "&").split_whitespace().collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn all_of_the_text_is_there_and_none_is_markup(odd in r#"[<>&"'/=!a-c;#-]{1,20}|[^\p{C}]{1,20}"#) {
            let article = sample(&odd);
            let page = inspection(&article);
            let tags = |html: &str| Regex::new("<[^>]*>").unwrap().find_iter(html).count();
            prop_assert_eq!(tags(&page), tags(&inspection(&sample("x"))));
            let whole: String = article.text.split_whitespace().collect();
            prop_assert_eq!(plain(&page), whole);
        }

        #[test]
        fn every_byte_comes_out_once_however_the_parts_lie(
            spans in proptest::collection::vec((0usize..60, 0usize..30), 10),
            kept in 0usize..10,
        ) {
            let mut article = Article::of_one_passage(&"Él va a él. ".repeat(5), Language::ES);
            let text = article.text.clone();
            let span = |&(start, length): &(usize, usize)| {
                let end = text.floor_char_boundary(start + length);
                Span::new(text.floor_char_boundary(start).min(end), end)
            };
            let spans: Vec<Span> = spans.iter().map(span).collect();
            let passage = |&span: &Span| Passage {
                kind: PassageKind::Paragraph,
                span,
                language: None,
                sentences: spans.iter().map(|&span| Sentence { span }).collect(),
            };
            let (body, dropped) = spans[1..].split_at(kept.min(9));
            article.sections[0].passages = body.iter().map(passage).collect();
            let part = |&span: &Span| Dropped { span, reason: DropReason::Promotion };
            article.dropped = dropped.iter().map(part).collect();
            article.own_faq = Some(OwnFaq { title: None, pairs: Vec::new(), span: spans[0] });
            let mut at = 0;
            for (span, _) in parts(&article) {
                prop_assert_eq!(span.start, at);
                at = span.end;
            }
            prop_assert_eq!(at, text.len());
            let whole: String = text.split_whitespace().collect();
            prop_assert_eq!(plain(&inspection(&article)), whole);
        }
    }
}
