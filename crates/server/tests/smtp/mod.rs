//! A real mail server for tests: Debian's aiosmtpd with a Maildir.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Ends when dropped.
pub(crate) struct MailServer {
    process: Child,
    pub(crate) port: u16,
    pub(crate) inbox: TempDir,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl MailServer {
    pub(crate) fn start() -> Self {
        Self::run(tempfile::tempdir().unwrap(), 0, &[])
    }

    /// Port 0 is a free one. With a certificate and its key it takes nothing before STARTTLS.
    pub(crate) fn run(inbox: TempDir, port: u16, tls: &[&Path]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smtp/server.py");
        // Debian's own Python: its packages are where another one does not look.
        let mut command = Command::new("/usr/bin/python3");
        command.arg(script).arg(inbox.path().join("mail")).arg(port.to_string()).args(tls);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port = line.trim().parse().expect("a mail server: scripts/install python3-aiosmtpd");
        Self { process, port, inbox }
    }

    pub(crate) fn stop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }

    /// What it received, in no order.
    pub(crate) fn mails(&self) -> Vec<String> {
        let Ok(files) = std::fs::read_dir(self.inbox.path().join("mail/new")) else { return Vec::new() };
        files.map(|file| unfolded(&std::fs::read_to_string(file.unwrap().path()).unwrap())).collect()
    }
}

/// Quoted-printable's soft line ends and escaped `=`, which are all that such texts have.
fn unfolded(mail: &str) -> String {
    mail.replace("\r\n", "\n").replace("=\n", "").replace("=3D", "=")
}
