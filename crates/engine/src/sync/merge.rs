//! What a poll read becomes part of the threads here. Visibility is denied by default: what the org doesn't say is public is
//! internal. Authors come from the ledger; the comment form in a text is believed only of items the integration user made.

use std::collections::{HashMap, hash_map::Entry};

use domain::{CaseId, CourseId, ParsedFeedText, PostId, PostSource, SalesforceId, Timestamp, Visibility};
use store::{CaseRow, Changed, OrgCase, OrgPost, OrgRecordKind, PostRow};

use super::{
    ledger::LedgerEntry,
    rich_text,
    rows::{CaseCommentRow, CaseInOrg, EmailRow, FeedCommentRow, FeedItemRow},
    session::{FeedItemFields, Has, OrgSession},
};
use crate::{DeletedRecords, Engine, Error, UnlabelledPosts, feed_text, live::Audience, posting::DEFAULT_CASE_KEY};

/// What one page of rows changed here.
#[derive(Debug, Default)]
pub(super) struct Merged {
    pub(super) changed: u64,
    /// Feed items that were internal here and are public now.
    pub(super) published: Vec<SalesforceId>,
}

/// Items the org makes of records that are in the thread themselves, or of no words at all.
const NOT_SAID: [&str; 4] = ["CaseCommentPost", "EmailMessageEvent", "TrackedChange", "CreateRecordEvent"];

/// A row of the org on its way in, with what is here of it already.
struct Incoming {
    post: OrgPost,
    before: Option<PostRow>,
}

impl Engine {
    pub(super) async fn merge_cases(&self, session: &OrgSession, rows: Vec<CaseInOrg>) -> Result<Merged, Error> {
        let mut known = Vec::new();
        for row in rows {
            let Some(key) = row.portal_key.as_deref() else { continue };
            let case = match self.store.read().cases().by_portal_key(key).await? {
                Some(case) => Some(case),
                None if row.is_deleted => None,
                None => self.adopt_case(key).await?,
            };
            known.extend(case.map(|case| (row, case)));
        }
        let mut merged = Merged::default();
        let policy = self.deleted_records().await?;
        let mut changed_courses = Vec::new();
        let now = self.clock.now();
        let tx = self.store.begin_repeatable().await?;
        for (row, case) in known {
            if row.is_deleted {
                if policy == DeletedRecords::Flag {
                    continue;
                }
                // Made anew with the next post.
                let record = tx.org_records().get(&session.org_id, OrgRecordKind::Case, case.id.as_uuid()).await?;
                if record.is_some_and(|record| record.salesforce_id == row.id) {
                    tx.org_records().forget(&session.org_id, OrgRecordKind::Case, case.id.as_uuid()).await?;
                    session.forget(OrgRecordKind::Case, case.id.as_uuid());
                }
                continue;
            }
            let owner = row.owner();
            let org_case = OrgCase {
                salesforce_id: row.id,
                case_number: row.case_number,
                status: row.status,
                priority: row.priority,
            };
            if tx.cases().set_org(case.id, &org_case, now).await? != Changed::Unchanged {
                merged.changed += 1;
                self.bump(&tx, case.id, Audience::Everyone).await?;
                changed_courses.extend(case.course_id);
            }
            if let Some(owner) = owner {
                // Nothing that anybody waits for: it shows with the next look.
                tx.case_handling().set_owner(case.id, &owner, now).await?;
            }
        }
        tx.commit().await?;
        for course in changed_courses {
            self.live.publish(course, Audience::Everyone);
        }
        Ok(merged)
    }

    /// A case of a course here that this database doesn't know of: another one made it.
    async fn adopt_case(&self, portal_key: &str) -> Result<Option<CaseRow>, Error> {
        let Some(course) = portal_key.strip_prefix(DEFAULT_CASE_KEY).and_then(|id| id.parse::<CourseId>().ok()) else {
            return Ok(None);
        };
        let Some(course) = self.store.read().catalogue().course(course).await? else { return Ok(None) };
        let tx = self.store.begin_repeatable().await?;
        let case = tx.cases().ensure_default(course.id, &self.new_default_case(&course)).await?;
        tx.commit().await?;
        Ok(Some(case))
    }

