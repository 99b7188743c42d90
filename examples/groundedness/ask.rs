//! A language model and the file that keeps what it said.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use faqtory::chat::Message;
use faqtory::engine::candle::{CandleEngine, LoadOptions};
use faqtory::engine::{Continuation, Engine, Likelihood, Prompt};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Result;

/// A model that is asked until the time is over.
pub(crate) struct Asking {
    engine: CandleEngine,
    file: File,
    done: HashSet<String>,
    end: Instant,
}

impl Asking {
    /// Loads the model and reads which keys the file has already.
    pub(crate) fn new(model: &Path, said: &Path, seconds: u64) -> Result<Self> {
        #[derive(serde::Deserialize)]
        struct Key {
            key: String,
        }
        let done =
            if said.exists() { read::<Key>(said)?.into_iter().map(|line| line.key).collect() } else { HashSet::new() };
        let name = model.file_stem().unwrap_or_default().to_string_lossy();
        let end = Instant::now() + Duration::from_secs(seconds);
        let engine = CandleEngine::load(model, &name, None, &LoadOptions::default())?;
        let file = OpenOptions::new().create(true).append(true).open(said)?;
        Ok(Self { engine, file, done, end })
    }

    /// Whether there is time for what is not known yet.
    pub(crate) fn wants(&self, key: &str) -> bool {
        Instant::now() < self.end && !self.done.contains(key)
    }

    /// The log-probabilities of texts behind their conversations. Those that begin alike are asked about in one call.
    pub(crate) fn likelihoods(&mut self, asked: Vec<(Vec<Message>, &str)>) -> Result<Vec<Likelihood>> {
        let continuation = |(messages, text): (Vec<Message>, &str)| Continuation {
            prompt: Prompt::Chat(messages),
            text: text.to_owned(),
        };
        let asked: Vec<_> = asked.into_iter().map(continuation).collect();
        Ok(self.engine.likelihood(&asked, &mut |_| ControlFlow::Continue(()))?)
    }

    /// Keeps a line, which has a `key`.
    pub(crate) fn keep(&mut self, line: &impl Serialize) -> Result<()> {
        writeln!(self.file, "{}", serde_json::to_string(line)?)?;
        Ok(())
    }
}

/// The lines of a file.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let text = std::fs::read_to_string(path)?;
    text.lines()
        .map(|line| serde_json::from_str(line).map_err(|e| format!("{}: {e}: {line}", path.display()).into()))
        .collect()
}
