//! What a browser does, without a browser.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest as _;
use tungstenite::http::HeaderValue;
use tungstenite::{Message, WebSocket};

use crate::cluster::PATIENCE;

/// Head and body of the answer to a GET.
pub(crate) fn get(address: SocketAddr, path: &str) -> (String, String) {
    let answer = ask(
        connect(address),
        "GET",
        path,
        &format!("Host: {address}"),
        "",
    );
    (answer.head, answer.body)
}

/// What the dashboard answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Status line and headers, as they came.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// The answer to a request with these headers, a line each, on a connection of its own.
pub(crate) fn ask(
    mut stream: TcpStream,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> Answer {
    let headers = headers.replace('\n', "\r\n");
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\n{headers}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap();
    Answer {
        status: status.parse().unwrap(),
        head: head.to_owned(),
        body: body.to_owned(),
    }
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
    /// What it was told last of the symbol that it looks at.
    pub(crate) look: Value,
    /// The entries of its tape, by the name of the list.
    pub(crate) tape: BTreeMap<String, Vec<Value>>,
}

impl Page {
    pub(crate) fn open(address: SocketAddr) -> Self {
        Self::open_from(address, &format!("http://{address}")).unwrap()
    }

    /// Opens the WebSocket as a page that came from `origin`.
    pub(crate) fn open_from(address: SocketAddr, origin: &str) -> Result<Self, String> {
        Self::open_with(address, &[("Origin", origin)])
    }

    /// Opens the WebSocket with these headers.
    pub(crate) fn open_with(
        address: SocketAddr,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, String> {
        let mut request = format!("ws://{address}/live")
            .into_client_request()
            .unwrap();
        for &(name, value) in headers {
            let value = HeaderValue::from_str(value).unwrap();
            request.headers_mut().insert(name, value);
        }
        let (socket, _) =
            tungstenite::client(request, connect(address)).map_err(|error| error.to_string())?;
        Ok(Self {
            socket,
            symbols: Vec::new(),
            tables: 0,
            schema: Value::Null,
            rows: Vec::new(),
            last: Value::Null,
            look: Value::Null,
            tape: BTreeMap::new(),
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

    /// Takes messages until the connection is cut off without a word.
    pub(crate) fn until_cut_off(&mut self) {
        // One message a second comes as long as it is not.
        for _ in 0..PATIENCE.as_secs() {
            match self.socket.read() {
                Ok(message) => assert!(!message.is_close(), "{message:?}"),
                Err(_) => return,
            }
            // It may be too late to confirm.
            let _ = self.socket.send(Message::text("ok"));
        }
        panic!("nobody cuts it off");
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
        if message["kind"] == "look" {
            self.take_tape(&message);
            self.look = message;
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

    /// Looks at a symbol from now on, and at the queue of a level.
    pub(crate) fn look_at(&mut self, symbol: Option<&str>, level: Option<(&str, u32)>) {
        self.look = Value::Null;
        self.tape.clear();
        self.say(&json!({"look": symbol, "level": level}).to_string());
    }

    /// Says something to the dashboard.
    pub(crate) fn say(&mut self, text: &str) {
        self.socket.send(Message::text(text)).unwrap();
    }

    /// Takes what is new on the tape: entries that go on where the last ones ended.
    fn take_tape(&mut self, look: &Value) {
        for name in ["trades", "best"] {
            let Some(entries) = look[name]["entries"].as_array() else {
                continue;
            };
            let known = self.tape.entry(name.to_owned()).or_default();
            let first = look[name]["first"].as_u64().unwrap();
            let is_next = known.is_empty() || first == known.len() as u64 + 1;
            assert!(is_next, "{} are known: {look}", known.len());
            known.extend(entries.iter().cloned());
        }
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

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}
