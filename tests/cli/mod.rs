//! Every command, every format, every error, with the scripted model.

mod bench;
mod completions;
mod configuration;
mod errors;
mod eval;
mod inspect;
mod models;
mod output;
mod pdf;
mod report;
mod sources;
mod speed;
mod write;
