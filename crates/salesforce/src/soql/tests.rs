use domain::SalesforceId;
use proptest::{prop_assert, prop_assert_eq, proptest};
use rstest::rstest;

use super::{Field, Soql, SoqlError, asc, desc, not};

fn id() -> SalesforceId {
    SalesforceId::new("0D5000000000001").unwrap()
}

#[test]
fn a_whole_query_reads_as_salesforce_wants_it() {
    let soql = Soql::select(["Id", "CreatedBy.Name"])
        .from("FeedItem")
        .filter(Field("ParentId").is_in([id(), id()]))
        .filter(Field("SystemModstamp").after("2026-11-20T12:00:00+0000".parse::<crate::DateTime>().unwrap(), &id()))
        .order_by(asc("SystemModstamp"))
        .order_by(desc("Id").nulls_last())
        .limit(200)
        .offset(5);
    assert_eq!(
        soql.text().unwrap(),
        "SELECT Id, CreatedBy.Name FROM FeedItem WHERE ParentId IN ('0D5000000000001CAA', '0D5000000000001CAA') AND \
         (SystemModstamp > 2026-11-20T12:00:00.000Z OR (SystemModstamp = 2026-11-20T12:00:00.000Z AND Id > '0D5000000000001CAA')) \
         ORDER BY SystemModstamp ASC, Id DESC NULLS LAST LIMIT 200 OFFSET 5"
    );
}

#[test]
fn joins_negation_and_children_are_bracketed() {
    let cases = Soql::select(["Id"]).from("Case").filter(Field("Portal_Key__c").is_not_null());
    let comments = Soql::select(["CommentBody"]).from("FeedComments");
    let soql = Soql::select(["Id"])
        .children(&comments)
        .from("FeedItem")
        .filter(not(Field("IsDeleted").eq(true)).or(Field("LikeCount").ge(3)))
        .filter(Field("ParentId").is_in_rows(cases));
    assert_eq!(
        soql.text().unwrap(),
        "SELECT Id, (SELECT CommentBody FROM FeedComments) FROM FeedItem WHERE ((NOT IsDeleted = true) OR LikeCount >= 3) AND \
         ParentId IN (SELECT Id FROM Case WHERE Portal_Key__c != null)"
    );
}

#[test]
fn an_empty_list_matches_nothing_or_everything() {
    let none: [&str; 0] = [];
    let with = |filter| Soql::count().from("Case").filter(filter).text().unwrap();
    assert_eq!(with(Field("Status").is_in(none)), "SELECT COUNT() FROM Case WHERE Id = null");
    assert_eq!(with(Field("Status").not_in(none)), "SELECT COUNT() FROM Case WHERE Id != null");
}

#[rstest]
#[case("Id FROM User--")]
#[case("Id)")]
#[case("")]
#[case("Id.")]
#[case(".Id")]
#[case("1d")]
#[case("Nаme")] // a Cyrillic а
#[case("Id ")]
fn what_is_no_name_never_reaches_a_query(#[case] name: &str) {
    let refused = Err(SoqlError::Name(name.to_owned()));
    assert_eq!(Soql::select([name]).from("Case").text(), refused);
    assert_eq!(Soql::select(["Id"]).from(name).text(), refused);
    assert_eq!(Soql::select(["Id"]).from("Case").filter(Field(name).eq(1)).text(), refused);
    assert_eq!(Soql::select(["Id"]).from("Case").filter(Field(name).is_in([0; 0])).text(), refused);
    assert_eq!(Soql::select(["Id"]).from("Case").filter(Field(name).contains("x")).text(), refused);
    assert_eq!(Soql::select(["Id"]).from("Case").order_by(asc(name)).text(), refused);
}

#[test]
fn nothing_selected_and_too_much_text_are_refused() {
    assert_eq!(Soql::select([""; 0]).from("Case").text(), Err(SoqlError::NothingSelected));
    let long = Soql::select(["Id"]).from("Case").filter(Field("Subject").eq("x".repeat(100_000)));
    assert!(matches!(long.text(), Err(SoqlError::TooLong(_))));
}

/// Reads the literal at the start of `text` as Salesforce does; gives its value and what follows.
fn read_literal(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.strip_prefix('\'')?.char_indices();
    while let Some((position, character)) = characters.next() {
        match character {
            '\'' => return text.get(position + 2..).map(|rest| (value, rest)),
            '\\' => value.push(match characters.next()?.1 {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'b' => '\u{8}',
                'f' => '\u{c}',
                same @ ('\\' | '\'' | '"' | '%' | '_') => same,
                _ => return None,
            }),
            other => value.push(other),
        }
    }
    None
}

proptest! {
    #[test]
    fn hostile_text_stays_one_literal(text in r#"(['"\\nrtbf%_ \n\r\t\x08\x0c-]|\PC|OR|null){0,40}"#) {
        let query = Soql::select(["Id"]).from("Case").filter(Field("Subject").eq(&text)).text().unwrap();
        let literal = query.strip_prefix("SELECT Id FROM Case WHERE Subject = ").unwrap();
        prop_assert_eq!(read_literal(literal), Some((text, "")));
    }

    #[test]
    fn hostile_text_in_a_pattern_matches_itself(text in r#"(['"\\%_ \n]|\PC){0,40}"#) {
        let query = Soql::select(["Id"]).from("Case").filter(Field("Subject").contains(&text)).text().unwrap();
        let literal = query.strip_prefix("SELECT Id FROM Case WHERE Subject LIKE ").unwrap();
        prop_assert_eq!(read_literal(literal), Some((format!("%{text}%"), "")));
        // No wildcard but the two around it.
        let pattern = &literal[2..literal.len() - 2];
        let mut escaped = false;
        for character in pattern.chars() {
            prop_assert!(escaped || !matches!(character, '%' | '_'));
            escaped = !escaped && character == '\\';
        }
    }
}
