//! The base map: what the page is told of it, and how a file of tiles is read.

use super::world::World;
use city::{City, CityPlan};
use serde_json::{Value, json};
use sightline_server::basemap::Basemap;
use std::collections::BTreeSet;

#[tokio::test]
async fn without_settings_there_is_no_base_map() {
    let world = World::new().await;
    let token = world.sign_in("officer", "plain").await;
    assert_eq!(world.get("/api/v1/basemap", &token).await.ok(), json!({ "kind": "none", "attribution": "" }));
    world.fetch("/basemap/city.geojson", &[]).await.refused(404);
}

#[tokio::test]
async fn the_fictional_city_is_one_document_of_patches_streets_and_landmarks() {
    let city = City::build(CityPlan::default()).unwrap();
    let world = World::on_basemap(Basemap::of_city(&city)).await;
    let token = world.sign_in("officer", "plain").await;
    let about = world.get("/api/v1/basemap", &token).await.ok();
    assert_eq!((&about["kind"], &about["layers"]), (&json!("city"), &json!("city")));
    assert_eq!(about["attribution"], "Port Larkin, a fictional city");

    let path = about["url"].as_str().unwrap();
    let reply = world.fetch(path, &[]).await;
    assert_eq!(reply.header("content-type"), "application/geo+json");
    let document = reply.json();
    assert_eq!(document["type"], "FeatureCollection");
    let features = document["features"].as_array().unwrap();
    let of = |layer: &'static str| features.iter().filter(move |feature| feature["properties"]["layer"] == layer);
    assert_eq!(features.len(), of("patch").count() + of("street").count() + of("landmark").count());
    assert_eq!(of("street").count(), city.streets().len());
    assert!(
        of("street")
            .all(|street| street["properties"]["class"].is_string() && street["properties"]["name"].is_string())
    );
    let kinds =
        |layer| of(layer).map(|feature| feature["properties"]["kind"].as_str().unwrap()).collect::<BTreeSet<_>>();
    assert!(kinds("patch").is_superset(&BTreeSet::from(["ocean", "river", "lake", "park"])));
    assert!(kinds("landmark").is_superset(&BTreeSet::from(["school", "hospital"])));
    assert!(of("camera").next().is_none(), "cameras are told to those who may know of them");

    for coding in ["gzip", "br"] {
        let compressed = world.fetch(path, &[("accept-encoding", coding)]).await;
        assert_eq!(compressed.header("content-encoding"), coding);
        assert!(compressed.bytes.len() * 3 < reply.bytes.len());
    }
    let again = world.fetch(path, &[("if-none-match", reply.header("etag"))]).await;
    assert_eq!(again.status.as_u16(), 304);
}

/// A world on a file of tiles, and the bytes of the file.
async fn with_tiles() -> (World, tempfile::TempDir, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes: Vec<u8> = (0..200_000_u32).map(|number| u8::try_from(number % 251).unwrap()).collect();
    bytes[..8].copy_from_slice(b"PMTiles\x03");
    bytes[99] = 1;
    std::fs::write(folder.path().join("region.pmtiles"), &bytes).unwrap();
    let settings = "kind = 'pmtiles'\nfile = 'region.pmtiles'\nattribution = '© somebody'\nlayers = 'protomaps'\nmin_zoom = 3\nmax_zoom = 15";
    std::fs::write(folder.path().join("basemap.toml"), settings).unwrap();
    (World::on_basemap(Basemap::read(folder.path(), None).unwrap()).await, folder, bytes)
}

#[tokio::test]
async fn a_file_of_tiles_is_read_in_ranges_and_never_compressed() {
    let (world, _folder, bytes) = with_tiles().await;
    let token = world.sign_in("officer", "plain").await;
    let about = world.get("/api/v1/basemap", &token).await.ok();
    let expected = json!({
        "kind": "pmtiles", "url": "/basemap/region.pmtiles", "attribution": "© somebody", "min_zoom": 3, "max_zoom": 15,
        "layers": "protomaps",
    });
    assert_eq!(about, expected);
    let path = about["url"].as_str().unwrap();
    let part = async |range: &str| world.fetch(path, &[("range", range), ("accept-encoding", "gzip, br")]).await;

    let reply = part("bytes=0-126").await;
    assert_eq!((reply.status.as_u16(), reply.header("content-range")), (206, "bytes 0-126/200000"));
    assert_eq!((reply.header("content-encoding"), reply.header("content-length")), ("", "127"));
    assert_eq!(reply.bytes, bytes[..127]);
    assert_eq!(part("bytes=100000-199998").await.bytes, bytes[100_000..199_999]);
    assert_eq!(part("bytes=-1000").await.bytes, bytes[199_000..]);

    let outside = part("bytes=200000-").await;
    assert_eq!(outside.header("content-range"), "bytes */200000");
    outside.refused(416);

    let whole = world.fetch(path, &[("accept-encoding", "gzip, br")]).await;
    assert_eq!((whole.status.as_u16(), whole.header("content-encoding")), (200, ""));
    assert_eq!(whole.header("accept-ranges"), "bytes");
    assert_eq!(whole.bytes, bytes);
    let etag = whole.header("etag").to_owned();
    assert_eq!(world.fetch(path, &[("if-none-match", &etag)]).await.status.as_u16(), 304);
    let same = world.fetch(path, &[("range", "bytes=0-9"), ("if-range", &etag)]).await;
    assert_eq!(same.status.as_u16(), 206);
    let other = world.fetch(path, &[("range", "bytes=0-9"), ("if-range", "\"other\"")]).await;
    assert_eq!((other.status.as_u16(), other.bytes.len()), (200, 200_000), "a part of another version is of no use");
}

#[tokio::test]
async fn nothing_but_the_named_file_is_served_below_the_base_map() {
    let (world, _folder, _) = with_tiles().await;
    for name in ["basemap.toml", "..%2fmain.db", "%2e%2e", "other.pmtiles", "city.geojson"] {
        let problem: Value = world.fetch(&format!("/basemap/{name}"), &[]).await.refused(404);
        assert_eq!(problem["type"], "urn:sightline:problem:not-found");
    }
}
