//! Where an order stands among the orders of the book, each of which the tape tells.

use expect_test::{Expect, expect};
use ringfence_sim::{QueueModel, RestingFills, SimConfig};

mod support;

fn fifo(config: &mut SimConfig) {
    config.queue = QueueModel::L3Fifo;
}

fn partly(config: &mut SimConfig) {
    (config.queue, config.resting) = (QueueModel::L3Fifo, RestingFills::Partial);
}

/// The fills of a script behind a book of bids 7 (3) and 8 (4) at 99, and an ask 1 (10) at 102.
fn fills(change: impl FnOnce(&mut SimConfig), script: &str) -> String {
    let book = "order add buy 7 99 3 3; order add buy 8 99 4 7; order add sell 1 102 10 10 last";
    let text = support::play(change, &format!("{book}; {script}"));
    let is_told = |line: &&str| line.contains("filled");
    text.lines().filter(is_told).map(|line| format!("{}\n", line.trim())).collect()
}

#[track_caller]
fn check(script: &str, want: Expect) {
    want.assert_eq(&fills(fifo, script));
}

#[test]
fn an_order_that_came_later_and_is_filled_passes_ours() {
    check(
        "buy 5 @99; order add buy 9 99 6 13 last; order fill buy 9 99 2 13; order reduce buy 9 99 2 11 last",
        expect![[r#"
            filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 7
        "#]],
    );
}

#[test]
fn one_that_was_there_before_does_not_and_what_leaves_in_front_moves_ours_on() {
    let gone = "buy 5 @99; order add buy 9 99 6 13 last; order fill buy 7 99 3 13; order delete buy 7 99 3 10 last; \
                order reduce buy 8 99 1 9 last";
    check(gone, expect![""]);
    check(
        &format!("{gone}; order fill buy 9 99 1 9 last"),
        expect![[r#"
            filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 3
        "#]],
    );
    check(
        &format!("{gone}; order delete buy 8 99 3 6 last; order fill buy 9 99 1 6 last"),
        expect![[r#"
            filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 0
        "#]],
    );
}

#[test]
fn what_leaves_behind_ours_changes_nothing_in_front() {
    check(
        "buy 5 @99; order add buy 9 99 6 13 last; order add buy 10 99 1 14 last; order delete buy 9 99 6 8 last; \
         order fill buy 10 99 1 8 last",
        expect![[r#"
            filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 7
        "#]],
    );
}

#[test]
fn one_in_front_that_grows_is_deleted_and_added_behind() {
    check(
        "buy 5 @99; order delete buy 8 99 4 3; order add buy 8 99 9 12 last; order fill buy 8 99 1 12 last",
        expect![[r#"
            filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 3
        "#]],
    );
}

#[test]
fn an_order_that_was_never_seen_stands_in_front() {
    check("buy 5 @99; order fill buy 77 99 2 7; order reduce buy 77 99 2 5 last", expect![""]);
}

#[test]
fn ours_at_a_better_price_are_passed_and_others_are_not() {
    check(
        "buy 5 @100; buy 6 @98; order fill buy 7 99 1 7; order reduce buy 7 99 1 6 last",
        expect![[r#"
            filled 1/1 buy 5@100 maker fee 0.05 leaves 0 traded-through behind 0
        "#]],
    );
}

#[test]
fn partly_fills_take_as_much_as_the_one_behind_was_filled_with() {
    let script = "buy 5 @99; order add buy 9 99 6 13 last; order delete buy 7 99 3 10; order delete buy 8 99 4 6 last; \
                  order fill buy 9 99 2 6; order reduce buy 9 99 2 4 last; order fill buy 9 99 4 4; \
                  order delete buy 9 99 4 0 last";
    expect![[r#"
        filled 1/1 buy 2@99 maker fee 0.0198 leaves 3 queue-reached behind 0
        filled 1/1 buy 3@99 maker fee 0.0297 leaves 0 queue-reached behind 0
    "#]]
    .assert_eq(&fills(partly, script));
}

#[test]
fn a_trade_alone_fills_nothing_at_its_price_and_all_beyond_it() {
    check("buy 5 @99; trade 99 1000 sell", expect![""]);
    check(
        "buy 5 @99; trade 98 1 sell",
        expect![[r#"
            filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 traded-through behind 7
        "#]],
    );
}

#[test]
fn after_a_clear_nobody_knows_the_place() {
    check(
        "buy 5 @99; order clear buy 0 0 0 0; order add buy 9 99 6 6; order add sell 1 102 10 10 last; \
         order fill buy 9 99 1 6 last",
        expect![""],
    );
    // A new one is known again.
    check(
        "order clear buy 0 0 0 0; order add buy 9 99 6 6; order add sell 1 102 10 10 last; buy 5 @99; \
         order add buy 10 99 1 7 last; order fill buy 10 99 1 7 last",
        expect![[r#"
            filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 6
        "#]],
    );
}

#[test]
fn an_amended_quantity_keeps_the_place_and_another_price_does_not() {
    check(
        "buy 5 @99; order add buy 9 99 6 13 last; amend 1 3@99; order fill buy 9 99 1 13 last",
        expect![[r#"
            filled 1/1 buy 3@99 maker fee 0.0297 leaves 0 queue-reached behind 7
        "#]],
    );
    check("buy 5 @98; order add buy 9 99 6 13 last; amend 1 5@99; order fill buy 9 99 1 13 last", expect![""]);
}

#[test]
fn other_models_take_orders_as_levels() {
    let script = "buy 5 @99; trade 99 9 sell; order delete buy 7 99 3 4; order delete buy 8 99 4 0 last";
    expect![[r#"
        filled 1/1 buy 5@99 maker fee 0.0495 leaves 0 queue-reached behind 7
    "#]]
    .assert_eq(&fills(|config| config.queue = QueueModel::RiskAverse, script));
}

/// Whoever stands at a price, first come first: an order of the book with what is left of it, or ours by its intent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    Theirs(u64, i64),
    Ours(u64),
}

/// A naive venue for bids at three prices: a list for each.
struct Naive {
    queues: [Vec<Stands>; 3],
    script: Vec<String>,
    want: Vec<String>,
    seed: u64,
    orders: u64,
    ours: u64,
}

const BEST: i64 = 99;

impl Naive {
    fn draw(&mut self, below: usize) -> usize {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.seed >> 33).expect("31 bits") % below
    }

    fn level(&self, at: usize) -> i64 {
        let size = |stands: &Stands| if let Stands::Theirs(_, qty) = stands { *qty } else { 0 };
        self.queues[at].iter().map(size).sum()
    }

    fn tell(&mut self, action: &str, at: usize, (order, qty): (u64, i64)) {
        let (price, level) = (BEST - i64::try_from(at).expect("small"), self.level(at));
        self.script.push(format!("order {action} buy {order} {price} {qty} {level} last"));
    }

    /// Ours at a price that something behind it, or at a worse price, was filled at.
    fn filled(&mut self, at: usize, before: usize, reason: &str) {
        let mut ahead = 0;
        for stands in self.queues[at].iter().take(before) {
            match stands {
                Stands::Theirs(_, qty) => ahead += qty,
                Stands::Ours(intent) => self.want.push(format!("1/{intent} {reason} behind {ahead}")),
            }
        }
        let mut place = 0;
        self.queues[at].retain(|stands| {
            place += 1;
            place > before || matches!(stands, Stands::Theirs(..))
        });
    }

    fn step(&mut self) {
        let at = self.draw(3);
        let qty = 1 + i64::try_from(self.draw(5)).expect("small");
        let theirs = |stands: &&Stands| matches!(stands, Stands::Theirs(..));
        let count = self.queues[at].iter().filter(theirs).count();
        match self.draw(6) {
            0 => {
                self.ours += 1;
                self.queues[at].push(Stands::Ours(self.ours));
                self.script.push(format!("buy 1 @{}", BEST - i64::try_from(at).expect("small")));
            }
            1 | 2 => {
                self.orders += 1;
                self.queues[at].push(Stands::Theirs(self.orders, qty));
                self.tell("add", at, (self.orders, qty));
            }
            _ if count == 0 => {}
            what => {
                let chosen = self.draw(count);
                let is_theirs = |(_, stands): &(usize, &Stands)| matches!(stands, Stands::Theirs(..));
                let place = self.queues[at].iter().enumerate().filter(is_theirs).nth(chosen).expect("counted").0;
                let Stands::Theirs(order, held) = self.queues[at][place] else { unreachable!("filtered") };
                self.change(what, (at, place), (order, held, qty));
            }
        }
    }

    fn change(&mut self, what: usize, (at, place): (usize, usize), (order, held, qty): (u64, i64, i64)) {
        if what == 3 {
            self.tell("fill", at, (order, 1));
            (0..at).for_each(|better| self.filled(better, self.queues[better].len(), "traded-through"));
            self.filled(at, place, "queue-reached");
        } else if what == 4 && held > qty {
            self.queues[at][place] = Stands::Theirs(order, held - qty);
            self.tell("reduce", at, (order, qty));
        } else {
            self.queues[at].remove(place);
            self.tell("delete", at, (order, held));
        }
    }
}

#[test]
fn places_are_those_of_a_naive_list_of_all_orders() {
    let mut fills = 0;
    for seed in 0..20 {
        let mut naive = Naive {
            queues: [const { Vec::new() }; 3],
            script: vec!["order add sell 1000000 102 10 10 last".to_owned()],
            want: Vec::new(),
            seed,
            orders: 0,
            ours: 0,
        };
        (0..300).for_each(|_| naive.step());
        let text = support::play(fifo, &naive.script.join("; "));
        let told = text.lines().filter(|line| line.contains("filled")).map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let [.., reason, behind, ahead] = words.as_slice() else { panic!("{line}") };
            format!("{} {reason} {behind} {ahead}", words[1])
        });
        assert_eq!(told.collect::<Vec<_>>(), naive.want, "seed {seed}");
        fills += naive.want.len();
    }
    assert!(fills > 300, "{fills} fills to compare");
}
