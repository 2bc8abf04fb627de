//! Routes: which request is answered by what?
//!
//! In: requests that came in whole. Out: answers from the desk. Must never: answer with anything of a session to somebody
//! who was not identified.

mod answers;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequestParts, MatchedPath, Path, Query, Request, State};
use axum::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use tokio::time::{Instant, timeout};
use utoipa::IntoParams;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::answers::Failure;
use crate::actor::Actor;
use crate::api::{Accepted, Board, Command, CurvePoint, IntentStatus, OrderLine, PositionLine, Problem, TailLine};
use crate::desk::{Desk, Ticket};
use crate::guard::{Guard, Peer};
use crate::intent::Intent;
use crate::metrics::Metrics;
use crate::{intent, page, schema};

/// Largest body of a request: more than any intent or command needs.
const BODY_BYTES_MAX: usize = 16 << 10;
/// Longest time for reading a request and answering it.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(15);
/// How long an answer waits for the session to record a command.
const RECORD_TIME_MAX: Duration = Duration::from_secs(5);
/// Most lines of one answer.
const LINES_MAX: usize = 1_000;
/// Most tails that are followed at a time.
const TAILS_MAX: usize = 16;

/// What every handler shares.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) desk: Arc<Desk>,
    pub(crate) guard: Guard,
    pub(crate) metrics: Arc<Metrics>,
    /// Requests that are being answered.
    pub(crate) answering: AtomicUsize,
    tails: Arc<AtomicUsize>,
}

impl Shared {
    pub(crate) fn new(desk: Arc<Desk>, guard: Guard, metrics: Arc<Metrics>) -> Shared {
        Shared { desk, guard, metrics, answering: AtomicUsize::new(0), tails: Arc::default() }
    }
}

type Surface = State<Arc<Shared>>;

/// Everything that is served to these.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    whole(described().0, shared)
}

/// What is served where metrics are read.
pub(crate) fn metrics_alone(shared: Arc<Shared>) -> Router {
    whole(observed(), shared)
}

/// What machines look at.
fn observed() -> Router<Arc<Shared>> {
    use axum::routing::get;
    Router::new().route("/metrics", get(metrics)).route("/livez", get(livez)).route("/readyz", get(readyz))
}

fn whole(router: Router<Arc<Shared>>, shared: Arc<Shared>) -> Router {
    router
        .fallback(|| async { Failure::new(StatusCode::NOT_FOUND, "not-found", "there is nothing here") })
        .method_not_allowed_fallback(|| async {
            Failure::new(StatusCode::METHOD_NOT_ALLOWED, "method", "this is not how it is asked for")
        })
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&shared), watch_over))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(shared)
}

/// Routes with what is said of them.
pub(crate) fn described() -> (Router<Arc<Shared>>, OpenApi) {
    let api = OpenApiRouter::default()
        .routes(routes!(status))
        .routes(routes!(orders))
        .routes(routes!(positions))
        .routes(routes!(curve))
        .routes(routes!(config))
        .routes(routes!(events))
        .routes(routes!(tail))
        .routes(routes!(command))
        .routes(routes!(send_intent))
        .routes(routes!(intent_status));
    let (router, mut document) = api.split_for_parts();
    document.info.title = "Ringfence control surface".to_owned();
    document.info.version = env!("CARGO_PKG_VERSION").to_owned();
    document.info.description = Some("See and steer a running session. Amounts are exact decimals as text.".to_owned());
    document.info.license = None;
    let router = router
        .route("/openapi.json", axum::routing::get(openapi))
        .route("/schemas/{name}", axum::routing::get(json_schema))
        .merge(observed())
        .route("/", axum::routing::get(|| async { page::index() }))
        .route("/assets/{name}", axum::routing::get(|Path(name): Path<String>| async move { page::asset(&name) }));
    (router, document)
}

/// Host, Origin and time of every request; headers of every answer.
async fn watch_over(State(shared): Surface, request: Request, next: Next) -> Response {
    shared.answering.fetch_add(1, Ordering::Relaxed);
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("none", |path| known(path.as_str()));
    let peer = request.extensions().get::<Peer>().copied();
    let checked = peer.map(|peer| shared.guard.check_site(peer, request.headers()));
    let mut response = match checked {
        Some(Ok(())) => match timeout(ANSWER_TIME_MAX, next.run(request)).await {
            Ok(response) => response,
            Err(_late) => {
                Failure::new(StatusCode::REQUEST_TIMEOUT, "timeout", "the request took too long").into_response()
            }
        },
        Some(Err(stopped)) => Failure::stopped(&shared.metrics, stopped).into_response(),
        None => Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "peer", "nobody is there").into_response(),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let ns = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
    shared.metrics.request(route, response.status().as_u16(), ns);
    shared.answering.fetch_sub(1, Ordering::Relaxed);
    response
}

