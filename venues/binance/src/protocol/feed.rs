//! Feeds: what do the streams of markets say, and can they be trusted?
//!
//! In: connections, frames, snapshots. Out: trades, touches, books, marks and bars as reports, and whether a market is stale.
//! Must never: report what is older than what was reported, or leave a market without a word when its stream is silent.

use std::collections::BTreeMap;

use ringfence_core::event::{Bar, EventKind, Funding, Quote, Trade as TradeFact};
use ringfence_core::ids::{InstrumentId, TimeNs};
use ringfence_core::instrument::{Instrument, Side};
use ringfence_core::money::{Price, Qty, Scale};

use crate::codec::json::Json;
use crate::codec::market::{self, DepthChange, DepthSnapshot, Kline, Level, Mark, Touch, Trade};
use crate::codec::read::CodecError;
use crate::codec::request;
use crate::codec::stream::Message;
use crate::protocol::book::{Book, Came, Change};
use crate::protocol::budget::Class;
use crate::protocol::calls::Purpose;
use crate::protocol::convert::of_ms;
use crate::protocol::ladder::Ladder;
use crate::protocol::timers::Task;
use crate::protocol::user::{REPLACE_NS, REPLACE_SPREAD_NS};
use crate::protocol::{Address, Channel, Listed, Machine, NS_PER_S, Notice, Output, Settings, StreamKind};

/// All streams are looked at so often.
pub(crate) const WATCH_NS: u64 = 5 * NS_PER_S;
/// A market of which nothing came for so long is asked about.
const QUIET_NS: u64 = 15 * NS_PER_S;
/// Without a touch to compare, so long a silence means that the connection is dead.
const DEAD_NS: u64 = 60 * NS_PER_S;

/// All connections for markets.
#[derive(Debug)]
pub(crate) struct Feeds {
    feeds: BTreeMap<Channel, Feed>,
    markets: BTreeMap<InstrumentId, Market>,
}

/// A connection for markets.
#[derive(Debug, Default)]
struct Feed {
    link: Option<u64>,
    is_live: bool,
}

/// What was heard of one market.
#[derive(Debug)]
struct Market {
    /// When something last came, by channel.
    heard_at: BTreeMap<Channel, TimeNs>,
    /// Channels that have not brought anything since they were opened.
    awaits: Vec<Channel>,
    book: Option<Book>,
    ladder: Ladder,
    trade: u64,
    update: u64,
    touch: Option<Quote>,
    /// The touch is of before a break: it may have moved since.
    touch_is_old: bool,
    /// The book was known once: without it the market is stale.
    had_book: bool,
    /// What was told; a market is fresh until something says otherwise.
    is_stale: bool,
}

impl Feeds {
    pub(crate) fn new(settings: &Settings) -> Feeds {
        let mut feeds = Feeds { feeds: BTreeMap::new(), markets: BTreeMap::new() };
        for listed in &settings.instruments {
            let depth = listed.streams.contains(&StreamKind::Depth);
            let market = Market {
                heard_at: BTreeMap::new(),
                awaits: Vec::new(),
                book: depth.then(|| Book::new(settings.product)),
                ladder: Ladder::default(),
                trade: 0,
                update: 0,
                touch: None,
                touch_is_old: false,
                had_book: false,
                is_stale: false,
            };
            feeds.markets.insert(listed.instrument.id, market);
            for kind in &listed.streams {
                feeds.feeds.entry(channel_of(settings, *kind)).or_default();
            }
        }
        feeds
    }

    /// Channels that something is listened to on.
    pub(crate) fn wanted(&self) -> Vec<Channel> {
        self.feeds.keys().copied().collect()
    }

    pub(crate) fn links(&self) -> Vec<u64> {
        self.feeds.values().filter_map(|feed| feed.link).collect()
    }

    fn of_link(&self, link: u64) -> Option<Channel> {
        self.feeds.iter().find(|(_, feed)| feed.link == Some(link)).map(|(channel, _)| *channel)
    }
}

