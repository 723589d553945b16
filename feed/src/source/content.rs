//! What an input looks like that is none of what is read.

/// Bytes of the start that are looked at: as far as a tape archive's mark.
pub(super) const LOOKED_AT: usize = 262;

/// What an input looks like, and the way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Content {
    /// What it looks like.
    pub what: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// The one mark that could be a PktSize; but no packet has a delivery flag of 0.
pub(super) const LZMA: &[u8] = b"\x5d\0\0";

const NOTHING: Content = content(
    "nothing that is known",
    "give channel files, pcap or pcapng, plain, gzip or zstd",
);
const TEXT: &str = "give the channel file or capture that it was made from";

/// The bytes at the start that tell, where they are, and what of.
#[rustfmt::skip]
const KNOWN: &[(usize, &[u8], Content)] = &[
    (0, b"\xfd7zXZ\0", content("xz", "unxz undoes it")),
    (0, b"BZh", content("bzip2", "bunzip2 undoes it")),
    (0, b"\x04\x22\x4d\x18", content("lz4", "unlz4 undoes it")),
    (0, b"\x02\x21\x4c\x18", content("lz4 of before 2013", "unlz4 undoes it")),
    (0, b"\x89LZO", content("lzop", "lzop -d undoes it")),
    (0, b"LZIP", content("lzip", "lzip -d undoes it")),
    (0, LZMA, content("lzma", "unlzma undoes it")),
    (0, b"\x1f\x9d", content("compress (.Z)", "gzip -d undoes it")),
    (0, b"\xff\x06\0\0sNaPpY", content("snappy", "snzip -d undoes it")),
    (0, b"PK\x03\x04", content("a zip archive", "unzip unpacks it")),
    (0, b"PK\x05\x06", content("an empty zip archive", "there is nothing in it")),
    (0, b"7z\xbc\xaf\x27\x1c", content("a 7z archive", "7z x unpacks it")),
    (0, b"Rar!", content("a RAR archive", "unrar x unpacks it")),
    (257, b"ustar", content("a tar archive", "tar -xf unpacks it")),
    (0, b"snoop\0\0\0", content("a capture by snoop", CAPTURE)),
    (0, b"\xa1\xb2\xcd\x34", content("a capture in the modified pcap of a big-endian machine", CAPTURE)),
    (0, b"GMBU", content("a capture by Network Monitor", CAPTURE)),
    (0, b"RTSS", content("a capture by Network Monitor", CAPTURE)),
    (0, b"TRSNIFF data", content("a capture by Sniffer", CAPTURE)),
    (0, b"XCP\0", content("a capture by NetXRay", CAPTURE)),
    (0, b"iptrace ", content("a capture by iptrace", CAPTURE)),
    (0, b"\x7fELF", content("a program", "name the input")),
    (0, b"DBN", content("a DBN file, which holds records and not packets", "there is no feed in it")),
    (0, b"PAR1", content("a Parquet file", "there is no feed in it")),
    (0, b"ARROW1", content("an Arrow file", "there is no feed in it")),
    (0, b"SQLite format 3\0", content("an SQLite database", "there is no feed in it")),
    (0, b"%PDF", content("a PDF document", "there is no feed in it")),
    (0, b"<!DOCTYPE", content("an HTML page, as a failed download leaves it", "download it again")),
    (0, b"<!doctype", content("an HTML page, as a failed download leaves it", "download it again")),
    (0, b"<html", content("an HTML page, as a failed download leaves it", "download it again")),
    (0, b"<?xml", content("an XML document", "there is no feed in it")),
    (0, b"version https://git-lfs", content("what git leaves in the place of a large file", "git lfs pull fetches it")),
    (0, b"{", content("JSON", TEXT)),
    (0, b"[", content("JSON", TEXT)),
    (0, b"\xff\xfe", content("text in UTF-16", TEXT)),
    (0, b"\xef\xbb\xbf", content("text", TEXT)),
    (0, b"\0\0\0\0\0\0\0\0", content("zeros, as of a file that was never written", "check how it was copied")),
];

const CAPTURE: &str = "editcap -F pcap makes pcap of it";

const fn content(what: &'static str, remedy: &'static str) -> Content {
    Content { what, remedy }
}

impl Content {
    /// What an input looks like that starts so and is no channel file and no capture.
    #[must_use]
    pub fn of(start: &[u8]) -> Self {
        let known = KNOWN.iter().find(|(at, mark, _)| {
            start
                .get(*at..)
                .is_some_and(|bytes| bytes.starts_with(mark))
        });
        if let Some((.., content)) = known {
            return *content;
        }
        if !is_text(start) {
            return NOTHING;
        }
        let line = start.split(|byte| *byte == b'\n').next();
        let count =
            |wanted: u8| line.map_or(0, |l| l.iter().filter(|byte| **byte == wanted).count());
        if count(b'|') > 8 {
            content("a symbol mapping file", "--symbols names that")
        } else if count(b',') > 1 {
            content("CSV", TEXT)
        } else {
            content("text", TEXT)
        }
    }
}

/// Whether it is UTF-8, cut anywhere, without control characters.
fn is_text(start: &[u8]) -> bool {
    let is_utf8 = match std::str::from_utf8(start) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    let is_printed = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~' | 0x80..);
    is_utf8 && start.iter().all(is_printed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_mark_can_start_a_channel_file() {
        for (at, mark, content) in KNOWN.iter().filter(|(at, ..)| *at == 0) {
            let Some(&[a, b]) = mark.first_chunk() else {
                continue;
            };
            let size = u16::from_le_bytes([a, b]);
            let flag = mark.get(2).copied().unwrap_or(0xff);
            assert!(
                !(16..=1_400).contains(&size) || flag == 0,
                "{at}: {content:?} could be a packet of {size} bytes"
            );
        }
    }
}
