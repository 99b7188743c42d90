//! Help for the store's tests: manifests, stores in temporary folders, and a hub on this machine.

use std::io::Write;
use std::net::TcpStream;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::loopback::{self, Got, Server};

use super::checksum::hex;
use super::{HubConfig, ModelStore, Progress, StoreConfig};

/// The head of a manifest of a file with that content; sources are to be appended.
pub(super) fn manifest_text(content: &[u8]) -> String {
    format!(
        "name = 'Test'\nsummary = 'For tests'\nlicence = 'MIT'\narchitecture = 'llama'\nparameters = 1\n\
         languages = ['en']\ncontext_length = 512\nsize = {}\nsha256 = '{}'\nquantization = 'F32'\n\
         kv_bytes_per_token = 100\nrank = 1\n\
         verified = {{ fetched = false, run = false, note = 'a test' }}\n",
        content.len(),
        hex(Sha256::new_with_prefix(content))
    )
}

/// A source on the hub.
pub(super) const HUB: &str = "[[source]]\nkind = 'hub'\nrepo = 'o/n'\nrevision = 'r1'\nfile = 'm.gguf'\n";

/// A store in a folder, which also holds the manifest `m`.
pub(super) fn store(folder: &Path, manifest: &str, endpoint: &str) -> ModelStore {
    ModelStore::new(config(folder, manifest, endpoint)).unwrap()
}

pub(super) fn config(folder: &Path, manifest: &str, endpoint: &str) -> StoreConfig {
    let manifests = folder.join("manifests");
    std::fs::create_dir_all(&manifests).unwrap();
    std::fs::write(manifests.join("m.toml"), manifest).unwrap();
    StoreConfig {
        root: folder.join("root"),
        manifests: vec![manifests],
        hub: HubConfig {
            endpoint: endpoint.to_owned(),
            token: None,
            cache: folder.join("cache"),
            offline: false,
            timeout: Duration::from_secs(10),
        },
        python: "there-is-no-such-python".to_owned(),
        offline: false,
    }
}

/// Goes on whatever happens.
pub(super) fn go_on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// One request of several.
#[derive(Debug)]
pub(super) struct Asked<'a> {
    /// Its number, from 0.
    pub(super) number: usize,
    /// The path.
    pub(super) path: &'a str,
    got: &'a Got,
}

impl Asked<'_> {
    /// Where the range that was asked for begins.
    pub(super) fn range_start(&self) -> usize {
        range_start(self.got)
    }
}

/// Where the range that was asked for begins.
pub(super) fn range_start(got: &Got) -> usize {
    let range = got.header("range").and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-'));
    range.map_or(0, |start| start.parse().unwrap())
}

/// A hub on the loopback interface that answers each request with a closure and hangs up.
pub(super) struct MockHub(Server);

impl MockHub {
    pub(super) fn new(answer: impl Fn(&Asked<'_>, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let count = AtomicUsize::new(0);
        Self(Server::new(move |got, stream| {
            answer(&Asked { number: count.fetch_add(1, Ordering::SeqCst), path: &got.path, got }, stream);
        }))
    }

    /// A hub that serves a file with all its virtues.
    pub(super) fn serving(content: &'static [u8]) -> Self {
        Self::new(move |got, stream| send(stream, content, got.range_start(), usize::MAX))
    }

    pub(super) fn url(&self) -> String {
        self.0.url("")
    }

    /// The requests so far.
    pub(super) fn got(&self) -> Vec<Got> {
        self.0.got()
    }
}

/// Sends a file from `start` as a hub does (206 for a range), but stops after `most` bytes of body.
pub(super) fn send(stream: &mut TcpStream, content: &[u8], start: usize, most: usize) {
    let rest = &content[start..];
    let head = if start > 0 {
        let (last, total) = (content.len() - 1, content.len());
        format!("HTTP/1.1 206 Partial Content\r\ncontent-range: bytes {start}-{last}/{total}\r\n")
    } else {
        "HTTP/1.1 200 OK\r\n".to_owned()
    };
    let head = format!("{head}content-length: {}\r\nconnection: close\r\n\r\n", rest.len());
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&rest[..rest.len().min(most)]);
}

/// Sends a status without a body, with further header lines.
pub(super) fn status(stream: &mut TcpStream, status: &str, headers: &str) {
    loopback::send(stream, status, headers, b"");
}
