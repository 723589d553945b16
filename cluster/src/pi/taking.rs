//! Holds another partition from now on: one that has too few replicas, while the feed runs.

use oxberry_core::units::{ChannelId, SeqNum};
use oxberry_proto::start::SymbolAssignment;
use oxberry_proto::taking::TakePartition;
use oxberry_proto::{Partition, ProtoError, Records, Topic};

use super::scrubbing::Scrubbing;
use super::{Command, Phase, Pi, Report};

impl Pi<'_> {
    /// The controller would like this Pi to hold another partition. Each wish is answered, since an answer
    /// may be lost.
    pub(super) fn handle_take(
        &mut self,
        head: &TakePartition,
        symbols: Records<'_, SymbolAssignment>,
    ) -> Result<(), ProtoError> {
        let is_member = matches!(self.phase, Phase::Running | Phase::Ended);
        if head.run != self.run || head.node != self.node || !is_member {
            // It will be made again.
            self.counters.foreign += 1;
            return Ok(());
        }
        let partition = head.partition;
        let mut is_held = self.streams.partition_at(partition).is_some();
        if !is_held {
            let symbols = symbols.collect::<Result<Vec<_>, _>>()?;
            is_held = self.define_all(&symbols);
            if is_held {
                self.take(partition, &symbols);
            }
        }
        self.mail.answer_take(partition, is_held);
        Ok(())
    }

    /// Makes books for the symbols of a partition; false if there is no room for all of them. Whoever holds a
    /// partition must have a book for each of its symbols: what is not told of one counts as live.
    fn define_all(&mut self, symbols: &[SymbolAssignment]) -> bool {
        let room = usize::try_from(self.config.max_symbols).unwrap_or(usize::MAX);
        let free = room.saturating_sub(self.books.slots().len());
        let is_new = |one: &&SymbolAssignment| self.books.slot(one.symbol_index).is_none();
        if symbols.iter().filter(is_new).count() > free {
            return false;
        }
        let (any, unknown) = (ChannelId::from_raw(0), SeqNum::default());
        symbols.iter().all(|one| {
            let defined = self.books.define(one.symbol_index, one.scale);
            if let Ok(slot) = defined {
                // The feed runs: all of them may have been spoken of.
                self.telling.define(slot, true);
                self.books.lost(slot, any, unknown);
            }
            defined.is_ok()
        })
    }

    /// Holds a partition from now on, as a newcomer does: its books are stale, and nothing is told of it
    /// before that.
    fn take(&mut self, partition: Partition, symbols: &[SymbolAssignment]) {
        let Some(part) = self.streams.add(partition) else {
            return;
        };
        self.telling.add(part);
        self.telling.sweep(part);
        self.pinged.insert(part, true);
        let of_partition = symbols.iter().map(|one| (partition, one.symbol_index));
        self.symbols.extend(of_partition);
        self.symbols.sort_unstable();
        self.came_late = true;
        self.taker.has_lost = true;
        if self.phase == Phase::Ended {
            // There is more to come to the end of.
            self.phase = Phase::Running;
            self.heals_until = None;
            self.mail.forget_digests();
            self.taker.round.begin_again();
            self.scrubbing = Scrubbing::default();
        }
        self.taker.round.hurry();
        let topic = Topic { partition };
        self.commands.push_back(Command::Subscribe(topic));
        self.report(Report::Takes {
            partition,
            symbols: symbols.len(),
        });
    }
}
