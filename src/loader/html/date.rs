//! Dates as pages state them, in ISO 8601 where that can be told.

use std::sync::LazyLock;

use regex::Regex;

static YEAR_FIRST: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(.*)$").unwrap());
static COMPACT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^(\d{4})(\d{2})(\d{2})(?:T?\d{4,6}Z?)?$").unwrap());
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^(?:\p{L}+,?\s+)?(?:(\d{1,2})(?:\s+de)?\s+(\p{L}{3})\p{L}*|(\p{L}{3})\p{L}*\.?\s+(\d{1,2}))(?:,|\s+de)?\s+(\d{4})\b")
        .unwrap()
});

/// The months, by the first three letters in English and Spanish.
#[rustfmt::skip]
const MONTHS: &[(&str, u32)] = &[
    ("jan", 1), ("ene", 1), ("feb", 2), ("mar", 3), ("apr", 4), ("abr", 4), ("may", 5), ("jun", 6), ("jul", 7),
    ("aug", 8), ("ago", 8), ("sep", 9), ("set", 9), ("oct", 10), ("nov", 11), ("dec", 12), ("dic", 12),
];

/// The date in ISO 8601, with its time if it has one in that form; otherwise as it was stated.
pub(super) fn iso(stated: &str) -> String {
    let stated = stated.trim();
    let parts = |year: &str, month: u32, day: &str| {
        let day: u32 = day.parse().ok()?;
        ((1..=12).contains(&month) && (1..=31).contains(&day)).then(|| format!("{year}-{month:02}-{day:02}"))
    };
    let found = if let Some(c) = YEAR_FIRST.captures(stated) {
        let rest = &c[4];
        let time = rest.trim_start_matches(['T', ' ']);
        let timed = rest.len() > time.len() && time.starts_with(|c: char| c.is_ascii_digit());
        c[2].parse()
            .ok()
            .and_then(|m| parts(&c[1], m, &c[3]))
            .map(|date| if timed { format!("{date}T{}", time.replace(' ', "")) } else { date })
    } else if let Some(c) = COMPACT.captures(stated) {
        c[2].parse().ok().and_then(|m| parts(&c[1], m, &c[3]))
    } else {
        NAMED.captures(stated).and_then(|c| {
            let day = c.get(1).or(c.get(4))?.as_str();
            let name = c.get(2).or(c.get(3))?.as_str().to_lowercase();
            parts(&c[5], MONTHS.iter().find(|(m, _)| *m == name)?.1, day)
        })
    };
    found.unwrap_or_else(|| stated.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_forms_become_iso() {
        for (stated, expected) in [
            ("2026-05-12T10:00:00-03:00", "2026-05-12T10:00:00-03:00"),
            ("2026-5-2", "2026-05-02"),
            ("2026/05/12 10:30", "2026-05-12T10:30"),
            ("20260512", "2026-05-12"),
            ("Tue, 12 May 2026 10:00:00 GMT", "2026-05-12"),
            ("May 12, 2026", "2026-05-12"),
            ("12 de mayo de 2026", "2026-05-12"),
            ("3 hours ago", "3 hours ago"),
            ("2026-15-12", "2026-15-12"),
        ] {
            assert_eq!(iso(stated), expected);
        }
    }
}