/// The connection that carries a kind of market data.
fn channel_of(settings: &Settings, kind: StreamKind) -> Channel {
    let is_one = settings.hosts.books == settings.hosts.trades;
    match kind {
        StreamKind::Touch | StreamKind::Depth => Channel::Books,
        StreamKind::Trades | StreamKind::AggTrades | StreamKind::Mark | StreamKind::Bars if is_one => Channel::Books,
        StreamKind::Trades | StreamKind::AggTrades | StreamKind::Mark | StreamKind::Bars => Channel::Trades,
    }
}

fn stream_name(symbol: &str, kind: StreamKind) -> String {
    let symbol = symbol.to_lowercase();
    match kind {
        StreamKind::Trades => format!("{symbol}@trade"),
        StreamKind::AggTrades => format!("{symbol}@aggTrade"),
        StreamKind::Touch => format!("{symbol}@bookTicker"),
        StreamKind::Depth => format!("{symbol}@depth@100ms"),
        StreamKind::Mark => format!("{symbol}@markPrice@1s"),
        StreamKind::Bars => format!("{symbol}@kline_1m"),
    }
}

impl Machine {
    pub(crate) fn open_feed(&mut self, channel: Channel) {
        let is_open = self.feeds.feeds.get(&channel).is_none_or(|feed| feed.link.is_some());
        if is_open || self.is_closing {
            return;
        }
        let on_channel = |listed: &Listed| {
            let kinds = listed.streams.iter().filter(|kind| channel_of(&self.settings, **kind) == channel);
            kinds.map(|kind| stream_name(&listed.symbol, *kind)).collect::<Vec<String>>()
        };
        let names: Vec<String> = self.settings.instruments.iter().flat_map(on_channel).collect();
        let host = if channel == Channel::Trades { &self.settings.hosts.trades } else { &self.settings.hosts.books };
        let shown = format!("{host}/stream?streams={}", names.join("/"));
        let link = self.link(channel, Address { shown, hidden: String::new() });
        if let Some(feed) = self.feeds.feeds.get_mut(&channel) {
            feed.link = Some(link);
        }
    }

    pub(crate) fn connected(&mut self, link: u64) {
        if self.user.is_link(link) {
            return self.user_connected();
        }
        let Some(channel) = self.feeds.of_link(link) else { return };
        self.timers.cancel(&Task::GiveUp(channel, link));
        let early = self.random.below(REPLACE_SPREAD_NS);
        self.timers.set(self.now.plus(REPLACE_NS - early), Task::Replace(channel));
        self.worked(&Task::OpenFeed(channel));
        if let Some(feed) = self.feeds.feeds.get_mut(&channel) {
            feed.is_live = true;
        }
        let now = self.now;
        for id in self.on_channel(channel) {
            if let Some(market) = self.feeds.markets.get_mut(&id) {
                market.heard_at.insert(channel, now);
            }
        }
    }

    /// Instruments with a stream on a channel.
    fn on_channel(&self, channel: Channel) -> Vec<InstrumentId> {
        let has = |listed: &&Listed| listed.streams.iter().any(|kind| channel_of(&self.settings, *kind) == channel);
        self.settings.instruments.iter().filter(has).map(|listed| listed.instrument.id).collect()
    }

    pub(crate) fn lost(&mut self, link: u64) {
        if self.user.is_link(link) {
            return self.user_lost();
        }
        if let Some(channel) = self.feeds.of_link(link) {
            self.feed_lost(channel);
            self.notice(Notice::Disconnected(channel));
            self.retry(Task::OpenFeed(channel));
        }
    }

    /// Nothing that was heard on a channel can be trusted any more.
    fn feed_lost(&mut self, channel: Channel) {
        if let Some(feed) = self.feeds.feeds.get_mut(&channel) {
            *feed = Feed::default();
        }
        for id in self.on_channel(channel) {
            if let Some(market) = self.feeds.markets.get_mut(&id) {
                if !market.awaits.contains(&channel) {
                    market.awaits.push(channel);
                }
                if channel == Channel::Books {
                    market.touch_is_old = market.touch.is_some();
                    market.book.iter_mut().for_each(Book::reset);
                }
            }
            self.tell_stale(id);
        }
    }

