//! What goes wrong, and what is said about it.

use crate::harness::World;

#[test]
fn articles_that_cannot_be_used() {
    let world = World::with_articles();
    world.file("empty.txt", "");
    world.file("blank.txt", " \n\n\t\n");
    world.file("binary.txt", b"\x7fELF\x00\x01\x02\x00\x00\x00\xff\xfe\x00binary\x00");
    world.file("folder/inside.txt", "x");
    for name in ["missing.txt", "empty.txt", "blank.txt", "binary.txt", "folder"] {
        for command in ["generate", "faq", "summarize", "inspect"] {
            let ran = world.run(&format!("{command} {name} --model scripted:model.toml")).exits(1).prints_nothing();
            ran.says(&["error: ", name, "hint: "]);
        }
    }
    world.run_with("faq - --model scripted:model.toml", b"").exits(1).prints_nothing().says(&["error: "]);
}

#[test]
fn without_an_article_no_model_is_started() {
    let world = World::new();
    let ran = world.run("faq missing.txt --model scripted:none.toml").exits(1).says(&["missing.txt"]);
    assert!(!ran.stderr.contains("none.toml"), "{}", ran.stderr);
}

#[test]
fn commands_need_their_arguments() {
    let world = World::new();
    for command in ["generate", "faq", "summarize", "inspect"] {
        world.run(command).exits(2).prints_nothing().says(&["FILE"]);
    }
    world.run("nonsense").exits(2).says(&["nonsense"]);
    world.run("models").exits(2);
    world.run("models show").exits(2).says(&["ID"]);
    world.run("faq en.txt --quiet --verbose").exits(2).says(&["--verbose"]);
}

#[test]
fn models_that_are_not_there() {
    let world = World::with_articles();
    let run = |model: &str| world.run(&format!("faq en.txt --model {model}")).exits(3).prints_nothing();
    run("no-such-model").says(&["no model is called `no-such-model`", "hint: `faqtory models list`"]);
    run("none.gguf").says(&["none.gguf: there is no such model file"]);
    run("./none").says(&["there is no such model file"]);
    run("scripted:none.toml").says(&["none.toml: cannot read the script", "caused by: "]);
}

#[test]
fn a_file_that_is_no_model() {
    let world = World::with_articles();
    world.file("fake.gguf", "this is no model");
    world.run("faq en.txt --model fake.gguf --device cpu").exits(3).prints_nothing().says(&["error: ", "fake.gguf"]);
}

#[test]
fn a_wrong_script_names_its_line() {
    let world = World::with_articles();
    world.file("wrong.toml", "[[reply]]\nwhne = 'FAQ'\n");
    let ran = world.run("faq en.txt --model scripted:wrong.toml").exits(2).prints_nothing();
    ran.says(&["wrong.toml: the script is not valid", "caused by: ", "whne"]);
}

#[test]
fn a_script_that_ends_too_early() {
    let world = World::with_articles();
    world.file("none.toml", "");
    let ran = world.run("faq en.txt --model scripted:none.toml").exits(1).prints_nothing();
    ran.says(&["error: en.txt: the script has no reply left"]);
}

#[test]
fn an_article_over_the_context() {
    let world = World::with_articles();
    world.file("small.toml", "context_length = 20\n[[reply]]\ntext = 'x'\n");
    let ran = world.run("faq en.txt --model scripted:small.toml").exits(1).prints_nothing();
    ran.says(&["error: en.txt: ", "a model with a longer context", "hint: shorten the article"]);
}

#[test]
fn languages_without_prompts() {
    let world = World::with_articles();
    let ran = world.run("faq en.txt --lang ca --model scripted:model.toml").exits(2).prints_nothing();
    ran.says(&["there are no prompts for Catalan", "en, es"]);
}

#[test]
fn prompts_that_are_not_there() {
    let world = World::with_articles();
    let ran = world.run("faq en.txt --prompts none --model scripted:model.toml").exits(2).prints_nothing();
    ran.says(&["none: there is no such folder of prompt templates"]);
}

#[test]
fn without_a_network_the_model_must_be_here() {
    let world = World::with_articles();
    let ran = world.run("faq en.txt --offline").exits(3).prints_nothing();
    ran.says(&["the model could be had from none of its sources", "the network is not used: --offline", "hint: "]);
    let world = World::with_articles().var("FAQTORY_OFFLINE", "1");
    world.run("faq en.txt").exits(3).says(&["the network is not used: FAQTORY_OFFLINE"]);
    world.run("models pull").exits(3).says(&["the network is not used: FAQTORY_OFFLINE"]);
}

#[test]
fn errors_are_said_even_when_quiet() {
    let ran = World::new().run("faq missing.txt --quiet --model scripted:none.toml").exits(1);
    ran.says(&["error: ", "missing.txt"]);
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_failure() {
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_faqtory"))
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    // The pipe is closed before anything was read from it.
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
