//! Where metrics are served, and to whom.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use crate::config_file::quoted;
use crate::token::Token;

/// The file that an error names where nobody has named one.
const EXAMPLE_TOKEN_FILE: &str = "/etc/oxberry/metrics-token";

/// Where the metrics of a daemon are served, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricsConfig {
    /// Where they are served; port 0 takes a free one.
    pub address: SocketAddr,
    /// The file of the token that scrapers must show. Beyond this machine there is one.
    pub token_file: Option<PathBuf>,
}

/// What is wrong with the options.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetricsOptionError {
    /// The address is none.
    #[error(
        "--metrics: `{text}` is no address; write ADDRESS:PORT such as 127.0.0.1:9561, with port 0 \
         for any free port, or `none`"
    )]
    NoAddress {
        /// What was written.
        text: String,
    },
    /// Other machines can reach it, and nobody would ask who they are.
    #[error(
        "--metrics: {address} can be reached from other machines, which must show a token. Make one: \
         {}, name it: --metrics-token-file {EXAMPLE_TOKEN_FILE}, and give the same to Prometheus as \
         `authorization: credentials_file`. Or use 127.0.0.1:{}",
        Token::command(Path::new(EXAMPLE_TOKEN_FILE)), address.port()
    )]
    NeedsToken {
        /// What was written.
        address: SocketAddr,
    },
    /// A token for nothing.
    #[error("--metrics-token-file: no metrics are served; say where with --metrics ADDRESS:PORT")]
    NothingServed,
}

impl MetricsConfig {
    /// What follows from `--metrics` and `--metrics-token-file`; nothing is served unless it was said
    /// where.
    ///
    /// # Errors
    ///
    /// When the address cannot be, or has no token although other machines reach it.
    pub fn check(
        metrics: Option<&str>,
        token_file: Option<PathBuf>,
    ) -> Result<Option<Self>, MetricsOptionError> {
        let Some(text) = metrics.filter(|&text| text != "none") else {
            return match (metrics, token_file) {
                // `none` switches off what another place says, the token's included.
                (None, Some(_)) => Err(MetricsOptionError::NothingServed),
                _ => Ok(None),
            };
        };
        let address =
            address_of(text).ok_or_else(|| MetricsOptionError::NoAddress { text: text.into() })?;
        if !address.ip().is_loopback() && token_file.is_none() {
            return Err(MetricsOptionError::NeedsToken { address });
        }
        Ok(Some(Self {
            address,
            token_file,
        }))
    }

    /// The lines of a configuration file that mean `config`.
    #[must_use]
    pub fn lines_of(config: Option<&Self>) -> String {
        let Some(Self {
            address,
            token_file,
        }) = config
        else {
            return "metrics = \"none\"\n".into();
        };
        let token = token_file.as_ref().map(|file| {
            let file = quoted(file.display());
            format!("metrics-token-file = {file}\n")
        });
        format!("metrics = \"{address}\"\n{}", token.unwrap_or_default())
    }
}

fn address_of(text: &str) -> Option<SocketAddr> {
    let localhost = |port: &str| {
        let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Some(SocketAddr::new(ip, port.parse().ok()?))
    };
    let of_name = || text.strip_prefix("localhost:").and_then(localhost);
    text.parse().ok().or_else(of_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(metrics: Option<&str>, token: Option<&str>) -> Result<Option<MetricsConfig>, String> {
        let checked = MetricsConfig::check(metrics, token.map(PathBuf::from));
        checked.map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_served_unless_it_was_said_where() {
        assert_eq!(check(None, None), Ok(None));
        assert_eq!(check(Some("none"), None), Ok(None));
        assert_eq!(check(Some("none"), Some("token")), Ok(None));
        let said = check(None, Some("token")).unwrap_err();
        assert!(said.contains("--metrics ADDRESS:PORT"), "{said}");
    }

    #[test]
    fn this_machine_needs_no_token_and_others_do() {
        for text in ["127.0.0.1:9561", "127.9.9.9:0", "[::1]:1", "localhost:7"] {
            let config = check(Some(text), None).unwrap().unwrap();
            assert!(config.address.ip().is_loopback(), "{text}");
        }
        for text in ["0.0.0.0:9561", "192.0.2.7:9561", "[::]:9561"] {
            let said = check(Some(text), None).unwrap_err();
            assert!(said.contains("--metrics-token-file"), "{said}");
            assert!(said.contains("/dev/urandom | base64 >"), "{said}");
            let config = check(Some(text), Some("token")).unwrap().unwrap();
            assert_eq!(config.address.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_told_how_to_be_written() {
        for text in [
            "",
            "9561",
            ":9561",
            "here:9561",
            "127.0.0.1",
            "127.0.0.1:65536",
        ] {
            let said = check(Some(text), None).unwrap_err();
            assert!(said.contains("127.0.0.1:9561"), "{said}");
        }
    }

    #[test]
    fn printed_lines_mean_the_same() {
        assert_eq!(MetricsConfig::lines_of(None), "metrics = \"none\"\n");
        let config = check(Some("192.0.2.7:9561"), Some("/a \"b\"")).unwrap();
        assert_eq!(
            MetricsConfig::lines_of(config.as_ref()),
            "metrics = \"192.0.2.7:9561\"\nmetrics-token-file = \"/a \\\"b\\\"\"\n"
        );
    }
}
