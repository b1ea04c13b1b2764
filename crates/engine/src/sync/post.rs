//! Delivering a post: one composite request with its ledger row, settled in one transaction. What happens when the answer is
//! lost is decided by the ledger: its key is unique, so the second try is told that the first one landed.

use domain::{AuthorLabel, CommentBody, PostKey, RunKey, SalesforceId, Visibility};
use salesforce::{CompositeRequest, Repeat, Subrequest, reference};
use serde_json::{Map, Value, json};
use store::{Delivered, PostRow, UserRow};

use super::{
    ancestors::{Place, Subject},
    deliver::{Claim, Verdict},
    gone::is_gone,
    ledger,
    records::fields,
    session::{Has, OrgSession},
};
use crate::{DeletedRecords, Engine, Error, feed_text, live::Audience};

/// What became of one try.
enum Outcome {
    Delivered {
        feed_item: SalesforceId,
        ledger: Option<SalesforceId>,
    },
    /// Nothing left to send.
    Gone,
    /// For good; the sentence is for the author.
    Refused {
        reason: String,
        code: Option<String>,
    },
}

impl Engine {
    pub(super) async fn deliver_post(&self, claim: &Claim) -> Result<(), Error> {
        let subject = self.subject(claim.delivery.subject_id.into()).await?;
        let outcome = match &subject {
            Some(subject) => self.send(&claim.session, subject).await,
            None => Ok(Outcome::Gone),
        };
        let settled = match outcome {
            Ok(outcome) => {
                self.org_answered().await?;
                self.settle(claim, subject.as_ref(), outcome).await
            }
            Err(error) => match self.verdict(error).await? {
                Verdict::Refused { reason, code } => {
                    self.settle(claim, subject.as_ref(), Outcome::Refused { reason, code }).await
                }
                Verdict::Later(error) => self.put_off(claim, &error).await,
                Verdict::Reconnect(error) => {
                    self.release(claim).await?;
                    self.pause(&claim.session, &error).await
                }
            },
        };
        if let Some(key) = subject.and_then(|subject| subject.post.key) {
            self.outcomes.settle(key);
        }
        settled
    }

    /// Sends a post, after everything it hangs on. When one of those turns out to be gone from the org, all are made sure of
    /// once more.
    async fn send(&self, session: &OrgSession, subject: &Subject) -> Result<Outcome, Error> {
        if let Some(feed_item) = &subject.post.salesforce_id {
            // The poll has found it in the org already.
            let ledger = subject.post.ledger_salesforce_id.clone();
            return Ok(Outcome::Delivered { feed_item: feed_item.clone(), ledger });
        }
        let fields = self.feed_item_fields(session).await?;
        if subject.post.visibility == Visibility::Internal && fields.visibility == Has::No {
            return Ok(Outcome::Refused {
                reason: "This Salesforce org can't keep a feed post internal (its feed items have no Visibility). The note was not sent; write it in Salesforce instead."
                    .to_owned(),
                code: None,
            });
        }
        let mut rebuilt = false;
        loop {
            let sent = match self.ensure_ancestors(session, subject).await {
                Ok(place) => self.send_to(session, subject, &place, fields.visibility).await,
                Err(error) => Err(error),
            };
            match sent {
                Err(Error::Org(error)) if is_gone(&error) && self.deleted_records().await? == DeletedRecords::Flag => {
                    let reason = format!(
                        "Something in Salesforce that this hangs on was deleted there ({}). An admin decides whether it is made again.",
                        error.message().trim_end_matches('.')
                    );
                    return Ok(Outcome::Refused { reason, code: error.code().map(str::to_owned) });
                }
                Err(Error::Org(error)) if is_gone(&error) && !rebuilt => {
                    tracing::warn!(error = %error, post.id = %subject.post.id, "a record the post hangs on is gone from the org; made again");
                    self.forget_ancestors(&session.org_id, subject).await?;
                    rebuilt = true;
                }
                sent => return sent,
            }
        }
    }

