//! One request and its answer over HTTP: limits, repeated attempts, and what went wrong in words.

use std::io::Read;
use std::ops::ControlFlow;
use std::thread;
use std::time::{Duration, Instant};

use ureq::http::{HeaderMap, Request, Response, StatusCode, header};
use ureq::{Agent, Body};
use url::Url;

use super::{FetchOptions, OnProgress, Progress, address, content_type, failure};
use crate::error::{Error, ErrorKind, Result};

/// Says honestly who asks.
const USER_AGENT: &str =
    concat!("faqtory/", env!("CARGO_PKG_VERSION"), " (command-line reader of single articles that its user names)");
/// What is asked for first; servers that have only something else may send it.
const ACCEPT: &str =
    "text/html, application/xhtml+xml, text/markdown, text/plain;q=0.9, application/pdf;q=0.8, */*;q=0.5";
/// The longest wait that a server may ask for.
const MAX_WAIT: Duration = Duration::from_secs(10);
/// Waits are cut into pieces of this length, so that the caller can break off.
const NAP: Duration = Duration::from_millis(100);
const MAX_HEADERS: usize = 64 << 10;
const PIECE: usize = 64 << 10;

/// An answer that is a page, a redirect or "not modified".
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// The body of a page, decompressed.
    pub(super) body: Option<Vec<u8>>,
}

/// Why an attempt failed.
enum Fault {
    /// Trying again cannot help.
    Final(Error),
    /// It may go better after this time.
    Passing(Error, Option<Duration>),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// Asks servers until one page is there or its time is over.
pub(super) struct Client<'a, 'p> {
    options: &'a FetchOptions,
    deadline: Instant,
    on_progress: &'a mut OnProgress<'p>,
}

impl<'a, 'p> Client<'a, 'p> {
    pub(super) fn new(options: &'a FetchOptions, deadline: Instant, on_progress: &'a mut OnProgress<'p>) -> Self {
        Self { options, deadline, on_progress }
    }

    /// The request for an address, as it is without a kept page.
    pub(super) fn request(&self, url: &Url) -> Result<Request<()>> {
        Request::get(url.as_str())
            .header(header::USER_AGENT, USER_AGENT)
            .header(header::ACCEPT, ACCEPT)
            .header(header::ACCEPT_ENCODING, "gzip")
            .body(())
            .map_err(|e| failure("the address cannot be asked for").with_source(e))
    }

    /// Sends the request with these headers, again if that may help.
    pub(super) fn ask(&mut self, url: &Url, request: &Request<()>, headers: &HeaderMap) -> Result<Answer> {
        let agent = self.agent(url);
        for attempt in 0.. {
            self.tell(Progress::Asking(url.as_str()))?;
            let (error, asked) = match self.attempt(&agent, request, headers) {
                Ok(answer) => return Ok(answer),
                Err(Fault::Final(error)) => return Err(error),
                Err(Fault::Passing(error, wait)) => (error, wait),
            };
            let wait = asked.unwrap_or(self.options.backoff * 2u32.saturating_pow(attempt));
            if attempt >= self.options.retries || wait > MAX_WAIT || wait >= self.left() {
                return Err(error);
            }
            self.tell(Progress::Retrying(error.message(), wait))?;
            self.sleep(wait)?;
        }
        unreachable!("the loop ends by returning")
    }

    fn agent(&self, url: &Url) -> Agent {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(self.options.connect_timeout))
            .max_response_header_size(MAX_HEADERS)
            // Each redirect is judged before it is followed.
            .max_redirects(0)
            .max_redirects_will_error(false);
        // This machine is not behind the proxy that the environment may name.
        let config = if address::is_loopback(url) { config.proxy(None) } else { config };
        config.build().into()
    }

    fn attempt(&mut self, agent: &Agent, request: &Request<()>, headers: &HeaderMap) -> Result<Answer, Fault> {
        let left = self.left();
        if left.is_zero() {
            return Err(self.too_slow().into());
        }
        let mut request = request.clone();
        *request.headers_mut() = headers.clone();
        let request = agent.configure_request(request).timeout_global(Some(left)).build();
        let mut response = agent.run(request).map_err(|e| self.fault(e))?;
        let (status, headers) = (response.status(), response.headers().clone());
        match status.as_u16() {
            200 | 203 => {}
            304 | 301 | 302 | 303 | 307 | 308 => return Ok(Answer { status, headers, body: None }),
            _ => return Err(refused(status, &headers)),
        }
        content_type(&headers).check()?;
        let body = self.body(&mut response)?;
        Ok(Answer { status, headers, body: Some(body) })
    }

