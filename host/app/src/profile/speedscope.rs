//! Speedscope: a profile in the file format of <https://www.speedscope.app>.
//!
//! In: a profile, what it is of. Out: JSON. Must never: name a unit of time: fuel is none.

use ringfence_sandbox::Profile;
use serde_json::{Value as Json, json};

use super::frames::{frames, names};

/// The file: a sample for each function in its place that used fuel itself, with that fuel as its weight.
pub(crate) fn speedscope(profile: &Profile, of: &str) -> Json {
    let frames = frames(profile);
    let own: Vec<_> = frames.iter().filter(|frame| frame.own > 0).collect();
    let samples: Vec<&Vec<usize>> = own.iter().map(|frame| &frame.path).collect();
    let weights: Vec<u64> = own.iter().map(|frame| frame.own).collect();
    let named: Vec<Json> = names(profile).into_iter().map(|name| json!({ "name": name })).collect();
    json!({
        "$schema": "https://www.speedscope.app/file-format-schema.json",
        "name": of,
        "exporter": concat!("ringfence ", env!("CARGO_PKG_VERSION")),
        "activeProfileIndex": 0,
        "shared": { "frames": named },
        "profiles": [{
            "type": "sampled",
            "name": "fuel",
            "unit": "none",
            "startValue": 0,
            "endValue": profile.fuel,
            "samples": samples,
            "weights": weights,
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::frames::tests::profile;

    #[test]
    fn the_weights_are_the_fuel_of_each_function_in_its_place() {
        let json = speedscope(&profile(), "my-cross");
        let whole = &json["profiles"][0];
        assert_eq!(whole["samples"], json!([[0, 1], [0, 1, 2], [3], [3, 1]]));
        assert_eq!(whole["weights"], json!([10, 5, 1, 2]));
        assert_eq!((&whole["endValue"], &whole["unit"]), (&json!(18), &json!("none")));
        assert_eq!(json["shared"]["frames"][1], json!({ "name": "core::fmt::a" }));
    }
}
