//! See [`crate::fuzzing`].

use axum::body::Bytes;

use super::{
    table::{Table, line, reader},
    task::{Api, Delimiter, Dialect, Format, LineEnding, Operation, Task},
};
use crate::fuzzing::SCHEMA;

const MOST_ROWS: usize = 50;

/// The first byte says how the rest is written. Rows that were counted can be taken, and cells that are written are read again.
pub fn rows(bytes: &[u8]) {
    let Some((first, content)) = bytes.split_first() else { return };
    let endings = [LineEnding::Lf, LineEnding::Crlf, LineEnding::Either, LineEnding::Lf];
    let delimiter = Delimiter::named(if first & 4 == 0 { "COMMA" } else { "PIPE" }).unwrap_or(Delimiter::Comma);
    let line_ending = endings.get(usize::from(first & 3)).copied().unwrap_or(LineEnding::Lf);
    let dialect = Dialect { delimiter, line_ending };
    let task = Task {
        operation: Operation::Insert,
        object: "Contact".to_owned(),
        external_id_field: None,
        format: match first & 24 {
            0 => Format::Csv,
            8 => Format::Json,
            _ => Format::Xml,
        },
        dialect,
        user: String::new(),
        api: Api::V2Ingest,
        version: "67.0".to_owned(),
        origin: Default::default(),
        chunking: None,
    };
    let Some(object) = SCHEMA.object(&task.object) else { return };
    if let Ok(mut table) = Table::open(&Bytes::copy_from_slice(content), &task, object, MOST_ROWS) {
        let mut count = 0;
        loop {
            let taken = table.take(7).len();
            count += taken;
            if taken == 0 {
                break;
            }
        }
        assert!(count <= MOST_ROWS);
    }

    let text = String::from_utf8_lossy(content);
    let cells: Vec<&str> = text.split('\0').collect();
    let written = line(["header"; 1], dialect) + &line(cells.iter().copied(), dialect);
    let mut reader = reader(&Bytes::from(written), dialect);
    let mut records = reader.records();
    let read = records.next().and_then(Result::ok).unwrap_or_default();
    assert!(read.iter().eq(cells) && records.next().is_none());
}
