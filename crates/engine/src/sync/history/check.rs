//! What a line of the file means here: whose comment it is, on which course and run, and under which key. The key comes from what
//! the line says and from nothing else, so that loading a file again finds what it loaded before.

use std::{collections::HashMap, sync::Arc};

use domain::{
    AuthorLabel, CommentBody, CourseId, CourseKey, CourseRunId, Email, FeedText, PersonName, PostKey, RunKey,
    Timestamp, UserId, Username, Visibility,
};
use salesforce::DateTime;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::line::{Parts, Record, WrittenBy};
use crate::{Engine, Error, feed_text, org_dates::YEAR_1700};

/// A comment that can be loaded.
#[derive(Clone, Debug)]
pub(super) struct Comment {
    pub(super) line: u64,
    pub(super) key: PostKey,
    pub(super) course: CourseId,
    pub(super) run: Option<(CourseRunId, RunKey)>,
    pub(super) author: Arc<Author>,
    pub(super) body: CommentBody,
    pub(super) visibility: Visibility,
    /// Whole milliseconds.
    pub(super) created: Timestamp,
    /// Where it was changed later.
    pub(super) modified: Option<Timestamp>,
}

#[derive(Debug)]
pub(super) struct Author {
    /// None: nobody here has this address or username.
    pub(super) user: Option<UserId>,
    pub(super) label: AuthorLabel,
    pub(super) username: Username,
    /// As threads show it and the ledger has it. Of somebody who isn't here it is the label, which is all that tells them from
    /// others of their name.
    pub(super) name: String,
    pub(super) role: domain::Role,
}

/// An org keeps whole seconds.
pub(super) fn in_org(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.as_micros().div_euclid(1_000_000) * 1_000_000)
}

struct KnownCourse {
    id: CourseId,
    runs: HashMap<RunKey, CourseRunId>,
}

/// Checks lines against the catalogue and the people, each looked up once.
#[derive(Default)]
pub(super) struct Checker {
    courses: HashMap<String, Option<Arc<KnownCourse>>>,
    authors: HashMap<String, Arc<Author>>,
    /// How often a content has come: the same thing said twice is two comments.
    seen: HashMap<u128, u32>,
}

impl Comment {
    /// The FeedItem's body.
    pub(super) fn text(&self) -> Result<String, Error> {
        Ok(feed_text::write(&self.author.label, self.run.as_ref().map(|(_, key)| key), &self.body)?)
    }

    /// When the org says it was created.
    pub(super) fn created_in_org(&self) -> Timestamp {
        in_org(self.created)
    }
}

impl Checker {
    /// The comment, or why the line is none.
    ///
    /// # Errors
    /// The database is away.
    pub(super) async fn check(
        &mut self,
        engine: &Engine,
        line: u64,
        record: Record,
    ) -> Result<Result<Comment, String>, Error> {
        let Some(course) = self.course(engine, record.course.trim()).await? else {
            return Ok(Err(format!(
                "There is no course “{}” in the catalogue. Import it first.",
                record.course.trim()
            )));
        };
        let author = match self.author(engine, &record.author).await? {
            Ok(author) => author,
            Err(sentence) => return Ok(Err(sentence)),
        };
        Ok(self.comment(engine.clock.now(), line, &course, author, &record))
    }

