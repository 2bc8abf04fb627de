//! What does a worker cost that compiles a component?
//!
//! `cargo run -p ringfence-sandbox --example compile_cost -- COMPONENT.wasm…` admits and compiles each component again and
//! again, in this process and in workers of this program, and prints the best tenth and the median of each way in ms.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use ringfence_sandbox::{Compiler, Rules, Worker, check_compiled, serve_if_asked};

const ROUNDS: usize = 40;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    if let Some(end) = serve_if_asked(&arguments) {
        return end;
    }
    let worker = Worker::of_this_program().expect("workers need Linux");
    for component in &arguments[1..] {
        let component = Path::new(component);
        println!("{}", component.display());
        println!("  in this process  {}", measure(component, &Compiler::Here));
        println!("  in a worker      {}", measure(component, &Compiler::Worker(worker.clone())));
    }
    ExitCode::SUCCESS
}

fn measure(component: &Path, compiler: &Compiler) -> String {
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        #[expect(clippy::disallowed_methods, reason = "measuring time is what this program is for")]
        let start = Instant::now();
        let report = check_compiled(component, &Rules::default(), compiler).expect("an engine");
        rounds.push(start.elapsed().as_secs_f64() * 1e3);
        assert!(report.is_ok(), "{:?}", report.refusals);
    }
    rounds.sort_by(f64::total_cmp);
    format!("best tenth {:6.1} ms, median {:6.1} ms", rounds[ROUNDS / 10], rounds[ROUNDS / 2])
}
