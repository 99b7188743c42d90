//! The whole pipeline with an engine of canned replies.

use std::ops::ControlFlow;

use super::*;
use crate::chat::Role;
use crate::engine::scripted::{Reply, ScriptedEngine};
use crate::loader::{LoadOptions, load};

const PAGE: &str = include_str!("../../fixtures/en/electric-ferry/article.txt");
const PAGINA: &str = include_str!("../../fixtures/es/electric-ferry/article.txt");

const GOOD: &str = " Who signed the contract?\nA: The city of Calvenor and its ferry cooperative signed it.\n\n\
    Q: How long is the crossing?\nA: The crossing on the new boats takes 22 minutes.";

fn reply(when: &str, text: &str) -> Reply {
    Reply { when: when.into(), text: text.into(), truncated: false, error: None }
}

fn job(target: Language, questions: usize, summary: Option<SummaryLength>) -> Job {
    Job { target, faq: Some(Questions::Exactly(questions)), summary, sampling: Sampling::default() }
}

fn run_on(page: &str, engine: &mut ScriptedEngine, job: &Job) -> Output {
    let article = load(page.as_bytes(), "article.txt", &LoadOptions::default()).unwrap();
    run(engine, &PromptLibrary::builtin(), &article, job, &mut |_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn summary_and_faq_are_written_in_one_batch_over_one_beginning() {
    let summary = "A city and a cooperative buy two electric boats. They cost 18.6 million euros. Work starts in May.";
    let mut engine = ScriptedEngine::new(vec![reply("FAQ", GOOD), reply("summary", summary)]);
    let output = run_on(PAGE, &mut engine, &job(Language::EN, 2, Some(SummaryLength::Medium)));
    assert_eq!(output.faq.as_ref().unwrap().entries.len(), 2);
    assert_eq!(output.faq.unwrap().entries[0].question, "Who signed the contract?");
    assert_eq!(output.summary.unwrap().paragraphs, [summary]);
    assert_eq!((output.rejections.len(), engine.requests.len()), (0, 2));

    let [a, b] = engine.requests.as_slice() else { panic!("two requests") };
    assert_eq!(a.messages[0], b.messages[0]);
    let (a, b) = (&a.messages[1].content, &b.messages[1].content);
    let shared = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    assert!(shared > a.len() * 3 / 4, "only {shared} of {} bytes are shared", a.len());
}

/// A model that sees the article's own FAQ would only copy it.
#[test]
fn the_own_faq_block_and_the_furniture_never_reach_the_model() {
    for (page, target) in [(PAGE, Language::ES), (PAGINA, Language::EN)] {
        let article = load(page.as_bytes(), "article.txt", &LoadOptions::default()).unwrap();
        let own = article.own_faq.as_ref().expect("the fixture has a FAQ block");
        assert_eq!(own.pairs.len(), 4);
        assert!(article.dropped.len() >= 4);
        let mut engine = ScriptedEngine::new(vec![reply("", "nothing"); 4]);
        run_on(page, &mut engine, &job(target, 3, Some(SummaryLength::Short)));
        assert!(!engine.requests.is_empty());
        for message in engine.requests.iter().flat_map(|r| &r.messages) {
            for pair in &own.pairs {
                assert!(!message.content.contains(&pair.question), "a question of the article's own reached the model");
                assert!(!message.content.contains(&pair.answer), "an answer of the article's own reached the model");
            }
            for dropped in &article.dropped {
                assert!(!message.content.contains(article.slice(dropped.span)), "{dropped:?} reached the model");
            }
        }
    }
}

#[test]
fn what_is_missing_is_asked_for_once_more_without_what_is_there() {
    let first = " Who signed the contract?\nA: The city of Calvenor and its ferry cooperative signed it.\n\
        Q: Who signed the contract?\nA: They did.";
    let second = "Q: How long is the crossing?\nA: The crossing on the new boats takes 22 minutes.";
    let mut engine = ScriptedEngine::new(vec![reply("2 entries of", first), reply("1 more entry for", second)]);
    let output = run_on(PAGE, &mut engine, &job(Language::EN, 2, None));
    assert_eq!(output.faq.unwrap().entries.len(), 2);
    assert_eq!(output.rejections.len(), 1);
    assert_eq!(output.rejections[0].reason, RejectReason::Duplicate);
    let asked = &engine.requests[1].messages[1].content;
    assert!(asked.contains("\n- Who signed the contract?"), "{asked}");

    let mut engine = ScriptedEngine::new(vec![reply("", first), reply("", first), reply("", second)]);
    let output = run_on(PAGE, &mut engine, &job(Language::EN, 2, None));
    assert_eq!((output.faq.unwrap().entries.len(), engine.requests.len()), (1, 2), "there is no third try");
}

#[test]
fn the_model_goes_on_behind_the_label_of_the_target_language() {
    let written = " ¿Cuánto dura la travesía?\nR: La travesía en los nuevos barcos dura 22 minutos.";
    let mut engine = ScriptedEngine::new(vec![reply("FAQ", written)]);
    let output = run_on(PAGE, &mut engine, &job(Language::ES, 1, None));
    let last = engine.requests[0].messages.last().unwrap();
    assert_eq!((last.role, last.content.as_str()), (Role::Assistant, "P:"));
    assert_eq!(engine.requests[0].stop, [Stop { text: "\nP:".into(), occurrence: 1 }]);
    let faq = output.faq.unwrap();
    assert_eq!(
        (faq.title.as_str(), faq.entries[0].question.as_str()),
        ("Preguntas frecuentes", "¿Cuánto dura la travesía?")
    );
}

#[test]
fn a_useless_model_gives_rejections_and_no_content() {
    let mut engine = ScriptedEngine::new(vec![reply("", "I cannot help with that."); 4]);
    let output = run_on(PAGE, &mut engine, &job(Language::ES, 2, Some(SummaryLength::Medium)));
    assert_eq!((output.faq, output.summary), (None, None));
    assert!(output.rejections.iter().any(|r| r.task == Task::Faq));
    assert!(output.rejections.iter().any(|r| r.task == Task::Summary && r.reason == RejectReason::WrongLanguage));
}

#[test]
fn errors_and_cancellation_are_passed_on() {
    let broken = Reply { error: Some("out of paper".into()), ..reply("", "") };
    let article = load(PAGE.as_bytes(), "article.txt", &LoadOptions::default()).unwrap();
    let prompts = PromptLibrary::builtin();
    let job = job(Language::EN, 2, None);
    let mut engine = ScriptedEngine::new(vec![broken]);
    let error = run(&mut engine, &prompts, &article, &job, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Inference, "out of paper"));
    let error = run(&mut engine, &prompts, &article, &job, &mut |_| ControlFlow::Break(())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let french = Job { target: "fr".parse().unwrap(), ..job };
    let error = run(&mut engine, &prompts, &article, &french, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(error.to_string().contains("French") && error.to_string().contains("en, es"), "{error}");
}

#[test]
fn auto_follows_the_length_of_the_article() {
    assert_eq!([0, 300, 600, 750, 1_050, 20_000].map(|words| Questions::Auto.count(words)), [3, 3, 4, 5, 7, 8]);
    assert_eq!(Questions::Exactly(12).count(10), 12);
    for bad in ["0", "21", "-1", "many", ""] {
        assert!(bad.parse::<Questions>().is_err(), "{bad}");
    }
}