    pub(super) async fn merge_feed_items(
        &self,
        session: &OrgSession,
        fields: FeedItemFields,
        rows: Vec<FeedItemRow>,
    ) -> Result<Merged, Error> {
        let mut cases = Cases::default();
        let mut known = Vec::new();
        for row in rows {
            let Some(case) = cases.of(self, &row.parent_id).await? else { continue };
            let before = self.store.read().posts().by_salesforce_id(&row.id).await?;
            known.push((row, case, before));
        }
        let unknown: Vec<SalesforceId> =
            known.iter().filter(|(_, _, before)| before.is_none()).map(|(row, _, _)| row.id.clone()).collect();
        let ledger = self.ledger_entries(session, &unknown).await?;
        let mut incoming = Vec::new();
        for (row, case, before) in known {
            let entry = ledger.get(&row.id);
            // Ours, and its delivery has not been settled yet.
            let before = match (before, entry.and_then(|entry| entry.key)) {
                (None, Some(key)) => self.store.read().posts().by_key(key).await?,
                (before, _) => before,
            };
            let ours = |before: &PostRow| before.key.is_some() || before.ledger_salesforce_id.is_some();
            let visibility = match (fields.visibility, &before, entry) {
                (Has::Yes, _, _) if row.visibility.as_deref() == Some("AllUsers") => Visibility::Public,
                (Has::Yes, _, _) => Visibility::Internal,
                (Has::No, Some(before), _) if ours(before) => before.visibility,
                (Has::No, _, Some(entry)) => entry.visibility,
                // Asked, never guessed.
                (Has::No, _, None) => match fields.unlabelled {
                    Some(UnlabelledPosts::Public) => Visibility::Public,
                    Some(UnlabelledPosts::Internal) | None => Visibility::Internal,
                },
            };
            if let Some(post) = self.feed_item_post(session, row, case, entry, visibility, before.as_ref()) {
                incoming.push(Incoming { post, before });
            }
        }
        self.merge(incoming, &cases).await
    }

    fn feed_item_post(
        &self,
        session: &OrgSession,
        row: FeedItemRow,
        case: CaseId,
        entry: Option<&LedgerEntry>,
        visibility: Visibility,
        before: Option<&PostRow>,
    ) -> Option<OrgPost> {
        if before.is_none() && row.kind.as_deref().is_some_and(|kind| NOT_SAID.contains(&kind)) {
            return None;
        }
        let author = row.author();
        let text = match &row.body {
            Some(body) if row.is_rich_text == Some(true) => rich_text::to_plain(body),
            Some(body) => body.replace('\0', ""),
            None => String::new(),
        };
        if before.is_none() && text.trim().is_empty() {
            return None;
        }
        // Only the portal's own user writes the form; in anybody else's text it is just text.
        let form =
            if entry.is_some() || row.created_by_id == session.user_id { ParsedFeedText::parse(&text) } else { None };
        let (author_name, author_is_staff) = match (entry, &form) {
            (Some(entry), _) => (entry.author_name.clone(), entry.author_is_staff),
            (None, Some(form)) => (feed_text::unshield(form.author), false),
            (None, None) => (author, true),
        };
        let run_key = form.as_ref().and_then(|form| form.run_key).map(feed_text::unshield);
        let body = form.map_or_else(|| text.clone(), |form| feed_text::unshield(form.body));
        let now = self.clock.now();
        Some(OrgPost {
            id: PostId::from_uuid(self.random.uuid_v7(now)),
            case_id: case,
            source: PostSource::FeedItem,
            salesforce_id: row.id,
            key: entry.and_then(|entry| entry.key),
            ledger_salesforce_id: entry.map(|entry| entry.id.clone()),
            parent_post_id: None,
            author_user_id: None,
            author_name,
            author_is_staff,
            visibility,
            body,
            course_run_id: None,
            run_key,
            created_at: row.created_date.into(),
            deleted_at: row.is_deleted.then_some(now),
        })
    }

    /// A comment is as visible as the item it is under; under an unknown one it is internal.
    pub(super) async fn merge_feed_comments(&self, rows: Vec<FeedCommentRow>) -> Result<Merged, Error> {
        let mut cases = Cases::default();
        let mut incoming = Vec::new();
        for row in rows {
            let Some(case) = cases.of(self, &row.parent_id).await? else { continue };
            let reader = self.store.read();
            let item = reader.posts().by_salesforce_id(&row.feed_item_id).await?;
            let visibility = item.as_ref().map_or(Visibility::Internal, |item| item.visibility);
            let said = Said {
                source: PostSource::FeedComment,
                id: row.id.clone(),
                author: row.author(),
                by_staff: true,
                body: row.comment_body,
                visibility,
                created: row.created_date.into(),
                deleted: row.is_deleted,
            };
            self.take(&mut incoming, case, said, item.map(|item| item.id)).await?;
        }
        self.merge(incoming, &cases).await
    }

    pub(super) async fn merge_case_comments(&self, rows: Vec<CaseCommentRow>) -> Result<Merged, Error> {
        let mut cases = Cases::default();
        let mut incoming = Vec::new();
        for row in rows {
            let Some(case) = cases.of(self, &row.parent_id).await? else { continue };
            let said = Said {
                source: PostSource::CaseComment,
                id: row.id.clone(),
                author: row.author(),
                by_staff: true,
                visibility: if row.is_published == Some(true) { Visibility::Public } else { Visibility::Internal },
                body: row.comment_body,
                created: row.created_date.into(),
                deleted: row.is_deleted,
            };
            self.take(&mut incoming, case, said, None).await?;
        }
        self.merge(incoming, &cases).await
    }

