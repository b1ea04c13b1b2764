//! SOSL over HTTP: as one text, or told apart in parameters.

use serde_json::{Map, Value, json};

use super::{Call, Caller, Reply};
use crate::{
    error::ApiError,
    records::Database,
    soql::{
        Scope, Settings,
        sosl::{self, Parameters, Search},
    },
};

pub(super) fn search(caller: &Caller, database: &Database, call: &Call) -> Result<Reply, ApiError> {
    let text = call.parameter("q").ok_or_else(|| missing("q"))?;
    found(caller, database, &sosl::parse(text)?)
}

fn missing(parameter: &str) -> ApiError {
    ApiError::bad("MALFORMED_SEARCH", format!("The search parameter {parameter} is missing"))
}

fn found(caller: &Caller, database: &Database, search: &Search) -> Result<Reply, ApiError> {
    let settings = Settings::new(caller.org.now().to_jiff(), Scope::Live, &caller.version);
    let records = sosl::run(search, database.schema(), database, &settings)?;
    Ok(Reply::ok(json!({ "searchRecords": records })))
}

/// One object of a parameterized search.
struct Returned {
    object: String,
    fields: Vec<String>,
    condition: Option<String>,
    order: Option<String>,
    limit: Option<u64>,
    offset: Option<u64>,
}

impl Returned {
    /// Its parts are SOQL already, and SOQL's parser reads the whole.
    fn query(&self, default_fields: &[String], default_limit: Option<u64>) -> String {
        let fields = if self.fields.is_empty() { default_fields } else { &self.fields };
        let fields = if fields.is_empty() { "Id".to_owned() } else { fields.join(", ") };
        let clause =
            |keyword: &str, text: Option<String>| text.map(|text| format!(" {keyword} {text}")).unwrap_or_default();
        let number = |number: Option<u64>| number.map(|number| number.to_string());
        [
            format!("SELECT {fields} FROM {}", self.object),
            clause("WHERE", self.condition.clone()),
            clause("ORDER BY", self.order.clone()),
            clause("LIMIT", number(self.limit.or(default_limit))),
            clause("OFFSET", number(self.offset)),
        ]
        .concat()
    }
}

pub(super) fn parameterized(caller: &Caller, database: &Database, call: &Call) -> Result<Reply, ApiError> {
    let from_url;
    let body = match &call.body {
        Value::Object(body) => body,
        _ => {
            from_url = url_parameters(call);
            &from_url
        }
    };
    let text = |map: &Map<String, Value>, key: &str| map.get(key).and_then(Value::as_str).map(str::to_owned);
    let number = |map: &Map<String, Value>, key: &str| {
        map.get(key).and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()))
    };
    let names = |map: &Map<String, Value>, key: &str| -> Vec<String> {
        let names = map.get(key).and_then(Value::as_array).into_iter().flatten();
        names.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let words = text(body, "q").ok_or_else(|| missing("q"))?;
    let group = text(body, "in").unwrap_or_else(|| "ALL".to_owned());
    let group = group.parse().map_err(|()| {
        ApiError::bad("MALFORMED_SEARCH", format!("{group} is not a group of fields that can be searched"))
    })?;
    let objects = body.get("sobjects").and_then(Value::as_array).into_iter().flatten();
    let returned = objects.map(|object| {
        let object = object.as_object().ok_or_else(|| missing("sobjects"))?;
        Ok(Returned {
            object: text(object, "name").ok_or_else(|| missing("name"))?,
            fields: names(object, "fields"),
            condition: text(object, "where"),
            order: text(object, "orderBy"),
            limit: number(object, "limit"),
            offset: number(object, "offset"),
        })
    });
    let returned: Vec<Returned> = returned.collect::<Result<_, ApiError>>()?;
    let (default_fields, default_limit) = (names(body, "fields"), number(body, "defaultLimit"));
    let returning = returned.iter().map(|returned| returned.query(&default_fields, default_limit)).collect();
    let limit = number(body, "overallLimit").and_then(|limit| usize::try_from(limit).ok());
    found(caller, database, &sosl::from_parameters(Parameters { words: &words, group, returning, limit })?)
}

/// `?q=Acme&sobject=Account&Account.fields=Id,Name&Account.limit=5&in=NAME` as a body would say it.
fn url_parameters(call: &Call) -> Map<String, Value> {
    let list = |text: &str| Value::from_iter(text.split(',').map(str::trim).filter(|name| !name.is_empty()));
    let mut body = Map::new();
    for (key, value) in &call.query {
        let value = if key == "fields" { list(value) } else { Value::String(value.clone()) };
        body.insert(key.clone(), value);
    }
    let objects = call.query.iter().filter(|(key, _)| key == "sobject").map(|(_, name)| {
        let own = |key: &str| call.parameter(&format!("{name}.{key}"));
        let mut object = Map::from_iter([("name".to_owned(), Value::String(name.clone()))]);
        object.extend(own("fields").map(|fields| ("fields".to_owned(), list(fields))));
        for key in ["where", "orderBy", "limit", "offset"] {
            object.extend(own(key).map(|text| (key.to_owned(), Value::String(text.to_owned()))));
        }
        Value::Object(object)
    });
    let objects = objects.collect();
    body.insert("sobjects".to_owned(), Value::Array(objects));
    body
}
