//! How a command fails: what is said on stderr, and the exit code.

use std::error::Error as _;

use anstyle::{AnsiColor, Style};
use faqtory::{Error, ErrorKind};

/// Exit code: some or all articles failed.
pub(crate) const ARTICLES: u8 = 1;
/// Exit code: wrong arguments or configuration.
pub(crate) const USAGE: u8 = 2;
/// Exit code: the model could not be obtained or loaded.
pub(crate) const MODEL: u8 = 3;
/// Exit code: stopped by Ctrl-C.
pub(crate) const INTERRUPTED: u8 = 130;

/// The exit codes, for `--help`.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0    all is well
  1    an article failed, or a part of its result is missing; the others were written
  2    wrong arguments or configuration
  3    the model could not be obtained or loaded
  130  stopped by Ctrl-C";

/// Why a command ends early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An error that is still to be shown.
    Error {
        /// The error.
        error: Error,
        /// The exit code.
        code: u8,
        /// What to do about it, if something else than about its kind.
        hint: Option<&'static str>,
    },
    /// All is said; this is the exit code.
    Reported(u8),
    /// Whoever read stdout has gone: nothing to say, and no failure of ours.
    BrokenPipe,
}

impl Failure {
    /// An error on the way to a model: whatever its kind, it is the model that is missing, unless
    /// the settings are wrong or the user stopped it.
    pub(crate) fn of_model(error: Error) -> Self {
        let code = match error.kind() {
            ErrorKind::Config => USAGE,
            ErrorKind::Cancelled => INTERRUPTED,
            _ => MODEL,
        };
        Self::Error { error, code, hint: None }
    }

    /// An error in what the user asked for on the command line, and how to ask for it.
    pub(crate) fn usage(message: impl Into<String>, hint: &'static str) -> Self {
        Self::Error { error: Error::new(ErrorKind::Config, message), code: USAGE, hint: Some(hint) }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match error.kind() {
            ErrorKind::Config => USAGE,
            ErrorKind::Model | ErrorKind::Download => MODEL,
            ErrorKind::Cancelled => INTERRUPTED,
            _ => ARTICLES,
        };
        Self::Error { error, code, hint: None }
    }
}

/// The error as it is shown, in colours: what, where, the causes, and what to do, which is usually told by its kind.
pub(crate) fn report(error: &Error, own_hint: Option<&str>) -> String {
    let (red, dim) = (AnsiColor::Red.on_default().bold(), Style::new().dimmed());
    let mut text = format!("{red}error:{red:#} {}\n", visible(&error.to_string()));
    let mut cause = error.source();
    while let Some(e) = cause {
        // Of a cause with several lines, such as a TOML error with its excerpt, the rest is indented.
        let lines = visible(&e.to_string()).trim_end().replace('\n', "\n    ");
        text.push_str(&format!("  {dim}caused by:{dim:#} {lines}\n"));
        cause = e.source();
    }
    if let Some(hint) = own_hint.or_else(|| hint(error.kind())) {
        let cyan = AnsiColor::Cyan.on_default();
        text.push_str(&format!("{cyan}hint:{cyan:#} {hint}\n"));
    }
    text
}

fn hint(kind: ErrorKind) -> Option<&'static str> {
    match kind {
        ErrorKind::Input => Some(
            "faqtory reads articles in plain text, Markdown, HTML, PDF, DOCX and EPUB; `faqtory inspect FILE` shows how",
        ),
        ErrorKind::Io => Some("check that the path is right and that you may read or write it"),
        ErrorKind::Config => Some("`faqtory config` shows all settings and where they come from, `--help` all flags"),
        ErrorKind::Model => {
            Some("`faqtory models list` shows the models; `--model PATH.gguf` takes a file of your own")
        }
        ErrorKind::Download => Some("go online and run `faqtory models pull`, or take a file with `--model PATH.gguf`"),
        ErrorKind::Fetch => {
            Some("open the address in a browser to see what is there, or save the page and give the file")
        }
        ErrorKind::ContextLength => Some("shorten the article, or take a model with a longer context"),
        ErrorKind::Inference => Some("try another model, another `--seed` with a `--temperature`, or `--device cpu`"),
        _ => None,
    }
}

/// The text with control characters made visible, those that reverse the order of the characters after them
/// too: file names and files must not steer a terminal.
pub(crate) fn visible(text: &str) -> String {
    let steers = |c: char| match c {
        '\n' | '\t' => false,
        '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => true,
        _ => c.is_control(),
    };
    text.chars().map(|c| if steers(c) { '\u{FFFD}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn a_report_says_what_where_why_and_what_to_do() {
        let error = Error::new(ErrorKind::Io, "cannot read it").at("a.txt").with_source("line one\nline two");
        assert_eq!(
            plain(&report(&error, None)),
            "error: a.txt: cannot read it\n  caused by: line one\n    line two\n\
             hint: check that the path is right and that you may read or write it\n"
        );
        let error = Error::new(ErrorKind::Cancelled, "stopped");
        assert_eq!(plain(&report(&error, None)), "error: stopped\n");
        assert_eq!(plain(&report(&error, Some("go on"))), "error: stopped\nhint: go on\n");
    }

    #[test]
    fn names_cannot_steer_the_terminal() {
        let error = Error::new(ErrorKind::Cancelled, "x").at("\u{1b}[2Jevil\u{7}");
        assert!(plain(&report(&error, None)).contains("\u{FFFD}[2Jevil\u{FFFD}"));
        assert_eq!(visible("txt.\u{202E}exe\u{2069}\u{9b}1m\ta\n"), "txt.\u{FFFD}exe\u{FFFD}\u{FFFD}1m\ta\n");
    }

    #[test]
    fn codes_follow_the_kind() {
        let code = |failure| match failure {
            Failure::Error { code, .. } => code,
            other => panic!("{other:?}"),
        };
        let error = |kind| Error::new(kind, "x");
        assert_eq!(code(error(ErrorKind::Config).into()), 2);
        assert_eq!(code(error(ErrorKind::Download).into()), 3);
        assert_eq!(code(error(ErrorKind::Io).into()), 1);
        assert_eq!(code(Failure::of_model(error(ErrorKind::Io))), 3);
        assert_eq!(code(Failure::of_model(error(ErrorKind::Cancelled))), 130);
    }
}
