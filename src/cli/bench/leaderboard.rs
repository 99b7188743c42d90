//! The systems of a run beside one another, for a terminal.

use anstyle::Style;
use faqtory::bench::{Record, Run, Scored, by_system};
use faqtory::eval::metric::{Agreement, Metric, metric};
use faqtory::eval::summary::Summary;

use crate::cli::columns::{Cell, columns, number, text};
use crate::cli::failure::visible;
use crate::cli::ui::bytes;

const STRONG: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();

/// The metrics that say most, of those that are there.
const SHOWN: &[(&str, &str)] = &[
    ("faq.assigned_bert.f1", "FAQ BERT"),
    ("faq.assigned_rouge.f1", "FAQ ROUGE"),
    ("faq.grounded", "FAQ GROUNDED"),
    ("faq.claims", "FAQ CLAIMS"),
    ("summary.bert.f1", "SUM BERT"),
    ("summary.rouge2", "SUM ROUGE-2"),
    ("summary.grounded", "SUM GROUNDED"),
    ("summary.claims", "SUM CLAIMS"),
];

/// One system.
struct Line<'a> {
    name: &'a str,
    summary: Summary,
    records: Vec<&'a Record>,
}

/// The table: a line a system, the baselines last.
pub(super) fn show(run: &Run, scored: &[Scored]) -> String {
    let lines: Vec<Line<'_>> = by_system(run, scored)
        .into_iter()
        .map(|results| Line {
            name: results.name,
            summary: results.summary(),
            records: results.outputs.iter().map(|(record, _)| *record).collect(),
        })
        .collect();
    let there = |id: &str| lines.iter().any(|line| line.summary.row(id).is_some());
    let shown: Vec<(&Metric, &str)> =
        SHOWN.iter().filter(|(id, _)| there(id)).filter_map(|(id, title)| Some((metric(id)?, *title))).collect();
    let mut head = vec![text("SYSTEM"), number("N")];
    head.extend(shown.iter().map(|(_, title)| number(*title)));
    head.extend(["S/ARTICLE", "PREFILL/S", "DECODE/S", "LOAD S", "MEMORY", "EMPTY", "FAILED"].map(number));
    let mut rows = vec![(STRONG, head)];
    rows.extend(lines.iter().map(|line| (Style::new(), cells(line, &shown))));
    let unsure: Vec<_> =
        shown.iter().filter(|(m, _)| !matches!(m.agreement, Agreement::Agrees)).map(|(_, t)| *t).collect();
    let mut page = columns(&rows);
    page.push_str(&format!(
        "\n{DIM}Means with the half width of their 95 % intervals; high is better. Tokens of prefill and decode are counted for \
         each second.{DIM:#}\n"
    ));
    if !unsure.is_empty() {
        page.push_str(&format!(
            "{DIM}Agrees with people weakly, or was not checked against them: {}.{DIM:#}\n",
            unsure.join(", ")
        ));
    }
    page
}

fn cells(line: &Line<'_>, shown: &[(&Metric, &str)]) -> Vec<Cell> {
    let mut cells = vec![text(visible(line.name)), number(line.summary.outputs.to_string())];
    cells.extend(shown.iter().map(|(metric, _)| {
        let row = line.summary.row(metric.id).map(|row| row.all);
        number(
            row.map(|m| format!("{} ±{}", metric.show(m.mean), metric.show((m.high - m.low) / 2.0)))
                .unwrap_or_default(),
        )
    }));
    let mean = |value: fn(&Record) -> Option<f64>| {
        let values: Vec<f64> = line.records.iter().filter_map(|r| value(r)).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let fixed = |value: Option<f64>| number(value.map(|v| format!("{v:.1}")).unwrap_or_default());
    cells.push(fixed(mean(|r| Some(r.speed.seconds))));
    cells.push(fixed(mean(|r| r.speed.prefill_tokens_per_second)));
    cells.push(fixed(mean(|r| r.speed.decode_tokens_per_second)));
    cells.push(fixed(mean(|r| r.speed.load_seconds)));
    let peak = line.records.iter().filter_map(|r| r.speed.peak_bytes).max();
    cells.push(number(peak.map(bytes).unwrap_or_default()));
    cells.push(number((line.summary.empty_faq + line.summary.empty_summaries).to_string()));
    cells.push(number(line.records.iter().filter(|r| r.error.is_some()).count().to_string()));
    cells
}
