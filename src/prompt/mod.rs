//! The prompt library: (task, language, context) → messages.
//!
//! A prompt is made of files: `system/<lang>.jinja` and `article/<lang>.jinja` in the language of the article,
//! `<task>/<lang>.jinja` and `labels/<lang>.toml` in the language of the text to write. The article stands before
//! the task, so that all tasks over one article share the longest possible beginning. Short tasks have no article: their
//! files are whole conversations, with a line such as `=== user` before each message.

mod labels;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use include_dir::{Dir, include_dir};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use sha2::{Digest, Sha256};

pub use self::labels::{Expected, Labels};
use crate::article::{Article, one_line};
use crate::chat::{Message, Role};
use crate::content::SummaryLength;
use crate::error::{Error, ErrorKind, Result};
use crate::lang::Language;

static BUILTIN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/prompts");

/// How the texts should sound, and what has to be in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Style {
    /// Whom they are written for, such as `children of ten`.
    pub audience: Option<String>,
    /// How they sound, such as `friendly`.
    pub tone: Option<String>,
    /// Terms that are to be written as they are given.
    pub keep: Vec<String>,
}

impl Style {
    /// Whether texts are to be for another audience or in another tone than the article: its own sentences are neither.
    pub fn is_of_its_own(&self) -> bool {
        self.audience.is_some() || self.tone.is_some()
    }
}

/// What is read before a task: an article or a part of it, and how all texts over it should sound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading<'a> {
    /// The article in Markdown.
    pub body: &'a str,
    /// Its language.
    pub language: Language,
    /// How the texts should sound.
    pub style: &'a Style,
}

/// What a task over an article asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ask<'a> {
    /// So many questions that its readers have.
    Questions {
        /// How many.
        count: usize,
    },
    /// One question.
    Question {
        /// How it begins, without a mark.
        word: &'a str,
    },
    /// The question that a section answers.
    Section {
        /// Its heading.
        heading: &'a str,
    },
    /// The answer to a question.
    Answer {
        /// The question.
        question: &'a str,
        /// Whether the model may say that the article does not answer it. Small models say so too often, so it is offered
        /// only where the question may have no answer.
        may_refuse: bool,
    },
    /// A summary.
    Summary {
        /// How long.
        length: SummaryLength,
    },
}

/// What a task without an article asks for: a translation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Translate<'a> {
    /// The language to translate from.
    pub from: Language,
    /// What to translate.
    pub text: Original<'a>,
    /// Names in it, and what they are called in the language to translate into.
    pub names: &'a [(String, String)],
}

/// What to translate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Original<'a> {
    /// A question and its answer.
    Pair(&'a str, &'a str),
    /// Sentences, each on a line with its number.
    Lines(&'a str),
}

/// What the naive strategy asks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Plain {
    /// A FAQ of so many entries.
    Faq(usize),
    /// A summary of that length.
    Summary(SummaryLength),
}

/// The tasks that a language has files for.
const TASKS: [&str; 7] = ["questions", "question", "section", "statement", "answer", "summary", "translate"];

