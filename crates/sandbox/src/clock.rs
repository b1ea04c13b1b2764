//! The org's clock: the clock it was given, moved by what a test asked for.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use domain::{Clock, Timestamp};

pub(crate) struct OrgClock {
    base: Arc<dyn Clock>,
    /// Microseconds added to the base clock.
    offset: AtomicI64,
}

impl OrgClock {
    /// Ahead of the base clock by what was kept of its last run.
    pub(crate) fn new(base: Arc<dyn Clock>, offset: i64) -> Self {
        Self { base, offset: AtomicI64::new(offset) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.base.now().as_micros().saturating_add(self.offset.load(Ordering::SeqCst)))
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.offset.fetch_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    /// Microseconds it is ahead of the base clock.
    pub(crate) fn offset(&self) -> i64 {
        self.offset.load(Ordering::SeqCst)
    }

    pub(crate) fn reset(&self) {
        self.offset.store(0, Ordering::SeqCst);
    }
}

/// `2026-11-20T12:00:00.000+0000`, as Salesforce writes a moment: it keeps whole seconds and writes milliseconds all the same.
pub(crate) fn datetime(timestamp: Timestamp) -> String {
    let seconds = Timestamp::from_micros(timestamp.as_micros().div_euclid(1_000_000).saturating_mul(1_000_000));
    let text = seconds.to_rfc3339();
    format!("{}+0000", text.strip_suffix('Z').unwrap_or(&text))
}

/// Reads any of the forms Salesforce takes: `Z`, `+00:00`, `+0000`, with or without a fraction.
pub(crate) fn parse_datetime(text: &str) -> Option<Timestamp> {
    text.parse::<jiff::Timestamp>()
        .or_else(|_| jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text).and_then(|parsed| parsed.to_timestamp()))
        .ok()
        .map(Timestamp::from)
}

#[cfg(test)]
mod tests {
    use super::{datetime, parse_datetime};

    #[test]
    fn every_accepted_form_means_the_same_moment() {
        for text in [
            "2026-11-20T12:00:00.000+0000",
            "2026-11-20T12:00:00Z",
            "2026-11-20T13:00:00+01:00",
            "2026-11-20T12:00:00+0000",
            "2026-11-20T12:00:00.000Z",
        ] {
            let moment = parse_datetime(text).expect(text);
            assert_eq!(datetime(moment), "2026-11-20T12:00:00.000+0000", "{text}");
        }
        for text in ["2026-11-20T12:00:00.999Z", "1969-12-31T23:59:59.001Z"] {
            let moment = datetime(parse_datetime(text).expect(text));
            assert_eq!(moment, format!("{}.000+0000", &text[..19]), "a part of a second isn't kept");
        }
        assert_eq!(parse_datetime("2026-11-20"), None);
        assert_eq!(parse_datetime("noon"), None);
    }
}
