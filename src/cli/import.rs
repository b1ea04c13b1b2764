//! `casebridge import`: data from files.

mod comments;

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use engine::{BelongingCount, ImportCount, ImportMode};

use super::{
    fault::{Fault, answer, say},
    program::Program,
};
use crate::config::Config;

#[derive(Subcommand)]
pub(super) enum Import {
    /// Take in organizations, courses and course runs from a file, with members and editors. Importing it again changes only what changed.
    ///
    /// CSV with the columns institution, course_number, launch_date (MM/DD/YYYY), title, subject; or JSON lines, each
    /// {"organization":{key,name,members}}, {"course":{uuid,key,title,organizations,editors}} or
    /// {"run":{key,course,title,start,end,go_live_date,status,has_ofac_restrictions}}.
    /// members and editors are lists of addresses: exactly these, or, left out, as it was. Where an address isn't known, the others are
    /// added and nobody is removed.
    ///
    /// CSV with the columns organization, email adds members; with course, email (key or uuid) it adds editors.
    #[command(after_help = "Example:\n  casebridge import catalogue --dry-run demo/harvard-mitx-runs.csv")]
    Catalogue {
        /// A CSV or JSON lines file; - reads standard input.
        file: PathBuf,
        /// Say what would change, and write nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Take in people from a file. Who is here already is found by the address; importing it again changes only what changed.
    ///
    /// CSV whose first line names the columns email, role (partner, staff, customer, admin), first_name, last_name, username,
    /// organizations (keys, separated by semicolons); or JSON lines with these members, organizations a list. Only email has to be there,
    /// and role for somebody new; what is absent stays as it is, and organizations are added to those somebody has.
    ///
    /// People without a password can't sign in until one is set: casebridge user set-password EMAIL --password-stdin.
    #[command(
        after_help = "Example:\n  casebridge import people people.csv --dry-run && casebridge import people people.csv"
    )]
    People {
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
    /// A body may have 10,000 characters less what its author and run take.
    ///
    /// The org's integration user needs the permission Set Audit Fields upon Record Creation. One load runs at a time.
    #[command(
        after_help = "Example:\n  casebridge import comments history.jsonl --dry-run && casebridge import comments history.jsonl"
    )]
    Comments(comments::Comments),
}

impl Import {
    pub(super) async fn run(self, config: Config) -> Result<(), Fault> {
        match self {
            Self::Catalogue { file, dry_run } => catalogue(&config, &file, mode(dry_run)).await,
            Self::People { file, dry_run } => people(&config, &file, mode(dry_run)).await,
            Self::Comments(comments) => comments.run(config).await,
        }
    }
}

const fn mode(dry_run: bool) -> ImportMode {
    if dry_run { ImportMode::DryRun } else { ImportMode::Write }
}

fn open(file: &Path) -> Result<Box<dyn io::Read + Send>, Fault> {
    if file.as_os_str() == "-" {
        return Ok(Box::new(io::stdin()));
    }
    let opened = File::open(file).map_err(|error| {
        Fault::new(format!(
            "{} can't be read: {error}.\n  Give the path of a CSV or JSON lines file, or - for standard input.",
            file.display()
        ))
    })?;
    Ok(Box::new(opened))
}

async fn catalogue(config: &Config, file: &Path, mode: ImportMode) -> Result<(), Fault> {
    let reader = open(file)?;
    let program = Program::open(config).await?;
    let report = program.engine.take_in_catalogue(reader, mode).await?;
    program.store.close().await;
    for (what, count) in
        [("organizations", &report.organizations), ("courses", &report.courses), ("course runs", &report.runs)]
    {
        answer(&line(what, count));
    }
    for (what, count) in [("members", &report.members), ("editors", &report.editors)] {
        if count.total() > 0 {
            answer(&belonging(what, count));
        }
    }
    end(file, mode, &report.problems, report.took_in())
}

async fn people(config: &Config, file: &Path, mode: ImportMode) -> Result<(), Fault> {
    let reader = open(file)?;
    let program = Program::open(config).await?;
    let report = program.engine.take_in_people(reader, mode).await?;
    program.store.close().await;
    answer(&line("people", &report.people));
    answer(&belonging("memberships", &report.memberships));
    if report.without_password > 0 {
        say(&format!(
            "{} of them can't sign in until a password is set: casebridge user set-password EMAIL --password-stdin.",
            report.without_password
        ));
    }
    end(file, mode, &report.problems, report.people.total())
}

/// What is left to say, and whether all went well.
fn end(file: &Path, mode: ImportMode, problems: &[(u64, String)], taken: u64) -> Result<(), Fault> {
    if mode == ImportMode::DryRun {
        say("This was a dry run: nothing was written.");
    }
    for (line, sentence) in problems {
        say(&format!("{}:{line}: {sentence}", file.display()));
    }
    let rest = match (mode, taken) {
        (ImportMode::Write, 0) => "nothing was imported",
        (ImportMode::DryRun, 0) => "nothing would be imported",
        (ImportMode::Write, _) => "everything else was imported",
        (ImportMode::DryRun, _) => "everything else would be imported",
    };
    match problems.len() {
        0 => Ok(()),
        1 => Err(Fault::new(format!("1 line has a problem; {rest}. Mend it and import the file again."))),
        count => Err(Fault::new(format!("{count} lines have problems; {rest}. Mend them and import the file again."))),
    }
}

fn belonging(what: &str, count: &BelongingCount) -> String {
    format!("{what}: {} new, {} removed, {} unchanged", count.added, count.removed, count.unchanged)
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
