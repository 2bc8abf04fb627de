//! Chart: how did equity move, in characters?
//!
//! In: a curve, a width, what the terminal can show. Out: lines with labelled axes. Must never: decide on an amount; what
//! is drawn is rounded to the picture's dots.

use ringfence_core::money::Decimal;
use ringfence_session::curve::Point;

use crate::calendar::time_text;

/// What a cell is drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Braille patterns: two by four dots a cell.
    Braille,
    /// One star a cell, for terminals without Unicode.
    Plain,
}

impl Ink {
    /// Braille where the locale is UTF-8.
    pub(crate) fn of(environment: &crate::secrets::Environment<'_>) -> Ink {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| environment(name).filter(|v| !v.is_empty()));
        let locale = locale.map(|value| value.to_string_lossy().to_uppercase()).unwrap_or_default();
        if locale.contains("UTF-8") || locale.contains("UTF8") { Ink::Braille } else { Ink::Plain }
    }

    const fn dots(self) -> (usize, usize) {
        match self {
            Ink::Braille => (2, 4),
            Ink::Plain => (1, 1),
        }
    }
}

/// Lines of the picture without the axis of time.
const ROWS: usize = 11;
const MIDDLE: usize = ROWS / 2;
const BOTTOM: usize = ROWS - 1;
/// Narrower pictures show nothing.
const COLUMNS_MIN: usize = 10;
/// Wider ones show no more.
const COLUMNS_MAX: usize = 120;

/// Draws the curve `width` characters wide, labels included; empty with fewer than two points.
pub(crate) fn draw(points: &[Point], title: &str, width: usize, ink: Ink) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return String::new() };
    let low = points.iter().map(|point| point.equity).min().unwrap_or_default();
    let high = points.iter().map(|point| point.equity).max().unwrap_or_default();
    let labels = [high, middle(low, high), low].map(|value| format!("{value:.2}"));
    let label_width = labels.iter().map(String::len).max().unwrap_or(0);
    let columns = width.saturating_sub(label_width + 3).min(COLUMNS_MAX);
    if points.len() < 2 || columns < COLUMNS_MIN {
        return String::new();
    }
    let cells = cells(points, (low, high), columns, ink);
    let mut lines = vec![format!("{:label_width$}   {title}", "")];
    for (row, line) in cells.iter().enumerate() {
        let label = match row {
            0 => &labels[0],
            MIDDLE if low < high => &labels[1],
            BOTTOM if low < high => &labels[2],
            _ => "",
        };
        lines.push(format!("{label:>label_width$} {} {}", axis(ink, label), line.trim_end()).trim_end().to_owned());
    }
    lines.push(time_axis(first, last, (label_width, columns)));
    lines.join("\n")
}

fn axis(ink: Ink, label: &str) -> char {
    match (ink, label.is_empty()) {
        (Ink::Braille, true) => '│',
        (Ink::Braille, false) => '┤',
        (Ink::Plain, true) => '|',
        (Ink::Plain, false) => '+',
    }
}

/// First and last time, to the minute; rows are spread evenly, so that nights take no room.
fn time_axis(first: &Point, last: &Point, (label_width, columns): (usize, usize)) -> String {
    let minute = |point: &Point| time_text(point.time.0).get(..16).unwrap_or("").replace('T', " ");
    let (from, to) = (minute(first), minute(last));
    let gap = columns.saturating_sub(from.len() + to.len()).max(1);
    format!("{:label_width$}   {from}{:gap$}{to}", "", "")
}

fn middle(low: Decimal, high: Decimal) -> Decimal {
    low + (high - low) / Decimal::TWO
}

/// The picture: each column of dots shows the points that fall into it, joined to the column before.
fn cells(points: &[Point], (low, high): (Decimal, Decimal), columns: usize, ink: Ink) -> Vec<String> {
    let (across, down) = ink.dots();
    let (width, height) = (columns * across, ROWS * down);
    let mut canvas = vec![vec![0_u8; columns]; ROWS];
    let mut before = None;
    for x in 0..width {
        let equity = points[x * (points.len() - 1) / (width - 1).max(1)].equity;
        let y = level(equity, (low, high), height);
        let (from, to) = (y.min(before.unwrap_or(y)), y.max(before.unwrap_or(y)));
        for y in from..=to {
            canvas[y / down][x / across] |= dot(ink, x % across, y % down);
        }
        before = Some(y);
    }
    canvas.iter().map(|row| row.iter().map(|bits| glyph(ink, *bits)).collect()).collect()
}