/// Nothing of another site runs in the page or shows it, and nobody keeps answers.
const HEADERS: [(&str, &str); 5] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-store"),
];

/// Routes as labels: a fixed list.
fn known(path: &str) -> &'static str {
    const ROUTES: [&str; 17] = [
        "/v1/status",
        "/v1/orders",
        "/v1/positions",
        "/v1/curve",
        "/v1/config",
        "/v1/events",
        "/v1/tail",
        "/v1/commands",
        "/v1/intents",
        "/v1/intents/{strategy}/{intent_id}",
        "/openapi.json",
        "/schemas/{name}",
        "/metrics",
        "/livez",
        "/readyz",
        "/",
        "/assets/{name}",
    ];
    ROUTES.iter().find(|route| **route == path).copied().unwrap_or("none")
}

impl FromRequestParts<Arc<Shared>> for Actor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Actor, Failure> {
        let peer = parts.extensions.get::<Peer>().copied().unwrap_or(Peer::Address);
        shared.guard.identify(peer, &parts.headers).map_err(|stopped| Failure::stopped(&shared.metrics, stopped))
    }
}

/// What is true of the session now.
#[utoipa::path(get, path = "/v1/status", responses((status = 200, body = Board), (status = 401, body = Problem)))]
async fn status(_: Actor, State(shared): Surface) -> Json<Board> {
    Json(Board::clone(&shared.desk.board()))
}

/// Orders at venues.
#[utoipa::path(get, path = "/v1/orders", responses((status = 200, body = [OrderLine]), (status = 401, body = Problem)))]
async fn orders(_: Actor, State(shared): Surface) -> Json<Vec<OrderLine>> {
    Json(shared.desk.board().orders.clone())
}

/// Positions that are not flat.
#[utoipa::path(
    get,
    path = "/v1/positions",
    responses((status = 200, body = [PositionLine]), (status = 401, body = Problem))
)]
async fn positions(_: Actor, State(shared): Surface) -> Json<Vec<PositionLine>> {
    Json(shared.desk.board().positions.clone())
}

/// Profit and loss over time.
#[utoipa::path(get, path = "/v1/curve", responses((status = 200, body = [CurvePoint]), (status = 401, body = Problem)))]
async fn curve(_: Actor, State(shared): Surface) -> Json<Vec<CurvePoint>> {
    Json(Vec::clone(&shared.desk.curve()))
}

/// The configuration in force, as TOML, without secrets.
#[utoipa::path(get, path = "/v1/config", responses((status = 200, body = String), (status = 401, body = Problem)))]
async fn config(_: Actor, State(shared): Surface) -> Response {
    ([(CONTENT_TYPE, "application/toml")], shared.desk.config_text()).into_response()
}

/// Which lines are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
struct After {
    /// Number of the last line that is known; 0 where none is.
    #[serde(default)]
    after: u64,
    /// Most lines, 1 to 1000; the newest are given.
    max: Option<usize>,
}

/// What happened last.
#[utoipa::path(
    get,
    path = "/v1/events",
    params(After),
    responses((status = 200, body = [TailLine]), (status = 401, body = Problem))
)]
async fn events(_: Actor, State(shared): Surface, Query(wanted): Query<After>) -> Json<Vec<TailLine>> {
    let max = wanted.max.unwrap_or(100).min(LINES_MAX);
    let lines = shared.desk.lines(wanted.after, max);
    Json(lines.iter().map(|line| TailLine::clone(line)).collect())
}

/// What happens, as it happens: server-sent events, each with a list of lines.
#[utoipa::path(
    get,
    path = "/v1/tail",
    params(After),
    responses(
        (status = 200, body = [TailLine], content_type = "text/event-stream"),
        (status = 401, body = Problem),
        (status = 429, body = Problem),
    )
)]
async fn tail(_: Actor, State(shared): Surface, Query(wanted): Query<After>) -> Result<Response, Failure> {
    let seat = Seat::take(&shared.tails)
        .ok_or_else(|| Failure::new(StatusCode::TOO_MANY_REQUESTS, "too-many", "too many follow the events already"))?;
    let max = wanted.max.unwrap_or(100).clamp(1, LINES_MAX);
    let stream = followed(Arc::clone(&shared.desk), wanted.after, (max, seat));
    Ok(Sse::new(stream).keep_alive(KeepAlive::new().interval(Duration::from_secs(10))).into_response())
}

/// One of the few that follow; given back when it is dropped.
struct Seat(Arc<AtomicUsize>);

