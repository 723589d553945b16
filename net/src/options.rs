//! What all daemons check of their options in the same way: endpoints.

use crate::endpoint::{Endpoint, EndpointError};

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

/// Checks the endpoints among a daemon's options, which must all differ.
#[derive(Debug, Default)]
pub struct EndpointOptions {
    checked: Vec<(&'static str, Endpoint)>,
}

impl EndpointOptions {
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
        let endpoint = endpoint.map_err(|source| OptionError::BadEndpoint { option, source })?;
        let is_same = |(_, other): &&(_, Endpoint)| *other == endpoint && endpoint.port() != 0;
        if let Some(&(other, _)) = self.checked.iter().find(is_same) {
            return Err(OptionError::Twice {
                option,
                endpoint,
                other,
            });
        }
        self.checked.push((option, endpoint));
        Ok(endpoint)
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
        let endpoint = self.listens(option, given, usual)?;
        if endpoint.port() == 0 {
            Err(OptionError::NoPort { option })
        } else {
            Ok(endpoint)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(checked: Result<Endpoint, OptionError>) -> String {
        checked.unwrap_err().to_string()
    }

    #[test]
    fn endpoints_are_as_given_or_usual() {
        let mut endpoints = EndpointOptions::default();
        let usual = endpoints.listens("--data", None, 5561).unwrap();
        assert_eq!(usual, Endpoint::loopback(5561));
        let given = endpoints.connects("--stock", Some("tcp://127.0.0.1:7"), 5564);
        assert_eq!(given.unwrap(), Endpoint::loopback(7));
    }

    #[test]
    fn a_bad_endpoint_is_named_with_its_option_and_what_to_do() {
        let mut endpoints = EndpointOptions::default();
        let said = words(endpoints.listens("--data", Some("here"), 1));
        assert!(said.starts_with("--data: `here` is no endpoint; write tcp://"));
        let said = words(endpoints.connects("--control", Some("tcp://10.0.0.1:1"), 1));
        assert!(said.starts_with("--control: `tcp://10.0.0.1:1` is not a loopback address"));
    }

    #[test]
    fn any_free_port_is_one_to_listen_at_but_none_to_connect_to() {
        let mut endpoints = EndpointOptions::default();
        let any = Some("tcp://127.0.0.1:0");
        endpoints.listens("--data", any, 1).unwrap();
        endpoints.listens("--control", any, 1).unwrap();
        let said = words(endpoints.connects("--stock", any, 1));
        assert!(said.starts_with("--stock: port 0 is no port to connect to; name the port"));
    }

    #[test]
    fn two_options_cannot_share_an_endpoint() {
        let mut endpoints = EndpointOptions::default();
        endpoints.listens("--data", None, 5561).unwrap();
        let said = words(endpoints.listens("--control", Some("tcp://localhost:5561"), 5562));
        assert_eq!(
            said,
            "--control: tcp://127.0.0.1:5561 is that of --data too; give each a port of its own"
        );
    }
}
