//! A question about cases: the SOQL that asks it, and which rows answer it, found out the plain way.

use std::cmp::Ordering;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{DAYS, Rows, WORDS, in_scope, letter, pick, time, value_at};
use crate::soql::{Scope, tests::id};

/// What cases are asked for, and the relationships on the way.
pub(super) const TEXTS: [&str; 5] =
    ["Subject", "Priority", "Contact.LastName", "Contact.Account.Name", "Course__r.Key__c"];
pub(super) const NUMBERS: [&str; 3] =
    ["Contact.Account.NumberOfEmployees", "Course__r.Seats__c", "Account.AnnualRevenue"];
const IDS: [&str; 4] = ["Id", "AccountId", "ContactId", "Contact.AccountId"];
pub(super) const TIMES: [&str; 3] = ["CreatedDate", "SystemModstamp", "ClosedDate"];
const DATES: [&str; 1] = ["Course__r.Start__c"];
const SORTABLE: [&str; 9] = [
    "Id",
    "CreatedDate",
    "SystemModstamp",
    "ClosedDate",
    "Subject",
    "IsClosed",
    "Contact.Account.NumberOfEmployees",
    "Contact.LastName",
    "Course__r.Start__c",
];

#[derive(Clone, Debug)]
pub(super) enum Test {
    And(Vec<Test>),
    Or(Vec<Test>),
    Not(Box<Test>),
    Text(&'static str, &'static str, Option<&'static str>),
    Like(&'static str, &'static str),
    OneOf(&'static str, bool, Vec<Option<&'static str>>),
    Number(&'static str, &'static str, i32),
    Id(&'static str, &'static str, String),
    IdOneOf(&'static str, bool, Vec<String>),
    Time(&'static str, &'static str, u8),
    Date(&'static str, &'static str, u8),
    LastDays(&'static str, u8),
    Month(&'static str, u8),
    IsClosed(bool),
    /// Of any of the lists every value.
    Includes(bool, Vec<Vec<&'static str>>),
    /// Only where nothing but ANDs are around it.
    Join(bool, i32),
}

fn quoted(text: &str) -> String {
    format!("'{text}'")
}

fn folded(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_lowercase)
}

impl Test {
    fn soql(&self) -> String {
        let join = |tests: &[Test], word: &str| {
            tests.iter().map(|test| format!("({})", test.soql())).collect::<Vec<_>>().join(word)
        };
        let list = |is_in: bool, values: Vec<String>| {
            format!("{} ({})", if is_in { "IN" } else { "NOT IN" }, values.join(", "))
        };
        match self {
            Self::And(tests) => join(tests, " AND "),
            Self::Or(tests) => join(tests, " OR "),
            Self::Not(test) => format!("NOT ({})", test.soql()),
            Self::Text(path, operator, value) => {
                format!("{path} {operator} {}", value.map_or_else(|| "null".to_owned(), quoted))
            }
            Self::Like(path, pattern) => format!("{path} LIKE '{pattern}'"),
            Self::OneOf(path, is_in, values) => {
                let values = values.iter().map(|value| value.map_or_else(|| "null".to_owned(), quoted)).collect();
                format!("{path} {}", list(*is_in, values))
            }
            Self::Number(path, operator, value) => format!("{path} {operator} {value}"),
            Self::Id(path, operator, value) => format!("{path} {operator} '{value}'"),
            Self::IdOneOf(path, is_in, values) => {
                format!("{path} {}", list(*is_in, values.iter().map(|id| quoted(id)).collect()))
            }
            Self::Time(path, operator, day) => format!("{path} {operator} 2026-11-{day:02}T09:00:00Z"),
            Self::Date(path, operator, day) => format!("{path} {operator} 2026-11-{day:02}"),
            Self::LastDays(path, count) => format!("{path} = LAST_N_DAYS:{count}"),
            Self::Month(path, month) => format!("CALENDAR_MONTH({path}) = {month}"),
            Self::IsClosed(value) => format!("IsClosed = {value}"),
            Self::Includes(is_in, lists) => {
                let lists: Vec<String> = lists.iter().map(|values| quoted(&values.join(";"))).collect();
                format!("Tags__c {} ({})", if *is_in { "INCLUDES" } else { "EXCLUDES" }, lists.join(", "))
            }
            Self::Join(is_in, number) => {
                let inner = format!("SELECT Id FROM Account WHERE NumberOfEmployees > {number}");
                format!("AccountId {}", list(*is_in, vec![inner]))
            }
        }
    }

    fn holds(&self, rows: &Rows, row: &Map<String, Value>, scope: Scope) -> bool {
        let value = |path: &str| value_at(rows, row, path);
        let text = |path: &str| value(path).as_str().map(str::to_owned);
        // Keys of courses mind case, ids too.
        let fold =
            |path: &str, text: &str| if path.ends_with("Key__c") { text.to_owned() } else { text.to_lowercase() };
        match self {
            Self::And(tests) => tests.iter().all(|test| test.holds(rows, row, scope)),
            Self::Or(tests) => tests.iter().any(|test| test.holds(rows, row, scope)),
            Self::Not(test) => !test.holds(rows, row, scope),
            Self::Text(path, operator, None) => text(path).is_none() == (*operator == "="),
            Self::Text(path, operator, Some(wanted)) => {
                let found = text(path).map(|text| fold(path, &text).cmp(&fold(path, wanted)));
                compared(operator, found)
            }
            Self::Like(path, pattern) => text(path).is_some_and(|text| {
                let pattern: Vec<char> = pattern.to_lowercase().chars().collect();
                like(&pattern, &text.to_lowercase().chars().collect::<Vec<_>>())
            }),
            Self::OneOf(path, is_in, wanted) => {
                let found = text(path).map(|text| fold(path, &text));
                wanted.iter().any(|wanted| wanted.map(|wanted| fold(path, wanted)) == found) == *is_in
            }
            Self::Number(path, operator, wanted) => {
                compared(operator, value(path).as_f64().map(|found| found.total_cmp(&f64::from(*wanted))))
            }
            Self::Id(path, operator, wanted) => compared(operator, text(path).map(|found| found.cmp(wanted))),
            Self::IdOneOf(path, is_in, wanted) => text(path).is_some_and(|found| wanted.contains(&found)) == *is_in,
            Self::Time(path, operator, day) => compared(operator, text(path).map(|found| found.cmp(&time(*day)))),
            Self::Date(path, operator, day) => {
                compared(operator, text(path).map(|found| found.cmp(&format!("2026-11-{day:02}"))))
            }
            Self::LastDays(path, count) => {
                let day = text(path).and_then(|text| text[8..10].parse::<i32>().ok());
                day.is_some_and(|day| (20 - i32::from(*count)..=20).contains(&day))
            }
            Self::Month(path, month) => {
                text(path).and_then(|text| text[5..7].parse::<u8>().ok()).is_some_and(|found| found == *month)
            }
            Self::IsClosed(wanted) => (value("IsClosed") == json!(true)) == *wanted,
            Self::Includes(is_in, lists) => {
                let tags = text("Tags__c").unwrap_or_default();
                let has = |wanted: &&str| tags.split(';').any(|tag| tag.eq_ignore_ascii_case(wanted));
                lists.iter().any(|values| values.iter().all(has)) == *is_in
            }
            Self::Join(is_in, number) => {
                let is_found = |account: &Map<String, Value>| {
                    in_scope(account, scope)
                        && account.get("Id") == row.get("AccountId")
                        && account.get("NumberOfEmployees").and_then(Value::as_i64) > Some(i64::from(*number))
                };
                rows["Account"].iter().any(is_found) == *is_in
            }
        }
    }
}

/// Against a null only `!=` holds.
pub(super) fn compared(operator: &str, found: Option<Ordering>) -> bool {
    match operator {
        "=" => found == Some(Ordering::Equal),
        "!=" => found != Some(Ordering::Equal),
        "<" => found == Some(Ordering::Less),
        "<=" => found.is_some_and(Ordering::is_le),
        ">" => found == Some(Ordering::Greater),
        _ => found.is_some_and(Ordering::is_ge),
    }
}

pub(super) fn like(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some(('%', rest)), _) => (0..=text.len()).any(|skipped| like(rest, &text[skipped..])),
        (Some(('_', rest)), Some((_, text))) => like(rest, text),
        (Some((wanted, rest)), Some((found, text))) => wanted == found && like(rest, text),
        _ => false,
    }
}

#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) test: Option<Test>,
    pub(super) orders: Vec<(&'static str, bool, bool)>,
    pub(super) limit: Option<usize>,
    pub(super) offset: usize,
    pub(super) scope: Scope,
}

impl Question {
    pub(super) fn condition(&self) -> String {
        self.test.as_ref().map(|test| format!(" WHERE {}", test.soql())).unwrap_or_default()
    }

    pub(super) fn window_clauses(&self) -> String {
        let limit = self.limit.map(|limit| format!(" LIMIT {limit}")).unwrap_or_default();
        format!("{limit} OFFSET {}", self.offset)
    }

    pub(super) fn tail(&self) -> String {
        let orders: Vec<String> = self
            .orders
            .iter()
            .map(|(path, is_down, is_last)| {
                format!("{path}{}{}", if *is_down { " DESC" } else { "" }, if *is_last { " NULLS LAST" } else { "" })
            })
            .collect();
        let orders = if orders.is_empty() { String::new() } else { format!(" ORDER BY {}", orders.join(", ")) };
        format!("{}{orders}{}", self.condition(), self.window_clauses())
    }

    /// The cases it is about, in the order asked for, or of their ids.
    pub(super) fn cases<'r>(&self, rows: &'r Rows) -> Vec<&'r Map<String, Value>> {
        let mut cases: Vec<&Map<String, Value>> = rows["Case"]
            .iter()
            .filter(|case| in_scope(case, self.scope))
            .filter(|case| self.test.as_ref().is_none_or(|test| test.holds(rows, case, self.scope)))
            .collect();
        cases.sort_by_key(|case| case["Id"].as_str());
        cases.sort_by(|left, right| {
            let by = |(path, is_down, is_last): &(&str, bool, bool)| {
                let [left, right] = [left, right].map(|row| value_at(rows, row, path));
                match (left.is_null(), right.is_null()) {
                    (true, true) => Ordering::Equal,
                    (true, false) => {
                        if *is_last {
                            Ordering::Greater
                        } else {
                            Ordering::Less
                        }
                    }
                    (false, true) => {
                        if *is_last {
                            Ordering::Less
                        } else {
                            Ordering::Greater
                        }
                    }
                    (false, false) => {
                        let ordering = match (left.as_f64(), right.as_f64()) {
                            (Some(left), Some(right)) => left.total_cmp(&right),
                            _ if *path == "Id" => left.as_str().cmp(&right.as_str()),
                            _ => folded(&left).cmp(&folded(&right)),
                        };
                        if *is_down { ordering.reverse() } else { ordering }
                    }
                }
            };
            self.orders.iter().map(by).find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
        });
        cases
    }

