//! Scoring a run: every output that has no score of this scorer yet.
//!
//! `scores.jsonl` is made of `outputs.jsonl`, and can be deleted and made again.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::config::BenchConfig;
use super::folder::{Run, io, read_lines, replace, to_line};
use super::record::{Key, Record};
use crate::error::{Error, ErrorKind, Result};
use crate::eval::{Evaluator, Prediction, Scores};

const SCORES: &str = "scores.jsonl";

/// The scores of one output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scored {
    /// Of what.
    #[serde(flatten)]
    pub key: Key,
    /// The settings of the output that was scored.
    pub settings: String,
    /// Which scorer it was: version and encoder.
    pub scorer: String,
    /// The scores.
    pub scores: Scores,
}

/// The scores that are kept in a run folder.
///
/// # Errors
/// `Io` and `Input`.
pub fn read(folder: &Path) -> Result<Vec<Scored>> {
    Ok(read_lines(&folder.join(SCORES))?.0)
}

/// What is scored: an output, or nothing where the system failed or nothing came of a part.
fn prediction(record: &Record, config: &BenchConfig) -> Result<Prediction> {
    let mut prediction = match &record.output {
        Some(output) => Prediction::from(output),
        None => Prediction {
            id: record.key.document.clone(),
            language: Some(record.key.language),
            faq: None,
            asked: None,
            summary: None,
            length: None,
        },
    };
    if config.questions()?.is_some() {
        prediction.faq.get_or_insert_default();
    }
    if let Some(length) = config.summary_length()? {
        prediction.summary.get_or_insert_default();
        prediction.length = Some(length);
    }
    Ok(prediction)
}

/// Scores what has no score by `scorer` yet, keeps all scores in the folder, and gives them in the order of the records.
/// The callback is told how many are done of how many, and may end it; what is done by then is kept.
///
/// # Errors
/// `Cancelled`, `Inference` if the encoder cannot be run, `Input` for a record of a document that is not there, `Io`.
pub fn score(
    run: &Run,
    evaluator: &mut Evaluator,
    scorer: &str,
    on_progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Vec<Scored>> {
    let path = run.path.join(SCORES);
    let (kept, whole) = read_lines::<Scored>(&path)?;
    let kept = kept.into_iter().filter(|s| s.scorer == scorer);
    let mut known: HashMap<Key, Scored> = kept.map(|s| (s.key.clone(), s)).collect();
    known.retain(|key, scored| run.records.iter().any(|r| r.key == *key && r.settings == scored.settings));
    let mut open: Vec<&Record> = run.records.iter().filter(|r| !known.contains_key(&r.key)).collect();
    // The outputs of one document behind one another: its article is embedded once.
    open.sort_by(|a, b| (&a.key.document, &a.key.system).cmp(&(&b.key.document, &b.key.system)));
    let total = open.len();
    let mut file = OpenOptions::new().create(true).append(true).open(&path).map_err(io("cannot write", &path))?;
    file.set_len(whole).map_err(io("cannot cut off a line that was not written to its end", &path))?;
    let mut result = Ok(());
    for (done, record) in open.into_iter().enumerate() {
        if on_progress(done, total).is_break() {
            result = Err(Error::new(ErrorKind::Cancelled, "stopped"));
            break;
        }
        let Some(document) = run.documents.iter().find(|d| d.id == record.key.document) else {
            let message = format!("there is an output for `{}`, but no such document", record.key.document);
            return Err(Error::new(ErrorKind::Input, message).at(run.path.display().to_string()));
        };
        let scores = evaluator.score(document, &prediction(record, &run.about.config)?)?;
        let (key, settings) = (record.key.clone(), record.settings.clone());
        let scored = Scored { key: key.clone(), settings, scorer: scorer.to_owned(), scores };
        // At once, so that little is lost if the program is killed; in order when all are there.
        file.write_all(&to_line(&scored)?).map_err(io("cannot write", &path))?;
        known.insert(key, scored);
    }
    let scored: Vec<Scored> = run.records.iter().filter_map(|r| known.remove(&r.key)).collect();
    let lines = scored.iter().map(to_line).collect::<Result<Vec<_>>>()?;
    drop(file);
    replace(&path, &lines.concat())?;
    result.map(|()| scored)
}