    /// Ends a connection and opens it again.
    fn reopen(&mut self, channel: Channel) {
        let link = self.feeds.feeds.get(&channel).and_then(|feed| feed.link);
        if let Some(link) = link {
            self.out.push(Output::Disconnect { link });
        }
        self.feed_lost(channel);
    }

    /// A connection is about to be cut by the venue.
    pub(crate) fn replace(&mut self, channel: Channel) {
        self.notice(Notice::Replaced(channel));
        match channel {
            Channel::User => {
                self.drop_user();
                self.run(Task::OpenUser);
            }
            Channel::Books | Channel::Trades => {
                self.reopen(channel);
                self.run(Task::OpenFeed(channel));
            }
        }
    }

    /// A connection that has not come about in time.
    pub(crate) fn give_up(&mut self, channel: Channel, link: u64) {
        let is_it = match channel {
            Channel::User => self.user.is_link(link) && !self.user.is_live(),
            Channel::Books | Channel::Trades => {
                self.feeds.feeds.get(&channel).is_some_and(|feed| feed.link == Some(link) && !feed.is_live)
            }
        };
        if is_it {
            self.out.push(Output::Disconnect { link });
            self.lost(link);
        }
    }

    pub(crate) fn frame(&mut self, link: u64, bytes: &[u8]) {
        if self.user.is_link(link) {
            return crate::codec::stream::with(bytes, |read| self.user_frame(read));
        }
        let Some(channel) = self.feeds.of_link(link) else { return };
        crate::codec::stream::with(bytes, |read| match read {
            Ok(message) => self.market_message(channel, &message),
            Err(error) => self.unread_market(channel, &error),
        });
    }

    /// What cannot be read may have been a change of any book of the channel.
    fn unread_market(&mut self, channel: Channel, error: &CodecError) {
        self.notice(Notice::Undecodable(error.to_string()));
        for id in self.on_channel(channel) {
            self.forget_book(id);
        }
    }

    fn forget_book(&mut self, id: InstrumentId) {
        let book = self.feeds.markets.get_mut(&id).and_then(|market| market.book.as_mut());
        if let Some(book) = book.filter(|book| book.is_known()) {
            book.reset();
            self.tell_stale(id);
        }
    }

    fn market_message(&mut self, channel: Channel, message: &Message<'_>) {
        let symbol = match message {
            Message::Trade(trade) | Message::AggTrade(trade) => trade.symbol,
            Message::Touch(touch) => touch.symbol,
            Message::Depth(change) => change.symbol,
            Message::Mark(mark) => mark.symbol,
            Message::Kline(bar) => bar.symbol,
            Message::Shutdown => return self.replace(channel),
            Message::DayTicker(_)
            | Message::Liquidation(_)
            | Message::Order(_)
            | Message::Account(_)
            | Message::Transfer(..)
            | Message::Leverage(..)
            | Message::Lite(..)
            | Message::KeyExpired(_)
            | Message::Terminated
            | Message::Answer(..)
            | Message::Other(_) => return,
        };
        let Some(definition) = self.by_symbol(symbol).map(|listed| listed.instrument) else { return };
        if let (Message::Touch(_), Some(market)) = (message, self.feeds.markets.get_mut(&definition.id)) {
            market.touch_is_old = false;
        }
        self.heard(channel, definition.id);
        let told = match message {
            Message::Trade(trade) | Message::AggTrade(trade) => self.trade(&definition, trade),
            Message::Touch(touch) => self.touch(&definition, touch),
            Message::Depth(change) => self.depth(&definition, change),
            Message::Mark(mark) => self.mark_price(&definition, mark),
            Message::Kline(bar) => self.bar(&definition, bar),
            Message::DayTicker(_)
            | Message::Liquidation(_)
            | Message::Shutdown
            | Message::Order(_)
            | Message::Account(_)
            | Message::Transfer(..)
            | Message::Leverage(..)
            | Message::Lite(..)
            | Message::KeyExpired(_)
            | Message::Terminated
            | Message::Answer(..)
            | Message::Other(_) => Some(()),
        };
        if told.is_none() {
            self.notice(Notice::Undecodable(format!("{symbol}: a number beyond the instrument's scale")));
            self.forget_book(definition.id);
        }
    }

