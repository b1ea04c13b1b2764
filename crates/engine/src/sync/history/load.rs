//! The second reading: comments into the org, in jobs of the Bulk API, and into the threads here.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
    time::Duration,
};

use bytes::Bytes;
use domain::{CaseId, CourseId, CourseRunId, PostId, SalesforceId, Timestamp, Visibility};
use futures::stream::{FuturesUnordered, StreamExt};
use salesforce::{BulkJob, BulkOperation, DateTime, JobState, RowOutcome};
use store::{ImportJobRow, ImportJobState, ImportRow, LoadedPost};
use uuid::Uuid;

use super::{
    HistoryProgress, HistoryReport, HistoryStep, HistoryWatch, Refused, Reject, Scan,
    check::{Comment, in_org},
    places::Place,
    unwritable,
};
use crate::{
    Engine, Error, feed_text,
    live::Audience,
    sync::{
        catalogue::InOrg,
        session::{FeedItemFields, Has, OrgSession},
    },
};

/// Comments in one job: as many as the org works off together.
const JOB_ROWS: usize = 10_000;
/// And how large they may be altogether; a job takes 100 MB.
const JOB_BYTES: usize = 20 * 1024 * 1024;
/// While the org works one off, the next one travels.
const JOBS_AT_ONCE: usize = 2;

/// Of a comment's ledger row.
pub(in crate::sync) const LEDGER_COLUMNS: [&str; 9] = [
    "Key__c",
    "Feed_Item__c",
    "Case__c",
    "Course_Run__c",
    "Author_Name__c",
    "Author_Username__c",
    "Author_Role__c",
    "Visibility__c",
    "Modified__c",
];

const GAVE_UP: &str =
    "Salesforce gave up on the job again and again. Look at Setup → Bulk Data Load Jobs, then import the file again.";

/// How often a call, or a job, that failed for a passing reason is tried.
const TRIES: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// How often a job is asked whether it is over.
const FIRST_LOOK: Duration = Duration::from_millis(50);
const LONGEST_LOOK: Duration = Duration::from_secs(5);

pub(super) struct Load<'a> {
    pub(super) engine: &'a Engine,
    pub(super) session: &'a OrgSession,
    import: Uuid,
    /// When the file's load was first begun.
    begun_at: Timestamp,
    fields: FeedItemFields,
    /// The org has ledger rows that this database knows nothing of.
    look_in_org: bool,
}

/// What became of some comments.
#[derive(Default)]
struct Outcome {
    loaded: u64,
    already: u64,
    refused: Vec<(u64, String)>,
}

/// Whether the org lets the portal write history at all.
pub(super) async fn check_org(session: &OrgSession) -> Result<(), Error> {
    let described = session.client.describe("FeedItem").await?;
    if described.field("CreatedDate").is_some_and(|field| field.createable) {
        return Ok(());
    }
    Err(Error::invalid(
        "This org doesn't let the portal set the dates of comments. In Salesforce, switch on “Set Audit Fields upon Record Creation” (Setup → User Interface) and give that permission to the integration user; then import again.",
    ))
}

