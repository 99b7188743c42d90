//! JSON Lines: one article a line, read one at a time, so that a file of any size takes the memory of one line.

mod fields;

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use serde_json::{Map, Value};

use super::{Hints, LoadOptions, gzip, load};
use crate::article::{Article, SourceFormat};
use crate::error::{Error, ErrorKind, Result};

/// The keys of the text, in the order of preference; a list of texts is one text with blank lines.
const TEXT: &[&str] = &["text", "body", "content", "html", "paragraphs"];

/// Those of the date.
const DATE: &[&str] = &["date", "published", "published_at", "date_published", "datePublished"];

/// One article as a line of JSON states it. Keys that are not known are left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The number of its line, from 1.
    pub line: u64,
    /// `id`, a text or a number.
    pub id: Option<String>,
    /// `text` (or `body`, `content`, `html`, `paragraphs`): plain text, Markdown or HTML.
    pub text: String,
    /// What it states beside the text: `title` (or `headline`), `url`, `lang` (or `language`), `author` (or
    /// `authors`, `byline`), which may be a list of names or of objects with a `name`, and `date` (or `published`,
    /// `published_at`, `date_published`, `datePublished`), which may be a number: a year, a date such as 20260512, or
    /// the seconds or milliseconds since 1970.
    pub hints: Hints,
    /// All of its keys and values.
    pub fields: Map<String, Value>,
}

impl Record {
    /// Reads a line.
    ///
    /// # Errors
    /// `Input` if it is no JSON object, has no text, or a value that is not what it should be.
    pub fn parse(line: &[u8], number: u64) -> Result<Self> {
        let fields = object(line)?;
        let text = fields::TEXT
            .get(&fields, TEXT)?
            .ok_or_else(|| input(format!("the line has no text; it must have one of the keys {}", TEXT.join(", "))))?;
        let format = is_markup(&text).then_some(SourceFormat::Html);
        let language = fields::LINE.get(&fields, &["lang", "language"])?;
        let language = language.map(|l| l.parse().map_err(|e: Error| input(e.message()))).transpose()?;
        Ok(Self {
            line: number,
            id: fields::LABEL.get(&fields, &["id"])?,
            text,
            hints: Hints {
                title: fields::LABEL.get(&fields, &["title", "headline"])?,
                byline: fields::NAMES.get(&fields, &["author", "authors", "byline"])?,
                date: fields::DATE.get(&fields, DATE)?,
                url: fields::LINE.get(&fields, &["url"])?,
                language,
                format,
                ..Hints::default()
            },
            fields,
        })
    }

    /// Loads the article; `source` is the name of the file, to which the number of the line is added.
    ///
    /// # Errors
    /// Those of [`load`].
    pub fn load(&self, source: &str, options: &LoadOptions) -> Result<Article> {
        let options = LoadOptions { hints: self.hints.clone(), ..options.clone() };
        load(self.text.as_bytes(), &format!("{source}:{}", self.line), &options)
    }
}

/// The records of a text, one for each line that is not blank. A line that is wrong is an error in its place,
/// and those after it follow.
pub struct Records {
    reader: Box<dyn BufRead>,
    /// Of the line before.
    line: u64,
    /// Bytes of one line, at most.
    limit: usize,
    ended: bool,
}

impl Records {
    /// The records of a reader; a line of more than `limit` bytes is an error.
    pub fn new(reader: Box<dyn BufRead>, limit: usize) -> Self {
        Self { reader, line: 0, limit, ended: false }
    }

    /// The records of a file, which may be compressed by gzip.
    ///
    /// # Errors
    /// `Io` if it cannot be opened.
    pub fn open(path: &Path, limit: usize) -> Result<Self> {
        let failed =
            |e| Error::new(ErrorKind::Io, "cannot read the file").at(path.display().to_string()).with_source(e);
        let reader = BufReader::new(File::open(path).map_err(failed)?);
        Ok(Self::new(inflated(reader).map_err(failed)?, limit))
    }

