//! JSON: the whole output, with its account of the run and its rejections, and the schema of that.

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use super::{Renderer, Shown};
use crate::content::{Output, SCHEMA_VERSION};

pub(super) struct Json;

impl Renderer for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn media_type(&self) -> &'static str {
        "application/json"
    }

    fn render(&self, output: &Output, _: Shown) -> String {
        serde_json::to_string_pretty(output).expect("all keys are strings")
    }
}

/// The JSON schema (draft 2020-12) of what [`Format::Json`](super::Format::Json) writes, for this
/// [`SCHEMA_VERSION`].
pub fn json_schema() -> Value {
    // What is written has every field, also those that may be left out when it is read.
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut generated = settings.into_generator().into_root_schema_for::<Output>().to_value();
    generated["properties"]["schema_version"]["const"] = json!(SCHEMA_VERSION);
    let mut schema = json!({ "$schema": generated["$schema"], "title": "faqtory output" });
    if let (Value::Object(schema), Value::Object(generated)) = (&mut schema, generated) {
        schema.extend(generated.into_iter().filter(|(key, _)| key != "$schema" && key != "title"));
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{Format, render, samples};

    #[test]
    fn samples_look_right() {
        for (name, output) in samples::all() {
            insta::assert_snapshot!(name, render(&output, Format::Json));
        }
    }

    #[test]
    fn json_reads_back_as_the_same_output_and_says_its_version_first() {
        for (name, output) in samples::all() {
            let text = render(&output, Format::Json);
            assert!(text.starts_with(&format!("{{\n  \"schema_version\": {SCHEMA_VERSION},")), "{name}");
            assert_eq!(serde_json::from_str::<Output>(&text).unwrap(), output, "{name}");
        }
    }

    #[test]
    fn the_schema_accepts_what_is_written_and_nothing_else() {
        let schema = json_schema();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        for (name, output) in samples::all() {
            let value: Value = serde_json::from_str(&render(&output, Format::Json)).unwrap();
            if let Err(error) = validator.validate(&value) {
                panic!("{name}: {error} at {}", error.instance_path());
            }
        }
        let good = serde_json::to_value(samples::english()).unwrap();
        let spoiled: [fn(&mut Value); 5] = [
            |v| v["schema_version"] = json!(SCHEMA_VERSION + 1),
            |v| v["language"] = json!(7),
            |v| v["summary"]["length"] = json!("huge"),
            |v| v["faq"]["entries"][0]["answer"] = Value::Null,
            |v| drop(v.as_object_mut().unwrap().remove("rejections")),
        ];
        for (i, spoil) in spoiled.iter().enumerate() {
            let mut bad = good.clone();
            spoil(&mut bad);
            assert!(!validator.is_valid(&bad), "spoiled {i}");
        }
    }

    #[test]
    fn the_schema_is_published_as_it_is() {
        insta::assert_snapshot!("schema", serde_json::to_string_pretty(&json_schema()).unwrap());
    }
}
