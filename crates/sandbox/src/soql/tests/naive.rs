//! Every answer over the org's own store, indexes and all, is what a plain reading of the query over the same rows gives.
//!
//! The reading here shares no code with the evaluator: it knows a question as its own small tree, from which the SOQL is written.

use std::{cmp::Ordering, collections::HashMap, sync::Arc};

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{id, parse, run, schema, settings};
use crate::{
    records::{Database, Record},
    soql::{QueryResult, Scope},
};

type Rows = HashMap<&'static str, Vec<Map<String, Value>>>;

/// What cases are asked for, and the relationships on the way.
const TEXTS: [&str; 5] = ["Subject", "Priority", "Contact.LastName", "Contact.Account.Name", "Course__r.Key__c"];
const NUMBERS: [&str; 3] = ["Contact.Account.NumberOfEmployees", "Course__r.Seats__c", "Account.AnnualRevenue"];
const IDS: [&str; 4] = ["Id", "AccountId", "ContactId", "Contact.AccountId"];
const TIMES: [&str; 3] = ["CreatedDate", "SystemModstamp", "ClosedDate"];
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
const WORDS: [&str; 9] = ["a", "A", "b", "ab", "Ab c", "é", "É", "100%", "x_y"];
const DAYS: [u8; 4] = [1, 13, 19, 20];

#[derive(Clone, Debug)]
enum Test {
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
    /// Only where nothing but ANDs are around it.
    Join(bool, i32),
}

fn time(day: u8) -> String {
    super::time(day, 9)
}

fn quoted(text: &str) -> String {
    format!("'{text}'")
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
fn compared(operator: &str, found: Option<Ordering>) -> bool {
    match operator {
        "=" => found == Some(Ordering::Equal),
        "!=" => found != Some(Ordering::Equal),
        "<" => found == Some(Ordering::Less),
        "<=" => found.is_some_and(Ordering::is_le),
        ">" => found == Some(Ordering::Greater),
        _ => found.is_some_and(Ordering::is_ge),
    }
}

fn like(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some(('%', rest)), _) => (0..=text.len()).any(|skipped| like(rest, &text[skipped..])),
        (Some(('_', rest)), Some((_, text))) => like(rest, text),
        (Some((wanted, rest)), Some((found, text))) => wanted == found && like(rest, text),
        _ => false,
    }
}

fn value_at(rows: &Rows, row: &Map<String, Value>, path: &str) -> Value {
    let Some((first, rest)) = path.split_once('.') else { return row.get(path).cloned().unwrap_or_default() };
    let (field, object) = match first {
        "Contact" => ("ContactId", "Contact"),
        "Account" => ("AccountId", "Account"),
        _ => ("Course__c", "Course__c"),
    };
    let Some(wanted) = row.get(field) else { return Value::Null };
    let found = rows[object].iter().find(|row| row.get("Id") == Some(wanted));
    found.map_or(Value::Null, |row| value_at(rows, row, rest))
}

fn folded(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_lowercase)
}

fn in_scope(row: &Map<String, Value>, scope: Scope) -> bool {
    scope == Scope::All || row.get("IsDeleted") != Some(&json!(true))
}

#[derive(Clone, Debug)]
struct Question {
    test: Option<Test>,
    orders: Vec<(&'static str, bool, bool)>,
    limit: Option<usize>,
    offset: usize,
    scope: Scope,
}

impl Question {
    fn condition(&self) -> String {
        self.test.as_ref().map(|test| format!(" WHERE {}", test.soql())).unwrap_or_default()
    }

    fn window_clauses(&self) -> String {
        let limit = self.limit.map(|limit| format!(" LIMIT {limit}")).unwrap_or_default();
        format!("{limit} OFFSET {}", self.offset)
    }

    fn tail(&self) -> String {
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
    fn cases<'r>(&self, rows: &'r Rows) -> Vec<&'r Map<String, Value>> {
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

