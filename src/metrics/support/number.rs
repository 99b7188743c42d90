//! Numbers of a text by value: digits with the separators of any locale, scales, per cent and currencies, words, hours.

use std::sync::LazyLock;

use regex::Regex;

use super::{Taken, spelled};
use crate::article::Span;
use crate::lang::Language;

/// A number with every value that its spelling can have (`1.100` is 1100 or 1.1).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Number {
    values: Vec<f64>,
    unit: Option<Unit>,
    /// Whether it may be no number at all, such as `one` or `una`; it supports a claim but is none.
    pub(super) is_vague: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Percent,
    Euro,
    Dollar,
    Pound,
    /// Minutes after noon or midnight.
    Clock,
}

impl Number {
    /// Whether two numbers have a value in common and no units that contradict each other. A full hour agrees with a
    /// plain number too: `3 p.m.` with `las 3 de la tarde`.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        if self.unit == Some(Unit::Clock) || other.unit == Some(Unit::Clock) {
            let known = other.minutes();
            return self.minutes().iter().any(|minutes| known.contains(minutes));
        }
        (self.unit.is_none() || other.unit.is_none() || self.unit == other.unit)
            && self.values.iter().any(|value| other.has_value(*value))
    }

    /// The minutes after noon or midnight that it can stand for.
    fn minutes(&self) -> Vec<u32> {
        let hour =
            |value: f64| (value.fract() == 0.0 && (0.0..=24.0).contains(&value)).then(|| value as u32 * 60 % 720);
        match self.unit {
            Some(Unit::Clock) => self.values.iter().map(|value| *value as u32).collect(),
            None => self.values.iter().filter_map(|value| hour(*value)).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether it can have that value.
    pub(super) fn has_value(&self, value: f64) -> bool {
        self.values.iter().any(|own| (own - value).abs() <= 1e-9 * own.abs().max(1.0))
    }
}

/// Digits with separators between them, what is before them and behind them.
static DIGITS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?P<before>[€$£]\s?)?",
        r"(?P<digits>\d{1,3}(?:[\u{a0}\u{202f}\u{2009}\x20'’]\d{3})+(?:[.,]\d+)?\b|\d+(?:[.,]\d+)*)",
        r"(?:[\s\u{a0}\u{202f}-]{0,2}(?P<scale>(?i:mil\s+millones|thousand|millones|millón|millions?|billions?|billones|billón|trillions?|mil|mn|bn|m|k))\b)?",
        r"(?:(?:\s+de)?[\s\u{a0}\u{202f}-]{0,2}(?P<after>%|€|\$|£|(?i:per\s?cent|percent|por\s+cien(?:to)?|euros?|dollars?|d[oó]lares|pounds?|libras)\b))?",
    ))
    .unwrap()
});

static CLOCK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b([01]?\d|2[0-4])(?::|\.|\s?h\s?)([0-5]\d)(?:\s*h\b)?(?:\s*(?P<half>(?i)[ap]\.?\s?m\b))?").unwrap()
});

/// A full hour of a clock with two halves of a day.
static HOUR: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(\d{1,2})\s*(?i)[ap]\.?\s?m\b").unwrap());

