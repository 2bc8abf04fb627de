use std::time::Instant;
use wasmtime::component::*;
use wasmtime::*;
fn best(mut f: impl FnMut()) -> f64 {
    let mut r = Vec::new();
    for _ in 0..1000 { let s = Instant::now(); for _ in 0..2000 { f(); } r.push(s.elapsed().as_nanos() as f64/2000.0); }
    r.sort_by(f64::total_cmp); r[100]
}
fn main() {
    let mut c = Config::new();
    c.consume_fuel(true).epoch_interruption(true).concurrency_support(false).cranelift_nan_canonicalization(true);
    let e = Engine::new(&c).unwrap();
    for (name, params, n) in [("nop","",0), ("16", &"(param i64)".repeat(16)[..], 16)] {
        let cp: String = (0..n).map(|i| format!("(param \"a{i}\" u64)")).collect();
        let text = format!("(component (core module $m (func (export \"f\") {params})) (core instance $i (instantiate $m)) (func (export \"f\") {cp} (canon lift (core func $i \"f\"))))");
        let comp = Component::new(&e, wat::parse_str(&text).unwrap()).unwrap();
        let l: Linker<u32> = Linker::new(&e);
        let mut s = Store::new(&e, 0);
        s.set_fuel(1000).unwrap(); s.set_epoch_deadline(100);
        let i = l.instantiate(&mut s, &comp).unwrap();
        if n == 0 {
            let f = i.get_typed_func::<(), ()>(&mut s, "f").unwrap();
            println!("{name} {}", best(|| { s.set_fuel(1000).unwrap(); f.call(&mut s, ()).unwrap(); }));
        } else {
            let f = i.get_typed_func::<(u64,u64,u64,u64,u64,u64,u64,u64,u64,u64,u64,u64,u64,u64,u64,u64), ()>(&mut s, "f").unwrap();
            println!("{name} {}", best(|| { s.set_fuel(1000).unwrap(); s.set_epoch_deadline(100); f.call(&mut s, (1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16)).unwrap(); std::hint::black_box(s.get_fuel().unwrap()); }));
        }
    }
}
