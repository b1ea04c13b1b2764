//! Importing a catalogue from a file. Running it again changes only what differs; one bad line spoils no other.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Read},
};

use csv::ByteRecord;
use domain::{CourseId, CourseKey, IsNew, OfacDecision, OrganizationId, OrganizationKey, RunKey, RunStatus, Timestamp};
use indexmap::IndexMap;
use store::{CourseUpsert, OrganizationUpsert, RunUpsert};

use super::{belonging, intake::Intake, save};
use crate::{Actor, Engine, Error, ImportMode, ImportReport, access, org_dates::org_holds};

/// Courses written in one transaction, so that an import of any size holds up nobody for long.
const COURSES_AT_ONCE: usize = 200;

/// The columns a file has; any order, any others besides.
const COLUMNS: [&str; 4] = ["institution", "course_number", "launch_date", "title"];

struct Line {
    institution: String,
    number: String,
    launched: Timestamp,
    /// `2012-09-05`, as the run's key says it.
    launch_date: String,
    title: String,
}

struct Course {
    organization: OrganizationKey,
    title: String,
    latest_launch: Timestamp,
    runs: IndexMap<RunKey, Run>,
}

struct Run {
    title: String,
    start: Timestamp,
}

impl Engine {
    /// Takes in a file: CSV with the columns `institution, course_number, launch_date (MM/DD/YYYY), title`, where a course is titled as
    /// its latest run is; CSV with the columns `organization, email` or `course, email`, which adds members and editors; or JSON lines,
    /// each `{"organization": {…}}`, `{"course": {…}}` or `{"run": {…}}`. JSON is told by its first character.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the file can't be read or lacks a column; a bad line is a problem of the report instead.
    pub async fn take_in_catalogue(&self, reader: impl Read, mode: ImportMode) -> Result<ImportReport, Error> {
        let mut reader = BufReader::new(reader);
        let unreadable = |error: std::io::Error| Error::invalid(format!("The file can't be read: {error}."));
        let is_json = begins_as_json(&mut reader)?;
        let mut report = ImportReport::default();
        if is_json {
            self.take_in_lines(reader, mode, &mut report).await?;
        } else {
            let mut first = Vec::new();
            reader.read_until(b'\n', &mut first).map_err(unreadable)?;
            let belongings = csv_fields(&first).ok().and_then(|record| belonging::Columns::of(&column_names(&record)));
            let whole = first.chain(reader);
            match belongings {
                Some(columns) => self.take_in_belongings(whole, columns, mode, &mut report).await?,
                None => self.take_in_table(whole, mode, &mut report).await?,
            }
        }
        if mode == ImportMode::Write {
            self.worker.wake();
            tracing::info!(
                import.courses = report.courses.total(),
                import.runs = report.runs.total(),
                import.members = report.members.total(),
                import.editors = report.editors.total(),
                import.problems = report.problems.len(),
                "catalogue imported"
            );
        }
        Ok(report)
    }

    /// The same, and it writes.
    ///
    /// # Errors
    /// As [`Engine::take_in_catalogue`].
    pub async fn import_catalogue(&self, reader: impl Read) -> Result<ImportReport, Error> {
        self.take_in_catalogue(reader, ImportMode::Write).await
    }

    /// The same for somebody who keeps the catalogue.
    ///
    /// # Errors
    /// As [`Engine::take_in_catalogue`]; [`Error::NotFound`] for everybody but staff and admins.
    pub async fn upload_catalogue(&self, actor: &Actor, file: &[u8], mode: ImportMode) -> Result<ImportReport, Error> {
        access::check_keeps_catalogue(actor)?;
        self.take_in_catalogue(file, mode).await
    }

    async fn take_in_table(&self, reader: impl Read, mode: ImportMode, report: &mut ImportReport) -> Result<(), Error> {
        let courses: Vec<(CourseKey, Course)> = read(reader, report)?.into_iter().collect();
        let mut intake = Intake::new(self, mode);
        let mut organizations: HashMap<OrganizationKey, OrganizationId> = HashMap::new();
        for some in courses.chunks(COURSES_AT_ONCE) {
            intake.begin().await?;
            for (key, course) in some {
                let organization = match organizations.get(&course.organization) {
                    Some(id) => *id,
                    None => {
                        let upsert = OrganizationUpsert {
                            key: course.organization.clone(),
                            name: course.organization.to_string(),
                        };
                        let id = intake.organization(upsert, report).await?;
                        organizations.insert(course.organization.clone(), id);
                        id
                    }
                };
                take_in_course(&mut intake, key, course, organization, report).await?;
            }
            intake.commit().await?;
        }
        Ok(())
    }
}

