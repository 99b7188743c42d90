//! The tables of systems: the main metrics with time and failures, then all metrics of each part.

use std::fmt::Write;

use super::board::{Board, System};
use super::svg::mark;
use crate::bench::compare::ALPHA;
use crate::content::Task;
use crate::eval::metric::{Agreement, Better, Metric};
use crate::eval::summary::{CONFIDENCE, Mean, ROUNDS, SEED};
use crate::metrics::stats::compare;
use crate::render::html_text;

/// Which systems have the best value of a metric, by their index: one that has the best mean, and those that a test
/// does not tell from it. Empty where there is nothing to choose from, or no system is told from the best.
///
/// Each system is compared with the best one on the documents that both have, by paired approximate randomization; the
/// level is divided by the number of comparisons (Bonferroni). Baselines take no part. Nothing is best where
/// the scorers differ.
pub(super) fn best(board: &Board<'_>, metric: &Metric) -> Vec<usize> {
    let sign = match metric.better {
        Better::Higher => 1.0,
        Better::Lower => -1.0,
        Better::Neither => return Vec::new(),
    };
    if board.scorers.len() > 1 {
        return Vec::new();
    }
    let systems = board.systems.iter().enumerate().filter(|(_, s)| !s.is_baseline);
    let mut rivals: Vec<(usize, f64)> =
        systems.filter_map(|(i, s)| Some((i, sign * s.summary.row(metric.id)?.all.mean))).collect();
    rivals.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let Some(((first, _), others)) = rivals.split_first() else { return Vec::new() };
    let values = board.systems[*first].values(metric.id);
    let level = ALPHA / others.len().max(1) as f64;
    let is_told = |other: usize| {
        let others = board.systems[other].values(metric.id);
        let (a, b): (Vec<f64>, Vec<f64>) = values.iter().filter_map(|(key, a)| Some((*a, *others.get(key)?))).unzip();
        compare(&a, &b, CONFIDENCE, ROUNDS, SEED)
            .is_some_and(|c| sign * c.difference.mean > 0.0 && c.randomization_p < level)
    };
    let equal: Vec<usize> = others.iter().map(|(i, _)| *i).filter(|i| !is_told(*i)).collect();
    if equal.len() == others.len() { Vec::new() } else { [&[*first], &equal[..]].concat() }
}

/// The name of a system with its mark, as the head of a row.
fn head(system: &System<'_>) -> String {
    let mark = mark(7.0, 7.0, system.place, system.is_baseline);
    format!(
        "<th scope=\"row\" class=\"system\"><svg class=\"key {}\" viewBox=\"0 0 14 14\" aria-hidden=\"true\">{mark}</svg>{}</th>",
        system.class(),
        html_text(&system.name)
    )
}

/// How far people agree with a metric, as a class.
pub(super) fn trust(metric: &Metric) -> &'static str {
    match metric.agreement {
        Agreement::Agrees => "sure",
        Agreement::Weak => "weak",
        Agreement::No | Agreement::Unchecked => "unsure",
    }
}

fn column(metric: &Metric) -> String {
    let arrow = match metric.better {
        Better::Higher => "<span class=\"way\" title=\"higher is better\">↑</span>",
        Better::Lower => "<span class=\"way\" title=\"lower is better\">↓</span>",
        Better::Neither => "",
    };
    format!(
        "<th scope=\"col\" class=\"{}\" title=\"{}\">{} {arrow}<small class=\"agreement\">people: {}</small></th>",
        trust(metric),
        html_text(metric.about),
        html_text(metric.title),
        metric.agreement.label()
    )
}

fn interval(mean: &Mean, show: impl Fn(f64) -> String) -> String {
    format!("<small>{} to {}</small>", show(mean.low), show(mean.high))
}

/// A value with its interval, its mark if it is among the best, and what chance gives.
fn cell(system: &System<'_>, metric: &Metric, best: Option<usize>) -> String {
    let class = trust(metric);
    let Some(row) = system.summary.row(metric.id) else { return format!("<td class=\"{class} none\">–</td>") };
    let star = match best {
        Some(1) => "<span class=\"star\" title=\"best\">★</span>",
        Some(_) => "<span class=\"star\" title=\"among the best: not told from the best mean\">☆</span>",
        None => "",
    };
    let chance = metric.baseline.and_then(|id| system.summary.row(id));
    let chance = chance.map(|c| format!("<small>chance {}</small>", metric.show(c.all.mean))).unwrap_or_default();
    format!(
        "<td class=\"{class}\"><b>{}</b>{star}{}{chance}</td>",
        metric.show(row.all.mean),
        interval(&row.all, |v| metric.show(v))
    )
}

/// Seconds with the digits that they deserve.
fn seconds(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v if v >= 0.1 => format!("{v:.2}"),
        v if v >= 0.001 => format!("{v:.3}"),
        _ => "&lt;0.001".to_owned(),
    }
}

fn plain(value: Option<String>) -> String {
    value.map_or_else(|| "<td class=\"none\">–</td>".to_owned(), |v| format!("<td>{v}</td>"))
}

