//! Page: what does the tear sheet look like?
//!
//! In: a run, its summary, findings and charts. Out: one HTML file that needs no other and no network. Must never: carry a
//! time of day or a path, let a name from a configuration become markup, or load anything.

pub mod charts;
mod tables;

use serde_json::Value as Json;

use crate::calendar;
use crate::critique::{Finding, Weight};
use crate::figure::{Unit, shown};
use crate::page::charts::{Chart, currency, period};
use crate::summary::{Run, Summary};

/// Version of the chart library in `assets/`.
pub const UPLOT_VERSION: &str = "1.6.32";

const UPLOT: &str = include_str!("../../assets/uPlot.iife.min.js");
const UPLOT_CSS: &str = include_str!("../../assets/uPlot.min.css");
const UPLOT_LICENCE: &str = include_str!("../../assets/uPlot.LICENSE");
const CSS: &str = include_str!("../../assets/report.css");
const SCRIPT: &str = include_str!("../../assets/report.js");

/// Only what stands in the page may run or be shown: no request leaves it.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

/// The tear sheet.
#[must_use]
pub fn html(run: &Run<'_>, summary: &Summary, findings: &[Finding], charts: &[Chart]) -> String {
    let data = Json::Array(charts.iter().map(Chart::json).collect()).to_string();
    // Within a script only this could end it early.
    let data = data.replace('<', "\\u003c");
    let title = escaped(&run.config.run);
    let parts = [
        format!("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n"),
        format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n"),
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n".to_owned(),
        format!("<style>{UPLOT_CSS}\n{CSS}</style>\n</head>\n<body>\n"),
        header(run),
        "<main>\n".to_owned(),
        tiles(run, summary),
        critique(findings),
        pictures(charts),
        tables::monthly(summary),
        tables::drawdowns(summary),
        figures(summary),
        tables::strategies(run),
        tables::denials(run),
        "</main>\n".to_owned(),
        footer(run, summary),
        format!("<script>/*\n{UPLOT_LICENCE}\n*/\n{UPLOT}</script>\n"),
        format!("<script type=\"application/json\" id=\"data\">{data}</script>\n"),
        format!("<script>{SCRIPT}</script>\n</body>\n</html>\n"),
    ];
    parts.concat()
}

fn header(run: &Run<'_>) -> String {
    let samples = &run.recorded.samples;
    let last = samples.times().last().copied().unwrap_or(run.recorded.opened);
    let counts = run.results.counts;
    let count = |number: u64| shown(crate::float_of(number), Unit::Count);
    format!(
        "<header><h1>{}</h1><button id=\"theme\" type=\"button\">light / dark</button>\n<p class=\"sub\">{} · {} to {} UTC \
         · {} rows, {} orders, {} fills</p></header>\n",
        escaped(&run.config.run),
        run.results.mode.code(),
        calendar::text(run.recorded.opened),
        calendar::text(last),
        count(counts.rows),
        count(counts.orders),
        count(counts.fills),
    )
}

/// Figures at the top.
const TILES: [&str; 7] = ["total_return", "cagr", "sharpe", "max_drawdown", "profit_factor", "trades", "fees"];
/// The same where a run is too short for annual ones.
const TILES_SHORT: [&str; 7] =
    ["total_return", "max_drawdown", "profit_factor", "hit_rate", "expectancy", "trades", "fees"];

fn tiles(run: &Run<'_>, summary: &Summary) -> String {
    let mut text = String::from("<div class=\"tiles\">");
    let profit = crate::float(run.results.equity) - crate::float(run.recorded.start);
    text += &tile(&format!("Profit, {}", currency(run)), &shown(profit, Unit::Money), profit);
    let keys = if summary.is_short() { TILES_SHORT } else { TILES };
    for figure in keys.iter().filter_map(|key| summary.figure(key)) {
        let sign = if matches!(figure.unit, Unit::Share) { figure.value.unwrap_or(0.0) } else { 0.0 };
        let name = match figure.unit {
            Unit::Money => format!("{}, {}", figure.name, currency(run)),
            Unit::Share | Unit::Ratio | Unit::Count | Unit::Seconds | Unit::Bps | Unit::Periods => {
                figure.name.to_owned()
            }
        };
        text += &tile(&name, &figure.text(), sign);
    }
    text + "</div>\n"
}

fn tile(name: &str, value: &str, sign: f64) -> String {
    let class = if sign < 0.0 { " class=\"neg\"" } else { "" };
    format!("<div class=\"tile\"><b{class}>{value}</b><span>{name}</span></div>")
}