impl Seat {
    fn take(taken: &Arc<AtomicUsize>) -> Option<Seat> {
        let seat = Seat(Arc::clone(taken));
        (taken.fetch_add(1, Ordering::Relaxed) < TAILS_MAX).then_some(seat)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

fn followed(
    desk: Arc<Desk>,
    after: u64,
    (max, seat): (usize, Seat),
) -> impl Stream<Item = Result<Event, serde_json::Error>> {
    let begin = (desk.follow(), after, max);
    stream::unfold((desk, begin, seat), |(desk, (mut changed, after, max), seat)| async move {
        loop {
            changed.mark_unchanged();
            let lines = desk.lines(after, max);
            if let Some(last) = lines.last().map(|line| line.number) {
                let shown: Vec<&TailLine> = lines.iter().map(AsRef::as_ref).collect();
                let event = serde_json::to_string(&shown).map(|json| Event::default().id(last.to_string()).data(json));
                return Some((event, (desk, (changed, last, LINES_MAX), seat)));
            }
            if desk.board().is_over || changed.changed().await.is_err() {
                return None;
            }
        }
    })
}

/// Does something.
#[utoipa::path(
    post,
    path = "/v1/commands",
    request_body = Command,
    responses(
        (status = 200, body = Accepted),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 409, body = Problem),
    )
)]
async fn command(
    actor: Actor,
    State(shared): Surface,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Accepted>, Failure> {
    demand_json(&headers)?;
    let command = read_command(&body).map_err(|error| Failure::new(StatusCode::BAD_REQUEST, "json", error))?;
    let taken = shared.desk.command(&actor, &command);
    let result = taken.as_ref().map_or_else(|refused| refused.code(), |_| "taken");
    shared.metrics.command(command.name(), result);
    Ok(Json(answer(&shared, taken?).await))
}

/// Reads a command.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read_command(json: &[u8]) -> Result<Command, String> {
    serde_json::from_slice(json).map_err(|error| error.to_string())
}

/// Sends an intent from outside; it passes the whole chain.
#[utoipa::path(
    post,
    path = "/v1/intents",
    request_body = Intent,
    responses(
        (status = 200, body = Accepted),
        (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 403, body = Problem),
        (status = 409, body = Problem),
    )
)]
async fn send_intent(
    actor: Actor,
    State(shared): Surface,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Accepted>, Failure> {
    demand_json(&headers)?;
    let intent = intent::read(&body).map_err(|error| Failure::new(StatusCode::BAD_REQUEST, "intent", error))?;
    let taken = shared.desk.intent(&actor, &intent);
    let result = taken.as_ref().map_or_else(|refused| refused.code(), |_| "taken");
    shared.metrics.command("intent", result);
    Ok(Json(answer(&shared, taken?).await))
}

/// What became of an intent from outside.
#[utoipa::path(
    get,
    path = "/v1/intents/{strategy}/{intent_id}",
    params(("strategy" = String, Path), ("intent_id" = String, Path)),
    responses((status = 200, body = IntentStatus), (status = 401, body = Problem), (status = 404, body = Problem))
)]
async fn intent_status(
    _: Actor,
    State(shared): Surface,
    Path((strategy, intent_id)): Path<(String, String)>,
) -> Result<Json<IntentStatus>, Failure> {
    let found = shared.desk.intent_status(&strategy, &intent_id);
    found.map(Json).ok_or_else(|| Failure::new(StatusCode::NOT_FOUND, "not-found", "no such intent was sent"))
}

/// A form of another site cannot send this kind of body.
fn demand_json(headers: &HeaderMap) -> Result<(), Failure> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_json = kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    let message = "the body has to be application/json";
    is_json.then_some(()).ok_or_else(|| Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type", message))
}

async fn answer(shared: &Shared, mut ticket: Ticket) -> Accepted {
    let seq = timeout(RECORD_TIME_MAX, ticket.done()).await.ok().flatten();
    let intent = ticket.intent.as_ref();
    let status = intent.and_then(|(strategy, name)| shared.desk.intent_status(strategy, name));
    Accepted::new(&ticket, seq, status)
}

async fn openapi() -> Json<OpenApi> {
    Json(schema::openapi())
}

async fn json_schema(Path(name): Path<String>) -> Result<Json<serde_json::Value>, Failure> {
    let found = name.strip_suffix(".json").and_then(schema::json_schema);
    found.map(Json).ok_or_else(|| Failure::new(StatusCode::NOT_FOUND, "not-found", "no schema has this name"))
}

async fn metrics(_: Actor, State(shared): Surface) -> Response {
    let text = shared.metrics.text(&shared.desk.board());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

async fn livez() -> &'static str {
    "ok\n"
}

async fn readyz(State(shared): Surface) -> (StatusCode, &'static str) {
    if shared.desk.is_ready() { (StatusCode::OK, "ok\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready\n") }
}
