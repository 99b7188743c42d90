//! Fetching from servers that are bad in every way that one machine can be.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;
use crate::loopback::{Got, Server, send};

const HTML: &str = "content-type: text/html; charset=ISO-8859-1\r\n";

fn quick() -> FetchOptions {
    FetchOptions { backoff: Duration::from_millis(1), timeout: Duration::from_secs(20), ..FetchOptions::default() }
}

fn with_cache(folder: &std::path::Path) -> FetchOptions {
    FetchOptions { cache: Some(CacheOptions { folder: folder.to_owned(), max_bytes: 1 << 20 }), ..quick() }
}

fn fetch(options: FetchOptions, url: &str) -> Result<Page> {
    Fetcher::new(options).fetch(url, &mut |_| ControlFlow::Continue(()))
}

#[track_caller]
fn fails(options: FetchOptions, url: &str, expected: &str) {
    let error = fetch(options, url).expect_err("it fails");
    assert_eq!(error.kind(), ErrorKind::Fetch);
    assert!(error.message().contains(expected), "{error} (expected {expected:?})");
    assert_eq!(error.place(), Some(url));
}

/// Waits until the client hangs up.
fn hang(stream: &mut TcpStream) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(30)));
    let _ = std::io::Read::read(stream, &mut [0]);
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_page_comes_with_its_type_charset_and_final_address() {
    let server = Server::new(|got, stream| match got.path.as_str() {
        "/old" => send(stream, "301 Moved Permanently", "location: ./new?x=1\r\n", b""),
        _ => send(stream, "200 OK", HTML, b"<p>text"),
    });
    let page = fetch(quick(), &server.url("/old#part")).unwrap();
    assert_eq!(page.url, server.url("/new?x=1"));
    assert_eq!(page.content_type.as_deref(), Some("text/html"));
    assert_eq!(page.charset.as_deref(), Some("iso-8859-1"));
    assert_eq!(
        (page.bytes.as_slice(), page.origin, page.format()),
        (&b"<p>text"[..], Origin::Network, Some(SourceFormat::Html))
    );
    assert!(server.got()[0].header("user-agent").unwrap().starts_with("faqtory/"));
}

#[test]
fn servers_that_hang_or_drip_cost_no_more_than_the_limit() {
    let server = Server::new(|got, stream| match got.path.as_str() {
        "/headers" => hang(stream),
        "/body" => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 99\r\n\r\nbegin");
            hang(stream);
        }
        _ => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n");
            while stream.write_all(b"x").is_ok() {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    });
    for path in ["/headers", "/body", "/drip"] {
        let options = FetchOptions { timeout: Duration::from_millis(400), ..quick() };
        let start = Instant::now();
        fails(options, &server.url(path), "not there within 0.4 s");
        assert!(start.elapsed() < Duration::from_secs(15), "{path}");
    }
}

#[test]
fn redirects_end() {
    let server = Server::new(|got, stream| {
        let location = match got.path.as_str() {
            "/a" => "/b".to_owned(),
            "/b" => "/a".to_owned(),
            "/file" => "file:///etc/passwd".to_owned(),
            "/none" => return send(stream, "302 Found", "", b""),
            "/slow" => "/end".to_owned(),
            "/end" => return send(stream, "200 OK", HTML, b"<p>end"),
            path => format!("{path}x"),
        };
        send(stream, "302 Found", &format!("location: {location}\r\n"), b"");
    });
    fails(quick(), &server.url("/a"), "in a circle");
    fails(quick(), &server.url("/file"), "`file:`");
    fails(quick(), &server.url("/none"), "without another address");
    fails(FetchOptions { max_redirects: 3, ..quick() }, &server.url("/long"), "more than 3 redirects");
    fails(FetchOptions { max_redirects: 0, ..quick() }, &server.url("/slow"), "more than 0 redirects");
    assert!(fetch(FetchOptions { max_redirects: 1, ..quick() }, &server.url("/slow")).is_ok());
}

#[test]
fn a_page_of_the_wrong_length_is_no_page() {
    let server = Server::new(|got, stream| {
        let head =
            |length: &str| format!("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n{length}connection: close\r\n\r\n");
        let text = match got.path.as_str() {
            "/short" => head("content-length: 500\r\n") + "<p>only this",
            "/long" => head("content-length: 5\r\n") + "<p>ab and more",
            "/chunks" => head("transfer-encoding: chunked\r\n") + "5\r\n<p>ab\r\n500\r\nonly this",
            _ => head("content-length: 999999999999\r\n"),
        };
        let _ = stream.write_all(text.as_bytes());
    });
    fails(quick(), &server.url("/short"), "broke off after 12 of 500 bytes");
    assert_eq!(server.got().len(), 3, "a broken transfer is tried three times");
    fails(quick(), &server.url("/chunks"), "broke off");
    fails(quick(), &server.url("/huge"), "too large: 999999999999 bytes");
    // What follows the stated length is not part of the page (RFC 9112, section 6.3).
    assert_eq!(fetch(quick(), &server.url("/long")).unwrap().bytes, b"<p>ab");
}

