//! The program from outside, as a user has it; the fixtures; the model store and the main job for real; and the
//! layering of the source.

mod cli;
mod fixtures;
mod harness;
mod layering;
mod main_job;
mod metrics;
mod store;
