//! `bench speed`, with the smallest model.

use serde_json::Value;

use crate::harness::{World, weights::weights};

const MODEL: &str = "smollm2-135m-instruct";

/// A spread has its values in order, and none of them is nothing.
#[track_caller]
fn check_spread(spread: &Value, runs: u64) {
    let value = |name: &str| spread[name].as_f64().unwrap_or_else(|| panic!("no {name} in {spread}"));
    assert!(0.0 < value("min") && value("min") <= value("median") && value("median") <= value("max"), "{spread}");
    assert_eq!(spread["runs"], runs, "{spread}");
}

#[test]
fn every_measurement_is_in_the_json_and_makes_sense() {
    let Some(model) = weights(MODEL) else { return };
    let world = World::new();
    let ran =
        world.run(&format!("bench speed --quick --json --threads 1 --offline --model {}", model.display())).exits(0);
    let report = ran.json();
    assert_eq!((&report["model"]["architecture"], &report["threads"]), (&"llama".into(), &1.into()));
    assert!(report["machine"]["threads"].as_u64().unwrap() > 0);
    check_spread(&report["load_seconds"], 1);
    assert!(report["warm_up_seconds"].as_f64().unwrap() >= 0.0);

    // 135 million weights in five bits or so, in seven matrices a layer and one for the output.
    let work = &report["work"];
    assert!((130e6..140e6).contains(&work["weights"].as_f64().unwrap()), "{work}");
    assert!((75e6..110e6).contains(&work["weight_bytes"].as_f64().unwrap()), "{work}");
    assert_eq!(work["types"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum::<u64>(), 30 * 7 + 1);

    let prefill = report["prefill"].as_array().unwrap();
    assert_eq!(prefill.iter().map(|p| p["tokens"].as_u64().unwrap()).collect::<Vec<_>>(), [32, 64]);
    let decode = report["decode"].as_array().unwrap();
    assert_eq!(decode.iter().map(|d| d["sequences"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 8]);
    for measured in prefill.iter().chain(decode) {
        check_spread(&measured["tokens_per_second"], 1);
    }
    assert!(decode[0]["ratio"].is_null());
    let speed = |d: &Value| d["tokens_per_second"]["median"].as_f64().unwrap();
    let ratio = speed(&decode[1]) / speed(&decode[0]);
    assert!((decode[1]["ratio"].as_f64().unwrap() - ratio).abs() < 1e-9, "{decode:?}");

    let long = &report["long"];
    for name in ["short_seconds_per_1k", "long_seconds_per_1k", "end_seconds_per_1k"] {
        check_spread(&long[name], 1);
    }
    assert!(long["ratio"].as_f64().unwrap() > 0.0);
    if cfg!(target_os = "linux") {
        let memory = report["peak_memory"].as_object().unwrap();
        for name in ["load", "prefill 32", "prefill 64", "decode 1 at 32", "decode 8 at 32", "read 128"] {
            assert!(memory[name].as_u64().unwrap() > 50 << 20, "{name}: {memory:?}");
        }
    }
}

#[test]
fn the_page_is_one_screen_and_says_what_does_not_fit() {
    let Some(model) = weights(MODEL) else { return };
    let world = World::new();
    let command =
        format!("bench speed --quick --only prefill --only long --context-length 64 --model {}", model.display());
    let ran = world.run(&command).exits(0);
    assert!(ran.stdout.lines().count() <= 24, "{}", ran.stdout);
    // But for the first line, which has the path of the model.
    assert!(ran.stdout.lines().skip(1).all(|line| line.chars().count() <= 100), "{}", ran.stdout);
    let ran = ran.prints(&["load", "prefill 32", "prefill 64", "tokens/s", "Gop/s"]);
    assert!(!ran.stdout.contains("decode"), "{}", ran.stdout);
    ran.says(&["read 128: left out, the context holds 64 tokens"]);
}

#[test]
fn what_cannot_be_measured_is_said() {
    let world = World::with_articles();
    world.run("bench speed --model scripted:model.toml").exits(2).prints_nothing().says(&["has no weights", "hint:"]);
    world.run("bench speed --model gone.gguf").exits(3).prints_nothing().says(&["gone.gguf", "no such model file"]);
    world.run("bench speed --only everything").exits(2).says(&["prefill", "decode", "batch", "long"]);
    world.run("bench speed --runs 0").exits(2).says(&["1 or more"]);
    world.run("bench speed --quick --runs 2").exits(2).says(&["cannot be used with"]);
}