fn speed_cells(system: &System<'_>) -> String {
    let mut out = plain(system.seconds().map(|m| format!("<b>{}</b>{}", seconds(m.mean), interval(&m, seconds))));
    let prefill = system.mean(|r| r.speed.prefill_tokens_per_second);
    let decode = system.mean(|r| r.speed.decode_tokens_per_second);
    for rate in [prefill, decode] {
        out.push_str(&plain(
            rate.map(|m| if m.mean >= 100.0 { format!("{:.0}", m.mean) } else { format!("{:.1}", m.mean) }),
        ));
    }
    out.push_str(&plain(system.mean(|r| r.speed.load_seconds).map(|m| seconds(m.mean))));
    let peak = system.written.iter().filter_map(|w| w.record.speed.peak_bytes).max();
    out.push_str(&plain(peak.map(|bytes| format!("{:.2}", bytes as f64 / f64::from(1 << 30)))));
    out
}

const SPEED: &str = "<th scope=\"col\">seconds an article <span class=\"way\" title=\"lower is better\">↓</span></th>\
    <th scope=\"col\">prefill, tokens/s</th><th scope=\"col\">decode, tokens/s</th>\
    <th scope=\"col\">load, s</th><th scope=\"col\">peak memory, GiB</th>\
    <th scope=\"col\">outputs</th><th scope=\"col\">failed</th>\
    <th scope=\"col\">empty FAQ</th><th scope=\"col\">empty summary</th>";

const SPEED_COLUMNS: usize = 9;

/// A count, set off if it is not 0.
fn count(n: usize) -> String {
    if n == 0 { "<td>0</td>".to_owned() } else { format!("<td class=\"bad\"><b>{n}</b></td>") }
}

fn table(board: &Board<'_>, caption: &str, metrics: &[&Metric], with_speed: bool) -> String {
    let winners: Vec<Vec<usize>> = metrics.iter().map(|m| best(board, m)).collect();
    let mut out = format!(
        "<div class=\"scroll\" tabindex=\"0\"><table class=\"board\">\n<caption>{caption}</caption>\n<thead>{}<tr>\
         <th scope=\"col\">system</th>",
        if with_speed { groups(metrics) } else { String::new() }
    );
    metrics.iter().for_each(|m| out.push_str(&column(m)));
    if with_speed {
        out.push_str(SPEED);
    }
    out.push_str("</tr></thead>\n");
    for is_baseline in [false, true] {
        let rows: Vec<_> = board.systems.iter().enumerate().filter(|(_, s)| s.is_baseline == is_baseline).collect();
        if rows.is_empty() {
            continue;
        }
        let class = if is_baseline { " class=\"baselines\"" } else { "" };
        let _ = writeln!(out, "<tbody{class}>");
        if is_baseline {
            let columns = 1 + metrics.len() + if with_speed { SPEED_COLUMNS } else { 0 };
            let _ = writeln!(
                out,
                "<tr><th scope=\"rowgroup\" colspan=\"{columns}\" class=\"group\">baselines, which use no model</th></tr>"
            );
        }
        for (index, system) in rows {
            let _ = write!(out, "<tr>{}", head(system));
            for (metric, winners) in metrics.iter().zip(&winners) {
                let best = winners.contains(&index).then_some(winners.len());
                out.push_str(&cell(system, metric, best));
            }
            if with_speed {
                out.push_str(&speed_cells(system));
                let _ = write!(out, "<td>{}</td>{}", system.written.len(), count(system.failures()));
                out.push_str(&count(system.summary.empty_faq));
                out.push_str(&count(system.summary.empty_summaries));
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody>\n");
    }
    out.push_str("</table></div>\n");
    out
}

/// The row above the heads of columns that says which part each belongs to.
fn groups(metrics: &[&Metric]) -> String {
    let mut out = "<tr><td></td>".to_owned();
    let of = |task: Task| metrics.iter().filter(|m| m.task() == task).count();
    for (count, name) in
        [(of(Task::Faq), "FAQ block"), (of(Task::Summary), "summary"), (SPEED_COLUMNS, "speed and failures")]
    {
        if count > 0 {
            let _ = write!(out, "<th scope=\"colgroup\" colspan=\"{count}\" class=\"part\">{name}</th>");
        }
    }
    out + "</tr>\n"
}

/// The main table.
pub(super) fn main_table(board: &Board<'_>) -> String {
    table(board, "Systems", &board.headlines(), true)
}

/// All metrics, in a table for the FAQ blocks and one for the summaries.
pub(super) fn all_metrics(board: &Board<'_>) -> String {
    let mut out = String::new();
    for (task, caption) in [(Task::Faq, "FAQ blocks, all metrics"), (Task::Summary, "Summaries, all metrics")] {
        let metrics: Vec<_> = board.metrics().filter(|m| m.task() == task).collect();
        if !metrics.is_empty() {
            out.push_str(&table(board, caption, &metrics, false));
        }
    }
    out
}
