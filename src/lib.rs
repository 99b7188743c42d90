//! faqtory turns an article into a grounded FAQ block and a summary with a local transformer model.
//!
//! The way of the data is one direction: [`loader`] → [`article::Article`] → [`prompt`] →
//! [`engine`] → [`pipeline`] → [`content::Output`] → [`render`].

// The harness of the tests names the library as a user does.
#[cfg(test)]
extern crate self as faqtory;

pub mod article;
pub mod bench;
pub mod chat;
pub mod chunk;
pub mod content;
pub mod engine;
pub mod error;
pub mod eval;
pub mod fetch;
pub mod lang;
pub mod loader;
pub mod metrics;
pub mod pipeline;
pub mod prompt;
pub mod render;
pub mod report;
pub mod sentence;

/// The server that the tests of all modules fetch from.
#[cfg(test)]
#[path = "../tests/harness/server.rs"]
mod loopback;

pub use error::{Error, ErrorKind, Result};
