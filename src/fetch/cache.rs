//! The pages that are kept: one file each, written beside its name and renamed, checked when it is read.
//!
//! A file that is damaged, of another version or of another page counts as not there. Several processes
//! can use one folder: a reader sees the old or the new file, never a part of one.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use http_cache_semantics::{AfterResponse, BeforeRequest, CacheOptions as Rules, CachePolicy};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use ureq::http::{HeaderMap, Request, Response, header};
use url::Url;

use super::media::ContentType;
use super::{CacheOptions, Origin, Page};

/// Of the form of the files; others are not read.
const VERSION: u32 = 1;
const EXTENSION: &str = "page";
/// Temporary files older than this were left by a process that died.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);
/// The headers that the rules of caching look at.
const HEADERS: [header::HeaderName; 9] = [
    header::AGE,
    header::CACHE_CONTROL,
    header::CONTENT_TYPE,
    header::DATE,
    header::ETAG,
    header::EXPIRES,
    header::LAST_MODIFIED,
    header::PRAGMA,
    header::VARY,
];
/// Longer values of those say nothing that could be trusted.
const MAX_HEADER: usize = 1_000;

/// A kept page, or a redirect to one.
#[derive(Debug)]
pub(super) struct Entry {
    /// The address that the page was found at, if it is another; only followed without a network.
    pub(super) redirect: Option<String>,
    /// When the page may be used; none for a redirect.
    pub(super) policy: Option<CachePolicy>,
    content: ContentType,
    body: Vec<u8>,
}

/// The first line of a file; the body follows it.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    version: u32,
    url: String,
    redirect: Option<String>,
    policy: Option<CachePolicy>,
    content_type: Option<String>,
    charset: Option<String>,
    sha256: String,
}

/// Whom to ask before a kept page is used.
pub(super) enum Ask {
    Nothing,
    /// The server, with these headers.
    Server(HeaderMap),
}

impl Entry {
    pub(super) fn new(request: &Request<()>, headers: &HeaderMap, body: Vec<u8>, content: ContentType) -> Self {
        let policy = CachePolicy::new_options(request, &response(200, headers), SystemTime::now(), rules());
        Self { redirect: None, policy: Some(policy), content, body }
    }

    pub(super) fn ask(&self, request: &Request<()>, now: SystemTime, refresh: bool) -> Ask {
        let Some(policy) = &self.policy else { return Ask::Server(request.headers().clone()) };
        let asked = if refresh { anew(request) } else { request.clone() };
        match policy.before_request(&asked, now) {
            BeforeRequest::Fresh(_) => Ask::Nothing,
            BeforeRequest::Stale { request, matches: true } => Ask::Server(request.headers),
            // Another variant of the page is kept.
            BeforeRequest::Stale { .. } => Ask::Server(asked.headers().clone()),
        }
    }

    /// The entry after the server said that it is still right; `None` if it meant another version.
    pub(super) fn confirmed(self, request: &Request<()>, headers: &HeaderMap, now: SystemTime) -> Option<Self> {
        let old = self.policy.as_ref()?;
        // The rules expect the validators of the kept page in the answer, which many servers leave out.
        let mut headers = headers.clone();
        if let BeforeRequest::Stale { request, .. } = old.before_request(&anew(request), now) {
            for (name, asked) in
                [(header::ETAG, header::IF_NONE_MATCH), (header::LAST_MODIFIED, header::IF_MODIFIED_SINCE)]
            {
                if let (false, Some(value)) = (headers.contains_key(&name), request.headers.get(asked)) {
                    headers.insert(name, value.clone());
                }
            }
        }
        match old.after_response(request, &response(304, &headers), now) {
            AfterResponse::NotModified(policy, _) => Some(Self { policy: Some(policy), ..self }),
            AfterResponse::Modified(..) => None,
        }
    }

    pub(super) fn into_page(self, url: &Url, origin: Origin) -> Page {
        let ContentType { essence, charset } = self.content;
        Page { url: url.to_string(), bytes: self.body, content_type: essence, charset, origin }
    }
}

/// The pages of one person; without a word from the server, each use of a page asks whether it is still right.
fn rules() -> Rules {
    Rules { shared: false, cache_heuristic: 0.0, ..Rules::default() }
}

/// The request of somebody who wants the server to be asked.
fn anew(request: &Request<()>) -> Request<()> {
    let mut request = request.clone();
    request.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-cache"));
    request
}

