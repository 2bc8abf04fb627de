//! Acts: what can the suite let happen around an adapter?
//!
//! In: scripts of cases. Out: values that a stage carries out, or says that it cannot. Must never: be anything that an
//! adapter is asked to do; those are commands, queries and settings.

use ringfence_core::event::Quote;
use ringfence_core::ids::{AccountId, InstrumentId};
use ringfence_core::instrument::Side;
use ringfence_core::money::{Price, Qty};

/// Something that happens at the venue, on the way to it, or to its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// The market moves: after it these are the best prices of others, with these sizes, and nobody else stands deeper.
    /// Who rests at a price that the other side reaches is filled at that price, as maker, as far as the size goes.
    Touch(InstrumentId, Quote),
    /// As before, but with sizes that limit what can be traded there.
    SizedTouch(InstrumentId, Quote),
    /// Others have this much at a price, deeper than the touch; 0 = nothing (any more).
    Level(InstrumentId, Side, Level),
    /// Somebody else trades at this price and no worse, and this is the side of the one who takes.
    Trade(InstrumentId, Side, Level),
    /// Time passes, in ms.
    Pass(u64),
    /// The instrument stops trading, or goes on.
    Halt(InstrumentId, Switch),
    /// The venue changes a rule of the instrument.
    Rule(InstrumentId, Rule),
    /// The account trades in the first instrument without this session: a limit order.
    Foreign(AccountId, Side, Level),
    /// Somebody cancels every order of the account without this session.
    ForeignCancel(AccountId),
    /// So much of the quote currency comes to the account.
    Transfer(AccountId, i64),
    /// Fundings are due.
    Fund,
    /// Something goes wrong with the next request of this kind.
    Next(Ask, Mishap),
    /// Something goes wrong with messages of the account's stream.
    Messages(Trouble),
    /// A connection of the first account ends, and so many attempts to open it again fail.
    Cut(Wire, u32),
    /// Nothing but pings comes on a connection of the first account for so many ms.
    Stall(Wire, u64),
    /// The next change of the first instrument's book is lost.
    Gap,
    /// The next message of the first instrument's market comes twice, the second time later.
    Echo,
    /// The next message of the first instrument's market cannot be read.
    Garble,
    /// What proves that the account may be heard ends.
    ExpireKey,
    /// The venue's clock is off by so many ms.
    Skew(i64),
    /// Requests do not get through at all, or do again.
    Network(Switch),
}

/// A price and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Price.
    pub price: Price,
    /// Quantity.
    pub qty: Qty,
}

/// Off or on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// It stops.
    Off,
    /// It goes on.
    On,
}

/// A rule that a venue changes during the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Smallest price times quantity.
    NotionalMin(i64),
    /// Smallest quantity.
    QtyMin(i64),
    /// Distance of prices.
    Tick(i64),
    /// Distance of quantities.
    Lot(i64),
}

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A new order.
    Submit,
    /// A cancel of one order.
    Cancel,
    /// An amend.
    Amend,
    /// A cancel of every order of an instrument.
    CancelAll,
    /// A question about one order.
    Order,
    /// A question about fills.
    Fills,
}

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// It is done, and the answer never comes.
    LostAnswer,
    /// It never arrives, and nobody says so.
    LostRequest,
    /// No connection comes about: it is certain that it did not leave.
    Unsent,
    /// The answer is cut in its middle.
    CutAnswer,
    /// It is done at once, and answered after so many ms.
    Slow(u64),
    /// It is not done, and the answer says that nobody knows.
    SaysUnknown,
    /// It is done, and the answer says that nobody knows.
    SaysUnknownDone,
    /// It is not done, and the answer says that the service is unavailable.
    SaysUnavailable,
    /// It is not done, and the answer says that something inside failed.
    SaysInternal,
    /// It is not done: too many requests, with the seconds until more are welcome where the venue says so.
    TooMany(Option<u64>),
    /// It is not done: no request is taken for so many seconds.
    Banned(u64),
    /// It is not done: its time stamp is off.
    StaleStamp,
    /// The order fills, and the fill is told, before the request is answered.
    FillFirst,
    /// The cancel is confirmed, and then the order fills all the same.
    LateFill,
    /// The order fills by so much more than it wanted.
    Overfill(i64),
    /// The answer has a field that nobody knows, and that is all.
    StrangeField,
}

/// What goes wrong with messages of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The next so many come twice.
    Twice(u64),
    /// The next one about a fill is lost.
    LoseFill,
    /// The next one about an end is lost.
    LoseEnd,
    /// The next one comes so many ms late, and is overtaken.
    Late(u64),
    /// The next one cannot be read.
    Garbled,
}

/// A connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Of the market.
    Market,
    /// Of the account.
    User,
}

impl Act {
    /// What it takes to carry it out, in words.
    #[must_use]
    pub const fn hook(&self) -> &'static str {
        match self {
            Act::Touch(..) => "a market",
            Act::SizedTouch(..) => "a market with sizes",
            Act::Level(..) => "a book",
            Act::Trade(..) => "trades of others",
            Act::Pass(_) => "time",
            Act::Halt(..) => "halts",
            Act::Rule(..) => "rules that change",
            Act::Foreign(..) | Act::ForeignCancel(_) => "orders of others on the account",
            Act::Transfer(..) => "transfers",
            Act::Fund => "funding",
            Act::Next(..) => "requests that go wrong",
            Act::Messages(_) => "messages that go wrong",
            Act::Cut(..) => "connections that end",
            Act::Stall(..) => "connections that fall silent",
            Act::Gap | Act::Echo | Act::Garble => "market messages that go wrong",
            Act::ExpireKey => "keys that expire",
            Act::Skew(_) => "a clock that is off",
            Act::Network(_) => "a network that fails",
        }
    }
}
