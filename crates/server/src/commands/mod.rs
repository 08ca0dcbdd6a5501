//! The command line. Each command is one file; all of them are clients of the same parts as the server.

mod camera;
mod check;
mod client;
mod demo;
mod demo_city;
mod demo_people;
mod demo_tls;
mod feed;
mod generate;
mod import;
mod keys;
mod ledger_log;
mod query;
mod serve;
mod witness;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// License plate reader data under a gate.
#[derive(Debug, Parser)]
#[command(name = "sightline", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve a data folder; an empty one prints a one-time link for the first host operator
    Serve(serve::Serve),
    /// Serve a fictional city with agencies, accounts, history and live cameras
    Demo(demo::Demo),
    /// Print the current one-time code of a demo account, for the enhanced door
    DemoCode(demo::DemoCode),
    /// Write reads of the fictional city to a file
    Generate(generate::Generate),
    /// Import reads from a CSV, NDJSON or Parquet file
    Import(import::Import),
    /// Check a data folder: store and ledger
    Check(check::Check),
    /// List and exchange keys
    Keys {
        #[command(subcommand)]
        command: keys::Keys,
    },
    /// Register cameras
    Camera {
        #[command(subcommand)]
        command: camera::Camera,
    },
    /// Try what a camera sends
    Feed {
        #[command(subcommand)]
        command: feed::Feed,
    },
    /// Sign in to a server; prints a token for `SIGHTLINE_TOKEN`
    SignIn(client::SignIn),
    /// Ask a question of a server
    Query(Box<query::Query>),
    /// Export and verify the audit ledger
    Ledger {
        #[command(subcommand)]
        command: ledger_log::LedgerLog,
    },
    /// Watch over another party's ledger: cosign that it only grows
    Witness(witness::RunWitness),
}

/// What most local commands need.
#[derive(Debug, clap::Args)]
struct DataArgs {
    /// The data folder
    #[arg(long, value_name = "DIR", env = "SIGHTLINE_DATA")]
    data: PathBuf,
    /// Address of a PostgreSQL database to use in place of SQLite
    #[arg(long, value_name = "URL", env = "SIGHTLINE_POSTGRES", hide_env_values = true)]
    postgres: Option<String>,
}

impl DataArgs {
    fn setup(&self) -> anyhow::Result<crate::Setup> {
        let master_key = master_key()?;
        Ok(crate::Setup { postgres: self.postgres.clone(), master_key, ..crate::Setup::new(&self.data) })
    }
}

/// The master key, where the environment says that it is kept elsewhere. Not a flag: arguments are seen by all processes.
fn master_key() -> anyhow::Result<storage::MasterKeySource> {
    if let Some(file) = std::env::var_os("SIGHTLINE_MASTER_KEY_FILE") {
        return keys::read_master_key(&PathBuf::from(file));
    }
    match std::env::var("SIGHTLINE_MASTER_KEY") {
        Ok(text) => Ok(storage::MasterKeySource::from_hex(&text)?),
        Err(_) => Ok(storage::MasterKeySource::Folder),
    }
}

/// Runs the command line and turns its result into an exit code: 0 done, 1 failed.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("SIGHTLINE_LOG").unwrap_or_else(|_| "info,sqlx=warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let result = match cli.command {
        Command::Serve(command) => command.run(),
        Command::Demo(command) => command.run(),
        Command::DemoCode(command) => command.run(),
        Command::Generate(command) => command.run(),
        Command::Import(command) => command.run(),
        Command::Check(command) => command.run(),
        Command::Keys { command } => command.run(),
        Command::Camera { command } => command.run(),
        Command::Feed { command } => command.run(),
        Command::SignIn(command) => command.run(),
        Command::Query(command) => command.run(),
        Command::Ledger { command } => command.run(),
        Command::Witness(command) => command.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs a future on a runtime of its own.
fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(future)
}

/// A problem of the shared code, as an error of the command line.
fn plainly(problem: crate::http::Problem) -> anyhow::Error {
    match problem.field {
        Some(field) => anyhow::anyhow!("{field}: {}", problem.detail),
        None => anyhow::anyhow!(problem.detail),
    }
}

#[expect(clippy::print_stdout, reason = "the command line's answer goes to standard output")]
fn say(text: &str) {
    println!("{text}");
}

#[expect(clippy::print_stderr, reason = "the command line's complaints go to standard error")]
fn complain(text: &str) {
    eprintln!("sightline: {text}");
}
