//! What the dashboard says line by line for a program.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// One thing to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub enum Notice {
    /// The sockets are bound.
    Listening {
        /// Where the page is, `ADDRESS:PORT`.
        web: String,
        /// Where Pis push stock events to.
        stock: String,
    },
    /// Somebody wants this fault, on the page.
    Fault(Fault),
}

impl Notice {
    /// Writes it as a line, at once.
    pub(crate) fn write(&self, mut to: impl Write) -> io::Result<()> {
        let mut line = serde_json::to_vec(self)?;
        line.push(b'\n');
        to.write_all(&line)?;
        to.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::Notice;

    #[test]
    fn programs_read_the_same_lines_in_every_version() {
        let line =
            r#"{"notice":"listening","web":"127.0.0.1:8080","stock":"tcp://127.0.0.1:5564"}"#;
        let notice = Notice::Listening {
            web: "127.0.0.1:8080".into(),
            stock: "tcp://127.0.0.1:5564".into(),
        };
        assert_eq!(serde_json::to_string(&notice).unwrap(), line);
        assert_eq!(serde_json::from_str::<Notice>(line).unwrap(), notice);
    }
}
