//! A recorded preview does not give rows.
use detections::Store;
use ledger::Recorded;
use policy::{Permit, Preview};

async fn search(store: &Store, permit: Recorded<Permit<Preview>>) {
    let _ = store.rows(permit).await;
}

fn main() {}
