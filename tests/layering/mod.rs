//! The layering: who may import whom, and who may touch what.
//!
//! The source is read as text, without its comments and string literals, for paths that begin with
//! `crate::`, `faqtory::` or `super::` and for names of crates.

use std::fs;
use std::path::{Path, PathBuf};

/// The layer of every top-level module; a module imports from lower layers, from itself, and from layer 0.
const LAYERS: &[(&str, u8)] = &[
    ("article", 0),
    ("content", 0),
    ("chat", 0),
    ("lang", 0),
    ("sentence", 0),
    ("error", 0),
    // Only in tests.
    ("loopback", 0),
    ("fetch", 1),
    ("loader", 1),
    ("chunk", 1),
    ("prompt", 1),
    ("engine", 1),
    ("render", 1),
    ("metrics", 1),
    ("pipeline", 2),
    ("eval", 3),
    ("bench", 4),
    ("report", 5),
    ("server", 5),
    ("cli", 6),
];

/// Names that belong to one module, and that module.
const OWNED: &[(&str, &[&str])] = &[
    ("candle", &["engine"]),
    ("candle_core", &["engine"]),
    ("candle_nn", &["engine"]),
    ("candle_transformers", &["engine"]),
    ("llguidance", &["engine"]),
    ("tokenizers", &["engine"]),
    ("hf_hub", &["engine"]),
    ("http_cache_semantics", &["fetch"]),
    ("axum", &["server"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("indicatif", &["cli"]),
    ("anstream", &["cli"]),
    ("anstyle", &["cli"]),
    ("ctrlc", &["cli"]),
    ("dirs", &["cli"]),
];

/// What only the command line may do: the terminal, the environment, the user's folders.
const EDGE: &[&str] = &[
    "println!",
    "print!",
    "eprintln!",
    "eprint!",
    "dbg!",
    "stdout()",
    "stderr()",
    "stdin()",
    "env::var",
    "env::vars",
    "env::args",
    "env::home_dir",
    "env::current_dir",
    "env::set_var",
    "process::exit",
];

/// What is wrong in one file; `path` counts from `src/`. A file that is only compiled for tests may
/// print and read the environment.
fn check(path: &str, source: &str, only_for_tests: bool) -> Vec<String> {
    let module = path.split('/').next().unwrap_or_default().trim_end_matches(".rs");
    if matches!(path, "lib.rs") {
        return Vec::new();
    }
    let cli = module == "cli" || path == "main.rs";
    let layer = if cli { Some(6) } else { layer_of(module) };
    let Some(layer) = layer else {
        return vec![format!("{path}: `{module}` has no layer; give it one in tests/layering")];
    };
    let code = without_comments_and_strings(source);
    let mut wrong = Vec::new();
    for target in imports(path, &code) {
        match layer_of(&target) {
            _ if cli || target == module => {}
            // The nouns of layer 0 are made of one another.
            Some(other) if other < layer || other == 0 => {}
            Some(other) => wrong.push(format!("{path}: imports {target} (layer {other}) from layer {layer}")),
            // Not a module: one of the names that the library exports at its top.
            None if target.starts_with(char::is_uppercase) => {}
            None => wrong.push(format!("{path}: imports `{target}`, which has no layer")),
        }
    }
    for (name, owners) in OWNED {
        if !owners.contains(&if cli { "cli" } else { module }) && names_crate(&code, name) {
            wrong.push(format!("{path}: names {name}, which belongs to {}", owners.join(", ")));
        }
    }
    if !cli && !only_for_tests {
        let product = code.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        for what in EDGE.iter().filter(|what| has_word(product, what)) {
            wrong.push(format!("{path}: uses `{what}`, which only the command line may"));
        }
    }
    wrong
}

fn layer_of(module: &str) -> Option<u8> {
    LAYERS.iter().find(|(name, _)| *name == module).map(|(_, layer)| *layer)
}

/// The first parts of all paths that lead out to the top of the crate.
fn imports(path: &str, code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for root in ["crate::", "faqtory::"] {
        for at in words(code, root) {
            found.extend(heads(&code[at + root.len()..]));
        }
    }
    // `super::` leads out where there is one for each level of the file's own module.
    let parts: Vec<_> = path.trim_end_matches(".rs").split('/').filter(|part| *part != "mod").collect();
    let tests = code.find("#[cfg(test)]\nmod tests {").unwrap_or(code.len());
    for at in words(code, "super::") {
        let rest = &code[at..];
        let ups = rest.split("super::").take_while(|between| between.is_empty()).count();
        let depth = parts.len() + usize::from(at > tests);
        if ups >= depth {
            found.extend(heads(&rest["super::".len() * ups..]));
        }
    }
    found.retain(|head| head != "*" && head != "self");
    found
}

/// The first identifier of each path after `::`: one, or those of a group in braces.
fn heads(rest: &str) -> Vec<String> {
    let identifier =
        |s: &str| s.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == '*').collect();
    let Some(group) = rest.trim_start().strip_prefix('{') else { return vec![identifier(rest)] };
    let (mut heads, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                heads.push(identifier(&group[start..at]));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    heads.retain(|head| !head.is_empty());
    heads
}

/// Where a text stands that is not the end of a longer word or path.
fn words<'a>(code: &'a str, text: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(text).map(|(at, _)| at).filter(|at| {
        let before = code[..*at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '$')
    })
}

fn has_word(code: &str, text: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(text).any(|(at, _)| {
        let (before, after) = (code[..at].chars().next_back(), code[at + text.len()..].chars().next());
        let longer = text.ends_with(char::is_alphabetic) && after.is_some_and(word);
        !longer && !before.is_some_and(word)
    })
}

/// Whether the code uses a crate: `name::` at the head of a path, or `use name;`.
fn names_crate(code: &str, name: &str) -> bool {
    let (path, import, renamed) = (format!("{name}::"), format!("use {name};"), format!("use {name} as "));
    words(code, &path).next().is_some() || code.contains(&import) || code.contains(&renamed)
}

/// The code with a space for each comment and `""` for each string literal.
fn without_comments_and_strings(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(hashes) =
            raw_string(rest).filter(|_| !out.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        {
            let end = format!("\"{}", "#".repeat(hashes));
            let body = hashes + 2;
            out.push_str("\"\"");
            rest[body..].find(&end).map_or(rest.len(), |at| body + at + end.len())
        } else if c == '"' {
            out.push_str("\"\"");
            string_end(rest)
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            // The character literal of a quotation mark opens no string.
            rest[1..].find('\'').map_or(rest.len(), |end| end + 2)
        } else {
            out.push(c);
            c.len_utf8()
        };
        rest = &rest[skipped..];
    }
    out
}

/// The number of `#` if a raw string begins here.
fn raw_string(rest: &str) -> Option<usize> {
    let hashes = rest.strip_prefix('r')?;
    let count = hashes.len() - hashes.trim_start_matches('#').len();
    hashes[count..].starts_with('"').then_some(count)
}

/// The length of the string literal at the beginning.
fn string_end(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the source is there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).expect("a source file in UTF-8")
}

