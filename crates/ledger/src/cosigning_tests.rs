use super::*;
use crate::note::NoteSigner;
use crate::verify::{Trust, VerifyError, verify_folder};
use crate::witness::{Witness, WitnessConfig};
use crate::{Ledger, LedgerConfig, LedgerError};
use domain::{AgencyId, Recordable, UtcMicros};
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use storage::{Sql, TestClock, Vault};

const ORIGIN: &str = "sightline.example/ledger";

struct Act;

impl Recordable for Act {
    fn agency(&self) -> Option<AgencyId> {
        None
    }

    fn kind(&self) -> &'static str {
        "test.act"
    }

    fn record(&self) -> Value {
        json!({})
    }
}

async fn open(folder: &std::path::Path) -> Ledger {
    let config = LedgerConfig {
        sql: Sql::sqlite(&folder.join("ledger.sqlite")).await.unwrap(),
        vault: Arc::new(Vault::for_tests()),
        clock: Arc::new(TestClock::at(UtcMicros::YEAR_2000)),
        origin: ORIGIN.into(),
        folder: folder.join("log"),
    };
    Ledger::open(config).await.unwrap()
}

/// A witness that can be away.
#[derive(Debug)]
struct Reached {
    witness: Arc<Witness>,
    is_away: Arc<AtomicBool>,
}

impl WitnessCall for Reached {
    fn add_checkpoint(&self, request: String) -> WitnessAnswer {
        let (witness, is_away) = (Arc::clone(&self.witness), self.is_away.load(Ordering::SeqCst));
        Box::pin(async move {
            if is_away {
                return Err(io::Error::from(io::ErrorKind::ConnectionRefused));
            }
            Ok(witness.add_checkpoint(request.as_bytes()).map_or_else(
                |refused| (refused.status(), refused.seen_size().map_or_else(String::new, |size| format!("{size}\n"))),
                |line| (200, line),
            ))
        })
    }
}

#[tokio::test]
async fn aud_6_a_witness_that_is_away_holds_up_nothing_and_cosigns_once_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path()).await;
    let witness = Arc::new(
        Witness::open(WitnessConfig {
            folder: folder.path().join("witness"),
            name: "oversight.example/witness".into(),
            logs: vec![ledger.verifier_key()],
            clock: Arc::new(TestClock::at(UtcMicros::YEAR_2000)),
        })
        .unwrap(),
    );
    let is_away = Arc::new(AtomicBool::new(true));
    let call = Reached { witness: Arc::clone(&witness), is_away: Arc::clone(&is_away) };
    ledger.set_witnesses(vec![(witness.vkey(), Arc::new(call))]).await.unwrap();
    let (key, witnesses) = (ledger.verifier_key(), vec![witness.vkey()]);
    let trust = Trust { vkey: &key, witnesses: &witnesses };

    ledger.record(Act).await.unwrap();
    ledger.publish().await.unwrap();
    assert_eq!(verify_folder(&folder.path().join("log"), &key, None).unwrap().size, 1);
    let demanded = verify_folder(&folder.path().join("log"), trust, None);
    assert!(matches!(demanded, Err(VerifyError::NotWitnessed { .. })), "{demanded:?}");

    is_away.store(false, Ordering::SeqCst);
    let mut publisher = ledger.publisher().await;
    publisher.cosign_again().await.unwrap();
    let demanded = verify_folder(&folder.path().join("log"), trust, None);
    assert!(matches!(demanded, Err(VerifyError::NotWitnessed { .. })), "it is left alone for a while: {demanded:?}");
    publisher.cosigning.rest = Duration::ZERO;
    publisher.cosign_again().await.unwrap();
    let verified = verify_folder(&folder.path().join("log"), trust, None).unwrap();
    assert_eq!((verified.size, verified.cosigned.len()), (1, 1));
    drop(publisher);
    ledger.close().await;
}

