//! How the two formats of captures begin.

use pcap_parser::pcapng::SHB_MAGIC;

/// What a file header begins with, as a little-endian machine writes it: units of microseconds, of
/// nanoseconds, and the modified format.
const MAGICS: [u32; 3] = [0xa1b2_c3d4, 0xa1b2_3c4d, 0xa1b2_cd34];
/// The version that follows, the only one that was ever written.
const VERSION: [u16; 2] = [2, 4];

/// Whether a file header of pcap begins here. Where a record could begin, that is another capture,
/// which was put behind the one before.
#[cold]
pub(super) fn is_pcap(ahead: &[u8]) -> bool {
    let little = |magic: u32| (magic.to_le_bytes(), VERSION.map(u16::to_le_bytes));
    let big = |magic: u32| (magic.to_be_bytes(), VERSION.map(u16::to_be_bytes));
    MAGICS
        .iter()
        .flat_map(|magic| [little(*magic), big(*magic)])
        .any(|(magic, version)| {
            let behind = ahead.strip_prefix(&magic);
            behind.is_some_and(|behind| behind.starts_with(version.as_flattened()))
        })
}

/// Whether a section of pcapng begins here.
pub(super) fn is_pcapng(ahead: &[u8]) -> bool {
    ahead.starts_with(&SHB_MAGIC.to_le_bytes())
}