impl Engine {
    #[expect(clippy::too_many_arguments, reason = "one step of one use case")]
    pub(super) async fn load_file(
        &self,
        session: &OrgSession,
        file: &Path,
        file_name: &str,
        file_hash: &str,
        good: u64,
        report: &mut HistoryReport,
        watch: &dyn HistoryWatch,
    ) -> Result<Refused, Error> {
        let import = self.import_of(session, file_name, file_hash).await?;
        let (import, begun_at) = (import.id, import.created_at);
        let load = Load {
            engine: self,
            session,
            import,
            begun_at,
            fields: self.feed_item_fields(session).await?,
            look_in_org: self.org_knows_more(session).await?,
        };
        let mut begun: Vec<(ImportJobRow, Vec<Comment>)> =
            self.store.read().imports().begun_jobs(import).await?.into_iter().map(|job| (job, Vec::new())).collect();
        watch.progress(HistoryProgress { step: HistoryStep::Loading, done: 0, total: good });
        let mut scan = Scan::open(file)?;
        let mut refused = Refused::new();
        let mut done = 0;
        let mut batch = Batch::default();
        let mut under_way = FuturesUnordered::new();
        let mut settled = |outcome: Outcome, report: &mut HistoryReport| -> Result<(), Error> {
            report.loaded += outcome.loaded;
            report.already += outcome.already;
            done += outcome.loaded + outcome.already + outcome.refused.len() as u64;
            for (line, reason) in outcome.refused {
                report.rejected += 1;
                watch.rejected(&Reject { line, reason: reason.clone(), text: Vec::new() }).map_err(unwritable)?;
                refused.insert(line, reason);
            }
            watch.progress(HistoryProgress { step: HistoryStep::Loading, done, total: good });
            Ok(())
        };
        loop {
            let comment = match scan.next(self).await? {
                Some(Ok(comment)) => Some(comment),
                Some(Err(_)) => continue,
                None => None,
            };
            let at_end = comment.is_none();
            if let Some(comment) = comment {
                // What an unsettled job may have brought is not loaded before that job is.
                let of_job = begun.iter_mut().find(|(job, _)| (job.first_line..=job.last_line).contains(&comment.line));
                match of_job {
                    Some((_, comments)) => comments.push(comment),
                    None => batch.push(comment)?,
                }
            }
            if at_end {
                for (job, comments) in std::mem::take(&mut begun) {
                    let (outcome, rest) = load.settle_begun(&job, comments).await?;
                    settled(outcome, report)?;
                    for comment in rest {
                        batch.push(comment)?;
                        if batch.is_full() {
                            under_way.push(load.run(std::mem::take(&mut batch).comments));
                        }
                    }
                }
            }
            if batch.is_full() || (at_end && !batch.comments.is_empty()) {
                under_way.push(load.run(std::mem::take(&mut batch).comments));
            }
            while under_way.len() >= JOBS_AT_ONCE || (at_end && !under_way.is_empty()) {
                if let Some(outcome) = under_way.next().await {
                    settled(outcome?, report)?;
                }
            }
            if at_end {
                break;
            }
        }
        let tx = self.store.begin().await?;
        tx.imports().finish(import, self.clock.now()).await?;
        tx.commit().await?;
        Ok(refused)
    }

    /// This file's load, begun anew or gone on with.
    async fn import_of(&self, session: &OrgSession, file_name: &str, file_hash: &str) -> Result<ImportRow, Error> {
        if let Some(known) = self.store.read().imports().of_file(&session.org_id, file_hash).await? {
            return Ok(known);
        }
        let now = self.clock.now();
        let import = ImportRow {
            id: self.random.uuid_v7(now),
            org_id: session.org_id.clone(),
            file_hash: file_hash.to_owned(),
            file_name: file_name.to_owned(),
            created_at: now,
            finished_at: None,
        };
        let tx = self.store.begin().await?;
        tx.imports().begin(&import).await?;
        tx.commit().await?;
        Ok(import)
    }
}

#[derive(Default)]
struct Batch {
    comments: Vec<Comment>,
    bytes: usize,
}

impl Batch {
    fn push(&mut self, comment: Comment) -> Result<(), Error> {
        self.bytes += comment.text()?.len() + 200;
        self.comments.push(comment);
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.comments.len() >= JOB_ROWS || self.bytes >= JOB_BYTES
    }
}

