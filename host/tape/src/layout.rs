//! Layouts: which columns does a tape have?
//!
//! In: the first line of a file. Out: one of three layouts, or nothing. Must never: accept a header that is only
//! similar (another order, another unit, another case).

use std::fmt;

use crate::native::RecordLayout;

/// Columns of a tape, recognised by its header line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layout {
    /// `ts_ns,price,qty`: one trade a row.
    Trades,
    /// `ts_ns,kind,p1,q1,p2,q2`: kind Q = best bid and ask, B / S = trade with the buyer / seller as aggressor.
    Quotes,
    /// `ts_ns,open,high,low,close,volume`: one bar a row.
    Bars,
}

impl Layout {
    /// Every layout.
    pub const ALL: [Layout; 3] = [Layout::Trades, Layout::Quotes, Layout::Bars];

    /// The header line, exactly as it has to stand in the file.
    #[must_use]
    pub const fn header(self) -> &'static str {
        match self {
            Layout::Trades => "ts_ns,price,qty",
            Layout::Quotes => "ts_ns,kind,p1,q1,p2,q2",
            Layout::Bars => "ts_ns,open,high,low,close,volume",
        }
    }

    /// Stable name in text and JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Layout::Trades => "trades",
            Layout::Quotes => "quotes",
            Layout::Bars => "bars",
        }
    }

    /// The layout with this header; the comparison is exact.
    #[must_use]
    pub fn from_header(line: &[u8]) -> Option<Layout> {
        Layout::ALL.into_iter().find(|layout| layout.header().as_bytes() == line)
    }

    /// Names of the columns, in order.
    pub(crate) fn columns(self) -> impl Iterator<Item = &'static str> {
        self.header().split(',')
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Form and content of a tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TapeLayout {
    /// Lines of text with these columns.
    Text(Layout),
    /// Records of a native tape.
    Native(RecordLayout),
}

impl fmt::Display for TapeLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TapeLayout::Text(layout) => write!(f, "{layout}"),
            TapeLayout::Native(layout) => write!(f, "native {layout}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_is_recognised_by_its_exact_header_only() {
        for layout in Layout::ALL {
            let header = layout.header();
            assert_eq!(Layout::from_header(header.as_bytes()), Some(layout));
            for near in [header.to_uppercase(), format!("{header},"), format!(" {header}"), header.replace(',', ";")] {
                assert_eq!(Layout::from_header(near.as_bytes()), None, "{near}");
            }
        }
        assert_eq!(Layout::from_header(b""), None);
    }
}
