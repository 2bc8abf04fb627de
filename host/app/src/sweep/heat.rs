//! Heat map: where in the plane of two values is the good ground?
//!
//! In: two axes, a figure for each pair. Out: an SVG picture, and blocks of characters for a terminal. Must never: decide
//! on an amount; a cell's colour is rounded to what a screen shows.

use std::fmt::Write;

use crate::sweep::axis::Axis;
use crate::sweep::rank::Value;

/// A figure for each pair, the second axis fastest; `None` = refused, or not defined.
pub(crate) struct Heat<'a> {
    pub(crate) axes: [&'a Axis; 2],
    pub(crate) figures: &'a [Option<Value>],
    /// What the figures are.
    pub(crate) title: &'a str,
    /// Which end of them is better.
    pub(crate) better: Better,
    /// Place of the best figure.
    pub(crate) best: Option<usize>,
}

/// Which end of the figures is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Better {
    /// The highest.
    Most,
    /// The lowest.
    Least,
}

/// Most cells of a side that are drawn.
pub(crate) const SIDE_MAX: usize = 200;

impl Heat<'_> {
    /// The worst figure and the best.
    fn range(&self) -> Option<(Value, Value)> {
        let all = || self.figures.iter().flatten().copied();
        let lowest = all().reduce(|a, b| if b < a { b } else { a })?;
        let highest = all().reduce(|a, b| if b > a { b } else { a })?;
        Some(match self.better {
            Better::Most => (lowest, highest),
            Better::Least => (highest, lowest),
        })
    }

    /// What the figures are, and which end of the colours is the better one.
    fn heading(&self) -> String {
        let end = match self.better {
            Better::Most => "most",
            Better::Least => "least",
        };
        format!("{}: the brighter the better, the {end} is best", self.title)
    }

    fn at(&self, row: usize, column: usize) -> Option<Value> {
        self.figures.get(row * self.axes[1].values.len() + column).copied().flatten()
    }

    /// How far from the worst to the best, 0 to 1000; 500 where all are equal.
    fn share(&self, value: &Value) -> u32 {
        let Some((worst, best)) = self.range() else { return 0 };
        let span = best.float() - worst.float();
        if span == 0.0 { 500 } else { thousandths((value.float() - worst.float()) / span) }
    }

    /// The picture: cells, an axis on two sides, a scale of the colours.
    pub(crate) fn svg(&self) -> String {
        let [rows, columns] = self.axes;
        let mut svg = String::new();
        let mut put = |text: String| writeln!(svg, "{text}").expect("a String takes every write");
        let frame = Frame::of(self);
        let Frame { left, width, height, bottom, .. } = frame;
        put(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" font-family=\"system-ui, sans-serif\" font-size=\"12\" fill=\"#16202c\">"
        ));
        put(format!("<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>"));
        put(format!(
            "<text x=\"{left}\" y=\"22\" font-size=\"15\" font-weight=\"600\">{}</text>",
            escaped(&self.heading())
        ));
        let down =
            format!("x=\"18\" y=\"{}\" transform=\"rotate(-90 18 {})\"", middle(TOP, bottom), middle(TOP, bottom));
        put(format!("<text {down} text-anchor=\"middle\" font-weight=\"600\">{}</text>", escaped(&rows.name)));
        let x = middle(left, left + frame.cell * columns.values.len());
        let y = bottom + frame.foot - 8;
        put(format!(
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" font-weight=\"600\">{}</text>",
            escaped(&columns.name)
        ));
        for (row, value) in rows.values.iter().enumerate() {
            let y = TOP + frame.cell * row;
            if row % frame.every == 0 {
                let (x, y) = (left - 6, y + frame.cell / 2 + 4);
                put(format!("<text x=\"{x}\" y=\"{y}\" text-anchor=\"end\">{}</text>", escaped(value)));
            }
            for column in 0..columns.values.len() {
                put(self.cell((row, column), &frame));
            }
        }
        if let Some((row, column)) = self.best_place() {
            let (x, y, side) = (left + frame.cell * column, TOP + frame.cell * row, frame.cell);
            put(format!(
                "<rect id=\"best\" x=\"{x}\" y=\"{y}\" width=\"{side}\" height=\"{side}\" fill=\"none\" stroke=\"#d02020\" \
                 stroke-width=\"2\"/>"
            ));
        }
        for (column, value) in columns.values.iter().enumerate().filter(|(column, _)| column % frame.every == 0) {
            let (x, y) = (left + frame.cell * column + frame.cell / 2, bottom + 16);
            let place = match frame.is_turned {
                true => format!("x=\"{x}\" y=\"{y}\" text-anchor=\"end\" transform=\"rotate(-60 {x} {y})\""),
                false => format!("x=\"{x}\" y=\"{y}\" text-anchor=\"middle\""),
            };
            put(format!("<text {place}>{}</text>", escaped(value)));
        }
        self.scale(&frame).into_iter().for_each(put);
        svg.push_str("</svg>\n");
        svg
    }

    /// Row and column of the best.
    fn best_place(&self) -> Option<(usize, usize)> {
        let columns = self.axes[1].values.len();
        self.best.map(|place| (place / columns, place % columns))
    }

    fn cell(&self, (row, column): (usize, usize), frame: &Frame) -> String {
        let [rows, columns] = self.axes;
        let figure = self.at(row, column);
        let fill = figure.map_or(MISSING.to_owned(), |figure| colour(self.share(&figure)));
        let shown = figure.map_or("refused, halted or not defined".to_owned(), |figure| figure.text());
        let label = format!("{} {}, {} {}: {shown}", rows.name, rows.values[row], columns.name, columns.values[column]);
        let (x, y, side) = (frame.left + frame.cell * column, TOP + frame.cell * row, frame.cell);
        format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{side}\" height=\"{side}\" fill=\"{fill}\" stroke=\"#ffffff\" \
             stroke-width=\"{}\"><title>{}</title></rect>",
            if side > 8 { "1" } else { "0" },
            escaped(&label)
        )
    }

    /// Colours from the worst to the best, with both, how the best is marked, and what has none.
    fn scale(&self, frame: &Frame) -> Vec<String> {
        let Some((worst, best)) = self.range() else { return Vec::new() };
        let (x, top) = (frame.right + 24, TOP);
        let stops =
            (0..=10_u32).map(|stop| format!("<stop offset=\"{}%\" stop-color=\"{}\"/>", stop * 10, colour(stop * 100)));
        let gradient = stops.collect::<String>();
        let mut lines = vec![
            format!("<linearGradient id=\"scale\" x1=\"0\" y1=\"1\" x2=\"0\" y2=\"0\">{gradient}</linearGradient>"),
            format!("<rect x=\"{x}\" y=\"{top}\" width=\"14\" height=\"{SCALE}\" fill=\"url(#scale)\"/>"),
        ];
        let label = |y: usize, text: String| format!("<text x=\"{}\" y=\"{y}\">{}</text>", x + 20, escaped(&text));
        lines.push(label(top + 10, best.text()));
        lines.push(label(top + SCALE, worst.text()));
        let mut y = top + SCALE + 18;
        if self.best.is_some() {
            lines.push(format!(
                "<rect x=\"{x}\" y=\"{y}\" width=\"14\" height=\"14\" fill=\"none\" stroke=\"#d02020\" stroke-width=\"2\"/>"
            ));
            lines.push(label(y + 12, "best".to_owned()));
            y += 22;
        }
        if self.figures.iter().any(Option::is_none) {
            lines.push(format!("<rect x=\"{x}\" y=\"{y}\" width=\"14\" height=\"14\" fill=\"{MISSING}\"/>"));
            lines.push(label(y + 12, "none".to_owned()));
        }
        lines
    }

    /// Blocks for a terminal: the brighter, the better; the best has a mark of its own.
    pub(crate) fn text(&self) -> String {
        let [rows, columns] = self.axes;
        let label = self.label();
        let head = format!("{} down, {} across ({} to {})", rows.name, columns.name, first(columns), last(columns));
        let mut lines = vec![format!("{:label$}  {}", "", self.heading()), format!("{:label$}  {head}", "")];
        for (row, value) in rows.values.iter().enumerate() {
            let cells = (0..columns.values.len()).map(|column| match self.at(row, column) {
                Some(_) if self.best_place() == Some((row, column)) => BEST,
                Some(figure) => SHADES[(self.share(&figure) as usize * (SHADES.len() - 1) + 500) / 1000],
                None => "x ",
            });
            lines.push(format!("{value:>label$}  {}", cells.collect::<String>()).trim_end().to_owned());
        }
        if let Some((row, column)) = self.best_place() {
            let value = self.at(row, column).map_or(String::new(), |figure| figure.text());
            let place = format!("{} {}, {} {}", rows.name, rows.values[row], columns.name, columns.values[column]);
            lines.push(format!("{:label$}  {BEST} best: {place}: {value}", ""));
        }
        lines.join("\n")
    }

    /// Columns of a terminal that the blocks take.
    pub(crate) fn text_width(&self) -> usize {
        self.label() + 2 + 2 * self.axes[1].values.len()
    }

    /// Width of the longest value of the first axis.
    fn label(&self) -> usize {
        self.axes[0].values.iter().map(|value| value.chars().count()).max().unwrap_or(0)
    }
}

