//! Tests of the scorer: without an encoder on a fixture, and with the real one.

use std::path::Path;

use super::*;
use crate::content::{FaqEntry, SummaryLength};
use crate::engine::DeviceChoice;
use crate::engine::weights::weights;
use crate::eval::dataset;
use crate::loader::LoadOptions;
use crate::sentence;

fn fixture(id: &str) -> Document {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(id).join("reference.json");
    dataset::read(&path, &LoadOptions::default()).unwrap().remove(0)
}

/// What somebody wrote of a document, as if a system had.
fn copy(document: &Document, language: Language) -> Prediction {
    let summary = document.references.summaries(language, Some(SummaryLength::Medium))[0].to_owned();
    Prediction {
        id: document.id.clone(),
        language: Some(language),
        faq: document.references.faq(language).map(<[FaqEntry]>::to_vec),
        asked: None,
        summary: Some(vec![summary]),
        length: Some(SummaryLength::Medium),
    }
}

#[test]
fn the_reference_itself_has_the_best_scores() {
    let document = fixture("en/reef-sensors");
    let scores = Evaluator::new(None).score(&document, &copy(&document, Language::EN)).unwrap();
    for id in ["faq.delivered", "faq.assigned_rouge.f1", "faq.language", "summary.rouge2", "summary.rougeLsum"] {
        assert!((scores.values[id] - 1.0).abs() < 1e-9, "{id}: {}", scores.values[id]);
    }
    assert!((scores.values["summary.chrf"] - 100.0).abs() < 1e-9);
    assert!((scores.values["faq.aligned_rouge.f1"] - 1.0).abs() < 1e-5, "the epsilon of lmqg");
    let chance = scores.values["faq.aligned_rouge.f1.shuffled"];
    assert!((0.2..0.9).contains(&chance), "{chance}");
    for metric in METRICS.iter().filter(|m| !m.needs.encoder) {
        assert!(scores.values.contains_key(metric.id), "{}", metric.id);
    }
    assert!(scores.values.keys().all(|id| !id.contains("bert") && !id.contains("cosine")), "there is no encoder");
    let partners: Vec<_> = scores.faq.iter().map(|finding| finding.reference).collect();
    assert_eq!(partners, (0..partners.len()).map(Some).collect::<Vec<_>>());
    assert!(scores.faq.iter().all(|finding| (1..=3).contains(&finding.evidence.len())));
}

#[test]
fn what_is_empty_scores_zero_and_is_counted() {
    let document = fixture("en/reef-sensors");
    let mut prediction = copy(&document, Language::EN);
    (prediction.faq, prediction.summary) = (Some(Vec::new()), Some(vec![" ".to_owned()]));
    let scores = Evaluator::new(None).score(&document, &prediction).unwrap();
    assert_eq!(scores.empty, [Task::Faq, Task::Summary]);
    for metric in METRICS {
        let expected = (metric.better == Better::Higher && !metric.needs.encoder).then_some(0.0);
        assert_eq!(scores.values.get(metric.id).copied(), expected, "{}", metric.id);
    }
    (prediction.faq, prediction.summary) = (None, None);
    let scores = Evaluator::new(None).score(&document, &prediction).unwrap();
    assert_eq!(scores, Scores::default(), "nothing was asked for");
}

#[test]
fn without_a_reference_what_needs_none_is_left() {
    let mut document = fixture("en/reef-sensors");
    let mut prediction = copy(&document, Language::EN);
    document.references = Default::default();
    let scores = Evaluator::new(None).score(&document, &prediction).unwrap();
    assert!(!scores.values.contains_key("faq.delivered") && !scores.values.contains_key("summary.rouge1"));
    assert!(scores.values["faq.claims"] > 0.9 && scores.faq[0].reference.is_none());
    prediction.asked = Some(2 * scores.faq.len());
    let scores = Evaluator::new(None).score(&document, &prediction).unwrap();
    assert_eq!(scores.values["faq.delivered"], 0.5);
    prediction.faq = Some(Vec::new());
    let scores = Evaluator::new(None).score(&document, &prediction).unwrap();
    assert_eq!((scores.values["faq.delivered"], scores.values.get("faq.aligned_rouge.f1")), (0.0, None));
}

