//! What is found in sentences, and what of it a source has.

use super::*;

const EN: Language = Language::EN;
const ES: Language = Language::ES;

const ENGLISH: &str = "The mayor, Ines Walden, said on 4 May 2026 that \"the work took longer than planned\". It cost \
                       €1,100 and 2.5 million euros more than in 2019, 12% of the budget. Four boats leave at 5:40 a.m. \
                       from the Old Quay in Harrow Bridge; the last one returns at 11:10 p.m. in September.";

const SPANISH: &str = "La alcaldesa, Inés Valle, dijo el 4 de mayo de 2026 que «la obra duró más de lo previsto». Costó \
                       1.100 euros y 2,5 millones más que en 2019, un 12 % del presupuesto. Salen cuatro barcos a las \
                       5.40 h, y treinta y un vecinos esperan en Puente Alto desde septiembre.";

/// The claims of a sentence as `text` where supported and `!text` where not.
fn claims(source: &str, source_language: Language, sentence: &str, language: Language) -> Vec<String> {
    let found = SourceFacts::new(source, source_language).check(sentence, language);
    let show = |claim: &Claim| format!("{}{}", if claim.supported { "" } else { "!" }, &sentence[claim.span.range()]);
    found.iter().map(show).collect()
}

#[track_caller]
fn check(source: &str, source_language: Language, sentence: &str, language: Language, expected: &[&str]) {
    assert_eq!(claims(source, source_language, sentence, language), expected, "{sentence}");
}

#[test]
fn numbers_are_their_values() {
    check(ENGLISH, EN, "It cost 1.100 euros, 1100 euros, 49 euros.", EN, &["1.100 euros", "1100 euros", "!49 euros"]);
    check(ENGLISH, EN, "It cost 2,500,000 euros.", EN, &["2,500,000 euros"]);
    check(ENGLISH, EN, "It cost 2.6 million.", EN, &["!2.6 million"]);
    check(ENGLISH, EN, "It was twelve percent, not 13%.", EN, &["twelve", "!13%"]);
    check(ENGLISH, EN, "Some 4 boats, not five.", EN, &["4", "!five"]);
    check(ENGLISH, EN, "It cost $1,100.", EN, &["!$1,100"]);
    check(SPANISH, ES, "Costó 1100 euros y 2.500.000 euros.", ES, &["1100 euros", "2.500.000 euros"]);
    check(SPANISH, ES, "Esperan 31 vecinos y no treinta.", ES, &["31", "!treinta"]);
    check(SPANISH, ES, "Fue el doce por ciento.", ES, &["doce"]);
    check(SPANISH, ES, "It cost 1,100 euros and 2.5 million.", EN, &["1,100 euros", "2.5 million"]);
    check("Unas 12 000 personas y 3 mil millones.", ES, "12.000 y 3.000.000.000", ES, &["12.000", "3.000.000.000"]);
    check("The A320 has 180 seats.", EN, "The A320 seats 180.", EN, &["A320", "180"]);
    check("Dos mil quinientos dos vecinos.", ES, "Fueron 2.502 o 2.500.", ES, &["2.502", "!2.500"]);
    check("One hundred and twenty-five people.", EN, "It was 125.", EN, &["125"]);
    check("Está segura al cien por cien.", ES, "A 100-percent, 20-degree day.", EN, &["100-percent", "!20"]);
    check("Version 1.2.3 came.", EN, "One came.", EN, &[]);
}

#[test]
fn hours_are_told_from_decimals() {
    check(ENGLISH, EN, "It leaves at 5:40 and at 23:10, not 6:40.", EN, &["5:40", "23:10", "!6:40"]);
    check(SPANISH, ES, "It leaves at 5:40 a.m.", EN, &["5:40 a.m"]);
    check("Empieza a las tres de la tarde.", ES, "It begins at 3 p.m., not at 3:30.", EN, &["3 p.m", "!3:30"]);
    check("Empieza a las 15:00.", ES, "It begins at 3 p.m., not at 4 p.m.", EN, &["3 p.m", "!4 p.m"]);
}

#[test]
fn dates_are_days_of_a_calendar() {
    for (source, language) in [(ENGLISH, EN), (SPANISH, ES)] {
        check(source, language, "It was on 2026-05-04.", EN, &["2026-05-04"]);
        check(source, language, "It was on May 4, 2026.", EN, &["May 4, 2026"]);
        check(source, language, "It was on May 5.", EN, &["!May 5"]);
        check(source, language, "It was in May 2026, not in May 2025.", EN, &["May 2026", "!May 2025"]);
        check(source, language, "Fue el 4 de mayo de 2026.", ES, &["4 de mayo de 2026"]);
        check(source, language, "Fue el 4/5/2026 y no en junio.", ES, &["4/5/2026", "!junio"]);
        check(source, language, "Since September it may march on.", EN, &["September"]);
    }
    check("On 3 June. It was 2024.", EN, "On June 3rd, 2024.", EN, &["June 3rd, 2024"]);
    check("On 3 June. It was 2024.", EN, "On June 3, 2023.", EN, &["!June 3, 2023"]);
}

#[test]
fn quotations_stand_word_for_word() {
    check(ENGLISH, EN, "She said “the work took longer”.", EN, &["the work took longer"]);
    check(ENGLISH, EN, "She said \"the work … than planned\".", EN, &["the work … than planned"]);
    check(ENGLISH, EN, "She said “the work was hard”.", EN, &["!the work was hard"]);
    check(SPANISH, ES, "Dijo: «la obra duró más».", ES, &["la obra duró más"]);
    check(SPANISH, ES, "She said “the work took longer”.", EN, &[]);
}

#[test]
fn names_are_runs_of_capitals() {
    check(ENGLISH, EN, "Mayor Ines Walden spoke.", EN, &["Mayor Ines Walden"]);
    check(ENGLISH, EN, "Boats leave from the Old Quay.", EN, &["Old Quay"]);
    check(ENGLISH, EN, "She met Peter Hale on Monday.", EN, &["!Peter Hale"]);
    check(ENGLISH, EN, "In Harrow Bridge's harbour.", EN, &["Harrow Bridge"]);
    check(ENGLISH, EN, "NATO paid. Nobody knew.", EN, &["!NATO"]);
    check(SPANISH, ES, "La alcaldesa de Puente Alto, Inés Valle.", ES, &["Puente Alto", "Inés Valle"]);
    check(SPANISH, ES, "Lo dijo Juan de la Cruz.", ES, &["!Juan de la Cruz"]);
}

#[test]
fn nothing_claims_nothing() {
    check("", EN, "", EN, &[]);
    check("", EN, "Nothing is said here.", EN, &[]);
    check("", EN, "It cost 5.", EN, &["!5"]);
    check("At 9 a.m.", EN, "It cost 99999999999999999999999.", EN, &["!99999999999999999999999"]);
    claims("dos mil", ES, &"mil millones billones ".repeat(50), ES);
    assert_eq!(support_rate(&[]), None);
    let found = SourceFacts::new(ENGLISH, EN).check("4 boats and 5 boats", EN);
    assert_eq!(support_rate(&found), Some(0.5));
}
