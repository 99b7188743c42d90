//! Where articles come from: web addresses, folders, patterns, JSON Lines.

use std::io::Write;

use serde_json::{Value, json};

use crate::harness::server::{Server, send};
use crate::harness::{ENGLISH, FAQ, FAQ_ES, SPANISH, World};

const QUESTION: &str = "Where is the library of Harrow Bridge?";
const HTML: &str = "content-type: text/html; charset=utf-8\r\n";

/// A world whose script answers `n` times.
fn world(n: usize) -> World {
    let world = World::with_articles();
    world.script("m.toml", &[vec![("FAQ", FAQ); n], vec![("FAQ", FAQ_ES)]].concat());
    world
}

/// The English article as a page.
fn page() -> Vec<u8> {
    let (title, body) = ENGLISH.split_once("\n\n").expect("a title");
    let body: String = body.split("\n\n").map(|p| format!("<p>{p}</p>")).collect();
    let nav = "<nav><a href=/>Home</a> <a href=/news>News</a></nav>";
    format!("<!doctype html><html lang=en><title>{title}</title>{nav}<article><h1>{title}</h1>{body}</article>").into()
}

fn site() -> Server {
    Server::new(|got, stream| match got.path.as_str() {
        "/old" => send(stream, "302 Found", "location: /news/library.html?id=7\r\n", b""),
        "/none" => send(stream, "404 Not Found", "", b""),
        "/image" => send(stream, "200 OK", "content-type: image/png\r\n", b"x"),
        "/hang" => drop(std::io::Read::read(stream, &mut [0; 9])),
        "/all.jsonl.gz" | "/packed" => send(stream, "200 OK", "content-type: application/gzip\r\n", &gzip(&lines())),
        "/all.jsonl" => {
            let body = format!("{}\nno json\n", json!({"text": ENGLISH, "id": "a/1"}));
            send(stream, "200 OK", "content-type: application/octet-stream\r\n", body.as_bytes());
        }
        _ if got.header("if-none-match") == Some("\"v1\"") => send(stream, "304 Not Modified", "", b""),
        _ => send(stream, "200 OK", &format!("{HTML}etag: \"v1\"\r\n"), &page()),
    })
}

#[test]
fn a_page_of_the_web_is_an_article() {
    let (world, site) = (world(3), site());
    let url = site.url("/old");
    let ran = world.run(&format!("faq {url} -n 2 -f json --model scripted:m.toml")).exits(0).says_nothing();
    assert_eq!(ran.json()["article"]["source"], url.as_str());
    let report = world.run(&format!("inspect {url} --format json")).exits(0).json();
    assert_eq!(report["article"]["format"], "html");
    assert_eq!(report["article"]["url"], site.url("/news/library.html?id=7"));
    assert!(site.got().iter().any(|got| got.header("if-none-match").is_some()), "the kept page was confirmed");

    world.run(&format!("faq {url} -n 2 --model scripted:m.toml -o out/")).exits(0);
    let port = url.split(':').nth(2).and_then(|rest| rest.split('/').next()).expect("a port");
    assert_eq!(world.names("out"), [format!("127.0.0.1-{port}-old.en.md")]);
}

#[test]
fn kept_pages_serve_without_a_network_and_only_if_they_may_be_kept() {
    let (world, site) = (world(1), site());
    let url = site.url("/old");
    world.run(&format!("inspect {url} --offline")).exits(1).says(&["never fetched", "hint: "]);
    world.run(&format!("inspect {url} --no-cache")).exits(0);
    assert!(world.names("cache").is_empty(), "{:?}", world.names("cache"));
    world.run(&format!("inspect {url}")).exits(0).says_nothing();
    let requests = site.got().len();
    world.run(&format!("inspect {url} --offline")).exits(0).says(&["note: ", "the network is not used"]);
    assert_eq!(site.got().len(), requests);
    assert!(world.path("cache/faqtory/pages").is_dir());
}

