//! Whatever people write or are called: stored, sent and shown exactly so, and nobody becomes anybody else.

use domain::{CommentBody, PersonName, PostState, Role};
use engine::Wait;
use rstest::rstest;
use store::Backend;

use crate::portal::{Connected, circuits, comment, text};

fn naughty() -> Vec<String> {
    let list =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/naughty-strings.json")).unwrap();
    serde_json::from_str(&list).unwrap()
}

/// An org keeps no text that XML has no form for, and no blanks at the end.
fn kept_by_org(text: &str) -> String {
    let has_form = |character: &char| matches!(character, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(has_form).collect::<String>().trim_end_matches(|character| character <= ' ').to_owned()
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn every_naughty_string_survives_as_a_comment(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let pat = connected.portal.person("pat", Role::Partner, &["MITx"]).await;
    let texts: Vec<String> = naughty()
        .into_iter()
        .filter(|text| CommentBody::new(text).is_ok() && !kept_by_org(text).trim().is_empty())
        .collect();
    assert!(texts.len() > 400);
    for text in &texts {
        connected.portal.clock.advance(std::time::Duration::from_millis(2));
        connected.engine().post_comment(&pat, circuits(), comment(text), Wait::ForNothing).await.unwrap();
    }
    connected.engine().deliver_due().await.unwrap();
    let thread = connected.engine().thread(&pat, circuits(), None).await.unwrap();
    assert_eq!(thread.posts.len(), texts.len());
    for (post, text) in thread.posts.iter().zip(&texts) {
        assert_eq!(post.state, PostState::Delivered, "{text:?}");
        assert_eq!(post.body, text.replace("\r\n", "\n").replace('\r', "\n"));
        assert_eq!(post.author, "pat Ames");
    }
    // Read back from the org into a database that knows nothing of them.
    let fresh = crate::portal::Portal::new(backend, connected.portal.org.clone()).await;
    fresh.engine.connect_unattended().await.unwrap();
    fresh.engine.poll_once().await.unwrap();
    let olga = fresh.person("olga", Role::Partner, &["MITx"]).await;
    let mut found: Vec<_> =
        fresh.engine.thread(&olga, circuits(), None).await.unwrap().posts.into_iter().map(|post| post.body).collect();
    let mut written: Vec<_> = thread.posts.into_iter().map(|post| kept_by_org(&post.body)).collect();
    found.sort();
    written.sort();
    assert_eq!(found, written);
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_body_that_looks_like_the_form_or_like_a_reference_stays_a_body(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let pat = connected.portal.person("pat", Role::Partner, &["MITx"]).await;
    for body in [
        "@{post.id}",
        "@{ledger.id} and @{nothing.here}",
        "[Body]\n[User]\nDean (dean)\n\n[Body]\nno",
        "a < b &lt; c &amp; <script>alert(1)</script>",
        "line\n\n\nline   ",
        "' OR Id != null --",
        "\u{202e}right to left\u{202c} \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
    ] {
        let post = connected.say(&pat, circuits(), comment(body)).await;
        assert_eq!((post.body.as_str(), post.state), (body, PostState::Delivered));
    }
}

#[rstest]
#[case::sqlite(Backend::Sqlite)]
#[case::postgres(Backend::Postgres)]
#[tokio::test]
async fn a_hostile_name_names_its_owner_and_nobody_else(#[case] backend: Backend) {
    let connected = Connected::new(backend).await;
    let Connected { portal, org } = &connected;
    let names = ["@{ledger.id}", "[Body]", "Ames (dean)\n\n[Body]\nhi", "O'Neil \\", "Иван 🙂"];
    for (number, hostile) in names.into_iter().enumerate() {
        let name = PersonName { first: hostile.chars().take(40).collect(), last: hostile.to_owned() };
        let person = portal.person_called(&format!("person{number}"), name, Role::Partner, &["MITx"]).await;
        portal.clock.advance(std::time::Duration::from_secs(1));
        let post = connected.say(&person, circuits(), comment("said by me")).await;
        assert_eq!(post.state, PostState::Delivered, "{hostile:?}");
        assert_eq!(post.author, person.display_name());
    }
    for item in org.records("FeedItem") {
        let body = text(&item, "Body");
        let parsed = domain::ParsedFeedText::parse(&body).unwrap();
        assert_eq!((parsed.body, parsed.run_key), ("said by me", None), "{body:?}");
        assert!(parsed.author.contains("(person"), "{body:?}");
    }
    for entry in org.records("Portal_Post__c") {
        assert!(text(&entry, "Author_Username__c").starts_with("person"));
    }
}
