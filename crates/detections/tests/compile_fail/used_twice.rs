//! One recorded permit is one search.
use detections::Store;
use ledger::Recorded;
use policy::{Permit, Rows};

async fn search(store: &Store, permit: Recorded<Permit<Rows>>) {
    let _ = store.rows(permit).await;
    let _ = store.rows(permit).await;
}

fn main() {}