    fn heard(&mut self, channel: Channel, id: InstrumentId) {
        let now = self.now;
        if let Some(market) = self.feeds.markets.get_mut(&id) {
            market.heard_at.insert(channel, now);
            market.awaits.retain(|awaited| *awaited != channel);
        }
        self.tell_stale(id);
    }

    /// Reports where a market turned stale or fresh.
    fn tell_stale(&mut self, id: InstrumentId) {
        let Some(market) = self.feeds.markets.get_mut(&id) else { return };
        let is_known = market.book.as_ref().is_none_or(Book::is_known);
        market.had_book |= market.book.is_some() && is_known;
        // A book that was never known is not lost.
        let is_stale = !market.awaits.is_empty() || market.touch_is_old || (market.had_book && !is_known);
        if is_stale != market.is_stale {
            market.is_stale = is_stale;
            let now = self.venue_time();
            self.report_market(id, now, if is_stale { EventKind::FeedStale } else { EventKind::FeedRecovered });
        }
    }

    fn trade(&mut self, definition: &Instrument, trade: &Trade<'_>) -> Option<()> {
        let (price, qty) = level(definition, Level { price: trade.price, qty: trade.qty })?;
        let market = self.feeds.markets.get_mut(&definition.id)?;
        // A trade of 0 is an entry of the venue's own books, and an older one was told.
        if trade.id <= market.trade || qty.0 <= 0 {
            return Some(());
        }
        market.trade = trade.id;
        let aggressor = Some(if trade.is_buyer_maker { Side::Sell } else { Side::Buy });
        let kind = EventKind::Trade(TradeFact { price, qty, aggressor });
        self.report_market(definition.id, of_ms(trade.time_ms), kind);
        Some(())
    }

    fn touch(&mut self, definition: &Instrument, touch: &Touch<'_>) -> Option<()> {
        let quote = quote(definition, touch)?;
        let market = self.feeds.markets.get_mut(&definition.id)?;
        if touch.update < market.update {
            return Some(());
        }
        let before = std::mem::replace(&mut market.update, touch.update);
        let was_in_force =
            market.book.as_ref().and_then(Book::last).is_some_and(|at| before <= at && at < touch.update);
        let is_doubted = was_in_force && market.touch.is_some_and(|touch| !market.ladder.agrees(&touch));
        if market.touch != Some(quote) {
            market.touch = Some(quote);
            self.report_market(definition.id, of_ms(touch.time_ms), EventKind::Quote(quote));
        }
        if is_doubted {
            self.drop_book(definition.id);
        }
        Some(())
    }

    fn mark_price(&mut self, definition: &Instrument, mark: &Mark<'_>) -> Option<()> {
        let time = of_ms(mark.time_ms);
        // A mark has digits of its own; it is cut to those of prices.
        let price = Price(mark.price.cut_at(definition.price_scale)?);
        self.report_market(definition.id, time, EventKind::MarkPrice(price));
        if let Some(rate) = mark.funding {
            let rate_e9 = rate.at(Scale::new(9)?)?;
            let next_time = of_ms(mark.funding_time_ms);
            self.report_market(definition.id, time, EventKind::FundingRate(Funding { rate_e9, next_time }));
        }
        Some(())
    }

