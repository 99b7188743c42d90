//! The summary on canned texts.

use super::*;
use crate::loader::{LoadOptions, load};
use crate::pipeline::source::Source;
use crate::prompt::PromptLibrary;

const ARTICLE: &str = "Town buys an electric boat\n\nThe town of Calvenor buys an electric boat for the bay. The boat costs \
    3.5 million euros. Work on the pier starts in May.\n\nThe mayor, Irena Dovalle, is glad that the crossing takes 22 minutes. \
    A monthly pass costs 49 euros, and residents of both towns can buy it. Children under six travel free.";

type Made = (Option<Draft>, Vec<(RejectReason, String)>);

fn run(texts: &[(&str, bool)], length: SummaryLength) -> Made {
    make(texts, length, false)
}

/// With sentences of the article in the place of those that the model is not sure of.
fn run_with_excerpts(texts: &[(&str, bool)], length: SummaryLength) -> Made {
    make(texts, length, true)
}

fn make(texts: &[(&str, bool)], length: SummaryLength, with_excerpts: bool) -> Made {
    make_with(texts, &[], length, with_excerpts)
}

fn make_with(texts: &[(&str, bool)], beginnings: &[&str], length: SummaryLength, with_excerpts: bool) -> Made {
    let article = load(ARTICLE.as_bytes(), "a.txt", &LoadOptions::default()).unwrap();
    let (source, prompts) = (Source::new(&article, &[]), PromptLibrary::builtin());
    let labels = prompts.labels(Language::EN).unwrap();
    let checker = Checker { source: &source, labels, language: Language::EN };
    let written = |text: &str, truncated| Written { text: text.to_owned(), truncated, certainty: 0.0, appraisal: None };
    let sketches = Sketches {
        candidates: texts.iter().map(|(text, truncated)| written(text, *truncated)).collect(),
        beginnings: beginnings.iter().map(|text| written(text, false)).collect(),
    };
    let mut rejections = Vec::new();
    let task = "Task: first what happened, then what it means for people or what comes next.";
    let excerpts = if with_excerpts { excerpts(&checker, None) } else { Vec::new() };
    let wanted = Wanted::new(length, &checker, &["Summary"], task).with_excerpts(&excerpts, false);
    let draft = wanted.make(&sketches, &mut rejections);
    (draft, rejections.into_iter().map(|r| (r.reason, r.text)).collect())
}

fn texts(draft: &Option<Draft>) -> Vec<String> {
    draft.as_ref().map_or_else(Vec::new, Draft::texts)
}

#[test]
fn the_length_is_kept() {
    let text = "Summary:\nThe town buys an electric boat. The boat costs 3.5 million euros. A monthly pass costs 49 euros. \
        Children under six travel free.";
    let (draft, _) = run(&[(text, false)], SummaryLength::Medium);
    assert!(draft.as_ref().unwrap().complete);
    assert_eq!(
        texts(&draft),
        ["The town buys an electric boat. The boat costs 3.5 million euros. A monthly pass costs 49 euros."]
    );
    assert_eq!(texts(&run(&[(text, false)], SummaryLength::Short).0), ["The town buys an electric boat."]);
    let headline = run(&[("\"The town buys an electric boat.\"", false)], SummaryLength::Headline).0;
    assert_eq!(texts(&headline), ["The town buys an electric boat"]);
    let long = "The town of Calvenor buys an electric boat for the bay and the boat costs 3.5 million euros";
    assert_eq!(run(&[(long, false)], SummaryLength::Headline).1[0].0, RejectReason::TooLong);
}

#[test]
fn a_text_that_was_cut_off_ends_with_a_full_sentence() {
    let (draft, rejected) = run(&[("The town buys an electric boat. The boat costs 3.", true)], SummaryLength::Long);
    assert_eq!(texts(&draft), ["The town buys an electric boat."]);
    assert_eq!(rejected[0], (RejectReason::Truncated, "The boat costs 3.".to_owned()));
    let (draft, rejected) = run(&[("The town buys", true)], SummaryLength::Long);
    assert_eq!((texts(&draft).len(), rejected[0].0), (0, RejectReason::Truncated));
}

