//! A file of historical comments, line by line: JSON lines or CSV. One bad line spoils no other, whatever it looks like.

use std::{
    collections::VecDeque,
    io::{self, BufRead},
};

use serde::Deserialize;

use crate::read_json;

/// The columns of a CSV file; any order, any others besides. Course, author, body and created must be there.
const COLUMNS: [&str; 7] = ["course", "run", "author", "body", "created", "modified", "visibility"];
const REQUIRED: [&str; 4] = ["course", "author", "body", "created"];

/// The most lines one quoted CSV field may run over; beyond, its quotation mark was never closed.
const FIELD_MAX_LINES: usize = 2_000;

/// One comment as the file has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    /// A course's id or key.
    #[serde(alias = "course_uuid")]
    pub(super) course: String,
    #[serde(default, alias = "course_run_key")]
    pub(super) run: Option<String>,
    #[serde(alias = "user")]
    pub(super) author: WrittenBy,
    #[serde(alias = "comment")]
    pub(super) body: String,
    pub(super) created: String,
    #[serde(default)]
    pub(super) modified: Option<String>,
    #[serde(default)]
    pub(super) visibility: Option<String>,
}

/// Who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum WrittenBy {
    /// `username`, `First Last (username)` or an email address.
    Line(String),
    Parts(Parts),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parts {
    #[serde(default)]
    pub(super) username: String,
    #[serde(default)]
    pub(super) email: String,
    #[serde(default)]
    pub(super) first_name: String,
    #[serde(default)]
    pub(super) last_name: String,
}

/// What stands at one place of the file.
#[derive(Debug)]
pub(super) struct Line {
    /// Of its first line, the file's first being 1.
    pub(super) number: u64,
    /// As it stands there.
    pub(super) text: Vec<u8>,
    pub(super) record: Result<Record, String>,
}

enum Format {
    JsonLines,
    /// Where each of [`COLUMNS`] stands.
    Csv([Option<usize>; 7]),
}

/// Reads a file's comments one after another.
pub(super) struct Lines<R> {
    input: R,
    format: Format,
    /// Read ahead, for a quotation mark that might have been closed.
    ahead: VecDeque<Vec<u8>>,
    next: u64,
}

impl<R: BufRead> Lines<R> {
    /// # Errors
    /// Reading failed; inside, what is wrong with the file as a whole.
    pub(super) fn new(mut input: R) -> io::Result<Result<Self, String>> {
        let mut next = 1;
        loop {
            let Some(mut first) = read_line(&mut input)? else {
                return Ok(Err("The file is empty.".to_owned()));
            };
            if let Some(rest) = first.strip_prefix("\u{feff}".as_bytes()) {
                first = rest.to_vec();
            }
            if first.trim_ascii().is_empty() {
                next += 1;
                continue;
            }
            if first.trim_ascii_start().starts_with(b"{") {
                return Ok(Ok(Self { input, format: Format::JsonLines, ahead: VecDeque::from([first]), next }));
            }
            let format = match columns(&first) {
                Ok(columns) => Format::Csv(columns),
                Err(sentence) => return Ok(Err(sentence)),
            };
            return Ok(Ok(Self { input, format, ahead: VecDeque::new(), next: next + 1 }));
        }
    }

    /// The next comment, good or bad; none at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            let number = self.next;
            let Some(first) = self.take_line()? else { return Ok(None) };
            if first.trim_ascii().is_empty() {
                continue;
            }
            return Ok(Some(match self.format {
                Format::JsonLines => Line { number, record: json(&first), text: first },
                Format::Csv(columns) => self.csv_line(number, first, columns)?,
            }));
        }
    }

    fn csv_line(&mut self, number: u64, first: Vec<u8>, columns: [Option<usize>; 7]) -> io::Result<Line> {
        let mut text = first;
        let mut more = 0;
        while opens_quote(&text) {
            let line = if more < FIELD_MAX_LINES { self.peek_line(more)? } else { None };
            let Some(line) = line else {
                // What was looked at beyond stays to be read for itself.
                let end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
                text.truncate(end);
                let sentence = "A quotation mark is opened on this line and not closed. Close it, or write it twice where it is part of the text.";
                return Ok(Line { number, text, record: Err(sentence.to_owned()) });
            };
            text.push(b'\n');
            text.extend_from_slice(line);
            more += 1;
        }
        self.ahead.drain(..more);
        self.next += more as u64;
        Ok(Line { number, record: csv_record(&text, columns), text })
    }

    fn take_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let line = match self.ahead.pop_front() {
            Some(line) => Some(line),
            None => read_line(&mut self.input)?,
        };
        if line.is_some() {
            self.next += 1;
        }
        Ok(line)
    }

    fn peek_line(&mut self, place: usize) -> io::Result<Option<&[u8]>> {
        while self.ahead.len() <= place {
            match read_line(&mut self.input)? {
                Some(line) => self.ahead.push_back(line),
                None => return Ok(None),
            }
        }
        Ok(self.ahead.get(place).map(Vec::as_slice))
    }
}

/// Without its line end.
fn read_line(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    if input.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.ends_with(b"\n") {
        line.pop();
    }
    if line.ends_with(b"\r") {
        line.pop();
    }
    Ok(Some(line))
}

