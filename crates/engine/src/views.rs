//! What use cases answer: plain data a page, a server function or a REST resource can show as it stands.

use domain::{CaseId, Composer, CourseId, CourseRunId, PostKey, RunStatus, Thread, Timestamp, Visibility};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

/// Which courses a list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CourseFilter {
    /// Looked for in title and key, whatever the case of its letters. Blank is none.
    pub text: Option<String>,
    /// `CourseList::next` of the page before.
    pub after: Option<String>,
}

/// One page of courses, by title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourseList {
    pub courses: Vec<CourseSummary>,
    /// How many match, over all pages.
    pub total: u64,
    /// Opaque; none on the last page.
    pub next: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourseSummary {
    pub id: CourseId,
    pub key: String,
    pub title: String,
    /// Names, in the order the course lists them.
    pub organizations: Vec<String>,
    pub run_count: u64,
    /// Posts that this reader may see.
    pub post_count: u64,
    /// When the newest of them was written, RFC 3339.
    pub last_post: Option<String>,
    /// The same for people: "20 Nov 2026, 12:00 UTC".
    pub last_post_text: Option<String>,
}

/// Everything a course page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourseView {
    pub id: CourseId,
    pub key: String,
    pub title: String,
    pub organizations: Vec<OrganizationView>,
    /// Newest start first.
    pub runs: Vec<RunView>,
    /// The default case first. Empty before the first comment.
    pub cases: Vec<CaseView>,
    /// The default case's thread.
    pub thread: Thread,
    /// None: this reader may not write here.
    pub composer: Option<Composer>,
    /// Staff and admins only.
    pub internal_composer: Option<Composer>,
    /// Who will read a public post: "Partners of MITx and staff".
    pub audience: String,
    pub org: OrgState,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationView {
    pub key: String,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunView {
    pub id: CourseRunId,
    pub key: String,
    pub title: String,
    /// "5 Sep 2012"
    pub start_text: Option<String>,
    pub end_text: Option<String>,
    /// "Published"
    pub status_text: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseView {
    pub id: CaseId,
    pub subject: String,
    /// The org's CaseNumber, once it has one.
    pub number: Option<String>,
    pub status: Option<String>,
    pub is_default: bool,
    /// The org has the case.
    pub in_org: bool,
}

/// How things stand between the portal and the org.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrgState {
    /// The portal runs without an org: its features are absent.
    NotConfigured,
    /// An admin has still to connect, or to connect again. Posts wait.
    Disconnected,
    Connected,
    /// Connected, but the org hasn't been reached lately: what is shown may be old, posts wait.
    Behind,
}

/// Whether a request waits for the org's word on what it wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Up to 800 ms, so that people normally see the outcome at once.
    ForOutcome,
    /// Answers as soon as the post is stored.
    ForNothing,
}

/// What a composer sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewComment {
    pub key: PostKey,
    pub body: String,
    pub visibility: Visibility,
    pub run: Option<CourseRunId>,
}

/// What a composer saves while somebody types. A blank body forgets the draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftText {
    pub key: PostKey,
    pub body: String,
    pub visibility: Visibility,
    pub run: Option<CourseRunId>,
}

/// The admin's page about the connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionView {
    /// The configuration names an org.
    pub configured: bool,
    pub state: ConnectionState,
    pub org_username: Option<String>,
    /// `example.my.salesforce.com`
    pub instance_host: Option<String>,
    pub org_id: Option<String>,
    /// "20 Nov 2026, 12:00 UTC"
    pub since_text: Option<String>,
    /// Why it is paused, and what to do.
    pub problem: Option<String>,
    pub pending_deliveries: u64,
    pub dead_deliveries: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    Disconnected,
    Connected,
    /// The org no longer accepts the portal's tokens; an admin has to connect again.
    Paused,
}

/// The start of an authorization. State and verifier stay in the admin's session and are used once.
#[derive(Debug)]
pub struct BeginConnect {
    pub authorize_url: Url,
    pub state: String,
    pub verifier: SecretString,
}

/// A course as an upstream system has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourseInput {
    pub key: String,
    pub title: String,
    /// Keys of organizations that are in the catalogue, the one that publishes first.
    pub organizations: Vec<String>,
}

/// A course run as an upstream system has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunInput {
    pub course: CourseId,
    pub title: String,
    pub start: Option<Timestamp>,
    pub end: Option<Timestamp>,
    pub go_live_date: Option<Timestamp>,
    pub status: RunStatus,
    pub has_ofac_restrictions: Option<bool>,
    /// Whether nobody has submitted it yet; unsaid, as it was, and yes for one that is new here.
    pub is_new: Option<bool>,
}

/// What saving did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    Created,
    Updated,
    Unchanged,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    pub organizations: ImportCount,
    pub courses: ImportCount,
    pub runs: ImportCount,
    /// Line of the file, and what is wrong there. The other lines were imported.
    pub problems: Vec<(u64, String)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportCount {
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
}

impl ImportCount {
    pub const fn total(&self) -> u64 {
        self.created + self.updated + self.unchanged
    }
}

/// Whether the program can serve, and how far it is behind the org.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    pub database: DatabaseState,
    pub org: OrgState,
    /// Deliveries waiting, whatever for.
    pub pending: u64,
    /// Age of the oldest of them; none when none waits.
    pub oldest_pending_seconds: Option<u64>,
    /// None before the first poll, and without an org.
    pub last_poll_age_seconds: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatabaseState {
    Ok,
    Unavailable,
}

/// What one round of polling found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PollReport {
    /// Rows read from the org.
    pub read: u64,
    /// Posts that are new or different here.
    pub changed: u64,
    pub outcome: PollOutcome,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PollOutcome {
    /// Every source was read to its end.
    #[default]
    Complete,
    /// No org is configured or connected.
    NoConnection,
    /// The day's API calls are nearly used up; the rest is kept for what people write.
    Budget,
}