    fn comment(
        &mut self,
        now: Timestamp,
        line: u64,
        course: &KnownCourse,
        author: Arc<Author>,
        record: &Record,
    ) -> Result<Comment, String> {
        let run = match record.run.as_deref().map(str::trim).filter(|run| !run.is_empty()) {
            None => None,
            Some(text) => {
                let key = RunKey::new(text).map_err(|invalid| invalid.0)?;
                let id = course.runs.get(&key).copied().ok_or_else(|| {
                    format!("The course run “{text}” is not one of this course. Import it, or correct the line.")
                })?;
                Some((id, key))
            }
        };
        let body = CommentBody::new(&record.body).map_err(|_| {
            let what =
                if record.body.contains('\0') { "holds a NUL character, which can't be stored" } else { "is blank" };
            format!("The comment {what}. Correct the line, or leave it out.")
        })?;
        let visibility = match record.visibility.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            None | Some("public") => Visibility::Public,
            Some("internal") => Visibility::Internal,
            Some(other) => return Err(format!("The visibility is “{other}”. Write public or internal.")),
        };
        let created = moment("created", &record.created)?;
        if created < YEAR_1700 {
            return Err(format!(
                "The comment was created at {}; Salesforce holds no date before 1700.",
                record.created
            ));
        }
        if created > now {
            return Err(format!("The comment was created at {}, which is still to come.", record.created));
        }
        let modified = record.modified.as_deref().map(str::trim).filter(|text| !text.is_empty());
        let modified = modified.map(|text| moment("modified", text)).transpose()?;
        match modified {
            Some(modified) if modified < created => {
                return Err("The comment was modified before it was created. Correct one of the two.".to_owned());
            }
            Some(modified) if modified > now => {
                return Err("The comment was modified at a time that is still to come. Correct it.".to_owned());
            }
            _ => {}
        }
        let key = self.key(course.id, record, &body, visibility, created);
        let comment = Comment {
            line,
            key,
            course: course.id,
            run,
            author,
            body,
            visibility,
            created,
            modified: modified.filter(|at| *at > created),
        };
        if comment.text().is_err() {
            let has = comment.body.as_str().chars().count();
            let room = FeedText::room(&comment.author.label, comment.run.as_ref().map(|(_, key)| key));
            return Err(format!(
                "The comment has {has} characters; beside its author and run, Salesforce holds {room}. Shorten it, or make two lines of it."
            ));
        }
        Ok(comment)
    }

    /// From everything the line says, each part with its length, and how often it said it before.
    fn key(
        &mut self,
        course: CourseId,
        record: &Record,
        body: &CommentBody,
        visibility: Visibility,
        created: Timestamp,
    ) -> PostKey {
        let author = match &record.author {
            WrittenBy::Line(line) => line.trim().to_owned(),
            WrittenBy::Parts(parts) => first_of([&parts.username, &parts.email, &parts.last_name]).to_owned(),
        };
        let mut hash = Sha256::new();
        for part in [
            course.as_uuid().as_bytes().as_slice(),
            record.run.as_deref().unwrap_or_default().trim().as_bytes(),
            author.as_bytes(),
            visibility.name().as_bytes(),
            &created.as_micros().to_le_bytes(),
            body.as_str().as_bytes(),
        ] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let content = first_half(&hash.clone().finalize());
        let nth = self.seen.entry(content).and_modify(|count| *count += 1).or_insert(0);
        hash.update(nth.to_le_bytes());
        // Version 8: of one's own making.
        let bits = first_half(&hash.finalize()) & !(0xf << 76) & !(0x3 << 62) | (0x8 << 76) | (0x2 << 62);
        PostKey::from_uuid(Uuid::from_u128(bits))
    }

    async fn course(&mut self, engine: &Engine, name: &str) -> Result<Option<Arc<KnownCourse>>, Error> {
        if let Some(known) = self.courses.get(name) {
            return Ok(known.clone());
        }
        let reader = engine.store.read();
        let row = match (name.parse::<CourseId>(), CourseKey::new(name)) {
            (Ok(id), _) => reader.catalogue().course(id).await?,
            (Err(_), Ok(key)) => reader.catalogue().course_by_key(&key).await?,
            (Err(_), Err(_)) => None,
        };
        let known = match row {
            Some(row) => {
                let runs = reader.catalogue().runs_of(row.id).await?;
                let runs = runs.into_iter().map(|run| (run.key, run.id)).collect();
                Some(Arc::new(KnownCourse { id: row.id, runs }))
            }
            None => None,
        };
        self.courses.insert(name.to_owned(), known.clone());
        Ok(known)
    }

    async fn author(&mut self, engine: &Engine, written: &WrittenBy) -> Result<Result<Arc<Author>, String>, Error> {
        let texts: &[&str] = match written {
            WrittenBy::Line(line) => &[line],
            WrittenBy::Parts(parts) => &[&parts.username, &parts.email, &parts.first_name, &parts.last_name],
        };
        if texts.iter().any(|text| feed_text::as_kept(text) != text.trim_end() || text.contains(['\t', '\n'])) {
            return Ok(Err(
                "The author’s name holds line breaks, or characters that Salesforce doesn’t keep. Remove them."
                    .to_owned(),
            ));
        }
        let parts = match written {
            WrittenBy::Line(line) => parts_of(line.trim()),
            WrittenBy::Parts(parts) => parts.clone(),
        };
        let name = format!("{}\n{}\n{}\n{}", parts.username, parts.email, parts.first_name, parts.last_name);
        if let Some(known) = self.authors.get(&name) {
            return Ok(Ok(Arc::clone(known)));
        }
        let author = match author_of(engine, &parts).await? {
            Ok(author) => Arc::new(author),
            Err(sentence) => return Ok(Err(sentence)),
        };
        self.authors.insert(name, Arc::clone(&author));
        Ok(Ok(author))
    }
}

