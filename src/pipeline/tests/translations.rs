//! What is written over an article and then translated.

use super::*;
use crate::lang::Region;

/// A model that also knows Spanish, but takes the number of years wrong at first.
fn translating_model() -> Vec<Reply> {
    let mut replies = model();
    let wrong = " Quién firmó el contrato de 20 años?\nR: La alcaldesa Irena Dovalle y Anselm Quirrol, presidente de la \
        cooperativa, firmaron el contrato de 20 años.";
    let right = "Quién firmó el contrato de 15 años?\nR: La alcaldesa Irena Dovalle y Anselm Quirrol, presidente de la \
        cooperativa, firmaron el contrato de 15 años.";
    let crossing = "Cuánto durará la travesía?\nR: La travesía durará 22 minutos en lugar de los 31 actuales.";
    replies.extend([
        once(&format!("P: {SIGNED}"), wrong),
        again(&format!("P: {SIGNED}"), right),
        again(&format!("P: {CROSSING}"), crossing),
        again("1. The city of Calvenor", "El Ayuntamiento de Calvenor y la cooperativa de ferris de la bahía de Ondral firmaron \
            un acuerdo para sustituir los barcos diésel.\n2. El primer barco cruzará a Tresmarel en abril de 2027, el abono \
            mensual será más barato y las salidas de los días laborables casi se duplicarán.\n3. El abono mensual de los vecinos registrados de los dos \
            pueblos bajará de 62 a 49 euros."),
    ]);
    // What is translated is asked for first.
    replies.rotate_right(4);
    replies
}

#[test]
fn another_language_is_translated_to_and_the_translation_is_verified() {
    let mut engine = ScriptedEngine::new(translating_model());
    let output = run_on(PAGE, &mut engine, &job(Language::ES, 2, Some(SummaryLength::Medium)));
    let faq = output.faq.as_ref().unwrap();
    assert_eq!(faq.title, "Preguntas frecuentes");
    assert_eq!(faq.entries[0].question, "¿Quién firmó el contrato de 15 años?");
    assert_eq!(faq.entries[1].question, "¿Cuánto durará la travesía?");
    assert!(!faq.entries[0].evidence.is_empty(), "the evidence is that of what was translated");
    let text = output.summary.as_ref().unwrap().paragraphs.join(" ");
    assert!(text.ends_with("pueblos bajará de 62 a 49 euros."), "{text}");
    assert!(reasons(&output, Task::Faq).contains(&RejectReason::Mistranslated), "{:?}", output.rejections);
}

#[test]
fn a_translation_has_the_numbers_of_its_region() {
    let cost = "What does the project cost?";
    let translated = "Cuánto cuesta el proyecto?\nR: El proyecto cuesta 18.6 millones de euros.";
    for (region, number) in [(None, "18,6"), (Some("ES"), "18,6"), (Some("MX"), "18.6")] {
        let region: Option<Region> = region.map(|code| code.parse().unwrap());
        let wanted = Job { region: region.clone(), ask: vec![cost.to_owned()], ..job(Language::ES, 1, None) };
        let mut replies =
            vec![again(&format!("P: {cost}"), translated), again(cost, "The project costs 18.6 million euros.")];
        replies.extend(translating_model());
        let entries = run_on(PAGE, &mut ScriptedEngine::new(replies), &wanted).faq.unwrap().entries;
        let answers: Vec<_> = entries.iter().map(|entry| entry.answer.as_str()).collect();
        assert!(answers.contains(&format!("El proyecto cuesta {number} millones de euros.").as_str()), "{answers:?}");
        // And so has a summary.
        let told = "The city of Calvenor and the Ondral Bay Ferry Cooperative signed an agreement to replace the diesel boats for \
            18.6 million euros.";
        let translated = "La ciudad de Calvenor y la cooperativa de ferris de la bahía de Ondral firmaron un acuerdo para \
            sustituir los barcos diésel por 18.6 millones de euros.";
        let mut engine = ScriptedEngine::new(vec![again("1. The city", translated), again("summary", told)]);
        let wanted = Job { region, faq: None, ..job(Language::ES, 1, Some(SummaryLength::Short)) };
        let text = run_on(PAGE, &mut engine, &wanted).summary.unwrap().paragraphs.join(" ");
        assert!(text.ends_with(&format!("por {number} millones de euros.")), "{text}");
    }
}