/// Row of dots from the top, 0 = highest.
fn level(equity: Decimal, (low, high): (Decimal, Decimal), height: usize) -> usize {
    let steps = u32::try_from(height - 1).expect("a picture has few rows");
    let share = (high - equity).checked_div(high - low).unwrap_or(Decimal::ZERO);
    let row = (share * Decimal::from(steps)).round();
    usize::try_from(row.mantissa()).unwrap_or(0).min(height - 1)
}

/// Bit of a dot within its cell.
fn dot(ink: Ink, x: usize, y: usize) -> u8 {
    const BRAILLE: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
    match ink {
        Ink::Braille => BRAILLE[x][y],
        Ink::Plain => 1,
    }
}

fn glyph(ink: Ink, bits: u8) -> char {
    match (ink, bits) {
        (_, 0) => ' ',
        (Ink::Braille, bits) => char::from_u32(0x2800 + u32::from(bits)).expect("all 256 patterns are characters"),
        (Ink::Plain, _) => '*',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use ringfence_core::ids::TimeNs;

    #[track_caller]
    fn check(equities: &[i64], width: usize, ink: Ink, want: Expect) {
        let point = |(at, equity): (usize, &i64)| Point {
            time: TimeNs(1_381_132_800_000_000_000 + at as u64 * 60_000_000_000),
            equity: Decimal::new(*equity, 1),
        };
        let points: Vec<Point> = equities.iter().enumerate().map(point).collect();
        want.assert_eq(&draw(&points, "equity, USD", width, ink));
    }

    #[test]
    fn a_rise_and_a_fall_are_seen_in_both_inks() {
        let curve = [1000, 1010, 1030, 1080, 1150, 1100, 1060, 990, 985, 1000, 1020];
        check(
            &curve,
            60,
            Ink::Plain,
            expect![[r#"
                         equity, USD
                115.00 +                     ******
                       |                     *    *
                       |                     *    *
                       |                     *    ******
                       |                ******         *
                106.75 +                *              ******
                       |                *                   *
                       |           ******                   *
                       |      ******                        *              *
                       | ******                             *         ******
                 98.50 +                                    ***********
                         2013-10-07 08:00                   2013-10-07 08:10"#]],
        );
        check(
            &curve,
            60,
            Ink::Braille,
            expect![[r#"
                         equity, USD
                115.00 ┤                     ⢸⠉⠉⠉⠉⢹
                       │                     ⢸    ⢸
                       │                     ⢸    ⢸
                       │                     ⢸    ⠘⠒⠒⠒⠒⢲
                       │                ⢠⠤⠤⠤⠤⠼         ⢸
                106.75 ┤                ⢸              ⢸⣀⣀⣀⣀⣀
                       │                ⢸                   ⢸
                       │           ⢀⣀⣀⣀⣀⣸                   ⢸
                       │           ⢸                        ⢸              ⢠
                       │ ⣀⣀⣀⣀⣀⣸⠉⠉⠉⠉⠉                        ⢸         ⢀⣀⣀⣀⣀⣸
                 98.50 ┤                                    ⠸⠤⠤⠤⠤⢤⣀⣀⣀⣀⣸
                         2013-10-07 08:00                   2013-10-07 08:10"#]],
        );
    }

    #[test]
    fn a_flat_curve_is_a_line() {
        check(
            &[5, 5, 5],
            50,
            Ink::Plain,
            expect![[r#"
                       equity, USD
                0.50 + *******************************************
                     |
                     |
                     |
                     |
                     |
                     |
                     |
                     |
                     |
                     |
                       2013-10-07 08:00           2013-10-07 08:02"#]],
        );
    }

    #[test]
    fn without_points_or_room_nothing_is_drawn() {
        check(&[], 80, Ink::Plain, expect![""]);
        check(&[5], 80, Ink::Plain, expect![""]);
        check(&[5, 6], 12, Ink::Plain, expect![""]);
    }

    #[test]
    fn the_ink_follows_the_locale() {
        let ink = |value: &'static str| Ink::of(&move |name| (name == "LANG").then(|| value.into()));
        assert_eq!((ink("en_GB.UTF-8"), ink("C.utf8"), ink("C")), (Ink::Braille, Ink::Braille, Ink::Plain));
    }
}
