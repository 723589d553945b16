//! A dashboard in a thread of the test.

use std::net::SocketAddr;
use std::thread::{self, JoinHandle};

use oxberry_net::{Endpoint, Shutdown};
use oxberry_visual::{Config, Error, Sockets, Summary, run};

pub(crate) struct Dashboard {
    pub(crate) address: SocketAddr,
    pub(crate) stock: Endpoint,
    shutdown: Shutdown,
    thread: JoinHandle<Result<Summary, Error>>,
}

pub(crate) fn config(controller: Endpoint) -> Config {
    Config {
        http: SocketAddr::from(([127, 0, 0, 1], 0)),
        http_token: None,
        http_hosts: Vec::new(),
        stock: Endpoint::loopback(0),
        controller,
        keys: None,
        print: false,
        events: None,
        exit_at_end: false,
        source: None,
        faults: Vec::new(),
        log: "info".into(),
    }
}

impl Dashboard {
    pub(crate) fn start(config: Config) -> Self {
        let sockets = Sockets::open(&config).unwrap();
        let (address, stock) = (sockets.web_address(), sockets.stock_endpoint());
        let shutdown = Shutdown::new().unwrap();
        let wish = shutdown.clone();
        let thread = thread::spawn(move || run(&config, sockets, &wish));
        Self {
            address,
            stock,
            shutdown,
            thread,
        }
    }

    pub(crate) fn stop(self) -> Summary {
        self.shutdown.request();
        self.wait().unwrap()
    }

    pub(crate) fn wait(self) -> Result<Summary, Error> {
        self.thread.join().unwrap()
    }
}