    pub(super) fn window<T>(&self, items: Vec<T>) -> Vec<T> {
        items.into_iter().skip(self.offset).take(self.limit.unwrap_or(usize::MAX)).collect()
    }
}

fn operator() -> impl Strategy<Value = &'static str> {
    pick(["=", "!=", "<", "<=", ">", ">="])
}

fn reference(path: &str) -> &'static str {
    match path {
        "Id" => "500",
        "ContactId" => "003",
        _ => "001",
    }
}

fn test() -> impl Strategy<Value = Test> {
    let patterns = ["a%", "%b%", "_", "%", "_b%", "É%", "%c", ""];
    let leaf = prop_oneof![
        (pick(TEXTS), operator(), pick(WORDS)).prop_map(|(path, operator, word)| Test::Text(
            path,
            operator,
            Some(word)
        )),
        (pick(TEXTS), pick(["=", "!="])).prop_map(|(path, operator)| Test::Text(path, operator, None)),
        (pick(TEXTS), pick(patterns)).prop_map(|(path, pattern)| Test::Like(path, pattern)),
        (pick(TEXTS), any::<bool>(), prop::collection::vec(prop::option::weighted(0.8, pick(WORDS)), 1..4))
            .prop_map(|(path, is_in, words)| Test::OneOf(path, is_in, words)),
        (pick(NUMBERS), operator(), -2..3_i32)
            .prop_map(|(path, operator, number)| Test::Number(path, operator, number)),
        (pick(IDS), operator(), letter()).prop_map(|(path, operator, letter)| Test::Id(
            path,
            operator,
            id(reference(path), letter)
        )),
        (pick(IDS), any::<bool>(), prop::collection::vec(letter(), 1..4)).prop_map(|(path, is_in, letters)| {
            Test::IdOneOf(path, is_in, letters.into_iter().map(|letter| id(reference(path), letter)).collect())
        }),
        (pick(TIMES), operator(), pick(DAYS)).prop_map(|(path, operator, day)| Test::Time(path, operator, day)),
        (pick(DATES), operator(), pick(DAYS)).prop_map(|(path, operator, day)| Test::Date(path, operator, day)),
        (pick(TIMES), 0..9_u8).prop_map(|(path, count)| Test::LastDays(path, count)),
        (pick(TIMES), 10..12_u8).prop_map(|(path, month)| Test::Month(path, month)),
        any::<bool>().prop_map(Test::IsClosed),
        (any::<bool>(), prop::collection::vec(prop::collection::vec(pick(["red", "Blue"]), 1..3), 1..3))
            .prop_map(|(is_in, lists)| Test::Includes(is_in, lists)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Test::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Test::Or),
            inner.prop_map(|test| Test::Not(Box::new(test))),
        ]
    })
}

