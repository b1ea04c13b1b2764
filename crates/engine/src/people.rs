//! People, many at once: from a file, each found again by their address. They have no password until one is set.

use std::{
    collections::HashSet,
    io::{BufRead, BufReader, Read},
};

use domain::{Email, OrganizationKey, PersonName, Role, UserId, Username};
use secrecy::SecretString;
use serde::Deserialize;
use store::{NewUser, Tx, UserRow};

use crate::{
    BelongingCount, Engine, Error, ImportCount, ImportMode, JsonProblem,
    catalogue::{begins_as_json, column_names, csv_fields},
    identity::free_username,
    read_json,
};

/// What an import of people did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeopleReport {
    pub people: ImportCount,
    /// Of organizations.
    pub memberships: BelongingCount,
    /// How many people of the file can't sign in before a password is set for them.
    pub without_password: u64,
    /// Line of the file, and what is wrong there. Everything else was imported.
    pub problems: Vec<(u64, String)>,
}

/// One line. What is absent or empty stays as it is.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    email: String,
    role: Option<Role>,
    first_name: Option<String>,
    last_name: Option<String>,
    username: Option<String>,
    organizations: Option<Vec<String>>,
}

/// The columns of a table; only the first has to be there.
const COLUMNS: [&str; 6] = ["email", "role", "first_name", "last_name", "username", "organizations"];

impl Engine {
    /// Takes in a file of people: CSV whose first line names columns of `email, role, first_name, last_name, username, organizations`
    /// (keys, separated by semicolons), or JSON lines with these members. Who is here already is found by their address and changed
    /// where the file says something else; organizations are added to those they have. All of it, or on a dry run nothing, is written
    /// at once.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the file can't be read or has no column for addresses; a bad line is a problem of the report instead.
    pub async fn take_in_people(&self, reader: impl Read, mode: ImportMode) -> Result<PeopleReport, Error> {
        let mut report = PeopleReport::default();
        let lines = read(BufReader::new(reader), &mut report)?;
        let mut without_password = HashSet::new();
        let tx = self.store.begin().await?;
        for (number, line) in lines {
            match self.take_in_person(&tx, line, &mut report).await {
                Ok(person) => {
                    if person.password().is_none() {
                        without_password.insert(person.id);
                    }
                }
                Err(error @ (Error::Invalid(_) | Error::InvalidField { .. } | Error::Conflict(_))) => {
                    report.problems.push((number, error.public().message));
                }
                Err(error) => return Err(error),
            }
        }
        report.without_password = u64::try_from(without_password.len()).unwrap_or(u64::MAX);
        report.problems.sort();
        if mode == ImportMode::Write {
            tx.commit().await?;
            tracing::info!(
                import.people = report.people.total(),
                import.problems = report.problems.len(),
                "people imported"
            );
        }
        Ok(report)
    }

