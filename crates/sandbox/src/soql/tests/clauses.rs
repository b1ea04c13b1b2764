//! Clauses that say where names come from, whose records are meant, and how deep an answer goes.

use rstest::rstest;
use serde_json::{Value, json};

use super::{Indexes, Scope, ask, id, org, parse, run, schema, settings};
use crate::soql::Settings;

#[rstest]
#[case("SELECT c.CaseNumber, a.Name FROM Case c, c.Account a WHERE a.Name = 'beta'")]
#[case("SELECT CaseNumber, a.Name FROM Case, Case.Account a WHERE a.Name = 'beta'")]
#[case("SELECT c.CaseNumber, A.name FROM Case c, c.Account a, a.Owner o WHERE a.Name = 'beta' AND o.Name != null")]
#[case("SELECT CaseNumber, Account.Name FROM Case c, c.Account a WHERE Account.Name = 'beta' ORDER BY a.Name")]
fn names_in_from_stand_for_relationships(#[case] soql: &str) {
    assert_eq!(ask(soql), [json!({ "CaseNumber": "00000003", "Account": { "Name": "beta" } })]);
}

#[test]
fn names_in_from_lead_through_several_relationships() {
    let rows =
        ask("SELECT o.Name, COUNT(c.Id) n FROM Case c, c.Contact p, p.Account a, a.Owner o WHERE c.Status = 'Open'
         GROUP BY o.Name");
    assert_eq!(rows, [json!({ "Name": "Sandbox Admin", "n": 1 })]);
    let far = "SELECT Id FROM Case c, c.Parent.Parent.Parent.Parent.Parent.Parent p";
    assert!(super::refused(far).message.contains("one to 5 relationships away"));
}

#[rstest]
#[case(
    "SELECT a.Name, (SELECT c.CaseNumber FROM a.Cases c ORDER BY c.CaseNumber LIMIT 1) FROM Account a WHERE a.Name = 'Acme'"
)]
#[case("SELECT Account.Name, (SELECT Case.CaseNumber FROM Account.Cases LIMIT 1) FROM Account WHERE Name = 'Acme'")]
fn a_child_relationship_may_say_whose_it_is(#[case] soql: &str) {
    let rows = ask(soql);
    assert_eq!(rows[0]["Cases"]["records"], json!([{ "CaseNumber": "00000001" }]));
}

#[test]
fn aggregates_are_formatted_too() {
    let rows = ask("SELECT Name, FORMAT(MAX(AnnualRevenue)) most, FORMAT(SUM(NumberOfEmployees)), FORMAT(COUNT(Id)) n
         FROM Account GROUP BY Name ORDER BY Name");
    assert_eq!(
        rows,
        [
            json!({ "Name": "Acme", "most": null, "expr0": "12", "n": "1" }),
            json!({ "Name": "beta", "most": "$1,000.50", "expr0": null, "n": "1" }),
        ]
    );
    let rows = ask("SELECT FORMAT(MIN(CreatedDate)) first, FORMAT(MAX(Course__r.Start__c)) last FROM Case");
    assert_eq!(rows, [json!({ "first": "10/31/2026, 11:59 PM", "last": "11/20/2026" })]);
    let rows = ask("SELECT FORMAT(Start__c), COUNT(Id) FROM Course__c WHERE Name = 'Botany' GROUP BY Start__c");
    assert_eq!(rows, [json!({ "expr0": "10/31/2026", "expr1": 1 })]);
}

#[test]
fn links_of_files_are_asked_for_by_file_or_record() {
    for condition in [
        "LinkedEntityId = '500SB0000000001'",
        "ContentDocumentId IN ('069SB0000000001')",
        "LinkedEntityId = '500SB0000000001' AND Visibility = 'AllUsers'",
        "Id = '06ASB0000000001'",
    ] {
        assert!(ask(&format!("SELECT Id FROM ContentDocumentLink WHERE {condition}")).is_empty());
    }
    assert_eq!(ask("SELECT Id, (SELECT Id FROM ContentDocumentLinks) FROM Case").len(), 4);
}

fn asked_by(user: &str, soql: &str) -> Vec<Value> {
    let mut query = parse(soql).unwrap();
    query.asked_by(user);
    run(&query, schema(), &org(Indexes::Present), &settings(Scope::Live)).unwrap().rows
}

#[test]
fn scopes_are_about_the_one_who_asks() {
    let (admin, riley) = (id("005", '1'), id("005", '2'));
    let mine = "SELECT Id FROM Task USING SCOPE mine";
    let delegated = "SELECT Subject FROM Task USING SCOPE Delegated";
    assert_eq!((asked_by(&admin, mine).len(), asked_by(&riley, mine).len()), (1, 1));
    assert_eq!(asked_by(&admin, delegated)[0]["Subject"], "Ring them");
    assert_eq!(asked_by(&riley, delegated).len(), 0);
    assert_eq!(asked_by(&riley, "SELECT Id FROM Task USING SCOPE EVERYTHING").len(), 2);
}

#[test]
fn children_nest_as_deep_as_the_version_lets_them() {
    let nested = |depth: usize| {
        let inner =
            (1..depth).fold("SELECT Id FROM Cases".to_owned(), |inner, _| format!("SELECT Id, ({inner}) FROM Cases"));
        format!("SELECT Id, ({inner}) FROM Account")
    };
    let answered = |depth: usize, version: &'static str| {
        let settings = Settings { version, ..settings(Scope::Live) };
        run(&parse(&nested(depth)).unwrap(), schema(), &org(Indexes::Present), &settings).map(|_| ())
    };
    assert!(answered(4, "58.0").is_ok() && answered(1, "57.0").is_ok());
    for (depth, version) in [(5, "67.0"), (2, "57.0")] {
        assert_eq!(answered(depth, version).unwrap_err().code, "MALFORMED_QUERY", "{depth} {version}");
    }
    let many = format!("SELECT Id{} FROM Account", ", (SELECT Id FROM Cases)".repeat(21));
    assert!(super::refused(&many).message.contains("at most 20 queries"));
}