    fn bar(&mut self, definition: &Instrument, bar: &Kline<'_>) -> Option<()> {
        if !bar.is_closed {
            return Some(());
        }
        let price = |at: usize| bar.prices[at].at(definition.price_scale).map(Price);
        let kind = EventKind::Bar(Bar {
            open: price(0)?,
            high: price(1)?,
            low: price(2)?,
            close: price(3)?,
            volume: Qty(bar.volume.at(definition.qty_scale)?),
            open_time: of_ms(bar.open_ms),
            interval_ns: 60 * NS_PER_S,
        });
        self.report_market(definition.id, of_ms(bar.close_ms.saturating_add(1)), kind);
        Some(())
    }

    fn depth(&mut self, definition: &Instrument, change: &DepthChange<'_>) -> Option<()> {
        let levels = levels(definition, &change.bids, &change.asks)?;
        let change_of = Change { first: change.first, last: change.last, previous: change.previous, levels };
        let book = self.feeds.markets.get_mut(&definition.id)?.book.as_mut()?;
        let was_known = book.is_known();
        let came = book.change(change_of);
        if was_known && came == Came::NeedSnapshot {
            self.notice(Notice::BookGap(definition.id));
        }
        self.book_came(definition.id, came, of_ms(change.time_ms));
        Some(())
    }

    fn book_came(&mut self, id: InstrumentId, came: Came, time: TimeNs) {
        match came {
            Came::Nothing => {}
            Came::NeedSnapshot => self.timers.set_by(self.now, Task::AskBook(id)),
            Came::Records(records) => {
                let market = self.feeds.markets.get_mut(&id);
                if market.is_some_and(|market| !market.ladder.take(&records)) {
                    return self.drop_book(id);
                }
                for record in records {
                    self.report_market(id, time, EventKind::BookLevel(record));
                }
            }
        }
        self.tell_stale(id);
    }

    /// A book that cannot be the venue's: it is stale until a snapshot has come.
    fn drop_book(&mut self, id: InstrumentId) {
        self.notice(Notice::BookWrong(id));
        self.forget_book(id);
        self.retry(Task::AskBook(id));
    }

    pub(crate) fn ask_book(&mut self, id: InstrumentId) {
        let lacks =
            self.feeds.markets.get(&id).and_then(|market| market.book.as_ref()).is_some_and(|book| !book.is_known());
        let Some(listed) = self.listed(id).filter(|_| lacks) else { return };
        let request = request::depth(&listed.place(self.settings.product));
        if !self.call(request, Purpose::Book(id), Class::Query) {
            self.retry(Task::AskBook(id));
        }
    }

    pub(crate) fn book_answered(&mut self, id: InstrumentId, json: &Json<'_>) -> Result<(), CodecError> {
        let snapshot = market::depth_snapshot(json)?;
        let Some(definition) = self.listed(id).map(|listed| listed.instrument) else { return Ok(()) };
        let DepthSnapshot { last, bids, asks } = snapshot;
        let Some(levels) = levels(&definition, &bids, &asks) else {
            self.notice(Notice::Undecodable("depth: a number beyond the instrument's scale".to_owned()));
            return Ok(());
        };
        let book = self.feeds.markets.get_mut(&id).and_then(|market| market.book.as_mut());
        let Some(book) = book else { return Ok(()) };
        let came = book.snapshot(&Change { first: 0, last, previous: None, levels });
        if came == Came::NeedSnapshot {
            self.retry(Task::AskBook(id));
        } else {
            self.worked(&Task::AskBook(id));
            let now = self.venue_time();
            self.book_came(id, came, now);
        }
        Ok(())
    }

    pub(crate) fn watch(&mut self) {
        self.timers.set(self.now.plus(WATCH_NS), Task::Watch);
        self.watch_user();
        for channel in self.feeds.wanted() {
            if self.feeds.feeds.get(&channel).is_some_and(|feed| feed.is_live) {
                self.watch_feed(channel);
            }
        }
    }

