use rstest::rstest;

use super::{Scope, ask, ask_in, cases, id, numbers};

#[rstest]
// Text, without regard to case.
#[case("Status = 'New'", "24")]
#[case("Status != 'new'", "13")]
#[case("Status <> 'new'", "13")]
#[case("status = 'OPEN'", "1")]
#[case("Subject > 'b'", "4")]
#[case("Subject <= 'ALGEBRA comments'", "12")]
#[case("Status IN ('open', 'closed')", "13")]
#[case("Status NOT IN ('open', 'closed')", "24")]
// Null.
#[case("Subject = null", "3")]
#[case("Subject != NULL", "124")]
#[case("Subject = ''", "3")]
#[case("Subject != 'Algebra Comments'", "234")]
#[case("NOT Subject = 'Algebra Comments'", "234")]
#[case("Subject NOT IN ('Algebra Comments')", "234")]
#[case("Subject IN ('Algebra Comments', null)", "13")]
#[case("Subject < null", "")]
#[case("Priority = null", "4")]
// LIKE.
#[case("Subject LIKE 'algebra%'", "1")]
#[case("Subject LIKE '%COMMENTS'", "1")]
#[case("Subject LIKE '100%'", "2")]
#[case(r"Subject LIKE '100\%%'", "2")]
#[case(r"Subject LIKE '%\%'", "")]
#[case(r"Subject LIKE '%y\_n%'", "2")]
#[case(r"Subject LIKE '%a\_C%'", "")]
#[case("Subject LIKE '%a_C%'", "1")]
#[case("NOT Subject LIKE '%o%'", "3")]
#[case(r"Subject LIKE 'É%\nnormale'", "4")]
#[case(r"Subject = '\u00c9cole\nNormale'", "4")]
// Ids.
#[case("Id = '500SB0000000001'", "1")]
#[case("Id != '500SB0000000001'", "234")]
#[case("Id = '500SB000000000a'", "4")]
#[case("Id = '500SB000000000A'", "")]
#[case("Id IN ('500SB0000000001', '500SB000000000B')", "13")]
#[case("Id IN ('500SB0000000002', '500SB0000000001', '500SB0000000002')", "12")]
#[case("Id > '500SB0000000002'", "34")]
#[case("Id > '500SB000000000B'", "4")]
#[case("Id <= '500SB0000000002'", "12")]
#[case("ParentId = '500SB0000000001'", "4")]
#[case("ParentId = null", "123")]
#[case("ParentId IN (null, '500SB0000000001')", "1234")]
// Checkboxes.
#[case("IsClosed = true", "3")]
#[case("IsClosed = FALSE", "124")]
#[case("IsClosed != true", "124")]
// Dates and times.
#[case("CreatedDate = 2026-11-20T09:00:00Z", "1")]
#[case("CreatedDate = 2026-11-20T10:00:00+01:00", "1")]
#[case("CreatedDate > 2026-11-19T12:00:00.000+0000", "1")]
#[case("CreatedDate >= 2026-11-19T12:00:00.000+00:00", "12")]
#[case("CreatedDate < 2026-11-01T00:00:00Z", "4")]
#[case("CreatedDate = TODAY", "1")]
#[case("CreatedDate != TODAY", "234")]
#[case("CreatedDate = yesterday", "2")]
#[case("CreatedDate < THIS_MONTH", "4")]
#[case("CreatedDate = LAST_MONTH", "4")]
#[case("CreatedDate >= THIS_WEEK", "12")]
#[case("CreatedDate > LAST_MONTH", "123")]
#[case("CreatedDate <= N_DAYS_AGO:1", "234")]
#[case("CreatedDate = LAST_N_DAYS:1", "12")]
#[case("CreatedDate = LAST_N_DAYS : 1", "12")]
#[case("CreatedDate IN (TODAY, YESTERDAY)", "12")]
#[case("ClosedDate = null", "124")]
#[case("CALENDAR_MONTH(CreatedDate) = 10", "4")]
#[case("DAY_ONLY(CreatedDate) = 2026-11-01", "3")]
// Multi-select picklists.
#[case("Tags__c INCLUDES ('blue')", "1")]
#[case("Tags__c INCLUDES ('RED')", "12")]
#[case("Tags__c INCLUDES ('red;blue')", "1")]
#[case("Tags__c INCLUDES ('blue', 'red')", "12")]
#[case("Tags__c EXCLUDES ('blue')", "234")]
// Relationships.
#[case("Account.Name = 'ACME'", "14")]
#[case("Contact.Account.Name = 'Acme'", "1")]
#[case("Contact.AccountId = null", "234")]
#[case("Account.Name = null", "2")]
#[case("Course__r.Key__c = 'Alg-1'", "1")]
#[case("Course__r.Key__c = 'alg-1'", "2")]
#[case("Course__r.Key__c IN ('alg-1', 'Alg-1', 'ALG-1')", "12")]
#[case("Owner.Name = 'support'", "2")]
#[case("Owner.Type = 'User'", "134")]
#[case("Owner.Profile.Name LIKE 'System%'", "134")]
#[case("CreatedBy.Username = 'admin@sandbox.test'", "1234")]
#[case("Parent.Contact.Account.Owner.Profile.Name != null", "4")]
// AND, OR, NOT.
#[case("Status = 'New' AND Priority = 'High'", "2")]
#[case("Status = 'New' OR Priority = 'Low'", "124")]
#[case("(Status = 'New' OR Priority = 'Low') AND Account.Name = 'Acme'", "14")]
#[case("Status = 'New' AND (NOT Priority = 'High')", "4")]
#[case("NOT (Status = 'New' OR Priority = 'Low')", "3")]
#[case("NOT NOT Status = 'Open'", "1")]
#[case("((Status = 'Open'))", "1")]
#[case("Id = '500SB0000000001' OR Course__r.Key__c = 'alg-1'", "12")]
#[case("Id = '500SB0000000001' OR Status = 'Closed'", "13")]
#[case("Id = '500SB0000000001' AND Status = 'Closed'", "")]
// Joins.
#[case("AccountId IN (SELECT Id FROM Account WHERE Name = 'beta')", "3")]
#[case("AccountId NOT IN (SELECT Id FROM Account WHERE Name = 'beta')", "124")]
#[case("Id IN (SELECT ParentId FROM FeedItem)", "1")]
#[case("Id NOT IN (SELECT ParentId FROM FeedItem WHERE Visibility = 'AllUsers')", "234")]
#[case("ContactId IN (SELECT Id FROM Contact WHERE Account.Name = 'Acme') AND Status = 'Open'", "1")]
#[case("Contact.AccountId IN (SELECT Id FROM Account)", "1")]
fn conditions_choose_cases(#[case] condition: &str, #[case] expected: &str) {
    assert_eq!(cases(&format!("WHERE {condition} ORDER BY CaseNumber")), expected);
}

