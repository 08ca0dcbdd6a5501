//! Damaged files: set aside, named, and the rest answers.

use super::support::{Home, around, homes, plate, read};
use crate::answer::{Answer, FoundRows};
use crate::search::plan::Search;
use crate::{Store, StoreConfig};
use domain::time::DAY_MICROS;
use domain::{Criteria, PoolId, Question, TimeFrame, UtcMicros, Widen};
use std::fs;

fn search(frame: TimeFrame) -> Search {
    let criteria = Criteria::FullPlate { plate: plate("A1"), state: None };
    Search { question: Question::new(criteria, frame, Widen::default()).unwrap(), pools: vec![PoolId(1)] }
}

async fn found(store: &Store, frame: TimeFrame) -> FoundRows {
    let Answer::Rows(found) = store.rows_of(search(frame), false).await.unwrap() else { panic!("few rows") };
    *found
}

/// Three days, one segment each, and one read that is still recent.
async fn three_days(home: &Home) {
    let store = home.open().await;
    for day in 0..3 {
        let mut new = read(&format!("event-{day}"), "A1");
        new.scan_time = new.scan_time.plus_micros((day - 1) * DAY_MICROS);
        store.append(vec![new]).await.unwrap();
    }
    store.seal().await.unwrap();
    store.append(vec![read("recent", "A1")]).await.unwrap();
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_2_a_damaged_segment_is_named_and_the_rest_answers() {
    let home = Home::sqlite();
    three_days(&home).await;
    let files = home.segment_files();
    assert_eq!(files.len(), 3);
    let sound = fs::read(&files[1]).unwrap();
    let flips = (0..sound.len()).step_by(97).map(|place| {
        let mut altered = sound.clone();
        altered[place] ^= 0x10;
        altered
    });
    let cuts = [0, 1, 63, 64, 100, sound.len() / 2, sound.len() - 1].map(|length| sound[..length].to_vec());
    let other_day = fs::read(&files[0]).unwrap();
    let damages: Vec<Vec<u8>> = flips.chain(cuts).chain([other_day]).collect();
    for damaged in damages {
        fs::write(&files[1], &damaged).unwrap();
        let store = home.open().await;
        let rows = found(&store, around()).await;
        assert_eq!(rows.hits.len(), 3);
        assert_eq!(rows.set_aside.len(), 1);
        assert!(files[1].to_str().unwrap().ends_with(&rows.set_aside[0]));
        assert_eq!(store.stats().set_aside, rows.set_aside);
        let checked = store.check().await.unwrap();
        let names: Vec<_> = checked.findings.into_iter().map(|finding| finding.name).collect();
        assert_eq!(names, rows.set_aside);
        // A question that does not reach that day is not told of it.
        let first_day = TimeFrame::new(around().from(), UtcMicros(around().from().0 + 2 * DAY_MICROS)).unwrap();
        assert!(found(&store, first_day).await.set_aside.is_empty());
        // Nothing is sealed or merged over the damage, and the file stays for whoever can restore it.
        store.merge().await.unwrap();
        store.close().await;
        assert_eq!(fs::read(&files[1]).unwrap(), damaged);
    }
    fs::remove_file(&files[1]).unwrap();
    assert_eq!(found(&home.open().await, around()).await.set_aside.len(), 1);
    fs::write(&files[1], &sound).unwrap();
    let rows = found(&home.open().await, around()).await;
    assert_eq!((rows.hits.len(), rows.set_aside.len()), (4, 0), "a restored file answers again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_2_a_damaged_recent_batch_is_named_is_not_sealed_away_and_the_rest_answers() {
    for home in homes() {
        let store = home.open().await;
        for number in 0..3 {
            store.append(vec![read(&format!("event-{number}"), "A1")]).await.unwrap();
        }
        store.close().await;
        let StoreConfig { sql, .. } = home.config().await;
        let body: Vec<u8> =
            sqlx::query_scalar("SELECT body FROM recents WHERE batch = 2").fetch_one(sql.pool()).await.unwrap();
        let mut damaged = body.clone();
        damaged[300] ^= 1;
        let write = "UPDATE recents SET body = $1 WHERE batch = 2";
        sqlx::query(write).bind(damaged).execute(sql.pool()).await.unwrap();
        let store = home.open().await;
        assert_eq!(store.seal().await.unwrap(), 2);
        let rows = found(&store, around()).await;
        assert_eq!((rows.hits.len(), rows.set_aside), (2, vec!["recents/2".to_owned()]));
        store.close().await;
        sqlx::query(write).bind(body).execute(sql.pool()).await.unwrap();
        let rows = found(&home.open().await, around()).await;
        assert_eq!((rows.hits.len(), rows.set_aside.len()), (3, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_superseded_read_does_not_come_back_when_its_successor_is_damaged() {
    let home = Home::sqlite();
    let store = home.open().await;
    store.append(vec![read("event", "A1")]).await.unwrap();
    store.seal().await.unwrap();
    let old = home.segment_files();
    let mut corrected = read("event", "A1");
    corrected.confidence = Some(1);
    store.append(vec![corrected]).await.unwrap();
    store.seal().await.unwrap();
    store.close().await;
    let newer = home.segment_files().into_iter().find(|file| !old.contains(file)).unwrap();
    fs::write(newer, b"nothing").unwrap();
    let rows = found(&home.open().await, around()).await;
    assert_eq!((rows.hits.len(), rows.set_aside.len()), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_are_not_ours_are_left_alone_and_uncatalogued_segments_are_removed() {
    let home = Home::sqlite();
    three_days(&home).await;
    let catalogued = home.segment_files();
    let day = catalogued[0].parent().unwrap().to_owned();
    for orphan in ["0-0000000099.seg", "0-0000000099.seg#1"] {
        fs::write(day.join(orphan), b"left by a crash").unwrap();
    }
    for foreign in ["notes.txt", "0-1.seg.bak", "a-1.seg"] {
        fs::write(day.join(foreign), b"not ours").unwrap();
    }
    home.open().await.close().await;
    let left = home.segment_files();
    assert_eq!(left.len(), catalogued.len() + 3);
    assert!(catalogued.iter().all(|file| left.contains(file)));
}
