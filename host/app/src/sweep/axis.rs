//! Axes: which values of which key are tried?
//!
//! In: `key=a..b:step` and `key=v1,v2` as written. Out: combinations, numbered from 0, the last axis fastest. Must never:
//! hold a sweep that nobody could wait for.

use ringfence_core::money::Decimal;

use crate::config::Loaded;

/// Most combinations of one sweep.
pub(crate) const COMBINATIONS_MAX: u64 = 1_000_000;
/// Most values of one axis.
const VALUES_MAX: usize = 100_000;

/// One key and its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Axis {
    /// As written by the user; heads its column.
    pub(crate) name: String,
    /// Dotted key of the configuration.
    pub(crate) key: String,
    /// At least one, none twice.
    pub(crate) values: Vec<String>,
}

impl Axis {
    /// `fast=5..50:5`: from 5 to at most 50 in steps of 5. A name without a dot is a parameter of the only strategy.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn grid(text: &str, loaded: &Loaded) -> Result<Axis, String> {
        let (name, range) = pair(text)?;
        let expected = || format!("--grid {name}: expected FROM..TO:STEP, for example {name}=5..50:5, found {range}");
        let (from, rest) = range.split_once("..").ok_or_else(expected)?;
        let (to, step) = rest.split_once(':').ok_or_else(expected)?;
        let number =
            |text: &str| text.trim().parse::<Decimal>().map_err(|_| format!("--grid {name}: {text} is no number"));
        let (from, to, step) = (number(from)?, number(to)?, number(step)?);
        if step <= Decimal::ZERO || to < from {
            return Err(format!("--grid {name}: needs FROM <= TO and a STEP above 0, found {range}"));
        }
        let mut values = Vec::new();
        let mut value = from;
        while value <= to {
            if values.len() == VALUES_MAX {
                return Err(format!("--grid {name}: more than {VALUES_MAX} values, choose a larger STEP"));
            }
            values.push(value.normalize().to_string());
            value =
                value.checked_add(step).ok_or_else(|| format!("--grid {name}: {range} leaves the range of numbers"))?;
        }
        Axis::of(name, values, loaded)
    }

    /// `fill=same-event,next-event`: these values.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn list(text: &str, loaded: &Loaded) -> Result<Axis, String> {
        let (name, list) = pair(text)?;
        let values: Vec<String> = list.split(',').map(|value| value.trim().to_owned()).collect();
        if values.len() > VALUES_MAX {
            return Err(format!("--list {name}: {} values, at most {VALUES_MAX}", values.len()));
        }
        if values.iter().any(String::is_empty) {
            return Err(format!("--list {name}: an empty value in {list}"));
        }
        Axis::of(name, values, loaded)
    }

    fn of(name: &str, values: Vec<String>, loaded: &Loaded) -> Result<Axis, String> {
        let mut seen = std::collections::BTreeSet::new();
        if let Some(twice) = values.iter().find(|value| !seen.insert(value.as_str())) {
            return Err(format!("{name}: the value {twice} stands there twice"));
        }
        Ok(Axis { name: name.to_owned(), key: key_of(name, loaded)?, values })
    }
}

impl Axis {
    /// What `--set` would say for one of its values.
    pub(crate) fn assignment(&self, value: &str) -> String {
        format!("{}={}", self.key, toml_value(value))
    }
}

/// Numbers, `true`, `false` and lists as they are, everything else as a text.
fn toml_value(value: &str) -> String {
    let is_plain =
        value.parse::<f64>().is_ok() || ["true", "false"].contains(&value) || value.starts_with(['[', '{', '"']);
    if is_plain { value.to_owned() } else { format!("{value:?}") }
}

fn pair(text: &str) -> Result<(&str, &str), String> {
    let pair = text.split_once('=').map(|(name, values)| (name.trim(), values.trim()));
    pair.filter(|(name, values)| !name.is_empty() && !values.is_empty())
        .ok_or_else(|| format!("expected KEY=VALUES, found {text:?}"))
}

/// Sections whose values change nothing about which rows are fed.
const SECTIONS: [&str; 4] = ["strategies", "risk", "simulation", "execution"];

fn key_of(name: &str, loaded: &Loaded) -> Result<String, String> {
    let strategies = &loaded.core.strategies;
    if !name.contains('.') {
        return match strategies.as_slice() {
            [only] => Ok(format!("strategies.{}.params.{name}", only.name)),
            several => {
                let names: Vec<&str> = several.iter().map(|slot| slot.name.as_str()).collect();
                let (count, first) = (several.len(), names.first().copied().unwrap_or("NAME"));
                Err(format!(
                    "{name}: there are {count} strategies ({}), write strategies.{first}.params.{name}",
                    names.join(", ")
                ))
            }
        };
    }
    let section = name.split('.').next().unwrap_or_default();
    if !SECTIONS.contains(&section) || name.ends_with(".component") {
        return Err(format!("{name}: a sweep changes values of {}, and no component", SECTIONS.join(", ")));
    }
    Ok(name.to_owned())
}

/// How many combinations the axes have.
///
/// # Errors
/// When an axis has a key that another has, or there are more than [`COMBINATIONS_MAX`].
pub(crate) fn count(axes: &[Axis]) -> Result<u64, String> {
    for (at, axis) in axes.iter().enumerate() {
        if axes[..at].iter().any(|other| other.key == axis.key) {
            return Err(format!("{} is there twice", axis.name));
        }
    }
    let count = axes.iter().try_fold(1_u64, |count, axis| count.checked_mul(axis.values.len() as u64));
    match count {
        Some(count) if count <= COMBINATIONS_MAX => Ok(count),
        Some(_) | None => Err(format!("more than {COMBINATIONS_MAX} combinations; try --random N")),
    }
}

