//! Comments from before the portal, loaded into the org in bulk with their original dates and true authors.
//!
//! The file is read three times, each time as a stream: everything is checked first; then loaded, in jobs of the Bulk API; then
//! proved, by reading back from the org and from the threads here what the file holds. Whatever breaks, loading the file again
//! goes on where it stopped: each comment has a key of its own content, and each job is noted before the org begins with it.

mod check;
mod line;
pub(super) mod load;
mod loads;
mod places;
mod prove;
mod rejects;
mod turn;
mod upload;

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use domain::CourseId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub(crate) use self::upload::Uploads;
use self::{
    check::{Checker, Comment},
    line::{Line, Lines},
};
pub use self::{
    loads::{HistoryLoadState, HistoryLoadView, HistoryLoading},
    rejects::RejectFile,
    upload::HistoryUpload,
};
use crate::{Engine, Error, posting::hex, sync::session::OrgSession};

/// Follows a load while it runs.
pub trait HistoryWatch: Send + Sync {
    fn progress(&self, progress: HistoryProgress);

    /// A line that is not loaded.
    ///
    /// # Errors
    /// It could not be noted; the load stops, so that nothing vanishes silently.
    fn rejected(&self, reject: &Reject) -> io::Result<()>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryStep {
    /// For another load to end.
    Waiting,
    Checking,
    Loading,
    Proving,
}

impl HistoryStep {
    const ALL: [Self; 4] = [Self::Waiting, Self::Checking, Self::Loading, Self::Proving];

    const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Checking => "checking",
            Self::Loading => "loading",
            Self::Proving => "proving",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryProgress {
    pub step: HistoryStep,
    /// Bytes of the file while checking, comments otherwise.
    pub done: u64,
    pub total: u64,
}

/// A line that is no comment, or that the org refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The file's first is 1.
    pub line: u64,
    pub reason: String,
    /// As it stands in the file; empty where the org refused it.
    pub text: Vec<u8>,
}

/// How much there is, and what it is: two equal tallies are of the same comments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    pub comments: u64,
    /// The sum of the comments' hashes, whatever their order.
    pub hash: u128,
}

impl Tally {
    fn add(&mut self, hash: u128) {
        self.comments += 1;
        self.hash = self.hash.wrapping_add(hash);
    }
}

/// What a course has in the file, in the org, and in the threads here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourseProof {
    pub course: CourseId,
    pub key: String,
    pub file: Tally,
    pub org: Tally,
    pub threads: Tally,
}

