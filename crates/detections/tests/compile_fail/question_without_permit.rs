//! There is no search by a question and pools alone.
use detections::Store;
use domain::{PoolId, Question};

async fn search(store: &Store, question: Question, pools: Vec<PoolId>) {
    let _ = store.rows_of(detections::Search { question, pools }, true).await;
}

fn main() {}
