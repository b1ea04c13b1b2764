//! Every answer over the org's own store, indexes and all, is what a plain reading of the query over the same rows gives.
//!
//! The reading here shares no code with the evaluator: it knows a question as its own small tree, from which the SOQL is written.

mod answers;
mod question;
mod search;

use std::{collections::HashMap, sync::Arc};

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{id, parse, run, schema, settings};
use crate::{
    records::{Database, Record},
    soql::{QueryResult, Scope},
};

type Rows = HashMap<&'static str, Vec<Map<String, Value>>>;

const WORDS: [&str; 9] = ["a", "A", "b", "ab", "Ab c", "é", "É", "100%", "x_y"];
const DAYS: [u8; 4] = [1, 13, 19, 20];

fn time(day: u8) -> String {
    super::time(day, 9)
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

fn in_scope(row: &Map<String, Value>, scope: Scope) -> bool {
    scope == Scope::All || row.get("IsDeleted") != Some(&json!(true))
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
                (link("001"), link("003"), link("a00"), maybe(pick(["red", "blue", "red;blue"]))),
                (pick(DAYS).prop_map(time), pick(DAYS).prop_map(time), when()),
            ),
            20,
            |((subject, priority, closed, gone), (account, contact, course, tags), (made, stamp, ended))| {
                row([
                    ("Subject", subject),
                    ("Priority", priority),
                    ("IsClosed", closed),
                    ("IsDeleted", gone),
                    ("AccountId", account),
                    ("ContactId", contact),
                    ("Course__c", course),
                    ("Tags__c", tags),
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
