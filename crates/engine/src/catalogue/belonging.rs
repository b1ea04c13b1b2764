//! Who belongs to what, many at once: the members of an organization and the editors of a course, named by address.

use std::{collections::HashSet, io::BufRead, str::FromStr};

use csv::ByteRecord;
use domain::{CourseId, CourseKey, Email, OrganizationId, OrganizationKey, Role, UserId};
use store::{Reader, Tx, UserRow};

use super::{import, intake::Intake};
use crate::{Engine, Error, ImportMode, ImportReport};

/// Lines taken in within one transaction.
const LINES_AT_ONCE: usize = 500;

const EMAIL: &str = "email";
const ORGANIZATION: &str = "organization";
const COURSE: &str = "course";

/// To what somebody belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    MembersOf(OrganizationId),
    EditorsOf(CourseId),
}

impl Place {
    /// # Errors
    /// What to tell of somebody who can't be it.
    pub(super) fn check(self, user: &UserRow) -> Result<(), &'static str> {
        match (self, user.role) {
            (Self::MembersOf(_), Role::Partner) | (Self::EditorsOf(_), Role::Partner | Role::Staff | Role::Admin) => {
                Ok(())
            }
            (Self::MembersOf(_), Role::Staff | Role::Admin | Role::Customer) => {
                Err("Only partners belong to organizations; staff and admins see them all.")
            }
            (Self::EditorsOf(_), Role::Customer) => Err("Customers see no courses, so they can't edit one."),
        }
    }

    /// As requests and files call the list.
    const fn field(self) -> &'static str {
        match self {
            Self::MembersOf(_) => "members",
            Self::EditorsOf(_) => "editors",
        }
    }

    pub(super) async fn people(self, reader: &Reader) -> Result<HashSet<UserId>, Error> {
        Ok(match self {
            Self::MembersOf(id) => reader.users().members_of(id).await?.into_iter().map(|user| user.id).collect(),
            Self::EditorsOf(id) => reader.catalogue().editors_of(id).await?.into_iter().collect(),
        })
    }

    /// In order of the alphabet.
    pub(super) async fn addresses(self, reader: &Reader) -> Result<Vec<String>, Error> {
        let people: Vec<UserId> = self.people(reader).await?.into_iter().collect();
        let people = reader.users().by_ids(&people).await?;
        let mut addresses: Vec<String> = people.into_iter().map(|user| user.email.to_string()).collect();
        addresses.sort_unstable();
        Ok(addresses)
    }

    async fn people_now(self, tx: &Tx) -> Result<HashSet<UserId>, Error> {
        Ok(match self {
            Self::MembersOf(id) => tx.users().members_of(id).await?.into_iter().map(|user| user.id).collect(),
            Self::EditorsOf(id) => tx.catalogue().editors_of(id).await?.into_iter().collect(),
        })
    }

    pub(super) async fn add(self, tx: &Tx, user: UserId) -> Result<bool, Error> {
        Ok(match self {
            Self::MembersOf(id) => tx.users().add_membership(user, id).await?,
            Self::EditorsOf(id) => tx.catalogue().add_editor(id, user).await?,
        })
    }

    pub(super) async fn remove(self, tx: &Tx, user: UserId) -> Result<bool, Error> {
        Ok(match self {
            Self::MembersOf(id) => tx.users().remove_membership(user, id).await?,
            Self::EditorsOf(id) => tx.catalogue().remove_editor(id, user).await?,
        })
    }
}

/// What becomes of those who belong there and are not on a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Others {
    Stay,
    Leave,
}

/// A list of addresses, looked up.
pub(super) struct Named {
    pub(super) people: HashSet<UserId>,
    pub(super) problems: Vec<String>,
}

impl Engine {
    /// People whom nobody knows here, or who can't belong there, are problems and no people.
    pub(super) async fn named(&self, place: Place, emails: &[String]) -> Result<Named, Error> {
        let mut named = Named { people: HashSet::with_capacity(emails.len()), problems: Vec::new() };
        for text in emails {
            let found = match Email::new(text) {
                Ok(email) => self.store.read().users().by_email(&email).await?,
                Err(_) => None,
            };
            match found.map(|user| place.check(&user).map(|()| user.id)) {
                Some(Ok(user)) => {
                    named.people.insert(user);
                }
                Some(Err(sentence)) => {
                    named.problems.push(format!("“{text}” can't be one of the {}: {sentence}", place.field()))
                }
                None => named.problems.push(format!(
                    "Nobody with the address “{text}” is known here. Add the person first: casebridge import people."
                )),
            }
        }
        Ok(named)
    }

