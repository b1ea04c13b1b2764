//! Writing: the first two steps of the write path. What somebody posted is durable, and its delivery with it, in one
//! transaction; the rest is `sync`'s.

use domain::{
    AuthorLabel, CaseId, CasePlace, CommentBody, CourseRunId, DeliveryId, Invalid, PostId, PostState, ThreadPost,
    Visibility,
};
use sha2::{Digest, Sha256};
use store::{CaseRow, NewCase, NewDelivery, NewPost, PostRow, RunRow};

use crate::{
    Actor, Engine, Error, NewComment, OrgState, Wait, access,
    catalogue::ReadableCourse,
    drafts,
    facts::CourseFacts,
    feed_text,
    live::Audience,
    sync::{DeliveryKind, ExpectedOutcome, Settled},
    threads,
};

/// Case.Subject.
pub(crate) const SUBJECT_MAX_CHARS: usize = 255;

/// A case's status before the org has said one.
pub(crate) const OPEN: &str = "Open";

/// Which of a course's cases a post goes to.
pub(crate) enum Target<'a> {
    /// The default one, made with the first comment.
    Default,
    Known(&'a CaseRow),
    /// One that is made with this post.
    New(&'a NewCase),
}

const KEY_REUSED: &str = "Something else was posted from here already, perhaps in another tab. Your text is kept: post it again to add it as a new comment.";

impl Engine {
    /// Stores a comment and its delivery. The same key with the same content answers with what was stored the first time.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a course the actor can't read, a case that isn't the course's, and in a portal without an org;
    /// [`Error::Forbidden`] where it can't write, [`Error::Invalid`] for a text or run that won't do, [`Error::Conflict`] for a key used with other content.
    pub async fn post_comment(
        &self,
        actor: &Actor,
        place: impl Into<CasePlace>,
        comment: NewComment,
        wait: Wait,
    ) -> Result<ThreadPost, Error> {
        self.org()?;
        let place = place.into();
        let (course, case) = self.readable_place(actor, place).await?;
        access::check_may_write_to(actor, &course.editors)?;
        let target = case.as_ref().map_or(Target::Default, Target::Known);
        let row = self.post_to(actor, &course, target, comment, wait).await?;
        Ok(threads::view(actor, row))
    }

    /// The caller has made sure that the actor may write to the course and, where it names a case, that it is the course's.
    pub(crate) async fn post_to(
        &self,
        actor: &Actor,
        course: &ReadableCourse,
        target: Target<'_>,
        comment: NewComment,
        wait: Wait,
    ) -> Result<PostRow, Error> {
        access::check_may_write(actor, comment.visibility)?;
        let body = CommentBody::new(&comment.body).map_err(of_body)?;
        let run = run_of(course, comment.run)?;
        let author = AuthorLabel::new(actor.name(), actor.username());
        feed_text::write(&author, run.as_ref().map(|run| &run.key), &body).map_err(of_body)?;
        let hash = content_hash(actor, course, &target, &body, comment.visibility, comment.run);

        if let Some(stored) = self.store.read().posts().by_key(comment.key).await? {
            return answer_again(stored, &hash);
        }
        let checked = Checked { body, run, hash: hash.clone() };
        let outcome = (wait == Wait::ForOutcome).then(|| self.outcomes.expect(comment.key));
        let post = match self.store_post(actor, course, &target, &comment, checked).await {
            Ok(post) => post,
            // The same comment came in twice at the same moment; the other one was stored.
            Err(Error::Store(error)) if error.conflicts_on("posts_key") => {
                let stored = self.store.read().posts().by_key(comment.key).await?.ok_or_else(|| Error::Store(error))?;
                return answer_again(stored, &hash);
            }
            Err(error) => return Err(error),
        };
        self.live.publish(course.row.id, Audience::of(post.visibility));
        self.worker.wake();
        match outcome {
            Some(outcome) => self.await_outcome(post, outcome).await,
            None => Ok(post),
        }
    }

    /// Sends a post again that the org had refused. One that is under way or delivered is answered as it is.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a post that the actor can't see or may not send again.
    pub async fn retry_post(&self, actor: &Actor, post: PostId) -> Result<ThreadPost, Error> {
        self.org()?;
        let reader = self.store.read();
        let row = reader.posts().by_id(post).await?.ok_or(Error::NotFound)?;
        let case = reader.cases().by_id(row.case_id).await?.ok_or(Error::NotFound)?;
        let course = self.readable_course(actor, case.course_id.ok_or(Error::NotFound)?).await?;
        if !access::may_see_post(actor, &row) || !access::may_retry_post(actor, &row) {
            return Err(Error::NotFound);
        }
        if !matches!(row.state, PostState::Failed { .. }) {
            return Ok(threads::view(actor, row));
        }
        let delivery = reader
            .deliveries()
            .by_subject(post.as_uuid())
            .await?
            .ok_or_else(|| Error::internal(format!("post {post} has no delivery")))?;
        let outcome = row.key.map(|key| self.outcomes.expect(key));
        let now = self.clock.now();
        let tx = self.store.begin().await?;
        tx.deliveries().revive(delivery.id, now).await?;
        tx.posts().mark_queued(post, now).await?;
        self.bump(&tx, case.id, Audience::of(row.visibility)).await?;
        tx.commit().await?;
        self.live.publish(course.row.id, Audience::of(row.visibility));
        self.worker.wake();
        let row = PostRow { state: PostState::Queued, ..row };
        let row = match outcome {
            Some(outcome) => self.await_outcome(row, outcome).await?,
            None => row,
        };
        Ok(threads::view(actor, row))
    }

    /// One transaction: the course's case if it is the first comment, the post, its delivery; the draft is done with.
    async fn store_post(
        &self,
        actor: &Actor,
        course: &ReadableCourse,
        target: &Target<'_>,
        comment: &NewComment,
        checked: Checked<'_>,
    ) -> Result<PostRow, Error> {
        let now = self.clock.now();
        let known_case = match target {
            Target::Default => self.store.read().cases().default_case_of(course.row.id).await?.map(|case| case.id),
            Target::Known(case) => Some(case.id),
            Target::New(_) => None,
        };
        let tx = self.store.begin().await?;
        let case = match (known_case, target) {
            (Some(case), _) => case,
            (None, Target::New(case)) => {
                tx.cases().insert(course.row.id, case).await?;
                case.id
            }
            (None, _) => tx.cases().ensure_default(course.row.id, &self.new_default_case(&course.row)).await?.id,
        };
        let post = NewPost {
            id: PostId::from_uuid(self.random.uuid_v7(now)),
            case_id: case,
            key: comment.key,
            author_user_id: actor.user(),
            author_name: actor.display_name(),
            author_is_staff: actor.role().is_internal(),
            visibility: comment.visibility,
            body: checked.body,
            course_run_id: comment.run,
            run_key: checked.run.map(|run| run.key.clone()),
            content_hash: checked.hash,
            created_at: now,
        };
        tx.posts().insert(&post).await?;
        tx.deliveries()
            .enqueue(&NewDelivery {
                id: DeliveryId::from_uuid(self.random.uuid_v7(now)),
                kind: DeliveryKind::Post.name().to_owned(),
                subject_id: post.id.as_uuid(),
                lane: case.as_uuid(),
                not_before: now,
                created_at: now,
            })
            .await?;
        let draft = match target {
            Target::Known(case) if !case.is_default => drafts::scope_on(case.id, comment.visibility),
            Target::New(_) => drafts::scope_of_new_case(course.row.id),
            Target::Default | Target::Known(_) => drafts::scope(course.row.id, comment.visibility),
        };
        tx.drafts().delete_if_key(actor.user(), &draft, comment.key).await?;
        self.bump(&tx, case, Audience::of(comment.visibility)).await?;
        tx.commit().await?;
        tracing::info!(post.id = %post.id, case.id = %case, post.visibility = comment.visibility.name(), "post accepted");
        Ok(PostRow {
            id: post.id,
            case_id: post.case_id,
            source: domain::PostSource::Portal,
            key: Some(post.key),
            salesforce_id: None,
            ledger_salesforce_id: None,
            parent_post_id: None,
            author_user_id: Some(post.author_user_id),
            author_name: post.author_name,
            author_is_staff: post.author_is_staff,
            visibility: post.visibility,
            body: post.body.into(),
            course_run_id: post.course_run_id,
            run_key: post.run_key.map(|key| key.to_string()),
            content_hash: Some(post.content_hash),
            state: PostState::Queued,
            created_at: now,
            changed_at: now,
            deleted_at: None,
        })
    }

    /// The case that holds a course's comments. Its key in the org follows from the course, so whoever makes it, and how
    /// often, there is one.
    pub(crate) fn new_default_case(&self, course: &store::CourseRow) -> NewCase {
        let now = self.clock.now();
        let comments = " Comments";
        let title: String = course.title.chars().take(SUBJECT_MAX_CHARS - comments.len()).collect();
        NewCase {
            id: CaseId::from_uuid(self.random.uuid_v7(now)),
            course_run_id: None,
            portal_key: format!("{DEFAULT_CASE_KEY}{}", course.id),
            subject: format!("{title}{comments}"),
            status: OPEN.to_owned(),
            priority: None,
            created_at: now,
        }
    }

    /// Waits a little for what the org says, unless there is nothing to hope for.
    async fn await_outcome(&self, post: PostRow, outcome: ExpectedOutcome<'_>) -> Result<PostRow, Error> {
        if !matches!(self.org_standing().await?.state, OrgState::Connected | OrgState::CatchingUp) {
            return Ok(post);
        }
        let read = || async { self.store.read().posts().by_id(post.id).await };
        let decided = async {
            loop {
                let settled = outcome.settled(&self.worker).await;
                match read().await {
                    Ok(Some(row)) if row.state == PostState::Queued && settled == Settled::Unknown => {}
                    other => return other,
                }
            }
        };
        match tokio::time::timeout(self.limits.wait_for_outcome, decided).await {
            Ok(row) => row?.ok_or(Error::NotFound),
            Err(_) => Ok(read().await?.unwrap_or(post)),
        }
    }

    /// Notes in the transaction that a case's thread changed for an audience.
    pub(crate) async fn bump(&self, tx: &store::Tx, case: CaseId, audience: Audience) -> Result<(), Error> {
        let visibility = match audience {
            Audience::Everyone => Visibility::Public,
            Audience::Internal => Visibility::Internal,
        };
        tx.cases().bump_version(case, visibility).await?;
        Ok(())
    }
}

/// Before the course's id in the `Portal_Key__c` of its default case.
pub(crate) const DEFAULT_CASE_KEY: &str = "course-";

/// A key that was used: the stored post again for the same content, a conflict for any other. Whose it is isn't told.
fn answer_again(stored: PostRow, hash: &str) -> Result<PostRow, Error> {
    if stored.content_hash.as_deref() == Some(hash) { Ok(stored) } else { Err(Error::Conflict(KEY_REUSED.to_owned())) }
}

/// The same refusal, said of the field that holds the text.
fn of_body(invalid: Invalid) -> Error {
    Error::field("body", invalid.0)
}

/// A comment that may be stored as it stands.
struct Checked<'a> {
    body: CommentBody,
    run: Option<&'a RunRow>,
    hash: String,
}

