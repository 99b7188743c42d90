//! Scores as CSV (RFC 4180, with line feeds).

use faqtory::eval::METRICS;
use faqtory::eval::metric::metric;
use faqtory::eval::summary::{Mean, Summary};

use super::Scored;

/// A line for each metric and language; the language is empty where it is all of them.
pub(super) fn means(summary: &Summary) -> String {
    let mut text = "metric,language,n,mean,low,high,shuffled,better,agreement\n".to_owned();
    for row in &summary.rows {
        let Some(m) = metric(&row.metric) else { continue };
        let chance = m.baseline.and_then(|id| summary.row(id));
        let mut line = |language: &str, mean: &Mean, chance: Option<&Mean>| {
            let chance = chance.map(|c| c.mean.to_string()).unwrap_or_default();
            let better = format!("{:?}", m.better).to_lowercase();
            let Mean { n, mean, low, high } = mean;
            let agreement = m.people();
            text.push_str(&format!("{},{language},{n},{mean},{low},{high},{chance},{better},{agreement}\n", m.id));
        };
        line("", &row.all, chance.map(|c| &c.all));
        for (language, mean) in &row.by_language {
            line(language.code(), mean, chance.and_then(|c| c.by_language.get(language)));
        }
    }
    text
}

/// A line for each document and metric.
pub(super) fn documents(scored: &[Scored<'_>]) -> String {
    let mut text = "document,language,metric,value\n".to_owned();
    for one in scored {
        for m in METRICS {
            if let Some(value) = one.scores.values.get(m.id) {
                text.push_str(&format!("{},{},{},{value}\n", field(one.document), one.language, m.id));
            }
        }
    }
    text
}

/// A field, in quotation marks where it needs them.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_would_break_the_line_is_quoted() {
        assert_eq!(field("en/ferry"), "en/ferry");
        assert_eq!(field("a, \"b\""), "\"a, \"\"b\"\"\"");
    }
}
