//! Photos from ingest to opening.

use super::support::{Home, homes, photo, read};
use crate::{Outcome, PhotoSource, StoreError};
use domain::{Detection, NewPhoto};
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A camera that keeps two photos of every event, and counts how often it is asked.
#[derive(Default)]
struct Camera {
    asked: AtomicUsize,
}

#[async_trait::async_trait]
impl PhotoSource for Camera {
    async fn fetch(&self, detection: &Detection, n: u8) -> Option<NewPhoto> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        (detection.event_id != "forgotten").then(|| photo(&[b'k', b'e', b'p', b't', n]))
    }
}

fn content(text: &str, length: usize) -> Vec<u8> {
    text.bytes().cycle().take(length).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn det_1_photos_survive_reopening_and_are_unreadable_on_disk() {
    for home in homes() {
        let store = home.open().await;
        let mut ids = Vec::new();
        for number in 0..3_u32 {
            let mut new = read(&format!("event-{number}"), "A1");
            new.owner = domain::AgencyId(number % 2);
            new.photos = vec![photo(&content("a fictional street", 40_000)), photo(&content(&number.to_string(), 9))];
            ids.push(store.append(vec![new]).await.unwrap()[0].id.0);
        }
        store.seal().await.unwrap();
        store.close().await;
        let store = home.open().await;
        let wanted: Vec<(u64, u8)> = ids.iter().flat_map(|id| [(*id, 1), (*id, 0), (*id, 2)]).collect();
        let camera = Camera::default();
        let opened = store.photos_of(&wanted, &camera).await.unwrap();
        assert_eq!(opened.len(), 6, "a photo that does not exist is left out");
        assert_eq!(camera.asked.load(Ordering::SeqCst), 0);
        for (number, pair) in opened.chunks(2).enumerate() {
            assert_eq!(pair[0].bytes, photo(&content(&number.to_string(), 9)).bytes);
            assert_eq!(pair[1].bytes, photo(&content("a fictional street", 40_000)).bytes);
            assert_eq!((pair[0].detection.0, pair[0].n, pair[0].media_type), (ids[number], 1, "image/jpeg"));
        }
        let packs = home.pack_files();
        assert_eq!(packs.len(), 2, "one for each owner and day");
        for pack in packs {
            let bytes = fs::read(pack).unwrap();
            assert!(!bytes.windows(9).any(|window| window == b"fictional"));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn det_1_a_photo_kept_by_the_camera_is_fetched_once_and_then_stored_sealed() {
    for home in homes() {
        let store = home.open().await;
        let mut new = read("event", "A1");
        new.photos_at_camera = 2;
        let mut forgotten = read("forgotten", "A1");
        forgotten.photos_at_camera = 1;
        let appended = store.append(vec![new, forgotten]).await.unwrap();
        let camera = Camera::default();
        let wanted = [(appended[0].id.0, 1), (appended[0].id.0, 2), (appended[1].id.0, 0), (99, 0)];
        let first = store.photos_of(&wanted, &camera).await.unwrap();
        assert_eq!(first.len(), 1);
        assert_eq!(first[0].bytes, photo(b"kept\x01").bytes);
        assert_eq!(camera.asked.load(Ordering::SeqCst), 2, "number 2 is one more than it keeps");
        store.close().await;
        let store = home.open().await;
        assert_eq!(store.photos_of(&wanted[..1], &camera).await.unwrap(), first);
        assert_eq!(camera.asked.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_without_photos_keeps_those_of_the_version_before_and_the_old_version_opens_no_more() {
    for home in homes() {
        let store = home.open().await;
        let mut new = read("event", "A1");
        new.photos = vec![photo(b"one"), photo(b"two")];
        let old = store.append(vec![new.clone()]).await.unwrap()[0].id.0;
        new.photos.clear();
        assert_eq!(store.append(vec![new.clone()]).await.unwrap()[0].outcome, Outcome::Duplicate);
        new.state = None;
        let updated = store.append(vec![new]).await.unwrap()[0];
        assert_eq!(updated.outcome, Outcome::Superseded);
        let opened =
            store.photos_of(&[(old, 0), (updated.id.0, 0), (updated.id.0, 1)], &Camera::default()).await.unwrap();
        let bytes: Vec<_> = opened.iter().map(|photo| (photo.detection, photo.bytes.clone())).collect();
        assert_eq!(bytes, [(updated.id, photo(b"one").bytes), (updated.id, photo(b"two").bytes)]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_that_was_altered_or_moved_to_another_detection_does_not_open() {
    let home = Home::sqlite();
    let store = home.open().await;
    let mut ids = Vec::new();
    for event in ["one", "two"] {
        let mut new = read(event, "A1");
        new.photos = vec![photo(event.as_bytes())];
        ids.push(store.append(vec![new]).await.unwrap()[0].id.0);
    }
    let sql = home.config().await.sql;
    let swap = "UPDATE photos SET starts_at = (SELECT starts_at FROM photos WHERE detection = $1) WHERE detection = $2";
    let signed = |id: u64| i64::try_from(id).unwrap();
    sqlx::query(swap).bind(signed(ids[0])).bind(signed(ids[1])).execute(sql.pool()).await.unwrap();
    let opened = store.photos_of(&[(ids[1], 0)], &Camera::default()).await;
    assert!(matches!(opened, Err(StoreError::DamagedPhoto { .. })));
    let pack = &home.pack_files()[0];
    let mut bytes = fs::read(pack).unwrap();
    bytes[60] ^= 1;
    fs::write(pack, bytes).unwrap();
    assert!(matches!(store.photos_of(&[(ids[0], 0)], &Camera::default()).await, Err(StoreError::Vault(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_2_a_torn_end_of_a_pack_is_passed_over_by_what_comes_after() {
    let home = Home::sqlite();
    let mut ids = Vec::new();
    for event in ["one", "two"] {
        let store = home.open().await;
        let mut new = read(event, "A1");
        new.photos = vec![photo(event.as_bytes())];
        ids.push((store.append(vec![new]).await.unwrap()[0].id.0, 0));
        store.close().await;
        let pack = &home.pack_files()[0];
        let torn = [fs::read(pack).unwrap(), b"SLPH half a record".to_vec()].concat();
        fs::write(pack, torn).unwrap();
    }
    let opened = home.open().await.photos_of(&ids, &Camera::default()).await.unwrap();
    assert_eq!(
        opened.iter().map(|photo| photo.bytes.clone()).collect::<Vec<_>>(),
        [photo(b"one").bytes, photo(b"two").bytes]
    );
}
