//! Depth and orders of one symbol for programs. Who asks looks at the symbol until he has his answer, so a
//! Pi is asked as for a page.

use std::time::Duration;

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use oxberry_proto::depth::LevelName;
use tokio::time::timeout;

use super::api::{Api, json, no_symbols_yet, refusal};
use crate::board::Phase;
use crate::limits::{DEPTH_INTERVAL, DEPTH_WAIT};
use crate::look::{Look, LookRefused, Note, Said, raw_price};
use crate::look_message::{self, SideWord};
use crate::screen::{ShownLook, Status, Viewer};
use crate::state::State as Word;

/// Which level's orders are asked for.
#[derive(Debug)]
struct Level {
    side: SideWord,
    /// A decimal text; the best price if it is left out.
    price: Option<String>,
}

impl Level {
    /// The level of a query such as `side=bid&price=30.50`, if it is one.
    fn of_query(query: &str) -> Option<Self> {
        let (mut side, mut price) = (None, None);
        for field in query.split('&') {
            match field.split_once('=')? {
                ("side", "bid") if side.is_none() => side = Some(SideWord::Bid),
                ("side", "ask") if side.is_none() => side = Some(SideWord::Ask),
                ("price", text) if price.is_none() => price = Some(text.to_owned()),
                _ => return None,
            }
        }
        Some(Self { side: side?, price })
    }
}

/// A symbol that is looked at.
struct Looking {
    viewer: Viewer,
    look: Look,
    /// What can be said of its numbers.
    state: Word,
}

/// Why there is no answer.
enum Failure {
    /// The feed's thread has ended.
    Stopping,
    /// Nobody answers.
    Note(Note),
    /// The run is over, and nobody looked before.
    TooLate,
}

pub(super) async fn depth(State(api): State<Api>, Path(name): Path<String>) -> Response {
    let mut looking = match Looking::begin(&api, &name) {
        Ok(looking) => looking,
        Err(response) => return *response,
    };
    let told = |shown: &ShownLook, status: &Status| {
        let levels = shown.seen.levels.as_ref()?;
        is_new(&levels.said, status).then(|| levels.clone())
    };
    match looking.wait(told).await {
        Ok(levels) => json(look_message::depth(&name, looking.state, &levels)),
        Err(failure) => failure.response(),
    }
}

pub(super) async fn orders(
    State(api): State<Api>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(level) = query.as_deref().and_then(Level::of_query) else {
        let text = "side=bid or side=ask is needed, and price=PRICE may be given";
        return refusal(StatusCode::BAD_REQUEST, text);
    };
    let mut looking = match Looking::begin(&api, &name) {
        Ok(looking) => looking,
        Err(response) => return *response,
    };
    match looking.orders(&level).await {
        Ok(response) => response,
        Err(failure) => failure.response(),
    }
}

impl Looking {
    /// Looks at the symbol of this name.
    fn begin(api: &Api, name: &str) -> Result<Self, Box<Response>> {
        let viewer = api.viewer.clone();
        let all = viewer.everything();
        if all.status.board.is_none() {
            return Err(Box::new(no_symbols_yet()));
        }
        let mut rows = all.table.entries().iter().zip(&all.rows);
        let Some((_, shown)) = rows.find(|(entry, _)| entry.name() == name) else {
            let text = format!("no symbol is called {name}");
            return Err(Box::new(refusal(StatusCode::NOT_FOUND, &text)));
        };
        let state = shown.state.state();
        let look = api.looks.look_at(name);
        let look = look.map_err(|why| Box::new(too_many(why)))?;
        Ok(Self {
            viewer,
            look,
            state,
        })
    }

    /// The answer with the orders of a level.
    async fn orders(&mut self, level: &Level) -> Result<Response, Failure> {
        let told = |shown: &ShownLook, status: &Status| {
            let levels = shown.seen.levels.as_ref()?;
            // Its scale and its best price may be a little older than its orders.
            is_new(&levels.said, status).then(|| levels.clone())
        };
        let levels = self.wait(told).await?;
        let side = level.side;
        let best = match side {
            SideWord::Bid => levels.bids.first(),
            SideWord::Ask => levels.asks.first(),
        };
        let price = match &level.price {
            Some(text) => {
                let Some(price) = raw_price(text, levels.said.scale) else {
                    let text = format!("{text} is no price of this symbol");
                    return Ok(refusal(StatusCode::BAD_REQUEST, &text));
                };
                price
            }
            None => match best {
                Some(level) => level.price,
                None => return Ok(refusal(StatusCode::NOT_FOUND, "nothing rests on this side")),
            },
        };
        let name = LevelName {
            side: side.into(),
            price,
        };
        if let Err(why) = self.look.look_at_level(Some(name)) {
            return Ok(too_many(why));
        }
        let told = |shown: &ShownLook, status: &Status| {
            let mut queues = shown.seen.queues.iter();
            let (_, queue) = queues.find(|(level, _)| *level == name)?;
            is_new(&queue.said, status).then(|| queue.clone())
        };
        let queue = self.wait(told).await?;
        Ok(json(look_message::orders(
            self.look.symbol(),
            self.state,
            name,
            &queue,
        )))
    }

    /// Waits until something is told that is new enough.
    async fn wait<T>(
        &mut self,
        told: impl Fn(&ShownLook, &Status) -> Option<T>,
    ) -> Result<T, Failure> {
        let mut note = Note::Unanswered;
        let found = timeout(DEPTH_WAIT, async {
            loop {
                let status = self.viewer.status();
                let shown = self.viewer.look(self.look.symbol());
                if let Some(told) = shown.as_ref().and_then(|shown| told(shown, &status)) {
                    return Ok(told);
                }
                if has_ended(&status) {
                    return Err(Failure::TooLate);
                }
                note = shown.and_then(|shown| shown.seen.note).unwrap_or(note);
                if !self.viewer.next_frame().await {
                    return Err(Failure::Stopping);
                }
            }
        });
        match found.await {
            Ok(found) => found,
            Err(_) => Err(Failure::Note(note)),
        }
    }
}

impl Failure {
    fn response(self) -> Response {
        let (status, text) = match self {
            Self::Stopping => (
                StatusCode::SERVICE_UNAVAILABLE,
                "the dashboard stops".to_owned(),
            ),
            Self::Note(note) => (StatusCode::GATEWAY_TIMEOUT, note.words().to_owned()),
            Self::TooLate => (
                StatusCode::SERVICE_UNAVAILABLE,
                "the run is over, its books are gone, and nobody looked at this before".to_owned(),
            ),
        };
        refusal(status, &text)
    }
}

fn too_many(why: LookRefused) -> Response {
    refusal(StatusCode::SERVICE_UNAVAILABLE, &why.to_string())
}

/// Whether what a Pi said is no older than what a page would show; after the end nothing newer comes.
fn is_new(said: &Said, status: &Status) -> bool {
    const INTERVALS: u32 = 2;
    let longest: Duration = DEPTH_INTERVAL * INTERVALS;
    said.came.after(longest) >= status.shown_at || has_ended(status)
}

fn has_ended(status: &Status) -> bool {
    let board = status.board.as_ref();
    board.is_some_and(|board| board.phase == Phase::Ended)
}
