//! Model files for tests that run a real model: from the store that the program itself uses, fetched on first use.
//!
//! This file is a module of the integration tests and of the library's own tests.

use std::env;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use faqtory::engine::store::{HubConfig, ModelStore, PUBLIC_HUB, Progress, StoreConfig};

/// An environment variable that is set to something.
fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from)
}

/// The Python whose pip fetches packages.
pub(crate) fn python() -> String {
    env::var("FAQTORY_PYTHON").ok().filter(|p| !p.is_empty()).unwrap_or_else(|| "python3".to_owned())
}

/// The store that the program uses, found as the program finds it.
fn store() -> ModelStore {
    let root = variable("FAQTORY_MODELS_DIR").or_else(|| Some(dirs::data_local_dir()?.join("faqtory").join("models")));
    let hub = variable("HF_HOME").or_else(|| Some(dirs::home_dir()?.join(".cache").join("huggingface")));
    let config = StoreConfig {
        root: root.expect("FAQTORY_MODELS_DIR is set, or the user has a folder for data"),
        manifests: Vec::new(),
        hub: HubConfig {
            endpoint: env::var("HF_ENDPOINT").ok().filter(|e| !e.is_empty()).unwrap_or_else(|| PUBLIC_HUB.to_owned()),
            token: None,
            cache: hub.unwrap_or_default().join("hub"),
            offline: false,
            timeout: Duration::from_secs(5),
        },
        python: python(),
        offline: offline(),
    };
    ModelStore::new(config).unwrap_or_else(|e| panic!("the built-in manifests are wrong: {e}"))
}

/// Whether the tests are to use no network.
pub(crate) fn offline() -> bool {
    env::var("FAQTORY_OFFLINE").is_ok_and(|v| v == "1")
}

/// Says something even where the test passes: what is printed by macro is shown for failed tests only.
pub(crate) fn say(text: &str) {
    // A closed stderr is no reason to fail.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The file of a model, fetched and verified if it is not here yet. It is kept in `FAQTORY_MODELS_DIR`, by
/// default where the program keeps it. `None` if it is not here and `FAQTORY_OFFLINE=1` forbids to fetch it.
///
/// # Panics
/// If it cannot be had, with what each source said.
#[track_caller]
pub(crate) fn weights(id: &str) -> Option<PathBuf> {
    let store = store();
    let here = store.find(id).unwrap_or_else(|e| panic!("{e}"));
    if here.is_none() && offline() {
        say(&format!("SKIPPED: the model {id} is not here, and FAQTORY_OFFLINE=1"));
        return None;
    }
    let file = store.ensure(id, &mut |progress| {
        if let Progress::Trying(source) = progress {
            say(&format!("fetching {id}: {source}"));
        }
        ControlFlow::Continue(())
    });
    Some(file.unwrap_or_else(|e| panic!("{e}")).path)
}