/// The modules, as paths without `.rs`, that a file declares for tests only.
fn test_modules(file: &Path, source: &str) -> Vec<PathBuf> {
    let stem = file.file_stem().unwrap_or_default();
    let folder = if stem == "mod" || stem == "lib" || stem == "main" {
        file.parent().map(Path::to_owned).unwrap_or_default()
    } else {
        file.with_extension("")
    };
    let declared = source.split("#[cfg(test)]\n").skip(1).filter_map(|rest| {
        let name = rest.lines().next()?.trim().trim_start_matches("pub(crate) ").strip_prefix("mod ")?;
        name.strip_suffix(';').map(|name| folder.join(name))
    });
    declared.collect()
}

#[test]
fn the_source_keeps_to_its_layers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    assert!(files.len() > 20, "only {} files were found", files.len());
    let test_files: Vec<_> = files.iter().flat_map(|file| test_modules(file, &read(file))).collect();
    let mut wrong = Vec::new();
    for file in &files {
        let path = file.strip_prefix(&root).expect("under the root").to_string_lossy().replace('\\', "/");
        let only_for_tests = test_files.iter().any(|test| file.starts_with(test) || *file == test.with_extension("rs"));
        wrong.extend(check(&path, &read(file), only_for_tests));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_forbidden_is_found() {
    for (path, source, expected) in [
        ("loader/mod.rs", "use crate::render::Format;", "imports render"),
        ("loader/text.rs", "use crate::{article::{Article, Span}, engine};", "imports engine"),
        ("loader/text.rs", "fn f() { crate::pipeline::run() }", "imports pipeline"),
        ("loader/text.rs", "use super::super::prompt::X;", "imports prompt"),
        ("article.rs", "use super::loader::load;", "imports loader"),
        ("article.rs", "#[cfg(test)]\nmod tests {\n use super::super::render; }", "imports render"),
        ("engine/mod.rs", "use crate::loader;", "imports loader"),
        ("pipeline/mod.rs", "use crate::cli::X;", "imports cli"),
        ("render/html.rs", "use candle_core::Tensor;", "names candle_core"),
        ("pipeline/mod.rs", "fn f(t: &candle_nn::Linear) {}", "names candle_nn"),
        ("cli/faq.rs", "use candle_core::Device;", "names candle_core"),
        ("engine/mod.rs", "#[derive(clap::ValueEnum)] enum E {}", "names clap"),
        ("loader/mod.rs", "fn f() { println!(\"x\") }", "uses `println!`"),
        ("engine/store/mod.rs", "fn f() { std::env::var(\"HOME\"); }", "uses `env::var`"),
        ("strange/mod.rs", "", "has no layer"),
        ("loader/mod.rs", "use crate::strange::X;", "which has no layer"),
    ] {
        let wrong = check(path, source, false);
        assert!(wrong.iter().any(|w| w.contains(expected)), "{path}: {source}: {wrong:?}");
    }
}

#[test]
fn modules_for_tests_are_known() {
    let source = "mod a;\n#[cfg(test)]\nmod tests;\n#[cfg(test)]\nmod inline {\n}\n";
    assert_eq!(test_modules(Path::new("loader/mod.rs"), source), [Path::new("loader/tests")]);
    assert_eq!(test_modules(Path::new("loader/text.rs"), source), [Path::new("loader/text/tests")]);
    let source = "fn f() { println!(\"x\") }";
    assert!(check("loader/tests.rs", source, true).is_empty());
    assert!(!check("loader/tests.rs", source, false).is_empty());
    assert!(!check("loader/tests.rs", "use crate::render::X;", true).is_empty(), "the layers hold in tests too");
}

#[test]
fn what_is_allowed_is_left_alone() {
    for (path, source) in [
        ("loader/mod.rs", "use crate::article::Article;\nuse crate::{Error, lang::Language};"),
        ("loader/text.rs", "use super::LoadOptions;\nuse crate::loader::furniture;"),
        ("loader/text.rs", "// crate::render\nlet s = \"crate::render println!\"; let t = r#\"crate::\"engine\"#;"),
        ("loader/text.rs", "let c = '\"'; /* crate::engine */ let d = '\"';"),
        ("article.rs", "#[cfg(test)]\nmod tests {\n    use super::*;\n    fn t() { println!(\"x\") } }"),
        ("engine/candle/mod.rs", "use candle_core::Tensor;\nuse crate::error::Result;"),
        ("pipeline/mod.rs", "use crate::engine::Engine; const V: &str = env!(\"CARGO_PKG_VERSION\");"),
        ("cli/faq.rs", "use clap::Args; use faqtory::render::Format; use super::ui;"),
        ("main.rs", "mod cli; fn main() { cli::main() }"),
    ] {
        assert_eq!(check(path, source, false), Vec::<String>::new(), "{path}: {source}");
    }
}
