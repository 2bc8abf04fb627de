//! Nearest word: what did somebody probably mean?
//!
//! In: a word that is not known and those that are. Out: the most similar one, if it is similar at all. Must never:
//! decide anything; it only words a hint.

/// The known word most like `word`, the first of equals; `None` when none is alike.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let mut best = (ALIKE_MIN, None);
    for candidate in known {
        let alike = strsim::jaro_winkler(&word, &candidate.to_lowercase());
        if alike > best.0 {
            best = (alike, Some(candidate));
        }
    }
    best.1
}

/// Jaro-Winkler similarity below which a hint would mislead.
const ALIKE_MIN: f64 = 0.8;

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_finger_finds_its_word_and_another_word_finds_none() {
        let known = ["order_qty_max", "order_notional_max", "latency"];
        assert_eq!(nearest("order_qty_mx", known), Some("order_qty_max"));
        assert_eq!(nearest("latency_ns", known), Some("latency"));
        assert_eq!(nearest("zebra", known), None);
        assert_eq!(nearest("", known), None);
    }
}
