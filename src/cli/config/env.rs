//! The environment: the `FAQTORY_*` settings, those of the model hub's own tools, and the user's folders.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use faqtory::engine::store::{HubConfig, PUBLIC_HUB};
use faqtory::{Error, ErrorKind};

use super::raw::{Raw, SetError};
use super::values;

/// How long to wait for the hub: an unreachable one must cost seconds.
const HUB_TIMEOUT: Duration = Duration::from_secs(10);

/// What the program takes from its surroundings, read once at the start.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    /// Environment variables.
    pub(crate) vars: BTreeMap<OsString, OsString>,
    /// The user's folder of configuration files.
    pub(crate) config_dir: Option<PathBuf>,
    /// The user's folder of program data.
    pub(crate) data_dir: Option<PathBuf>,
    /// The user's folder of what can be made again.
    pub(crate) cache_dir: Option<PathBuf>,
    /// The home folder.
    pub(crate) home: Option<PathBuf>,
}

impl Environment {
    /// The real one.
    pub(crate) fn read() -> Self {
        Self {
            vars: std::env::vars_os().collect(),
            config_dir: dirs::config_dir(),
            data_dir: dirs::data_local_dir().or_else(dirs::cache_dir),
            cache_dir: dirs::cache_dir(),
            home: dirs::home_dir(),
        }
    }

    /// A variable; an empty one counts as unset.
    fn var(&self, name: &str) -> Option<&OsString> {
        self.vars.get(std::ffi::OsStr::new(name)).filter(|v| !v.is_empty())
    }

    /// A variable of another program's convention, where a value that cannot be read is no error of ours.
    fn text(&self, name: &str) -> Option<String> {
        Some(self.var(name)?.to_string_lossy().trim().to_owned()).filter(|t| !t.is_empty())
    }

    /// The settings among the variables.
    pub(crate) fn settings(&self) -> Result<Raw, Error> {
        let mut raw = Raw::default();
        for key in Raw::KEYS {
            let Some(value) = self.var(key.env) else { continue };
            let bad = |why: String| Error::new(ErrorKind::Config, format!("bad value: {why}")).at(key.env);
            let text = value.to_str().ok_or_else(|| bad("it is not valid UTF-8".to_owned()))?;
            match raw.set(key.name, text) {
                Ok(()) => {}
                Err(SetError::BadValue(why)) => return Err(bad(why)),
                Err(SetError::UnknownKey) => unreachable!("the keys are those of the table"),
            }
        }
        Ok(raw)
    }

    /// Variables that look like settings and are none.
    pub(crate) fn unknown_settings(&self) -> Vec<String> {
        let names = self.vars.keys().map(|name| name.to_string_lossy());
        let ours = names.filter(|name| name.starts_with("FAQTORY_"));
        ours.filter(|name| !Raw::KEYS.iter().any(|key| key.env == name)).map(|name| name.into_owned()).collect()
    }

    /// How to talk to the hub, by the variables that its own tools go by.
    pub(crate) fn hub(&self, offline: bool) -> HubConfig {
        let home = self.hub_home();
        let token_file = self.var("HF_TOKEN_PATH").map_or_else(|| home.join("token"), PathBuf::from);
        let token = self.text("HF_TOKEN").or_else(|| {
            let text = std::fs::read_to_string(token_file).ok()?;
            Some(text.trim().to_owned()).filter(|t| !t.is_empty())
        });
        let endpoint = self.text("HF_ENDPOINT").unwrap_or_else(|| PUBLIC_HUB.to_owned());
        HubConfig {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            token,
            cache: self.var("HF_HUB_CACHE").map_or_else(|| home.join("hub"), PathBuf::from),
            offline: offline || self.text("HF_HUB_OFFLINE").is_some_and(|t| values::switch(&t) == Ok(true)),
            timeout: HUB_TIMEOUT,
        }
    }

    /// The hub's own folder: `HF_HOME`, else `huggingface` in the cache folder, which its tools
    /// look for in `~/.cache` on every system.
    fn hub_home(&self) -> PathBuf {
        if let Some(home) = self.var("HF_HOME") {
            return home.into();
        }
        let cache = self.var("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.or_else(|| Some(self.home.as_ref()?.join(".cache"))).unwrap_or_default();
        cache.join("huggingface")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(vars: &[(&str, &str)]) -> Environment {
        let vars = vars.iter().map(|(k, v)| (k.into(), v.into())).collect();
        Environment { vars, home: Some("/home/me".into()), ..Environment::default() }
    }

    #[test]
    fn settings_are_read_and_errors_name_the_variable() {
        let raw = environment(&[("FAQTORY_SEED", "7"), ("FAQTORY_LANG", "es"), ("FAQTORY_MODEL", "")]);
        let raw = raw.settings().unwrap();
        assert_eq!((raw.seed, raw.model), (Some(7), None));
        let error = environment(&[("FAQTORY_THREADS", "many")]).settings().unwrap_err();
        assert!(error.to_string().starts_with("FAQTORY_THREADS: bad value: `many`"), "{error}");
    }

    #[test]
    fn unknown_variables_of_our_kind_are_found() {
        let environment = environment(&[("FAQTORY_SEED", "1"), ("FAQTORY_SED", "1"), ("OTHER", "1")]);
        assert_eq!(environment.unknown_settings(), ["FAQTORY_SED"]);
    }

    #[test]
    fn the_hub_is_found_as_its_own_tools_find_it() {
        let hub = environment(&[]).hub(false);
        assert_eq!((hub.endpoint.as_str(), hub.token, hub.offline), (PUBLIC_HUB, None, false));
        assert_eq!(hub.cache, PathBuf::from("/home/me/.cache/huggingface/hub"));

        let hub = environment(&[("HF_HOME", "/h"), ("HF_ENDPOINT", "http://mirror/"), ("HF_TOKEN", " t \n")]).hub(true);
        assert_eq!((hub.endpoint.as_str(), hub.token.as_deref(), hub.offline), ("http://mirror", Some("t"), true));
        assert_eq!(hub.cache, PathBuf::from("/h/hub"));

        assert!(environment(&[("HF_HUB_OFFLINE", "ON")]).hub(false).offline);
        assert!(!environment(&[("HF_HUB_OFFLINE", "0")]).hub(false).offline);
    }

    #[test]
    fn the_token_file_counts_where_no_token_is_set() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token"), "from-file\n").unwrap();
        let home = folder.path().to_str().unwrap();
        assert_eq!(environment(&[("HF_HOME", home)]).hub(false).token.as_deref(), Some("from-file"));
        let hub = environment(&[("HF_HOME", home), ("HF_TOKEN", "from-env")]).hub(false);
        assert_eq!(hub.token.as_deref(), Some("from-env"));
    }
}
