//! The page as a whole: what ran, how to read it, and the parts in their order.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::board::{Board, System};
use super::{documents, leaderboard, plots};
use crate::eval::metric::{Agreement, METRICS, RULE};
use crate::lang::Language;
use crate::render::html_text;

const STYLE: &str = include_str!("style.css");

/// The page.
pub(super) fn page(board: &Board<'_>) -> String {
    let title = format!("Benchmark: {}", board.names.join(", "));
    let title = html_text(&title);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
         <meta name=\"color-scheme\" content=\"light dark\"/>\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <main>\n<h1>{title}</h1>\n"
    );
    let mut contents = vec![("runs", "What ran")];
    let mut parts = vec![runs(board)];
    if board.systems.is_empty() {
        parts[0].push_str("<p class=\"warn\" role=\"note\">No output has been scored yet.</p>\n");
    } else {
        contents.push(("leaderboard", "Leaderboard"));
        let all = details("All metrics", &leaderboard::all_metrics(board));
        parts.push(format!(
            "{READING}{}{}{all}{}",
            warnings(board),
            leaderboard::main_table(board),
            about_metrics(board)
        ));
        let scatter: String = plots::of_quality(board).iter().filter_map(|m| plots::scatter(board, m)).collect();
        contents.push(("time", "Quality against time"));
        parts.push(format!("<p>Up and to the left is better. Bars are 95 % intervals; hollow marks are baselines.</p>\n<div class=\"plots\">\n{scatter}</div>\n"));
        contents.push(("values", "Each document’s value"));
        parts.push(strips(board));
        let bars: String = board.headlines().iter().filter_map(|m| plots::bars(board, m)).collect();
        if !bars.is_empty() {
            contents.push(("languages", "By language"));
            parts.push(format!("<p>Means over the documents written in each language, with 95 % intervals.</p>\n<div class=\"plots\">\n{bars}</div>\n"));
        }
        contents.push(("documents", "Document by document"));
        parts.push(format!("{DOCUMENTS}{}", documents::documents(board)));
    }
    out.push_str("<nav aria-label=\"contents\"><ul>\n");
    for (id, name) in &contents {
        let _ = writeln!(out, "<li><a href=\"#{id}\">{name}</a></li>");
    }
    out.push_str("</ul></nav>\n");
    for ((id, name), part) in contents.iter().zip(&parts) {
        let _ = writeln!(out, "<section id=\"{id}\">\n<h2>{name}</h2>\n{part}</section>");
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn details(name: &str, inner: &str) -> String {
    format!("<details class=\"more\">\n<summary>{name}</summary>\n{inner}</details>\n")
}

const READING: &str = "\
<ul class=\"reading\">
<li>Under each mean stands its 95 % bootstrap interval over documents.</li>
<li>★ is the best of the systems, where paired approximate randomization over the documents tells it from all others (5 %, \
divided by the number of comparisons); ☆ are several that cannot be told from the best mean, while at least one other can. \
Where nothing is marked, the differences may be chance. Baselines take no part in that.</li>
<li>“people” says whether the metric agrees with judgments of people. Metrics that do not agree, or were not checked, are \
paler: read them as descriptions.</li>
<li>“chance” is the same metric with the answers of the pairs exchanged.</li>
</ul>
";

const DOCUMENTS: &str = "\
<p>Open a document to see its text beside what was written. Numbers behind “from” lead to the sentences of the article that \
stand closest behind a text; these are underlined there. On paper stand the documents that are open. <mark>Marked<small>kind ✗</small></mark> is what the article \
does not have, by the look-up of numbers, dates, quotations and names.</p>
";

/// What makes the means of the table say less about each other than they seem to.
fn warnings(board: &Board<'_>) -> String {
    let mut found = Vec::new();
    let most = board.systems.iter().map(|s| s.written.len()).max().unwrap_or_default();
    let fewer: Vec<_> = board.systems.iter().filter(|s| s.written.len() < most).collect();
    if !fewer.is_empty() {
        let names: Vec<_> = fewer.iter().map(|s| format!("{} ({} of {most})", s.name, s.written.len())).collect();
        found.push(format!(
            "Not all systems have written of all documents, so that means are over different ones: {}.",
            names.join(", ")
        ));
    }
    if board.scorers.len() > 1 {
        let names: Vec<_> = board.scorers.iter().copied().collect();
        found.push(format!(
            "The runs were scored by different scorers, whose numbers cannot be compared: {}.",
            names.join("; ")
        ));
    }
    found.iter().map(|text| format!("<p class=\"warn\" role=\"note\">{}</p>\n", html_text(text))).collect()
}

/// The metrics with what each says and whether people agree with it.
fn about_metrics(board: &Board<'_>) -> String {
    let mut out =
        "<div class=\"scroll\"><table>\n<caption>The metrics</caption>\n<thead><tr><th scope=\"col\">metric</th>\
         <th scope=\"col\">agrees with people</th><th scope=\"col\">what it says</th></tr></thead>\n<tbody>\n"
            .to_owned();
    for metric in METRICS.iter().filter(|m| board.has(m)) {
        let agreement = if metric.is_baseline { "–" } else { metric.agreement.label() };
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{} <code>{}</code></th><td>{agreement}</td><td>{}</td></tr>",
            html_text(metric.title),
            metric.id,
            html_text(metric.about)
        );
    }
    let _ = write!(
        out,
        "</tbody>\n</table></div>\n<p>Labels: {}. “{}”: no judgments were at hand.</p>\n",
        html_text(RULE),
        Agreement::Unchecked.label()
    );
    details("What the metrics say", &out)
}

