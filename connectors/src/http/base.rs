//! Which base URLs may be configured.

use url::{Host, Url};

/// Why a base URL is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BaseUrlError {
    /// Plain http would show tokens to everybody on the way.
    #[error(
        "plain http is accepted for this computer only (localhost, 127.0.0.1, ::1), not for {host}: use https"
    )]
    PlainHttp {
        /// The host that was named.
        host: String,
    },
    /// Neither http nor https.
    #[error("{scheme} is not a scheme we speak: use https")]
    Scheme {
        /// The scheme that was named.
        scheme: String,
    },
    /// No host to talk to.
    #[error("the address names no host")]
    NoHost,
    /// Parts that a base must not have, because paths are appended to it.
    #[error("a base address must not carry a user, a password, a query or a fragment")]
    Extras,
}

/// Checks that `url` may serve as the base of an API: https anywhere, http on this computer only.
///
/// # Errors
/// When a token sent there could be read on the way, or nothing can be appended to the address.
pub fn check_base_url(url: &Url) -> Result<(), BaseUrlError> {
    let Some(host) = url.host_str() else {
        return Err(BaseUrlError::NoHost);
    };
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(url) => {}
        "http" => {
            return Err(BaseUrlError::PlainHttp {
                host: host.to_owned(),
            });
        }
        other => {
            return Err(BaseUrlError::Scheme {
                scheme: other.to_owned(),
            });
        }
    }
    let plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if plain {
        Ok(())
    } else {
        Err(BaseUrlError::Extras)
    }
}

/// Whether an address never leaves this computer.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str) -> Result<(), BaseUrlError> {
        check_base_url(&Url::parse(url).expect("a valid sample"))
    }

    #[test]
    fn https_goes_anywhere_and_http_stays_home() {
        for good in [
            "https://api.lightspeedapp.com/API/V3",
            "http://localhost:8080/API/V3",
            "http://127.0.0.2:1/",
            "http://[::1]:9/auth/oauth",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "http://api.lightspeedapp.com/",
            "http://localhost.example.com/",
            "http://10.0.0.1/",
        ] {
            assert!(
                matches!(check(bad), Err(BaseUrlError::PlainHttp { .. })),
                "{bad}"
            );
        }
        assert!(matches!(
            check("ftp://127.0.0.1/"),
            Err(BaseUrlError::Scheme { .. })
        ));
        assert_eq!(check("https://me@host/"), Err(BaseUrlError::Extras));
        assert_eq!(check("https://host/?a=b"), Err(BaseUrlError::Extras));
        assert_eq!(check("data:text/plain,x"), Err(BaseUrlError::NoHost));
    }
}
