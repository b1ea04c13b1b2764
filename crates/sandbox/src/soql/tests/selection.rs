use rstest::rstest;
use serde_json::{Value, json};

use super::{Scope, ask, ask_in, id};

#[test]
fn a_record_carries_its_attributes_first_and_fields_as_selected() {
    let result = ask_in(Scope::Live, "select subject, ID from case where CaseNumber = '00000001'").unwrap();
    let record = serde_json::to_string(&result.rows[0]).unwrap();
    let id = id("500", '1');
    assert_eq!(
        record,
        format!(
            r#"{{"attributes":{{"type":"Case","url":"/services/data/v67.0/sobjects/Case/{id}"}},"Subject":"Algebra Comments","Id":"{id}"}}"#
        )
    );
}

#[test]
fn related_records_nest_and_an_empty_relationship_is_null() {
    let rows = ask(
        "SELECT CaseNumber, Contact.Name, Contact.Account.Name, Contact.Account.Owner.Name, Account.Name, AccountId
         FROM Case WHERE CaseNumber IN ('00000001', '00000002') ORDER BY CaseNumber",
    );
    assert_eq!(
        rows[0],
        json!({
            "CaseNumber": "00000001",
            "Contact": { "Name": "Ada Lovelace", "Account": { "Name": "Acme", "Owner": { "Name": "Sandbox Admin" } } },
            "Account": { "Name": "Acme" },
            "AccountId": id("001", '1'),
        })
    );
    assert_eq!(rows[1]["Contact"], json!({ "Name": "Bob O'Hara", "Account": null }));
    assert_eq!((&rows[1]["Account"], &rows[1]["AccountId"]), (&Value::Null, &Value::Null));
}

#[test]
fn related_records_have_attributes_too() {
    let result =
        ask_in(Scope::Live, "SELECT CreatedBy.Name, Owner.Type FROM Case WHERE CaseNumber = '00000002'").unwrap();
    let (user, group) = (id("005", '1'), id("00G", '1'));
    assert_eq!(
        result.rows[0]["CreatedBy"]["attributes"],
        json!({ "type": "User", "url": format!("/services/data/v67.0/sobjects/User/{user}") })
    );
    assert_eq!(
        result.rows[0]["Owner"],
        json!({ "attributes": { "type": "Name", "url": format!("/services/data/v67.0/sobjects/Group/{group}") }, "Type": "Queue" })
    );
}

#[test]
fn children_come_as_a_result_of_their_own() {
    let rows = ask("SELECT Id, (SELECT Id, CommentBody, CreatedBy.Name FROM FeedComments ORDER BY Id DESC LIMIT 1)
         FROM FeedItem WHERE ParentId = '500SB0000000001' ORDER BY CreatedDate");
    assert_eq!(
        rows[0]["FeedComments"],
        json!({
            "totalSize": 1,
            "done": true,
            "records": [{ "Id": id("0D7", '2'), "CommentBody": "Second", "CreatedBy": { "Name": "Sandbox Admin" } }],
        })
    );
    assert_eq!(rows[1]["FeedComments"], Value::Null);
}

#[test]
fn children_can_have_children() {
    let rows = ask(
        "SELECT Name, (SELECT CaseNumber, (SELECT Body, (SELECT CommentBody FROM FeedComments) FROM Feeds WHERE Visibility = 'AllUsers')
         FROM Cases__r) FROM Course__c WHERE Key__c = 'Alg-1'",
    );
    let feeds = &rows[0]["Cases__r"]["records"][0]["Feeds"];
    assert_eq!(feeds["totalSize"], 1);
    assert_eq!(feeds["records"][0]["FeedComments"]["records"][1]["CommentBody"], "Second");
}

#[test]
fn deleted_children_are_left_out_but_for_query_all() {
    let soql = "SELECT Id, (SELECT Id FROM Cases), (SELECT Id FROM Contacts WHERE Name LIKE 'A%') FROM Account WHERE Name = 'Acme'";
    let rows = ask(soql);
    assert_eq!(rows[0]["Cases"]["totalSize"], 2);
    assert_eq!(rows[0]["Contacts"]["totalSize"], 1);
}

