use rstest::rstest;
use store::{
    Backend::{self, Postgres, Sqlite},
    CourseQuery, CourseScope, Store, VisibilityScope,
    testing::database,
};

use crate::world::{course, uuid};

async fn found(store: &Store, text: &str) -> Vec<String> {
    let query = CourseQuery { text: Some(text.to_owned()), after: None, limit: 50 };
    let rows = store
        .read()
        .catalogue()
        .courses_for(&CourseScope::All, &query, VisibilityScope::All, uuid(1).into())
        .await
        .unwrap();
    let count = store.read().catalogue().count_courses_for(&CourseScope::All, Some(text)).await.unwrap();
    assert_eq!(u64::try_from(rows.len()).unwrap(), count, "list and count agree on {text:?}");
    rows.into_iter().map(|row| row.course.title).collect()
}

#[rstest]
#[tokio::test]
async fn wildcards_and_escapes_in_a_search_are_plain_letters(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    for (n, title) in (1..).zip([
        "100% sure",
        "100 sure",
        "snake_case",
        "snakeXcase",
        r"C:\temp",
        "C:temp",
        r"back\%slash",
        "it's [a-z]*?",
    ]) {
        course(&db.store, n, title, &[]).await;
    }
    for (text, wanted) in [
        ("%", vec!["100% sure", r"back\%slash"]),
        ("100%", vec!["100% sure"]),
        ("_", vec!["snake_case"]),
        ("snake_case", vec!["snake_case"]),
        ("\\", vec![r"C:\temp", r"back\%slash"]),
        (r"\%", vec![r"back\%slash"]),
        (r"\_", vec![]),
        (r"\\", vec![]),
        ("%%", vec![]),
        ("'", vec!["it's [a-z]*?"]),
        ("[a-z]", vec!["it's [a-z]*?"]),
        ("*", vec!["it's [a-z]*?"]),
        ("' OR '1'='1", vec![]),
        ("\0", vec![]),
    ] {
        assert_eq!(found(&db.store, text).await, wanted, "{text:?}");
    }
    assert_eq!(found(&db.store, "").await.len(), 8);
    assert_eq!(found(&db.store, &"%".repeat(100_000)).await, Vec::<String>::new());
    assert_eq!(found(&db.store, &"\\".repeat(1_999)).await, Vec::<String>::new());
}

#[rstest]
#[tokio::test]
async fn letters_match_in_either_case_beyond_ascii_too_in_title_and_key(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    course(&db.store, 1, "ÉCOLE d'été", &[]).await;
    course(&db.store, 2, "Введение в Rust", &[]).await;
    for (text, wanted) in [
        ("école", "ÉCOLE d'été"),
        ("ÉTÉ", "ÉCOLE d'été"),
        ("введение", "Введение в Rust"),
        ("RUST", "Введение в Rust"),
        ("org+c2", "Введение в Rust"),
        (" ORG+C1 ", "ÉCOLE d'été"),
    ] {
        assert_eq!(found(&db.store, text).await, [wanted], "{text:?}");
    }
    assert_eq!(found(&db.store, "rustorg").await, Vec::<String>::new());
}
