//! Documents: articles with their references, from a folder of fixtures, JSON Lines, or plain articles.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use walkdir::WalkDir;

use super::fields::{JsonPair, JsonText};
use crate::article::Article;
use crate::content::{FaqEntry, SummaryLength};
use crate::error::{Error, ErrorKind, Result};
use crate::lang::Language;
use crate::loader::{self, LoadOptions, records};

/// An article with what people wrote of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Document {
    /// Its name, the same in every run; unique within a set.
    pub id: String,
    /// What kind of document its set says that it is, such as `article_with_faq`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The article.
    pub article: Article,
    /// What people wrote of it.
    pub references: References,
}

/// What people wrote of an article, by language.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct References {
    /// FAQ blocks.
    #[serde(default)]
    pub faq: BTreeMap<Language, Vec<FaqEntry>>,
    /// Summaries; several of one length are alternatives.
    #[serde(default)]
    pub summaries: BTreeMap<Language, Vec<ReferenceSummary>>,
}

/// A summary that somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceSummary {
    /// Its length; `None` where its set does not say, so that it stands for any.
    pub length: Option<SummaryLength>,
    /// It; paragraphs or bullet points are separated by line breaks.
    pub text: String,
}

impl References {
    /// The FAQ block in a language, if there is one.
    pub fn faq(&self, language: Language) -> Option<&[FaqEntry]> {
        self.faq.get(&language).map(Vec::as_slice).filter(|pairs| !pairs.is_empty())
    }

    /// The summaries in a language to compare one of that length with: those of the length, or else those without one.
    pub fn summaries(&self, language: Language, length: Option<SummaryLength>) -> Vec<&str> {
        let all = self.summaries.get(&language).map_or(&[][..], Vec::as_slice);
        let of = |wanted: Option<SummaryLength>| -> Vec<&str> {
            all.iter().filter(|s| s.length == wanted).map(|s| s.text.as_str()).collect()
        };
        match length.map(|_| of(length)) {
            Some(found) if !found.is_empty() => found,
            _ => of(None),
        }
    }

    /// Whether nobody wrote anything.
    pub fn is_empty(&self) -> bool {
        self.faq.values().all(Vec::is_empty) && self.summaries.values().all(Vec::is_empty)
    }
}

/// A `reference.json`; `fixtures/README.md` says what its fields mean. What is for the tests of the loader is left alone.
#[derive(Debug, Deserialize)]
struct Fixture {
    id: String,
    #[serde(default)]
    faq: BTreeMap<Language, Vec<FaqEntry>>,
    #[serde(default)]
    summaries: BTreeMap<Language, BTreeMap<SummaryLength, JsonText>>,
}

/// The documents of a path, sorted by their names:
///
/// - a folder with a `reference.json` in it or below it: fixtures, each an `article.*` beside its `reference.json`
///   (where there are several formats, the source: Markdown, then text, then the others by name);
/// - a `reference.json`: that fixture;
/// - JSON Lines (`.jsonl`, also `.jsonl.gz`): an article a line (see [`records`]) with, where there are any, `id`,
///   `kind`, `faq` (a list of `{q, a}` or `{question, answer}`), `summary` and `summaries`;
/// - an article, or a folder of articles: without references, but for the FAQ block that stands in the article itself.
///
/// # Errors
/// `Io` and `Input`, naming the file and the line. One wrong document is an error of the whole set: a mean over what was
/// left would be the mean of another set.
pub fn read(path: &Path, options: &LoadOptions) -> Result<Vec<Document>> {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mut documents = if path.is_dir() {
        of_folder(path, options)?
    } else if name == "reference.json" {
        vec![fixture(path, options)?]
    } else if is_json_lines(&name) {
        of_records(path, options)?
    } else {
        vec![of_article(path, stem(path), options)?]
    };
    documents.sort_by(|a, b| a.id.cmp(&b.id));
    if let Some(twice) = documents.windows(2).find(|pair| pair[0].id == pair[1].id) {
        let error = Error::new(ErrorKind::Input, format!("two documents have the id `{}`", twice[0].id));
        return Err(error.at(path.display().to_string()));
    }
    Ok(documents)
}