/// One of the course's own runs, or none.
fn run_of(course: &CourseFacts, run: Option<CourseRunId>) -> Result<Option<&RunRow>, Error> {
    let Some(id) = run else { return Ok(None) };
    course.runs.iter().find(|run| run.id == id).map(Some).ok_or_else(|| {
        Error::invalid("That course run does not belong to this course. Choose one from the list, or none.")
    })
}

/// Over everything that makes a post what it is, each part with its length, so that no two contents read alike.
fn content_hash(
    actor: &Actor,
    course: &ReadableCourse,
    target: &Target<'_>,
    body: &CommentBody,
    visibility: Visibility,
    run: Option<CourseRunId>,
) -> String {
    let (actor, course) = (actor.user().as_uuid(), course.row.id.as_uuid());
    let run_id = run.map(|run| run.as_uuid()).unwrap_or_default();
    let mut parts = vec![
        actor.as_bytes().as_slice(),
        course.as_bytes(),
        visibility.name().as_bytes(),
        run.map_or(&[][..], |_| b"run"),
        run_id.as_bytes(),
        body.as_str().as_bytes(),
    ];
    let id;
    match target {
        Target::Known(case) if !case.is_default => {
            id = case.id.as_uuid();
            parts.extend([&b"case"[..], id.as_bytes()]);
        }
        Target::New(case) => {
            id = case.course_run_id.map(|run| run.as_uuid()).unwrap_or_default();
            parts.extend([&b"new case"[..], case.subject.as_bytes(), id.as_bytes()]);
        }
        // The default case is the course's, whether or not there is one yet.
        Target::Default | Target::Known(_) => {}
    }
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
