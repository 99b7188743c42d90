//! `faqtory inspect`.

use crate::harness::weights::weights;
use crate::harness::{ENGLISH, World};

const PAGE: &str = "\
Town opens a library in the old railway station

The town of Harrow Bridge opened a public library in its old railway station on Monday. The building had been empty \
for eleven years.

What it lends

The library lends books, tools and musical instruments. It is open from Tuesday to Saturday.

Photo © Harrow Bridge Council

Frequently asked questions

Who may borrow books?

Everybody who lives in the town may borrow books.

Does it cost anything?

No, the library is free for everybody.
";

#[test]
fn the_parts_of_an_article_are_shown() {
    let world = World::with_articles();
    world.file("page.txt", PAGE);
    let ran = world.run("inspect page.txt").exits(0).says_nothing().prints(&[
        "Town opens a library in the old railway station",
        "en (English)",
        "% sure",
        "The building had been empty for eleven years.",
        "What it lends",
        "Photo © Harrow Bridge Council",
        "photo credit",
        "Q: Who may borrow books?",
        "A: No, the library is free for everybody.",
        "no model here: token count not shown",
        "words",
        "sentences",
    ]);
    assert!(!ran.stdout.contains('\u{1b}'), "colours are for terminals");
}

#[test]
fn an_html_page_is_shown_without_what_is_around_the_article() {
    let world = World::with_articles();
    world.file(
        "page.html",
        "<!doctype html><html lang=en><title>Library opens in the old station | The Bridge</title>\
         <link rel=canonical href='https://bridge.example/library'><nav><a href=/>Home</a> <a href=/news>News</a></nav>\
         <article><h1>Library opens in the old station</h1><p>The town of Harrow Bridge opened a public library in its old \
         railway station on Monday. The building had been empty for eleven years.</p><ul><li>It lends books.</li></ul>\
         <details><summary>Who may borrow books?</summary>Everybody who lives in the town.</details>\
         <details><summary>Does it cost anything?</summary>No.</details></article><footer>© The Bridge</footer>",
    );
    world.run("inspect page.html").exits(0).says_nothing().prints(&[
        "format    html",
        "title     Library opens in the old station",
        "url       https://bridge.example/library",
        "list item",
        "The building had been empty for eleven years.",
        "A: Everybody who lives in the town.",
        "navigation: Home News",
    ]);
}

#[test]
fn a_page_for_the_browser_is_written() {
    let world = World::with_articles();
    world.file("page.txt", format!("{PAGE}\nComments\n\nNice <b>place</b>.\n"));
    let ran = world.run("inspect page.txt --html read.html").exits(0).says_nothing();
    assert_eq!(ran.stdout, "");
    let page = world.read("read.html");
    for part in ["<!doctype html>", "left out: photo credit", "own FAQ: pairs</span> 2", "</html>"] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(!page.contains("<b>place"));
    world.run("inspect page.txt --html page.txt").exits(2).says(&["would replace the article"]);
    for files in ["page.txt en.txt", "all.jsonl", "-"] {
        let record = serde_json::json!({"text": PAGE}).to_string();
        world.file("all.jsonl", &record);
        let ran = world.run_with(&format!("inspect {files} --html x.html"), record.as_bytes()).exits(2);
        let ran = ran.says(&["--html shows one article", "hint: give one file that is one article"]);
        assert!(!ran.stderr.contains("faqtory config"), "{}", ran.stderr);
    }
    world.run("inspect page.txt --html x.html --format json").exits(2);
    world.run("inspect page.txt --html no/such/x.html").exits(1).says(&["cannot write the result"]);
}

#[test]
fn a_faq_page_is_shown_but_nothing_is_written_from_it() {
    let world = World::with_articles();
    let block = &PAGE[PAGE.find("Frequently").expect("the block")..];
    world.file("faq.txt", block);
    world
        .run("inspect faq.txt")
        .exits(0)
        .says_nothing()
        .prints(&["body      none: this page is a FAQ through and through (2 pairs)", "Q: Who may borrow books?"]);
    let report = world.run("inspect faq.txt --format json").exits(0).json();
    assert_eq!(report["faq_page"], true);
    assert_eq!(report["article"]["sections"].as_array().expect("sections").len(), 0);
    let what = ["this page is a FAQ through and through: 2 questions, no article beside them"];
    world.run("generate faq.txt --model scripted:model.toml").exits(1).says(&what);
}

