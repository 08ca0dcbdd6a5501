//! Where mails are handed over, and from whom they are.

use lettre::message::Mailbox;
use std::net::IpAddr;
use url::Url;

/// Port of a mail server on this machine, without TLS.
const SMTP_PORT: u16 = 25;
/// Submission with STARTTLS (RFC 6409).
const SUBMISSION_PORT: u16 = 587;
/// Submission over TLS (RFC 8314).
const SUBMISSIONS_PORT: u16 = 465;

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// TLS from the first byte: `smtps://`.
    Tls,
    /// STARTTLS before anything is sent, or nothing is sent.
    StartTls,
    /// None; for a server on this machine only.
    None,
}

/// A mail server: `smtps://user@host:port`, `smtp+starttls://...`, or `smtp://...`, which demands STARTTLS too unless the
/// host is this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpServer {
    pub host: String,
    pub port: u16,
    pub protection: Protection,
    pub user: Option<String>,
}

impl std::str::FromStr for SmtpServer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url: Url = text.parse().map_err(|error| format!("not an address: {error}"))?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or("the address names no host")?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        if url.password().is_some() {
            return Err("a password does not belong on the command line: give --smtp-password-file".into());
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err("the address is a host and a port, with nothing after it".into());
        }
        let is_local = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        let (protection, usual_port) = match url.scheme() {
            "smtps" => (Protection::Tls, SUBMISSIONS_PORT),
            "smtp" if is_local => (Protection::None, SMTP_PORT),
            "smtp" | "smtp+starttls" => (Protection::StartTls, SUBMISSION_PORT),
            _ => return Err("the address begins with smtp://, smtps:// or smtp+starttls://".into()),
        };
        let user = (!url.username().is_empty()).then(|| {
            percent_encoding::percent_decode_str(url.username()).decode_utf8().map(std::borrow::Cow::into_owned)
        });
        let user = user.transpose().map_err(|_| "the user is not UTF-8")?;
        Ok(Self { host, port: url.port().unwrap_or(usual_port), protection, user })
    }
}

/// What is needed to send.
#[derive(Clone)]
pub struct MailSettings {
    pub server: SmtpServer,
    pub from: Mailbox,
    /// Goes with the server's user.
    pub password: Option<String>,
    /// Authorities that the server's certificate may come from, PEM. `None`: those of the system.
    pub authorities: Option<Vec<u8>>,
}

impl std::fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailSettings").field("server", &self.server).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> SmtpServer {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn starttls_is_demanded_of_every_host_but_this_machine() {
        for text in
            ["smtp://mail.example.org", "smtp://10.0.0.7", "smtp://localhost.example.org", "smtp+starttls://localhost"]
        {
            assert_eq!(server(text).protection, Protection::StartTls, "{text}");
        }
        for text in ["smtp://localhost:2525", "smtp://127.0.0.1:2525", "smtp://[::1]:2525"] {
            assert_eq!((server(text).protection, server(text).port), (Protection::None, 2525), "{text}");
        }
        assert_eq!(server("smtps://mail.example.org").protection, Protection::Tls);
    }

    #[test]
    fn ports_are_the_usual_ones_and_a_user_may_be_an_address() {
        assert_eq!(server("smtps://mail.example.org").port, 465);
        assert_eq!(server("smtp+starttls://mail.example.org").port, 587);
        let user = server("smtps://lpr%40example.org@mail.example.org:8465");
        assert_eq!((user.user.as_deref(), user.port), (Some("lpr@example.org"), 8465));
        assert_eq!(server("smtp://[::1]").host, "::1");
    }

    #[test]
    fn passwords_and_other_things_are_not_taken() {
        for text in [
            "smtps://user:secret@mail.example.org",
            "https://mail.example.org",
            "smtp://mail.example.org/inbox",
            "smtp://mail.example.org?tls=none",
            "smtp://",
            "mail.example.org",
            "",
        ] {
            assert!(text.parse::<SmtpServer>().is_err(), "{text}");
        }
    }
}
