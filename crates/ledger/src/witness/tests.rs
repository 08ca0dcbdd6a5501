use super::*;
use crate::hash::Hash;
use crate::note::NoteSigner;
use crate::tree::tests::{grow, leaves};
use crate::tree::{Frontier, TileId, consistency_proof};
use crate::verify::SignedNote;
use domain::UtcMicros;
use proptest::prelude::*;
use std::collections::HashMap;
use storage::TestClock;

const ORIGIN: &str = "sightline.example/ledger";
const NAME: &str = "oversight.example/witness";
const SECONDS: i64 = 1_800_000_000;

/// A log as its owner has it.
struct TestLog {
    signer: NoteSigner,
    frontier: Frontier,
    tiles: HashMap<TileId, Vec<Hash>>,
}

impl TestLog {
    fn of(leaves: &[Hash]) -> Self {
        let (frontier, tiles) = grow(leaves);
        Self { signer: NoteSigner::new(ORIGIN, &[[3; 32]]).unwrap(), frontier, tiles }
    }

    fn vkey(&self) -> String {
        self.signer.verifier_keys().swap_remove(0)
    }

    fn checkpoint(&self) -> String {
        self.signer.checkpoint(self.frontier.size(), &self.frontier.root())
    }

    fn request(&self, old: u64) -> String {
        let proof = consistency_proof(old, self.frontier.size(), &self.tiles).unwrap();
        let mut lines = vec![format!("old {old}")];
        lines.extend(proof.iter().map(|hash| STANDARD.encode(hash)));
        format!("{}\n\n{}", lines.join("\n"), self.checkpoint())
    }
}

struct Place {
    folder: tempfile::TempDir,
    clock: Arc<TestClock>,
    logs: Vec<String>,
}

impl Place {
    fn of(log: &TestLog) -> Self {
        let clock = Arc::new(TestClock::at(UtcMicros(SECONDS * 1_000_000)));
        Self { folder: tempfile::tempdir().unwrap(), clock, logs: vec![log.vkey()] }
    }

    fn try_open(&self) -> Result<Witness, WitnessOpenError> {
        Witness::open(WitnessConfig {
            folder: self.folder.path().to_owned(),
            name: NAME.into(),
            logs: self.logs.clone(),
            clock: Arc::<TestClock>::clone(&self.clock),
        })
    }

    fn open(&self) -> Witness {
        self.try_open().unwrap()
    }

    fn memory(&self) -> PathBuf {
        self.folder.path().join("logs").join(hex::encode(origin_hash(ORIGIN))).join("checkpoint")
    }
}

#[test]
fn aud_6_a_witness_cosigns_a_log_that_grows_as_the_specification_says() {
    let all = leaves(600);
    let place = Place::of(&TestLog::of(&[]));
    let witness = place.open();
    let key = WitnessKey::parse(&witness.vkey()).unwrap();
    let mut seen = 0;
    for size in [0, 0, 1, 5, 256, 257, 600, 600] {
        let log = TestLog::of(&all[..size]);
        let line = witness.add_checkpoint(log.request(seen).as_bytes()).unwrap();
        let cosigned = format!("{}{line}", log.checkpoint());
        let note = SignedNote::parse(cosigned.as_bytes()).unwrap();
        assert_eq!(key.check(&note).unwrap().seconds, SECONDS);
        // The bytes that the specification lays down: key id, time, signature over two lines and the note's text.
        let blob = STANDARD.decode(line.trim_end().rsplit(' ').next().unwrap()).unwrap();
        assert_eq!(blob.len(), 4 + 8 + 64);
        assert_eq!(blob[4..12], u64::try_from(SECONDS).unwrap().to_be_bytes());
        let message = format!("cosignature/v1\ntime {SECONDS}\n{}", note.text);
        let signature = ed25519_dalek::Signature::from_slice(&blob[12..]).unwrap();
        witness.key.verifying_key().verify_strict(message.as_bytes(), &signature).unwrap();
        assert_eq!(witness.newest(&hex::encode(origin_hash(ORIGIN))), Some(cosigned));
        seen = size as u64;
    }
    assert_eq!(witness.newest(&hex::encode(origin_hash("another"))), None);
}

