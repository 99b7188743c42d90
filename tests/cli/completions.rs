//! Commands that need neither article nor model: help, version, completions, schema.

use crate::harness::World;

#[test]
fn alone_it_prints_help() {
    let ran = World::new().run("").exits(0).says_nothing();
    ran.prints(&["Usage: faqtory", "generate", "inspect", "models", "Examples:", "Exit codes:"]);
}

#[test]
fn help_of_every_command_has_an_example_or_an_argument() {
    let world = World::new();
    for command in ["generate", "faq", "summarize"] {
        let ran = world.run(&format!("{command} --help")).exits(0).says_nothing();
        ran.prints(&["Examples:", "Exit codes:", "130", "--lang", "--output", "--seed", "scripted:FILE.toml"]);
    }
    for command in ["inspect", "config", "completions"] {
        world.run(&format!("{command} --help")).exits(0).prints(&["Example"]);
    }
    for command in ["list", "show", "pull", "verify", "path", "remove"] {
        world.run(&format!("models {command} --help")).exits(0).prints(&["Usage: faqtory models"]);
    }
}

#[test]
fn the_version_says_what_the_build_can_do() {
    let world = World::new();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(world.run("-V").exits(0).stdout, format!("faqtory {version}\n"));
    let features = match (cfg!(feature = "cuda"), cfg!(feature = "metal")) {
        (false, false) => "features: none",
        (true, false) => "features: cuda",
        (false, true) => "features: metal",
        (true, true) => "features: cuda, metal",
    };
    world.run("--version").exits(0).prints(&[version, features, "target: ", std::env::consts::ARCH, "cpu: "]);
}

#[test]
fn completions_are_written_for_every_shell() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = world.run(&format!("completions {shell}")).exits(0).says_nothing();
        let ran = ran.prints(&["faqtory", "summarize", "source-lang"]);
        // Not every shell is told the values of a flag.
        if ["bash", "zsh", "fish"].contains(&shell) {
            ran.prints(&["jsonld", "headline"]);
        }
    }
    world.run("completions tcsh").exits(2).prints_nothing().says(&["tcsh", "bash"]);
}

#[test]
fn the_schema_is_one() {
    let schema = World::new().run("schema").exits(0).says_nothing().json();
    assert!(jsonschema::validator_for(&schema).is_ok());
    assert!(schema["properties"]["rejections"].is_object(), "{schema:#}");
}
