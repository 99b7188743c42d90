//! Numbers of a text by value, however they are written: in digits, in words, as hours of the day.

use super::clock::Hour;
use super::digits::{self, Digits};
use super::{Taken, clock, spelled};
use crate::article::Span;
use crate::lang::Language;

/// A number with every value that its spelling can have (`1.100` is 1100 or 1.1).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Number {
    pub(super) values: Vec<f64>,
    pub(super) unit: Option<Unit>,
    /// What has no value is compared as it is written: `1.2.3`.
    pub(super) label: Option<String>,
    /// Whether it is a plain number that stands for an hour.
    pub(super) hour: Hour,
    /// Whether it may be no number at all, such as `one` or `una`; it supports a claim but is none.
    pub(super) is_vague: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Percent,
    Euro,
    Dollar,
    Pound,
    /// Minutes after noon or midnight.
    Clock,
}

impl Number {
    pub(super) fn new(values: Vec<f64>, unit: Option<Unit>) -> Self {
        Self { values, unit, label: None, hour: Hour::No, is_vague: false }
    }

    /// The same as something that supports a claim but is none.
    pub(super) fn vague(self) -> Self {
        Self { is_vague: true, ..self }
    }

    /// Whether a known number has a value of this one, and they have no units that contradict each other. A full or half
    /// hour agrees with a plain number that is one too: `3 p.m.` with `las 3 de la tarde`.
    pub(super) fn agrees_with(&self, known: &Self) -> bool {
        if self.label.is_some() {
            return self.label == known.label;
        }
        match (self.unit == Some(Unit::Clock), known.unit == Some(Unit::Clock)) {
            (true, true) => self.values == known.values,
            (true, false) => known.hour == Hour::Yes && self.is_same_time(&known.values),
            (false, true) => self.hour != Hour::No && known.is_same_time(&self.values),
            (false, false) => {
                (self.unit.is_none() || known.unit.is_none() || self.unit == known.unit)
                    && self.values.iter().any(|value| known.has_value(*value))
            }
        }
    }

    /// Whether minutes after noon or midnight are those of a full or half hour.
    fn is_same_time(&self, hours: &[f64]) -> bool {
        let minutes = |hour: &f64| (*hour * 60.0) % 720.0;
        let exists = |hour: &&f64| (*hour * 2.0).fract() == 0.0 && (1.0..=24.0).contains(*hour);
        hours.iter().filter(exists).any(|hour| self.values.contains(&minutes(hour)))
    }

    /// Whether it can have that value.
    pub(super) fn has_value(&self, value: f64) -> bool {
        self.values.iter().any(|own| (own - value).abs() <= 1e-9 * own.abs().max(1.0))
    }
}

/// The numbers of a text with their places.
pub(super) fn find(text: &str, language: Language) -> Vec<(Span, Number)> {
    let mut found = clock::find(text);
    let mut clocks = Taken::default();
    found.iter().for_each(|(span, _)| clocks.add(*span));
    let mut written = digits::find(text, language);
    written.retain(|one| !clocks.touches(one.span));
    share_scales(text, &mut written);
    found.extend(written.into_iter().flat_map(Digits::into_numbers));
    found.extend(spelled::find(text, language).into_iter().map(|one| {
        let values = [one.value].into_iter().chain(digits::century_of(text, one.span.range(), one.value)).collect();
        let number = Number::new(values, digits::unit_behind(&text[one.span.end..]));
        (one.span, if one.is_vague { number.vague() } else { number })
    }));
    found.extend(digits::roman(text).map(|(span, value)| (span, Number::new(vec![value], None).vague())));
    for (span, number) in &mut found {
        if number.unit.is_none() {
            number.hour = clock::is_hour(text, *span);
        }
    }
    found.sort_by_key(|(span, _)| (span.start, span.end));
    found
}

/// A scale said once holds for a list: `18,6 millones en 2024 y 5,2 en 2025`, `between 2 and 3 million`. A number without
/// one takes that of the number before it in the same sentence, or behind it in the same list, as a further reading.
fn share_scales(text: &str, numbers: &mut [Digits]) {
    let mut last: Option<(usize, &'static [f64])> = None;
    let shared = |number: &Digits, factors: &[f64]| -> Vec<f64> {
        number.plain.iter().flat_map(|value| factors.iter().map(move |factor| value * factor)).collect()
    };
    for number in &mut *numbers {
        if let Some((end, _)) = last
            && (text[end..number.span.start].contains(". ") || text[end..number.span.start].contains('\n'))
        {
            last = None;
        }
        match number.factors {
            Some(factors) => last = Some((number.span.end, factors)),
            None => number.shared.extend(last.map(|(_, factors)| shared(number, factors)).unwrap_or_default()),
        }
    }
    for at in (1..numbers.len()).rev() {
        let (before, number) = numbers.split_at_mut(at);
        let (before, number) = (&mut before[at - 1], &number[0]);
        let factors = number.factors.or(number.of_list);
        if before.factors.is_none()
            && let Some(factors) = factors
            && digits::joins_list(&text[before.span.end..number.span.start])
        {
            before.shared.extend(shared(before, factors));
            before.of_list = Some(factors);
        }
    }
}
