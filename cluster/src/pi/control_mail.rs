//! What a Pi writes to the controller, one message at a time.

use oxberry_core::book::Books;
use oxberry_core::units::{Instant, SymbolIndex};
use oxberry_proto::flow::{Digests, Farewell, Heartbeat, RepairWish, SymbolDigest};
use oxberry_proto::limits::{MAX_BATCH_BYTES, MAX_PLAIN_BYTES};
use oxberry_proto::start::{Hello, Ready};
use oxberry_proto::status::NodeBeat;
use oxberry_proto::taking::Taken;
use oxberry_proto::{Head, NodeId, Partition, RecordsWriter, Run, SCHEMA_FINGERPRINT, encode};

use super::PiConfig;
use super::streams::Streams;

/// The message that waits, and which ones are due.
#[derive(Debug)]
pub(super) struct ControlMail {
    run: Run,
    node: NodeId,
    /// The last run that it took part in, as Hello tells it.
    last_run: Option<Run>,
    /// The message that is to be sent next.
    sending: Box<[u8]>,
    length: usize,
    is_farewell: bool,
    pub(super) ready_due: bool,
    /// What is to be said of the partition that it was last told to take.
    taken_due: Option<(Partition, bool)>,
    pub(super) beat_due: bool,
    pub(super) farewell_due: bool,
    /// The books at the end, in the order of their symbols.
    digests: Vec<SymbolDigest>,
    /// The next of them to be sent.
    next_digest: usize,
    /// Whether they were taken.
    has_digests: bool,
    /// Whether some of them are still to be sent; of a Pi without symbols, that there are none.
    digests_due: bool,
    digest_writer: RecordsWriter<Box<[u8]>, Digests>,
}

const _: () = assert!(MAX_BATCH_BYTES >= MAX_PLAIN_BYTES);

impl ControlMail {
    /// Nothing to send; room for the digests of so many symbols.
    pub(super) fn new(max_symbols: u32) -> Self {
        let symbols = usize::try_from(max_symbols).unwrap_or(0);
        Self {
            run: Run::default(),
            node: NodeId::from_raw(0),
            last_run: None,
            sending: vec![0; MAX_BATCH_BYTES].into_boxed_slice(),
            length: 0,
            is_farewell: false,
            ready_due: false,
            taken_due: None,
            beat_due: false,
            farewell_due: false,
            digests: Vec::with_capacity(symbols),
            next_digest: 0,
            has_digests: false,
            digests_due: false,
            digest_writer: RecordsWriter::new(vec![0; MAX_BATCH_BYTES].into_boxed_slice()),
        }
    }

    /// The Pi is a node of this run now.
    pub(super) const fn join(&mut self, run: Run, node: NodeId) {
        self.run = run;
        self.node = node;
        self.last_run = Some(run);
    }

    /// The books are to be reported anew.
    pub(super) fn forget_digests(&mut self) {
        self.digests.clear();
        self.next_digest = 0;
        self.has_digests = false;
        self.digests_due = false;
    }

    /// The Pi leaves its run: nothing of it is to be sent any more.
    pub(super) fn leave(&mut self) {
        self.length = 0;
        self.is_farewell = false;
        self.ready_due = false;
        self.taken_due = None;
        self.beat_due = false;
        self.farewell_due = false;
        self.forget_digests();
    }

    /// The controller is to hear whether a partition is held that it told this Pi to take.
    pub(super) const fn answer_take(&mut self, partition: Partition, is_held: bool) {
        self.taken_due = Some((partition, is_held));
    }

    /// Whether a message waits to be sent.
    pub(super) const fn is_waiting(&self) -> bool {
        self.length > 0
    }

    /// The message that waits.
    pub(super) fn waiting(&self) -> Option<&[u8]> {
        (self.length > 0).then(|| self.sending.get(..self.length))?
    }

    /// A message that was written elsewhere is to be sent next.
    pub(super) fn put(&mut self, message: &[u8]) {
        self.length = put(&mut self.sending, message);
    }

    /// Lets somebody write the message that is to be sent next, who returns its length.
    pub(super) fn fill(&mut self, write: impl FnOnce(&mut [u8]) -> usize) {
        self.length = write(&mut self.sending);
    }

