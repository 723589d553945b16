//! `oxberry pi-config`: the folder that makes a flashed card a member of the cluster.

mod cloud_init;
mod folder;

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use oxberry_net::{Allowed, Clock, KeyName, KeyPair, KeyRole, allow, ports, print, quoted};

use self::cloud_init::{Member, Repository};
use self::folder::Folder;
use crate::{console::say, failure::Failure};

/// Where the packages keep keys.
const KEYS: &str = "/etc/oxberry/keys";

const NANOS_OF_A_SECOND: u64 = 1_000_000_000;

const HELP: &str = "\
Makes the Pi's key, adds it to the list of this machine, and writes three files: user-data,
network-config and meta-data. Flash Raspberry Pi OS (64-bit, Pi 3 or later, of 2025-11 or later, which
has cloud-init), copy them to the boot partition, put the card in. At its first start the Pi installs
its package and joins.

Run it on the controller, as root. A page on another machine needs the printed line in its list too.

Examples:
  oxberry pi-config --controller 192.0.2.10 --repository-key /srv/oxberry/oxberry.asc
  oxberry pi-config --controller controller.local --name pi-2 --address 192.0.2.12/24 \\
      --gateway 192.0.2.1 --repository-key /srv/oxberry/oxberry.asc

The files hold the Pi's secret key; the Pi removes it from the card's boot partition when it has it.
Flash a card again with --replace: it gets a new key, and the old one is revoked.";

/// What `oxberry pi-config` can be told.
#[derive(Clone, Debug, Args)]
#[command(after_help = HELP)]
pub(crate) struct Arguments {
    /// The controller as the Pi reaches it: an address or a name
    #[arg(long, value_name = "ADDRESS")]
    controller: String,
    /// The page as the Pi reaches it [default: the controller's address]
    #[arg(long, value_name = "ADDRESS")]
    visual: Option<String>,
    /// What the Pi is called [default: pi-N, the first that is not listed]
    #[arg(long, value_name = "NAME")]
    name: Option<KeyName>,
    /// The keys of this machine, where the Pi is to be listed
    #[arg(long, value_name = "DIR", default_value = KEYS, env = "OXBERRY_KEYS")]
    keys: PathBuf,
    /// Where to write the files, in a folder that does not exist yet [default: the Pi's name]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The apt repository with the packages [default: http://CONTROLLER:8000]
    #[arg(long, value_name = "URL")]
    repository: Option<String>,
    /// The public key that signs the repository, as text; without it the Pi trusts whatever is there
    #[arg(long, value_name = "FILE")]
    repository_key: Option<PathBuf>,
    /// A fixed address with the length of the prefix, such as 192.0.2.11/24 [default: asks DHCP]
    #[arg(long, value_name = "ADDRESS/N", value_parser = fixed_address)]
    address: Option<String>,
    /// The router, which answers names too; a Pi with a fixed address fetches Debian's packages by it
    #[arg(long, value_name = "ADDRESS", requires = "address")]
    gateway: Option<Ipv4Addr>,
    /// Let the owner of this public key log in, as `admin`, who may use sudo
    #[arg(long, value_name = "FILE")]
    ssh_key: Option<PathBuf>,
    /// Orders that may rest at once on the Pi; `oxberry size` helps to choose
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    orders: u32,
    /// Replace the key of a Pi that is listed under this name
    #[arg(long)]
    replace: bool,
}

/// Writes the files.
///
/// # Errors
///
/// When a key or file cannot be read or written, or the name is taken.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let list = Allowed::read(&arguments.keys)?;
    let name = arguments.name.clone().unwrap_or_else(|| free_name(&list));
    let pair = KeyPair::generate(KeyRole::Pi, name)?;
    let member = member(arguments, &list, &pair)?;
    if list.has_name(&pair.name) && !arguments.replace {
        return Err(is_listed(&arguments.keys, &pair.name).into());
    }
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| pair.name.as_str().into());
    // Before the list, so that nobody is listed who has no key.
    let folder = Folder::make(&out)?;
    allow(&arguments.keys, &pair.allowed_line(), arguments.replace)?;
    folder.write("user-data", &member.user_data())?;
    folder.write("network-config", &member.network_config())?;
    folder.write("meta-data", &member.meta_data(&instance(&pair)))?;
    print(format_args!("{}\n", pair.allowed_line()))?;
    say(format_args!(
        "{}: copy these three files to the boot partition of the card; {} is listed in {}",
        out.display(),
        pair.name,
        Allowed::file_in(&arguments.keys).display()
    ));
    Ok(())
}

