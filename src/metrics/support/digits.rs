//! Numbers in digits: the separators of any locale, scales, per cent and currencies; also Roman ones.

use std::sync::LazyLock;

use regex::Regex;

use super::number::{Number, Unit};
use crate::article::Span;
use crate::lang::Language;

/// A number in digits as it stands in a text.
pub(super) struct Digits {
    pub(super) span: Span,
    /// The values of its digits alone.
    pub(super) plain: Vec<f64>,
    /// What its scale may multiply by.
    pub(super) factors: Option<&'static [f64]>,
    /// What the scale of the next number of its list may multiply by.
    pub(super) of_list: Option<&'static [f64]>,
    /// Values that it has by what stands around it: the scale of another number, the century of a year.
    pub(super) shared: Vec<f64>,
    unit: Option<Unit>,
    label: Option<String>,
    /// The groups between spaces, each of which may be a number of its own: `in 2020 300 people`.
    groups: Vec<(Span, Vec<f64>)>,
}

impl Digits {
    /// The number, and those that its groups may be.
    pub(super) fn into_numbers(self) -> impl Iterator<Item = (Span, Number)> {
        let factors = self.factors.unwrap_or(&[1.0]);
        let own = factors.iter().flat_map(|factor| self.plain.iter().map(move |value| value * factor));
        let values = own.chain(self.shared).collect();
        let whole = Number { label: self.label, ..Number::new(values, self.unit) };
        let groups = self.groups.into_iter().map(|(span, values)| (span, Number::new(values, None).vague()));
        std::iter::once((self.span, whole)).chain(groups)
    }
}

/// Digits with separators between them, what is before them and behind them.
static DIGITS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?P<before>[€$£]\s?)?",
        r"(?P<digits>\d{1,3}(?:[\u{a0}\u{202f}\u{2009}\x20'’]\d{3})+(?:[.,]\d+)?\b|\d+(?:[.,]\d+)*)",
        r"(?:[\s\u{a0}\u{202f}-]{0,2}(?P<scale>(?i:mil\s+millones|thousand|millones|millón|millions?|billions?|billones|billón|trillions?|mil|mln|mn|bn|m|k))\b)?",
        r"(?:(?:\s+de)?[\s\u{a0}\u{202f}-]{0,2}(?P<after>%|€|\$|£|(?i:per\s?cent|percent|por\s+cien(?:to)?|euros?|dollars?|d[oó]lares|pounds?|libras)\b))?",
    ))
    .unwrap()
});

/// A word for a unit, right behind a number in words.
static UNIT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?i)(?:de\s+)?(?:%|per\s?cent|percent|por\s+cien(?:to)?|euros?|dollars?|d[oó]lares|pounds?|libras)\b")
        .unwrap()
});

/// What stands between two numbers of a list of the same things.
static LIST: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*(?:[,;/–—-]|\b(?i:and|or|to|y|e|o|u|a)\b|,\s*(?i:and|or|y|o)\b)\s*$").unwrap());

static ROMAN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(?:[IVX]+)\b").unwrap());

/// The numbers in digits, in their order. Digits inside a word belong to a name and are none: `A320`, `Q4`.
pub(super) fn find(text: &str, language: Language) -> Vec<Digits> {
    let glued = |at: usize| text[..at].chars().next_back().is_some_and(|c| c.is_alphabetic() || c == '_');
    let captures = DIGITS.captures_iter(text).filter_map(|c| {
        let (whole, digits) = (c.get(0)?, c.name("digits")?);
        if glued(digits.start()) {
            return None;
        }
        let scale = c.name("scale").map(|scale| scale.as_str().to_lowercase());
        let sign = c.name("after").or(c.name("before"));
        let end = whole.start() + whole.as_str().trim_end().trim_end_matches(" de").len();
        let leading = text[..digits.start()].ends_with(['.', ','])
            && !text[..digits.start() - 1].ends_with(char::is_alphanumeric);
        // `.6` is six tenths.
        let plain = if leading { readings(&format!("0.{}", digits.as_str())) } else { readings(digits.as_str()) };
        let mut groups = Vec::new();
        if digits.as_str().contains(' ') {
            let mut at = digits.start();
            for group in digits.as_str().split(' ') {
                groups.push((Span::new(at, at + group.len()), readings(group)));
                at += group.len() + 1;
            }
        }
        let shared = plain.iter().filter_map(|value| century_of(text, digits.range(), *value)).collect();
        Some(Digits {
            span: Span::new(whole.start(), end.max(digits.end())),
            label: plain.is_empty().then(|| digits.as_str().to_owned()),
            plain,
            factors: scale.map(|scale| factors_of(&scale, language)),
            of_list: None,
            shared,
            unit: sign.and_then(|sign| unit_of(sign.as_str())),
            groups,
        })
    });
    captures.collect()
}

/// The year that two digits, or the words for them, may stand for: `los años 80`, `the '80s`, `2016–25`.
pub(super) fn century_of(text: &str, at: std::ops::Range<usize>, value: f64) -> Option<f64> {
    let (before, behind) = (&text[..at.start], &text[at.end..]);
    if value.fract() != 0.0 || !(10.0..100.0).contains(&value) {
        return None;
    }
    let year = |before: &str| -> Option<f64> {
        let digits = before.len() - before.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        (digits == 4).then(|| before[before.len() - 4..].parse().ok()).flatten()
    };
    let from = before.strip_suffix(['-', '–', '/']).and_then(year);
    let decade = before.ends_with("años ") || behind.trim_start_matches(['\'', '’']).starts_with('s');
    match from {
        Some(year) => Some((year / 100.0).floor() * 100.0 + value),
        None => (value % 10.0 == 0.0 && decade).then_some(1900.0 + value),
    }
}

/// The unit at the beginning of what stands behind a number in words.
pub(super) fn unit_behind(text: &str) -> Option<Unit> {
    UNIT.find(text.trim_start()).and_then(|word| unit_of(word.as_str()))
}

/// Whether a text between two numbers makes a list of them.
pub(super) fn joins_list(between: &str) -> bool {
    LIST.is_match(between)
}

/// Numbers in Roman digits up to 39: those of centuries, kings and world wars. They may be initials as well.
pub(super) fn roman(text: &str) -> impl Iterator<Item = (Span, f64)> {
    ROMAN.find_iter(text).filter_map(|found| {
        let value = |c: char| match c {
            'I' => 1,
            'V' => 5,
            _ => 10,
        };
        let digits: Vec<i32> = found.as_str().chars().map(value).collect();
        let signed = |at: usize| {
            if digits.get(at + 1).is_some_and(|next| *next > digits[at]) { -digits[at] } else { digits[at] }
        };
        let sum: i32 = (0..digits.len()).map(signed).sum();
        (sum > 0).then(|| (Span::new(found.start(), found.end()), f64::from(sum)))
    })
}

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
    let sign = sign.trim().to_lowercase();
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