#[test]
fn what_a_candidate_lacks_is_taken_from_another() {
    let first =
        "1. The town buys an electric boat.\n2. The boat costs 9 million euros.\n3. The town buys an electric boat.";
    let second = "The boat costs 3.5 million euros. A monthly pass costs 49 euros.";
    let (draft, rejected) = run(&[(first, false), (second, false)], SummaryLength::Medium);
    let text = texts(&draft).join(" ");
    assert!(draft.unwrap().complete, "{text}");
    for sentence in
        ["The town buys an electric boat.", "The boat costs 3.5 million euros.", "A monthly pass costs 49 euros."]
    {
        assert_eq!(text.matches(sentence).count(), 1, "{text}");
    }
    let reasons: Vec<_> = rejected.iter().map(|r| r.0).collect();
    assert!(
        reasons.contains(&RejectReason::UnsupportedFact) && reasons.contains(&RejectReason::Duplicate),
        "{reasons:?}"
    );
}

#[test]
fn bullets_and_paragraphs_keep_their_form() {
    let bullets =
        " The town buys an electric boat.\n- The boat costs 3.5 million euros.\n\n- Children under six travel free.";
    let (draft, _) = run(&[(bullets, false)], SummaryLength::Bullets);
    assert_eq!((texts(&draft).len(), draft.unwrap().complete), (3, true));
    let long = "The town buys an electric boat. The boat costs 3.5 million euros.\n\nA monthly pass costs 49 euros. Children \
        under six travel free.";
    let (draft, _) = run(&[(long, false)], SummaryLength::Long);
    assert_eq!((texts(&draft).len(), draft.unwrap().complete), (2, true));
}

#[test]
fn nothing_and_another_language_are_rejected() {
    assert_eq!(run(&[(" \n", false)], SummaryLength::Medium).1.last().unwrap().0, RejectReason::Empty);
    let spanish = "El pueblo de Calvenor compra un barco nuevo para todos sus vecinos.";
    let (draft, rejected) = run(&[(spanish, false)], SummaryLength::Short);
    assert!(draft.is_none() && rejected.iter().any(|r| r.0 == RejectReason::WrongLanguage), "{rejected:?}");
}

#[test]
fn what_the_model_is_not_sure_of_gives_way_to_the_article() {
    let text = "The town of Calvenor buys an electric boat for the bay. The mayor hopes that residents of both towns buy the monthly boat. \
        Work on the pier starts in May.";
    let (draft, _) = run_with_excerpts(&[(text, false)], SummaryLength::Medium);
    let (told, draft) = (texts(&draft).join(" "), draft.unwrap());
    assert!(draft.complete && told.starts_with("The town of Calvenor buys an electric boat for the bay."), "{told}");
    assert!(told.contains("The boat costs 3.5 million euros."), "{told}");
    assert!(!told.contains("hopes"), "{told}");
    // Without the article's sentences it is better than none.
    let plain = run(&[(text, false)], SummaryLength::Medium).0;
    assert!(texts(&plain).join(" ").contains("hopes"), "{plain:?}");
}

#[test]
fn an_article_begins_where_the_model_has_no_beginning() {
    let (draft, rejected) =
        run_with_excerpts(&[("The town of Calvenor sells its boat of the bay.", false)], SummaryLength::Short);
    assert_eq!(texts(&draft), ["The town of Calvenor buys an electric boat for the bay."]);
    assert_eq!(rejected, [(RejectReason::Ungrounded, "The town of Calvenor sells its boat of the bay.".to_owned())]);
    // What is no sentence of a summary at all is not made up for.
    assert_eq!(
        run_with_excerpts(&[("And Irena Dovalle sinks the boat in 1999.", false)], SummaryLength::Short).0,
        None
    );
    // Nor is a headline made of one.
    assert_eq!(run_with_excerpts(&[("Boat of 1999", false)], SummaryLength::Headline).0, None);
}

#[test]
fn bullets_that_are_not_sure_are_made_up_for() {
    let bullets = "- The town of Calvenor buys an electric boat for the bay.\n- The mayor hopes that residents of both towns buy the monthly boat.\n\
        - Work on the pier starts in May.";
    let (draft, _) = run_with_excerpts(&[(bullets, false)], SummaryLength::Bullets);
    let told = texts(&draft);
    assert_eq!((told.len(), told[0].as_str()), (3, "The town of Calvenor buys an electric boat for the bay."));
    assert!(draft.unwrap().complete && !told.iter().any(|bullet| bullet.contains("hopes")), "{told:?}");
}

