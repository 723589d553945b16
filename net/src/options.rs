//! What all daemons check of their options in the same way: keys and endpoints.

use std::path::Path;

use crate::endpoint::{Endpoint, EndpointError};
use crate::keys::{KeyError, KeyRole, Keys};

/// What is wrong with an option. It is called as it is typed, such as `--data`; a file has it under the
/// same name without dashes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OptionError {
    /// An endpoint cannot be used.
    #[error("{option}: {source}")]
    BadEndpoint {
        /// The option.
        option: &'static str,
        /// What is wrong with it, and what to write.
        source: EndpointError,
    },
    /// The keys cannot be used.
    #[error("{option}: {source}")]
    BadKeys {
        /// The option.
        option: &'static str,
        /// What is wrong with them, and what to do.
        source: KeyError,
    },
    /// Port 0, where somebody else must be found.
    #[error("{option}: port 0 is no port to connect to; name the port where the other end listens")]
    NoPort {
        /// The option.
        option: &'static str,
    },
    /// Two options name one endpoint.
    #[error("{option}: {endpoint} is that of {other} too; give each a port of its own")]
    Twice {
        /// The option.
        option: &'static str,
        /// The endpoint.
        endpoint: Endpoint,
        /// The option that names it too.
        other: &'static str,
    },
}

/// Loads the keys among a daemon's options, if any are given: those of a machine of this role, which
/// connects to servers of these.
///
/// # Errors
///
/// When a file is missing, damaged or open to others, the key is of another role, or the key of a server
/// is not listed.
pub fn keys_of_option(
    given: Option<&Path>,
    role: KeyRole,
    servers: &[KeyRole],
) -> Result<Option<Keys>, OptionError> {
    let keys = given.map(|directory| Keys::load_for(directory, role, servers));
    keys.transpose().map_err(|source| OptionError::BadKeys {
        option: "--keys",
        source,
    })
}

/// Loads the keys of a program that only asks a server of this role, if any are given: any machine's that
/// the server lets in.
///
/// # Errors
///
/// When a file is missing, damaged or open to others, or the key of the server is not listed.
pub fn keys_of_client(given: Option<&Path>, server: KeyRole) -> Result<Option<Keys>, OptionError> {
    let keys = given.map(|directory| {
        let keys = Keys::load(directory)?;
        keys.server(server)?;
        Ok(keys)
    });
    keys.transpose().map_err(|source| OptionError::BadKeys {
        option: "--keys",
        source,
    })
}

/// Checks the endpoints among a daemon's options, which must all differ.
#[derive(Debug)]
pub struct EndpointOptions {
    /// Whether sockets prove who they talk to, and so may leave the machine.
    has_keys: bool,
    checked: Vec<(&'static str, Endpoint)>,
}

impl EndpointOptions {
    /// None is checked yet. Without keys only loopback addresses are good.
    #[must_use]
    pub const fn new(keys: Option<&Keys>) -> Self {
        Self {
            has_keys: keys.is_some(),
            checked: Vec::new(),
        }
    }

    /// Where a socket of this daemon is to listen: as given, or on this machine at its usual port.
    /// Port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// When the endpoint cannot be used, or is that of another option.
    pub fn listens(
        &mut self,
        option: &'static str,
        given: Option<&str>,
        usual: u16,
    ) -> Result<Endpoint, OptionError> {
        let endpoint = given.map_or(Ok(Endpoint::loopback(usual)), str::parse);
        self.check(option, endpoint, Endpoint::to_listen)
    }

    /// Where another daemon listens: as given, or on this machine at its usual port.
    ///
    /// # Errors
    ///
    /// When the endpoint cannot be used, is that of another option, or has port 0.
    pub fn connects(
        &mut self,
        option: &'static str,
        given: Option<&str>,
        usual: u16,
    ) -> Result<Endpoint, OptionError> {
        let endpoint = given.map_or(Ok(Endpoint::loopback(usual)), str::parse);
        let endpoint = self.check(option, endpoint, Endpoint::to_connect)?;
        if endpoint.port() == 0 {
            Err(OptionError::NoPort { option })
        } else {
            Ok(endpoint)
        }
    }

