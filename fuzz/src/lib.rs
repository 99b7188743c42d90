//! What every fuzz target does with an input: it is refused as input, or becomes an article that holds to its promises.

pub mod archive;

use std::io::Cursor;

use faqtory::article::{Article, SourceFormat};
use faqtory::lang::Language;
use faqtory::loader::records::{Record, Records};
use faqtory::loader::{LoadOptions, load};
use faqtory::{ErrorKind, chunk};

/// Larger inputs are refused, so that what inflates cannot take the memory that the fuzzer watches.
const MAX_BYTES: u64 = 1 << 20;
/// Tokens of a chunk: a few sentences, so that most articles are split.
const CHUNK: usize = 60;

/// Loads bytes of a known format; the language is given, as its detection would take most of the time.
pub fn load_as(bytes: &[u8], format: SourceFormat) {
    // Both languages whose sentences are split by rules of our own.
    let language = if bytes.len().is_multiple_of(2) { Language::EN } else { Language::ES };
    check(bytes, "-", &LoadOptions { format: Some(format), language: Some(language), ..options() });
}

/// Loads bytes that nothing is known of.
pub fn load_unknown(bytes: &[u8]) {
    check(bytes, "-", &LoadOptions { language: Some(Language::EN), ..options() });
}

fn options() -> LoadOptions {
    LoadOptions { max_bytes: MAX_BYTES, ..LoadOptions::default() }
}

/// Reads bytes as JSON Lines, and the articles of all records.
pub fn load_records(bytes: &[u8]) {
    for (number, line) in bytes.split(|b| *b == b'\n').enumerate() {
        match Record::parse(line, number as u64 + 1) {
            Ok(record) => {
                let options = LoadOptions { language: Some(Language::EN), ..options() };
                match record.load("-:1", &options) {
                    Ok(article) => check_article(&article),
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Input, "{error}"),
                }
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::Input, "{error}"),
        }
    }
    // The reader finds the same lines, and ends.
    let lines = Records::new(Box::new(Cursor::new(bytes.to_vec())), 1 << 20).count();
    assert!(lines <= bytes.len() + 1);
}

/// Loads bytes twice and checks the article.
///
/// # Panics
/// If what comes of it is not what the loader promises; the message says what.
pub fn check(bytes: &[u8], source: &str, options: &LoadOptions) {
    let first = load(bytes, source, options);
    match &first {
        Ok(article) => check_article(article),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Input, "{error}"),
    }
    match (first, load(bytes, source, options)) {
        (Ok(first), Ok(second)) => assert!(first == second, "loading twice gives two articles"),
        (Err(first), Err(second)) => assert_eq!(first.to_string(), second.to_string()),
        _ => panic!("an input is read once and refused once"),
    }
}

fn check_article(article: &Article) {
    article.check().unwrap_or_else(|broken| panic!("{broken}"));
    assert!(article.passages().next().is_some() || article.own_faq.is_some(), "an article has a body or a FAQ");
    // A page that is a FAQ through and through may have no title either.
    assert!(article.is_faq_page() || !article.body_markdown().is_empty());
    // A token is about four bytes.
    match chunk::split(article, CHUNK, &|text| Ok(text.len().div_ceil(4))) {
        Ok(chunks) => {
            let sections = chunks.chunks.iter().flat_map(|chunk| &chunk.sections);
            let split = sections.flat_map(|section| &section.passages).flat_map(|passage| &passage.sentences);
            assert!(split.copied().eq(article.sentences()), "the chunks have the sentences in order, each once");
            for chunk in &chunks.chunks {
                assert!(chunk.markdown(article).len().div_ceil(4) == chunk.tokens && chunk.tokens <= CHUNK);
            }
        }
        Err(error) => assert_eq!(error.kind(), ErrorKind::ContextLength, "{error}"),
    }
}
