//! The records an org starts with.

use std::{str::FromStr, time::Duration};

use domain::Timestamp;
use serde_json::{Map, Value, json};

use crate::{
    clock::datetime,
    error::ApiError,
    records::{Authority, Transaction},
};

pub(crate) const ORGANIZATION_ID: &str = "00DSB00000000012AA";
const STANDARD_PRICE_BOOK_ID: &str = "01sSB0000000001YAA";
const PROFILE_ID: &str = "00eSB0000000001YAA";
/// `admin@sandbox.test`, whom apps act as.
pub const ADMIN_ID: &str = "005SB0000000001YAA";
/// `riley@sandbox.test`, a person at work in the org.
pub const RILEY_ID: &str = "005SB0000000002YAA";

/// What the org holds at first besides itself and its two users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Seed {
    #[default]
    None,
    /// A little of everything a first query may ask for, and nothing that the portal would take for its own.
    Demo,
    /// That many cases, and posts spread over them.
    Scale { cases: u32, posts: u32 },
}

impl FromStr for Seed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text} is not a seed: give none, demo, or scale:CASES,POSTS such as scale:1000,20000");
        match text {
            "none" => Ok(Self::None),
            "demo" => Ok(Self::Demo),
            _ => {
                let (cases, posts) =
                    text.strip_prefix("scale:").and_then(|rest| rest.split_once(',')).ok_or_else(wrong)?;
                let number = |text: &str| text.trim().parse().map_err(|_| wrong());
                let (cases, posts) = (number(cases)?, number(posts)?);
                if cases == 0 && posts > 0 { Err(wrong()) } else { Ok(Self::Scale { cases, posts }) }
            }
        }
    }
}

fn add(transaction: &mut Transaction<'_>, object: &str, body: &Value) -> Result<String, ApiError> {
    static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    transaction.insert(object, body.as_object().unwrap_or(&EMPTY), Authority::System)
}

/// Records planted by one step at most.
const STEP: u32 = 10_000;
const POSTS_A_SECOND: u32 = 10;

/// A seed on its way into an org.
pub(crate) struct Planting {
    seed: Seed,
    organization: String,
    now: Timestamp,
    begun: bool,
    cases: Vec<String>,
    posts: u32,
}

pub(crate) enum Progress {
    More,
    Done,
}

impl Planting {
    pub(crate) fn new(seed: Seed, organization: &str, now: Timestamp) -> Self {
        Self { seed, organization: organization.to_owned(), now, begun: false, cases: Vec::new(), posts: 0 }
    }

    /// # Errors
    /// The org refuses a record of the seed.
    pub(crate) fn step(&mut self, transaction: &mut Transaction<'_>) -> Result<Progress, ApiError> {
        if !self.begun {
            self.begun = true;
            organization(transaction, &self.organization)?;
            if self.seed == Seed::Demo {
                demo(transaction)?;
            }
            return Ok(Progress::More);
        }
        let Seed::Scale { cases, posts } = self.seed else { return Ok(Progress::Done) };
        let planted = u32::try_from(self.cases.len()).unwrap_or(u32::MAX);
        if planted < cases {
            for number in planted..cases.min(planted + STEP) {
                self.cases.push(case(transaction, number)?);
            }
            return Ok(Progress::More);
        }
        let end = posts.min(self.posts + STEP);
        for number in self.posts..end {
            let place = usize::try_from(number).unwrap_or(0) % self.cases.len().max(1);
            let Some(case) = self.cases.get(place) else { break };
            post(transaction, number, case, &self.written(number, posts))?;
        }
        self.posts = end;
        Ok(if end < posts { Progress::More } else { Progress::Done })
    }

    /// When a post was written: the last of them now.
    fn written(&self, number: u32, posts: u32) -> String {
        let seconds = posts.saturating_sub(number + 1) / POSTS_A_SECOND;
        datetime(self.now.saturating_sub(Duration::from_secs(u64::from(seconds))))
    }
}

