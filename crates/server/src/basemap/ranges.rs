//! A file served in ranges (RFC 9110, 14), as readers of `PMTiles` ask for it. Never compressed: offsets are of the file.

use crate::http::Problem;
use crate::http::web::{AsItIs, knows};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::path::Path;
use std::time::UNIX_EPOCH;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// Bytes that are held of one request at a time.
const CHUNK_BYTES: u64 = 64 * 1024;

/// What a `Range` header asks of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// No range, or one that is not of our kind: all of it.
    Whole,
    /// First byte and the one after the last.
    Part(u64, u64),
    Outside,
}

/// Several ranges at once are answered by the whole file, as the standard allows.
fn wanted(range: Option<&str>, length: u64) -> Wanted {
    let Some((first, last)) = range.and_then(|text| text.strip_prefix("bytes=")?.split_once('-')) else {
        return Wanted::Whole;
    };
    let number = |text: &str| {
        (!text.is_empty() && text.bytes().all(|sign| sign.is_ascii_digit())).then(|| text.parse().unwrap_or(u64::MAX))
    };
    match (number(first.trim()), number(last.trim())) {
        (Some(first), None) if last.trim().is_empty() && first < length => Wanted::Part(first, length),
        (Some(first), Some(last)) if first <= last && first < length => {
            Wanted::Part(first, last.saturating_add(1).min(length))
        }
        (None, Some(count)) if first.trim().is_empty() && count > 0 && length > 0 => {
            Wanted::Part(length.saturating_sub(count), length)
        }
        (Some(first), None) if last.trim().is_empty() && first >= length => Wanted::Outside,
        (Some(first), Some(last)) if first <= last => Wanted::Outside,
        (None, Some(_)) if first.trim().is_empty() => Wanted::Outside,
        _ => Wanted::Whole,
    }
}

/// Sends a file or the part of it that is asked for.
pub async fn send(path: &Path, media_type: &'static str, headers: &HeaderMap) -> Result<Response, Problem> {
    let failed = |error: std::io::Error| Problem::failed("the base map's file cannot be read", &error);
    let mut file = tokio::fs::File::open(path).await.map_err(failed)?;
    let about = file.metadata().await.map_err(failed)?;
    let length = about.len();
    let changed = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    let etag = format!("\"{length:x}-{:x}\"", changed.as_nanos());
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let common = [
        (header::ETAG, etag.clone()),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::CONTENT_TYPE, media_type.to_owned()),
    ];
    if knows(headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, common).into_response());
    }
    // A part of another version of the file is of no use to the client.
    let is_same = text(header::IF_RANGE).is_none_or(|held| held == etag);
    let mut response = match wanted(text(header::RANGE).filter(|_| is_same), length) {
        Wanted::Whole => (common, [(header::CONTENT_LENGTH, length)], body(file, length)).into_response(),
        Wanted::Outside => {
            let range = [(header::CONTENT_RANGE, format!("bytes */{length}"))];
            (StatusCode::RANGE_NOT_SATISFIABLE, range, Problem::no_such_range()).into_response()
        }
        Wanted::Part(first, end) => {
            file.seek(std::io::SeekFrom::Start(first)).await.map_err(failed)?;
            let range = format!("bytes {first}-{}/{length}", end - 1);
            let size = end - first;
            let about = [(header::CONTENT_RANGE, range), (header::CONTENT_LENGTH, size.to_string())];
            (StatusCode::PARTIAL_CONTENT, common, about, body(file, size)).into_response()
        }
    };
    response.extensions_mut().insert(AsItIs);
    Ok(response)
}

fn body(file: tokio::fs::File, bytes: u64) -> Body {
    Body::from_stream(futures::stream::try_unfold((file, bytes), async |(mut file, left)| {
        if left == 0 {
            return Ok::<_, std::io::Error>(None);
        }
        let mut chunk = Vec::new();
        let read = (&mut file).take(left.min(CHUNK_BYTES)).read_to_end(&mut chunk).await? as u64;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Some((Bytes::from(chunk), (file, left - read))))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_the_standard_says_and_anything_else_is_the_whole() {
        let of = |text: &str| wanted(Some(text), 1_000);
        assert_eq!(of("bytes=0-126"), Wanted::Part(0, 127));
        assert_eq!(of("bytes=990-"), Wanted::Part(990, 1_000));
        assert_eq!(of("bytes=-10"), Wanted::Part(990, 1_000));
        assert_eq!(of("bytes=-5000"), Wanted::Part(0, 1_000));
        assert_eq!(of("bytes=900-99999999999999999999999"), Wanted::Part(900, 1_000));
        for outside in ["bytes=1000-", "bytes=1000-1001", "bytes=-0"] {
            assert_eq!(of(outside), Wanted::Outside, "{outside}");
        }
        for whole in ["bytes=9-3", "lines=0-1", "bytes=0-1,5-9", "bytes=-", "bytes=a-b", "bytes=+1-2", ""] {
            assert_eq!(of(whole), Wanted::Whole, "{whole}");
        }
        assert_eq!(wanted(None, 1_000), Wanted::Whole);
        assert_eq!(wanted(Some("bytes=-5"), 0), Wanted::Outside);
    }
}
