//! The prompt library: (task, language, context) → messages.
//!
//! A prompt is made of files: `system/<lang>.jinja` and `article/<lang>.jinja` in the language of the article,
//! `<task>/<lang>.jinja` and `labels/<lang>.toml` in the language of the output. The article stands before
//! the task, so that all tasks over one article share the longest possible beginning.

use std::collections::BTreeMap;
use std::path::Path;

use include_dir::{Dir, include_dir};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::article::Article;
use crate::chat::Message;
use crate::content::{SummaryLength, Task};
use crate::error::{Error, ErrorKind, Result};
use crate::lang::Language;

static BUILTIN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/prompts");

/// Words of one language that the output and its parser need.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labels {
    /// The heading of a FAQ block.
    pub faq_title: String,
    /// The heading of a summary.
    pub summary_title: String,
    /// What a question may be labelled with; the prompt uses the first.
    pub question_labels: Vec<String>,
    /// What an answer may be labelled with; the prompt uses the first.
    pub answer_labels: Vec<String>,
    /// A question about a subject, which stands for `{}`: what can be asked where no model asks.
    #[serde(default = "about_question")]
    pub about_question: String,
    /// The mark that opens a question, where the language has one.
    #[serde(default)]
    pub question_opening: Option<char>,
}

fn about_question() -> String {
    "{}?".to_owned()
}

/// What a task asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask<'a> {
    /// So many FAQ entries, about other things than the questions that are already there.
    Faq {
        /// How many.
        questions: usize,
        /// Questions that are already there.
        previous: &'a [String],
    },
    /// A summary.
    Summary {
        /// How long.
        length: SummaryLength,
    },
}

impl Ask<'_> {
    fn folder(self) -> &'static str {
        match self.task() {
            Task::Faq => "faq",
            Task::Summary => "summary",
        }
    }

    /// The part of the output that is asked for.
    pub fn task(self) -> Task {
        match self {
            Self::Faq { .. } => Task::Faq,
            Self::Summary { .. } => Task::Summary,
        }
    }
}

/// The prompt templates: those built in, and those of a folder that add to them or replace them.
#[derive(Debug)]
pub struct PromptLibrary {
    /// Sources by path, such as `faq/es.jinja`.
    files: BTreeMap<String, String>,
    labels: BTreeMap<Language, Labels>,
}

impl PromptLibrary {
    /// The built-in templates.
    ///
    /// # Panics
    /// Never in a program that passed the tests: they read every built-in file.
    pub fn builtin() -> Self {
        let files = BUILTIN
            .dirs()
            .flat_map(Dir::files)
            .filter_map(|f| Some((f.path().to_str()?.replace('\\', "/"), f.contents_utf8()?.to_owned())))
            .collect();
        Self::from_files(files).expect("the built-in prompts are right")
    }

    /// These templates with those of a folder over them.
    ///
    /// # Errors
    /// `Io` if the folder cannot be read, `Config` if a file in it is not right.
    pub fn with_folder(mut self, folder: &Path) -> Result<Self> {
        let unreadable = |path: &Path, e| {
            Error::new(ErrorKind::Io, "cannot read the prompts").at(path.display().to_string()).with_source(e)
        };
        let list = |path: &Path| -> Result<Vec<_>> {
            let entries = std::fs::read_dir(path).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
            entries.map_err(|e| unreadable(path, e))
        };
        let mut found = 0;
        for task in list(folder)?.into_iter().filter(|e| e.path().is_dir()) {
            for file in list(&task.path())? {
                let name = format!("{}/{}", task.file_name().to_string_lossy(), file.file_name().to_string_lossy());
                if name.ends_with(".jinja") || name.ends_with(".toml") {
                    let text = std::fs::read_to_string(file.path()).map_err(|e| unreadable(&file.path(), e))?;
                    self.files.insert(name, text);
                    found += 1;
                }
            }
        }
        if found == 0 {
            let message = "holds no prompts; it should have files such as `faq/es.jinja`";
            return Err(Error::new(ErrorKind::Config, message).at(folder.display().to_string()));
        }
        Self::from_files(self.files).map_err(|e| e.at(folder.display().to_string()))
    }

