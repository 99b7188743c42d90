//! The FAQ block in the layouts it comes in, and what looks like one and is none.

use super::*;

#[test]
fn questions_and_answers_in_other_layouts() {
    for block in [
        "FAQ\n\nQ: How old are the ferries?\nA: Forty years.\n\nQ: Who runs them?\nA: A company on the mainland.\n",
        "Frequently asked questions\n\nHow old are the ferries?\nForty years.\nWho runs them?\nA company on the mainland.\n",
        "Questions and answers\n\n1. How old are the ferries?\n\nForty years.\n\n2. Who runs them?\n\nA company on the mainland.\n",
        "Q: How old are the ferries? A: Forty years.\n\nQ: Who runs them? A: A company on the mainland.\n",
        "FAQ\n\nHere is what readers ask most.\n\nHow old are the ferries?\n\nForty years.\n\nWho runs them?\n\nA company on the mainland.\n",
    ] {
        let article = read(&format!("Old ferries\n\n{BODY}{block}"), "a.txt");
        let faq = article.own_faq.as_ref().unwrap_or_else(|| panic!("no block found in {block:?}"));
        assert_eq!(questions(&article), ["How old are the ferries?", "Who runs them?"], "{block:?}");
        assert_eq!(faq.pairs[0].answer, "Forty years.");
        assert_eq!(faq.pairs[1].answer, "A company on the mainland.");
        assert_eq!(article.passages().count(), 2, "{block:?}");
    }
    let es = read(
        &PAGE_ES.replace("1. ¿", "Pregunta: ¿").replace("2. ¿", "Pregunta: ¿").replace("Dura 58", "Respuesta: Dura 58"),
        "a.txt",
    );
    assert_eq!(es.own_faq.as_ref().unwrap().pairs[1].answer, "Dura 58 minutos.");
}

#[test]
fn an_entry_without_its_question_mark_is_still_an_entry() {
    let entries = "How old are they?\n\nForty years.\n\nHow long does the crossing take\n\nIt takes an hour.\n\nWho runs them?\n\nA company.\n";
    for title in ["FAQ", "What readers should know"] {
        let article = read(&format!("Old ferries\n\n{BODY}{title}\n\n{entries}"), "a.txt");
        assert_eq!(questions(&article).len(), 3, "{title}");
        assert_eq!(questions(&article)[1], "How long does the crossing take");
    }
}

#[test]
fn a_block_in_the_middle_ends_where_the_article_goes_on() {
    let text = format!(
        "Old ferries\n\n{BODY}FAQ\n\nHow old are they?\n\nForty years.\n\nWho runs them?\n\nA company.\n\nThe view from the pier\n\n{BODY}"
    );
    let article = read(&text, "a.txt");
    assert_eq!(questions(&article).len(), 2);
    assert_eq!(headings(&article), ["The view from the pier"]);
    assert_eq!(article.passages().count(), 4);
}

#[test]
fn a_block_above_furniture_that_no_rule_knows_is_found() {
    for tail in [
        "Filed under:\n\nShips and harbours, Public transport, The islands of the north, Loans\n\nIsland Herald Editorial Team\n\nWe print what we know.",
        "Our shop has mugs\n\nEvery mug shows one of the old ferries.",
        "Archivado en:\n\nBarcos\n\nEquipo editorial de El Faro\n\nContamos lo que pasa en las islas.",
    ] {
        let block = "What to know\n\nHow old are they?\n\nForty years.\n\nWho runs them?\n\nA company.\n\nIs there a third?\n\nNot yet.";
        let article = read(&format!("Old ferries\n\n{BODY}{block}\n\n{tail}"), "a.txt");
        assert_eq!(questions(&article).len(), 3, "{tail}");
        assert_eq!(article.own_faq.as_ref().unwrap().pairs[2].answer, "Not yet.", "{tail}");
        assert!(!article.body_markdown().contains("Forty years"));
        assert_eq!(article.passages().count(), if tail.contains("mugs") { 3 } else { 2 });
    }
}

#[test]
fn rhetorical_questions_and_interviews_stay_in_the_body() {
    let rhetorical =
        read(&format!("Who needs a ferry?\n\n{BODY}Who will pay?\n\nNobody knows it yet.\n\n{BODY}"), "a.txt");
    assert_eq!(rhetorical.own_faq, None);
    let talk = "Why did you go to sea?\n\nMy father had a boat, and I went with him from the age of nine, every summer, until he sold it.\n\n\
                Were you afraid?\n\nOnly once, in a storm off the cape, when the engine stopped and we drifted for a whole night.\n\n\
                What would you do again?\n\nAll of it, and I would begin earlier, since the best years are the first ones.\n\n";
    let interview =
        read(&format!("The captain looks back\n\nShe sailed for forty years. Now she is home.\n\n{talk}"), "a.txt");
    assert_eq!(interview.own_faq, None);
    assert!(interview.passages().count() >= 4);
}