fn organization(transaction: &mut Transaction<'_>, id: &str) -> Result<(), ApiError> {
    add(
        transaction,
        "Organization",
        &json!({ "Id": id, "Name": "Sandbox Org", "IsSandbox": true, "InstanceName": "SBX0" }),
    )?;
    let license = json!({
        "Name": "Salesforce", "MasterLabel": "Salesforce", "LicenseDefinitionKey": "SFDC", "TotalLicenses": 2, "UsedLicenses": 2,
    });
    let license = add(transaction, "UserLicense", &license)?;
    add(
        transaction,
        "Profile",
        &json!({ "Id": PROFILE_ID, "Name": "System Administrator", "UserType": "Standard", "UserLicenseId": license }),
    )?;
    add(
        transaction,
        "Pricebook2",
        &json!({ "Id": STANDARD_PRICE_BOOK_ID, "Name": "Standard Price Book", "IsActive": true, "IsStandard": true }),
    )?;
    let user = |id: &str, first: &str, last: &str, email: &str, alias: &str| {
        json!({
            "Id": id, "FirstName": first, "LastName": last, "Username": email, "Email": email, "Alias": alias,
            "CommunityNickname": alias, "ProfileId": PROFILE_ID, "IsActive": true, "UserType": "Standard",
            "TimeZoneSidKey": "GMT", "LocaleSidKey": "en_US", "EmailEncodingKey": "UTF-8", "LanguageLocaleKey": "en_US",
        })
    };
    add(transaction, "User", &user(ADMIN_ID, "Sandbox", "Admin", "admin@sandbox.test", "admin"))?;
    add(transaction, "User", &user(RILEY_ID, "Riley", "Reviewer", "riley@sandbox.test", "riley"))?;
    Ok(())
}

fn demo(transaction: &mut Transaction<'_>) -> Result<(), ApiError> {
    let product = json!({ "Name": "Course seat", "ProductCode": "SEAT", "IsActive": true });
    let product = add(transaction, "Product2", &product)?;
    let price =
        json!({ "Pricebook2Id": STANDARD_PRICE_BOOK_ID, "Product2Id": product, "UnitPrice": 100, "IsActive": true });
    let price = add(transaction, "PricebookEntry", &price)?;
    for (account, first, last, email, stage, origin) in [
        ("Northwind College", "Noor", "Haddad", "noor@northwind.test", "Qualification", "Phone"),
        ("Acme Learning", "Alex", "Moreau", "alex@acme.test", "Negotiation/Review", "Web"),
    ] {
        let name = format!("Seats for {account}");
        let account = add(transaction, "Account", &json!({ "Name": account, "Industry": "Education" }))?;
        let contact = json!({ "AccountId": account, "FirstName": first, "LastName": last, "Email": email });
        let contact = add(transaction, "Contact", &contact)?;
        let deal = json!({ "Name": name, "AccountId": account, "StageName": stage, "CloseDate": "2027-03-31" });
        let deal = add(transaction, "Opportunity", &deal)?;
        let line = json!({ "OpportunityId": deal, "PricebookEntryId": price, "Quantity": 10 });
        add(transaction, "OpportunityLineItem", &line)?;
        // Not of the portal: without its key, and from elsewhere.
        let case =
            json!({ "Subject": "How are seats renewed?", "ContactId": contact, "Origin": origin, "Status": "New" });
        add(transaction, "Case", &case)?;
    }
    Ok(())
}

fn case(transaction: &mut Transaction<'_>, number: u32) -> Result<String, ApiError> {
    const STATUSES: [&str; 4] = ["Open", "Open", "New", "Closed"];
    let status = usize::try_from(number).ok().and_then(|number| STATUSES.get(number % STATUSES.len()));
    let case = json!({ "Subject": format!("Course {number} Comments"), "Status": status, "Origin": "Publisher" });
    add(transaction, "Case", &case)
}

/// Every seventh post is internal, every fifth is Riley's.
fn post(transaction: &mut Transaction<'_>, number: u32, case: &str, written: &str) -> Result<(), ApiError> {
    const WORDS: [&str; 12] = [
        "syllabus",
        "video",
        "captions",
        "quiz",
        "dates",
        "certificate",
        "forum",
        "staff",
        "review",
        "launch",
        "image",
        "transcript",
    ];
    let word = |number: u32| usize::try_from(number).ok().and_then(|n| WORDS.get(n % WORDS.len())).unwrap_or(&"");
    let body = format!(
        "Post {number}: the {} of the {} and the {} are ready.",
        word(number),
        word(number / 12),
        word(number / 144)
    );
    let post = json!({
        "ParentId": case,
        "Body": body,
        "Visibility": if number % 7 == 6 { "InternalUsers" } else { "AllUsers" },
        "CreatedById": if number % 5 == 4 { RILEY_ID } else { ADMIN_ID },
        "CreatedDate": written,
        "LastModifiedDate": written,
        "SystemModstamp": written,
    });
    add(transaction, "FeedItem", &post).map(drop)
}

#[cfg(test)]
mod tests {
    use super::Seed;

    #[test]
    fn seeds_are_read_from_the_command_line() {
        assert_eq!("none".parse(), Ok(Seed::None));
        assert_eq!("demo".parse(), Ok(Seed::Demo));
        assert_eq!("scale:10,200".parse(), Ok(Seed::Scale { cases: 10, posts: 200 }));
        for wrong in ["", "scale", "scale:1", "scale:a,b", "scale:0,5", "Demo"] {
            assert!(wrong.parse::<Seed>().is_err(), "{wrong}");
        }
    }
}
