//! A long thread on the page: a window of it, with links to the others that need no scripts.

use std::time::Duration;

use domain::{Clock, CommentBody, CourseKey, PostKey, SalesforceId, SystemClock, Timestamp, Visibility};
use engine::{NewComment, Wait};
use serde_json::{Value, json};
use store::{CourseUpsert, LoadedPost};
use uuid::Uuid;

use crate::support::{Answer, Portal};

const WINDOW: usize = 200;
const POSTS: usize = 500;

fn id(n: usize) -> Uuid {
    Uuid::from_u128(0x1000_0000 + n as u128)
}

/// A course with this many comments from before the portal; every tenth is internal.
async fn portal_with_history() -> Portal {
    let portal = Portal::start().await;
    let mia = portal.engine.actor(portal.people.mia).await.unwrap().unwrap();
    let key = PostKey::from_uuid(Uuid::from_u128(7));
    let last = NewComment { key, body: "the last word".to_owned(), visibility: Visibility::Public, run: None };
    let last = portal.engine.post_comment(&mia, Portal::circuits(), last, Wait::ForNothing).await.unwrap();
    let store = &portal.database.store;
    let case_id = store.read().posts().by_id(last.id).await.unwrap().unwrap().case_id;
    let start = Timestamp::from_micros(1_700_000_000_000_000);
    let loaded: Vec<LoadedPost> = (0..POSTS)
        .map(|n| LoadedPost {
            id: id(n).into(),
            case_id,
            key: Uuid::from_u128(0x2000_0000 + n as u128).into(),
            salesforce_id: SalesforceId::new(&format!("0D5{n:012}")).unwrap(),
            ledger_salesforce_id: None,
            author_user_id: None,
            author_name: "Ann Ames".to_owned(),
            author_is_staff: false,
            visibility: if n % 10 == 9 { Visibility::Internal } else { Visibility::Public },
            body: CommentBody::new(&format!("word {n}.")).unwrap(),
            course_run_id: None,
            run_key: None,
            created_at: start.saturating_add(Duration::from_secs(n as u64)),
        })
        .collect();
    let tx = store.begin().await.unwrap();
    tx.posts().insert_loaded(&loaded, start).await.unwrap();
    tx.cases().bump_version(case_id, Visibility::Public).await.unwrap();
    tx.commit().await.unwrap();
    portal
}

/// The numbers of the posts that the page's markup shows, without what scripts are handed.
fn shown(page: &Answer) -> Vec<usize> {
    let (markup, _) = page.text().split_once("<script type=\"application/json\"").unwrap();
    let words = markup.split("\"post-body\"").skip(1).filter_map(|body| body.split_once("word ")?.1.split_once('.'));
    words.filter_map(|(number, _)| number.parse().ok()).collect()
}

/// The address of the link with these words.
fn link(page: &Answer, words: &str) -> Option<String> {
    let (before, _) = page.text().split_once(&format!(">{words}</a>"))?;
    let (_, address) = before.rsplit_once("href=\"")?;
    Some(address.split_once('"')?.0.to_owned())
}

#[tokio::test]
async fn the_page_of_a_long_thread_is_its_latest_with_links_to_the_rest() {
    let portal = portal_with_history().await;
    let mut mia = portal.mia().await;
    let partners: Vec<usize> = (0..POSTS).filter(|n| n % 10 != 9).collect();
    let latest = mia.get(&Portal::course_page()).await;
    latest.shows("the last word");
    latest.shows("<span class=\"thread-count\">451</span>");
    latest.shows("id=\"comment\"");
    assert_eq!(link(&latest, "Later comments"), None);
    let mut read = shown(&latest);
    assert_eq!(read.len(), WINDOW - 1);

    let earlier = mia.get(&link(&latest, "Earlier comments").unwrap()).await;
    earlier.hides("the last word");
    earlier.shows("<span class=\"thread-count\">451</span>");
    // One writes beneath the latest.
    earlier.hides("id=\"comment\"");
    assert_eq!(link(&earlier, "Latest comments"), Some(Portal::course_page()));
    assert_eq!(shown(&earlier).len(), WINDOW);
    read.splice(0..0, shown(&earlier));

    let first = mia.get(&link(&earlier, "Earlier comments").unwrap()).await;
    assert_eq!((link(&first, "Earlier comments"), shown(&first).len()), (None, WINDOW));
    let new = shown(&first).into_iter().take_while(|n| *n != read[0]).collect::<Vec<_>>();
    read.splice(0..0, new);
    assert_eq!(read, partners);

    // And back, by links that land on the post that comes next.
    let later = link(&first, "Later comments").unwrap();
    let (path, anchor) = later.split_once('#').unwrap();
    let next = mia.get(path).await;
    next.shows(&format!("id=\"{anchor}\""));
    assert_eq!(shown(&next)[0], shown(&first)[WINDOW - 1] + 1);
}