fn critique(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let item = |finding: &Finding| {
        let class = match finding.weight {
            Weight::Fact => "",
            Weight::Doubt => " class=\"warn\"",
            Weight::Serious => " class=\"bad\"",
        };
        format!("<li{class}><b>{}</b>{}</li>", escaped(&finding.title), escaped(&finding.text))
    };
    let items: String = findings.iter().map(item).collect();
    format!(
        "<section class=\"card\" id=\"critique\"><h2>What happened, and what to doubt</h2><ul class=\"findings\">{items}</ul></section>\n"
    )
}

const HINT: &str = "Drag over a chart to zoom, double-click to go back, click a name to hide its line.";

fn pictures(charts: &[Chart]) -> String {
    let one = |chart: &Chart| {
        let is_wide = chart.id == "equity" || chart.id == "strategies" || chart.id.starts_with("price");
        let class = if is_wide { "card wide" } else { "card" };
        format!(
            "<section class=\"{class}\"><h2>{}</h2><p class=\"note\">{}</p><div class=\"plot\" id=\"plot-{}\"></div></section>\n",
            escaped(&chart.title),
            escaped(&chart.note),
            escaped(&chart.id)
        )
    };
    if charts.is_empty() {
        return "<p class=\"note\">There is nothing to draw: the run has no two moments.</p>\n".to_owned();
    }
    format!("<p class=\"note\">{HINT}</p><div class=\"grid\">\n{}</div>\n", charts.iter().map(one).collect::<String>())
}

fn figures(summary: &Summary) -> String {
    let mut text = String::from("<section><div class=\"figures\">\n");
    for group in &summary.groups {
        text += &format!("<div class=\"card\"><h2>{}</h2><div class=\"scroll\"><table><tbody>", group.title);
        for figure in &group.figures {
            text += &format!(
                "<tr><th>{}</th><td class=\"formula\">{}</td><td>{}</td></tr>",
                figure.name,
                escaped(figure.formula),
                figure.text()
            );
        }
        text += "</tbody></table></div></div>\n";
    }
    text + "</div></section>\n"
}

fn footer(run: &Run<'_>, summary: &Summary) -> String {
    let benchmark = match &summary.benchmark {
        Some(symbol) => {
            format!("{} bought with all equity at the end of the first period, and held, without fees", escaped(symbol))
        }
        None => "none".to_owned(),
    };
    let hex = |hash: &[u8]| hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let list = |(name, text): (&str, String)| format!("<b>{name}:</b> {text}.<br>");
    let facts = [
        (
            "Returns",
            format!(
                "{}, each of {}",
                shown(crate::float_of(summary.returns.len() as u64), Unit::Count),
                period(summary.series.period_s)
            ),
        ),
        ("Periods per year", format!("{:.2}, {}", summary.basis.periods_per_year(), escaped(&summary.year.reason))),
        ("Risk-free rate", format!("{} a year", shown(summary.basis.risk_free(), Unit::Share))),
        ("Benchmark", benchmark),
        ("Fills", fills(run)),
        ("State digest", hex(&run.results.state_digest)),
        ("Decision digest", hex(&run.results.decision_digest)),
        ("Charts", format!("uPlot {UPLOT_VERSION}, MIT licence, in this file")),
    ];
    format!(
        "<footer><p>r: return of a period; f: risk-free rate of a period; b: return of the benchmark; s: deviation of the \
         sample. Times are UTC.</p><p>{}</p></footer>\n",
        facts.map(list).concat()
    )
}

fn fills(run: &Run<'_>) -> String {
    let rule = format!("simulated by the rule {}", escaped(run.fill_moment));
    if run.recorded.tally.has_bars { format!("{rule}; {}", escaped(run.bar_path)) } else { rule }
}

/// Text that cannot become markup.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_the_version_that_is_named_and_loads_nothing() {
        assert!(UPLOT.contains(&format!("(v{UPLOT_VERSION})")));
        assert!(include_str!("../../assets/README.md").contains(UPLOT_VERSION));
        for source in [UPLOT_CSS, CSS, SCRIPT] {
            assert!(!source.contains("url(") && !source.contains("http") && !source.contains("import "));
        }
        assert!(!UPLOT.contains("</script") && !UPLOT_LICENCE.contains("*/") && !SCRIPT.contains("</script"));
    }

    #[test]
    fn a_name_does_not_become_markup() {
        assert_eq!(escaped("<b a='1' \"&"), "&lt;b a=&#39;1&#39; &quot;&amp;");
    }
}
