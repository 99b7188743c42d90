//! The main job for real: a news page in, a FAQ block and a summary out, in all four directions, written by
//! the default model.

use faqtory::content::Output;
use faqtory::lang::{self, Language};

use crate::harness::{Ran, World, weights::weights};

const MODEL: &str = "qwen2.5-coder-1.5b-instruct";

fn run(source: &str, target: Language) -> Option<Output> {
    let model = weights(MODEL)?;
    let page = std::fs::read_to_string(format!("fixtures/{source}/electric-ferry/article.txt")).unwrap();
    let world = World::new();
    world.file("article.txt", &page);
    let ran: Ran = world.run(&format!(
        "generate article.txt --lang {target} -n 3 --length short --format json --offline --model {}",
        model.display()
    ));
    let output: Output = serde_json::from_value(ran.exits(0).json()).unwrap();
    Some(output)
}

fn check(source: &str, target: Language) {
    let Some(output) = run(source, target) else { return };
    assert_eq!((output.article.language.code(), output.language), (source, target));
    assert!(output.article.title.unwrap().contains("Calvenor"));
    assert_eq!(output.questions_asked, Some(3));

    let summary = output.summary.expect("a summary").paragraphs.join("\n");
    assert_eq!(lang::detect(&summary).unwrap().language, target, "{summary}");
    let faq = output.faq.expect("a FAQ block");
    assert!((1..=3).contains(&faq.entries.len()));
    for entry in &faq.entries {
        assert!(entry.question.ends_with('?'), "{entry:?}");
        assert!(entry.answer.ends_with(['.', '!', '?', '…', '»', '”', '"', ')']), "{entry:?}");
    }
    let whole: Vec<_> = faq.entries.iter().flat_map(|e| [e.question.as_str(), e.answer.as_str()]).collect();
    assert_eq!(lang::detect(&whole.join("\n")).unwrap().language, target, "{whole:?}");

    let usage = output.usage;
    assert_eq!(usage.model.architecture, "qwen2");
    // The summary and the FAQ share the article, which is nearly all of their prompts.
    assert!(usage.tokens.reused * 5 > usage.tokens.prompt * 2, "{:?}", usage.tokens);
    assert!(usage.tokens.generated > 50 && usage.seconds["decode"] > 0.0, "{usage:?}");
}

/// One test, not four: the model takes all cores.
#[test]
fn every_direction_gives_a_summary_and_a_faq_block_in_the_target_language() {
    for source in ["en", "es"] {
        for target in [Language::EN, Language::ES] {
            check(source, target);
        }
    }
}
