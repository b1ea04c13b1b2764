//! `casebridge import`: data from files.

mod comments;

use std::{fs::File, io, path::PathBuf};

use clap::Subcommand;
use engine::{ImportCount, ImportMode};

use super::{
    fault::{Fault, answer, say},
    program::Program,
};
use crate::config::Config;

#[derive(Subcommand)]
pub(super) enum Import {
    /// Take in organizations, courses and course runs from a file. Importing it again changes only what changed.
    ///
    /// CSV with the columns institution, course_number, launch_date (MM/DD/YYYY), title, subject; or JSON lines, each
    /// {"organization":{key,name}}, {"course":{uuid,key,title,organizations}} or
    /// {"run":{key,course,title,start,end,go_live_date,status,has_ofac_restrictions}}.
    #[command(after_help = "Example:\n  casebridge import catalogue --dry-run demo/harvard-mitx-runs.csv")]
    Catalogue {
        /// A CSV or JSON lines file; - reads standard input.
        file: PathBuf,
        /// Say what would change, and write nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Load comments from before the portal into the org, with their dates and authors. Importing a file again adds nothing and goes on
    /// where it stopped.
    ///
    /// One JSON object a line, or CSV whose first line names the columns: course (id or key), run (key), author (username, address, or
    /// "First Last (username)"), body, created, modified, visibility (public, internal). Run, modified and visibility may be absent.
    #[command(
        after_help = "Example:\n  casebridge import comments history.jsonl --dry-run && casebridge import comments history.jsonl"
    )]
    Comments(comments::Comments),
}

impl Import {
    pub(super) async fn run(self, config: Config) -> Result<(), Fault> {
        let (file, mode) = match self {
            Self::Catalogue { file, dry_run } => (file, if dry_run { ImportMode::DryRun } else { ImportMode::Write }),
            Self::Comments(comments) => return comments.run(config).await,
        };
        let reader: Box<dyn io::Read + Send> = if file.as_os_str() == "-" {
            Box::new(io::stdin())
        } else {
            Box::new(File::open(&file).map_err(|error| {
                Fault::new(format!(
                    "{} can't be read: {error}.\n  Give the path of a CSV or JSON lines file, or - for standard input.",
                    file.display()
                ))
            })?)
        };
        let program = Program::open(&config).await?;
        let report = program.engine.take_in_catalogue(reader, mode).await?;
        for (what, count) in
            [("organizations", &report.organizations), ("courses", &report.courses), ("course runs", &report.runs)]
        {
            answer(&line(what, count));
        }
        program.store.close().await;
        if mode == ImportMode::DryRun {
            say("This was a dry run: nothing was written.");
        }
        if report.problems.is_empty() {
            return Ok(());
        }
        for (line, sentence) in &report.problems {
            say(&format!("{}:{line}: {sentence}", file.display()));
        }
        let others = match mode {
            ImportMode::Write => "the others were imported",
            ImportMode::DryRun => "the others would be imported",
        };
        Err(Fault::new(match report.problems.len() {
            1 => format!("1 line was left out; {others}. Mend it and import the file again."),
            count => format!("{count} lines were left out; {others}. Mend them and import the file again."),
        }))
    }
}

fn line(what: &str, count: &ImportCount) -> String {
    format!(
        "{what}: {} ({} new, {} changed, {} unchanged)",
        count.total(),
        count.created,
        count.updated,
        count.unchanged
    )
}