    /// One line without its end; `None` at the end of the text. What is over the limit is read past.
    fn next_line(&mut self) -> std::io::Result<Option<(Vec<u8>, bool)>> {
        let mut line = Vec::new();
        let mut limited = self.reader.by_ref().take(self.limit as u64 + 2);
        if limited.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let whole = line.ends_with(b"\n") || limited.limit() > 0;
        if !whole {
            self.reader.skip_until(b'\n')?;
        }
        while line.ends_with(b"\n") || line.ends_with(b"\r") {
            line.pop();
        }
        Ok(Some((line, whole)))
    }
}

impl std::fmt::Debug for Records {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Records").field("line", &self.line).field("limit", &self.limit).finish_non_exhaustive()
    }
}

impl Iterator for Records {
    /// The number of the line, and what is on it.
    type Item = (u64, Result<Record>);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            self.line += 1;
            let (line, whole) = match self.next_line() {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(e) => {
                    self.ended = true;
                    let error = Error::new(ErrorKind::Io, "cannot read on from this line").with_source(e);
                    return Some((self.line, Err(error)));
                }
            };
            let text = if self.line == 1 { line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&line) } else { &line };
            if !whole {
                return Some((self.line, Err(input(format!("the line is over {} bytes", self.limit)))));
            }
            if !text.trim_ascii().is_empty() {
                return Some((self.line, Record::parse(text, self.line)));
            }
        }
        self.ended = true;
        None
    }
}

/// A reader of what is in gzip data; of other data, a reader of the data itself.
///
/// # Errors
/// Those of reading the first bytes.
pub fn inflated<'a>(mut reader: impl BufRead + 'a) -> std::io::Result<Box<dyn BufRead + 'a>> {
    let mut head = Vec::new();
    reader.by_ref().take(gzip::MARK.len() as u64).read_to_end(&mut head)?;
    let packed = gzip::is_gzip(&head);
    let whole = Cursor::new(head).chain(reader);
    Ok(if packed { Box::new(BufReader::new(MultiGzDecoder::new(whole))) } else { Box::new(whole) })
}

/// Whether a name is that of a file of JSON Lines.
pub fn is_named_so(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.ends_with(".jsonl") || name.ends_with(".ndjson")
}

/// Whether the first line of a text is a record, if perhaps one that is wrong in its other fields: no other format
/// has a line with an object that has a text.
pub fn is_record(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).trim_ascii();
    line.starts_with(b"{") && object(line).and_then(|fields| fields::TEXT.get(&fields, TEXT)).is_ok_and(|t| t.is_some())
}

fn object(line: &[u8]) -> Result<Map<String, Value>> {
    match serde_json::from_slice(line) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(input("the line is JSON, but not an object")),
        Err(e) => Err(input("the line is not a JSON object").with_source(e)),
    }
}

/// Whether a text is a piece of an HTML page: feeds hold no more than its paragraphs.
fn is_markup(text: &str) -> bool {
    let tag = text.trim_start().strip_prefix('<');
    tag.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!')) && text.contains("</")
}

