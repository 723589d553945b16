//! A turn of the page: it takes what arrived, and the oracle judges it after every frame.

use oxberry_cluster::page::{Command as PageCommand, Page, Report as PageReport};
use oxberry_proto::start::SetupVisualRequest;
use oxberry_proto::{SCHEMA_FINGERPRINT, encode};

use super::audience::PAGE_SEAT;
use super::edge::Edge;
use super::marks::Mark;
use super::oracle::Violation;
use super::trace::Words;
use super::world::{PAGE, TICK_NS, World};

impl World<'_> {
    pub(super) fn turn_page(&mut self) -> Result<(), Violation> {
        if let Some(starts) = self.page_starts_at {
            if starts > self.now {
                self.wake(PAGE, starts);
                return Ok(());
            }
            self.page_starts_at = None;
            self.trace.tell(self.now, || "page starts".into());
            self.page = Some(Page::new(self.plan.limits));
            self.oracle.page_starts(PAGE_SEAT);
            self.members.forget_returned();
        }
        if self.page_stalled_until > self.now {
            self.wake(PAGE, self.page_stalled_until);
            return Ok(());
        }
        let Some(mut page) = self.page.take() else {
            return Ok(());
        };
        let mut from_setup = self.from_setup.take_over();
        let result = self.run_page(PAGE_SEAT, &mut page, &mut from_setup);
        (self.page, self.from_setup) = (Some(page), from_setup);
        result
    }

    /// Gives the page of a seat its turn.
    pub(super) fn run_page(
        &mut self,
        seat: usize,
        page: &mut Page,
        from_setup: &mut Edge,
    ) -> Result<(), Violation> {
        let (now, local) = (self.now, self.local(self.page_skew));
        let before = page.counters();
        if page.run().is_none() || page.poll_timeout().is_some_and(|due| due <= local) {
            page.handle_timeout(local);
            // Of this run, which the next frame may end.
            self.oracle.judge_page(seat, page, local)?;
        }
        while let Some(answer) = from_setup.take(now) {
            let read = page.handle_symbols(&answer);
            read.map_err(|error| format!("the page cannot read the symbols: {error:?}"))?;
        }
        let mut next = from_setup.next_at().unwrap_or(u64::MAX);
        for at in 0..self.pis.len() {
            let mut taken = false;
            while let Some(pi) = self.pis.get_mut(at)
                && let Some(frame) = pi.edge_to(seat).take(now)
            {
                self.trace.note(now, b'f', &frame);
                self.trace
                    .tell(now, || format!("page {seat} < pi {at}: {}", Words(&frame)));
                page.handle_stock(local, &frame);
                taken = true;
                self.oracle.judge_page(seat, page, local)?;
            }
            let arrives = self.pis.get_mut(at);
            let arrives = arrives.and_then(|pi| pi.edge_to(seat).next_at());
            next = next.min(arrives.unwrap_or(u64::MAX));
            if taken {
                self.wake_pi(at, now + TICK_NS);
            }
        }
        self.oracle.judge_page(seat, page, local)?;
        self.obey_page(page);
        self.members.judge_page(page, local)?;
        while page.next_restated().is_some() {}
        let after = page.counters();
        self.marks
            .count(Mark::PageCopy, after.copies - before.copies);
        self.marks
            .count(Mark::PageUntrusted, after.untrusted - before.untrusted);
        self.marks
            .count(Mark::PageForeign, after.foreign - before.foreign);
        if after.bad_frames > before.bad_frames {
            return Err("the page cannot read a frame".into());
        }
        if let Some(due) = page.poll_timeout() {
            self.watch_haste(PAGE, due <= local)?;
            next = next.min(self.global(due, self.page_skew));
        }
        self.wake(PAGE, next.max(now + TICK_NS));
        Ok(())
    }

    fn obey_page(&mut self, page: &mut Page) {
        while let Some(command) = page.next_command() {
            match command {
                PageCommand::Ask { tell } => {
                    let request = SetupVisualRequest {
                        schema: SCHEMA_FINGERPRINT,
                        tell,
                    };
                    let mut buffer = [0; 64];
                    let length = encode(&request, &mut buffer).expect("a request is short");
                    let request = buffer.get(..length).unwrap_or_default();
                    let (now, random) = (self.now, &mut self.random);
                    if self.to_setup.is_up {
                        self.to_setup.send(now, random, request.into());
                        self.wake_controller(self.to_setup.next_at().unwrap_or(u64::MAX));
                    }
                }
                PageCommand::Report(report) => {
                    self.trace.tell(self.now, || format!("page: {report:?}"));
                    match report {
                        PageReport::Missed(_) => self.marks.hit(Mark::PageMissed),
                        PageReport::Died(_) => self.marks.hit(Mark::PageBuries),
                        PageReport::Returned(node) => {
                            self.marks.hit(Mark::PageReturns);
                            self.members.note_returned(page.run(), node);
                        }
                        PageReport::NewRun(_) => self.marks.hit(Mark::PageNewRun),
                        PageReport::BadFrame(_)
                        | PageReport::SpokeAfterEnd(_)
                        | PageReport::AnotherSchema => {}
                    }
                }
            }
        }
    }
}
