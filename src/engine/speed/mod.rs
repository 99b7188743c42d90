//! How fast a model is on this machine: loading, reading a prompt, writing one text and several together, and what a
//! longer article costs. Each is measured on the decoder itself, without the choice of tokens, which takes no time beside it.

use std::ops::ControlFlow;
use std::path::Path;

use super::candle::LoadOptions;
use crate::error::{Error, ErrorKind, Result};

mod plan;
mod report;
mod spread;
mod subject;

pub use plan::{Part, SpeedPlan};
pub use report::{Decode, Long, Prefill, SpeedReport, Work};
pub use spread::Spread;
use subject::{Reading, Subject};

/// The measurement of loading, in [`Progress::name`].
pub const LOAD: &str = "load";

/// How far a measurement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// Which it is: [`LOAD`], or the `name` of a part of the report.
    pub name: &'a str,
    /// Which of its runs, from 1. Run 0 comes before them and does not count.
    pub run: usize,
    /// How many runs it has.
    pub runs: usize,
    /// Tokens done in this run.
    pub done: usize,
    /// Tokens of a run; 0 where they do not count.
    pub total: usize,
}

/// Is told how far it is, and may end the measurement.
type OnProgress<'a> = &'a mut dyn FnMut(Progress<'_>) -> ControlFlow<()>;

/// Loads the GGUF file and measures what the plan says. `id` and `sha256` are what the report will say of it.
///
/// # Errors
/// `Config` if the plan has no runs or the device is not there, `Model` if the file cannot be loaded, `Inference` if the
/// model cannot be run, `Cancelled` if the callback broke off.
pub fn measure(
    path: &Path,
    id: &str,
    sha256: Option<String>,
    options: &LoadOptions,
    plan: &SpeedPlan,
    on_progress: OnProgress<'_>,
) -> Result<SpeedReport> {
    let mut watch = Watch { name: LOAD.to_owned(), runs: plan.runs, total: 0, at: (0, 0), on_progress };
    let (subject, load_seconds) = load(path, id, sha256, options, &mut watch)?;
    let context = subject.info().context_length;
    let mut report = SpeedReport {
        model: subject.info().clone(),
        kernels: subject.kernels(),
        threads: rayon::current_num_threads(),
        work: subject.work.clone(),
        load_seconds,
        warm_up_seconds: 0.0,
        prefill: Vec::new(),
        decode: Vec::new(),
        long: None,
        too_long: Vec::new(),
    };
    report.warm_up_seconds = warm_up(&subject, &mut watch)?;
    for &tokens in &plan.prefill {
        let name = format!("prefill {tokens}");
        if tokens > context {
            report.too_long.push(name);
            continue;
        }
        watch.begin(&name, plan.runs, tokens)?;
        let speeds = watch.measure(|tick| Ok(tokens as f64 / subject.read(tokens, tick)?.seconds()))?;
        report.prefill.push(Prefill { name, tokens, tokens_per_second: speeds });
    }
    decode(&subject, plan, &mut watch, &mut report)?;
    if let Some((short, long)) = plan.long {
        let name = format!("read {long}");
        if long > context {
            report.too_long.push(name);
        } else {
            watch.begin(&name, plan.long_runs(), long)?;
            report.long = Some(read_long(&subject, short, long, &mut watch)?);
        }
    }
    Ok(report)
}

/// Loads the model in every run; the last one stays.
fn load(
    path: &Path,
    id: &str,
    sha256: Option<String>,
    options: &LoadOptions,
    watch: &mut Watch<'_>,
) -> Result<(Subject, Spread)> {
    let mut subject = None;
    let spread = watch.measure(|_| {
        // Two models at once would need twice the memory of one.
        subject = None;
        let (loaded, seconds) = Subject::load(path, id, sha256.clone(), options)?;
        subject = Some(loaded);
        Ok(seconds)
    })?;
    subject.map(|subject| (subject, spread)).ok_or_else(no_runs)
}

/// How much longer the first pass over a prompt takes than the second.
fn warm_up(subject: &Subject, watch: &mut Watch<'_>) -> Result<f64> {
    const TOKENS: usize = 64;
    let tokens = TOKENS.min(subject.info().context_length);
    let mut read = || {
        watch.begin(LOAD, 1, tokens)?;
        Ok::<_, Error>(subject.read(tokens, &mut |new| watch.tick(new))?.seconds())
    };
    let first = read()?;
    Ok((first - read()?).max(0.0))
}

/// Writing texts together, for each number of them.
fn decode(subject: &Subject, plan: &SpeedPlan, watch: &mut Watch<'_>, report: &mut SpeedReport) -> Result<()> {
    let mut shared: Option<Reading> = None;
    for &sequences in &plan.sequences {
        let name = format!("decode {sequences} at {}", plan.context);
        if plan.context + plan.written > subject.info().context_length {
            report.too_long.push(name);
            continue;
        }
        watch.begin(&name, plan.runs, plan.context)?;
        let reading = match shared.take() {
            Some(reading) => reading,
            None => subject.read(plan.context, &mut |new| watch.tick(new))?,
        };
        let tokens = sequences * plan.written;
        watch.begin(&name, plan.runs, tokens)?;
        let speeds =
            watch.measure(|tick| Ok(tokens as f64 / subject.write(&reading.prefix, sequences, plan.written, tick)?))?;
        shared = Some(reading);
        let alone = report.decode.iter().find(|d| d.sequences == 1);
        let ratio = alone.filter(|_| sequences > 1).map(|alone| speeds.median / alone.tokens_per_second.median);
        let (context, written) = (plan.context, plan.written);
        report.decode.push(Decode { name, context, sequences, written, tokens_per_second: speeds, ratio });
    }
    Ok(())
}

/// Reads the long article. The short one is its beginning, so that both are measured in the same moment.
fn read_long(subject: &Subject, short: usize, long: usize, watch: &mut Watch<'_>) -> Result<Long> {
    let (mut first, mut end) = (Vec::new(), Vec::new());
    let per_1k = |seconds: f64, tokens: usize| 1000.0 * seconds / tokens as f64;
    let whole = watch.measure(|tick| {
        let reading = subject.read(long, tick)?;
        first.push(per_1k(reading.seconds_at(short), short));
        end.push(per_1k(reading.seconds() - reading.seconds_at(long - short), short));
        Ok(per_1k(reading.seconds(), long))
    })?;
    let of = |values: &[f64]| Spread::of(values).ok_or_else(no_runs);
    let first = of(&first)?;
    Ok(Long {
        name: watch.name.clone(),
        short_tokens: short,
        long_tokens: long,
        short_seconds_per_1k: first,
        long_seconds_per_1k: whole,
        end_seconds_per_1k: of(&end)?,
        ratio: whole.median / first.median,
    })
}

fn no_runs() -> Error {
    Error::new(ErrorKind::Config, "a measurement needs one run at least")
}

/// Counts the runs and the tokens of a measurement, and says so.
struct Watch<'a> {
    name: String,
    runs: usize,
    total: usize,
    /// Run and tokens done in it.
    at: (usize, usize),
    on_progress: OnProgress<'a>,
}

