//! SVG: a chart as a file that every program can show.
//!
//! In: a chart. Out: one SVG document, light, with axes and a legend. Must never: need a font, a script or a style from
//! elsewhere.

use std::fmt::Write;

use crate::calendar;
use crate::figure::{Unit, grouped};
use crate::page::charts::{Chart, Line, Shape};
use crate::page::escaped;
use crate::statistics::index;
use ringfence_core::ids::TimeNs;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 90.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 56.0;
const BOTTOM: f64 = 36.0;
const COLOURS: [&str; 7] = ["#2a78d6", "#d9591f", "#178f63", "#a87400", "#5b49c2", "#c93c3b", "#7c8896"];
const TICKS: usize = 5;

/// Where values lie in the picture.
struct Frame {
    x: (f64, f64),
    y: (f64, f64),
    /// Room on the right.
    right: f64,
}

impl Frame {
    /// Of the lines of one axis, the left or the right one.
    fn of(chart: &Chart, lines: &[&Line]) -> Frame {
        let values = || lines.iter().flat_map(|line| line.y.iter().flatten().copied());
        let has_base = lines.iter().any(|line| matches!(line.shape, Shape::Area | Shape::Bars));
        let base = has_base.then_some(0.0);
        let low = values().chain(base).fold(f64::INFINITY, f64::min);
        let high = values().chain(base).fold(f64::NEG_INFINITY, f64::max);
        let (first, last) = (chart.x.first().copied().unwrap_or(0.0), chart.x.last().copied().unwrap_or(1.0));
        let half = if chart.is_time { 0.0 } else { (last - first) / crate::float_of(chart.x.len() as u64) / 2.0 };
        let y = match low < high {
            true => (low, high),
            false if low.is_finite() => (low - 1.0, low + 1.0),
            false => (0.0, 1.0),
        };
        let has_two = chart.lines.iter().any(|line| line.is_apart);
        Frame { x: (first - half, last + half), y, right: if has_two { LEFT } else { RIGHT } }
    }

    fn across(&self, x: f64) -> f64 {
        let share = if self.x.1 > self.x.0 { (x - self.x.0) / (self.x.1 - self.x.0) } else { 0.5 };
        LEFT + share * (WIDTH - LEFT - self.right)
    }

    fn down(&self, y: f64) -> f64 {
        HEIGHT - BOTTOM - (y - self.y.0) / (self.y.1 - self.y.0) * (HEIGHT - TOP - BOTTOM)
    }
}

/// The chart as a document.
#[must_use]
pub fn document(chart: &Chart) -> String {
    let (apart, together): (Vec<&Line>, Vec<&Line>) = chart.lines.iter().partition(|line| line.is_apart);
    let frame = Frame::of(chart, &together);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n<text x=\"{LEFT}\" y=\"22\" \
         font-size=\"15\" font-weight=\"bold\" fill=\"#16202c\">{}</text>\n",
        escaped(&chart.title)
    );
    grid(&mut out, chart, &frame);
    legend(&mut out, chart);
    if let Some(first) = apart.first() {
        let frame = Frame::of(chart, &apart);
        scale_right(&mut out, chart, &frame, first.colour);
        apart.iter().for_each(|line| draw(&mut out, chart, line, &frame));
    }
    together.iter().for_each(|line| draw(&mut out, chart, line, &frame));
    out + "</svg>\n"
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a String takes every write");
}

