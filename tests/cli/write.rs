//! `generate`, `faq` and `summarize`.

use serde_json::Value;

use crate::harness::{ENGLISH, FAQ, FAQ_ES, SUMMARY, SUMMARY_ES, World};

const QUESTION: &str = "Where is the new library?";
const ANSWER: &str = "It is open from Tuesday to Saturday.";
const SENTENCE: &str = "Volunteers repaired the empty building.";

#[test]
fn generate_writes_both_in_every_format() {
    let world = World::with_articles();
    for format in ["md", "html", "json", "jsonld", "text"] {
        let ran = world.run(&format!("generate en.txt -n 2 -f {format} --model scripted:model.toml"));
        ran.exits(0).says_nothing().prints(&[QUESTION, ANSWER, SENTENCE]);
    }
}

#[test]
fn markdown_is_the_default() {
    let world = World::with_articles();
    let default = world.run("generate en.txt -n 2 --model scripted:model.toml").exits(0);
    let markdown = world.run("generate en.txt -n 2 -f md --model scripted:model.toml").exits(0);
    assert_eq!(default.stdout, markdown.stdout);
    assert!(default.stdout.contains('#'), "{}", default.stdout);
}

#[test]
fn json_keeps_to_its_schema() {
    let world = World::with_articles();
    let output = world.run("generate en.txt -n 2 -f json --model scripted:model.toml").exits(0).json();
    let schema = world.run("schema").exits(0).json();
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let wrong: Vec<_> = validator.iter_errors(&output).map(|e| e.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert_eq!(output["language"], "en");
    assert_eq!(output["faq"]["entries"].as_array().map(Vec::len), Some(2));
    assert_eq!(output["article"]["source"], "en.txt");
    assert_eq!(output["usage"]["model"]["id"], "scripted");
}

#[test]
fn json_ld_is_a_faq_page() {
    let world = World::with_articles();
    let page = world.run("faq en.txt -n 2 -f jsonld --model scripted:model.toml").exits(0).json();
    assert_eq!(page["@type"], "FAQPage");
    assert_eq!(page["inLanguage"], "en");
    assert_eq!(page["mainEntity"][0]["name"], QUESTION);
}

#[test]
fn faq_writes_no_summary_and_summarize_no_faq() {
    let world = World::with_articles();
    let faq = world.run("faq en.txt -n 2 --model scripted:model.toml").exits(0).says_nothing().prints(&[QUESTION]);
    assert!(!faq.stdout.contains(SENTENCE), "{}", faq.stdout);
    let summary = world.run("summarize en.txt --model scripted:model.toml").exits(0).says_nothing().prints(&[SENTENCE]);
    assert!(!summary.stdout.contains(QUESTION), "{}", summary.stdout);
}

#[test]
fn the_language_is_that_of_the_article_unless_another_is_wanted() {
    let world = World::with_articles();
    world.script("es.toml", &[("FAQ", FAQ_ES), ("resumen", SUMMARY_ES)]);
    let language = |arguments: &str| world.run(arguments).exits(0).json()["language"].clone();
    assert_eq!(language("generate es.txt -n 2 -f json --model scripted:es.toml"), "es");
    assert_eq!(language("generate en.txt -n 2 -f json --lang es --model scripted:es.toml"), "es");
    assert_eq!(language("generate es.txt -n 2 -f json --lang en --model scripted:model.toml"), "en");
    assert_eq!(language("generate en.txt -n 2 -f json --lang source --model scripted:model.toml"), "en");
    let ran = world.run("generate en.txt -n 2 --lang es --model scripted:es.toml").exits(0);
    ran.prints(&["¿Dónde está la nueva biblioteca?", "La biblioteca abre de martes a sábado."]);
}

#[test]
fn the_language_of_the_article_can_be_said() {
    let world = World::with_articles();
    let arguments = "faq en.txt -n 2 -f json --source-lang es --lang en --model scripted:model.toml";
    assert_eq!(world.run(arguments).exits(0).json()["article"]["language"], "es");
}

#[test]
fn every_length_of_a_summary_can_be_had() {
    let world = World::with_articles();
    for (length, reply) in [
        ("headline", "Town opens a public library in its old railway station"),
        ("short", "The town of Harrow Bridge opened a public library in its old railway station."),
        ("medium", SUMMARY),
        ("long", "The town opened a public library in its old station.\n\nThe library lends books and tools."),
        ("bullets", "- The town opened a library.\n- Volunteers repaired it.\n- It lends books and tools."),
    ] {
        world.script("length.toml", &[("summary", reply)]);
        let output = world.run(&format!("summarize en.txt --length {length} -f json --model scripted:length.toml"));
        let output = output.exits(0).json();
        assert_eq!(output["summary"]["length"], length);
        let paragraphs = output["summary"]["paragraphs"].as_array().map_or(0, Vec::len);
        assert_eq!(paragraphs, [1, 2, 3][usize::from(length == "long") + 2 * usize::from(length == "bullets")]);
    }
}

#[test]
fn the_same_run_gives_the_same_text() {
    let world = World::with_articles();
    let run =
        || world.run("generate en.txt -n 2 --seed 3 --temperature 0.9 --model scripted:model.toml").exits(0).stdout;
    assert_eq!(run(), run());
}

#[test]
fn an_article_can_come_by_standard_input() {
    let world = World::with_articles();
    let ran = world.run_with("faq - -n 2 -f json --model scripted:model.toml", ENGLISH.as_bytes()).exits(0);
    assert_eq!(ran.json()["article"]["source"], "-");
    let twice = world.run_with("faq - - --model scripted:model.toml", ENGLISH.as_bytes());
    twice.exits(2).prints_nothing().says(&["only once"]);
}

#[test]
fn what_is_said_never_reaches_standard_output() {
    let world = World::with_articles();
    let plain = world.run("generate en.txt -n 2 --model scripted:model.toml").exits(0).says_nothing();
    let quiet = world.run("generate en.txt -n 2 --model scripted:model.toml --quiet").exits(0).says_nothing();
    let verbose = world.run("generate en.txt -n 2 --model scripted:model.toml --verbose").exits(0);
    assert_eq!(plain.stdout, quiet.stdout);
    assert_eq!(plain.stdout, verbose.stdout);
    let verbose = verbose.says(&["reading en.txt"]);
    // Without a terminal there are lines, but neither colours nor a moving bar.
    assert!(!verbose.stderr.contains(['\u{1b}', '\r']), "{:?}", verbose.stderr);
}

#[test]
fn fewer_questions_than_asked_for_are_told() {
    let world = World::with_articles();
    world.script("few.toml", &[("FAQ", FAQ), ("FAQ", FAQ), ("FAQ", FAQ)]);
    let arguments = "faq en.txt -n 5 --model scripted:few.toml";
    world.run(arguments).exits(0).prints(&[QUESTION]).says(&["note: en.txt: 2 of 5 questions", "rejected"]);
    world.run(&format!("{arguments} --quiet")).exits(0).says_nothing();
    world.run(&format!("{arguments} --verbose")).exits(0).says(&["not used: duplicate"]);
}

#[test]
fn a_part_that_is_missing_is_an_error_and_the_rest_is_written() {
    let world = World::with_articles();
    let nothing = "I cannot help with that.";
    world.script("half.toml", &[("FAQ", nothing), ("FAQ", nothing), ("FAQ", nothing), ("summary", SUMMARY)]);
    let ran = world.run("generate en.txt -n 2 --model scripted:half.toml").exits(1);
    ran.prints(&[SENTENCE]).says(&["error: en.txt: the model wrote no usable FAQ"]);
}

#[test]
fn without_any_result_nothing_is_written_but_json_tells_why() {
    let world = World::with_articles();
    let nothing = "I cannot help with that.";
    world.script("none.toml", &[("FAQ", nothing), ("FAQ", nothing), ("FAQ", nothing)]);
    let ran = world.run("faq en.txt -n 2 --model scripted:none.toml -o out.md").exits(1);
    ran.prints_nothing().says(&["the model wrote no usable FAQ"]);
    assert!(!world.path("out.md").exists());
    let output = world.run("faq en.txt -n 2 -f json --model scripted:none.toml").exits(1).json();
    assert_eq!(output["faq"], Value::Null);
    assert!(output["rejections"].as_array().is_some_and(|r| !r.is_empty()), "{output:#}");
}

#[test]
fn settings_of_the_sampler_without_effect_are_told() {
    let world = World::with_articles();
    let ran = world.run("faq en.txt -n 2 --seed 1 --top-p 0.5 --model scripted:model.toml").exits(0);
    ran.says(&["note: without a --temperature over 0, --seed, --top-p changes only what is asked for once more"]);
    world.run("faq en.txt -n 2 --seed 1 --temperature 0.5 --model scripted:model.toml").exits(0).says_nothing();
}
