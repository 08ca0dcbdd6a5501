use crate::place::{Act, on_every_database, record_many};
use domain::AgencyId;
use ledger::verify::{VerifyError, verify_records};
use ledger::{LedgerError, OPENED_RECORDS_MAX, Refusal};
use serde_json::json;

#[tokio::test]
async fn agy_3_a_record_opens_for_its_own_agency_and_answers_others_like_none() {
    on_every_database(async |place| {
        let ledger = place.open().await;
        ledger.record(Act::of(7, 1)).await.unwrap();
        ledger.record(Act { agency: None, record: json!({ "installation": true }) }).await.unwrap();
        let opened = ledger.open_record(0, Some(AgencyId(7))).await.unwrap();
        assert_eq!((opened.index, opened.kind.as_str(), &opened.record), (0, "test.act", &json!({ "number": 1 })));
        assert_eq!(ledger.open_record(1, None).await.unwrap().record, json!({ "installation": true }));
        for (index, agency) in [(0, Some(8)), (0, None), (1, Some(7)), (2, Some(7)), (u64::MAX, Some(7))] {
            let answer = ledger.open_record(index, agency.map(AgencyId)).await;
            assert!(matches!(answer, Err(LedgerError::Missing)), "{index} {agency:?}");
        }
        ledger.close().await;
    })
    .await;
}

#[tokio::test]
async fn aud_4_an_agency_reads_its_own_records_in_order_and_in_pages() {
    on_every_database(async |place| {
        let ledger = place.open().await;
        for number in 0..30 {
            ledger.record(Act::of(if number % 3 == 0 { 7 } else { 8 }, number)).await.unwrap();
        }
        ledger.record(Act { agency: None, record: json!({}) }).await.unwrap();
        let indexes = async |agency: Option<u32>, from, limit| -> Vec<u64> {
            let records = ledger.records_of(agency.map(AgencyId), from, limit).await.unwrap();
            records.iter().map(|record| record.index).collect()
        };
        assert_eq!(indexes(Some(7), 0, 4).await, [0, 3, 6, 9]);
        assert_eq!(indexes(Some(7), 10, 100).await, [12, 15, 18, 21, 24, 27]);
        assert_eq!(indexes(None, 0, 100).await, [30]);
        assert_eq!(indexes(Some(9), 0, 100).await, [0; 0]);
        let error = ledger.records_of(None, 0, OPENED_RECORDS_MAX + 1).await.unwrap_err();
        assert!(matches!(error, LedgerError::Refused(Refusal::TooManyRecords { .. })));
        ledger.close().await;
    })
    .await;
}

