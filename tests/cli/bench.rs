//! `bench`: running, going on, scoring.

use std::fs;

use crate::harness::World;

const BENCH: &str = r#"
questions = 2
baselines = ["lead", "lexrank", "shuffled"]

[[data]]
path = "set.jsonl"

[[system]]
model = "scripted:bench-model.toml"
strategy = ["pipeline", "naive"]
"#;

/// Three articles of a few sentences, each with a FAQ block and a summary.
fn set() -> String {
    let line = |id: &str, place: &str, day: &str| {
        let text = format!(
            "The town of {place} opened its new library on {day} in the old station. Volunteers repaired the empty \
             building. It is open from Tuesday to Saturday. The readings for children begin in June."
        );
        let faq = serde_json::json!([
            {"q": format!("Where is the new library of {place}?"), "a": "It is in the old station."},
            {"q": "When is it open?", "a": "It is open from Tuesday to Saturday."},
        ]);
        let summary = format!("{place} opened a library in its old station on {day}.");
        let id = format!("town-{id}");
        serde_json::json!({"id": id, "lang": "en", "text": text, "faq": faq, "summary": summary}).to_string() + "\n"
    };
    line("a", "Calvenor", "Monday") + &line("b", "Tresmarel", "Friday") + &line("c", "Vessolmar", "Sunday")
}

/// A script for both strategies over the three articles.
fn script() -> String {
    let faq = "Q: Where is the new library?\\nA: The new library is in the old station of the town.\\n\\n\
               Q: When is the new library open?\\nA: The new library is open from Tuesday to Saturday.";
    let summary = "The town opened its new library in the old station. Volunteers repaired the empty building. \
                   The readings for children begin in June.";
    let reply = |when: &str, text: &str| format!("[[reply]]\nwhen = \"{when}\"\ntext = \"{text}\"\nagain = true\n\n");
    [
        ("FAQ", faq),
        ("Where is the new library?", "The new library is in the old station of the town."),
        ("When is the new library open?", "The new library is open from Tuesday to Saturday."),
        ("questions that readers", "Where is the new library?\\nWhen is the new library open?"),
        ("question that", "Where is the new library?"),
        ("ummar", summary),
    ]
    .map(|(when, text)| reply(when, text))
    .concat()
        + "[[reply]]\nsystem = \"natural question of a reader\"\nagain = true\n"
}

fn world() -> World {
    let world = World::with_articles();
    world.file("bench.toml", BENCH);
    world.file("set.jsonl", set());
    world.file("bench-model.toml", script());
    world
}

#[test]
fn systems_and_baselines_are_run_scored_and_compared() {
    let world = world();
    let ran = world.run("bench bench.toml -o run --no-encoder").exits(0);
    let system = |name: &str| {
        ran.stdout.lines().find(|l| l.starts_with(name)).unwrap_or_else(|| panic!("no {name} in {}", ran.stdout))
    };
    for name in ["lead", "lexrank", "shuffled", "bench-model pipeline", "bench-model naive"] {
        assert!(system(name).split_whitespace().any(|cell| cell == "3"), "three documents: {}", system(name));
    }
    let run = world.path("run");
    for (file, lines) in [("documents.jsonl", 3), ("outputs.jsonl", 15), ("scores.jsonl", 15)] {
        assert_eq!(fs::read_to_string(run.join(file)).unwrap().lines().count(), lines, "{file}");
    }
    let about: serde_json::Value = serde_json::from_slice(&fs::read(run.join("run.json")).unwrap()).unwrap();
    assert_eq!(about["config"]["questions"], 2);
    assert!(about["machine"]["threads"].as_u64().unwrap() > 0);

    let again = world.run("bench bench.toml -o run --no-encoder").exits(0);
    assert!(again.stderr.contains("15 of 15 results are there from before"), "{}", again.stderr);
    assert_eq!(again.stdout, ran.stdout);
}

/// What the metrics give for canned replies is known; a change of a number here is a change of a metric.
#[test]
fn scores_are_those_they_were() {
    let world = world();
    world.run("bench bench.toml -o run --no-encoder").exits(0);
    let scores = fs::read_to_string(world.path("run").join("scores.jsonl")).unwrap();
    let scores: Vec<serde_json::Value> = scores.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let of = |system: &str, document: &str| {
        let found = scores.iter().find(|s| s["system"] == system && s["document"] == document);
        found.unwrap_or_else(|| panic!("no scores of {system}"))["scores"]["values"].clone()
    };
    let mut lines = Vec::new();
    for (system, document) in [("bench-model pipeline", "town-a"), ("lead", "town-b"), ("shuffled", "town-c")] {
        for (metric, value) in of(system, document).as_object().unwrap() {
            lines.push(format!("{system} {document} {metric} {:.4}", value.as_f64().unwrap()));
        }
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn what_is_wrong_with_a_benchmark_is_said_before_anything_runs() {
    let world = world();
    world.file("wrong.toml", BENCH.replace("pipeline", "pipe"));
    let ran = world.run("bench wrong.toml").exits(2);
    assert!(ran.stderr.contains("wrong.toml") && ran.stderr.contains("pipe"), "{}", ran.stderr);
    world.file("gone.toml", BENCH.replace("set.jsonl", "gone.jsonl"));
    let ran = world.run("bench gone.toml").exits(1);
    assert!(ran.stderr.contains("gone.jsonl"), "{}", ran.stderr);
    let ran = world.run("bench bench.toml --only nothing").exits(2);
    assert!(ran.stderr.contains("no system of the benchmark has nothing in its name"), "{}", ran.stderr);
    assert!(!world.path("gone-run").exists() && !world.path("bench-run").exists());
    world.run("bench bench.toml -o run --no-encoder").exits(0);
    world.file("bench.toml", BENCH.replace("questions = 2", "questions = 3"));
    let ran = world.run("bench bench.toml -o run --no-encoder").exits(2);
    assert!(ran.stderr.contains("other settings"), "{}", ran.stderr);
}

/// A document that a system fails at is kept as that, and counts as nothing.
#[test]
fn a_failure_is_counted_and_the_others_go_on() {
    let world = world();
    world.file("bench-model.toml", "[[reply]]\nwhen = \"ummar\"\ntext = \"One. Two. Three.\"\n");
    let ran = world.run("bench bench.toml -o run --no-encoder --only naive").exits(1);
    let line = ran.stdout.lines().find(|l| l.starts_with("bench-model naive")).unwrap();
    assert!(line.trim_end().ends_with('3'), "all three failed: {line}");
    assert!(ran.stderr.contains("no reply left"), "{}", ran.stderr);
}
