//! The hub: one file of a repository over HTTP, with time limits, gone on with after a broken transfer.

use std::io::Read;
use std::time::Duration;
use std::{fs, thread};

use hf_hub::{Repo, RepoType};
use ureq::config::{AutoHeaderValue, RedirectAuthHeaders};
use ureq::http::{Response, Uri, header};
use ureq::{Agent, Body};

use super::{RemoteSource, Work};
use crate::engine::store::disk::require_space;
use crate::engine::store::manifest::HubFile;
use crate::engine::store::partial::{self, Partial};
use crate::engine::store::{HubConfig, Progress, bytes, tell};
use crate::error::{Error, ErrorKind, Result};

/// Broken transfers that are gone on with before giving up; each must have brought something.
const RESUMES: usize = 8;
const REDIRECTS: u32 = 5;
const PIECE: usize = 1 << 18;

pub(super) struct HubSource<'a> {
    pub(super) file: &'a HubFile,
    pub(super) hub: &'a HubConfig,
}

/// What ended a transfer.
enum Fault {
    /// Trying again cannot help.
    Final(Error),
    /// The connection broke; a new one may go on.
    Broken(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

impl RemoteSource for HubSource<'_> {
    fn describe(&self) -> String {
        format!("hub {}", self.url())
    }

    fn fetch(&self, work: &mut Work<'_>) -> Result<()> {
        if self.hub.offline {
            return Err(failure("not asked, because the hub is switched off (HF_HUB_OFFLINE)"));
        }
        let size = work.manifest.size;
        let here = fs::metadata(partial::place(work.target)).map_or(0, |m| m.len());
        if let Some(folder) = work.target.parent() {
            require_space(folder, size.saturating_sub(here))?;
        }
        let agent = self.agent();
        let mut partial = Partial::resume(work.target, size, work.on_progress)?;
        let resumed = partial.len() > 0;
        self.download(&agent, &mut partial, work)?;
        match partial.finish(&work.manifest.sha256) {
            // What an earlier run left may have been the wrong part: once more from nothing.
            Err(e) if resumed && e.kind() == ErrorKind::Model => {
                tell(work.on_progress, Progress::Failed(format!("{e}; beginning anew")))?;
                let mut partial = Partial::create(work.target, size)?;
                self.download(&agent, &mut partial, work)?;
                partial.finish(&work.manifest.sha256)?;
            }
            done => done?,
        }
        Ok(())
    }
}

impl HubSource<'_> {
    fn agent(&self) -> Agent {
        let limit = Some(self.hub.timeout);
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(concat!("faqtory/", env!("CARGO_PKG_VERSION")))
            .accept_encoding(AutoHeaderValue::None)
            .timeout_resolve(limit)
            .timeout_connect(limit)
            .timeout_recv_response(limit)
            .timeout_per_read(limit)
            .timeout_per_write(limit)
            .max_redirects(REDIRECTS)
            // The hub sends on to other hosts, which must not see the token.
            .redirect_auth_headers(RedirectAuthHeaders::SameHost);
        // A hub on this very machine is not behind the proxy that the environment may name.
        let config = if is_loopback(&self.hub.endpoint) { config.proxy(None) } else { config };
        config.build().into()
    }

    fn url(&self) -> String {
        let HubFile { repo, revision, file } = self.file;
        let repo = Repo::with_revision(repo.clone(), RepoType::Model, revision.clone());
        let endpoint = self.hub.endpoint.trim_end_matches('/');
        format!("{endpoint}/{}/resolve/{}/{}", repo.url(), escape(&repo.url_revision(), "/%"), escape(file, "/"))
    }

    fn download(&self, agent: &Agent, partial: &mut Partial, work: &mut Work<'_>) -> Result<()> {
        for resume in 0.. {
            let before = partial.len();
            match self.transfer(agent, partial, work) {
                Ok(()) => return Ok(()),
                Err(Fault::Broken(e)) if partial.len() > before && resume < RESUMES => {
                    tell(work.on_progress, Progress::Failed(format!("{e}; going on")))?;
                    thread::sleep(Duration::from_millis(100));
                }
                Err(Fault::Broken(e) | Fault::Final(e)) => return Err(e),
            }
        }
        Ok(())
    }

