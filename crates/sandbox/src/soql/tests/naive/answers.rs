//! Rows, groups and lists of children.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{
    answer, database, ids, in_scope, pick,
    question::{NUMBERS, Question, TEXTS, TIMES, Test, question},
    rows, value_at, walk,
};
use crate::soql::tests::strip;

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
            for (row, case) in found.rows.iter().zip(expected) {
                for path in &paths {
                    prop_assert_eq!(walk(row, path), value_at(&rows, case, path), "{} of {}", path, soql);
                }
            }
            let renamed = soql.replace("Contact.Account.", "a.").replace("Contact.", "p.");
            let renamed = renamed.replacen("FROM Case", "FROM Case c, c.Contact p, p.Account a", 1);
            prop_assert_eq!(answer(&database, &renamed, question.scope), found, "{}", renamed);
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
            strip(&mut row);
            row
        }).collect();
        prop_assert_eq!(found, question.window(expected), "{}", soql);
    }

    #[test]
    fn subtotals_and_amounts_as_people_read_them(rows in rows(), question in question(), is_cube in any::<bool>()) {
        const NUMBER: &str = "Contact.Account.NumberOfEmployees";
        let question = Question { orders: Vec::new(), limit: None, offset: 0, ..question };
        let soql = format!(
            "SELECT IsClosed, AccountId, GROUPING(IsClosed) g, GROUPING(AccountId) h, COUNT(Id) n, FORMAT(SUM({NUMBER})) total
             FROM Case{} GROUP BY {}(IsClosed, AccountId)",
            question.condition(),
            if is_cube { "CUBE" } else { "ROLLUP" },
        );
        let cases = question.cases(&rows);
        let mut expected = Vec::new();
        let sets: &[[bool; 2]] =
            if is_cube { &[[true, true], [false, true], [true, false], [false, false]] } else { &[[true, true], [true, false], [false, false]] };
        for kept in sets {
            let key = |case: &Map<String, Value>| {
                let [closed, account] = ["IsClosed", "AccountId"].map(|path| value_at(&rows, case, path));
                [if kept[0] { closed } else { Value::Null }, if kept[1] { account } else { Value::Null }]
            };
            let mut keys: Vec<[Value; 2]> = Vec::new();
            for case in &cases {
                if !keys.contains(&key(case)) {
                    keys.push(key(case));
                }
            }
            for wanted in keys {
                let group: Vec<_> = cases.iter().filter(|case| key(case) == wanted).collect();
                let numbers: Vec<i64> = group.iter().filter_map(|case| value_at(&rows, case, NUMBER).as_i64()).collect();
                let total = (!numbers.is_empty()).then(|| numbers.iter().sum::<i64>().to_string());
                let [closed, account] = wanted;
                expected.push(json!({
                    "IsClosed": closed, "AccountId": account, "g": u8::from(!kept[0]), "h": u8::from(!kept[1]),
                    "n": group.len(), "total": total,
                }));
            }
        }
        let mut found = answer(&database(&rows, &[false]), &soql, question.scope).rows;
        found.iter_mut().for_each(strip);
        let sorted = |mut rows: Vec<Value>| {
            rows.sort_by_key(Value::to_string);
            rows
        };
        prop_assert_eq!(sorted(found), sorted(expected), "{}", soql);
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
