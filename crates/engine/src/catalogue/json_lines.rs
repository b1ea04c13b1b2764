//! A catalogue as JSON lines: one record a line, in the shapes in which upstream systems put them. Organizations are taken in first, then
//! courses, then runs, whatever order they stand in.

use std::io::BufRead;

use domain::{CourseId, OrganizationKey, RunStatus, Timestamp};
use serde::Deserialize;
use store::{CourseUpsert, OrganizationUpsert};

use super::{
    belonging::{Others, Place},
    intake::Intake,
    save::{course_facts, key_taken, no_course, no_organization, organization_upsert, run_facts, run_upsert},
};
use crate::{CourseInput, Engine, Error, ImportMode, ImportReport, JsonProblem, RunInput, read_json};

/// Records written in one transaction.
const AT_ONCE: usize = 500;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Record {
    Organization(Organization),
    Course(Course),
    Run(Run),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Organization {
    key: String,
    name: String,
    members: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Course {
    uuid: CourseId,
    key: String,
    title: String,
    organizations: Vec<String>,
    editors: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    key: String,
    course: CourseId,
    title: String,
    start: Option<String>,
    end: Option<String>,
    go_live_date: Option<String>,
    #[serde(default)]
    status: RunStatus,
    has_ofac_restrictions: Option<bool>,
    is_new: Option<bool>,
}

/// Each with the line it stands on.
#[derive(Default)]
struct Records {
    organizations: Vec<(u64, OrganizationUpsert, Option<Vec<String>>)>,
    courses: Vec<(u64, CourseId, CourseInput)>,
    runs: Vec<(u64, String, RunInput)>,
}

impl Engine {
    pub(super) async fn take_in_lines(
        &self,
        reader: impl BufRead,
        mode: ImportMode,
        report: &mut ImportReport,
    ) -> Result<(), Error> {
        let Records { organizations, courses, runs } = read(reader, report)?;
        let mut intake = Intake::new(self, mode);
        for some in organizations.chunks(AT_ONCE) {
            intake.begin().await?;
            for (line, upsert, members) in some {
                let place = Place::MembersOf(intake.organization(upsert.clone(), report).await?);
                take_in_people(&mut intake, place, members.as_deref(), *line, report).await?;
            }
            intake.commit().await?;
        }
        for some in courses.chunks(AT_ONCE) {
            intake.begin().await?;
            for (line, id, course) in some {
                let taken = take_in_course(&mut intake, *id, course, report).await;
                if told(taken, *line, report)? == Taken::In {
                    let editors = course.editors.as_deref();
                    take_in_people(&mut intake, Place::EditorsOf(*id), editors, *line, report).await?;
                }
            }
            intake.commit().await?;
        }
        for some in runs.chunks(AT_ONCE) {
            intake.begin().await?;
            for (line, key, run) in some {
                let taken = take_in_run(&mut intake, key, run, report).await;
                told(taken, *line, report)?;
            }
            intake.commit().await?;
        }
        report.problems.sort();
        Ok(())
    }
}

async fn take_in_course(
    intake: &mut Intake<'_>,
    id: CourseId,
    course: &CourseInput,
    report: &mut ImportReport,
) -> Result<(), Error> {
    let (key, title) = course_facts(course)?;
    let mut organizations = Vec::with_capacity(course.organizations.len());
    for key in &course.organizations {
        let known = OrganizationKey::new(key.as_str()).map_err(|_| no_organization(key))?;
        organizations.push(intake.organization_by_key(&known).await?.ok_or_else(|| no_organization(key))?);
    }
    // Asked first: a refused insert would end the whole transaction.
    if intake.course_by_key(&key).await?.is_some_and(|other| other != id) {
        return Err(key_taken(&key));
    }
    intake.course(CourseUpsert { id, key, title, organizations }, report).await
}

/// Exactly these, as far as they are known; without a list it stays as it is.
async fn take_in_people(
    intake: &mut Intake<'_>,
    place: Place,
    emails: Option<&[String]>,
    line: u64,
    report: &mut ImportReport,
) -> Result<(), Error> {
    let Some(emails) = emails else { return Ok(()) };
    let named = intake.engine().named(place, emails).await?;
    intake.belonging(place, named, Others::Leave, line, report).await
}

async fn take_in_run(
    intake: &mut Intake<'_>,
    key: &str,
    run: &RunInput,
    report: &mut ImportReport,
) -> Result<(), Error> {
    let (key, title) = run_facts(key, run)?;
    if !intake.has_course(run.course).await? {
        return Err(no_course(run.course));
    }
    let before = intake.run_is_new(&key).await?;
    intake.run(run_upsert(key, title, run.clone(), before), report).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    In,
    Not,
}

/// What is wrong with a line is told of it; what is wrong with the database ends the import.
fn told(taken: Result<(), Error>, line: u64, report: &mut ImportReport) -> Result<Taken, Error> {
    match taken {
        Ok(()) => Ok(Taken::In),
        Err(error @ (Error::Invalid(_) | Error::InvalidField { .. } | Error::Conflict(_))) => {
            report.problems.push((line, error.public().message));
            Ok(Taken::Not)
        }
        Err(error) => Err(error),
    }
}

fn read(reader: impl BufRead, report: &mut ImportReport) -> Result<Records, Error> {
    let mut records = Records::default();
    for (number, line) in (1..).zip(reader.split(b'\n')) {
        let line = line.map_err(|error| Error::invalid(format!("The file can't be read: {error}.")))?;
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line).trim_ascii();
        if line.is_empty() {
            continue;
        }
        if let Err(problem) = add(&mut records, number, line) {
            report.problems.push((number, problem));
        }
    }
    Ok(records)
}

fn add(records: &mut Records, number: u64, line: &[u8]) -> Result<(), String> {
    let record: Record = read_json(line).map_err(JsonProblem::told)?;
    match record {
        Record::Organization(Organization { key, name, members }) => {
            let upsert = organization_upsert(&key, &name).map_err(|error| error.public().message)?;
            records.organizations.push((number, upsert, members));
        }
        Record::Course(Course { uuid, key, title, organizations, editors }) => {
            records.courses.push((number, uuid, CourseInput { key, title, organizations, editors }));
        }
        Record::Run(run) => {
            let input = RunInput {
                course: run.course,
                title: run.title,
                start: moment("start", run.start)?,
                end: moment("end", run.end)?,
                go_live_date: moment("go_live_date", run.go_live_date)?,
                status: run.status,
                has_ofac_restrictions: run.has_ofac_restrictions,
                is_new: run.is_new,
            };
            records.runs.push((number, run.key, input));
        }
    }
    Ok(())
}

/// `2026-11-20T12:00:00Z`, or a day, which begins at midnight UTC.
fn moment(field: &str, text: Option<String>) -> Result<Option<Timestamp>, String> {
    let Some(text) = text else { return Ok(None) };
    let day = || Some(text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp());
    match text.parse::<jiff::Timestamp>().ok().or_else(day) {
        Some(at) => Ok(Some(at.into())),
        None => {
            Err(format!("The {field} “{text}” is no time between 1700 and 4000. Write it as 2026-11-20T12:00:00Z."))
        }
    }
}
