//! The sockets of a tap: the controller, who is asked, and the nodes, who push.

use oxberry_cluster::{
    limits::Limits,
    page::{Command, Report, Told},
};
use oxberry_net::{Clock, Context, Endpoint, Interest, Keys, Shutdown, StockPuller, wait};
use oxberry_proto::SymbolName;
use oxberry_visual::{
    board::{Board, Phase},
    setup::Setup,
    table::Entry,
};

use super::rows::Rows;
use crate::{console::say, failure::Failure};

/// Frames that are taken before questions and signals have their turn.
const FRAMES_PER_TURN: usize = 512;

/// Hears a cluster.
pub(super) struct Listener {
    clock: Clock,
    stock: StockPuller,
    at: Endpoint,
    setup: Setup,
    board: Board,
}

impl Listener {
    /// Opens the sockets.
    ///
    /// # Errors
    ///
    /// When a port is taken or may not be used, or the keys cannot be used.
    pub(super) fn open(
        keys: Option<&Keys>,
        stock: Endpoint,
        controller: Endpoint,
    ) -> Result<Self, Failure> {
        let context = Context::of(keys)?;
        let (stock, at) = StockPuller::bind(&context, stock)?;
        Ok(Self {
            clock: Clock::start(),
            stock,
            at,
            setup: Setup::connect(&context, controller)?,
            board: Board::new(Limits::DEFAULT),
        })
    }

    /// Where nodes push to, with the port that was found.
    pub(super) const fn stock(&self) -> Endpoint {
        self.at
    }

    /// Waits for the symbols; nothing when somebody ends it before.
    ///
    /// # Errors
    ///
    /// When a socket fails, or the controller's answer cannot be used.
    pub(super) fn await_symbols(
        &mut self,
        shutdown: &Shutdown,
    ) -> Result<Option<Vec<Entry>>, Failure> {
        while !shutdown.is_requested() {
            self.turn(&mut |_, _| {})?;
            if self.board.run().is_some() {
                return Ok(Some(self.board.table().entries().to_vec()));
            }
            self.wait(shutdown)?;
        }
        Ok(None)
    }

    /// Hands all that the cluster tells to rows, until the end of the feed or of the patience of whoever watches.
    ///
    /// # Errors
    ///
    /// When a socket fails, or rows cannot be written.
    pub(super) fn listen(&mut self, rows: &mut Rows, shutdown: &Shutdown) -> Result<(), Failure> {
        while !shutdown.is_requested() && !rows.is_over() && self.board.phase() != Phase::Ended {
            self.turn(&mut |symbol, told| rows.take(symbol, told))?;
            let is_behind = self.take_frames(rows)?;
            rows.hand_over()?;
            if !is_behind && !rows.is_over() {
                self.wait(shutdown)?;
            }
        }
        Ok(())
    }

    /// Takes what the nodes pushed, bounded; says whether more may be there.
    fn take_frames(&mut self, rows: &mut Rows) -> Result<bool, Failure> {
        for _ in 0..FRAMES_PER_TURN {
            let Some(frame) = self.stock.recv()? else {
                return Ok(false);
            };
            let now = self.clock.now();
            self.board
                .handle_frame(now, frame, &mut |symbol, told| rows.take(symbol, told));
        }
        Ok(true)
    }

    /// Asks what is to be asked, and takes the answer that came; time has passed.
    fn turn(&mut self, on_told: &mut dyn FnMut(&SymbolName, &Told)) -> Result<(), Failure> {
        let now = self.clock.now();
        self.board.handle_timeout(now, on_told);
        while let Some(command) = self.board.next_command() {
            match command {
                Command::Ask { tell } => self.setup.wish(tell),
                Command::Report(report) => self.tell(report),
            }
        }
        if let Some((_, answer)) = self.setup.handle_turn(now)? {
            let taken = self.board.handle_answer(answer);
            // At the start somebody looks on who can mend it; later it is asked again.
            if self.board.run().is_none() {
                taken?;
            }
        }
        Ok(())
    }

    /// Tells a person of what rows do not say.
    fn tell(&self, report: Report) {
        match report {
            Report::Died(node) => say(format_args!("nothing is heard of node {node} any more")),
            Report::Returned(node) => say(format_args!("node {node} is heard again")),
            Report::AnotherSchema => say("the controller is of another version"),
            // Counted, or of the start.
            Report::Missed(_)
            | Report::NewRun(_)
            | Report::BadFrame(_)
            | Report::SpokeAfterEnd(_) => {}
        }
    }

    fn wait(&self, shutdown: &Shutdown) -> Result<(), Failure> {
        let deadlines = [Some(self.board.poll_timeout()), self.setup.poll_timeout()];
        let items = [
            shutdown.poll_item(),
            self.stock
                .poll_item(Interest::read_if(self.board.run().is_some())),
            self.setup.poll_item(),
        ];
        wait(&self.clock, deadlines.into_iter().flatten().min(), items)?;
        Ok(())
    }
}