impl Load<'_> {
    /// Loads what isn't there yet.
    async fn run(&self, comments: Vec<Comment>) -> Result<Outcome, Error> {
        let mut outcome = Outcome::default();
        let mut missing = self.not_yet_here(comments, &mut outcome).await?;
        if missing.is_empty() {
            return Ok(outcome);
        }
        let places = self.places(&missing).await?;
        if self.look_in_org {
            missing = self.take_from_org(missing, &places, &mut outcome).await?;
        }
        for _ in 0..TRIES {
            if missing.is_empty() {
                return Ok(outcome);
            }
            if self.engine.is_over_budget(self.session).await? {
                return Err(Error::invalid(
                    "The org's calls for the day are nearly used up; what is left is kept for what people write. Import the file again tomorrow: it goes on where it stopped.",
                ));
            }
            missing = self.load(missing, &places, &mut outcome).await?;
        }
        Err(Error::invalid(GAVE_UP))
    }

    /// Those that no post in this org has the key of; the others count as loaded earlier.
    async fn not_yet_here(&self, mut comments: Vec<Comment>, outcome: &mut Outcome) -> Result<Vec<Comment>, Error> {
        let keys: Vec<_> = comments.iter().map(|comment| comment.key).collect();
        let known = self.engine.store.read().posts().keys_in_org(&keys).await?;
        comments.retain(|comment| !known.contains(&comment.key));
        outcome.already += (keys.len() - comments.len()) as u64;
        Ok(comments)
    }

    /// One job. Answers with the comments that the org didn't come to.
    async fn load(
        &self,
        comments: Vec<Comment>,
        places: &HashMap<CourseId, Place>,
        outcome: &mut Outcome,
    ) -> Result<Vec<Comment>, Error> {
        let rows = feed_items(&comments, places, self.fields)?;
        let job = patiently(|| self.session.client.create_job("FeedItem", BulkOperation::Insert)).await?;
        let lines = comments.iter().map(|comment| comment.line);
        let noted = ImportJobRow {
            job: job.id.clone(),
            import_id: self.import,
            first_line: lines.clone().min().unwrap_or_default(),
            last_line: lines.max().unwrap_or_default(),
            state: ImportJobState::Begun,
            created_at: self.engine.clock.now(),
        };
        let tx = self.engine.store.begin().await?;
        tx.imports().begin_job(&noted).await?;
        tx.commit().await?;
        if let Err(error) = self.session.client.upload_rows(&job.id, rows).await {
            if !error.is_temporary() && !error.outcome_unknown() {
                return Err(error.into());
            }
            tracing::warn!(error = %error, import.job = job.id, "a job's rows were lost on the way; another is made");
            return self.settle(&job.id, comments, places, outcome).await;
        }
        self.close(&job.id).await?;
        self.settle(&job.id, comments, places, outcome).await
    }

    /// Finds out what became of a job that this or another run made before it broke off.
    async fn settle_begun(&self, job: &ImportJobRow, comments: Vec<Comment>) -> Result<(Outcome, Vec<Comment>), Error> {
        let mut outcome = Outcome::default();
        let missing = self.not_yet_here(comments, &mut outcome).await?;
        let places = self.places(&missing).await?;
        let rest = self.settle(&job.job, missing, &places, &mut outcome).await?;
        Ok((outcome, rest))
    }

    /// Waits for the job, and keeps what it brought. Answers with the comments it didn't bring.
    async fn settle(
        &self,
        job: &str,
        comments: Vec<Comment>,
        places: &HashMap<CourseId, Place>,
        outcome: &mut Outcome,
    ) -> Result<Vec<Comment>, Error> {
        let mut waiting = Waiting::new(comments, places)?;
        let mut saved = Vec::new();
        match self.over(job).await? {
            Some(_) => {
                for row in patiently(|| self.session.client.job_outcomes(job)).await? {
                    let Some(comment) = waiting.take(&row) else { continue };
                    match row.saved {
                        Ok(id) => saved.push((comment, id)),
                        Err(reason) => outcome.refused.push((comment.line, refusal(&reason))),
                    }
                }
            }
            // The org keeps jobs for a week. What one brought shows in the threads, without a key.
            None => saved = self.recognise(&mut waiting, places).await?,
        }
        self.keep(job, saved, places, outcome).await?;
        Ok(waiting.rest())
    }

    /// Lets the org begin. Where the answer got lost it may have begun already, and then won't be told twice.
    async fn close(&self, job: &str) -> Result<(), Error> {
        let Err(error) = self.session.client.close_job(job).await else { return Ok(()) };
        if patiently(|| self.session.client.job(job)).await?.state != JobState::Open {
            return Ok(());
        }
        if !error.is_temporary() && !error.outcome_unknown() {
            return Err(error.into());
        }
        patiently(|| self.session.client.close_job(job)).await.map(drop)
    }

    /// The job once it is over. One that was never closed is ended; none when the org has forgotten it.
    async fn over(&self, id: &str) -> Result<Option<BulkJob>, Error> {
        let mut pause = FIRST_LOOK;
        loop {
            let job = match patiently(|| self.session.client.job(id)).await {
                Ok(job) => job,
                Err(Error::Org(error)) if error.code() == Some("NOT_FOUND") => return Ok(None),
                Err(error) => return Err(error),
            };
            if job.state == JobState::Open {
                patiently(|| self.session.client.abort_job(id)).await?;
                continue;
            }
            if job.state.is_over() {
                if job.state != JobState::JobComplete {
                    tracing::warn!(import.job = id, problem = job.error_message.as_deref(), "a job was not completed");
                }
                return Ok(Some(job));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_LOOK);
        }
    }

    /// Posts that a poll found without a key, and that are what was waited for to the letter.
    async fn recognise(
        &self,
        waiting: &mut Waiting,
        places: &HashMap<CourseId, Place>,
    ) -> Result<Vec<(Comment, SalesforceId)>, Error> {
        self.engine.poll_once().await?;
        let cases: Vec<CaseId> = places.values().map(|place| place.case).collect();
        let mut saved = Vec::new();
        let Some(span) = waiting.span() else { return Ok(saved) };
        for post in self.engine.store.read().posts().unkeyed_on(&cases, span).await? {
            let Some(place) = places.values().find(|place| place.case == post.case_id) else { continue };
            let Some(id) = post.salesforce_id else { continue };
            let found = waiting.take_where(&place.record, post.created_at, |comment| {
                let run = comment.run.as_ref().map(|(_, key)| key.as_str());
                feed_text::as_kept(comment.body.as_str()) == feed_text::as_kept(&post.body)
                    && comment.author.label.as_str() == post.author_name
                    && run == post.run_key.as_deref()
            });
            saved.extend(found.map(|comment| (comment, id)));
        }
        Ok(saved)
    }

    /// What this org's ledger has of these comments already is only kept here. Answers with the others.
    async fn take_from_org(
        &self,
        comments: Vec<Comment>,
        places: &HashMap<CourseId, Place>,
        outcome: &mut Outcome,
    ) -> Result<Vec<Comment>, Error> {
        let keys: Vec<_> = comments.iter().map(|comment| comment.key).collect();
        let entries = self.engine.ledger_entries_of(self.session, &keys).await?;
        let mut there = Vec::new();
        let mut missing = Vec::new();
        for comment in comments {
            match entries.get(&comment.key) {
                Some(entry) => there.push((comment, entry.feed_item.clone(), Some(entry.id.clone()))),
                None => missing.push(comment),
            }
        }
        outcome.already += there.len() as u64;
        let tx = self.engine.store.begin().await?;
        self.store_posts(&tx, &there, places).await?;
        tx.commit().await?;
        self.tell(&there);
        Ok(missing)
    }

    /// Writes the ledger, then the threads here; the job is done with.
    async fn keep(
        &self,
        job: &str,
        saved: Vec<(Comment, SalesforceId)>,
        places: &HashMap<CourseId, Place>,
        outcome: &mut Outcome,
    ) -> Result<(), Error> {
        let ledger = self.write_ledger(&saved, places, outcome).await?;
        let saved: Vec<_> = saved
            .into_iter()
            .map(|(comment, id)| {
                let entry = ledger.get(&comment.key.to_string()).cloned();
                (comment, id, entry)
            })
            .collect();
        let tx = self.engine.store.begin().await?;
        self.store_posts(&tx, &saved, places).await?;
        tx.imports().finish_job(self.import, job).await?;
        tx.commit().await?;
        outcome.loaded += saved.len() as u64;
        self.tell(&saved);
        Ok(())
    }

    /// Upserts by key: again is fine. Answers with the ids by key.
    async fn write_ledger(
        &self,
        saved: &[(Comment, SalesforceId)],
        places: &HashMap<CourseId, Place>,
        outcome: &mut Outcome,
    ) -> Result<HashMap<String, SalesforceId>, Error> {
        let mut ids = HashMap::new();
        if saved.is_empty() {
            return Ok(ids);
        }
        let runs = self.runs(saved).await?;
        let lines: HashMap<String, u64> =
            saved.iter().map(|(comment, _)| (comment.key.to_string(), comment.line)).collect();
        let rows = ledger_rows(saved, places, &runs)?;
        for _ in 0..TRIES {
            let job =
                patiently(|| self.session.client.create_job("Portal_Post__c", BulkOperation::Upsert("Key__c"))).await?;
            match self.session.client.upload_rows(&job.id, rows.clone()).await {
                Ok(()) => {}
                Err(error) if error.is_temporary() || error.outcome_unknown() => continue,
                Err(error) => return Err(error.into()),
            }
            self.close(&job.id).await?;
            let Some(over) = self.over(&job.id).await? else { continue };
            for row in patiently(|| self.session.client.job_outcomes(&job.id)).await? {
                let Some(key) = row.column("Key__c").map(str::to_owned) else { continue };
                match row.saved {
                    Ok(id) => drop(ids.insert(key, id)),
                    Err(reason) => {
                        tracing::error!(import.key = key, "a loaded comment's ledger row was refused");
                        let line = lines.get(&key).copied().unwrap_or_default();
                        let reason = format!(
                            "It is in the org, but who wrote it could not be noted there: {}",
                            refusal(&reason)
                        );
                        outcome.refused.push((line, reason));
                    }
                }
            }
            if over.state == JobState::JobComplete {
                return Ok(ids);
            }
        }
        Err(Error::invalid(GAVE_UP))
    }

    async fn store_posts(
        &self,
        tx: &store::Tx,
        saved: &[(Comment, SalesforceId, Option<SalesforceId>)],
        places: &HashMap<CourseId, Place>,
    ) -> Result<(), Error> {
        let now = self.engine.clock.now();
        let mut touched: BTreeMap<CaseId, Audience> = BTreeMap::new();
        let mut posts = Vec::with_capacity(saved.len());
        for (comment, id, ledger) in saved {
            let Some(place) = places.get(&comment.course) else { continue };
            let audience = touched.entry(place.case).or_insert(Audience::of(comment.visibility));
            *audience = audience.widest(Audience::of(comment.visibility));
            posts.push(LoadedPost {
                // What was said at one moment stands in the order of the file: ids are in the order of their times.
                id: PostId::from_uuid(
                    self.engine.random.uuid_v7(self.begun_at.saturating_add(Duration::from_millis(comment.line))),
                ),
                case_id: place.case,
                key: comment.key,
                salesforce_id: id.clone(),
                ledger_salesforce_id: ledger.clone(),
                author_user_id: comment.author.user,
                author_name: comment.author.name.clone(),
                author_is_staff: comment.author.role.is_internal(),
                visibility: comment.visibility,
                body: comment.body.clone(),
                course_run_id: comment.run.as_ref().map(|(id, _)| *id),
                run_key: comment.run.as_ref().map(|(_, key)| key.clone()),
                created_at: comment.created,
            });
        }
        tx.posts().insert_loaded(&posts, now).await?;
        for (case, audience) in touched {
            self.engine.bump(tx, case, audience).await?;
        }
        Ok(())
    }

    fn tell(&self, saved: &[(Comment, SalesforceId, Option<SalesforceId>)]) {
        let mut told = HashSet::new();
        for (comment, _, _) in saved {
            let audience = Audience::of(comment.visibility);
            if told.insert((comment.course, comment.visibility)) {
                self.engine.live.publish(comment.course, audience);
            }
        }
    }
}