fn input(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Input, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::Language;

    const TEXT: &str = "The town of Harrow Bridge opened a library in its old station on Monday. It is open to all.";

    fn records(text: &str, limit: usize) -> Vec<(u64, Result<Record>)> {
        Records::new(Box::new(Cursor::new(text.as_bytes().to_vec())), limit).collect()
    }

    #[test]
    fn marks_blank_lines_and_line_ends_do_not_matter() {
        let all = records(
            "\u{FEFF}{\"text\":\"a\"}\r\n\r\n  \n{\"body\":\"b\",\"id\":7,\"extra\":[1]}\n{\"text\":\"c\"}",
            100,
        );
        let found: Vec<_> = all.iter().map(|(line, r)| (*line, r.as_ref().unwrap().text.as_str())).collect();
        assert_eq!(found, [(1, "a"), (4, "b"), (5, "c")]);
        assert_eq!(all[1].1.as_ref().unwrap().id.as_deref(), Some("7"));
        assert!(records("", 100).is_empty());
    }

    #[test]
    fn a_wrong_line_is_an_error_of_that_line() {
        let long = format!("{{\"text\":\"{}\"}}", "x".repeat(200));
        let text = format!(
            "{{\"text\":1}}\nno json\n[1]\n{{\"title\":\"t\"}}\n{{\"text\":\"t\",\"lang\":\"xx\"}}\n{long}\n{{\"text\":\"z\"}}\n"
        );
        let all = records(&text, 100);
        let expected = [
            "`text` is the number 1; it should be a text or a list of texts",
            "not a JSON object",
            "not an object",
            "no text",
            "unknown language `xx`",
            "over 100 bytes",
        ];
        for ((line, record), (number, expected)) in all.iter().zip((1..).zip(expected)) {
            let error = record.as_ref().unwrap_err();
            assert!(*line == number && error.message().contains(expected), "{line}: {error}");
        }
        assert_eq!((all.len(), all[6].0), (7, 7));
        assert_eq!(all[6].1.as_ref().unwrap().text, "z");
        // The limit is exact, with and without an end of line.
        for end in ["", "\n"] {
            let exact = format!("{{\"text\":\"{}\"}}{end}", "x".repeat(89));
            assert!(records(&exact, 100)[0].1.is_ok(), "{end:?}");
        }
    }

    #[test]
    fn what_a_record_states_is_the_articles() {
        let line = serde_json::json!({"headline": "Library opens", "lang": "es-MX", "author": "Ana Ruiz",
            "date": "2026-05-12", "url": "https://a.example/x", "text": format!("<p>{TEXT}</p>"), "title": null});
        let record = Record::parse(line.to_string().as_bytes(), 3).unwrap();
        let article = record.load("a.jsonl", &LoadOptions::default()).unwrap();
        assert_eq!((article.source.as_str(), article.format), ("a.jsonl:3", SourceFormat::Html));
        assert_eq!(article.title.as_deref(), Some("Library opens"));
        assert_eq!((article.language, article.byline.as_deref()), (Language::ES, Some("Ana Ruiz")));
        assert_eq!(article.url.as_deref(), Some("https://a.example/x"));
        assert!(article.body_markdown().contains(TEXT));
        let line =
            br#"{"text": "x", "authors": [{"name": "Ana Ruiz"}, "Tom Lee"], "published": 1778580000, "title": 1984}"#;
        let hints = Record::parse(line, 1).unwrap().hints;
        assert_eq!(hints.byline.as_deref(), Some("Ana Ruiz, Tom Lee"));
        assert_eq!((hints.date.as_deref(), hints.title.as_deref()), (Some("2026-05-12T10:00:00Z"), Some("1984")));
        let forced = LoadOptions { language: Some(Language::EN), ..LoadOptions::default() };
        assert_eq!(record.load("a.jsonl", &forced).unwrap().language, Language::EN);
    }

    #[test]
    fn lists_of_paragraphs_are_texts_and_empty_values_are_none() {
        let record = Record::parse(br#"{"text": " ", "paragraphs": ["a", "b"], "title": ""}"#, 1).unwrap();
        assert_eq!((record.text.as_str(), record.hints.title), ("a\n\nb", None));
    }

    #[test]
    fn records_are_known_by_name_or_by_their_first_line() {
        assert!(is_named_so("a/B.JSONL") && is_named_so("x.ndjson.gz") && !is_named_so("x.json"));
        assert!(is_record(b" {\"text\": \"x\"} \n"));
        // What is wrong with it is to be told of it, not hidden by taking all of it for text.
        assert!(is_record(br#"{"text": "x", "author": 7, "lang": "xx"}"#));
        for line in [&b"{"[..], b"{\"a\": 1}", b"Text {\"text\": \"x\"}", b""] {
            assert!(!is_record(line));
        }
    }

    #[test]
    fn files_may_be_compressed() {
        use std::io::Write;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"{\"text\":\"a\"}\n{\"text\":\"b\"}\n").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl.gz");
        std::fs::write(&path, encoder.finish().unwrap()).unwrap();
        assert_eq!(Records::open(&path, 100).unwrap().filter(|(_, r)| r.is_ok()).count(), 2);
        assert!(Records::open(&folder.path().join("none"), 100).is_err());
    }
}
