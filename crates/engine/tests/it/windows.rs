//! A long thread is read a window at a time: every post once, in order, to whoever may see it.

use std::{sync::Arc, time::Duration};

use domain::{
    CaseId, CommentBody, PostId, PostKey, PostSource, PostState, Role, SalesforceId, Thread, Timestamp, Visibility,
};
use engine::{Actor, CaseFilter, Engine, PageRequest, Wait, Window};
use rstest::rstest;
use store::{Backend, LoadedPost, NewPost, OrgPost, PostRow};
use uuid::Uuid;

use crate::portal::{Portal, absent_org, circuits, comment, cs50};

const WINDOW: usize = 200;

/// A thread of many posts, several at the same moment, with internal notes and refused posts among them.
struct Long {
    portal: Portal,
    pat: Arc<Actor>,
    paula: Arc<Actor>,
    sam: Arc<Actor>,
    case: CaseId,
    /// Everything, oldest first.
    rows: Vec<PostRow>,
}

fn id(n: usize) -> PostId {
    // Against the order of time, so that ties show.
    PostId::from_uuid(Uuid::from_u128(0xffff_ffff - n as u128))
}

fn record(n: usize) -> SalesforceId {
    SalesforceId::new(&format!("0D5{n:012}")).unwrap()
}

impl Long {
    async fn new(backend: Backend, posts: usize) -> Self {
        let portal = Portal::new(backend, Some(absent_org())).await;
        let pat = portal.person("pat", Role::Partner, &["MITx"]).await;
        let paula = portal.person("paula", Role::Partner, &["MITx"]).await;
        let sam = portal.person("sam", Role::Staff, &[]).await;
        let engine = &portal.engine;
        let last = engine.post_comment(&pat, circuits(), comment("the last"), Wait::ForNothing).await.unwrap();
        let case = portal.database.store.read().posts().by_id(last.id).await.unwrap().unwrap().case_id;
        let mut long = Self { portal, pat, paula, sam, case, rows: Vec::new() };
        let loaded: Vec<LoadedPost> = (0..posts).map(|n| long.loaded(n)).collect();
        let tx = long.portal.database.store.begin().await.unwrap();
        tx.posts().insert_loaded(&loaded, long.time(posts)).await.unwrap();
        for (n, author) in [(posts / 2, &long.pat), (posts / 2 + 1, &long.paula), (posts, &long.paula)] {
            let key = PostKey::from_uuid(Uuid::from_u128(0xaaaa_0000 + n as u128));
            let refused = NewPost {
                id: id(n + 1_000_000),
                case_id: long.case,
                key,
                author_user_id: author.user(),
                author_name: author.name().full(),
                author_is_staff: false,
                visibility: Visibility::Public,
                body: CommentBody::new("refused").unwrap(),
                course_run_id: None,
                run_key: None,
                content_hash: "hash".to_owned(),
                created_at: long.time(n),
            };
            tx.posts().insert(&refused).await.unwrap();
            tx.posts().mark_failed(refused.id, "no", refused.created_at).await.unwrap();
        }
        tx.commit().await.unwrap();
        long.changed().await;
        long
    }

    /// Seven posts to a moment.
    fn time(&self, n: usize) -> Timestamp {
        let start = Timestamp::from_micros(1_700_000_000_000_000);
        start.saturating_add(Duration::from_secs(n as u64 / 7))
    }

    fn loaded(&self, n: usize) -> LoadedPost {
        LoadedPost {
            id: id(n),
            case_id: self.case,
            key: PostKey::from_uuid(Uuid::from_u128(0xbbbb_0000 + n as u128)),
            salesforce_id: record(n),
            ledger_salesforce_id: None,
            author_user_id: None,
            author_name: "Ann Ames".to_owned(),
            author_is_staff: false,
            visibility: if n % 3 == 1 { Visibility::Internal } else { Visibility::Public },
            body: CommentBody::new(&format!("post {n}")).unwrap(),
            course_run_id: None,
            run_key: None,
            created_at: self.time(n),
        }
    }

