//! The rows of a batch, as CSV, JSON or XML: checked as a whole before the first is saved, then read one after another.

use axum::body::Bytes;
use serde_json::{Map, Value, json};

use super::{
    task::{Dialect, Format, LineEnding, Task},
    xml,
};
use crate::schema::Object;

const MOST_COLUMNS: usize = 5_000;
const LONGEST_FIELD: usize = 131_072;
const LONGEST_RECORD: usize = 400_000;
/// Sets a field to nothing; an empty cell leaves it as it is.
const NOTHING: &str = "#N/A";

/// Why no row of a batch was saved, in the words of the job's `errorMessage` or the batch's `stateMessage`.
pub(super) type Unusable = String;

fn invalid(message: impl std::fmt::Display) -> Unusable {
    format!("InvalidBatch : {message}")
}

/// One row: what it says, by field.
pub(super) type Body = Map<String, Value>;

pub(super) enum Table {
    Csv {
        rows: Box<csv::StringRecordsIntoIter<Source>>,
        columns: Vec<Column>,
    },
    /// JSON and XML are read whole; a batch of theirs has no more than 10 MB.
    Read {
        rows: std::vec::IntoIter<Body>,
    },
}

type Source = std::io::Cursor<Bytes>;

/// A header such as `LastName`, `Account.Portal_Key__c` or `User:Owner.Username`.
pub(super) struct Column {
    field: String,
    related: Option<Related>,
}

struct Related {
    object: Option<String>,
    key: String,
}

impl Column {
    fn read(header: &str) -> Self {
        let Some((relationship, key)) = header.split_once('.') else {
            return Self { field: header.to_owned(), related: None };
        };
        let (object, relationship) = match relationship.split_once(':') {
            Some((object, relationship)) => (Some(object.to_owned()), relationship),
            None => (None, relationship),
        };
        Self { field: relationship.to_owned(), related: Some(Related { object, key: key.to_owned() }) }
    }

    fn is_of(&self, object: &Object) -> bool {
        match &self.related {
            None => object.field(&self.field).is_some(),
            Some(_) => object.relationship(&self.field).is_some(),
        }
    }

    fn put(&self, cell: &str, body: &mut Body) {
        if cell.is_empty() {
            return;
        }
        let value = match &self.related {
            _ if cell == NOTHING => Value::Null,
            None => cell.into(),
            Some(Related { object: Some(object), key }) => {
                json!({ "attributes": { "type": object }, key.as_str(): cell })
            }
            Some(Related { object: None, key }) => json!({ key.as_str(): cell }),
        };
        body.insert(self.field.clone(), value);
    }
}

pub(super) fn reader(content: &Bytes, dialect: Dialect) -> csv::Reader<Source> {
    let text = if content.starts_with(b"\xEF\xBB\xBF") { content.slice(3..) } else { content.clone() };
    csv::ReaderBuilder::new()
        .delimiter(dialect.delimiter.byte())
        .has_headers(true)
        .flexible(true)
        .from_reader(std::io::Cursor::new(text))
}

impl Table {
    /// Checks every row before the first is handed out, and counts them.
    ///
    /// # Errors
    /// The content isn't what the job says it is, or is more than there may be.
    pub(super) fn open(content: &Bytes, task: &Task, object: &Object, most_rows: usize) -> Result<Self, Unusable> {
        let rows = match task.format {
            Format::Csv => return Self::open_csv(content, task.dialect, object, most_rows),
            Format::Json => json_rows(content)?,
            Format::Xml => xml::rows(content).map_err(invalid)?,
        };
        if rows.len() > most_rows {
            return Err(invalid(format!("The batch holds more than {most_rows} records")));
        }
        let known = |name: &str| object.field(name).is_some() || object.relationship(name).is_some();
        for row in &rows {
            if let Some(unknown) = row.keys().find(|name| *name != "attributes" && !known(name)) {
                return Err(invalid(format!("Field name not found : {unknown}")));
            }
        }
        Ok(Self::Read { rows: rows.into_iter() })
    }

