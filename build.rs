//! Rebuilds when a model manifest or a prompt is added: they are built into the program.

fn main() {
    println!("cargo::rerun-if-changed=models");
    println!("cargo::rerun-if-changed=prompts");
}
