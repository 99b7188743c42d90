//! Tests of the page: all of it is there, nothing in it is markup that somebody else wrote, and it is well-formed.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use super::*;
use crate::article::{Article, Span};
use crate::bench::config::BenchConfig;
use crate::bench::folder::About;
use crate::bench::machine::Machine;
use crate::bench::{Key, Record, Speed};
use crate::content::{
    Coverage, Faq, FaqEntry, ModelInfo, Output, SourceInfo, Summary, SummaryLength, TokenCounts, Usage,
};
use crate::eval::metric::METRICS;
use crate::eval::score::UnsupportedClaim;
use crate::eval::{Document, EntryFinding, References, Scores, SentenceFinding};
use crate::lang::Language;
use crate::metrics::support::ClaimKind;

const HOSTILE: &str = "<script>alert('x')</script> & \"7 men\" \u{1b}[2J";

fn document(number: usize, language: Language) -> Document {
    let mut article = Article::of_one_passage(&format!("{HOSTILE} one. The ferry sails."), language);
    article.title = Some(format!("{HOSTILE} {number}"));
    let pair = FaqEntry::new(format!("{HOSTILE} reference?"), HOSTILE.to_owned());
    let references = References { faq: BTreeMap::from([(language, vec![pair])]), ..References::default() };
    Document { id: format!("{language}/d{number:02}<i>"), kind: None, article, references }
}

fn output(document: &Document) -> Output {
    let language = document.article.language;
    Output {
        schema_version: 1,
        article: SourceInfo { source: HOSTILE.to_owned(), title: None, language, words: 6 },
        language,
        summary: Some(Summary::new(HOSTILE, SummaryLength::Medium, vec![format!("Ünd {HOSTILE}.")])),
        faq: Some(Faq {
            title: HOSTILE.to_owned(),
            entries: vec![FaqEntry::new(format!("{HOSTILE}?"), format!("7 men, {HOSTILE}, 7 men."))],
        }),
        questions_asked: Some(1),
        unanswered: Vec::new(),
        coverage: Coverage::default(),
        rejections: Vec::new(),
        usage: Usage {
            faqtory: HOSTILE.to_owned(),
            model: ModelInfo {
                id: HOSTILE.to_owned(),
                sha256: Some("ab".repeat(32)),
                architecture: HOSTILE.to_owned(),
                context_length: 1,
                device: HOSTILE.to_owned(),
            },
            prompt_version: HOSTILE.to_owned(),
            seed: 0,
            temperature: 0.0,
            tokens: TokenCounts::default(),
            seconds: BTreeMap::new(),
        },
    }
}

/// Scores of every metric, higher by `up`.
fn scores(number: usize, up: f64) -> Scores {
    let value = 0.2 + up + f64::from(u8::try_from(number % 5).unwrap()) / 50.0;
    let claim = |text: &str| UnsupportedClaim { kind: ClaimKind::Number, text: text.to_owned() };
    let evidence = vec![Span::new(0, 3)];
    Scores {
        values: METRICS.iter().map(|m| (m.id.to_owned(), value)).collect(),
        empty: Vec::new(),
        faq: vec![EntryFinding {
            reference: Some(0),
            similarity: Some(0.5),
            evidence: evidence.clone(),
            answers: Some(0.5),
            grounded: Some(0.25),
            unsupported: vec![claim("7 men"), claim("7 men"), claim("nowhere")],
            in_language: false,
            well_formed: false,
        }],
        summary: vec![SentenceFinding {
            paragraph: 0,
            span: Span::new(0, 4),
            evidence,
            grounded: Some(0.75),
            unsupported: vec![claim("Ünd")],
        }],
    }
}

/// Ten documents in each of two languages, three systems and a baseline.
fn run(name: &str) -> ScoredRun {
    let config = BenchConfig::parse("[[data]]\npath = 'x'\n[[system]]\nname = 'one <b>'\nmodel = 'a'\n").unwrap();
    let documents: Vec<_> = (0..20).map(|i| document(i, [Language::EN, Language::ES][i % 2])).collect();
    let (mut records, mut scored) = (Vec::new(), Vec::new());
    for (system, up, seconds) in [("one <b>", 0.4, 30.0), ("two", 0.1, 8.0), ("three", 0.1, 8.0), ("lead", 0.0, 0.0)] {
        for (number, document) in documents.iter().enumerate() {
            let key =
                Key { system: system.to_owned(), document: document.id.clone(), language: document.article.language };
            let failed = system == "three" && number == 0;
            records.push(Record {
                key: key.clone(),
                settings: "s".to_owned(),
                output: (!failed).then(|| output(document)),
                error: failed.then(|| HOSTILE.to_owned()),
                speed: Speed { seconds, peak_bytes: Some(1 << 30), ..Speed::default() },
            });
            let scores = if failed { Scores::default() } else { scores(number, up) };
            scored.push(Scored { key, settings: "s".to_owned(), scorer: HOSTILE.to_owned(), scores });
        }
    }
    let about = About {
        faqtory: "0.0.0".to_owned(),
        started: "then".to_owned(),
        updated: "later".to_owned(),
        systems: config.systems().unwrap(),
        config,
        machine: Machine { system: "os".into(), architecture: "cpu".into(), processor: None, threads: 1, memory: None },
    };
    ScoredRun { run: Run { path: PathBuf::from(name), about, documents, records }, scores: scored }
}

