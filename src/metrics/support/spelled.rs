//! Numbers written in words, in English and Spanish: `forty-nine`, `two million`, `treinta y uno`, `dos mil quinientos`.

use crate::article::Span;
use crate::lang::Language;
use crate::metrics::text::word_spans;

/// Words that add their value: (language, word, value).
const VALUES: &[(&str, &[(&str, u64)])] = &[
    (
        "en",
        &[
            ("zero", 0),
            ("one", 1),
            ("two", 2),
            ("three", 3),
            ("four", 4),
            ("five", 5),
            ("six", 6),
            ("seven", 7),
            ("eight", 8),
            ("nine", 9),
            ("ten", 10),
            ("eleven", 11),
            ("twelve", 12),
            ("thirteen", 13),
            ("fourteen", 14),
            ("fifteen", 15),
            ("sixteen", 16),
            ("seventeen", 17),
            ("eighteen", 18),
            ("nineteen", 19),
            ("twenty", 20),
            ("thirty", 30),
            ("forty", 40),
            ("fifty", 50),
            ("sixty", 60),
            ("seventy", 70),
            ("eighty", 80),
            ("ninety", 90),
        ],
    ),
    (
        "es",
        &[
            ("cero", 0),
            ("un", 1),
            ("uno", 1),
            ("una", 1),
            ("dos", 2),
            ("tres", 3),
            ("cuatro", 4),
            ("cinco", 5),
            ("seis", 6),
            ("siete", 7),
            ("ocho", 8),
            ("nueve", 9),
            ("diez", 10),
            ("once", 11),
            ("doce", 12),
            ("trece", 13),
            ("catorce", 14),
            ("quince", 15),
            ("dieciséis", 16),
            ("diecisiete", 17),
            ("dieciocho", 18),
            ("diecinueve", 19),
            ("veinte", 20),
            ("veintiún", 21),
            ("veintiuno", 21),
            ("veintiuna", 21),
            ("veintidós", 22),
            ("veintitrés", 23),
            ("veinticuatro", 24),
            ("veinticinco", 25),
            ("veintiséis", 26),
            ("veintisiete", 27),
            ("veintiocho", 28),
            ("veintinueve", 29),
            ("treinta", 30),
            ("cuarenta", 40),
            ("cincuenta", 50),
            ("sesenta", 60),
            ("setenta", 70),
            ("ochenta", 80),
            ("noventa", 90),
            ("cien", 100),
            ("ciento", 100),
            ("doscientos", 200),
            ("doscientas", 200),
            ("trescientos", 300),
            ("trescientas", 300),
            ("cuatrocientos", 400),
            ("cuatrocientas", 400),
            ("quinientos", 500),
            ("quinientas", 500),
            ("seiscientos", 600),
            ("seiscientas", 600),
            ("setecientos", 700),
            ("setecientas", 700),
            ("ochocientos", 800),
            ("ochocientas", 800),
            ("novecientos", 900),
            ("novecientas", 900),
        ],
    ),
];

/// Words that multiply what stands before them: (language, word, factor).
const SCALES: &[(&str, &[(&str, u64)])] = &[
    ("en", &[("hundred", 100), ("thousand", 1_000), ("million", 1_000_000), ("billion", 1_000_000_000)]),
    ("es", &[("mil", 1_000), ("millón", 1_000_000), ("millones", 1_000_000), ("billones", 1_000_000_000_000)]),
];

/// The number so far: `total` of what a scale has closed, `open` of what it has not.
#[derive(Default)]
struct Run {
    total: u64,
    open: u64,
    words: usize,
    span: Option<Span>,
}

/// The numbers in words with place and value; the last field says that it is a word for one alone, which is mostly an
/// article or a pronoun.
pub(super) fn find(text: &str, language: Language) -> Vec<(Span, f64, bool)> {
    let of = |table: &[(&'static str, &'static [(&'static str, u64)])]| {
        table.iter().find(|(code, _)| *code == language.code()).map_or(&[][..], |(_, words)| *words)
    };
    let (values, scales) = (of(VALUES), of(SCALES));
    let link = if language == Language::ES { "y" } else { "and" };
    let (mut found, mut run) = (Vec::new(), Run::default());
    let mut last_end = 0;
    for span in word_spans(text) {
        let word = text[span.range()].to_lowercase();
        let value = |table: &[(&str, u64)]| table.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
        // Only white space or a hyphen may part the words of one number; digits before a scale are not ours.
        let joined = text[last_end..span.start].chars().all(|c| c.is_whitespace() || c == '-');
        if !joined {
            close(&mut run, &mut found);
        }
        // `por ciento` and `por cien` are units.
        let unit = matches!(word.as_str(), "cien" | "ciento") && text[..span.start].trim_end().ends_with("por");
        match (value(values).filter(|_| !unit), value(scales)) {
            (Some(value), _) => {
                if !run.takes(value) {
                    close(&mut run, &mut found);
                }
                run.open += value;
                run.extend(span);
            }
            (None, Some(scale)) if run.words > 0 || scale == 1_000 && !after_digit(text, span) => {
                if scale == 100 {
                    run.open = run.open.max(1).saturating_mul(100);
                } else {
                    // `dos mil millones` is a thousand times a million.
                    let all = if scale > 1_000 { std::mem::take(&mut run.total) } else { 0 };
                    let closed = all.saturating_add(run.open).max(1).saturating_mul(scale);
                    run.total = run.total.saturating_add(closed);
                    run.open = 0;
                }
                run.extend(span);
            }
            _ if word == link && run.words > 0 => {}
            _ => close(&mut run, &mut found),
        }
        last_end = span.end;
    }
    close(&mut run, &mut found);
    found
}

impl Run {
    /// Whether a value may follow: a smaller one than the place that is open.
    fn takes(&self, value: u64) -> bool {
        let free = match self.open {
            0 => 1_000,
            open if open % 100 == 0 => 100,
            open if open % 10 == 0 && open % 100 >= 20 => 10,
            _ => 0,
        };
        value < free
    }

    fn extend(&mut self, span: Span) {
        self.words += 1;
        self.span = Some(Span::new(self.span.map_or(span.start, |own| own.start), span.end));
    }
}

fn close(run: &mut Run, found: &mut Vec<(Span, f64, bool)>) {
    let run = std::mem::take(run);
    if let Some(span) = run.span {
        let value = run.total.saturating_add(run.open);
        found.push((span, value as f64, run.words == 1 && value == 1));
    }
}

/// Whether digits stand before a scale: `40 mil` is read with its digits.
fn after_digit(text: &str, span: Span) -> bool {
    text[..span.start].trim_end().ends_with(|c: char| c.is_ascii_digit())
}
