//! Queries over a small org, each run with indexes and without.

mod aggregate;
mod clauses;
mod conditions;
mod errors;
mod naive;
mod print;
mod selection;
mod syntax;

use std::{collections::BTreeMap, fs, sync::OnceLock};

use domain::SalesforceId;
use serde_json::{Map, Value, json};

use super::{InOrder, QueryResult, Rows, Scope, Settings, SoqlError, parse, run};
use crate::schema::Schema;

/// An id by object prefix and a letter.
fn id(prefix: &str, letter: char) -> String {
    SalesforceId::new(&format!("{prefix}SB000000000{letter}")).unwrap().as_str().to_owned()
}

struct Org {
    objects: BTreeMap<String, Vec<Map<String, Value>>>,
    indexes: Indexes,
}

#[derive(Clone, Copy, PartialEq)]
enum Indexes {
    Present,
    Absent,
}

impl Rows for Org {
    type Row = Map<String, Value>;

    fn rows<'a>(&'a self, object: &str) -> Box<dyn Iterator<Item = &'a Self::Row> + 'a> {
        Box::new(self.objects.get(object).into_iter().flatten())
    }

    fn get(&self, object: &str, id: &str) -> Option<&Self::Row> {
        self.objects.get(object)?.iter().find(|row| row["Id"] == id)
    }

    fn lookup_equal(&self, object: &str, field: &str, value: &Value) -> Option<Vec<&Self::Row>> {
        if self.indexes == Indexes::Absent || !(field.ends_with("Id") || field.ends_with("__c")) {
            return None;
        }
        let is_equal = |row: &Map<String, Value>| {
            let (left, right) = (row.get(field).and_then(Value::as_str), value.as_str());
            left.zip(right).is_some_and(|(left, right)| left.eq_ignore_ascii_case(right))
        };
        // Backwards, since an index promises no order.
        Some(self.objects.get(object).into_iter().flatten().rev().filter(|row| is_equal(row)).collect())
    }

    fn in_order<'a>(
        &'a self,
        object: &str,
        field: &str,
        from: Option<&str>,
        until: Option<&str>,
    ) -> Option<InOrder<'a, Self::Row>> {
        let rows = self.objects.get(object)?;
        let text = |row: &'a Map<String, Value>, field: &str| row.get(field).and_then(Value::as_str);
        let is_partial = from.is_none() && until.is_none() && rows.iter().any(|row| text(row, field).is_none());
        if self.indexes == Indexes::Absent || is_partial {
            return None;
        }
        let mut found: Vec<&Self::Row> = rows.iter().filter(|row| text(row, field).is_some()).collect();
        found.retain(|row| from.is_none_or(|from| text(row, field) >= Some(from)));
        found.retain(|row| until.is_none_or(|until| text(row, field) <= Some(until)));
        found.sort_by_key(|row| (text(row, field), text(row, "Id")));
        Some(Box::new(found.into_iter()))
    }
}

fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let deploy = |path: &str, body: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, body).unwrap();
        };
        deploy(
            "objects/Course__c/Course__c.object-meta.xml",
            "<CustomObject><label>Course</label><pluralLabel>Courses</pluralLabel>
             <nameField><label>Name</label><type>Text</type></nameField></CustomObject>",
        );
        deploy(
            "objects/Case/fields/Course__c.field-meta.xml",
            "<CustomField><fullName>Course__c</fullName><label>Course</label><referenceTo>Course__c</referenceTo>
             <relationshipName>Cases</relationshipName><type>Lookup</type></CustomField>",
        );
        deploy(
            "objects/Case/fields/Tags__c.field-meta.xml",
            "<CustomField><fullName>Tags__c</fullName><label>Tags</label><type>MultiselectPicklist</type><valueSet>
             <valueSetDefinition><value><fullName>red</fullName></value><value><fullName>blue</fullName></value>
             </valueSetDefinition></valueSet></CustomField>",
        );
        deploy(
            "objects/Course__c/fields/Key__c.field-meta.xml",
            "<CustomField><fullName>Key__c</fullName><label>Key</label><caseSensitive>true</caseSensitive>
             <externalId>true</externalId><length>64</length><type>Text</type><unique>true</unique></CustomField>",
        );
        deploy(
            "objects/Course__c/fields/Start__c.field-meta.xml",
            "<CustomField><fullName>Start__c</fullName><label>Start</label><type>Date</type></CustomField>",
        );
        deploy(
            "objects/Course__c/fields/Seats__c.field-meta.xml",
            "<CustomField><fullName>Seats__c</fullName><label>Seats</label><precision>6</precision><scale>1</scale>
             <type>Number</type></CustomField>",
        );
        Schema::load(folder.path()).unwrap()
    })
}

fn time(day: u8, hour: u8) -> String {
    format!("2026-11-{day:02}T{hour:02}:00:00.000+0000")
}

