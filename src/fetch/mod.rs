//! Web pages: an `http` or `https` address in, the bytes of the page out, within limits and kept for the next time.
//!
//! Every answer is judged by its header before its body is read. What may be kept, and for how long
//! it may be used without asking again, follows RFC 9111.

mod address;
mod cache;
mod client;
mod media;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use ureq::http::{HeaderMap, StatusCode, header};
use url::Url;

use crate::article::SourceFormat;
use crate::error::{Error, ErrorKind, Result};

use self::cache::{Cache, Entry};
use self::client::{Answer, Client};
use self::media::ContentType;

/// How pages are fetched.
#[derive(Debug, Clone)]
pub struct FetchOptions {
    /// The longest to wait for a connection. 10 seconds.
    pub connect_timeout: Duration,
    /// The longest that one page may take, with its redirects and repeated attempts. 60 seconds.
    pub timeout: Duration,
    /// The largest page in bytes, both as it is sent and after decompression. 16 MiB.
    pub max_bytes: u64,
    /// The most redirects that are followed for one page. 10.
    pub max_redirects: usize,
    /// How often a request that failed for the moment (a broken connection, HTTP 429, 502, 503, 504) is repeated. 2.
    pub retries: u32,
    /// The wait before the first repetition; each later one waits twice as long. A server may ask for up
    /// to ten seconds. 500 milliseconds.
    pub backoff: Duration,
    /// Where pages are kept; `None` keeps none.
    pub cache: Option<CacheOptions>,
    /// Ask the server even where a kept page could be used.
    pub refresh: bool,
    /// Do not use the network: only kept pages, however old.
    pub offline: bool,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
            max_bytes: 16 << 20,
            max_redirects: 10,
            retries: 2,
            backoff: Duration::from_millis(500),
            cache: None,
            refresh: false,
            offline: false,
        }
    }
}

/// Where pages are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheOptions {
    /// The folder, which is made.
    pub folder: PathBuf,
    /// The size of all kept pages in bytes; the ones that were not used for longest go first.
    pub max_bytes: u64,
}

/// Where the bytes of a page came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The server sent them.
    Network,
    /// They were kept, and the server said, now or when it sent them, that they are still right.
    Cache,
    /// They were kept and nobody was asked, because the network is not to be used.
    Offline,
}

/// A fetched page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The address that it was found at, after all redirects.
    pub url: String,
    /// Its bytes, decompressed.
    pub bytes: Vec<u8>,
    /// `type/subtype` of its content, as the server names it.
    pub content_type: Option<String>,
    /// Its charset, as the server names it.
    pub charset: Option<String>,
    /// Where it came from.
    pub origin: Origin,
}

impl Page {
    /// The format that the header or the end of the address names, if the bytes may well be of it.
    pub fn format(&self) -> Option<SourceFormat> {
        let named = self.content_type.as_deref().and_then(media::format);
        // Servers call whatever they do not know `text/html`.
        let binary = ["%PDF-", "PK\u{3}\u{4}"].iter().any(|magic| self.bytes.starts_with(magic.as_bytes()));
        let binary = binary || self.bytes.starts_with(b"\x1F\x8B");
        let by_name =
            || matches!(self.extension().as_deref(), Some("md" | "markdown")).then_some(SourceFormat::Markdown);
        match named {
            _ if binary => None,
            Some(SourceFormat::Html) if !self.bytes.contains(&b'<') => None,
            None if self.content_type.as_deref() == Some("text/plain") => by_name(),
            named => named,
        }
    }

    /// Whether the page is JSON Lines, by its header or the end of the address.
    pub fn is_json_lines(&self) -> bool {
        self.content_type.as_deref().is_some_and(media::is_json_lines)
            || matches!(self.extension().as_deref(), Some("jsonl" | "ndjson"))
    }

    /// The end of the name in the address, in lower case and without that of gzip.
    fn extension(&self) -> Option<String> {
        let url = Url::parse(&self.url).ok()?;
        let name = url.path_segments()?.next_back()?.to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        name.rsplit_once('.').map(|(_, extension)| extension.to_owned())
    }
}

/// What happens while a page is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress<'a> {
    /// A request goes to this address.
    Asking(&'a str),
    /// So many bytes of the body are here.
    Received(u64),
    /// The attempt failed for this reason; another follows after this time.
    Retrying(&'a str, Duration),
}

/// Is told what happens; breaks off with `Break`.
pub type OnProgress<'a> = dyn FnMut(Progress<'_>) -> ControlFlow<()> + 'a;

/// Fetches pages.
#[derive(Debug)]
pub struct Fetcher {
    options: FetchOptions,
    cache: Option<Cache>,
}

impl Fetcher {
    /// A fetcher with these options. Nothing is written before there is a page to keep.
    pub fn new(options: FetchOptions) -> Self {
        let cache = options.cache.clone().map(Cache::new);
        Self { options, cache }
    }

