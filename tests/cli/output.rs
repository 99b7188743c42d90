//! Where results go, and several articles at once.

use std::fs;

use crate::harness::{FAQ, FAQ_ES, World};

const QUESTION: &str = "Where is the library of Harrow Bridge?";

/// A world with two more English articles and a script for three of them.
fn three() -> World {
    let world = World::with_articles();
    let english = world.read("en.txt");
    world.file("more/en.txt", &english);
    world.file("third.txt", &english);
    world.script("three.toml", &[("FAQ", FAQ)]);
    world
}

#[test]
fn a_file_is_written_instead_of_standard_output() {
    let world = World::with_articles();
    let printed = world.run("faq en.txt -n 2 --model scripted:model.toml").exits(0).stdout;
    world.run("faq en.txt -n 2 --model scripted:model.toml -o out.md").exits(0).prints_nothing().says_nothing();
    assert_eq!(world.read("out.md"), printed);
    // An existing file is replaced, and no temporary file stays behind.
    world.run("faq en.txt -n 2 -f text --model scripted:model.toml -o out.md").exits(0);
    assert_ne!(world.read("out.md"), printed);
    assert!(world.names("").iter().all(|name| !name.starts_with(".faqtory")), "{:?}", world.names(""));
}

#[test]
fn a_folder_gets_a_file_for_each_article() {
    let world = three();
    let ran = world.run("faq en.txt more/en.txt third.txt -n 2 -f html --model scripted:three.toml -o new/deep/");
    ran.exits(0).prints_nothing().says_nothing();
    assert_eq!(world.names("new/deep"), ["en-2.en.html", "en.en.html", "third.en.html"]);
    assert!(world.read("new/deep/en-2.en.html").contains(QUESTION));
}

#[test]
fn an_existing_folder_needs_no_slash() {
    let world = World::with_articles();
    fs::create_dir(world.path("out")).unwrap();
    world.run("faq en.txt -n 2 -f text --model scripted:model.toml -o out").exits(0);
    assert_eq!(world.names("out"), ["en.en.txt"]);
}

#[test]
fn the_name_has_the_language_that_was_written() {
    let world = World::with_articles();
    world.script("es.toml", &[("FAQ", FAQ_ES)]);
    world.run("faq es.txt -n 2 --model scripted:es.toml -o out/").exits(0);
    assert_eq!(world.names("out"), ["es.es.md"]);
}

#[test]
fn articles_are_not_overwritten() {
    let world = World::with_articles();
    let english = world.read("en.txt");
    world.run("faq en.txt --model scripted:model.toml -o en.txt").exits(2).says(&["would replace the article"]);
    world.run("faq en.txt --model scripted:model.toml -o ./en.txt").exits(2);
    assert_eq!(world.read("en.txt"), english);

    world.file("en.en.md", &english);
    world.script("two.toml", &[("FAQ", FAQ)]);
    world.run("faq en.txt en.en.md -n 2 --model scripted:two.toml -o ./").exits(0);
    assert_eq!(world.read("en.en.md"), english);
    assert!(world.path("en-2.en.md").exists() && world.path("en.en.en.md").exists(), "{:?}", world.names(""));
}

#[test]
fn several_json_results_are_one_a_line() {
    let world = three();
    for format in ["json", "jsonld"] {
        let ran = world.run(&format!("faq en.txt third.txt -n 2 -f {format} --model scripted:three.toml")).exits(0);
        let lines: Vec<_> = ran.stdout.lines().collect();
        assert_eq!(lines.len(), 2, "{}", ran.stdout);
        for line in lines {
            let value: serde_json::Value = serde_json::from_str(line).expect("JSON on each line");
            assert!(value.is_object() && line.contains(QUESTION));
        }
    }
}

#[test]
fn several_other_results_follow_the_name_of_the_article() {
    let world = three();
    for (format, heading) in
        [("md", "<!-- third.txt -->"), ("html", "<!-- third.txt -->"), ("text", "==> third.txt <==")]
    {
        let ran = world.run(&format!("faq en.txt third.txt -n 2 -f {format} --model scripted:three.toml")).exits(0);
        let (first, second) = ran.stdout.split_once(heading).unwrap_or_else(|| panic!("{}", ran.stdout));
        assert!(first.contains("en.txt") && first.contains(QUESTION) && second.contains(QUESTION));
    }
}

#[test]
fn one_bad_article_does_not_lose_the_others() {
    let world = three();
    let ran = world.run("faq en.txt missing.txt third.txt -n 2 --model scripted:three.toml -o out/").exits(1);
    ran.prints_nothing().says(&["error: ", "missing.txt"]);
    assert_eq!(world.names("out"), ["en.en.md", "third.en.md"]);
}

#[test]
fn a_failure_of_the_model_does_not_lose_the_others() {
    let world = three();
    let script = world.read("three.toml");
    world
        .file("fails.toml", format!("[[reply]]\nwhen = 'questions that readers'\nerror = 'out of memory'\n\n{script}"));
    let ran = world.run("faq en.txt third.txt -n 2 --model scripted:fails.toml -o out/").exits(1);
    ran.says(&["error: en.txt: out of memory", "hint: "]);
    assert_eq!(world.names("out"), ["third.en.md"]);
}

#[test]
fn several_articles_cannot_go_to_one_file() {
    let world = three();
    let ran = world.run("faq en.txt third.txt --model scripted:three.toml -o out.md").exits(2);
    ran.says(&["2 articles cannot go to one file", "`out.md/`"]);
}

#[test]
fn an_output_that_cannot_be_written_is_known_before_the_model_works() {
    let world = World::with_articles();
    // The script is not even there: nobody looked.
    let run = |output: &str| world.run(&format!("faq en.txt --model scripted:none.toml -o {output}"));
    run("none/out.md").exits(2).prints_nothing().says(&["there is no folder `none`"]);
    run("en.txt/out.md").exits(2).says(&["there is no folder `en.txt`"]);
    run("en.txt/out/").exits(1).says(&["cannot make the output folder"]);
}

#[cfg(unix)]
#[test]
fn a_device_can_be_written_to() {
    let world = World::with_articles();
    let ran = world.run("faq en.txt -n 2 --model scripted:model.toml -o /dev/stdout").exits(0);
    ran.prints(&[QUESTION]);
}
