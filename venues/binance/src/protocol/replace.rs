//! Replacing: what became of an order that was to take another's place?
//!
//! In: answers to canceling and placing in one request. Out: what became of both. Must never: take a canceled order whose
//! replacement failed for one that still works, or the other way round.
//!
//! A replacement has an id that begins with that of the order whose place it takes: after a restart, when nobody remembers the
//! amend, what the venue says of it is said of that order all the same.

use ringfence_core::event::{Command, RejectReason};
use ringfence_core::ids::ClientOrderId;

use crate::codec::failure::reject_reason;
use crate::codec::json::Json;
use crate::codec::order::{self, OrderAnswer, Replaced};
use crate::codec::read::{CodecError, answer};
use crate::codec::{Failure, Fate};
use crate::protocol::Machine;
use crate::protocol::commands::About;
use crate::protocol::doubts::Kind;

/// What stands between the id of an order and what tells its replacements apart.
const MARK: char = '-';
/// Characters of a client id that are the number of its intent.
const INTENT: std::ops::Range<usize> = 13..22;

/// The id of the order that an amend puts in the place of another: the first id of that order, and the amend's intent. With
/// 35 characters it is as long as venues take.
pub(crate) fn replacement_id(first: &str, amend: &str) -> String {
    format!("{first}{MARK}{}", amend.get(INTENT).unwrap_or(amend))
}

/// The first id of the order whose place an order with this id took; `None` where it took nobody's.
pub(crate) fn replaced_id(id: &str) -> Option<&str> {
    let (first, amend) = id.split_at_checked(ClientOrderId::LEN)?;
    amend.strip_prefix(MARK).filter(|intent| intent.len() == INTENT.len()).map(|_| first)
}

impl Machine {
    pub(crate) fn replaced(&mut self, id: &str, json: &Json<'_>) -> Result<(), CodecError> {
        let said = order::replaced(json)?;
        self.both(id, &said);
        Ok(())
    }

    fn both(&mut self, id: &str, said: &Replaced) {
        let Some(about) = self.about(id, Command::Amend) else { return };
        match (&said.canceled, &said.placed) {
            (_, Some(Ok(placed))) => self.placed(id, placed),
            (Some(Ok(canceled)), placed) => {
                // The old one is gone, and nothing stands in its place.
                let refused = placed.as_ref().and_then(|placed| placed.as_ref().err());
                let reason = refused.map_or(RejectReason::Unknown, |(code, words)| reject_reason(*code, words));
                self.half_done(id, about, (canceled, reason));
            }
            (Some(Err((_, words))), _) if words.to_ascii_lowercase().contains("unknown order") => {
                self.judge(id, Kind::Amend(about.command), RejectReason::TooLate);
            }
            (Some(Err(_)) | None, Some(Err(_)) | None) => self.give_back(id, about, Some(()), RejectReason::TooLate),
        }
    }

    fn placed(&mut self, id: &str, placed: &OrderAnswer) {
        if let Some((evidence, fills)) = self.evidence(placed) {
            self.ledger.observe(&evidence, &fills);
            self.settle_doubts(id);
            self.chase_fills(id);
        }
    }

    fn half_done(&mut self, id: &str, about: About, (canceled, reason): (&OrderAnswer, RejectReason)) {
        self.give_back(id, about, Some(()), reason);
        if let Some((evidence, fills)) = self.evidence(canceled) {
            self.ledger.observe(&evidence, &fills);
            self.chase_fills(id);
        }
    }

    pub(crate) fn replace_refused(&mut self, id: &str, (failure, is_late): (&Failure, bool), body: &[u8]) {
        let Some(about) = self.about(id, Command::Amend) else { return };
        if !self.awaits(id, Kind::Amend(about.command)) {
            return;
        }
        if failure.fate == Fate::HalfReplaced
            && let Some(said) = answer(body).ok().and_then(|json| order::replaced(&json).ok())
        {
            return self.both(id, &said);
        }
        match failure.fate {
            Fate::Unknown | Fate::HalfReplaced if is_late => {}
            Fate::Unknown | Fate::HalfReplaced => self.doubt(id, Kind::Amend(about.command), about),
            Fate::UnknownOrder | Fate::Duplicate => self.judge(id, Kind::Amend(about.command), RejectReason::TooLate),
            Fate::Unavailable | Fate::Clock | Fate::Credentials => {
                self.give_back(id, about, None, RejectReason::TransmitRefused);
            }
            Fate::TooMany | Fate::Banned => self.give_back(id, about, None, RejectReason::RateLimited),
            Fate::Rejected(reason) => self.give_back(id, about, Some(()), reason),
            Fate::Rules | Fate::NoListenKey | Fate::NoChange => {
                self.give_back(id, about, Some(()), RejectReason::Unknown);
            }
        }
    }
}
