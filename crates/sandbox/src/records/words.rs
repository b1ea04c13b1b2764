//! Which records hold a word, told by how the word begins: a million posts have few beginnings, and what is found is read again anyway.

use std::{collections::BTreeMap, ops::RangeInclusive};

use crate::soql::sosl::{Wanted, words};

/// Of a word in lower case; shorter words end in noughts.
const LENGTH: usize = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Beginning([u8; LENGTH]);

impl Beginning {
    fn of(word: impl Iterator<Item = char>) -> Self {
        Self::padded(word, 0)
    }

    /// All the beginnings that words with this start can have.
    fn range(start: &str) -> RangeInclusive<Self> {
        Self::padded(start.chars(), 0)..=Self::padded(start.chars(), u8::MAX)
    }

    fn padded(word: impl Iterator<Item = char>, padding: u8) -> Self {
        let mut bytes = [padding; LENGTH];
        let mut room = bytes.iter_mut();
        for character in word {
            let mut encoded = [0; 4];
            for (byte, place) in character.encode_utf8(&mut encoded).bytes().zip(&mut room) {
                *place = byte;
            }
        }
        Self(bytes)
    }
}

/// Beginnings of the words in a record's texts, each once and in order.
fn beginnings<'t>(texts: impl Iterator<Item = &'t str>) -> Vec<Beginning> {
    let mut found: Vec<Beginning> =
        texts.flat_map(words).map(|word| Beginning::of(word.chars().flat_map(char::to_lowercase))).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[derive(Default)]
pub(super) struct Words(BTreeMap<Beginning, Numbers>);

impl Words {
    /// What a record held before and holds now.
    pub(super) fn replace<'t>(
        &mut self,
        number: u64,
        before: impl Iterator<Item = &'t str>,
        after: impl Iterator<Item = &'t str>,
    ) {
        let (before, after) = (beginnings(before), beginnings(after));
        for gone in before.iter().filter(|beginning| after.binary_search(beginning).is_err()) {
            if let Some(numbers) = self.0.get_mut(gone) {
                numbers.remove(number);
                if numbers.length == 0 {
                    self.0.remove(gone);
                }
            }
        }
        for new in after.iter().filter(|beginning| before.binary_search(beginning).is_err()) {
            self.0.entry(*new).or_default().insert(number);
        }
    }

    fn range(&self, start: &str, is_whole: bool) -> impl Iterator<Item = &Numbers> {
        let range = match Beginning::of(start.chars()) {
            exact if is_whole => exact..=exact,
            _ => Beginning::range(start),
        };
        self.0.range(range).map(|(_, numbers)| numbers)
    }

    /// How many numbers [`Self::holding`] goes through at most.
    pub(super) fn count(&self, wanted: &Wanted) -> usize {
        match wanted {
            Wanted::All(parts) => parts.iter().map(|part| self.count(part)).min().unwrap_or(0),
            Wanted::Any(parts) => parts.iter().map(|part| self.count(part)).sum(),
            Wanted::Word { start, is_whole } => self.range(start, *is_whole).map(|numbers| numbers.length).sum(),
        }
    }

    /// Numbers of records among which are all that hold what is wanted, in order.
    pub(super) fn holding<'a>(&'a self, wanted: &Wanted) -> Box<dyn Iterator<Item = u64> + 'a> {
        match wanted {
            // The rest is looked for in what the rarest part finds.
            Wanted::All(parts) => match parts.iter().min_by_key(|part| self.count(part)) {
                Some(rarest) => self.holding(rarest),
                None => Box::new(std::iter::empty()),
            },
            Wanted::Any(parts) => merged(parts.iter().map(|part| self.holding(part)).collect()),
            Wanted::Word { start, is_whole } => {
                let lists = self.range(start, *is_whole);
                merged(lists.map(|numbers| Box::new(numbers.iter()) as Box<dyn Iterator<Item = u64>>).collect())
            }
        }
    }
}

fn merged<'a>(mut lists: Vec<Box<dyn Iterator<Item = u64> + 'a>>) -> Box<dyn Iterator<Item = u64> + 'a> {
    if lists.len() < 2 {
        return lists.pop().unwrap_or_else(|| Box::new(std::iter::empty()));
    }
    let mut all: Vec<u64> = lists.into_iter().flatten().collect();
    all.sort_unstable();
    all.dedup();
    Box::new(all.into_iter())
}

/// A set of numbers: runs of them side by side, each number kept as its distance from the one before, which is mostly one byte.
#[derive(Default)]
struct Numbers {
    runs: Vec<Run>,
    length: usize,
}

const LONGEST_RUN: usize = 256;

struct Run {
    first: u64,
    last: u64,
    count: usize,
    /// After the first.
    distances: Vec<u8>,
}

impl Numbers {
    fn iter(&self) -> impl Iterator<Item = u64> {
        self.runs.iter().flat_map(Run::iter)
    }

    /// Where the run is that has the number or would have it.
    fn place(&self, number: u64) -> usize {
        self.runs.partition_point(|run| run.first <= number).saturating_sub(1)
    }