/// The numbers of a text with their places.
pub(super) fn find(text: &str, language: Language) -> Vec<(Span, Number)> {
    let mut found = Vec::new();
    let mut clocks = Taken::default();
    for c in CLOCK.captures_iter(text) {
        let whole = c.get(0).map_or(0..0, |m| m.range());
        // `5.40` is an hour only where something says so; `5:40` always.
        let is_hour = c.name("half").is_some() || text[whole.clone()].contains([':', 'h']);
        let (Ok(hours), Ok(minutes)) = (c[1].parse::<u32>(), c[2].parse::<u32>()) else { continue };
        if is_hour && !text[whole.end..].starts_with(|c: char| c.is_ascii_digit() || c == ':') {
            let span = Span::new(whole.start, whole.end);
            let value = f64::from((hours * 60 + minutes) % 720);
            found.push((span, Number { values: vec![value], unit: Some(Unit::Clock), is_vague: false }));
            clocks.add(span);
        }
    }
    for c in HOUR.captures_iter(text) {
        let (Some(whole), Ok(hours)) = (c.get(0), c[1].parse::<u32>()) else { continue };
        let span = Span::new(whole.start(), whole.end());
        if (1..=12).contains(&hours) && !clocks.touches(span) {
            let value = f64::from(hours * 60 % 720);
            found.push((span, Number { values: vec![value], unit: Some(Unit::Clock), is_vague: false }));
            clocks.add(span);
        }
    }
    for c in DIGITS.captures_iter(text) {
        let (Some(whole), Some(digits)) = (c.get(0), c.name("digits")) else { continue };
        // Digits inside a word belong to a name: `A320`, `Q4`.
        let glued = text[..digits.start()].chars().next_back().is_some_and(|c| c.is_alphabetic() || c == '_');
        if glued || clocks.touches(Span::new(digits.start(), digits.end())) {
            continue;
        }
        let scale = c.name("scale").map(|scale| scale.as_str().to_lowercase());
        let factors = scale.map_or(&[1.0][..], |scale| factors_of(&scale, language));
        let values = readings(digits.as_str());
        let values = factors.iter().flat_map(|factor| values.iter().map(move |value| value * factor)).collect();
        let sign = c.name("after").or(c.name("before")).and_then(|sign| unit_of(sign.as_str().trim()));
        let end = whole.start() + whole.as_str().trim_end().trim_end_matches(" de").len();
        found.push((Span::new(whole.start(), end.max(digits.end())), Number { values, unit: sign, is_vague: false }));
        // `in 2020 300 people`: each group may be a number of its own.
        if digits.as_str().contains(' ') {
            for (at, group) in digits.as_str().split(' ').scan(digits.start(), |at, group| {
                let start = *at;
                *at += group.len() + 1;
                Some((start, group))
            }) {
                let values = readings(group);
                found.push((Span::new(at, at + group.len()), Number { values, unit: None, is_vague: true }));
            }
        }
    }
    for (span, value, is_vague) in spelled::find(text, language) {
        let behind = text[span.end..].trim_start();
        let unit = UNIT_WORD.find(behind).and_then(|word| unit_of(word.as_str()));
        found.push((span, Number { values: vec![value], unit, is_vague }));
    }
    found.sort_by_key(|(span, _)| (span.start, span.end));
    found
}

static UNIT_WORD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?i)(?:de\s+)?(?:%|per\s?cent|percent|por\s+cien(?:to)?|euros?|dollars?|d[oó]lares|pounds?|libras)")
        .unwrap()
});

/// The values that digits with separators can have.
fn readings(digits: &str) -> Vec<f64> {
    let grouped: String = digits.chars().filter(|c| c.is_ascii_digit() || matches!(c, '.' | ',')).collect();
    let separators: Vec<_> = grouped.match_indices(['.', ',']).collect();
    let value = |decimal: Option<usize>| {
        let text = grouped.char_indices().filter_map(|(at, c)| match c {
            '.' | ',' => (Some(at) == decimal).then_some('.'),
            digit => Some(digit),
        });
        text.collect::<String>().parse::<f64>().ok()
    };
    let Some((last, mark)) = separators.last().copied() else { return value(None).into_iter().collect() };
    let three_behind = grouped.len() - last - 1 == 3;
    let mixed = separators.iter().any(|(_, other)| *other != mark);
    let groups = three_behind && (1..=3).contains(&separators[0].0) && !grouped.starts_with('0');
    let readings = match separators.len() {
        1 if groups && digits.len() == grouped.len() => [value(None), value(Some(last))],
        1 => [value(Some(last)), None],
        _ if mixed => [value(Some(last)), None],
        _ if groups => [value(None), None],
        // Versions, chapters, dates: `1.2.3`.
        _ => [None, None],
    };
    readings.into_iter().flatten().collect()
}

/// What a scale in lower case may multiply by; `5m` are millions or metres.
fn factors_of(scale: &str, language: Language) -> &'static [f64] {
    match scale {
        "mil" | "thousand" | "k" => &[1e3],
        "m" => &[1.0, 1e6],
        "bn" => &[1e9],
        "billion" | "billions" if language != Language::ES => &[1e9],
        "billion" | "billions" | "billones" | "billón" | "trillion" | "trillions" => &[1e12],
        _ if scale.starts_with("mil") && scale.contains(char::is_whitespace) => &[1e9],
        _ => &[1e6],
    }
}

fn unit_of(sign: &str) -> Option<Unit> {
    let sign = sign.to_lowercase();
    let word = sign.trim_start_matches("de ").trim();
    Some(match word.chars().next()? {
        '%' => Unit::Percent,
        '€' | 'e' => Unit::Euro,
        '$' | 'd' => Unit::Dollar,
        '£' | 'l' => Unit::Pound,
        'p' if word.starts_with("pound") => Unit::Pound,
        'p' => Unit::Percent,
        _ => return None,
    })
}
