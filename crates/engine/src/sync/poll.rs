//! Polling: every source of a thread is read on from where the last poll stopped, by (SystemModstamp, Id). A window before
//! that point is read again, for rows that were committed late.

use domain::{SalesforceId, Timestamp};
use salesforce::{Field, Filter, Soql, asc};
use store::CursorRow;

use super::{
    rows::{CaseCommentRow, CaseInOrg, EmailRow, FeedCommentRow, FeedItemRow},
    session::{FeedItemFields, Has, Moved, OrgSession},
    sources::{FEED_COMMENT_COLUMNS, Source},
};
use crate::{Engine, Error, PollOutcome, PollReport, UnlabelledPosts, settings::UNLABELLED_POSTS};

/// The cursor of a source that has been read to its end, but was empty.
const NOTHING_YET: Timestamp = Timestamp::from_micros(0);

/// How often a poll that is stopped by the budget asks whether there is room again.
const BUDGET_LOOK_EVERY: std::time::Duration = std::time::Duration::from_secs(600);

impl Engine {
    /// Reads what is new in the org: one round.
    ///
    /// # Errors
    /// The org or the database failed on the way. What was read until then is kept.
    pub async fn poll_once(&self) -> Result<PollReport, Error> {
        let no_connection = PollReport { outcome: PollOutcome::NoConnection, ..PollReport::default() };
        let Some(org) = &self.org else { return Ok(no_connection) };
        let _turn = org.polling.lock().await;
        let Some(session) = self.org_session().await? else { return Ok(no_connection) };
        if self.is_over_budget(&session).await? {
            tracing::warn!("the day's calls to the org are nearly used up; reading waits, so that posts still go out");
            return Ok(PollReport { outcome: PollOutcome::Budget, ..PollReport::default() });
        }
        let polled = self.poll_sources(&session).await;
        match &polled {
            Ok(_) => self.org_answered().await?,
            Err(Error::Org(error)) if error.needs_reconnect() => self.pause(&session, error).await?,
            Err(Error::Org(error)) if error.is_temporary() => org.breaker.failed(self.clock.now()),
            Err(_) => {}
        }
        polled
    }

    /// Cases come first, so that what is on them finds its case; items before the comments under them.
    async fn poll_sources(&self, session: &OrgSession) -> Result<PollReport, Error> {
        let mut report = PollReport::default();
        let fields = self.feed_item_fields(session).await?;
        self.read_on::<CaseInOrg>(session, fields, &mut report).await?;
        let published = self.read_on::<FeedItemRow>(session, fields, &mut report).await?;
        self.read_on::<FeedCommentRow>(session, fields, &mut report).await?;
        self.reread_comments_under(session, &published, &mut report).await?;
        self.read_on::<CaseCommentRow>(session, fields, &mut report).await?;
        self.read_on::<EmailRow>(session, fields, &mut report).await?;
        self.take_over_old_cases(session, fields, &mut report).await?;
        self.read_case_values(session).await?;
        Ok(report)
    }

    /// Items that became public take their comments along, though those didn't change.
    async fn reread_comments_under(
        &self,
        session: &OrgSession,
        items: &[SalesforceId],
        report: &mut PollReport,
    ) -> Result<(), Error> {
        for some in items.chunks(100) {
            let soql =
                Soql::select(FEED_COMMENT_COLUMNS).from(FeedCommentRow::OBJECT).filter(Field("FeedItemId").is_in(some));
            let rows: Vec<FeedCommentRow> = session.client.query_all(&soql).await?;
            report.read += rows.len() as u64;
            report.changed += self.merge_feed_comments(rows).await?.changed;
        }
        Ok(())
    }

