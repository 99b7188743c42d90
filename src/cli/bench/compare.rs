//! `faqtory bench compare`: two systems on the same documents.

use std::fmt::Write;
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use clap::Args;
use faqtory::bench::Scored;
use faqtory::bench::baseline::Baseline;
use faqtory::bench::compare::{Contrast, Guard, Pair, Verdict, compare};
use faqtory::content::Task;
use faqtory::eval::metric::{Better, metric};
use faqtory::report::ScoredRun;
use faqtory::{Error, ErrorKind};
use serde::Serialize;

use super::scored;
use crate::cli::failure::{ARTICLES, Failure, visible};
use crate::cli::{Context, ui};

/// What to do where it is not clear which systems are meant.
const WHICH: &str = "name the systems, as in `faqtory bench compare run:first run:second`";

/// Compare two systems document by document: what got better or worse, and how sure that is
#[derive(Debug, Args)]
#[command(after_help = "\
A and B are RUN:SYSTEM, such as \"run:lead\". Where a SYSTEM is left out, the only system of each run that is no baseline is
meant, or else every system that both runs have.

The difference is B less A over the documents that both have, with its 95 % bootstrap interval. p says how probable one this
large is by chance (paired approximate randomization); \"better\" and \"worse\" need p < 0.05. The last column is how well a
metric agrees with judgments of people.

Examples:
  faqtory bench compare old-run new-run
  faqtory bench compare run:naive run:pipeline --per-document
  faqtory bench compare old-run new-run --fail-if-worse faq.claims --fail-if-worse summary.rouge2:0.02

Exit codes:
  0    all is well
  1    a metric of --fail-if-worse got worse, or a run cannot be read
  2    wrong arguments")]
pub(crate) struct CompareArgs {
    /// The first system
    #[arg(value_name = "A")]
    a: String,

    /// The second system
    #[arg(value_name = "B")]
    b: String,

    /// Also list the documents that changed most, so many for each metric
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "3", require_equals = true)]
    per_document: Option<usize>,

    /// Print JSON, with the values of every document
    #[arg(long)]
    json: bool,

    /// Exit with 1 if this metric got worse, by more than chance or by more than DELTA; may be given several times
    #[arg(long, value_name = "METRIC[:DELTA]")]
    fail_if_worse: Vec<Guard>,
}

/// A run, and a system in it if one is named.
struct Side {
    run: ScoredRun,
    system: Option<String>,
}

/// Two systems compared.
#[derive(Debug, Serialize)]
struct Compared {
    a: Name,
    b: Name,
    metrics: Vec<Contrast>,
}

#[derive(Debug, Serialize)]
struct Name {
    run: PathBuf,
    system: String,
}

pub(crate) fn run(args: &CompareArgs, context: &Context) -> Result<(), Failure> {
    let (a, b) = (Side::read(&args.a)?, Side::read(&args.b)?);
    let mut all = Vec::new();
    for (first, second) in pairs(&a, &b)? {
        let metrics = compare(&a.scores(&first), &b.scores(&second))?;
        let name = |side: &Side, system: String| Name { run: side.run.run.path.clone(), system };
        all.push(Compared { a: name(&a, first), b: name(&b, second), metrics });
    }
    // A metric that is nowhere cannot be guarded: not to say so would be a check that never fails.
    for guard in &args.fail_if_worse {
        if all.iter().any(|c| guard.is_broken(&c.metrics).is_none()) {
            return Err(Failure::usage(
                format!("`{}` has no values in both systems", guard.metric.id),
                "without --fail-if-worse, `faqtory bench compare` shows the metrics that there are",
            ));
        }
    }
    if args.json {
        let json = serde_json::to_string_pretty(&all)
            .map_err(|e| Error::new(ErrorKind::Io, "cannot be written as JSON").with_source(e))?;
        ui::print(&format!("{json}\n"))?;
    } else {
        let text: Vec<_> = all.iter().map(|c| text(c, args.per_document)).collect();
        ui::print_styled(&text.join("\n"))?;
    }
    let mut failed = false;
    for compared in &all {
        for guard in args.fail_if_worse.iter().filter(|g| g.is_broken(&compared.metrics) == Some(true)) {
            failed = true;
            let error = Error::new(ErrorKind::Input, broken(compared, guard));
            context.ui.error_with(&error, Some("`--per-document` lists the documents that changed most"));
        }
    }
    if failed { Err(Failure::Reported(ARTICLES)) } else { Ok(()) }
}

