use crate::app::islands::parts::{SETTLED, UNSETTLED};

/// The `data-part` of a part of a page that is drawn anew while something in it is still to come.
pub(crate) const fn part_state(is_settled: bool) -> &'static str {
    if is_settled { SETTLED } else { UNSETTLED }
}
