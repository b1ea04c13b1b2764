//! Pages of things that are ordered by time and id: where the next one starts is said by a cursor that callers hand back unread.

use domain::Timestamp;
use uuid::Uuid;

use crate::Error;

pub const PAGE_MOST: usize = 200;
pub const PAGE_USUAL: usize = 50;

/// Which part of a list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageRequest {
    /// `Page::next` of the page before.
    pub cursor: Option<String>,
    /// From 1 to [`PAGE_MOST`]; none is [`PAGE_USUAL`].
    pub limit: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// None on the last page.
    pub next: Option<String>,
}

/// The place of an item in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) at: Timestamp,
    pub(crate) id: Uuid,
}

/// What a request says: the items behind a place, and how many of them at most.
pub(crate) struct Bounds {
    pub(crate) after: Option<Place>,
    pub(crate) limit: usize,
}

impl PageRequest {
    /// For a list that is not all in memory.
    ///
    /// # Errors
    /// As [`PageRequest::of`].
    pub(crate) fn bounds(&self) -> Result<Bounds, Error> {
        let after = self.cursor.as_deref().map(Place::read).transpose()?;
        let limit = match self.limit {
            None => PAGE_USUAL,
            Some(limit) => usize::try_from(limit)
                .ok()
                .filter(|limit| (1..=PAGE_MOST).contains(limit))
                .ok_or_else(|| Error::field("limit", format!("Give a limit from 1 to {PAGE_MOST}.")))?,
        };
        Ok(Bounds { after, limit })
    }

    /// The part of `items`, which are in order, that the request asks for.
    ///
    /// # Errors
    /// [`Error::InvalidField`] for a limit out of bounds, or a cursor that no page gave.
    pub(crate) fn of<T>(&self, items: Vec<T>, place: impl Fn(&T) -> Place) -> Result<Page<T>, Error> {
        let Bounds { after, limit } = self.bounds()?;
        let mut items = items;
        if let Some(after) = after {
            let seen = items.partition_point(|item| place(item) <= after);
            items.drain(..seen);
        }
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| place(last).write());
        Ok(Page { items, next })
    }
}

impl Place {
    fn write(self) -> String {
        format!("{:016x}{}", self.at.as_micros(), self.id.simple())
    }

    fn read(text: &str) -> Result<Self, Error> {
        let parts = text.split_at_checked(16).and_then(|(at, id)| {
            let at = u64::from_str_radix(at, 16).ok()?;
            Some(Self { at: Timestamp::from_micros(at.cast_signed()), id: Uuid::try_parse(id).ok()? })
        });
        // Only the one spelling that pages give, so that nobody builds on another.
        parts
            .filter(|place| place.write() == text)
            .ok_or_else(|| Error::field("cursor", "That cursor is of no page. Start again without one."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(item: &i64) -> Place {
        Place { at: Timestamp::from_micros(*item / 2), id: Uuid::from_u128(u128::from((*item % 2).unsigned_abs())) }
    }

    #[test]
    fn pages_hold_every_item_once_whatever_their_size() {
        let items: Vec<i64> = (-6..20).filter(|item| *item % 2 >= 0).collect();
        for limit in [1, 2, 3, 7, 200] {
            let (mut seen, mut cursor) = (Vec::new(), None);
            loop {
                let request = PageRequest { cursor: cursor.take(), limit: Some(limit) };
                let page = request.of(items.clone(), place).unwrap();
                seen.extend(page.items);
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(seen, items, "{limit} at a time");
        }
    }

    #[test]
    fn what_no_page_gave_is_refused_by_name() {
        let good = Place { at: Timestamp::from_micros(5), id: Uuid::from_u128(7) }.write();
        for bad in [
            "",
            "x",
            "💩💩💩💩💩💩💩💩💩💩💩💩",
            &good[1..],
            &good.to_uppercase().replace('0', "+"),
            &format!("{good}0"),
        ] {
            let request = PageRequest { cursor: Some((*bad).to_owned()), limit: None };
            assert_eq!(request.of(vec![1], place).unwrap_err().public().field, Some("cursor"), "{bad}");
        }
        for limit in [0, 201, u64::MAX] {
            let request = PageRequest { cursor: None, limit: Some(limit) };
            assert_eq!(request.of(vec![1], place).unwrap_err().public().field, Some("limit"), "{limit}");
        }
    }
}