#[test]
fn compressed_pages_are_read_within_the_limit() {
    let small = gzip(b"<p>small");
    let torn = small[..small.len() - 10].to_vec();
    let bomb = gzip(&vec![b' '; 40 << 20]);
    let server = Server::new(move |got, stream| {
        let (encoding, body) = match got.path.as_str() {
            "/small" => ("gzip", &small),
            "/torn" => ("gzip", &torn),
            "/br" => ("br", &small),
            _ => ("gzip", &bomb),
        };
        send(stream, "200 OK", &format!("{HTML}content-encoding: {encoding}\r\n"), body);
    });
    assert_eq!(fetch(quick(), &server.url("/small")).unwrap().bytes, b"<p>small");
    fails(
        FetchOptions { max_bytes: 1 << 20, ..quick() },
        &server.url("/bomb"),
        "over 1048576 bytes after decompression",
    );
    fails(quick(), &server.url("/br"), "compressed the page by `br`");
    assert!(fetch(quick(), &server.url("/torn")).is_err());
}

#[test]
fn a_status_is_told_in_words_and_only_passing_ones_are_tried_again() {
    let server = Server::new(|got, stream| {
        let status = got.path.trim_start_matches('/');
        let wait = if status == "429" { "retry-after: 3600\r\n" } else { "" };
        send(stream, &format!("{status} Name"), wait, b"<p>not the article");
    });
    for (status, expected, requests) in [
        ("404", "no such page", 1),
        ("410", "for good", 1),
        ("401", "log in", 1),
        ("403", "does not let", 1),
        ("500", "has a fault", 1),
        ("503", "has a fault (HTTP 503); try again later", 3),
        // An hour is not waited.
        ("429", "fewer requests (HTTP 429); it asks to wait 3600 s", 1),
        ("204", "HTTP 204 and no page", 1),
    ] {
        let before = server.got().len();
        fails(quick(), &server.url(&format!("/{status}")), expected);
        assert_eq!(server.got().len() - before, requests, "{status}");
    }
}

#[test]
fn a_fault_that_passes_is_no_failure() {
    let count = AtomicUsize::new(0);
    let server = Server::new(move |_, stream| match count.fetch_add(1, Ordering::SeqCst) {
        0 => send(stream, "503 Busy", "retry-after: 0\r\n", b""),
        1 => {}
        _ => send(stream, "200 OK", HTML, b"<p>at last"),
    });
    assert_eq!(fetch(quick(), &server.url("/")).unwrap().bytes, b"<p>at last");
}

#[test]
fn what_is_no_article_and_what_is_no_http_is_refused() {
    let server = Server::new(|got, stream| match got.path.as_str() {
        "/image" => send(stream, "200 OK", "content-type: image/png\r\n", b"x"),
        "/huge" => send(stream, "200 OK", &format!("{HTML}x-long: {}\r\n", "x".repeat(200_000)), b"x"),
        _ => drop(stream.write_all(b"SSH-2.0-x\r\n\r\n")),
    });
    fails(quick(), &server.url("/image"), "`image/png`");
    fails(quick(), &server.url("/huge"), "header");
    assert!(fetch(quick(), &server.url("/ssh")).is_err());
    let address = server.url("/");
    drop(server);
    fails(quick(), &address, "connection failed");
}

#[test]
fn the_caller_can_break_off() {
    let server = Server::new(|_, stream| send(stream, "200 OK", HTML, b"<p>x"));
    let error = Fetcher::new(quick()).fetch(&server.url("/"), &mut |_| ControlFlow::Break(())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}

/// A server whose pages have a validator; it confirms the version `v1`.
fn versioned(cache_control: &'static str) -> Server {
    Server::new(move |got: &Got, stream: &mut TcpStream| match got.path.as_str() {
        "/from" => send(stream, "302 Found", "location: /page\r\n", b""),
        _ if got.header("if-none-match") == Some("\"v1\"") => send(stream, "304 Not Modified", "", b""),
        _ => send(stream, "200 OK", &format!("{HTML}etag: \"v1\"\r\ncache-control: {cache_control}\r\n"), b"<p>v1"),
    })
}

#[test]
fn a_kept_page_is_used_while_fresh_and_confirmed_after() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = versioned("max-age=600");
    let origin = |options: FetchOptions, url: &str| {
        let page = fetch(options, url).unwrap();
        assert_eq!((page.bytes.as_slice(), page.charset.as_deref()), (&b"<p>v1"[..], Some("iso-8859-1")));
        page.origin
    };
    let url = fresh.url("/page");
    assert_eq!(origin(with_cache(folder.path()), &url), Origin::Network);
    assert_eq!(origin(with_cache(folder.path()), &url), Origin::Cache);
    assert_eq!(fresh.got().len(), 1, "a fresh page is not asked for");
    assert_eq!(origin(FetchOptions { refresh: true, ..with_cache(folder.path()) }, &url), Origin::Cache);
    assert_eq!(fresh.got().len(), 2, "unless it is to be refreshed");

    for control in ["no-cache", "max-age=0, must-revalidate"] {
        let stale = versioned(control);
        let url = stale.url("/page");
        assert_eq!(origin(with_cache(folder.path()), &url), Origin::Network);
        assert_eq!(origin(with_cache(folder.path()), &url), Origin::Cache);
        assert_eq!(origin(with_cache(folder.path()), &url), Origin::Cache);
        let conditions = stale.got().iter().filter(|got| got.header("if-none-match").is_some()).count();
        assert_eq!((stale.got().len(), conditions), (3, 2), "{control}");
    }
}

