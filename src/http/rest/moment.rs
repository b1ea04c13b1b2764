//! Dates as upstream systems write them.

use std::fmt;

use domain::Timestamp;
use serde::{Deserialize, Deserializer, de};

/// An RFC 3339 moment, or a plain date, which is its first moment in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) Timestamp);

/// Those Salesforce holds.
const YEARS: std::ops::RangeInclusive<u16> = 1700..=4000;

impl Moment {
    /// # Errors
    /// What to tell whoever sent it.
    fn parse(text: &str) -> Result<Self, &'static str> {
        match (Self::read(text), Self::year(text)) {
            (_, Some(year)) if !YEARS.contains(&year) => {
                Err("It is out of range: Salesforce holds dates from 1700 to 4000.")
            }
            (Some(moment), _) => Ok(moment),
            (None, _) => Err("It is no date. Give one such as 2026-11-20 or 2026-11-20T12:00:00Z."),
        }
    }

    /// Of what has the form of a date, whether or not there is that day.
    fn year(text: &str) -> Option<u16> {
        let (year, rest) = text.split_at_checked("2000".len())?;
        let formed = rest.starts_with('-') && (text.len() == "2000-01-01".len() || Self::shaped(text));
        formed.then(|| year.parse().ok()).flatten()
    }

    fn read(text: &str) -> Option<Self> {
        if let Some(day) = Self::plain_day(text) {
            return day.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|midnight| Self(midnight.timestamp().into()));
        }
        Self::shaped(text).then(|| text.parse::<jiff::Timestamp>().ok()).flatten().map(|moment| Self(moment.into()))
    }

    /// RFC 3339 has a time and an offset, and nothing in brackets after them.
    fn shaped(text: &str) -> bool {
        text.len() >= "2000-01-01T00:00:00Z".len()
            && text.as_bytes().get(10).is_some_and(|t| b"Tt ".contains(t))
            && text.bytes().all(|byte| byte.is_ascii_digit() || b"-+:.TtZz ".contains(&byte))
    }

    fn plain_day(text: &str) -> Option<jiff::civil::Date> {
        (text.len() == "2000-01-01".len()).then(|| text.parse().ok()).flatten()
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = Moment;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a date such as 2026-11-20 or 2026-11-20T12:00:00Z")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Moment, E> {
                Moment::parse(text).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        Moment::parse(text).ok().map(|moment| moment.0.to_rfc3339())
    }

    #[test]
    fn a_date_of_the_right_form_that_salesforce_has_not_is_told_by_its_range() {
        for far in ["9999-12-31T23:59:59Z", "4001-01-01", "1699-12-31T23:59:59Z", "0000-01-01", "0001-01-01T00:00:00Z"]
        {
            assert!(Moment::parse(far).unwrap_err().contains("1700 to 4000"), "{far}");
        }
        for near in ["4000-12-31T23:59:59Z", "1700-01-01"] {
            assert!(read(near).is_some(), "{near}");
        }
        assert!(Moment::parse("2026-02-30").unwrap_err().contains("2026-11-20T12:00:00Z"));
    }

    #[test]
    fn moments_and_plain_dates_are_read_and_nothing_else() {
        assert_eq!(read("2026-11-20").as_deref(), Some("2026-11-20T00:00:00.000Z"));
        assert_eq!(read("2026-11-20T12:00:00Z").as_deref(), Some("2026-11-20T12:00:00.000Z"));
        assert_eq!(read("2026-11-20T12:00:00.5+02:00").as_deref(), Some("2026-11-20T10:00:00.500Z"));
        for bad in [
            "",
            "20 Nov 2026",
            "2026-13-01",
            "2026-02-30",
            "2026-11-20T12:00:00",
            "2026-11-20T25:00:00Z",
            "1700000000",
            "2026-11-20T12:00:00Z[Europe/Paris]",
            "2026-1-1",
            "💩💩💩💩💩💩💩",
            "99999-01-01T00:00:00Z",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