async fn author_of(engine: &Engine, parts: &Parts) -> Result<Result<Author, String>, Error> {
    let reader = engine.store.read();
    let mut user = None;
    if let Ok(email) = Email::new(&parts.email) {
        user = reader.users().by_email(&email).await?;
    }
    if let (None, Ok(username)) = (&user, Username::new(&parts.username)) {
        user = reader.users().by_username(&username).await?;
    }
    if let Some(user) = user {
        return Ok(Ok(Author {
            user: Some(user.id),
            label: AuthorLabel::new(&user.name, &user.username),
            name: user.name.full_or(&user.username),
            username: user.username,
            role: user.role,
        }));
    }
    // An address is nobody's name: threads are read by others than staff. The ledger has the whole of it.
    let local = parts.email.split('@').next().unwrap_or_default();
    let (handle, username) =
        match (handle(first_of([&parts.username, local])), handle(first_of([&parts.username, &parts.email]))) {
            (Ok(handle), Ok(username)) => (handle, username),
            (Err(sentence), _) | (_, Err(sentence)) => return Ok(Err(sentence)),
        };
    let name = match PersonName::from_full(&format!("{} {}", parts.first_name, parts.last_name)) {
        Ok(name) => name,
        Err(invalid) => return Ok(Err(invalid.0)),
    };
    Ok(Ok(Author {
        user: None,
        name: AuthorLabel::new(&name, &handle).as_str().to_owned(),
        label: AuthorLabel::new(&name, &handle),
        username,
        role: domain::Role::Partner,
    }))
}

fn handle(written: &str) -> Result<Username, String> {
    Username::new(written).map_err(|invalid| match written {
        "" => "The author is missing.".to_owned(),
        _ => format!("The author “{written}” is no username. {}", invalid.0),
    })
}

/// `First Last (username)`, `username`, or an address.
fn parts_of(line: &str) -> Parts {
    if let Some((name, username)) = line.strip_suffix(')').and_then(|line| line.rsplit_once('(')) {
        let (first, last) = name.trim().rsplit_once(char::is_whitespace).unwrap_or(("", name.trim()));
        let username = username.trim().to_owned();
        return Parts {
            username,
            first_name: first.trim().to_owned(),
            last_name: last.to_owned(),
            email: String::new(),
        };
    }
    match Email::new(line) {
        Ok(email) => Parts { email: email.as_str().to_owned(), ..Parts::default() },
        Err(_) => Parts { username: line.to_owned(), ..Parts::default() },
    }
}

fn first_of<const N: usize>(texts: [&str; N]) -> &str {
    texts.into_iter().map(str::trim).find(|text| !text.is_empty()).unwrap_or_default()
}

/// With an offset, or a day alone, which begins at midnight UTC. Cut to the millisecond.
fn moment(what: &str, text: &str) -> Result<Timestamp, String> {
    let text = text.trim();
    let moment: Option<Timestamp> = match text.parse::<DateTime>() {
        Ok(moment) => Some(moment.into()),
        Err(_) => text
            .parse::<jiff::civil::Date>()
            .ok()
            .filter(|_| text.len() == 10)
            .and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC).ok())
            .map(|day| day.timestamp().into()),
    };
    moment.map(|moment| Timestamp::from_micros(moment.as_micros().div_euclid(1_000) * 1_000)).ok_or_else(|| {
        format!("The date “{text}” ({what}) can't be read. Write it like 2019-03-31T14:05:00Z, with an offset.")
    })
}

pub(super) fn first_half(hash: &[u8]) -> u128 {
    hash.iter().take(16).fold(0, |bits, byte| bits << 8 | u128::from(*byte))
}
