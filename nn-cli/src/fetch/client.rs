//! Asking a server for a file, or for the rest of it.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::CryptoProvider;
use ureq::config::Config;
use ureq::http::{HeaderMap, StatusCode, header};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Proxy};

use crate::error::{Error, Result};

/// Connections to the servers of one call.
pub struct Client {
    agent: Agent,
    timeout: Duration,
}

/// What a server answered.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Box<dyn Read>,
}

impl Client {
    /// `timeout` is how long nothing may come; `https_only` refuses to be led to an address without TLS.
    ///
    /// # Errors
    /// If HTTPS is not to be had on this processor, or the certificates to trust cannot be read.
    pub fn new(timeout: Duration, https_only: bool) -> Result<Client> {
        let mut tls = TlsConfig::builder();
        if https_only {
            tls = tls.unversioned_rustls_crypto_provider(Arc::new(provider()?));
        } else if let Ok(provider) = provider() {
            tls = tls.unversioned_rustls_crypto_provider(Arc::new(provider));
        }
        tls = tls.root_certs(match std::env::var_os("SSL_CERT_FILE") {
            Some(path) if !path.is_empty() => certificates(path.as_ref())?,
            _ => RootCerts::WebPki,
        });
        let config = Config::builder()
            .tls_config(tls.build())
            .proxy(Proxy::try_from_env())
            .https_only(https_only)
            .http_status_as_error(false)
            .user_agent(concat!("nn/", env!("CARGO_PKG_VERSION")))
            // Bytes are compared with a checksum: nobody on the way may pack them.
            .accept_encoding("identity")
            .timeout_resolve(Some(timeout))
            .timeout_connect(Some(timeout))
            .timeout_recv_response(Some(timeout))
            .timeout_per_read(Some(timeout))
            .build();
        Ok(Client {
            agent: Agent::new_with_config(config),
            timeout,
        })
    }

    /// Asks for what comes from byte `from` on.
    ///
    /// # Errors
    /// In words, if there is no answer.
    pub fn get(&self, address: &str, from: u64) -> Result<Answer, String> {
        let mut request = self.agent.get(address);
        if from > 0 {
            request = request.header(header::RANGE, format!("bytes={from}-"));
        }
        let response = request.call().map_err(|e| self.sentence(&e))?;
        let (head, body) = response.into_parts();
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            // The caller knows how much it wants.
            body: Box::new(body.into_with_config().limit(u64::MAX).reader()),
        })
    }

    fn sentence(&self, error: &ureq::Error) -> String {
        let seconds = self.timeout.as_secs();
        match error {
            ureq::Error::Timeout(_) => format!("no answer for {seconds} s"),
            ureq::Error::HostNotFound => "the server's name is not known".to_string(),
            ureq::Error::ConnectionFailed => "there is no connection".to_string(),
            ureq::Error::Io(e) => self.of_io(e),
            ureq::Error::RequireHttpsOnly(_) => "it leads to an address without TLS".to_string(),
            other => other.to_string(),
        }
    }

    /// What to say of an error while reading.
    pub fn of_io(&self, error: &std::io::Error) -> String {
        use std::io::ErrorKind;
        // Errors of the client come wrapped in those of reading.
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
        match (error.kind(), inner) {
            (_, Some(inner @ ureq::Error::Timeout(_))) => self.sentence(inner),
            (ErrorKind::TimedOut | ErrorKind::WouldBlock, _) => {
                format!("nothing came for {} s", self.timeout.as_secs())
            }
            (ErrorKind::ConnectionRefused, _) => "the server refuses the connection".to_string(),
            (ErrorKind::UnexpectedEof, _) => "the connection ended early".to_string(),
            (ErrorKind::ConnectionReset | ErrorKind::BrokenPipe, _) => {
                "the connection broke".to_string()
            }
            _ => error.to_string(),
        }
    }
}

/// The certificates of a PEM file.
fn certificates(path: &std::path::Path) -> Result<RootCerts> {
    let problem = |what: String| Error::input(format!("SSL_CERT_FILE {}: {what}", path.display()));
    let text = std::fs::read(path).map_err(|e| problem(format!("it cannot be read: {e}")))?;
    let mut found = Vec::new();
    for item in parse_pem(&text) {
        match item {
            Ok(PemItem::Certificate(certificate)) => found.push(certificate),
            Ok(_) => {}
            Err(e) => return Err(problem(format!("it is no PEM file of certificates: {e}"))),
        }
    }
    if found.is_empty() {
        return Err(problem("there is no certificate in it".into()));
    }
    Ok(RootCerts::new_with_certs(&found))
}

/// The cryptography of TLS.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn provider() -> Result<CryptoProvider> {
    macro_rules! all {
        ($detected:ident: $($feature:tt),*) => {
            true $(&& std::arch::$detected!($feature))*
        };
    }
    #[cfg(target_arch = "x86_64")]
    let able = all!(is_x86_feature_detected: "aes", "ssse3", "avx", "avx2", "adx", "bmi1", "bmi2", "pclmulqdq");
    #[cfg(target_arch = "aarch64")]
    let able = all!(is_aarch64_feature_detected: "aes", "sha2", "pmull", "neon");
    if able {
        return Ok(rustls_graviola::default_provider());
    }
    Err(no_tls())
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn provider() -> Result<CryptoProvider> {
    Err(no_tls())
}

fn no_tls() -> Error {
    Error::failed(
        "this processor lacks instructions that HTTPS needs here (AES, AVX2, ADX, BMI2, PCLMULQDQ); \
         fetch the files with another program: nn data fetch NAME --list says from where",
    )
}
