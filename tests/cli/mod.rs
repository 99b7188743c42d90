//! Every command, every format, every error, with the scripted model.

mod bench;
mod completions;
mod configuration;
mod errors;
mod inspect;
mod models;
mod output;
mod pdf;
mod sources;
mod write;