#[test]
fn aud_6_a_witness_refuses_a_split_view() {
    let all = leaves(300);
    let log = TestLog::of(&all[..200]);
    let place = Place::of(&log);
    let witness = place.open();
    witness.add_checkpoint(log.request(0).as_bytes()).unwrap();
    let kept = std::fs::read(place.memory()).unwrap();
    // The same key, another history: entry 150 is another one.
    let mut others = all.clone();
    others[150] = crate::hash::leaf_hash(b"another");
    let same_size = TestLog::of(&others[..200]);
    let answer = witness.add_checkpoint(same_size.request(200).as_bytes());
    assert!(matches!(answer, Err(NotCosigned::OtherRoot { size: 200 })), "{answer:?}");
    let longer = TestLog::of(&others);
    let answer = witness.add_checkpoint(longer.request(200).as_bytes());
    assert!(matches!(answer, Err(NotCosigned::NotConsistent)), "{answer:?}");
    assert_eq!(std::fs::read(place.memory()).unwrap(), kept, "nothing of it is remembered");
    witness.add_checkpoint(TestLog::of(&all).request(200).as_bytes()).unwrap();
}

#[test]
fn aud_6_a_witness_refuses_a_rollback_also_after_it_was_started_again() {
    let all = leaves(300);
    let (early, late) = (TestLog::of(&all[..100]), TestLog::of(&all));
    let place = Place::of(&late);
    let witness = place.open();
    witness.add_checkpoint(early.request(0).as_bytes()).unwrap();
    witness.add_checkpoint(late.request(100).as_bytes()).unwrap();
    let vkey = witness.vkey();
    assert!(matches!(place.try_open(), Err(WitnessOpenError::InUse)));
    drop(witness);
    let witness = place.open();
    assert_eq!(witness.vkey(), vkey, "the key is kept");
    for old in [0, 100] {
        let answer = witness.add_checkpoint(early.request(old).as_bytes());
        assert!(matches!(answer, Err(NotCosigned::Conflict { size: 300 })), "{answer:?}");
    }
    let claims_growth = early.request(100).replacen("old 100", "old 300", 1);
    let answer = witness.add_checkpoint(claims_growth.as_bytes());
    assert!(matches!(answer, Err(NotCosigned::Malformed { .. })), "{answer:?}");
    // The same once more is no rollback: whoever lost the answer gets another.
    witness.add_checkpoint(late.request(300).as_bytes()).unwrap();
}

#[test]
fn a_witness_whose_memory_was_changed_does_not_open() {
    let all = leaves(300);
    let (early, late) = (TestLog::of(&all[..100]), TestLog::of(&all));
    let place = Place::of(&late);
    let witness = place.open();
    witness.add_checkpoint(late.request(0).as_bytes()).unwrap();
    drop(witness);
    let kept = std::fs::read_to_string(place.memory()).unwrap();
    for change in [early.checkpoint(), String::new(), kept.replacen("\n300\n", "\n100\n", 1)] {
        std::fs::write(place.memory(), change).unwrap();
        assert!(matches!(place.try_open(), Err(WitnessOpenError::Memory { .. })));
    }
    std::fs::write(place.memory(), kept).unwrap();
    place.open();
}

#[test]
fn aud_6_a_witness_keeps_what_it_cosigns_or_does_not_cosign() {
    let all = leaves(20);
    let log = TestLog::of(&all[..10]);
    let place = Place::of(&log);
    let witness = place.open();
    // In the way of the file that would be renamed.
    let in_the_way = place.memory().with_extension("new");
    std::fs::create_dir(&in_the_way).unwrap();
    let answer = witness.add_checkpoint(log.request(0).as_bytes());
    assert!(matches!(answer, Err(NotCosigned::NotKept(_))), "{answer:?}");
    assert_eq!(witness.newest(&hex::encode(origin_hash(ORIGIN))), None);
    std::fs::remove_dir(in_the_way).unwrap();
    witness.add_checkpoint(log.request(0).as_bytes()).unwrap();
}

