//! From question to answer: decided by policy, recorded by the ledger, answered by the store.

use crate::house::{House, NOW, NoCamera, asker, criteria, house, read, request};
use detections::{Answer, Count, FoundRows, Outcome, RetentionAct, WithdrawalAct};
use domain::detection::PhotoKind;
use domain::time::DAY_MICROS;
use domain::{AgencyId, CameraId, DetectionId, MatchKind, NewPhoto, PoolId, QuestionKind, Recordable};
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn rows(house: &House, kind: QuestionKind) -> FoundRows {
    let permit = policy::rows(&house.policy, request(criteria(kind)), false).unwrap();
    let recorded = house.ledger.record(permit).await.unwrap();
    let Answer::Rows(found) = house.store.rows(recorded).await.unwrap() else { panic!("few rows need no warning") };
    *found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn qry_1_to_6_every_kind_of_question_is_answered_by_its_recorded_permit() {
    let house = house().await;
    let mut elsewhere = read("elsewhere", "7ABC123");
    elsewhere.position.lon_e7 += 500_000;
    let mut foreign = read("foreign", "7ABC123");
    (foreign.pool, foreign.camera) = (PoolId(2), CameraId(2));
    house.store.append(vec![read("here", "7ABC123"), elsewhere, foreign, read("other", "8XYZ999")]).await.unwrap();
    for (kind, expected) in [
        (QuestionKind::FullPlate, 2),
        (QuestionKind::PartialPlate, 2),
        (QuestionKind::MakeModel, 3),
        (QuestionKind::Area, 2),
        (QuestionKind::CommonPlate, 2),
        (QuestionKind::Movement, 2),
    ] {
        let found = rows(&house, kind).await;
        assert_eq!(found.hits.len(), expected, "{kind}");
        assert!(found.hits.iter().all(|hit| hit.detection.pool == PoolId(1) && hit.matched == MatchKind::Exact));
        assert_eq!(found.common.is_some(), kind == QuestionKind::CommonPlate);
        let permit = policy::preview(&house.policy, request(criteria(kind))).unwrap();
        let previewed = house.store.preview(house.ledger.record(permit).await.unwrap()).await.unwrap();
        assert_eq!(previewed.count, Count::Exactly(expected as u64));
        let permit = policy::exact_count(&house.policy, request(criteria(kind))).unwrap();
        let counted = house.store.exact_count(house.ledger.record(permit).await.unwrap()).await.unwrap();
        assert_eq!(counted.counts.total(), expected as u64);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lim_1_the_confirmation_is_part_of_the_permit() {
    let house = house().await;
    let reads = (0..10_000).map(|number| read(&format!("event-{number}"), "7ABC123")).collect();
    house.store.append(reads).await.unwrap();
    let ask = |is_confirmed| policy::rows(&house.policy, request(criteria(QuestionKind::FullPlate)), is_confirmed);
    let warned = house.store.rows(house.ledger.record(ask(false).unwrap()).await.unwrap()).await.unwrap();
    assert_eq!(warned, Answer::NeedsConfirmation { at_least: 10_000 });
    let confirmed = house.store.rows(house.ledger.record(ask(true).unwrap()).await.unwrap()).await.unwrap();
    let Answer::Rows(found) = confirmed else { panic!("confirmed questions are answered") };
    assert_eq!((found.hits.len(), found.counts.total(), found.is_truncated), (5_000, 10_000, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_1_photos_open_by_a_recorded_permit_for_returned_rows() {
    let house = house().await;
    let mut new = read("event", "7ABC123");
    let bytes = [&[0xff, 0xd8, 0xff][..], b"a fictional picture"].concat();
    new.photos = vec![NewPhoto { kind: PhotoKind::Plate, bytes: bytes.clone() }];
    assert_eq!(house.store.append(vec![new]).await.unwrap()[0].outcome, Outcome::Stored);
    let found = rows(&house, QuestionKind::FullPlate).await;
    let id = found.hits[0].detection.id;
    let query = request(criteria(QuestionKind::FullPlate)).query;
    let open = |wanted| policy::photos(&house.policy, asker(), query, &BTreeSet::from([id]), wanted, NOW);
    let recorded = house.ledger.record(open(vec![(id, 0)]).unwrap()).await.unwrap();
    let opened = house.store.photos(recorded, &NoCamera).await.unwrap();
    assert_eq!((opened[0].kind, opened[0].media_type, &opened[0].bytes), (PhotoKind::Plate, "image/jpeg", &bytes));
}

/// A steward's act, as an administration would make it.
struct Withdrawal(Vec<DetectionId>);

impl Recordable for Withdrawal {
    fn agency(&self) -> Option<AgencyId> {
        Some(AgencyId(1))
    }

    fn kind(&self) -> &'static str {
        "detections.withdrawn"
    }

    fn record(&self) -> Value {
        json!({ "detections": self.0 })
    }
}

impl WithdrawalAct for Withdrawal {
    fn detections(&self) -> &[DetectionId] {
        &self.0
    }
}

struct Retention(i64);

impl Recordable for Retention {
    fn agency(&self) -> Option<AgencyId> {
        None
    }

    fn kind(&self) -> &'static str {
        "retention.set"
    }

    fn record(&self) -> Value {
        json!({ "keep_micros": self.0 })
    }
}

impl RetentionAct for Retention {
    fn keep_micros(&self) -> Option<i64> {
        Some(self.0)
    }
}

/// Ids of what a full plate finds, newest first.
async fn found(house: &House) -> Vec<DetectionId> {
    rows(house, QuestionKind::FullPlate).await.hits.into_iter().map(|hit| hit.detection.id).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_1_detections_are_withdrawn_and_become_due_by_recorded_acts() {
    let house = house().await;
    let mut old = read("old", "7ABC123");
    old.scan_time = old.scan_time.plus_micros(-3 * DAY_MICROS);
    let appended = house.store.append(vec![read("right", "7ABC123"), read("wrong", "7ABC123"), old]).await.unwrap();
    let [right, wrong, old] = [0, 1, 2].map(|at: usize| appended[at].id);
    assert_eq!(found(&house).await, [wrong, right, old]);

    let act = house.ledger.record(Withdrawal(vec![wrong, DetectionId(99)])).await.unwrap();
    assert_eq!(house.store.withdraw(act).await.unwrap(), [wrong]);
    assert_eq!(found(&house).await, [right, old]);
    house.store.seal().await.unwrap();
    assert_eq!(found(&house).await, [right, old], "it stays withdrawn");

    let act = house.ledger.record(Retention(2 * DAY_MICROS)).await.unwrap();
    house.store.set_retention(act).await.unwrap();
    assert_eq!(found(&house).await, [right]);
    let purged = house.store.purge().await.unwrap();
    assert_eq!((purged.segments, purged.rows), (1, 1));
    assert_eq!((house.store.stats().rows, found(&house).await), (2, vec![right]));
}