fn grid(out: &mut String, chart: &Chart, frame: &Frame) {
    let (step, right) = (step(frame.y.1 - frame.y.0), WIDTH - frame.right);
    let mut value = (frame.y.0 / step).ceil() * step;
    while value <= frame.y.1 {
        let (y, label) = (frame.down(value), label(value, step, chart.unit));
        push(out, format_args!("<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"#e3e8ed\"/>"));
        let (x, y) = (LEFT - 8.0, y + 4.0);
        push(out, format_args!("<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"end\" fill=\"#55606e\">{label}</text>\n"));
        value += step;
    }
    for tick in 0..=TICKS {
        let share = crate::float_of(tick as u64) / crate::float_of(TICKS as u64);
        let x = share.mul_add(frame.x.1 - frame.x.0, frame.x.0);
        let (place, text, y) = (frame.across(x), across_label(x, chart, frame), HEIGHT - 14.0);
        let anchor = match tick {
            0 => "start",
            TICKS => "end",
            _ => "middle",
        };
        let place = format!("x=\"{place:.1}\" y=\"{y}\" text-anchor=\"{anchor}\"");
        push(out, format_args!("<text {place} fill=\"#55606e\">{text}</text>\n"));
    }
}

/// Labels of the axis on the right, in the colour of its line.
fn scale_right(out: &mut String, chart: &Chart, frame: &Frame, colour: usize) {
    let (step, colour) = (step(frame.y.1 - frame.y.0), COLOURS[colour % COLOURS.len()]);
    let mut value = (frame.y.0 / step).ceil() * step;
    while value <= frame.y.1 {
        let (x, y, label) = (WIDTH - frame.right + 8.0, frame.down(value) + 4.0, label(value, step, chart.unit));
        push(out, format_args!("<text x=\"{x}\" y=\"{y:.1}\" fill=\"{colour}\">{label}</text>\n"));
        value += step;
    }
}

/// The roundest step (1, 2 or 5 times a power of ten) that gives at most six lines.
fn step(range: f64) -> f64 {
    let rough = range / crate::float_of(TICKS as u64);
    let power = 10.0_f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * power >= rough).unwrap_or(10.0);
    factor * power
}

fn label(value: f64, step: f64, unit: Unit) -> String {
    let (factor, after) = if unit == Unit::Share { (100.0, " %") } else { (1.0, "") };
    // Enough digits to tell two lines apart.
    let digits = (-(step * factor).log10().floor()).clamp(0.0, 8.0);
    format!("{}{after}", grouped(value * factor, index(digits)))
}

fn across_label(x: f64, chart: &Chart, frame: &Frame) -> String {
    if !chart.is_time {
        return format!("{} %", label(x, (frame.x.1 - frame.x.0) / crate::float_of(TICKS as u64), Unit::Ratio));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "seconds since 1970 that came from times"
    )]
    let text = calendar::text(TimeNs((x.max(0.0) * 1e9) as u64));
    let days = (frame.x.1 - frame.x.0) / 86_400.0;
    match days {
        days if days > 60.0 => text[..10].to_owned(),
        days if days > 1.0 => text[5..16].to_owned(),
        _ => text[5..].to_owned(),
    }
}

fn legend(out: &mut String, chart: &Chart) {
    let mut x = LEFT;
    for line in &chart.lines {
        let colour = COLOURS[line.colour % COLOURS.len()];
        push(out, format_args!("<rect x=\"{x:.0}\" y=\"33\" width=\"12\" height=\"4\" fill=\"{colour}\"/>"));
        push(
            out,
            format_args!("<text x=\"{:.0}\" y=\"40\" fill=\"#55606e\">{}</text>\n", x + 17.0, escaped(&line.name)),
        );
        x += 40.0 + 7.0 * crate::float_of(line.name.chars().count() as u64);
    }
}

/// Points of a line, in pieces between gaps.
fn pieces(chart: &Chart, line: &Line, frame: &Frame) -> Vec<Vec<(f64, f64)>> {
    let (mut pieces, mut last) = (vec![Vec::new()], None);
    for (x, y) in chart.x.iter().zip(&line.y).filter_map(|(x, y)| Some((*x, (*y)?))) {
        if last.zip(chart.gap).is_some_and(|(last, gap)| x - last > gap) {
            pieces.push(Vec::new());
        }
        pieces.last_mut().expect("there is one").push((frame.across(x), frame.down(y)));
        last = Some(x);
    }
    pieces
}

fn draw(out: &mut String, chart: &Chart, line: &Line, frame: &Frame) {
    pieces(chart, line, frame).iter().for_each(|points| piece(out, line, points, frame));
}

fn piece(out: &mut String, line: &Line, points: &[(f64, f64)], frame: &Frame) {
    let colour = COLOURS[line.colour % COLOURS.len()];
    match line.shape {
        Shape::Line | Shape::Faint => {
            let width = if line.shape == Shape::Faint { 1.0 } else { 1.5 };
            push(
                out,
                format_args!(
                    "<path d=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>\n",
                    path(points)
                ),
            );
        }
        Shape::Step => {
            push(out, format_args!("<path d=\"{}\" fill=\"none\" stroke=\"{colour}\"/>\n", steps(points)));
        }
        Shape::Area => area(out, points, colour, frame),
        Shape::Bars => bars(out, points, colour, frame),
        Shape::Up => triangles(out, points, colour, -5.0),
        Shape::Down => triangles(out, points, colour, 5.0),
    }
}

fn path(points: &[(f64, f64)]) -> String {
    let one = |(at, (x, y)): (usize, &(f64, f64))| format!("{}{x:.1} {y:.1}", if at == 0 { 'M' } else { 'L' });
    points.iter().enumerate().map(one).collect()
}

fn steps(points: &[(f64, f64)]) -> String {
    let one = |(at, (x, y)): (usize, &(f64, f64))| match at {
        0 => format!("M{x:.1} {y:.1}"),
        _ => format!("H{x:.1}V{y:.1}"),
    };
    points.iter().enumerate().map(one).collect()
}

