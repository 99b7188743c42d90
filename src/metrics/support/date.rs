//! Dates of a text: `4 May 2026`, `May 4`, `4 de mayo de 2026`, `2026-05-04`, `04/05/2026`, `in April`.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::calendar::{month, month_pattern};
use super::{Taken, tail};
use crate::article::Span;
use crate::lang::Language;

/// A date, with a reading for each way to understand it (`04/05/2026` has two).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Date {
    pub(super) year: Option<i32>,
    pub(super) readings: Vec<DayOfMonth>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DayOfMonth {
    month: u32,
    day: Option<u32>,
}

impl DayOfMonth {
    /// Whether `other` says the same and perhaps the day too.
    pub(super) fn is_in(self, other: &Self) -> bool {
        self.month == other.month && (self.day.is_none() || self.day == other.day)
    }
}

/// What comes before a month that stands alone, so that `may` and `march` the verbs are no dates.
const LEADS_EN: &str = r"(?:in|by|until|till|since|from|to|through|of|late|early|mid|last|next|this|every|and)";
const LEADS_ES: &str = r"(?:en|de|del|desde|hasta|a|para|entre|y|durante|pasado|próximo|este|cada|mes de)";

/// A day before another of the same month, at the end of a text: `del 8 al`, `the 8th and`, `21 y el jueves`.
static DAY_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"\b(\d{1,2})(?:st|nd|rd|th)?\s*(?:,|[-–]|(?i:y|e|o|a|al|and|or|to)\b)\s*(?i:del|el|the)?\s*(?:\p{L}+\s+)?$",
    )
    .unwrap()
});

/// A day behind another of the same month, at the beginning of a text: `to 12`, `and the 23rd`.
static DAY_BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:[-–]|(?i:and|or|to|through)\b)\s*(?i:the\b)?\s*(\d{1,2})(?:st|nd|rd|th)?\b").unwrap()
});

struct Patterns {
    day_month: Regex,
    month_day: Option<Regex>,
    alone: Regex,
    month: Regex,
}

static ENGLISH: LazyLock<Option<Patterns>> = LazyLock::new(|| patterns(Language::EN));
static SPANISH: LazyLock<Option<Patterns>> = LazyLock::new(|| patterns(Language::ES));
static ISO: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(\d{4})-(\d{2})-(\d{2})\b").unwrap());
static NUMERIC: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(\d{1,2})([/.-])(\d{1,2})([/.-])(\d{4}|\d{2})\b").unwrap());

fn patterns(language: Language) -> Option<Patterns> {
    let months = month_pattern(language)?;
    let regex = |pattern: String| Regex::new(&pattern).unwrap();
    let year =
        if language == Language::ES { r"(?:\s+(?:de|del)\s+(?:año\s+)?(\d{4})\b)?" } else { r"(?:,?\s+(\d{4})\b)?" };
    Some(if language == Language::ES {
        Patterns {
            day_month: regex(format!(r"\b(\d{{1,2}}|1\.?º)\s+de\s+({months}){year}")),
            month_day: None,
            alone: regex(format!(r"\b{LEADS_ES}\s+({months}){year}")),
            month: regex(format!(r"\b({months}){year}")),
        }
    } else {
        Patterns {
            day_month: regex(format!(r"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?({months}){year}")),
            month_day: Some(regex(format!(r"\b({months})\s+(\d{{1,2}})(?:st|nd|rd|th)?\b{year}"))),
            alone: regex(format!(r"\b(?i:{LEADS_EN})\s+({months}){year}")),
            month: regex(format!(r"\b({months}){year}")),
        }
    })
}