    /// One request: what is missing is asked for, and appended as it comes.
    fn transfer(&self, agent: &Agent, partial: &mut Partial, work: &mut Work<'_>) -> Result<(), Fault> {
        let total = work.manifest.size;
        tell(work.on_progress, Progress::Downloading { done: partial.len(), total })?;
        if partial.len() == total {
            return Ok(());
        }
        let mut response = self.ask(agent, partial.len())?;
        if response.status() == 416 && partial.len() > 0 {
            partial.restart()?;
            response = self.ask(agent, 0)?;
        }
        match response.status().as_u16() {
            200 => partial.restart()?,
            206 => check_range(&response, partial.len(), total)?,
            status => return Err(self.refused(status)),
        }
        let missing = total - partial.len();
        if let Some(length) = response.body().content_length().filter(|length| *length != missing) {
            let message = format!(
                "the hub's file is not the manifest's: {} were to come, the hub announces {}",
                bytes(missing),
                bytes(length)
            );
            return Err(failure(message).into());
        }
        let mut body = response.body_mut().as_reader();
        let mut piece = vec![0; PIECE];
        loop {
            match body.read(&mut piece) {
                Ok(0) if partial.len() < total => {
                    return Err(Fault::Broken(failure(format!(
                        "the transfer ended early, after {} of {}",
                        bytes(partial.len()),
                        bytes(total)
                    ))));
                }
                Ok(0) => return Ok(()),
                Ok(n) => partial.write(&piece[..n])?,
                Err(e) => {
                    let at = format!("after {} of {}", bytes(partial.len()), bytes(total));
                    let why = self.plain(&ureq::Error::from(e));
                    return Err(Fault::Broken(failure(format!("the transfer broke {at}: {why}"))));
                }
            }
            tell(work.on_progress, Progress::Downloading { done: partial.len(), total })?;
        }
    }

    fn ask(&self, agent: &Agent, from: u64) -> Result<Response<Body>, Fault> {
        let mut request = agent.get(self.url());
        if from > 0 {
            request = request.header(header::RANGE, format!("bytes={from}-"));
        }
        if let Some(token) = self.hub.token.as_deref().map(str::trim).filter(|t| !t.is_empty()) {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        request.call().map_err(|e| Fault::Broken(failure(self.plain(&e))))
    }

    fn refused(&self, status: u16) -> Fault {
        let HubFile { repo, revision, file } = self.file;
        let message = match (status, &self.hub.token) {
            (401 | 403, None) => format!(
                "the hub refuses `{repo}` (HTTP {status}): it is gated, private or not there; \
                 accept its terms on the hub and set HF_TOKEN"
            ),
            (401 | 403, Some(_)) => format!(
                "the hub refuses `{repo}` (HTTP {status}) although a token was sent; \
                 accept its terms on the hub, or set HF_TOKEN to a token that may read it"
            ),
            (404, _) => format!("the hub has no `{file}` in `{repo}` at `{revision}` (HTTP 404)"),
            (429, _) => "the hub asks for fewer requests (HTTP 429); try again later".to_owned(),
            (500.., _) => format!("the hub has a fault (HTTP {status}); try again later"),
            _ => format!("the hub answered with HTTP {status}"),
        };
        Fault::Final(failure(message))
    }

    /// An error of the HTTP client in words; none of them carries the request, and so none the token.
    fn plain(&self, error: &ureq::Error) -> String {
        match error {
            ureq::Error::Timeout(_) => format!("no answer within {:?}", self.hub.timeout),
            ureq::Error::HostNotFound => "the name of the host is unknown".to_owned(),
            ureq::Error::TooManyRedirects => format!("sent on more than {REDIRECTS} times"),
            ureq::Error::Io(e) => format!("no connection ({e})"),
            other => other.to_string(),
        }
    }
}

/// The piece that comes must be the one that was asked for, of a file of the right size.
fn check_range(response: &Response<Body>, from: u64, total: u64) -> Result<(), Fault> {
    let range = response.headers().get(header::CONTENT_RANGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let expected = format!("bytes {from}-{}/", total - 1);
    match range.strip_prefix(&expected) {
        Some(size) if size == "*" || size == total.to_string() => Ok(()),
        _ => Err(failure(format!("asked for `{expected}{total}`, the hub sent `{range}`")).into()),
    }
}

fn is_loopback(endpoint: &str) -> bool {
    let host = endpoint.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned)).unwrap_or_default();
    host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

/// Percent-encodes what may not stand in a path (RFC 3986), except for `keep`.
fn escape(text: &str, keep: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b) || keep.as_bytes().contains(&b);
    text.bytes().map(|b| if plain(b) { (b as char).to_string() } else { format!("%{b:02X}") }).collect()
}

fn failure(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Download, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_escaped_and_loopback_is_known() {
        let file = HubFile { repo: "o/n".into(), revision: "refs/pr/1".into(), file: "a b/ñ.gguf".into() };
        let hub = HubConfig {
            endpoint: "http://h/".into(),
            token: None,
            cache: "".into(),
            offline: false,
            timeout: Duration::ZERO,
        };
        let url = HubSource { file: &file, hub: &hub }.url();
        assert_eq!(url, "http://h/o/n/resolve/refs%2Fpr%2F1/a%20b/%C3%B1.gguf");
        for (endpoint, local) in [("http://127.0.0.1:80", true), ("http://[::1]/x", true), ("https://h.example", false)]
        {
            assert_eq!(is_loopback(endpoint), local, "{endpoint}");
        }
    }
}
