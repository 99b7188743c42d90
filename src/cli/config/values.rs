//! Setting values that only the command line knows, and how each kind of value is read from text.

use std::convert::Infallible;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use faqtory::article::SourceFormat;

/// Which model to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ModelChoice {
    /// A model of the store, by its id.
    Id(String),
    /// A GGUF file.
    File(PathBuf),
    /// A script of canned replies.
    Script(PathBuf),
}

impl ModelChoice {
    /// The same choice with a relative path taken from `folder`.
    pub(crate) fn relative_to(self, folder: &Path) -> Self {
        match self {
            Self::Id(id) => Self::Id(id),
            Self::File(path) => Self::File(folder.join(path)),
            Self::Script(path) => Self::Script(folder.join(path)),
        }
    }
}

impl FromStr for ModelChoice {
    type Err = Infallible;

    fn from_str(s: &str) -> Result<Self, Infallible> {
        Ok(if let Some(path) = s.strip_prefix("scripted:") {
            Self::Script(path.into())
        } else if s.to_lowercase().ends_with(".gguf") || s.contains(['/', '\\']) {
            Self::File(s.into())
        } else {
            Self::Id(s.to_owned())
        })
    }
}

impl fmt::Display for ModelChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => f.write_str(id),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Script(path) => write!(f, "scripted:{}", path.display()),
        }
    }
}

/// What the articles are read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputFormat {
    /// Each by its name and content.
    Auto,
    /// JSON Lines.
    JsonLines,
    /// Articles of this format.
    Article(SourceFormat),
}

impl FromStr for InputFormat {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        match s {
            "auto" => Ok(Self::Auto),
            "jsonl" | "ndjson" => Ok(Self::JsonLines),
            // The names of the formats are those in JSON.
            _ => serde_json::from_value(s.into()).map(Self::Article).map_err(|_| {
                format!("unknown format `{s}`; known are auto, jsonl, text, markdown, html, pdf, docx, epub")
            }),
        }
    }
}

impl fmt::Display for InputFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::JsonLines => f.write_str("jsonl"),
            Self::Article(format) => match serde_json::to_value(format) {
                Ok(serde_json::Value::String(name)) => f.write_str(&name),
                _ => Err(fmt::Error),
            },
        }
    }
}

/// Reads a value by its own parser.
pub(crate) fn parsed<T>(text: &str) -> Result<T, String>
where
    T: FromStr,
    T::Err: fmt::Display,
{
    text.parse().map_err(|e: T::Err| e.to_string())
}

/// Reads a model id, a path of a GGUF file, or `scripted:FILE`.
pub(crate) fn model(text: &str) -> Result<ModelChoice, String> {
    if text.trim().is_empty() { Err("the name of a model cannot be empty".to_owned()) } else { parsed(text) }
}

/// Reads a few words that go into a prompt, on one line.
pub(crate) fn phrase(text: &str) -> Result<String, String> {
    let words: Vec<_> = text.split_whitespace().collect();
    if words.is_empty() { Err("it cannot be empty".to_owned()) } else { Ok(words.join(" ")) }
}

/// Reads a path.
pub(crate) fn path(text: &str) -> Result<PathBuf, String> {
    if text.is_empty() { Err("a path cannot be empty".to_owned()) } else { Ok(PathBuf::from(text)) }
}

/// Reads the name of a program.
pub(crate) fn program(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("the name of a program cannot be empty".to_owned()) } else { Ok(text.to_owned()) }
}

/// Reads a whole number of at least one.
pub(crate) fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if n >= 1 => Ok(n),
        _ => Err(format!("`{text}` is not a whole number of 1 or more")),
    }
}

/// Reads a number of seconds or MiB: 1 to 86,400.
pub(crate) fn amount(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(n) if (1..=86_400).contains(&n) => Ok(n),
        _ => Err(format!("`{text}` is not a whole number from 1 to 86400")),
    }
}

/// Reads a whole number.
pub(crate) fn whole<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{text}` is not a whole number of 0 or more"))
}

/// Reads a temperature: 0 to 5.
pub(crate) fn temperature(text: &str) -> Result<f32, String> {
    number(text, 0.0, 5.0)
}

/// Reads a probability: 0 to 1.
pub(crate) fn probability(text: &str) -> Result<f32, String> {
    number(text, 0.0, 1.0)
}

/// Reads a probability that cannot be 0.
pub(crate) fn positive_probability(text: &str) -> Result<f32, String> {
    number(text, 0.001, 1.0)
}

/// Reads a repetition penalty: 0.1 to 10.
pub(crate) fn penalty(text: &str) -> Result<f32, String> {
    number(text, 0.1, 10.0)
}

fn number(text: &str, low: f32, high: f32) -> Result<f32, String> {
    match text.parse::<f32>() {
        Ok(n) if (low..=high).contains(&n) => Ok(n),
        _ => Err(format!("`{text}` is not a number from {low} to {high}")),
    }
}

/// Reads yes or no.
pub(crate) fn switch(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err(format!("`{text}` is neither yes (1, true, yes, on) nor no (0, false, no, off)")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_told_apart_by_their_form() {
        let cases = [
            ("qwen2.5-coder-1.5b-instruct", ModelChoice::Id("qwen2.5-coder-1.5b-instruct".into())),
            ("model.GGUF", ModelChoice::File("model.GGUF".into())),
            ("./folder/model", ModelChoice::File("./folder/model".into())),
            ("scripted:a/b.toml", ModelChoice::Script("a/b.toml".into())),
        ];
        for (text, choice) in cases {
            assert_eq!(model(text).unwrap(), choice);
            assert_eq!(choice.to_string(), text);
        }
        assert!(model(" ").is_err());
    }

    #[test]
    fn numbers_outside_their_range_are_refused() {
        assert_eq!(temperature("0.7"), Ok(0.7));
        for wrong in ["-1", "6", "NaN", "inf", "hot", ""] {
            assert!(temperature(wrong).is_err(), "{wrong}");
        }
        assert!(positive_probability("0").is_err());
        assert!(at_least_one("0").is_err());
        assert_eq!(whole::<u64>("18446744073709551615"), Ok(u64::MAX));
    }

    #[test]
    fn formats_of_input_have_the_names_of_the_articles() {
        for name in ["auto", "jsonl", "text", "markdown", "html", "pdf", "docx", "epub"] {
            assert_eq!(name.parse::<InputFormat>().unwrap().to_string(), name);
        }
        assert!("pages".parse::<InputFormat>().unwrap_err().contains("known are"));
        assert_eq!(amount("60"), Ok(60));
        assert!(amount("0").is_err() && amount("86401").is_err());
    }

    #[test]
    fn switches_have_two_positions() {
        assert_eq!(switch("YES"), Ok(true));
        assert_eq!(switch("off"), Ok(false));
        assert!(switch("maybe").unwrap_err().contains("maybe"));
    }
}