/// The prompt templates: those built in, and those of a folder that add to them or replace them.
#[derive(Debug)]
pub struct PromptLibrary {
    /// Sources by path, such as `faq/es.jinja`.
    files: BTreeMap<String, String>,
    labels: BTreeMap<Language, Labels>,
    /// Names of one language with those of another, by the languages' codes, such as `en-es`.
    names: BTreeMap<String, BTreeMap<String, String>>,
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
        let (mut labels, mut names) = (BTreeMap::new(), BTreeMap::new());
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
            } else if let Some(pair) = path.strip_prefix("names/").and_then(|p| p.strip_suffix(".toml")) {
                names.insert(pair.to_owned(), toml::from_str(text).map_err(|e| wrong(e.into()))?);
            } else if path.ends_with(".jinja") {
                environment().template_from_str(text).map_err(|e| wrong(e.into()))?;
            }
        }
        Ok(Self { files, labels, names })
    }

    /// The languages that every task can be written in.
    pub fn languages(&self) -> Vec<Language> {
        let complete = |l: &&Language| TASKS.iter().all(|task| self.files.contains_key(&path(task, **l)));
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

    /// What the names of one language are called in another, as far as a file says so; either direction of it.
    pub fn names(&self, from: Language, to: Language) -> Vec<(&str, &str)> {
        let table = |a: Language, b: Language| self.names.get(&format!("{a}-{b}")).into_iter().flatten();
        let forward = table(from, to).map(|(a, b)| (a.as_str(), b.as_str()));
        let backward = table(to, from).map(|(a, b)| (b.as_str(), a.as_str()));
        forward.chain(backward).collect()
    }

    /// The messages of a task over an article, or over a part of it: `body` in Markdown, in the language `source`. The
    /// text is to be in the language `target`. If the last message is the assistant's, the text goes on behind it.
    ///
    /// # Errors
    /// `Config` if there is no such prompt in the target language, or it fails.
    pub fn messages(&self, ask: Ask<'_>, target: Language, reading: Reading<'_>) -> Result<Vec<Message>> {
        let Reading { body, language: source, style } = reading;
        let Style { audience, tone, keep } = style;
        let system = self.render(&self.wrapping("system", source), context! {})?;
        let about = context! { article => body.trim(), audience, tone, keep };
        let wrapped = self.render(&self.wrapping("article", source), about)?;
        let task = self.task(ask, target, source)?;
        // Only the lines of the task are read for marks of roles: those of the article are its text.
        let mut messages = conversation(&format!("=== user\n{task}"));
        if let Some(first) = messages.first_mut() {
            first.content = format!("{wrapped}\n\n{}", first.content);
        }
        messages.insert(0, Message::system(system));
        Ok(messages)
    }

    /// What stands behind the article in [`messages`](Self::messages): what is asked for.
    ///
    /// # Errors
    /// As there.
    pub fn task(&self, ask: Ask<'_>, target: Language, source: Language) -> Result<String> {
        let (folder, context) = match ask {
            Ask::Questions { count } => ("questions", context! { count }),
            Ask::Question { word } => ("question", context! { word }),
            Ask::Section { heading } => ("section", context! { heading => one_line(heading) }),
            Ask::Answer { question, may_refuse } => ("answer", context! { question => one_line(question), may_refuse }),
            Ask::Summary { length } => ("summary", context! { length => length.name() }),
        };
        let unanswered = self.labels(target)?.unanswered.as_str();
        self.render(&path(folder, target), context! { source => source.code(), unanswered, ..context })
    }

    /// The messages that ask for the question that a statement answers, in the statement's language. If the last message is
    /// the assistant's, the question goes on behind it.
    ///
    /// # Errors
    /// `Config` if there is no such prompt in that language, or it fails.
    pub fn question_of(&self, statement: &str, language: Language) -> Result<Vec<Message>> {
        let context = context! { statement => one_line(statement) };
        Ok(conversation(&self.render(&path("statement", language), context)?))
    }

    /// The messages that ask for a translation into the target language.
    ///
    /// # Errors
    /// `Config` if there is no such prompt in the target language, or it fails.
    pub fn translation(&self, translate: Translate<'_>, target: Language) -> Result<Vec<Message>> {
        let Translate { from, text, names } = translate;
        let (question, answer, lines) = match text {
            Original::Pair(question, answer) => (Some(one_line(question)), Some(one_line(answer)), None),
            Original::Lines(lines) => (None, None, Some(lines)),
        };
        let names: Vec<Vec<String>> = names.iter().map(|(a, b)| vec![a.clone(), b.clone()]).collect();
        let context = context! {
            from => from.code(), english => from.english_name(), native => from.native_name(), question, answer,
            text => lines, names,
        };
        Ok(conversation(&self.render(&path("translate", target), context)?))
    }

    /// What somebody would type into a chat program for it: one message, the task first, no instructions beside it.
    /// The yardstick that the other prompts have to beat.
    ///
    /// # Errors
    /// `Config` if there is no such prompt in the target language.
    pub fn naive_messages(&self, plain: Plain, target: Language, article: &Article) -> Result<Vec<Message>> {
        let (task, questions, length) = match plain {
            Plain::Faq(questions) => ("faq", questions, None),
            Plain::Summary(length) => ("summary", 0, Some(length.name())),
        };
        let body = article.body_markdown();
        let context = context! { task, questions, length, article => body.trim() };
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
        let tasks = |language| TASKS.map(move |task| path(task, language));
        self.fingerprint(wrappings.into_iter().chain(tasks(source)).chain(tasks(target)).chain([labels]))
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

/// The messages of a text in which a line `=== role` stands before each.
fn conversation(text: &str) -> Vec<Message> {
    let mut messages: Vec<Message> = Vec::new();
    for line in text.lines() {
        let role = match line.trim_end() {
            "=== system" => Some(Role::System),
            "=== user" => Some(Role::User),
            "=== assistant" => Some(Role::Assistant),
            _ => None,
        };
        match (role, messages.last_mut()) {
            (Some(role), _) => messages.push(Message { role, content: String::new() }),
            (None, Some(message)) => {
                message.content.push_str(line);
                message.content.push('\n');
            }
            (None, None) => {}
        }
    }
    for message in &mut messages {
        message.content = message.content.trim().to_owned();
    }
    messages
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
