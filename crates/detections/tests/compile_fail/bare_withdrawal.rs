//! What withdraws detections is a recorded act only.
use detections::{Store, WithdrawalAct};

/// An act that was not recorded.
async fn detour<A: WithdrawalAct>(store: &Store, act: A) {
    let _ = store.withdraw(act).await;
}

fn main() {}
