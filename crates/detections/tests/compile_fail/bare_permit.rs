//! A permit that the ledger has not recorded opens nothing.
use detections::Store;
use policy::{Permit, Rows};

async fn search(store: &Store, permit: Permit<Rows>) {
    let _ = store.rows(permit).await;
}

fn main() {}