    /// Looks before it writes: a statement that the database refuses would end the whole transaction.
    async fn take_in_person(&self, tx: &Tx, line: Line, report: &mut PeopleReport) -> Result<UserRow, Error> {
        let email = Email::new(&line.email)?;
        let known = tx.users().by_email(&email).await?;
        let role = line.role.or(known.as_ref().map(|user| user.role)).ok_or_else(|| {
            let roles = Role::ALL.map(Role::name).join(", ");
            Error::invalid(format!("The role is missing, and {email} is new here. Give one of {roles}."))
        })?;
        let before = known.as_ref().map(|user| user.name.clone()).unwrap_or_default();
        let name = PersonName::new(
            &given(line.first_name).unwrap_or(before.first),
            &given(line.last_name).unwrap_or(before.last),
        )?;
        let asked = given(line.username).map(|text| Username::new(&text)).transpose()?;
        let username = match (&known, asked) {
            (Some(user), None) => user.username.clone(),
            (Some(user), Some(asked)) if asked == user.username => asked,
            (_, asked) => free_username(tx, &email, asked.as_ref()).await?.ok_or_else(|| {
                Error::Conflict(match asked {
                    Some(taken) => format!("The username {taken} is taken. Choose another."),
                    None => "No username is free. Choose one in the column username.".to_owned(),
                })
            })?,
        };
        let organizations = line.organizations.unwrap_or_default();
        if role != Role::Partner && !organizations.is_empty() {
            return Err(Error::invalid("Only partners belong to organizations; staff and admins see them all."));
        }
        let mut places = Vec::with_capacity(organizations.len());
        for key in organizations {
            let found = match OrganizationKey::new(key.as_str()) {
                Ok(known) => tx.catalogue().organization_by_key(&known).await?,
                Err(_) => None,
            };
            let found = found.ok_or_else(|| {
                Error::invalid(format!(
                    "There is no organization “{key}” in the catalogue. Import the catalogue first."
                ))
            })?;
            places.push(found.id);
        }
        let now = self.clock.now();
        let id = match known {
            Some(user) if user.username == username && user.name == name && user.role == role => {
                report.people.unchanged += 1;
                user.id
            }
            Some(user) => {
                tx.users().describe(user.id, &username, &name, role, now).await?;
                report.people.updated += 1;
                user.id
            }
            None => {
                let id = UserId::from_uuid(self.random.uuid_v7(now));
                let new = NewUser {
                    id,
                    email,
                    username,
                    name,
                    role,
                    password_hash: SecretString::default(),
                    account_salesforce_id: None,
                    created_at: now,
                };
                tx.users().insert(&new).await?;
                report.people.created += 1;
                id
            }
        };
        for organization in places {
            match tx.users().add_membership(id, organization).await? {
                true => report.memberships.added += 1,
                false => report.memberships.unchanged += 1,
            }
        }
        tx.users().by_id(id).await?.ok_or_else(|| Error::internal("a person just written is not there"))
    }
}

fn given(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn read(mut reader: impl BufRead, report: &mut PeopleReport) -> Result<Vec<(u64, Line)>, Error> {
    let is_json = begins_as_json(&mut reader)?;
    let mut columns = None;
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(reader.split(b'\n')) {
        let line = line.map_err(|error| Error::invalid(format!("The file can't be read: {error}.")))?;
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line).trim_ascii();
        if line.is_empty() {
            continue;
        }
        let read = match &columns {
            _ if is_json => read_json(line).map_err(JsonProblem::told),
            None => {
                columns = Some(table(line)?);
                continue;
            }
            Some(columns) => of_table(line, columns),
        };
        match read {
            Ok(line) => lines.push((number, line)),
            Err(problem) => report.problems.push((number, problem)),
        }
    }
    if !is_json && columns.is_none() {
        return Err(no_addresses());
    }
    Ok(lines)
}

/// Where each of [`COLUMNS`] stands, if it does.
fn table(first: &[u8]) -> Result<[Option<usize>; 6], Error> {
    let names = column_names(&csv_fields(first).map_err(Error::invalid)?);
    let columns = COLUMNS.map(|column| names.iter().position(|name| name == column));
    match columns {
        [Some(_), ..] => Ok(columns),
        [None, ..] => Err(no_addresses()),
    }
}

fn no_addresses() -> Error {
    Error::invalid(format!("The file has no column “email”. Its first line names the columns: {}.", COLUMNS.join(", ")))
}

fn of_table(line: &[u8], columns: &[Option<usize>; 6]) -> Result<Line, String> {
    let record = csv_fields(line)?;
    let field = |column: Option<usize>| {
        let bytes = column.and_then(|column| record.get(column)).unwrap_or_default();
        let text = std::str::from_utf8(bytes)
            .map_err(|_| "The line is not UTF-8 text. Save the file as UTF-8 and import it again.".to_owned())?;
        Ok::<_, String>(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
    };
    let [email, role, first_name, last_name, username, organizations] = columns.map(field);
    let role = role?.map(|role| {
        let roles = || Role::ALL.map(Role::name).join(", ");
        Role::from_name(&role).ok_or_else(|| format!("The role “{role}” is unknown. Give one of {}.", roles()))
    });
    let organizations = organizations?.map(|keys| {
        keys.split(';').map(str::trim).filter(|key| !key.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    });
    Ok(Line {
        email: email?.ok_or("The email is missing.")?,
        role: role.transpose()?,
        first_name: first_name?,
        last_name: last_name?,
        username: username?,
        organizations,
    })
}