    async fn send_to(
        &self,
        session: &OrgSession,
        subject: &Subject,
        place: &Place,
        has_visibility: Has,
    ) -> Result<Outcome, Error> {
        let Subject { post, author, .. } = subject;
        let author = &author.row;
        let Some(key) = post.key else { return Ok(Outcome::Gone) };
        let run_key = post.run_key.as_deref().map(RunKey::new).transpose()?;
        let label = AuthorLabel::new(&author.name, &author.username);
        let text = feed_text::write(&label, run_key.as_ref(), &CommentBody::new(&post.body)?)?;
        let feed_item = feed_item_record(post, &text, place, has_visibility);
        let ledger = ledger_record(post, author, key, place);
        let request = CompositeRequest {
            all_or_none: true,
            subrequests: vec![
                Subrequest::create("post", "FeedItem", feed_item.into()),
                Subrequest::create("ledger", ledger::OBJECT, ledger.into()),
            ],
        };
        // Safe to repeat: the ledger's key lets only one of them through.
        let response = session.client.composite(&request, Repeat::Safe).await?;
        let Some(failure) = response.first_failure() else {
            let id = |part| response.get(part).and_then(salesforce::Subresponse::id);
            let feed_item = id("post").ok_or_else(|| Error::internal("the org made a FeedItem and told no id"))?;
            return Ok(Outcome::Delivered { feed_item, ledger: id("ledger") });
        };
        // An earlier try landed and its answer was lost.
        if failure.error.code() == Some("DUPLICATE_VALUE")
            && let Some(entry) = self.ledger_entry_of(session, key).await?
        {
            return Ok(Outcome::Delivered { feed_item: entry.feed_item, ledger: Some(entry.id) });
        }
        Err(failure.error.into())
    }

    async fn settle(&self, claim: &Claim, subject: Option<&Subject>, outcome: Outcome) -> Result<(), Error> {
        let now = self.clock.now();
        let (id, token) = (claim.delivery.id, claim.token);
        let tx = self.store.begin_repeatable().await?;
        match (&outcome, subject) {
            (Outcome::Delivered { feed_item, ledger }, Some(subject)) => {
                let delivered =
                    Delivered { feed_item_id: feed_item.clone(), ledger_id: ledger.clone(), created_at: None };
                tx.posts().mark_delivered(subject.post.id, &delivered, now).await?;
                tx.deliveries().finish(id, token, now).await?;
            }
            (Outcome::Refused { reason, code }, Some(subject)) => {
                if tx.deliveries().bury(id, token, now, reason, code.as_deref()).await? {
                    tx.posts().mark_failed(subject.post.id, reason, now).await?;
                }
            }
            (_, _) => {
                tx.deliveries().finish(id, token, now).await?;
            }
        }
        if let Some(subject) = subject {
            self.bump(&tx, subject.case.id, Audience::of(subject.post.visibility)).await?;
        }
        tx.commit().await?;
        let attempts = claim.delivery.attempts;
        match &outcome {
            Outcome::Delivered { .. } => {
                tracing::info!(delivery.id = %id, delivery.attempts = attempts, "post delivered");
            }
            Outcome::Gone => tracing::info!(delivery.id = %id, "nothing to deliver"),
            Outcome::Refused { code, .. } => {
                tracing::warn!(delivery.id = %id, delivery.attempts = attempts, salesforce.code = code, "post refused by the org");
            }
        }
        if let Some(subject) = subject
            && let Some(course) = subject.case.course_id
        {
            self.live.publish(course, Audience::of(subject.post.visibility));
        }
        Ok(())
    }
}

pub(super) fn feed_item_record(post: &PostRow, text: &str, place: &Place, has_visibility: Has) -> Map<String, Value> {
    let mut record = fields([("ParentId", json!(place.case)), ("Body", json!(text))]);
    if has_visibility == Has::Yes {
        let visibility = match post.visibility {
            Visibility::Public => "AllUsers",
            Visibility::Internal => "InternalUsers",
        };
        record.insert("Visibility".to_owned(), json!(visibility));
    }
    record
}

/// Goes with a feed item that is called `post` in the same request.
pub(super) fn ledger_record(post: &PostRow, author: &UserRow, key: PostKey, place: &Place) -> Map<String, Value> {
    fields([
        ("Key__c", json!(key.to_string())),
        ("Feed_Item__c", json!(reference("post", "id"))),
        ("Case__c", json!(place.case)),
        ("Contact__c", json!(place.contact)),
        ("Course_Run__c", json!(place.run)),
        ("Author_Name__c", json!(feed_text::cut(&feed_text::shield(&post.author_name), 255))),
        ("Author_Username__c", json!(feed_text::cut(&feed_text::shield(author.username.as_str()), 150))),
        ("Author_Role__c", json!(author.role.name())),
        ("Visibility__c", json!(post.visibility.name())),
    ])
}