fn strips(board: &Board<'_>) -> String {
    let headlines = board.headlines();
    let draw = |wanted: bool| -> String {
        let chosen = board.metrics().filter(|m| headlines.iter().any(|h| h.id == m.id) == wanted);
        chosen.filter_map(|m| plots::strips(board, m)).collect()
    };
    let more = draw(false);
    let more = if more.is_empty() {
        more
    } else {
        details("The other metrics", &format!("<div class=\"plots\">\n{more}</div>\n"))
    };
    format!(
        "<p>A dot is a document in a language, the upright line the mean (written at the right), the bar its 95 % interval, the \
         dashed line what chance gives.</p>\n<div class=\"plots\">\n{}</div>\n{more}",
        draw(true)
    )
}

fn gibibytes(bytes: u64) -> String {
    format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30))
}

/// The runs and their systems.
fn runs(board: &Board<'_>) -> String {
    let mut out = String::new();
    for (index, (run, name)) in board.runs.iter().zip(&board.names).enumerate() {
        let about = &run.run.about;
        let machine = &about.machine;
        let processor = machine.processor.clone().unwrap_or_else(|| machine.architecture.clone());
        let memory = machine.memory.map(|m| format!(", {}", gibibytes(m))).unwrap_or_default();
        let mut languages: BTreeMap<Language, usize> = BTreeMap::new();
        run.run.documents.iter().for_each(|d| *languages.entry(d.article.language).or_default() += 1);
        let languages: Vec<_> = languages.iter().map(|(l, n)| format!("{n} {}", l.english_name())).collect();
        let mut scorers: Vec<_> = run.scores.iter().map(|s| s.scorer.as_str()).collect();
        scorers.sort_unstable();
        scorers.dedup();
        let mut sets: Vec<_> = about
            .config
            .data
            .iter()
            .map(|d| {
                d.path.file_name().map_or_else(|| d.path.display().to_string(), |n| n.to_string_lossy().into_owned())
            })
            .collect();
        sets.dedup();
        let asked = format!(
            "questions {}; summary {}; seed {}",
            match &about.config.questions {
                crate::bench::config::Count::Number(n) => n.to_string(),
                crate::bench::config::Count::Name(name) => name.clone(),
            },
            about.config.summary,
            about.config.seed
        );
        let facts = [
            ("Time", format!("{} to {}", about.started, about.updated)),
            ("Version", format!("faqtory {}", about.faqtory)),
            (
                "Machine",
                format!(
                    "{processor}, {} threads{memory}, {} {}",
                    machine.threads, machine.system, machine.architecture
                ),
            ),
            ("Asked for", asked),
            ("Documents", format!("{}: {} (from {})", run.run.documents.len(), languages.join(", "), sets.join(", "))),
            ("Scored by", if scorers.is_empty() { "nothing".to_owned() } else { scorers.join("; ") }),
        ];
        let _ = writeln!(
            out,
            "<div class=\"scroll\"><table class=\"facts\">\n<caption>Run {}</caption>\n<tbody>",
            html_text(name)
        );
        for (what, value) in facts {
            let _ = writeln!(out, "<tr><th scope=\"row\">{what}</th><td>{}</td></tr>", html_text(&value));
        }
        out.push_str("</tbody>\n</table></div>\n");
        let systems: Vec<_> = board.systems.iter().filter(|s| s.run == index && !s.is_baseline).collect();
        if !systems.is_empty() {
            out.push_str(
                "<div class=\"scroll\"><table>\n<caption>Its systems</caption>\n<thead><tr><th scope=\"col\">system</th>\
                 <th scope=\"col\">model</th><th scope=\"col\">SHA-256</th><th scope=\"col\">prompts</th>\
                 <th scope=\"col\">temperature</th><th scope=\"col\">seed</th><th scope=\"col\">ran on</th></tr></thead>\n<tbody>\n",
            );
            systems.iter().for_each(|s| out.push_str(&system_row(s)));
            out.push_str("</tbody>\n</table></div>\n");
        }
    }
    out
}

fn system_row(system: &System<'_>) -> String {
    let usage = system.usage();
    let model = match (usage, system.spec) {
        (Some(usage), _) => format!("{} ({})", usage.model.id, usage.model.architecture),
        (None, Some(spec)) => spec.model.clone(),
        (None, None) => "–".to_owned(),
    };
    let checksum = match usage.and_then(|u| u.model.sha256.as_deref()) {
        Some(sum) => {
            let short: String = sum.chars().take(12).collect();
            format!("<code title=\"{}\">{}…</code>", html_text(sum), html_text(&short))
        }
        None => "–".to_owned(),
    };
    let of = |value: Option<String>| value.map_or_else(|| "–".to_owned(), |v| html_text(&v));
    format!(
        "<tr><th scope=\"row\" class=\"{}\"><i class=\"swatch\"></i>{}</th><td>{}</td><td>{checksum}</td><td><code>{}</code></td>\
         <td>{}</td><td>{}</td><td>{}</td></tr>\n",
        system.class(),
        html_text(&system.name),
        html_text(&model),
        of(usage.map(|u| u.prompt_version.clone())),
        of(usage.map(|u| u.temperature.to_string())),
        of(usage.map(|u| u.seed.to_string())),
        of(usage.map(|u| u.model.device.clone())),
    )
}
