//! `generate`, `faq` and `summarize`.

use serde_json::Value;

use crate::harness::{ENGLISH, FAQ, FAQ_ES, SUMMARY, SUMMARY_ES, World};

const QUESTION: &str = "Where is the library of Harrow Bridge?";
const ANSWER: &str = "The library is open from Tuesday to Saturday.";
const SENTENCE: &str = "The work cost 240,000 euros.";

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

/// A world whose model translates both ways between the two articles.
fn translating() -> World {
    let world = World::with_articles();
    let translations = [
        (
            "Q: ¿Dónde está",
            "Where is the library of Puente Alto?\nA: The library is in the old railway station of Puente Alto.",
        ),
        ("Q: ¿Cuándo abre", "When does the library open?\nA: The library is open from Tuesday to Saturday."),
        (
            "P: Where is",
            "Dónde está la biblioteca de Harrow Bridge?\nR: La biblioteca está en la antigua estación de tren de Harrow Bridge.",
        ),
        ("P: When is", "Cuándo abre la biblioteca?\nR: La biblioteca abre de martes a sábado."),
        (
            "1. El pueblo",
            "The town of Puente Alto opened a public library in its old railway station.\n2. The library lends books, tools \
            and musical instruments.\n3. The work cost 240,000 euros.",
        ),
        (
            "1. The town",
            "El pueblo de Harrow Bridge abrió una biblioteca pública en su antigua estación de tren.\n2. La biblioteca \
            presta libros, herramientas e instrumentos musicales.\n3. La obra costó 240.000 euros.",
        ),
    ];
    let replies = [("FAQ", FAQ), ("FAQ", FAQ_ES), ("summary", SUMMARY), ("resumen", SUMMARY_ES)];
    world.script("model.toml", &[&translations[..], &replies[..]].concat());
    world
}

#[test]
fn the_language_is_that_of_the_article_unless_another_is_wanted() {
    let world = translating();
    let language = |arguments: &str| {
        let output =
            world.run(&format!("generate {arguments} -n 2 -f json --model scripted:model.toml")).exits(0).json();
        assert_eq!(output["faq"]["entries"].as_array().map(Vec::len), Some(2), "{output:#}");
        assert!(output["summary"].is_object(), "{output:#}");
        output["language"].clone()
    };
    assert_eq!(language("es.txt"), "es");
    assert_eq!(language("en.txt --lang es"), "es");
    assert_eq!(language("es.txt --lang en"), "en");
    assert_eq!(language("en.txt --lang source"), "en");
    let ran = world.run("generate en.txt -n 2 --lang es --model scripted:model.toml").exits(0);
    ran.prints(&["¿Dónde está la biblioteca de Harrow Bridge?", "La biblioteca abre de martes a sábado."]);
}

#[test]
fn several_languages_give_a_result_each() {
    let world = translating();
    world.run("faq en.txt -n 2 --lang source,es --model scripted:model.toml -o out/").exits(0).prints_nothing();
    assert_eq!(world.names("out"), ["en.en.md", "en.es.md"]);
    // Both together on standard output, each with its name, or on a line of JSON.
    let printed = world.run("faq en.txt -n 2 --lang en,es --model scripted:model.toml").exits(0).stdout;
    let (english, spanish) = printed.split_once("<!-- en.txt (es) -->").expect("the Spanish one has a name");
    assert!(english.starts_with("<!-- en.txt (en) -->"), "{english}");
    assert!(english.contains("Frequently asked") && spanish.contains("Preguntas frecuentes"), "{printed}");
    let lines = world.run("faq en.txt -n 2 --lang en,es -f json --model scripted:model.toml").exits(0).stdout;
    assert_eq!(lines.lines().count(), 2);
    // An article that is in the other language already has one result.
    world.run("faq es.txt -n 2 --lang source,es --model scripted:model.toml -o one/").exits(0);
    assert_eq!(world.names("one"), ["es.es.md"]);

    let refused = |arguments: &str, says: &str| {
        world.run(&format!("faq en.txt --model scripted:model.toml {arguments}")).exits(2).says(&[says]);
    };
    refused("--lang en,es -o out.md", "results in 2 languages cannot go to one file");
    refused("--lang en,en", "names en twice");
    refused("--lang en,xx", "xx");
    refused("--lang en,gl", "there are no prompts for Galician");
    let json = world.run("faq en.txt -n 2 -f json --model scripted:model.toml -o en.json").exits(0);
    json.prints_nothing();
    refused("--lang en,es --from en.json --refresh-pair 1", "a pair is written anew in one language");
}

#[test]
fn the_language_of_the_article_can_be_said() {
    let world = World::with_articles();
    let arguments = "faq es.txt -n 2 -f json --source-lang es --model scripted:model.toml";
    assert_eq!(world.run(arguments).exits(0).json()["article"]["language"], "es");
}