pub(super) fn question() -> impl Strategy<Value = Question> {
    prop_oneof![3 => any_question(), 1 => page_by_time()]
}

/// As pollers ask: between times, in their order.
fn page_by_time() -> impl Strategy<Value = Question> {
    let bounds = prop::collection::vec((operator(), pick(DAYS), prop::option::of((operator(), letter()))), 2);
    (
        pick(TIMES),
        any::<[bool; 3]>(),
        bounds,
        any::<bool>(),
        prop::option::of(0..6_usize),
        pick([Scope::Live, Scope::All]),
    )
        .prop_map(|(path, [is_down, is_id_down, is_by_id], bounds, is_either, limit, scope)| {
            let tests = bounds.into_iter().map(|(operator, day, beside)| {
                let time = Test::Time(path, operator, day);
                match beside {
                    Some((operator, letter)) => Test::And(vec![time, Test::Id("Id", operator, id("500", letter))]),
                    None => time,
                }
            });
            let tests = tests.collect();
            let test = if is_either { Test::Or(tests) } else { Test::And(tests) };
            let mut orders = vec![(path, is_down, false)];
            orders.extend(is_by_id.then_some(("Id", is_id_down, false)));
            Question { test: Some(test), orders, limit, offset: 0, scope }
        })
}

fn any_question() -> impl Strategy<Value = Question> {
    let join = (any::<bool>(), -2..3_i32).prop_map(|(is_in, number)| Test::Join(is_in, number));
    let tests = prop_oneof![
        4 => test(),
        1 => (join, prop::collection::vec(test(), 1..3)).prop_map(|(join, mut tests)| {
            tests.push(join);
            Test::And(tests)
        }),
    ];
    (
        prop::option::weighted(0.9, tests),
        prop::collection::vec((pick(SORTABLE), any::<bool>(), any::<bool>()), 0..3),
        prop::option::of(0..6_usize),
        prop_oneof![3 => Just(0), 1 => 0..4_usize],
        pick([Scope::Live, Scope::All]),
    )
        .prop_map(|(test, orders, limit, offset, scope)| Question { test, orders, limit, offset, scope })
}