#[test]
fn pages_that_cannot_be_had_are_errors_of_their_own() {
    let (world, site) = (world(1), site());
    for (path, expected) in [("/none", "HTTP 404"), ("/image", "`image/png`")] {
        let url = site.url(path);
        let ran = world.run(&format!("faq {url} en.txt -n 2 --model scripted:m.toml -o out/")).exits(1);
        ran.says(&["error: ", &url, expected, "hint: "]);
        world.script("m.toml", &[("FAQ", FAQ)]);
    }
    let url = site.url("/hang");
    world.run(&format!("inspect {url} --fetch-timeout 1")).exits(1).says(&["not there within 1 s"]);
    // Without an article no model is started.
    let ran = world.run(&format!("faq {} --model scripted:none.toml", site.url("/none"))).exits(1);
    assert!(!ran.stderr.contains("none.toml"), "{}", ran.stderr);
}

#[test]
fn a_folder_is_read_with_the_folders_in_it() {
    let world = world(3);
    for name in ["docs/a.txt", "docs/sub/a.txt", "docs/sub/deep/b.md"] {
        world.file(name, ENGLISH);
    }
    world.file("docs/picture.png", "x");
    world.file("docs/.hidden/c.txt", ENGLISH);
    let ran = world.run("faq docs docs/a.txt -n 2 --model scripted:m.toml -o out/").exits(0).prints_nothing();
    ran.says(&["note: docs: 3 found, 2 skipped"]);
    assert_eq!(world.names("out"), ["a.en.md", "sub"]);
    assert_eq!(world.names("out/sub"), ["a.en.md", "deep"]);
    assert!(world.read("out/sub/deep/b.en.md").contains(QUESTION));
    world.run("inspect docs --verbose").exits(0).says(&["picture.png: skipped: ", ".hidden: skipped: hidden"]);

    world.file("empty/x.png", "x");
    world.run("faq empty --model scripted:none.toml").exits(1).says(&["error: empty: no article is in this folder"]);
    world.run("faq docs -o out.md --model scripted:none.toml").exits(2).says(&["3 articles cannot go to one file"]);
}

#[test]
fn results_in_the_folder_of_the_articles_are_not_read_again() {
    let world = world(2);
    world.file("docs/a.txt", ENGLISH);
    for _ in 0..2 {
        world.script("m.toml", &[("FAQ", FAQ)]);
        world.run("faq docs -n 2 --model scripted:m.toml -o docs/out/ --quiet").exits(0);
    }
    assert_eq!(world.names("docs/out"), ["a.en.md"]);
}

#[test]
fn patterns_are_expanded() {
    let world = world(2);
    world.file("docs/a.md", ENGLISH);
    world.file("docs/sub/b.md", ENGLISH);
    world.file("docs/c.txt", SPANISH);
    world.run("faq docs/**/*.md -n 2 --model scripted:m.toml -o out/").exits(0);
    assert_eq!(world.names("out"), ["a.en.md", "sub"]);
    let ran = world.run("faq docs/*.html --model scripted:none.toml").exits(1).prints_nothing();
    ran.says(&["error: docs/*.html: no file that can be an article is matched"]);
    world.run("faq docs/[ --model scripted:none.toml").exits(2).says(&["neither a file nor a pattern"]);
}

fn lines() -> String {
    let es = json!({"body": SPANISH, "lang": "es", "headline": "Titular propio", "url": "https://a.example/x"});
    format!("\u{FEFF}{}\r\n\r\n{{broken\n{es}\n{}\n", json!({"text": ENGLISH, "id": "first"}), json!({"title": "x"}))
}

#[test]
fn json_lines_are_an_article_each() {
    let world = world(2);
    world.file("news/all.jsonl", lines());
    let ran = world.run("faq news -n 2 --model scripted:m.toml -o out/").exits(1);
    ran.says(&[
        "error: news/all.jsonl:3: the line is not a JSON object",
        "error: news/all.jsonl:5: the line has no text",
    ]);
    assert_eq!(world.names("out"), ["all-4.es.md", "all-first.en.md"]);
    world.run("faq news/all.jsonl -o out.md --model scripted:none.toml").exits(2).says(&["several articles"]);
}

