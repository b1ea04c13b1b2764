//! A sorted set for millions of small items: runs of them side by side, each full when items arrive in order, as new ids and new times do.
//! A B-tree would be half empty then.

use std::ops::RangeInclusive;

const LONGEST_RUN: usize = 512;

/// No run is empty, and all of a run comes before all of the next.
#[derive(Debug)]
pub(super) struct Sorted<T> {
    runs: Vec<Vec<T>>,
    length: usize,
}

impl<T> Default for Sorted<T> {
    fn default() -> Self {
        Self { runs: Vec::new(), length: 0 }
    }
}

impl<T> Sorted<T> {
    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + Clone {
        self.runs.iter().flatten()
    }

    /// The run that has the key or would have it.
    fn run<K: Ord>(&self, key: &K, key_of: &impl Fn(&T) -> K) -> usize {
        let after = self.runs.partition_point(|run| run.first().is_some_and(|first| key_of(first) <= *key));
        after.saturating_sub(1)
    }

    pub(super) fn get<K: Ord>(&self, key: &K, key_of: impl Fn(&T) -> K) -> Option<&T> {
        let run = self.runs.get(self.run(key, &key_of))?;
        run.get(run.binary_search_by_key(key, &key_of).ok()?)
    }

    /// What was there under the same key is replaced and answered.
    pub(super) fn insert<K: Ord>(&mut self, item: T, key_of: impl Fn(&T) -> K) -> Option<T> {
        let key = key_of(&item);
        let place = self.run(&key, &key_of);
        let Some(run) = self.runs.get_mut(place) else {
            self.runs.push(vec![item]);
            self.length += 1;
            return None;
        };
        let position = match run.binary_search_by_key(&key, &key_of) {
            Ok(position) => return run.get_mut(position).map(|held| std::mem::replace(held, item)),
            Err(position) => position,
        };
        self.length += 1;
        if run.len() < LONGEST_RUN {
            run.insert(position, item);
        } else if position == run.len() {
            // In order: the full run stays full.
            self.runs.insert(place + 1, vec![item]);
        } else {
            let mut rest = run.split_off(LONGEST_RUN / 2);
            if position <= run.len() {
                run.insert(position, item);
            } else {
                rest.insert(position - run.len(), item);
            }
            self.runs.insert(place + 1, rest);
        }
        None
    }

    pub(super) fn remove<K: Ord>(&mut self, key: &K, key_of: impl Fn(&T) -> K) -> Option<T> {
        let place = self.run(key, &key_of);
        let run = self.runs.get_mut(place)?;
        let position = run.binary_search_by_key(key, &key_of).ok()?;
        let removed = run.remove(position);
        if run.is_empty() {
            self.runs.remove(place);
        }
        self.length -= 1;
        Some(removed)
    }

    /// Items whose keys lie within the range.
    pub(super) fn range<K: Ord>(
        &self,
        range: RangeInclusive<K>,
        key_of: impl Fn(&T) -> K,
    ) -> impl DoubleEndedIterator<Item = &T> {
        let (start, end) = range.into_inner();
        let from = self.edge(|item| key_of(item) < start);
        let until = self.edge(|item| key_of(item) <= end);
        let runs = self.runs.iter().enumerate().take(until.0 + 1).skip(from.0);
        runs.flat_map(move |(place, run)| {
            let first = if place == from.0 { from.1 } else { 0 };
            let last = if place == until.0 { until.1 } else { run.len() };
            run.get(first..last.max(first)).unwrap_or_default()
        })
    }

    /// Run and position of the first item of which it isn't true.
    fn edge(&self, is_before: impl Fn(&T) -> bool) -> (usize, usize) {
        let place = self.runs.partition_point(|run| run.last().is_some_and(&is_before));
        (place, self.runs.get(place).map_or(0, |run| run.partition_point(is_before)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::{LONGEST_RUN, Sorted};

    #[test]
    fn what_comes_in_order_fills_its_runs() {
        let mut sorted = Sorted::default();
        for number in 0..LONGEST_RUN * 3 {
            sorted.insert(number, |number| *number);
        }
        assert!(sorted.runs.iter().all(|run| run.len() == LONGEST_RUN));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_is_a_set(
            changes in prop::collection::vec((any::<bool>(), 0..2_000_u32), 0..4_000),
            ranges in prop::collection::vec((0..2_100_u32, 0..2_100_u32), 16),
        ) {
            let key = |number: &u32| *number;
            let (mut sorted, mut expected) = (Sorted::default(), BTreeSet::new());
            // More come than go.
            sorted.insert(5_000, key);
            expected.insert(5_000);
            for number in (0..2_000).step_by(3) {
                sorted.insert(number, key);
                expected.insert(number);
            }
            for (is_added, number) in changes {
                if is_added {
                    prop_assert_eq!(sorted.insert(number, key).is_none(), expected.insert(number));
                } else {
                    prop_assert_eq!(sorted.remove(&number, key).is_some(), expected.remove(&number));
                }
            }
            prop_assert_eq!(sorted.len(), expected.len());
            prop_assert!(sorted.iter().eq(&expected));
            for (start, end) in ranges {
                let (start, end) = (start.min(end), start.max(end));
                let found: Vec<u32> = sorted.range(start..=end, key).copied().collect();
                prop_assert_eq!(&found, &expected.range(start..=end).copied().collect::<Vec<_>>());
                let back: Vec<u32> = sorted.range(start..=end, key).rev().copied().collect();
                prop_assert!(back.iter().rev().eq(&found));
                prop_assert_eq!(sorted.get(&start, key), expected.get(&start));
            }
        }
    }
}
