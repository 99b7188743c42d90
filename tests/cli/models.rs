//! `faqtory models`, with a model `tiny` that is a file on this machine.

use crate::harness::World;

const LOCAL: &str = "[[source]]\nkind = 'path'\npath = 'tiny.gguf'";
const REMOTE: &str = "[[source]]\nkind = 'hub'\nrepo = 'o/n'\nrevision = 'r'\nfile = 'f.gguf'";
const WEIGHTS: &[u8] = b"not really the weights of a model";

/// A world that knows the model `tiny`; `present` says whether its file is there.
fn world(present: bool) -> World {
    let world = World::new();
    world.manifest(WEIGHTS, LOCAL);
    if present {
        world.file("manifests/tiny.gguf", WEIGHTS);
    }
    let manifests = world.path("manifests").display().to_string();
    world.var("FAQTORY_MANIFESTS", &manifests)
}

#[test]
fn the_list_has_what_one_chooses_by() {
    let ran = world(true).run("models list").exits(0).says_nothing().prints(&[
        "MEMORY",
        "qwen2.5-coder-1.5b-instruct",
        "smollm2-135m-instruct",
        "1.04 GiB",
        "Apache-2.0",
        "not yet run",
        "* qwen2.5-coder-1.5b-instruct: recommended",
    ]);
    let row = |id: &str| ran.stdout.lines().find(|l| l.contains(id)).unwrap_or_default().to_owned();
    assert!(row("tiny").contains("here"), "{}", row("tiny"));
    assert!(!row("smollm2").contains("here"), "{}", row("smollm2"));
    assert!(row("qwen2.5-coder-1.5b").starts_with('*'));
}

#[test]
fn the_list_as_json_has_everything() {
    let world = world(true);
    let list = world.run("models list --json").exits(0).says_nothing().json();
    let models = list.as_array().expect("a list");
    assert_eq!(models.iter().filter(|m| m["default"] == true).count(), 1);
    for model in models {
        assert!(model["memory"].as_u64() > model["size"].as_u64(), "{model}");
        assert_eq!(model["sha256"].as_str().map(str::len), Some(64));
    }
    let tiny = models.iter().find(|m| m["id"] == "tiny").expect("tiny");
    assert_eq!(tiny["path"].as_str(), world.path("manifests/tiny.gguf").to_str());
}

#[test]
fn one_model_is_shown() {
    let world = world(false);
    let ran = world.run("models show qwen2.5-coder-1.5b-instruct").exits(0).says_nothing();
    ran.prints(&["Apache-2.0", "cc324af070c2ecbf", "38f6bab61d341b23", "22 Python packages", "32768 tokens", "yes"]);
    world.run("models show tiny").exits(0).prints(&["no; `faqtory models pull tiny` fetches it"]);
    assert_eq!(world.run("models show tiny --json").exits(0).json()["licence"], "MIT");
}

#[test]
fn a_model_that_is_here_is_found_checked_and_pulled_without_a_network() {
    let world = world(true).var("FAQTORY_OFFLINE", "1");
    let path = world.path("manifests/tiny.gguf").display().to_string();
    assert_eq!(world.run("models path tiny").exits(0).says_nothing().stdout, format!("{path}\n"));
    assert_eq!(world.run("models pull tiny").exits(0).says_nothing().stdout, format!("{path}\n"));
    let verified = world.run("models verify tiny").exits(0).says_nothing();
    assert!(verified.stdout.ends_with(&format!("  {path}\n")), "{}", verified.stdout);
    assert_eq!(verified.stdout.find("  "), Some(64));
    world.run("models verify tiny --verbose").exits(0).says(&["tiny: checking"]);
}

#[test]
fn the_configured_model_is_meant_where_none_is_named() {
    let world = world(true).var("FAQTORY_MODEL", "tiny");
    world.run("models path").exits(0).prints(&["tiny.gguf"]);
    let world = world.var("FAQTORY_MODEL", "./some.gguf");
    world.run("models path").exits(2).says(&["`./some.gguf`, is not one of the store"]);
    World::new().run("models path").exits(3).says(&["qwen2.5-coder-1.5b-instruct"]);
}

#[test]
fn a_damaged_file_is_found_out() {
    let world = world(true);
    world.manifest(WEIGHTS, &format!("{LOCAL}\n{REMOTE}"));
    let mut damaged = WEIGHTS.to_vec();
    damaged[0] ^= 1;
    world.file("manifests/tiny.gguf", damaged);
    world.run("models verify tiny").exits(3).prints_nothing().says(&["error: ", "checksum"]);
    // Even then nothing is fetched if the network is not to be used.
    let world = world.var("FAQTORY_OFFLINE", "1");
    world.run("models pull tiny").exits(3).prints_nothing().says(&["checksum", "not used: FAQTORY_OFFLINE"]);
}

#[test]
fn a_model_that_is_not_here_has_no_path() {
    world(false).run("models path tiny").exits(3).prints_nothing().says(&["`faqtory models pull tiny` fetches it"]);
}

#[test]
fn removing_frees_only_what_is_faqtorys_own() {
    let world = world(true);
    world.run("models remove tiny").exits(0).prints_nothing().says(&["there was nothing to remove"]);
    assert!(world.path("manifests/tiny.gguf").exists());
    world.file("data/faqtory/models/tiny/tiny.gguf", WEIGHTS);
    world.run("models remove tiny").exits(0).prints(&["tiny: removed, ", "freed"]);
    assert!(!world.path("data/faqtory/models/tiny/tiny.gguf").exists());
}

#[test]
fn the_folder_of_the_models_can_be_moved() {
    let world = World::new();
    world.manifest(WEIGHTS, LOCAL);
    world.file("elsewhere/tiny/tiny.gguf", WEIGHTS);
    world.config("models_dir = '../../elsewhere'\nmanifests = '../../manifests'\n");
    world.run("models path tiny").exits(0).prints(&["elsewhere/tiny/tiny.gguf"]);
}

#[test]
fn unknown_models_are_errors() {
    let world = World::new();
    for command in ["show", "pull", "verify", "path", "remove"] {
        let ran = world.run(&format!("models {command} smollm2-135m")).exits(3).prints_nothing();
        ran.says(&["no model is called `smollm2-135m`", "smollm2-135m-instruct"]);
    }
}

#[test]
fn a_wrong_manifest_is_named() {
    let world = world(false);
    world.file("manifests/broken.toml", "name = 'Broken'\n");
    world.run("models list").exits(2).prints_nothing().says(&["broken.toml"]);
}

#[test]
fn when_no_source_works_all_of_them_are_named() {
    let world = World::new().var("HF_ENDPOINT", "http://127.0.0.1:9").var("FAQTORY_PYTHON", "no-such-python");
    let started = std::time::Instant::now();
    let ran = world.run("models pull smollm2-135m-instruct").exits(3).prints_nothing();
    ran.says(&["error: smollm2-135m-instruct: ", "hub", "no-such-python", "hint: "]);
    assert!(started.elapsed().as_secs() < 30, "an unreachable hub took {:?}", started.elapsed());
}
