//! `sightline keys`: which keys there are, and exchanging them while no server runs on the folder.

use super::{DataArgs, block_on, say};
use crate::App;
use crate::oversight::key_rotation;
use anyhow::{Context, bail};
use clap::ValueEnum;
use std::path::{Path, PathBuf};
use storage::vault::{KeyChange, KeyName, KeyUse, ListedKey};
use storage::{MasterKeySource, Vault};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Keys {
    /// List the keys by name, with the verifier keys of the ledger's signers; no secrets
    List {
        #[command(flatten)]
        data: DataArgs,
    },
    /// Put a new key in the place of the one in force; a ledger entry says so first
    Rotate {
        which: Rotatable,
        #[command(flatten)]
        data: DataArgs,
        /// With `master`: the new master key, 64 hexadecimal digits, kept outside the key folder. Left out, one is made and
        /// kept in the key folder
        #[arg(long, value_name = "FILE")]
        new_master_key_file: Option<PathBuf>,
    },
    /// Let an older signer of the ledger sign no longer, and forget its key
    Retire {
        /// Its name, such as `signer-1`
        key: KeyName,
        #[command(flatten)]
        data: DataArgs,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Rotatable {
    /// All other keys are wrapped anew; what is sealed from then on is sealed under a new root key
    Master,
    /// All sessions and tokens end
    Session,
    /// A new key signs the ledger, the old one beside it until it is retired
    Signer,
}

impl Keys {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::List { data } => list(&data),
            Self::Rotate { which, data, new_master_key_file } => {
                let new_master = new_master_key_file.as_deref().map(read_master_key).transpose()?;
                let change = match (which, &new_master) {
                    (Rotatable::Master, new) => KeyChange::Master(new.clone().unwrap_or(MasterKeySource::Folder)),
                    (_, Some(_)) => bail!("--new-master-key-file goes with `rotate master`"),
                    (Rotatable::Session, None) => KeyChange::Session,
                    (Rotatable::Signer, None) => KeyChange::Signer,
                };
                change_keys(&data, &change)
            }
            Self::Retire { key, data } => {
                anyhow::ensure!(key.key_use == KeyUse::Signer, "only signers are retired");
                change_keys(&data, &KeyChange::RetireSigner(key.number))
            }
        }
    }
}

/// A master key in a file: 64 hexadecimal digits.
pub(super) fn read_master_key(file: &Path) -> anyhow::Result<MasterKeySource> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    MasterKeySource::from_hex(&text).with_context(|| file.display().to_string())
}

fn list(data: &DataArgs) -> anyhow::Result<()> {
    let setup = data.setup()?;
    anyhow::ensure!(setup.keys_folder().exists(), "the data folder has no keys yet");
    let vault = Vault::open_with(&setup.keys_folder(), &setup.master_key)?;
    let mut vkeys = super::ledger_log::keys_in(&setup.data, &vault)?;
    // Signers are listed oldest first, verifier keys newest first.
    vkeys.reverse();
    let mut vkeys = vkeys.into_iter();
    for ListedKey { name, made, in_force, bare } in vault.list() {
        let made = made.map_or("by an earlier release".to_owned(), |made| made.to_string());
        let state = match (name.key_use, in_force) {
            (KeyUse::Master, _) if *bare => "in force, in the key folder".to_owned(),
            (KeyUse::Master, _) => "in force, kept elsewhere".to_owned(),
            (KeyUse::Signer, true) => format!("in force, verified by {}", vkeys.next().unwrap_or_default()),
            (KeyUse::Signer, false) => {
                format!("signs beside it until retired, verified by {}", vkeys.next().unwrap_or_default())
            }
            (_, true) => "in force".to_owned(),
            (_, false) => "opens what it sealed".to_owned(),
        };
        say(&format!("{:<12} made {made:<28} {state}", name.to_string()));
    }
    Ok(())
}

fn change_keys(data: &DataArgs, change: &KeyChange) -> anyhow::Result<()> {
    block_on(async {
        let setup = data.setup()?;
        let folder = setup.keys_folder();
        anyhow::ensure!(folder.exists(), "the data folder has no keys yet");
        let source = setup.master_key.clone();
        let app = App::open(setup).await?;
        let rotated = key_rotation::rotate(&app, &folder, &source, change).await;
        app.close().await;
        drop(app);
        let rotated = rotated?;
        // Opened with the new keys: all is proved to open, and the log's head is signed by whoever signs now.
        let master_key = match change {
            KeyChange::Master(new) => new.clone(),
            _ => source,
        };
        let app = App::open(crate::Setup { master_key, ..data.setup()? }).await?;
        let vkeys = app.ledger.verifier_keys();
        app.close().await;
        let (from, to) = (rotated.note.from, rotated.note.to);
        match (change, to) {
            (KeyChange::Master(new), Some(to)) => {
                say(&format!("{to} is in force instead of {from}; all keys lie under it, and what was sealed opens."));
                if matches!(new, MasterKeySource::Given(_)) {
                    say(
                        "It is kept nowhere here: each start needs it, in SIGHTLINE_MASTER_KEY_FILE or SIGHTLINE_MASTER_KEY.",
                    );
                }
            }
            (KeyChange::Session, Some(to)) => say(&format!(
                "{to} is in force instead of {from}; everybody is signed out: {} sessions and tokens ended.",
                rotated.sessions_ended
            )),
            (KeyChange::Signer, Some(to)) => {
                say(&format!(
                    "{to} signs the ledger, {from} beside it. Give these verifier keys to whoever checks the log:"
                ));
                for vkey in &vkeys {
                    say(&format!("  {vkey}"));
                }
                say(&format!("When all have the first, forget the other: sightline keys retire {from}"));
            }
            _ => say(&format!("{from} signs no longer.")),
        }
        Ok(())
    })
}
