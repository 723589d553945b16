//! `oxberry keygen`: the key of a machine.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use oxberry_net::{Allowed, KeyError, KeyName, KeyPair, KeyRole};

use crate::{console::say, failure::Failure};

const EXAMPLES: &str = "\
Examples:
  oxberry keygen --role controller --name controller --out /etc/oxberry/keys
  oxberry keygen --role pi --name pi-1 --out /etc/oxberry/keys
  oxberry keygen --show /etc/oxberry/keys

Standard output has one line, which the machines that this one talks to need in their lists
(/etc/oxberry/keys/allowed). The secret is never printed. docs/security.md says who needs whose line.";

/// What `oxberry keygen` can be told.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// What the machine does
    #[arg(long, required_unless_present = "show",
        value_parser = PossibleValuesParser::new(KeyRole::ALL.map(KeyRole::word))
            .try_map(|word| word.parse::<KeyRole>()))]
    role: Option<KeyRole>,
    /// What it is called: letters, digits, `.`, `_`, `-`; a Pi goes by this name in the cluster
    #[arg(long, required_unless_present = "show")]
    name: Option<KeyName>,
    /// The directory for the file `secret`; made if it is missing
    #[arg(long, value_name = "DIR", required_unless_present = "show")]
    out: Option<PathBuf>,
    /// Replace the key that is there; all lists that have its line need the new one
    #[arg(long, conflicts_with = "show")]
    force: bool,
    /// Print the line of the key that is in this directory
    #[arg(long, value_name = "DIR", conflicts_with_all = ["role", "name", "out"])]
    show: Option<PathBuf>,
}

/// Makes a key, or shows the public half of one.
///
/// # Errors
///
/// When there is a key already, there is none to show, or a file cannot be written.
pub(crate) fn run(arguments: Arguments) -> Result<(), Failure> {
    let failed = |error: KeyError| Failure::Run(error.into());
    let pair = if let Some(directory) = &arguments.show {
        KeyPair::read(directory).map_err(failed)?
    } else {
        let (Some(role), Some(name), Some(out)) = (arguments.role, arguments.name, &arguments.out)
        else {
            let needed = "--role, --name and --out are needed, or --show";
            return Err(Failure::Usage(needed.into()));
        };
        let pair = KeyPair::generate(role, name).map_err(failed)?;
        let file = pair.write(out, arguments.force).map_err(failed)?;
        say(format_args!("{} is written", file.display()));
        say(format_args!(
            "add the line below to the list `{}` of {}",
            Allowed::FILE_NAME,
            who_lists(role)
        ));
        pair
    };
    let line = format!("{}\n", pair.allowed_line());
    oxberry_net::print(line).map_err(Failure::of_output)
}

/// The machines that need the line of such a key.
const fn who_lists(role: KeyRole) -> &'static str {
    match role {
        KeyRole::Controller => "every Pi, tap and dashboard, and theirs to the list here",
        KeyRole::Pi => "the controller and the dashboard, and theirs to the list here",
        KeyRole::Visual => {
            "the controller and every Pi; the list here needs the lines of the Pis and the controller"
        }
        KeyRole::Tap => "the controller, and its line to the list here",
    }
}