/// Comments of a job by what the org says of its rows: where, when, and what.
struct Waiting {
    by_content: HashMap<(SalesforceId, Timestamp), Vec<(String, Comment)>>,
}

impl Waiting {
    fn new(comments: Vec<Comment>, places: &HashMap<CourseId, Place>) -> Result<Self, Error> {
        let mut by_content: HashMap<_, Vec<_>> = HashMap::with_capacity(comments.len());
        for comment in comments {
            let Some(place) = places.get(&comment.course) else { continue };
            let text = comment.text()?;
            by_content.entry((place.record.clone(), comment.created_in_org())).or_default().push((text, comment));
        }
        Ok(Self { by_content })
    }

    fn take(&mut self, row: &RowOutcome) -> Option<Comment> {
        let record = SalesforceId::new(row.column("ParentId")?).ok()?;
        let created: DateTime = row.column("CreatedDate")?.parse().ok()?;
        let body = row.column("Body")?.replace("\r\n", "\n");
        let there = self.by_content.get_mut(&(record, in_org(created.into())))?;
        let place = there.iter().position(|(text, _)| *text == body)?;
        Some(there.swap_remove(place).1)
    }

    fn take_where(
        &mut self,
        record: &SalesforceId,
        created: Timestamp,
        is: impl Fn(&Comment) -> bool,
    ) -> Option<Comment> {
        let there = self.by_content.get_mut(&(record.clone(), in_org(created)))?;
        let place = there.iter().position(|(_, comment)| is(comment))?;
        Some(there.swap_remove(place).1)
    }

