//! The log as somebody checks it who does not trust us: by a Go program on the library of the Go project's own transparency log
//! (`tests/outside/tlogcheck.go`), which shares no line with this crate.

use crate::place::{ORIGIN, Place, record_many};
use ledger::export;
use ledger::hash::{leaf_hash, node_hash};
use ledger::verify::verify_folder;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

/// Acts that are recorded at once; all wait in memory.
const AT_ONCE_MAX: u64 = 2_048;

/// Builds the program, once, without a network: Debian keeps Go libraries where GOPATH mode finds them.
fn tlogcheck() -> Command {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let program = scratch.join(format!("tlogcheck-{}", std::process::id()));
        let built = Command::new("go")
            .args(["build", "-o", program.to_str().unwrap(), "tlogcheck.go"])
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/outside"))
            .envs([("GO111MODULE", "off"), ("GOPATH", "/usr/share/gocode"), ("GOFLAGS", ""), ("GOTOOLCHAIN", "local")])
            .env("GOCACHE", scratch.join("go-cache"))
            .output()
            .expect("Go: scripts/install golang-go golang-golang-x-mod-dev");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        program
    });
    Command::new(program)
}

/// What the program says: its line, or why it refuses.
pub(crate) fn check(arguments: &[&str]) -> Result<String, String> {
    let output = tlogcheck().args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    match output.status.code() {
        Some(0) => Ok(text(&output.stdout)),
        Some(1) => Err(text(&output.stderr)),
        _ => panic!("{output:?}"),
    }
}

