//! The venue's clock: time of day in New York, by the rules that hold since 2007.

use oxberry_core::units::UnixNanos;

const SECOND: i64 = 1_000_000_000;
const HOUR: i64 = 3_600 * SECOND;
const DAY: i64 = 24 * HOUR;

/// The years that are counted in nanoseconds of 64 bits, whole and behind 1970.
const YEARS: std::ops::RangeInclusive<i64> = 1970..=2261;

/// A day of the Gregorian calendar, counted from 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Day(i64);

impl Day {
    /// The day with this date; `None` if there is none, or none between 1970 and 2261.
    pub(crate) fn of_date(year: i64, month: i64, day: i64) -> Option<Self> {
        if !YEARS.contains(&year) || !(1..=12).contains(&month) || day < 1 {
            return None;
        }
        let first = |year, month| days_before(year, month);
        let next = if month == 12 {
            first(year + 1, 1)
        } else {
            first(year, month + 1)
        };
        let found = first(year, month) + day - 1;
        (found < next).then_some(Self(found))
    }

    /// The day in New York at this time.
    pub(crate) fn in_new_york(time: UnixNanos) -> Self {
        let time = i64::try_from(time.raw()).unwrap_or(i64::MAX);
        // Standard time tells which day it is but for the last hour of a day in summer.
        let standard = Self((time - 5 * HOUR).div_euclid(DAY));
        let next = Self(standard.0 + 1);
        if time >= next.start_in_new_york() {
            next
        } else {
            standard
        }
    }

    /// Nanoseconds since 1970 UTC when this time of day is in New York.
    pub(crate) fn at_in_new_york(self, time_of_day: i64) -> i64 {
        let is_summer = {
            let local = self.0 * DAY + time_of_day;
            let (year, _, _) = self.date();
            let change = |month: i64, sunday: i64| {
                let first = days_before(year, month);
                // 1970-01-01 was a Thursday.
                let to_sunday = (3 - first).rem_euclid(7);
                (first + to_sunday + 7 * (sunday - 1)) * DAY + 2 * HOUR
            };
            change(3, 2) <= local && local < change(11, 1)
        };
        let behind = if is_summer { 4 * HOUR } else { 5 * HOUR };
        self.at_in_utc(time_of_day) + behind
    }

    /// Nanoseconds since 1970 UTC at this time of the day in UTC.
    pub(crate) const fn at_in_utc(self, time_of_day: i64) -> i64 {
        self.0 * DAY + time_of_day
    }

    fn start_in_new_york(self) -> i64 {
        self.at_in_new_york(0)
    }

    /// Year, month and day.
    fn date(self) -> (i64, i64, i64) {
        let mut year = 1970 + self.0.div_euclid(366);
        while days_before(year + 1, 1) <= self.0 {
            year += 1;
        }
        let month = (1..=12)
            .rev()
            .find(|&month| days_before(year, month) <= self.0);
        let month = month.unwrap_or(1);
        (year, month, self.0 - days_before(year, month) + 1)
    }
}

/// As in a date: 2012-06-21.
impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// Days from 1970-01-01 to the first of the month.
fn days_before(year: i64, month: i64) -> i64 {
    const BEFORE: [i64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let leaps = |year: i64| year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let before = usize::try_from(month - 1).ok();
    let before = before.and_then(|month| BEFORE.get(month));
    (year - 1970) * 365 + leaps(year - 1) - leaps(1969)
        + before.copied().unwrap_or_default()
        + i64::from(is_leap && month > 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i64, month: i64, day: i64) -> Day {
        Day::of_date(year, month, day).unwrap()
    }

    #[test]
    fn days_and_dates_are_those_of_the_calendar() {
        assert_eq!(day(1970, 1, 1), Day(0));
        assert_eq!(day(2012, 6, 21), Day(15_512));
        assert_eq!(day(2000, 2, 29).to_string(), "2000-02-29");
        assert_eq!(Day::of_date(2011, 2, 29), None);
        assert_eq!(Day::of_date(2011, 13, 1), None);
        assert_eq!(Day::of_date(2011, 12, 32), None);
        assert_eq!(Day::of_date(1969, 12, 31), None);
        assert_eq!(Day::of_date(2262, 1, 1), None);
        assert!(day(2261, 12, 31).at_in_new_york(DAY - 1) > 0);
        for number in (0..60_000).step_by(13) {
            let (year, month, of_month) = Day(number).date();
            assert_eq!(Day::of_date(year, month, of_month), Some(Day(number)));
        }
    }

    #[test]
    fn new_york_is_four_hours_behind_in_summer_and_five_in_winter() {
        let noon = 12 * HOUR;
        let behind = |day: Day| (day.at_in_new_york(noon) - day.at_in_utc(noon)) / HOUR;
        for (date, hours) in [
            ((2011, 12, 19), 5),
            ((2012, 3, 10), 5),
            ((2012, 3, 11), 4),
            ((2012, 6, 21), 4),
            ((2012, 11, 3), 4),
            ((2012, 11, 4), 5),
            ((2026, 3, 8), 4),
            ((2026, 11, 1), 5),
        ] {
            assert_eq!(behind(day(date.0, date.1, date.2)), hours, "{date:?}");
        }
        // Half past nine on the day of the test data.
        assert_eq!(
            day(2012, 6, 21).at_in_new_york(9 * HOUR + HOUR / 2),
            1_340_285_400 * SECOND
        );
    }

    #[test]
    fn a_day_in_new_york_goes_from_its_midnight_to_the_next() {
        for date in [(2012, 6, 21), (2011, 12, 19), (2012, 3, 11), (2012, 11, 4)] {
            let day = day(date.0, date.1, date.2);
            let time = |nanoseconds: i64| UnixNanos::from_raw(nanoseconds.try_into().unwrap());
            let start = day.start_in_new_york();
            assert_eq!(Day::in_new_york(time(start)), day);
            assert_eq!(Day::in_new_york(time(start - 1)), Day(day.0 - 1));
            let end = Day(day.0 + 1).start_in_new_york();
            assert_eq!(Day::in_new_york(time(end - 1)), day);
        }
    }
}
