//! The program from outside, as a user has it, and the layering of its source.

mod cli;
mod harness;
mod layering;
