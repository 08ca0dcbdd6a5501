//! `Store::check` names what is not as it was written: one thing altered at a time.

use super::craft::Crafted;
use super::support::{Home, homes, photo, read};
use crate::{Checked, StoreConfig};
use domain::time::DAY_MICROS;
use std::collections::BTreeSet;
use std::fs;

/// Two days sealed, one event updated, photos, and a recent batch.
async fn fill(home: &Home) {
    let store = home.open().await;
    for (event, day) in [("one", -1), ("two", 0), ("three", 0)] {
        let mut new = read(event, &format!("A{}BC{}", event.len(), day + 3));
        new.scan_time = new.scan_time.plus_micros(day * DAY_MICROS);
        new.photos = vec![photo(event.as_bytes()), photo(b"second")];
        new.readings = vec![domain::Reading { plate: super::support::plate("A8LONGPLATE"), confidence: 1 }];
        store.append(vec![new]).await.unwrap();
    }
    let mut update = read("two", "A3BC3");
    update.confidence = Some(1);
    store.append(vec![update]).await.unwrap();
    store.seal().await.unwrap();
    store.append(vec![read("recent", "A1")]).await.unwrap();
    store.close().await;
}

async fn check(home: &Home) -> Checked {
    let store = home.open().await;
    let checked = store.check().await.unwrap();
    store.close().await;
    checked
}

/// Names and problems, one line each.
async fn findings(home: &Home) -> Vec<String> {
    check(home).await.findings.iter().map(ToString::to_string).collect()
}

async fn execute(home: &Home, statement: &'static str) {
    let StoreConfig { sql, .. } = home.config().await;
    sqlx::query(statement).execute(sql.pool()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_2_a_check_of_a_sound_store_reads_everything_and_finds_nothing() {
    for home in homes() {
        fill(&home).await;
        let checked = check(&home).await;
        assert_eq!((checked.rows, checked.recents, checked.segments), (5, 1, 2));
        // The update has taken two photos over.
        assert_eq!((checked.photos, checked.findings), (8, vec![]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_2_a_check_names_what_of_the_database_was_altered() {
    for home in homes() {
        for (alter, name, problem) in [
            ("UPDATE segments SET time_max = time_max + 1", "segments/2026-05-02/", "other numbers"),
            ("UPDATE segments SET row_count = row_count + 1", "segments/2026-05-02/", "other numbers"),
            ("UPDATE segments SET checksum = checksum + 1", "segments/2026-05-02/", "not the one"),
            ("UPDATE segments SET day = day + 1", "segments/2026-05-02/", "another day"),
            ("DELETE FROM segments WHERE day = 20576", "hidden_detections", ""),
            ("UPDATE recents SET row_count = 2", "recents/", "another number of rows"),
            ("INSERT INTO recents SELECT batch + 1, row_count, body FROM recents", "recents/", "kept elsewhere"),
            ("DELETE FROM hidden_detections", "hidden_detections", "not hidden"),
            ("UPDATE hidden_detections SET day = day + 7", "hidden_detections", "another day"),
            ("DELETE FROM photos WHERE n = 1", "photos", "photo 1 of 4 reads is not listed"),
            ("UPDATE photos SET starts_at = starts_at + 1", "photos/1/2026-05-02/", "altered"),
            ("UPDATE photos SET sealed_as = sealed_as + 1", "photos/1/2026-05-02/", "another one's"),
            ("UPDATE photos SET byte_count = 99999999", "photos/1/2026-05-02/", "impossible"),
            ("UPDATE photos SET owner = 2", "photos/1/2026-05-02/", "altered"),
            ("UPDATE store_counters SET value = 2 WHERE name = 'next_id'", "store_counters", "detection"),
            ("UPDATE store_counters SET value = 1 WHERE name = 'next_segment'", "store_counters", "segment"),
        ] {
            let home = home.another();
            fill(&home).await;
            if alter.starts_with("DELETE FROM segments") {
                // Opening removes the file that is named no more, so its reads are gone: their photos are not.
                execute(&home, alter).await;
                let checked = check(&home).await;
                assert_eq!((checked.rows, checked.segments), (2, 1));
                continue;
            }
            execute(&home, alter).await;
            let found = findings(&home).await;
            let first = found.first().map_or("", String::as_str);
            assert!(first.starts_with(name) && first.contains(problem), "{alter}: {found:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_2_a_check_names_a_photo_pack_with_a_flipped_byte() {
    let home = Home::sqlite();
    fill(&home).await;
    let pack = home.pack_files().remove(0);
    let sound = fs::read(&pack).unwrap();
    for place in 0..sound.len() {
        let mut altered = sound.clone();
        altered[place] ^= 4;
        fs::write(&pack, altered).unwrap();
        let found = findings(&home).await;
        assert!(found.len() == 1 && found[0].starts_with("photos/1/2026-05-02/000001.pack: "), "{place}: {found:?}");
    }
    for length in [0, 31, sound.len() - 1] {
        fs::write(&pack, &sound[..length]).unwrap();
        assert!(!findings(&home).await.is_empty());
    }
    fs::remove_file(&pack).unwrap();
    assert_eq!(findings(&home).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn inv_2_a_check_names_a_section_that_is_not_what_its_rows_give_although_its_checksums_are_right() {
    let home = Home::sqlite();
    fill(&home).await;
    let file = home.segment_files().remove(1);
    let sound = fs::read(&file).unwrap();
    assert_eq!(Crafted::of(&sound).file(), sound, "a crafted file is as it was");
    let names = Crafted::of(&sound).names();
    let mut passed_over = BTreeSet::new();
    let mut named = 0;
    for name in names {
        let mut crafted = Crafted::of(&sound);
        let section = crafted.section(&name);
        let Some(last) = section.last_mut() else { continue };
        *last ^= 1;
        let altered = crafted.file();
        fs::write(&file, &altered).unwrap();
        let StoreConfig { sql, .. } = home.config().await;
        let checksum = u32::from_le_bytes(altered[32..36].try_into().unwrap());
        let update = "UPDATE segments SET checksum = $1 WHERE day = 20576";
        sqlx::query(update).bind(i64::from(checksum)).execute(sql.pool()).await.unwrap();
        let found = findings(&home).await;
        match found.first() {
            Some(first) => {
                assert!(first.starts_with("segments/2026-05-03/") || first.starts_with("photos"), "{name}: {found:?}");
                named += 1;
            }
            None => drop(passed_over.insert(name)),
        }
    }
    // What a row alone says is another value, and nothing else says the same.
    let told_by_rows_only = [
        "confidence",
        "flags",
        "origin.owner",
        "origin.source",
        "photos_at_camera",
        "reading.confidence",
        "receive.low",
        "state",
        "update.supersedes",
        "update.version",
    ];
    assert!(passed_over.iter().all(|name| told_by_rows_only.contains(&name.as_str())), "{passed_over:?}");
    assert!(named > 40, "{named}");
}
