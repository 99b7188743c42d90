//! Runs with their scores, for the commands that show them.

use std::collections::HashSet;
use std::path::Path;

use faqtory::bench::{Run, score};
use faqtory::report::ScoredRun;
use faqtory::{Error, ErrorKind};

use crate::cli::failure::{ARTICLES, Failure};

/// Reads a run folder.
///
/// # Errors
/// `Input` if it is none, or an output in it has no score.
pub(super) fn read(path: &Path) -> Result<ScoredRun, Failure> {
    if !path.is_dir() {
        let error = Error::new(ErrorKind::Input, "this is no run folder").at(path.display().to_string());
        return Err(Failure::Error { error, code: ARTICLES, hint: Some("`faqtory bench FILE -o RUN` makes one") });
    }
    let run = Run::read(path)?;
    let scores = score::read(path)?;
    let scored: HashSet<_> = scores.iter().map(|s| (&s.key, &s.settings)).collect();
    let open = run.records.iter().filter(|r| !scored.contains(&(&r.key, &r.settings))).count();
    let failed = |message: String| {
        let error = Error::new(ErrorKind::Input, message).at(path.display().to_string());
        Failure::Error {
            error,
            code: ARTICLES,
            hint: Some("`faqtory bench` with the same file and `-o` runs what is missing and scores it"),
        }
    };
    if run.records.is_empty() {
        return Err(failed("there is no output in this run yet".to_owned()));
    }
    if open > 0 {
        return Err(failed(format!("{open} of {} outputs of this run have no scores", run.records.len())));
    }
    Ok(ScoredRun { run, scores })
}
