//! What is left out of a load, in a file of its own: JSON lines with the line's number, the reason, and the line as it stands.

use std::{
    fs::File,
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use serde_json::json;

use super::Reject;

/// Made with the first line that is left out.
#[derive(Debug)]
pub struct RejectFile {
    path: PathBuf,
    file: Option<BufWriter<File>>,
}

impl RejectFile {
    /// One that an earlier try left behind is removed, so that none means: nothing was left out.
    ///
    /// # Errors
    /// What stands there can't be removed.
    pub fn new(path: &Path) -> io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(Self { path: path.to_owned(), file: None }),
        }
    }

    /// # Errors
    /// The file can't be made or written.
    pub fn note(&mut self, reject: &Reject) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(BufWriter::new(File::create(&self.path)?)),
        };
        let line = json!({
            "line": reject.line,
            "reason": reject.reason,
            "text": String::from_utf8_lossy(&reject.text),
        });
        writeln!(file, "{line}")?;
        // Whoever reads it while the load goes on finds whole lines.
        file.flush()
    }
}