#[tokio::test]
async fn agy_3_the_database_and_the_public_log_hold_no_word_of_a_record() {
    on_every_database(async |place| {
        let ledger = place.open().await;
        let secret = "PLATE7X";
        ledger.record(Act { agency: Some(7), record: json!({ "plate": secret }) }).await.unwrap();
        ledger.close().await;
        let sql = place.sql().await;
        let row = sqlx::query("SELECT leaf, sealed FROM ledger_entries").fetch_one(sql.pool()).await.unwrap();
        for column in ["leaf", "sealed"] {
            let bytes: Vec<u8> = sqlx::Row::get(&row, column);
            for word in [secret, "test.act", "agency"] {
                assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{column} {word}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn aud_6_records_that_open_to_their_commitments_are_accepted_and_gone_ones_are_counted() {
    on_every_database(async |place| {
        let ledger = place.open().await;
        record_many(&ledger, 300).await;
        ledger.publish().await.unwrap();
        let (sql, key) = (place.sql().await, ledger.verifier_key());
        let verified = verify_records(&place.log(), &key, &sql, &place.vault).await.unwrap();
        assert_eq!((verified.log.size, verified.opened, verified.gone), (300, 300, 0));
        place.tamper("UPDATE ledger_entries SET sealed = NULL WHERE idx < 10").await;
        let verified = verify_records(&place.log(), &key, &sql, &place.vault).await.unwrap();
        assert_eq!((verified.opened, verified.gone), (290, 10), "after its retention a record goes, the log holds");
        assert!(matches!(ledger.open_record(3, Some(AgencyId(7))).await, Err(LedgerError::Missing)));
        ledger.close().await;
    })
    .await;
}

#[tokio::test]
async fn aud_6_every_change_to_a_stored_record_is_detected() {
    let changes = [
        (
            "another entry's record",
            "UPDATE ledger_entries SET sealed = (SELECT sealed FROM ledger_entries WHERE idx = 4) WHERE idx = 5",
        ),
        (
            "another entry's leaf",
            "UPDATE ledger_entries SET leaf = (SELECT leaf FROM ledger_entries WHERE idx = 4) WHERE idx = 5",
        ),
        ("another agency", "UPDATE ledger_entries SET agency = 8 WHERE idx = 5"),
        ("no agency", "UPDATE ledger_entries SET agency = NULL WHERE idx = 5"),
        ("another time", "UPDATE ledger_entries SET time = time + 1 WHERE idx = 5"),
        ("no entry", "DELETE FROM ledger_entries WHERE idx = 5"),
    ];
    on_every_database(async |place| {
        let ledger = place.open().await;
        record_many(&ledger, 8).await;
        ledger.publish().await.unwrap();
        let (sql, key) = (place.sql().await, ledger.verifier_key());
        for (name, change) in changes {
            let before = sqlx::query("SELECT time, agency, leaf, leaf_hash, sealed FROM ledger_entries WHERE idx = 5");
            let before = before.fetch_one(sql.pool()).await.unwrap();
            place.tamper(change).await;
            let verified = verify_records(&place.log(), &key, &sql, &place.vault).await;
            assert!(matches!(verified, Err(VerifyError::BadRecord { index: 5, .. })), "{name}: {verified:?}");
            let opened = ledger.open_record(5, Some(AgencyId(7))).await;
            assert!(matches!(opened, Err(LedgerError::Altered { index: 5 } | LedgerError::Missing)), "{name}");
            restore(&sql, &before).await;
            verify_records(&place.log(), &key, &sql, &place.vault).await.unwrap();
        }
        flip_a_byte_of_each_kind(&sql, &place.log(), &key, &place.vault).await;
        ledger.close().await;
    })
    .await;
}

async fn restore(sql: &storage::Sql, row: &sqlx::any::AnyRow) {
    use sqlx::Row;
    sqlx::query("DELETE FROM ledger_entries WHERE idx = 5").execute(sql.pool()).await.unwrap();
    sqlx::query(
        "INSERT INTO ledger_entries (idx, time, agency, leaf, leaf_hash, sealed) VALUES (5, $1, $2, $3, $4, $5)",
    )
    .bind(row.get::<i64, _>("time"))
    .bind(row.get::<Option<i64>, _>("agency"))
    .bind(row.get::<Vec<u8>, _>("leaf"))
    .bind(row.get::<Vec<u8>, _>("leaf_hash"))
    .bind(row.get::<Vec<u8>, _>("sealed"))
    .execute(sql.pool())
    .await
    .unwrap();
}

/// Version, key id, nonce, content and tag of a sealed record.
async fn flip_a_byte_of_each_kind(sql: &storage::Sql, log: &std::path::Path, key: &str, vault: &storage::Vault) {
    let row = sqlx::query("SELECT sealed FROM ledger_entries WHERE idx = 6").fetch_one(sql.pool()).await.unwrap();
    let sealed: Vec<u8> = sqlx::Row::get(&row, "sealed");
    for place in [0, 4, 5, 20, 60, sealed.len() - 1] {
        let mut altered = sealed.clone();
        altered[place] ^= 1;
        let set = sqlx::query("UPDATE ledger_entries SET sealed = $1 WHERE idx = 6").bind(altered);
        set.execute(sql.pool()).await.unwrap();
        let verified = verify_records(log, key, sql, vault).await;
        assert!(matches!(verified, Err(VerifyError::BadRecord { index: 6, .. })), "byte {place}");
    }
}