impl Side {
    /// `RUN` or `RUN:SYSTEM`. A colon may also stand in the name of a folder or a system: the shortest beginning that is
    /// a folder is the run.
    fn read(text: &str) -> Result<Self, Failure> {
        let ends = text.match_indices(':').map(|(at, _)| at).chain([text.len()]);
        let end = ends.into_iter().find(|end| PathBuf::from(&text[..*end]).is_dir()).unwrap_or(text.len());
        let run = scored::read(&PathBuf::from(&text[..end]))?;
        let system = text.get(end + 1..).filter(|name| !name.is_empty()).map(str::to_owned);
        let side = Self { run, system };
        match &side.system {
            Some(name) if !side.systems().contains(name) => Err(Failure::usage(
                format!("{}: there is no system `{name}`; there are {}", &text[..end], side.systems().join(", ")),
                WHICH,
            )),
            _ => Ok(side),
        }
    }

    /// The names of its systems, in the order of their first outputs.
    fn systems(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for record in &self.run.run.records {
            if !names.contains(&record.key.system) {
                names.push(record.key.system.clone());
            }
        }
        names
    }

    /// Those that are no baselines.
    fn candidates(&self) -> Vec<String> {
        let is_baseline = |name: &String| Baseline::all().iter().any(|b| b.name() == name);
        self.systems().into_iter().filter(|name| !is_baseline(name)).collect()
    }

    fn scores(&self, system: &str) -> Vec<&Scored> {
        self.run.scores.iter().filter(|s| s.key.system == system).collect()
    }
}

/// Which systems are compared.
fn pairs(a: &Side, b: &Side) -> Result<Vec<(String, String)>, Failure> {
    let (of_a, of_b) = (a.candidates(), b.candidates());
    let unclear = || {
        let message = format!(
            "it is not clear which systems to compare: the first run has {}, the second {}",
            a.systems().join(", "),
            b.systems().join(", ")
        );
        Failure::usage(message, WHICH)
    };
    // Beside a named system stands the one of its name in the other run, or the only one that there is.
    let beside = |name: &String, others: &Side, candidates: &[String]| match candidates {
        _ if others.systems().contains(name) => Ok(name.clone()),
        [only] => Ok(only.clone()),
        _ => Err(unclear()),
    };
    match (&a.system, &b.system) {
        (Some(first), Some(second)) => Ok(vec![(first.clone(), second.clone())]),
        (Some(first), None) => Ok(vec![(first.clone(), beside(first, b, &of_b)?)]),
        (None, Some(second)) => Ok(vec![(beside(second, a, &of_a)?, second.clone())]),
        (None, None) => match (&of_a[..], &of_b[..]) {
            ([first], [second]) => Ok(vec![(first.clone(), second.clone())]),
            _ => {
                let both: Vec<_> =
                    of_a.iter().filter(|name| of_b.contains(name)).map(|name| (name.clone(), name.clone())).collect();
                if both.is_empty() { Err(unclear()) } else { Ok(both) }
            }
        },
    }
}

/// The words of a verdict and their colour.
fn verdict(contrast: &Contrast) -> (&'static str, Style) {
    match contrast.verdict {
        Verdict::Better => ("better", AnsiColor::Green.on_default().bold()),
        Verdict::Worse => ("worse", AnsiColor::Red.on_default().bold()),
        Verdict::Changed => ("changed", AnsiColor::Yellow.on_default()),
        Verdict::Same if contrast.documents.iter().all(|d| d.a == d.b) => ("the same", Style::new().dimmed()),
        Verdict::Same => ("may be chance", Style::new().dimmed()),
    }
}

fn probability(p: f64) -> String {
    if p < 0.001 { "<0.001".to_owned() } else { format!("{p:.3}") }
}

