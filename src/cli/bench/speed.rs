//! `faqtory bench speed`: how fast a model is on this machine.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::Style;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use faqtory::bench::machine::{Machine, peak_memory, reset_peak_memory};
use faqtory::engine::speed::{LOAD, Part, Progress, SpeedPlan, SpeedReport, Spread, measure};
use faqtory::{Error, ErrorKind};
use serde::Serialize;

use crate::cli::args::ModelArgs;
use crate::cli::columns::{Cell, columns, number, text};
use crate::cli::config::{Raw, values};
use crate::cli::failure::{Failure, visible};
use crate::cli::ui::{self, Bar, Ui, bytes};
use crate::cli::{Context, interrupt, runtime, version};

/// Measure how fast a model is on this machine: loading, reading, writing, and the cost of a longer article
#[derive(Debug, Args)]
#[command(after_help = "\
Every number is the median of its runs, with the smallest and the largest beside it. Close other programs: they count too.

  load          seconds until the model can be used; \"first use\" is what the first prompt takes longer than later ones
  prefill N     tokens a second of reading a prompt of N tokens
  decode N at C tokens a second of writing N texts together behind C tokens that they share
  read N        seconds for each 1000 tokens of an article of N tokens
  GB/s, Gop/s   weights read and operations done a second, to compare with what the machine can do

Examples:
  faqtory bench speed
  faqtory bench speed --model smollm2-135m-instruct --threads 1
  faqtory bench speed --only prefill --only decode --runs 5 --json")]
pub(crate) struct SpeedArgs {
    /// How often each is measured
    #[arg(long, value_name = "N", default_value_t = SpeedPlan::default().runs, value_parser = values::at_least_one)]
    runs: usize,

    /// Measure only this; may be given several times
    #[arg(long, value_name = "PART", value_parser = parts())]
    only: Vec<Part>,

    /// Take a few tokens and one run: seconds instead of minutes, to see that it works, not how fast
    #[arg(long, conflicts_with = "runs")]
    quick: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    model: ModelArgs,
}

fn parts() -> impl TypedValueParser<Value = Part> {
    PossibleValuesParser::new(Part::ALL.map(Part::name)).try_map(|s| s.parse::<Part>())
}

impl SpeedArgs {
    fn plan(&self) -> SpeedPlan {
        let plan = if self.quick { SpeedPlan::quick() } else { SpeedPlan { runs: self.runs, ..SpeedPlan::default() } };
        if self.only.is_empty() { plan } else { plan.only(&self.only) }
    }
}

/// What is printed as JSON: the report, and what is known of the machine.
#[derive(Debug, Serialize)]
struct Measured {
    #[serde(flatten)]
    report: SpeedReport,
    machine: Machine,
    /// The most bytes of memory that the process held during each measurement, where that is known.
    peak_memory: BTreeMap<String, u64>,
}

pub(crate) fn run(args: &SpeedArgs, context: &Context) -> Result<(), Failure> {
    let mut flags = Raw::default();
    args.model.add_to(&mut flags);
    let config = context.config(flags)?;
    let ui = &context.ui;
    runtime::prepare(&config);
    let weights = runtime::weights(config.model.as_ref().map(|m| &m.value), &config, ui)?;
    let mut shown = Shown::new(ui);
    let options = runtime::load_options(&config);
    let report = measure(&weights.path, &weights.id, weights.sha256, &options, &args.plan(), &mut |progress| {
        shown.on(progress);
        interrupt::flow()
    })?;
    let measured = Measured { report, machine: Machine::here(), peak_memory: shown.finish() };
    for name in &measured.report.too_long {
        ui.note(&format!("{name}: left out, the context holds {} tokens", measured.report.model.context_length));
    }
    if args.json {
        let json = serde_json::to_string_pretty(&measured)
            .map_err(|e| Error::new(ErrorKind::Io, "cannot be written as JSON").with_source(e))?;
        return ui::print(&format!("{json}\n"));
    }
    ui::print_styled(&page(&measured))
}

/// Shows the progress, and notes how much memory each measurement took.
struct Shown<'a> {
    ui: &'a Ui,
    bar: Bar,
    name: String,
    peaks: BTreeMap<String, u64>,
}

impl<'a> Shown<'a> {
    fn new(ui: &'a Ui) -> Self {
        Self { ui, bar: ui.spinner(), name: String::new(), peaks: BTreeMap::new() }
    }

    fn on(&mut self, progress: Progress<'_>) {
        if self.name != progress.name {
            self.note_peak();
            progress.name.clone_into(&mut self.name);
            self.ui.step(&format!("measuring {}", self.name));
        }
        self.bar.0.set_message(line(progress));
    }

