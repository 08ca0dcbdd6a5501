//! Where `serve` hands its mails over.

use crate::mail::{MailSettings, SmtpServer};
use anyhow::{Context, bail};
use lettre::message::Mailbox;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct MailArgs {
    /// Mail server for reminders and invitations: `smtps://user@host`, or `smtp://host`, which demands STARTTLS unless the host is
    /// this machine; left out, nothing is sent
    #[arg(long, value_name = "URL", requires = "mail_from", env = "SIGHTLINE_SMTP")]
    smtp: Option<SmtpServer>,
    /// Who mails are from, such as `Sightline <lpr@example.org>`
    #[arg(long, value_name = "ADDRESS", requires = "smtp", env = "SIGHTLINE_MAIL_FROM")]
    mail_from: Option<Mailbox>,
    /// File with the password of the mail server's user; or give it as `SIGHTLINE_SMTP_PASSWORD`
    #[arg(long, value_name = "FILE", requires = "smtp", env = "SIGHTLINE_SMTP_PASSWORD_FILE")]
    smtp_password_file: Option<PathBuf>,
    /// Authorities that the mail server's certificate may come from, PEM; left out, those of the system
    #[arg(long, value_name = "FILE", requires = "smtp", env = "SIGHTLINE_SMTP_CA")]
    smtp_ca: Option<PathBuf>,
}

impl MailArgs {
    pub(super) fn settings(&self) -> anyhow::Result<Option<MailSettings>> {
        let (Some(server), Some(from)) = (self.smtp.clone(), self.mail_from.clone()) else { return Ok(None) };
        // The password is no flag: arguments are seen by all processes.
        let password = match &self.smtp_password_file {
            Some(file) => Some(std::fs::read_to_string(file).with_context(|| file.display().to_string())?),
            None => std::env::var("SIGHTLINE_SMTP_PASSWORD").ok(),
        };
        let password = password.map(|text| text.trim_end_matches(['\r', '\n']).to_owned());
        match (&server.user, &password) {
            (Some(_), None) => bail!("the mail server's address names a user: give --smtp-password-file"),
            (None, Some(_)) => bail!("a password of the mail server is given: name its user in --smtp"),
            _ => {}
        }
        let read = |file: &PathBuf| std::fs::read(file).with_context(|| file.display().to_string());
        let authorities = self.smtp_ca.as_ref().map(read).transpose()?;
        Ok(Some(MailSettings { server, from, password, authorities }))
    }
}
