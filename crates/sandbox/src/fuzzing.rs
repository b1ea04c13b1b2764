//! What the targets in `fuzz/` do with whatever bytes they are given: nothing may panic, and some things must hold of every answer.
//! The seeds are tried by the tests too, with a compiler that knows nothing of fuzzing.

use std::sync::{Arc, LazyLock, Mutex};

use domain::Timestamp;
use serde_json::{Map, Value};

use crate::{
    SandboxOptions,
    lock::locked,
    records::{Authority, Database, Record, Stamp, Transaction},
    schema::Schema,
    seed::{ADMIN_ID, Planting, Progress, Seed},
    soql::{self, Scope, Settings, sosl},
};
pub use crate::{bulk::fuzzing::rows, events::fuzzing::events};

pub(crate) static SCHEMA: LazyLock<Arc<Schema>> = LazyLock::new(|| {
    let project = SandboxOptions::default().schema_dir;
    Arc::new(Schema::load(&project).unwrap_or_else(|_| Schema::standard()))
});

/// A few cases and their posts.
static ORG: LazyLock<Mutex<Database>> = LazyLock::new(|| {
    let mut database = Database::new(Arc::clone(&SCHEMA));
    let mut planting = Planting::new(Seed::Scale { cases: 6, posts: 30 }, crate::seed::ORGANIZATION_ID, now());
    let mut transaction = Transaction::begin(&mut database, stamp());
    while matches!(planting.step(&mut transaction), Ok(Progress::More)) {}
    drop(transaction);
    Mutex::new(database)
});

fn now() -> Timestamp {
    Timestamp::from_micros(1_795_000_000_000_000)
}

fn stamp() -> Stamp {
    Stamp {
        now: crate::clock::datetime(now()),
        user: ADMIN_ID.to_owned(),
        feed_tracking: true,
        audit_fields: false,
        lock_row: false,
        publishable: u64::MAX,
    }
}

/// The same rows without any index.
struct Plain<'a>(&'a Database);

impl soql::Rows for Plain<'_> {
    type Row = Record;

    fn rows<'a>(&'a self, object: &str) -> Box<dyn Iterator<Item = &'a Record> + 'a> {
        soql::Rows::rows(self.0, object)
    }

    fn get(&self, object: &str, id: &str) -> Option<&Record> {
        soql::Rows::get(self.0, object, id)
    }

    fn lookup_equal(&self, _object: &str, _field: &str, _value: &Value) -> Option<Vec<&Record>> {
        None
    }
}

/// A query that parses is printed as one that means the same, and is answered alike with indexes and without.
pub fn soql(bytes: &[u8]) {
    let Ok(query) = soql::parse(&String::from_utf8_lossy(bytes)) else { return };
    let printed = query.to_string();
    let again = soql::parse(&printed);
    assert_eq!(again.as_ref().map(ToString::to_string).as_ref(), Ok(&printed));
    let org = locked(&ORG);
    for scope in [Scope::Live, Scope::All] {
        let settings = Settings::new(now().to_jiff(), scope, "67.0");
        let answer = soql::run(&query, &SCHEMA, &*org, &settings);
        assert_eq!(answer, soql::run(&query, &SCHEMA, &Plain(&org), &settings), "{printed}");
        let same = again.as_ref().ok().and_then(|again| soql::run(again, &SCHEMA, &*org, &settings).ok());
        assert_eq!(answer.ok(), same, "{printed}");
    }
}

/// A search finds alike with an index of words and without.
pub fn sosl(bytes: &[u8]) {
    let Ok(search) = sosl::parse(&String::from_utf8_lossy(bytes)) else { return };
    let org = locked(&ORG);
    let settings = Settings::new(now().to_jiff(), Scope::Live, "67.0");
    let found = sosl::run(&search, &SCHEMA, &*org, &settings);
    assert_eq!(found, sosl::run(&search, &SCHEMA, &Plain(&org), &settings));
}

/// The first byte says what is done to which object, the rest is the body. What is refused changes nothing, and what is rolled back
/// leaves nothing.
pub fn records(bytes: &[u8]) {
    const OBJECTS: [&str; 8] =
        ["Account", "Case", "Contact", "FeedItem", "CaseComment", "Opportunity", "Task", "Portal_Post__c"];
    let Some((first, body)) = bytes.split_first() else { return };
    let Ok(body) = serde_json::from_slice::<Map<String, Value>>(body) else { return };
    let Some(object) = OBJECTS.get(usize::from(first & 7)) else { return };
    let mut org = locked(&ORG);
    let before = org.snapshot();
    let held: Option<String> = org.records(object).next().map(|record| record.id().to_owned());
    let mut transaction = Transaction::begin(&mut org, stamp());
    let outcome = match (first >> 3, held) {
        (0, Some(id)) => transaction.update(object, &id, &body, Authority::User),
        (1, Some(id)) => transaction.delete(object, &id),
        _ => transaction.insert(object, &body, Authority::User).map(drop),
    };
    if outcome.is_err() {
        assert_eq!(transaction.database().snapshot(), before);
    }
    transaction.roll_back_to(0);
    drop(transaction);
    assert_eq!(org.snapshot(), before);
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn every_seed_is_tried() {
        type Target = fn(&[u8]);
        let targets: [(&str, Target); 5] = [
            ("soql", super::soql),
            ("sosl", super::sosl),
            ("rows", super::rows),
            ("events", super::events),
            ("records", super::records),
        ];
        for (name, target) in targets {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
            let seeds: Vec<_> = fs::read_dir(folder).unwrap().map(|seed| seed.unwrap().path()).collect();
            assert!(seeds.len() > 2, "{name} has seeds");
            seeds.iter().for_each(|seed| target(&fs::read(seed).unwrap()));
        }
    }
}
