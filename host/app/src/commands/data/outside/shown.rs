//! Shown: how is told what an import made, and what a file holds?
//!
//! In: what was made and found. Out: lines of text, JSON objects. Must never: leave out something that was left out.

use std::path::Path;

use ringfence_data::{Finding, Format, Imported, InstrumentSurvey, Kind, Statistics, Survey};
use serde_json::{Map as Object, Value as Json, json};

use crate::output::Output;

pub(super) fn named_statistics((symbol, statistics): (&String, &Statistics)) -> Json {
    let mut object = statistics_json(statistics);
    object["symbol"] = json!(symbol);
    object
}

/// What is not there is null.
pub(in crate::commands::data) fn statistics_json(statistics: &Statistics) -> Json {
    let takers = statistics.takers();
    let arrivals = statistics.arrivals();
    json!({
        "smallest_spread": statistics.tick().map(|tick| tick.to_string()),
        "spread_time_shares": statistics.spread_shares(),
        "quantity_by_level": statistics.depth(),
        "takers": takers.map(|(count, _)| count),
        "buy_share": takers.map(|(_, share)| share),
        "sign_lags": ringfence_data::LAGS,
        "sign_memory": statistics.sign_memory(),
        "arrivals_per_s": arrivals.map(|(mean, _)| mean),
        "arrivals_dispersion": arrivals.map(|(_, dispersion)| dispersion),
    })
}

pub(super) fn imported_text(imported: &Imported, path: &Path, out: &mut Output) {
    let Imported { format, rows, layout, price_scale, qty_scale, not_wanted, backward, lost, survey, .. } = imported;
    out.line(format_args!(
        "{}: {rows} rows, {layout}, digits {price_scale} and {qty_scale}, from {format}",
        path.display()
    ));
    if *not_wanted > 0 {
        out.line(format_args!("not wanted: {not_wanted} rows of other instruments or kinds"));
    }
    if *backward > 0 {
        out.line(format_args!("backward: {backward} rows moved to the time above them, or dropped"));
    }
    if imported.duplicates > 0 {
        out.line(format_args!("duplicates: {} rows left out", imported.duplicates));
    }
    if imported.feed_rows > 0 {
        out.line(format_args!("feed: {} rows say that it is stale, or that it has recovered", imported.feed_rows));
    }
    for what in lost {
        out.line(format_args!("does not fit this form: {what}"));
    }
    out.line(survey.to_string().trim_end());
}

pub(super) fn imported_json(imported: &Imported, path: &Path) -> Json {
    let mut object = Object::new();
    object.insert("path".to_owned(), json!(path.display().to_string()));
    object.insert("rows".to_owned(), json!(imported.rows));
    object.insert("layout".to_owned(), json!(imported.layout));
    object.insert("symbol".to_owned(), json!(imported.symbol));
    object.insert("price_scale".to_owned(), json!(imported.price_scale));
    object.insert("qty_scale".to_owned(), json!(imported.qty_scale));
    object.insert("not_wanted".to_owned(), json!(imported.not_wanted));
    object.insert("backward_rows".to_owned(), json!(imported.backward));
    object.insert("duplicate_rows".to_owned(), json!(imported.duplicates));
    object.insert("feed_rows".to_owned(), json!(imported.feed_rows));
    object.insert("lost".to_owned(), json!(imported.lost));
    object.insert("source".to_owned(), survey_json(imported.format, &imported.survey));
    Json::Object(object)
}

pub(super) fn survey_json(format: Format, survey: &Survey) -> Json {
    let named = |(symbol, instrument): (&String, &InstrumentSurvey)| instrument_json(symbol, instrument);
    let left_out = |(why, found): (&&str, &Finding)| json!({ "why": why, "count": found.count, "place": found.place });
    json!({
        "format": format.code(),
        "rows": survey.total(),
        "instruments": survey.instruments.iter().map(named).collect::<Vec<_>>(),
        "left_out": survey.left_out.iter().map(left_out).collect::<Vec<_>>(),
        "assumed": survey.assumed,
        "unreadable": { "count": survey.bad.count, "place": survey.bad.place, "example": survey.bad_example },
    })
}

fn instrument_json(symbol: &str, instrument: &InstrumentSurvey) -> Json {
    let kinds = Kind::ALL.iter().map(|kind| (kind.code().to_owned(), json!(instrument.of(*kind))));
    let finding = |(name, found): (&'static str, Finding)| {
        let Finding { count, place, time, most } = found;
        (name.to_owned(), json!({ "count": count, "place": place, "time": time, "most": most }))
    };
    json!({
        "symbol": symbol,
        "rows": instrument.total(),
        "kinds": kinds.filter(|(_, count)| *count != json!(0)).collect::<Object<String, Json>>(),
        "first": instrument.first,
        "last": instrument.last,
        "price_digits": instrument.price_digits,
        "qty_digits": instrument.qty_digits,
        "findings": instrument.findings().into_iter().map(finding).collect::<Object<String, Json>>(),
    })
}
