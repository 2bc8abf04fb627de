//! Answers: how is a request told that it got nothing?
//!
//! In: refusals of guard and desk. Out: a status and one JSON object. Must never: say what a token was.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::WWW_AUTHENTICATE;
use axum::response::{IntoResponse, Response};

use crate::api::Problem;
use crate::desk::Refused;
use crate::guard::Stopped;
use crate::metrics::Metrics;

/// Why a request got nothing.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    problem: Problem,
}

impl Failure {
    pub(crate) fn new(status: StatusCode, code: &str, message: impl std::fmt::Display) -> Failure {
        Failure { status, problem: Problem { ok: false, code: code.to_owned(), message: message.to_string() } }
    }

    /// Not let through; that is counted.
    pub(crate) fn stopped(metrics: &Metrics, stopped: Stopped) -> Failure {
        let (status, code) = match stopped {
            Stopped::Host => (StatusCode::MISDIRECTED_REQUEST, "host"),
            Stopped::Origin => (StatusCode::FORBIDDEN, "origin"),
            Stopped::NoToken => (StatusCode::UNAUTHORIZED, "no-token"),
            Stopped::WrongToken => (StatusCode::UNAUTHORIZED, "wrong-token"),
        };
        metrics.stopped(code);
        Failure::new(status, code, stopped)
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Failure {
        let status = match &refused {
            Refused::Forbidden { .. } => StatusCode::FORBIDDEN,
            Refused::UnknownStrategy(_) | Refused::UnknownInstrument(_) => StatusCode::NOT_FOUND,
            Refused::Contradiction(_) | Refused::Intent(_) => StatusCode::BAD_REQUEST,
            Refused::NotArmed | Refused::NotHalted(_) | Refused::SamePerson(_) | Refused::UsedBefore(_) => {
                StatusCode::CONFLICT
            }
            Refused::Gone(_) => StatusCode::GONE,
        };
        Failure::new(status, refused.code(), refused)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.problem)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let value = axum::http::HeaderValue::from_static("Bearer");
            response.headers_mut().insert(WWW_AUTHENTICATE, value);
        }
        response
    }
}
