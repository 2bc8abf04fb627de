//! What does the sandbox add to an event: the same strategy as a component and natively, through the same pipeline.

use std::ops::ControlFlow;

use ringfence::config::Loaded;
use ringfence::sessions::backtest::{Identity, Order, prepare};
use ringfence_core::ids::SessionId;
use ringfence_ema_cross::EmaCross;
use ringfence_sdk::Runner;
use ringfence_session::backtest::Backtest;
use ringfence_session::opening::Attached;
use ringfence_session::results::Results;
use ringfence_sim::Sim;
use ringfence_tape::{Extent, Feed, Tape};
use ringfence_tests::native::Natives;
use serde_json::{Value, json};

use crate::best_and_median;

const RUNS: usize = 5;

/// Every row of W1 is delivered, so the difference of a row is that of a delivered event.
pub(crate) fn measure(loaded: &Loaded) -> Value {
    let (mut native, mut component) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let results = [natively(loaded), as_component(loaded)];
        let [own, other] = results.each_ref().map(|results| results.decision_digest);
        assert_eq!(own, other, "both decide the same, or there is nothing to compare");
        let [a, b] = results.map(|results| results.seconds * 1e9 / results.counts.rows as f64);
        native.push(a);
        component.push(b);
    }
    let ((native, native_median), (component, component_median)) =
        (best_and_median(native), best_and_median(component));
    json!({
        "native_ns": native,
        "native_ns_median": native_median,
        "component_ns": component,
        "component_ns_median": component_median,
        "extra_ns": component - native,
    })
}

fn as_component(loaded: &Loaded) -> Results {
    let order = Order {
        loaded,
        extent: Extent::WHOLE,
        journal: None,
        signing: None,
        identity: Identity::Inputs,
        label: &[],
        profiler: None,
    };
    let prepared = prepare(order).unwrap_or_else(|_| panic!("the configuration was checked for a backtest"));
    let run = prepared.run(&mut |_| ControlFlow::Continue(()), None);
    let (results, _) = run.unwrap_or_else(|_| panic!("the tape is whole"));
    results
}

fn natively(loaded: &Loaded) -> Results {
    let guests: Vec<Box<dyn ringfence_sdk::Guest>> = vec![Box::new(Runner::<EmaCross>::new())];
    let (mut natives, plans) = Natives::set_up(guests, &loaded.core).expect("the strategy takes its parameters");
    let attach = |(strategy, plan)| Attached { strategy, component: [0; 32], plan };
    let attached: Vec<Attached> = plans.into_iter().map(attach).collect();
    let rules = loaded.simulation.clone().expect("loaded for a backtest");
    let tapes = loaded.tapes.iter().map(|spec| Tape::open(spec.clone()).expect("the tape opens")).collect();
    let backtest = Backtest {
        config: &loaded.core,
        session: SessionId([1; 16]),
        attached: &attached,
        host: &mut natives,
        sim: Sim::new(rules).expect("the configuration was checked"),
        feed: Feed::new(tapes, Extent::WHOLE),
        script: &[],
        timetable: None,
        journal: None,
        progress: &mut |_| ControlFlow::Continue(()),
        paced: None,
        observer: None,
        has_curve: true,
    };
    backtest.run().expect("the tape is whole")
}