async fn take_in_course(
    intake: &mut Intake<'_>,
    key: &CourseKey,
    course: &Course,
    organization: OrganizationId,
    report: &mut ImportReport,
) -> Result<(), Error> {
    let id = CourseId::from_key(key);
    let upsert = CourseUpsert { id, key: key.clone(), title: course.title.clone(), organizations: vec![organization] };
    intake.course(upsert, report).await?;
    for (key, run) in &course.runs {
        let upsert = RunUpsert {
            key: key.clone(),
            course_id: id,
            title: run.title.clone(),
            start_at: Some(run.start),
            end_at: None,
            go_live_at: None,
            status: RunStatus::Published,
            ofac: OfacDecision::NotReviewed,
            is_new: IsNew::No,
        };
        intake.run(upsert, report).await?;
    }
    Ok(())
}

fn read(reader: impl Read, report: &mut ImportReport) -> Result<IndexMap<CourseKey, Course>, Error> {
    let mut lines = (1..).zip(BufReader::new(reader).split(b'\n'));
    let mut next = || {
        let (number, line) = lines.next()?;
        Some(
            line.map(|line| (number, line))
                .map_err(|error| Error::invalid(format!("The file can't be read: {error}."))),
        )
    };
    let headers = match next().transpose()? {
        Some((_, line)) => csv_fields(&line).map_err(Error::invalid)?,
        None => ByteRecord::new(),
    };
    let columns = columns(&headers)?;
    let mut courses: IndexMap<CourseKey, Course> = IndexMap::new();
    while let Some((number, text)) = next().transpose()? {
        if text.trim_ascii().is_empty() {
            continue;
        }
        let read = csv_fields(&text).and_then(|record| line(&record, columns)).and_then(|line| add(&mut courses, line));
        if let Err(problem) = read {
            report.problems.push((number, problem));
        }
    }
    Ok(courses)
}

/// Whether a file is JSON lines rather than a table, told by its first character.
pub(crate) fn begins_as_json(reader: &mut impl BufRead) -> Result<bool, Error> {
    let begins = reader.fill_buf().map_err(|error| Error::invalid(format!("The file can't be read: {error}.")))?;
    let begins = begins.strip_prefix(b"\xef\xbb\xbf").unwrap_or(begins);
    Ok(begins.trim_ascii_start().first() == Some(&b'{'))
}

/// The fields of one line. None of a catalogue's holds a line break, so a quote that is left open spoils its own line and
/// doesn't swallow those after it.
pub(crate) fn csv_fields(line: &[u8]) -> Result<ByteRecord, String> {
    // Read as a field of the same record, the second line shows that the first never ended.
    let guarded = [line, b"\nend"].concat();
    let mut csv = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(guarded.as_slice());
    let mut records = csv.byte_records();
    match (records.next(), records.next()) {
        (Some(Ok(record)), Some(Ok(_))) => Ok(record),
        (Some(Err(error)), _) | (_, Some(Err(error))) => Err(format!("The line can't be read as CSV: {error}.")),
        _ => Err("A quotation mark is opened on this line and not closed. Close it, or write it twice where it is part of the text.".to_owned()),
    }
}

/// What the first line calls its columns.
pub(crate) fn column_names(headers: &ByteRecord) -> Vec<String> {
    headers
        .iter()
        .map(|name| String::from_utf8_lossy(name).trim_start_matches('\u{feff}').trim().to_lowercase())
        .collect()
}

/// Where each of [`COLUMNS`] stands.
fn columns(headers: &ByteRecord) -> Result<[usize; 4], Error> {
    let names = column_names(headers);
    let mut places = [0; 4];
    for (place, column) in places.iter_mut().zip(COLUMNS) {
        *place = names.iter().position(|name| name == column).ok_or_else(|| {
            Error::invalid(format!(
                "The file has no column “{column}”. Its first line must name the columns {}; or organization and email; or course and email.",
                COLUMNS.join(", ")
            ))
        })?;
    }
    Ok(places)
}

