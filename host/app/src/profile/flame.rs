//! Flame: a profile as a picture.
//!
//! In: a profile, what it is of. Out: SVG: a row for each depth, a box for each function in its place, as wide as the fuel that
//! it used with what it calls. Must never: need a script or a font, or let a name be markup.

use std::fmt::Write;

use ringfence_sandbox::Profile;

use super::frames::{Frame, frames, names};
use crate::report::results::grouped;

/// Width of everything, in px.
const WIDTH: u64 = 1_200;
/// Height of a row.
const ROW: usize = 18;
/// Room for the title.
const HEAD: usize = 30;
/// Boxes narrower than this, in thousandths of a px, are left out: nobody would see them.
const NARROW: u64 = 200;
/// Width of a letter.
const LETTER: u64 = 7;

/// The picture.
pub(crate) fn flame(profile: &Profile, of: &str) -> String {
    let (frames, names) = (frames(profile), names(profile));
    let depth = frames.iter().map(|frame| frame.path.len()).max().unwrap_or(0);
    let height = HEAD + depth * ROW + 10;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"monospace\" font-size=\"11\">\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n\
         <text x=\"6\" y=\"19\" font-size=\"13\">{}: {} fuel in {} calls</text>\n",
        escaped(of),
        grouped(profile.fuel),
        grouped(profile.calls),
    );
    for frame in &frames {
        boxed(&mut out, frame, (&names, profile.fuel));
    }
    out.push_str("</svg>\n");
    out
}

fn boxed(out: &mut String, frame: &Frame, (names, fuel): (&[String], u64)) {
    let [left, width] = [frame.begins, frame.total].map(|part| thousandths(part, fuel));
    if width < NARROW {
        return;
    }
    let name = frame.path.last().and_then(|name| names.get(*name)).map_or("", String::as_str);
    let top = HEAD + (frame.path.len() - 1) * ROW;
    let share = u128::from(frame.total) * 10_000 / u128::from(fuel.max(1));
    let (whole, hundredths) = (share / 100, share % 100);
    let told = format!(
        "{name}: {} fuel with what it calls ({whole}.{hundredths:02}%), {} of its own, {} calls",
        grouped(frame.total),
        grouped(frame.own),
        grouped(frame.calls),
    );
    let room = usize::try_from((width / 1_000).saturating_sub(4) / LETTER).unwrap_or(0);
    writeln!(
        out,
        "<g><title>{}</title><rect x=\"{}\" y=\"{top}\" width=\"{}\" height=\"{}\" fill=\"{}\" stroke=\"#ffffff\"/>\
         <text x=\"{}\" y=\"{}\">{}</text></g>",
        escaped(&told),
        px(left),
        px(width),
        ROW - 1,
        colour(name),
        px(left + 3_000),
        top + 13,
        escaped(&cut(name, room)),
    )
    .expect("a string takes everything");
}

/// Where a share of all fuel lies, in thousandths of a px.
fn thousandths(part: u64, fuel: u64) -> u64 {
    let wide = u128::from(part) * u128::from(WIDTH) * 1_000 / u128::from(fuel.max(1));
    u64::try_from(wide).unwrap_or(u64::MAX)
}

fn px(thousandths: u64) -> String {
    format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000)
}

/// The same for a name everywhere; warm, as flames are.
fn colour(name: &str) -> String {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("#{:02x}{:02x}{:02x}", 205 + hash % 50, 110 + hash / 64 % 110, 60 + hash / 8_192 % 50)
}

/// As much of a name as there is room for: its end, which tells most.
fn cut(name: &str, room: usize) -> String {
    let letters = name.chars().count();
    if letters <= room {
        return name.to_owned();
    }
    match room {
        0..=2 => String::new(),
        room => format!("…{}", name.chars().skip(letters - (room - 1)).collect::<String>()),
    }
}

/// Text that is no markup, without what a document may not hold.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::profile::frames::tests::profile;

    #[test]
    fn a_picture_is_as_wide_as_the_fuel_and_holds_no_foreign_markup() {
        expect![[r##"
            <svg xmlns="http://www.w3.org/2000/svg" width="1200" height="94" viewBox="0 0 1200 94" font-family="monospace" font-size="11">
            <rect width="1200" height="94" fill="#ffffff"/>
            <text x="6" y="19" font-size="13">my &lt;cross&gt;: 18 fuel in 4 calls</text>
            <g><title>Trade: 15 fuel with what it calls (83.33%), 0 of its own, 3 calls</title><rect x="0.000" y="30" width="1000.000" height="17" fill="#fed566" stroke="#ffffff"/><text x="3.000" y="43">Trade</text></g>
            <g><title>core::fmt::a: 15 fuel with what it calls (83.33%), 10 of its own, 3 calls</title><rect x="0.000" y="48" width="1000.000" height="17" fill="#dfcd57" stroke="#ffffff"/><text x="3.000" y="61">core::fmt::a</text></g>
            <g><title>b &lt;&amp;&gt;: 5 fuel with what it calls (27.77%), 5 of its own, 6 calls</title><rect x="0.000" y="66" width="333.333" height="17" fill="#f2d13e" stroke="#ffffff"/><text x="3.000" y="79">b &lt;&amp;&gt;</text></g>
            <g><title>Quote: 3 fuel with what it calls (16.66%), 1 of its own, 1 calls</title><rect x="1000.000" y="30" width="200.000" height="17" fill="#dc9166" stroke="#ffffff"/><text x="1003.000" y="43">Quote</text></g>
            <g><title>core::fmt::a: 2 fuel with what it calls (11.11%), 2 of its own, 1 calls</title><rect x="1000.000" y="48" width="133.333" height="17" fill="#dfcd57" stroke="#ffffff"/><text x="1003.000" y="61">core::fmt::a</text></g>
            </svg>
        "##]].assert_eq(&flame(&profile(), "my <cross>"));
    }

    #[test]
    fn names_are_cut_at_their_front() {
        assert_eq!([cut("core::fmt::write", 16), cut("core::fmt::write", 6)], ["core::fmt::write", "…write"]);
        assert_eq!(cut("abc", 2), "");
    }

    #[test]
    fn a_profile_of_nothing_is_a_picture_of_nothing() {
        assert!(flame(&Profile::default(), "x").ends_with("0 fuel in 0 calls</text>\n</svg>\n"));
    }
}
