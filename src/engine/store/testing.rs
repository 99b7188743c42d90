//! Help for the store's tests: manifests, stores in temporary folders, and a hub on this machine.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use sha2::{Digest, Sha256};

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

/// One request that a [`MockHub`] got.
#[derive(Debug, Clone)]
pub(super) struct Got {
    /// Its number, from 0.
    pub(super) number: usize,
    /// The path.
    pub(super) path: String,
    /// The header lines, in lower case.
    pub(super) headers: Vec<String>,
}

impl Got {
    /// The value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find_map(|line| line.strip_prefix(&format!("{name}: ")))
    }

    /// Where the range that was asked for begins.
    pub(super) fn range_start(&self) -> usize {
        let range = self.header("range").and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-'));
        range.map_or(0, |start| start.parse().unwrap())
    }
}

/// An HTTP server on the loopback interface that answers each request with a closure and hangs up.
pub(super) struct MockHub {
    address: SocketAddr,
    got: Arc<Mutex<Vec<Got>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl MockHub {
    pub(super) fn new(answer: impl Fn(&Got, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (got, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (list, end) = (Arc::clone(&got), Arc::clone(&stop));
        let thread = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                serve(stream, &list, &answer);
            }
        });
        Self { address, got, stop, thread: Some(thread) }
    }

    /// A hub that serves a file with all its virtues.
    pub(super) fn serving(content: &'static [u8]) -> Self {
        Self::new(move |got, stream| send(stream, content, got.range_start(), usize::MAX))
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far.
    pub(super) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }
}

impl Drop for MockHub {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(mut stream: TcpStream, list: &Mutex<Vec<Got>>, answer: &dyn Fn(&Got, &mut TcpStream)) {
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let headers = lines.take_while(|line| !line.is_empty()).map(|line| line.to_lowercase()).collect();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut all = list.lock().unwrap();
    let got = Got { number: all.len(), path, headers };
    all.push(got.clone());
    drop(all);
    answer(&got, &mut stream);
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
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n{headers}\r\n");
    let _ = stream.write_all(answer.as_bytes());
}