    fn note_peak(&mut self) {
        if let Some(peak) = peak_memory().filter(|_| !self.name.is_empty()) {
            self.peaks.insert(self.name.clone(), peak);
        }
        reset_peak_memory();
    }

    fn finish(mut self) -> BTreeMap<String, u64> {
        self.note_peak();
        self.peaks
    }
}

/// How far a measurement is.
fn line(Progress { name, run, runs, done, total }: Progress<'_>) -> String {
    let run = if run == 0 { "getting ready".to_owned() } else { format!("run {run} of {runs}") };
    let tokens = if total == 0 { String::new() } else { format!(", {done} of {total} tokens") };
    format!("{name}: {run}{tokens}")
}

/// The report on one screen.
fn page(measured: &Measured) -> String {
    let Measured { report, machine, .. } = measured;
    let (bold, plain, dim) = (Style::new().bold(), Style::new(), Style::new().dimmed());
    let work = &report.work;
    let giga = |amount: f64| amount / 1e9;
    let processor = machine.processor.as_deref().unwrap_or(&machine.architecture);
    let types: Vec<_> = work.types.iter().map(|(name, count)| format!("{count} × {name}")).collect();
    let mut out = format!(
        "{bold}{}{bold:#} on {}, {} threads\n{dim}{} ({})\na token takes {} of weights, {:.2} billion; matrices: {}{dim:#}\n\n",
        visible(&report.model.id),
        report.model.device,
        report.threads,
        visible(processor),
        version::instructions(),
        bytes(work.weight_bytes),
        giga(work.weights as f64),
        types.join(", "),
    );
    let head = ["", "median", "min", "max", "", "memory", ""];
    let mut rows = vec![(bold, head.iter().map(|h| if h.is_empty() { text("") } else { number(*h) }).collect())];
    let mut row = |name: &str, spread: &Spread, unit: &str, remark: String| {
        let memory = measured.peak_memory.get(name).map_or_else(|| "-".to_owned(), |peak| bytes(*peak));
        rows.push((plain, cells(name, spread, unit, memory, remark)));
    };
    let first_use = format!("first use {:+.2} s", report.warm_up_seconds);
    row(LOAD, &report.load_seconds, "s", first_use);
    for prefill in &report.prefill {
        let operations = 2.0 * (work.weights - work.output_weights) as f64 * prefill.tokens_per_second.median;
        let remark = format!("{:.0} Gop/s", giga(operations));
        row(&prefill.name, &prefill.tokens_per_second, "tokens/s", remark);
    }
    for decode in &report.decode {
        let passes = decode.tokens_per_second.median / decode.sequences as f64;
        let read = format!("{:.1} GB/s", giga(work.weight_bytes as f64 * passes));
        let remark = match decode.ratio {
            Some(ratio) => format!("{read}, {ratio:.1} times one text"),
            None => read,
        };
        row(&decode.name, &decode.tokens_per_second, "tokens/s", remark);
    }
    if let Some(long) = &report.long {
        let unit = "s / 1k tokens";
        let short = format!("read {}", long.short_tokens);
        row(&short, &long.short_seconds_per_1k, unit, String::new());
        row(&long.name, &long.long_seconds_per_1k, unit, format!("{:.2} times the shorter", long.ratio));
        row("  its end", &long.end_seconds_per_1k, unit, format!("the last {} tokens", long.short_tokens));
    }
    let _ = write!(out, "{}", columns(&rows));
    out
}

fn cells(name: &str, spread: &Spread, unit: &str, memory: String, remark: String) -> Vec<Cell> {
    let value = |value| number(significant(value));
    vec![
        text(name),
        value(spread.median),
        value(spread.min),
        value(spread.max),
        text(unit),
        number(memory),
        text(remark),
    ]
}

/// A number with three significant digits at least.
fn significant(value: f64) -> String {
    let decimals = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_numbers_keep_their_digits() {
        for (value, shown) in [(0.1234, "0.12"), (9.876, "9.88"), (14.13, "14.1"), (187.4, "187")] {
            assert_eq!(significant(value), shown);
        }
    }

    #[test]
    fn the_line_tells_run_and_tokens() {
        let progress = Progress { name: "prefill 512", run: 2, runs: 3, done: 256, total: 512 };
        assert_eq!(line(progress), "prefill 512: run 2 of 3, 256 of 512 tokens");
        assert_eq!(line(Progress { run: 0, total: 0, ..progress }), "prefill 512: getting ready");
    }
}