#[track_caller]
pub(crate) fn refused(arguments: &[&str], because: &str) {
    let reason = check(arguments).expect_err("it was accepted");
    assert!(reason.contains(because), "{reason}");
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A log of 600 entries as exported: three bundles, the last of them partial, and two tile levels.
struct Exported {
    place: Place,
    folder: PathBuf,
    key: String,
}

impl Exported {
    async fn of(place: Place, size: u64) -> Self {
        let ledger = place.open().await;
        record_many(&ledger, size).await;
        ledger.publish().await.unwrap();
        let (folder, key) = (place.folder.path().join("export"), ledger.verifier_key());
        export(&place.log(), &key, &folder).unwrap();
        ledger.close().await;
        Self { place, folder, key }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn holds(&self) -> String {
        check(&["log", text(&self.folder), &self.key]).unwrap()
    }

    /// Changes a file, asserts why the log is refused, and puts the file back.
    #[track_caller]
    fn refused_with(&self, name: &str, change: impl FnOnce(&mut Vec<u8>), because: &str) {
        let before = fs::read(self.path(name)).unwrap();
        let mut content = before.clone();
        change(&mut content);
        assert_ne!(content, before);
        fs::write(self.path(name), content).unwrap();
        refused(&["log", text(&self.folder), &self.key], because);
        fs::write(self.path(name), before).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn aud_6_another_implementation_accepts_logs_of_all_sizes_and_that_each_grew_from_those_before() {
    let place = Place::sqlite();
    let ledger = place.open().await;
    let key = ledger.verifier_key();
    let mut size = 0;
    let mut older: Vec<PathBuf> = Vec::new();
    for next in [0, 1, 2, 3, 255, 256, 257, 512, 65_535, 65_536, 65_537, 70_000] {
        while size < next {
            let step = AT_ONCE_MAX.min(next - size);
            record_many(&ledger, step).await;
            size += step;
        }
        ledger.publish().await.unwrap();
        let folder = place.folder.path().join(format!("export-{size}"));
        export(&place.log(), &key, &folder).unwrap();
        let mut arguments = vec!["log"];
        for checkpoint in &older {
            arguments.extend(["-older", text(checkpoint)]);
        }
        arguments.extend([text(&folder), &key]);
        let said = check(&arguments).unwrap();
        assert!(said.starts_with(&format!("{ORIGIN}: {size} entries, root ")), "{said}");
        older.push(folder.join("checkpoint"));
    }
    ledger.close().await;
}

#[tokio::test]
async fn aud_6_another_implementation_refuses_an_altered_entry_tile_or_checkpoint_and_a_reordering() {
    let log = Exported::of(Place::sqlite(), 600).await;
    log.holds();
    let flip = |place: usize| move |content: &mut Vec<u8>| content[place] ^= 1;
    let entries = "the entries do not hash to the signed root";
    log.refused_with("tile/entries/000", flip(30), entries);
    log.refused_with("tile/entries/002.p/88", flip(51 * 87 + 50), entries);
    log.refused_with("tile/entries/001", |content| content.truncate(51 * 255), "is cut off");
    for (tile, place) in
        [("tile/0/000", 0), ("tile/0/001", 8_191), ("tile/0/002.p/88", 88 * 32 - 1), ("tile/1/000.p/2", 40)]
    {
        log.refused_with(tile, flip(place), &format!("{tile}: not what the entries hash to"));
    }
    let replace = |from: &'static str, to: &'static str| {
        move |content: &mut Vec<u8>| {
            *content = String::from_utf8(content.clone()).unwrap().replacen(from, to, 1).into_bytes();
        }
    };
    log.refused_with("checkpoint", replace("\n600\n", "\n599\n"), "invalid signature");
    log.refused_with("checkpoint", replace("=\n\n", "=\nmore\n\n"), "invalid signature");
    log.refused_with("checkpoint", replace(ORIGIN, "sightline.example/another"), "invalid signature");
    // Two entries exchanged, and two whole bundles with their tiles, so that entries and tiles agree.
    let exchange = |content: &mut Vec<u8>| {
        let (first, second) = content.split_at_mut(51);
        first.swap_with_slice(&mut second[..51]);
    };
    log.refused_with("tile/entries/000", exchange, entries);
    for series in ["0", "entries"] {
        let (first, second) = (log.path(&format!("tile/{series}/000")), log.path(&format!("tile/{series}/001")));
        let aside = log.path("aside");
        fs::rename(&first, &aside).unwrap();
        fs::rename(&second, &first).unwrap();
        fs::rename(&aside, &second).unwrap();
    }
    refused(&["log", text(&log.folder), &log.key], entries);
}

/// Bytes of an entry in a bundle.
const ENTRY_BYTES: usize = 2 + 49;

fn entries(folder: &Path) -> Vec<Vec<u8>> {
    let bundles = ["tile/entries/000", "tile/entries/001", "tile/entries/002.p/88"];
    let bytes = bundles.map(|bundle| fs::read(folder.join(bundle)).unwrap()).concat();
    bytes.chunks(ENTRY_BYTES).map(<[u8]>::to_vec).collect()
}

/// Writes 600 entries over those of an export, with every tile made to fit, as somebody would who has the files but not the key.
fn forge(folder: &Path, entries: &[Vec<u8>]) {
    assert_eq!(entries.len(), 600);
    let hashes: Vec<[u8; 32]> = entries.iter().map(|entry| leaf_hash(&entry[2..])).collect();
    for (number, name) in ["000", "001", "002.p/88"].iter().enumerate() {
        let place = number * 256..600.min((number + 1) * 256);
        fs::write(folder.join(format!("tile/entries/{name}")), entries[place.clone()].concat()).unwrap();
        fs::write(folder.join(format!("tile/0/{name}")), hashes[place].concat()).unwrap();
    }
    let root = |tile: &[[u8; 32]]| {
        let mut row = tile.to_vec();
        while row.len() > 1 {
            row = row.chunks(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
        }
        row[0]
    };
    fs::write(folder.join("tile/1/000.p/2"), [root(&hashes[..256]), root(&hashes[256..512])].concat()).unwrap();
}

#[tokio::test]
async fn aud_6_a_deleted_inserted_altered_or_moved_entry_is_found_though_every_file_was_made_to_fit() {
    let log = Exported::of(Place::sqlite(), 600).await;
    let all = entries(&log.folder);
    forge(&log.folder, &all);
    log.holds();
    // Sequence numbers too, so that nothing but the signature tells.
    let renumbered = |mut entries: Vec<Vec<u8>>| {
        for (index, entry) in entries.iter_mut().enumerate() {
            entry[3..11].copy_from_slice(&(index as u64).to_be_bytes());
        }
        entries
    };
    let (mut deleted, mut inserted, mut altered, mut moved) = (all.clone(), all.clone(), all.clone(), all.clone());
    deleted.remove(300);
    deleted.push(all[599].clone());
    inserted.insert(300, all[300].clone());
    inserted.pop();
    altered[300][40] ^= 1;
    moved.swap(10, 500);
    for (name, forged) in [("deleted", deleted), ("inserted", inserted), ("altered", altered), ("moved", moved)] {
        for forged in [forged.clone(), renumbered(forged)] {
            forge(&log.folder, &forged);
            refused(&["log", text(&log.folder), &log.key], "the entries do not hash to the signed root");
            assert!(verify_folder(&log.folder, &log.key, None).is_err(), "{name}");
        }
    }
    forge(&log.folder, &all);
    verify_folder(&log.folder, &log.key, None).unwrap();
}

#[tokio::test]
async fn aud_6_another_implementation_finds_a_rollback_and_a_split_view_under_the_same_key() {
    let log = Exported::of(Place::sqlite(), 600).await;
    let beside = |size: u64| {
        let mut place = Place::sqlite();
        place.vault = Arc::clone(&log.place.vault);
        Exported::of(place, size)
    };
    // Each is sound by itself; what tells is the checkpoint that somebody else was shown.
    for (size, because) in [
        (300, "split view: what was signed at 300 entries is not the beginning of this log"),
        (600, "split view: two roots are signed for 600 entries"),
        (601, "rolled back: 601 entries were signed before, now 600"),
    ] {
        let other = beside(size).await;
        assert_eq!(other.key, log.key);
        other.holds();
        log.holds();
        refused(&["log", "-older", text(&other.path("checkpoint")), text(&log.folder), &log.key], because);
    }
    let stranger = Exported::of(Place::sqlite(), 600).await;
    refused(&["log", text(&log.folder), &stranger.key], "no verifiable signatures");
}

#[tokio::test]
async fn aud_6_another_implementation_accepts_a_receipt_for_its_entry_only() {
    let place = Place::sqlite();
    let ledger = place.open().await;
    record_many(&ledger, 300).await;
    let (key, file) = (ledger.verifier_key(), place.folder.path().join("receipt"));
    for index in [0, 255, 256, 299] {
        fs::write(&file, ledger.receipt(index).await.unwrap()).unwrap();
        let hash = hex::encode(leaf_hash(&ledger.leaf(index).await.unwrap()));
        let said = check(&["receipt", text(&file), &key, &hash]).unwrap();
        assert_eq!(said, format!("{ORIGIN}: entry {index} of 300"));
        let other = hex::encode(leaf_hash(b"another"));
        refused(&["receipt", text(&file), &key, &other], "invalid transparency proof");
    }
    let moved = fs::read_to_string(&file).unwrap().replacen("index 299", "index 298", 1);
    fs::write(&file, moved).unwrap();
    let hash = hex::encode(leaf_hash(&ledger.leaf(299).await.unwrap()));
    assert!(check(&["receipt", text(&file), &key, &hash]).is_err());
    ledger.close().await;
}
