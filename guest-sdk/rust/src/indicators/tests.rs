//! A repeatable series for the tests of indicators.

/// A repeatable walk of prices around 1,450,000; the same generator stands in the outside calculation.
pub(super) fn walk(count: usize) -> impl Iterator<Item = i64> {
    let mut state: u64 = 12345;
    let mut price = 1_450_000;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        price += ((state >> 33) % 201) as i64 - 100;
        price
    })
    .take(count)
}

#[test]
fn the_walk_is_that_of_the_outside_calculation() {
    let values: Vec<i64> = walk(1000).collect();
    assert_eq!((values[0], values[1], values[2], values[999]), (1_450_027, 1_449_934, 1_449_871, 1_450_022));
}