#[test]
fn other_languages_in_an_article_are_shown() {
    let world = World::with_articles();
    let spanish = "La biblioteca presta libros, herramientas e instrumentos musicales, y abre de martes a sábado para \
                   todos los vecinos del pueblo.";
    world.file("page.txt", PAGE.replace("What it lends", &format!("{spanish}\n\nWhat it lends")));
    world.run("inspect page.txt").exits(0).prints(&["mixed     ", " % English, ", " % Spanish", "] in Spanish"]);
    let report = world.run("inspect page.txt --format json").exits(0).json();
    assert_eq!(report["mixed"], true);
    assert_eq!(report["languages"][1]["language"], "es");
    assert_eq!(report["article"]["sections"][0]["passages"][1]["language"], "es");
    world.file("plain.txt", PAGE);
    assert_eq!(world.run("inspect plain.txt --format json").exits(0).json()["mixed"], false);
    world
        .run("generate page.txt --model scripted:model.toml")
        .says(&["note: page.txt: parts of the article are in other languages"]);
}

#[test]
fn an_article_cannot_steer_the_terminal() {
    let world = World::with_articles();
    world.file(
        "page.md",
        format!("# Quay\u{202E}side &#x1b;[31m\n\nThe quay&#x202E; &#155;2J was closed\u{9b}1m on Monday.\n\n{PAGE}"),
    );
    let ran = world.run("inspect page.md").exits(0);
    let steers = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!ran.stdout.contains(steers), "{:?}", ran.stdout);
}

#[test]
fn the_spans_of_the_json_form_are_true() {
    let world = World::with_articles();
    world.file("page.txt", PAGE);
    let report = world.run("inspect page.txt --format json").exits(0).says_nothing().json();
    let text = report["article"]["text"].as_str().expect("the text");
    let slice = |span: &serde_json::Value| {
        let at = |key: &str| span[key].as_u64().expect("a number") as usize;
        &text[at("start")..at("end")]
    };
    let sections = report["article"]["sections"].as_array().expect("sections");
    let sentences: Vec<_> = sections
        .iter()
        .flat_map(|section| section["passages"].as_array().expect("passages"))
        .flat_map(|passage| passage["sentences"].as_array().expect("sentences"))
        .map(|sentence| slice(&sentence["span"]))
        .collect();
    assert_eq!(sentences.len() as u64, report["sentences"].as_u64().unwrap());
    assert!(sentences.contains(&"The building had been empty for eleven years."), "{sentences:?}");
    assert!(sentences.iter().all(|s| !s.contains("borrow") && !s.contains("Photo")), "{sentences:?}");
    assert_eq!(report["article"]["own_faq"]["pairs"][0]["question"], "Who may borrow books?");
    assert_eq!(report["article"]["dropped"][0]["reason"], "photo_credit");
    assert_eq!(report["tokens"], serde_json::Value::Null);
}

#[test]
fn tokens_are_counted_by_a_model_that_is_here() {
    let world = World::with_articles();
    let report = world.run("inspect en.txt --format json --model scripted:model.toml").exits(0).json();
    assert_eq!(report["tokens"]["model"], "scripted");
    // Words are the tokens of the scripted model, which sees the title too: a mark and its words.
    let title = report["article"]["title"].as_str().unwrap().split_whitespace().count() as u64;
    assert_eq!(report["tokens"]["count"].as_u64().unwrap(), report["words"].as_u64().unwrap() + 1 + title);
    world.run("inspect en.txt --model scripted:model.toml").exits(0).prints(&[" tokens (scripted)"]);
}

#[test]
fn markdown_and_standard_input_are_read_too() {
    let world = World::with_articles();
    world.file("page.md", "# A title\n\nThe first paragraph has one sentence.\n\n## A part\n\n- The first item\n");
    world.run("inspect page.md").exits(0).prints(&["markdown", "A title", "## A part", "list item"]);
    let ran = world.run_with("inspect -", ENGLISH.as_bytes()).exits(0);
    ran.prints(&["source    -", "eleven years."]);
}

#[test]
fn a_language_can_be_said() {
    let world = World::with_articles();
    world.run("inspect en.txt --source-lang es").exits(0).prints(&["es (Spanish), 100 % sure"]);
}

#[test]
fn a_named_model_must_be_known_but_nothing_is_fetched() {
    let world = World::with_articles();
    world.run("inspect en.txt --model no-such-model").exits(3).says(&["no model is called `no-such-model`"]);
    let ran = world.run("inspect en.txt --model smollm2-135m-instruct").exits(0);
    ran.prints(&["no model here: token count not shown"]);
    assert!(!world.path("data").exists(), "{:?}", world.names("data"));
}

#[test]
fn tokens_are_counted_as_the_model_reads_the_text() {
    // The count of llama.cpp for the title as a heading and the paragraph.
    let Some(path) = weights("smollm2-135m-instruct") else { return };
    let world = World::new().var("FAQTORY_MODEL", &path.display().to_string());
    let text = "The town of Harrow Bridge opened a public library in 2024. ¿Quién pagó 240.000 €? «Nadie lo sabe» 👩‍👩‍👧.";
    world.file("page.txt", format!("Town opens a library in the old railway station\n\n{text}\n"));
    let report = world.run("inspect page.txt --format json").exits(0).says_nothing().json();
    assert_eq!(report["tokens"]["count"], 68);
}