    /// From the first to the last, whatever an org makes of the second's parts.
    fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let times = self.by_content.keys().map(|(_, created)| *created);
        Some((times.clone().min()?, times.max()?.saturating_add(Duration::from_secs(1))))
    }

    fn rest(self) -> Vec<Comment> {
        let mut rest: Vec<Comment> = self.by_content.into_values().flatten().map(|(_, comment)| comment).collect();
        rest.sort_unstable_by_key(|comment| comment.line);
        rest
    }
}

fn feed_items(comments: &[Comment], places: &HashMap<CourseId, Place>, fields: FeedItemFields) -> Result<Bytes, Error> {
    let mut columns = vec!["ParentId", "Body", "CreatedDate"];
    columns.extend((fields.visibility == Has::Yes).then_some("Visibility"));
    let mut rows = Rows::new(&columns)?;
    for comment in comments {
        let Some(place) = places.get(&comment.course) else { continue };
        let (text, created) = (comment.text()?, comment.created_in_org().to_rfc3339());
        let mut row = vec![place.record.as_str(), &text, &created];
        if fields.visibility == Has::Yes {
            row.push(match comment.visibility {
                Visibility::Public => "AllUsers",
                Visibility::Internal => "InternalUsers",
            });
        }
        rows.push(&row)?;
    }
    rows.bytes()
}

