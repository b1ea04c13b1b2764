//! Which dates an org has.

use domain::Timestamp;

/// The first moment an org holds.
pub(crate) const YEAR_1700: Timestamp = Timestamp::from_micros(-8_520_336_000_000_000);
const YEAR_4001: Timestamp = Timestamp::from_micros(64_092_211_200_000_000);

/// Whether the org has such a date: from 1700 to 4000.
pub(crate) fn org_holds(at: Timestamp) -> bool {
    (YEAR_1700..YEAR_4001).contains(&at)
}