fn first(axis: &Axis) -> &str {
    axis.values.first().map_or("", String::as_str)
}

fn last(axis: &Axis) -> &str {
    axis.values.last().map_or("", String::as_str)
}

const SHADES: [&str; 5] = ["··", "░░", "▒▒", "▓▓", "██"];
const BEST: &str = "<>";
const MISSING: &str = "#e3e8ed";
const TOP: usize = 40;
/// Height of the colours' scale.
const SCALE: usize = 120;
/// Widths of a letter and of the picture's edges, in dots.
const LETTER: usize = 7;
const EDGE: usize = 34;
/// Most dots that cells take on a side.
const SIDE: usize = 960;

/// Where things stand.
struct Frame {
    cell: usize,
    /// Every n-th value has a label.
    every: usize,
    left: usize,
    right: usize,
    bottom: usize,
    /// Room below the cells.
    foot: usize,
    /// Labels below the cells are wider than a cell.
    is_turned: bool,
    width: usize,
    height: usize,
}

impl Frame {
    fn of(heat: &Heat<'_>) -> Frame {
        let [rows, columns] = heat.axes;
        let longest = |axis: &Axis| axis.values.iter().map(|value| value.chars().count()).max().unwrap_or(0);
        let most = rows.values.len().max(columns.values.len()).max(1);
        let cell = (SIDE / most).clamp(4, 36);
        let (left, wide) = (EDGE + LETTER * longest(rows), LETTER * longest(columns));
        let is_turned = wide + 4 > cell;
        let right = left + cell * columns.values.len();
        let bottom = TOP + cell * rows.values.len();
        let foot = if is_turned { 44 + wide } else { 44 };
        let ends = heat.range().map_or(0, |(low, high)| low.text().chars().count().max(high.text().chars().count()));
        let title = left + 9 * heat.heading().chars().count();
        let width = (right + 24 + 20 + LETTER * ends.max(4) + 12).max(title);
        let height = (bottom + foot).max(TOP + SCALE + 66);
        Frame { cell, every: 16_usize.div_ceil(cell), left, right, bottom, foot, is_turned, width, height }
    }
}