    fn insert(&mut self, number: u64) {
        let place = self.place(number);
        match self.runs.get_mut(place) {
            Some(run) if run.last < number && run.count < LONGEST_RUN => run.push(number),
            Some(run) if run.last < number => {
                // In order: the full run stays full.
                run.distances.shrink_to_fit();
                self.runs.insert(place + 1, Run::of(number));
            }
            Some(run) => {
                let mut numbers: Vec<u64> = run.iter().collect();
                let Err(position) = numbers.binary_search(&number) else { return };
                numbers.insert(position, number);
                let halves = numbers.chunks(if numbers.len() > LONGEST_RUN { LONGEST_RUN / 2 } else { LONGEST_RUN });
                self.runs.splice(place..=place, halves.filter_map(Run::of_all));
            }
            None => {
                self.runs.reserve_exact(1);
                self.runs.push(Run::of(number));
            }
        }
        self.length += 1;
    }

    fn remove(&mut self, number: u64) {
        let place = self.place(number);
        let Some(run) = self.runs.get(place) else { return };
        let mut numbers: Vec<u64> = run.iter().collect();
        let Ok(position) = numbers.binary_search(&number) else { return };
        numbers.remove(position);
        self.runs.splice(place..=place, Run::of_all(&numbers));
        self.length -= 1;
    }
}

impl Run {
    fn of(number: u64) -> Self {
        Self { first: number, last: number, count: 1, distances: Vec::new() }
    }

    /// In order.
    fn of_all(numbers: &[u64]) -> Option<Self> {
        let (first, rest) = numbers.split_first()?;
        let mut run = Self::of(*first);
        rest.iter().for_each(|number| run.push(*number));
        Some(run)
    }

    /// Seven bits to a byte, the lowest first.
    fn push(&mut self, number: u64) {
        let mut rest = number - self.last;
        loop {
            let low = u8::try_from(rest & 0x7f).unwrap_or(0);
            rest >>= 7;
            self.distances.push(if rest == 0 { low } else { low | 0x80 });
            if rest == 0 {
                break;
            }
        }
        self.last = number;
        self.count += 1;
    }

    fn iter(&self) -> impl Iterator<Item = u64> {
        let mut bytes = self.distances.iter();
        let mut number = self.first;
        let later = std::iter::from_fn(move || {
            let (mut distance, mut shift) = (0, 0);
            loop {
                let byte = *bytes.next()?;
                distance |= u64::from(byte & 0x7f) << shift;
                shift += 7;
                if byte & 0x80 == 0 {
                    number += distance;
                    return Some(number);
                }
            }
        });
        std::iter::once(self.first).chain(later)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::{LONGEST_RUN, Numbers, Wanted, Words};

    fn held(words: &Words, start: &str, is_whole: bool) -> Vec<u64> {
        words.holding(&Wanted::Word { start: start.to_owned(), is_whole }).collect()
    }

    #[test]
    fn words_are_found_by_how_they_begin() {
        let mut words = Words::default();
        for (number, text) in [(3, "The syllabus"), (1, "Syllabication, the Élan!"), (2, "sy éla")] {
            words.replace(number, [].into_iter(), [text].into_iter());
        }
        assert_eq!(held(&words, "syllabus", true), [1, 3]);
        assert_eq!(held(&words, "sy", true), [2]);
        assert_eq!(held(&words, "sy", false), [1, 2, 3]);
        assert_eq!(held(&words, "él", false), [1, 2]);
        assert_eq!(held(&words, "élan", true), [1]);
        assert!(held(&words, "s", true).is_empty());
        let both = |one: &str, other: &str| {
            [one, other].map(|start| Wanted::Word { start: start.to_owned(), is_whole: true }).to_vec()
        };
        assert_eq!(words.holding(&Wanted::All(both("the", "sy"))).collect::<Vec<_>>(), [2]);
        assert_eq!(words.holding(&Wanted::Any(both("the", "sy"))).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!(words.count(&Wanted::Any(both("the", "sy"))), 3);

        words.replace(3, ["The syllabus"].into_iter(), ["The syllables"].into_iter());
        assert_eq!(held(&words, "syllabus", true), [1, 3]);
        words.replace(3, ["The syllables"].into_iter(), [].into_iter());
        words.replace(1, ["Syllabication, the Élan!"].into_iter(), [].into_iter());
        assert_eq!((held(&words, "syllabus", true), words.0.len()), (vec![], 2));
    }

    #[test]
    fn what_comes_in_order_fills_its_runs() {
        let mut numbers = Numbers::default();
        (0..u64::try_from(LONGEST_RUN).unwrap() * 3).for_each(|number| numbers.insert(number));
        assert_eq!(numbers.runs.iter().map(|run| run.count).collect::<Vec<_>>(), [LONGEST_RUN; 3]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_is_a_set(
            changes in prop::collection::vec((any::<bool>(), prop_oneof![9 => 0..2_000_u64, 1 => any::<u64>()]), 0..4_000),
        ) {
            let (mut numbers, mut expected) = (Numbers::default(), BTreeSet::new());
            for (is_added, number) in changes {
                if is_added {
                    numbers.insert(number);
                    expected.insert(number);
                } else {
                    numbers.remove(number);
                    expected.remove(&number);
                }
            }
            prop_assert_eq!(numbers.length, expected.len());
            prop_assert!(numbers.iter().eq(expected));
            prop_assert!(numbers.runs.iter().all(|run| run.count == run.iter().count()));
        }
    }
}
