//! The language contract of the languages that are there by prompt files alone: what is written is in the language, has the
//! headings of the language, and what is not in it is left out.

use super::*;

struct Case {
    code: &'static str,
    article: &'static str,
    question: &'static str,
    answer: &'static str,
    summary: &'static str,
    /// A part of the prompt for lists of questions, for one question, and for summaries.
    asks: [&'static str; 3],
    /// The pair of the English article in the language, behind the label of the question.
    translated: &'static str,
    titles: [&'static str; 2],
}

const CASES: [Case; 4] = [
    Case {
        code: "pt",
        article: "A aldeia de Ponte Alta abriu na segunda-feira uma biblioteca pública na sua antiga estação de comboios. \
            O edifício estava vazio há onze anos, e os voluntários repararam o telhado e pintaram a sala de espera. \
            A presidente da câmara, Inês Vale, disse que a obra custou 240 mil euros.",
        question: "Quanto custou a obra da biblioteca de Ponte Alta?",
        answer: "A obra da biblioteca pública de Ponte Alta custou 240 mil euros, disse a presidente da câmara, Inês Vale.",
        summary: "A aldeia de Ponte Alta abriu na segunda-feira uma biblioteca pública na sua antiga estação de comboios.",
        asks: ["perguntas que os leitores mais", "pergunta", "um resumo"],
        translated: " Quando abre a biblioteca da aldeia?\nR: A biblioteca da aldeia abre de terça-feira a sábado.",
        titles: ["Perguntas frequentes", "Resumo"],
    },
    Case {
        code: "fr",
        article: "Le village de Pont-Haut a ouvert lundi une bibliothèque publique dans son ancienne gare. \
            Le bâtiment était vide depuis onze ans, et des bénévoles ont réparé le toit et repeint la salle d'attente. \
            La maire, Inès Vallier, a dit que les travaux ont coûté 240 000 euros.",
        question: "Combien ont coûté les travaux de la bibliothèque de Pont-Haut ?",
        answer: "Les travaux de la bibliothèque publique de Pont-Haut ont coûté 240 000 euros, a dit la maire, Inès Vallier.",
        summary: "Le village de Pont-Haut a ouvert lundi une bibliothèque publique dans son ancienne gare.",
        asks: ["questions que les lecteurs", "question", "un résumé"],
        translated: " Quand ouvre la bibliothèque du village ?\nR: La bibliothèque du village est ouverte du mardi au samedi.",
        titles: ["Questions fréquentes", "Résumé"],
    },
    Case {
        code: "de",
        article: "Das Dorf Hohenbrück hat am Montag in seinem alten Bahnhof eine öffentliche Bücherei eröffnet. \
            Das Gebäude stand elf Jahre lang leer, und Freiwillige haben das Dach repariert und den Warteraum gestrichen. \
            Die Bürgermeisterin Ines Waldner sagte, dass die Arbeiten 240.000 Euro gekostet haben.",
        question: "Wie viel haben die Arbeiten an der Bücherei von Hohenbrück gekostet?",
        answer: "Die Arbeiten in der öffentlichen Bücherei haben 240.000 Euro gekostet, sagte die Bürgermeisterin Ines Waldner.",
        summary: "Das Dorf Hohenbrück hat am Montag in seinem alten Bahnhof eine öffentliche Bücherei eröffnet.",
        asks: ["Fragen, die Leser", "Frage", "eine Zusammenfassung"],
        translated: " Wann ist die Bücherei des Dorfes geöffnet?\nA: Die Bücherei des Dorfes ist von Dienstag bis Samstag geöffnet.",
        titles: ["Häufige Fragen", "Zusammenfassung"],
    },
    Case {
        code: "it",
        article: "Il paese di Pontalto ha aperto lunedì una biblioteca pubblica nella sua vecchia stazione. \
            L'edificio era vuoto da undici anni, e i volontari hanno riparato il tetto e dipinto la sala d'attesa. \
            La sindaca, Ines Valle, ha detto che i lavori sono costati 240.000 euro.",
        question: "Quanto sono costati i lavori della biblioteca di Pontalto?",
        answer: "I lavori della biblioteca pubblica di Pontalto sono costati 240.000 euro, ha detto la sindaca, Ines Valle.",
        summary: "Il paese di Pontalto ha aperto lunedì una biblioteca pubblica nella sua vecchia stazione.",
        asks: ["domande che i lettori", "domanda", "un riassunto"],
        translated: " Quando apre la biblioteca del paese?\nR: La biblioteca del paese è aperta da martedì a sabato.",
        titles: ["Domande frequenti", "Riassunto"],
    },
];

const ENGLISH: &str = "The village of Harrow Bridge opened a library in its old station on Monday. Volunteers repaired the roof. \
    The library of the village is open from Tuesday to Saturday, and residents need no card to read there.";
const ENGLISH_QUESTION: &str = "When is the library of the village open?";

fn write(page: &str, language: Language, replies: Vec<Reply>) -> Output {
    run_on(page, &mut ScriptedEngine::new(replies), &job(language, 1, Some(SummaryLength::Short)))
}

#[test]
fn each_language_is_written_from_its_own_articles() {
    for case in CASES {
        let language: Language = case.code.parse().unwrap();
        let replies = |answer: &str, summary: &str| {
            vec![
                again(case.question, answer),
                again(case.asks[0], case.question),
                again(case.asks[2], summary),
                again(case.asks[1], case.question),
                no_question_of(case.code),
            ]
        };
        let output = write(case.article, language, replies(case.answer, case.summary));
        let faq = output.faq.as_ref().unwrap_or_else(|| panic!("{}: {:?}", case.code, output.rejections));
        assert_eq!((faq.title.as_str(), faq.entries[0].question.as_str()), (case.titles[0], case.question));
        assert_eq!(faq.entries[0].answer, case.answer);
        let summary = output.summary.as_ref().unwrap_or_else(|| panic!("{}: {:?}", case.code, output.rejections));
        assert_eq!((summary.title.as_str(), summary.paragraphs[0].as_str()), (case.titles[1], case.summary));

        let english = "The work on the public library cost the village of the mayor all in all 240 thousand euros.";
        let output = write(case.article, language, replies(english, english));
        assert!(output.faq.is_none() && output.summary.is_none(), "{}: {output:?}", case.code);
        assert!(reasons(&output, Task::Faq).contains(&RejectReason::WrongLanguage), "{}", case.code);
    }
}

#[test]
fn each_language_is_translated_to_and_checked() {
    for case in CASES {
        let language: Language = case.code.parse().unwrap();
        let answer = "The library of the village is open from Tuesday to Saturday.";
        let replies = |translated: &str| {
            vec![
                // The translation is asked for with the label of the language before the question.
                again(&format!(": {ENGLISH_QUESTION}"), translated),
                again(ENGLISH_QUESTION, answer),
                again("questions that readers", ENGLISH_QUESTION),
                again("question that", ENGLISH_QUESTION),
                again("summary", "Nothing."),
                again("", "Nothing."),
            ]
        };
        let output = write(ENGLISH, language, replies(case.translated));
        let faq = output.faq.as_ref().unwrap_or_else(|| panic!("{}: {:?}", case.code, output.rejections));
        let expected = case.translated.trim().lines().next().unwrap();
        assert_eq!((faq.title.as_str(), faq.entries[0].question.as_str()), (case.titles[0], expected));
        let untranslated = format!(" {ENGLISH_QUESTION}\nA: {answer}");
        let output = write(ENGLISH, language, replies(&untranslated));
        assert!(output.faq.is_none(), "{}: {output:?}", case.code);
    }
}