/// Whether a quoted field is still open at the end of the text.
fn opens_quote(text: &[u8]) -> bool {
    enum At {
        FieldStart,
        Plain,
        Quoted,
        /// A quotation mark within a quoted field: its end, or half of one that is part of the text.
        Mark,
    }
    let mut at = At::FieldStart;
    for byte in text {
        at = match (at, byte) {
            (At::FieldStart | At::Mark, b'"') => At::Quoted,
            (At::Quoted, b'"') => At::Mark,
            (At::Quoted, _) => At::Quoted,
            (_, b',') => At::FieldStart,
            _ => At::Plain,
        };
    }
    matches!(at, At::Quoted)
}

fn json(line: &[u8]) -> Result<Record, String> {
    let text = std::str::from_utf8(line).map_err(|_| NOT_UTF8.to_owned())?;
    // What says best what is wrong is slower: only bad lines go through it.
    let read = if text.trim_start().starts_with('{') { serde_json::from_str(text).ok() } else { None };
    read.map_or_else(|| read_json(line), Ok).map_err(|problem| {
        // The line in the file is told already.
        format!("The line is no comment. {}", problem.told().replace("line 1, ", ""))
    })
}

const NOT_UTF8: &str = "The line is not UTF-8 text. Save the file as UTF-8 and import it again.";

fn record(text: &[u8]) -> Result<csv::ByteRecord, String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text);
    let mut record = csv::ByteRecord::new();
    reader.read_byte_record(&mut record).map_err(|error| format!("The line can't be read as CSV: {error}."))?;
    Ok(record)
}

fn columns(first: &[u8]) -> Result<[Option<usize>; 7], String> {
    let record = record(first)?;
    let names: Vec<String> = record.iter().map(|name| String::from_utf8_lossy(name).trim().to_lowercase()).collect();
    for required in REQUIRED {
        if !names.iter().any(|name| name == required) {
            return Err(format!(
                "The file has no column “{required}”. Its first line must name the columns {}; {} may be absent. Or write one JSON object a line.",
                COLUMNS.join(", "),
                COLUMNS.into_iter().filter(|column| !REQUIRED.contains(column)).collect::<Vec<_>>().join(", ")
            ));
        }
    }
    Ok(COLUMNS.map(|column| names.iter().position(|name| name == column)))
}

fn csv_record(text: &[u8], columns: [Option<usize>; 7]) -> Result<Record, String> {
    let record = record(text)?;
    let field = |place: Option<usize>| -> Result<Option<String>, String> {
        let Some(bytes) = place.and_then(|place| record.get(place)) else { return Ok(None) };
        let text = std::str::from_utf8(bytes).map_err(|_| NOT_UTF8.to_owned())?;
        Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
    };
    let [course, run, author, body, created, modified, visibility] = columns;
    let needed = |place, name: &str| field(place)?.ok_or_else(|| format!("The {name} is missing."));
    Ok(Record {
        course: needed(course, "course")?,
        run: field(run)?,
        author: WrittenBy::Line(needed(author, "author")?),
        body: needed(body, "body")?,
        created: needed(created, "created")?,
        modified: field(modified)?,
        visibility: field(visibility)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: &str) -> Vec<(u64, Result<Record, String>)> {
        let mut lines = Lines::new(file.as_bytes()).unwrap().map_err(|sentence| panic!("{sentence}")).unwrap();
        std::iter::from_fn(|| lines.next().unwrap()).map(|line| (line.number, line.record)).collect()
    }

    fn bodies(file: &str) -> Vec<(u64, Option<String>)> {
        read(file).into_iter().map(|(number, record)| (number, record.ok().map(|record| record.body))).collect()
    }

    #[test]
    fn a_body_may_run_over_lines_and_hold_quotation_marks() {
        let file = "created,author,course,body\r\n2012,ann,c,\"one\n\"\"two\"\", three\"\n\n2012,ann,c,5\" disk\n";
        assert_eq!(bodies(file), [(2, Some("one\n\"two\", three".into())), (5, Some("5\" disk".into()))]);
    }

    #[test]
    fn a_quotation_mark_left_open_spoils_its_own_line_alone() {
        let file = "course,author,body,created\nc,ann,\"open,2012\nc,ann,good,2012\nc,ann,fine,2012\n";
        assert_eq!(bodies(file), [(2, None), (3, Some("good".into())), (4, Some("fine".into()))]);
    }

    #[test]
    fn json_lines_take_the_shape_of_the_old_api_too() {
        let file = concat!(
            r#"{"course":"c","run":"r","author":"ann","body":"x","created":"2012"}"#,
            "\n",
            r#"{"course_uuid":"c","user":{"username":"ann","email":"a@b.c","first_name":"Ann","last_name":"Ames"},"course_run_key":null,"comment":"y","created":"2012"}"#,
            "\nnot json\n",
            r#"{"course":"c","author":"ann","body":"x","created":"2012","colour":"red"}"#,
        );
        let lines = read(file);
        assert_eq!(lines[0].1.as_ref().unwrap().run.as_deref(), Some("r"));
        let WrittenBy::Parts(parts) = &lines[1].1.as_ref().unwrap().author else { panic!() };
        assert_eq!((parts.first_name.as_str(), parts.username.as_str()), ("Ann", "ann"));
        assert!(lines[2].1.is_err());
        assert!(lines[3].1.as_ref().unwrap_err().contains("colour"));
    }

    #[test]
    fn a_file_without_the_columns_is_refused_with_their_names() {
        let Ok(Err(sentence)) = Lines::new(&b"a,b\n"[..]) else { panic!() };
        assert!(sentence.contains("“course”") && sentence.contains("run, modified, visibility"), "{sentence}");
        assert!(Lines::new(&b""[..]).unwrap().is_err());
    }
}
