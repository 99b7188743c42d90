//! What is found in sentences, and what of it a source has.

use proptest::prelude::*;

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
fn a_scale_holds_for_a_list() {
    let es = "El fondo pagó 18,6 millones de euros en 2024 y 5,2 en 2025; el resto, 1,1. Son 7 barcos.";
    check(es, ES, "Pagó 18,6 millones y 5,2 millones.", ES, &["18,6 millones", "5,2 millones"]);
    check(es, ES, "Pagó 5,2 y 6,2 millones.", ES, &["5,2", "!6,2 millones"]);
    check(es, ES, "It paid 18.6 million and 5.2, the rest 1.1 million.", EN, &["18.6 million", "5.2", "1.1 million"]);
    check(es, ES, "Son 7 millones.", ES, &["!7 millones"]);
    let en = "It takes between 2 and 3 million litres, or 4 to 5bn.";
    check(en, EN, "It takes 2 million, 3 million, 4 billion.", EN, &["2 million", "3 million", "4 billion"]);
    check(en, EN, "It takes 2 billion.", EN, &["!2 billion"]);
}

#[test]
fn words_make_numbers_with_halves_and_scales() {
    check("Two and a half million people.", EN, "Fueron 2,5 millones.", ES, &["2,5 millones"]);
    check(
        "Dos millones y medio, y medio millón más.",
        ES,
        "It was 2.5 million and 500,000.",
        EN,
        &["2.5 million", "500,000"],
    );
    check(
        "About a billion years and half a dozen boats.",
        EN,
        "Hace mil millones, 6 barcos.",
        ES,
        &["mil millones", "6"],
    );
    check("Cuesta una media de 4 euros.", ES, "Cuesta una media de 4 euros.", ES, &["4 euros"]);
    check("The twenty-first time, in both towns.", EN, "La vez 21, en las dos.", ES, &["21", "dos"]);
    check("En el siglo XX.", ES, "In the 20th century, not the 19th.", EN, &["20", "!19"]);
    check("In Thousand Oaks.", EN, "In Thousand Oaks.", EN, &["Thousand Oaks"]);
    check("It weighs .6 kg.", EN, "Pesa 0,6 kg y no 0,7.", ES, &["0,6", "!0,7"]);
    check("Version 1.2.3.", EN, "Version 1.2.3, not 1.2.4.", EN, &["1.2.3", "!1.2.4"]);
}

#[test]
fn years_are_known_by_two_digits_and_by_decades() {
    check("In the 1980s.", EN, "En los años 80, en los años ochenta, en los años 90.", ES, &["80", "ochenta", "!90"]);
    check("En los años ochenta.", ES, "In the 1980s, in the eighties.", EN, &["1980"]);
    check("From 2016 to 2025.", EN, "En 2016-25 y no en 2016-24.", ES, &["2016", "25", "2016", "!24"]);
}

#[test]
fn hours_are_told_from_decimals() {
    check(ENGLISH, EN, "It leaves at 5:40 and at 23:10, not 6:40.", EN, &["5:40", "23:10", "!6:40"]);
    check(SPANISH, ES, "It leaves at 5:40 a.m.", EN, &["5:40 a.m"]);
    check("Empieza a las tres de la tarde.", ES, "It begins at 3 p.m., not at 3:30.", EN, &["3 p.m", "!3:30"]);
    check("Abre de 9:00 a 13:30.", ES, "Abre de 9 a 13.30 h y no a las 10.", ES, &["9", "13.30 h", "!10"]);
    check("Son 5 y a las cinco y media.", ES, "It is at 5:30 p.m., not at 5 p.m.", EN, &["5:30 p.m", "!5 p.m"]);
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
    let days = "Del 8 al 12 de julio; el martes 21 y el jueves 23 de abril.";
    check(days, ES, "From July 8 to July 12, on April 21 and 23.", EN, &["July 8", "July 12", "April 21", "23"]);
    check("From July 8 to 12.", EN, "El 12 de julio y no el 13 de julio.", ES, &["12 de julio", "!13 de julio"]);
    check("On 3 June. It was 2024.", EN, "On June 3rd, 2024.", EN, &["June 3rd, 2024"]);
    check("On 3 June. It was 2024.", EN, "On June 3, 2023.", EN, &["!June 3, 2023"]);
}

#[test]
fn quotations_stand_word_for_word() {
    check(ENGLISH, EN, "She said “the work took longer”.", EN, &["the work took longer"]);
    check(ENGLISH, EN, "She said \"the work … than planned\".", EN, &["the work … than planned"]);
    check(ENGLISH, EN, "She said “the work was hard”.", EN, &["!the work was hard"]);
    check("He said \"yes.\" She \"waits. Now.\"", EN, "\"Yes. Now.\" No: \"Never.\"", EN, &["Yes. Now.", "!Never."]);
    check(ENGLISH, EN, "\"It was open. Then a pause: \" and \"more", EN, &[]);
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
fn names_may_be_written_otherwise() {
    check("Los demócratas de Óscar Gómez.", ES, "Lo dijo Oscar Gómez.", ES, &["Oscar Gómez"]);
    check("The Democrats met.", EN, "She is a Democrat.", EN, &["Democrat"]);
    check("The European Union and NATO met.", EN, "The EU paid.", EN, &["EU"]);
    check("The EU met in Oslo.", EN, "It asked the European Union.", EN, &["European Union"]);
    check("En Estados Unidos.", ES, "Vive en EE. UU. desde niño.", ES, &["EE. UU"]);
    check("In the European Union.", EN, "It asked the UN.", EN, &["!UN"]);
    check("In the European Union.", EN, "It asked the Ukrainian Opera.", EN, &["!Ukrainian Opera"]);
}

proptest! {
    /// Whatever the numbers and however they are written, true ones are supported, and a changed one is not.
    #[test]
    fn a_changed_digit_is_always_found(
        numbers in prop::collection::vec(100u32..5_000_000, 3),
        which in 0usize..3,
        place in 0u32..7,
        step in 1u32..10,
        styles in prop::collection::vec(0usize..4, 3),
    ) {
        let grouped = |n: u32, mark: &str| {
            let digits = n.to_string();
            let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(|g| String::from_utf8_lossy(g).into_owned()).collect();
            groups.join(mark)
        };
        let write = |n: u32, style: usize| match style {
            0 => n.to_string(),
            1 => grouped(n, ","),
            2 => grouped(n, "."),
            _ => grouped(n, "\u{a0}"),
        };
        let source = format!(
            "The dam cost {} euros. Of {} boats most are old, and {} people signed.",
            write(numbers[0], styles[0]), write(numbers[1], styles[1]), write(numbers[2], styles[2]),
        );
        let facts = SourceFacts::new(&source, EN);
        let true_one = format!("Costó {} euros.", write(numbers[0], styles[2]));
        prop_assert!(facts.check(&true_one, ES).iter().all(|claim| claim.supported), "{source} {true_one}");
        prop_assert!(facts.check(&source, EN).iter().all(|claim| claim.supported), "{source}");
        let unit = 10u32.pow(place.min(numbers[which].ilog10()));
        let digit = numbers[which] / unit % 10;
        let changed = numbers[which] - digit * unit + (digit + step) % 10 * unit;
        // What reads as another number of the source is none of its errors: 1.234 is 1234 and 1,234.
        prop_assume!(changed > 99 && !numbers.contains(&changed));
        let sentence = format!("Son {}.", write(changed, styles[1]));
        let claims = facts.check(&sentence, ES);
        prop_assert!(claims.len() == 1 && !claims[0].supported, "{source} {sentence}");
    }
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