/// A response with the headers that matter, where they make sense.
fn response(status: u16, headers: &HeaderMap) -> Response<()> {
    let mut response = Response::new(());
    *response.status_mut() = ureq::http::StatusCode::from_u16(status).unwrap_or_default();
    for name in HEADERS {
        for value in headers.get_all(&name) {
            let digits = value.as_bytes().split(|b| !b.is_ascii_digit()).map(<[u8]>::len).max().unwrap_or(0);
            // So many digits are no time, and would overflow the arithmetic of times.
            let timed = [header::AGE, header::CACHE_CONTROL].contains(&name);
            if value.len() <= MAX_HEADER && (!timed || digits <= 10) {
                response.headers_mut().append(name.clone(), value.clone());
            }
        }
    }
    response
}

/// A folder of kept pages. What cannot be kept is not kept, and nobody is told: the page itself is there.
#[derive(Debug)]
pub(super) struct Cache {
    options: CacheOptions,
}

impl Cache {
    pub(super) fn new(options: CacheOptions) -> Self {
        Self { options }
    }

    /// What is kept for an address.
    pub(super) fn load(&self, url: &Url) -> Option<Entry> {
        let bytes = fs::read(self.path(url)).ok()?;
        let end = bytes.iter().position(|&b| b == b'\n')?;
        let head: Head = serde_json::from_slice(&bytes[..end]).ok()?;
        let body = bytes[end + 1..].to_vec();
        let right = head.version == VERSION && head.url == url.as_str() && head.sha256 == sha256(&body);
        right.then_some(Entry {
            redirect: head.redirect,
            policy: head.policy,
            content: ContentType { essence: head.content_type, charset: head.charset },
            body,
        })
    }

    pub(super) fn store(&self, url: &Url, entry: &Entry) {
        // The next run asks again, which costs less than a warning with every page.
        let _ = self.try_store(url, entry);
    }

    /// Keeps where a page was found.
    pub(super) fn store_redirect(&self, from: &Url, to: &Url) {
        let redirect = Some(to.to_string());
        self.store(from, &Entry { redirect, policy: None, content: ContentType::default(), body: Vec::new() });
    }

    fn try_store(&self, url: &Url, entry: &Entry) -> std::io::Result<()> {
        let head = Head {
            version: VERSION,
            url: url.to_string(),
            redirect: entry.redirect.clone(),
            policy: entry.policy.clone(),
            content_type: entry.content.essence.clone(),
            charset: entry.content.charset.clone(),
            sha256: sha256(&entry.body),
        };
        let mut bytes = serde_json::to_vec(&head)?;
        bytes.push(b'\n');
        bytes.extend_from_slice(&entry.body);
        if bytes.len() as u64 > self.options.max_bytes {
            self.remove(url);
            return Ok(());
        }
        fs::create_dir_all(&self.options.folder)?;
        let mut file = tempfile::Builder::new().prefix("new-").tempfile_in(&self.options.folder)?;
        file.write_all(&bytes)?;
        file.persist(self.path(url)).map_err(|e| e.error)?;
        self.make_room()
    }

    /// Notes that a page was used.
    pub(super) fn touch(&self, url: &Url) {
        let file = fs::File::options().append(true).open(self.path(url));
        let _ = file.and_then(|file| file.set_modified(SystemTime::now()));
    }

    pub(super) fn remove(&self, url: &Url) {
        let _ = fs::remove_file(self.path(url));
    }

    /// Removes the pages that were not used for longest, until the rest is within the limit.
    fn make_room(&self) -> std::io::Result<()> {
        let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.options.folder)?.flatten() {
            let (Ok(meta), path) = (entry.metadata(), entry.path()) else { continue };
            let used = meta.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            if path.extension().is_some_and(|e| e == EXTENSION) {
                files.push((used, meta.len(), path));
            } else if is_abandoned(&path, used) {
                let _ = fs::remove_file(path);
            }
        }
        files.sort();
        let mut size: u64 = files.iter().map(|f| f.1).sum();
        for (_, length, path) in files {
            if size <= self.options.max_bytes {
                break;
            }
            let _ = fs::remove_file(path);
            size -= length;
        }
        Ok(())
    }

    fn path(&self, url: &Url) -> PathBuf {
        self.options.folder.join(sha256(url.as_str().as_bytes())).with_extension(EXTENSION)
    }
}

fn is_abandoned(path: &Path, used: SystemTime) -> bool {
    let ours = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("new-"));
    ours && SystemTime::now().duration_since(used).is_ok_and(|age| age > ABANDONED)
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}