#[test]
fn count_has_no_rows() {
    for (soql, total) in [
        ("SELECT COUNT() FROM Case", 4),
        ("SELECT count() FROM Case WHERE Status = 'New'", 2),
        ("SELECT COUNT() FROM Case LIMIT 3", 3),
    ] {
        let result = ask_in(Scope::Live, soql).unwrap();
        assert_eq!((result.total, result.rows.len()), (total, 0), "{soql}");
    }
    assert_eq!(ask_in(Scope::All, "SELECT COUNT() FROM Case").unwrap().total, 5);
}

#[rstest]
#[case("SELECT c.Id, c.Account.Name FROM Case c WHERE c.Status = 'Open' ORDER BY c.CaseNumber")]
#[case("SELECT Case.Id, Account.Name FROM Case WHERE Case.Status = 'Open'")]
#[case(
    "SELECT Id, Account.Name FROM Case USING SCOPE everything WHERE Status = 'Open' WITH SECURITY_ENFORCED LIMIT 5 FOR VIEW"
)]
#[case(
    "SELECT Id, Account.Name FROM Case WHERE Status = 'Open' WITH USER_MODE FOR VIEW, REFERENCE UPDATE TRACKING, VIEWSTAT"
)]
#[case("SELECT Id, Account.Name FROM Case WHERE Status = 'Open' FOR UPDATE")]
#[case("\n\tselect ID ,\r\n account . NAME from CASE\n where STATUS='open'")]
fn ways_to_say_the_same(#[case] soql: &str) {
    assert_eq!(ask(soql), [json!({ "Id": id("500", '1'), "Account": { "Name": "Acme" } })]);
}

#[test]
fn field_groups_expand() {
    let all = ask("SELECT FIELDS(ALL) FROM Course__c WHERE Name = 'Algebra' LIMIT 1");
    let custom = ask("SELECT Id, FIELDS(CUSTOM) FROM Course__c WHERE Name = 'Algebra' LIMIT 200");
    let standard = ask("SELECT FIELDS(STANDARD) FROM Course__c WHERE Name = 'Algebra'");
    let keys = |row: &Value| row.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&custom[0]), ["Id", "Key__c", "Seats__c", "Start__c"]);
    assert!(keys(&standard[0]).contains(&"SystemModstamp".to_owned()) && standard[0].get("Key__c").is_none());
    assert_eq!(keys(&all[0]).len(), keys(&standard[0]).len() + 3);
}

#[test]
fn values_that_are_answered_otherwise_than_kept() {
    let rows = ask("SELECT VersionData, IsLatest FROM ContentVersion");
    let version = id("068", '1');
    assert_eq!(
        rows[0],
        json!({ "VersionData": format!("/services/data/v67.0/sobjects/ContentVersion/{version}/VersionData"), "IsLatest": false })
    );
    let rows = ask("SELECT toLabel(Status), FORMAT(CreatedDate) made FROM Case WHERE CaseNumber = '00000001'");
    assert_eq!(rows[0], json!({ "Status": "Open", "made": "11/20/2026, 9:00 AM" }));
}

