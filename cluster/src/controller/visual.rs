//! What the visualisation is answered.

use oxberry_core::units::Instant;
use oxberry_proto::SCHEMA_FINGERPRINT;
use oxberry_proto::depth::{DepthAsked, DepthRequest, TellDepth};
use oxberry_proto::start::{Replica, SetupVisual, SetupVisualRequest, SymbolEntry, TellState};

use super::message::{count, listed, plain};
use super::{Command, Controller, Phase};

impl Controller {
    /// The visualisation asked for the symbols.
    pub(super) fn answer_visual(&mut self, now: Instant, request: SetupVisualRequest) {
        if let Some(replica) = request.tell {
            self.pass_on(replica);
        }
        self.answer_symbols();
        if self.phase == Phase::AwaitVisual {
            self.phase = Phase::AwaitNodes;
            self.assign_when_complete(now);
        }
    }

    /// Tells the symbols and the shape of the cluster.
    pub(super) fn answer_symbols(&mut self) {
        let head = SetupVisual {
            schema: SCHEMA_FINGERPRINT,
            run: self.run,
            nodes: count(self.config.nodes),
            partitions: count(self.config.table.len()),
            symbols: 0,
        };
        let entries = self.config.symbols.iter().map(|symbol| SymbolEntry {
            symbol_index: symbol.symbol_index,
            name: symbol.name.clone(),
            partition: self.config.table.partition_of(symbol.symbol_index),
        });
        let message = listed(head, entries);
        self.commands.push_back(Command::Answer { message });
    }

    /// The visualisation looks at a symbol: the node that it names is to tell it. One that is dead, or of a
    /// run before, cannot, and the visualisation asks another one.
    pub(super) fn answer_depth(&mut self, request: DepthRequest) {
        let run = self.run;
        let named = self.nodes.get(request.node).filter(|_| request.run == run);
        let peer = named.filter(|node| node.is_alive());
        let peer = peer.map(|node| node.peer.clone());
        let is_passed_on = peer.is_some();
        if let Some(peer) = peer {
            let wish = request.wish;
            let message = plain(&TellDepth { run, wish });
            self.commands.push_back(Command::Send { peer, message });
        } else {
            self.counters.vain_wishes += 1;
        }
        let message = plain(&DepthAsked { run, is_passed_on });
        self.commands.push_back(Command::Answer { message });
    }

    /// Passes the visualisation's wish on to the node that is to tell. One that is dead, or of a run
    /// before, cannot; the visualisation will learn that, and asks again until then.
    fn pass_on(&mut self, replica: Replica) {
        let Replica { node, partition } = replica;
        let run = self.run;
        if let Some(node) = self.nodes.get(node).filter(|node| node.is_alive()) {
            let peer = node.peer.clone();
            let message = plain(&TellState { run, partition });
            self.commands.push_back(Command::Send { peer, message });
        } else {
            self.counters.vain_wishes += 1;
        }
    }
}
