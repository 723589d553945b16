//! Machines on a switch: each a network namespace, joined to a bridge by a cable that can be pulled.

use std::fs::File;
use std::net::Ipv4Addr;
use std::os::fd::AsFd as _;
use std::path::PathBuf;
use std::process::Command;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// A switch with machines around it. All of it goes when this is dropped.
pub(crate) struct Network {
    /// What the names of its namespaces begin with: no two networks of a machine share one.
    name: String,
    sockets: Vec<Socket>,
}

/// A machine's place at the switch.
#[derive(Clone)]
pub(crate) struct Socket {
    /// The switch's namespace.
    switch: String,
    /// The machine's namespace.
    pub(crate) namespace: String,
    /// The switch's end of the cable.
    port: String,
    pub(crate) address: Ipv4Addr,
}

impl Network {
    /// A switch without machines; `name` is of this test.
    pub(crate) fn new(name: &str) -> Self {
        let name = format!("oxb-{}-{name}", std::process::id());
        let network = Self {
            name,
            sockets: Vec::new(),
        };
        let switch = network.switch();
        ip(&["netns", "add", &switch]);
        ip(&["-n", &switch, "link", "add", "br0", "type", "bridge"]);
        ip(&["-n", &switch, "link", "set", "br0", "up"]);
        network
    }

    /// Plugs in a machine of this name. Addresses are those set aside for documentation.
    pub(crate) fn plug_in(&mut self, machine: &str, host: u8) -> Socket {
        let (switch, namespace) = (self.switch(), format!("{}-{machine}", self.name));
        let port = format!("port{}", self.sockets.len());
        let address = Ipv4Addr::new(192, 0, 2, host);
        ip(&["netns", "add", &namespace]);
        self.sockets.push(Socket {
            switch: switch.clone(),
            namespace: namespace.clone(),
            port: port.clone(),
            address,
        });
        let cable = ["link", "add", &port, "type", "veth", "peer", "name", "eth0"];
        ip(&[&["-n", &switch], &cable[..], &["netns", &namespace]].concat());
        ip(&["-n", &switch, "link", "set", &port, "master", "br0", "up"]);
        ip(&["-n", &namespace, "link", "set", "lo", "up"]);
        let with_prefix = format!("{address}/24");
        ip(&[
            "-n",
            &namespace,
            "address",
            "add",
            &with_prefix,
            "dev",
            "eth0",
        ]);
        ip(&["-n", &namespace, "link", "set", "eth0", "up"]);
        self.sockets[self.sockets.len() - 1].clone()
    }

    fn switch(&self) -> String {
        format!("{}-switch", self.name)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let machines = self.sockets.iter().map(|socket| socket.namespace.clone());
        for namespace in machines.chain([self.switch()]) {
            // What still runs in it would keep it alive. A test that fails half-way has not made all.
            let pids = Command::new("ip")
                .args(["netns", "pids", &namespace])
                .output();
            let pids = pids.map(|found| String::from_utf8_lossy(&found.stdout).into_owned());
            for pid in pids.unwrap_or_default().split_whitespace() {
                let _ = Command::new("kill").args(["-s", "KILL", pid]).status();
            }
            let _ = Command::new("ip")
                .args(["netns", "delete", &namespace])
                .status();
        }
    }
}

impl Socket {
    /// Pulls the cable: nothing passes, and no end learns of it but by silence.
    pub(crate) fn pull(&self) {
        ip(&["-n", &self.switch, "link", "set", &self.port, "down"]);
    }

    /// Puts the cable back.
    pub(crate) fn put_back(&self) {
        ip(&["-n", &self.switch, "link", "set", &self.port, "up"]);
    }

    /// From now on the calling thread opens its connections on this machine.
    pub(crate) fn enter(&self) {
        let path = PathBuf::from("/run/netns").join(&self.namespace);
        let namespace = File::open(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let kind = Some(LinkNameSpaceType::Network);
        move_into_link_name_space(namespace.as_fd(), kind).unwrap();
    }
}

fn ip(arguments: &[&str]) {
    let done = Command::new("ip").args(arguments).output();
    let done = done.expect("`ip` of the package iproute2");
    assert!(
        done.status.success(),
        "ip {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&done.stderr)
    );
}
