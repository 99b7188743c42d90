//! `faqtory eval` with canned predictions; the numbers follow from the texts.

use crate::harness::weights::weights;
use crate::harness::{ENGLISH, SPANISH, World};
use serde_json::{Value, json};

const QUESTION: &str = "Where is the library of Harrow Bridge?";
const ANSWER: &str = "It is in the old railway station of Harrow Bridge.";

/// A set of two documents with references.
fn world() -> World {
    let world = World::new();
    let english = json!({"id": "library", "lang": "en", "text": ENGLISH, "summary": "Volunteers repaired the old roof.",
        "faq": [{"q": QUESTION, "a": ANSWER}, {"q": "What did it cost?", "a": "The work cost 240,000 euros."}]});
    let spanish = json!({"id": "biblioteca", "lang": "es", "text": SPANISH,
        "faq": [{"q": "¿Qué presta?", "a": "Presta libros y herramientas."}]});
    world.file("set.jsonl", format!("{english}\n{spanish}\n"));
    world
}

/// One pair of two, and a summary without one of the words.
fn predictions(world: &World) {
    let half =
        json!({"id": "library", "faq": [{"q": QUESTION, "a": ANSWER}], "summary": "Volunteers repaired the roof."});
    let nothing = json!({"id": "biblioteca", "faq": []});
    world.file("predictions.jsonl", format!("{half}\n{nothing}\n"));
}

fn mean(report: &Value, metric: &str) -> Option<f64> {
    let rows = report["rows"].as_array().expect("rows");
    rows.iter().find(|row| row["metric"] == metric)?["all"]["mean"].as_f64()
}

#[track_caller]
fn check(report: &Value, metric: &str, expected: f64) {
    let found = mean(report, metric).unwrap_or_else(|| panic!("no {metric} in {report:#}"));
    assert!((found - expected).abs() < 1e-9, "{metric}: {found}, not {expected}");
}

#[test]
fn the_numbers_follow_from_the_texts() {
    let world = world();
    predictions(&world);
    let run = "eval predictions.jsonl --reference set.jsonl --no-encoder --json --per-document";
    let report = world.run(run).exits(0).says_nothing().json();
    assert_eq!((&report["outputs"], &report["empty_faq"]), (&json!(2), &json!(1)));
    // One pair of two, and none of one.
    check(&report, "faq.delivered", 0.25);
    // Precision 1, recall 1/2; and 0 for what is empty.
    check(&report, "faq.assigned_rouge.f1", (2.0 / 3.0) / 2.0);
    check(&report, "faq.question_form", 0.5);
    check(&report, "faq.answer_words", 10.0);
    // Four of four words and four of five; two pairs of words of three and of four.
    check(&report, "summary.rouge1", 8.0 / 9.0);
    check(&report, "summary.rouge2", 4.0 / 7.0);
    check(&report, "summary.rougeL", 8.0 / 9.0);
    check(&report, "summary.words", 4.0);
    check(&report, "summary.novelty2", 0.0);
    check(&report, "summary.density", 4.0);
    assert_eq!(mean(&report, "summary.bert.f1"), None, "there is no encoder");
    let documents = report["documents"].as_array().expect("documents");
    assert_eq!((&documents[0]["document"], &documents[0]["empty"]), (&json!("biblioteca"), &json!(["faq"])));
    let found = &documents[1]["faq"][0];
    assert_eq!((&found["reference"], &found["similarity"]), (&json!(0), &json!(1.0)));
    let span = |key: &str| found["evidence"][0][key].as_u64().expect("a span") as usize;
    assert!(ENGLISH[span("start")..span("end")].contains("old railway station"), "{found}");
    assert_eq!(world.run(run).stdout, world.run(run).stdout, "the seeds are fixed");
}

#[test]
fn a_table_for_people_and_csv_for_programs() {
    let world = world();
    predictions(&world);
    let base = "eval predictions.jsonl --reference set.jsonl --no-encoder";
    let ran = world.run(&format!("{base} --per-document")).exits(0).says_nothing().prints(&[
        "FAQ blocks: nothing came of 1, which count as 0",
        "pairs delivered",
        "0.250",
        "(nothing was written)",
        "ROUGE-Lsum",
        "high is better",
    ]);
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stdout.contains("DOCUMENTS"), "{}", ran.stdout);
    let ran = world.run(&format!("{base} --csv -")).exits(0);
    let line = |start: &str| ran.stdout.lines().find(|line| line.starts_with(start)).unwrap_or_default().to_owned();
    assert_eq!(line("metric"), "metric,language,n,mean,low,high,shuffled,better,agreement");
    assert!(line("faq.delivered,,").starts_with("faq.delivered,,2,0.25,0,0.5,,higher,"), "{}", ran.stdout);
    assert!(line("faq.delivered,es,").starts_with("faq.delivered,es,1,0,0,0,"), "{}", ran.stdout);
    world.run(&format!("{base} --per-document --csv scores.csv")).exits(0).prints_nothing();
    assert!(world.read("scores.csv").contains("\nlibrary,en,faq.delivered,0.5\n"), "{}", world.read("scores.csv"));
}

