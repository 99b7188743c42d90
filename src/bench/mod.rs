//! The benchmark: systems over documents, each output kept in a run folder with how it was made.
//!
//! Writing and scoring are apart: outputs are expensive and stay, scores can be made again.

pub mod baseline;
pub mod compare;
pub mod config;
pub mod folder;
pub mod machine;
pub mod record;
pub mod run;
pub mod score;
pub mod systems;

pub use config::{BenchConfig, SystemSpec};
pub use folder::{Run, RunFolder};
pub use record::{Key, Record, Speed};
pub use score::Scored;
pub use systems::{SystemResults, by_system};
