//! Delivering what people here want a case's status and owner to be. Sent twice it has one effect, so nothing need be remembered of
//! a try whose answer was lost. Afterwards the org is asked what it made of it: its own people and rules have the last word.

use domain::SalesforceId;
use salesforce::{Field, Repeat, Soql};
use serde_json::{Map, json};
use store::{CaseHandlingRow, CaseRow, OrgCase};

use super::{
    deliver::{Claim, Verdict},
    rows::HandledRow,
    session::OrgSession,
};
use crate::{Engine, Error, live::Audience};

const NOT_THERE: &str = "The case is not in Salesforce yet, because its first comment was not accepted there.";

enum Outcome {
    /// With what the org made of it, unless it hides the case from us.
    Taken(Option<HandledRow>),
    /// Nothing is wanted any more.
    Nothing,
    /// For good; the sentence is for staff.
    Refused(String),
}

impl Engine {
    pub(super) async fn deliver_case(&self, claim: &Claim) -> Result<(), Error> {
        let reader = self.store.read();
        let id = claim.delivery.subject_id.into();
        let (case, wanted) = (reader.cases().by_id(id).await?, reader.case_handling().of(id).await?);
        let subject = case.zip(wanted);
        let outcome = match &subject {
            Some((case, wanted)) => self.send_wishes(&claim.session, case, wanted).await,
            None => Ok(Outcome::Nothing),
        };
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => match self.verdict(error).await? {
                Verdict::Refused { reason, code } => {
                    tracing::warn!(delivery.id = %claim.delivery.id, salesforce.code = code, "a change of a case was refused by the org");
                    Outcome::Refused(reason)
                }
                Verdict::Later(error) => return self.put_off(claim, &error).await,
                Verdict::Reconnect(error) => {
                    self.release(claim).await?;
                    return self.pause(&claim.session, &error).await;
                }
            },
        };
        if matches!(outcome, Outcome::Taken(_)) {
            self.org_answered().await?;
        }
        self.settle_wishes(claim, subject.as_ref(), &outcome).await
    }

    async fn send_wishes(
        &self,
        session: &OrgSession,
        case: &CaseRow,
        wanted: &CaseHandlingRow,
    ) -> Result<Outcome, Error> {
        let mut fields = Map::new();
        if let Some(status) = &wanted.wanted_status {
            fields.insert("Status".to_owned(), json!(status));
        }
        if let Some(owner) = &wanted.wanted_owner {
            fields.insert("OwnerId".to_owned(), json!(owner.id));
        }
        if fields.is_empty() {
            return Ok(Outcome::Nothing);
        }
        let Some(id) = &case.salesforce_id else { return Ok(Outcome::Refused(NOT_THERE.to_owned())) };
        session.client.update("Case", id, &fields, Repeat::Safe).await?;
        let mut rows: Vec<HandledRow> = session.client.query_all(&handled(id)).await?;
        Ok(Outcome::Taken(rows.pop()))
    }

    async fn settle_wishes(
        &self,
        claim: &Claim,
        subject: Option<&(CaseRow, CaseHandlingRow)>,
        outcome: &Outcome,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let wanted_status = subject.and_then(|(_, wanted)| wanted.wanted_status.as_ref());
        let audience = if wanted_status.is_some() { Audience::Everyone } else { Audience::Internal };
        let tx = self.store.begin_repeatable().await?;
        let refusal = match outcome {
            Outcome::Taken(_) | Outcome::Nothing => None,
            Outcome::Refused(reason) => Some(reason.as_str()),
        };
        if let Some((case, wanted)) = subject.filter(|_| !matches!(outcome, Outcome::Nothing)) {
            if let (Outcome::Taken(Some(taken)), Some(id)) = (outcome, &case.salesforce_id) {
                let org = OrgCase {
                    salesforce_id: id.clone(),
                    case_number: None,
                    status: taken.status.clone(),
                    priority: None,
                };
                tx.cases().set_org(case.id, &org, now).await?;
                if let Some(owner) = taken.owner() {
                    tx.case_handling().set_owner(case.id, &owner, now).await?;
                }
            }
            tx.case_handling().settle(wanted, refusal, now).await?;
            self.bump(&tx, case.id, audience).await?;
        }
        // One that was refused is done with as well: its wish is withdrawn, and why is told on the case.
        tx.deliveries().finish(claim.delivery.id, claim.token, now).await?;
        tx.commit().await?;
        tracing::info!(delivery.id = %claim.delivery.id, delivery.attempts = claim.delivery.attempts, "change of a case settled");
        if let Some(course) = subject.and_then(|(case, _)| case.course_id) {
            self.live.publish(course, audience);
        }
        Ok(())
    }
}

pub(super) fn handled(case: &SalesforceId) -> Soql {
    Soql::select(["Status", "OwnerId", "Owner.Name"]).from("Case").filter(Field("Id").eq(case))
}
