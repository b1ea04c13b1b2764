//! Loading old comments against simple-salesforce's own bulk insert of the same rows into the same org, which has them twice
//! afterwards. Theirs come first, into the emptier org, and it inserts the items alone; ours is the whole command: every line
//! checked, items and ledger loaded, threads written, and all of it compared with the file.

use std::{
    ffi::OsStr,
    io::Write as _,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::{
    client::Connection,
    program::{self, Environment, Program},
    report::Figure,
};

const COMMENTS: usize = 100_000;
const SCRIPT: &str = "crates/bench/src/simple_salesforce_insert.py";

pub(crate) async fn measure(binaries: &Path) -> anyhow::Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    let (org_port, tls_port) = (program::free_port().await?, program::free_port().await?);
    let org_url = format!("http://127.0.0.1:{org_port}");
    let (listen, tls_listen) = (format!("127.0.0.1:{org_port}"), format!("127.0.0.1:{tls_port}"));
    let org_args =
        ["serve", "--listen", &listen, "--tls-listen", &tls_listen, "--seed", "none", "--schema", "salesforce"];
    // Where the org puts the certificate authority that the package has to trust.
    let beside = Environment(vec![("TMPDIR".to_owned(), folder.display().to_string())]);
    let binary = binaries.join("sandbox-org");
    let org = Program::start(&binary, &org_args.map(OsStr::new), &beside, &org_url, "/services/data").await?;
    let switches = json!({"rotation": true, "feed_tracking": false, "audit_fields": true}).to_string();
    let answer = Connection::open(&org_url.parse()?).await?.post_json("/_sandbox/switches", &switches).await?;
    ensure!(answer.status.is_success(), "the org lets nobody set dates: {}", answer.status);

    let portal = binaries.join("casebridge");
    let environment = program::portal_environment(folder, "http://127.0.0.1:3000", 3000, &org_url);
    program::run(&portal, &["migrate"].map(OsStr::new), &environment, "").await?;
    program::run(&portal, &["import", "catalogue", program::CATALOGUE].map(OsStr::new), &environment, "").await?;
    let courses = courses()?;
    // The cases are there before either begins.
    let first = write(folder, "first.jsonl", &courses, courses.len())?;
    import(&portal, &first, &environment).await?;
    let file = write(folder, "history.jsonl", &courses, COMMENTS)?;

    let theirs = insert_with_simple_salesforce(&file, &format!("https://{tls_listen}"), folder).await?;
    let began = Instant::now();
    import(&portal, &file, &environment).await?;
    let ours = began.elapsed().as_secs_f64();
    org.stop().await?;
    Ok(vec![
        Figure::new(
            format!("import comments, {COMMENTS} lines: checked, loaded with their ledger, and proved"),
            rate(ours),
            "",
        ),
        Figure::new("simple-salesforce’s bulk2 insert of the same rows, items alone", rate(theirs), ""),
        Figure::new("ratio", format!("{:.0} %", theirs / ours * 100.0), ""),
    ])
}

/// Keys as the catalogue's file has them.
fn courses() -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(program::CATALOGUE)?;
    let mut courses: Vec<String> = text
        .lines()
        .skip(1)
        .filter_map(|line| {
            let mut columns = line.split(',');
            let (institution, number) = (columns.next()?, columns.next()?);
            // A number with a blank in it stands differently in its course's key.
            (!number.contains(' ')).then(|| format!("{institution}+{number}"))
        })
        .collect();
    courses.sort_unstable();
    courses.dedup();
    Ok(courses)
}

fn write(folder: &Path, name: &str, courses: &[String], count: usize) -> anyhow::Result<PathBuf> {
    let path = folder.join(name);
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path)?);
    for (index, course) in courses.iter().cycle().take(count).enumerate() {
        let line = json!({
            "course": course,
            "author": format!("Former Member (former{})", index % 500),
            "body": format!("Comment {index} of {name}: the syllabus is ready; please look at the dates and the second quiz."),
            "created": format!("201{}-0{}-1{}T0{}:{:02}:{:02}Z", index % 9, index % 9 + 1, index / 9 % 9, index / 81 % 9, index / 729 % 60, index % 60),
        });
        writeln!(file, "{line}")?;
    }
    file.flush()?;
    Ok(path)
}

async fn import(portal: &Path, file: &Path, environment: &Environment) -> anyhow::Result<()> {
    let arguments = [OsStr::new("import"), OsStr::new("comments"), file.as_os_str()];
    program::run(portal, &arguments, environment, "").await
}

/// Seconds of its insert alone: reading the file, logging in and finding the cases don't count.
async fn insert_with_simple_salesforce(file: &Path, url: &str, folder: &Path) -> anyhow::Result<f64> {
    let tools = std::env::var_os("CASEBRIDGE_TOOLS").context("scripts/bench.sh says where the tools are")?;
    let output = tokio::process::Command::new(Path::new(&tools).join("python/bin/python"))
        .args([OsStr::new(SCRIPT), file.as_os_str(), OsStr::new(url)])
        .arg(folder.join("sandbox-ca.pem"))
        .output()
        .await?;
    ensure!(output.status.success(), "simple-salesforce failed: {}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout)?;
    ensure!(answer.get("inserted") == Some(&json!(COMMENTS)), "simple-salesforce inserted {answer}");
    answer.get("seconds").and_then(Value::as_f64).context("the script says how long it took")
}

#[expect(clippy::cast_precision_loss, reason = "shown without decimals")]
fn rate(seconds: f64) -> String {
    format!("{:.0} comments/s ({seconds:.1} s)", COMMENTS as f64 / seconds)
}
