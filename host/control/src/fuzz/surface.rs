//! Surface: a desk, its guard and its routes in memory, and a session that does at once what it is told.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use ringfence_core::ids::{IntentId, LegId, LegKey, StrategyId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;

use super::object;
use crate::actor::Role;
use crate::api::{Board, TailLine};
use crate::desk::{Desk, Order, People};
use crate::fixture::{self, Sent};
use crate::guard::{Guard, Peer, Token};
use crate::routes::{self, Shared};
use crate::server::connection;

/// Name, role and secret of everybody.
pub(super) fn people() -> [(&'static str, Role, &'static str); 4] {
    [
        ("viewer", Role::View, "viewer-0123456789abcdef0123456789"),
        ("author", Role::Author("agent".to_owned()), "author-0123456789abcdef0123456789"),
        ("operator", Role::Operate, "operator-0123456789abcdef01234567"),
        ("boss", Role::ArmLive, "boss-0123456789abcdef0123456789ab"),
    ]
}

/// What the user of the socket may do.
pub(super) const SOCKET_ROLE: Role = Role::Operate;
/// Their number.
pub(super) const USER: u32 = 1_000;

/// Longest wait for an answer; time passes at once when nothing else happens.
const PATIENCE: Duration = Duration::from_secs(60);

/// Time passes at once when everything waits for it.
pub(super) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().expect("a loop of events")
}

pub(super) struct Surface {
    runtime: Runtime,
    router: Router,
    desk: Arc<Desk>,
    sent: Sent,
    events: u64,
}

impl Surface {
    pub(super) fn new() -> Surface {
        let (desk, sent) = fixture::desk(People::Two, false);
        desk.show(Board { session: "s".to_owned(), ..Board::default() });
        desk.tell(TailLine { name: "first".to_owned(), ..TailLine::default() });
        let tokens = people().map(|(name, role, secret)| Token::new(name.to_owned(), role, secret.as_bytes().to_vec()));
        let address = "127.0.0.1:8420".parse().expect("an address");
        let guard = Guard::new(tokens.into(), SOCKET_ROLE, (&[address], &[]));
        let router = routes::router(Arc::new(Shared::new(Arc::clone(&desk), guard, Arc::default())));
        Surface { runtime: runtime(), router, desk, sent, events: 0 }
    }

    /// Everything that comes back on a connection.
    pub(super) fn ask(&self, bytes: &[u8], is_socket: bool) -> Vec<u8> {
        let peer = if is_socket { Peer::User(USER) } else { Peer::Address };
        self.runtime.block_on(async {
            let (mut near, far) = tokio::io::duplex(1 << 20);
            let serving = connection(far, peer, &self.router);
            let talking = async {
                near.write_all(bytes).await.ok();
                let mut answer = Vec::new();
                tokio::time::timeout(PATIENCE, near.read_to_end(&mut answer)).await.ok();
                drop(near);
                answer
            };
            tokio::join!(talking, serving).0
        })
    }

    /// The session does what it was told; the orders come back.
    pub(super) fn work(&mut self) -> Vec<Order> {
        let orders = self.sent.taken();
        for order in &orders {
            self.events += 1;
            let act = self.desk.recorded(self.events).expect("what was sent waits to be recorded");
            assert_eq!(format!("{act:?}"), format!("{:?}", order.act), "orders are recorded in their order");
            assert!(object(&order.text).is_object(), "{}", order.text);
            if self.desk.awaits_intent() {
                let (strategy, intent, leg) = (StrategyId(2), IntentId(self.events), LegId(0));
                self.desk.began(Some(LegKey { strategy, intent, leg }));
            }
            self.desk.stepped();
        }
        assert!(self.desk.recorded(self.events).is_none(), "nothing waits that was not sent");
        orders
    }
}
