//! The screen: what browsers see of the board, shared between the thread of the feed and the web.
//!
//! The feed puts up a frame a few times a second; each browser takes what changed since the frame
//! it saw last. So only the newest state of a symbol waits for a browser, however slow it is, and
//! the feed waits for none: while somebody reads, it goes on and puts its frame up a little later.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use oxberry_cluster::page::Voice;
use oxberry_cluster::told::Cluster;
use oxberry_core::units::Instant;
use oxberry_proto::{NodeId, Run};
use tokio::sync::watch;

use crate::board::{Board, Counters, Phase};
use crate::history::{History, Incident};
use crate::look::{Asker, Seen, Tape, Totals};
use crate::row::{Row, RowState};
use crate::state::{StateCounts, StatusCounts};
use crate::table::SymbolTable;

/// The number of a frame; the first is 1.
pub type FrameNum = u64;

/// What the browsers see.
#[derive(Debug, Default)]
pub struct Screen {
    status: Status,
    table: Arc<SymbolTable>,
    /// By slot.
    rows: Vec<ShownRow>,
    /// What somebody looks at closely, by name.
    looks: BTreeMap<String, ShownLook>,
}

/// A symbol that somebody looks at, as the browsers see it.
#[derive(Clone, Debug)]
pub(crate) struct ShownLook {
    /// The frame that last changed it.
    pub(crate) changed_in: FrameNum,
    /// What Pis told of it.
    pub(crate) seen: Arc<Seen>,
    /// What it did last.
    pub(crate) tape: Option<Arc<Tape>>,
}

/// A row as the browsers see it.
#[derive(Clone, Copy, Debug)]
pub struct ShownRow {
    /// The symbol's place in the table.
    pub slot: usize,
    /// The frame that last changed it; 0 before its first event.
    pub changed_in: FrameNum,
    /// Its numbers.
    pub row: Row,
    /// What can be said of them.
    pub state: RowState,
}

/// Everything beside the rows.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// The newest frame.
    pub frame: FrameNum,
    /// When it was published, since the dashboard's start.
    pub shown_at: Instant,
    /// The status of the board; `None` until the controller has sent the symbol table.
    pub board: Option<BoardStatus>,
    /// What was counted of those who look closely.
    pub(crate) looks: Totals,
    /// What happened to the cluster, the newest last.
    pub incidents: Arc<[Incident]>,
}

/// The status of the board.
#[derive(Clone, Debug)]
pub struct BoardStatus {
    /// How far the feed has come.
    pub phase: Phase,
    /// The run that is shown.
    pub run: Run,
    /// What was counted since the start.
    pub counters: Counters,
    /// What was counted since the run began.
    pub of_run: Counters,
    /// How many symbols are in each state.
    pub states: StateCounts,
    /// How many symbols have each trading status.
    pub statuses: StatusCounts,
    /// How many Pis the run has.
    pub nodes_expected: u16,
    /// The Pis that were heard.
    pub nodes: Vec<NodeStatus>,
    /// The time of the newest event, in milliseconds since 1970 UTC.
    pub market_time_ms: Option<u64>,
    /// What the controller told last of the cluster, and when.
    pub cluster: Option<(Instant, Arc<Cluster>)>,
}

/// A Pi as the dashboard hears it.
#[derive(Clone, Debug)]
pub struct NodeStatus {
    /// Which one.
    pub node: NodeId,
    /// What it is called, once the controller told it.
    pub name: Option<String>,
    /// Events that it was the first to bring.
    pub firsts: u64,
    /// How it is heard.
    pub voice: Voice,
}

/// What changed since a frame.
#[derive(Clone, Debug)]
pub struct Changes {
    /// The present status.
    pub status: Status,
    /// The symbols.
    pub table: Arc<SymbolTable>,
    /// The rows that changed, by slot; every row that ever did when the table is of another edition.
    pub rows: Vec<ShownRow>,
}

/// The feed's side of a screen. When it is dropped, the viewers see the end.
#[derive(Debug)]
pub struct Publisher {
    screen: Arc<Mutex<Screen>>,
    frames: watch::Sender<FrameNum>,
}

/// The browsers' side of a screen.
#[derive(Clone, Debug)]
pub struct Viewer {
    screen: Arc<Mutex<Screen>>,
    frames: watch::Receiver<FrameNum>,
}

/// An empty screen.
#[must_use]
pub fn screen() -> (Publisher, Viewer) {
    let screen = Arc::<Mutex<Screen>>::default();
    let (sender, receiver) = watch::channel(0);
    (
        Publisher {
            screen: screen.clone(),
            frames: sender,
        },
        Viewer {
            screen,
            frames: receiver,
        },
    )
}

impl Publisher {
    /// Publishes the next frame, with what changed on the board once it knows its symbols. While
    /// somebody reads the screen it does nothing and returns `false`; the board keeps its changes.
    pub(crate) fn try_publish(
        &self,
        now: Instant,
        board: &mut Board,
        asker: &mut Asker,
        history: &mut History,
    ) -> bool {
        let mut screen = match self.screen.try_lock() {
            Ok(screen) => screen,
            Err(TryLockError::WouldBlock) => return false,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        };
        let frame = screen.status.frame + 1;
        screen.status.frame = frame;
        screen.status.shown_at = now;
        screen.status.incidents = history.shown();
        if let Some(run) = board.run() {
            screen.put_up(now, frame, board, run);
            screen.put_up_looks(frame, board, asker);
        }
        drop(screen);
        self.frames.send_replace(frame);
        true
    }
}

