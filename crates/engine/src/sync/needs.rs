//! What the portal needs of an org: every object and field that is read or written here, and how. Preflight asks for it; a test
//! holds it against the records and queries themselves.

use domain::{IsNew, OfacDecision, RunStatus};

use super::{
    course_organizations, ledger,
    records::{ORIGIN, PORTAL_KEY},
    rows::{CaseCommentRow, CaseInOrg, EmailRow, FeedCommentRow, FeedItemRow},
    session::{FeedItemFields, Has},
    sources::Source,
};

/// What an org goes without when it lacks something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Serves {
    /// Threads and the catalogue, and so all of it.
    Everything,
    /// Mail in threads.
    Mail,
    /// What staff change of a case.
    CaseHandling,
}

/// One object, and what is done with its records.
#[derive(Clone, Debug)]
pub(crate) struct ObjectNeed {
    pub(crate) object: &'static str,
    pub(crate) serves: Serves,
    pub(crate) written: Written,
    /// Records are taken away again.
    pub(crate) deleted: bool,
    pub(crate) fields: Vec<FieldNeed>,
    /// Posts hang on its records.
    pub(crate) has_feed: bool,
}

/// When something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Never,
    /// Only when its record is made.
    AtFirst,
    /// Also later.
    Always,
}

#[derive(Clone, Debug)]
pub(crate) struct FieldNeed {
    pub(crate) name: &'static str,
    /// What it is written for.
    pub(crate) serves: Serves,
    pub(crate) written: Written,
    /// It is what records are recognised by: an external id, and unique.
    pub(crate) is_key: bool,
    /// Values of a picklist that are written.
    pub(crate) values: Vec<&'static str>,
}

impl FieldNeed {
    fn new(name: &'static str, written: Written) -> Self {
        Self { name, serves: Serves::Everything, written, is_key: false, values: Vec::new() }
    }

    fn key(name: &'static str, written: Written) -> Self {
        Self { is_key: true, ..Self::new(name, written) }
    }

    fn one_of(name: &'static str, written: Written, values: Vec<&'static str>) -> Self {
        Self { values, ..Self::new(name, written) }
    }
}

impl ObjectNeed {
    /// Written throughout, recognised by the portal's key.
    fn ours<const N: usize>(object: &'static str, fields: [&'static str; N]) -> Self {
        let mut need = Self::read(object, Vec::new());
        need.written = Written::Always;
        need.fields.push(FieldNeed::key(PORTAL_KEY, Written::Always));
        need.fields.extend(fields.map(|name| FieldNeed::new(name, Written::Always)));
        need
    }

    fn read(object: &'static str, columns: Vec<&'static str>) -> Self {
        let fields = columns.into_iter().map(|column| FieldNeed::new(column_field(column), Written::Never)).collect();
        Self { object, serves: Serves::Everything, written: Written::Never, deleted: false, fields, has_feed: false }
    }

    /// A field that is written takes the place of the same field that is read.
    fn with(mut self, field: FieldNeed) -> Self {
        match self.fields.iter_mut().find(|there| there.name == field.name) {
            Some(there) => *there = field,
            None => self.fields.push(field),
        }
        self
    }

    fn written(mut self, written: Written) -> Self {
        self.written = written;
        self
    }

    /// Fields that are asked for beside others, or that rows are chosen by.
    fn also_read<const N: usize>(mut self, names: [&'static str; N]) -> Self {
        for name in names {
            if !self.fields.iter().any(|there| there.name == name) {
                self.fields.push(FieldNeed::new(name, Written::Never));
            }
        }
        self
    }

    fn serves(mut self, serves: Serves) -> Self {
        self.serves = serves;
        self
    }
}