    fn open_csv(content: &Bytes, dialect: Dialect, object: &Object, most_rows: usize) -> Result<Self, Unusable> {
        check_line_ending(content, dialect.line_ending)?;
        check_quotes(content, dialect.delimiter.byte())?;
        let mut check = reader(content, dialect);
        let headers = check.headers().map_err(|error| unreadable(&error))?.clone();
        if headers.is_empty() || headers.iter().all(|header| header.trim().is_empty()) {
            return Err(invalid("Failed to parse CSV header. Please check the content type and the header row"));
        }
        if headers.len() > MOST_COLUMNS {
            return Err(invalid(format!("A record may have {MOST_COLUMNS} fields")));
        }
        let mut seen = std::collections::HashSet::new();
        let mut columns = Vec::with_capacity(headers.len());
        for header in headers.iter().map(str::trim) {
            let column = Column::read(header);
            if !column.is_of(object) {
                return Err(invalid(format!("Field name not found : {header}")));
            }
            if !seen.insert(header.to_ascii_lowercase()) {
                return Err(invalid(format!("Field name duplicated in the header : {header}")));
            }
            columns.push(column);
        }
        let (mut row, mut count) = (csv::StringRecord::new(), 0);
        while check.read_record(&mut row).map_err(|error| unreadable(&error))? {
            count += 1;
            if row.len() != columns.len() {
                let (found, expected) = (row.len(), columns.len());
                return Err(invalid(format!("Row {count} has {found} columns where the header has {expected}")));
            }
            if row.iter().any(|cell| cell.len() > LONGEST_FIELD) || row.as_slice().len() > LONGEST_RECORD {
                return Err(invalid(format!(
                    "Row {count} is too long: a field may have {LONGEST_FIELD} characters and a record {LONGEST_RECORD}"
                )));
            }
            if count > most_rows {
                return Err(invalid(format!("The batch holds more than {most_rows} records")));
            }
        }
        Ok(Self::Csv { rows: Box::new(reader(content, dialect).into_records()), columns })
    }

    /// Passes over rows that were saved before the process was killed.
    pub(super) fn skip(&mut self, count: usize) {
        match self {
            Self::Csv { rows, .. } => rows.take(count).for_each(drop),
            Self::Read { rows } => rows.take(count).for_each(drop),
        }
    }

    /// Up to so many of the next rows.
    pub(super) fn take(&mut self, count: usize) -> Vec<Body> {
        match self {
            Self::Csv { rows, columns } => rows
                .take(count)
                .map_while(Result::ok)
                .map(|row| {
                    let mut body = Body::new();
                    columns.iter().zip(&row).for_each(|(column, cell)| column.put(cell, &mut body));
                    body
                })
                .collect(),
            Self::Read { rows } => rows.take(count).collect(),
        }
    }
}

fn json_rows(content: &[u8]) -> Result<Vec<Body>, Unusable> {
    let rows: Vec<Value> = serde_json::from_slice(content).map_err(|error| {
        invalid(format!("Unable to parse JSON at line {}, column {}", error.line(), error.column()))
    })?;
    let object = |row| match row {
        Value::Object(row) => Ok(row),
        _ => Err(invalid("Each record must be a JSON object")),
    };
    rows.into_iter().map(object).collect()
}

fn unreadable(error: &csv::Error) -> Unusable {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => invalid("Failed to parse CSV: the content isn't UTF-8"),
        _ => invalid("Failed to parse CSV"),
    }
}

/// The reader would take all that is left for the cell whose quote is never closed.
fn check_quotes(content: &[u8], delimiter: u8) -> Result<(), Unusable> {
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum At {
        Start,
        Plain,
        Quoted,
        /// Behind a quote within quotes: their end, or the first of two that stand for one.
        Quote,
    }
    let content = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content);
    let end = content.iter().fold(At::Start, |at, byte| match (at, byte) {
        (At::Start | At::Quote, b'"') => At::Quoted,
        (At::Quoted, b'"') => At::Quote,
        (At::Quoted, _) => At::Quoted,
        (_, b'\n' | b'\r') => At::Start,
        (_, byte) if *byte == delimiter => At::Start,
        _ => At::Plain,
    });
    if end == At::Quoted { Err(invalid("Failed to parse CSV: a quote isn't closed")) } else { Ok(()) }
}

/// The header row tells, outside of quotes.
fn check_line_ending(content: &[u8], expected: LineEnding) -> Result<(), Unusable> {
    let mut quoted = false;
    let end = content.iter().position(|byte| {
        quoted ^= *byte == b'"';
        *byte == b'\n' && !quoted
    });
    let Some(end) = end else { return Ok(()) };
    let has_return = end.checked_sub(1).and_then(|before| content.get(before)) == Some(&b'\r');
    let fits = match expected {
        LineEnding::Lf => !has_return,
        LineEnding::Crlf => has_return,
        LineEnding::Either => true,
    };
    if fits {
        return Ok(());
    }
    Err(format!(
        "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {}",
        expected.name()
    ))
}