impl Screen {
    fn put_up(&mut self, now: Instant, frame: FrameNum, board: &mut Board, run: Run) {
        let table = board.table();
        if table.edition != self.table.edition {
            self.rows.clear();
        }
        if !Arc::ptr_eq(table, &self.table) {
            self.table = table.clone();
            let slots = self.rows.len()..table.entries().len();
            self.rows.extend(slots.map(ShownRow::empty));
        }
        let rows = &mut self.rows;
        board.take_changed(now, |slot, row, state| {
            if let Some(shown) = rows.get_mut(slot) {
                *shown = ShownRow {
                    slot,
                    changed_in: frame,
                    row: *row,
                    state,
                };
            }
        });
        self.status.board = Some(BoardStatus::of(board, run));
    }

    fn put_up_looks(&mut self, frame: FrameNum, board: &Board, asker: &mut Asker) {
        let looks = &mut self.looks;
        looks.retain(|name, _| asker.keeps(name));
        asker.take_news(|name, seen| {
            let look = looks
                .entry(name.to_owned())
                .or_insert_with(ShownLook::empty);
            look.changed_in = frame;
            look.seen = Arc::new(seen);
        });
        for name in asker.looked_at() {
            if let (Some(look), Some(tape)) = (looks.get_mut(name), board.tape(name))
                && look.lacks(tape)
            {
                look.changed_in = frame;
                look.tape = Some(Arc::new(tape.clone()));
            }
        }
        self.status.looks = asker.totals();
    }
}

impl ShownLook {
    fn empty() -> Self {
        Self {
            changed_in: 0,
            seen: Arc::default(),
            tape: None,
        }
    }

    /// Whether a tape has what is not shown yet.
    fn lacks(&self, tape: &Tape) -> bool {
        let of = |tape: &Tape| (tape.newest_trade(), tape.newest_change());
        self.tape
            .as_deref()
            .is_none_or(|shown| of(shown) != of(tape))
    }
}

impl ShownRow {
    /// Of a symbol that nothing has happened to.
    pub(crate) fn empty(slot: usize) -> Self {
        Self {
            slot,
            changed_in: 0,
            row: Row::default(),
            state: RowState::WAITING,
        }
    }
}

impl BoardStatus {
    fn of(board: &Board, run: Run) -> Self {
        const NANOS_PER_MILLISECOND: u64 = 1_000_000;
        let cluster = board.cluster();
        Self {
            phase: board.phase(),
            run,
            counters: *board.counters(),
            of_run: board.counters_of_run(),
            states: board.state_counts(),
            statuses: board.status_counts(),
            nodes_expected: board.nodes_expected(),
            nodes: board
                .nodes()
                .map(|(node, voice, firsts)| NodeStatus {
                    node,
                    name: cluster.and_then(|(_, told)| told.name_in(run, node)),
                    firsts,
                    voice,
                })
                .collect(),
            market_time_ms: board
                .market_time()
                .map(|time| time.raw() / NANOS_PER_MILLISECOND),
            cluster: cluster.cloned(),
        }
    }
}

impl Viewer {
    /// Waits for the next frame that this viewer has not seen; `false` when there will be none.
    pub async fn next_frame(&mut self) -> bool {
        self.frames.changed().await.is_ok()
    }

    /// Waits for the first frame after this call; `false` when there will be none.
    pub async fn frame_from_now(&mut self) -> bool {
        self.frames.mark_unchanged();
        self.next_frame().await
    }

    /// Waits until there will be no more frames.
    pub async fn ended(&mut self) {
        while self.next_frame().await {}
    }

    /// The status, without the rows.
    #[must_use]
    pub fn status(&self) -> Status {
        self.lock().status.clone()
    }

    /// What changed after frame `seen` for a browser that knows this edition of the symbols. A browser
    /// that knows another edition or none gets everything.
    #[must_use]
    pub fn changes_since(&self, seen: FrameNum, edition: Option<u64>) -> Changes {
        let screen = self.lock();
        let is_known = edition == Some(screen.table.edition);
        let seen = if is_known { seen } else { 0 };
        Changes {
            status: screen.status.clone(),
            table: screen.table.clone(),
            rows: screen
                .rows
                .iter()
                .filter(|row| row.changed_in > seen)
                .copied()
                .collect(),
        }
    }

    /// A symbol that somebody looks at, if anything is known of it yet.
    pub(crate) fn look(&self, name: &str) -> Option<ShownLook> {
        self.lock().looks.get(name).cloned()
    }

    /// All rows, also those that nothing has happened to.
    #[must_use]
    pub fn everything(&self) -> Changes {
        let screen = self.lock();
        Changes {
            status: screen.status.clone(),
            table: screen.table.clone(),
            rows: screen.rows.clone(),
        }
    }

    /// Readers only copy, so nothing is half done when one of them panics.
    fn lock(&self) -> MutexGuard<'_, Screen> {
        self.screen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
