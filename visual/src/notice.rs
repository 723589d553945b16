//! What the dashboard says line by line for a program.

use serde::{Deserialize, Serialize};

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
