//! A commit of the database that was cut off while it was written: the batch is there whole, or not at all.

use super::support::{Home, around, photo, plate, read};
use crate::answer::Answer;
use crate::search::plan::Search;
use crate::{Outcome, Store};
use domain::{Criteria, NewDetection, PoolId, Question, Widen};
use std::fs;
use std::path::Path;

fn batch(number: usize) -> Vec<NewDetection> {
    let mut batch: Vec<_> = (0..30).map(|row| read(&format!("{number}-{row:02}"), "A1")).collect();
    batch[0].photos = vec![photo(&[7; 600])];
    batch
}

async fn shown(store: &Store) -> usize {
    let criteria = Criteria::FullPlate { plate: plate("A1"), state: None };
    let question = Question::new(criteria, around(), Widen::default()).unwrap();
    let search = Search { question, pools: vec![PoolId(1)] };
    let Answer::Rows(found) = store.rows_of(search, false).await.unwrap() else { panic!("few rows") };
    found.hits.len()
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_2_a_commit_that_is_torn_anywhere_leaves_its_batch_whole_or_absent_and_all_before_it() {
    let home = Home::sqlite();
    let store = home.open().await;
    let log = home.folder.path().join("detections.db-wal");
    store.append(batch(1)).await.unwrap();
    store.append(batch(2)).await.unwrap();
    let before = fs::read(&log).unwrap().len();
    store.append(batch(3)).await.unwrap();
    let whole = fs::read(&log).unwrap();
    assert!(before < whole.len(), "the third batch is in what was appended to the log");
    let (mut absent, mut present) = (0, 0);
    for cut in (before..whole.len()).step_by(512).chain([whole.len() - 1, whole.len()]) {
        // Cut off, and followed by what lay on the disk before.
        for rest in [0, 4_096 * 3] {
            let copy = Home { vault: home.vault.clone(), ..Home::sqlite() };
            copy_folder(home.folder.path(), copy.folder.path());
            let mut torn = whole[..cut].to_vec();
            torn.resize(cut + rest, 0xa5);
            fs::write(copy.folder.path().join("detections.db-wal"), torn).unwrap();
            let store = copy.open().await;
            let found = shown(&store).await;
            assert!(found == 60 || found == 90, "cut at {cut} of {}: {found} reads", whole.len());
            assert!(cut < whole.len() || found == 90, "nothing was cut");
            *(if found == 60 { &mut absent } else { &mut present }) += 1;
            let outcome = if found == 60 { Outcome::Stored } else { Outcome::Duplicate };
            let repeated = store.append(batch(3)).await.unwrap();
            assert!(repeated.iter().all(|one| one.outcome == outcome));
            assert_eq!(shown(&store).await, 90);
            assert_eq!(store.check().await.unwrap().findings, []);
            store.close().await;
        }
    }
    assert!(absent > 10 && present >= 2, "{absent} {present}");
    store.close().await;
}