    fn body(&mut self, response: &mut Response<Body>) -> Result<Vec<u8>, Fault> {
        let limit = self.options.max_bytes;
        let encoding = response.headers().get(header::CONTENT_ENCODING).map(|v| v.as_bytes().to_ascii_lowercase());
        if let Some(other) = encoding.filter(|e| !matches!(&e[..], b"gzip" | b"identity" | b"")) {
            let other: String = String::from_utf8_lossy(&other).chars().take(80).collect();
            return Err(failure(format!("the server compressed the page by `{other}`, which was not asked for")).into());
        }
        let announced =
            response.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.trim().parse().ok());
        if let Some(size) = announced.filter(|size| *size > limit) {
            return Err(failure(format!("the page is too large: {size} bytes, the limit is {limit} bytes")).into());
        }
        let mut body = response.body_mut().as_reader();
        let (mut bytes, mut piece) = (Vec::new(), vec![0; PIECE]);
        loop {
            match body.read(&mut piece) {
                Ok(0) => return Ok(bytes),
                Ok(n) => bytes.extend_from_slice(&piece[..n]),
                Err(e) => return Err(self.broken(e, bytes.len(), announced)),
            }
            if bytes.len() as u64 > limit {
                let message =
                    format!("the page is too large: over {limit} bytes after decompression, which is the limit");
                return Err(failure(message).into());
            }
            if self.left().is_zero() {
                return Err(self.too_slow().into());
            }
            self.tell(Progress::Received(bytes.len() as u64))?;
        }
    }

    /// What broke off a body.
    fn broken(&self, error: std::io::Error, had: usize, announced: Option<u64>) -> Fault {
        let error = ureq::Error::from(error);
        if matches!(error, ureq::Error::Timeout(_)) {
            return self.too_slow().into();
        }
        if let ureq::Error::Decompress(_, why) = &error {
            return failure(format!("the compressed page is damaged ({why})")).into();
        }
        let of = announced.map_or(String::new(), |size| format!(" of {size}"));
        Fault::Passing(failure(format!("the page broke off after {had}{of} bytes")).with_source(error), None)
    }

    /// An error of the HTTP client before there was an answer.
    fn fault(&self, error: ureq::Error) -> Fault {
        let seconds = self.options.connect_timeout.as_secs_f32();
        match error {
            ureq::Error::Timeout(ureq::Timeout::Connect) => failure(format!("no connection within {seconds} s")).into(),
            ureq::Error::Timeout(_) => self.too_slow().into(),
            ureq::Error::HostNotFound => failure("there is no host of that name, or no network").into(),
            ureq::Error::LargeResponseHeader(..) => {
                failure(format!("the header of the answer is over {MAX_HEADERS} bytes")).into()
            }
            ureq::Error::Io(e) => Fault::Passing(failure("the connection failed").with_source(e), None),
            ureq::Error::ConnectionFailed => Fault::Passing(failure("the connection failed"), None),
            other => failure("the server did not answer as HTTP servers do").with_source(other).into(),
        }
    }

    fn too_slow(&self) -> Error {
        failure(format!("the page was not there within {} s", self.options.timeout.as_secs_f32()))
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn sleep(&mut self, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            thread::sleep(left.min(NAP));
            self.tell(Progress::Received(0))?;
        }
    }

    fn tell(&mut self, progress: Progress<'_>) -> Result<()> {
        match (self.on_progress)(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::new(ErrorKind::Cancelled, "stopped")),
        }
    }
}

/// What a status means to the reader of an article.
fn refused(status: StatusCode, headers: &HeaderMap) -> Fault {
    let code = status.as_u16();
    let asked = headers.get(header::RETRY_AFTER).and_then(|v| v.to_str().ok()).map(str::trim).unwrap_or_default();
    let wait = asked.parse().ok().map(Duration::from_secs);
    let later = match wait {
        Some(time) => format!("; it asks to wait {} s", time.as_secs()),
        None if asked.is_empty() => "; try again later".to_owned(),
        None => format!("; it asks to wait until {}", asked.chars().take(40).collect::<String>()),
    };
    let message = match code {
        401 | 407 => format!("the page is only for those who log in (HTTP {code})"),
        403 => "the server does not let this program read the page (HTTP 403)".to_owned(),
        404 => "there is no such page (HTTP 404)".to_owned(),
        410 => "the page was taken away for good (HTTP 410)".to_owned(),
        429 => format!("the server asks for fewer requests (HTTP 429){later}"),
        451 => "the page may not be shown for legal reasons (HTTP 451)".to_owned(),
        500.. => format!("the server has a fault (HTTP {code}){later}"),
        _ => format!("the server answered with HTTP {code} and no page"),
    };
    match code {
        429 | 502 | 503 | 504 => Fault::Passing(failure(message), wait),
        _ => failure(message).into(),
    }
}