fn is_json_lines(name: &str) -> bool {
    let name = name.to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    [".jsonl", ".ndjson"].iter().any(|extension| name.ends_with(extension))
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

fn of_folder(folder: &Path, options: &LoadOptions) -> Result<Vec<Document>> {
    let unreadable =
        |e| Error::new(ErrorKind::Io, "cannot read the folder").at(folder.display().to_string()).with_source(e);
    let files: Vec<PathBuf> = WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|e| e.depth() == 0 || !e.file_name().to_string_lossy().starts_with('.'))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|e| unreadable(std::io::Error::from(e)))?
        .into_iter()
        .filter(|e| e.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    let references: Vec<_> = files.iter().filter(|f| f.ends_with("reference.json")).collect();
    let documents: Vec<_> = if references.is_empty() {
        let name = |f: &Path| f.strip_prefix(folder).unwrap_or(f).with_extension("").display().to_string();
        files.iter().map(|f| of_article(f, name(f), options)).collect::<Result<_>>()?
    } else {
        references.into_iter().map(|f| fixture(f, options)).collect::<Result<_>>()?
    };
    if documents.is_empty() {
        let message = "there is no document in this folder: neither a `reference.json` nor an article";
        return Err(Error::new(ErrorKind::Input, message).at(folder.display().to_string()));
    }
    Ok(documents)
}

fn of_article(path: &Path, id: String, options: &LoadOptions) -> Result<Document> {
    let article = loader::load_file(path, options)?;
    Ok(Document::new(id, None, article, References::default()))
}

impl Document {
    /// A document. The FAQ block of the article itself is the reference where there is no other in its language.
    fn new(id: String, kind: Option<String>, article: Article, mut references: References) -> Self {
        if let Some(own) = article.own_faq.as_ref().filter(|_| !article.is_faq_page()) {
            let pairs = || own.pairs.iter().map(|p| FaqEntry::new(p.question.clone(), p.answer.clone()));
            references.faq.entry(article.language).or_insert_with(|| pairs().collect());
        }
        Self { id, kind, article, references }
    }
}

fn fixture(reference: &Path, options: &LoadOptions) -> Result<Document> {
    let at = || reference.display().to_string();
    let json = std::fs::read(reference)
        .map_err(|e| Error::new(ErrorKind::Io, "cannot read the file").at(at()).with_source(e))?;
    let fixture: Fixture = serde_json::from_slice(&json)
        .map_err(|e| Error::new(ErrorKind::Input, "is no reference of a fixture").at(at()).with_source(e))?;
    let folder = reference.parent().unwrap_or(Path::new("."));
    let entries = std::fs::read_dir(folder)
        .and_then(Iterator::collect::<std::io::Result<Vec<_>>>)
        .map_err(|e| Error::new(ErrorKind::Io, "cannot read the folder of the fixture").at(at()).with_source(e))?;
    let mut articles: Vec<_> = entries.into_iter().map(|e| e.path()).filter(|p| stem(p) == "article").collect();
    articles.sort_by_key(|path| {
        let extension = path.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
        (!["md", "txt"].contains(&extension.as_str()), extension)
    });
    let Some(path) = articles.first() else {
        return Err(Error::new(ErrorKind::Input, "there is no `article.*` beside it").at(at()));
    };
    let article = loader::load_file(path, options)?;
    let summary = |(length, text): (SummaryLength, JsonText)| ReferenceSummary {
        length: Some(length),
        text: match text {
            JsonText::One(text) => text,
            JsonText::Many(points) => points.join("\n"),
        },
    };
    let summaries = fixture.summaries.into_iter();
    let summaries = summaries.map(|(language, all)| (language, all.into_iter().map(summary).collect())).collect();
    Ok(Document::new(fixture.id, None, article, References { faq: fixture.faq, summaries }))
}

fn of_records(path: &Path, options: &LoadOptions) -> Result<Vec<Document>> {
    let source = path.display().to_string();
    let limit = usize::try_from(options.max_bytes).unwrap_or(usize::MAX);
    records::Records::open(path, limit)?
        .map(|(line, record)| {
            let at = format!("{source}:{line}");
            let record = record.map_err(|e| e.at(&at))?;
            let article = record.load(&source, options)?;
            let references = of_fields(&record.fields, article.language).map_err(|e| e.at(&at))?;
            let kind = record.fields.get("kind").and_then(Value::as_str).map(str::to_owned);
            let id = record.id.unwrap_or_else(|| format!("{}:{line}", stem(path)));
            Ok(Document::new(id, kind, article, references))
        })
        .collect()
}

