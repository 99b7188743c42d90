//! The whole pipeline with an engine of canned replies.

use std::ops::ControlFlow;

use super::*;
use crate::content::{RejectReason, SummaryLength, Task};
use crate::engine::Sampling;
use crate::engine::scripted::{Grade, Odds, Reply, ScriptedEngine};
use crate::loader::{LoadOptions, load};
use crate::prompt::Style;

mod injections;
mod languages;
mod translations;

const PAGE: &str = include_str!("../../fixtures/en/electric-ferry/article.txt");
const PAGINA: &str = include_str!("../../fixtures/es/electric-ferry/article.txt");

const SIGNED: &str = "Who signed the 15-year contract?";
const SIGNED_SO: &str =
    "Mayor Irena Dovalle and Anselm Quirrol, the president of the cooperative, signed the 15-year contract.";
const CROSSING: &str = "How long will a crossing take?";
const CROSSING_SO: &str = "A crossing will take 22 minutes instead of the current 31.";
const SUMMARY: &str = "The city of Calvenor and the Ondral Bay Ferry Cooperative signed an agreement to replace the diesel boats.\n\
    2. The first battery-powered boat is due to cross to Tresmarel in April 2027, weekday departures will nearly double and the \
    monthly pass will be cheaper.\n\
    3. The monthly pass for registered residents of the two towns will fall from 62 to 49 euros.";
/// Its second and third sentence.
const END: &str = "The first battery-powered boat is due to cross to Tresmarel in April 2027, weekday departures will nearly double and \
    the monthly pass will be cheaper. The monthly pass for registered residents of the two towns will fall from 62 to 49 euros.";

fn again(when: &str, text: &str) -> Reply {
    Reply { when: when.into(), text: text.into(), again: true, ..Reply::default() }
}

fn once(when: &str, text: &str) -> Reply {
    Reply { again: false, ..again(when, text) }
}

/// A model that asks these two questions, whatever it is asked to ask, and knows their answers.
fn model() -> Vec<Reply> {
    vec![
        again(SIGNED, SIGNED_SO),
        again(CROSSING, CROSSING_SO),
        again("questions that readers", &format!(" {SIGNED}\n2. {CROSSING}")),
        again("question that", SIGNED),
        again("summary", SUMMARY),
        no_question_of("en"),
    ]
}

/// A model in that language that finds no question that a sentence of the article answers.
fn no_question_of(language: &str) -> Reply {
    let prompt = PromptLibrary::builtin().question_of("", language.parse().unwrap()).unwrap();
    Reply { system: prompt[0].content.clone(), ..again("", "") }
}

/// What the model asks about a statement of an English article.
fn of_statement(statement: &str, question: &str) -> Reply {
    Reply { when: statement.into(), text: question.into(), ..no_question_of("en") }
}

/// A judge that says no where a prompt has that text, and yes everywhere else.
fn no_to(when: &str) -> Vec<Odds> {
    let odds = |when: &str, text: &str, log_prob| Odds { when: when.into(), text: text.into(), log_prob };
    vec![odds(when, "Yes", -6.0), odds(when, "No", -0.01), odds("", "Yes", -0.01), odds("", "No", -6.0)]
}

fn job(target: Language, questions: usize, summary: Option<SummaryLength>) -> Job {
    Job::new(target, Some(Questions::Exactly(questions)), summary, Sampling::default())
}

fn run_on(page: &str, engine: &mut ScriptedEngine, job: &Job) -> Output {
    let article = load(page.as_bytes(), "article.txt", &LoadOptions::default()).unwrap();
    run(engine, &PromptLibrary::builtin(), &article, job, &mut |_| ControlFlow::Continue(())).unwrap()
}

fn reasons(output: &Output, task: Task) -> Vec<RejectReason> {
    output.rejections.iter().filter(|r| r.task == task).map(|r| r.reason).collect()
}

