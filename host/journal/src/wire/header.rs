//! Header: what must a replayer know before the first event?
//!
//! In: facts of the run that the edge knows before it starts. Out: the payload of the header record. Must never: hold a
//! path, a host name or a wall-clock time; equal inputs give equal header bytes.

use ringfence_core::blob::Sha256Hash;
use ringfence_core::canonical::{DecodeError, Read, Reader, Writer};
use ringfence_core::event::Mode;
use ringfence_core::ids::{SessionId, StrategyId};

use super::event::take_array;

/// Version of frames, records and this header.
pub const FORMAT_VERSION: u16 = 1;

/// A strategy's component, kept in `components/<sha256>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ComponentRef {
    /// Which strategy starts with it.
    pub strategy: StrategyId,
    /// SHA-256 of the component file.
    pub sha256: Sha256Hash,
}

/// A tape; where the file lies is a hint in the sidecar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TapeRef {
    /// SHA-256 of the file as stored (compressed, if it is).
    pub sha256: Sha256Hash,
}

/// Which rows of the merged tapes are fed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feed {
    /// At most so many rows, repeats included; `None` = all.
    pub rows_max: Option<u64>,
    /// How often the tapes are played, at least 1.
    pub repeat: u32,
}

/// First record of every journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Session the journal belongs to; also in every frame.
    pub session: SessionId,
    /// Mode of the session.
    pub mode: Mode,
    /// Version of the rules that derive decisions; equal versions give equal decisions.
    pub rules_version: u32,
    /// Name and version of the release that wrote it.
    pub engine: String,
    /// Name and version of the table that fuel is counted by.
    pub operator_costs: String,
    /// SHA-256 of the canonical configuration.
    pub config: Sha256Hash,
    /// Components the session starts with, by ascending strategy.
    pub components: Vec<ComponentRef>,
    /// Tapes in the order of their index.
    pub tapes: Vec<TapeRef>,
    /// Which of their rows are fed.
    pub feed: Feed,
    /// Further facts that a replayer needs, by ascending name; never a path or a time of day.
    pub facts: Vec<(String, String)>,
}

impl Header {
    /// Appends the payload of a header record.
    pub fn put(&self, w: &mut Writer) {
        w.u16(FORMAT_VERSION);
        w.raw(&self.session.0);
        w.u8(self.mode.number());
        w.u32(self.rules_version);
        w.text(&self.engine);
        w.text(&self.operator_costs);
        w.raw(&self.config);
        w.list(&self.components, |w, component| {
            w.u16(component.strategy.0);
            w.raw(&component.sha256);
        });
        w.list(&self.tapes, |w, tape| w.raw(&tape.sha256));
        w.option(self.feed.rows_max, Writer::u64);
        w.u32(self.feed.repeat);
        w.list(&self.facts, |w, (name, value)| {
            w.text(name);
            w.text(value);
        });
    }

    /// Reads the payload of a header record.
    ///
    /// # Errors
    /// [`DecodeError`] when the bytes are not exactly one header of [`FORMAT_VERSION`].
    pub fn take(payload: &[u8]) -> Read<Header> {
        let r = &mut Reader::new(payload);
        if r.u16()? != FORMAT_VERSION {
            return Err(DecodeError::Invalid(0, "format version"));
        }
        let header = Header {
            session: SessionId(take_array(r)?),
            mode: Mode::take(r)?,
            rules_version: r.u32()?,
            engine: r.text()?,
            operator_costs: r.text()?,
            config: take_array(r)?,
            components: r.list(|r| Ok(ComponentRef { strategy: StrategyId(r.u16()?), sha256: take_array(r)? }))?,
            tapes: r.list(|r| Ok(TapeRef { sha256: take_array(r)? }))?,
            feed: Feed { rows_max: r.option(Reader::u64)?, repeat: r.u32()? },
            facts: r.list(|r| Ok((r.text()?, r.text()?)))?,
        };
        r.finish()?;
        if header.is_ordered() { Ok(header) } else { Err(r.invalid("order of components or facts, or repeat")) }
    }

    /// Components by ascending strategy, facts by ascending name, none twice, tapes played at least once: equal facts have
    /// equal bytes.
    pub(crate) fn is_ordered(&self) -> bool {
        self.components.is_sorted_by(|left, right| left.strategy < right.strategy)
            && self.facts.is_sorted_by(|(left, _), (right, _)| left < right)
            && self.feed.repeat > 0
    }

    /// The format version that a header payload states; `None` when there are not even two bytes.
    #[must_use]
    pub fn format_version(payload: &[u8]) -> Option<u16> {
        Reader::new(payload).u16().ok()
    }

    /// A fact by its name.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.facts.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}
