//! `casebridge import comments`: history into the org, with progress while it lasts and a proof at the end.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use clap::Args;
use engine::{HistoryProgress, HistoryReport, HistoryStep, HistoryWatch, Reject, RejectFile, Tally};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    cli::{
        fault::{Fault, answer, say},
        program::Program,
    },
    config::Config,
};

#[derive(Args)]
pub(in crate::cli) struct Comments {
    /// JSON lines or CSV.
    file: PathBuf,
    /// Only say what is wrong with the file; load nothing.
    #[arg(long)]
    dry_run: bool,
    /// Where lines that are left out go, with the reason; FILE.rejects.jsonl unless named.
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
}

impl Comments {
    pub(in crate::cli) async fn run(self, config: Config) -> Result<(), Fault> {
        let rejects = self.rejects.unwrap_or_else(|| {
            let mut name = self.file.clone().into_os_string();
            name.push(".rejects.jsonl");
            name.into()
        });
        if self.file.canonicalize().is_ok_and(|file| rejects.canonicalize().is_ok_and(|rejects| rejects == file)) {
            return Err(Fault::new("What is left out can’t go into the file itself. Name another with --rejects."));
        }
        let watch = Watch::new(&rejects)
            .map_err(|error| Fault::new(format!("{} can’t be written: {error}.", rejects.display())))?;
        let program = Program::open(&config).await?;
        let report = if self.dry_run {
            program.engine.check_history(&self.file, &watch).await
        } else {
            // A portal that connects by itself may never have served yet.
            if let Err(error) = program.engine.connect_unattended().await {
                say(&format!("{}", Fault::from(error)));
            }
            program.engine.load_history(&self.file, &watch).await
        };
        watch.bar.finish_and_clear();
        program.store.close().await;
        conclude(&report?, self.dry_run, &rejects)
    }
}

/// Says what was done; fails when something was left out or isn't as it should be.
fn conclude(report: &HistoryReport, dry_run: bool, rejects: &Path) -> Result<(), Fault> {
    answer(&format!("lines: {}", report.lines));
    if !dry_run {
        answer(&format!("loaded: {}", report.loaded));
        answer(&format!("already there: {}", report.already));
    }
    answer(&format!("left out: {}", report.rejected));
    for course in &report.courses {
        let verdict = if course.agrees() { "the same" } else { "DIFFERENT" };
        answer(&format!(
            "{}: file {}, org {}, threads {}: {verdict}",
            course.key,
            tally(course.file),
            tally(course.org),
            tally(course.threads)
        ));
    }
    if !report.is_proved() {
        return Err(Fault::new(
            "The org or the threads don't hold what the file holds; the courses are marked above. Somebody may have changed comments in Salesforce; import the file again to see.",
        ));
    }
    let left_out = |count: &str, them: &str| {
        Fault::new(format!(
            "{count} left out; {} has the reasons. Mend {them} in your file and import it again: what is loaded already is not loaded twice.",
            rejects.display()
        ))
    };
    if let Some(obstacle) = &report.obstacle {
        return Err(Fault::new(format!("The file could not be loaded now. {obstacle}")));
    }
    match report.rejected {
        0 => {
            say(if dry_run {
                "Every line can be loaded."
            } else {
                "Everything in the file is in the org and in the threads."
            });
            Ok(())
        }
        1 => Err(left_out("1 line was", "it")),
        count => Err(left_out(&format!("{count} lines were"), "them")),
    }
}

/// Count and the first digits of the sum of the comments' hashes.
fn tally(tally: Tally) -> String {
    format!("{} ({:012x})", tally.comments, tally.hash >> 80)
}

/// Draws a bar where somebody watches, and notes what is left out.
struct Watch {
    bar: ProgressBar,
    rejects: Mutex<RejectFile>,
}

impl Watch {
    fn new(rejects: &Path) -> io::Result<Self> {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(5));
        bar.enable_steady_tick(Duration::from_millis(200));
        Ok(Self { bar, rejects: Mutex::new(RejectFile::new(rejects)?) })
    }
}

impl HistoryWatch for Watch {
    fn progress(&self, progress: HistoryProgress) {
        let (message, template) = match progress.step {
            HistoryStep::Waiting => ("Waiting for another load to end", "{msg} {wide_bar} {elapsed}"),
            HistoryStep::Checking => ("Checking", "{msg:9} {wide_bar} {bytes}/{total_bytes} {eta}"),
            HistoryStep::Loading => ("Loading", "{msg:9} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}"),
            HistoryStep::Proving => ("Proving", "{msg:9} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}"),
        };
        if self.bar.message() != message {
            self.bar.reset();
            self.bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
            self.bar.set_message(message);
        }
        self.bar.set_length(progress.total);
        self.bar.set_position(progress.done);
    }

    fn rejected(&self, reject: &Reject) -> io::Result<()> {
        self.rejects.lock().unwrap_or_else(PoisonError::into_inner).note(reject)
    }
}
