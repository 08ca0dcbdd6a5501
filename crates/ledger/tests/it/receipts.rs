use crate::place::{Act, Place, on_every_database, record_many};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ledger::LedgerError;
use ledger::verify::{VerifyError, verify_receipt, verify_receipt_alone};

#[tokio::test]
async fn aud_6_every_entry_has_a_receipt_that_an_outsider_can_check() {
    on_every_database(async |place| {
        let ledger = place.open().await;
        for count in [1, 2, 254, 1, 300] {
            record_many(&ledger, count).await;
            let size = ledger.size();
            for index in [0, size / 2, size.saturating_sub(2), size - 1] {
                let (receipt, leaf) = (ledger.receipt(index).await.unwrap(), ledger.leaf(index).await.unwrap());
                let (found, log) = verify_receipt(&receipt, &ledger.verifier_key(), &leaf).unwrap();
                assert_eq!(found, index);
                assert!(index < log.size && log.size <= size, "under some checkpoint that covers it");
            }
        }
        assert!(matches!(ledger.receipt(ledger.size()).await, Err(LedgerError::Missing)));
        ledger.close().await;
    })
    .await;
}

#[tokio::test]
async fn aud_6_a_receipt_has_the_form_of_the_specification() {
    let place = Place::sqlite();
    let ledger = place.open().await;
    record_many(&ledger, 5).await;
    let receipt = ledger.receipt(2).await.unwrap();
    let lines: Vec<&str> = receipt.split('\n').collect();
    let leaf = STANDARD.encode(ledger.leaf(2).await.unwrap());
    assert_eq!(lines[..3], ["c2sp.org/tlog-proof@v1", &format!("extra {leaf}"), "index 2"]);
    assert!(
        lines[3..6].iter().all(|line| line.len() == 44),
        "three base64 hashes: sibling, its sibling, the lone fifth"
    );
    assert_eq!(lines[6], "");
    assert_eq!(lines[7..].join("\n"), ledger.checkpoint());
    ledger.close().await;
}

#[tokio::test]
async fn aud_6_a_receipt_proves_one_entry_at_one_place_in_one_log() {
    let place = Place::sqlite();
    let ledger = place.open().await;
    record_many(&ledger, 20).await;
    let key = ledger.verifier_key();
    let (receipt, leaf, other) =
        (ledger.receipt(6).await.unwrap(), ledger.leaf(6).await.unwrap(), ledger.leaf(7).await.unwrap());
    verify_receipt(&receipt, &key, &leaf).unwrap();
    assert!(matches!(verify_receipt(&receipt, &key, &other), Err(VerifyError::NotIncluded)));
    let moved = receipt.replacen("index 6", "index 7", 1);
    assert!(matches!(verify_receipt(&moved, &key, &leaf), Err(VerifyError::NotIncluded)));
    let padded = receipt.replacen("index 6", "index 06", 1);
    assert!(matches!(verify_receipt(&padded, &key, &leaf), Err(VerifyError::BadReceipt { .. })));
    let extra = receipt.lines().nth(1).unwrap();
    verify_receipt(&receipt.replacen(&format!("{extra}\n"), "", 1), &key, &leaf).unwrap();
    verify_receipt(&receipt.replacen(extra, "extra AAAA", 1), &key, &leaf).unwrap();
    let stranger = Place::sqlite().open().await;
    assert!(matches!(verify_receipt(&receipt, &stranger.verifier_key(), &leaf), Err(VerifyError::NotSigned)));
    ledger.close().await;
}

#[tokio::test]
async fn aud_6_a_receipt_with_any_one_byte_changed_is_rejected() {
    let place = Place::sqlite();
    let ledger = place.open().await;
    record_many(&ledger, 5).await;
    let (receipt, leaf) = (ledger.receipt(3).await.unwrap(), ledger.leaf(3).await.unwrap());
    let extra = receipt.find("extra ").unwrap()..receipt.find("index ").unwrap();
    for position in 0..receipt.len() {
        let mut altered = receipt.clone().into_bytes();
        altered[position] ^= 1;
        let Ok(altered) = String::from_utf8(altered) else { continue };
        assert!(verify_receipt_alone(&altered, &ledger.verifier_key()).is_err(), "byte {position}");
        // Whoever has the leaf reads nothing of what the specification calls opaque.
        if !extra.contains(&position) {
            assert!(verify_receipt(&altered, &ledger.verifier_key(), &leaf).is_err(), "byte {position}");
        }
    }
    ledger.close().await;
}

#[tokio::test]
async fn aud_6_a_receipt_verifies_offline_with_nothing_but_itself_and_the_key() {
    let place = Place::sqlite();
    let ledger = place.open().await;
    let mut entries = Vec::new();
    for number in 0..9 {
        entries.push(ledger.record(Act::of(7, number)).await.unwrap().entry());
    }
    for entry in entries {
        let receipt = ledger.receipt(entry.index).await.unwrap();
        let (found, log) = verify_receipt_alone(&receipt, &ledger.verifier_key()).unwrap();
        assert_eq!((found, log.origin.as_str()), (entry, crate::place::ORIGIN));
        // Another entry's leaf does not pass for this one's.
        let other = ledger.receipt((entry.index + 1) % 9).await.unwrap();
        let (own, others) = (receipt.lines().nth(1).unwrap(), other.lines().nth(1).unwrap());
        let swapped = receipt.replacen(own, others, 1);
        let swapped = verify_receipt_alone(&swapped, &ledger.verifier_key());
        assert!(matches!(swapped, Err(VerifyError::NotIncluded)), "{swapped:?}");
    }
    ledger.close().await;
}

#[tokio::test]
async fn aud_6_no_receipt_is_given_for_an_entry_changed_in_the_database() {
    on_every_database(async |place| {
        let ledger = place.open().await;
        record_many(&ledger, 4).await;
        ledger.publish().await.unwrap();
        place
            .tamper("UPDATE ledger_entries SET leaf = (SELECT leaf FROM ledger_entries WHERE idx = 0) WHERE idx = 1")
            .await;
        assert!(matches!(ledger.receipt(1).await, Err(LedgerError::Altered { index: 1 })));
        ledger.receipt(0).await.unwrap();
        assert_eq!(ledger.record(Act::of(7, 4)).await.unwrap().entry().index, 4);
        ledger.close().await;
    })
    .await;
}
