//! The command lines of the demonstration's processes, as `oxberry node` takes them.

use std::path::Path;

use oxberry_controller::config::partitions_for;

use super::{Arguments, fault::CONTROLLER, input::Input};

/// A free port of this machine.
const ANY_PORT: &str = "tcp://127.0.0.1:0";

/// Where the sockets of a controller are, as it said.
#[derive(Clone, Debug)]
pub(super) struct Sockets {
    /// Its batches.
    pub(super) data: String,
    /// Its control socket.
    pub(super) control: String,
    /// Where it is asked.
    pub(super) setup: String,
}

impl Sockets {
    /// Any that are free.
    pub(super) fn any() -> Self {
        let any = || ANY_PORT.to_owned();
        Self {
            data: any(),
            control: any(),
            setup: any(),
        }
    }
}

/// Where the sockets are that a Pi connects to.
#[derive(Debug)]
pub(super) struct Meeting {
    /// Those of the controller.
    pub(super) controller: Sockets,
    /// The dashboard's socket for stock events.
    pub(super) stock: String,
}

/// The controller, which plays the input, with its sockets there.
pub(super) fn controller(arguments: &Arguments, input: &Input, sockets: &Sockets) -> Vec<String> {
    let pis = usize::from(arguments.pis);
    owned(&[
        "controller",
        &input.directory().display().to_string(),
        "--pis",
        &pis.to_string(),
        "--partitions",
        &partitions_for(pis).to_string(),
        "--speed",
        arguments.speed(),
        "--await-visual",
        "--data",
        &sockets.data,
        "--control",
        &sockets.control,
        "--setup",
        &sockets.setup,
        "--dialect",
        input.dialect(),
        "--json-notices",
        "--log",
        "error",
    ])
}

/// The dashboard, which asks the controller for the symbols at `setup`.
pub(super) fn dashboard(
    arguments: &Arguments,
    input: &Input,
    setup: &str,
    events_file: Option<&Path>,
) -> Vec<String> {
    let http = format!("127.0.0.1:{}", arguments.port);
    let mut line = owned(&[
        "visual",
        "--json-notices",
        "--log",
        "warn",
        "--controller",
        setup,
        "--http",
        &http,
        "--http-option",
        "--port",
        "--stock",
        ANY_PORT,
        "--source",
        input.source(),
    ]);
    if let Some(path) = events_file {
        line.extend(owned(&["--events", &path.display().to_string()]));
    }
    if arguments.check {
        line.push("--exit-at-end".into());
    } else {
        // One that could not go on would end the demonstration.
        let controller = input.is_read_again().then(|| CONTROLLER.to_owned());
        let pis = (1..=arguments.pis).map(|number| format!("pi-{number}"));
        let all: Vec<_> = controller.into_iter().chain(pis).collect();
        line.extend(owned(&["--faults", &all.join(",")]));
    }
    line
}

/// A Pi of this name.
pub(super) fn pi(name: &str, meeting: &Meeting) -> Vec<String> {
    owned(&[
        "pi",
        "--name",
        name,
        "--data",
        &meeting.controller.data,
        "--control",
        &meeting.controller.control,
        "--stock",
        &meeting.stock,
        // Nobody runs a demonstration for days; several would need a limit that few shells have.
        "--lock-memory=false",
        "--once",
        "--log",
        "warn",
    ])
}

fn owned(line: &[&str]) -> Vec<String> {
    line.iter().map(|&word| word.to_owned()).collect()
}