    /// Reads a source to its end. Answers which of its items became public.
    async fn read_on<T: Source>(
        &self,
        session: &OrgSession,
        fields: FeedItemFields,
        report: &mut PollReport,
    ) -> Result<Vec<SalesforceId>, Error> {
        let started = self.clock.now();
        let before = self.store.read().cursors().get(&session.org_id, T::NAME).await?;
        let mut cursor = before.clone().unwrap_or(CursorRow {
            modstamp: NOTHING_YET,
            last_id: String::new(),
            read_at: NOTHING_YET,
            went_on_at: NOTHING_YET,
        });
        let mut from = self.start(session, T::NAME, &cursor);
        let mut published = Vec::new();
        let page = self.limits.poll_page.max(1);
        loop {
            let mut soql = Soql::select(T::columns(fields)).from(T::OBJECT).with_deleted().filter(T::filter());
            if let Some(from) = from.take() {
                soql = soql.filter(from);
            }
            let soql = soql.order_by(asc("SystemModstamp")).order_by(asc("Id")).limit(page);
            let rows: Vec<T> = match session.client.query_all(&soql).await {
                Ok(rows) => rows,
                // Not every org has every object; a thread goes without it.
                Err(error) if error.code() == Some("INVALID_TYPE") => {
                    tracing::warn!(error = %error, source = T::NAME, "the org has no such object");
                    Vec::new()
                }
                Err(error) => return Err(error.into()),
            };
            let full = rows.len() >= usize::try_from(page).unwrap_or(usize::MAX);
            let last = rows.last().map(|row| (row.position().0, row.position().1.clone()));
            report.read += rows.len() as u64;
            if !rows.is_empty() {
                let merged = T::merge(self, session, fields, rows).await?;
                report.changed += merged.changed;
                published.extend(merged.published);
            }
            if let Some((modstamp, id)) = last {
                if (modstamp, id.as_str()) > (cursor.modstamp, cursor.last_id.as_str()) {
                    cursor.modstamp = modstamp;
                    cursor.last_id = id.as_str().to_owned();
                }
                from = Some(Field("SystemModstamp").after(modstamp, &id));
            }
            if !full {
                break;
            }
            cursor.went_on_at = self.clock.now();
            self.save_cursor(session, T::NAME, &cursor, fields).await?;
        }
        cursor.read_at = started;
        self.note_moved(session, T::NAME, &cursor, before.as_ref());
        self.save_cursor(session, T::NAME, &cursor, fields).await?;
        Ok(published)
    }

    /// Where to read from: a window before the cursor, until it has stood still for as long as the window is wide.
    fn start(&self, session: &OrgSession, source: &str, cursor: &CursorRow) -> Option<Filter> {
        if cursor.modstamp <= NOTHING_YET {
            return None;
        }
        let org = self.org.as_ref()?;
        let seen_out =
            org.moved.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(source).is_some_and(|moved| {
                moved.connection == session.connection
                    && moved.modstamp == cursor.modstamp
                    && moved.last_id == cursor.last_id
                    && self.clock.now().since(moved.at) > self.limits.poll_overlap
            });
        match SalesforceId::new(&cursor.last_id) {
            Ok(id) if seen_out => Some(Field("SystemModstamp").after(cursor.modstamp, &id)),
            _ => Some(Field("SystemModstamp").ge(cursor.modstamp.saturating_sub(self.limits.poll_overlap))),
        }
    }

    fn note_moved(&self, session: &OrgSession, source: &'static str, cursor: &CursorRow, before: Option<&CursorRow>) {
        let Some(org) = &self.org else { return };
        let mut moved = org.moved.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let stood_still = before
            .is_some_and(|before| before.modstamp == cursor.modstamp && before.last_id == cursor.last_id)
            && moved.get(source).is_some_and(|moved| moved.connection == session.connection);
        if !stood_still {
            let here = Moved {
                connection: session.connection,
                modstamp: cursor.modstamp,
                last_id: cursor.last_id.clone(),
                at: self.clock.now(),
            };
            moved.insert(source, here);
        }
    }

    /// Notes how far it was read, unless an admin has said something else meanwhile of what these rows mean: then they are read again.
    async fn save_cursor(
        &self,
        session: &OrgSession,
        source: &str,
        cursor: &CursorRow,
        fields: FeedItemFields,
    ) -> Result<(), Error> {
        let tx = self.store.begin_repeatable().await?;
        if fields.visibility == Has::No {
            let answer = tx.settings().hold(UNLABELLED_POSTS).await?;
            if answer.and_then(|row| UnlabelledPosts::from_name(&row.value)) != fields.unlabelled {
                return Ok(());
            }
        }
        tx.cursors().put(&session.org_id, source, cursor).await?;
        tx.commit().await?;
        if let Some(org) = &self.org {
            org.standing.forget();
        }
        Ok(())
    }

    /// Whether reading has to stop so that what people write still goes out.
    pub(super) async fn is_over_budget(&self, session: &OrgSession) -> Result<bool, Error> {
        let percent = u64::from(self.limits.background_budget_percent);
        let over = |used: u64, max: u64| max > 0 && used.saturating_mul(100) >= max.saturating_mul(percent);
        let Some(usage) = session.client.limits() else { return Ok(false) };
        if !over(usage.used, usage.max) {
            return Ok(false);
        }
        let now = self.clock.now();
        {
            let mut looked = session.budget_looked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if looked.is_some_and(|at| now.since(at) < BUDGET_LOOK_EVERY) {
                return Ok(true);
            }
            *looked = Some(now);
        }
        session.client.org_limits().await?;
        Ok(session.client.limits().is_some_and(|usage| over(usage.used, usage.max)))
    }
}
