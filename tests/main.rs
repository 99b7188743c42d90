//! The program from outside, as a user has it, the fixtures, and the layering of its source.

mod cli;
mod fixtures;
mod harness;
mod layering;
