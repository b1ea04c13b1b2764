//! Small numbers made into people, courses, cases and posts.

use domain::{
    CaseId, CommentBody, CourseId, CourseKey, Email, OrganizationId, OrganizationKey, PersonName, PostId, PostKey,
    PostSource, Role, SalesforceId, Timestamp, UserId, Username, Visibility,
};
use store::{CourseUpsert, NewCase, NewPost, NewUser, OrgPost, OrganizationUpsert, Store};
use uuid::Uuid;

pub(crate) fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

/// `n` seconds after the beginning.
pub(crate) fn at(n: i64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000 + n * 1_000_000)
}

pub(crate) fn record(prefix: &str, n: u64) -> SalesforceId {
    SalesforceId::new(&format!("{prefix}{n:012}")).unwrap()
}

pub(crate) fn new_user(n: u128) -> NewUser {
    NewUser {
        id: uuid(n).into(),
        email: Email::new(&format!("user{n}@example.org")).unwrap(),
        username: Username::new(&format!("user{n}")).unwrap(),
        name: PersonName { first: "First".into(), last: format!("Last{n}") },
        role: Role::Partner,
        password_hash: format!("$argon2id$hash{n}").into(),
        account_salesforce_id: None,
        created_at: at(0),
    }
}

pub(crate) async fn user(store: &Store, n: u128) -> UserId {
    let new = new_user(n);
    let tx = store.begin().await.unwrap();
    tx.users().insert(&new).await.unwrap();
    tx.commit().await.unwrap();
    new.id
}

pub(crate) async fn organization(store: &Store, n: u128) -> OrganizationId {
    let upsert =
        OrganizationUpsert { key: OrganizationKey::new(format!("Org{n}")).unwrap(), name: format!("Organization {n}") };
    let tx = store.begin().await.unwrap();
    let (row, _) = tx.catalogue().upsert_organization(&upsert, uuid(n).into(), at(0)).await.unwrap();
    tx.commit().await.unwrap();
    row.id
}

pub(crate) async fn course(store: &Store, n: u128, title: &str, organizations: &[OrganizationId]) -> CourseId {
    let upsert = CourseUpsert {
        id: uuid(n).into(),
        key: CourseKey::new(format!("Org+C{n}")).unwrap(),
        title: title.to_owned(),
        organizations: organizations.to_vec(),
    };
    let tx = store.begin().await.unwrap();
    let (row, _) = tx.catalogue().upsert_course(&upsert, at(0)).await.unwrap();
    tx.commit().await.unwrap();
    row.id
}

pub(crate) fn new_case(n: u128) -> NewCase {
    NewCase {
        id: uuid(n).into(),
        course_run_id: None,
        portal_key: uuid(n).to_string(),
        subject: "Comments".into(),
        status: "New".into(),
        priority: None,
        created_at: at(0),
    }
}

/// The default case of a course.
pub(crate) async fn default_case(store: &Store, course: CourseId, n: u128) -> CaseId {
    let tx = store.begin().await.unwrap();
    let case = tx.cases().ensure_default(course, &new_case(n)).await.unwrap();
    tx.commit().await.unwrap();
    case.id
}

/// A course with its default case.
pub(crate) async fn case(store: &Store, n: u128) -> CaseId {
    let course = course(store, n, &format!("Course {n}"), &[]).await;
    default_case(store, course, n).await
}

pub(crate) fn new_post(n: u128, case: CaseId, author: UserId, visibility: Visibility) -> NewPost {
    NewPost {
        id: uuid(n).into(),
        case_id: case,
        key: PostKey::from(uuid(n + 1_000_000)),
        author_user_id: author,
        author_name: "First Last".into(),
        author_is_staff: false,
        visibility,
        body: CommentBody::new(&format!("post {n}")).unwrap(),
        course_run_id: None,
        run_key: None,
        content_hash: format!("hash{n}"),
        created_at: at(i64::try_from(n).unwrap()),
    }
}

pub(crate) async fn post(store: &Store, n: u128, case: CaseId, author: UserId, visibility: Visibility) -> PostId {
    let new = new_post(n, case, author, visibility);
    let tx = store.begin().await.unwrap();
    tx.posts().insert(&new).await.unwrap();
    tx.commit().await.unwrap();
    new.id
}

pub(crate) fn org_post(n: u128, case: CaseId, record: SalesforceId) -> OrgPost {
    OrgPost {
        id: uuid(n).into(),
        case_id: case,
        source: PostSource::FeedItem,
        salesforce_id: record,
        key: None,
        ledger_salesforce_id: None,
        parent_post_id: None,
        author_user_id: None,
        author_name: "Olga Org".into(),
        author_is_staff: true,
        visibility: Visibility::Public,
        body: format!("org post {n}"),
        course_run_id: None,
        run_key: None,
        created_at: at(i64::try_from(n).unwrap()),
        deleted_at: None,
    }
}

/// One write, committed.
macro_rules! write {
    ($store:expr, |$tx:ident| $work:expr) => {{
        let $tx = $store.begin().await.unwrap();
        let result = $work.await.unwrap();
        $tx.commit().await.unwrap();
        result
    }};
}
pub(crate) use write;
