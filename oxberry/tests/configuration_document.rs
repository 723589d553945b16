//! `docs/configuration.md` lists the options that the daemons have, and no others.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use clap::{Arg, Args, Command, CommandFactory};

const DOCUMENT: &str = "docs/configuration.md";

/// A daemon: its name, the options that its file may have, and all its options.
fn daemons() -> [(&'static str, Command, Command); 3] {
    fn options<O: Args>() -> Command {
        O::augment_args(Command::new("options"))
    }
    [
        (
            "oxberry-controller",
            options::<oxberry_controller::config::RawConfig>(),
            oxberry_controller::Cli::command(),
        ),
        (
            "oxberry-pi",
            options::<oxberry_pi::RawConfig>(),
            oxberry_pi::Cli::command(),
        ),
        (
            "oxberry-visual",
            options::<oxberry_visual::RawConfig>(),
            oxberry_visual::Cli::command(),
        ),
    ]
}

#[test]
fn every_key_is_documented_with_its_flag_variable_and_default() {
    let mut keys = 0;
    for (daemon, options, _) in daemons() {
        let expected: BTreeSet<_> = options.get_arguments().map(row_of_key).collect();
        let documented = rows(daemon, "Key");
        for row in &documented {
            let [.., unit, text] = row.as_slice() else {
                panic!("{daemon}: {row:?}");
            };
            let is_flag = row.get(1).is_some_and(|flag| flag.contains("true|false"));
            assert!(is_flag || !unit.is_empty(), "{daemon}: {row:?} has no unit");
            assert!(text.ends_with('.'), "{daemon}: {row:?} gives no reason");
        }
        let found = documented
            .iter()
            .map(|row| row.iter().take(4).cloned().collect());
        compare(daemon, &expected, &found.collect());
        keys += expected.len();
    }
    assert!(keys > 30, "only {keys} keys were found");
}

#[test]
fn every_option_of_the_command_line_alone_is_documented() {
    for (daemon, options, all) in daemons() {
        let is_key = |argument: &&Arg| {
            options
                .get_arguments()
                .any(|key| key.get_id() == argument.get_id())
        };
        let of_command = all.get_arguments().filter(|argument| !is_key(argument));
        let shown = of_command.filter(|argument| !argument.is_hide_set());
        let expected: BTreeSet<_> = shown
            .map(|argument| vec![flag(argument), variable(argument)])
            .collect();
        let documented = rows(daemon, "Flag");
        let found = documented
            .iter()
            .map(|row| row.iter().take(2).cloned().collect());
        compare(daemon, &expected, &found.collect());
    }
}

/// Key, flag, variable and default of an option, as the document has to have them.
fn row_of_key(argument: &Arg) -> Vec<String> {
    let key = argument.get_id().as_str().replace('_', "-");
    let may_be_bare = argument
        .get_num_args()
        .is_some_and(|number| number.min_values() == 0);
    let help = argument.get_help().unwrap().to_string();
    let default = match help.split_once("[default: ") {
        Some((_, rest)) => rest.split_once(']').unwrap().0.to_owned(),
        None if may_be_bare => "false".to_owned(),
        None => "none".to_owned(),
    };
    vec![key, flag(argument), variable(argument), default]
}

/// The option as it is typed.
fn flag(argument: &Arg) -> String {
    let values = argument.get_value_names().unwrap_or_default();
    let value = values.first().map(|name| format!(" <{name}>"));
    let takes_value = argument.get_action().takes_values();
    let value = value.filter(|_| takes_value).unwrap_or_default();
    let Some(long) = argument.get_long() else {
        return value.trim().replace('<', "[").replace('>', "]");
    };
    let names = [long]
        .into_iter()
        .chain(argument.get_visible_aliases().unwrap_or_default());
    let typed: Vec<_> = names.map(|name| format!("--{name}{value}")).collect();
    typed.join(", also ")
}

fn variable(argument: &Arg) -> String {
    let variable = argument.get_env().unwrap_or_default();
    variable.to_string_lossy().into_owned()
}

/// The cells of the table of a daemon whose first column has this head, without its head and without the
/// marks of code.
fn rows(daemon: &str, first: &str) -> Vec<Vec<String>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(DOCUMENT);
    let text = fs::read_to_string(file).unwrap();
    let section = text.split_once(&format!("\n## {daemon}\n"));
    let section = section
        .unwrap_or_else(|| panic!("{DOCUMENT}: there is no section {daemon}"))
        .1;
    let section = section.split("\n## ").next().unwrap();
    let table = section.split_once(&format!("\n| {first} |"));
    let table = table
        .unwrap_or_else(|| panic!("{DOCUMENT}: {daemon} has no table of {first}"))
        .1;
    let lines = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    lines.map(cells).collect()
}

fn cells(line: &str) -> Vec<String> {
    // A bar inside of a cell is written with a backslash.
    let line = line.replace("\\|", "\0");
    let inside = line.trim().trim_matches('|');
    let cells = inside.split('|').map(|cell| cell.trim().replace('`', ""));
    cells.map(|cell| cell.replace('\0', "|")).collect()
}

fn compare(daemon: &str, expected: &BTreeSet<Vec<String>>, found: &BTreeSet<Vec<String>>) {
    let lines = |rows: Vec<&Vec<String>>| {
        let lines: Vec<_> = rows
            .into_iter()
            .map(|row| format!("| {} |", row.join(" | ")))
            .collect();
        lines.join("\n")
    };
    let missing = lines(expected.difference(found).collect());
    let odd = lines(found.difference(expected).collect());
    assert!(
        missing.is_empty() && odd.is_empty(),
        "{DOCUMENT}, {daemon}: these rows are missing:\n{missing}\nand these are of no option:\n{odd}"
    );
}