#[rstest]
#[case("Seats__c = 10.5", 1)]
#[case("Seats__c > 10", 2)]
#[case("Seats__c >= 20.0", 1)]
#[case("Seats__c < +1.5e1", 1)]
#[case("Seats__c > -1", 2)]
#[case("Seats__c IN (20, 30)", 1)]
#[case("Seats__c = null", 1)]
#[case("Start__c = TODAY", 1)]
#[case("Start__c = 2026-10-31", 1)]
#[case("Start__c > 2026-10-31", 1)]
#[case("Start__c < THIS_MONTH", 1)]
#[case("Name = 'CHESS'", 1)]
#[case("Key__c = 'chs-1'", 0)]
#[case("Key__c LIKE 'alg%'", 2)]
fn conditions_choose_courses(#[case] condition: &str, #[case] expected: usize) {
    assert_eq!(ask(&format!("SELECT Id FROM Course__c WHERE {condition}")).len(), expected);
}

#[test]
fn a_parent_of_several_kinds_is_followed_by_its_id() {
    let rows = ask("SELECT Id FROM FeedItem WHERE Parent.Name = '00000001'");
    assert_eq!(rows.len(), 2);
    let rows = ask("SELECT Id FROM FeedItem WHERE Parent.Type = 'Contact'");
    assert_eq!(rows[0]["Id"], id("0D5", '3'));
}