#[test]
fn a_page_without_a_body_supports_and_denies_nothing() {
    let mut document = fixture("en/reef-sensors");
    document.article.sections.clear();
    let scores = Evaluator::new(None).score(&document, &copy(&document, Language::EN)).unwrap();
    for metric in METRICS.iter().filter(|m| !m.needs.encoder) {
        assert_eq!(scores.values.contains_key(metric.id), !metric.needs.source, "{}", metric.id);
    }
    assert!(scores.faq.iter().all(|finding| finding.unsupported.is_empty() && finding.evidence.is_empty()));
}

#[test]
fn across_languages_numbers_are_checked_and_words_are_not() {
    let document = fixture("en/reef-sensors");
    let scores = Evaluator::new(None).score(&document, &copy(&document, Language::ES)).unwrap();
    for metric in METRICS.iter().filter(|m| !m.needs.encoder) {
        assert_eq!(scores.values.contains_key(metric.id), !metric.needs.same_language, "{}", metric.id);
    }
    assert!(scores.values["summary.claims"] > 0.9 && scores.values["summary.language"] == 1.0);
    assert!(scores.summary.iter().all(|finding| finding.evidence.is_empty()), "no encoder, no evidence");
}

#[test]
fn what_the_article_does_not_have_is_named_and_what_it_has_is_shown() {
    let text = "The ferry to Orsa sails at seven. It carries 300 passengers and forty cars. A ticket costs 12 euros. \
                Children under six travel free.";
    let article = crate::article::Article::of_one_passage(text, Language::EN);
    let mut document = fixture("en/reef-sensors");
    document.article = article;
    let spans = crate::sentence::split(text, Language::EN);
    document.article.sections[0].passages[0].sentences =
        spans.iter().map(|span| crate::article::Sentence { span: *span }).collect();
    let faq = vec![
        FaqEntry::new("How many passengers does the ferry carry?", "It carries 400 passengers."),
        FaqEntry::new(
            "What does it cost, and who travels free?",
            "A ticket costs 12 euros, and children under six travel free.",
        ),
        FaqEntry::new("Who paints", "El alcalde pinta la puerta de la casa vieja."),
    ];
    let prediction = Prediction { faq: Some(faq), ..copy(&document, Language::EN) };
    let scores = Evaluator::new(None).score(&document, &prediction).unwrap();
    let evidence = |i: usize| scores.faq[i].evidence.iter().map(|s| &text[s.range()]).collect::<Vec<_>>();
    assert_eq!(scores.faq[0].unsupported, [UnsupportedClaim { kind: ClaimKind::Number, text: "400".into() }]);
    assert_eq!(evidence(0), ["It carries 300 passengers and forty cars."]);
    assert_eq!(evidence(1), ["A ticket costs 12 euros.", "Children under six travel free."]);
    assert!(scores.faq[1].unsupported.is_empty() && scores.faq[1].in_language && scores.faq[1].well_formed);
    assert!(evidence(2).is_empty() && !scores.faq[2].in_language && !scores.faq[2].well_formed);
    assert!((scores.values["faq.question_form"] - 2.0 / 3.0).abs() < 1e-12);
    let json = serde_json::to_string(&scores).unwrap();
    assert_eq!(serde_json::from_str::<Scores>(&json).unwrap(), scores);
}

#[test]
fn what_came_before_changes_nothing() {
    let documents = ["en/reef-sensors", "es/reef-sensors"].map(fixture);
    let predictions = [copy(&documents[0], Language::EN), copy(&documents[1], Language::EN)];
    let mut evaluator = Evaluator::new(None);
    let mut score = |i: usize, j: usize| evaluator.score(&documents[i], &predictions[j]).unwrap();
    let first = score(0, 0);
    let others = [score(1, 1), score(1, 0), score(0, 1)];
    assert_eq!(score(0, 0), first);
    assert_ne!(others[0], first);
}

