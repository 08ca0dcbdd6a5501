//! Listening, limits around every route, background tasks, and a clean stop.

use super::door::{Door, Peer};
use super::problem::chain;
use super::web::AsItIs;
use super::{Problem, refusals, routes};
use crate::App;
use crate::accounts::{invitations, store as account_store};
use crate::cameras::ingest_log;
use crate::mail;
use axum::Router;
use axum::extract::Request;
use axum::http::{Extensions, HeaderMap, HeaderValue, StatusCode, Version, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate};
use tower_http::timeout::TimeoutLayer;
use url::{Host, Url};

/// A request that takes longer is given up; the ledger keeps that it was asked.
const REQUEST_TIME_MAX: Duration = Duration::from_mins(1);
/// How often ended ingest minutes are written and late answers let go.
const HOUSEKEEPING: Duration = Duration::from_secs(5);

/// The whole HTTP side: routes, then what holds for all of them.
pub fn service(app: &Arc<App>) -> Router {
    let over_tls_only = HttpsOnly::of(&app.public_url);
    routes::router(app)
        .layer(from_fn(problems_only))
        .layer(from_fn(move |request, next| strict_transport(over_tls_only, request, next)))
        .layer(from_fn(security_headers))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_TIME_MAX))
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(may_be_compressed)))
}

fn may_be_compressed(_: StatusCode, _: Version, _: &HeaderMap, extensions: &Extensions) -> bool {
    extensions.get::<AsItIs>().is_none()
}

/// Serves until `stop` completes, lets running requests end, and closes the app.
pub async fn serve(app: Arc<App>, door: Door, stop: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    let mut background = vec![tokio::spawn(housekeeping(Arc::clone(&app)))];
    if app.mail.is_some() {
        background.push(tokio::spawn(mail::reminders::watch(Arc::clone(&app))));
    }
    if let Some(certificates) = door.certificates() {
        let certificates = app.certificates.get_or_init(|| Arc::clone(certificates));
        background.push(tokio::spawn(Arc::clone(certificates).watch()));
    }
    let served = axum::serve(door, service(&app).into_make_service_with_connect_info::<Peer>())
        .with_graceful_shutdown(stop)
        .await;
    background.iter().for_each(tokio::task::JoinHandle::abort);
    app.close().await;
    served
}

/// Completes at SIGTERM or SIGINT. Listens from the moment it is called: nothing that says "ready" may come before.
#[cfg(unix)]
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    })
}

/// Completes at an interrupt.
#[cfg(not(unix))]
pub fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        tokio::signal::ctrl_c().await.ok();
    })
}

async fn housekeeping(app: Arc<App>) {
    let mut ticks = tokio::time::interval(HOUSEKEEPING);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = app.clock.now();
        app.answers.forget_late(now);
        if let Err(error) = ingest_log::write_ended_minutes(&app).await {
            tracing::error!(
                cause = chain(&error),
                "ingest entries could not be written; they are kept and tried again"
            );
        }
        if let Err(error) = refusals::write_ended_minutes(&app).await {
            tracing::error!(
                cause = chain(&error),
                "counts of refusals could not be written; they are kept and tried again"
            );
        }
        if let Err(error) = invitations::store::drop_expired(&app.sql, now).await {
            tracing::error!(cause = chain(&error), "late invitations could not be dropped; they stay invalid");
        }
        if let Err(error) = account_store::drop_expired_sessions(&app.sql, now).await {
            tracing::error!(cause = chain(&error), "expired sessions could not be dropped; they stay invalid");
        }
    }
}

/// Every error leaves as problem details, also those of the framework (wrong method, body too large, bad path).
async fn problems_only(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let is_problem = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/problem+json"));
    if is_problem || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    match status {
        StatusCode::NOT_FOUND => Problem::not_found(),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::too_large("the body is larger than this route takes"),
        StatusCode::SERVICE_UNAVAILABLE => Problem::took_too_long(),
        StatusCode::METHOD_NOT_ALLOWED => {
            Problem { status: status.as_u16(), ..Problem::unreadable("this path does not take this method") }
        }
        _ => Problem { status: status.as_u16(), ..Problem::unreadable("the request could not be read") },
    }
    .into_response()
}

/// Whether browsers are told to come by TLS only from now on: where the public address is one of TLS. Not for `localhost`,
/// which other services on this machine share, nor for an IP address, where browsers do not heed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct HttpsOnly(bool);

impl HttpsOnly {
    fn of(public_url: &Url) -> Self {
        let is_name = matches!(public_url.host(), Some(Host::Domain(name)) if name != "localhost");
        Self(public_url.scheme() == "https" && is_name)
    }
}

/// One year, as RFC 6797 examples and browsers' lists have it.
const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=31536000");

async fn strict_transport(https_only: HttpsOnly, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if https_only.0 {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT);
    }
    response
}

async fn security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
