//! The brain's reports as log lines.

use oxberry_cluster::limits::Limits;
use oxberry_cluster::pi::Report;
use oxberry_core::book::Harm;
use oxberry_core::units::Position;
use oxberry_proto::start::RefusedReason;

use crate::config::Config;

/// Tells a person.
// A table: what each report says.
pub(crate) fn log(report: Report, config: &Config) {
    match report {
        Report::AwaitingController => tracing::warn!(
            "the controller at {} has not answered; still waiting",
            config.control
        ),
        Report::Assigned {
            run,
            node,
            partitions,
            symbols,
        } => tracing::info!(%run, %node, partitions, symbols, "joined the cluster"),
        Report::Ready => tracing::info!("hears all its partitions"),
        Report::Takes { partition, symbols } => tracing::info!(
            %partition, symbols,
            "takes a partition that has too few replicas; its books are stale at first"
        ),
        // Once a stream, of all streams, when the node comes while the feed runs.
        Report::Hole { stream, from, to } if from == Position::default() => tracing::debug!(
            %stream, %to,
            "comes into the stream here; the books of the partition are taken over from its twin"
        ),
        Report::Hole { stream, from, to } => tracing::error!(
            %stream, %from, %to,
            "batches are missing and did not come when they were asked for; the symbols of the \
             partition are stale"
        ),
        Report::Repaired { stream, from, to } => tracing::debug!(
            %stream, %from, %to,
            "batches were missing and have come; nothing was lost"
        ),
        Report::Lost {
            stream,
            first,
            last,
        } => tracing::error!(
            %stream, %first, %last,
            "the feed lost messages; the symbols of the partition are stale"
        ),
        Report::BadFrame(error) => tracing::error!(%error, "a frame cannot be read"),
        Report::OutOfPlace(kind) => {
            tracing::warn!(
                ?kind,
                "a message makes no sense where it comes and was left out"
            );
        }
        Report::Rejected {
            symbol_index,
            symbol_seq_num,
            rejection,
        } => tracing::warn!(
            %symbol_index,
            symbol_seq_num = symbol_seq_num.map(|number| number.raw()),
            %rejection,
            "an event does not fit its book"
        ),
        Report::Damaged(damage) if damage.harm == Harm::Values => tracing::error!(
            %damage,
            "the memory of a book changed by itself; the book is stale, and had from its twin or \
             out of the feed"
        ),
        Report::Damaged(damage) => tracing::error!(
            %damage,
            "the memory of the books changed by itself and may lead from one to another; all books are \
             emptied, and had from their twins or out of the feed"
        ),
        Report::Silent => tracing::warn!("nothing is heard of the feed; what is shown is silent"),
        Report::Heard => tracing::info!("the feed is heard again"),
        Report::AnotherRun { left, played } => tracing::warn!(
            %left, %played,
            "the controller plays another run; this node asks to join it"
        ),
        Report::Fenced => tracing::warn!(
            "the controller took this node for dead, which empties its books and joins anew"
        ),
        Report::Ended { events } => tracing::info!(events, "all streams have ended"),
        Report::Finished { equal: true } => tracing::info!(
            "the run is over and all replicas are equal; this node waits for the next run"
        ),
        Report::Finished { equal: false } => tracing::error!(
            "the run is over and the replicas differ, the controller says where; this node waits \
             for the next run"
        ),
        Report::ReceiverDetached { receiver } => tracing::warn!(
            "the receiver of stock events at {} has read nothing for {} s; this node no longer waits \
             for it, and brings it up to date when it reads again (without one, start with --stock none)",
            endpoint(receiver, config),
            Limits::DEFAULT.receiver_patience.as_secs()
        ),
        Report::ReceiverBack { receiver, dropped } => tracing::info!(
            "the receiver of stock events at {} reads again; {dropped} frames never reached it",
            endpoint(receiver, config)
        ),
        Report::Refused(reason) if reason.passes() => {
            tracing::info!("{}; this node waits for its turn", refusal(reason));
        }
        Report::Refused(reason) => tracing::error!(
            "the controller refuses this node, which goes on asking: {}",
            refusal(reason)
        ),
    }
}

/// Where a receiver is. What is printed is waited for as long as it takes, so that none is told of it.
fn endpoint(receiver: usize, config: &Config) -> String {
    let endpoint = config.stock.get(receiver);
    endpoint.map_or_else(|| "standard output".into(), ToString::to_string)
}

/// Why the controller sent us away, and what to do about it.
pub(crate) fn refusal(reason: RefusedReason) -> String {
    match reason {
        RefusedReason::Schema { expected } => format!(
            "its messages are others than ours (schema {expected:#x} there, {:#x} here): install \
             the same version on all machines",
            oxberry_proto::SCHEMA_FINGERPRINT
        ),
        RefusedReason::NameTaken => {
            "another machine of this name is in the cluster and speaks: give each its own --name"
                .into()
        }
        RefusedReason::Full => {
            "all expected nodes are there; it gets the place of one that dies".into()
        }
        RefusedReason::NextRun => "the feed has ended; the next run takes it".into(),
        RefusedReason::TooSmall { symbols } => {
            format!("it would get {symbols} symbols: raise --symbols to that number at least")
        }
    }
}