    /// Mail is internal: whom it went to isn't known to be everybody who reads the thread.
    pub(super) async fn merge_emails(&self, rows: Vec<EmailRow>) -> Result<Merged, Error> {
        let mut cases = Cases::default();
        let mut incoming = Vec::new();
        for row in rows {
            let Some(parent) = &row.parent_id else { continue };
            let Some(case) = cases.of(self, parent).await? else { continue };
            let parts = [&row.subject, &row.text_body];
            let body = parts.into_iter().flatten().map(|part| part.trim()).collect::<Vec<_>>().join("\n\n");
            let said = Said {
                source: PostSource::Email,
                id: row.id.clone(),
                author: row.author(),
                by_staff: row.incoming != Some(true),
                visibility: Visibility::Internal,
                body: Some(body),
                created: row.created_date.into(),
                deleted: row.is_deleted,
            };
            self.take(&mut incoming, case, said, None).await?;
        }
        self.merge(incoming, &cases).await
    }

    async fn take(
        &self,
        incoming: &mut Vec<Incoming>,
        case: CaseId,
        said: Said,
        parent: Option<PostId>,
    ) -> Result<(), Error> {
        let before = self.store.read().posts().by_salesforce_id(&said.id).await?;
        let body = said.body.unwrap_or_default().replace('\0', "");
        if before.is_none() && (body.trim().is_empty() || said.deleted) {
            return Ok(());
        }
        let now = self.clock.now();
        let post = OrgPost {
            id: PostId::from_uuid(self.random.uuid_v7(now)),
            case_id: case,
            source: said.source,
            salesforce_id: said.id,
            key: None,
            ledger_salesforce_id: None,
            parent_post_id: parent,
            author_user_id: None,
            author_name: said.author,
            author_is_staff: said.by_staff,
            visibility: said.visibility,
            body,
            course_run_id: None,
            run_key: None,
            created_at: said.created,
            deleted_at: said.deleted.then_some(now),
        };
        incoming.push(Incoming { post, before });
        Ok(())
    }

    /// One transaction for a page; then whoever may see a change is told.
    async fn merge(&self, mut incoming: Vec<Incoming>, cases: &Cases) -> Result<Merged, Error> {
        let mut merged = Merged::default();
        keep_order(&mut incoming);
        let mut touched: HashMap<CaseId, Audience> = HashMap::new();
        if incoming.is_empty() {
            return Ok(merged);
        }
        let now = self.clock.now();
        let tx = self.store.begin_repeatable().await?;
        for Incoming { mut post, before } in incoming {
            match &before {
                None if post.deleted_at.is_some() => continue,
                // Deleted is deleted; when doesn't change with every look.
                Some(before) if post.deleted_at.is_some() && before.deleted_at.is_some() => continue,
                Some(before) => post.parent_post_id = post.parent_post_id.or(before.parent_post_id),
                None => {}
            }
            if tx.posts().upsert_from_org(&post, now).await? == Changed::Unchanged {
                continue;
            }
            merged.changed += 1;
            let was = before.as_ref().map_or(post.visibility, |before| before.visibility);
            if was == Visibility::Internal && post.visibility == Visibility::Public {
                merged.published.push(post.salesforce_id.clone());
            }
            let audience = Audience::of(was).widest(Audience::of(post.visibility));
            let case = touched.entry(post.case_id).or_insert(audience);
            *case = case.widest(audience);
        }
        for (case, audience) in &touched {
            self.bump(&tx, *case, *audience).await?;
        }
        tx.commit().await?;
        for (case, audience) in touched {
            if let Some(course) = cases.course_of(case) {
                self.live.publish(course, audience);
            }
        }
        Ok(merged)
    }
}

/// The org's times are whole seconds as a rule. What was said within one shows in the order of the org's ids, so ours follow them.
fn keep_order(incoming: &mut [Incoming]) {
    let mut ids: Vec<PostId> = incoming.iter().map(|row| row.post.id).collect();
    ids.sort_unstable();
    incoming.sort_by(|one, other| {
        let place = |row: &Incoming| (row.post.created_at, row.post.salesforce_id.as_str().to_owned());
        place(one).cmp(&place(other))
    });
    for (row, id) in incoming.iter_mut().zip(ids) {
        row.post.id = id;
    }
}

/// A row that says who said what, whatever the org calls it.
struct Said {
    source: PostSource,
    id: SalesforceId,
    author: String,
    by_staff: bool,
    body: Option<String>,
    visibility: Visibility,
    created: Timestamp,
    deleted: bool,
}

/// The cases of one page's rows, each looked up once.
#[derive(Default)]
struct Cases(HashMap<SalesforceId, Option<CaseRow>>);

impl Cases {
    async fn of(&mut self, engine: &Engine, parent: &SalesforceId) -> Result<Option<CaseId>, Error> {
        let case = match self.0.entry(parent.clone()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(engine.store.read().cases().by_salesforce_id(parent).await?),
        };
        Ok(case.as_ref().map(|case| case.id))
    }

    fn course_of(&self, case: CaseId) -> Option<CourseId> {
        self.0.values().flatten().find(|row| row.id == case).and_then(|row| row.course_id)
    }
}