    /// The message is on its way; says whether it was the farewell.
    pub(super) const fn sent(&mut self) -> bool {
        self.length = 0;
        core::mem::replace(&mut self.is_farewell, false)
    }

    /// Takes the digests of all books, to be sent now and again until the controller answers.
    pub(super) fn digest(&mut self, books: &Books<'_>, symbols: &[(Partition, SymbolIndex)]) {
        self.digests.clear();
        for &(_, symbol_index) in symbols {
            if let Some(slot) = books.slot(symbol_index) {
                self.digests.push(SymbolDigest {
                    symbol_index,
                    trust: books.trust(slot),
                    digest: books.digest(slot).raw(),
                });
            }
        }
        self.digests.sort_unstable_by_key(|one| one.symbol_index);
        self.next_digest = 0;
        self.has_digests = true;
        self.digests_due = true;
    }

    /// Whether the digests of the books were taken.
    pub(super) const fn has_digests(&self) -> bool {
        self.has_digests
    }

    /// What it says of itself to whom it does not know yet.
    pub(super) fn hello(&self, config: &PiConfig) -> Hello {
        Hello {
            name: config.name.clone(),
            schema: SCHEMA_FINGERPRINT,
            last_run: self.last_run,
            max_orders: config.max_orders,
            max_symbols: config.max_symbols,
            libzmq: config.libzmq,
        }
    }

    /// Writes the farewell, if it is due.
    pub(super) fn compose_farewell(&mut self) {
        if core::mem::take(&mut self.farewell_due) {
            let (run, node) = (self.run, self.node);
            self.write(&Farewell { run, node });
            self.is_farewell = true;
        }
    }

    /// Writes what is due: farewell, Ready and answers before acknowledgements, these before wishes for what is
    /// missing and a sign of life, and the digests last.
    pub(super) fn compose(&mut self, now: Instant, streams: &mut Streams, beat: Option<NodeBeat>) {
        let (run, node) = (self.run, self.node);
        if self.farewell_due {
            self.compose_farewell();
        } else if core::mem::take(&mut self.ready_due) {
            self.write(&Ready { run, node });
        } else if let Some((partition, is_held)) = self.taken_due.take() {
            self.write(&Taken {
                run,
                node,
                partition,
                is_held,
            });
        } else if streams.ack_due().is_some_and(|due| due <= now) {
            let ack = streams.ack(run, node);
            let ack = ack.expect("MAX_LIST_HEAD_BYTES holds every head");
            self.length = put(&mut self.sending, ack);
        } else if let Some((stream, from, to)) = streams.take_wish() {
            self.write(&RepairWish {
                run,
                node,
                stream,
                from,
                to,
            });
        } else if let Some(beat) = beat {
            self.beat_due = false;
            // What was sent of the digests may have been lost.
            self.digests_due |= self.has_digests;
            self.write(&Heartbeat { run, node, beat });
        } else if self.digests_due {
            self.write_digests(streams.partitions().len());
        }
    }

    fn write_digests(&mut self, partitions: usize) {
        while let Some(digest) = self.digests.get(self.next_digest) {
            if self.digest_writer.push(digest).is_err() {
                break;
            }
            self.next_digest += 1;
        }
        if self.next_digest == self.digests.len() {
            self.digests_due = false;
            self.next_digest = 0;
        }
        let head = Digests {
            run: self.run,
            node: self.node,
            of: u16::try_from(self.digests.len()).unwrap_or(u16::MAX),
            partitions: u16::try_from(partitions).unwrap_or(u16::MAX),
            symbols: 0,
        };
        let message = self.digest_writer.finish(&[], head);
        let message = message.expect("MAX_LIST_HEAD_BYTES holds every head");
        self.length = put(&mut self.sending, message);
    }

    /// A message without a list is to be sent next.
    pub(super) fn write<H: Head>(&mut self, head: &H) {
        self.length = encode(head, &mut self.sending).expect("a message is shorter than a batch");
    }
}

/// Copies a message to where it waits to be sent, and returns its length.
fn put(sending: &mut [u8], message: &[u8]) -> usize {
    for (to, from) in sending.iter_mut().zip(message) {
        *to = *from;
    }
    message.len()
}