impl CourseProof {
    pub fn agrees(&self) -> bool {
        self.file == self.org && self.file == self.threads
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryReport {
    /// Lines that are comments, good ones and others.
    pub lines: u64,
    /// Of them, those that are no good, or that the org refused.
    pub rejected: u64,
    /// Loaded now.
    pub loaded: u64,
    /// Loaded earlier.
    pub already: u64,
    /// By key. Empty after a check alone.
    pub courses: Vec<CourseProof>,
    /// After a check alone: why the org would take nothing of it, as a sentence.
    #[serde(default)]
    pub obstacle: Option<String>,
}

impl HistoryReport {
    /// Everything that could be loaded is in the org and in the threads, as the file has it.
    pub fn is_proved(&self) -> bool {
        self.courses.iter().all(CourseProof::agrees)
    }
}

/// What the first reading found.
struct Checked {
    report: HistoryReport,
    good: u64,
}

impl Engine {
    /// Says what is wrong with a file, line by line, and whether the org would take it; loads nothing.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it can't be read at all; the database is away.
    pub async fn check_history(&self, file: &Path, watch: &dyn HistoryWatch) -> Result<HistoryReport, Error> {
        let mut report = self.check_file(file, watch).await?.report;
        report.obstacle = self.ready_org().await.err().map(|error| error.public().message);
        Ok(report)
    }

    /// The org, when it is connected and lets the portal write history.
    async fn ready_org(&self) -> Result<Arc<OrgSession>, Error> {
        let Some(session) = self.org_session().await? else {
            return Err(Error::invalid(
                "No org is connected. Connect Salesforce first, on the page /admin/salesforce.",
            ));
        };
        load::check_org(&session).await?;
        Ok(session)
    }

    /// A file's load, once it has its turn. A second time adds nothing, also when the first was ended half-way.
    async fn load_in_turn(&self, file: &Path, name: &str, watch: &dyn HistoryWatch) -> Result<HistoryReport, Error> {
        let session = self.ready_org().await?;
        let Checked { mut report, good } = self.check_file(file, watch).await?;
        let file_hash = hash_of(file).await?;
        let refused = self.load_file(&session, file, name, &file_hash, good, &mut report, watch).await?;
        report.courses = self.prove(&session, file, good, &refused, watch).await?;
        tracing::info!(
            import.lines = report.lines,
            import.loaded = report.loaded,
            import.already = report.already,
            import.rejected = report.rejected,
            import.proved = report.is_proved(),
            "historical comments loaded"
        );
        Ok(report)
    }

    async fn check_file(&self, file: &Path, watch: &dyn HistoryWatch) -> Result<Checked, Error> {
        let mut scan = Scan::open(file)?;
        let mut report = HistoryReport::default();
        let mut good = 0;
        while let Some(item) = scan.next(self).await? {
            report.lines += 1;
            match item {
                Ok(_) => good += 1,
                Err(reject) => {
                    report.rejected += 1;
                    watch.rejected(&reject).map_err(unwritable)?;
                }
            }
            if report.lines % 1_000 == 0 {
                let done = scan.read.load(Ordering::Relaxed);
                watch.progress(HistoryProgress { step: HistoryStep::Checking, done, total: scan.size });
            }
        }
        watch.progress(HistoryProgress { step: HistoryStep::Checking, done: scan.size, total: scan.size });
        Ok(Checked { report, good })
    }
}

/// One reading of the file.
struct Scan {
    lines: Lines<BufReader<Counted>>,
    checker: Checker,
    read: Arc<AtomicU64>,
    size: u64,
    since_pause: u32,
}

/// Lines read before others of the same process have their turn: about a millisecond's worth.
const LINES_AT_A_STRETCH: u32 = 100;

impl Scan {
    fn open(path: &Path) -> Result<Self, Error> {
        let file = File::open(path).map_err(unreadable)?;
        let size = file.metadata().map_err(unreadable)?.len();
        let read = Arc::new(AtomicU64::new(0));
        let input = BufReader::with_capacity(1 << 20, Counted { file, read: Arc::clone(&read) });
        let lines = Lines::new(input).map_err(unreadable)?.map_err(Error::invalid)?;
        Ok(Self { lines, checker: Checker::default(), read, size, since_pause: 0 })
    }

    async fn next(&mut self, engine: &Engine) -> Result<Option<Result<Comment, Reject>>, Error> {
        self.since_pause += 1;
        if self.since_pause == LINES_AT_A_STRETCH {
            self.since_pause = 0;
            tokio::task::yield_now().await;
        }
        let Some(Line { number, text, record }) = self.lines.next().map_err(unreadable)? else { return Ok(None) };
        let checked = match record {
            Ok(record) => self.checker.check(engine, number, record).await?,
            Err(reason) => Err(reason),
        };
        Ok(Some(checked.map_err(|reason| Reject { line: number, reason, text })))
    }
}

/// Counts what is read of a file.
struct Counted {
    file: File,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

async fn hash_of(path: &Path) -> Result<String, Error> {
    let path = path.to_owned();
    let hash = tokio::task::spawn_blocking(move || read_hash(&path)).await;
    hash.map_err(|error| Error::internal(format!("a file's hash could not be taken: {error}")))?
}

fn read_hash(path: &Path) -> Result<String, Error> {
    let mut file = File::open(path).map_err(unreadable)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = file.read(&mut buffer).map_err(unreadable)?;
        if count == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(buffer.get(..count).unwrap_or_default());
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(error: io::Error) -> Error {
    Error::invalid(format!("The file can't be read: {error}."))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unwritable(error: io::Error) -> Error {
    Error::invalid(format!("What was left out can't be noted: {error}. Nothing more is loaded."))
}

/// Lines that the org refused, and why.
type Refused = HashMap<u64, String>;