/// Each is answered twice, with an ordered index and without.
#[rstest]
#[case("ORDER BY CreatedDate", "4321")]
#[case("ORDER BY CreatedDate DESC", "1234")]
#[case("ORDER BY CreatedDate DESC, Id DESC LIMIT 2", "12")]
#[case("ORDER BY CreatedDate, Id LIMIT 2", "43")]
#[case("ORDER BY CreatedDate LIMIT 2 OFFSET 1", "32")]
#[case("ORDER BY ClosedDate", "1243")]
#[case("WHERE CreatedDate > 2026-11-01T00:00:00Z ORDER BY CreatedDate, Id LIMIT 5", "21")]
#[case(
    "WHERE CreatedDate >= 2026-11-01T00:00:00Z AND CreatedDate < 2026-11-20T00:00:00Z ORDER BY CreatedDate DESC",
    "23"
)]
#[case("WHERE CreatedDate = LAST_MONTH OR CreatedDate = TODAY ORDER BY CreatedDate", "41")]
#[case("WHERE CreatedDate > 2026-11-30T00:00:00Z AND CreatedDate < 2026-11-01T00:00:00Z ORDER BY CreatedDate", "")]
#[case("WHERE CreatedDate >= 2026-11-19T00:00:00Z", "12")]
#[case("WHERE Id > '500SB0000000001' ORDER BY Id", "234")]
#[case("ORDER BY Id DESC LIMIT 2", "43")]
fn an_ordered_index_changes_nothing_about_an_answer(#[case] rest: &str, #[case] expected: &str) {
    assert_eq!(super::cases(rest), expected);
}

#[test]
fn what_is_alike_in_a_time_comes_by_id_in_either_direction() {
    let posts = |order: &str| {
        let rows = ask(&format!("SELECT Id FROM FeedComment ORDER BY {order}"));
        rows.iter().map(|row| row["Id"].as_str().unwrap_or_default()[14..15].to_owned()).collect::<String>()
    };
    assert_eq!(posts("CreatedDate"), "12");
    assert_eq!(posts("CreatedDate DESC"), "12");
    assert_eq!(posts("CreatedDate DESC, Id DESC"), "21");
}

#[test]
fn typeof_asks_each_object_for_fields_of_its_own() {
    let rows = ask(
        "SELECT CaseNumber, TYPEOF Owner WHEN User THEN Username, Profile.Name WHEN Group THEN Name, Type END FROM Case
         ORDER BY CaseNumber LIMIT 2",
    );
    assert_eq!(
        rows[0]["Owner"],
        json!({ "Username": "admin@sandbox.test", "Profile": { "Name": "System Administrator" } })
    );
    assert_eq!(rows[1]["Owner"], json!({ "Name": "Support", "Type": "Queue" }));
    let result =
        ask_in(Scope::Live, "SELECT TYPEOF Parent WHEN Case THEN Subject ELSE Name END FROM FeedItem").unwrap();
    let parents: Vec<Value> = result.rows.iter().map(|row| row["Parent"].clone()).collect();
    assert_eq!(parents[0]["attributes"]["type"], "Case");
    assert_eq!((&parents[0]["Subject"], &parents[2]["Name"]), (&json!("Algebra Comments"), &json!("Ada Lovelace")));
    let rows = ask("SELECT TYPEOF Owner WHEN Group THEN Name END FROM Case WHERE CaseNumber = '00000001'");
    assert_eq!(rows[0]["Owner"], Value::Null);
}

#[test]
fn format_shows_values_as_people_read_them() {
    let rows =
        ask("SELECT FORMAT(Seats__c) seats, FORMAT(Start__c), FORMAT(convertCurrency(Seats__c)) again FROM Course__c
         WHERE Name = 'Algebra'");
    assert_eq!(rows, [json!({ "seats": "10.5", "Start__c": "11/20/2026", "again": "10.5" })]);
    let rows = ask("SELECT FORMAT(AnnualRevenue) revenue FROM Account ORDER BY Name");
    assert_eq!(rows, [json!({ "revenue": null }), json!({ "revenue": "$1,000.50" })]);
}

#[test]
fn using_scope_mine_is_about_the_one_who_asks() {
    let mut query = super::parse("SELECT CaseNumber FROM Case USING SCOPE mine WHERE IsClosed = false").unwrap();
    query.asked_by(&id("00G", '1'));
    let result =
        super::run(&query, super::schema(), &super::org(super::Indexes::Present), &super::settings(Scope::Live));
    assert_eq!(result.unwrap().rows[0]["CaseNumber"], "00000002");
    assert_eq!(super::cases("USING SCOPE everything ORDER BY CaseNumber"), "1234");
}
