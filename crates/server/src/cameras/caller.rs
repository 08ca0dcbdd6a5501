//! A camera's credential: it can post reads and nothing else.

use super::store::{self, Camera};
use crate::App;
use crate::accounts::caller::bearer;
use crate::accounts::sessions;
use crate::http::Problem;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

/// Reads the credential of a post: a bearer token, the password of basic authentication, or a part of the path for
/// agents that can be given a URL and nothing more.
pub async fn camera_of_request(app: &App, headers: &HeaderMap, in_path: Option<&str>) -> Result<Camera, Problem> {
    let basic = basic_password(headers);
    let secret = bearer(headers).or(basic.as_deref()).or(in_path).ok_or_else(Problem::signed_out)?;
    let id = sessions::lasting_id_of(&app.vault, secret);
    store::by_credential(&app.sql, &id).await?.ok_or_else(Problem::signed_out)
}

fn basic_password(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    decoded.split_once(':').map(|(_, password)| password.to_owned())
}
