//! The binary as a process, and its command line.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long anything here may take; a slow machine is not a failure, a hang is.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) fn sightline() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sightline"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("SIGHTLINE_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// Runs a command of the command line to its end.
#[track_caller]
pub(crate) fn run(arguments: &[&str]) -> Output {
    sightline().args(arguments).output().unwrap()
}

/// Runs one that must succeed; gives its standard output.
#[track_caller]
pub(crate) fn run_well(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(output.status.success(), "{arguments:?}\n{}", complaint(&output));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// Runs one that must fail with exit code 1; gives its complaint.
#[track_caller]
pub(crate) fn run_badly(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}\n{}", complaint(&output));
    complaint(&output)
}

pub(crate) fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Keeps figures for `scripts/soak`, which names a folder for them.
pub(crate) fn report(name: &str, figures: &str) {
    if let Ok(folder) = std::env::var("SIGHTLINE_SOAK_REPORT") {
        std::fs::write(Path::new(&folder).join(name), figures).unwrap();
    }
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Waits a little, between two looks at something that another process does.
pub(crate) fn pause(time: Duration) {
    let (_sender, receiver) = channel::<()>();
    let _ = receiver.recv_timeout(time);
}

/// Looks until there is something to see.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(begun.elapsed() < PATIENCE, "waited too long for {what}");
        pause(Duration::from_millis(5));
    }
}

/// A server that runs. Killed when dropped.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    /// What was printed so far.
    pub(crate) printed: Vec<String>,
    pub(crate) address: String,
    /// From the start of the process to its line `listens on`.
    pub(crate) start_time: Duration,
    log: tempfile::NamedTempFile,
}

impl Running {
    /// `sightline serve` on a data folder, on a free port.
    #[track_caller]
    pub(crate) fn serve(data: &Path) -> Self {
        Self::start(sightline().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data))
    }

    /// Starts a command that serves, and waits until it says that it listens.
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        let log = tempfile::NamedTempFile::new().unwrap();
        let begun = Instant::now();
        let errors = File::create(log.path()).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(errors).spawn().unwrap();
        let output = child.stdout.take().unwrap();
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            let lines = std::io::BufRead::lines(std::io::BufReader::new(output));
            lines.map_while(Result::ok).take_while(|line| sender.send(line.clone()).is_ok()).for_each(drop);
        });
        let mut running =
            Self { child, lines, printed: Vec::new(), address: String::new(), start_time: Duration::ZERO, log };
        let line = running.line_with(" listens on ");
        line.rsplit(' ').next().unwrap().clone_into(&mut running.address);
        running.start_time = begun.elapsed();
        running
    }

    /// Waits for a line that holds `part`.
    #[track_caller]
    pub(crate) fn line_with(&mut self, part: &str) -> String {
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                panic!("no line with `{part}`\n{:?}\n{}", self.printed, self.log());
            };
            self.printed.push(line.clone());
            if line.contains(part) {
                return line;
            }
        }
    }

    /// The process.
    pub(crate) fn id(&self) -> String {
        self.child.id().to_string()
    }

    /// What was written to standard error.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap()
    }

    /// Ends it as a power cut ends a process: SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and its exit status and log.
    #[track_caller]
    pub(crate) fn terminate(mut self) -> (ExitStatus, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let status = until("a clean stop", || self.child.try_wait().unwrap());
        (status, self.log())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
