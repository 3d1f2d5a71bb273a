//! `nn data fetch` as a person would call it, against a server on loopback. That whole files arrive is tested beside the code,
//! since those of the catalogue are known by their checksums alone.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use crate::server::Server;
use crate::support::{Call, Place};

/// The binary without whatever proxy or certificates the machine is set up with.
fn nn(place: &Place) -> Command {
    let mut command = place.command();
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command.env_remove("SSL_CERT_FILE");
    command
}

fn fetch(place: &Place, mirror: &str) -> Command {
    let mut command = nn(place);
    command.args([
        "data",
        "fetch",
        "mnist",
        "--tries",
        "1",
        "--timeout",
        "3",
        "--to",
        "here",
    ]);
    command.args(["--mirror", mirror]);
    command
}

fn call(mut command: Command) -> Call {
    Call::of(command.output().expect("the binary runs"))
}

#[test]
fn what_can_be_fetched_is_listed() {
    let place = Place::new();
    let list = place.good(["data", "fetch", "--list"]).out;
    for name in [
        "mnist",
        "fashion-mnist",
        "kmnist",
        "emnist",
        "cifar10",
        "cifar100",
    ] {
        assert!(list.contains(name), "{list}");
    }
    let one = place.good(["data", "fetch", "cifar10", "--list"]).out;
    assert!(
        one.contains("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"),
        "{one}"
    );
    assert!(
        one.contains("c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
        "{one}"
    );
    place.refused(&["data", "fetch", "minst"], 2, &["did you mean \"mnist\"?"]);
    for (mirror, part) in [
        ("ftp://x/", "https://"),
        ("http://", "https://"),
        ("mnist", "https://"),
    ] {
        place.refused(
            &["data", "fetch", "mnist", "--mirror", mirror],
            2,
            &[mirror, part],
        );
    }
    assert_eq!(place.call(["data", "fetch"]).code, 2);
    assert!(!place.path("data").exists());
}

#[test]
fn a_fetch_that_fails_says_why_and_leaves_nothing() {
    let place = Place::new();
    let server = Server::start(vec![7; 1000]);
    for (behaviour, part) in [
        ("404", "it answers 404"),
        ("good", "its file has 1000 bytes and not 9912422"),
        ("hangs-up", "cannot be fetched"),
    ] {
        let outcome = call(fetch(&place, &server.mirror(behaviour)));
        assert_eq!(outcome.code, 1, "{}", outcome.err);
        outcome.is_one_error(&[
            "train-images-idx3-ubyte.gz",
            &server.mirror(behaviour),
            part,
        ]);
        assert_eq!(
            std::fs::read_dir(place.path("here"))
                .expect("a folder")
                .count(),
            0
        );
    }
    // A folder stands where the data should go.
    place.file("file", "in the way");
    let mut command = nn(&place);
    command.args([
        "data",
        "fetch",
        "mnist",
        "--to",
        "file",
        "--mirror",
        &server.mirror("404"),
    ]);
    call(command).is_one_error(&["file", "cannot be written"]);
    // Half of a file is kept, and asked for from there.
    place.file("here/.train-images-idx3-ubyte.gz.part", vec![1; 600]);
    call(fetch(&place, &server.mirror("good")))
        .is_one_error(&["600 bytes are kept", "from 600 on"]);
    assert!(
        server
            .requests()
            .last()
            .expect("asked")
            .ends_with("bytes=600-")
    );
}

#[test]
fn proxies_are_heeded() {
    let place = Place::new();
    let proxy = Server::start(vec![7; 1000]);
    let address = format!("http://127.0.0.1:{}", proxy.port());
    // The name is not known anywhere: only the proxy can answer.
    let mirror = "http://nowhere.invalid/404/";
    let mut command = fetch(&place, mirror);
    command.env("HTTP_PROXY", &address);
    call(command).is_one_error(&["it answers 404"]);
    assert_eq!(
        proxy.requests(),
        [
            "CONNECT nowhere.invalid:80 all",
            "GET /404/train-images-idx3-ubyte.gz all"
        ]
    );
    let mut command = fetch(&place, mirror);
    command
        .env("HTTP_PROXY", &address)
        .env("NO_PROXY", "nowhere.invalid");
    let error = call(command).is_one_error(&["cannot be fetched"]);
    assert!(!error.contains("answers"), "{error}");
    assert_eq!(proxy.requests().len(), 2);
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
#[test]
fn https_trusts_only_known_certificates() {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};

    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/tls");
    let certificate =
        CertificateDer::from_pem_file(keys.join("server.pem")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(keys.join("server.key")).expect("a key");
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls_graviola::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("a key pair");
    let config = Arc::new(config);
    let server = Server::over(vec![7; 1000], move |stream| {
        let session = rustls::ServerConnection::new(config.clone()).ok()?;
        Some(Box::new(rustls::StreamOwned::new(session, stream)))
    });
    let place = Place::new();
    let mirror = format!("https://localhost:{}/404/", server.port());
    let unknown = call(fetch(&place, &mirror)).is_one_error(&["cannot be fetched"]);
    assert!(unknown.to_lowercase().contains("certificate"), "{unknown}");
    assert!(
        server.requests().is_empty(),
        "nothing is asked of a stranger"
    );

    let mut command = fetch(&place, &mirror);
    command.env("SSL_CERT_FILE", keys.join("ca.pem"));
    call(command).is_one_error(&["it answers 404"]);
    assert_eq!(server.requests().len(), 1);

    // From TLS to an address without it nobody is led.
    let mirror = mirror.replace("404", "redirects");
    let mut command = fetch(&place, &mirror);
    command.env("SSL_CERT_FILE", keys.join("ca.pem"));
    call(command).is_one_error(&["without TLS"]);

    let mut command = fetch(&place, &mirror);
    command.env("SSL_CERT_FILE", place.file("no.pem", "nothing"));
    call(command).is_one_error(&["SSL_CERT_FILE", "no certificate"]);
}