#[test]
fn several_languages_are_written_once_and_say_the_same_as_each_alone() {
    let wanted = job(Language::EN, 2, Some(SummaryLength::Medium));
    let article = load(PAGE.as_bytes(), "article.txt", &LoadOptions::default()).unwrap();
    let mut engine = ScriptedEngine::new(translating_model());
    let languages = [Language::EN, Language::ES];
    let on_progress = &mut |_: Progress<'_>| ControlFlow::Continue(());
    let outputs = run_in(&mut engine, &PromptLibrary::builtin(), &article, &wanted, &languages, on_progress).unwrap();
    let mut tokens = 0;
    for (output, language) in outputs.iter().zip(languages) {
        let mut alone = ScriptedEngine::new(translating_model());
        let expected = run_on(PAGE, &mut alone, &Job { target: language, ..wanted.clone() });
        assert_eq!(output.language, language);
        assert_eq!((&output.faq, &output.summary), (&expected.faq, &expected.summary));
        assert_eq!((&output.rejections, output.coverage), (&expected.rejections, expected.coverage));
        tokens += output.usage.tokens.generated;
        // The last one alone needs all requests: those of writing and those of translation.
        if language == Language::ES {
            assert_eq!((engine.requests.len(), tokens), (alone.requests.len(), expected.usage.tokens.generated));
        }
    }
    assert_eq!(outputs.len(), 2);
}

#[test]
fn what_is_left_of_a_translated_summary_keeps_its_own_evidence() {
    let mut replies = vec![
        again(
            "1. The city of Calvenor",
            "La ciudad de Calvenor y la cooperativa de ferris de la bahía de Ondral firmaron un \
            acuerdo para sustituir los barcos diésel.\n2. El primer barco cruzará a Tresmarel en abril de 2029.\n3. El abono mensual de los \
            vecinos registrados de los dos pueblos bajará de 62 a 49 euros.",
        ),
        again("1. The first battery-powered boat", "El primer barco cruzará a Tresmarel en abril de 2029."),
    ];
    replies.extend(model());
    let mut engine = ScriptedEngine::new(replies);
    let output = run_on(PAGE, &mut engine, &Job { faq: None, ..job(Language::ES, 1, Some(SummaryLength::Medium)) });
    let summary = output.summary.unwrap();
    assert!(summary.paragraphs[0].ends_with("pueblos bajará de 62 a 49 euros."), "{summary:?}");
    let of_second: Vec<_> = summary.evidence.iter().filter(|e| e.sentence == 1).collect();
    assert!(!of_second.is_empty() && of_second.iter().all(|e| !e.text.contains("April 2027")), "{of_second:?}");
    assert!(summary.evidence.iter().all(|e| e.sentence < 2), "{summary:?}");
}

#[test]
fn what_stands_in_for_a_translation_that_failed_stands_behind_the_others() {
    let all = "La ciudad de Calvenor firmó 20 acuerdos.\n2. El primer barco de baterías cruzará a Tresmarel en abril de 2027, las \
        salidas de los días laborables casi se duplicarán y el abono mensual será más barato.\n3. El abono mensual de los vecinos \
        registrados de los dos pueblos bajará de 62 a 49 euros.";
    let mut replies =
        vec![once("1. The city of Calvenor", all), again("1. The city of Calvenor", "La ciudad firmó 20 acuerdos.")];
    replies.push(again("summary", &format!("{SUMMARY}\n4. The project costs 18.6 million euros.")));
    replies.push(again("1. The project costs", "El proyecto cuesta 18,6 millones de euros."));
    replies.push(again("", "Nada."));
    let mut engine = ScriptedEngine::new(replies);
    let output = run_on(PAGE, &mut engine, &Job { faq: None, ..job(Language::ES, 1, Some(SummaryLength::Medium)) });
    let text = output.summary.unwrap().paragraphs.join(" ");
    assert!(
        text.starts_with("El primer barco") && text.ends_with("El proyecto cuesta 18,6 millones de euros."),
        "{text}"
    );
}
