//! Salesforce's moments: read as leniently as they are written (`+0000` is not RFC 3339), written exactly.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A moment as Salesforce keeps it; milliseconds are all an org holds, and all that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime(pub Timestamp);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is not a date and time with an offset")]
pub struct InvalidDateTime(String);

impl FromStr for DateTime {
    type Err = InvalidDateTime;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self).map_err(|_| InvalidDateTime(text.to_owned()))
    }
}

/// `2026-11-20T12:00:00.123Z`, which SOQL and record bodies both take. Cut, not rounded, to the millisecond.
impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millisecond =
            Timestamp::from_millisecond(self.0.as_microsecond().div_euclid(1000)).map_err(|_| fmt::Error)?;
        write!(f, "{millisecond:.3}")
    }
}

impl From<Timestamp> for DateTime {
    fn from(timestamp: Timestamp) -> Self {
        Self(timestamp)
    }
}

impl From<domain::Timestamp> for DateTime {
    fn from(timestamp: domain::Timestamp) -> Self {
        Self(timestamp.to_jiff())
    }
}

impl From<DateTime> for domain::Timestamp {
    fn from(moment: DateTime) -> Self {
        moment.0.into()
    }
}

impl<'de> Deserialize<'de> for DateTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl Serialize for DateTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::DateTime;

    #[rstest]
    #[case("2013-05-20T20:49:32.000+0000", "2013-05-20T20:49:32.000Z")]
    #[case("2013-05-20T20:49:32.123Z", "2013-05-20T20:49:32.123Z")]
    #[case("2013-05-20T20:49:32+00:00", "2013-05-20T20:49:32.000Z")]
    #[case("2013-05-20T22:49:32.5+0200", "2013-05-20T20:49:32.500Z")]
    #[case("2013-05-20T20:49:32.123999Z", "2013-05-20T20:49:32.123Z")]
    #[case("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z")]
    fn every_offset_is_read_and_one_form_is_written(#[case] read: &str, #[case] written: &str) {
        assert_eq!(read.parse::<DateTime>().unwrap().to_string(), written);
        let json: DateTime = serde_json::from_value(read.into()).unwrap();
        assert_eq!(serde_json::to_value(json).unwrap(), written);
    }

    #[test]
    fn a_moment_without_an_offset_is_refused_rather_than_guessed() {
        for text in ["2013-05-20T20:49:32", "2013-05-20", "", "yesterday"] {
            assert!(text.parse::<DateTime>().is_err(), "{text}");
        }
    }
}