/// A difference with its sign.
fn signed(value: f64, decimals: usize) -> String {
    let text = format!("{value:+.decimals$}");
    // Rounded to nothing, it has no sign.
    if text[1..].chars().all(|c| c == '0' || c == '.') { text[1..].to_owned() } else { text }
}

/// The table of two systems.
fn text(compared: &Compared, per_document: Option<usize>) -> String {
    let bold = Style::new().bold();
    let dim = Style::new().dimmed();
    let name = |n: &Name| visible(&format!("{} in {}", n.system, n.run.display()));
    let documents = compared.metrics.iter().map(|c| c.documents.len()).max().unwrap_or_default();
    let mut out = format!(
        "A: {bold}{}{bold:#}\nB: {bold}{}{bold:#}\n{documents} documents in common\n",
        name(&compared.a),
        name(&compared.b)
    );
    for (task, title) in [(Task::Faq, "FAQ"), (Task::Summary, "summary")] {
        let rows: Vec<_> = compared
            .metrics
            .iter()
            .filter_map(|c| Some((metric(c.metric)?, c)))
            .filter(|(m, _)| m.task() == task)
            .collect();
        if rows.is_empty() {
            continue;
        }
        let width = rows.iter().map(|(m, _)| m.id.len()).max().unwrap_or_default();
        let _ = writeln!(
            out,
            "\n{bold}{title:<width$}  {:>7}  {:>7}  {:>8}  {:<20}  {:>6}  {:<13}  people{bold:#}",
            "A", "B", "B - A", "95 % interval", "p", ""
        );
        for (metric, contrast) in rows {
            let difference = contrast.comparison.difference;
            let signed = |value| signed(value, metric.decimals);
            let interval = format!("[{}, {}]", signed(difference.low), signed(difference.high));
            let (word, style) = verdict(contrast);
            let _ = writeln!(
                out,
                "{:<width$}  {:>7}  {:>7}  {:>8}  {interval:<20}  {:>6}  {style}{word:<13}{style:#}  {dim}{}{dim:#}",
                metric.id,
                metric.show(contrast.a),
                metric.show(contrast.b),
                signed(difference.mean),
                probability(contrast.comparison.randomization_p),
                metric.agreement.label()
            );
            if let Some(most) = per_document {
                changed(&mut out, contrast, metric.decimals, metric.better, most);
            }
        }
    }
    out
}

/// The documents that changed most.
fn changed(out: &mut String, contrast: &Contrast, decimals: usize, better: Better, most: usize) {
    let change = |pair: &Pair| pair.b - pair.a;
    let mut documents: Vec<_> = contrast.documents.iter().filter(|pair| change(pair).abs() > 1e-12).collect();
    documents.sort_by(|x, y| change(y).abs().total_cmp(&change(x).abs()).then(x.document.cmp(&y.document)));
    for pair in documents.into_iter().take(most) {
        let style = match better {
            Better::Neither => Style::new(),
            _ if (change(pair) > 0.0) == (better == Better::Higher) => AnsiColor::Green.on_default(),
            _ => AnsiColor::Red.on_default(),
        };
        let _ = writeln!(
            out,
            "    {style}{:>8}{style:#}  {:.decimals$} to {:.decimals$}  {} ({})",
            signed(change(pair), decimals),
            pair.a,
            pair.b,
            visible(&pair.document),
            pair.language
        );
    }
}

/// What got worse, for the log of whoever asked.
fn broken(compared: &Compared, guard: &Guard) -> String {
    let Some(contrast) = compared.metrics.iter().find(|c| c.metric == guard.metric.id) else { return String::new() };
    let show = |value| guard.metric.show(value);
    let allowed = match guard.delta {
        Some(delta) => format!("more than {delta} is not allowed"),
        None => format!("p = {}", probability(contrast.comparison.randomization_p)),
    };
    format!(
        "{} got worse from {} to {}: {} to {} ({allowed})",
        guard.metric.id,
        compared.a.system,
        compared.b.system,
        show(contrast.a),
        show(contrast.b)
    )
}
