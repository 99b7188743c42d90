//! Judgments of people on summaries, from JSON Lines.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::article::{Article, Passage, PassageKind, Section, Sentence, Span};
use crate::content::SummaryLength;
use crate::error::{Error, ErrorKind, Result};
use crate::eval::{Document, Prediction, ReferenceSummary, References};
use crate::lang::Language;
use crate::sentence;

/// What people say of one summary.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgment {
    /// The set that it belongs to.
    pub set: String,
    /// The article, or an empty one, with the reference if there is one.
    pub document: Document,
    /// The summary.
    pub candidate: String,
    /// The system that wrote it, where that is known.
    pub system: Option<String>,
    /// What was judged, and the judgment: more is better.
    pub aspects: BTreeMap<String, f64>,
    /// Its sentences, and whether most of those who were asked find each supported by the article.
    pub sentences: Vec<(String, bool)>,
}

/// A line of the file.
#[derive(Debug, Deserialize)]
struct Line {
    id: String,
    lang: Language,
    #[serde(default)]
    set: Option<String>,
    #[serde(default)]
    article_id: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    reference: Option<String>,
    candidate: String,
    #[serde(default)]
    system: Option<String>,
    #[serde(default)]
    sentences: Vec<JudgedSentence>,
    #[serde(flatten)]
    others: serde_json::Map<String, Value>,
}

#[derive(Debug, Deserialize)]
struct JudgedSentence {
    sentence: String,
    supported_votes: usize,
    votes: usize,
}

impl Judgment {
    /// The summary, or one sentence of it, as a prediction.
    pub fn prediction(&self, text: &str) -> Prediction {
        Prediction {
            id: self.document.id.clone(),
            language: None,
            faq: None,
            asked: None,
            summary: Some(vec![text.to_owned()]),
            length: Some(SummaryLength::Medium),
        }
    }

    fn of(line: Line) -> Result<Self> {
        if line.text.is_none() && line.reference.is_none() {
            return Err(Error::new(ErrorKind::Input, "has neither `text` nor `reference`"));
        }
        // `multisummeval-es-17-BERT` is of the set `multisummeval`.
        let of_set = |part: &&str| part.parse::<u64>().is_err() && *part != line.lang.code();
        let set = line.set.clone().unwrap_or_else(|| {
            let parts: Vec<_> = line.id.split('-').take_while(of_set).collect();
            parts.join("-")
        });
        let aspects: BTreeMap<_, _> = line.others.iter().filter_map(|(k, v)| Some((k.clone(), v.as_f64()?))).collect();
        if aspects.is_empty() && line.sentences.is_empty() {
            return Err(Error::new(ErrorKind::Input, "has no judgment: neither a number nor `sentences`"));
        }
        let summary = line.reference.map(|text| ReferenceSummary { length: None, text });
        let summaries = summary.map(|summary| (line.lang, vec![summary])).into_iter().collect();
        let id = line.article_id.unwrap_or(line.id);
        let document = Document {
            article: plain_article(&id, line.text.as_deref().unwrap_or_default(), line.lang),
            id,
            kind: None,
            references: References { faq: BTreeMap::new(), summaries },
        };
        let majority = |s: JudgedSentence| (s.sentence, 2 * s.supported_votes > s.votes);
        let sentences = line.sentences.into_iter().map(majority).collect();
        Ok(Self { set, document, candidate: line.candidate, system: line.system, aspects, sentences })
    }
}

/// The judgments of a file. A line is an object with `id`, `lang`, `candidate`, `text` (the article) or `reference`,
/// numbers such as `score`, `focus` and `coverage` that say how good the candidate is, and `sentences`, a list of
/// `{sentence, supported_votes, votes}`; where known, `system`, `article_id` and `set`. Without `set` it is the id up
/// to the first number or language.
///
/// # Errors
/// `Io` and `Input`, naming the file and the line.
pub fn read(path: &Path) -> Result<Vec<Judgment>> {
    let failed = |e| Error::new(ErrorKind::Io, "cannot read it").at(path.display().to_string()).with_source(e);
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let all: Vec<_> = lines
        .map(|(number, line)| {
            let at = format!("{}:{number}", path.display());
            let wrong = |e| Error::new(ErrorKind::Input, "is no judgment").with_source(e);
            let line: Line = serde_json::from_str(line).map_err(wrong).map_err(|e| e.at(&at))?;
            Judgment::of(line).map_err(|e| e.at(&at))
        })
        .collect::<Result<_>>()?;
    if all.is_empty() {
        return Err(Error::new(ErrorKind::Input, "there are no judgments in it").at(path.display().to_string()));
    }
    Ok(all)
}

/// A text as an article, a passage for each of its lines. Nothing is taken for a headline or left out, because those
/// who judged saw all of it.
fn plain_article(source: &str, text: &str, language: Language) -> Article {
    let mut passages = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let from = start + (line.len() - line.trim_start().len());
        let to = start + line.trim_end().len();
        start += line.len();
        if from < to {
            let sentences = sentence::split(&text[from..to], language).into_iter();
            let sentences = sentences.map(|s| Sentence { span: Span::new(from + s.start, from + s.end) }).collect();
            let span = Span::new(from, to);
            passages.push(Passage { kind: PassageKind::Paragraph, span, language: Some(language), sentences });
        }
    }
    Article::bare(source, text, language, vec![Section { heading: None, passages }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_three_kinds_are_read_and_wrong_ones_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("j.jsonl");
        let lines = [
            r#"{"id":"rated-001","lang":"en","text":"One day. \n\n Two days.","candidate":"Days.","score":3,"system":"M1"}"#,
            r#"{"id":"pair-es-4-X","lang":"es","reference":"Uno.","candidate":"Dos.","focus":-0.5,"coverage":1}"#,
            r#"{"id":"q-a-1","lang":"en","text":"T.","candidate":"C. D.","sentences":[{"sentence":"C.","supported_votes":2,"votes":3},{"sentence":"D.","supported_votes":1,"votes":2}]}"#,
        ];
        std::fs::write(&path, lines.join("\n")).unwrap();
        let all = read(&path).unwrap();
        assert_eq!(all.iter().map(|j| j.set.as_str()).collect::<Vec<_>>(), ["rated", "pair", "q-a"]);
        let article = &all[0].document.article;
        assert_eq!(article.sentences().map(|s| article.slice(s.span)).collect::<Vec<_>>(), ["One day.", "Two days."]);
        assert_eq!((all[0].aspects["score"], all[0].system.as_deref()), (3.0, Some("M1")));
        assert_eq!(all[1].aspects.keys().collect::<Vec<_>>(), ["coverage", "focus"]);
        assert_eq!(all[1].document.references.summaries(Language::ES, Some(SummaryLength::Medium)), ["Uno."]);
        assert_eq!(all[2].sentences, [("C.".to_owned(), true), ("D.".to_owned(), false)]);
        for (line, expected) in [
            (r#"{"id":"a-1","lang":"en","candidate":"C."}"#, "j.jsonl:1: has neither `text` nor `reference`"),
            (r#"{"id":"a-1","lang":"en","text":"T.","candidate":"C."}"#, "has no judgment"),
            ("{}", "j.jsonl:1: is no judgment"),
            ("", "there are no judgments in it"),
        ] {
            std::fs::write(&path, line).unwrap();
            let error = read(&path).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