fn line(record: &ByteRecord, columns: [usize; 4]) -> Result<Line, String> {
    let field = |place: usize, column: &str| -> Result<String, String> {
        let bytes = record.get(place).unwrap_or_default();
        let text = std::str::from_utf8(bytes)
            .map_err(|_| format!("The {column} is not UTF-8 text. Save the file as UTF-8 and import it again."))?;
        if text.is_empty() { Err(format!("The {column} is missing.")) } else { Ok(text.to_owned()) }
    };
    let [institution, number, launch_date, title] = columns;
    let date = field(launch_date, "launch_date")?;
    let date = jiff::civil::Date::strptime("%m/%d/%Y", &date)
        .or_else(|_| date.parse())
        .map_err(|_| format!("The launch_date “{date}” is no date. Write it as MM/DD/YYYY."))?;
    let launched = date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|at| at.timestamp().into());
    let launched = launched.filter(|at| org_holds(*at)).ok_or_else(|| {
        format!("The launch_date “{date}” is out of range: Salesforce holds dates from 1700 to 4000.")
    })?;
    Ok(Line {
        institution: field(institution, "institution")?,
        // Keys in the org's and other systems' URLs hold no spaces: "JPAL 101x" is JPAL_101x.
        number: field(number, "course_number")?.split_whitespace().collect::<Vec<_>>().join("_"),
        launched,
        launch_date: date.to_string(),
        title: save::title("title", &field(title, "title")?).map_err(|error| error.public().message)?,
    })
}

fn add(courses: &mut IndexMap<CourseKey, Course>, line: Line) -> Result<(), String> {
    let Line { institution, number, launched, launch_date, title } = line;
    let wrong = |invalid: domain::Invalid| invalid.0;
    let organization = OrganizationKey::new(institution.as_str()).map_err(wrong)?;
    let key = CourseKey::new(format!("{institution}+{number}")).map_err(wrong)?;
    let run_key = RunKey::new(format!("course-v1:{key}+{launch_date}")).map_err(wrong)?;
    let course = courses.entry(key).or_insert_with(|| Course {
        organization,
        title: title.clone(),
        latest_launch: launched,
        runs: IndexMap::new(),
    });
    if launched >= course.latest_launch {
        course.latest_launch = launched;
        course.title.clone_from(&title);
    }
    // Two runs launched on one day are two runs: the second, in the file's order, is …_2.
    let mut free = run_key.clone();
    let mut nth = 1;
    while course.runs.contains_key(&free) {
        nth += 1;
        free = RunKey::new(format!("{run_key}_{nth}")).map_err(wrong)?;
    }
    course.runs.insert(free, Run { title, start: launched });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &[u8]) -> (IndexMap<CourseKey, Course>, ImportReport) {
        let mut report = ImportReport::default();
        let courses = read(text, &mut report).unwrap();
        (courses, report)
    }

    #[test]
    fn two_runs_of_one_day_get_keys_of_their_own() {
        let (courses, report) = read_text(
            b"institution,course_number,launch_date,title,subject\nMITx,7.00x,06/17/2014,Biology,S\nMITx,7.00x,06/17/2014,Biology,S\n",
        );
        let keys: Vec<&str> = courses.values().flat_map(|course| course.runs.keys().map(RunKey::as_str)).collect();
        assert_eq!(keys, ["course-v1:MITx+7.00x+2014-06-17", "course-v1:MITx+7.00x+2014-06-17_2"]);
        assert_eq!(report.problems, []);
    }

    #[test]
    fn a_course_is_titled_as_its_latest_run() {
        let (courses, _) = read_text(
            b"\xef\xbb\xbfTitle,Institution,course_number,launch_date\r\nNew,X,JPAL 101x,04/01/2015\r\nOld,X,JPAL 101x,04/01/2014\r\n",
        );
        let (key, course) = courses.first().unwrap();
        assert_eq!((key.as_str(), course.title.as_str()), ("X+JPAL_101x", "New"));
    }

    #[test]
    fn a_bad_line_is_told_and_spoils_no_other() {
        let (courses, report) = read_text(
            b"institution,course_number,launch_date,title\nX,1,soon,A\nX\nX,2,01/02/2015,\xff\nX,3,02/30/2015,D\nX,4,2015-03-01,\"E, F\"\n",
        );
        assert_eq!(report.problems.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [2, 3, 4, 5]);
        assert_eq!(courses.keys().map(CourseKey::as_str).collect::<Vec<_>>(), ["X+4"]);
    }

    #[test]
    fn a_missing_column_is_named() {
        let mut report = ImportReport::default();
        let Err(Error::Invalid(sentence)) = read(&b"institution,title\n"[..], &mut report) else { panic!() };
        assert!(sentence.contains("course_number"), "{sentence}");
    }
}