/// One line, every cell quoted.
pub(super) fn line<'a>(cells: impl IntoIterator<Item = &'a str>, dialect: Dialect) -> String {
    let mut line = String::new();
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            line.push(char::from(dialect.delimiter.byte()));
        }
        line.push('"');
        line.push_str(&cell.replace('"', "\"\""));
        line.push('"');
    }
    line.push_str(dialect.line_ending.text());
    line
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use proptest::prelude::*;

    use super::{Table, line};
    use crate::{
        bulk::task::{Api, Delimiter, Dialect, Format, LineEnding, Operation, Task},
        schema::Schema,
    };

    fn task(format: Format, line_ending: LineEnding) -> Task {
        Task {
            operation: Operation::Insert,
            object: "Contact".into(),
            external_id_field: None,
            format,
            dialect: Dialect { delimiter: Delimiter::Comma, line_ending },
            user: String::new(),
            api: Api::V2Ingest,
            version: "67.0".into(),
            origin: Default::default(),
            chunking: None,
        }
    }

    fn open(content: impl Into<Bytes>, task: &Task) -> Result<Table, String> {
        let schema = Schema::standard();
        Table::open(&content.into(), task, schema.object("Contact").unwrap(), 1_000)
    }

    fn csv() -> Task {
        task(Format::Csv, LineEnding::Lf)
    }

    #[test]
    fn quotes_nothings_and_relationships_are_read() {
        let content = "\u{feff}LastName,Email,Account.Name,User:Owner.Username\n\
                       \"O\"\"Neil, \nJr\",#N/A,,u@x.test\n\nB,,#N/A,\n";
        let rows = open(content, &csv()).unwrap().take(9);
        let expected = serde_json::json!([
            { "LastName": "O\"Neil, \nJr", "Email": null,
              "Owner": { "attributes": { "type": "User" }, "Username": "u@x.test" } },
            { "LastName": "B", "Account": null },
        ]);
        assert_eq!(serde_json::json!(rows), expected);
    }

    #[test]
    fn what_cant_be_used_is_refused_as_a_whole() {
        let refused = |content: &str| open(content.to_owned(), &csv()).err().unwrap();
        assert_eq!(refused("LastName,Bad__c\nx,y\n"), "InvalidBatch : Field name not found : Bad__c");
        assert_eq!(
            refused("LastName\r\nx\r\n"),
            "ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF"
        );
        assert!(refused("LastName,Email\nx,y\nz\n").contains("Row 2 has 1 columns"));
        assert!(refused("LastName\n\"x\ny\n").contains("a quote isn't closed"));
        assert!(open("LastName\n\"x\"\"\"\n5\" pipe\n", &csv()).is_ok(), "quotes within a cell");
        assert!(refused("").contains("header"));
        assert!(refused(&format!("LastName\n{}\n", "x".repeat(131_073))).contains("too long"));
        assert!(refused(&format!("LastName\n{}", "x\n".repeat(1_001))).contains("more than 1000"));
        assert!(open(&b"LastName\n\xff\n"[..], &csv()).err().unwrap().contains("UTF-8"));
    }

    proptest! {
        #[test]
        fn hostile_content_is_read_or_refused_and_never_panics(
            content in prop::collection::vec(prop::sample::select(b"LastName,\"\n\r#/A;.:\xff\x00{}[]x".to_vec()), 0..200),
            header in any::<bool>(),
        ) {
            let mut bytes = if header { b"LastName,Email\n".to_vec() } else { Vec::new() };
            bytes.extend(content);
            for task in [csv(), task(Format::Csv, LineEnding::Either), task(Format::Json, LineEnding::Lf)] {
                if let Ok(mut table) = open(bytes.clone(), &task) {
                    while !table.take(7).is_empty() {}
                }
            }
        }

        #[test]
        fn a_line_that_was_written_reads_the_same(cells in prop::collection::vec("[^\u{0}]{0,12}", 2..5)) {
            let dialect = Dialect { delimiter: Delimiter::Comma, line_ending: LineEnding::Crlf };
            let written = line(cells.iter().map(String::as_str), dialect);
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(written.as_bytes());
            let read: Vec<String> = reader.records().next().unwrap().unwrap().iter().map(str::to_owned).collect();
            prop_assert_eq!(read, cells);
        }
    }
}