#[test]
fn deleted_records_are_there_for_query_all_only() {
    let count = |scope, soql: &str| ask_in(scope, soql).unwrap().total;
    assert_eq!(count(Scope::Live, "SELECT Id FROM Case"), 4);
    assert_eq!(count(Scope::All, "SELECT Id FROM Case"), 5);
    assert_eq!(count(Scope::All, "SELECT Id FROM Case WHERE IsDeleted = true"), 1);
    assert_eq!(count(Scope::Live, "SELECT Id FROM Case ALL ROWS"), 5);
    assert_eq!(count(Scope::Live, "SELECT Id FROM Case WHERE Id = '500SB000000000z'"), 0);
}

/// The poller's query, and a list too long to be worth looking up.
#[test]
fn joins_and_lists_of_any_length_choose_alike() {
    let padding: Vec<String> = (1000..1600).map(|number| format!("'500SB000000{number}'")).collect();
    let list = padding.join(",");
    assert_eq!(cases(&format!("WHERE Id IN ({list}, '500SB0000000002')")), "2");
    let feed = ask("SELECT Id FROM FeedItem WHERE ParentId IN (SELECT Id FROM Case WHERE Course__c != null) AND \
         (CreatedDate > 2026-11-20T09:00:00.000Z OR (CreatedDate = 2026-11-20T09:00:00.000Z AND Id > '0D5SB0000000001')) \
         ORDER BY CreatedDate ASC, Id ASC LIMIT 200");
    assert_eq!(feed.len(), 1);
}

/// How the poller walks: everything after the last (time, id) it saw.
#[test]
fn a_keyset_walk_meets_every_row_once() {
    let mut seen = String::new();
    let mut condition = String::new();
    loop {
        let page = ask(&format!(
            "SELECT Id, CaseNumber, CreatedDate FROM Case {condition} ORDER BY CreatedDate ASC, Id ASC LIMIT 1"
        ));
        let Some(row) = page.first() else { break };
        let (at, id) = (row["CreatedDate"].as_str().unwrap(), row["Id"].as_str().unwrap());
        seen.extend(row["CaseNumber"].as_str().unwrap().chars().last());
        condition = format!("WHERE CreatedDate > {at} OR (CreatedDate = {at} AND Id > '{id}')");
    }
    assert_eq!(seen, "4321");
}

#[test]
fn order_by_id_agrees_with_comparison_of_ids() {
    assert_eq!(numbers("SELECT CaseNumber FROM Case ORDER BY Id"), "1234");
    assert_eq!(numbers("SELECT CaseNumber FROM Case WHERE Id > '500SB000000000B' ORDER BY Id"), "4");
}

#[rstest]
#[case("ORDER BY Subject", "3214")]
#[case("ORDER BY Subject ASC NULLS LAST", "2143")]
#[case("ORDER BY Subject DESC", "3412")]
#[case("ORDER BY Subject DESC NULLS LAST", "4123")]
// As the picklist lists them: High, Medium, Low.
#[case("ORDER BY Priority", "4231")]
#[case("ORDER BY Account.Name DESC NULLS LAST, CaseNumber DESC", "3412")]
#[case("ORDER BY Status, CreatedDate DESC", "2413")]
#[case("ORDER BY IsClosed DESC NULLS LAST, CaseNumber", "3124")]
#[case("ORDER BY CaseNumber LIMIT 2", "12")]
#[case("ORDER BY CaseNumber LIMIT 2 OFFSET 3", "4")]
#[case("ORDER BY CaseNumber OFFSET 2", "34")]
#[case("LIMIT 0", "")]
#[case("LIMIT 1 OFFSET 1", "2")]
#[case("WHERE Status = 'New' LIMIT 1 OFFSET 1", "4")]
fn order_and_window(#[case] clauses: &str, #[case] expected: &str) {
    assert_eq!(cases(clauses), expected);
}
