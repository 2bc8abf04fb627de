//! Page: what does a browser get?
//!
//! In: names of files. Out: files that are part of the program. Must never: hold anything of a session; the page asks for
//! that with a token like everybody else.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

const INDEX: &str = include_str!("../assets/index.html");

/// Name, type and bytes.
const ASSETS: [(&str, &str, &str); 4] = [
    ("control.css", "text/css", include_str!("../assets/control.css")),
    ("control.js", "text/javascript", include_str!("../assets/control.js")),
    ("uPlot.min.css", "text/css", include_str!("../assets/uPlot.min.css")),
    ("uPlot.iife.min.js", "text/javascript", include_str!("../assets/uPlot.iife.min.js")),
];

pub(crate) fn index() -> Response {
    ([(CONTENT_TYPE, "text/html; charset=utf-8")], INDEX).into_response()
}

pub(crate) fn asset(name: &str) -> Response {
    match ASSETS.iter().find(|(known, ..)| *known == name) {
        Some((_, kind, text)) => ([(CONTENT_TYPE, format!("{kind}; charset=utf-8"))], *text).into_response(),
        None => (StatusCode::NOT_FOUND, "there is nothing here\n").into_response(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_library_of_charts_is_that_of_reports() {
        let same = [
            (include_str!("../assets/uPlot.iife.min.js"), include_str!("../../report/assets/uPlot.iife.min.js")),
            (include_str!("../assets/uPlot.min.css"), include_str!("../../report/assets/uPlot.min.css")),
            (include_str!("../assets/uPlot.LICENSE"), include_str!("../../report/assets/uPlot.LICENSE")),
        ];
        same.iter().for_each(|(own, other)| assert!(own == other));
    }
}
