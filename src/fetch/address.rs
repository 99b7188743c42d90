//! Addresses: what may be fetched, and where a redirect leads.

use url::{Host, Url};

use crate::error::{Error, ErrorKind, Result};

/// Reads an address as a person writes it; without the part after `#`, which is never sent.
pub(super) fn parse(text: &str) -> Result<Url> {
    let bad = |message: String| Error::new(ErrorKind::Fetch, message).at(text);
    let mut url = Url::parse(text.trim()).map_err(|e| bad(format!("this is no web address ({e})")))?;
    if !is_web(&url) {
        return Err(bad(format!("only http and https addresses can be fetched, not `{}:`", url.scheme())));
    }
    if has_login(&url) {
        let message = "the address has a user name or password in it; save the page and give the file";
        // The place of the error must not show the password.
        let _ = (url.set_username(""), url.set_password(None));
        return Err(Error::new(ErrorKind::Fetch, message).at(url.to_string()));
    }
    url.set_fragment(None);
    Ok(url)
}

/// Where `location` leads from `from`; the error says why it is not gone there.
pub(super) fn next_hop(from: &Url, location: &str) -> Result<Url> {
    let refused = |why: String| Error::new(ErrorKind::Fetch, why);
    let mut to = from.join(location).map_err(|e| refused(format!("the server redirects to no address ({e})")))?;
    if !is_web(&to) {
        return Err(refused(format!("the server redirects to a `{}:` address, which is not followed", to.scheme())));
    }
    if from.scheme() == "https" && to.scheme() == "http" {
        let message =
            "the server redirects from https to http, which is not followed: anybody on the way could change the page";
        return Err(refused(message.to_owned()));
    }
    if has_login(&to) {
        return Err(refused("the server redirects to an address with a password, which is not followed".to_owned()));
    }
    to.set_fragment(None);
    Ok(to)
}

/// Whether the host is this machine, which no proxy leads to.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

fn has_login(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_as_people_write_them() {
        let url = parse(" HTTPS://Diario.Example/año nuevo?q=1#part ").unwrap();
        assert_eq!(url.as_str(), "https://diario.example/a%C3%B1o%20nuevo?q=1");
        assert_eq!(parse("http://peña.example").unwrap().as_str(), "http://xn--pea-8ma.example/");
        for (text, expected) in [
            ("https://", "no web address"),
            ("ftp://a.example/x", "not `ftp:`"),
            ("https://me:secret@a.example/x", "user name or password"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.message().contains(expected), "{error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn redirects_stay_on_the_web_and_do_not_lose_encryption() {
        let from = parse("https://a.example/b/c").unwrap();
        assert_eq!(next_hop(&from, "../d#x").unwrap().as_str(), "https://a.example/d");
        assert_eq!(next_hop(&from, "//e.example").unwrap().as_str(), "https://e.example/");
        for (location, expected) in [
            ("http://a.example/", "from https to http"),
            ("file:///etc/passwd", "`file:`"),
            ("data:text/html,x", "`data:`"),
            ("https://u:p@a.example", "password"),
            ("https://[", "no address"),
        ] {
            let error = next_hop(&from, location).unwrap_err();
            assert!(error.message().contains(expected), "{location}: {error}");
        }
        let plain = parse("http://a.example/").unwrap();
        assert!(next_hop(&plain, "https://a.example/").is_ok());
    }

    #[test]
    fn this_machine_is_known() {
        for (text, local) in [
            ("http://127.0.0.1:80", true),
            ("http://[::1]/x", true),
            ("http://localhost", true),
            ("https://h.example", false),
        ] {
            assert_eq!(is_loopback(&parse(text).unwrap()), local, "{text}");
        }
    }
}