/// The dates of a text with their places, none within another. In a source (`every_reading`) each name of a month
/// counts, and a number before or behind a day may be a day too; in a sentence a month without a day needs a year or a
/// preposition, and such a number is a number.
pub(super) fn find(text: &str, language: Language, every_reading: bool) -> Vec<(Span, Date)> {
    let (mut found, mut taken) = (Vec::new(), Taken::default());
    let mut add = |from: usize, to: usize, date: Option<Date>| {
        let span = Span::new(from, to);
        if let Some(date) = date
            && !taken.touches(span)
        {
            taken.add(span);
            found.push((span, date));
        }
    };
    for c in ISO.captures_iter(text) {
        let date = number(&c, 2).zip(number(&c, 3)).and_then(|(month, day)| of(&[(month, Some(day))], year(&c, 1)));
        add(start(&c, 0), end(&c, 0), date);
    }
    for c in NUMERIC.captures_iter(text).filter(|c| c[2] == c[4]) {
        let date = number(&c, 1).zip(number(&c, 3)).and_then(|(a, b)| {
            let year = year(&c, 5).map(|year| if year < 100 { year + 2000 } else { year });
            of(&[(b, Some(a)), (a, Some(b))], year)
        });
        add(start(&c, 0), end(&c, 0), date);
    }
    let patterns = match language {
        Language::EN => &*ENGLISH,
        Language::ES => &*SPANISH,
        _ => &None,
    };
    let Some(patterns) = patterns else { return found };
    for c in patterns.day_month.captures_iter(text) {
        let day = c[1].trim_end_matches(['º', '.']).parse().ok();
        add(start(&c, 0), end(&c, 0), named(&c, 2, day, 3, language));
        let mut at = start(&c, 0);
        while let Some(day) = DAY_BEFORE.captures(tail(&text[..at])).filter(|_| every_reading) {
            let from = at - tail(&text[..at]).len();
            at = from + start(&day, 1);
            add(at, from + end(&day, 1), named(&c, 2, number(&day, 1), 3, language));
        }
    }
    for c in patterns.month_day.iter().flat_map(|pattern| pattern.captures_iter(text)) {
        add(start(&c, 0), end(&c, 0), named(&c, 1, number(&c, 2), 3, language));
        let mut at = end(&c, 2);
        while let Some(day) = DAY_BEHIND.captures(&text[at..]).filter(|_| every_reading) {
            add(at + start(&day, 1), at + end(&day, 1), named(&c, 1, number(&day, 1), 3, language));
            at += end(&day, 1);
        }
    }
    let alone = if every_reading { &patterns.month } else { &patterns.alone };
    for pattern in [alone, &patterns.month] {
        for c in pattern.captures_iter(text) {
            // Without a preposition only what has its year.
            if std::ptr::eq(pattern, alone) || c.get(2).is_some() {
                add(start(&c, 1), end(&c, 0), named(&c, 1, None, 2, language));
            }
        }
    }
    found
}

fn named(c: &Captures, name: usize, day: Option<u32>, at: usize, language: Language) -> Option<Date> {
    of(&[(month(c[name].trim_end_matches('.'), language)?, day)], year(c, at))
}

/// A date of those readings that exist in a calendar.
fn of(readings: &[(u32, Option<u32>)], year: Option<i32>) -> Option<Date> {
    let exists =
        |(month, day): &(u32, Option<u32>)| (1..=12).contains(month) && day.is_none_or(|d| (1..=31).contains(&d));
    let known = readings.iter().copied().filter(exists).map(|(month, day)| DayOfMonth { month, day });
    let readings: Vec<_> = known.collect();
    (!readings.is_empty()).then_some(Date { year, readings })
}

fn number(c: &Captures, group: usize) -> Option<u32> {
    c.get(group)?.as_str().parse().ok()
}

fn year(c: &Captures, group: usize) -> Option<i32> {
    c.get(group)?.as_str().parse().ok()
}

fn start(c: &Captures, group: usize) -> usize {
    c.get(group).map_or(0, |found| found.start())
}

fn end(c: &Captures, group: usize) -> usize {
    c.get(group).map_or(0, |found| found.end())
}
