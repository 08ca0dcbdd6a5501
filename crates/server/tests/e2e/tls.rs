//! TLS as clients meet it: over the real port, with a certificate of a test authority.

use super::running::{Running, complaint, pause, run, run_badly, sightline, text, until};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, pem::PemObject};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion, version,
};

/// An authority, and a service's certificate and key as files.
struct Authority {
    folder: tempfile::TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        std::fs::write(folder.path().join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        let authority = Self { folder, issuer: Issuer::new(params, key) };
        authority.certify();
        authority
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a new certificate with a new key.
    fn certify(&self) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        std::fs::write(self.path("key.pem"), key.serialize_pem()).unwrap();
        std::fs::write(self.path("cert.pem"), params.signed_by(&key, &self.issuer).unwrap().pem()).unwrap();
    }

    fn serving(&self, data: &Path) -> Command {
        let mut command = sightline();
        command.args(["serve", "--listen", "127.0.0.1:0", "--public-url", "https://lpr.example.test/", "--data"]);
        command.arg(data).arg("--tls-cert").arg(self.path("cert.pem")).arg("--tls-key").arg(self.path("key.pem"));
        command
    }

    fn try_connect(&self, address: &str, version: &'static SupportedProtocolVersion) -> std::io::Result<Connection> {
        Connection::open(&self.path("ca.pem"), address, version)
    }

    fn connect(&self, address: &str) -> Connection {
        self.try_connect(address, &version::TLS13).unwrap()
    }
}

/// A connection that stays open.
struct Connection {
    stream: StreamOwned<ClientConnection, TcpStream>,
}

impl Connection {
    fn open(ca: &Path, address: &str, version: &'static SupportedProtocolVersion) -> std::io::Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(ca).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(sightline_server::http::tls::provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let tcp = TcpStream::connect(address.rsplit('/').next().unwrap())?;
        tcp.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut stream = StreamOwned::new(connection, tcp);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Self { stream })
    }

    fn certificate(&self) -> Vec<u8> {
        self.stream.conn.peer_certificates().unwrap()[0].to_vec()
    }

    /// Head and body of the answer to a GET.
    fn get(&mut self, path: &str) -> String {
        write!(self.stream, "GET {path} HTTP/1.1\r\nhost: lpr.example.test\r\n\r\n").unwrap();
        self.answer()
    }

    /// Reads one answer by its length.
    fn answer(&mut self) -> String {
        let mut bytes = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
                if body.len() >= length.parse().unwrap() {
                    return text;
                }
            }
            let mut part = [0; 4_096];
            let read = self.stream.read(&mut part).unwrap();
            assert!(read > 0, "the connection ended: {text}");
            bytes.extend_from_slice(&part[..read]);
        }
    }
}

const HEALTH: &str = "/api/v1/health";

#[test]
fn tls_1_2_and_1_3_reach_the_service_and_browsers_are_told_to_come_by_tls_only() {
    let (authority, data) = (Authority::new(), tempfile::tempdir().unwrap());
    let mut server = Running::start(&mut authority.serving(data.path()));
    assert!(server.address.starts_with("https://127.0.0.1:"), "{}", server.address);
    assert!(server.line_with("#first-start=").contains("  https://lpr.example.test/#first-start="));
    for version in [&version::TLS12, &version::TLS13] {
        let mut connection = authority.try_connect(&server.address, version).unwrap();
        let answer = connection.get(HEALTH);
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"status\":\"ok\""), "{answer}");
        assert!(answer.contains("strict-transport-security: max-age=31536000\r\n"), "{answer}");
    }
    // Whoever trusts another authority does not talk to it.
    let other = Authority::new();
    assert!(other.try_connect(&server.address, &version::TLS13).is_err());
    // Nor does a client of the command line, unless it is told whom to trust.
    let sign_in = ["sign-in", "nobody", "--accept-rules", "--server", &server.address];
    let sign_in = |more: &[&str]| {
        let password = data.path().join("password");
        std::fs::write(&password, "violet kettle seven\n").unwrap();
        let mut command = sightline();
        command.args(sign_in).args(more).stdin(std::fs::File::open(password).unwrap());
        complaint(&command.output().unwrap())
    };
    let untrusted = sign_in(&[]);
    assert!(untrusted.contains("calling https://") && untrusted.contains("certificate"), "{untrusted}");
    let ca = authority.path("ca.pem");
    let trusted = sign_in(&["--ca-file", text(&ca)]);
    assert!(!trusted.contains("calling https://"), "{trusted}");
    assert!(server.terminate().0.success());
}

