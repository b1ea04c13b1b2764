//! Dates that are words: each is a span of whole days, counted from the day a query runs.

use jiff::{
    Span, Timestamp, ToSpan,
    civil::{Date, DateTime, Weekday},
    tz::TimeZone,
};

/// `LAST_N_DAYS:30` and its kin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NamedDate {
    /// `unit` of the day, moved by `offset` units, `count` units long: `LAST_N_MONTHS:3` is months, -3, 3.
    Units { unit: Unit, offset: i32, count: i32 },
    /// Whole days relative to today, end not included.
    Days { from: i32, until: i32 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Week,
    Month,
    Quarter,
    Year,
}

/// What can follow the colon; beyond it no calendar date is left.
const MAX_COUNT: u32 = 100_000;

impl NamedDate {
    /// `None` for a word that isn't a date, or a count where there should be none (or none where there should be).
    pub(super) fn parse(word: &str, count: Option<u32>) -> Option<Self> {
        let word = word.to_ascii_uppercase();
        let Some(count) = count else { return Self::fixed(&word) };
        let count = i32::try_from(count.min(MAX_COUNT)).ok()?;
        let units = |unit, offset, count| Some(Self::Units { unit, offset, count });
        if let Some(name) = word.strip_prefix("LAST_N_") {
            return match name {
                // Today is part of the last days, but not of the last weeks, months, quarters and years.
                "DAYS" => Some(Self::Days { from: -count, until: 1 }),
                name => units(Unit::plural(name)?, -count, count),
            };
        }
        if let Some(name) = word.strip_prefix("NEXT_N_") {
            return match name {
                "DAYS" => Some(Self::Days { from: 1, until: count + 1 }),
                name => units(Unit::plural(name)?, 1, count),
            };
        }
        match word.strip_prefix("N_")?.strip_suffix("_AGO")? {
            "DAYS" => Some(Self::Days { from: -count, until: 1 - count }),
            name => units(Unit::plural(name)?, -count, 1),
        }
    }

    fn fixed(word: &str) -> Option<Self> {
        Some(match word {
            "YESTERDAY" => Self::Days { from: -1, until: 0 },
            "TODAY" => Self::Days { from: 0, until: 1 },
            "TOMORROW" => Self::Days { from: 1, until: 2 },
            "LAST_90_DAYS" => Self::Days { from: -90, until: 1 },
            "NEXT_90_DAYS" => Self::Days { from: 1, until: 91 },
            word => {
                let (when, unit) = word.split_once('_')?;
                let offset = match when {
                    "LAST" => -1,
                    "THIS" => 0,
                    "NEXT" => 1,
                    _ => return None,
                };
                let unit = match unit {
                    "WEEK" => Unit::Week,
                    "MONTH" => Unit::Month,
                    "QUARTER" | "FISCAL_QUARTER" => Unit::Quarter,
                    "YEAR" | "FISCAL_YEAR" => Unit::Year,
                    _ => return None,
                };
                Self::Units { unit, offset, count: 1 }
            }
        })
    }

    /// First day, and the first day after. Clamped to the calendar.
    pub(super) fn span(self, today: Date) -> (Date, Date) {
        match self {
            Self::Days { from, until } => (shift(today, from.days()), shift(today, until.days())),
            Self::Units { unit, offset, count } => {
                let first = unit.first_day(today);
                (shift(first, unit.times(offset)), shift(first, unit.times(offset.saturating_add(count))))
            }
        }
    }
}

impl Unit {
    fn plural(name: &str) -> Option<Self> {
        match name {
            "WEEKS" => Some(Self::Week),
            "MONTHS" => Some(Self::Month),
            "QUARTERS" | "FISCAL_QUARTERS" => Some(Self::Quarter),
            "YEARS" | "FISCAL_YEARS" => Some(Self::Year),
            _ => None,
        }
    }

    fn first_day(self, day: Date) -> Date {
        match self {
            Self::Week => shift(day, (-i32::from(day.weekday().since(Weekday::Sunday))).days()),
            Self::Month => day.first_of_month(),
            Self::Quarter => {
                let first = day.first_of_month();
                shift(first, (-i32::from((first.month() - 1) % 3)).months())
            }
            Self::Year => day.first_of_year(),
        }
    }

    fn times(self, count: i32) -> Span {
        // Outside what jiff holds only for counts that no calendar date survives anyway.
        let span = match self {
            Self::Week => Span::new().try_weeks(count),
            Self::Month => Span::new().try_months(count),
            Self::Quarter => Span::new().try_months(i64::from(count) * 3),
            Self::Year => Span::new().try_years(count),
        };
        span.unwrap_or_else(|_| if count < 0 { (-9_999).years() } else { 9_999.years() })
    }
}

fn shift(date: Date, span: Span) -> Date {
    date.saturating_add(span)
}

/// The day it is in UTC.
pub(super) fn day_of(moment: Timestamp) -> Date {
    utc(moment).date()
}

pub(super) fn utc(moment: Timestamp) -> DateTime {
    TimeZone::UTC.to_datetime(moment)
}

/// As records hold it: `2026-11-20T12:00:00.000+0000`.
pub(super) fn canonical(moment: Timestamp) -> String {
    canonical_datetime(utc(moment))
}

