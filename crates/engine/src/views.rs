//! What use cases answer: plain data a page, a server function or a REST resource can show as it stands.

use domain::{
    CaseId, CasePlace, Composer, CourseId, CourseRunId, DeliveryId, OrganizationId, PostId, PostKey, RunStatus, Thread,
    Timestamp, UserId, Visibility,
};
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
    /// Those that `filter` takes, the default case first. Empty before the first comment.
    pub cases: Vec<CaseView>,
    /// How many there are, whatever the filter.
    pub case_count: u64,
    pub filter: CaseFilter,
    /// The case whose thread this is. None: the default one, which isn't there yet.
    pub shown: Option<CaseView>,
    /// For staff, once the case is there.
    pub handling: Option<HandlingView>,
    pub thread: Thread,
    /// Whether this reader may write here and open cases.
    pub can_write: bool,
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
    /// As the org calls it, or as staff want it to be and the org has not heard yet.
    pub status: Option<String>,
    pub state: CaseState,
    /// Status or owner is on its way to the org.
    pub is_changing: bool,
    pub is_default: bool,
    /// The org has the case.
    pub in_org: bool,
    /// The run it is about, where it is about one.
    pub run: Option<CourseRunId>,
    pub run_key: Option<String>,
    /// Posts that this reader may see.
    pub post_count: u64,
    /// When the newest of them was written, RFC 3339.
    pub last_post: Option<String>,
    /// The same for people: "20 Nov 2026, 12:00 UTC".
    pub last_post_text: Option<String>,
}

/// As the org tells its statuses apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    Open,
    Closed,
}

/// Which of a course's cases are asked for. None is any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFilter {
    pub run: Option<CourseRunId>,
    pub state: Option<CaseState>,
}

impl CaseFilter {
    pub(crate) fn takes(self, case: &CaseView) -> bool {
        self.run.is_none_or(|run| case.run == Some(run)) && self.state.is_none_or(|state| case.state == state)
    }
}

/// What staff can do with a case's status and owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandlingView {
    pub case: CaseId,
    /// The value in force or wanted.
    pub status: String,
    /// Wanted, and not in the org yet.
    pub status_is_changing: bool,
    /// What it can be, in the org's order. Empty before the org was asked.
    pub statuses: Vec<StatusOption>,
    pub owner: Option<OwnerOption>,
    pub owner_is_changing: bool,
    /// Queues, then people.
    pub owners: Vec<OwnerOption>,
    /// Why the org did not take the last change, in its words.
    pub refusal: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusOption {
    pub value: String,
    pub label: String,
    pub state: CaseState,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerOption {
    pub id: String,
    pub name: String,
    pub is_queue: bool,
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
    /// Connected, and much is still being read: posts go out, what is shown may be old.
    CatchingUp,
    /// Connected, but the org hasn't been reached lately: what is shown may be old, posts wait.
    Behind,
    /// Another org answers than the one everything here is known of. Nothing is read or sent until an admin has decided.
    OtherOrg,
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
    /// How the org answers.
    pub org: OrgState,
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
    /// What the org lets the portal do: "api refresh_token".
    pub scopes: Option<String>,
    /// Of the rolling day, for all programs together, as the org last said.
    pub api_calls: Option<ApiCalls>,
    /// What the last look at the org found, where there was one.
    pub preflight: Option<Preflight>,
    /// Only while an admin has to decide about it.
    pub other_org: Option<OtherOrg>,
    /// Whether this org's feed items say nothing of who may see them, so that an admin has to.
    pub posts_are_unlabelled: bool,
    /// None: nobody has answered, and they are internal.
    pub unlabelled_posts: Option<UnlabelledPosts>,
    pub deleted_records: DeletedRecords,
    /// No admin makes the connection: the configuration does, when the program starts.
    pub unattended: bool,
}

/// How many calls the org has had, and how many it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiCalls {
    pub used: u64,
    pub max: u64,
}

/// The org that everything here is known of. The one that answers instead is the connection's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherOrg {
    pub was_host: Option<String>,
    pub was_id: String,
    pub was_username: String,
}

/// Where feed items belong in an org whose feed items have no visibility.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnlabelledPosts {
    Internal,
    Public,
}

/// What becomes of a record the portal had delivered and somebody deleted in the org.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletedRecords {
    /// It is made again with what next needs it.
    #[default]
    Recreate,
    /// What needs it waits for an admin.
    Flag,
}

/// What a look at the org found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preflight {
    /// RFC 3339.
    pub at: String,
    /// "20 Nov 2026, 12:00 UTC"
    pub at_text: String,
    pub org_id: String,
    /// The person the portal acts as.
    pub name: Option<String>,
    pub username: String,
    pub email: Option<String>,
    pub api_calls: Option<ApiCalls>,
    /// Whether feed items of this org say who may see them.
    pub has_visibility: bool,
    /// The gravest first.
    pub findings: Vec<Finding>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub severity: Severity,
    /// A sentence.
    pub what: String,
    /// What to do about it, in the words of Salesforce's own menus.
    pub mend: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Something the portal is for does not work.
    Blocking,
    /// Some of it doesn't.
    Limiting,
    /// Works, and is good to know.
    Note,
}