/// A `ClientHello` that offers TLS 1.1 at most: RFC 4346 section 7.4.1.2.
fn hello_of_tls_1_1() -> Vec<u8> {
    let mut body = vec![3, 2];
    body.extend([7; 32]);
    // No session; ECDHE and RSA with AES-128-CBC-SHA; no compression. Extensions: a signature scheme, a group, a point format,
    // so that nothing but the version is wrong.
    body.extend([0, 0, 4, 0xc0, 0x13, 0x00, 0x2f, 1, 0]);
    body.extend([0, 22, 0, 13, 0, 4, 0, 2, 4, 3, 0, 10, 0, 4, 0, 2, 0, 0x17, 0, 11, 0, 2, 1, 0]);
    let length = u8::try_from(body.len()).unwrap();
    let mut hello = vec![0x16, 3, 1, 0, length + 4, 1, 0, 0, length];
    hello.extend(body);
    hello
}

/// What comes back until the connection ends.
fn answer_to(address: &str, sent: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address.rsplit('/').next().unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(sent).unwrap();
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("it stays open: {error}"),
        _ => answer,
    }
}

#[test]
fn tls_1_1_and_plain_http_are_refused_on_the_port_of_tls() {
    let (authority, data) = (Authority::new(), tempfile::tempdir().unwrap());
    let server = Running::start(&mut authority.serving(data.path()));
    // An alert, fatal, protocol_version: RFC 8446 section 6.
    let alert = answer_to(&server.address, &hello_of_tls_1_1());
    assert_eq!((alert.first(), alert.get(5..)), (Some(&0x15), Some(&[2, 70][..])), "{alert:?}");
    let plain = answer_to(&server.address, b"GET /api/v1/health HTTP/1.1\r\nhost: a\r\n\r\n");
    assert!(!String::from_utf8_lossy(&plain).contains("HTTP"), "{plain:?}");
    // Others are served meanwhile.
    assert!(authority.connect(&server.address).get(HEALTH).starts_with("HTTP/1.1 200"));
}