fn area(out: &mut String, points: &[(f64, f64)], colour: &str, frame: &Frame) {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return };
    let (line, base) = (path(points), frame.down(0.0));
    let closed = format!("{line}L{:.1} {base:.1}L{:.1} {base:.1}Z", last.0, first.0);
    push(
        out,
        format_args!(
            "<path d=\"{closed}\" fill=\"{colour}\" fill-opacity=\"0.2\"/><path d=\"{line}\" fill=\"none\" stroke=\"{colour}\"/>\n"
        ),
    );
}

fn bars(out: &mut String, points: &[(f64, f64)], colour: &str, frame: &Frame) {
    let width = (WIDTH - LEFT - RIGHT) / crate::float_of(points.len().max(1) as u64) * 0.86;
    let base = frame.down(0.0);
    for (x, y) in points {
        let (left, height) = (x - width / 2.0, (base - y).max(0.0));
        push(
            out,
            format_args!(
                "<rect x=\"{left:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{colour}\"/>\n"
            ),
        );
    }
}

fn triangles(out: &mut String, points: &[(f64, f64)], colour: &str, tip: f64) {
    for (x, y) in points {
        let (top, foot) = (y + tip, y - tip * 0.7);
        push(
            out,
            format_args!("<path d=\"M{x:.1} {top:.1}L{:.1} {foot:.1}H{:.1}Z\" fill=\"{colour}\"/>\n", x - 4.0, x + 4.0),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn steps_are_round_and_few() {
        assert_eq!([6.0, 5.0, 4.9, 24.9, 100.0].map(step), [2.0, 1.0, 1.0, 5.0, 20.0]);
        let all = [(0.25, 0.05, Unit::Ratio), (-1200.0, 200.0, Unit::Money), (-0.001, 0.0005, Unit::Share)];
        assert_eq!(all.map(|(value, step, unit)| label(value, step, unit)), ["0.25", "−1,200", "−0.10 %"]);
    }

    #[test]
    fn a_chart_is_a_document_of_its_own() {
        let y = vec![Some(1.0), None, Some(3.0)];
        let line = |shape, colour| Line { name: "<a>".to_owned(), shape, colour, is_apart: false, y: y.clone() };
        let lines = vec![line(Shape::Line, 0), line(Shape::Up, 1), line(Shape::Step, 2)];
        let (id, title, note) = ("x".to_owned(), "T & t".to_owned(), String::new());
        let chart =
            Chart { id, title, note, is_time: true, unit: Unit::Money, x: vec![0.0, 1.0, 2.0], lines, gap: None };
        let text = document(&chart);
        let drawn: Vec<&str> =
            text.lines().filter(|line| line.contains("<path d") && !line.contains("e3e8ed")).collect();
        expect![[r##"
            <path d="M90.0 324.0L940.0 56.0" fill="none" stroke="#2a78d6" stroke-width="1.5"/>
            <path d="M90.0 319.0L86.0 327.5H94.0Z" fill="#d9591f"/>
            <path d="M940.0 51.0L936.0 59.5H944.0Z" fill="#d9591f"/>
            <path d="M90.0 324.0H940.0V56.0" fill="none" stroke="#178f63"/>"##]]
        .assert_eq(&drawn.join("\n"));
        assert!(text.contains("T &amp; t") && text.contains("&lt;a&gt;") && text.ends_with("</svg>\n"));
    }

    #[test]
    fn a_line_ends_at_a_gap_and_one_apart_has_its_own_axis() {
        let y = [1.0, 2.0, 3.0, 4.0].map(Some).to_vec();
        let line = |is_apart, factor: f64| {
            let y = y.iter().map(|y| y.map(|y| y * factor)).collect();
            Line { name: String::new(), shape: Shape::Line, colour: 0, is_apart, y }
        };
        let lines = vec![line(false, 1.0), line(true, 1_000.0)];
        let (id, title, note) = (String::new(), String::new(), String::new());
        let x = vec![0.0, 1.0, 9.0, 10.0];
        let chart = Chart { id, title, note, is_time: true, unit: Unit::Money, x, lines, gap: Some(5.0) };
        let text = document(&chart);
        let paths: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("<path d=\"M")).collect();
        let drawn: Vec<&str> =
            paths.iter().filter_map(|path| path.split_once("\" fill=\"none\"").map(|(d, _)| d)).collect();
        // Two pieces each, and both lines fill the height.
        assert_eq!(
            drawn,
            ["90.0 324.0L168.0 234.7", "792.0 145.3L870.0 56.0", "90.0 324.0L168.0 234.7", "792.0 145.3L870.0 56.0"]
        );
        assert!(text.contains(">4,000<") && text.contains(">4<"), "{text}");
    }
}