fn ledger_rows(
    saved: &[(Comment, SalesforceId)],
    places: &HashMap<CourseId, Place>,
    runs: &InOrg<CourseRunId>,
) -> Result<Bytes, Error> {
    let mut rows = Rows::new(&LEDGER_COLUMNS)?;
    for (comment, id) in saved {
        let Some(place) = places.get(&comment.course) else { continue };
        let run = comment.run.as_ref().and_then(|(run, _)| runs.get(run)).and_then(|run| run.as_ref().ok());
        rows.push(&[
            &comment.key.to_string(),
            id.as_str(),
            place.record.as_str(),
            run.map_or("", SalesforceId::as_str),
            &feed_text::cut(&feed_text::shield(&comment.author.name), 255),
            &feed_text::cut(&feed_text::shield(comment.author.username.as_str()), 150),
            comment.author.role.name(),
            comment.visibility.name(),
            &comment.modified.map(|at| in_org(at).to_rfc3339()).unwrap_or_default(),
        ])?;
    }
    rows.bytes()
}

/// CSV as a job takes it.
struct Rows(csv::Writer<Vec<u8>>);

impl Rows {
    fn new(columns: &[&str]) -> Result<Self, Error> {
        let mut rows = Self(csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(Vec::new()));
        rows.push(columns)?;
        Ok(rows)
    }

    fn push(&mut self, row: &[&str]) -> Result<(), Error> {
        self.0.write_record(row).map_err(|error| Error::internal(format!("a row can't be written: {error}")))
    }

    fn bytes(self) -> Result<Bytes, Error> {
        let bytes = self.0.into_inner().map_err(|error| Error::internal(format!("rows can't be written: {error}")))?;
        Ok(bytes.into())
    }
}

/// `STRING_TOO_LONG:data value too large:Body --`, as a sentence.
fn refusal(reason: &str) -> String {
    format!("Salesforce refused it: {}.", reason.trim_end_matches("--").trim_end_matches([' ', ':', '.']))
}

/// Calls again, later each time, what failed for a passing reason.
pub(super) async fn patiently<T, F: Future<Output = Result<T, salesforce::Error>>>(
    call: impl Fn() -> F,
) -> Result<T, Error> {
    let mut pause = FIRST_PAUSE;
    for _ in 1..TRIES {
        match call().await {
            Err(error) if error.is_temporary() || error.outcome_unknown() => {
                tracing::warn!(error = %error, pause_ms = pause.as_millis(), "the org is away; the load waits");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            decided => return Ok(decided?),
        }
    }
    Ok(call().await?)
}
