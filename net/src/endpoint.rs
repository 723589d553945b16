//! TCP addresses of sockets, and which of them are allowed.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Where a socket binds or connects: `tcp://HOST:PORT`, on the loopback interface.
///
/// Sockets have no CURVE yet, so whoever reaches them may read and inject everything. Therefore only
/// loopback addresses can be made into an endpoint at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    host: Ipv4Addr,
    port: u16,
}

/// Ports where the daemons of one machine meet unless told otherwise.
pub mod ports {
    /// Batches: the controller's proxy.
    pub const DATA: u16 = 5561;
    /// Hello, assignments, acknowledgements: controller and Pis.
    pub const CONTROL: u16 = 5562;
    /// The symbol table: controller and visualisation.
    pub const SETUP: u16 = 5563;
    /// Stock events: Pis and visualisation.
    pub const STOCK: u16 = 5564;
}

/// Why a text is not an [`Endpoint`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// Not `tcp://HOST:PORT`.
    #[error("`{text}` is no endpoint; write tcp://127.0.0.1:PORT, with port 0 for any free port")]
    Malformed {
        /// What was written.
        text: String,
    },
    /// A host that other machines can reach.
    #[error(
        "`{text}` is not a loopback address, and this program has no CURVE: without it anybody on \
         the network could read and forge messages; use tcp://127.0.0.1:PORT"
    )]
    NotLoopback {
        /// What was written.
        text: String,
    },
    /// The loopback address of IPv6.
    #[error("`{text}`: IPv6 is not supported; use tcp://127.0.0.1:PORT")]
    Ipv6 {
        /// What was written.
        text: String,
    },
}

impl Endpoint {
    /// A port of this machine that other machines cannot reach. Port 0 binds to any free port.
    #[must_use]
    pub const fn loopback(port: u16) -> Self {
        let host = Ipv4Addr::LOCALHOST;
        Self { host, port }
    }

    /// The port; 0 stands for any free one.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let malformed = || EndpointError::Malformed { text: text.into() };
        let address = text.strip_prefix("tcp://").ok_or_else(malformed)?;
        let (host, port) = address.rsplit_once(':').ok_or_else(malformed)?;
        let port = match port {
            "*" => 0,
            digits => digits.parse().map_err(|_| malformed())?,
        };
        let bare = host.strip_prefix('[').and_then(|v6| v6.strip_suffix(']'));
        match bare.unwrap_or(host).parse() {
            Ok(IpAddr::V4(host)) if host.is_loopback() => Ok(Self { host, port }),
            Ok(IpAddr::V6(Ipv6Addr::LOCALHOST)) => Err(EndpointError::Ipv6 { text: text.into() }),
            Err(_) if host.is_empty() => Err(malformed()),
            Err(_) if host == "localhost" => Ok(Self::loopback(port)),
            Ok(_) | Err(_) => Err(EndpointError::NotLoopback { text: text.into() }),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tcp://{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, EndpointError};

    #[test]
    fn loopback_endpoints_are_accepted_and_print_as_written() {
        for text in ["tcp://127.0.0.1:5555", "tcp://127.9.9.9:0"] {
            assert_eq!(text.parse::<Endpoint>().unwrap().to_string(), text);
        }
        assert_eq!("tcp://localhost:7".parse(), Ok(Endpoint::loopback(7)));
        assert_eq!("tcp://127.0.0.1:*".parse(), Ok(Endpoint::loopback(0)));
    }

    #[test]
    fn what_other_machines_can_reach_is_refused_without_curve() {
        for text in [
            "tcp://*:5555",
            "tcp://0.0.0.0:5555",
            "tcp://192.168.1.2:5555",
            "tcp://[::]:5555",
            "tcp://controller.local:5555",
            "tcp://eth0:5555",
        ] {
            let error = text.parse::<Endpoint>().unwrap_err();
            assert_eq!(error, EndpointError::NotLoopback { text: text.into() });
            assert!(error.to_string().contains("CURVE"));
        }
    }

    #[test]
    fn other_texts_say_how_to_write_an_endpoint() {
        for text in [
            "",
            "127.0.0.1:5555",
            "tcp://127.0.0.1",
            "tcp://:1",
            "tcp://127.0.0.1:65536",
        ] {
            let error = text.parse::<Endpoint>().unwrap_err();
            assert_eq!(error, EndpointError::Malformed { text: text.into() });
            assert!(error.to_string().contains("tcp://127.0.0.1:PORT"));
        }
        let error = "tcp://[::1]:5555".parse::<Endpoint>().unwrap_err();
        assert!(matches!(error, EndpointError::Ipv6 { .. }));
    }
}
