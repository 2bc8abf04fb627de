#![allow(warnings)]
use std::io::{BufRead, Read};
use ringfence_core::blob::BlobTable;
use ringfence_core::canonical::Writer;
use ringfence_core::config::*;
use ringfence_core::decision::*;
use ringfence_core::event::*;
use ringfence_core::ids::*;
use ringfence_core::instrument::*;
use ringfence_core::intent::*;
use ringfence_core::money::*;
use ringfence_core::plan::*;
use ringfence_core::risk::ApprovalKeys;
use ringfence_core::step::*;
use ringfence_core::strategy::*;
use ringfence_sim::*;

struct Maker { live: [Option<(IntentId, i64)>; 2], orders: u64, cancels: u64 }
struct Ema { fast: f64, slow: f64, n: u64 }
struct Sma { f: usize, s: usize, closes: Vec<i64>, qty: i64 }
enum S { Maker(Maker), Ema(Ema), Sma(Sma) }
fn sub(side: Side, qty: i64, limit: Option<i64>, post: bool) -> IntentKind {
    IntentKind::Submit(Submit { instrument: InstrumentId(1), side, size: Size::Quantity(Qty(qty)),
        order_type: if limit.is_some() { OrderType::Limit } else { OrderType::Market }, limit_price: limit.map(Price),
        stop_price: None, tif: TimeInForce::Gtc, max_slippage_bps: None, post_only: post, reduce_only: false, position_side: PositionSide::Net })
}
impl StrategyHost for S {
    fn call(&mut self, call: &Call<'_>, mut loan: StateLoan) -> (StateLoan, CallReport) {
        match self {
            S::Maker(m) => if let EventKind::Quote(q) = call.event.kind {
                let pos = call.context.position.0;
                let want = [(pos + 10 <= 50).then_some(q.bid_price.0), (pos - 10 >= -50).then_some(q.ask_price.0)];
                let mut live = [None, None];
                let open: Vec<_> = loan.open_orders(StrategyId(1), InstrumentId(1)).map(|o| (o.key.intent, o.terms.side, o.terms.limit_price.unwrap().0)).collect();
                for (id, side, price) in open {
                    let i = if side == Side::Buy { 0 } else { 1 };
                    if want[i] != Some(price) { loan.emit(IntentKind::Cancel(id)).unwrap(); } else { live[i] = Some(price); }
                }
                for i in 0..2 {
                    if let (Some(p), None) = (want[i], live[i]) {
                        loan.emit(sub([Side::Buy, Side::Sell][i], 10, Some(p), true)).unwrap();
                    }
                }
            },
            S::Ema(e) => if let EventKind::Trade(t) = call.event.kind {
                let p = t.price.0 as f64 / 1e4;
                let (af, asl) = (2.0/51.0, 2.0/201.0);
                if e.n == 0 { e.fast = p; e.slow = p } else { e.fast += af*(p-e.fast); e.slow += asl*(p-e.slow); }
                e.n += 1;
                if e.n >= 200 {
                    let pos = call.context.position.0;
                    let q = if pos == 0 { 100 } else { 200 };
                    if e.fast >= e.slow && pos <= 0 { loan.emit(sub(Side::Buy, q, None, false)).unwrap(); }
                    else if e.fast < e.slow && pos >= 0 { loan.emit(sub(Side::Sell, q, None, false)).unwrap(); }
                }
            },
            S::Sma(s) => if let EventKind::Bar(b) = call.event.kind {
                s.closes.push(b.close.0);
                let n = s.closes.len();
                if n >= s.s {
                    let f: i64 = s.closes[n-s.f..].iter().sum(); let sl: i64 = s.closes[n-s.s..].iter().sum();
                    let pos = call.context.position.0;
                    if f * s.s as i64 > sl * s.f as i64 && pos == 0 { loan.emit(sub(Side::Buy, s.qty, None, false)).unwrap(); }
                    else if f * (s.s as i64) < sl * s.f as i64 && pos > 0 { loan.emit(sub(Side::Sell, s.qty, None, false)).unwrap(); }
                }
            },
        }
        (loan, CallReport::default())
    }
}
fn px(t: &str, d: u32) -> i64 { let x: Decimal = t.parse().unwrap(); let m = mantissa(x, Scale::new(d as u8).unwrap()).unwrap(); m }
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let (kind, fill, limit) = (a[1].as_str(), FillMoment::ALL.iter().find(|f| f.code()==a[2]).copied().unwrap(), a.get(3).map_or(usize::MAX, |x| x.parse().unwrap()));
    let (pd, qd, bps, cash, mut strat, bar_ns) = match kind {
        "w1" => (4, 0, (1,1), 10_000_000, S::Ema(Ema{fast:0.,slow:0.,n:0}), 0),
        "w2" => (1, 3, (2,5), 1_000_000, S::Maker(Maker{live:[None;2],orders:0,cancels:0}), 0),
        "w3d" => (4, 0, (1,1), 100_000, S::Sma(Sma{f:10,s:30,closes:vec![],qty:100}), 86_400_000_000_000u64),
        "w3m" => (5, 0, (1,1), 100_000, S::Sma(Sma{f:50,s:200,closes:vec![],qty:10}), 60_000_000_000),
        _ => panic!() };
    let mut inst = ringfence_venue::desk::instrument(1, (pd, qd));
    if kind == "w2" { inst.kind = InstrumentKind::Perpetual; }
    let cfg = Config { run: "x".into(), env: Env::Dev, base_currency: CurrencyId(1), names: vec!["A:B".into()],
        currencies: ["USD","T"].map(|c| Currency{code:c.into(), scale:8}).to_vec(), venues: vec![Venue{name:"A".into()}],
        accounts: vec![Account{name:"a".into(), venue: VenueId(1), currency: CurrencyId(1)}], instruments: vec![inst],
        strategies: vec![StrategySlot{name:"s".into(),account:AccountId(1),lane:Lane::Simulation,capital:Decimal::ZERO,instruments:vec![InstrumentId(1)],params:vec![],fuel_per_call:1,fuel_total:None,memory_bytes_max:0,pin:None}],
        risk: RiskLimits::default(), execution: Execution{approval_ttl_ns:u64::MAX/2, terminal_retention_events:1000, queue_max:1000}, sections: vec![] };
    let mut sim = Sim::new(SimConfig { fill, fees: Fees{maker_bps: bps.0.into(), taker_bps: bps.1.into(), rounding: CommissionRounding::Exact}, latency_ns: 0,
        queue: QueueModel::BehindTouch, accounts: vec![SimAccount{account:AccountId(1),venue:VenueId(1),currency:CurrencyId(1),cash:cash.into()}], instruments: vec![inst] }).unwrap();
    let session = SessionId([1;16]);
    let (mut core, mut blobs, mut fx) = (Core::new(ApprovalKeys::simulation(session)), BlobTable::new(), Effects::new());
    let c = blobs.append(&cfg.encode()); let comp = blobs.append(&[0;32]);
    let mut w = Writer::new();
    Plan{subscriptions:[Topic::Trade,Topic::Quote,Topic::Bar].iter().filter(|t| (kind=="w2") == (**t==Topic::Quote)).map(|t| Subscription{instrument:InstrumentId(1),topic:*t,filter:ChangeFilter::Every,bars:None,warm_up:0}).collect()}.put(&mut w);
    let p = blobs.append(w.bytes());
    let mut seq = 0; let mut reports: Vec<Report> = vec![]; let mut q: std::collections::VecDeque<Report> = Default::default();
    q.push_back(Report::control(EventKind::SessionOpened(session, Mode::Backtest, RULES_VERSION)));
    q.push_back(Report::control(EventKind::ConfigChanged(c)));
    q.push_back(Report::control(EventKind::StrategyAttached(StrategyId(1), comp, p)));
    sim.open(&mut reports); q.extend(reports.drain(..));
    let (mut orders, mut fills, mut cancels, mut rejects, mut anomalies, mut denied) = (0,0,0,0,0,0);
    let mut text = String::new(); std::io::stdin().read_to_string(&mut text).unwrap();
    let t0 = std::time::Instant::now(); let mut rows = 0;
    let mut sim_ns = 0u128;
    macro_rules! drain { ($time:expr) => { while let Some(r) = q.pop_front() {
        match r.kind { EventKind::OrderAccepted(_) => orders+=1, EventKind::OrderFilled(_) => fills+=1, EventKind::OrderCanceled(..) => cancels+=1, EventKind::OrderRejected(..)|EventKind::CancelRejected(..) => rejects+=1, _=>{} }
        seq+=1; let e = r.at(Seq(seq), $time); core.step(&e, &blobs, &mut strat, &mut fx);
        for d in &fx.decisions { match d.kind { DecisionKind::Anomaly(_) => anomalies+=1, DecisionKind::Denied(_)|DecisionKind::Malformed(_) => denied+=1, _=>{} } }
        for c in fx.commands.drain(..) { sim.on_command(c, &mut reports); } q.extend(reports.drain(..)); } } }
    drain!(TimeNs(0));
    for line in text.lines().skip(1).take(limit) {
        rows += 1;
        let f: Vec<&str> = line.split(',').collect();
        let mut time = TimeNs(f[0].parse().unwrap());
        let kind = match kind {
            "w1" => EventKind::Trade(Trade{price:Price(px(f[1],4)),qty:Qty(px(f[2],0)),aggressor:None}),
            "w2" => { let (a,b,c,d)=(px(f[2],1),px(f[3],3),px(f[4],1),px(f[5],3)); match f[1] { "Q" => EventKind::Quote(Quote{bid_price:Price(a),bid_qty:Qty(b),ask_price:Price(c),ask_qty:Qty(d)}),
                s => EventKind::Trade(Trade{price:Price(a),qty:Qty(b),aggressor:Some(if s=="B"{Side::Buy}else{Side::Sell})}) } }
            _ => { let o=time; time=TimeNs(time.0+bar_ns); EventKind::Bar(Bar{open:Price(px(f[1],pd as u32)),high:Price(px(f[2],pd as u32)),low:Price(px(f[3],pd as u32)),close:Price(px(f[4],pd as u32)),volume:Qty(1),open_time:o,interval_ns:bar_ns}) }
        };
        let mut e = Report{instrument:InstrumentId(1),venue:VenueId(1),..Report::control(kind)}.at(Seq(0), time);
        sim.on_market(&e, &mut reports);
        if !reports.is_empty() { q.extend(reports.drain(..)); drain!(time); }
        seq+=1; e.seq=Seq(seq); core.step(&e, &blobs, &mut strat, &mut fx);
        for d in &fx.decisions { match d.kind { DecisionKind::Anomaly(_) => anomalies+=1, DecisionKind::Denied(_)|DecisionKind::Malformed(_) => denied+=1, _=>{} } }
        for c in fx.commands.drain(..) { sim.on_command(c, &mut reports); } q.extend(reports.drain(..));
        drain!(time);
    }
    let dt = t0.elapsed();
    let t = core.state().account_total(AccountId(1)).unwrap();
    println!("{} {} rows {rows} orders {orders} fills {fills} cancels {cancels} rejects {rejects} denied {denied} anomalies {anomalies} equity {} fees {} pos {:?} live {} {:?}", a[1], a[2], t.equity, t.fees, core.state().net_position(StrategyId(1), InstrumentId(1)), sim.live_orders(), dt);
}