/// Eight turns of an interview; the blocks between the first lines and the end.
const TURNS: &str = "How did you come to the sea?\n\nMy father had a boat. I went with him from the age of nine, every summer, until he sold it.\n\n\
    Were you afraid?\n\nOnly once, in a storm off the cape, when the engine stopped and we drifted for a night.\n\n\
    What is a captain's day like?\n\nLong. I get up at four, read the weather, wake the others, and then we load until noon.\n\n\
    You often say that ships talk. What do they say?\n\nMostly that something is loose. A pump, a hatch, a belt in the engine room.\n\n\
    In 2019 the harbour froze. How did you get out?\n\nWe waited for eleven days. The ice breaker was in the north, and nobody knew when it would come.\n\n\
    Who sails the ship today?\n\nMy second mate does. She is better at it than I was, and she sleeps less.\n\n\
    Do you miss it?\n\nEvery morning. At noon it has passed, and in the evening I am glad to be in a warm kitchen.\n\n\
    Would you go again?\n\nTomorrow, if somebody asked me to. Nobody asks a woman of seventy, though.\n\n";
const INTERVIEW_HEAD: &str = "The captain looks back\n\nShe sailed for forty years. Now she is home, in a house from which the harbour cannot be seen.\n\n";
const INTERVIEW_END: &str = "She walks to the window all the same, before the visit ends, and looks for the masts. Then she laughs and closes the curtain.\n";

#[test]
fn no_tail_of_an_interview_is_a_block_of_its_own() {
    let article = read(&format!("{INTERVIEW_HEAD}{TURNS}{INTERVIEW_END}"), "a.txt");
    assert_eq!(article.own_faq, None);
    assert_eq!(headings(&article), [""; 0], "what is said is text");
    assert_eq!(article.passages().count(), 2 + 16);
    assert_eq!(article.slice(article.passages().last().unwrap().span), INTERVIEW_END.trim());
    let block = "FAQ\n\nHow old is she?\n\nSeventy.\n\nWhere is she?\n\nAt home.\n";
    let article = read(&format!("{INTERVIEW_HEAD}{TURNS}{block}"), "a.txt");
    assert_eq!(questions(&article), ["How old is she?", "Where is she?"]);
    assert_eq!(headings(&article), [""; 0]);
    assert_eq!(article.passages().count(), 1 + 16);
}

#[test]
fn a_question_far_above_an_untitled_block_does_not_hide_it() {
    let block = "How old are they?\n\nForty years.\n\nWho runs them?\n\nA company.\n\nIs there a third?\n\nNot yet.\n";
    let article = read(&format!("Old ferries\n\n{BODY}Who will pay?\n\n{BODY}{BODY}{block}"), "a.txt");
    assert_eq!(questions(&article), ["How old are they?", "Who runs them?", "Is there a third?"]);
}

#[test]
fn questions_without_remarks_are_headings_and_those_with_remarks_are_not() {
    let sections = "Who will pay?\n\nThe island will, by a loan that the bank has not granted yet.\n\n\
        When does it begin?\n\nIn spring, or when the ice has gone from the harbour.\n\n";
    let article = read(&format!("Old ferries\n\n{BODY}{sections}{BODY}{BODY}"), "a.txt");
    assert_eq!(headings(&article), ["Who will pay?", "When does it begin?"]);
}

#[test]
fn signatures_and_lines_of_several_sentences_are_no_headings() {
    for end in [
        "Port Alder, May 12, 2026\n\nHelen Marsh, Councillor for Harbours and for Public Works\n",
        "Port Alder, May 12, 2026\n\nHelen Marsh\n\nCouncillor for Harbours and Public Works\n\nThe Council of Port Alder, Department of Harbours\n",
        "En Puerto Viejo, a 12 de mayo de 2026\n\nThis notice can be read in the town hall until the end of the month.\n",
    ] {
        let article = read(&format!("Old ferries\n\n{BODY}Two ships\n\n{BODY}{end}"), "a.txt");
        assert_eq!(headings(&article), ["Two ships"], "{end}");
        assert!(article.body_markdown().ends_with(end.trim()));
    }
    let days: String = (12..15).map(|day| format!("Oslo, May {day}, 2026\n\n{BODY}")).collect();
    let diary = read(&format!("A diary\n\nShort notes from a ship.\n\n{days}"), "a.txt");
    assert_eq!(headings(&diary), ["Oslo, May 13, 2026", "Oslo, May 14, 2026"], "the first is the date of the page");
    for (line, heading) in [
        ("Step 2. Close the tap", true),
        ("What Dr. Marsh told the U.S. Senate", true),
        ("Lo que dijo el Sr. Lara en EE. UU.", false),
        ("Lo que dijo el Sr. Lara sobre EE. UU. y Chile", true),
        ("The rent is too high. Who sets it?", false),
        ("Nadie lo sabe. ¿Quién paga?", false),
    ] {
        let article = read(&format!("Old ferries\n\n{BODY}{line}\n\n{BODY}"), "a.txt");
        assert_eq!(headings(&article) == [line], heading, "{line}");
    }
}
