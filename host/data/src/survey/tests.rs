//! Surveys: rows in, findings out.
