//! Venues and accounts: when may orders go there, from where, and how fast?
//!
//! In: values checked at the edge, or canonical bytes. Out: availability windows, blocked regions and token buckets.
//! Must never: know a protocol or a credential.

use alloc::string::String;
use alloc::vec::Vec;

use crate::canonical::{Read, Reader, Writer};
use crate::event::MarginMode;
use crate::ids::{CurrencyId, TimeNs, VenueId};

/// A venue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Venue {
    /// Name, the part of `VENUE:SYMBOL` before the colon.
    pub name: String,
    /// When orders may be sent there; empty = always.
    pub windows: Vec<Window>,
    /// Regions from which it may not be traded.
    pub regions_blocked: Vec<String>,
    /// How fast commands may be sent to it, over all accounts; `None` = off.
    pub pacing: Option<Pacing>,
    /// Leverage in hundredths without which nothing is traded there live; `None` = any.
    pub leverage: Option<u32>,
    /// Margin mode without which nothing is traded there live; `None` = any.
    pub margin_mode: Option<MarginMode>,
}

/// An account at a venue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Label, never a credential.
    pub name: String,
    /// Its venue.
    pub venue: VenueId,
    /// Currency of its cash.
    pub currency: CurrencyId,
    /// How fast commands of this account may be sent; `None` = off.
    pub pacing: Option<Pacing>,
}

/// A span of the day on some days of the week, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// One bit a day on which the span starts, Monday = bit 0.
    pub days: u8,
    /// First second of the day that is inside.
    pub from_s: u32,
    /// First second of the day that is outside; at or below `from_s` = on the next day.
    pub to_s: u32,
}

/// A token bucket in event time: `per_s` tokens come back each second, up to `burst`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pacing {
    /// Tokens that come back in a second, above 0.
    pub per_s: u32,
    /// Most tokens the bucket holds; it starts full.
    pub burst: u32,
    /// Tokens of a submit.
    pub submit: u32,
    /// Tokens of an amend.
    pub amend: u32,
    /// Tokens of a cancel.
    pub cancel: u32,
    /// Tokens that submits and amends leave for cancels.
    pub cancel_reserve: u32,
}

const DAY_S: u64 = 86_400;
const NS_PER_S: u64 = 1_000_000_000;

impl Window {
    /// True when a point in time lies inside.
    #[must_use]
    pub fn contains(&self, time: TimeNs) -> bool {
        let seconds = time.0 / NS_PER_S;
        let (day, second) = (seconds / DAY_S, seconds % DAY_S);
        let starts = |day: u64| self.days >> weekday(day) & 1 == 1;
        let (from, to) = (u64::from(self.from_s), u64::from(self.to_s));
        if to > from {
            return starts(day) && (from..to).contains(&second);
        }
        // It began today, or it began yesterday and goes on.
        (starts(day) && second >= from) || (day > 0 && starts(day - 1) && second < to)
    }
}

/// Monday = 0; the first day of the Unix epoch was a Thursday.
const fn weekday(day: u64) -> u64 {
    (day + 3) % 7
}

impl Venue {
    pub(super) fn put(&self, w: &mut Writer) {
        w.text(&self.name);
        w.list(&self.windows, |w, window| {
            w.u8(window.days);
            w.u32(window.from_s);
            w.u32(window.to_s);
        });
        w.list(&self.regions_blocked, |w, region| w.text(region));
        // Bits of one byte, so that a venue without margin has the bytes it had before there was any.
        let bits = [self.pacing.is_some(), self.leverage.is_some(), self.margin_mode.is_some()];
        w.u8(bits.into_iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(bit)));
        if let Some(pacing) = self.pacing {
            put_pacing(w, pacing);
        }
        if let Some(hundredths) = self.leverage {
            w.u32(hundredths);
        }
        if let Some(mode) = self.margin_mode {
            w.u8(mode.number());
        }
    }

    pub(super) fn take(r: &mut Reader<'_>) -> Read<Venue> {
        let name = r.text()?;
        let windows = r.list(|r| Ok(Window { days: r.u8()?, from_s: r.u32()?, to_s: r.u32()? }))?;
        let regions_blocked = r.list(Reader::text)?;
        let bits = r.u8()?;
        if bits > 7 {
            return Err(r.invalid("pacing, leverage and margin mode"));
        }
        let pacing = if bits & 1 == 1 { Some(take_pacing(r)?) } else { None };
        let leverage = if bits & 2 == 2 { Some(r.u32()?) } else { None };
        let margin_mode = if bits & 4 == 4 { Some(MarginMode::take(r)?) } else { None };
        Ok(Venue { name, windows, regions_blocked, pacing, leverage, margin_mode })
    }
}

