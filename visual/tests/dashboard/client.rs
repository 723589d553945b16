//! What a browser does, without a browser.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;
use tungstenite::client::IntoClientRequest as _;
use tungstenite::http::HeaderValue;
use tungstenite::{Message, WebSocket};

use crate::cluster::PATIENCE;

/// Head and body of the answer to a GET.
pub(crate) fn get(address: SocketAddr, path: &str) -> (String, String) {
    let mut stream = connect(address);
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// The symbol's object in the state as JSON.
pub(crate) fn symbol_state(address: SocketAddr, name: &str) -> Value {
    let state: Value = serde_json::from_str(&get(address, "/api/state").1).unwrap();
    let symbols = state["symbols"].as_array().unwrap();
    symbols
        .iter()
        .find(|symbol| symbol["symbol"] == name)
        .unwrap()
        .clone()
}

/// A page on its WebSocket.
pub(crate) struct Page {
    socket: WebSocket<TcpStream>,
    /// The names, by slot.
    pub(crate) symbols: Vec<String>,
    /// How often it was told symbols.
    pub(crate) tables: usize,
    /// What it was told of a row's cells.
    pub(crate) schema: Value,
    /// The newest rows by slot, each an object.
    pub(crate) rows: Vec<Value>,
    /// The newest setup or frame.
    pub(crate) last: Value,
}

impl Page {
    pub(crate) fn open(address: SocketAddr) -> Self {
        Self::open_from(address, &format!("http://{address}")).unwrap()
    }

    /// Opens the WebSocket as a page that came from `origin`.
    pub(crate) fn open_from(address: SocketAddr, origin: &str) -> Result<Self, String> {
        let mut request = format!("ws://{address}/live")
            .into_client_request()
            .unwrap();
        request
            .headers_mut()
            .insert("Origin", HeaderValue::from_str(origin).unwrap());
        let (socket, _) =
            tungstenite::client(request, connect(address)).map_err(|error| error.to_string())?;
        Ok(Self {
            socket,
            symbols: Vec::new(),
            tables: 0,
            schema: Value::Null,
            rows: Vec::new(),
            last: Value::Null,
        })
    }

    /// Takes messages, and confirms them, until what the page shows is as wished.
    pub(crate) fn until(&mut self, is_shown: impl Fn(&Self) -> bool) {
        while !is_shown(self) {
            assert!(self.turn(), "the dashboard went away; last: {}", self.last);
        }
    }

    /// Takes messages until the dashboard says goodbye.
    pub(crate) fn until_goodbye(&mut self) {
        while self.turn() {}
    }

    /// The row of a symbol.
    pub(crate) fn row(&self, name: &str) -> Option<&Value> {
        let slot = self.symbols.iter().position(|symbol| symbol == name)?;
        self.rows.get(slot).filter(|row| !row.is_null())
    }

    fn turn(&mut self) -> bool {
        let text = match self.socket.read().unwrap() {
            Message::Text(text) => text,
            Message::Close(_) => return false,
            message @ (Message::Binary(_)
            | Message::Ping(_)
            | Message::Pong(_)
            | Message::Frame(_)) => panic!("{message:?}"),
        };
        let message: Value = serde_json::from_str(&text).unwrap();
        if message["kind"] == "schema" {
            assert_eq!(self.schema, Value::Null, "it comes once");
            self.schema = message;
            return true;
        }
        if message["kind"] == "table" {
            let symbols = message["symbols"].as_array().unwrap();
            let from = usize::try_from(message["from"].as_u64().unwrap()).unwrap();
            self.tables += 1;
            self.symbols.truncate(from);
            self.rows.truncate(from);
            assert_eq!(
                self.symbols.len(),
                from,
                "symbols without those before them"
            );
            let names = symbols.iter().map(|symbol| symbol.as_str().unwrap());
            self.symbols.extend(names.map(str::to_owned));
            self.rows.resize(self.symbols.len(), Value::Null);
            return true;
        }
        for row in message["rows"].as_array().into_iter().flatten() {
            let row = self.named(row);
            let slot = usize::try_from(row["slot"].as_u64().unwrap()).unwrap();
            self.rows[slot] = row;
        }
        self.last = message;
        self.socket.send(Message::text("ok")).unwrap();
        true
    }

    /// Cells as an object, by the names of the schema.
    fn named(&self, cells: &Value) -> Value {
        let fields = self.schema["fields"].as_array().unwrap();
        let cells = cells.as_array().unwrap();
        assert_eq!(fields.len(), cells.len());
        let names = fields.iter().map(|name| name.as_str().unwrap().to_owned());
        names.zip(cells.iter().cloned()).collect()
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}
