//! The third reading: what the file holds is what the org and the threads show, comment by comment.

use std::{collections::HashMap, path::Path};

use domain::{CourseId, ParsedFeedText, PostKey, SalesforceId, Timestamp};
use salesforce::{DateTime, MAX_READ};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use store::PostRow;

use super::{
    CourseProof, HistoryProgress, HistoryStep, HistoryWatch, Refused, Scan, Tally,
    check::{Comment, first_half, in_org},
};
use crate::{Engine, Error, feed_text, sync::session::OrgSession};

#[derive(Deserialize)]
struct Row {
    #[serde(rename = "Body")]
    body: Option<String>,
    #[serde(rename = "CreatedDate")]
    created: DateTime,
}

#[derive(Default)]
struct Tallies {
    file: Tally,
    org: Tally,
    threads: Tally,
}

impl Engine {
    /// Reads the file once more and looks each comment up on both sides, save those the org refused.
    pub(super) async fn prove(
        &self,
        session: &OrgSession,
        file: &Path,
        good: u64,
        refused: &Refused,
        watch: &dyn HistoryWatch,
    ) -> Result<Vec<CourseProof>, Error> {
        watch.progress(HistoryProgress { step: HistoryStep::Proving, done: 0, total: good });
        let mut scan = Scan::open(file)?;
        let mut courses: HashMap<CourseId, Tallies> = HashMap::new();
        let mut some = Vec::with_capacity(MAX_READ);
        let mut done = 0;
        loop {
            let next = match scan.next(self).await? {
                Some(Ok(comment)) if refused.contains_key(&comment.line) => continue,
                Some(Err(_)) => continue,
                Some(Ok(comment)) => Some(comment),
                None => None,
            };
            let at_end = next.is_none();
            some.extend(next);
            if some.len() >= MAX_READ || at_end {
                self.look_up(session, &some, &mut courses).await?;
                done += some.len() as u64;
                some.clear();
                watch.progress(HistoryProgress { step: HistoryStep::Proving, done, total: good });
            }
            if at_end {
                break;
            }
        }
        let mut proofs = Vec::with_capacity(courses.len());
        for (course, Tallies { file, org, threads }) in courses {
            let row = self.store.read().catalogue().course(course).await?;
            let key = row.map_or_else(String::new, |row| row.key.to_string());
            proofs.push(CourseProof { course, key, file, org, threads });
        }
        proofs.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        Ok(proofs)
    }

    async fn look_up(
        &self,
        session: &OrgSession,
        comments: &[Comment],
        courses: &mut HashMap<CourseId, Tallies>,
    ) -> Result<(), Error> {
        let keys: Vec<PostKey> = comments.iter().map(|comment| comment.key).collect();
        let posts = self.store.read().posts().by_keys(&keys).await?;
        let posts: HashMap<PostKey, PostRow> = posts
            .into_iter()
            .filter_map(|post| Some((post.key?, post)))
            .filter(|(_, post)| post.deleted_at.is_none())
            .collect();
        let ids: Vec<SalesforceId> = posts.values().filter_map(|post| post.salesforce_id.clone()).collect();
        let mut rows: HashMap<SalesforceId, Row> = HashMap::new();
        if !ids.is_empty() {
            let found = session.client.retrieve_all("FeedItem", &ids, &["Id", "Body", "CreatedDate"]).await?;
            rows.extend(ids.into_iter().zip(found).filter_map(|(id, row)| Some((id, row?))));
        }
        for comment in comments {
            let tallies = courses.entry(comment.course).or_default();
            let run = comment.run.as_ref().map(|(_, key)| key.as_str());
            let body = comment.body.as_str();
            tallies.file.add(hash(comment.author.label.as_str(), run, body, comment.created));
            let Some(post) = posts.get(&comment.key) else { continue };
            // The thread shows names, the form a label; the one stands for the other where the name is right.
            let author =
                if post.author_name == comment.author.name { comment.author.label.as_str() } else { &post.author_name };
            tallies.threads.add(hash(author, post.run_key.as_deref(), &post.body, post.created_at));
            let Some(row) = post.salesforce_id.as_ref().and_then(|id| rows.get(id)) else { continue };
            let text = feed_text::unshield(row.body.as_deref().unwrap_or_default());
            let hashed = match ParsedFeedText::parse(&text) {
                Some(form) => hash(form.author, form.run_key, form.body, row.created.into()),
                None => hash("", None, &text, row.created.into()),
            };
            tallies.org.add(hashed);
        }
        Ok(())
    }
}

/// Of what an org can hold of it.
fn hash(author: &str, run: Option<&str>, body: &str, created: Timestamp) -> u128 {
    let body = feed_text::as_kept(body);
    let mut hash = Sha256::new();
    for part in [
        author.as_bytes(),
        run.unwrap_or_default().as_bytes(),
        body.as_bytes(),
        &in_org(created).as_micros().to_le_bytes(),
    ] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    first_half(&hash.finalize())
}
