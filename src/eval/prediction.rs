//! Predictions: what a system wrote of a document, from our own JSON or from JSON Lines of any system.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use walkdir::WalkDir;

use super::fields::{JsonPair, JsonText};
use crate::content::{FaqEntry, Output, SummaryLength};
use crate::error::{Error, ErrorKind, Result};
use crate::lang::Language;

/// What a system wrote of a document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The id of the document, or the name of the file that it was made from.
    pub id: String,
    /// The language that was asked for; `None` is that of the article.
    pub language: Option<Language>,
    /// The pairs of the FAQ block; `None` if none was asked for, empty if nothing came of it.
    pub faq: Option<Vec<FaqEntry>>,
    /// How many pairs were asked for, where that is known.
    pub asked: Option<usize>,
    /// The paragraphs or bullet points of the summary; `None` if none was asked for, empty if nothing came of it.
    pub summary: Option<Vec<String>>,
    /// The length that was asked for, where that is known.
    pub length: Option<SummaryLength>,
}

impl From<&Output> for Prediction {
    fn from(output: &Output) -> Self {
        let faq = output.faq.as_ref().map(|faq| faq.entries.clone());
        Self {
            id: output.article.source.clone(),
            language: Some(output.language),
            faq: faq.or_else(|| output.questions_asked.map(|_| Vec::new())),
            asked: output.questions_asked,
            summary: output.summary.as_ref().map(|s| s.paragraphs.clone()),
            length: output.summary.as_ref().map(|s| s.length),
        }
    }
}

/// A prediction as other systems write it.
#[derive(Debug, Deserialize)]
struct Line {
    id: Value,
    #[serde(default, alias = "language")]
    lang: Option<Language>,
    #[serde(default)]
    faq: Option<Vec<JsonPair>>,
    #[serde(default)]
    summary: Option<JsonText>,
    #[serde(default)]
    length: Option<SummaryLength>,
}

impl Prediction {
    /// Reads one JSON object: our own [`Output`], or `{id, lang, faq: [{q, a}], summary}`.
    ///
    /// # Errors
    /// `Input` if it is neither.
    pub fn of_json(value: Value) -> Result<Self> {
        let wrong = |e: serde_json::Error| {
            let message = "is neither a result of `faqtory … -f json` nor an object with `id`, and `faq` or `summary`";
            Error::new(ErrorKind::Input, message).with_source(e)
        };
        if value.get("schema_version").is_some() {
            return Ok(Self::from(&serde_json::from_value::<Output>(value).map_err(wrong)?));
        }
        let line: Line = serde_json::from_value(value).map_err(wrong)?;
        let id = match line.id {
            Value::String(id) => id,
            Value::Number(id) => id.to_string(),
            _ => return Err(Error::new(ErrorKind::Input, "its `id` is neither a text nor a number")),
        };
        if line.faq.is_none() && line.summary.is_none() {
            return Err(Error::new(ErrorKind::Input, format!("`{id}` has neither `faq` nor `summary`")));
        }
        let paragraphs = |text: String| {
            text.split("\n\n").map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        Ok(Self {
            id,
            language: line.lang,
            faq: line.faq.map(|all| all.into_iter().map(FaqEntry::from).collect()),
            asked: None,
            summary: line.summary.map(|text| match text {
                JsonText::One(text) => paragraphs(text),
                JsonText::Many(all) => all,
            }),
            length: line.length,
        })
    }
}

/// The predictions of a path: a JSON file, JSON Lines, or a folder with such files in it or below it.
///
/// # Errors
/// `Io` and `Input`, naming the file and the line.
pub fn read(path: &Path) -> Result<Vec<Prediction>> {
    let failed = |e| Error::new(ErrorKind::Io, "cannot read it").at(path.display().to_string()).with_source(e);
    if path.is_dir() {
        // Results of articles in several folders are in folders of their own.
        let entries = WalkDir::new(path).sort_by_file_name().into_iter().collect::<Result<Vec<_>, _>>();
        let mut files: Vec<_> =
            entries.map_err(|e| failed(e.into()))?.into_iter().map(walkdir::DirEntry::into_path).collect();
        files.retain(|f| f.is_file() && f.extension().is_some_and(|e| e == "json" || e == "jsonl"));
        if files.is_empty() {
            let error = Error::new(ErrorKind::Input, "there is no .json or .jsonl file in this folder");
            return Err(error.at(path.display().to_string()));
        }
        return Ok(files.iter().map(|f| read(f)).collect::<Result<Vec<_>>>()?.concat());
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    // A file of one value may stand on many lines, or, as several results on one output, in one array.
    match serde_json::from_str::<Value>(&text) {
        Ok(Value::Array(all)) => {
            let of =
                |(i, value)| Prediction::of_json(value).map_err(|e: Error| e.at(format!("{}[{i}]", path.display())));
            all.into_iter().enumerate().map(of).collect()
        }
        Ok(value) => Ok(vec![Prediction::of_json(value).map_err(|e| e.at(path.display().to_string()))?]),
        Err(_) => of_lines(&text, path),
    }
}

fn of_lines(text: &str, path: &Path) -> Result<Vec<Prediction>> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let found: Vec<_> = lines
        .map(|(number, line)| {
            let at = |e: Error| e.at(format!("{}:{number}", path.display()));
            let value = serde_json::from_str(line)
                .map_err(|e| at(Error::new(ErrorKind::Input, "the line is not JSON").with_source(e)))?;
            Prediction::of_json(value).map_err(at)
        })
        .collect::<Result<_>>()?;
    if found.is_empty() {
        return Err(Error::new(ErrorKind::Input, "there are no predictions in it").at(path.display().to_string()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_any_system_are_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("below")).unwrap();
        let path = folder.path().join("below/p.jsonl");
        let first = r#"{"id":"a","lang":"es","faq":[{"q":"¿Qué?","a":"Esto."}],"summary":"Uno.\n\nDos."}"#;
        std::fs::write(&path, format!("{first}\n\n{{\"id\":2,\"summary\":[\"Uno.\"]}}\n")).unwrap();
        let found = read(folder.path()).unwrap();
        assert_eq!(found[0].language, Some(Language::ES));
        assert_eq!(found[0].faq.as_ref().unwrap()[0].answer, "Esto.");
        assert_eq!(found[0].summary.as_ref().unwrap(), &["Uno.", "Dos."]);
        assert_eq!((found[1].id.as_str(), &found[1].faq), ("2", &None));
        std::fs::write(&path, "{\"id\":\"a\"}\nx").unwrap();
        let error = read(&path).unwrap_err();
        assert!(error.to_string().contains("p.jsonl:1: `a` has neither"), "{error}");
    }
}