#[test]
fn without_a_network_kept_pages_are_used_however_old() {
    let folder = tempfile::tempdir().unwrap();
    let offline = || FetchOptions { offline: true, ..with_cache(folder.path()) };
    let server = versioned("max-age=0");
    let url = server.url("/from");
    fails(offline(), &url, "never fetched");
    fails(FetchOptions { offline: true, ..quick() }, &url, "no pages are kept");
    assert!(server.got().is_empty());
    fetch(with_cache(folder.path()), &url).unwrap();
    let page = fetch(offline(), &url).unwrap();
    assert_eq!((page.url, page.origin), (server.url("/page"), Origin::Offline));
}

#[test]
fn what_is_not_to_be_kept_is_not_and_damaged_files_are_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let files = || std::fs::read_dir(folder.path()).unwrap().flatten().map(|e| e.path()).collect::<Vec<_>>();
    let secret = versioned("no-store");
    fetch(with_cache(folder.path()), &secret.url("/page")).unwrap();
    assert!(files().is_empty());

    let server = versioned("max-age=600");
    for damage in ["", "{}\n", "not json\nx"] {
        fetch(with_cache(folder.path()), &server.url("/page")).unwrap();
        let [file] = &files()[..] else { panic!("{:?}", files()) };
        std::fs::write(file, damage).unwrap();
        assert_eq!(
            fetch(with_cache(folder.path()), &server.url("/page")).unwrap().origin,
            Origin::Network,
            "{damage:?}"
        );
    }
    let [file] = &files()[..] else { panic!("{:?}", files()) };
    let mut bytes = std::fs::read(file).unwrap();
    *bytes.last_mut().unwrap() = b'X';
    std::fs::write(file, bytes).unwrap();
    assert_eq!(fetch(with_cache(folder.path()), &server.url("/page")).unwrap().origin, Origin::Network);
}

#[test]
fn the_folder_keeps_to_its_size() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::new(|_, stream| {
        send(
            stream,
            "200 OK",
            &format!("{HTML}cache-control: max-age=600\r\nage: 99999999999999999999\r\n"),
            &[b'x'; 3_000],
        );
    });
    let options = || FetchOptions {
        cache: Some(CacheOptions { folder: folder.path().to_owned(), max_bytes: 10_000 }),
        ..quick()
    };
    for i in 0..8 {
        fetch(options(), &server.url(&format!("/{i}"))).unwrap();
    }
    let sizes: Vec<u64> =
        std::fs::read_dir(folder.path()).unwrap().flatten().map(|e| e.metadata().unwrap().len()).collect();
    assert!(!sizes.is_empty() && sizes.iter().sum::<u64>() <= 10_000, "{sizes:?}");
    let small =
        FetchOptions { cache: Some(CacheOptions { folder: folder.path().to_owned(), max_bytes: 100 }), ..quick() };
    assert!(fetch(small, &server.url("/0")).is_ok(), "a page that does not fit is not kept, but read");
}

#[test]
fn several_threads_can_use_one_folder() {
    let folder = tempfile::tempdir().unwrap();
    let server = versioned("no-cache");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    assert_eq!(fetch(with_cache(folder.path()), &server.url("/page")).unwrap().bytes, b"<p>v1");
                }
            });
        }
    });
    assert!(
        std::fs::read_dir(folder.path()).unwrap().flatten().all(|e| e.path().extension().is_some_and(|e| e == "page"))
    );
}

#[test]
fn the_format_is_that_of_the_header_unless_the_bytes_deny_it() {
    let page = |url: &str, content_type: &str, bytes: &[u8]| Page {
        url: url.to_owned(),
        bytes: bytes.to_owned(),
        content_type: Some(content_type.to_owned()),
        charset: None,
        origin: Origin::Network,
    };
    assert_eq!(page("http://a/b", "text/html", b"<i>x").format(), Some(SourceFormat::Html));
    assert_eq!(page("http://a/b", "text/html", b"%PDF-1.7 <").format(), None);
    assert_eq!(page("http://a/b", "text/html", b"plain").format(), None);
    assert_eq!(page("http://a/README.MD?raw=1", "text/plain", b"x").format(), Some(SourceFormat::Markdown));
    assert!(page("http://a/b", "application/x-ndjson", b"{}").is_json_lines());
    assert!(page("http://a/b.jsonl?x", "application/octet-stream", b"{}").is_json_lines());
    assert!(page("http://a/b.jsonl.gz", "application/gzip", b"").is_json_lines());
}
