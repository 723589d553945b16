//! The most that messages may hold. Buffers are sized from these at start.

/// Symbols of one day: the largest real mapping file has 7,924 (docs/wire-format.md, 7).
pub const MAX_SYMBOLS: usize = 16_384;

/// Partitions of one cluster.
pub const MAX_PARTITIONS: usize = 256;

/// Channels of one feed: all numbers that a channel can have.
pub const MAX_CHANNELS: usize = 256;

/// Nodes of one cluster.
pub const MAX_NODES: usize = 64;

/// Bytes of a node's name.
pub const MAX_NODE_NAME_BYTES: usize = 64;

/// Bytes of a symbol's name; the wire has 11 (type 3), the mapping file's CQS form may be longer.
pub const MAX_SYMBOL_NAME_BYTES: usize = 16;

/// Bytes of a frame on a data socket: one batch. Fits an Ethernet frame with IP, TCP and ZMTP
/// heads, so that a batch costs one packet.
pub const MAX_BATCH_BYTES: usize = 1_400;

/// Bytes of one postcard record of any kind but those of a [status](crate::status); a test holds every
/// record to it.
pub const MAX_RECORD_BYTES: usize = 96;

/// Bytes of the record of a position in a stream.
pub const MAX_POSITION_BYTES: usize = 20;

/// Levels of each side that a [depth](crate::depth) tells: what a page shows without scrolling, twice.
/// Both sides fit a frame unless prices and sizes are far from usual; then they are fewer.
pub const MAX_DEPTH_LEVELS: u8 = 40;

/// Levels of one symbol whose orders are told beside its depth, each in a frame of its own.
pub const MAX_DEPTH_QUEUES: usize = 4;

/// Bytes of one record of a [status](crate::status): that of a node, with its name.
pub const MAX_STATUS_RECORD_BYTES: usize = 192;

/// Bytes of the record of a position in a status, of which there are by far the most.
pub const MAX_STATUS_POSITION_BYTES: usize = 24;

/// Bytes of a message without a list, envelope included.
pub const MAX_PLAIN_BYTES: usize = 112;

/// Bytes of what stands before the records of a message with a list: topic, envelope and head.
pub const MAX_LIST_HEAD_BYTES: usize = 96;

/// Bytes of a control message that lists symbols: by far the largest messages.
pub const MAX_CONTROL_BYTES: usize = MAX_LIST_HEAD_BYTES + MAX_SYMBOLS * 32;

// A status cannot be cut within a partition: one on all nodes, with all its channels, fits a message.
const _: () = assert!(
    MAX_LIST_HEAD_BYTES
        + MAX_STATUS_RECORD_BYTES
        + MAX_NODES * (1 + MAX_CHANNELS) * MAX_STATUS_POSITION_BYTES
        <= MAX_CONTROL_BYTES
);
const _: () = assert!(MAX_NODES * (1 + MAX_CHANNELS) < u16::MAX as usize);
const _: () = assert!(MAX_LIST_HEAD_BYTES + MAX_RECORD_BYTES <= MAX_BATCH_BYTES);
const _: () = assert!(MAX_PARTITIONS <= u16::MAX as usize);
