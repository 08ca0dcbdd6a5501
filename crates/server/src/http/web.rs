//! The web app, inside the binary: hashed files for good, one page for every address of the app.
//!
//! `build.rs` makes the table from `web/build`. Nothing is compressed while it is served.

use super::Problem;
use crate::App;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// A file of the web app.
#[derive(Debug)]
pub struct File {
    /// Below `web/build`, with `/`.
    pub path: &'static str,
    pub media_type: &'static str,
    /// Of the raw bytes, hexadecimal.
    pub hash: &'static str,
    pub raw: &'static [u8],
    /// Where smaller.
    pub brotli: Option<&'static [u8]>,
    pub gzip: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/web.rs"));

/// Answered for every address of the app; the app itself finds what to show.
const PAGE: &str = "app.html";
/// First parts of paths that are not the web app's.
const NOT_THE_APP: [&str; 3] = ["api", "ledger", "basemap"];
/// Files that have a hash of their content in their names.
const HASHED: &str = "_app/immutable/";

/// Says that a response is sent as it is: it is compressed already, or must not be.
#[derive(Clone, Copy, Debug)]
pub struct AsItIs;

/// All files of the web app, in order of path.
pub fn files() -> &'static [File] {
    FILES
}

fn file_at(path: &str) -> Option<&'static File> {
    FILES.binary_search_by(|file| file.path.cmp(path)).ok().and_then(|place| FILES.get(place))
}

/// Scripts, styles and data come from us only, with the one base map host that the deployment names; nothing may frame
/// the page. Style attributes cannot run code, and map, tables and charts set them.
pub fn content_security_policy(basemap_origin: Option<&str>) -> HeaderValue {
    let map = basemap_origin.map(|origin| format!(" {origin}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{START_SCRIPTS}; style-src 'self'; \
         style-src-attr 'unsafe-inline'; img-src 'self' data: blob:{map}; font-src 'self'; connect-src 'self'{map}; \
         worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    // An origin that cannot be in a header was refused at the start; without a policy nothing would be held back.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

/// The page at the root.
pub async fn root(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Problem> {
    page(&app, &headers)
}

/// A file of the app; any other address without a file extension is the app's own and gets the page.
pub async fn file(
    State(app): State<Arc<App>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(file) = file_at(&path)
        && file.path != PAGE
    {
        return Ok(send(file, &headers));
    }
    let first = path.split('/').next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    if NOT_THE_APP.contains(&first) || (last.contains('.') && path != PAGE) {
        return Err(Problem::not_found());
    }
    page(&app, &headers)
}

/// For paths that only `GET` knows: any other method finds nothing there.
pub async fn nothing() -> Problem {
    Problem::not_found()
}

fn page(app: &App, headers: &HeaderMap) -> Result<Response, Problem> {
    let mut response = send(file_at(PAGE).ok_or_else(Problem::not_found)?, headers);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, app.page_policy.clone());
    Ok(response)
}

/// The smallest form that the client takes.
fn send(file: &'static File, headers: &HeaderMap) -> Response {
    let forms = [("br", file.brotli), ("gzip", file.gzip)];
    let chosen =
        forms.into_iter().find_map(|(coding, bytes)| Some((coding, bytes.filter(|_| accepts(headers, coding))?)));
    let etag = match chosen {
        Some((coding, _)) => format!("\"{}-{coding}\"", file.hash),
        None => format!("\"{}\"", file.hash),
    };
    let caching = if file.path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let is_known = knows(headers, &etag);
    let common =
        [(header::ETAG, etag), (header::CACHE_CONTROL, caching.into()), (header::VARY, "Accept-Encoding".into())];
    let mut response = if is_known {
        (StatusCode::NOT_MODIFIED, common).into_response()
    } else {
        let bytes = chosen.map_or(file.raw, |(_, bytes)| bytes);
        (common, [(header::CONTENT_TYPE, file.media_type)], bytes).into_response()
    };
    if let (Some((coding, _)), false) = (chosen, is_known) {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response.extensions_mut().insert(AsItIs);
    response
}

/// Whether the client takes a content coding (RFC 9110, 12.5.3).
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let offers = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let offers: Vec<(&str, bool)> = offers
        .flat_map(|value| value.split(','))
        .map(|offer| {
            let (name, weight) = offer.split_once(';').unwrap_or((offer, ""));
            let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse() == Ok(0.0_f32));
            (name.trim(), !refused)
        })
        .collect();
    let named =
        |wanted: &str| offers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, taken)| *taken);
    named(coding).or_else(|| named("*")).unwrap_or(false)
}

/// Whether the client holds this very form (RFC 9110, 13.1.2).
pub fn knows(headers: &HeaderMap, etag: &str) -> bool {
    let plain = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let held = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    held.flat_map(|value| value.split(',')).any(|tag| tag.trim() == "*" || plain(tag) == plain(etag))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(text: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(text))])
    }

    #[test]
    fn a_coding_is_used_only_where_the_client_takes_it() {
        assert!(accepts(&offered("gzip, deflate, br"), "br") && accepts(&offered("*"), "br"));
        assert!(accepts(&offered("GZIP;q=0.5"), "gzip"));
        assert!(!accepts(&offered("gzip, br;q=0"), "br") && !accepts(&offered("*, br;q=0.000"), "br"));
        assert!(!accepts(&HeaderMap::new(), "gzip"));
    }

    #[test]
    fn the_policy_names_a_base_map_host_for_data_and_pictures_and_for_nothing_else() {
        let policy = content_security_policy(Some("https://tiles.example.org"));
        let policy = policy.to_str().unwrap();
        let of = |name: &str| policy.split("; ").find(|part| part.starts_with(name)).unwrap().to_owned();
        assert!(
            of("connect-src").ends_with("https://tiles.example.org") && of("img-src ").contains("tiles.example.org")
        );
        assert!(!of("script-src").contains("tiles") && !of("script-src").contains("unsafe-inline"));
        assert_eq!(policy.matches("tiles.example.org").count(), 2);
        assert!(policy.starts_with("default-src 'none'") && policy.ends_with("frame-ancestors 'none'"));
    }
}
