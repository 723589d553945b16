//! Inputs that hold something else.

use super::*;

#[track_caller]
fn looks_like(bytes: &[u8]) -> String {
    let (packets, end) = drain(&mut source_over(bytes, Filter::default()));
    assert_eq!(packets.len(), 0);
    let (offset, fault) = fault_of(end);
    assert_eq!(offset, 0);
    assert!(matches!(fault, Fault::OtherContent(_)), "{fault}");
    fault.to_string()
}

#[test]
fn content_of_another_kind_is_named_with_the_way_out() {
    let mut tar = b"20111219-ARCA_XDP_IBF_1.dat".to_vec();
    tar.resize(257, 0);
    tar.extend(b"ustar\x0000");
    let cases: [(&[u8], &str, &str); 16] = [
        (b"\xfd7zXZ\0\0\x04", "xz", "unxz"),
        (b"BZh91AY&SY", "bzip2", "bunzip2"),
        (b"\x04\x22\x4d\x18\x64", "lz4", "unlz4"),
        (b"PK\x03\x04\x14\0", "zip", "unzip"),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "7z", "7z x"),
        (b"\x5d\0\0\x80\0\xff\xff\xff\xff", "lzma", "unlzma"),
        (b"snoop\0\0\0\0\0\0\x02", "snoop", "editcap -F pcap"),
        (
            b"\xa1\xb2\xcd\x34\0\x02\0\x04",
            "modified pcap",
            "editcap -F pcap",
        ),
        (b"\x7fELF\x02\x01\x01", "a program", "name the input"),
        (b"symbol,bid_px,ask_px\nA,1,2\n", "CSV", "channel file"),
        (b"{\"packet\":0}\n", "JSON", "channel file"),
        (
            b"AAPL|AAPL|9|P|Q|C|100|4|1|||\n",
            "a symbol mapping file",
            "--symbols",
        ),
        (b"<!DOCTYPE html>", "HTML", "download it again"),
        (b"hello\n", "text", "channel file"),
        (&[0; 64], "zeros", "copied"),
        (&[0xff, 0xee, 0xdd, 0xcc], "nothing that is known", "pcapng"),
    ];
    for (bytes, what, remedy) in cases.into_iter().chain([(&tar[..], "tar", "tar -xf")]) {
        let told = looks_like(bytes);
        assert!(told.contains(what), "{told}");
        assert!(told.contains(remedy), "{told}");
    }
}

#[test]
fn what_a_compressed_input_holds_is_named_as_well() {
    assert!(looks_like(&gzip(b"\xfd7zXZ\0\0\x04")).contains("unxz"));
    assert!(looks_like(&zstd::encode_all(&b"BZh9"[..], 1).unwrap()).contains("bunzip2"));
}