impl Watch<'_> {
    /// Turns to another measurement.
    fn begin(&mut self, name: &str, runs: usize, total: usize) -> Result<()> {
        name.clone_into(&mut self.name);
        (self.runs, self.total, self.at) = (runs, total, (0, 0));
        self.tick(0)
    }

    /// So many more tokens are done.
    fn tick(&mut self, tokens: usize) -> Result<()> {
        self.at.1 += tokens;
        let (run, done) = self.at;
        let progress = Progress { name: &self.name, run, runs: self.runs, done, total: self.total };
        match (self.on_progress)(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::new(ErrorKind::Cancelled, "stopped")),
        }
    }

    /// Makes every run, and collects what each measured.
    fn measure(&mut self, mut one: impl FnMut(&mut dyn FnMut(usize) -> Result<()>) -> Result<f64>) -> Result<Spread> {
        let mut values = Vec::with_capacity(self.runs);
        for run in 1..=self.runs {
            self.at = (run, 0);
            self.tick(0)?;
            values.push(one(&mut |tokens| self.tick(tokens))?);
        }
        Spread::of(&values).ok_or_else(no_runs)
    }
}

#[cfg(test)]
mod tests {
    use super::super::weights::weights;
    use super::*;

    fn watch(runs: usize, on_progress: OnProgress<'_>) -> Watch<'_> {
        Watch { name: "work".to_owned(), runs, total: 10, at: (0, 0), on_progress }
    }

    #[test]
    fn runs_are_counted_and_told() {
        let mut told = Vec::new();
        let mut on_progress = |p: Progress<'_>| {
            told.push((p.run, p.done));
            ControlFlow::Continue(())
        };
        let mut value = 0.0;
        let spread = watch(3, &mut on_progress).measure(|tick| {
            tick(4)?;
            tick(6)?;
            value += 1.5;
            Ok(value)
        });
        assert_eq!(spread.unwrap(), Spread { median: 3.0, min: 1.5, max: 4.5, runs: 3 });
        assert_eq!(told, [1, 2, 3].map(|run| [(run, 0), (run, 4), (run, 10)]).concat());
    }

    #[test]
    fn no_runs_are_an_error() {
        let error = watch(0, &mut |_| ControlFlow::Continue(())).measure(|_| Ok(1.0)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
    }

    /// Whoever breaks off in the middle of a prompt waits for no other pass.
    #[test]
    fn a_measurement_is_broken_off_between_two_passes() {
        let Some(model) = weights("smollm2-135m-instruct") else { return };
        let plan = SpeedPlan { prefill: vec![64, 600], ..SpeedPlan::quick() };
        let mut told = Vec::new();
        let result = measure(&model, "x", None, &LoadOptions::default(), &plan, &mut |p| {
            told.push((p.name.to_owned(), p.done));
            if p.name == "prefill 600" && p.done > 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Cancelled);
        let (name, done) = told.pop().unwrap();
        assert!(name == "prefill 600" && 0 < done && done < 600, "{name}, {done}");
    }
}
