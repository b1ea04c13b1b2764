//! Times as words, for people who have no scripts.

use domain::Timestamp;

/// "20 Nov 2026, 12:00 UTC"
pub(crate) fn moment(at: Timestamp) -> String {
    at.to_jiff().strftime("%-d %b %Y, %H:%M UTC").to_string()
}

/// "20 Nov 2026"
pub(crate) fn day(at: Timestamp) -> String {
    at.to_jiff().strftime("%-d %b %Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_like_times() {
        let at: Timestamp = "2026-11-05T09:03:59Z".parse::<jiff::Timestamp>().unwrap().into();
        assert_eq!(moment(at), "5 Nov 2026, 09:03 UTC");
        assert_eq!(day(at), "5 Nov 2026");
    }
}