    async fn answer(&self, n: usize, to: PostId, at: Timestamp) -> PostId {
        let answer = OrgPost {
            id: id(n),
            case_id: self.case,
            source: PostSource::FeedComment,
            salesforce_id: record(n),
            key: None,
            ledger_salesforce_id: None,
            parent_post_id: Some(to),
            author_user_id: None,
            author_name: "Olga Org".to_owned(),
            author_is_staff: true,
            visibility: Visibility::Public,
            body: format!("answer {n}"),
            course_run_id: None,
            run_key: None,
            created_at: at,
            deleted_at: None,
        };
        let tx = self.portal.database.store.begin().await.unwrap();
        tx.posts().upsert_from_org(&answer, at).await.unwrap();
        tx.commit().await.unwrap();
        answer.id
    }

    /// The thread has a new version, and the test knows its posts.
    async fn changed(&mut self) {
        let store = &self.portal.database.store;
        let tx = store.begin().await.unwrap();
        tx.cases().bump_version(self.case, Visibility::Public).await.unwrap();
        tx.commit().await.unwrap();
        self.rows = store.read().posts().thread(self.case, store::VisibilityScope::All, None).await.unwrap();
    }

    fn engine(&self) -> &Engine {
        &self.portal.engine
    }

    /// What a reader may see, said once more in the test's own words.
    fn seen_by(&self, actor: &Actor) -> Vec<PostId> {
        let sees = |row: &&PostRow| {
            actor.role() == Role::Staff
                || (row.visibility == Visibility::Public
                    && (!matches!(row.state, PostState::Failed { .. }) || row.author_user_id == Some(actor.user())))
        };
        self.rows.iter().filter(sees).map(|row| row.id).collect()
    }

    async fn window(&self, actor: &Actor, window: Window) -> Thread {
        self.engine().thread(actor, circuits(), window).await.unwrap()
    }
}