#[test]
fn tls_files_that_cannot_be_used_are_refused_at_the_start_by_name() {
    let (authority, data) = (Authority::new(), tempfile::tempdir().unwrap());
    let (certificate, key) = (authority.path("cert.pem"), authority.path("key.pem"));
    let start = |certificate: &Path, key: &Path| {
        run_badly(&[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--data",
            text(data.path()),
            "--tls-cert",
            text(certificate),
            "--tls-key",
            text(key),
        ])
    };
    let other = Authority::new().path("key.pem");
    assert!(start(&certificate, &other).contains("key.pem"), "the other authority's files are gone");
    let another = authority.path("another.pem");
    std::fs::write(&another, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    let complaint = start(&certificate, &another);
    assert!(complaint.contains("another.pem` is not that of the certificate in"), "{complaint}");
    assert!(start(&key, &key).contains("key.pem` holds no certificates"));
    assert!(start(&certificate, &certificate).contains("cert.pem` holds no private key"));
    assert!(start(&authority.path("none.pem"), &key).contains("none.pem` could not be read"));
}

#[test]
fn tls_a_new_certificate_is_taken_over_without_ending_connections_and_a_bad_one_is_not() {
    let (authority, data) = (Authority::new(), tempfile::tempdir().unwrap());
    let server = Running::start(&mut authority.serving(data.path()));
    let hang_up = || assert!(Command::new("kill").args(["-HUP", &server.id()]).status().unwrap().success());
    let mut first = authority.connect(&server.address);
    assert!(first.get(HEALTH).contains("\"stale_certificate\":false"));
    let old = first.certificate();

    authority.certify();
    hang_up();
    let new = until("the new certificate", || {
        let seen = authority.connect(&server.address).certificate();
        (seen != old).then_some(seen)
    });
    assert!(first.get(HEALTH).starts_with("HTTP/1.1 200"), "the connection from before goes on");

    // A key of another certificate: the one in use stays, and health says so until the files are good again.
    let good = std::fs::read(authority.path("key.pem")).unwrap();
    std::fs::write(authority.path("key.pem"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
    hang_up();
    until("health that says it", || first.get(HEALTH).contains("\"stale_certificate\":true").then_some(()));
    assert!(first.get(HEALTH).contains("\"status\":\"degraded\""));
    assert_eq!(authority.connect(&server.address).certificate(), new);
    assert!(server.log().contains("the new certificate cannot be used"), "{}", server.log());
    std::fs::write(authority.path("key.pem"), good).unwrap();
    hang_up();
    until("health again", || first.get(HEALTH).contains("\"stale_certificate\":false").then_some(()));
}

#[test]
fn tls_sigterm_lets_a_request_end_that_is_under_way() {
    let (authority, data) = (Authority::new(), tempfile::tempdir().unwrap());
    let server = Running::start(&mut authority.serving(data.path()));
    let mut connection = authority.connect(&server.address);
    let head =
        "POST /api/v1/first-start HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{";
    write!(connection.stream, "{head}").unwrap();
    connection.stream.flush().unwrap();
    // The server has begun with it once it serves what came later.
    assert!(authority.connect(&server.address).get(HEALTH).starts_with("HTTP/1.1 200"));
    let address: SocketAddr = server.address.rsplit('/').next().unwrap().parse().unwrap();
    let rest = std::thread::spawn(move || {
        until("a closed door", || TcpStream::connect(address).is_err().then_some(()));
        pause(Duration::from_millis(50));
        write!(connection.stream, "}}").unwrap();
        connection.answer()
    });
    let (status, log) = server.terminate();
    assert!(status.success(), "{log}");
    let answer = rest.join().unwrap();
    assert!(answer.starts_with("HTTP/1.1 4"), "an answer to an empty body: {answer}");
}

#[test]
fn without_tls_only_this_machine_is_listened_to_unless_a_proxy_stands_before() {
    let data = tempfile::tempdir().unwrap();
    let folder = text(data.path());
    let refused = run_badly(&["serve", "--listen", "0.0.0.0:0", "--data", folder]);
    assert!(refused.contains("--behind-proxy"), "{refused}");
    let demo = run_badly(&["demo", "--listen", "0.0.0.0:0", "--rows", "10", "--data", folder]);
    assert!(demo.contains("--phones"), "{demo}");
    let public = run(&["serve", "--public-url", "http://lpr.example.test", "--data", folder]);
    assert!(complaint(&public).contains("http is for localhost only"), "{}", complaint(&public));
    let proxied = sightline().args(["serve", "--listen", "0.0.0.0:0", "--behind-proxy", "--data", folder]).spawn();
    // It listens; what stands before it is the operator's word.
    proxied.unwrap().kill().unwrap();
}

#[test]
fn tls_the_demo_for_phones_is_trusted_by_its_own_authority_also_when_started_again() {
    let data = tempfile::tempdir().unwrap();
    let mut demo = sightline();
    demo.args(["demo", "--phones", "--rows", "500", "--listen", "127.0.0.1:0", "--data", text(data.path())]);
    let mut authority = Vec::new();
    for _ in 0..2 {
        let server = Running::start(&mut demo);
        let ca = data.path().join("tls/ca.pem");
        let (_, port) = server.address.rsplit_once(':').unwrap();
        let mut phone = Connection::open(&ca, &format!("127.0.0.1:{port}"), &version::TLS13).unwrap();
        let answer = phone.get(HEALTH);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(!answer.contains("strict-transport-security"), "other services of this machine are on localhost too");
        assert!(server.printed.iter().any(|line| line.contains("tls/ca.pem")));
        let (status, log) = server.terminate();
        assert!(status.success() && !log.contains("could not post"), "{log}");
        authority.push(std::fs::read(&ca).unwrap());
    }
    assert_eq!(authority[0], authority[1], "phones trust it once");
}
