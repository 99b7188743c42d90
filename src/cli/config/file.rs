//! The configuration file: a flat TOML table of settings.

use std::path::Path;

use faqtory::{Error, ErrorKind};
use toml::Value;

use super::raw::{Raw, SetError};

/// Reads the file. `Ok(None)` if there is none.
///
/// # Errors
/// `Io` if it cannot be read, `Config` if it is not TOML, has an unknown key or a bad value.
pub(crate) fn read(path: &Path) -> Result<Option<Raw>, Error> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => {
            let error = Error::new(ErrorKind::Io, "cannot read the configuration file");
            return Err(error.at(path.display().to_string()).with_source(e));
        }
    };
    let raw = parse(&text).map_err(|e| e.at(path.display().to_string()))?;
    Ok(Some(raw.relative_to(path.parent().unwrap_or(Path::new("")))))
}

fn parse(text: &str) -> Result<Raw, Error> {
    let table: toml::Table = toml::from_str(text)
        .map_err(|e| Error::new(ErrorKind::Config, "the configuration file is not valid TOML").with_source(e))?;
    let mut raw = Raw::default();
    for (key, value) in &table {
        let bad = |why: &str| Error::new(ErrorKind::Config, format!("bad value of `{key}`: {why}"));
        let result = match value {
            Value::String(s) => raw.set(key, s),
            Value::Integer(n) => raw.set(key, &n.to_string()),
            Value::Float(n) => raw.set(key, &n.to_string()),
            Value::Boolean(b) => raw.set(key, &b.to_string()),
            Value::Datetime(_) | Value::Array(_) | Value::Table(_) => match raw.set(key, "") {
                Err(SetError::UnknownKey) => Err(SetError::UnknownKey),
                _ => return Err(bad("it must be a text, a number, true or false")),
            },
        };
        match result {
            Ok(()) => {}
            Err(SetError::BadValue(why)) => return Err(bad(&why)),
            Err(SetError::UnknownKey) => {
                let known: Vec<_> = Raw::KEYS.iter().map(|k| k.name).collect();
                let known = known.join(", ");
                return Err(Error::new(ErrorKind::Config, format!("unknown key `{key}`; known keys are {known}")));
            }
        }
    }
    Ok(raw)
}

#[cfg(test)]
mod tests {
    use super::*;
    use faqtory::pipeline::Questions;

    #[test]
    fn values_of_every_toml_type_are_read() {
        let raw = parse("questions = 3\ntemperature = 0.5\noffline = true\nformat = 'html'\ntop_p = 1").unwrap();
        assert_eq!(raw.questions, Some(Questions::Exactly(3)));
        assert_eq!((raw.temperature, raw.top_p, raw.offline), (Some(0.5), Some(1.0), Some(true)));
        assert_eq!(raw.format.unwrap().name(), "html");
    }

    #[test]
    fn errors_name_the_key() {
        for (text, expected) in [
            ("sed = 1", "unknown key `sed`; known keys are lang, "),
            ("sed = [1]", "unknown key `sed`"),
            ("seed = -1", "bad value of `seed`: `-1`"),
            ("seed = [1]", "bad value of `seed`: it must be"),
            ("prompts = []", "bad value of `prompts`: it must be"),
            ("seed", "not valid TOML"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.message().contains(expected), "{text}: {error}");
            assert_eq!(error.kind(), ErrorKind::Config);
        }
    }

    #[test]
    fn relative_paths_start_at_the_folder_of_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faqtory.toml");
        std::fs::write(&path, "models_dir = 'models'\nmodel = 'a.gguf'").unwrap();
        let raw = read(&path).unwrap().unwrap();
        assert_eq!(raw.models_dir.unwrap(), folder.path().join("models"));
        assert_eq!(raw.model.unwrap().to_string(), folder.path().join("a.gguf").display().to_string());
        assert!(read(&folder.path().join("other.toml")).unwrap().is_none());
    }
}