#[test]
fn a_witness_answers_what_it_cannot_cosign_with_the_statuses_of_the_protocol() {
    let all = leaves(40);
    let log = TestLog::of(&all);
    let place = Place::of(&log);
    let witness = place.open();
    let good = log.request(0);
    let answer = |request: &str| witness.add_checkpoint(request.as_bytes()).unwrap_err();

    let of_another = NoteSigner::new("another.example/log", &[[3; 32]]).unwrap();
    let request = format!("old 0\n\n{}", of_another.checkpoint(40, &log.frontier.root()));
    assert!(matches!(answer(&request), NotCosigned::UnknownLog));
    let stranger = NoteSigner::new(ORIGIN, &[[4; 32]]).unwrap();
    let request = format!("old 0\n\n{}", stranger.checkpoint(40, &log.frontier.root()));
    assert!(matches!(answer(&request), NotCosigned::NotSigned));
    assert!(matches!(answer(&good.replacen("\n40\n", "\n41\n", 1)), NotCosigned::NotSigned));

    let hash = STANDARD.encode([7; 32]);
    assert!(matches!(answer(&good.replacen("old 0\n", &format!("old 0\n{hash}\n"), 1)), NotCosigned::NotConsistent));
    let long = format!("{hash}\n").repeat(64);
    let huge = "x".repeat(REQUEST_BYTES_MAX + 1);
    for malformed in [
        String::new(),
        good.replacen("old 0", "old 00", 1),
        good.replacen("old 0", "old -1", 1),
        good.replacen("old 0", "size 0", 1),
        good.replacen("old 0\n", "old 0\nAAAA\n", 1),
        good.replacen("old 0\n", &format!("old 0\n{long}"), 1),
        good.replacen("\n\n", "\n", 1),
        good.trim_end().to_owned(),
        format!("old 0\n\n{huge}"),
    ] {
        assert!(matches!(answer(&malformed), NotCosigned::Malformed { .. }));
    }
    witness.add_checkpoint(good.as_bytes()).unwrap();
}

#[test]
fn a_log_that_rotated_its_signer_is_the_same_log_to_a_witness() {
    let all = leaves(20);
    let log = TestLog::of(&all[..10]);
    let mut place = Place::of(&log);
    place.open().add_checkpoint(log.request(0).as_bytes()).unwrap();
    let mut after = TestLog::of(&all);
    after.signer = NoteSigner::new(ORIGIN, &[[5; 32]]).unwrap();
    assert!(matches!(place.open().add_checkpoint(after.request(10).as_bytes()), Err(NotCosigned::NotSigned)));
    place.logs.push(after.vkey());
    place.open().add_checkpoint(after.request(10).as_bytes()).unwrap();
}

#[test]
fn aud_6_of_requests_at_one_time_a_witness_cosigns_one_history() {
    let all = leaves(64);
    let mut others = all.clone();
    others[9] = crate::hash::leaf_hash(b"another");
    let requests: Vec<String> = (1..=32)
        .flat_map(|size| [TestLog::of(&all[..10 + size]).request(0), TestLog::of(&others[..10 + size]).request(0)])
        .collect();
    let place = Place::of(&TestLog::of(&[]));
    let witness = place.open();
    let cosigned = std::thread::scope(|scope| {
        let asking: Vec<_> =
            requests.iter().map(|request| scope.spawn(|| witness.add_checkpoint(request.as_bytes()))).collect();
        asking.into_iter().flat_map(|asked| asked.join().unwrap()).count()
    });
    assert_eq!(cosigned, 1, "all claim to be the first");
}

#[test]
fn a_witness_is_not_opened_without_a_name_or_a_log() {
    let log = TestLog::of(&[]);
    let mut place = Place::of(&log);
    let named = |name: &str| {
        let (folder, clock) = (place.folder.path().to_owned(), Arc::<TestClock>::clone(&place.clock));
        Witness::open(WitnessConfig { folder, name: name.into(), logs: place.logs.clone(), clock })
    };
    assert!(matches!(named("two words"), Err(WitnessOpenError::Name)));
    place.logs = vec!["nonsense".into()];
    assert!(matches!(place.try_open(), Err(WitnessOpenError::LogKey { .. })));
    place.logs.clear();
    assert!(matches!(place.try_open(), Err(WitnessOpenError::Logs)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_request_with_any_bytes_in_it_is_refused_and_leaves_nothing_behind(
        bytes in prop::collection::vec(any::<u8>(), 1..200), place in any::<prop::sample::Index>(), whole in any::<bool>(),
    ) {
        let log = TestLog::of(&leaves(10));
        let home = Place::of(&log);
        let witness = home.open();
        let sound = log.request(0).into_bytes();
        let (before, after) = sound.split_at(place.index(sound.len()));
        let request = if whole { bytes } else { [before, &bytes, after].concat() };
        prop_assert!(witness.add_checkpoint(&request).is_err());
        prop_assert!(!home.memory().exists());
        witness.add_checkpoint(&sound).unwrap();
    }
}
