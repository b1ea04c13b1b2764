//! Rows as XML documents of the first interface: `sObjects` in, `results` and `queryResult` out.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{job::Outcome, table::Body};
use crate::xml::{Element, escape};

pub(super) const NAMESPACE: &str = "http://www.force.com/2009/06/asyncapi/dataload";
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The rows of an `sObjects` document.
///
/// # Errors
/// It isn't well-formed, or is another document; the message says which.
pub(super) fn rows(content: &[u8]) -> Result<Vec<Body>, &'static str> {
    let text = std::str::from_utf8(content).map_err(|_| "The content isn't UTF-8")?;
    let document = Element::read(text).ok_or("Failed to parse XML")?;
    if document.name != "sObjects" || document.children.iter().any(|row| row.name != "sObject") {
        return Err("The content must be an sObjects element that holds sObject elements");
    }
    Ok(document.children.iter().map(|row| row.children.iter().filter_map(field).collect()).collect())
}

/// An empty element leaves its field as it is, as an empty cell does.
fn field(element: &Element) -> Option<(String, Value)> {
    let value = match element.children.as_slice() {
        _ if element.is_nil => Value::Null,
        [] if element.text.is_empty() => return None,
        [] => element.text.as_str().into(),
        [record] if record.name == "sObject" => related(&record.children),
        fields => related(fields),
    };
    Some((element.name.clone(), value))
}

/// The record a relationship leads to, by one of its fields.
fn related(fields: &[Element]) -> Value {
    let fields = fields.iter().map(|field| match field.name.as_str() {
        "type" => ("attributes".to_owned(), json!({ "type": field.text })),
        name => (name.to_owned(), if field.is_nil { Value::Null } else { field.text.as_str().into() }),
    });
    Value::Object(fields.collect())
}

/// What opens and what closes a `results` document.
pub(super) fn results() -> (String, &'static str) {
    (format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?><results xmlns=\"{NAMESPACE}\">"), "</results>")
}

pub(super) fn result(outcome: &Outcome) -> String {
    match outcome {
        Ok(saved) => format!(
            "<result><id>{}</id><success>true</success><created>{}</created></result>",
            escape(&saved.id),
            saved.created
        ),
        Err(error) => {
            let fields: String =
                error.fields.iter().map(|field| format!("<fields>{}</fields>", escape(field))).collect();
            format!(
                "<result><errors>{fields}<message>{}</message><statusCode>{}</statusCode></errors>\
                 <success>false</success><created>false</created></result>",
                escape(&error.message),
                escape(&error.code)
            )
        }
    }
}

/// What opens and what closes a `queryResult` document.
pub(super) fn query_result() -> (String, &'static str) {
    let opening = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><queryResult xmlns=\"{NAMESPACE}\" xmlns:xsi=\"{INSTANCE}\">"
    );
    (opening, "</queryResult>")
}

/// A record as a query tells it, with `attributes`.
pub(super) fn record(name: &str, value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, name, value);
    text
}

fn write_value(text: &mut String, name: &str, value: &Value) {
    // Writing to a String can't fail.
    let _ = match value {
        Value::Null => write!(text, "<{name} xsi:nil=\"true\"/>"),
        Value::String(value) => write!(text, "<{name}>{}</{name}>", escape(value)),
        Value::Object(record) => {
            text.push_str(&format!("<{name} xsi:type=\"sObject\">"));
            for (field, value) in record {
                match value.get("type") {
                    Some(kind) if field == "attributes" => write_value(text, "type", kind),
                    _ => write_value(text, field, value),
                }
            }
            write!(text, "</{name}>")
        }
        other => write!(text, "<{name}>{other}</{name}>"),
    };
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::{record, rows};
    use crate::xml::Element;

    #[test]
    fn rows_are_read_with_nothings_relationships_and_references() {
        let content = r#"<?xml version="1.0" encoding="UTF-8"?>
            <sObjects xmlns="http://www.force.com/2009/06/asyncapi/dataload" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
              <sObject><LastName>O&apos;Neil &amp; <![CDATA[<Sons>]]></LastName><Email xsi:nil="true"/><Title></Title>
                <Account><sObject><Name>A</Name></sObject></Account>
                <Owner><sObject><type>User</type><Username>u@x.test</Username></sObject></Owner></sObject>
              <sObject/>
            </sObjects>"#;
        let expected = json!([
            { "LastName": "O'Neil & <Sons>", "Email": null, "Account": { "Name": "A" },
              "Owner": { "attributes": { "type": "User" }, "Username": "u@x.test" } },
            {},
        ]);
        assert_eq!(json!(rows(content.as_bytes()).unwrap()), expected);
    }

    #[test]
    fn other_documents_and_what_is_none_are_refused() {
        let deep = format!("{}x{}", "<sObjects>".repeat(9), "</sObjects>".repeat(9));
        for content in ["", "<", "<sObjects>", "<a/>", "<sObjects><a/></sObjects>", "<sObjects/><sObjects/>", &deep] {
            assert!(rows(content.as_bytes()).is_err(), "{content}");
        }
        assert!(rows(b"<!DOCTYPE x [<!ENTITY a \"b\">]><sObjects/>").is_err());
        assert!(rows(b"<sObjects>\xff</sObjects>").is_err());
    }

    proptest! {
        #[test]
        fn hostile_documents_are_read_or_refused_and_never_panic(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "<sObjects>", "</sObjects>", "<sObject>", "</sObject>", "<a xsi:nil=\"true\"/>", "<a>", "</a>", "&amp;", "&#0;", "x", "<", "\"",
            ]), 0..30),
        ) {
            drop(rows(pieces.concat().as_bytes()));
        }

        #[test]
        fn a_value_that_was_written_reads_the_same(text in "[^\u{0}-\u{1f}\u{7f}-\u{9f}\u{fffe}\u{ffff}]{1,20}") {
            let written = record("records", &json!({ "attributes": { "type": "T" }, "Name": text }));
            let read = Element::read(&written).unwrap();
            prop_assert_eq!(&read.children[1].text, &text);
        }
    }
}
