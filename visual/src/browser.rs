//! One browser on its WebSocket.
//!
//! The page confirms every frame. While too many frames are unconfirmed none is sent, and the next
//! one has what changed meanwhile, newest state only: a slow browser sees fewer frames, never older
//! ones, and what waits for it never grows.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use oxberry_proto::depth::LevelName;
use tokio::time::{Instant, sleep_until, timeout};

use crate::limits::{BROWSER_GONE_AFTER, FRAMES_IN_FLIGHT};
use crate::look::{Look, Looks};
use crate::look_message::{self, Told, Wanted};
use crate::page_message;
use crate::screen::{FrameNum, Viewer};
use crate::source::Source;
use crate::table::SymbolTable;

/// What a page says for every setup and frame that it has taken.
const CONFIRMATION: &str = "ok";

/// Why a browser is left that is no page.
const SENT_WHAT_NO_PAGE_SENDS: &str = "it sent what no page sends";

/// What the page says of its dashboard.
#[derive(Debug)]
pub(crate) struct About {
    /// Where the symbol table is asked for.
    pub(crate) controller: String,
    /// What kind of feed it is, if somebody said so.
    pub(crate) source: Option<Source>,
}

/// What is counted of all browsers.
#[derive(Debug, Default)]
pub(crate) struct BrowserCounters {
    /// Browsers on the WebSocket now.
    pub(crate) present: AtomicU64,
    /// Browsers since the start.
    pub(crate) total: AtomicU64,
    /// Frames sent.
    pub(crate) frames: AtomicU64,
    /// Frames that a browser was too slow for.
    pub(crate) frames_skipped: AtomicU64,
}

impl BrowserCounters {
    pub(crate) fn enter(&self) {
        self.present.fetch_add(1, Ordering::Relaxed);
        self.total.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn leave(&self) {
        self.present.fetch_sub(1, Ordering::Relaxed);
    }

    fn sent_frame(&self, seen: FrameNum, frame: FrameNum) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        if seen > 0 {
            self.frames_skipped
                .fetch_add(frame.saturating_sub(seen + 1), Ordering::Relaxed);
        }
    }
}

/// Serves a browser until it goes or the dashboard ends; says why it ended.
pub(crate) async fn serve(
    mut socket: WebSocket,
    mut viewer: Viewer,
    about: &About,
    looks: &Looks,
    counters: &BrowserCounters,
) -> &'static str {
    let mut ending = viewer.clone();
    let mut progress = Progress::default();
    let mut gone_at = Instant::now() + BROWSER_GONE_AFTER;
    loop {
        let may_send = progress.sent - progress.confirmed < FRAMES_IN_FLIGHT;
        tokio::select! {
            shown = viewer.next_frame(), if may_send => {
                if !shown {
                    return say_goodbye(&mut socket).await;
                }
                let was_idle = progress.sent == progress.confirmed;
                for message in progress.messages(&viewer, about, counters) {
                    let sending = socket.send(Message::Text(message.into()));
                    match timeout(BROWSER_GONE_AFTER, sending).await {
                        Ok(Ok(())) => {}
                        Ok(Err(_)) => return "it closed the connection",
                        Err(_) => return "it takes nothing",
                    }
                }
                if was_idle {
                    gone_at = Instant::now() + BROWSER_GONE_AFTER;
                }
            }
            () = ending.ended(), if !may_send => return say_goodbye(&mut socket).await,
            received = socket.recv() => match received {
                Some(Ok(Message::Text(text))) if text == CONFIRMATION => {
                    progress.confirmed = progress.sent.min(progress.confirmed + 1);
                    gone_at = Instant::now() + BROWSER_GONE_AFTER;
                }
                Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                    Ok(wanted) => progress.look_at(&wanted, looks),
                    Err(_) => return SENT_WHAT_NO_PAGE_SENDS,
                },
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Binary(_))) => return SENT_WHAT_NO_PAGE_SENDS,
                Some(Ok(Message::Close(_))) | None => return "it said goodbye",
                Some(Err(_)) => return "the connection broke",
            },
            () = sleep_until(gone_at), if progress.sent > progress.confirmed => {
                return "it confirms nothing";
            }
        }
    }
}

async fn say_goodbye(socket: &mut WebSocket) -> &'static str {
    let frame = CloseFrame {
        code: close_code::AWAY,
        reason: "the dashboard stops".into(),
    };
    // A browser that cannot be told finds out by itself.
    let _ = socket.send(Message::Close(Some(frame))).await;
    "the dashboard stops"
}

