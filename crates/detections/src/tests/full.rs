//! A file system that is really full: the store says so, loses nothing, answers, and goes on once there is room.

use super::support::{Home, around, at, photo, read};
use crate::search::plan::Search;
use crate::{Outcome, Store, StoreError};
use domain::{Area, Criteria, NewDetection, PoolId, Question, VehicleFilter, Widen};
use std::path::Path;
use std::process::Command;

/// Takes the mount away with the test.
struct Mounted<'a>(&'a Path);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

fn mount(folder: &Path, options: &str) -> bool {
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", options, "none"]).arg(folder);
    mount.status().is_ok_and(|status| status.success())
}

fn batch(number: usize) -> Vec<NewDetection> {
    (0..200).map(|row| read(&format!("{number}-{row}"), &format!("A{}", row % 90))).collect()
}

async fn count(store: &Store) -> u64 {
    let area = Area::new(vec![at(-100, -100), at(100, -100), at(100, 100), at(-100, 100)], vec![]).unwrap();
    let criteria = Criteria::Area { areas: vec![area], vehicle: VehicleFilter::default(), state: None };
    let question = Question::new(criteria, around(), Widen::default()).unwrap();
    store.count_of(Search { question, pools: vec![PoolId(1)] }).await.unwrap().counts.total()
}

fn is_of_the_world(error: &StoreError) -> bool {
    let is_one = matches!(error, StoreError::Database { .. } | StoreError::File { .. } | StoreError::Blob { .. });
    is_one && !error.is_refusal()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_2_a_full_disk_fails_appends_and_sealing_loses_nothing_and_needs_no_restart() {
    let home = Home::sqlite();
    if !mount(home.folder.path(), "size=8m") {
        eprintln!("a file system cannot be mounted here: this did not run");
        return;
    }
    let _mounted = Mounted(home.folder.path());
    let ballast = home.folder.path().join("ballast");
    std::fs::write(&ballast, vec![1; 2 << 20]).unwrap();
    let store = home.open().await;
    let (mut kept, mut failures) = (0, Vec::new());
    for number in 0..2_000 {
        match store.append(batch(number)).await {
            Ok(appended) => {
                assert!(appended.iter().all(|one| one.outcome == Outcome::Stored));
                kept += 1;
            }
            Err(error) => failures.push(error),
        }
        if failures.len() == 5 {
            break;
        }
    }
    assert!(kept > 5 && failures.len() == 5 && failures.iter().all(is_of_the_world), "{kept} {failures:?}");
    let mut with_photo = read("photo", "A1");
    with_photo.photos = vec![photo(&vec![7; 3 << 20])];
    assert!(store.append(vec![with_photo.clone()]).await.is_err_and(|error| is_of_the_world(&error)));
    assert_eq!(count(&store).await, 200 * kept, "searches go on");
    assert!(store.seal().await.is_err_and(|error| is_of_the_world(&error)));
    assert_eq!(count(&store).await, 200 * kept);

    std::fs::remove_file(&ballast).unwrap();
    // The same batches again, as a feed that got no acknowledgement sends them.
    let appended = store.append(batch(5_000)).await.unwrap();
    assert!(appended.iter().all(|one| one.outcome == Outcome::Stored));
    assert_eq!(count(&store).await, 200 * (kept + 1));
    assert!(mount(home.folder.path(), "remount,size=64m"));
    assert_eq!(store.append(vec![with_photo]).await.unwrap()[0].outcome, Outcome::Stored);
    let rows = usize::try_from(200 * (kept + 1) + 1).unwrap();
    assert_eq!(store.seal().await.unwrap(), rows);
    assert_eq!(count(&store).await, rows as u64);
    store.close().await;
    drop(store);
    let store = home.open().await;
    assert_eq!(count(&store).await, rows as u64);
    let checked = store.check().await.unwrap();
    assert_eq!((checked.rows, checked.photos, checked.findings), (rows as u64, 1, vec![]));
    assert_eq!(home.segment_files().len(), 1, "what the full disk cut off is gone");
    store.close().await;
}
