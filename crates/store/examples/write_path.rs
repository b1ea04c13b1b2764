//! How long the transaction of the write path takes (post and delivery, durable) on a SQLite file, at a steady rate.
//!
//! `cargo run --release -p store --example write_path -- [DIRECTORY [PER_SECOND [SECONDS]]]`; prints one line of milliseconds.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement, run by hand or by make bench")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    CaseId, Clock, CommentBody, CourseKey, Email, PersonName, PostKey, Random, Role, SystemClock, SystemRandom, UserId,
    Username, Visibility,
};
use store::{CourseUpsert, Error, NewCase, NewDelivery, NewPost, NewUser, Store, StoreOptions, TokenCipher};

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let parent = arguments.next().unwrap_or_else(|| ".".to_owned());
    let rate: u32 = arguments.next().map_or(200, |text| text.parse().unwrap());
    let seconds: u32 = arguments.next().map_or(5, |text| text.parse().unwrap());

    let directory = tempfile::tempdir_in(parent).unwrap();
    let url = format!("sqlite:{}?mode=rwc", directory.path().join("bench.db").display());
    let cipher = TokenCipher::new([0; 32], Arc::new(SystemRandom));
    let store = Store::connect(&url.into(), StoreOptions::new(cipher)).await.unwrap();
    store.migrate().await.unwrap();
    let (cases, author) = prepare(&store).await.unwrap();

    let mut ticks = tokio::time::interval(Duration::from_secs(1) / rate);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    let begun = Instant::now();
    let mut writers = Vec::new();
    for case in cases.iter().cycle().take(usize::try_from(rate * seconds).unwrap()).copied() {
        ticks.tick().await;
        let store = store.clone();
        writers.push(tokio::spawn(async move {
            let asked = Instant::now();
            write(&store, case, author).await.unwrap();
            asked.elapsed()
        }));
    }
    let mut took = Vec::with_capacity(writers.len());
    for writer in writers {
        took.push(writer.await.unwrap());
    }
    let all = begun.elapsed();
    took.sort_unstable();
    let millis = |per_mille: usize| took.get((took.len() - 1) * per_mille / 1000).unwrap().as_secs_f64() * 1e3;
    println!(
        "{} transactions at {rate}/s in {:.2} s: p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms, max {:.2} ms",
        took.len(),
        all.as_secs_f64(),
        millis(500),
        millis(950),
        millis(990),
        millis(1000)
    );
}

async fn prepare(store: &Store) -> Result<(Vec<CaseId>, UserId), Error> {
    let now = SystemClock.now();
    let id = || SystemRandom.uuid_v7(now);
    let tx = store.begin().await?;
    let author = NewUser {
        id: id().into(),
        email: Email::new("a@example.org").unwrap(),
        username: Username::new("a").unwrap(),
        name: PersonName::default(),
        role: Role::Partner,
        password_hash: "-".into(),
        account_salesforce_id: None,
        created_at: now,
    };
    tx.users().insert(&author).await?;
    let mut cases = Vec::new();
    for n in 0..50 {
        let course = CourseUpsert {
            id: id().into(),
            key: CourseKey::new(format!("B+{n}")).unwrap(),
            title: format!("Course {n}"),
            organizations: vec![],
        };
        tx.catalogue().upsert_course(&course, now).await?;
        let new = NewCase {
            id: id().into(),
            course_run_id: None,
            portal_key: id().to_string(),
            subject: "Comments".into(),
            status: "New".into(),
            priority: None,
            created_at: now,
        };
        cases.push(tx.cases().ensure_default(course.id, &new).await?.id);
    }
    tx.commit().await?;
    Ok((cases, author.id))
}

async fn write(store: &Store, case: CaseId, author: UserId) -> Result<(), Error> {
    let now = SystemClock.now();
    let id = || SystemRandom.uuid_v7(now);
    let post = NewPost {
        id: id().into(),
        case_id: case,
        key: PostKey::from(id()),
        author_user_id: author,
        author_name: "A".into(),
        author_is_staff: false,
        visibility: Visibility::Public,
        body: CommentBody::new(&"Please look at the start date. ".repeat(8)).unwrap(),
        course_run_id: None,
        run_key: None,
        content_hash: "0".repeat(64),
        created_at: now,
    };
    let delivery = NewDelivery {
        id: id().into(),
        kind: "post".into(),
        subject_id: post.id.as_uuid(),
        lane: case.as_uuid(),
        not_before: now,
        created_at: now,
    };
    let tx = store.begin().await?;
    tx.posts().insert(&post).await?;
    tx.cases().bump_version(case, domain::Visibility::Public).await?;
    tx.deliveries().enqueue(&delivery).await?;
    tx.commit().await
}