/// The real encoder: what means the same is close though its words and its language differ.
#[test]
fn meaning_counts_across_words_and_languages() {
    let Some(path) = weights("multilingual-e5-small") else { return };
    let mut evaluator = Evaluator::new(Some(Encoder::load(&path, DeviceChoice::Cpu).unwrap()));
    let document = fixture("en/reef-sensors");
    let same = evaluator.score(&document, &copy(&document, Language::EN)).unwrap();
    for metric in METRICS {
        assert!(same.values.contains_key(metric.id), "{}", metric.id);
    }
    for id in ["faq.assigned_bert.f1", "summary.bert.f1", "summary.cosine"] {
        assert!((same.values[id] - 1.0).abs() < 1e-5, "{id}: {}", same.values[id]);
    }
    assert!(same.values["faq.aligned_bert.f1.shuffled"] < same.values["faq.aligned_bert.f1"] - 0.02);
    let other = fixture("en/olive-prices");
    let wrong = evaluator.score(&document, &Prediction { asked: None, ..copy(&other, Language::EN) }).unwrap();
    assert!(wrong.values["summary.bert.f1"] < 0.9 && wrong.values["summary.cosine"] < 0.95, "{:?}", wrong.values);
    // Evidence is found for a text in another language.
    let spanish = evaluator.score(&document, &copy(&document, Language::ES)).unwrap();
    let pairs = spanish.faq.iter().zip(&same.faq);
    let hits = pairs.filter(|(es, en)| es.evidence.iter().any(|span| en.evidence.contains(span))).count();
    assert!(2 * hits > same.faq.len(), "{hits} of {}", same.faq.len());
    assert!((spanish.values["faq.assigned_bert.f1"] - 1.0).abs() < 1e-5);
}

/// A judge that finds right answers probable behind their questions and no others.
#[test]
fn a_language_model_judges_what_answers_a_question() {
    use crate::engine::scripted::{Odds, ScriptedEngine};

    let document = fixture("en/reef-sensors");
    let prediction = copy(&document, Language::EN);
    let pairs = prediction.faq.as_ref().unwrap();
    let odds = |when: &str, text: &str, log_prob| Odds { when: when.into(), text: text.into(), log_prob };
    // The first answer is more probable with its question, the others are not.
    let judge = ScriptedEngine::new(Vec::new())
        .with_odds(vec![odds(&pairs[0].question, &pairs[0].answer, -0.1), odds("", "", -2.0)]);
    let scores = Evaluator::new(None).with_judge(Some(Box::new(judge))).score(&document, &prediction).unwrap();
    let answers: Vec<f64> = scores.faq.iter().map(|f| f.answers.unwrap()).collect();
    assert!(answers[0] > 0.5 && answers[1..].iter().all(|p| *p < answers[0]), "{answers:?}");
    let mean = answers.iter().sum::<f64>() / answers.len() as f64;
    assert!((scores.values["faq.answers"] - mean).abs() < 1e-12);
    let alone = Evaluator::new(None).score(&document, &prediction).unwrap();
    assert_ne!(alone.values["faq.answers"], scores.values["faq.answers"]);
}

/// A judge that says yes to one sentence of the summary and no to the others; in a language in which judges know nothing
/// it is not asked.
#[test]
fn a_language_model_judges_what_the_article_says() {
    use crate::engine::scripted::{Odds, ScriptedEngine};

    let scores = |language, verdict_on: &str| {
        let document = fixture("en/reef-sensors");
        let document = if language == Language::EN { document } else { fixture("es/reef-sensors") };
        let odds = |when: &str, text: &str, log_prob| Odds { when: when.into(), text: text.into(), log_prob };
        let odds = vec![
            odds(verdict_on, "Yes", -0.1),
            odds(verdict_on, "No", -6.0),
            odds("Claim:", "Yes", -6.0),
            odds("Claim:", "No", -0.1),
            odds("", "", -2.0),
        ];
        let prediction = copy(&document, language);
        let alone = Evaluator::new(None).score(&document, &prediction).unwrap();
        let judge = ScriptedEngine::new(Vec::new()).with_odds(odds);
        let judged = Evaluator::new(None).with_judge(Some(Box::new(judge))).score(&document, &prediction).unwrap();
        let grounded = |s: &Scores| s.summary.iter().map(|f| f.grounded.unwrap()).collect::<Vec<_>>();
        (grounded(&alone), grounded(&judged))
    };
    let document = fixture("en/reef-sensors");
    let summary = copy(&document, Language::EN).summary.unwrap();
    let first = sentence::split(&summary[0], Language::EN)[0];
    let (alone, judged) = scores(Language::EN, &format!("Claim: {}", &summary[0][first.range()]));
    assert!(judged[0] > 0.8 && judged[1..].iter().all(|p| *p < 0.5), "{judged:?} {alone:?}");
    let (alone, judged) = scores(Language::ES, "Claim:");
    assert_eq!(alone, judged);
}
