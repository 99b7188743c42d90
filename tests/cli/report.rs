//! `bench report` and `bench compare`, over runs of the scripted model.

use crate::harness::{FAQ, SUMMARY, World};

/// Two runs over one article: `old` writes both parts, `new` nothing but a bad summary.
fn runs() -> World {
    let world = World::with_articles();
    let bench = |model: &str| {
        format!(
            "questions = 2\nbaselines = [\"lead\"]\n[[data]]\npath = \"en.txt\"\n[[system]]\nname = \"mine\"\nmodel = \"scripted:{model}\"\nstrategy = \"naive\"\n"
        )
    };
    world.script("worse.toml", &[("FAQ", FAQ), ("ummar", "It cost 9,999 dollars on 3 May 1820. It is far too dear.")]);
    world.script("model.toml", &[("FAQ", FAQ), ("ummar", SUMMARY)]);
    for (name, model) in [("old", "model.toml"), ("new", "worse.toml")] {
        world.file(&format!("{name}.toml"), bench(model));
        world.run(&format!("bench {name}.toml -o {name} --no-encoder")).exits(0);
    }
    world
}

#[test]
fn runs_are_shown_and_compared() {
    let world = runs();
    std::fs::remove_file(world.path("old/scores.jsonl")).unwrap();
    // A run that was ended before it was scored.
    let unscored = world.run("bench report old -o page.html").exits(1);
    unscored.says(&["2 of 2 outputs of this run have no scores", "hint: `faqtory bench`"]);
    assert!(!world.path("page.html").exists());
    world.run("bench old.toml -o old --no-encoder").exits(0);

    world.run("bench report old new -o page.html").exits(0).says(&["the report is in page.html"]);
    let page = world.read("page.html");
    for text in ["mine (old)", "mine (new)", "9,999 dollars", "number ✗", "lead"] {
        assert!(page.contains(text), "{text}");
    }
    assert_eq!(world.run("bench report old new -o -").exits(0).says_nothing().stdout, page);

    let ran = world.run("bench compare old new --per-document").exits(0).says_nothing();
    ran.prints(&["A: mine in old", "B: mine in new", "1 documents in common", "summary.claims", "1.000 to 0.000  en"]);
    let json = world.run("bench compare old new:mine --json").exits(0).json();
    assert_eq!(json[0]["a"]["system"], "mine");
    assert!(json[0]["metrics"].as_array().is_some_and(|all| all.iter().any(|m| m["metric"] == "summary.claims")));

    let guarded = "bench compare old new --fail-if-worse summary.claims:0.5 --fail-if-worse faq.delivered:0";
    world.run(guarded).exits(1).says(&["summary.claims got worse from mine to mine: 1.000 to 0.000"]);
    // One document tells nothing: without a bound the difference may be chance.
    world.run("bench compare old new --fail-if-worse summary.claims").exits(0).says_nothing();
    world.run("bench compare old new --fail-if-worse faq.assigned_bert.f1").exits(2).says(&["has no values"]);
    world.run("bench compare old new --fail-if-worse nothing").exits(2).says(&["is no metric that can get worse"]);
    world.run("bench compare old:none new").exits(2).says(&["there is no system `none`; there are"]);
    world.run("bench compare old en.txt").exits(1).says(&["no run folder"]);
}