/// Values of combination `number`, one for each axis.
pub(crate) fn combination(axes: &[Axis], number: u64) -> Vec<&str> {
    let mut rest = number;
    let mut values: Vec<&str> = axes
        .iter()
        .rev()
        .map(|axis| {
            let count = axis.values.len() as u64;
            let at = usize::try_from(rest % count).expect("below the number of values");
            rest /= count;
            axis.values[at].as_str()
        })
        .collect();
    values.reverse();
    values
}

/// `wanted` different numbers below `count`, drawn by a seed, ascending.
pub(crate) fn drawn(count: u64, wanted: u64, seed: u64) -> Vec<u64> {
    let mut state = seed;
    let mut chosen = std::collections::BTreeSet::new();
    // Floyd's sampling: each number of the range is drawn once, however many are wanted.
    for top in count.saturating_sub(wanted.min(count))..count {
        let pick = next(&mut state) % (top + 1);
        if !chosen.insert(pick) {
            chosen.insert(top);
        }
    }
    chosen.into_iter().collect()
}

/// SplitMix64 (Steele, Lea, Flood 2014): equal seeds draw equal combinations on every machine.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::{Purpose, Request, load};

    fn loaded(file: &str) -> Loaded {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config").join(file);
        let request = Request { file: &file, sets: &[], data: &[], events: None, purpose: Purpose::Show };
        load(&request).expect("an example of this repository")
    }

    fn grid(text: &str) -> String {
        match Axis::grid(text, &loaded("w3_sma_cross.toml")) {
            Ok(axis) => format!("{} {}", axis.key, axis.values.join(" ")),
            Err(error) => error,
        }
    }

    fn list(text: &str) -> String {
        match Axis::list(text, &loaded("two_strategies.toml")) {
            Ok(axis) => format!("{} {}", axis.key, axis.values.join(" ")),
            Err(error) => error,
        }
    }

    #[test]
    fn a_grid_goes_from_its_first_value_to_its_last_and_not_past_it() {
        assert_eq!(grid("fast=5..20:5"), "strategies.sma.params.fast 5 10 15 20");
        assert_eq!(grid("fast=5..19:5"), "strategies.sma.params.fast 5 10 15");
        assert_eq!(grid("fast=0.1..0.3:0.1"), "strategies.sma.params.fast 0.1 0.2 0.3");
        assert_eq!(grid("fast=7..7:1"), "strategies.sma.params.fast 7");
        assert_eq!(grid("risk.price_collar_bps=100..300:100"), "risk.price_collar_bps 100 200 300");
    }

    #[test]
    fn what_is_no_grid_is_told_with_what_was_found() {
        assert_eq!(grid("fast=5..50"), "--grid fast: expected FROM..TO:STEP, for example fast=5..50:5, found 5..50");
        assert_eq!(grid("fast=5..x:1"), "--grid fast: x is no number");
        assert_eq!(grid("fast=5..4:1"), "--grid fast: needs FROM <= TO and a STEP above 0, found 5..4:1");
        assert_eq!(grid("fast=4..5:0"), "--grid fast: needs FROM <= TO and a STEP above 0, found 4..5:0");
        assert_eq!(grid("fast=0..1:0.000001"), "--grid fast: more than 100000 values, choose a larger STEP");
        assert_eq!(grid("fast"), "expected KEY=VALUES, found \"fast\"");
        assert_eq!(
            grid("session.run=1..2:1"),
            "session.run: a sweep changes values of strategies, risk, simulation, execution, and no component"
        );
    }

    #[test]
    fn a_short_name_needs_one_strategy_and_a_list_no_value_twice() {
        assert!(list("fast=1,2").starts_with("fast: there are 2 strategies ("), "{}", list("fast=1,2"));
        assert_eq!(list("simulation.fill=same-event, next-event"), "simulation.fill same-event next-event");
        assert_eq!(list("simulation.fill=a,a"), "simulation.fill: the value a stands there twice");
        assert_eq!(list("simulation.fill=a,,b"), "--list simulation.fill: an empty value in a,,b");
    }

    #[test]
    fn combinations_are_numbered_with_the_last_axis_fastest() {
        let axis = |name: &str, values: &[&str]| Axis {
            name: name.into(),
            key: name.into(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        let axes = [axis("a", &["1", "2"]), axis("b", &["x", "y", "z"])];
        let all: Vec<String> = (0..count(&axes).expect("few")).map(|n| combination(&axes, n).concat()).collect();
        assert_eq!(all, ["1x", "1y", "1z", "2x", "2y", "2z"]);
        assert_eq!(count(&[axis("a", &["1"]), axis("a", &["2"])]), Err("a is there twice".to_owned()));
    }

    #[test]
    fn too_many_combinations_are_refused() {
        let values: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
        let axis = |name: &str| Axis { name: name.into(), key: name.into(), values: values.clone() };
        assert_eq!(count(&[axis("a"), axis("b")]), Ok(1_000_000));
        assert!(count(&[axis("a"), axis("b"), axis("c")]).is_err());
    }

    #[test]
    fn what_is_drawn_is_different_within_range_and_the_same_for_a_seed() {
        let ten = drawn(1000, 10, 7);
        assert_eq!(ten.len(), 10);
        assert!(ten.is_sorted() && ten.iter().all(|number| *number < 1000));
        assert_eq!(ten, drawn(1000, 10, 7));
        assert_ne!(ten, drawn(1000, 10, 8));
        assert_eq!(drawn(5, 9, 1), [0, 1, 2, 3, 4]);
    }
}