/// How far a browser is.
#[derive(Debug, Default)]
struct Progress {
    /// Edition and length of the symbols it was sent.
    table: Option<(u64, usize)>,
    /// The newest frame it was sent, by the screen's numbers.
    seen: FrameNum,
    /// Messages it was sent that it has to confirm: setups and frames.
    sent: u64,
    confirmed: u64,
    /// What it looks at closely.
    closely: Option<Closely>,
}

/// What a browser looks at, and how much of that it was sent.
#[derive(Debug)]
struct Closely {
    symbol: String,
    look: Option<Look>,
    /// Why it may not look.
    refused: Option<String>,
    /// The frame as of which it was sent all; nothing before the first.
    seen: Option<FrameNum>,
    told: Told,
}

impl Progress {
    /// What to send now that there is a new frame.
    fn messages(
        &mut self,
        viewer: &Viewer,
        about: &About,
        counters: &BrowserCounters,
    ) -> Vec<String> {
        let edition = self.table.map(|(edition, _)| edition);
        let changes = viewer.changes_since(self.seen, edition);
        let schema = (self.sent == 0).then(|| page_message::schema(about.source));
        let made: serde_json::Result<Vec<_>> = match &changes.status.board {
            Some(board) => {
                counters.sent_frame(self.seen, changes.status.frame);
                self.seen = changes.status.frame;
                let table = self.symbols(&changes.table);
                let frame = page_message::frame(&changes, board);
                let closely = self.closely.as_mut();
                let look = closely.and_then(|closely| closely.message(viewer));
                let messages = schema.into_iter().chain(table).chain(look);
                messages.chain([frame]).collect()
            }
            None => {
                let setup = page_message::setup(&about.controller);
                schema.into_iter().chain([setup]).collect()
            }
        };
        self.sent += 1;
        made.unwrap_or_else(|error| {
            tracing::error!(%error, "a frame cannot be written as JSON");
            Vec::new()
        })
    }

    /// Notes what it looks at from now on.
    fn look_at(&mut self, wanted: &Wanted, looks: &Looks) {
        let Some(symbol) = &wanted.look else {
            self.closely = None;
            return;
        };
        let before = self
            .closely
            .take()
            .filter(|before| before.symbol == *symbol);
        let mut closely = before.unwrap_or_else(|| Closely::begin(symbol, looks));
        closely.look_at_level(wanted.level());
        self.closely = Some(closely);
    }

    /// The symbols that it does not know yet, if there are any: all of another edition, else those
    /// behind the ones that it knows.
    fn symbols(&mut self, table: &SymbolTable) -> Option<serde_json::Result<String>> {
        let all = (table.edition, table.entries().len());
        let before = self.table.replace(all);
        let from = match before {
            Some((edition, known)) if edition == table.edition => known,
            Some(_) | None => 0,
        };
        if from == 0
            && let Some(closely) = &mut self.closely
        {
            // Of another run it knows nothing.
            closely.begin_anew();
        }
        (before != Some(all)).then(|| page_message::table(table, from))
    }
}

impl Closely {
    /// Looks at a symbol, if it may.
    fn begin(symbol: &str, looks: &Looks) -> Self {
        let look = looks.look_at(symbol);
        Self {
            symbol: symbol.to_owned(),
            refused: look.as_ref().err().map(ToString::to_string),
            look: look.ok(),
            seen: None,
            told: Told::default(),
        }
    }

    /// Looks at the queue of a level too, or at none.
    fn look_at_level(&mut self, level: Option<LevelName>) {
        if let Some(look) = &mut self.look {
            self.refused = look.look_at_level(level).err().map(|why| why.to_string());
        }
        self.seen = None;
    }

    /// It is told all there is with the next frame.
    fn begin_anew(&mut self) {
        self.seen = None;
        self.told = Told::default();
    }

    /// What it is to be told now, if there is anything new.
    fn message(&mut self, viewer: &Viewer) -> Option<serde_json::Result<String>> {
        let shown = viewer.look(&self.symbol);
        let changed_in = shown.as_ref().map_or(0, |shown| shown.changed_in);
        if self.seen == Some(changed_in) {
            return None;
        }
        self.seen = Some(changed_in);
        let level = self.look.as_ref().and_then(Look::level);
        let refused = self.refused.as_deref();
        let message = look_message::page(&self.symbol, refused, shown.as_ref(), level, self.told);
        if let Some(tape) = shown.and_then(|shown| shown.tape) {
            self.told = Told {
                trades: tape.newest_trade(),
                changes: tape.newest_change(),
            };
        }
        Some(message)
    }
}