    fn check(
        &mut self,
        option: &'static str,
        parsed: Result<Endpoint, EndpointError>,
        for_use: impl Fn(Endpoint) -> Result<Endpoint, EndpointError>,
    ) -> Result<Endpoint, OptionError> {
        let reachable = |endpoint: Endpoint| {
            if self.has_keys {
                Ok(endpoint)
            } else {
                endpoint.without_keys()
            }
        };
        let endpoint = parsed.and_then(reachable).and_then(for_use);
        let endpoint = endpoint.map_err(|source| OptionError::BadEndpoint { option, source })?;
        let collides = |(_, other): &&(_, Endpoint)| other.collides(endpoint);
        if let Some(&(other, _)) = self.checked.iter().find(collides) {
            return Err(OptionError::Twice {
                option,
                endpoint,
                other,
            });
        }
        self.checked.push((option, endpoint));
        Ok(endpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_keys_endpoints_may_leave_the_machine() {
        let mut endpoints = EndpointOptions {
            has_keys: true,
            checked: Vec::new(),
        };
        for text in ["tcp://*:1", "tcp://192.0.2.1:2"] {
            endpoints.listens("--data", Some(text), 1).unwrap();
        }
        for text in ["tcp://controller.local:3", "tcp://192.0.2.1:4"] {
            endpoints.connects("--control", Some(text), 1).unwrap();
        }
        let said = words(endpoints.listens("--setup", Some("tcp://192.0.2.1:1"), 1));
        assert!(said.contains("is that of --data too"), "{said}");
        let said = words(endpoints.listens("--setup", Some("tcp://eth0:9"), 1));
        assert!(said.starts_with("--setup: `tcp://eth0:9`: a socket listens"));
        let said = words(endpoints.connects("--stock", Some("tcp://*:9"), 1));
        assert!(
            said.starts_with("--stock: `tcp://*:9` is no machine"),
            "{said}"
        );
    }

    fn words(checked: Result<Endpoint, OptionError>) -> String {
        checked.unwrap_err().to_string()
    }

    #[test]
    fn endpoints_are_as_given_or_usual() {
        let mut endpoints = EndpointOptions::new(None);
        let usual = endpoints.listens("--data", None, 5561).unwrap();
        assert_eq!(usual, Endpoint::loopback(5561));
        let given = endpoints.connects("--stock", Some("tcp://127.0.0.1:7"), 5564);
        assert_eq!(given.unwrap(), Endpoint::loopback(7));
    }

    #[test]
    fn a_bad_endpoint_is_named_with_its_option_and_what_to_do() {
        let mut endpoints = EndpointOptions::new(None);
        let said = words(endpoints.listens("--data", Some("here"), 1));
        assert!(said.starts_with("--data: `here` is no endpoint; write tcp://"));
        let said = words(endpoints.connects("--control", Some("tcp://10.0.0.1:1"), 1));
        assert!(said.starts_with("--control: `tcp://10.0.0.1:1` is not a loopback address"));
    }

    #[test]
    fn any_free_port_is_one_to_listen_at_but_none_to_connect_to() {
        let mut endpoints = EndpointOptions::new(None);
        let any = Some("tcp://127.0.0.1:0");
        endpoints.listens("--data", any, 1).unwrap();
        endpoints.listens("--control", any, 1).unwrap();
        let said = words(endpoints.connects("--stock", any, 1));
        assert!(said.starts_with("--stock: port 0 is no port to connect to; name the port"));
    }

    #[test]
    fn two_options_cannot_share_an_endpoint() {
        let mut endpoints = EndpointOptions::new(None);
        endpoints.listens("--data", None, 5561).unwrap();
        let said = words(endpoints.listens("--control", Some("tcp://localhost:5561"), 5562));
        assert_eq!(
            said,
            "--control: tcp://127.0.0.1:5561 is that of --data too; give each a port of its own"
        );
    }
}