#[test]
fn the_task_is_not_repeated_and_nobody_speaks_of_himself_while_others_do_not() {
    let text = "The town buys an electric boat.\nWhat it means for people or what comes next: The boat costs 3.5 million euros.";
    assert_eq!(
        texts(&run(&[(text, false)], SummaryLength::Medium).0),
        ["The town buys an electric boat. The boat costs 3.5 million euros."]
    );
    let himself =
        "The town of Calvenor buys an electric boat for the bay. We are glad that the crossing takes 22 minutes.";
    let (draft, _) = run_with_excerpts(&[(himself, false)], SummaryLength::Medium);
    assert!(
        draft.unwrap().complete
            && !texts(&run_with_excerpts(&[(himself, false)], SummaryLength::Medium).0)[0].contains("We")
    );
}

#[test]
fn an_article_speaks_for_itself_where_the_model_only_speaks_of_it() {
    let text = "The article says that the town of Calvenor buys an electric boat for the bay.";
    let (draft, rejected) = run_with_excerpts(&[(text, false)], SummaryLength::Medium);
    let told = texts(&draft).join(" ");
    assert!(told.starts_with("The town of Calvenor buys an electric boat for the bay. "), "{told}");
    assert_eq!((rejected.len(), rejected[0].0), (1, RejectReason::MentionsArticle));
    // Not so where what it says of it is not there.
    let text = "The article says that whales sleep upright near Greenland.";
    assert_eq!(run_with_excerpts(&[(text, false)], SummaryLength::Medium).0, None);
}

#[test]
fn what_links_a_sentence_to_another_does_not_begin_a_summary() {
    let text = "But the town of Calvenor buys an electric boat for the bay. Work on the pier starts in May.";
    let (draft, _) = run_with_excerpts(&[(text, false)], SummaryLength::Medium);
    assert!(texts(&draft)[0].starts_with("The town of Calvenor buys an electric boat for the bay."), "{draft:?}");
}

#[test]
fn a_pronoun_keeps_the_sentence_that_it_stands_for() {
    let told = "The town of Calvenor buys an electric boat for the bay. The mayor hopes that residents of both towns buy the \
        monthly boat. It costs 3.5 million euros. Work on the pier starts in May.";
    let (draft, _) = run_with_excerpts(&[(told, false)], SummaryLength::Medium);
    let text = texts(&draft).join(" ");
    assert!(draft.unwrap().complete && !text.contains("hopes") && !text.contains("It costs"), "{text}");
    // Nor may it stand behind another one where its own was wrong, or in the next paragraph.
    let told = "The town of Calvenor buys an electric boat for the bay. The boat costs 9 million euros. It takes 22 minutes to cross the bay.";
    let (draft, rejected) = run(&[(told, false)], SummaryLength::Medium);
    assert_eq!(texts(&draft), ["The town of Calvenor buys an electric boat for the bay."]);
    assert_eq!(rejected[1].0, RejectReason::NotSelfContained);
    let told = "The town of Calvenor buys an electric boat for the bay. Work on the pier starts in May. The mayor hopes that \
        residents of both towns buy the monthly boat.\n\nIt costs 3.5 million euros. A monthly pass costs 49 euros.";
    let (draft, _) = run_with_excerpts(&[(told, false)], SummaryLength::Long);
    assert!(draft.is_some() && !texts(&draft).join(" ").contains("It costs"), "{draft:?}");
    let told = "The town of Calvenor buys an electric boat for the bay. It costs 3.5 million euros.";
    let (draft, _) = run_with_excerpts(&[(told, false)], SummaryLength::Medium);
    assert!(texts(&draft)[0].starts_with(told), "{draft:?}");
}

#[test]
fn a_detail_is_no_beginning() {
    let detail = "Children under six travel free. A monthly pass costs 49 euros. Work on the pier starts in May.";
    let (draft, _) = run_with_excerpts(&[(detail, false)], SummaryLength::Medium);
    let text = texts(&draft).join(" ");
    assert!(text.starts_with("The town of Calvenor buys an electric boat for the bay."), "{text}");
    assert!(text.contains("A monthly pass costs 49 euros."), "{text}");
}

#[test]
fn paragraphs_are_filled_from_the_article_as_far_as_it_goes() {
    let long = "The town of Calvenor buys an electric boat for the bay.\n\nThe mayor hopes that residents of both towns buy the \
        monthly boat. Work on the pier starts in May.";
    let (draft, _) = run_with_excerpts(&[(long, false)], SummaryLength::Long);
    let (told, draft) = (texts(&draft), draft.unwrap());
    let lengths: Vec<usize> = draft.paragraphs.iter().map(Vec::len).collect();
    assert_eq!((told.len(), lengths[0], draft.complete), (2, 3, lengths[1] >= 2), "{told:?}");
    assert!(!told.join(" ").contains("hopes"), "{told:?}");
}

