//! Who handles a case, what staff want of it, and what an org lets them choose from.

use rstest::rstest;
use store::{
    Backend::{self, Postgres, Sqlite},
    CaseHandlingRow, CaseOwner, CaseOwnerRow, CaseStatusRow, Changed, OwnerKind, Wish,
    testing::database,
};

use crate::world::{at, case, record, write};

fn owner(n: u64, name: &str) -> CaseOwner {
    CaseOwner { id: record("005", n), name: name.to_owned() }
}

#[rstest]
#[tokio::test]
async fn a_wish_stands_beside_what_the_org_says_until_it_is_settled(#[values(Sqlite, Postgres)] backend: Backend) {
    let db = database(backend).await;
    let (id, other) = (case(&db.store, 1).await, case(&db.store, 2).await);
    let reader = db.store.read();
    assert_eq!(reader.case_handling().of(id).await.unwrap(), None);
    let (ann, bo) = (owner(1, "Ann"), owner(2, "Bo"));
    assert_eq!(write!(db.store, |tx| tx.case_handling().set_owner(id, &ann, at(1))), Changed::Updated);
    assert_eq!(write!(db.store, |tx| tx.case_handling().set_owner(id, &ann, at(2))), Changed::Unchanged);
    let wishes = [Wish::Status("Working".into()), Wish::Status("Closed".into()), Wish::Owner(bo.clone())];
    for wish in &wishes {
        write!(db.store, |tx| tx.case_handling().want(id, wish, at(3)));
    }
    let wanted = CaseHandlingRow {
        case_id: id,
        owner: Some(ann.clone()),
        wanted_status: Some("Closed".into()),
        wanted_owner: Some(bo.clone()),
        refusal: None,
    };
    assert_eq!(reader.case_handling().of(id).await.unwrap(), Some(wanted.clone()));

    // The org says who owns it meanwhile, also under a new name; the wishes stand.
    let renamed = owner(1, "Ann Ames");
    assert_eq!(write!(db.store, |tx| tx.case_handling().set_owner(id, &renamed, at(4))), Changed::Updated);
    // One thing wanted anew while what was sent is under way.
    write!(db.store, |tx| tx.case_handling().want(id, &Wish::Status("Open".into()), at(5)));
    write!(db.store, |tx| tx.case_handling().settle(&wanted, Some("No."), at(6)));
    let settled = CaseHandlingRow {
        owner: Some(renamed),
        wanted_status: Some("Open".into()),
        wanted_owner: None,
        refusal: Some("No.".into()),
        ..wanted
    };
    assert_eq!(reader.case_handling().of(id).await.unwrap(), Some(settled.clone()));
    // A new wish drops what the org said to the last, and a settled one leaves none.
    write!(db.store, |tx| tx.case_handling().want(id, &Wish::Owner(bo), at(7)));
    let wanted = reader.case_handling().of(id).await.unwrap().unwrap();
    assert_eq!(wanted.refusal, None);
    write!(db.store, |tx| tx.case_handling().settle(&wanted, None, at(8)));
    let done = CaseHandlingRow { wanted_status: None, refusal: None, ..settled };
    assert_eq!(reader.case_handling().of(id).await.unwrap(), Some(done.clone()));

    write!(db.store, |tx| tx.case_handling().want(other, &Wish::Status("Open".into()), at(9)));
    let each = reader.case_handling().of_each(&[id, other]).await.unwrap();
    assert_eq!((each.len(), each.get(&id)), (2, Some(&done)));
    assert_eq!(each[&other].owner, None, "nothing was said of it yet");
    assert_eq!(reader.case_handling().of_each(&[other]).await.unwrap().len(), 1);
    assert!(reader.case_handling().of_each(&[]).await.unwrap().is_empty());
    assert_eq!(write!(db.store, |tx| tx.case_handling().forget_org()), 2);
    assert_eq!(reader.case_handling().of(id).await.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn an_orgs_values_are_those_it_named_last_and_say_nothing_of_another(
    #[values(Sqlite, Postgres)] backend: Backend,
) {
    let db = database(backend).await;
    let (here, there) = (record("00D", 1), record("00D", 2));
    let status = |value: &str, is_closed, is_default| CaseStatusRow {
        value: value.to_owned(),
        label: format!("{value} to people"),
        is_closed,
        is_default,
    };
    let statuses = [status("New", false, true), status("Closed", true, false), status("Alone", false, false)];
    let owned = |n, name: &str, kind| CaseOwnerRow { owner: owner(n, name), kind };
    // More than one statement writes.
    let crowd = (100..1_300).map(|n| owned(n, &format!("Person {n:04}"), OwnerKind::User));
    let owners: Vec<_> =
        [owned(1, "Zoe", OwnerKind::User), owned(3, "Tier 2", OwnerKind::Queue), owned(2, "Tier 1", OwnerKind::Queue)]
            .into_iter()
            .chain(crowd)
            .collect();
    write!(db.store, |tx| tx.case_values().replace_statuses(&here, &statuses));
    write!(db.store, |tx| tx.case_values().replace_owners(&here, &owners));
    write!(db.store, |tx| tx.case_values().replace_statuses(&there, &statuses[..1]));
    let reader = db.store.read();
    let values = reader.case_values();
    assert_eq!(values.statuses(&here).await.unwrap(), statuses, "in the order given");
    let found = values.owners(&here).await.unwrap();
    let names =
        |range: std::ops::Range<usize>| found[range].iter().map(|row| row.owner.name.as_str()).collect::<Vec<_>>();
    assert_eq!((names(0..3), found.len()), (vec!["Tier 1", "Tier 2", "Person 0100"], owners.len()));
    assert_eq!(names(1_202..1_203), ["Zoe"], "people come after queues, by name");

    write!(db.store, |tx| tx.case_values().replace_statuses(&here, &statuses[1..]));
    write!(db.store, |tx| tx.case_values().replace_owners(&here, &owners[..1]));
    assert_eq!(values.statuses(&here).await.unwrap(), statuses[1..]);
    assert_eq!(values.owners(&here).await.unwrap(), owners[..1]);
    write!(db.store, |tx| tx.case_values().replace_statuses(&here, &[]));
    write!(db.store, |tx| tx.case_values().replace_owners(&here, &[]));
    assert!(values.statuses(&here).await.unwrap().is_empty() && values.owners(&here).await.unwrap().is_empty());
    assert_eq!(values.statuses(&there).await.unwrap(), statuses[..1]);
}