    fn window<T>(&self, items: Vec<T>) -> Vec<T> {
        items.into_iter().skip(self.offset).take(self.limit.unwrap_or(usize::MAX)).collect()
    }
}

fn database(rows: &Rows, stale: &[bool]) -> Database {
    let mut database = Database::new(Arc::new(schema().clone()));
    let mut stale = stale.iter().cycle();
    for (number, row) in rows.values().flatten().enumerate() {
        let record = |row: &Map<String, Value>| serde_json::from_value::<Record>(json!(row)).unwrap();
        // What was there before leaves no trace in an index.
        if stale.next() == Some(&true) {
            let mut before = row.clone();
            before.insert("CreatedDate".to_owned(), json!(time(2)));
            before.insert("AccountId".to_owned(), json!(id("001", '9')));
            before.insert("Subject".to_owned(), json!(format!("stale {number}")));
            database.restore(record(&before));
        }
        database.restore(record(row));
    }
    database
}

fn answer(database: &Database, soql: &str, scope: Scope) -> QueryResult {
    let query = parse(soql).unwrap_or_else(|error| panic!("{soql}: {error}"));
    run(&query, schema(), database, &settings(scope)).unwrap_or_else(|error| panic!("{soql}: {error}"))
}

fn walk(row: &Value, path: &str) -> Value {
    path.split('.').fold(row.clone(), |value, name| value.get(name).cloned().unwrap_or_default())
}

fn ids(rows: &[Value]) -> Vec<Value> {
    rows.iter().map(|row| row["Id"].clone()).collect()
}

fn letter() -> impl Strategy<Value = char> {
    prop::sample::select(vec!['1', '2', '3', 'A', 'a', 'b'])
}

fn pick<T: Copy + std::fmt::Debug + 'static, const COUNT: usize>(from: [T; COUNT]) -> impl Strategy<Value = T> {
    prop::sample::select(from.to_vec())
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
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Test::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Test::Or),
            inner.prop_map(|test| Test::Not(Box::new(test))),
        ]
    })
}

fn question() -> impl Strategy<Value = Question> {
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

/// A row of what is there: nulls are left out, as records leave them out.
fn row(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Map<String, Value> {
    fields.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)).collect()
}

fn objects<T: std::fmt::Debug + Clone>(
    prefix: &'static str,
    values: impl Strategy<Value = T>,
    most: usize,
    make: impl Fn(T) -> Map<String, Value>,
) -> impl Strategy<Value = Vec<Map<String, Value>>> {
    let letters: Vec<char> = "123456789ABCDEFGabcdefg".chars().collect();
    prop::collection::vec(values, 0..most).prop_map(move |all| {
        let rows = all.into_iter().zip(&letters).map(|(values, letter)| {
            let mut made = row([("Id", json!(id(prefix, *letter)))]);
            made.extend(make(values));
            made
        });
        // As stored: in the order of ids.
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by(|left, right| left["Id"].as_str().cmp(&right["Id"].as_str()));
        rows
    })
}

fn maybe<T: std::fmt::Debug + Clone + serde::Serialize>(
    values: impl Strategy<Value = T>,
) -> impl Strategy<Value = Value> {
    prop::option::weighted(0.8, values).prop_map(|value| json!(value))
}