#[test]
fn the_title_is_not_said_again() {
    let text = "The town buys an electric boat. The boat costs 3.5 million euros. A monthly pass costs 49 euros.";
    let found = texts(&run_with_excerpts(&[(text, false)], SummaryLength::Medium).0);
    assert!(found[0].starts_with("The town of Calvenor buys an electric boat for the bay."), "{found:?}");
}

#[test]
fn what_the_deck_says_is_told() {
    let filler = "The new boat of the town crosses the bay of the town with the boat of the bay every hour of a day.";
    let article = format!(
        "# Town buys a boat\n\nGrowers of the slopes no longer cover their costs.\n\n{filler}\n\nThe boat of the town costs 3.5 \
         million euros in the bay. Growers on the slopes lose 12 cents a kilo beyond their costs. The boat of the town leaves the \
         bay of the town in May."
    );
    let mut article = load(article.as_bytes(), "a.md", &LoadOptions::default()).unwrap();
    article.deck = Some("Growers of the slopes no longer cover their costs.".to_owned());
    let (source, prompts) = (Source::new(&article, &[]), PromptLibrary::builtin());
    let checker = Checker { source: &source, labels: prompts.labels(Language::EN).unwrap(), language: Language::EN };
    let excerpts = excerpts(&checker, None);
    let told = |wanted: Wanted<'_>| {
        let written = vec![Written { text: filler.to_owned(), truncated: false, certainty: 0.0, appraisal: None }];
        let sketches = Sketches { candidates: written, beginnings: Vec::new() };
        texts(&wanted.with_excerpts(&excerpts, false).make(&sketches, &mut Vec::new())).join(" ")
    };
    let wanted = || Wanted::new(SummaryLength::Medium, &checker, &[], "");
    assert!(told(wanted()).contains("Growers"), "{}", told(wanted()));
}

#[test]
fn names_stand_in_full_where_there_is_room() {
    let article =
        "Town buys a boat\n\nThe mayor of the town, Irena Dovalle, buys a boat. Dovalle says that it costs 49 euros.";
    let article = load(article.as_bytes(), "a.txt", &LoadOptions::default()).unwrap();
    let names = FullNames::of(&Source::new(&article, &[]));
    let draft = |text: &str| Draft {
        paragraphs: vec![vec![text.to_owned(), "Dovalle is glad.".to_owned()]],
        evidence: Vec::new(),
        spare: Vec::new(),
        complete: true,
        score: 0.0,
    };
    let full = |text, length| draft(text).with_full_names(&names, Some(length)).texts();
    assert_eq!(full("Dovalle buys a boat.", SummaryLength::Medium), ["Irena Dovalle buys a boat. Dovalle is glad."]);
    let headline = "The mayor of the town Dovalle buys a new boat for residents";
    assert_eq!(full(headline, SummaryLength::Headline), [format!("{headline} Dovalle is glad.")]);
}

#[test]
fn a_summary_begins_with_the_best_beginning_and_has_its_own_length() {
    let bullets = "- The town buys an electric boat.\n- Work on the pier starts in May.\n- The boat costs 3.5 million euros.\n\
        - A monthly pass costs 49 euros.";
    let beginning = "The town of Calvenor buys an electric boat for the bay and for 3.5 million euros.";
    let long = "The town of Calvenor buys an electric boat for the bay, which costs 3.5 million euros, while work on the pier starts in \
        May, a monthly pass costs 49 euros, residents of both towns can buy it, children under six travel free, and the mayor, \
        Irena Dovalle, is glad that the crossing takes 22 minutes.";
    let (draft, rejected) = make_with(&[(bullets, false)], &[long, beginning], SummaryLength::Bullets, true);
    let told = texts(&draft);
    assert_eq!((told.len(), told[0].as_str()), (4, beginning), "{told:?}");
    assert!(rejected.contains(&(RejectReason::TooLong, long.to_owned())), "{rejected:?}");
    // Its own beginning stays where none is better, with what leans on it.
    let own = "The town of Calvenor buys an electric boat for the bay. It costs 3.5 million euros.";
    let (draft, _) = make_with(&[(own, false)], &["The town buys a boat."], SummaryLength::Medium, true);
    assert!(texts(&draft)[0].starts_with(own), "{draft:?}");
    // A beginning is enough for a summary.
    let (draft, _) = make_with(&[("Whales sleep.", false)], &[beginning], SummaryLength::Medium, true);
    assert!(draft.as_ref().unwrap().complete && texts(&draft)[0].starts_with(beginning), "{draft:?}");
}
