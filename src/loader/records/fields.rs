//! The fields of a record, in the forms that files of articles have them in.

use serde_json::{Map, Value};

use super::input;
use crate::article::one_line;
use crate::error::Result;

/// Years that a number means which is too small for a moment.
const YEARS: std::ops::Range<i64> = 1_000..3_000;
/// The same with month and day, as in 20260512.
const DAYS: std::ops::Range<i64> = 10_000_000..30_000_000;
/// From here on a number counts milliseconds since 1970, not seconds: as seconds it would be the year 5138, as
/// milliseconds it is 1973.
const MILLISECONDS: f64 = 1e11;
/// From here on it is no moment.
const NO_MOMENT: f64 = 1e14;

/// A form that the value of a field has, and what it is called in the error for another.
pub(super) struct Form {
    name: &'static str,
    read: fn(&Value) -> Option<String>,
}

/// Text on one line.
pub(super) const LINE: Form = Form { name: "a text", read: line };
/// Text on one line, or a number.
pub(super) const LABEL: Form = Form { name: "a text or a number", read: label };
/// The text of an article.
pub(super) const TEXT: Form = Form { name: "a text or a list of texts", read: text };
/// One who wrote an article, or several.
pub(super) const NAMES: Form =
    Form { name: "a name, an object with a `name`, or a list of names or such objects", read: names };
/// When an article was published.
pub(super) const DATE: Form = Form {
    name: "a text, a year, a date such as 20260512, or the seconds or milliseconds since 1970 as a number",
    read: date,
};

impl Form {
    /// The value of the first of the keys that has one; `null` and empty values are none.
    ///
    /// # Errors
    /// `Input` where the value is of another form.
    pub(super) fn get(&self, fields: &Map<String, Value>, keys: &[&str]) -> Result<Option<String>> {
        for key in keys {
            let Some(value) = fields.get(*key).filter(|v| !v.is_null()) else { continue };
            let text = (self.read)(value).ok_or_else(|| {
                input(format!("the value of `{key}` is {}; it should be {}", described(value), self.name))
            })?;
            if !text.trim().is_empty() {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }
}

/// A value in a message: what it is, and itself if it is short.
fn described(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(_) => "a text".to_owned(),
        Value::Array(list) if list.is_empty() => "an empty list".to_owned(),
        Value::Array(_) => "a list of something else".to_owned(),
        Value::Object(_) => "an object of another kind".to_owned(),
    }
}

fn line(value: &Value) -> Option<String> {
    value.as_str().map(one_line)
}

fn label(value: &Value) -> Option<String> {
    line(value).or_else(|| value.as_number().map(ToString::to_string))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(parts) => {
            let parts = parts.iter().filter(|part| !part.is_null()).map(Value::as_str);
            parts.collect::<Option<Vec<_>>>().map(|parts| parts.join("\n\n"))
        }
        _ => None,
    }
}

fn names(value: &Value) -> Option<String> {
    match value {
        Value::Array(all) => {
            let names = all.iter().filter(|name| !name.is_null()).map(name).collect::<Option<Vec<_>>>()?;
            Some(names.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>().join(", "))
        }
        one => name(one),
    }
}

fn name(value: &Value) -> Option<String> {
    match value {
        Value::Object(fields) => match fields.get("name")? {
            Value::Null => Some(String::new()),
            name => line(name),
        },
        other => line(other),
    }
}

fn date(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => moment(number.as_f64()?),
        // Tables that were made JSON have their numbers as texts.
        Value::String(text) if text.len() >= 9 && text.bytes().all(|b| b.is_ascii_digit()) => {
            text.parse().ok().and_then(moment).or_else(|| line(value))
        }
        other => line(other),
    }
}

/// The date that a number means, in ISO 8601.
fn moment(number: f64) -> Option<String> {
    let whole = number as i64;
    if number.fract() == 0.0 && YEARS.contains(&whole) {
        return Some(whole.to_string());
    }
    if number.fract() == 0.0 && DAYS.contains(&whole) {
        let (year, month, day) = (whole / 10_000, whole / 100 % 100, whole % 100);
        if (1..=12).contains(&month) && (1..=days_of_month(year, month)).contains(&day) {
            return Some(format!("{year}-{month:02}-{day:02}"));
        }
    }
    if number.abs() >= NO_MOMENT {
        return None;
    }
    let seconds = (if number.abs() < MILLISECONDS { number } else { number / 1e3 }).floor() as i64;
    let (year, month, day) = date_of(seconds.div_euclid(86_400))?;
    let time = seconds.rem_euclid(86_400);
    let date = format!("{year:04}-{month:02}-{day:02}");
    // Midnight is what becomes of a date without a time.
    Some(match time {
        0 => date,
        _ => format!("{date}T{:02}:{:02}:{:02}Z", time / 3_600, time / 60 % 60, time % 60),
    })
}

/// Year, month and day of a day, counted from the first one of 1970; `None` before the year 1.
fn date_of(mut day: i64) -> Option<(i64, i64, i64)> {
    let mut year = 1970;
    while day < 0 {
        year -= 1;
        day += days_of_year(year);
    }
    while day >= days_of_year(year) {
        day -= days_of_year(year);
        year += 1;
    }
    let mut month = 1;
    while day >= days_of_month(year, month) {
        day -= days_of_month(year, month);
        month += 1;
    }
    (year > 0).then_some((year, month, day + 1))
}

fn days_of_year(year: i64) -> i64 {
    365 + i64::from(days_of_month(year, 2) == 29)
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_one_or_a_list_of_them() {
        for (value, expected) in [
            (json!("Ana  Ruiz"), Some("Ana Ruiz")),
            (json!({"name": "Ana Ruiz", "url": "x"}), Some("Ana Ruiz")),
            (json!(["Ana Ruiz", null, {"name": "Tom Lee"}, {"name": null}, " "]), Some("Ana Ruiz, Tom Lee")),
            (json!([]), Some("")),
            (json!({"id": 7}), None),
            (json!([7]), None),
            (json!(true), None),
        ] {
            assert_eq!(names(&value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn numbers_are_moments_in_the_unit_that_fits() {
        for (value, expected) in [
            (json!("12 May 2026"), Some("12 May 2026")),
            (json!(1_778_580_000), Some("2026-05-12T10:00:00Z")),
            (json!(1_778_580_000_000_i64), Some("2026-05-12T10:00:00Z")),
            (json!(1_778_580_000.75), Some("2026-05-12T10:00:00Z")),
            (json!("1778580000"), Some("2026-05-12T10:00:00Z")),
            (json!(1_778_544_000), Some("2026-05-12")),
            (json!(951_782_400), Some("2000-02-29")),
            (json!(-86_400), Some("1969-12-31")),
            (json!(-1), Some("1969-12-31T23:59:59Z")),
            (json!(20_260_512), Some("2026-05-12")),
            (json!(20_261_312), Some("1970-08-23T12:08:32Z")),
            (json!(2026), Some("2026")),
            (json!("2026"), Some("2026")),
            (json!(1e14), None),
            (json!(-1e14), None),
            (json!({"day": 12}), None),
        ] {
            assert_eq!(date(&value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn errors_say_what_is_there_and_what_should_be() {
        let fields = json!({"a": null, "b": "", "date": {"day": 1}});
        let fields = fields.as_object().unwrap();
        assert_eq!(LINE.get(fields, &["a", "b", "c"]).unwrap(), None);
        let error = DATE.get(fields, &["a", "date"]).unwrap_err();
        assert!(
            error.message().contains("`date` is an object of another kind; it should be a text, a year"),
            "{error}"
        );
    }
}