    /// Fetches one page.
    ///
    /// # Errors
    /// `Fetch`, with what to do about it: no address, no answer, an answer that is no article, over a
    /// limit, or offline and not kept. `Cancelled` if `on_progress` breaks off.
    pub fn fetch(&self, address: &str, on_progress: &mut OnProgress<'_>) -> Result<Page> {
        let url = address::parse(address)?;
        if self.options.offline {
            return self.kept(url).map_err(|e| e.at(address));
        }
        let deadline = Instant::now() + self.options.timeout;
        self.follow(url, deadline, on_progress).map_err(|e| e.at(address))
    }

    /// The page as it was kept.
    fn kept(&self, mut url: Url) -> Result<Page> {
        let Some(cache) = &self.cache else {
            return Err(failure("the network is not to be used and no pages are kept"));
        };
        for _ in 0..=self.options.max_redirects {
            match cache.load(&url) {
                Some(Entry { redirect: Some(to), .. }) => url = address::parse(&to)?,
                Some(entry) => return Ok(entry.into_page(&url, Origin::Offline)),
                None => break,
            }
        }
        Err(failure("the network is not to be used, and this page was never fetched and kept before"))
    }

    /// Follows redirects to the page.
    fn follow(&self, first: Url, deadline: Instant, on_progress: &mut OnProgress<'_>) -> Result<Page> {
        let mut client = Client::new(&self.options, deadline, on_progress);
        let mut seen = vec![first.clone()];
        let mut url = first.clone();
        loop {
            let location = match self.page(&mut client, &url)? {
                Step::Page(page) => {
                    if let Some(cache) = self.cache.as_ref().filter(|_| url != first) {
                        // For the next time without a network.
                        cache.store_redirect(&first, &url);
                    }
                    return Ok(page);
                }
                Step::Redirect(location) => location,
            };
            let next = address::next_hop(&url, &location)?;
            if seen.contains(&next) {
                return Err(failure(format!("the server redirects in a circle, back to {next}")));
            }
            if seen.len() > self.options.max_redirects {
                return Err(failure(format!("more than {} redirects, the last to {next}", self.options.max_redirects)));
            }
            seen.push(next.clone());
            url = next;
        }
    }

    /// One address: the page that is kept, if it may be used, or the answer of the server.
    fn page(&self, client: &mut Client<'_, '_>, url: &Url) -> Result<Step> {
        let request = client.request(url)?;
        let kept = self.cache.as_ref().and_then(|cache| cache.load(url)).filter(|entry| entry.policy.is_some());
        let Some((entry, cache)) = kept.zip(self.cache.as_ref()) else {
            let answer = client.ask(url, &request, request.headers())?;
            return self.take(answer, &request, url);
        };
        let headers = match entry.ask(&request, SystemTime::now(), self.options.refresh) {
            cache::Ask::Nothing => {
                cache.touch(url);
                return Ok(Step::Page(entry.into_page(url, Origin::Cache)));
            }
            cache::Ask::Server(headers) => headers,
        };
        let answer = client.ask(url, &request, &headers)?;
        if answer.status != StatusCode::NOT_MODIFIED {
            return self.take(answer, &request, url);
        }
        if let Some(entry) = entry.confirmed(&request, &answer.headers, SystemTime::now()) {
            cache.store(url, &entry);
            return Ok(Step::Page(entry.into_page(url, Origin::Cache)));
        }
        // The server means another version than the kept one: once more, without conditions.
        let answer = client.ask(url, &request, request.headers())?;
        self.take(answer, &request, url)
    }

    /// Judges an answer, and keeps it if it may be kept.
    fn take(&self, answer: Answer, request: &ureq::http::Request<()>, url: &Url) -> Result<Step> {
        let content = content_type(&answer.headers);
        let entry = match answer.body {
            Some(body) => Entry::new(request, &answer.headers, body, content),
            None => {
                let location = answer.headers.get(header::LOCATION).map(|l| String::from_utf8_lossy(l.as_bytes()));
                let none = || failure(format!("HTTP {} without a page and without another address", answer.status));
                return location.map(|l| Step::Redirect(l.into_owned())).ok_or_else(none);
            }
        };
        if let Some(cache) = &self.cache {
            match &entry.policy {
                Some(policy) if policy.is_storable() => cache.store(url, &entry),
                // An older version must not come back.
                _ => cache.remove(url),
            }
        }
        Ok(Step::Page(entry.into_page(url, Origin::Network)))
    }
}

/// What one address brought.
enum Step {
    Page(Page),
    Redirect(String),
}

fn content_type(headers: &HeaderMap) -> ContentType {
    let header = headers.get(header::CONTENT_TYPE).map(|v| String::from_utf8_lossy(v.as_bytes()));
    ContentType::parse(&header.unwrap_or_default())
}

fn failure(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Fetch, message)
}