fn org(indexes: Indexes) -> Org {
    let [acme, beta] = ['1', '2'].map(|letter| id("001", letter));
    let [ada, bob] = ['1', '2'].map(|letter| id("003", letter));
    let admin = id("005", '1');
    let [algebra, botany, chess] = ['1', '2', '3'].map(|letter| id("a00", letter));
    // Upper-case B comes before lower-case a among bytes, and after it among letters.
    let [first, second, third, fourth, gone] = ['1', '2', 'B', 'a', 'z'].map(|letter| id("500", letter));
    let post = id("0D5", '1');
    let rows = json!({
        "Account": [
            { "Id": acme, "Name": "Acme", "OwnerId": admin, "NumberOfEmployees": 12, "Type": "Other" },
            { "Id": beta, "Name": "beta", "OwnerId": admin, "AnnualRevenue": 1000.5 },
        ],
        "Contact": [
            { "Id": ada, "LastName": "Lovelace", "Name": "Ada Lovelace", "AccountId": acme, "Email": "ada@example.org" },
            { "Id": bob, "LastName": "O'Hara", "Name": "Bob O'Hara" },
        ],
        "User": [{ "Id": admin, "Name": "Sandbox Admin", "Username": "admin@sandbox.test", "IsActive": true,
                   "ProfileId": id("00e", '1') }],
        "Profile": [{ "Id": id("00e", '1'), "Name": "System Administrator" }],
        "Group": [{ "Id": id("00G", '1'), "Name": "Support", "Type": "Queue" }],
        "Course__c": [
            { "Id": algebra, "Name": "Algebra", "Key__c": "Alg-1", "Start__c": "2026-11-20", "Seats__c": 10.5 },
            { "Id": botany, "Name": "Botany", "Key__c": "alg-1", "Start__c": "2026-10-31", "Seats__c": 20 },
            { "Id": chess, "Name": "chess", "Key__c": "Chs-1" },
        ],
        "Case": [
            { "Id": first, "CaseNumber": "00000001", "Subject": "Algebra Comments", "Status": "Open", "Priority": "Low",
              "ContactId": ada, "AccountId": acme, "OwnerId": admin, "Course__c": algebra, "IsClosed": false,
              "Tags__c": "red;blue", "CreatedDate": time(20, 9), "CreatedById": admin },
            { "Id": second, "CaseNumber": "00000002", "Subject": "100% botany_notes", "Status": "New", "Priority": "High",
              "ContactId": bob, "OwnerId": id("00G", '1'), "Course__c": botany, "IsClosed": false,
              "Tags__c": "red", "CreatedDate": time(19, 12), "CreatedById": admin },
            { "Id": third, "CaseNumber": "00000003", "Status": "Closed", "Priority": "Medium", "AccountId": beta,
              "OwnerId": admin, "IsClosed": true, "CreatedDate": time(1, 0), "ClosedDate": time(2, 0),
              "CreatedById": admin },
            { "Id": fourth, "CaseNumber": "00000004", "Subject": "école\nNormale", "Status": "new", "AccountId": acme,
              "OwnerId": admin, "ParentId": first, "CreatedDate": "2026-10-31T23:59:59.999+0000", "CreatedById": admin },
            { "Id": gone, "CaseNumber": "00000005", "Subject": "Deleted", "Status": "New", "OwnerId": admin,
              "IsDeleted": true, "CreatedDate": time(20, 10), "CreatedById": admin },
        ],
        "FeedItem": [
            { "Id": post, "ParentId": first, "Type": "TextPost", "Body": "Hello", "Visibility": "AllUsers",
              "CreatedDate": time(20, 9), "CreatedById": admin, "CommentCount": 2 },
            { "Id": id("0D5", '2'), "ParentId": first, "Type": "TextPost", "Body": "Psst", "Visibility": "InternalUsers",
              "CreatedDate": time(20, 11), "CreatedById": admin, "CommentCount": 0 },
            { "Id": id("0D5", '3'), "ParentId": ada, "Type": "TextPost", "Body": "Hi Ada", "Visibility": "AllUsers",
              "CreatedDate": time(20, 12), "CreatedById": admin },
        ],
        "FeedComment": [
            { "Id": id("0D7", '1'), "FeedItemId": post, "ParentId": first, "CommentBody": "First", "CreatedById": admin },
            { "Id": id("0D7", '2'), "FeedItemId": post, "ParentId": first, "CommentBody": "Second", "CreatedById": admin },
        ],
        "Task": [
            { "Id": id("00T", '1'), "Subject": "Ring them", "OwnerId": id("005", '2'), "CreatedById": admin },
            { "Id": id("00T", '2'), "Subject": "Ring back", "OwnerId": admin, "CreatedById": admin },
        ],
        "ContentVersion": [{ "Id": id("068", '1'), "Title": "Plan", "VersionData": "aGk=" }],
    });
    let objects = serde_json::from_value(rows).unwrap();
    Org { objects, indexes }
}

/// Noon of a Friday.
fn settings(scope: Scope) -> Settings<'static> {
    Settings::new("2026-11-20T12:00:00Z".parse().unwrap(), scope, "67.0")
}

fn ask_in(scope: Scope, soql: &str) -> Result<QueryResult, SoqlError> {
    let query = parse(soql)?;
    let [with, without] =
        [Indexes::Present, Indexes::Absent].map(|indexes| run(&query, schema(), &org(indexes), &settings(scope)));
    assert_eq!(with, without, "an index changes the answer of {soql}");
    with
}

/// The rows, without their attributes.
fn ask(soql: &str) -> Vec<Value> {
    let mut result = ask_in(Scope::Live, soql).unwrap_or_else(|error| panic!("{soql}: {error}"));
    assert_eq!(result.total, result.rows.len());
    result.rows.iter_mut().for_each(strip);
    result.rows
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.shift_remove("attributes");
            map.values_mut().for_each(strip);
        }
        Value::Array(values) => values.iter_mut().for_each(strip),
        _ => {}
    }
}

fn refused(soql: &str) -> SoqlError {
    ask_in(Scope::Live, soql).expect_err(soql)
}

/// The last digit of each case's number.
fn cases(condition: &str) -> String {
    numbers(&format!("SELECT CaseNumber FROM Case {condition}"))
}

fn numbers(soql: &str) -> String {
    ask(soql).iter().filter_map(|row| row["CaseNumber"].as_str()?.chars().last()).collect()
}