    fn watch_feed(&mut self, channel: Channel) {
        let mut youngest = u64::MAX;
        for id in self.on_channel(channel) {
            let Some(market) = self.feeds.markets.get(&id) else { continue };
            let heard_at = market.heard_at.get(&channel).copied().unwrap_or(TimeNs(0));
            let silent = self.now.age_of(heard_at).unwrap_or(0);
            youngest = youngest.min(silent);
            let has_touch = market.touch.is_some() && channel == Channel::Books;
            if has_touch && (silent >= QUIET_NS || market.touch_is_old) {
                self.probe(channel, id);
            }
        }
        if (DEAD_NS..u64::MAX).contains(&youngest) {
            self.stalled(channel);
        }
    }

    fn probe(&mut self, channel: Channel, id: InstrumentId) {
        let purpose = Purpose::ProbeFeed(channel, id);
        let Some(listed) = self.listed(id).filter(|_| !self.calls.waits(&purpose)) else { return };
        let request = request::touch(&listed.place(self.settings.product));
        self.call(request, purpose, Class::Query);
    }

    /// A stream that lives would have told what the answer tells.
    pub(crate) fn feed_probed(
        &mut self,
        (channel, id): (Channel, InstrumentId),
        json: &Json<'_>,
    ) -> Result<(), CodecError> {
        let touch = market::touch_answer(json)?;
        let Some(definition) = self.listed(id).map(|listed| listed.instrument) else { return Ok(()) };
        let found = quote(&definition, &touch);
        let Some(market) = self.feeds.markets.get_mut(&id) else { return Ok(()) };
        let heard_at = market.heard_at.get(&channel).copied();
        let is_quiet = heard_at.is_some_and(|at| self.now.age_of(at).unwrap_or(0) >= QUIET_NS);
        if market.touch_is_old {
            self.quiet_since_opened((channel, id), found);
        } else if is_quiet && found != market.touch {
            self.stalled(channel);
        } else {
            market.heard_at.insert(channel, self.now);
        }
        Ok(())
    }

    /// A connection has not brought the touch since it was opened, as in a quiet market. What moved while there was none is not
    /// told by it: the answer is, and the book is asked for.
    fn quiet_since_opened(&mut self, (channel, id): (Channel, InstrumentId), found: Option<Quote>) {
        let (now, venue_time) = (self.now, self.venue_time());
        let Some(market) = self.feeds.markets.get_mut(&id) else { return };
        market.touch_is_old = false;
        market.awaits.retain(|awaited| *awaited != channel);
        market.heard_at.insert(channel, now);
        let news = found.filter(|found| market.touch != Some(*found));
        market.touch = found.or(market.touch);
        if market.had_book {
            self.timers.set_by(now, Task::AskBook(id));
        }
        self.tell_stale(id);
        if let Some(quote) = news {
            self.report_market(id, venue_time, EventKind::Quote(quote));
        }
    }

    fn stalled(&mut self, channel: Channel) {
        self.notice(Notice::Stalled(channel));
        self.reopen(channel);
        self.retry(Task::OpenFeed(channel));
    }
}

/// Price and quantity at the scales of an instrument.
fn level(definition: &Instrument, level: Level) -> Option<(Price, Qty)> {
    Some((Price(level.price.at(definition.price_scale)?), Qty(level.qty.at(definition.qty_scale)?)))
}

fn levels(definition: &Instrument, bids: &[Level], asks: &[Level]) -> Option<Vec<(Side, Price, Qty)>> {
    let side = |side: Side, levels: &[Level]| {
        levels
            .iter()
            .map(|one| level(definition, *one).map(|(price, qty)| (side, price, qty)))
            .collect::<Option<Vec<_>>>()
    };
    let mut all = side(Side::Buy, bids)?;
    all.extend(side(Side::Sell, asks)?);
    Some(all)
}

fn quote(definition: &Instrument, touch: &Touch<'_>) -> Option<Quote> {
    let ((bid_price, bid_qty), (ask_price, ask_qty)) = (level(definition, touch.bid)?, level(definition, touch.ask)?);
    Some(Quote { bid_price, bid_qty, ask_price, ask_qty })
}
