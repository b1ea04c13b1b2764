//! Why a command failed, in sentences.

use crate::config::{Problem, Problems};

#[derive(Debug)]
pub(super) struct Fault(String);

impl Fault {
    pub(super) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    /// Why the database could not be used.
    pub(super) fn database(error: &store::Error) -> Self {
        match error {
            store::Error::Unavailable(..) => Self(format!(
                "The database can't be reached: {error}.\n  Start it, or correct database_url (CASEBRIDGE_DATABASE_URL)."
            )),
            store::Error::Migration(..) => Self(format!(
                "The database can't be brought up to date: {error}.\n  If a newer version of this program used it before, run that version."
            )),
            store::Error::Database(..) => Self(format!(
                "The database can't be used: {}.\n  database_url (CASEBRIDGE_DATABASE_URL) says where it is: name another, or put a backup in its place.",
                innermost(error)
            )),
            _ => Self(format!("The database failed: {error}.")),
        }
    }
}

/// What the database itself said.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self(problem.to_string())
    }
}

impl From<Problems> for Fault {
    fn from(problems: Problems) -> Self {
        Self(format!("The configuration is wrong:\n{problems}\n`casebridge check` looks at everything else too."))
    }
}

impl From<engine::Error> for Fault {
    fn from(error: engine::Error) -> Self {
        match error {
            engine::Error::Store(error) => Self::database(&error),
            // At the command line the reader is who runs the portal: the inside may be shown.
            error if error.public().kind == engine::PublicKind::Internal => Self(format!("{error}.")),
            error => Self(error.public().message),
        }
    }
}

#[expect(clippy::print_stderr, reason = "the command line's own voice")]
pub(super) fn tell(fault: &Fault) {
    eprintln!("{fault}");
}

/// Talk: progress and outcome, for whoever watches.
#[expect(clippy::print_stderr, reason = "the command line's own voice")]
pub(super) fn say(sentence: &str) {
    eprintln!("{sentence}");
}

/// Data: what was asked for, alone.
#[expect(clippy::print_stdout, reason = "the command line's own voice")]
pub(super) fn answer(line: &str) {
    println!("{line}");
}