const fn middle(a: usize, b: usize) -> usize {
    usize::midpoint(a, b)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 1000")]
fn thousandths(share: f64) -> u32 {
    (share * 1000.0).clamp(0.0, 1000.0) as u32
}

/// From dark blue over green to yellow, in even steps of lightness (the corner points of the map "viridis").
fn colour(share: u32) -> String {
    const STOPS: [(i32, i32, i32); 5] = [(68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)];
    let share = share.min(1000) as i32;
    let (at, part) = ((share / 250).min(3) as usize, share - (share / 250).min(3) * 250);
    let (from, to) = (STOPS[at], STOPS[at + 1]);
    let mix = |from: i32, to: i32| from + (to - from) * part / 250;
    format!("#{:02x}{:02x}{:02x}", mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn axis(name: &str, values: &[&str]) -> Axis {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        Axis { name: name.into(), key: name.into(), values }
    }

    fn money(amount: i64) -> Value {
        Value::Money(ringfence_core::money::Decimal::from(amount))
    }

    /// A map in which the most is best.
    fn heat<'a>(axes: [&'a Axis; 2], figures: &'a [Option<Value>], best: Option<usize>) -> Heat<'a> {
        Heat { axes, figures, title: "equity", better: Better::Most, best }
    }

    /// Fill of the cell with that label.
    fn fill<'a>(svg: &'a str, label: &str) -> &'a str {
        let line = svg.lines().find(|line| line.contains(&format!("<title>{label}"))).unwrap();
        line.split("fill=\"").nth(1).unwrap().split('"').next().unwrap()
    }

    #[test]
    fn the_brightest_cell_is_the_highest_figure_where_the_most_is_best() {
        let (rows, columns) = (axis("fast", &["5", "10"]), axis("slow", &["20", "30", "40"]));
        let figures: Vec<Option<Value>> =
            [Some(0), Some(50), Some(100), None, Some(25), Some(75)].map(|figure| figure.map(money)).to_vec();
        let heat = heat([&rows, &columns], &figures, Some(2));
        expect![[r#"
                equity: the brighter the better, the most is best
                fast down, slow across (20 to 40)
             5  ··▒▒<>
            10  x ░░▓▓
                <> best: fast 5, slow 40: 100"#]]
        .assert_eq(&heat.text());
        assert_eq!(heat.text_width(), 10);
        let svg = heat.svg();
        assert_eq!(svg.matches("<title>").count(), 6);
        assert_eq!(fill(&svg, "fast 5, slow 40: 100"), colour(1000));
        assert_eq!(fill(&svg, "fast 10, slow 20: refused, halted or not defined"), MISSING);
        // The outline lies on the third cell of the first row.
        let third = svg.lines().find(|line| line.contains("slow 40: 100")).unwrap();
        let place = |line: &str| line.split_once("fill").unwrap().0.trim_start_matches("<rect id=\"best\"").to_owned();
        let best = svg.lines().find(|line| line.contains("id=\"best\"")).unwrap();
        assert_eq!(place(best).trim(), place(third).trim_start_matches("<rect").trim());
    }

    #[test]
    fn the_brightest_cell_is_the_lowest_figure_where_the_least_is_best() {
        let (rows, columns) = (axis("fast", &["5"]), axis("slow", &["20", "30", "40"]));
        let figures = [Some(money(1)), Some(money(3)), Some(money(2))];
        let heat = Heat { better: Better::Least, title: "fees", ..heat([&rows, &columns], &figures, Some(0)) };
        let svg = heat.svg();
        assert_eq!([fill(&svg, "fast 5, slow 20"), fill(&svg, "fast 5, slow 30")], [colour(1000), colour(0)]);
        assert!(heat.text().contains("fees: the brighter the better, the least is best"), "{}", heat.text());
        assert!(heat.text().contains("5  <>··▒▒"), "{}", heat.text());
        // The best end of the scale stands above.
        let scale: Vec<&str> = svg.lines().skip_while(|line| !line.contains("url(#scale)")).skip(1).take(2).collect();
        assert!(scale[0].ends_with(">1</text>") && scale[1].ends_with(">3</text>"), "{scale:?}");
    }

    #[test]
    fn equal_figures_have_a_middle_colour_and_none_no_range() {
        let (rows, columns) = (axis("a", &["1"]), axis("b", &["1", "2"]));
        let equal = [Some(money(1)), Some(money(1))];
        assert!(heat([&rows, &columns], &equal, None).text().ends_with("▒▒▒▒"));
        assert!(heat([&rows, &columns], &[None, None], None).text().ends_with("x x"));
    }

    #[test]
    fn many_values_are_labelled_now_and_then_and_long_ones_stand_aslant() {
        let values: Vec<String> = (0..200).map(|n| n.to_string()).collect();
        let (rows, columns) =
            (axis("a", &values.iter().map(String::as_str).collect::<Vec<_>>()), axis("b", &["same-event"]));
        let figures: Vec<Option<Value>> = (0..200).map(|n| Some(money(n))).collect();
        let svg = heat([&rows, &columns], &figures, None).svg();
        assert_eq!(svg.matches("text-anchor=\"end\">").count(), 50);
        assert!(svg.contains("rotate(-60") && svg.contains(">199</text>") && svg.contains("url(#scale)"), "{svg}");
    }

    #[test]
    fn colours_run_between_the_corner_points() {
        assert_eq!([0, 250, 1000, 2000].map(colour), ["#440154", "#3b528b", "#fde725", "#fde725"]);
    }
}
