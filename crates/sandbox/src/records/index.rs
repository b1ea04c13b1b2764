//! Which records have a value, told by the twelve characters that tell ids of one object apart.

use std::{collections::BTreeMap, ops::RangeInclusive};

use super::{
    database::{POD, id_digits, id_number},
    sorted::Sorted,
};

/// An id without its object's prefix and without what follows from the rest. In the order of the ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key([u8; 12]);

impl Key {
    const FIRST: Self = Self([0; 12]);
    const LAST: Self = Self([u8::MAX; 12]);

    /// Of an id of 15 or 18 characters.
    pub(super) fn of(id: &str) -> Option<Self> {
        id.as_bytes().get(3..15).and_then(|bytes| bytes.try_into().ok()).map(Self)
    }

    /// Which of its object's ids it is; none where the id wasn't made by this org.
    pub(super) fn number(self) -> Option<u64> {
        id_number(self.0.strip_prefix(POD.as_bytes())?)
    }

    pub(super) fn of_number(number: u64) -> Option<Self> {
        let id = [POD.as_bytes(), &id_digits(number)?].concat();
        id.try_into().ok().map(Self)
    }

    /// `None` when a bound is no id.
    pub(super) fn range(from: Option<&str>, until: Option<&str>) -> Option<RangeInclusive<Self>> {
        between(from, until, Self::of, Self::FIRST, Self::LAST)
    }
}

/// A time as a number in time order, kept as bytes so that nothing is lost to alignment: a million times are many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment([u8; 8]);

/// Year to millisecond.
const DIGITS: usize = 17;

impl Moment {
    const FIRST: Self = Self([0; 8]);
    const LAST: Self = Self([u8::MAX; 8]);

    /// Of canonical text, `2026-11-20T12:00:00.000+0000`, whose digits are the number.
    fn of(text: &str) -> Option<Self> {
        let digits = || text.bytes().take(23).filter(u8::is_ascii_digit);
        let is_time = text.starts_with(|first: char| first.is_ascii_digit()) && digits().count() == DIGITS;
        let number = digits().fold(0_u64, |number, digit| number * 10 + u64::from(digit - b'0'));
        is_time.then_some(Self(number.to_be_bytes()))
    }
}

fn between<T: Ord>(
    from: Option<&str>,
    until: Option<&str>,
    read: impl Fn(&str) -> Option<T>,
    first: T,
    last: T,
) -> Option<RangeInclusive<T>> {
    let from = from.map_or(Some(first), &read)?;
    let until = until.map_or(Some(last), &read)?;
    // A tree refuses a range that ends before it begins.
    if from <= until { Some(from..=until) } else { None }
}

pub(super) enum Index {
    /// Folded value to records.
    Values(BTreeMap<Box<str>, Sorted<Key>>),
    Times(Sorted<(Moment, Key)>),
}

impl Index {
    pub(super) fn by_value() -> Self {
        Self::Values(BTreeMap::new())
    }

    pub(super) fn by_time() -> Self {
        Self::Times(Sorted::default())
    }

    pub(super) fn insert(&mut self, folded: &str, key: Key) {
        match self {
            Self::Values(values) => match values.get_mut(folded) {
                Some(keys) => {
                    keys.insert(key, |key| *key);
                }
                None => {
                    values.entry(folded.into()).or_default().insert(key, |key| *key);
                }
            },
            Self::Times(times) => {
                if let Some(moment) = Moment::of(folded) {
                    times.insert((moment, key), |item| *item);
                }
            }
        }
    }

    pub(super) fn remove(&mut self, folded: &str, key: Key) {
        match self {
            Self::Values(values) => {
                if let Some(keys) = values.get_mut(folded) {
                    keys.remove(&key, |key| *key);
                    if keys.is_empty() {
                        values.remove(folded);
                    }
                }
            }
            Self::Times(times) => {
                if let Some(moment) = Moment::of(folded) {
                    times.remove(&(moment, key), |item| *item);
                }
            }
        }
    }

    pub(super) fn having(&self, folded: &str) -> Option<&Sorted<Key>> {
        match self {
            Self::Values(values) => values.get(folded),
            Self::Times(_) => None,
        }
    }

    pub(super) fn times(&self) -> Option<&Sorted<(Moment, Key)>> {
        match self {
            Self::Values(_) => None,
            Self::Times(times) => Some(times),
        }
    }

    /// `None` when a bound is no time.
    pub(super) fn time_range(from: Option<&str>, until: Option<&str>) -> Option<RangeInclusive<(Moment, Key)>> {
        let moments = between(from, until, Moment::of, Moment::FIRST, Moment::LAST)?;
        Some((*moments.start(), Key::FIRST)..=(*moments.end(), Key::LAST))
    }
}

#[cfg(test)]
mod tests {
    use super::Moment;

    #[test]
    fn times_are_in_time_order_and_nothing_else_is_a_time() {
        let times = [
            "1999-12-31T23:59:59.999+0000",
            "2000-01-01T00:00:00.000+0000",
            "2000-01-01T00:00:00.001+0000",
            "2026-11-20T12:00:00.000+0000",
        ];
        let moments: Vec<Moment> = times.iter().map(|time| Moment::of(time).unwrap()).collect();
        assert!(moments.is_sorted_by(|left, right| left < right));
        for other in ["", "2026-11-20", "soon", "-009999-01-01T00:00:00.000+0000"] {
            assert_eq!(Moment::of(other), None, "{other}");
        }
    }
}