fn ids(thread: &Thread) -> Vec<PostId> {
    thread.posts.iter().map(|post| post.id).collect()
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn windows_hold_every_post_once_in_order_for_each_reader(#[case] backend: Backend) {
    let long = Long::new(backend, 700).await;
    for actor in [&long.pat, &long.paula, &long.sam] {
        let all = long.seen_by(actor);
        assert!(all.len() > 2 * WINDOW);

        let latest = long.engine().thread(actor, circuits(), engine::Window::Latest).await.unwrap();
        assert_eq!(ids(&latest), all[all.len() - WINDOW..]);
        assert_eq!((latest.total, latest.earlier, latest.later), (all.len() as u64, true, None));
        let page = long.engine().course(actor, circuits()).await.unwrap();
        assert_eq!(page.thread.posts, latest.posts);
        assert_eq!(page.shown.unwrap().post_count, all.len() as u64);

        let (mut back, mut windows, mut window) = (ids(&latest), 1, latest);
        while window.earlier {
            let first = window.posts[0].id;
            window = long.window(actor, Window::Before(first)).await;
            windows += 1;
            assert_eq!((window.posts.len(), window.total), (WINDOW, all.len() as u64));
            // The first window is filled up with what follows it.
            let fresh: Vec<PostId> = ids(&window).into_iter().take_while(|post| *post != back[0]).collect();
            assert_eq!(window.later == Some(first), fresh.len() == WINDOW);
            back.splice(0..0, fresh);
        }
        assert_eq!((windows, &back), (all.len().div_ceil(WINDOW), &all));

        let mut forth = ids(&window);
        while let Some(next) = window.later {
            window = long.window(actor, Window::From(next)).await;
            let known = ids(&window).iter().position(|post| *post == next).unwrap();
            forth.extend(&ids(&window)[known..]);
        }
        assert_eq!(forth, all);
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_link_to_a_post_finds_its_window_and_one_to_what_is_hidden_finds_nothing_out(#[case] backend: Backend) {
    let mut long = Long::new(backend, 700).await;
    let elsewhere =
        long.engine().post_comment(&long.sam, cs50(), comment("elsewhere"), Wait::ForNothing).await.unwrap().id;
    let all = long.seen_by(&long.pat);
    let latest = long.window(&long.pat, Window::Latest).await;
    for old in [all[0], all[1], all[all.len() - WINDOW - 1]] {
        let window = long.window(&long.pat, Window::From(old)).await;
        assert_eq!((window.posts[0].id, window.posts.len()), (old, WINDOW));
        assert_eq!((window.earlier, window.later.is_some()), (old != all[0], true));
    }
    for recent in [all[all.len() - WINDOW], all[all.len() - 1]] {
        assert_eq!(long.window(&long.pat, Window::From(recent)).await, latest);
    }
    let internal = long.rows[10..].iter().find(|row| row.visibility == Visibility::Internal).unwrap().id;
    let refused = long.rows.iter().find(|row| row.author_user_id == Some(long.paula.user())).unwrap().id;
    let missing = id(99_999_999);
    for hidden in [internal, refused, missing, elsewhere] {
        for window in [Window::Before(hidden), Window::From(hidden)] {
            assert_eq!(long.window(&long.pat, window).await, latest, "{window:?}");
        }
    }
    assert_eq!(long.window(&long.sam, Window::From(internal)).await.posts[0].id, internal);

    // A post that was deleted meanwhile still says where the reader was.
    let gone = all[all.len() - WINDOW];
    let before = long.window(&long.pat, Window::Before(gone)).await;
    let row = long.rows.iter().find(|row| row.id == gone).unwrap();
    let tx = long.portal.database.store.begin().await.unwrap();
    tx.posts().mark_deleted_by_salesforce_id(&row.salesforce_id.clone().unwrap(), row.created_at).await.unwrap();
    tx.commit().await.unwrap();
    long.changed().await;
    assert_eq!(ids(&long.window(&long.pat, Window::Before(gone)).await), ids(&before));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn an_answer_far_from_its_post_says_what_it_answers_to_those_who_may_read_that(#[case] backend: Backend) {
    let mut long = Long::new(backend, 700).await;
    let now = long.time(10_000);
    let far = long.answer(2_000, id(3), now).await;
    // Internal, as the post that it answers.
    let internal = long.answer(2_001, id(4), now).await;
    let near = long.answer(2_002, id(699), now).await;
    long.changed().await;
    let answered = async |actor: &Actor| -> Vec<(PostId, Option<String>)> {
        let posts = long.window(actor, Window::Latest).await.posts.into_iter().filter(|post| post.reply_to.is_some());
        posts.map(|post| (post.id, post.answers.map(|answered| answered.excerpt))).collect()
    };
    let (post_3, post_4) = (Some("post 3".to_owned()), Some("post 4".to_owned()));
    // The ids run against the order of time.
    assert_eq!(answered(&long.pat).await, [(near, None), (far, post_3.clone())]);
    assert_eq!(answered(&long.sam).await, [(near, None), (internal, post_4), (far, post_3)]);
    let first = long.window(&long.sam, Window::From(id(3))).await;
    assert!(first.posts.iter().all(|post| post.answers.is_none()));
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn the_api_pages_through_a_long_thread_and_the_publishers_gets_all_of_it(#[case] backend: Backend) {
    let long = Long::new(backend, 500).await;
    for actor in [&long.pat, &long.sam] {
        let all = long.seen_by(actor);
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let page = PageRequest { cursor, limit: Some(90) };
            let posts = long.engine().case_posts(actor, long.case, &page).await.unwrap().page;
            let comments = long.engine().comments(actor, circuits(), Some(&page)).await.unwrap();
            assert_eq!(comments.next, posts.next);
            assert!(comments.items.iter().map(|comment| comment.id).eq(posts.items.iter().map(|post| post.id)));
            seen.extend(posts.items.iter().map(|post| post.id));
            cursor = posts.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, all);
        let unpaged = long.engine().comments(actor, circuits(), None).await.unwrap();
        assert_eq!(unpaged.items.iter().map(|comment| comment.id).collect::<Vec<_>>(), all);
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn what_is_kept_of_a_thread_is_read_anew_when_it_changes(#[case] backend: Backend) {
    let mut long = Long::new(backend, 300).await;
    let engine = long.portal.engine.clone();
    long.portal.clock.advance(Duration::from_secs(1));
    // Of the readers here the one for whom it is kept: the others have a refused post of their own.
    let before = engine.thread(&long.sam, circuits(), engine::Window::Latest).await.unwrap();
    let post = engine.post_comment(&long.paula, circuits(), comment("new"), Wait::ForNothing).await.unwrap();
    let after = engine.thread(&long.sam, circuits(), engine::Window::Latest).await.unwrap();
    assert!(after.version > before.version);
    assert_eq!((after.posts.last().unwrap().id, after.total), (post.id, before.total + 1));
    assert_eq!(ids(&after)[..WINDOW - 1], ids(&before)[1..]);
    long.changed().await;
    let page = engine.course_with(&long.sam, circuits(), CaseFilter::default(), Window::From(id(6))).await.unwrap();
    assert_eq!((page.thread.posts[0].id, page.shown.unwrap().post_count), (id(6), before.total + 1));
}
