//! The tear sheet in a browser: are its charts drawn, does it fit, and is its console silent?

use ringfence_tests::browser::{self, Window};
use ringfence_tests::setup::machine_code;
use ringfence_tests::{Run, Setup, Tape, binary, skip};

/// Counts, for each chart, how many pixels are drawn and in how many colours; says whether the page is too wide for its
/// window, whether a legend reaches out of its chart, whether letters stand out from what is behind them, and what went
/// wrong.
const PROBE: &str = r##"
const root = document.documentElement, charts = {}, spilt = [];
for (const place of document.querySelectorAll(".plot")) {
  const canvas = place.querySelector("canvas"), colours = new Set();
  let drawn = 0;
  if (canvas) {
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] > 200) { drawn++; colours.add(data[i] << 16 | data[i + 1] << 8 | data[i + 2]); }
    }
  }
  charts[place.id] = [drawn, colours.size];
  const legend = place.querySelector(".u-legend");
  if (legend && legend.getBoundingClientRect().bottom > place.getBoundingClientRect().bottom + 1) spilt.push(place.id);
}
const light = text => { const [r, g, b] = text.match(/\d+/g).map(Number); return (r * 299 + g * 587 + b * 114) / 1000; };
const style = getComputedStyle(document.body);
const probe = document.createElement("pre");
probe.id = "probe";
probe.textContent = JSON.stringify({
  charts, spilt, errors: root.dataset.errors, is_too_wide: root.scrollWidth > innerWidth,
  ink: light(style.color), paper: light(style.backgroundColor),
});
document.body.append(probe);
"##;

fn page() -> String {
    page_of(&[])
}

fn page_of(options: &[&str]) -> String {
    let component = binary::component("ringfence_ema_cross");
    let params = "params = { fast = 5, slow = 20, qty = \"40\" }";
    let setup = Setup::default().strategy("one", &component, params).strategy("two", &component, params);
    let run = Run::dev(["backtest", "--config", "host.toml", "--report", "report", "--data"]);
    let tape = Tape::trades(20_000);
    let run = run.arg(&tape.path).args(options).env("RINGFENCE_CACHE", machine_code());
    let finished = run.file("host.toml", setup.text()).finish();
    finished.expect_code(0);
    std::fs::read_to_string(finished.path("report").join("report.html")).expect("the page is there")
}

#[test]
fn every_chart_is_drawn_in_light_and_dark_and_on_a_phone() {
    let chromium = match browser::chromium() {
        Ok(path) => path,
        Err(reason) => skip!("{reason}"),
    };
    let page = page();
    let wanted = page.matches("class=\"plot\"").count();
    assert_eq!(wanted, 7, "charts of the page");
    for (width, is_dark) in [(1200, false), (1200, true), (500, false)] {
        let window = Window { width, is_dark };
        let seen = browser::open(&chromium, &page, PROBE, window);
        assert_eq!(seen.console, Vec::<String>::new(), "{window:?}");
        let probe = &seen.probe;
        assert_eq!((&probe["errors"], &probe["is_too_wide"]), (&"0".into(), &false.into()), "{window:?}: {probe}");
        assert_eq!(probe["spilt"], serde_json::json!([]), "{window:?}: legends that lie over what follows");
        let charts = probe["charts"].as_object().expect("charts by their places");
        assert_eq!(charts.len(), wanted);
        for (id, counts) in charts {
            let (pixels, colours) = (counts[0].as_u64().unwrap(), counts[1].as_u64().unwrap());
            assert!(pixels > 800 && colours > 8, "{window:?} {id}: {pixels} pixels in {colours} colours");
        }
        let (ink, paper) = (probe["ink"].as_f64().unwrap(), probe["paper"].as_f64().unwrap());
        let contrast = if is_dark { ink - paper } else { paper - ink };
        assert!(contrast > 150.0, "{window:?}: ink {ink} on paper {paper}");
    }
}

#[test]
fn a_report_of_one_row_draws_nothing_and_says_so() {
    let chromium = match browser::chromium() {
        Ok(path) => path,
        Err(reason) => skip!("{reason}"),
    };
    let page = page_of(&["--limit", "1"]);
    assert!(!page.contains("class=\"plot\"") && page.contains("There is nothing to draw"));
    let seen = browser::open(&chromium, &page, PROBE, Window { width: 1200, is_dark: false });
    assert_eq!(seen.console, Vec::<String>::new());
    assert_eq!((&seen.probe["errors"], &seen.probe["charts"]), (&"0".into(), &serde_json::json!({})));
}

#[test]
fn a_broken_page_is_noticed() {
    let chromium = match browser::chromium() {
        Ok(path) => path,
        Err(reason) => skip!("{reason}"),
    };
    let page = page().replace("plots.push(draw(chart, place))", "throw new Error('made up')");
    let seen = browser::open(&chromium, &page, PROBE, Window { width: 1200, is_dark: false });
    assert!(seen.console.iter().any(|line| line.contains("made up")), "{:?}", seen.console);
    assert_eq!(seen.probe["errors"], "1");
    assert_eq!(seen.probe["charts"]["plot-equity"][0], 0);
}
