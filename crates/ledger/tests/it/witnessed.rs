//! A log and the witness of a second party, in one process; `e2e` runs them as two.

use crate::outside::{check, refused, text};
use crate::place::{ORIGIN, Place, on_every_database, record_many};
use domain::UtcMicros;
use ledger::verify::{Trust, VerifyError, verify_folder, verify_receipt};
use ledger::witness::{Witness, WitnessConfig};
use ledger::{Ledger, WitnessAnswer, WitnessCall, export};
use std::path::Path;
use std::sync::Arc;
use storage::TestClock;

const SECONDS: i64 = 1_800_000_000;

#[derive(Debug)]
struct InProcess(Arc<Witness>);

impl WitnessCall for InProcess {
    fn add_checkpoint(&self, request: String) -> WitnessAnswer {
        let witness = Arc::clone(&self.0);
        Box::pin(async move {
            Ok(witness.add_checkpoint(request.as_bytes()).map_or_else(
                |refused| (refused.status(), refused.seen_size().map_or_else(String::new, |size| format!("{size}\n"))),
                |line| (200, line),
            ))
        })
    }
}

fn witness(folder: &Path, name: &str, log: &Ledger) -> Arc<Witness> {
    let clock = Arc::new(TestClock::at(UtcMicros(SECONDS * 1_000_000)));
    let config = WitnessConfig { folder: folder.join(name), name: name.into(), logs: vec![log.verifier_key()], clock };
    Arc::new(Witness::open(config).unwrap())
}

async fn ask(log: &Ledger, witnesses: &[&Arc<Witness>]) {
    let call = |witness: &&Arc<Witness>| -> (String, Arc<dyn WitnessCall>) {
        (witness.vkey(), Arc::new(InProcess(Arc::clone(witness))))
    };
    log.set_witnesses(witnesses.iter().map(call).collect()).await.unwrap();
}

#[tokio::test]
async fn aud_6_each_checkpoint_and_receipt_carries_the_cosignatures_of_all_witnesses() {
    on_every_database(async |place| {
        let ledger = place.open().await;
        let folder = tempfile::tempdir().unwrap();
        let (first, second) =
            (witness(folder.path(), "w1.example", &ledger), witness(folder.path(), "w2.example", &ledger));
        ask(&ledger, &[&first, &second]).await;
        let (key, witnesses) = (ledger.verifier_key(), vec![first.vkey(), second.vkey()]);
        let trust = Trust { vkey: &key, witnesses: &witnesses };
        let mut older = None;
        for step in [1, 4, 251, 1, 400] {
            record_many(&ledger, step).await;
            ledger.publish().await.unwrap();
            let verified = verify_folder(&place.log(), trust, older.as_deref()).unwrap();
            let cosigned: Vec<_> = verified.cosigned.iter().map(|by| (by.witness.as_str(), by.seconds)).collect();
            assert_eq!(cosigned, [("w1.example", SECONDS), ("w2.example", SECONDS)]);
            older = Some(ledger.checkpoint());
        }
        let (receipt, leaf) = (ledger.receipt(300).await.unwrap(), ledger.leaf(300).await.unwrap());
        assert_eq!(verify_receipt(&receipt, trust, &leaf).unwrap().1.cosigned.len(), 2);

        // Another implementation reads the same, and neither takes a stranger's word.
        let out = place.folder.path().join("export");
        export(&place.log(), &key, &out).unwrap();
        let both = ["-witness", &witnesses[0], "-witness", &witnesses[1]];
        let said = check(&[&["log"][..], &both, &[text(&out), &key]].concat()).unwrap();
        assert!(said.starts_with(&format!("{ORIGIN}: 657 entries")), "{said}");
        let file = place.folder.path().join("receipt");
        std::fs::write(&file, &receipt).unwrap();
        let hash = hex::encode(ledger::hash::leaf_hash(&leaf));
        check(&[&["receipt"][..], &both, &[text(&file), &key, &hash]].concat()).unwrap();
        let stranger = [witness(folder.path(), "stranger.example", &ledger).vkey()];
        refused(&["log", "-witness", &stranger[0], text(&out), &key], "not signed by stranger.example");
        let demanded = verify_folder(&out, Trust { vkey: &key, witnesses: &stranger }, None);
        assert!(matches!(demanded, Err(VerifyError::NotWitnessed { .. })), "{demanded:?}");
        ledger.close().await;
    })
    .await;
}

#[tokio::test]
async fn aud_6_cosignatures_stay_when_the_log_is_opened_again_and_one_changed_byte_of_them_is_found() {
    let place = Place::sqlite();
    let ledger = place.open().await;
    let folder = tempfile::tempdir().unwrap();
    let witness = witness(folder.path(), "w.example", &ledger);
    ask(&ledger, &[&witness]).await;
    record_many(&ledger, 5).await;
    ledger.publish().await.unwrap();
    let (key, witnesses) = (ledger.verifier_key(), vec![witness.vkey()]);
    let (checkpoint, trust) = (ledger.checkpoint(), Trust { vkey: &key, witnesses: &witnesses });
    ledger.close().await;
    let ledger = place.open().await;
    assert_eq!(ledger.checkpoint(), checkpoint, "nobody was asked again");
    verify_folder(&place.log(), trust, None).unwrap();

    let path = place.log().join("checkpoint");
    let own_end = checkpoint.rfind('\u{2014}').unwrap();
    for place_in_line in own_end..checkpoint.len() {
        let mut altered = checkpoint.clone().into_bytes();
        altered[place_in_line] ^= 1;
        std::fs::write(&path, altered).unwrap();
        assert!(verify_folder(&place.log(), trust, None).is_err(), "byte {place_in_line}");
    }
    std::fs::write(&path, &checkpoint).unwrap();
    ledger.close().await;
}

/// Three logs under one key: the one that the witness has seen, one that is shorter, and one with another history.
#[tokio::test]
async fn aud_6_a_log_that_was_rolled_back_or_forked_gets_no_cosignature() {
    let seen = Place::sqlite();
    let ledger = seen.open().await;
    let folder = tempfile::tempdir().unwrap();
    let witness = witness(folder.path(), "w.example", &ledger);
    ask(&ledger, &[&witness]).await;
    record_many(&ledger, 100).await;
    ledger.publish().await.unwrap();
    let (key, witnesses) = (ledger.verifier_key(), vec![witness.vkey()]);
    let trust = Trust { vkey: &key, witnesses: &witnesses };
    verify_folder(&seen.log(), trust, None).unwrap();
    for size in [60, 100, 140] {
        let mut place = Place::sqlite();
        place.vault = Arc::clone(&seen.vault);
        let other = place.open().await;
        ask(&other, &[&witness]).await;
        record_many(&other, size).await;
        other.publish().await.unwrap();
        // It goes on, and is sound by itself; but nobody who demands the witness takes it.
        assert_eq!(verify_folder(&place.log(), &key, None).unwrap().size, size);
        let demanded = verify_folder(&place.log(), trust, None);
        assert!(matches!(demanded, Err(VerifyError::NotWitnessed { .. })), "{size}: {demanded:?}");
        other.close().await;
    }
    record_many(&ledger, 50).await;
    ledger.publish().await.unwrap();
    assert_eq!(verify_folder(&seen.log(), trust, None).unwrap().size, 150, "the one that it knows goes on");
    ledger.close().await;
}
