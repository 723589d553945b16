//! Where the fields lie that many message types share, which follows from the tables of the messages.

use super::{Dialect, Form, MessageRef, NumberedForm, TYPES};
use crate::units::{SymbolIndex, SymbolSeqNum};

/// The fields with which every message begins that has a number within its symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Head {
    /// Seconds since 1970 UTC; `None` where a time reference of the channel has them.
    pub source_time: Option<u32>,
    /// Nanoseconds within the second.
    pub source_time_ns: u32,
    /// The symbol.
    pub symbol_index: SymbolIndex,
    /// The number of the message within its symbol.
    pub symbol_seq_num: SymbolSeqNum,
    /// What the message is.
    pub(crate) form: NumberedForm,
}

impl Head {
    /// The head of a message; `None` for types that have none, and for messages too short.
    #[inline]
    pub(super) fn read(dialect: Dialect, message: MessageRef<'_>) -> Option<Self> {
        let word = |bytes: [u8; 4]| u32::from_le_bytes(bytes);
        match layout(dialect, message.msg_type()).start {
            Start::Nanoseconds(form) => {
                let &[_, _, _, _, a, b, c, d, e, f, g, h, i, j, k, l] =
                    message.bytes().first_chunk()?;
                Some(Self {
                    source_time: None,
                    source_time_ns: word([a, b, c, d]),
                    symbol_index: SymbolIndex::from_raw(word([e, f, g, h])),
                    symbol_seq_num: SymbolSeqNum::from_raw(word([i, j, k, l])),
                    form,
                })
            }
            Start::FullTime(form) => {
                let (_, rest) = message.bytes().split_first_chunk::<4>()?;
                let &[a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] = rest.first_chunk()?;
                Some(Self {
                    source_time: Some(word([a, b, c, d])),
                    source_time_ns: word([e, f, g, h]),
                    symbol_index: SymbolIndex::from_raw(word([i, j, k, l])),
                    symbol_seq_num: SymbolSeqNum::from_raw(word([m, n, o, p])),
                    form,
                })
            }
            Start::Other => None,
        }
    }
}

/// How messages of a type begin.
#[derive(Clone, Copy)]
struct Layout {
    /// Offset of SymbolIndex; past every message when they name no symbol.
    symbol_index: u16,
    start: Start,
}

/// What follows the message header, and what the message then is.
#[derive(Clone, Copy)]
enum Start {
    /// SourceTimeNS, SymbolIndex, SymbolSeqNum.
    Nanoseconds(NumberedForm),
    /// SourceTime, SourceTimeNS, SymbolIndex, SymbolSeqNum.
    FullTime(NumberedForm),
    /// Something else.
    Other,
}

/// Names no symbol.
const NO_SYMBOL: Layout = Layout {
    symbol_index: u16::MAX,
    start: Start::Other,
};

impl Layout {
    /// As the table of the type says.
    const fn of_type(dialect: Dialect, msg_type: u16) -> Self {
        match Form::of(dialect, msg_type, usize::MAX) {
            Some(form) => Self::new(form),
            None => NO_SYMBOL,
        }
    }

    /// As the table of the form says.
    const fn new(form: Form) -> Self {
        let places = form.places();
        let symbol_index = match places.symbol_index {
            Some(offset) => offset,
            None => NO_SYMBOL.symbol_index,
        };
        let head = (
            places.source_time,
            places.source_time_ns,
            places.symbol_index,
            places.symbol_seq_num,
        );
        let start = match (form, head) {
            (Form::Numbered(form), (None, Some(4), Some(8), Some(12))) => Start::Nanoseconds(form),
            (Form::Numbered(form), (Some(4), Some(8), Some(12), Some(16))) => Start::FullTime(form),
            (Form::Numbered(_), _) => {
                panic!("a numbered message begins with its time, symbol and number")
            }
            (Form::Control(_) | Form::Aside(_), (_, Some(_), Some(_), Some(_))) => {
                panic!("a message with time, symbol and number is a numbered one")
            }
            (Form::Control(_) | Form::Aside(_), _) => Start::Other,
        };
        Self {
            symbol_index,
            start,
        }
    }
}

/// Layouts by message type.
type Layouts = [Layout; TYPES];

/// The layouts of a dialect. All forms of a number begin alike, so any may tell it.
const fn layouts(dialect: Dialect) -> Layouts {
    let mut layouts = [NO_SYMBOL; TYPES];
    let mut rest: &mut [Layout] = &mut layouts;
    let mut msg_type = 0;
    while let Some((layout, others)) = rest.split_first_mut() {
        *layout = Layout::of_type(dialect, msg_type);
        msg_type += 1;
        rest = others;
    }
    layouts
}

/// Those of every dialect, in the order of [`Dialect::ALL`].
static ALL: [Layouts; Dialect::ALL.len()] = {
    let [legacy, xdp, pillar] = Dialect::ALL;
    [layouts(legacy), layouts(xdp), layouts(pillar)]
};

/// How messages of the type begin.
#[inline]
fn layout(dialect: Dialect, msg_type: u16) -> Layout {
    // Where they are is computed, not chosen.
    let layouts = ALL.get(dialect as usize).unwrap_or(&ALL[0]);
    layouts
        .get(usize::from(msg_type))
        .copied()
        .unwrap_or(NO_SYMBOL)
}

/// Where SymbolIndex lies in a message of this type, past every message when it has none.
#[inline]
pub(super) fn symbol_index_offset(dialect: Dialect, msg_type: u16) -> usize {
    usize::from(layout(dialect, msg_type).symbol_index)
}
