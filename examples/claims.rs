//! How often the exact checks of `metrics::support` are wrong: true sentences that are called unsupported, and changed
//! numbers that are not found.
//!
//! `cargo run --release --example claims -- DOCUMENTS…` prints a table; what was wrong goes to standard error. Documents
//! whose ids differ in what stands behind the last dot (`story.en`, `story.es`) are taken for translations of one another.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use faqtory::article::Article;
use faqtory::eval::{Document, dataset};
use faqtory::lang::Language;
use faqtory::loader::LoadOptions;
use faqtory::metrics::support::{Claim, ClaimKind, SourceFacts};
use faqtory::sentence;

/// Counts of one kind of sentence.
#[derive(Default)]
struct Counts {
    sentences: usize,
    wrong_sentences: usize,
    /// By kind: claims, and those that are wrong.
    claims: BTreeMap<&'static str, (usize, usize)>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
    for path in std::env::args().skip(1) {
        let documents = dataset::read(Path::new(&path), &LoadOptions::default())?;
        let name = Path::new(&path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for document in &documents {
            let language = document.article.language;
            let facts = SourceFacts::new(&known(&document.article), language);
            let own: Vec<_> = document.article.sentences().map(|s| document.article.slice(s.span)).collect();
            let mut add = |kind: &str, sentences: &[&str], of: Language| {
                let group = counts.entry(format!("{name}: {kind}")).or_default();
                sentences.iter().for_each(|s| group.add(&document.id, s, &facts.check(s, of), false));
            };
            add("own sentences", &own, language);
            for of in [Language::EN, Language::ES] {
                let references = references(document, of);
                let references: Vec<_> = references.iter().map(String::as_str).collect();
                add(if of == language { "references" } else { "references, other language" }, &references, of);
            }
            for other in documents.iter().filter(|other| are_translations(document, other)) {
                let theirs: Vec<_> = other.article.sentences().map(|s| other.article.slice(s.span)).collect();
                let same = other.article.language == language;
                add(if same { "other translation" } else { "translation" }, &theirs, other.article.language);
            }
            let group = counts.entry(format!("{name}: one digit changed")).or_default();
            for sentence in own {
                for (number, changed) in with_a_digit_changed(sentence) {
                    // Where the article has that number too, nobody can tell without reading.
                    if !has_number(&document.article.text, &number) {
                        group.add(&document.id, &changed, &facts.check(&changed, language), true);
                    }
                }
            }
        }
    }
    println!("{:<45} {:>9} {:>7} {:>6}  wrong of claims", "", "sentences", "wrong", "share");
    for (name, group) in &counts {
        let share = 100.0 * group.wrong_sentences as f64 / group.sentences.max(1) as f64;
        print!("{name:<45} {:>9} {:>7} {share:>5.2}%  ", group.sentences, group.wrong_sentences);
        let kinds: Vec<_> = group.claims.iter().map(|(kind, (all, wrong))| format!("{kind} {wrong}/{all}")).collect();
        println!("{}", kinds.join(", "));
    }
    Ok(())
}

impl Counts {
    /// Adds a sentence. A true one is wrong if a claim of it is not supported, a `changed` one if none is unsupported.
    fn add(&mut self, id: &str, sentence: &str, claims: &[Claim], changed: bool) {
        self.sentences += 1;
        for claim in claims {
            let kind = match claim.kind {
                ClaimKind::Number => "number",
                ClaimKind::Date => "date",
                ClaimKind::Quotation => "quotation",
                ClaimKind::Name => "name",
            };
            let of_kind = self.claims.entry(kind).or_default();
            of_kind.0 += 1;
            of_kind.1 += usize::from(!claim.supported);
        }
        let unsupported: Vec<_> = claims.iter().filter(|c| !c.supported).map(|c| &sentence[c.span.range()]).collect();
        if unsupported.is_empty() == changed {
            self.wrong_sentences += 1;
            eprintln!("{}{id}: {unsupported:?} in: {sentence}", if changed { "MISSED " } else { "" });
        }
    }
}

/// What an article states: title, deck and the like, then headings and passages.
fn known(article: &Article) -> String {
    let head = article.head.iter().map(|span| article.slice(*span));
    let stated = [&article.title, &article.byline, &article.date].into_iter().flatten().map(String::as_str);
    head.chain(stated).chain([article.body_markdown().as_str()]).collect::<Vec<_>>().join("\n")
}

/// The sentences of the reference answers and summaries in a language.
fn references(document: &Document, language: Language) -> Vec<String> {
    let answers = document.references.faq(language).unwrap_or_default().iter().map(|entry| entry.answer.as_str());
    let summaries = document.references.summaries.get(&language).into_iter().flatten().map(|s| s.text.as_str());
    let split = |text: &str| {
        let lines = text.lines().map(str::to_owned);
        let sentences = lines.flat_map(|line| {
            let spans = sentence::split(&line, language);
            spans.into_iter().map(move |s| line[s.range()].to_owned()).collect::<Vec<_>>()
        });
        sentences.collect::<Vec<_>>()
    };
    answers.chain(summaries).flat_map(split).collect()
}

fn are_translations(a: &Document, b: &Document) -> bool {
    let story = |d: &Document| d.id.rsplit_once('.').map(|(story, _)| story.to_owned());
    a.id != b.id && story(a).is_some() && story(a) == story(b)
}

/// For each run of digits, these with the last one higher by one, and the sentence with them.
fn with_a_digit_changed(sentence: &str) -> Vec<(String, String)> {
    let bytes = sentence.as_bytes();
    let last = |&at: &usize| bytes[at].is_ascii_digit() && !bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
    let changed = |at: usize| {
        let first = (0..at).rev().take_while(|&i| bytes[i].is_ascii_digit()).last().unwrap_or(at);
        let digit = (bytes[at] - b'0' + 1) % 10;
        let number = format!("{}{digit}", &sentence[first..at]);
        let changed = format!("{}{number}{}", &sentence[..first], &sentence[at + 1..]);
        (number, changed)
    };
    (0..bytes.len()).filter(last).map(changed).collect()
}

/// Whether a text has a run of exactly those digits.
fn has_number(text: &str, number: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit()).any(|digits| digits == number)
}