/// Answers what it was told to.
#[derive(Debug)]
struct Told(Mutex<(u16, String)>);

impl WitnessCall for Told {
    fn add_checkpoint(&self, _: String) -> WitnessAnswer {
        let answer = self.0.lock().unwrap().clone();
        Box::pin(async move { Ok(answer) })
    }
}

#[tokio::test]
async fn aud_6_what_is_not_a_cosignature_of_this_checkpoint_by_this_witness_is_not_published() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path()).await;
    let witness = |name: &str| {
        let config = WitnessConfig {
            folder: folder.path().join(name.replace('/', "-")),
            name: name.into(),
            logs: NoteSigner::new(ORIGIN, &[[9; 32]]).unwrap().verifier_keys(),
            clock: Arc::new(TestClock::at(UtcMicros::YEAR_2000)),
        };
        Witness::open(config).unwrap()
    };
    let (named, stranger) = (witness("oversight.example/witness"), witness("stranger.example/witness"));
    // Cosignatures that are sound by themselves, of another log's checkpoint.
    let other = NoteSigner::new(ORIGIN, &[[9; 32]]).unwrap().checkpoint(0, &crate::hash::empty_root());
    let [of_another, by_another] =
        [&named, &stranger].map(|witness| witness.add_checkpoint(format!("old 0\n\n{other}").as_bytes()).unwrap());
    let own = ledger.checkpoint().split("\n\n").nth(1).unwrap().to_owned();
    let call = Arc::new(Told(Mutex::new((200, String::new()))));
    ledger.set_witnesses(vec![(named.vkey(), Arc::<Told>::clone(&call))]).await.unwrap();
    ledger.publisher().await.cosigning.rest = Duration::ZERO;
    for (status, body) in [
        (200, String::new()),
        (200, of_another.clone()),
        (200, by_another),
        (200, own),
        (200, format!("{of_another}nonsense")),
        (200, "\u{2014} a b\n\nmore\n".into()),
        (204, of_another),
        (409, "7".into()),
        (409, "nonsense\n".into()),
        (422, String::new()),
        (500, String::new()),
    ] {
        *call.0.lock().unwrap() = (status, body.clone());
        ledger.record(Act).await.unwrap();
        ledger.publish().await.unwrap();
        assert_eq!(ledger.checkpoint().matches('\u{2014}').count(), 1, "{status} {body:?}");
        verify_folder(&folder.path().join("log"), &ledger.verifier_key(), None).unwrap();
    }
    ledger.close().await;
}

#[tokio::test]
async fn witnesses_that_cannot_be_told_apart_or_are_too_many_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = open(folder.path()).await;
    let witness = |name: String| {
        let config = WitnessConfig {
            folder: folder.path().join(name.replace('/', "-")),
            name,
            logs: vec![ledger.verifier_key()],
            clock: Arc::new(TestClock::at(UtcMicros::YEAR_2000)),
        };
        let call: Arc<dyn WitnessCall> = Arc::new(Told(Mutex::new((404, String::new()))));
        (Witness::open(config).unwrap().vkey(), call)
    };
    let refused = async |witnesses| match ledger.set_witnesses(witnesses).await {
        Err(LedgerError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(vec![witness(ORIGIN.into())]).await, Refusal::WitnessKey);
    let call: Arc<dyn WitnessCall> = Arc::new(Told(Mutex::new((404, String::new()))));
    assert_eq!(refused(vec![(ledger.verifier_key(), call)]).await, Refusal::WitnessKey);
    let twice = vec![witness("a.example/w".into()), witness("a.example/w".into())];
    assert!(matches!(refused(twice).await, Refusal::TooManyWitnesses { .. }));
    let many = (0..=WITNESSES_MAX).map(|number| witness(format!("w{number}.example"))).collect();
    assert!(matches!(refused(many).await, Refusal::TooManyWitnesses { .. }));
    ledger.close().await;
}