/// One page of what the org refused for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadDeliveries {
    pub deliveries: Vec<DeadDelivery>,
    /// Over all pages.
    pub total: u64,
    /// Where the next page begins; none on the last one.
    pub next: Option<DeliveryId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadDelivery {
    pub id: DeliveryId,
    pub subject: DeadSubject,
    /// The org's own words.
    pub reason: String,
    /// `STRING_TOO_LONG`
    pub code: Option<String>,
    /// Something it needs was deleted in the org: it may be made again.
    pub gone: bool,
    /// RFC 3339.
    pub at: String,
    pub at_text: String,
    pub attempts: u32,
}

/// What was to be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeadSubject {
    Comment {
        id: PostId,
        place: Option<CasePlace>,
        /// The case's subject.
        on: String,
        author: String,
        visibility: Visibility,
        excerpt: String,
    },
    Organization {
        id: OrganizationId,
        name: String,
    },
    Course {
        id: CourseId,
        title: String,
    },
    Run {
        id: CourseRunId,
        course: CourseId,
        key: String,
    },
    /// What staff wanted of a case.
    Case {
        id: CaseId,
        course: Option<CourseId>,
        subject: String,
    },
    /// No longer here, or of a kind that another version of this program knows.
    Unknown,
}

/// How a record of the catalogue stands in the org.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordState {
    /// There is no org.
    Local,
    /// It was never sent: nothing has changed of it since the org was configured.
    NotSent,
    Waiting,
    Sent {
        at: String,
        at_text: String,
    },
    /// The org's own words.
    Refused {
        reason: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueOrganizations {
    pub organizations: Vec<CatalogueOrganization>,
    /// The key behind which the next page begins; none on the last one.
    pub next: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueOrganization {
    pub id: OrganizationId,
    pub key: String,
    pub name: String,
    pub state: RecordState,
}

/// One organization, for those who keep the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrganizationPage {
    pub organization: CatalogueOrganization,
    /// By name.
    pub members: Vec<Person>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: UserId,
    /// "First Last", or the username of somebody without a name.
    pub name: String,
    pub email: String,
    /// An editor who may not edit: disabled, or a member of none of the course's organizations.
    pub counts: bool,
}

/// One page of courses, for those who keep the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueCourses {
    pub list: CourseList,
    /// In the list's order.
    pub states: Vec<RecordState>,
}

/// One course, for those who keep the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoursePage {
    pub id: CourseId,
    pub key: String,
    pub title: String,
    /// In their order.
    pub organizations: Vec<CatalogueOrganization>,
    pub editors: Vec<Person>,
    /// Newest start first.
    pub runs: Vec<CatalogueRun>,
    pub state: RecordState,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueRun {
    pub id: CourseRunId,
    pub key: String,
    pub title: String,
    pub start: Option<Timestamp>,
    pub end: Option<Timestamp>,
    pub go_live_date: Option<Timestamp>,
    pub status: RunStatus,
    pub has_ofac_restrictions: Option<bool>,
    pub is_new: bool,
    pub state: RecordState,
}

/// What finishing an authorization led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connecting {
    Connected,
    /// To another org than before: an admin has to decide.
    OtherOrg,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    Disconnected,
    Connected,
    /// The org no longer accepts the portal's tokens; an admin has to connect again.
    Paused,
    /// It leads to another org than the one everything here is known of; an admin has to decide.
    OtherOrg,
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
    /// Addresses of everybody who is to be an editor; none leaves them as they are.
    pub editors: Option<Vec<String>>,
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
    /// Whether nobody has submitted it yet; unsaid, yes until it has had another status than unpublished.
    pub is_new: Option<bool>,
}

/// What saving did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    Created,
    Updated,
    Unchanged,
}

/// Whether an import writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportMode {
    Write,
    /// Only says what it would do.
    DryRun,
}

/// What an import did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    pub organizations: ImportCount,
    pub courses: ImportCount,
    pub runs: ImportCount,
    /// Of organizations.
    pub members: BelongingCount,
    /// Of courses.
    pub editors: BelongingCount,
    /// Line of the file, and what is wrong there. Everything else was imported.
    pub problems: Vec<(u64, String)>,
}

impl ImportReport {
    /// How much of the file was taken in, or would be; what is there already counts.
    pub const fn took_in(&self) -> u64 {
        self.organizations.total()
            + self.courses.total()
            + self.runs.total()
            + self.members.total()
            + self.editors.total()
    }
}

/// What an import did with who belongs to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BelongingCount {
    pub added: u64,
    pub removed: u64,
    pub unchanged: u64,
}

impl BelongingCount {
    pub const fn total(&self) -> u64 {
        self.added + self.removed + self.unchanged
    }
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
