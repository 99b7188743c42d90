//! `faqtory eval validate`: how well the metrics agree with people.

use std::fmt::Write as _;
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use clap::Args;
use faqtory::eval::METRICS;
use faqtory::eval::metric::{self, Agreement, Better};
use faqtory::eval::validate::{self, Estimate, Finding};
use serde::Serialize;

use super::{EncoderArgs, json};
use crate::cli::columns::{columns, number, text};
use crate::cli::config::Raw;
use crate::cli::failure::Failure;
use crate::cli::runtime;
use crate::cli::{Context, interrupt, ui};

/// Show how well each metric agrees with judgments of people
#[derive(Debug, Args)]
#[command(after_help = "\
JUDGMENTS is JSON Lines: `id`, `lang`, `candidate` (a summary), `text` (its article) or `reference`; numbers that say how
good it is, such as `score`, `focus` and `coverage`; `sentences`, a list of {sentence, supported_votes, votes}; where known
`system` and `set`.

Examples:
  faqtory eval validate judgments.jsonl
  faqtory eval validate judgments.jsonl --no-encoder --json")]
pub(super) struct ValidateArgs {
    /// Summaries with judgments of people
    #[arg(value_name = "JUDGMENTS")]
    judgments: PathBuf,

    /// Print everything as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    encoder: EncoderArgs,
}

/// What the judgments say of a metric.
#[derive(Debug, Serialize)]
struct Label {
    metric: &'static str,
    /// By these judgments.
    here: Agreement,
    /// In the reports.
    shown: Agreement,
}

pub(super) fn run(args: &ValidateArgs, context: &Context) -> Result<(), Failure> {
    let mut flags = Raw::default();
    args.encoder.add_to(&mut flags);
    let config = context.config(flags)?;
    let judgments = validate::read(&args.judgments)?;
    runtime::prepare(&config);
    let mut evaluator = args.encoder.choice.evaluator(&config, &context.ui)?;
    let bar = context.ui.spinner();
    let findings = validate::validate(&judgments, &mut evaluator, &mut |done, all| {
        bar.0.set_message(format!("measuring {} of {all} summaries", done + 1));
        interrupt::flow()
    })?;
    drop(bar);
    let has_label = |m: &&metric::Metric| m.better != Better::Neither;
    let measured = METRICS.iter().filter(has_label).filter(|m| findings.iter().any(|f| f.metric == m.id));
    let label =
        |m: &metric::Metric| Label { metric: m.id, here: validate::agreement(m, &findings), shown: m.agreement };
    let labels: Vec<_> = measured.map(label).collect();
    if args.json {
        #[derive(Serialize)]
        struct Report {
            rule: &'static str,
            labels: Vec<Label>,
            findings: Vec<Finding>,
        }
        return json(&Report { rule: metric::RULE, labels, findings });
    }
    ui::print_styled(&show(&findings, &labels))
}

fn show(findings: &[Finding], labels: &[Label]) -> String {
    let heading = AnsiColor::Cyan.on_default().bold();
    let strong = Style::new().bold();
    let mut page = String::new();
    let estimate = |e: &Option<Estimate>| match e {
        Some(e) => [number(format!("{:.2}", e.value)), text(format!("[{:.2}, {:.2}]", e.low, e.high))],
        None => [number("-"), text("")],
    };
    let same = |a: &Finding, b: &Finding| (&a.set, a.language, &a.aspect) == (&b.set, b.language, &b.aspect);
    for group in findings.chunk_by(same) {
        let first = &group[0];
        let _ =
            writeln!(page, "{heading}{}, {}: {}{heading:#}", first.set, first.language.english_name(), first.aspect);
        let of_sentences = first.auc.is_some() || group.iter().any(|f| f.auc.is_some());
        let systems = group.iter().find_map(|f| f.systems).map(|s| s.n);
        let mut head = vec![text("METRIC"), number("N")];
        if of_sentences {
            head.extend([number("AUC"), text("")]);
        } else {
            head.extend([number("KENDALL"), text(""), number("SPEARMAN"), text("")]);
        }
        head.extend(systems.map(|n| number(format!("KENDALL, {n} SYSTEMS"))));
        let mut table = vec![(strong, head)];
        for finding in group {
            let mut cells = vec![text(finding.metric), number(finding.n.to_string())];
            if of_sentences {
                cells.extend(estimate(&finding.auc));
            } else {
                cells.extend(estimate(&finding.kendall));
                cells.extend(estimate(&finding.spearman));
            }
            if systems.is_some() {
                cells.push(number(finding.systems.map(|s| format!("{:.2}", s.kendall)).unwrap_or_default()));
            }
            table.push((Style::new(), cells));
        }
        let _ = writeln!(page, "{}", columns(&table));
    }
    let mut table = vec![(strong, vec![text("METRIC"), text("BY THESE JUDGMENTS"), text("IN REPORTS")])];
    let rows = labels.iter().map(|l| vec![text(l.metric), text(l.here.label()), text(l.shown.label())]);
    table.extend(rows.map(|cells| (Style::new(), cells)));
    let _ = writeln!(page, "{heading}Agreement with people{heading:#}\n{}\n{}", columns(&table), metric::RULE);
    page
}
