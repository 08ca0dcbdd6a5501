//! `sightline ledger`: the public log as files, and its verification by a code path of its own.

use super::{client, say};
use crate::app::{LEDGER_ORIGIN, ledger_origin};
use anyhow::Context;
use domain::UtcMicros;
use ledger::verify::{self, Cosigned, Trust, Verified};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use storage::Vault;

/// How long one file of a log may take to come.
const FETCH_TIME_MAX: Duration = Duration::from_mins(1);
/// Bytes of one file: a bundle of the longest entries that the format can hold.
const FETCHED_BYTES_MAX: u64 = 256 * (2 + 65_535);

#[derive(Debug, clap::Subcommand)]
pub(super) enum LedgerLog {
    /// Copy the public log of a data folder, with the key that verifies it, also while it is served. A log that does not hold
    /// is not handed out
    Export {
        /// The data folder
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// An empty or new folder
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Verify an exported log, the log of a data folder, or the log that a service shows
    Verify {
        /// The folder: an export, or a data folder. Or an address, such as `https://lpr.example.org/ledger`
        #[arg(value_name = "FOLDER|URL")]
        folder: PathBuf,
        /// The verifier key, or a file that holds it; left out, the file `vkey` beside the log, which proves less
        #[arg(long, value_name = "KEY|FILE")]
        vkey: Option<String>,
        /// A checkpoint that was kept from earlier; the log must have grown from it
        #[arg(long, value_name = "FILE")]
        older: Option<PathBuf>,
        /// Certificates (PEM) to trust besides the system's, for an address
        #[arg(long, env = "SIGHTLINE_CA_FILE", value_name = "FILE")]
        ca_file: Option<PathBuf>,
        #[command(flatten)]
        demanded: DemandedWitnesses,
    },
    /// Verify a receipt offline
    #[command(alias = "receipt")]
    VerifyReceipt {
        /// The receipt, as the server gave it or as the code on a print holds it
        receipt: PathBuf,
        /// The verifier key, or a file that holds it
        #[arg(long, value_name = "KEY|FILE")]
        vkey: String,
        /// The entry's RFC 6962 leaf hash as the answer or the print shows it, hexadecimal; left out, compare what is printed
        #[arg(long, value_name = "HEX")]
        leaf_hash: Option<String>,
        #[command(flatten)]
        demanded: DemandedWitnesses,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct DemandedWitnesses {
    /// The verifier key of a witness that must have cosigned, or a file that holds it; several by saying it again. Without one,
    /// nothing shows that others see the same log
    #[arg(long = "witness", value_name = "KEY|FILE")]
    witnesses: Vec<String>,
}

impl DemandedWitnesses {
    fn keys(&self) -> anyhow::Result<Vec<String>> {
        self.witnesses.iter().map(|witness| key_text(witness)).collect()
    }
}

impl LedgerLog {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Export { data, out } => export(&data, &out),
            Self::Verify { folder, vkey, older, ca_file, demanded } => {
                let (vkey, older, witnesses) = (vkey.as_deref(), older.as_deref(), demanded.keys()?);
                let address =
                    folder.to_str().filter(|text| text.starts_with("http://") || text.starts_with("https://"));
                let Some(address) = address else { return verify_folder(&folder, vkey, older, &witnesses) };
                let copy = tempfile::tempdir().context("a folder for a copy of the log")?;
                fetch(address, ca_file.as_deref(), copy.path())?;
                verify_folder(copy.path(), vkey, older, &witnesses)
            }
            Self::VerifyReceipt { receipt, vkey, leaf_hash, demanded } => {
                let (vkey, witnesses) = (key_text(&vkey)?, demanded.keys()?);
                verify_receipt(&receipt, leaf_hash.as_deref(), Trust { vkey: &vkey, witnesses: &witnesses })
            }
        }
    }
}

fn verify_receipt(receipt: &Path, leaf_hash: Option<&str>, trust: Trust<'_>) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(receipt).with_context(|| receipt.display().to_string())?;
    let mut made = None;
    let (index, log) = if let Some(leaf_hash) = leaf_hash {
        let leaf_hash: [u8; 32] = hex::decode(leaf_hash.trim())?
            .try_into()
            .map_err(|_| anyhow::anyhow!("a leaf hash has 64 hexadecimal digits"))?;
        verify::verify_receipt_of_hash(&text, trust, leaf_hash)?
    } else {
        let (entry, log) = verify::verify_receipt_alone(&text, trust)?;
        made = Some(format!("made at {}, leaf hash {}", entry.time, hex::encode(entry.leaf_hash)));
        (entry.index, log)
    };
    say(&format!("entry {index} is in the log `{}` of {} entries", log.origin, log.size));
    if let Some(made) = made {
        say(&made);
    }
    say_cosigned(&log);
    Ok(())
}

fn export(data: &Path, out: &Path) -> anyhow::Result<()> {
    let keys = keys_of(data)?;
    let exported = ledger::export(&data.join("ledger"), &keys.join("\n"), out)?;
    let checkpoint = out.join("checkpoint");
    let verified = std::fs::read(&checkpoint)
        .context("the checkpoint")
        .and_then(|note| Ok(verify::verify_folder(out, verify::signed_by(&note, &keys)?, None)?));
    if let Err(error) = verified {
        // Without its checkpoint the copy passes nowhere for a log.
        std::fs::remove_file(&checkpoint).context("taking back the checkpoint")?;
        return Err(error.context("the log does not hold, and is not exported"));
    }
    say(&format!("{} entries in {} files in {}", exported.size, exported.files, out.display()));
    Ok(())
}

/// Copies the log that a service shows; nothing of it is believed before it is verified.
fn fetch(address: &str, ca_file: Option<&Path>, to: &Path) -> anyhow::Result<()> {
    let agent = client::agent(FETCH_TIME_MAX, ca_file)?;
    let read = |name: &str| {
        let mut answer =
            agent.get(format!("{}/{name}", address.trim_end_matches('/'))).call().map_err(io::Error::other)?;
        match answer.status().as_u16() {
            200 => answer.body_mut().with_config().limit(FETCHED_BYTES_MAX).read_to_vec().map_err(io::Error::other),
            404 => Err(io::Error::from(io::ErrorKind::NotFound)),
            status => Err(io::Error::other(format!("the service answered {status}"))),
        }
    };
    let keys = read("vkey").context("the file `vkey`")?;
    let copied = ledger::export_from(read, String::from_utf8_lossy(&keys).trim_end(), to)?;
    say(&format!("{} entries in {} files were fetched from {address}", copied.size, copied.files));
    Ok(())
}

fn verify_folder(folder: &Path, vkey: Option<&str>, older: Option<&Path>, witnesses: &[String]) -> anyhow::Result<()> {
    // A data folder has its log inside.
    let inside = folder.join("ledger");
    let (log, is_data) = if inside.join("checkpoint").exists() { (inside, true) } else { (folder.to_owned(), false) };
    let key = match vkey {
        Some(vkey) => key_text(vkey)?,
        None if is_data => {
            let checkpoint = std::fs::read(log.join("checkpoint")).context("the checkpoint")?;
            verify::signed_by(&checkpoint, &keys_of(folder)?)?.to_owned()
        }
        None => {
            key_text(&log.join("vkey").display().to_string()).context("no `vkey` in the folder; name one by --vkey")?
        }
    };
    let older = older.map(std::fs::read_to_string).transpose().context("the older checkpoint")?;
    let verified = verify::verify_folder(&log, Trust { vkey: &key, witnesses }, older.as_deref())?;
    say(&format!(
        "the log `{}` holds: {} entries, root {}",
        verified.origin,
        verified.size,
        hex::encode(verified.root)
    ));
    say_cosigned(&verified);
    Ok(())
}

fn say_cosigned(log: &Verified) {
    for Cosigned { witness, seconds } in &log.cosigned {
        let time = UtcMicros(seconds.saturating_mul(1_000_000));
        say(&format!("cosigned by the witness `{witness}` at {time}"));
    }
}

/// A key given as itself or as the name of a file.
fn key_text(key: &str) -> anyhow::Result<String> {
    // After a rotation a file holds a line for each key that signs, the current one first.
    key_texts(key)?.into_iter().next().with_context(|| format!("no key in {key}"))
}

/// A key given as itself, or all of a file.
pub(super) fn key_texts(key: &str) -> anyhow::Result<Vec<String>> {
    let path = Path::new(key);
    let text = if path.exists() { std::fs::read_to_string(path)? } else { key.to_owned() };
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(ToOwned::to_owned).collect())
}

/// The verifier keys of a data folder's log, the current one first.
fn keys_of(data: &Path) -> anyhow::Result<Vec<String>> {
    let vault = Vault::open_with(&data.join("keys"), &super::master_key()?)?;
    keys_in(data, &vault)
}

/// The same, where the keys are open.
pub(super) fn keys_in(data: &Path, vault: &Vault) -> anyhow::Result<Vec<String>> {
    let origin = ledger_origin(data).context("the checkpoint")?;
    Ok(ledger::verifier_keys(vault, origin.as_deref().unwrap_or(LEDGER_ORIGIN))?)
}
