//! The OxBerry dashboard: best bids and offers of all symbols on a web page.
//!
//! Two threads. The feed's owns the sockets and the [`board`], takes what the Pis push and puts up a
//! frame on the [`screen`] a few times a second. The web's shows the screen to browsers. A browser
//! can be as slow as it likes: it sees fewer frames, and the feed never waits for it.
//!
//! What replicas say is merged by [`oxberry_cluster::page`], which also knows what of it is live; this
//! crate is the rim around it, and shows it.
//!
//! Layers, lowest to highest:
//!
//! * [`limits`]: capacities and intervals, with their reasons,
//! * [`state`]: what can be said of a symbol in one word,
//! * [`source`]: what kind of feed it is,
//! * [`table`]: the symbols, [`trades`]: what one traded, [`row`]: all of one, [`board`]: all of it; pure
//!   state without a socket,
//! * [`history`]: what happened to the cluster, with its bill,
//! * `look`: what somebody looks at closely, and who is asked for it,
//! * [`screen`]: what browsers see of it,
//! * `json_text`, `row_schema`, `page_message`, `api_message`, `cluster_message`, `incident_message`, `look_message`, `metrics`, `print`, `events_file`: the
//!   same as JSON, Prometheus text and CSV,
//! * `refusal`: why somebody is not served,
//! * `fault`: what a demonstration lets people break,
//! * `browser`, `web`: the page and its WebSockets, and who may see them,
//! * [`setup`]: questions to the controller, `feed`: the loop,
//! * [`Config`], [`Sockets`], [`run`], [`Notice`],
//! * [`Cli`]: the program.
#![forbid(unsafe_code)]

mod api_message;
pub mod board;
mod browser;
mod cli;
mod cluster_message;
mod config;
mod error;
mod events_file;
mod fault;
mod feed;
pub mod history;
mod incident_message;
mod json_text;
pub mod limits;
mod look;
mod look_message;
mod metrics;
mod notice;
mod page;
mod page_message;
mod print;
mod refusal;
pub mod row;
mod row_schema;
pub mod screen;
pub mod setup;
pub mod source;
pub mod state;
pub mod table;
pub mod trades;
mod web;

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::thread;

use oxberry_cluster::limits::Limits;
use oxberry_cluster::told::Telling;
use oxberry_core::units::Instant;
use oxberry_net::{Clock, Context, Endpoint, Notifier, SetupClient, Shutdown, StockPuller};

pub use crate::cli::Cli;
pub use crate::config::{Config, ConfigError, HostName, HostNameError, RawConfig};
pub use crate::error::Error;
pub use crate::fault::{Deed, Fault};
pub use crate::notice::Notice;

use crate::board::{Board, Counters, Phase};
use crate::events_file::EventsFile;
use crate::feed::{Feed, FramePace, Missed};
use crate::history::History;
use crate::look::{Asker, Looks};
use crate::print::{Prices, Printer};
use crate::setup::Setup;

/// The sockets of a dashboard, opened before it runs so that ports are known and errors come early.
#[derive(Debug)]
pub struct Sockets {
    context: Context,
    stock: StockPuller,
    stock_endpoint: Endpoint,
    setup: SetupClient,
    web: TcpListener,
    web_address: SocketAddr,
}

/// What a dashboard saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How far the feed had come; `None` when the symbol table never came.
    pub phase: Option<Phase>,
    /// What was counted.
    pub counters: Counters,
}

impl Sockets {
    /// Opens the sockets.
    ///
    /// # Errors
    ///
    /// When a port is taken or may not be used, or the keys cannot be used.
    pub fn open(config: &Config) -> Result<Self, Error> {
        let context = Context::of(config.keys.as_ref())?;
        let (stock, stock_endpoint) = StockPuller::bind(&context, config.stock)?;
        let setup = SetupClient::connect(&context, config.controller)?;
        let address = config.http;
        let bind_error = |source: io::Error| {
            if source.kind() == io::ErrorKind::AddrInUse {
                let option = "--http".into();
                Error::PortTaken { address, option }
            } else {
                Error::Bind { address, source }
            }
        };
        let web = TcpListener::bind(address).map_err(bind_error)?;
        let web_address = web.local_addr().map_err(bind_error)?;
        Ok(Self {
            context,
            stock,
            stock_endpoint,
            setup,
            web,
            web_address,
        })
    }

    /// Where Pis push to, with the port that was found.
    #[must_use]
    pub const fn stock_endpoint(&self) -> Endpoint {
        self.stock_endpoint
    }

    /// Where the page is, with the port that was found.
    #[must_use]
    pub const fn web_address(&self) -> SocketAddr {
        self.web_address
    }
}

/// Runs the dashboard until `shutdown` is requested, or to the end of the feed if the configuration
/// says so.
///
/// # Errors
///
/// When a socket fails, the controller speaks another schema, or the page cannot be served.
pub fn run(config: &Config, sockets: Sockets, shutdown: &Shutdown) -> Result<Summary, Error> {
    let events_file = config.events.as_deref().map(EventsFile::create);
    let events_file = events_file.transpose()?;
    let clock = Clock::start();
    let notifier =
        Notifier::from_environment(clock.now()).map_err(|source| Error::Notify { source })?;
    let (publisher, viewer) = screen::screen();
    let looks = Looks::default();
    let (listener, of_web) = (sockets.web, config.clone());
    let looks_of_web = looks.clone();
    let web_failed = shutdown.clone();
    let web = thread::Builder::new()
        .name("web".into())
        .spawn(move || {
            let served = web::serve(listener, viewer, looks_of_web, &of_web);
            if served.is_err() {
                web_failed.request();
            }
            served
        })
        .map_err(|source| Error::Web { source })?;
    let mut feed = Feed {
        clock,
        notifier,
        stock: sockets.stock,
        setup: Setup::new(sockets.setup),
        publisher,
        printer: config
            .print
            .then(|| Printer::new(io::stdout(), Prices::Decimal)),
        events_file,
        exit_at_end: config.exit_at_end,
        board: Board::new(Limits::DEFAULT),
        frames: FramePace::default(),
        bad_answers: 0,
        telling: Telling::default(),
        next_telling: Instant::default(),
        asker: Asker::new(looks),
        history: History::default(),
        missed: Missed::default(),
    };
    let fed = feed.run(shutdown);
    let written = feed.events_file.take().map_or(Ok(()), EventsFile::finish);
    let summary = Summary {
        phase: feed.board.run().map(|_| feed.board.phase()),
        counters: *feed.board.counters(),
    };
    // The publisher goes with it, which ends the web.
    drop(feed);
    let counts = sockets.context.key_counts();
    if !counts.is_quiet() {
        tracing::warn!("{counts}");
    }
    let served = web.join().map_err(|_| Error::WebPanicked)?;
    fed?;
    served.map_err(|source| Error::Web { source })?;
    written?;
    Ok(summary)
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counters {
            events,
            trades,
            copies,
            missed,
            ..
        } = self.counters;
        let phase = match self.phase {
            None => "no symbol table came",
            Some(Phase::Waiting) => "no event came",
            Some(Phase::Running) => "stopped before the end of the feed",
            Some(Phase::Silent) => "stopped while nothing was heard",
            Some(Phase::Ended) => "end of the feed",
        };
        write!(
            f,
            "{phase}: {events} events, {trades} trades, {copies} copies dropped, {missed} times \
             something of a Pi was missed"
        )
    }
}
