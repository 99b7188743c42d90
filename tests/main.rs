//! The program from outside, as a user has it, the model store for real, and the layering of the source.

mod cli;
mod harness;
mod layering;
mod main_job;
mod store;