pub(super) fn canonical_datetime(moment: DateTime) -> String {
    format!("{moment:.3}+0000")
}

/// As written in a query, with `Z` or an offset (with or without its colon); jiff takes either.
pub(super) fn parse_moment(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use rstest::rstest;

    use super::{NamedDate, canonical, parse_moment};

    // A Friday.
    #[rstest]
    #[case("TODAY", None, "2026-11-20", "2026-11-21")]
    #[case("today", None, "2026-11-20", "2026-11-21")]
    #[case("YESTERDAY", None, "2026-11-19", "2026-11-20")]
    #[case("TOMORROW", None, "2026-11-21", "2026-11-22")]
    #[case("THIS_WEEK", None, "2026-11-15", "2026-11-22")]
    #[case("LAST_WEEK", None, "2026-11-08", "2026-11-15")]
    #[case("NEXT_WEEK", None, "2026-11-22", "2026-11-29")]
    #[case("THIS_MONTH", None, "2026-11-01", "2026-12-01")]
    #[case("LAST_MONTH", None, "2026-10-01", "2026-11-01")]
    #[case("NEXT_MONTH", None, "2026-12-01", "2027-01-01")]
    #[case("THIS_QUARTER", None, "2026-10-01", "2027-01-01")]
    #[case("LAST_QUARTER", None, "2026-07-01", "2026-10-01")]
    #[case("NEXT_FISCAL_QUARTER", None, "2027-01-01", "2027-04-01")]
    #[case("THIS_YEAR", None, "2026-01-01", "2027-01-01")]
    #[case("LAST_FISCAL_YEAR", None, "2025-01-01", "2026-01-01")]
    #[case("LAST_90_DAYS", None, "2026-08-22", "2026-11-21")]
    #[case("NEXT_90_DAYS", None, "2026-11-21", "2027-02-19")]
    #[case("LAST_N_DAYS", Some(7), "2026-11-13", "2026-11-21")]
    #[case("NEXT_N_DAYS", Some(2), "2026-11-21", "2026-11-23")]
    #[case("N_DAYS_AGO", Some(3), "2026-11-17", "2026-11-18")]
    #[case("LAST_N_WEEKS", Some(2), "2026-11-01", "2026-11-15")]
    #[case("NEXT_N_MONTHS", Some(2), "2026-12-01", "2027-02-01")]
    #[case("LAST_N_MONTHS", Some(2), "2026-09-01", "2026-11-01")]
    #[case("N_QUARTERS_AGO", Some(1), "2026-07-01", "2026-10-01")]
    #[case("N_YEARS_AGO", Some(2), "2024-01-01", "2025-01-01")]
    #[case("LAST_N_FISCAL_YEARS", Some(1), "2025-01-01", "2026-01-01")]
    fn a_named_date_is_a_span_of_days(
        #[case] word: &str,
        #[case] count: Option<u32>,
        #[case] from: &str,
        #[case] until: &str,
    ) {
        let (first, after) = NamedDate::parse(word, count).unwrap().span(date(2026, 11, 20));
        assert_eq!((first.to_string().as_str(), after.to_string().as_str()), (from, until));
    }

    #[rstest]
    #[case("TODAY", Some(1))]
    #[case("LAST_N_DAYS", None)]
    #[case("THIS_FISCAL_WEEK", None)]
    #[case("LAST_FISCAL_FISCAL_YEAR", None)]
    #[case("LAST_N_FISCAL_MONTHS", Some(1))]
    #[case("SOMEDAY", None)]
    #[case("LAST_N_HOURS", Some(1))]
    #[case("N_DAYS_", Some(1))]
    fn other_words_are_not_dates(#[case] word: &str, #[case] count: Option<u32>) {
        assert_eq!(NamedDate::parse(word, count), None);
    }

    #[test]
    fn a_count_beyond_the_calendar_stops_at_its_end() {
        for word in ["LAST_N_YEARS", "NEXT_N_YEARS", "LAST_N_QUARTERS", "NEXT_N_WEEKS", "N_DAYS_AGO", "N_MONTHS_AGO"] {
            let (first, after) = NamedDate::parse(word, Some(u32::MAX)).unwrap().span(date(2026, 11, 20));
            assert!(first <= after, "{word}");
        }
    }

    #[rstest]
    #[case("2026-11-20T12:00:00Z", Some("2026-11-20T12:00:00.000+0000"))]
    #[case("2026-11-20T12:00:00.25Z", Some("2026-11-20T12:00:00.250+0000"))]
    #[case("2026-11-20T12:00:00+00:00", Some("2026-11-20T12:00:00.000+0000"))]
    #[case("2026-11-20T12:00:00.000+0000", Some("2026-11-20T12:00:00.000+0000"))]
    #[case("2026-11-20T04:00:00-08:00", Some("2026-11-20T12:00:00.000+0000"))]
    #[case("2026-11-20T12:00:00", None)]
    #[case("2026-13-20T12:00:00Z", None)]
    fn moments_are_read_with_any_offset(#[case] text: &str, #[case] canonical_text: Option<&str>) {
        assert_eq!(parse_moment(text).map(canonical).as_deref(), canonical_text);
    }
}