/// The ids of all elements, and where links lead; panics where the page is no XML.
fn ids_and_links(page: &str) -> (Vec<String>, Vec<String>) {
    let mut reader = quick_xml::Reader::from_str(page);
    let (mut ids, mut links) = (Vec::new(), Vec::new());
    loop {
        use quick_xml::events::Event;
        let event = reader.read_event().unwrap_or_else(|e| panic!("{e} at {}", reader.buffer_position()));
        let element = match &event {
            Event::Eof => return (ids, links),
            Event::Start(element) | Event::Empty(element) => element,
            _ => continue,
        };
        assert_ne!(element.name().as_ref(), "script");
        for attribute in element.attributes() {
            let attribute = attribute.unwrap();
            let value = attribute.value.into_owned();
            match attribute.key.as_ref() {
                "id" => ids.push(value),
                "href" => links.push(value),
                key => assert!(!key.starts_with("on") && key != "src", "{value}"),
            }
        }
    }
}

#[test]
fn the_page_is_well_formed_and_its_links_lead_somewhere() {
    let page = html(&[run("a"), run("b")]);
    let (ids, links) = ids_and_links(&page);
    let unique: HashSet<_> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "an id stands there twice");
    for link in &links {
        assert!(link.strip_prefix('#').is_some_and(|id| unique.contains(&id.to_owned())), "{link}");
    }
    assert!(links.len() > 100);
    ids_and_links(&html(&[]));
}

#[test]
fn what_others_wrote_is_no_markup() {
    let page = html(&[run("a")]);
    for part in ["<script", "<b>:", "<i>\"", "\u{1b}", "@import", "url(", "http"] {
        assert!(!page.contains(part), "{part:?}");
    }
    assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"));
}

#[test]
fn every_run_system_metric_and_document_is_there() {
    let runs = [run("first"), run("second")];
    let page = html(&runs);
    for text in ["Run first", "Run second", "one &lt;b&gt; (first)", "one &lt;b&gt; (second)", "two (first)"] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("lead (first)"), "a baseline of the same documents is shown once");
    for metric in METRICS {
        assert!(page.contains(&format!("<code>{}</code>", metric.id)), "{}", metric.id);
    }
    assert_eq!(page.matches("<details class=\"document\"").count(), 20);
    assert_eq!(page.matches("<mark>7 men<small").count(), 2 * 20 * 7 - 2 * 2, "each claim is marked where it stands");
    assert!(page.contains("<mark>Ünd<small") && !page.contains("nowhere"));
    assert_eq!(html(&runs), page, "the same runs give the same page");
}

#[test]
fn only_what_is_hardly_chance_is_marked_as_best() {
    let mut runs = [run("a")];
    let metric = crate::eval::metric::metric("summary.rouge1").unwrap();
    let board = board::Board::of(&runs);
    let names: Vec<_> = board.systems.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["one <b>", "three", "two", "lead"]);
    assert_eq!(leaderboard::best(&board, metric), [0]);
    let words = crate::eval::metric::metric("summary.words").unwrap();
    assert!(leaderboard::best(&board, words).is_empty(), "no value of it is better");
    let redundancy = crate::eval::metric::metric("summary.redundancy").unwrap();
    let lowest = leaderboard::best(&board, redundancy);
    assert!(lowest.len() == 2 && !lowest.contains(&0), "{lowest:?}");
    let mut fewer = runs.clone();
    fewer[0].scores.retain(|s| s.key.system != "two" || s.key.document != "en/d04<i>");
    assert!(html(&fewer).contains("over different ones: two (19 of 20)"), "said where means are not over the same");
    assert!(!html(&runs).contains("over different ones"));
    for scored in &mut runs[0].scores {
        scored.scores.values.insert(metric.id.to_owned(), 0.5);
    }
    assert!(leaderboard::best(&board::Board::of(&runs), metric).is_empty(), "all are the same");
    runs[0].scores[0].scorer = "another".to_owned();
    assert!(html(&runs).contains("scored by different scorers"));
}
