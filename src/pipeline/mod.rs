//! The pipeline: an article and an engine in, a checked FAQ block and summary out.

use std::ops::ControlFlow;
use std::str::FromStr;

use crate::article::Article;
use crate::content::{Output, SummaryLength};
use crate::engine::{Engine, Event, Sampling};
use crate::error::{Error, ErrorKind, Result};
use crate::lang::Language;
use crate::prompt::PromptLibrary;

/// How many questions a FAQ block should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Questions {
    /// As many as the article's length carries.
    #[default]
    Auto,
    /// That many.
    Exactly(usize),
}

/// The most questions of one FAQ block.
pub const MAX_QUESTIONS: usize = 20;

impl FromStr for Questions {
    type Err = Error;

    fn from_str(s: &str) -> Result<Self> {
        match s {
            "auto" => Ok(Self::Auto),
            _ => match s.parse() {
                Ok(n) if (1..=MAX_QUESTIONS).contains(&n) => Ok(Self::Exactly(n)),
                _ => Err(Error::new(
                    ErrorKind::Config,
                    format!("`{s}` is not a number of questions; give 1 to {MAX_QUESTIONS}, or `auto`"),
                )),
            },
        }
    }
}

/// What is wanted of an article.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The language to write in.
    pub target: Language,
    /// The FAQ block, if one is wanted.
    pub faq: Option<Questions>,
    /// The summary, if one is wanted.
    pub summary: Option<SummaryLength>,
    /// How tokens are chosen.
    pub sampling: Sampling,
}

/// What happens during [`run`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Progress<'a> {
    /// A stage begins: `write` at first, `refill` when entries were rejected and are asked for once more.
    Stage {
        /// The stage's name.
        name: &'static str,
        /// How many texts are written at the same time in this stage.
        requests: usize,
        /// The most tokens that this stage can write.
        max_tokens: usize,
    },
    /// The engine works.
    Engine(Event<'a>),
}

/// Writes what the job asks for.
///
/// # Errors
/// Those of [`Engine::generate`], and `Config` where there is no prompt for the target language.
/// Bad model output is not an error: it is in [`Output::rejections`].
pub fn run(
    engine: &mut dyn Engine,
    prompts: &PromptLibrary,
    article: &Article,
    job: &Job,
    on_progress: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
) -> Result<Output> {
    let _ = (engine, prompts, article, job, on_progress);
    Err(Error::new(ErrorKind::Inference, "not built yet"))
}