    /// All of them, or the first problem with the list.
    pub(super) async fn all_named(&self, place: Place, emails: &[String]) -> Result<HashSet<UserId>, Error> {
        let Named { people, problems } = self.named(place, emails).await?;
        match problems.into_iter().next() {
            Some(problem) => Err(Error::field(place.field(), problem)),
            None => Ok(people),
        }
    }

    /// A table of two columns, who and where: adds people and removes nobody.
    pub(super) async fn take_in_belongings(
        &self,
        reader: impl BufRead,
        columns: Columns,
        mode: ImportMode,
        report: &mut ImportReport,
    ) -> Result<(), Error> {
        let lines = read(reader, columns, report)?;
        let mut intake = Intake::new(self, mode);
        for some in lines.chunks(LINES_AT_ONCE) {
            intake.begin().await?;
            for (number, text, email) in some {
                let Some(place) = place(&intake, columns.what, text).await? else {
                    let what = match columns.what {
                        What::Members => ORGANIZATION,
                        What::Editors => COURSE,
                    };
                    let problem = format!("There is no {what} “{text}” in the catalogue. Add it first.");
                    report.problems.push((*number, problem));
                    continue;
                };
                let named = self.named(place, std::slice::from_ref(email)).await?;
                intake.belonging(place, named, Others::Stay, *number, report).await?;
            }
            intake.commit().await?;
        }
        report.problems.sort();
        Ok(())
    }
}

/// These and nobody else.
pub(super) async fn set(tx: &Tx, place: Place, wanted: &HashSet<UserId>) -> Result<(), Error> {
    let before = place.people_now(tx).await?;
    for user in before.difference(wanted) {
        place.remove(tx, *user).await?;
    }
    for user in wanted.difference(&before) {
        place.add(tx, *user).await?;
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Members,
    Editors,
}

/// Where a table of who belongs to what has its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    what: What,
    place: usize,
    email: usize,
}

impl Columns {
    /// None for another kind of table.
    pub(super) fn of(names: &[String]) -> Option<Self> {
        let at = |column: &str| names.iter().position(|name| name == column);
        let email = at(EMAIL)?;
        match (at(ORGANIZATION), at(COURSE)) {
            (Some(place), None) => Some(Self { what: What::Members, place, email }),
            (None, Some(place)) => Some(Self { what: What::Editors, place, email }),
            _ => None,
        }
    }
}

/// The lines behind the first: number, organization or course, address.
fn read(
    reader: impl BufRead,
    columns: Columns,
    report: &mut ImportReport,
) -> Result<Vec<(u64, String, String)>, Error> {
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(reader.split(b'\n')).skip(1) {
        let line = line.map_err(|error| Error::invalid(format!("The file can't be read: {error}.")))?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let field = |record: &ByteRecord, at: usize| match std::str::from_utf8(record.get(at).unwrap_or_default()) {
            Ok("") => Err("The line lacks a column.".to_owned()),
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err("The line is not UTF-8 text. Save the file as UTF-8 and import it again.".to_owned()),
        };
        let read = import::csv_fields(&line)
            .and_then(|record| Ok((field(&record, columns.place)?, field(&record, columns.email)?)));
        match read {
            Ok((place, email)) => lines.push((number, place, email)),
            Err(problem) => report.problems.push((number, problem)),
        }
    }
    Ok(lines)
}

/// An organization by its key; a course by its key or id.
async fn place(intake: &Intake<'_>, what: What, text: &str) -> Result<Option<Place>, Error> {
    Ok(match what {
        What::Members => match OrganizationKey::new(text) {
            Ok(key) => intake.organization_by_key(&key).await?.map(Place::MembersOf),
            Err(_) => None,
        },
        What::Editors => match (CourseId::from_str(text), CourseKey::new(text)) {
            (Ok(id), _) => intake.has_course(id).await?.then_some(Place::EditorsOf(id)),
            (Err(_), Ok(key)) => intake.course_by_key(&key).await?.map(Place::EditorsOf),
            (Err(_), Err(_)) => None,
        },
    })
}