#[test]
fn results_of_our_own_find_their_fixtures() {
    let world = World::with_articles();
    world.file("set/en/library/article.txt", ENGLISH);
    let reference = json!({"id": "en/library", "faq": {"en": [{"question": QUESTION, "answer": ANSWER}]},
        "summaries": {"en": {"medium": crate::harness::SUMMARY}}});
    world.file("set/en/library/reference.json", reference.to_string());
    world.file("set/en/other/article.txt", ENGLISH);
    world.file("set/en/other/reference.json", json!({"id": "en/other"}).to_string());
    world.run("generate set/en/library/article.txt --model scripted:model.toml -n 2 -f json -o results/").exits(0);
    let ran = world.run("eval results/ -r set/ --no-encoder --json").exits(0);
    let report = ran.json();
    check(&report, "summary.rouge1", 1.0);
    check(&report, "faq.delivered", 1.0);
    ran.says(&["documents without a prediction: `en/other`"]);
}

#[test]
fn what_does_not_fit_is_told() {
    let world = world();
    world.file("strange.jsonl", r#"{"id": "x", "summary": "S."}"#);
    let ran = world.run("eval strange.jsonl --reference set.jsonl --no-encoder").exits(1).prints_nothing();
    ran.says(&["set.jsonl", "none of the predictions (`x`)", "`biblioteca`, `library`"]);
    world.file("broken.jsonl", "{\"id\": \"library\", \"summary\": \"S.\"}\n{\n");
    let ran = world.run("eval broken.jsonl --reference set.jsonl --no-encoder").exits(1).prints_nothing();
    ran.says(&["broken.jsonl:2", "not JSON"]);
    predictions(&world);
    world.run("eval predictions.jsonl").exits(2).says(&["--reference"]);
    world.run("eval").exits(2);
    world.run("eval predictions.jsonl -r missing.jsonl --no-encoder").exits(1).says(&["missing.jsonl"]);
    world.run("eval predictions.jsonl -r set.jsonl --json --csv -").exits(2).says(&["--csv"]);
    world.run("eval predictions.jsonl -r set.jsonl --no-encoder --encoder x").exits(2).says(&["--encoder"]);
    let ran = world.run("eval predictions.jsonl -r set.jsonl --encoder smollm2-135m-instruct").exits(2);
    ran.says(&["smollm2-135m-instruct", "writes texts"]);
    world.run("eval predictions.jsonl -r set.jsonl --offline").exits(3).says(&["multilingual-e5-small"]);
    world.file("mixed.jsonl", "{\"id\": \"library\", \"summary\": \"S.\"}\n{\"id\": \"x\", \"summary\": \"S.\"}\n");
    let ran = world.run("eval mixed.jsonl -r set.jsonl --no-encoder").exits(0);
    ran.says(&["not scored, as they are of no document: `x`", "without a prediction: `biblioteca`"]);
}

#[test]
fn agreement_with_people_is_measured() {
    let world = World::new();
    let words = ["red", "green", "blue", "white", "black", "brown"];
    let line = |i: usize| {
        json!({"id": format!("colours-{i}"), "lang": "en", "reference": words.join(" "), "candidate": words[..=i].join(" "),
            "score": i, "system": format!("S{i}")})
    };
    let lines: Vec<_> = (0..6).map(|i| line(i).to_string()).collect();
    world.file("judgments.jsonl", lines.join("\n"));
    let ran = world.run("eval validate judgments.jsonl --no-encoder").exits(0).says_nothing();
    ran.prints(&["colours, English: score", "KENDALL, 6 SYSTEMS", "summary.rouge1", "1.00", "BY THESE JUDGMENTS"]);
    let report = world.run("eval validate judgments.jsonl --no-encoder --json").exits(0).json();
    let labels = report["labels"].as_array().expect("labels");
    assert!(labels.iter().any(|l| l["metric"] == "summary.rouge1" && l["here"] == "agrees"), "{labels:?}");
    world.file("none.jsonl", "{}");
    world.run("eval validate none.jsonl --no-encoder").exits(1).says(&["none.jsonl:1", "is no judgment"]);
}

/// What means the same in other words scores higher by meaning than what does not, in both languages.
#[test]
fn the_real_encoder_compares_what_texts_mean() {
    let Some(encoder) = weights("multilingual-e5-small") else { return };
    let world = world();
    let means = |answer: &str| {
        let line = json!({"id": "library", "faq": [{"q": "In which place can one find the library?", "a": answer}]});
        world.file("one.jsonl", line.to_string());
        let encoder = encoder.display();
        let report =
            world.run(&format!("eval one.jsonl -r set.jsonl --json --encoder {encoder} --device cpu")).exits(0).json();
        mean(&report, "faq.aligned_bert.p").expect("a value")
    };
    let (same, other) = (means("Inside a former train station."), means("The mayor likes tomatoes."));
    assert!(same > other + 0.005, "{same} {other}");
}
