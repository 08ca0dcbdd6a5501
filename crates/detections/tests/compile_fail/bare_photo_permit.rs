//! Photos too are opened by a recorded permit only.
use detections::{PhotoSource, Store};
use policy::PhotoPermit;

async fn open(store: &Store, permit: PhotoPermit, source: &dyn PhotoSource) {
    let _ = store.photos(permit, source).await;
}

fn main() {}