#[test]
fn questions_are_answered_and_everything_has_its_evidence() {
    let mut engine = ScriptedEngine::new(model());
    let output = run_on(PAGE, &mut engine, &job(Language::EN, 2, Some(SummaryLength::Medium)));
    let faq = output.faq.as_ref().unwrap();
    let pairs: Vec<_> = faq.entries.iter().map(|e| (e.question.as_str(), e.answer.as_str())).collect();
    assert_eq!(pairs, [(SIGNED, SIGNED_SO), (CROSSING, CROSSING_SO)], "in the order of the article");
    assert!(faq.entries[1].evidence[0].text.contains("22 minutes"), "{faq:?}");
    let summary = output.summary.as_ref().unwrap();
    assert!(summary.paragraphs[0].ends_with(END), "{summary:?}");
    let of: Vec<_> = summary.evidence.iter().map(|e| e.sentence).collect();
    assert!(of.contains(&0) && of.contains(&1) && of.contains(&2), "{of:?}");
    assert_eq!((output.coverage.pieces, output.coverage.parts, output.questions_asked), (1, 5, Some(2)));
    assert!(output.coverage.parts_used >= 3, "{:?}", output.coverage);
}

#[test]
fn all_texts_over_an_article_share_one_beginning() {
    let mut engine = ScriptedEngine::new(model());
    run_on(PAGE, &mut engine, &job(Language::EN, 2, Some(SummaryLength::Medium)));
    let first = &engine.requests[0].messages;
    let alone = no_question_of("en").system;
    let (over_article, of_statements): (Vec<_>, Vec<_>) =
        engine.requests.iter().partition(|request| request.messages[0].content != alone);
    assert!(over_article.len() > 10 && !of_statements.is_empty());
    assert!(of_statements.iter().all(|request| !request.messages.iter().any(|m| m.content.contains("# Calvenor"))));
    for request in over_article {
        assert_eq!(request.messages[0], first[0]);
        let (a, b) = (&request.messages[1].content, &first[1].content);
        let shared = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
        assert!(shared > a.len() * 9 / 10, "only {shared} of {} bytes are shared", a.len());
    }
}

