//! Manual pages and completions of all programs, as the packages bring them: `manual DIRECTORY DATE`.
//!
//! Writes `man1/NAME.1` and `man8/NAME.8`, `bash/NAME`, `zsh/_NAME` and `fish/NAME.fish` below the directory. What a page says of options
//! is what `--help` says; files and exit codes stand here.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_complete::{Generator, generate, shells};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

/// What every page calls the manual that it is of.
const MANUAL: &str = "OxBerry";

/// The exit codes of all programs.
const EXIT_CODES: &[(&str, &str)] = &[
    ("0", "Done, or ended because somebody asked for it."),
    ("1", "The run failed, or a check did not hold."),
    ("2", "An option or the configuration cannot be used."),
];

/// What `replay` exits with besides.
const NOT_LIVE: (&str, &str) = ("3", "Done, but some book was not live.");

struct Daemon {
    command: Command,
    /// The name in `/etc/oxberry/NAME.toml`.
    name: &'static str,
}

fn main() -> io::Result<()> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [directory, date] = arguments.as_slice() else {
        return Err(io::Error::other("usage: manual DIRECTORY DATE"));
    };
    let (directory, date) = (Path::new(directory), &date.to_string_lossy());
    for folder in ["man1", "man8", "bash", "zsh", "fish"] {
        fs::create_dir_all(directory.join(folder))?;
    }
    command_pages(oxberry::command_line(), &directory.join("man1"), date)?;
    completions(without_hidden(&oxberry::command_line()), directory)?;
    for daemon in daemons() {
        completions(daemon.command.clone(), directory)?;
        daemon_page(daemon, &directory.join("man8"), date)?;
    }
    Ok(())
}

fn daemons() -> [Daemon; 3] {
    [
        Daemon {
            command: oxberry_controller::Cli::command(),
            name: "controller",
        },
        Daemon {
            command: oxberry_pi::Cli::command(),
            name: "pi",
        },
        Daemon {
            command: oxberry_visual::Cli::command(),
            name: "visual",
        },
    ]
}

/// The page of the command and those of its subcommands.
fn command_pages(command: Command, directory: &Path, date: &str) -> io::Result<()> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    for subcommand in command.get_subcommands().filter(|it| !it.is_hide_set()) {
        let mut exit_codes = EXIT_CODES.to_vec();
        if subcommand.get_name() == "replay" {
            exit_codes.push(NOT_LIVE);
        }
        let mut end = Roff::new();
        exit_status(&mut end, &exit_codes);
        see_also(&mut end, &["oxberry(1)"]);
        page(subcommand.clone(), "1", date, &end, directory)?;
    }
    let mut end = Roff::new();
    exit_status(&mut end, EXIT_CODES);
    see_also(
        &mut end,
        &[
            "oxberry-controller(8)",
            "oxberry-pi(8)",
            "oxberry-visual(8)",
        ],
    );
    page(command, "1", date, &end, directory)
}

fn daemon_page(daemon: Daemon, directory: &Path, date: &str) -> io::Result<()> {
    let name = daemon.name;
    let mut end = Roff::new();
    end.control("SH", ["FILES"]);
    for (path, what) in [
        (
            format!("/etc/oxberry/{name}.toml"),
            "The configuration. The service does not start without it.",
        ),
        (
            format!("/usr/share/doc/oxberry-{name}/examples/{name}.toml"),
            "An example of it.",
        ),
        (
            format!("/etc/default/oxberry-{name}"),
            "Variables of the environment for the service, which win over the configuration.",
        ),
        (
            "/etc/oxberry/keys/secret".to_owned(),
            "This machine's key. It belongs to the user oxberry, and nobody else may read it.",
        ),
        (
            "/etc/oxberry/keys/allowed".to_owned(),
            "Whose keys are let in, one line each.",
        ),
    ] {
        entry(&mut end, &path, what);
    }
    exit_status(&mut end, EXIT_CODES);
    see_also(&mut end, &["oxberry(1)", "systemctl(1)"]);
    page(daemon.command, "8", date, &end, directory)
}

/// Writes a page: what the command line says of itself, then `end`.
fn page(
    command: Command,
    section: &str,
    date: &str,
    end: &Roff,
    directory: &Path,
) -> io::Result<()> {
    let notes = notes(&command);
    let version = command.get_version().unwrap_or_default();
    let source = format!("OxBerry {version}");
    let has_subcommands = command.get_subcommands().any(|it| !it.is_hide_set());
    let man = Man::new(command)
        .section(section)
        .date(date)
        .source(source)
        .manual(MANUAL);
    let mut text = vec![];
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if has_subcommands {
        man.render_subcommands_section(&mut text)?;
    }
    notes.to_writer(&mut text)?;
    end.to_writer(&mut text)?;
    fs::write(directory.join(man.get_filename()), text)
}

/// What `--help` says after the options, but for the exit codes, which have a section of their own.
fn notes(command: &Command) -> Roff {
    let mut roff = Roff::new();
    let text = command.get_after_long_help().or(command.get_after_help());
    let text = text.map(ToString::to_string).unwrap_or_default();
    let mut lines = text
        .lines()
        .filter(|line| !line.starts_with("Exit codes:"))
        .peekable();
    if lines.peek().is_some() {
        roff.control("SH", ["NOTES"]);
    }
    while let Some(line) = lines.next() {
        if line.is_empty() {
            // In front of an example the display makes the space.
            if lines.peek().is_some_and(|next| !next.starts_with(' ')) {
                roff.control("PP", []);
            }
        } else if line.starts_with(' ') {
            roff.control("PP", []);
            roff.control("nf", []);
            roff.text([roman(line)]);
            while let Some(next) = lines.next_if(|next| next.starts_with(' ')) {
                roff.text([roman(next)]);
            }
            roff.control("fi", []);
        } else {
            roff.text([roman(line)]);
        }
    }
    roff
}

fn exit_status(roff: &mut Roff, codes: &[(&str, &str)]) {
    roff.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in codes {
        entry(roff, code, meaning);
    }
}

fn see_also(roff: &mut Roff, pages: &[&str]) {
    roff.control("SH", ["SEE ALSO"]);
    roff.text([roman(pages.join(", "))]);
}

/// A term and what it means.
fn entry(roff: &mut Roff, term: &str, meaning: &str) {
    roff.control("TP", []);
    roff.text([bold(term)]);
    roff.text([roman(meaning)]);
}

/// The command as people type it. Shells would offer what is hidden, too.
fn without_hidden(command: &Command) -> Command {
    let shown = command.get_subcommands().filter(|it| !it.is_hide_set());
    Command::new("oxberry")
        .version(env!("CARGO_PKG_VERSION"))
        .propagate_version(true)
        .args(command.get_arguments().cloned())
        .subcommands(shown.cloned())
}

fn completions(command: Command, directory: &Path) -> io::Result<()> {
    let name = command.get_name().to_owned();
    completion(shells::Bash, &command, &directory.join("bash").join(&name))?;
    completion(
        shells::Zsh,
        &command,
        &directory.join("zsh").join(format!("_{name}")),
    )?;
    completion(
        shells::Fish,
        &command,
        &directory.join("fish").join(format!("{name}.fish")),
    )
}

fn completion(shell: impl Generator, command: &Command, path: &Path) -> io::Result<()> {
    let mut text = vec![];
    generate(shell, &mut command.clone(), command.get_name(), &mut text);
    fs::File::create(path)?.write_all(&text)
}