fn is_listed(keys: &Path, name: &KeyName) -> anyhow::Error {
    anyhow!(
        "{}: `{name}` is listed already; take another --name, or --replace its key to flash its card \
         again",
        Allowed::file_in(keys).display()
    )
}

/// The first name of the usual kind that nobody has.
fn free_name(list: &Allowed) -> KeyName {
    let names = (1_u32..).filter_map(|number| format!("pi-{number}").parse().ok());
    let mut free = names.filter(|name| !list.has_name(name));
    free.next().expect("a list is shorter than all numbers")
}

/// All that the Pi gets.
fn member(arguments: &Arguments, list: &Allowed, pair: &KeyPair) -> anyhow::Result<Member> {
    let controller = &arguments.controller;
    let repository = arguments.repository.clone();
    let key = arguments.repository_key.as_deref();
    let key = key.map(read_public_key).transpose()?;
    let ssh_key = arguments.ssh_key.as_deref().map(read).transpose()?;
    Ok(Member {
        name: pair.name.to_string(),
        address: arguments.address.clone(),
        gateway: arguments.gateway,
        repository: Repository {
            address: repository.unwrap_or_else(|| format!("http://{controller}:8000")),
            key,
        },
        settings: settings(arguments, &pair.name),
        secret: pair.secret_text(),
        allowed: servers(list, &arguments.keys)?,
        ssh_key: ssh_key.map(|text| text.trim().to_owned()),
        written: Clock::start().wall().raw() / NANOS_OF_A_SECOND,
    })
}

/// The Pi's `pi.toml`.
fn settings(arguments: &Arguments, name: &KeyName) -> String {
    let controller = &arguments.controller;
    let visual = arguments.visual.as_ref().unwrap_or(controller);
    let endpoint = |host: &str, port: u16| quoted(format!("tcp://{host}:{port}"));
    format!(
        "# Written by `oxberry pi-config`; `oxberry-pi --help` explains the names.\n\
         name = \"{name}\"\ncontrol = {}\ndata = {}\nstock = {}\norders = {}\nkeys = \"{KEYS}\"\n",
        endpoint(controller, ports::CONTROL),
        endpoint(controller, ports::DATA),
        endpoint(visual, ports::STOCK),
        arguments.orders,
    )
}

/// The lines of the machines that a Pi connects to.
fn servers(list: &Allowed, keys: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    for role in [KeyRole::Controller, KeyRole::Visual] {
        let line = list.of_role(role).next().ok_or_else(|| {
            anyhow!(
                "{}: no {role} is listed, so the Pi would not know its key; add the line that \
                 `oxberry keygen` printed there, also that of this machine",
                Allowed::file_in(keys).display()
            )
        })?;
        text.push_str(&format!("{line}\n"));
    }
    Ok(text)
}

/// What tells cloud-init that this is a new machine: other for each key.
fn instance(pair: &KeyPair) -> String {
    let public = pair.public.to_string();
    let digits: String = public
        .bytes()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("oxberry-{}-{digits}", pair.name)
}

/// The public key of a repository as text, the only form that fits into `user-data`.
fn read_public_key(file: &Path) -> anyhow::Result<String> {
    let bytes = fs::read(file).with_context(|| format!("{}: cannot be read", file.display()))?;
    let text = String::from_utf8(bytes).ok();
    text.filter(|text| text.starts_with("-----BEGIN PGP PUBLIC KEY BLOCK-----"))
        .ok_or_else(|| {
            anyhow!(
                "{}: is no public key as text; deploy/apt-repository writes one as oxberry.asc, and \
                 `gpg --armor --export` prints it",
                file.display()
            )
        })
}

fn read(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("{}: cannot be read", file.display()))
}

/// An address with the length of the prefix.
fn fixed_address(text: &str) -> Result<String, String> {
    let parts = text.split_once('/').and_then(|(address, prefix)| {
        let address: Ipv4Addr = address.parse().ok()?;
        let prefix: u8 = prefix
            .parse()
            .ok()
            .filter(|prefix| (1..=32).contains(prefix))?;
        Some(format!("{address}/{prefix}"))
    });
    parts.ok_or_else(|| "write an address and the length of the prefix, as in 192.0.2.11/24".into())
}
