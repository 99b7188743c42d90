//! Reads every page of some folders and writes what the loader takes for main content, as JSON for an evaluation script.
//!
//! `cargo run --release --example extraction -- FOLDER… > found.json`; the speed goes to standard error.

use std::error::Error;
use std::fs;
use std::time::Instant;

use faqtory::article::{Article, SourceFormat};
use faqtory::lang::Language;
use faqtory::loader::{LoadOptions, load};
use serde_json::{Map, Value, json};

/// Rounds of reading that are timed; the best counts.
const ROUNDS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let mut pages = Vec::new();
    for folder in std::env::args().skip(1) {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            pages.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), fs::read(path)?));
        }
    }
    pages.sort();
    let mut found = Map::new();
    for (name, bytes) in &pages {
        // Where the text is in a language that faqtory does not know, extraction is measured all the same.
        let article = read(bytes, name, None).or_else(|_| read(bytes, name, Some(Language::EN)));
        let id = name.trim_end_matches(".gz").trim_end_matches(".html");
        let fields = match article {
            Ok(article) => json!({ "articleBody": body(&article), "title": article.title, "deck": article.deck }),
            Err(error) => {
                eprintln!("{error}");
                json!({ "articleBody": "" })
            }
        };
        found.insert(id.to_owned(), fields);
    }
    println!("{}", Value::Object(found));
    let best = (0..ROUNDS).map(|_| {
        let begin = Instant::now();
        let read = pages.iter().filter(|(name, bytes)| read(bytes, name, None).is_ok()).count();
        (begin.elapsed(), read)
    });
    if let Some((time, read)) = best.min() {
        let rate = pages.len() as f64 / time.as_secs_f64();
        eprintln!("{} pages, {read} of them in a known language, {rate:.0} pages/s", pages.len());
    }
    Ok(())
}

fn read(bytes: &[u8], name: &str, language: Option<Language>) -> faqtory::Result<Article> {
    load(bytes, name, &LoadOptions { language, format: Some(SourceFormat::Html), ..LoadOptions::default() })
}

/// Headings and passages in order, with the article's own FAQ block: it is content too, only kept apart.
fn body(article: &Article) -> String {
    let mut spans = Vec::new();
    for section in &article.sections {
        spans.extend(section.heading.map(|heading| heading.span));
        spans.extend(section.passages.iter().map(|passage| passage.span));
    }
    spans.extend(article.own_faq.as_ref().map(|faq| faq.span));
    spans.sort();
    spans.iter().map(|span| article.slice(*span)).collect::<Vec<_>>().join("\n")
}
