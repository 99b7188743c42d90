//! Hours of the day: `5:40`, `5.40 h`, `11:10 p.m.`, `3 pm`.

use std::sync::LazyLock;

use regex::Regex;

use super::number::{Number, Unit};
use super::{Taken, tail};
use crate::article::Span;

static CLOCK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b([01]?\d|2[0-4])(?::|\.|\s?h\s?)([0-5]\d)(?:\s*h\b)?(?:\s*(?P<half>(?i)[ap]\.?\s?m\b))?").unwrap()
});

/// A full hour of a clock with two halves of a day.
static HOUR: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(\d{1,2})\s*(?i)[ap]\.?\s?m\b").unwrap());

/// Twelve o'clock in words.
static TWELVE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?i:noon|midday|midnight|mediod[ií]a|medianoche)\b").unwrap());

/// What stands before or behind a plain number that is an hour.
static BEFORE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(?i:las?|at)\s+$").unwrap());
static BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?i:h\b|horas\b|o['’]clock\b|de la (?:mañana|tarde|noche|madrugada)\b|in the (?:morning|afternoon|evening)\b)").unwrap()
});
/// The same where nothing but a preposition says so: `de 9 a 13 horas`, `between 2 and 5 p.m.`.
static MAYBE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(?i:de|a|hasta|desde|entre|y|e|o|from|to|until|till|by|between|and|or|before|after)\s+$").unwrap()
});

/// Whether the plain number there is an hour of the day, or whether it may be one.
pub(super) fn is_hour(text: &str, at: Span) -> Hour {
    let (before, behind) = (tail(&text[..at.start]), &text[at.end..]);
    if BEFORE.is_match(before) || BEHIND.is_match(behind) {
        Hour::Yes
    } else if MAYBE.is_match(before) {
        Hour::Maybe
    } else {
        Hour::No
    }
}

/// Whether a plain number is an hour of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hour {
    Yes,
    /// Its sentence may say so elsewhere.
    Maybe,
    No,
}

/// The hours with their places.
pub(super) fn find(text: &str) -> Vec<(Span, Number)> {
    let (mut found, mut taken) = (Vec::new(), Taken::default());
    let mut add = |span: Span, minutes: u32| {
        if !taken.touches(span) {
            taken.add(span);
            found.push((span, Number::new(vec![f64::from(minutes % 720)], Some(Unit::Clock))));
        }
    };
    for c in CLOCK.captures_iter(text) {
        let whole = c.get(0).map_or(0..0, |m| m.range());
        // `5.40` is an hour only where something says so; `5:40` always.
        let is_hour = c.name("half").is_some() || text[whole.clone()].contains([':', 'h']);
        let (Ok(hours), Ok(minutes)) = (c[1].parse::<u32>(), c[2].parse::<u32>()) else { continue };
        let behind = text[whole.end..].trim_start_matches(':');
        if is_hour && !behind.starts_with(|c: char| c.is_ascii_digit()) {
            add(Span::new(whole.start, whole.end), hours * 60 + minutes);
        }
    }
    for c in HOUR.captures_iter(text) {
        let (Some(whole), Ok(hours)) = (c.get(0), c[1].parse::<u32>()) else { continue };
        if (1..=12).contains(&hours) {
            add(Span::new(whole.start(), whole.end()), hours * 60);
        }
    }
    let twelve = Number::new(vec![0.0], Some(Unit::Clock)).vague();
    found.extend(TWELVE.find_iter(text).map(|word| (Span::new(word.start(), word.end()), twelve.clone())));
    found
}