/// A model that sees the article's own FAQ would only copy it.
#[test]
fn the_own_faq_block_and_the_furniture_never_reach_the_model() {
    for (page, target) in [(PAGE, Language::ES), (PAGINA, Language::EN)] {
        let article = load(page.as_bytes(), "article.txt", &LoadOptions::default()).unwrap();
        let own = article.own_faq.as_ref().expect("the fixture has a FAQ block");
        assert_eq!(own.pairs.len(), 4);
        assert!(article.dropped.len() >= 4);
        let mut engine = ScriptedEngine::new(vec![again("", "nothing")]);
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
fn a_wrong_answer_is_tried_again_and_the_good_try_is_taken() {
    for (wrong, reason) in [
        ("A crossing will take 25 minutes instead of the current 31.", RejectReason::UnsupportedFact),
        ("The crossing of Captain Ferrand will take 22 minutes.", RejectReason::UnsupportedFact),
        ("It will take 22 minutes instead of the current 31.", RejectReason::NotSelfContained),
        ("According to the article, a crossing will take 22 minutes.", RejectReason::MentionsArticle),
        ("A crossing will take less than the current one.", RejectReason::MissesQuestion),
        ("La travesía durará 22 minutos en lugar de los 31 actuales.", RejectReason::WrongLanguage),
        ("A crossing will take 22 minutos instead of the current 31.", RejectReason::MixedLanguage),
        ("How long a crossing will take.", RejectReason::RepeatsQuestion),
        ("No answer.", RejectReason::Unanswerable),
        (
            "A crossing will take 22 minutes, says everybody who ever dreamt of whales upright near lonely Greenland.",
            RejectReason::UnsupportedFact,
        ),
    ] {
        let mut replies = model();
        replies.push(once(CROSSING, wrong));
        let mut engine = ScriptedEngine::new(replies);
        let output = run_on(PAGE, &mut engine, &job(Language::EN, 2, None));
        let entries = output.faq.as_ref().unwrap().entries.clone();
        assert_eq!((entries.len(), entries[1].answer.as_str()), (2, CROSSING_SO), "{wrong}");
        assert!(reasons(&output, Task::Faq).contains(&reason), "{wrong}: {:?}", output.rejections);
    }
}

#[test]
fn a_question_of_a_statement_is_answered_in_other_words_or_by_the_statement() {
    const STATEMENT: &str = "The new vessels will carry 180 passengers and 24 bicycles each, but no cars.";
    let asked = "What will the new vessels carry?";
    let write_as = |question: &str, answer: &str, style: Style| {
        let asks = Reply { text: question.into(), ..no_question_of("en") };
        let asks = Reply { when: STATEMENT.into(), ..asks };
        let mut replies = vec![asks, again(question, answer)];
        replies.extend(model());
        run_on(PAGE, &mut ScriptedEngine::new(replies), &Job { style, ..job(Language::EN, 3, None) })
    };
    let write = |question: &str, answer: &str| write_as(question, answer, Style::default());
    let answer_of = |output: &Output, question: &str| {
        let entries = &output.faq.as_ref().unwrap().entries;
        entries.iter().find(|entry| entry.question == question).map(|entry| entry.answer.clone())
    };
    let own = "Each new vessel will carry 180 passengers and 24 bicycles, but no cars.";
    assert_eq!(answer_of(&write(asked, own), asked).as_deref(), Some(own));
    // An answer that holds, but says something else than the statement, is one to another question.
    let other = "The new vessels will charge at a 3.2-megawatt station on the main pier of Calvenor.";
    let output = write(asked, other);
    assert_eq!(answer_of(&output, asked).as_deref(), Some(STATEMENT));
    let rejection =
        Rejection { task: Task::Faq, reason: RejectReason::MissesQuestion, text: format!("{asked}\n{other}") };
    assert!(output.rejections.contains(&rejection), "{:?}", output.rejections);
    // For another audience nothing is copied.
    let children = Style { audience: Some("children".into()), ..Style::default() };
    assert_eq!(answer_of(&write_as(asked, other, children), asked), None);
    // What the statement does not answer is not asked.
    for (question, reason) in [
        ("Why will the new vessels carry no cars?", RejectReason::MissesQuestion),
        ("How long will the new vessels need for bicycles?", RejectReason::MissesQuestion),
        ("What will the new vessels carry for their owners?", RejectReason::NotSelfContained),
        ("Which new vessels will carry 180 passengers, 24 bicycles and no cars?", RejectReason::RepeatsQuestion),
    ] {
        let output = write(question, own);
        assert_eq!(answer_of(&output, question), None, "{question}");
        let told = format!("{question}\n{STATEMENT}");
        let found = output.rejections.iter().find(|rejection| rejection.text == told);
        assert_eq!(found.map(|rejection| rejection.reason), Some(reason), "{question}: {:?}", output.rejections);
    }
}

#[test]
fn what_a_probe_reads_of_the_answers_decides_which_is_taken() {
    for best in [SIGNED, CROSSING] {
        let grade = Grade { when: best.into(), text: String::new(), grade: 1.8 };
        let other = Grade { when: String::new(), grade: 0.2, ..grade.clone() };
        let mut engine = ScriptedEngine::new(model()).with_grades(vec![grade, other]);
        let output = run_on(PAGE, &mut engine, &job(Language::EN, 1, None));
        assert_eq!(output.faq.unwrap().entries[0].question, best);
    }
}

#[test]
fn a_statement_that_a_probe_reads_as_a_better_answer_is_taken() {
    const STATEMENT: &str = "The new vessels will carry 180 passengers and 24 bicycles each, but no cars.";
    let asked = "What will the new vessels carry?";
    let own = "Each new vessel will carry 180 passengers and 24 bicycles, but no cars.";
    for (grade, styled, answer) in [(1.6, false, STATEMENT), (0.4, false, own), (1.6, true, own)] {
        let mut replies = vec![of_statement(STATEMENT, asked), again(asked, own)];
        replies.extend(model());
        let of = |text: &str, grade| Grade { when: asked.into(), text: text.into(), grade };
        let mut engine = ScriptedEngine::new(replies).with_grades(vec![of(STATEMENT, grade), of(own, 1.0)]);
        let tone = styled.then(|| "friendly".to_owned());
        let job = Job { style: Style { tone, ..Style::default() }, ..job(Language::EN, 3, None) };
        let output = run_on(PAGE, &mut engine, &job);
        let entries = &output.faq.as_ref().unwrap().entries;
        let found = entries.iter().find(|entry| entry.question == asked).map(|entry| entry.answer.as_str());
        assert_eq!(found, Some(answer), "{entries:?}");
        // In a style of its own no sentence of the article is an answer.
        assert_eq!(output.usage.seconds.contains_key("appraisal"), !styled);
    }
}

#[test]
fn people_are_named_in_full_but_not_in_a_question_of_the_job() {
    let page = "# A new president of the region\n\nThe chamber of the region elected Marisel Ortaven president with 38 votes on May \
                4. She will live in the capital.\n\nIn the old hall of the capital Ortaven took her oath before 75 deputies on May 9.";
    let asked = "When did Ortaven take her oath?";
    let told = "Ortaven took her oath on May 9, before 75 deputies.";
    let model =
        || ScriptedEngine::new(vec![again("oath?", told), again("question", &format!(" {asked}")), again("", "")]);
    let article = load(page.as_bytes(), "a.md", &LoadOptions::default()).unwrap();
    let entry = |job: &Job| {
        let output = run(&mut model(), &PromptLibrary::builtin(), &article, job, &mut |_| ControlFlow::Continue(()));
        output.unwrap().faq.unwrap().entries.remove(0)
    };
    let of_model = entry(&job(Language::EN, 1, None));
    assert_eq!(
        (of_model.question.as_str(), of_model.answer.as_str()),
        ("When did Marisel Ortaven take her oath?", told)
    );
    let of_job = entry(&Job { ask: vec![asked.to_owned()], ..job(Language::EN, 1, None) });
    assert_eq!((of_job.question.as_str(), of_job.answer), (asked, told.replacen("Ortaven", "Marisel Ortaven", 1)));
}

#[test]
fn a_spanish_statement_without_a_cause_is_not_asked_why() {
    let mut engine = ScriptedEngine::new(vec![again("", "nada")]);
    run_on(PAGINA, &mut engine, &job(Language::ES, 3, None));
    let of_statements =
        engine.requests.iter().filter(|request| request.messages[0].content == no_question_of("es").system);
    let (free, bound): (Vec<_>, Vec<_>) = of_statements.partition(|request| request.grammar.is_none());
    assert!(!free.is_empty() && !bound.is_empty(), "{} {}", free.len(), bound.len());
    let gives_a_cause = |text: &str| text.contains(" para ") || text.contains(" porque ") || text.contains(" ante ");
    for request in bound {
        let statement = &request.messages[request.messages.len() - 2].content;
        assert!(!gives_a_cause(statement), "{statement}");
    }
}

#[test]
fn what_never_holds_is_left_out_or_marked() {
    let mut replies = model();
    replies[1] = again(CROSSING, "A crossing will take 25 minutes instead of the current 31.");
    let output = run_on(PAGE, &mut ScriptedEngine::new(replies.clone()), &job(Language::EN, 2, None));
    assert_eq!((output.faq.unwrap().entries.len(), output.questions_asked), (1, Some(2)), "nothing is invented");
    let flagging = Job { faulty: Faulty::Flag, ..job(Language::EN, 2, None) };
    let output = run_on(PAGE, &mut ScriptedEngine::new(replies), &flagging);
    let entries = output.faq.unwrap().entries;
    assert_eq!((entries.len(), entries[0].flags.len()), (2, 0));
    assert_eq!(entries[1].flags.first(), Some(&RejectReason::UnsupportedFact));
}

#[test]
fn a_question_of_the_job_is_answered_or_declared_unanswerable() {
    let mut replies = model();
    replies.insert(0, again("Who painted the boats?", "No answer."));
    replies.insert(
        0,
        again("What does a single ticket cost?", "A single ticket will stay at 2.80 euros until the end of 2028."),
    );
    let ask = vec!["What does a single ticket cost?".to_owned(), "Who painted the boats?".to_owned()];
    let asking = Job { ask, ..job(Language::EN, 3, None) };
    let output = run_on(PAGE, &mut ScriptedEngine::new(replies), &asking);
    let entries = output.faq.unwrap().entries;
    assert!(entries.iter().any(|e| e.question == "What does a single ticket cost?"), "{entries:?}");
    assert_eq!(output.unanswered, ["Who painted the boats?"]);
}

#[test]
fn a_summary_is_made_of_verified_sentences() {
    let bad = "The city of Calvenor and the Ondral Bay Ferry Cooperative signed an agreement to replace the diesel boats.\n\
        2. The boats were built in Rotterdam for 30 million dollars.\n3. The project costs 18.6 million euros.";
    let mut replies = model();
    replies.extend([once("summary", bad), once("summary", bad)]);
    let mut engine = ScriptedEngine::new(replies);
    let output = run_on(PAGE, &mut engine, &Job { faq: None, ..job(Language::EN, 2, Some(SummaryLength::Medium)) });
    let text = output.summary.as_ref().unwrap().paragraphs.join(" ");
    assert!(text.ends_with(END) && !text.contains("Rotterdam"), "{text}");
    assert!(reasons(&output, Task::Summary).contains(&RejectReason::UnsupportedFact));
    assert_eq!(
        engine.requests.len(),
        6,
        "four candidates and two beginnings, completed by each other and by the article"
    );

    // In a tone of its own nothing is taken from the article, and there are four more candidates.
    let style = Style { tone: Some("friendly".into()), ..Style::default() };
    let mut engine = ScriptedEngine::new(vec![again("summary", bad)]);
    let wanted = Job { faq: None, style, ..job(Language::EN, 2, Some(SummaryLength::Medium)) };
    let output = run_on(PAGE, &mut engine, &wanted);
    assert!(!output.summary.unwrap().paragraphs[0].contains("Rotterdam"));
    assert_eq!(
        engine.requests.len(),
        10,
        "four candidates and two beginnings, and four more because those were too short"
    );
}

#[test]
fn what_the_model_finds_wrong_in_a_summary_gives_way_to_the_article() {
    let mut engine = ScriptedEngine::new(model()).with_odds(no_to("Claim: The city of Calvenor"));
    let output = run_on(PAGE, &mut engine, &Job { faq: None, ..job(Language::EN, 2, Some(SummaryLength::Medium)) });
    let summary = output.summary.unwrap();
    let text = &summary.paragraphs[0];
    let (first, rest) = text.split_once(" The city of Calvenor").unwrap();
    assert!(first.starts_with("The first battery-powered boat is due to cross to Tresmarel in April 2027"), "{text}");
    assert!(rest.starts_with(" and the Ondral Bay Ferry Cooperative signed an agreement on Tuesday"), "{text}");
    assert!(rest.ends_with("will fall from 62 to 49 euros."), "{text}");
    assert!(!text.contains("the diesel boats"), "{text}");
}

#[test]
fn a_spanish_summary_takes_from_its_article_what_is_not_sure() {
    let written = "El Ayuntamiento de Calvenor y la Cooperativa de Ferris de la Bahía de Ondral firmaron un acuerdo. Los barcos de la \
        bahía cruzan a los vecinos de noche con su abono.";
    let mut engine = ScriptedEngine::new(vec![again("resumen", written)]);
    let output = run_on(PAGINA, &mut engine, &Job { faq: None, ..job(Language::ES, 2, Some(SummaryLength::Medium)) });
    let text = output.summary.as_ref().unwrap().paragraphs.join(" ");
    assert!(!text.contains("de noche con su abono"), "{text}");
    let article = load(PAGINA.as_bytes(), "article.txt", &LoadOptions::default()).unwrap();
    let told = article.sentences().map(|sentence| article.slice(sentence.span)).chain(article.deck.as_deref());
    assert!(told.filter(|told| text.contains(*told)).count() >= 2, "{text}");
    let rejected = output.rejections.iter().filter(|rejection| rejection.text.contains("de noche")).count();
    assert_eq!(rejected, 1, "{:?}", output.rejections);
}

#[test]
fn an_answer_that_the_model_finds_wrong_is_left_out() {
    let says_no = || no_to("Claim: A crossing");
    let mut engine = ScriptedEngine::new(model()).with_odds(says_no());
    let output = run_on(PAGE, &mut engine, &job(Language::EN, 2, None));
    let asked: Vec<_> = output.faq.as_ref().unwrap().entries.iter().map(|e| e.question.as_str()).collect();
    assert_eq!(asked, [SIGNED]);
    let left_out =
        Rejection { task: Task::Faq, reason: RejectReason::Ungrounded, text: format!("{CROSSING}\n{CROSSING_SO}") };
    assert!(output.rejections.contains(&left_out), "{:?}", output.rejections);

    let (ask, faulty) = (vec![CROSSING.to_owned()], Faulty::Flag);
    let flagging = Job { ask, faulty, ..job(Language::EN, 2, None) };
    let output = run_on(PAGE, &mut ScriptedEngine::new(model()).with_odds(says_no()), &flagging);
    let flags: Vec<_> = output.faq.unwrap().entries.into_iter().map(|e| (e.question, e.flags)).collect();
    assert_eq!(flags, [(SIGNED.to_owned(), vec![]), (CROSSING.to_owned(), vec![RejectReason::Ungrounded])]);
    assert!(output.unanswered.is_empty(), "{:?}", output.unanswered);
}

#[test]
fn a_useless_model_gives_rejections_and_no_content() {
    let mut engine = ScriptedEngine::new(vec![again("", "I cannot help with that.")]);
    let output = run_on(PAGE, &mut engine, &job(Language::ES, 2, Some(SummaryLength::Medium)));
    assert_eq!((output.faq.is_none(), output.summary.is_none()), (true, true), "{output:?}");
    assert!(output.rejections.iter().any(|r| r.task == Task::Faq));
    assert!(output.rejections.iter().any(|r| r.task == Task::Summary));
}

#[test]
fn one_pair_is_written_anew_and_the_others_stay() {
    let article = load(PAGE.as_bytes(), "article.txt", &LoadOptions::default()).unwrap();
    let prompts = PromptLibrary::builtin();
    let old = run_on(PAGE, &mut ScriptedEngine::new(model()), &job(Language::EN, 2, Some(SummaryLength::Medium)));
    let ticket = "What will a single ticket cost for residents?";
    let mut replies = model();
    replies.insert(0, again(ticket, "A single ticket will stay at 2.80 euros for residents until the end of 2028."));
    replies[3].text += &format!("\n3. {ticket}");
    let mut engine = ScriptedEngine::new(replies);
    let job = job(Language::EN, 1, None);
    let mut go = |pair| refresh(&mut engine, &prompts, &article, &job, &old, pair, &mut |_| ControlFlow::Continue(()));
    let new = go(2).unwrap();
    let questions: Vec<_> = new.faq.unwrap().entries.into_iter().map(|e| e.question).collect();
    assert_eq!(questions, [SIGNED, ticket]);
    assert_eq!(new.summary, old.summary);
    assert!(go(3).unwrap_err().to_string().contains("there is no pair 3; the output has 2"));
    let mut same = ScriptedEngine::new(model());
    let error = refresh(&mut same, &prompts, &article, &job, &old, 1, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Inference);
}

#[test]
fn errors_and_cancellation_are_passed_on() {
    let broken = Reply { error: Some("out of paper".into()), ..again("", "") };
    let article = load(PAGE.as_bytes(), "article.txt", &LoadOptions::default()).unwrap();
    let prompts = PromptLibrary::builtin();
    let job = job(Language::EN, 2, None);
    let mut engine = ScriptedEngine::new(vec![broken]);
    let error = run(&mut engine, &prompts, &article, &job, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Inference, "out of paper"));
    let error = run(&mut engine, &prompts, &article, &job, &mut |_| ControlFlow::Break(())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let catalan = Job { target: "ca".parse().unwrap(), ..job };
    let error = run(&mut engine, &prompts, &article, &catalan, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(error.to_string().contains("Catalan") && error.to_string().contains("en, es"), "{error}");
}
