//! Scores as tables for a terminal.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use faqtory::content::Task;
use faqtory::eval::metric::{Agreement, Better, Metric, metric};
use faqtory::eval::summary::{Mean, Row, Summary};

use super::Scored;
use crate::cli::columns::{columns, number, text};
use crate::cli::failure::visible;

const STRONG: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const HEADING: Style = AnsiColor::Cyan.on_default().bold();

/// The metrics of a document that are shown beside one another, of those that are there.
const SHOWN: &[(Task, &[&str])] = &[
    (
        Task::Faq,
        &[
            "faq.delivered",
            "faq.assigned_bert.f1",
            "faq.assigned_rouge.f1",
            "faq.grounded",
            "faq.claims",
            "faq.coverage",
            "faq.language",
        ],
    ),
    (
        Task::Summary,
        &[
            "summary.bert.f1",
            "summary.rougeLsum",
            "summary.grounded",
            "summary.claims",
            "summary.coverage",
            "summary.language",
            "summary.words",
        ],
    ),
];

/// The means, part by part, and the documents if they are given.
pub(super) fn show(summary: &Summary, documents: Option<&[Scored<'_>]>) -> String {
    let mut page = String::new();
    for (task, title, empty) in
        [(Task::Faq, "FAQ blocks", summary.empty_faq), (Task::Summary, "Summaries", summary.empty_summaries)]
    {
        let rows: Vec<_> = summary.rows.iter().filter_map(|row| Some((metric(&row.metric)?, row))).collect();
        let rows: Vec<_> = rows.into_iter().filter(|(m, _)| m.task() == task && !m.is_baseline).collect();
        if rows.is_empty() {
            continue;
        }
        if !page.is_empty() {
            page.push('\n');
        }
        let _ = write!(page, "{HEADING}{title}{HEADING:#}");
        match empty {
            0 => page.push('\n'),
            n => {
                let _ = writeln!(page, ": nothing came of {n}, which count as 0 where high values are better");
            }
        }
        page.push_str(&means(&rows, summary));
        if let Some(documents) = documents {
            page.push('\n');
            page.push_str(&by_document(task, documents));
        }
    }
    if !page.is_empty() {
        let _ = writeln!(
            page,
            "\n{DIM}↑ high is better, ↓ low is better, · describes. Intervals are of 95 %. SHUFFLED is what the same \
             questions with exchanged answers get.\nPEOPLE: how well the metric agrees with judgments of people \
             (docs/evaluation.md).{DIM:#}"
        );
    }
    page
}

fn means(rows: &[(&'static Metric, &Row)], summary: &Summary) -> String {
    let mut languages: Vec<_> = rows.iter().flat_map(|(_, row)| row.by_language.keys().copied()).collect();
    languages.sort_unstable();
    languages.dedup();
    let has_chance = rows.iter().any(|(m, _)| m.baseline.is_some_and(|id| summary.row(id).is_some()));
    let mut head = vec![text("METRIC"), text(""), number("N"), number("MEAN"), text("INTERVAL")];
    head.extend(languages.iter().map(|language| number(language.code().to_uppercase())));
    head.extend(has_chance.then(|| number("SHUFFLED")));
    head.push(text("PEOPLE"));
    let mut table = vec![(STRONG, head)];
    for (m, row) in rows {
        let Mean { n, mean, low, high } = row.all;
        let arrow = match m.better {
            Better::Higher => "↑",
            Better::Lower => "↓",
            Better::Neither => "·",
        };
        let interval = format!("[{}, {}]", m.show(low), m.show(high));
        let mut cells = vec![text(m.title), text(arrow), number(n.to_string()), number(m.show(mean)), text(interval)];
        let of_language = |language| row.by_language.get(language).map(|mean| m.show(mean.mean));
        cells.extend(languages.iter().map(|language| number(of_language(language).unwrap_or_default())));
        if has_chance {
            let chance = m.baseline.and_then(|id| summary.row(id));
            cells.push(number(chance.map(|c| m.show(c.all.mean)).unwrap_or_default()));
        }
        cells.push(text(m.people()));
        let quiet = m.better == Better::Neither || m.agreement == Agreement::No;
        table.push((if quiet { DIM } else { Style::new() }, cells));
    }
    columns(&table)
}

/// A line for each output, with the metrics that say most.
fn by_document(task: Task, documents: &[Scored<'_>]) -> String {
    let wanted = SHOWN.iter().find(|(of, _)| *of == task).map_or(&[][..], |(_, ids)| ids);
    let there = |id: &&&str| documents.iter().any(|d| d.scores.values.contains_key(**id));
    let shown: Vec<_> = wanted.iter().filter(there).filter_map(|id| metric(id)).collect();
    let mut head = vec![text("DOCUMENT"), text("")];
    head.extend(shown.iter().map(|m| number(m.title.to_uppercase())));
    head.push(text("NOT IN THE ARTICLE"));
    let mut table = vec![(STRONG, head)];
    let prefix = if task == Task::Faq { "faq." } else { "summary." };
    for one in documents.iter().filter(|d| d.scores.values.keys().any(|id| id.starts_with(prefix))) {
        let mut cells = vec![text(visible(one.document)), text(one.language.code())];
        let value = |m: &&Metric| one.scores.values.get(m.id).map(|value| m.show(*value)).unwrap_or_default();
        cells.extend(shown.iter().map(|m| number(value(m))));
        let claims: Vec<_> = match task {
            Task::Faq => one.scores.faq.iter().flat_map(|f| &f.unsupported).collect(),
            Task::Summary => one.scores.summary.iter().flat_map(|f| &f.unsupported).collect(),
        };
        let names: Vec<_> = claims.iter().map(|claim| visible(&claim.text).replace('\n', " ")).collect();
        let note = if one.scores.empty.contains(&task) { "(nothing was written)".to_owned() } else { names.join("; ") };
        cells.push(text(note));
        table.push((Style::new(), cells));
    }
    columns(&table)
}
