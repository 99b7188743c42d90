//! Typographic conventions of the language that a text was translated into: marks of quotation, decimals and thousands.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::lang::{Language, Region};

/// A number with marks inside: `1,200`, `18.6`, `1,234,567.8`.
static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\d+(?:[.,]\d+)+").unwrap());
static QUOTED: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"“([^“”]*)”|"([^"]*)""#).unwrap());
static GUILLEMETS: LazyLock<Regex> = LazyLock::new(|| Regex::new("«([^«»]*)»").unwrap());

/// The text with the marks of `to`, where a translator may have left those of `from`.
pub(super) fn typography(text: &str, from: Language, to: Language) -> String {
    match (from == Language::EN, to == Language::EN) {
        (true, false) if to == Language::ES => {
            let text = NUMBER.replace_all(text, |found: &Captures<'_>| swapped(&found[0], ',', '.'));
            QUOTED.replace_all(&text, |c: &Captures<'_>| format!("«{}»", inner(c))).into_owned()
        }
        (false, true) => {
            let text = NUMBER.replace_all(text, |found: &Captures<'_>| swapped(&found[0], '.', ','));
            GUILLEMETS.replace_all(&text, |c: &Captures<'_>| format!("“{}”", inner(c))).into_owned()
        }
        _ => text.to_owned(),
    }
}

/// The numbers of a text as a region writes them, where it has other marks in them than the rest of the language.
pub(super) fn regional(text: &str, language: Language, region: Option<&Region>) -> String {
    if region.is_some_and(|region| region.has_decimal_point(language)) {
        NUMBER.replace_all(text, |found: &Captures<'_>| swapped(&found[0], '.', ',')).into_owned()
    } else {
        text.to_owned()
    }
}

fn inner<'a>(found: &'a Captures<'_>) -> &'a str {
    found.iter().skip(1).flatten().next().map_or("", |m| m.as_str())
}

/// A number whose thousands are parted by `thousands` and decimals by `decimal`, with the two exchanged. What may already
/// be written in the other way is left: `18,6` has no thousands.
fn swapped(number: &str, thousands: char, decimal: char) -> String {
    let (whole, fraction) = match number.rsplit_once(decimal) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (number, None),
    };
    let mut groups = whole.split(thousands);
    let first = groups.next().unwrap_or_default();
    let grouped = (1..=3).contains(&first.len())
        && groups.all(|group| group.len() == 3 && group.chars().all(|c| c.is_ascii_digit()));
    // Three digits behind a mark of decimals alone are thousands already: `1.200`.
    let thousands_already = fraction.is_some_and(|f| f.len() == 3) && !whole.contains(thousands);
    if !grouped || thousands_already || fraction.is_some_and(|f| f.contains([thousands, decimal])) {
        return number.to_owned();
    }
    let whole = whole.replace(thousands, &decimal.to_string());
    fraction.map_or(whole.clone(), |fraction| format!("{whole}{thousands}{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_may_have_its_own_marks() {
        let (text, mexico) = ("Costó 18,6 millones, no 1.234.567,8, a las 7.30 de 2026.", "MX".parse().unwrap());
        let expected = "Costó 18.6 millones, no 1,234,567.8, a las 7.30 de 2026.";
        assert_eq!(regional(text, Language::ES, Some(&mexico)), expected);
        for (language, region) in [(Language::ES, "ES"), ("fr".parse().unwrap(), "MX")] {
            assert_eq!(regional(text, language, Some(&region.parse().unwrap())), text);
        }
        assert_eq!(regional(text, Language::ES, None), text);
    }

    #[test]
    fn numbers_and_quotations_take_the_form_of_the_language() {
        let (en, es) = (Language::EN, Language::ES);
        assert_eq!(
            typography("Costó 18.6 millones, no 1,200; eran “muchos”, \"sí\".", en, es),
            "Costó 18,6 millones, no 1.200; eran «muchos», «sí»."
        );
        assert_eq!(
            typography("1,234,567.8 y 18,6 y 1.200 a las 7.30", en, es),
            "1.234.567,8 y 18,6 y 1.200 a las 7,30"
        );
        assert_eq!(
            typography("It cost 18,6 million, not 1.200: «so»", es, en),
            "It cost 18.6 million, not 1,200: “so”"
        );
        assert_eq!(typography("18.6 “x”", es, es), "18.6 “x”");
    }
}
