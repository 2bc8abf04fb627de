//! Heat map: where in the plane of two values is the good ground?
//!
//! In: two axes, a figure for each pair. Out: an SVG picture, and blocks of characters for a terminal. Must never: decide
//! on an amount; a cell's colour is rounded to what a screen shows.

use std::fmt::Write;

use ringfence_core::money::Decimal;

use crate::sweep::axis::Axis;

/// A figure for each pair, the second axis fastest; `None` = refused, or not tried.
pub(crate) struct Heat<'a> {
    pub(crate) axes: [&'a Axis; 2],
    pub(crate) figures: &'a [Option<Decimal>],
    /// What the figures are.
    pub(crate) title: &'a str,
}

/// Most cells of a side that are drawn.
pub(crate) const SIDE_MAX: usize = 200;

impl Heat<'_> {
    fn range(&self) -> Option<(Decimal, Decimal)> {
        let all = || self.figures.iter().flatten();
        Some((*all().min()?, *all().max()?))
    }

    fn at(&self, row: usize, column: usize) -> Option<Decimal> {
        self.figures.get(row * self.axes[1].values.len() + column).copied().flatten()
    }

    /// How far from the lowest to the highest, 0 to 1000; 500 where all are equal.
    fn share(&self, value: Decimal) -> u32 {
        let Some((low, high)) = self.range() else { return 0 };
        let span = high - low;
        if span.is_zero() {
            return 500;
        }
        let thousandth = (value - low) * Decimal::from(1000) / span;
        thousandth.trunc().to_string().parse().unwrap_or(0)
    }

    /// The picture.
    pub(crate) fn svg(&self) -> String {
        let [rows, columns] = self.axes;
        let (width, height) = (LEFT + CELL * columns.values.len() + RIGHT, TOP + CELL * rows.values.len() + BOTTOM);
        let mut svg = String::new();
        let mut put = |text: String| writeln!(svg, "{text}").expect("a String takes every write");
        put(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" font-family=\"system-ui, sans-serif\" font-size=\"12\">"
        ));
        put(format!("<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>"));
        let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        put(format!("<text x=\"{LEFT}\" y=\"18\" font-weight=\"600\">{}</text>", escape(self.title)));
        for (row, value) in rows.values.iter().enumerate() {
            let y = TOP + CELL * row;
            put(format!("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", LEFT - 6, y + 20, escape(value)));
            for column in 0..columns.values.len() {
                let (x, pair) = (LEFT + CELL * column, (value, &columns.values[column]));
                let (fill, shown) = match self.at(row, column) {
                    Some(figure) => (colour(self.share(figure)), figure.normalize().to_string()),
                    None => ("#eeeeee".to_owned(), "refused".to_owned()),
                };
                let label = format!("{} {}, {} {}: {shown}", rows.name, pair.0, columns.name, pair.1);
                put(format!(
                    "<rect x=\"{x}\" y=\"{y}\" width=\"{CELL}\" height=\"{CELL}\" fill=\"{fill}\" stroke=\"#ffffff\">\
                     <title>{}</title></rect>",
                    escape(&label)
                ));
            }
        }
        for (column, value) in columns.values.iter().enumerate() {
            let (x, y) = (LEFT + CELL * column + CELL / 2, TOP + CELL * rows.values.len() + 16);
            put(format!("<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" font-size=\"10\">{}</text>", escape(value)));
        }
        let below = TOP + CELL * rows.values.len() + 34;
        put(format!("<text x=\"{LEFT}\" y=\"{below}\">{} &#8594;</text>", escape(&columns.name)));
        put(format!("<text x=\"6\" y=\"{}\">{} &#8595;</text>", TOP - 8, escape(&rows.name)));
        if let Some((low, high)) = self.range() {
            let (low, high) = (low.normalize(), high.normalize());
            put(format!("<text x=\"{LEFT}\" y=\"{}\">dark {low} to bright {high}</text>", below + 18));
        }
        svg.push_str("</svg>\n");
        svg
    }

    /// Blocks for a terminal: the brighter, the more.
    pub(crate) fn text(&self) -> String {
        let [rows, columns] = self.axes;
        let label = rows.values.iter().map(|value| value.chars().count()).max().unwrap_or(0);
        let head = format!("{} down, {} across ({} to {})", rows.name, columns.name, first(columns), last(columns));
        let mut lines = vec![format!("{:label$}  {}: {head}", "", self.title)];
        for (row, value) in rows.values.iter().enumerate() {
            let cells = (0..columns.values.len()).map(|column| match self.at(row, column) {
                Some(figure) => SHADES[(self.share(figure) as usize * (SHADES.len() - 1) + 500) / 1000],
                None => "x ",
            });
            lines.push(format!("{value:>label$}  {}", cells.collect::<String>()).trim_end().to_owned());
        }
        lines.join("\n")
    }
}

fn first(axis: &Axis) -> &str {
    axis.values.first().map_or("", String::as_str)
}

fn last(axis: &Axis) -> &str {
    axis.values.last().map_or("", String::as_str)
}

const SHADES: [&str; 5] = ["··", "░░", "▒▒", "▓▓", "██"];
const CELL: usize = 32;
const LEFT: usize = 64;
const RIGHT: usize = 24;
const TOP: usize = 48;
const BOTTOM: usize = 64;

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

    #[test]
    fn the_brightest_cell_is_the_highest_figure() {
        let (rows, columns) = (axis("fast", &["5", "10"]), axis("slow", &["20", "30", "40"]));
        let figures: Vec<Option<Decimal>> =
            [Some(0), Some(50), Some(100), None, Some(25), Some(75)].map(|figure| figure.map(Decimal::from)).to_vec();
        let heat = Heat { axes: [&rows, &columns], figures: &figures, title: "equity" };
        expect![[r#"
                equity: fast down, slow across (20 to 40)
             5  ··▒▒██
            10  x ░░▓▓"#]]
        .assert_eq(&heat.text());
        let svg = heat.svg();
        assert_eq!(svg.matches("<title>").count(), 6);
        assert!(svg.contains("<title>fast 5, slow 40: 100</title>") && svg.contains(&colour(1000)), "{svg}");
        assert!(svg.contains("<title>fast 10, slow 20: refused</title>"), "{svg}");
    }

    #[test]
    fn equal_figures_have_a_middle_colour_and_none_no_range() {
        let (rows, columns) = (axis("a", &["1"]), axis("b", &["1", "2"]));
        let equal = [Some(Decimal::ONE), Some(Decimal::ONE)];
        assert!(Heat { axes: [&rows, &columns], figures: &equal, title: "" }.text().ends_with("▒▒▒▒"));
        assert!(Heat { axes: [&rows, &columns], figures: &[None, None], title: "" }.text().ends_with("x x"));
    }

    #[test]
    fn colours_run_between_the_corner_points() {
        assert_eq!([0, 250, 1000, 2000].map(colour), ["#440154", "#3b528b", "#fde725", "#fde725"]);
    }
}
