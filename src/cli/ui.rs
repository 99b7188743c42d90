//! The user's side of a run: notes, errors and progress on stderr, results on stdout.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use anstyle::AnsiColor;
use faqtory::{Error, ErrorKind};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::failure::{self, Failure, visible};

/// How much is said on stderr; errors always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Errors.
    Quiet,
    /// And notes, and progress on a terminal.
    Normal,
    /// And every step.
    Verbose,
}

/// Where everything that is not a result goes.
#[derive(Debug)]
pub(crate) struct Ui {
    level: Level,
    /// Draws the progress; the lines of notes and errors pass it by, so that they do not tear it.
    bars: MultiProgress,
}

impl Ui {
    /// Progress is only drawn on a terminal, and not when quiet.
    pub(crate) fn new(level: Level) -> Self {
        let shown = level > Level::Quiet && std::io::stderr().is_terminal();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { level, bars: MultiProgress::with_draw_target(target) }
    }

    /// Something the user should know.
    pub(crate) fn note(&self, text: &str) {
        if self.level >= Level::Normal {
            let yellow = AnsiColor::Yellow.on_default();
            self.say(&format!("{yellow}note:{yellow:#} {}\n", visible(text)));
        }
    }

    /// A step, for those who want to see every one.
    pub(crate) fn step(&self, text: &str) {
        if self.level >= Level::Verbose {
            self.say(&format!("{}\n", visible(text)));
        }
    }

    /// An error, with its causes and what to do.
    pub(crate) fn error(&self, error: &Error) {
        self.say(&failure::report(error, None));
    }

    /// The same, with another word on what to do than its kind has.
    pub(crate) fn error_with(&self, error: &Error, hint: Option<&str>) {
        self.say(&failure::report(error, hint));
    }

    fn say(&self, text: &str) {
        // Nothing can be done about a stderr that is gone.
        self.bars.suspend(|| drop(anstream::stderr().lock().write_all(text.as_bytes())));
    }

    /// A line of progress with a spinner; gone when dropped.
    pub(crate) fn spinner(&self) -> Bar {
        let bar = ProgressBar::new_spinner().with_style(style("{spinner} {wide_msg}"));
        self.bar(bar)
    }

    /// A bar that counts bytes; gone when dropped.
    pub(crate) fn byte_bar(&self) -> Bar {
        let template = "{msg} [{bar:30}] {binary_bytes}/{binary_total_bytes}, {binary_bytes_per_sec}, {eta} left";
        self.bar(ProgressBar::new(0).with_style(style(template).progress_chars("=> ")))
    }

    fn bar(&self, bar: ProgressBar) -> Bar {
        let bar = self.bars.add(bar);
        if !bar.is_hidden() {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Bar(bar)
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// A line of progress that clears itself.
#[derive(Debug)]
pub(crate) struct Bar(pub(crate) ProgressBar);

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Writes a result to stdout.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|e| match e.kind() {
        std::io::ErrorKind::BrokenPipe => Failure::BrokenPipe,
        _ => Error::new(ErrorKind::Io, "cannot write to standard output").with_source(e).into(),
    })
}

/// Writes a result with colours to stdout; they are left out where it is no terminal.
pub(crate) fn print_styled(text: &str) -> Result<(), Failure> {
    match anstream::AutoStream::choice(&std::io::stdout()) {
        anstream::ColorChoice::Never => print(&anstream::adapter::strip_str(text).to_string()),
        _ => print(text),
    }
}

/// A number of bytes for people, in binary units.
pub(crate) fn bytes(n: u64) -> String {
    indicatif::BinaryBytes(n).to_string()
}