#[test]
fn json_lines_come_by_standard_input_and_from_the_web_too() {
    let world = world(1);
    for arguments in ["inspect - --format json", "inspect - --format json --input-format jsonl"] {
        let ran = world.run_with(arguments, lines().as_bytes()).exits(1).says(&["error: -:3: ", "error: -:5: "]);
        let all: Vec<Value> = ran.stdout.lines().map(|l| serde_json::from_str(l).expect("JSON on each line")).collect();
        assert_eq!(all.len(), 2, "{}", ran.stdout);
        assert_eq!(all[0]["article"]["source"], "-:1");
        assert_eq!(all[1]["article"]["title"], "Titular propio");
        assert_eq!(all[1]["article"]["language"], "es");
        assert_eq!(all[1]["article"]["url"], "https://a.example/x");
    }
    let site = site();
    // One line to one file would be one thing today and another tomorrow. It is said before a model is started.
    for (source, input) in [("-".to_owned(), lines()), (site.url("/all.jsonl"), String::new())] {
        let ran = world.run_with(&format!("faq {source} --model scripted:none.toml -o out.md"), input.as_bytes());
        ran.exits(2).prints_nothing().says(&["several articles cannot go to one file"]);
    }
    let ran = world.run(&format!("inspect {} --format json", site.url("/all.jsonl"))).exits(1);
    assert_eq!(ran.json()["article"]["source"], format!("{}:1", site.url("/all.jsonl")));
    let wrong =
        format!("{}\n{es}\n", json!({"text": ENGLISH, "date": false}), es = json!({"text": SPANISH, "author": ["A"]}));
    let ran = world
        .run_with("inspect - --format json", wrong.as_bytes())
        .exits(1)
        .says(&["error: -:1: the value of `date` is false; it should be a text, a year,"]);
    assert_eq!(ran.json()["article"]["byline"], "A");
    // Text that only begins like JSON is text.
    let text = format!("{{\"a\": 1}} is how it began.\n\n{ENGLISH}");
    world.run_with("inspect -", text.as_bytes()).exits(0).prints(&["format    text"]);
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

#[test]
fn json_lines_may_be_compressed_wherever_they_come_from() {
    let (world, site) = (world(1), site());
    let packed = gzip(&lines());
    world.file("news.jsonl.gz", &packed);
    let sources = ["news.jsonl.gz".to_owned(), "-".to_owned(), site.url("/all.jsonl.gz"), site.url("/packed")];
    for source in &sources {
        for format in ["", "--input-format jsonl"] {
            let ran = world.run_with(&format!("inspect {source} --format json {format}"), &packed).exits(1);
            assert_eq!(ran.stdout.lines().count(), 2, "{source} {format}: {}", ran.stdout);
            ran.says(&[&format!("error: {source}:3: "), &format!("error: {source}:5: ")]);
        }
    }
    // What is no record is an article as before, and what is cut off is told.
    world.run_with("inspect -", &gzip(ENGLISH)).exits(0).prints(&["source    -", "format    text"]);
    let torn = &gzip(ENGLISH)[..99];
    world.run_with("inspect -", torn).exits(1).says(&["standard input: the gzip data is damaged"]);
}

#[test]
fn more_articles_than_are_read_ahead_are_all_written() {
    let world = world(40);
    let mut text = Vec::new();
    for i in 0..40 {
        writeln!(text, "{}", json!({"text": ENGLISH, "title": format!("Library {i}")})).expect("a line");
    }
    world.file("all.jsonl", text);
    let ran = world.run("faq all.jsonl -n 2 -f json --model scripted:m.toml").exits(0).says_nothing();
    let titles: Vec<String> = ran
        .stdout
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).expect("JSON")["article"]["title"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    assert_eq!(titles, (0..40).map(|i| format!("Library {i}")).collect::<Vec<_>>());
}

#[test]
fn several_articles_can_be_inspected() {
    let world = World::with_articles();
    let ran = world.run("inspect en.txt missing.txt es.txt").exits(1).says(&["missing.txt: no such file"]);
    let (first, second) = ran.stdout.split_once("\n====").expect("a rule");
    assert!(first.contains("source    en.txt") && second.contains("source    es.txt"));
    let ran = world.run("inspect en.txt es.txt --format json").exits(0);
    assert_eq!(ran.stdout.lines().count(), 2);
    world.run("inspect en.txt --format json --input-format markdown").exits(0).prints(&["\"format\": \"markdown\""]);
    world.run("inspect en.txt --input-format nonsense").exits(2).says(&["known are auto, jsonl"]);
    world.file("big.txt", ENGLISH.repeat(3_000));
    world.run("inspect big.txt --max-size 1").exits(1).says(&["too large"]);
}