/// The references that a record states, in the language of its article.
fn of_fields(fields: &serde_json::Map<String, Value>, language: Language) -> Result<References> {
    let wrong = |key: &str| {
        let key = key.to_owned();
        move |e| Error::new(ErrorKind::Input, format!("the value of `{key}` is not right")).with_source(e)
    };
    let mut references = References::default();
    if let Some(value) = fields.get("faq").filter(|v| !v.is_null()) {
        let pairs: Vec<JsonPair> = serde_json::from_value(value.clone()).map_err(wrong("faq"))?;
        let entries = pairs.into_iter().map(FaqEntry::from).collect();
        references.faq.insert(language, entries);
    }
    let mut summaries: Vec<ReferenceSummary> = Vec::new();
    for key in ["summary", "summaries"] {
        let Some(value) = fields.get(key).filter(|v| !v.is_null()) else { continue };
        let texts = match serde_json::from_value(value.clone()).map_err(wrong(key))? {
            JsonText::One(text) => vec![text],
            JsonText::Many(texts) => texts,
        };
        for text in texts.into_iter().filter(|t| !t.trim().is_empty()) {
            if summaries.iter().all(|s| s.text != text) {
                summaries.push(ReferenceSummary { length: None, text });
            }
        }
    }
    if !summaries.is_empty() {
        references.summaries.insert(language, summaries);
    }
    Ok(references)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixtures_have_references_in_both_languages() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let documents = read(&folder, &LoadOptions::default()).unwrap();
        assert!(documents.len() >= 16);
        for document in &documents {
            for language in [Language::EN, Language::ES] {
                assert!(document.references.faq(language).unwrap().len() >= 4, "{}", document.id);
                for length in SummaryLength::ALL {
                    assert_eq!(document.references.summaries(language, Some(length)).len(), 1, "{}", document.id);
                }
            }
        }
        let one = read(&folder.join("en/reef-sensors/reference.json"), &LoadOptions::default()).unwrap();
        assert_eq!(one[0].id, "en/reef-sensors");
        assert!(one[0].article.source.ends_with("article.md"));
    }

    #[test]
    fn a_line_of_json_has_its_references_beside_the_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set.jsonl");
        let text = "The library of the town opened on Monday in the old station. It has twelve rooms.";
        let line = |id: &str, more: &str| format!(r#"{{"id":"{id}","lang":"en","text":"{text}"{more}}}"#);
        let faq = r#","kind":"news","faq":[{"q":"When?","a":"On Monday."}],"summary":"A.","summaries":["A.","B."]"#;
        std::fs::write(&path, format!("{}\n{}\n", line("b", faq), line("a", ""))).unwrap();
        let documents = read(&path, &LoadOptions::default()).unwrap();
        assert_eq!(documents.iter().map(|d| d.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert!(documents[0].references.is_empty());
        let references = &documents[1].references;
        assert_eq!(documents[1].kind.as_deref(), Some("news"));
        assert_eq!(references.faq(Language::EN).unwrap()[0].answer, "On Monday.");
        assert_eq!(references.summaries(Language::EN, Some(SummaryLength::Medium)), ["A.", "B."]);
        assert_eq!(references.faq(Language::ES), None);
        std::fs::write(&path, format!("{}\n{}\n", line("a", ""), line("a", ""))).unwrap();
        let error = read(&path, &LoadOptions::default()).unwrap_err();
        assert!(error.to_string().contains("two documents have the id `a`"), "{error}");
        std::fs::write(&path, line("a", r#","faq":[{"q":"When?"}]"#)).unwrap();
        let error = read(&path, &LoadOptions::default()).unwrap_err();
        assert!(error.to_string().contains("set.jsonl:1: the value of `faq` is not right"), "{error}");
    }

    #[test]
    fn the_block_of_an_article_is_its_reference() {
        let folder = tempfile::tempdir().unwrap();
        let article = include_str!("../../fixtures/en/electric-ferry/article.txt");
        std::fs::write(folder.path().join("ferry.txt"), article).unwrap();
        let documents = read(folder.path(), &LoadOptions::default()).unwrap();
        assert_eq!(documents[0].id, "ferry");
        assert!(documents[0].references.faq(Language::EN).unwrap().len() >= 3);
    }
}