#[test]
fn every_length_of_a_summary_can_be_had() {
    let world = World::with_articles();
    for (length, paragraphs, reply) in [
        ("headline", 1, "Town of Harrow Bridge opens a library in its old railway station"),
        ("short", 1, "The town of Harrow Bridge opened a public library in its old railway station."),
        ("medium", 1, SUMMARY),
        (
            "long",
            2,
            "The town of Harrow Bridge opened a public library in its old railway station. Volunteers repaired the roof.\n\n\
             The library lends books, tools and musical instruments. The mayor, Ines Walden, said that the work cost 240,000 euros.",
        ),
        (
            "bullets",
            3,
            " The town of Harrow Bridge opened a public library.\n- Volunteers repaired the roof.\n\
             - The library lends books, tools and musical instruments.",
        ),
    ] {
        world.script("length.toml", &[("summary", reply)]);
        let output = world.run(&format!("summarize en.txt --length {length} -f json --model scripted:length.toml"));
        let output = output.exits(0).json();
        assert_eq!(output["summary"]["length"], length);
        assert_eq!(output["summary"]["paragraphs"].as_array().map_or(0, Vec::len), paragraphs, "{output:#}");
    }
}

#[test]
fn evidence_is_shown_where_it_is_asked_for() {
    let world = World::with_articles();
    let run = |flags: &str| world.run(&format!("faq en.txt -n 2 {flags} --model scripted:model.toml")).exits(0);
    let source = "It is open from Tuesday to Saturday, and residents need no card to read there.";
    assert!(!run("").stdout.contains(source));
    for format in ["md", "html", "text"] {
        run(&format!("--evidence -f {format}")).prints(&[source]);
    }
    let json = run("-f json").json();
    assert_eq!(json["faq"]["entries"][1]["evidence"][0]["text"], source, "{json:#}");
}

#[test]
fn a_question_can_be_asked_and_is_answered_or_declared_unanswerable() {
    let world = World::with_articles();
    world.file(
        "who.toml",
        "[[reply]]\nwhen = 'Who?'\ntext = 'No answer.'\nagain = true\n[[reply]]\ntext = 'x'\nagain = true",
    );
    let ran = world.run("faq en.txt -n 1 --ask Who? -f json --model scripted:who.toml").exits(1);
    assert_eq!(ran.json()["unanswered"][0], "Who?");
    world.run("faq en.txt --ask= --model scripted:model.toml").exits(2).says(&["it cannot be empty"]);
    world.run("faq en.txt --strict --flag --model scripted:model.toml").exits(2).says(&["--strict"]);
}

#[test]
fn wishes_reach_the_model() {
    let world = World::with_articles();
    let reply = "The library is in the old railway station of Harrow Bridge.";
    let when = "You write for teachers. The tone is dry. You write these terms exactly so: Station.";
    let script = format!("[[reply]]\nwhen = {when:?}\ntext = {reply:?}\nagain = true\n");
    world.file("style.toml", script);
    let flags = "--length short --audience teachers --tone dry --model scripted:style.toml --keep";
    let ran = world.run(&format!("summarize en.txt {flags} Station"));
    ran.exits(0).prints(&[reply]);
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
    let arguments = "faq en.txt -n 5 --model scripted:model.toml";
    world.run(arguments).exits(0).prints(&[QUESTION]).says(&["note: en.txt: 2 of 5 questions", "rejected"]);
    world.run(&format!("{arguments} --quiet")).exits(0).says_nothing();
    world.run(&format!("{arguments} --verbose")).exits(0).says(&["not used: duplicate"]);
}

#[test]
fn a_part_that_is_missing_is_an_error_and_the_rest_is_written() {
    let world = World::with_articles();
    let nothing = "I cannot help with that.";
    world.script("half.toml", &[("FAQ", nothing), ("summary", SUMMARY)]);
    let ran = world.run("generate en.txt -n 2 --model scripted:half.toml").exits(1);
    ran.prints(&[SENTENCE]).says(&["error: en.txt: the model wrote no usable FAQ"]);
}

#[test]
fn without_any_result_nothing_is_written_but_json_tells_why() {
    let world = World::with_articles();
    let nothing = "I cannot help with that.";
    world.script("none.toml", &[("FAQ", nothing)]);
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
    ran.says(&["note: without a --temperature over 0, --seed, --top-p changes only further candidates"]);
    world.run("faq en.txt -n 2 --seed 1 --temperature 0.5 --model scripted:model.toml").exits(0).says_nothing();
}

#[test]
fn a_pair_is_written_anew() {
    let world = World::with_articles();
    world.run("faq en.txt -n 1 -f json --model scripted:model.toml -o old.json").exits(0);
    let old: Value = serde_json::from_str(&world.read("old.json")).unwrap();
    let run = |arguments: &str| world.run(&format!("faq en.txt -f json {arguments} --model scripted:model.toml"));
    let new = run("--from old.json --refresh-pair 1").exits(0).json();
    assert_eq!(new["faq"]["entries"].as_array().map(Vec::len), Some(1));
    assert_ne!(new["faq"]["entries"][0]["question"], old["faq"]["entries"][0]["question"]);
    run("--from old.json --refresh-pair 2").exits(1).says(&["there is no pair 2"]);
    run("--refresh-pair 1").exits(2).says(&["--from"]);
    run("--from en.txt --refresh-pair 1").exits(1).says(&["en.txt: is no output of faqtory"]);
}