/// The field behind a column: that of the relationship for `CreatedBy.Name`.
fn column_field(column: &'static str) -> &'static str {
    match column {
        "CreatedBy.Name" => "CreatedById",
        "Owner.Name" => "OwnerId",
        "Course__r.Course_Key__c" => "Course__c",
        column => column,
    }
}

/// By which records are found that the org had before the portal came, the oldest first.
const OF_CLAIMED: [&str; 2] = ["Id", "CreatedDate"];

/// In the order in which they hang on one another.
pub(crate) fn needs() -> Vec<ObjectNeed> {
    // What may be absent is not needed: it is asked for only where it is.
    let fields = FeedItemFields { visibility: Has::No, is_rich_text: Has::No, unlabelled: None };
    let mut statuses: Vec<&'static str> = RunStatus::ALL
        .into_iter()
        .flat_map(|status| [IsNew::Yes, IsNew::No].map(|is_new| status.org_value(is_new)))
        .collect();
    statuses.dedup();
    let decisions = [None, Some(false), Some(true)].map(|known| OfacDecision::from_restrictions(known).org_value());
    let at_first = |name| FieldNeed::new(name, Written::AtFirst);
    let always = |name| FieldNeed::new(name, Written::Always);
    let mut case = ObjectNeed::read(CaseInOrg::OBJECT, CaseInOrg::columns(fields))
        .with(FieldNeed::key(PORTAL_KEY, Written::Always))
        .with(always("Subject"))
        .with(always("Course__c"))
        .with(always("Course_Run__c"))
        .with(always("AccountId"))
        // Which values it has is its own question: a case begins with the org's usual status where the portal's is not known.
        .with(always("Status"))
        .with(FieldNeed { serves: Serves::CaseHandling, ..always("OwnerId") })
        .with(FieldNeed::one_of("Origin", Written::AtFirst, vec![ORIGIN]))
        .with(at_first("ContactId"))
        .also_read(["CreatedDate"])
        .written(Written::Always);
    case.has_feed = true;
    let mut links =
        ObjectNeed::ours(course_organizations::OBJECT, ["Course__c", "Publisher_Organization__c", "Position__c"])
            .also_read(["Id"]);
    links.deleted = true;
    let mut ledger = ObjectNeed::read(ledger::OBJECT, ledger::COLUMNS.to_vec())
        .with(FieldNeed::key("Key__c", Written::AtFirst))
        .written(Written::AtFirst);
    for name in [
        "Feed_Item__c",
        "Case__c",
        "Contact__c",
        "Course_Run__c",
        "Author_Name__c",
        "Author_Username__c",
        "Author_Role__c",
        "Visibility__c",
        "Modified__c",
    ] {
        ledger = ledger.with(at_first(name));
    }
    vec![
        ObjectNeed::ours("Account", ["Name"]),
        ObjectNeed::ours("Publisher_Organization__c", ["Organization_Name__c", "Organization_Key__c", "Account__c"])
            .also_read(OF_CLAIMED),
        ObjectNeed::ours(
            "Course__c",
            [
                "Course_Name__c",
                "Course_Key__c",
                "Link_to_Publisher__c",
                "Link_to_Admin_Portal__c",
                "Publisher_Organization__c",
            ],
        )
        .also_read(OF_CLAIMED),
        links,
        ObjectNeed::ours(
            "Course_Run__c",
            [
                "Course__c",
                "Course_Run_Name__c",
                "Course_Number__c",
                "Course_Start_Date__c",
                "Course_End_Date__c",
                "Expected_Go_Live_Date__c",
                "Link_to_Admin_Portal__c",
            ],
        )
        .with(FieldNeed::one_of("Publisher_Status__c", Written::Always, statuses))
        .with(FieldNeed::one_of("OFAC_Review_Decision__c", Written::Always, decisions.to_vec()))
        .also_read(OF_CLAIMED),
        ObjectNeed::ours("Contact", ["FirstName", "LastName", "Email", "AccountId"]),
        case,
        ObjectNeed::read(FeedItemRow::OBJECT, FeedItemRow::columns(fields))
            .with(at_first("ParentId"))
            .with(at_first("Body"))
            .written(Written::AtFirst),
        ledger,
        ObjectNeed::read(FeedCommentRow::OBJECT, FeedCommentRow::columns(fields)),
        ObjectNeed::read(CaseCommentRow::OBJECT, CaseCommentRow::columns(fields)),
        ObjectNeed::read(EmailRow::OBJECT, EmailRow::columns(fields)).serves(Serves::Mail),
        ObjectNeed::read("CaseStatus", vec!["MasterLabel", "ApiName", "IsClosed", "IsDefault", "SortOrder"])
            .serves(Serves::CaseHandling),
        ObjectNeed::read("QueueSobject", vec!["QueueId", "SobjectType"]).serves(Serves::CaseHandling),
        ObjectNeed::read("Group", vec!["Id", "Name", "Type"]).serves(Serves::CaseHandling),
        ObjectNeed::read("User", vec!["Id", "Name", "IsActive", "UserType"]).serves(Serves::CaseHandling),
    ]
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

    use domain::{
        CaseId, CourseId, CourseKey, CourseRunId, Email, OrganizationId, OrganizationKey, PersonName, PostId, PostKey,
        PostSource, PostState, Role, RunKey, SalesforceId, SystemClock, SystemRandom, Timestamp, UserId, Username,
        Visibility,
    };
    use serde_json::{Map, Value};
    use store::{Backend, CaseRow, CourseRow, OrganizationRow, PostRow, RunRow, UserRow};
    use uuid::Uuid;

    use super::*;
    use crate::{
        Engine, EngineOptions, Limits,
        sync::{
            ancestors::Place,
            case_delivery::handled,
            case_values::{people, queues, statuses},
            course_organizations::links_of,
            ensure::claimed_or_free,
            history::load::LEDGER_COLUMNS,
            old_cases::cases_of,
            post::{feed_item_record, ledger_record},
            records::{CaseParents, Wanted, account_of, case_record, contact_record, organization_record},
        },
    };

    const NOW: Timestamp = Timestamp::from_micros(0);

    fn id(prefix: &str) -> SalesforceId {
        SalesforceId::new(&format!("{prefix}000000000001")).unwrap()
    }

    /// Names of the fields that go into an object's records, by what the code itself sends.
    fn written(need: &ObjectNeed) -> BTreeSet<String> {
        let always = need.fields.iter().filter(|field| field.written != Written::Never);
        always.map(|field| field.name.to_owned()).collect()
    }

    fn sent(wanted: &Wanted) -> BTreeSet<String> {
        let key = std::iter::once(PORTAL_KEY.to_owned());
        wanted.fields.keys().chain(wanted.at_first.keys()).cloned().chain(key).collect()
    }

    fn names(fields: &Map<String, Value>) -> BTreeSet<String> {
        fields.keys().cloned().collect()
    }

    fn need(object: &str) -> ObjectNeed {
        needs().into_iter().find(|need| need.object == object).unwrap()
    }

    /// The names in a query, each with the object it is asked of.
    fn asked(soql: &salesforce::Soql) -> Vec<(String, String)> {
        fn of(text: &str, asked: &mut Vec<(String, String)>) {
            let mut outer = text.to_owned();
            while let Some((before, rest)) = outer.split_once("(SELECT") {
                let (inner, after) = rest.split_once(')').unwrap();
                of(&format!("SELECT{inner}"), asked);
                outer = format!("{before}{after}");
            }
            let values: String = outer.split('\'').step_by(2).collect();
            let words: Vec<&str> = values
                .split(|c: char| !(c.is_alphanumeric() || "_.".contains(c)))
                .filter(|word| word.starts_with(|c: char| c.is_alphabetic()))
                .filter(|word| *word != word.to_uppercase() && !["null", "true", "false"].contains(word))
                .collect();
            let from = outer.split_whitespace().skip_while(|word| *word != "FROM").nth(1).unwrap();
            asked.extend(words.iter().filter(|word| **word != from).map(|word| (from.to_owned(), (*word).to_owned())));
        }
        let mut names = Vec::new();
        of(&soql.text().unwrap(), &mut names);
        names
    }

    #[test]
    fn what_is_asked_for_is_needed() {
        let nil = CourseRow {
            id: CourseId::from_uuid(Uuid::nil()),
            key: CourseKey::new("MITx+1").unwrap(),
            title: "T".to_owned(),
            created_at: NOW,
            updated_at: NOW,
        };
        let known_by = [
            ("Publisher_Organization__c", "Organization_Key__c"),
            ("Course__c", "Course_Key__c"),
            ("Course_Run__c", "Course_Number__c"),
        ]
        .map(|(object, field)| claimed_or_free(object, field, ["k"].into_iter(), ["v"].into_iter()));
        let queries = [
            statuses(),
            queues(),
            people(),
            handled(&id("500")),
            cases_of(std::slice::from_ref(&nil)),
            links_of(["a01000000000001"].into_iter()),
        ];
        let mut objects = BTreeSet::new();
        for (object, name) in queries.iter().chain(&known_by).flat_map(asked) {
            let name = column_field(name.leak());
            assert!(need(&object).fields.iter().any(|field| field.name == name), "{object}.{name}");
            objects.insert(object);
        }
        let expected = ["Case", "CaseStatus", "Course_Organization__c", "Course_Run__c", "Course__c", "Group"];
        let expected: BTreeSet<_> = expected
            .into_iter()
            .chain(["Publisher_Organization__c", "QueueSobject", "User"])
            .map(str::to_owned)
            .collect();
        assert_eq!(objects, expected);
    }

    #[tokio::test]
    async fn what_is_needed_is_what_is_sent() {
        let database = store::testing::database(Backend::Sqlite).await;
        let engine = Engine::new(EngineOptions {
            store: database.store.clone(),
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            org: None,
            uploads: PathBuf::new(),
            limits: Limits::default(),
        })
        .unwrap();
        let nil = Uuid::nil();
        let organization = OrganizationRow {
            id: OrganizationId::from_uuid(nil),
            key: OrganizationKey::new("MITx").unwrap(),
            name: "MITx".to_owned(),
            created_at: NOW,
            updated_at: NOW,
        };
        let course = CourseRow {
            id: CourseId::from_uuid(nil),
            key: CourseKey::new("MITx+1").unwrap(),
            title: "T".to_owned(),
            created_at: NOW,
            updated_at: NOW,
        };
        let run = RunRow {
            id: CourseRunId::from_uuid(nil),
            key: RunKey::new("course-v1:MITx+1+1").unwrap(),
            course_id: course.id,
            title: "T".to_owned(),
            start_at: None,
            end_at: None,
            go_live_at: None,
            status: RunStatus::Published,
            ofac: OfacDecision::NotReviewed,
            is_new: IsNew::No,
            created_at: NOW,
            updated_at: NOW,
        };
        let user = UserRow {
            id: UserId::from_uuid(nil),
            email: Email::new("a@example.org").unwrap(),
            username: Username::new("a").unwrap(),
            name: PersonName { first: "A".to_owned(), last: "B".to_owned() },
            role: Role::Partner,
            password_hash: "".into(),
            account_salesforce_id: None,
            disabled_at: None,
            created_at: NOW,
            updated_at: NOW,
        };
        let case = CaseRow {
            id: CaseId::from_uuid(nil),
            course_id: Some(course.id),
            course_run_id: None,
            portal_key: "k".to_owned(),
            is_default: true,
            subject: "S".to_owned(),
            status: "Open".to_owned(),
            priority: None,
            case_number: None,
            salesforce_id: None,
            synced_at: None,
            version: 0,
            public_version: 0,
            created_at: NOW,
            updated_at: NOW,
        };
        let (course_id, run_id, account_id, contact_id) = (id("a01"), id("a02"), id("001"), id("003"));
        let parents = CaseParents {
            course: Some(&course_id),
            run: Some(&run_id),
            account: Some(&account_id),
            contact: Some(&contact_id),
        };
        let records = [
            account_of(&organization),
            organization_record(&organization, &id("001")),
            engine.course_record(&course, Some(&id("a00"))),
            engine.run_record(&run, &id("a01")),
            contact_record(&user, Some(&id("001"))),
            case_record(&case, &parents, "Open"),
        ];
        for wanted in &records {
            let mut sent = sent(wanted);
            // Later, and only when staff choose one.
            sent.extend((wanted.object == "Case").then(|| "OwnerId".to_owned()));
            assert_eq!(written(&need(wanted.object)), sent, "{}", wanted.object);
            let keys = need(wanted.object).fields.into_iter().filter(|field| field.is_key).map(|field| field.name);
            assert_eq!(keys.collect::<Vec<_>>(), [PORTAL_KEY]);
        }
        let post = PostRow {
            id: PostId::from_uuid(nil),
            case_id: case.id,
            source: PostSource::Portal,
            key: Some(PostKey::from_uuid(nil)),
            salesforce_id: None,
            ledger_salesforce_id: None,
            parent_post_id: None,
            author_user_id: Some(user.id),
            author_name: "A B".to_owned(),
            author_is_staff: false,
            visibility: Visibility::Public,
            body: "b".to_owned(),
            course_run_id: None,
            run_key: None,
            content_hash: None,
            state: PostState::Queued,
            created_at: NOW,
            changed_at: NOW,
            deleted_at: None,
        };
        let place = Place { case: id("500"), contact: id("003"), run: None };
        let item = feed_item_record(&post, "b", &place, Has::No);
        assert_eq!(written(&need("FeedItem")), names(&item));
        let row = ledger_record(&post, &user, PostKey::from_uuid(nil), &place);
        let mut rows = names(&row);
        rows.extend(LEDGER_COLUMNS.map(str::to_owned));
        assert_eq!(written(&need(ledger::OBJECT)), rows);
        let fields = FeedItemFields { visibility: Has::No, is_rich_text: Has::No, unlabelled: None };
        for (object, columns) in [
            (CaseInOrg::OBJECT, CaseInOrg::columns(fields)),
            (FeedItemRow::OBJECT, FeedItemRow::columns(fields)),
            (FeedCommentRow::OBJECT, FeedCommentRow::columns(fields)),
            (CaseCommentRow::OBJECT, CaseCommentRow::columns(fields)),
            (EmailRow::OBJECT, EmailRow::columns(fields)),
            (ledger::OBJECT, ledger::COLUMNS.to_vec()),
        ] {
            let need = need(object);
            for column in columns.into_iter().map(column_field) {
                assert!(need.fields.iter().any(|field| field.name == column), "{object}.{column}");
            }
        }
    }
}
