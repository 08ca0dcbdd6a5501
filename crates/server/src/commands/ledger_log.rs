//! `sightline ledger`: the public log as files, and its verification by a code path of its own.

use super::say;
use anyhow::Context;
use ledger::verify;
use std::path::{Path, PathBuf};
use storage::Vault;

#[derive(Debug, clap::Subcommand)]
pub(super) enum LedgerLog {
    /// Copy the public log of a data folder, with the key that verifies it, also while it is served
    Export {
        /// The data folder
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// An empty or new folder
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Verify an exported log, or the log of a data folder
    Verify {
        /// The folder: an export, or a data folder
        folder: PathBuf,
        /// The verifier key, or a file that holds it; left out, the file `vkey` of the folder, which proves less
        #[arg(long, value_name = "KEY|FILE")]
        vkey: Option<String>,
        /// A checkpoint that was kept from earlier; the log must have grown from it
        #[arg(long, value_name = "FILE")]
        older: Option<PathBuf>,
    },
    /// Verify a receipt offline
    Receipt {
        /// The receipt, as the server gave it
        receipt: PathBuf,
        /// The verifier key, or a file that holds it
        #[arg(long, value_name = "KEY|FILE")]
        vkey: String,
        /// The entry's RFC 6962 leaf hash as the answer showed it, hexadecimal
        #[arg(long, value_name = "HEX")]
        leaf_hash: String,
    },
}

impl LedgerLog {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Export { data, out } => {
                let keys = keys_of(&data)?.join("\n");
                let exported = ledger::export(&data.join("ledger"), &keys, &out)?;
                say(&format!("{} entries in {} files in {}", exported.size, exported.files, out.display()));
                Ok(())
            }
            Self::Verify { folder, vkey, older } => verify_folder(&folder, vkey.as_deref(), older.as_deref()),
            Self::Receipt { receipt, vkey, leaf_hash } => {
                let text = std::fs::read_to_string(&receipt).with_context(|| receipt.display().to_string())?;
                let leaf_hash: [u8; 32] = hex::decode(leaf_hash.trim())?
                    .try_into()
                    .map_err(|_| anyhow::anyhow!("a leaf hash has 64 hexadecimal digits"))?;
                let (index, log) = verify::verify_receipt_of_hash(&text, &key_text(&vkey)?, leaf_hash)?;
                say(&format!("entry {index} is in the log `{}` of {} entries", log.origin, log.size));
                Ok(())
            }
        }
    }
}

fn verify_folder(folder: &Path, vkey: Option<&str>, older: Option<&Path>) -> anyhow::Result<()> {
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
    let verified = verify::verify_folder(&log, &key, older.as_deref())?;
    say(&format!(
        "the log `{}` holds: {} entries, root {}",
        verified.origin,
        verified.size,
        hex::encode(verified.root)
    ));
    Ok(())
}

/// A key given as itself or as the name of a file.
fn key_text(vkey: &str) -> anyhow::Result<String> {
    let path = Path::new(vkey);
    let text = if path.exists() { std::fs::read_to_string(path)? } else { vkey.to_owned() };
    // After a rotation a file holds a line for each key that signs.
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

/// The verifier keys of a data folder's log, the current one first.
fn keys_of(data: &Path) -> anyhow::Result<Vec<String>> {
    let vault = Vault::open_with(&data.join("keys"), &super::master_key()?)?;
    Ok(ledger::verifier_keys(&vault, crate::app::LEDGER_ORIGIN)?)
}
