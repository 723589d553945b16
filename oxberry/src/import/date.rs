//! The day of files that do not say it themselves.

use std::path::Path;

use crate::{console::Console, new_york::Day};

/// A date as it can be typed.
///
/// # Errors
///
/// When it is none.
pub(super) fn parse(text: &str) -> Result<Day, String> {
    let mut parts = text.split('-');
    let mut part = |digits: usize| {
        let part = parts.next().filter(|part| part.len() == digits)?;
        number(part)
    };
    let date = (|| Day::of_date(part(4)?, part(2)?, part(2)?))();
    date.filter(|_| parts.next().is_none())
        .ok_or_else(|| "is no date from 1970 to 2261 like 2019-01-30".to_owned())
}

/// The date in a file's name, as Nasdaq writes it, `01302019` and `S013019`, or with the year first.
pub(super) fn of_name(path: &Path) -> Option<Day> {
    let name = path.file_name()?.to_str()?;
    let dashed = name.as_bytes().windows(10).find_map(|text| {
        let text = std::str::from_utf8(text).ok()?;
        parse(text).ok()
    });
    dashed.or_else(|| {
        let runs = name.split(|c: char| !c.is_ascii_digit());
        runs.filter_map(of_digits).next()
    })
}

/// The date that digits are.
fn of_digits(digits: &str) -> Option<Day> {
    let part = |from, to| number(digits.get(from..to)?);
    match digits.len() {
        8 => {
            let year_first = Day::of_date(part(0, 4)?, part(4, 6)?, part(6, 8)?);
            year_first.or_else(|| Day::of_date(part(4, 8)?, part(0, 2)?, part(2, 4)?))
        }
        6 => Day::of_date(2_000 + part(4, 6)?, part(0, 2)?, part(2, 4)?),
        _ => None,
    }
}

/// What is taken where nothing tells the day.
pub(super) fn none(console: &Console) -> Day {
    let day = Day::of_date(1970, 1, 1);
    console.say("no name of a file tells the day, so 1970-01-01 is taken; --date says which it is");
    day.unwrap_or_else(|| Day::in_new_york(oxberry_core::units::UnixNanos::from_raw(0)))
}

/// Digits as a number.
fn number(digits: &str) -> Option<i64> {
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_day_in_every_way_that_days_are_named() {
        for (name, date) in [
            ("01302019.NASDAQ_ITCH50.gz", "2019-01-30"),
            ("S081321-v50.txt.gz", "2021-08-13"),
            ("20120621.itch", "2012-06-21"),
            ("day-2012-06-21-part1", "2012-06-21"),
            ("12302019.NASDAQ_ITCH50", "2019-12-30"),
        ] {
            let day = of_name(Path::new(name)).unwrap();
            assert_eq!(day.to_string(), date, "{name}");
        }
        for name in ["day.itch", "13322019.itch", "v50", "123456789"] {
            assert_eq!(of_name(Path::new(name)), None, "{name}");
        }
    }

    #[test]
    fn only_a_whole_date_is_one() {
        assert_eq!(parse("2019-01-30").unwrap().to_string(), "2019-01-30");
        for text in [
            "2019-1-30",
            "2019-02-29",
            "20190130",
            "2019-01-30-1",
            "+019-01-30",
            "",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