#[tokio::test]
async fn a_posts_own_address_finds_it_wherever_it_is_and_says_nothing_of_a_hidden_one() {
    let portal = portal_with_history().await;
    let (mut mia, mut sam) = (portal.mia().await, portal.sam().await);
    let page = Portal::course_page();
    for n in [0, 18, 250, 498] {
        let address = format!("{page}?from={}", id(n));
        let found = mia.get(&address).await;
        found.shows(&format!("id=\"post-{}\"", id(n)));
        // What the page itself hands out.
        assert!(found.text().contains(&format!("href=\"{address}#post-{}\"", id(n))), "{n}");
    }
    let latest = shown(&mia.get(&page).await);
    for nothing in [id(9), id(POSTS + 1)] {
        for query in ["from", "before"] {
            assert_eq!(shown(&mia.get(&format!("{page}?{query}={nothing}")).await), latest, "{query}={nothing}");
        }
    }
    assert_eq!(shown(&mia.get(&format!("{page}?before=x&from=%3Cscript%3E")).await), latest);
    assert_eq!(shown(&sam.get(&format!("{page}?from={}", id(9))).await)[0], 9);
}

#[tokio::test]
async fn the_thread_function_answers_with_the_window_that_the_page_showed() {
    let portal = portal_with_history().await;
    let mut mia = portal.mia().await;
    let mut thread = async |from: Value| -> Value {
        let arguments = json!({"course": Portal::circuits(), "from": from});
        serde_json::from_slice(&mia.call("get_thread", &arguments).await.body).unwrap()
    };
    let latest = thread(Value::Null).await;
    assert_eq!(latest["posts"].as_array().unwrap().len(), WINDOW);
    assert_eq!((latest["total"].as_u64(), latest["earlier"].as_bool()), (Some(451), Some(true)));
    assert!(latest["later"].is_null());
    let first = thread(json!(id(0))).await;
    assert_eq!(first["posts"][0]["id"], json!(id(0)));
    assert_eq!((first["earlier"].as_bool(), first["later"].is_string()), (Some(false), true));
    // From where nothing follows that the latest doesn't hold: the latest.
    assert_eq!(thread(latest["posts"][3]["id"].clone()).await["posts"], latest["posts"]);
}

#[tokio::test]
async fn a_title_without_visible_characters_is_called_by_its_key() {
    let portal = Portal::start().await;
    // None is taken any more; one may be there from before.
    let reader = portal.database.store.read();
    let organizations = reader.catalogue().organizations_of(Portal::circuits()).await.unwrap();
    let tx = portal.database.store.begin().await.unwrap();
    let blank = CourseUpsert {
        id: Portal::circuits(),
        key: CourseKey::new("MITx+6.002x").unwrap(),
        title: "\u{3164}\u{200b}".to_owned(),
        organizations: organizations.iter().map(|organization| organization.id).collect(),
    };
    tx.catalogue().upsert_course(&blank, SystemClock.now()).await.unwrap();
    tx.commit().await.unwrap();
    let mut sam = portal.sam().await;
    for path in ["/courses".to_owned(), format!("{}/cases/new", Portal::course_page())] {
        assert_eq!(link(&sam.get(&path).await, "MITx+6.002x"), Some(Portal::course_page()), "{path}");
    }
    sam.get("/admin/courses").await.shows("<bdi>MITx+6.002x</bdi></a>");
    sam.get(&Portal::course_page()).await.shows(">MITx+6.002x</h1>");
}
