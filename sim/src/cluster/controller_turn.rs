//! A turn of the controller: it takes what arrived, does what is due, and sends what it has to say.

use std::rc::Rc;

use oxberry_cluster::controller::{
    Command as ControllerCommand, Controller, ControllerConfig, Outcome,
    Report as ControllerReport, RimStatus, Symbol,
};
use oxberry_cluster::partition::PartitionTable;
use oxberry_core::units::{Instant, Position};
use oxberry_proto::flow::{Batch, Coverage};
use oxberry_proto::{Kind, Run, StreamId, Topic, decode, decode_list, kind_of};

use super::controller_host::{ChannelHost, ControllerHost, Turn};
use super::edge::{Frame, Sent};
use super::marks::Mark;
use super::oracle::Violation;
use super::pi_host::PiHost;
use super::plan::nanos;
use super::rebuild_host::{Came, RebuildHost};
use super::recording::{Recording, Shared};
use super::trace::Words;
use super::venue;
use super::world::{CONTROLLER, TICK_NS, World};

impl World<'_> {
    fn start_controller(&mut self) {
        let day = &self.day;
        let listed = || day.symbols.iter().filter(|one| one.in_file);
        let table = PartitionTable::balanced(
            listed().map(|one| (one.symbol_index, 1)),
            self.plan.partitions,
        );
        let symbol = |one: &venue::Listed| Symbol {
            symbol_index: one.symbol_index,
            name: format!("S{}", one.symbol_index)
                .as_str()
                .try_into()
                .expect("a short name"),
            scale: one.scale,
        };
        let config = ControllerConfig {
            nodes: self.plan.nodes,
            replicas: self.plan.replicas,
            await_visual: self.plan.await_visual,
            channels: day.channels.iter().map(|&(channel, _)| channel).collect(),
            symbols: listed().map(symbol).collect(),
            table: table.clone(),
            identity: self.identity,
            generation: self.generation,
            continues: self.plan.continues,
            limits: self.plan.limits,
        };
        let plan = &self.plan;
        let channels =
            (0..day.channels.len()).filter_map(|at| ChannelHost::new(plan, day, at, &table));
        let channels = channels.collect();
        let symbols = listed().map(|one| (one.symbol_index, one.scale)).collect();
        let rebuilds = RebuildHost::new(plan, symbols, &table);
        self.generation += 1;
        self.controller = Some(ControllerHost {
            brain: Controller::new(config, self.local(self.controller_skew)),
            table,
            channels,
            rebuilds,
            started: None,
            next_beat: 0,
            outcome: None,
        });
    }

    /// The source of a channel in a run. Every controller of the run reads the same.
    fn source(&mut self, run: Run, at: usize) -> Shared {
        let packets = self.day.channels.get(at);
        let packets = packets.map_or(0, |(_, packets)| packets.len());
        let begins_at = if at == 0 {
            packets as u64 * self.plan.begun_late / 1_000
        } else {
            0
        };
        let sources = self.sources.entry((run, at));
        let source =
            sources.or_insert_with(|| Recording::new(usize::try_from(begins_at).unwrap_or(0)));
        Shared::clone(source)
    }

    pub(super) fn turn_controller(&mut self) -> Result<(), Violation> {
        if let Some(starts) = self.controller_starts_at {
            if starts > self.now {
                self.wake(CONTROLLER, starts);
                return Ok(());
            }
            self.controller_starts_at = None;
            self.trace.tell(self.now, || "controller starts".into());
            self.controller_since = self.now;
            self.buried.clear();
            self.members.forget_dead();
            self.start_controller();
        }
        if self.controller_stalled_until > self.now {
            self.wake(CONTROLLER, self.controller_stalled_until);
            return Ok(());
        }
        let Some(mut host) = self.controller.take() else {
            return Ok(());
        };
        let result = self.run_controller(&mut host);
        self.controller = Some(host);
        result
    }

    fn run_controller(&mut self, host: &mut ControllerHost) -> Result<(), Violation> {
        let local = self.local(self.controller_skew);
        if host.outcome.is_some() {
            // What is said to it now comes to a closed socket.
            for pi in &mut self.pis {
                while pi.to_controller.take(self.now).is_some() {}
            }
            return Ok(());
        }
        for at in 0..self.pis.len() {
            while let Some(pi) = self.pis.get_mut(at)
                && let Some(message) = pi.to_controller.take(self.now)
            {
                let peer = PiHost::peer(at, pi.process);
                self.members.note_heard(&message);
                self.trace.note(self.now, b'c', &message);
                self.trace.tell(self.now, || {
                    format!("controller < pi {at}: {}", Words(&message))
                });
                host.brain.handle_message(local, &peer, &message);
            }
        }
        while let Some(request) = self.to_setup.take(self.now) {
            host.brain
                .handle_question(local, &request, &RimStatus::default());
        }
        if host.brain.poll_timeout().is_some_and(|due| due <= local) {
            host.brain.handle_timeout(local);
        }
        if host.brain.counters().out_of_place > 0 {
            return Err("the controller was told what nobody says".into());
        }
        self.turn_rebuilds(host, local);
        self.obey_controller(host);
        let mut next = host.rebuilds.next_at().unwrap_or(u64::MAX);
        if let Some(started) = host.started {
            next = next.min(self.turn_channels(host, started)?);
        }
        self.obey_controller(host);
        if let Some(due) = host.brain.poll_timeout() {
            self.watch_haste(CONTROLLER, due <= local)?;
            next = next.min(self.global(due, self.controller_skew));
        }
        let letters = self.pis.iter().filter_map(|pi| pi.to_controller.next_at());
        let letters = letters.chain(self.to_setup.next_at()).min();
        next = next.min(letters.unwrap_or(u64::MAX));
        self.wake(CONTROLLER, next.max(self.now + TICK_NS));
        Ok(())
    }

    /// Reads the feed again, as far as that is wished for.
    fn turn_rebuilds(&mut self, host: &mut ControllerHost, local: Instant) {
        if self.is_healed {
            host.rebuilds.heal(self.now);
        }
        if let Some(packets) = host.rebuilds.packets() {
            host.brain.handle_rebuild_progress(local, packets);
        }
        match host.rebuilds.take(self.now, &host.channels) {
            Some(Came::Books(id, answers)) => {
                let given = answers.iter().filter(|(_, parts)| parts.is_ok());
                self.marks.count(Mark::BookRebuilt, given.count() as u64);
                host.brain.handle_rebuilt(local, id, answers);
            }
            Some(Came::Failed { id, for_good }) => {
                self.marks.hit(if for_good {
                    Mark::RebuildRefused
                } else {
                    Mark::RebuildFailed
                });
                let why = "it is drawn so".into();
                host.brain.handle_rebuild_failed(local, id, why, for_good);
            }
            None => {}
        }
    }

    fn turn_channels(
        &mut self,
        host: &mut ControllerHost,
        started: (Run, u64),
    ) -> Result<u64, Violation> {
        let local = self.local(self.controller_skew);
        let is_beat = host.next_beat <= self.now;
        if is_beat {
            host.next_beat = self.now + nanos(self.plan.limits.beat);
        }
        let mut next = host.next_beat;
        for channel in &mut host.channels {
            let mut out = core::mem::take(&mut self.out);
            let mut turn = Turn {
                now: self.now,
                plan: &self.plan,
                day: &self.day,
                heals: self.heals,
                random: &mut self.random,
                oracle: &mut self.oracle,
                marks: &mut self.marks,
                out: &mut out,
            };
            let goes_on = channel.turn(&host.table, started, &mut turn);
            if is_beat {
                channel.tell_coverage(&mut turn);
            }
            for frame in out.drain(..) {
                self.publish(frame);
            }
            self.out = out;
            if let Some(stream) = channel.blocked_on {
                let published = self.oracle.published_of(stream);
                self.members.judge_wait(stream, published)?;
            }
            next = next.min(goes_on?.unwrap_or(u64::MAX));
            if channel.take_end() {
                host.brain.handle_end_of_channel(local, channel.channel);
            }
        }
        Ok(next)
    }

    fn obey_controller(&mut self, host: &mut ControllerHost) {
        while let Some(command) = host.brain.next_command() {
            match command {
                ControllerCommand::Send { peer, message } => self.send_to_pi(&peer, message.into()),
                ControllerCommand::Answer { message } => {
                    let now = self.now;
                    let message: Frame = message.into();
                    // The second page asks, and hears, whatever the first one does.
                    if let Some(second) = &mut self.second {
                        let random = &mut second.random;
                        second.from_setup.send(now, random, Frame::clone(&message));
                        let arrives = second.from_setup.next_at();
                        self.wake_page(arrives.unwrap_or(u64::MAX));
                    }
                    let random = &mut self.random;
                    self.from_setup.send(now, random, message);
                    self.wake_page(self.from_setup.next_at().unwrap_or(u64::MAX));
                }
                ControllerCommand::Publish { frame } => self.publish(frame.into()),
                ControllerCommand::Start { run } => {
                    host.started = Some((run, self.now));
                    host.next_beat = self.now;
                    for (at, channel) in host.channels.iter_mut().enumerate() {
                        channel.start(run, self.source(run, at));
                    }
                    self.wake(CONTROLLER, self.now + TICK_NS);
                }
                ControllerCommand::Credit { stream, acked } => {
                    let mut channels = host.channels.iter_mut();
                    let channel = channels.find(|one| one.channel == stream.channel);
                    if let Some(channel) = channel {
                        channel.streams().handle_credit(stream.partition, acked);
                    }
                }
                ControllerCommand::Repair { stream, from, to } => {
                    self.repair(host, stream, (from, to));
                }
                ControllerCommand::Held { stream } => {
                    self.marks.hit(Mark::HeldAgain);
                    host.set_held(stream, true);
                }
                ControllerCommand::Unheld { stream } => host.set_held(stream, false),
                ControllerCommand::Rebuild(order) => {
                    let is_well = self.is_healed;
                    (host.rebuilds).begin(self.now, order, &self.plan.limits, is_well);
                    self.wake(CONTROLLER, self.now + TICK_NS);
                }
                ControllerCommand::ForgetRebuild => host.rebuilds.forget(&mut self.marks),
                ControllerCommand::Report(report) => {
                    self.note_report(&report, host.started.is_some());
                }
                ControllerCommand::Stop(outcome) => {
                    self.note_outcome(&outcome);
                    host.outcome = Some(outcome);
                }
            }
        }
    }

    /// Lets a channel publish again what somebody lacks.
    fn repair(
        &mut self,
        host: &mut ControllerHost,
        stream: StreamId,
        (from, to): (Position, Position),
    ) {
        let mut channels = host.channels.iter_mut();
        let channel = channels.find(|one| one.channel == stream.channel);
        let Some(channel) = channel else {
            return;
        };
        let mut out = core::mem::take(&mut self.out);
        let mut send = |frame: &[u8]| out.push(Rc::from(frame));
        let streams = channel.streams();
        streams.repair(stream.partition, from, to, &mut send);
        for frame in out.drain(..) {
            self.publish(frame);
        }
        self.out = out;
    }

    /// Sends a message to a Pi, unless its process has changed or its connection is down.
    fn send_to_pi(&mut self, peer: &[u8], message: Frame) {
        let at = usize::from(peer.first().copied().unwrap_or(0));
        if let Some(pi) = self.pis.get_mut(at)
            && PiHost::peer(at, pi.process) == peer
            && pi.from_controller.is_up
        {
            self.members.note_sent(at, &message);
            pi.from_controller.send(self.now, &mut self.random, message);
            let arrives = pi.from_controller.next_at();
            self.wake_pi(at, arrives.unwrap_or(u64::MAX));
        }
    }

    fn note_report(&mut self, report: &ControllerReport, has_started: bool) {
        self.trace
            .tell(self.now, || format!("controller: {report:?}"));
        if let ControllerReport::Died { name, .. } | ControllerReport::StartedAgain { name, .. } =
            report
        {
            self.buried.insert(name.clone());
        }
        if let ControllerReport::StartedAgain { .. } = report {
            self.marks.hit(Mark::StartedAgain);
        } else if let ControllerReport::Died { .. } = report {
            self.marks.hit(Mark::NodeDied);
        } else if let ControllerReport::JoinedLate { .. } = report {
            self.marks.hit(Mark::JoinedInRun);
        } else if let ControllerReport::Takes { .. } = report {
            self.marks.hit(Mark::PartitionTaken);
        } else if let ControllerReport::NobodyTakes { .. } = report {
            self.marks.hit(Mark::NobodyTakes);
        } else if let ControllerReport::Fenced { .. } = report {
            self.marks.hit(Mark::ThawedFenced);
        } else if let ControllerReport::GoesOn { absent, .. } = report {
            self.marks.hit(Mark::WentOn);
            self.marks.count(Mark::WentOnWithout, *absent as u64);
        } else if let ControllerReport::Found { name } = report {
            self.marks.hit(Mark::FoundLater);
            // Nobody kept for it what it lacks.
            self.buried.insert(name.clone());
        }
        if let ControllerReport::StartedAgain { name, orphaned }
        | ControllerReport::Died { name, orphaned } = report
        {
            if !orphaned.is_empty() {
                self.marks.hit(Mark::Orphaned);
            }
            let pi = name.strip_prefix("pi-").and_then(|at| at.parse().ok());
            if let Some(pi) = pi.filter(|_| has_started) {
                self.members.note_dead(pi);
            }
        }
    }

    fn note_outcome(&mut self, outcome: &Outcome) {
        self.trace
            .tell(self.now, || format!("controller stops: {outcome:?}"));
        if !outcome.missing.is_empty() {
            self.marks.hit(Mark::FinishedWithout);
        }
        self.marks.hit(if outcome.is_good() {
            Mark::OutcomeGood
        } else {
            Mark::OutcomeBad
        });
    }

    /// Sends a frame to every Pi that has subscribed to its topic.
    fn publish(&mut self, frame: Frame) {
        self.note_published(&frame);
        self.trace.note(self.now, b'p', &frame);
        self.trace
            .tell(self.now, || format!("published: {}", Words(&frame)));
        let now = self.now;
        for at in 0..self.pis.len() {
            let Some(pi) = self.pis.get_mut(at) else {
                continue;
            };
            if !pi.wants(now, &frame) {
                continue;
            }
            let sent = pi.data.send(now, &mut self.random, Rc::clone(&frame));
            let arrives = pi.data.next_at().unwrap_or(u64::MAX);
            self.note_sent(at, sent, Mark::DataQueueFull);
            self.wake_pi(at, arrives);
        }
    }

    fn note_sent(&mut self, at: usize, sent: Sent, full: Mark) {
        let mark = match sent {
            Sent::OnItsWay => return,
            Sent::Full => full,
            Sent::Lost => Mark::FrameLost,
            Sent::Twice => Mark::FrameTwice,
            Sent::Overtaken => Mark::FrameOvertaken,
        };
        self.marks.hit(mark);
        self.trace.tell(self.now, || format!("  pi {at}: {mark}"));
    }

    fn note_published(&mut self, frame: &[u8]) {
        let Ok((_, message)) = Topic::split(frame) else {
            return;
        };
        let (run, stream, numbering, through) = match kind_of(message) {
            Ok(Kind::Batch) => match decode_list::<Batch>(message) {
                Ok((head, _)) => (head.run, head.stream, head.numbering, head.through),
                Err(_) => return,
            },
            Ok(Kind::Coverage) => match decode::<Coverage>(message) {
                Ok(head) => (head.run, head.stream, head.numbering, head.through),
                Err(_) => return,
            },
            _ => return,
        };
        let through = Position {
            numbering,
            seq_num: through,
        };
        self.oracle.published(self.now, run, stream, through);
    }
}
