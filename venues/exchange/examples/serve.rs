//! The exchange alone on a port, with the usual settings: `cargo run -p ringfence-exchange --features server --example serve -- 8500`.

use std::net::{Ipv4Addr, TcpListener};

use ringfence_exchange::server::serve;
use ringfence_exchange::{Exchange, Settings};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).map_or(Ok(8500), |text| text.parse())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    serve(listener, Exchange::new(Settings::usual(0))?, None, || false)?;
    Ok(())
}
