//! What a sentence is worth in a summary, by the place of the article that it rests on.
//!
//! All sentences of 42 articles were graded by whether an editor would take them into a summary of three. The weights here, and
//! that of the deck, are those of a linear regression on the grades of 590 that can stand alone, rounded.

use crate::pipeline::check::Checker;

/// What it counts that a passage begins with it, beside what it counts to be the most central one.
const OPENS: f64 = 0.25;
/// What a number or a date counts.
const FIGURES: f64 = 0.3;

/// What a sentence counts that rests on that unit, from 0 to 1.55.
pub(super) fn worth(checker: &Checker<'_>, unit: usize, sentence: &str) -> f64 {
    let source = checker.source;
    let told = |is_so: bool, weight: f64| if is_so { weight } else { 0.0 };
    source.prominence(unit) + told(source.units[unit].opens, OPENS) + told(checker.has_figures(sentence), FIGURES)
}