fn rows() -> impl Strategy<Value = Rows> {
    let word = || maybe(pick(WORDS));
    let number = || maybe(-2..3_i32);
    let link = |prefix: &'static str| maybe(letter().prop_map(move |letter| id(prefix, letter)));
    let when = || maybe(pick(DAYS).prop_map(time));
    (
        objects("001", (word(), number(), number(), any::<bool>()), 5, |(name, employees, revenue, gone)| {
            row([
                ("Name", name),
                ("NumberOfEmployees", employees),
                ("AnnualRevenue", revenue),
                ("IsDeleted", json!(gone)),
            ])
        }),
        objects("003", (word(), link("001")), 5, |(name, account)| row([("LastName", name), ("AccountId", account)])),
        objects("a00", (word(), number(), maybe(pick(DAYS))), 5, |(key, seats, day)| {
            let day = day.as_u64().map(|day| format!("2026-11-{day:02}"));
            row([("Key__c", key), ("Seats__c", seats), ("Start__c", json!(day))])
        }),
        objects(
            "500",
            (
                (word(), word(), maybe(any::<bool>()), maybe(any::<bool>())),
                (link("001"), link("003"), link("a00")),
                (pick(DAYS).prop_map(time), pick(DAYS).prop_map(time), when()),
            ),
            20,
            |((subject, priority, closed, gone), (account, contact, course), (made, stamp, ended))| {
                row([
                    ("Subject", subject),
                    ("Priority", priority),
                    ("IsClosed", closed),
                    ("IsDeleted", gone),
                    ("AccountId", account),
                    ("ContactId", contact),
                    ("Course__c", course),
                    ("CreatedDate", json!(made)),
                    ("SystemModstamp", json!(stamp)),
                    ("ClosedDate", ended),
                ])
            },
        ),
    )
        .prop_map(|(accounts, contacts, courses, cases)| {
            HashMap::from([("Account", accounts), ("Contact", contacts), ("Course__c", courses), ("Case", cases)])
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_and_their_values(
        rows in rows(),
        stale in prop::collection::vec(any::<bool>(), 1..5),
        questions in prop::collection::vec(question(), 1..5),
    ) {
        let database = database(&rows, &stale);
        for question in questions {
            let paths: Vec<&str> = TEXTS.iter().chain(&NUMBERS).chain(&TIMES).copied().collect();
            let soql = format!("SELECT Id, {} FROM Case{}", paths.join(", "), question.tail());
            let found = answer(&database, &soql, question.scope);
            let expected = question.window(question.cases(&rows));
            prop_assert_eq!(ids(&found.rows), expected.iter().map(|case| case["Id"].clone()).collect::<Vec<_>>(), "{}", soql);
            prop_assert_eq!(found.total, expected.len());
            for (found, case) in found.rows.iter().zip(expected) {
                for path in &paths {
                    prop_assert_eq!(walk(found, path), value_at(&rows, case, path), "{} of {}", path, soql);
                }
            }
            let counted = Question { orders: Vec::new(), limit: None, offset: 0, ..question.clone() };
            let soql = format!("SELECT COUNT() FROM Case{}", counted.tail());
            prop_assert_eq!(answer(&database, &soql, question.scope).total, question.cases(&rows).len(), "{}", soql);
        }
    }

    #[test]
    fn groups_and_their_aggregates(
        rows in rows(),
        question in question(),
        key in pick(["Subject", "IsClosed", "Contact.Account.Name", "AccountId"]),
        least in 0..4_usize,
    ) {
        let question = Question { orders: Vec::new(), ..question };
        let plain = Question { limit: None, offset: 0, ..question.clone() };
        let number = "Contact.Account.NumberOfEmployees";
        let condition = question.condition();
        let window = question.window_clauses();
        let soql = format!(
            "SELECT {key} k, COUNT(Id) n, COUNT(Subject) some, COUNT_DISTINCT(Subject) kinds, SUM({number}) total, AVG({number}) mean,
             MIN(CreatedDate) first, MAX({number}) most FROM Case{condition} GROUP BY {key} HAVING COUNT(Id) > {least}{window}"
        );
        let found = answer(&database(&rows, &[false]), &soql, question.scope).rows;

        let mut groups: Vec<(Value, Vec<&Map<String, Value>>)> = Vec::new();
        for case in plain.cases(&rows) {
            let value = value_at(&rows, case, key);
            let is_same = |other: &Value| {
                if key == "AccountId" { *other == value } else { other.to_string().to_lowercase() == value.to_string().to_lowercase() }
            };
            match groups.iter_mut().find(|(other, _)| is_same(other)) {
                Some((_, cases)) => cases.push(case),
                None => groups.push((value, vec![case])),
            }
        }
        groups.retain(|(_, cases)| cases.len() > least);
        let expected: Vec<Value> = groups.into_iter().map(|(value, cases)| {
            let texts: Vec<String> =
                cases.iter().filter_map(|case| case.get("Subject")?.as_str().map(str::to_lowercase)).collect();
            let kinds: std::collections::BTreeSet<&String> = texts.iter().collect();
            let numbers: Vec<i64> = cases.iter().filter_map(|case| value_at(&rows, case, number).as_i64()).collect();
            let total = (!numbers.is_empty()).then(|| numbers.iter().sum::<i64>());
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            let mean = total.map(|total| total as f64 / numbers.len() as f64);
            json!({
                "k": value, "n": cases.len(), "some": texts.len(), "kinds": kinds.len(), "total": total, "mean": mean,
                "first": cases.iter().filter_map(|case| case["CreatedDate"].as_str()).min(), "most": numbers.iter().max(),
            })
        }).collect();
        let found: Vec<Value> = found.into_iter().map(|mut row| {
            super::strip(&mut row);
            row
        }).collect();
        prop_assert_eq!(found, question.window(expected), "{}", soql);
    }

    #[test]
    fn lists_of_children(rows in rows(), question in question()) {
        let soql = format!("SELECT Id, (SELECT Id FROM Cases{}) FROM Account ORDER BY Id", question.tail());
        if matches!(question.test, Some(Test::And(ref tests)) if tests.iter().any(|test| matches!(test, Test::Join(..)))) {
            return Ok(());
        }
        let found = answer(&database(&rows, &[false]), &soql, question.scope).rows;
        let accounts: Vec<&Map<String, Value>> =
            rows["Account"].iter().filter(|account| in_scope(account, question.scope)).collect();
        prop_assert_eq!(found.len(), accounts.len());
        for (found, account) in found.iter().zip(accounts) {
            let cases = question.cases(&rows).into_iter().filter(|case| case.get("AccountId") == account.get("Id")).collect();
            let expected: Vec<Value> = question.window(cases).iter().map(|case| case["Id"].clone()).collect();
            let children = found["Cases"]["records"].as_array().map(|cases| ids(cases)).unwrap_or_default();
            prop_assert_eq!(children, expected, "{}", soql);
        }
    }
}
