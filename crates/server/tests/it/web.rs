//! The web app as the binary serves it: what is cached for good, what is asked for again, what may run in it.

use super::world::World;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use sightline_server::basemap::Basemap;
use sightline_server::http::web::{File, files};

fn file(wanted: impl Fn(&File) -> bool) -> &'static File {
    files().iter().find(|file| wanted(file)).unwrap()
}

fn page() -> &'static File {
    file(|file| file.path == "app.html")
}

/// A hashed script that compression makes smaller.
fn script() -> &'static File {
    let is_script =
        |file: &File| file.path.starts_with("_app/immutable/") && file.media_type.starts_with("text/javascript");
    file(|file| is_script(file) && file.brotli.is_some() && file.gzip.is_some())
}

#[tokio::test]
async fn every_address_of_the_app_gets_the_page_and_a_missing_file_does_not() {
    let world = World::new().await;
    for path in ["/", "/sign-in", "/answers/0190aaaa-0000-7000-8000-000000000000", "/app.html"] {
        let reply = world.fetch(path, &[]).await;
        assert_eq!((reply.status.as_u16(), reply.bytes.as_slice()), (200, page().raw), "{path}");
        assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(reply.header("cache-control"), "no-cache");
    }
    for path in [
        "/_app/immutable/chunks/gone.js",
        "/favicon.ico",
        "/api/v1/nothing",
        "/ledger/nothing",
        "/basemap/a.pmtiles",
        "/api",
    ] {
        world.fetch(path, &[]).await.refused(404);
    }
    world.call("POST", "/sign-in", None, None).await.refused(404);
    world.call("POST", "/api/v1/nothing", None, None).await.refused(404);
}

#[tokio::test]
async fn hashed_files_are_kept_for_good_and_others_are_asked_for_again() {
    let world = World::new().await;
    let hashed = world.fetch(&format!("/{}", script().path), &[]).await;
    assert_eq!(hashed.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(hashed.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(hashed.header("x-content-type-options"), "nosniff");

    let first = world.fetch("/", &[]).await;
    let again = world.fetch("/", &[("if-none-match", first.header("etag"))]).await;
    assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
    assert_eq!(again.header("etag"), first.header("etag"));
    assert_eq!(again.header("content-security-policy"), first.header("content-security-policy"));
    let other = world.fetch("/", &[("if-none-match", "\"0000\"")]).await;
    assert_eq!(other.status.as_u16(), 200);
}

#[tokio::test]
async fn the_smallest_form_that_the_client_takes_is_sent_and_named() {
    let world = World::new().await;
    let path = format!("/{}", script().path);
    let forms: [(&str, &str, &[u8]); 5] = [
        ("gzip, deflate, br", "br", script().brotli.unwrap()),
        ("gzip", "gzip", script().gzip.unwrap()),
        ("gzip, br;q=0", "gzip", script().gzip.unwrap()),
        ("zstd", "", script().raw),
        ("", "", script().raw),
    ];
    let mut tags = std::collections::BTreeSet::new();
    for (offered, coding, bytes) in forms {
        let reply = world.fetch(&path, &[("accept-encoding", offered)]).await;
        assert_eq!((reply.header("content-encoding"), reply.bytes.as_slice()), (coding, bytes), "{offered}");
        assert_eq!(reply.header("vary").to_lowercase(), "accept-encoding");
        tags.insert(reply.header("etag").to_owned());
    }
    assert_eq!(tags.len(), 3, "each form has a tag of its own");
    // A font is compressed in itself, and is not compressed again on its way.
    let font = file(|file| file.media_type == "font/woff2");
    let reply = world.fetch(&format!("/{}", font.path), &[("accept-encoding", "gzip, br")]).await;
    assert_eq!((reply.header("content-type"), reply.header("content-encoding")), ("font/woff2", ""));
    assert_eq!(reply.bytes, font.raw);
}

#[tokio::test]
async fn only_our_own_scripts_run_in_the_page_and_its_start_script_is_named_by_its_hash() {
    let world = World::new().await;
    let policy = world.fetch("/", &[]).await.header("content-security-policy").to_owned();
    let html = std::str::from_utf8(page().raw).unwrap();
    let inline: Vec<_> = html.split("<script>").skip(1).map(|rest| rest.split("</script>").next().unwrap()).collect();
    assert!(!inline.is_empty());
    for script in inline {
        let hash = BASE64_STANDARD.encode(Sha256::digest(script));
        assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy}");
    }
    let scripts = policy.split("; ").find(|part| part.starts_with("script-src")).unwrap();
    assert!(!scripts.contains("unsafe-inline") && !scripts.contains("'unsafe-eval'"), "{scripts}");
    for part in
        ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "connect-src 'self'", "style-src 'self'"]
    {
        assert!(policy.split("; ").any(|found| found == part), "{part} in {policy}");
    }
}

#[tokio::test]
async fn the_page_may_load_from_the_base_maps_host_and_from_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let settings = "kind = 'raster'\nurl = 'https://tiles.example.org/{z}/{x}/{y}.png'\nattribution = 'Somebody'";
    std::fs::write(folder.path().join("basemap.toml"), settings).unwrap();
    let world = World::on_basemap(Basemap::read(folder.path(), None).unwrap()).await;
    let policy = world.fetch("/", &[]).await.header("content-security-policy").to_owned();
    let with_host: Vec<_> = policy.split("; ").filter(|part| part.contains("https:")).collect();
    assert_eq!(with_host.len(), 2, "{policy}");
    assert!(with_host.iter().all(|part| part.ends_with(" https://tiles.example.org")));
}
