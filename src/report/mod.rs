//! The page of one or several runs: leaderboard, plots, and every document with what each system wrote of it.
//!
//! One string of HTML that needs nothing else: no scripts, no fonts, no pictures from anywhere.

mod board;
mod documents;
mod leaderboard;
mod page;
mod plots;
mod svg;
#[cfg(test)]
mod tests;

use crate::bench::{Run, Scored};

/// A run with the scores of its outputs.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredRun {
    /// The run.
    pub run: Run,
    /// The scores of its records; what has none is left out of the page.
    pub scores: Vec<Scored>,
}

/// The page of some runs. The same runs give the same page.
pub fn html(runs: &[ScoredRun]) -> String {
    page::page(&board::Board::of(runs))
}
