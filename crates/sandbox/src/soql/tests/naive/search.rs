//! What a search finds by the index of words, after changes and deletions, is what reading every row finds.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{
    database, ids, pick,
    question::{Question, question},
    rows,
};
use crate::soql::{
    sosl,
    tests::{schema, settings},
};

const PIECES: [&str; 12] =
    ["syllabus", "Syllable", "SYLT", "sy", "syllabuses", "vidéo", "Élan", "post-12345", "12346", "the", "x", "ÉLANS"];
const PATTERNS: [&str; 14] =
    ["syllabus", "syll*", "s?l*", "*bus", "sy", "sy?t", "vid*", "VIDÉO", "élan", "post", "1234?", "12*", "the", "*la*"];

#[derive(Clone, Debug)]
enum Find {
    Word(&'static str),
    Phrase(Vec<&'static str>),
    Both(Box<Find>, Box<Find>),
    Either(Box<Find>, Box<Find>),
    Without(Box<Find>, Box<Find>),
}

impl Find {
    fn sosl(&self) -> String {
        match self {
            Self::Word(pattern) => (*pattern).to_owned(),
            Self::Phrase(words) => format!("\"{}\"", words.join(" ")),
            Self::Both(left, right) => format!("({} {})", left.sosl(), right.sosl()),
            Self::Either(left, right) => format!("({} OR {})", left.sosl(), right.sosl()),
            Self::Without(left, right) => format!("({} AND NOT {})", left.sosl(), right.sosl()),
        }
    }

    fn holds(&self, words: &[String]) -> bool {
        let follow = |wanted: &[&str]| {
            let same = |(word, wanted): (&String, &&str)| {
                let pattern: Vec<char> = wanted.to_lowercase().chars().collect();
                matches(&pattern, &word.chars().collect::<Vec<_>>())
            };
            words.windows(wanted.len()).any(|here| here.iter().zip(wanted).all(same))
        };
        match self {
            Self::Word(pattern) => follow(&[*pattern]),
            Self::Phrase(wanted) => follow(wanted),
            Self::Both(left, right) => left.holds(words) && right.holds(words),
            Self::Either(left, right) => left.holds(words) || right.holds(words),
            Self::Without(left, right) => left.holds(words) && !right.holds(words),
        }
    }
}

fn matches(pattern: &[char], word: &[char]) -> bool {
    match (pattern.split_first(), word.split_first()) {
        (None, None) => true,
        (Some(('*', rest)), _) => (0..=word.len()).any(|skipped| matches(rest, &word[skipped..])),
        (Some(('?', rest)), Some((_, word))) => matches(rest, word),
        (Some((wanted, rest)), Some((found, word))) => wanted == found && matches(rest, word),
        _ => false,
    }
}

fn find() -> impl Strategy<Value = Find> {
    let leaf = prop_oneof![
        3 => pick(PATTERNS).prop_map(Find::Word),
        1 => prop::collection::vec(pick(PATTERNS), 2..4).prop_map(Find::Phrase),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        (inner.clone(), inner, 0..3_u8).prop_map(|(left, right, kind)| {
            let (left, right) = (Box::new(left), Box::new(right));
            match kind {
                0 => Find::Both(left, right),
                1 => Find::Either(left, right),
                _ => Find::Without(left, right),
            }
        })
    })
}

fn subject() -> impl Strategy<Value = String> {
    prop::collection::vec((pick(PIECES), pick([" ", ", ", "-"])), 0..6)
        .prop_map(|pieces| pieces.into_iter().flat_map(|(word, gap)| [word, gap]).collect())
}

fn words(text: &str) -> Vec<String> {
    let words = text.split([' ', ',', '-']).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_index_of_words_finds_what_reading_finds(
        rows in rows(),
        subjects in prop::collection::vec(subject(), 1..20),
        stale in prop::collection::vec(any::<bool>(), 1..5),
        asked in prop::collection::vec((question(), find()), 1..5),
    ) {
        let mut rows = rows;
        for (case, subject) in rows.get_mut("Case").unwrap().iter_mut().zip(subjects.iter().cycle()) {
            case.insert("Subject".to_owned(), json!(subject));
        }
        let database = database(&rows, &stale);
        for (question, find) in asked {
            let sosl = format!("FIND {{{}}} RETURNING Case(Id{})", find.sosl(), question.tail());
            let search = sosl::parse(&sosl).unwrap_or_else(|error| panic!("{sosl}: {error}"));
            let found = sosl::run(&search, schema(), &database, &settings(question.scope)).unwrap();
            let unbounded = Question { limit: None, offset: 0, ..question.clone() };
            let mut expected = unbounded.cases(&rows);
            expected.retain(|case| find.holds(&words(case["Subject"].as_str().unwrap())));
            let expected: Vec<Value> = question.window(expected).iter().map(|case| case["Id"].clone()).collect();
            prop_assert_eq!(ids(&found), expected, "{}", sosl);
        }
    }
}