impl Account {
    pub(super) fn put(&self, w: &mut Writer) {
        w.text(&self.name);
        w.u16(self.venue.0);
        w.u32(self.currency.0);
        w.option(self.pacing, put_pacing);
    }

    pub(super) fn take(r: &mut Reader<'_>) -> Read<Account> {
        Ok(Account {
            name: r.text()?,
            venue: VenueId(r.u16()?),
            currency: CurrencyId(r.u32()?),
            pacing: r.option(take_pacing)?,
        })
    }
}

fn put_pacing(w: &mut Writer, pacing: Pacing) {
    for number in [pacing.per_s, pacing.burst, pacing.submit, pacing.amend, pacing.cancel, pacing.cancel_reserve] {
        w.u32(number);
    }
}

fn take_pacing(r: &mut Reader<'_>) -> Read<Pacing> {
    let pacing = Pacing {
        per_s: r.u32()?,
        burst: r.u32()?,
        submit: r.u32()?,
        amend: r.u32()?,
        cancel: r.u32()?,
        cancel_reserve: r.u32()?,
    };
    if pacing.is_sound() { Ok(pacing) } else { Err(r.invalid("pacing that never lets a command go")) }
}

impl Pacing {
    /// True when every command can leave some day: a full bucket pays for each kind beside the reserve.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let beside_reserve = self.burst.saturating_sub(self.cancel_reserve);
        self.per_s > 0 && self.submit.max(self.amend) <= beside_reserve && self.cancel <= self.burst
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1970-01-05 was a Monday.
    fn monday(seconds: u64) -> TimeNs {
        TimeNs((4 * DAY_S + seconds) * NS_PER_S)
    }

    #[test]
    fn a_window_holds_its_first_second_and_not_its_last() {
        let window = Window { days: 1, from_s: 100, to_s: 200 };
        let inside = |seconds| window.contains(monday(seconds));
        assert!(!inside(99) && inside(100) && inside(199) && !inside(200));
        assert!(!inside(DAY_S + 150), "Tuesday");
        assert!(inside(7 * DAY_S + 150), "the next Monday");
        assert!(!window.contains(TimeNs(monday(100).0 - 1)));
    }

    #[test]
    fn a_window_over_midnight_belongs_to_the_day_it_starts() {
        let window = Window { days: 1, from_s: 86_000, to_s: 400 };
        let inside = |seconds| window.contains(monday(seconds));
        assert!(!inside(0) && !inside(85_999) && inside(86_000) && inside(DAY_S + 399) && !inside(DAY_S + 400));
        let always = Window { days: 0x7f, from_s: 0, to_s: 0 };
        assert!(always.contains(TimeNs(0)) && always.contains(monday(86_399)));
    }

    #[test]
    fn what_is_asked_of_a_venue_survives_its_bytes_and_a_venue_without_it_has_the_old_ones() {
        let pacing = Pacing { per_s: 1, burst: 5, submit: 3, amend: 2, cancel: 5, cancel_reserve: 2 };
        for bits in 0..8 {
            let venue = Venue {
                name: "V".into(),
                pacing: (bits & 1 == 1).then_some(pacing),
                leverage: (bits & 2 == 2).then_some(500),
                margin_mode: (bits & 4 == 4).then_some(MarginMode::Isolated),
                ..Venue::default()
            };
            let mut w = Writer::new();
            venue.put(&mut w);
            let bytes = w.into_bytes();
            assert_eq!(Reader::whole(&bytes, Venue::take), Ok(venue), "bits {bits}");
            // Name, two empty lists, then one byte as it was when it told of pacing alone.
            assert_eq!(bytes[13], bits, "bits {bits}");
        }
        let unknown = [1, 0, 0, 0, b'V', 0, 0, 0, 0, 0, 0, 0, 0, 8];
        assert!(Reader::whole(&unknown, Venue::take).is_err());
    }

    #[test]
    fn pacing_that_can_never_pay_is_not_sound() {
        let pacing = Pacing { per_s: 1, burst: 5, submit: 3, amend: 2, cancel: 5, cancel_reserve: 2 };
        assert!(pacing.is_sound());
        assert!(!Pacing { submit: 4, ..pacing }.is_sound());
        assert!(!Pacing { amend: 4, ..pacing }.is_sound());
        assert!(!Pacing { cancel: 6, ..pacing }.is_sound());
        assert!(!Pacing { per_s: 0, ..pacing }.is_sound());
    }
}
