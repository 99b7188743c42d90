//! The one error type of the library: what went wrong, where, and what caused it.
//!
//! Bad output of a model is not an error: it is data, a [`Rejection`](crate::content::Rejection).

use std::error::Error as StdError;
use std::fmt;

/// The result of every fallible function of this library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The broad class of an error. The edge of the program turns it into a hint and an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The article cannot be used: empty, binary, too large, undecodable, without text.
    Input,
    /// A file or folder cannot be read or written.
    Io,
    /// A setting, prompt template or manifest is wrong.
    Config,
    /// No such model, or its file is not what it should be.
    Model,
    /// A model could not be fetched from any of its sources.
    Download,
    /// A web page could not be fetched.
    Fetch,
    /// A prompt does not fit the model's context.
    ContextLength,
    /// The model could not be run.
    Inference,
    /// The caller asked to stop.
    Cancelled,
}

/// What went wrong (`message`), where (`place`), and what caused it (`source`).
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    place: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of that kind. The message is a full clause in lower case, without a final stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), place: None, source: None }
    }

    /// Says where: a file, a URL, a model id, a line. The innermost place wins.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place.get_or_insert_with(|| place.into());
        self
    }

    /// Keeps the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The class of the error.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What went wrong, without place and cause.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where it went wrong, if that is known.
    pub fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|e| e as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_says_place_then_message_and_keeps_the_cause() {
        let cause = std::io::Error::other("disk on fire");
        let error = Error::new(ErrorKind::Io, "cannot read the file").at("a.txt").at("outer").with_source(cause);
        assert_eq!(error.to_string(), "a.txt: cannot read the file");
        assert_eq!(error.source().unwrap().to_string(), "disk on fire");
        assert_eq!(error.kind(), ErrorKind::Io);
    }
}
