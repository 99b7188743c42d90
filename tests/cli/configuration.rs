//! `faqtory config`, and which of file, environment and flag wins.

use crate::harness::{FAQ, World};

#[test]
fn every_setting_is_shown_with_its_origin() {
    let ran = World::new().run("config").exits(0).says_nothing();
    let table: toml::Table = toml::from_str(&ran.stdout).expect("it is TOML");
    assert_eq!(table["lang"].as_str(), Some("source"));
    assert_eq!(table["temperature"].as_float(), Some(0.0));
    assert!(table["models_dir"].as_str().is_some_and(|d| d.ends_with("data/faqtory/models")), "{table}");
    ran.prints(&["faqtory.toml (not there)", "# default", "# threads =", "endpoint https://", "token not set"]);
}

#[test]
fn file_then_environment_then_flag() {
    let world = World::new().var("FAQTORY_SEED", "22").var("FAQTORY_THREADS", "2");
    world.config("seed = 11\nthreads = 1\nquestions = 7\nlang = 'es'\n");
    let ran = world.run("config --seed 33").exits(0);
    let line = |key: &str| {
        let line = ran.stdout.lines().find(|l| l.starts_with(&format!("{key} ="))).unwrap_or_default();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("seed"), "seed = 33 # --seed");
    assert_eq!(line("threads"), "threads = 2 # FAQTORY_THREADS");
    assert!(line("questions").starts_with("questions = \"7\" # /"), "{}", line("questions"));
    assert!(line("questions").ends_with("config/faqtory/faqtory.toml"), "{}", line("questions"));
    assert_eq!(line("format"), "format = \"md\" # default");
}

#[test]
fn what_is_printed_can_be_read_again() {
    let world = World::new();
    let flags = "--lang es --source-lang en -n 3 --length bullets -f html --model a-model --device cuda:1 --threads 3 \
                 --context-length 4096 --seed 18446744073709551615 --temperature 0.7 --top-k 40 --top-p 0.9 \
                 --min-p 0.05 --repetition-penalty 1.1 --prompts p --offline";
    let first = world.run(&format!("config {flags}")).exits(0);
    let file = world.file("printed.toml", &first.stdout);
    let again = world.run(&format!("config --config {}", file.display())).exits(0);
    let table = |text: &str| toml::from_str::<toml::Table>(text).expect("it is TOML");
    let (mut first, mut again) = (table(&first.stdout), table(&again.stdout));
    // A relative path in a file counts from the file's folder.
    assert_eq!(first.remove("prompts").unwrap().as_str(), Some("p"));
    assert_eq!(again.remove("prompts").unwrap().as_str(), Some(world.path("p").to_str().unwrap()));
    assert_eq!(first, again);
    assert_eq!(first["temperature"].as_float(), Some(0.7));
}

#[test]
fn the_token_is_never_shown() {
    let world = World::new().var("HF_TOKEN", "hf_secret").var("HF_ENDPOINT", "http://mirror.test/");
    let ran = world.run("config").exits(0).prints(&["token set", "endpoint http://mirror.test\n"]);
    assert!(!ran.stdout.contains("hf_secret"));
}

#[test]
fn offline_is_offline_for_the_hub_too() {
    World::new().var("FAQTORY_OFFLINE", "1").run("config").exits(0).prints(&["offline = true", "(offline)"]);
    World::new().var("HF_HUB_OFFLINE", "1").run("config").exits(0).prints(&["offline = false", "(offline)"]);
}

#[test]
fn a_wrong_key_names_the_file_and_the_known_ones() {
    let world = World::new();
    world.config("langauge = 'es'\n");
    let ran = world.run("config").exits(2).prints_nothing();
    ran.says(&["error: ", "faqtory.toml: unknown key `langauge`", "source_lang", "hint: "]);
}

#[test]
fn wrong_values_name_their_place() {
    for (text, expected) in [
        ("temperature = 9", "bad value of `temperature`: `9`"),
        ("lang = 'klingon'", "unknown language `klingon`"),
        ("format = 'pdf'", "known are md, html, json, jsonld, text"),
        ("questions = 0", "give 1 to 20, or `auto`"),
        ("device = 'gpu'", "unknown device `gpu`"),
        ("threads = [1]", "bad value of `threads`"),
        ("threads = ", "not valid TOML"),
    ] {
        let world = World::new();
        world.config(text);
        world.run("config").exits(2).prints_nothing().says(&["faqtory.toml: ", expected]);
    }
    for (name, value, expected) in [
        ("FAQTORY_THREADS", "many", "`many` is not a whole number"),
        ("FAQTORY_TEMPERATURE", "hot", "`hot` is not a number from 0 to 5"),
        ("FAQTORY_LENGTH", "huge", "unknown summary length `huge`"),
        ("FAQTORY_OFFLINE", "perhaps", "`perhaps` is neither yes"),
        ("FAQTORY_DEVICE", "cuda:x", "unknown device `cuda:x`"),
    ] {
        let ran = World::new().var(name, value).run("config").exits(2).prints_nothing();
        ran.says(&[&format!("error: {name}: "), expected]);
    }
    for (flag, expected) in [
        ("--temperature -1", "is not a number from 0 to 5"),
        ("--top-p 0", "is not a number from 0.001 to 1"),
        ("--lang xx", "unknown language `xx`; known are en, es"),
        ("--format pdf", "jsonld"),
        ("--questions 21", "give 1 to 20"),
        ("--length huge", "headline"),
        ("--threads 0", "1 or more"),
        ("--seed -1", "--seed"),
        ("--nonsense", "--nonsense"),
    ] {
        World::new().run(&format!("config {flag}")).exits(2).prints_nothing().says(&["error: ", expected]);
    }
}

#[test]
fn a_named_configuration_file_must_be_there() {
    World::new().run("config --config none.toml").exits(2).says(&["none.toml: there is no such configuration file"]);
}

#[test]
fn unknown_variables_are_told_to_those_who_want_to_know() {
    let world = World::new().var("FAQTORY_LNAG", "es");
    world.run("config").exits(0).says_nothing();
    world.run("config --verbose").exits(0).says(&["FAQTORY_LNAG"]);
}

#[test]
fn settings_reach_the_commands() {
    let world = World::with_articles().var("FAQTORY_QUESTIONS", "2");
    world.script("faq.toml", &[("FAQ", FAQ)]);
    // A path in the file counts from the folder of the file.
    world.config("format = 'json'\nmodel = 'scripted:../../faq.toml'\nquestions = 20\nseed = 5\n");
    let output = world.run("faq en.txt --seed 6 --temperature 0.5").exits(0).json();
    assert_eq!(output["questions_asked"], 2, "the environment wins over the file");
    assert_eq!(output["usage"]["seed"], 6, "the flag wins over the file");
    assert_eq!(output["usage"]["temperature"], 0.5);
}