    fn from_files(files: BTreeMap<String, String>) -> Result<Self> {
        let mut labels = BTreeMap::new();
        for (path, text) in &files {
            let wrong = |e: Box<dyn std::error::Error + Send + Sync>| {
                Error::new(ErrorKind::Config, format!("the prompt file `{path}` is not right")).with_source(e)
            };
            if let Some(code) = path.strip_prefix("labels/").and_then(|p| p.strip_suffix(".toml")) {
                let language: Language = code.parse().map_err(|e: Error| wrong(e.into()))?;
                let parsed: Labels = toml::from_str(text).map_err(|e| wrong(e.into()))?;
                if parsed.question_labels.is_empty() || parsed.answer_labels.is_empty() {
                    return Err(wrong("it names no labels".into()));
                }
                labels.insert(language, parsed);
            } else if path.ends_with(".jinja") {
                environment().template_from_str(text).map_err(|e| wrong(e.into()))?;
            }
        }
        Ok(Self { files, labels })
    }

    /// The languages that every task can be written in.
    pub fn languages(&self) -> Vec<Language> {
        let complete = |l: &&Language| ["faq", "summary"].iter().all(|task| self.files.contains_key(&path(task, **l)));
        self.labels.keys().filter(complete).copied().collect()
    }

    /// The words of a language.
    ///
    /// # Errors
    /// `Config` if faqtory cannot write that language; the message lists those it can.
    pub fn labels(&self, language: Language) -> Result<&Labels> {
        self.labels.get(&language).filter(|_| self.languages().contains(&language)).ok_or_else(|| {
            let known: Vec<_> = self.languages().iter().map(|l| l.code()).collect();
            Error::new(
                ErrorKind::Config,
                format!(
                    "there are no prompts to write in {}; there are for {}",
                    language.english_name(),
                    known.join(", ")
                ),
            )
        })
    }

    /// The labels of all languages: a model may fall back to those of another one.
    pub fn all_labels(&self) -> impl Iterator<Item = &Labels> {
        self.labels.values()
    }

    /// The messages that ask for something in the target language, the article first.
    pub fn messages(&self, ask: Ask<'_>, target: Language, article: &Article) -> Result<Vec<Message>> {
        let labels = self.labels(target)?;
        let (questions, previous, length) = match ask {
            Ask::Faq { questions, previous } => (questions, previous, None),
            Ask::Summary { length } => (0, &[][..], Some(length.name())),
        };
        let system = self.render(&self.wrapping("system", article.language), context! {})?;
        let body = article.body_markdown();
        let wrapped = self.render(&self.wrapping("article", article.language), context! { article => body.trim() })?;
        let task = self.render(
            &path(ask.folder(), target),
            context! { questions, previous => previous.to_vec(), length, source => article.language.code() },
        )?;
        let mut messages = vec![Message::system(system), Message::user(format!("{wrapped}\n\n{task}"))];
        if ask.task() == Task::Faq {
            // The model goes on behind the first label, so it cannot begin with a preamble.
            messages.push(Message::assistant(format!("{}:", labels.question_labels[0])));
        }
        Ok(messages)
    }

    /// What somebody would type into a chat program for it: one message, the task first, no instructions beside it.
    /// The yardstick that the other prompts have to beat.
    ///
    /// # Errors
    /// `Config` if there is no such prompt in the target language.
    pub fn naive_messages(&self, ask: Ask<'_>, target: Language, article: &Article) -> Result<Vec<Message>> {
        let (questions, length) = match ask {
            Ask::Faq { questions, .. } => (questions, None),
            Ask::Summary { length } => (0, Some(length.name())),
        };
        let body = article.body_markdown();
        let context = context! { task => ask.folder(), questions, length, article => body.trim() };
        Ok(vec![Message::user(self.render(&path("naive", target), context)?)])
    }

    /// A fingerprint of the file that [`naive_messages`](Self::naive_messages) is made of.
    pub fn naive_version(&self, target: Language) -> String {
        self.fingerprint([path("naive", target)])
    }

    /// A fingerprint of the files that prompts for this pair of languages are made of.
    pub fn version(&self, source: Language, target: Language) -> String {
        let wrappings = ["system", "article"].map(|t| self.wrapping(t, source));
        let labels = format!("labels/{target}.toml");
        self.fingerprint(wrappings.into_iter().chain([path("faq", target), path("summary", target), labels]))
    }

    fn fingerprint(&self, paths: impl IntoIterator<Item = String>) -> String {
        let mut hash = Sha256::new();
        for path in paths {
            hash.update(&path);
            hash.update(self.files.get(&path).map_or("", String::as_str));
        }
        hash.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }

    /// What stands around an article, in its language if there is a file for it, else in English.
    fn wrapping(&self, folder: &str, language: Language) -> String {
        Some(path(folder, language))
            .filter(|p| self.files.contains_key(p))
            .unwrap_or_else(|| path(folder, Language::EN))
    }

    fn render(&self, path: &str, context: Value) -> Result<String> {
        let source = self
            .files
            .get(path)
            .ok_or_else(|| Error::new(ErrorKind::Config, format!("there is no prompt file `{path}`")))?;
        let rendered = environment()
            .template_from_str(source)
            .and_then(|template| template.render(context))
            .map_err(|e| Error::new(ErrorKind::Config, format!("the prompt file `{path}` fails")).with_source(e))?;
        Ok(rendered.trim().to_owned())
    }
}

fn path(folder: &str, language: Language) -> String {
    format!("{folder}/{language}.jinja")
}

/// Block tags leave no empty lines, and a misspelt name is an error, not an empty text.
fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
        environment.set_syntax(syntax);
    }
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article(language: Language) -> Article {
        let text = match language {
            Language::ES => "La biblioteca del pueblo abrió el lunes en la estación.",
            _ => "The library of the town opened on Monday in the station.",
        };
        Article { title: Some("A library".to_owned()), ..Article::of_one_passage(text, language) }
    }

    #[test]
    fn every_task_renders_in_every_direction() {
        let prompts = PromptLibrary::builtin();
        assert_eq!(prompts.languages(), [Language::EN, Language::ES]);
        for source in [Language::EN, Language::ES] {
            for target in prompts.languages() {
                let summaries = SummaryLength::ALL.map(|length| Ask::Summary { length });
                let faq = Ask::Faq { questions: 3, previous: &["Why?".to_owned()] };
                for ask in summaries.into_iter().chain([faq]) {
                    let messages = prompts.messages(ask, target, &article(source)).unwrap();
                    let text = &messages[1].content;
                    assert!(text.contains("# ") && !text.contains("{%") && !text.contains("\n\n\n"), "{text}");
                    assert_eq!(text.contains("FAQ"), ask.task() == Task::Faq, "{text}");
                    let no_translation = ["Translate", "Traduce"].iter().all(|w| !text.contains(w));
                    assert_eq!(no_translation, source == target, "{text}");
                }
            }
        }
    }

    #[test]
    fn a_folder_adds_a_language_and_replaces_a_file() {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("faq/fr.jinja", "FAQ, {{ questions }} questions."),
            ("summary/fr.jinja", "Un résumé {{ length }}."),
            ("system/en.jinja", "Be brief."),
            (
                "labels/fr.toml",
                "faq_title = 'Questions'\nsummary_title = 'Résumé'\nquestion_labels = ['Q']\nanswer_labels = ['R']",
            ),
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let prompts = PromptLibrary::builtin().with_folder(folder.path()).unwrap();
        let french: Language = "fr".parse().unwrap();
        assert!(prompts.languages().contains(&french));
        let messages =
            prompts.messages(Ask::Faq { questions: 2, previous: &[] }, french, &article(Language::EN)).unwrap();
        assert_eq!(messages[0].content, "Be brief.");
        assert!(messages[1].content.ends_with("FAQ, 2 questions."));
        let builtin = PromptLibrary::builtin();
        assert_ne!(prompts.version(Language::EN, Language::ES), builtin.version(Language::EN, Language::ES));
        assert_eq!(prompts.version(Language::ES, Language::ES), builtin.version(Language::ES, Language::ES));
    }

    #[test]
    fn wrong_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = PromptLibrary::builtin().with_folder(folder.path()).unwrap_err();
        assert!(error.to_string().contains("holds no prompts"), "{error}");
        std::fs::create_dir(folder.path().join("faq")).unwrap();
        std::fs::write(folder.path().join("faq/es.jinja"), "{% if %}").unwrap();
        let error = PromptLibrary::builtin().with_folder(folder.path()).unwrap_err();
        assert!(error.to_string().contains("faq/es.jinja"), "{error}");
        std::fs::write(folder.path().join("faq/es.jinja"), "{{ qestions }}").unwrap();
        let prompts = PromptLibrary::builtin().with_folder(folder.path()).unwrap();
        let ask = Ask::Faq { questions: 2, previous: &[] };
        let error = prompts.messages(ask, Language::ES, &article(Language::ES)).unwrap_err();
        assert!(error.to_string().contains("faq/es.jinja"), "a misspelt name is an error: {error}");
    }
}
