//! What is measured, in order: start-up, weight of the course page, rendering against a static handler, accepted posts.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use domain::{Clock, Random, SystemClock, SystemRandom};

use crate::{
    client::Connection,
    load::{self, FormPost},
    program::{self, Environment, Program},
    report::Figure,
};

const PARTNER: &str = "bench@mitx.test";
const PASSWORD: &str = "bench-password";
const POSTS_ON_PAGE: usize = 50;
const POSTS_PER_SECOND: u32 = 200;
const CONNECTIONS: usize = 16;
const ROUNDS: usize = 5;

pub(crate) async fn measure(binaries: &Path, time: Duration) -> anyhow::Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let (portal_port, org_port) = (program::free_port().await?, program::free_port().await?);
    let (portal_url, org_url) = (format!("http://127.0.0.1:{portal_port}"), format!("http://127.0.0.1:{org_port}"));
    let portal = binaries.join("casebridge");
    let environment = program::portal_environment(folder.path(), &portal_url, portal_port, &org_url);

    let listen = format!("127.0.0.1:{org_port}");
    let org_args = ["serve", "--listen", &listen, "--seed", "none", "--schema", "salesforce"].map(OsStr::new);
    let org =
        Program::start(&binaries.join("sandbox-org"), &org_args, &environment, &org_url, "/services/data").await?;
    prepare(&portal, &environment).await?;

    let serve = [OsStr::new("serve")];
    let start = || Program::start(&portal, &serve, &environment, &portal_url, "/health/live");
    let mut starts = Vec::new();
    for _ in 1..ROUNDS {
        let program = start().await?;
        starts.push(program.started_in);
        program.stop().await?;
    }
    let program = start().await?;
    starts.push(program.started_in);
    starts.sort_unstable();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let idle = program.resident_bytes().await?;
    let mut figures = vec![
        Figure::new(
            "start to first answer, migrated database (median of 5)",
            milliseconds(starts.get(ROUNDS / 2).copied().unwrap_or_default()),
            "≤ 300 ms",
        ),
        Figure::new("resident memory, idle, after start", megabytes(idle), "≤ 60 MB"),
    ];

    let mut visitor = Visitor::sign_in(&program.url).await?;
    let courses = visitor.courses().await?;
    let course = courses.first().context("the partner has courses")?.clone();
    for index in 0..POSTS_ON_PAGE {
        let text = format!(
            "Comment {index}: the syllabus for week {index} is ready; please look at the dates and the second quiz."
        );
        visitor.post(&course, &text).await?;
    }
    figures.extend(weight(&mut visitor, &course).await?);
    figures.extend(rendering(&program, &visitor, &course, folder.path(), time).await?);
    figures.extend(accepted_posts(&program, &org_url, &mut visitor, &courses, time).await?);
    figures.push(Figure::new("resident memory after the load", megabytes(program.resident_bytes().await?), ""));
    program.stop().await?;
    org.stop().await?;
    Ok(figures)
}

async fn prepare(portal: &Path, environment: &Environment) -> anyhow::Result<()> {
    program::run(portal, &["migrate"].map(OsStr::new), environment, "").await?;
    program::run(portal, &["import", "catalogue", program::CATALOGUE].map(OsStr::new), environment, "").await?;
    let user = [
        "user",
        "add",
        PARTNER,
        "--role",
        "partner",
        "--name",
        "Bench Partner",
        "--organization",
        "MITx",
        "--password-stdin",
    ];
    program::run(portal, &user.map(OsStr::new), environment, PASSWORD).await
}

/// A signed-in partner.
struct Visitor {
    connection: Connection,
    cookie: String,
}

impl Visitor {
    async fn sign_in(url: &url::Url) -> anyhow::Result<Self> {
        let mut connection = Connection::open(url).await?;
        let answer = connection.post("/login", &[], &[("email", PARTNER), ("password", PASSWORD)]).await?;
        ensure!(answer.status.is_redirection(), "signing in answered {}", answer.status);
        Ok(Self { connection, cookie: answer.cookie()? })
    }

    async fn page(&mut self, path: &str) -> anyhow::Result<String> {
        let answer = self.connection.get(path, &[("cookie", &self.cookie)]).await?;
        ensure!(answer.status.is_success(), "{path} answered {}", answer.status);
        Ok(answer.text()?.to_owned())
    }

    /// Paths of the courses on the first page of "My courses".
    async fn courses(&mut self) -> anyhow::Result<Vec<String>> {
        let page = self.page("/courses").await?;
        let mut courses: Vec<String> = attribute_values(&page, "href=\"")
            .filter(|path| path.strip_prefix("/courses/").is_some_and(|rest| rest.len() == 36))
            .map(str::to_owned)
            .collect();
        courses.dedup();
        Ok(courses)
    }

    async fn post(&mut self, course: &str, text: &str) -> anyhow::Result<()> {
        let post = comment(course, text.to_owned());
        let form: Vec<(&str, &str)> = post.form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = self.connection.post(&post.path, &[("cookie", &self.cookie)], &form).await?;
        ensure!(answer.status.is_redirection(), "posting answered {}", answer.status);
        Ok(())
    }
}

fn comment(course: &str, body: String) -> FormPost {
    let key = SystemRandom.uuid_v7(SystemClock.now()).to_string();
    FormPost {
        path: format!("{course}/comments"),
        form: vec![("key", key), ("body", body), ("visibility", "public".to_owned()), ("run", String::new())],
    }
}

fn attribute_values<'a>(page: &'a str, opening: &'a str) -> impl Iterator<Item = &'a str> {
    page.split(opening).skip(1).filter_map(|rest| rest.split('"').next())
}

/// Bytes of the first view by type, as the server sends them to a browser that takes brotli.
async fn weight(visitor: &mut Visitor, course: &str) -> anyhow::Result<Vec<Figure>> {
    let page = visitor.page(course).await?;
    let mut paths = vec![course.to_owned()];
    paths.extend(page.split("/pkg/").skip(1).filter_map(|rest| {
        let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).collect();
        (!name.is_empty()).then(|| format!("/pkg/{name}"))
    }));
    paths.sort_unstable();
    paths.dedup();
    let mut bytes: BTreeMap<&'static str, usize> = BTreeMap::new();
    let cookie = visitor.cookie.clone();
    for path in paths {
        let answer = visitor.connection.get(&path, &[("cookie", &cookie), ("accept-encoding", "br")]).await?;
        if !answer.status.is_success() {
            bail!("{path} answered {}", answer.status);
        }
        let kind = match path.rsplit('.').next() {
            Some("wasm") => "wasm",
            Some("js") => "JS",
            Some("css") => "CSS",
            _ => "HTML",
        };
        *bytes.entry(kind).or_default() += answer.body.len();
    }
    let total: usize = bytes.values().sum();
    let before_wasm = total - bytes.get("wasm").copied().unwrap_or(0);
    ensure!(bytes.contains_key("wasm") && bytes.contains_key("CSS"), "the course page names no wasm or no style");
    let mut figures: Vec<Figure> = bytes
        .iter()
        .map(|(kind, bytes)| {
            let aim = if *kind == "wasm" { "≤ 100 KB" } else { "" };
            Figure::new(
                format!("course page with {POSTS_ON_PAGE} posts, first view, brotli: {kind}"),
                kilobytes(*bytes),
                aim,
            )
        })
        .collect();
    figures.push(Figure::new("— before wasm", kilobytes(before_wasm), "≤ 40 KB"));
    figures.push(Figure::new("— everything", kilobytes(total), "≤ 130 KB"));
    Ok(figures)
}

/// The page against a handler that returns the same bytes, in turn, round by round.
async fn rendering(
    program: &Program,
    visitor: &Visitor,
    course: &str,
    folder: &Path,
    time: Duration,
) -> anyhow::Result<Vec<Figure>> {
    let mut connection = Connection::open(&program.url).await?;
    let headers = [("cookie", visitor.cookie.as_str())];
    let page = connection.get(course, &headers).await?;
    let file = folder.join("page.html");
    tokio::fs::write(&file, &page.body).await?;
    let fixed = Program::start_static(&file).await?;
    let time = time / 2;
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let page = load::throughput(&program.url, course, &headers, CONNECTIONS, time).await?;
        let bytes = load::throughput(&fixed.url, "/", &headers, CONNECTIONS, time).await?;
        ours.push(page);
        theirs.push(bytes);
        ratios.push(page / bytes);
    }
    fixed.stop().await?;
    Ok(vec![
        Figure::new(
            format!(
                "course page with {POSTS_ON_PAGE} posts, rendered ({} KB, {CONNECTIONS} connections; median of {ROUNDS} rounds)",
                page.body.len() / 1000
            ),
            format!("{:.0} requests/s", median(&mut ours)),
            "",
        ),
        Figure::new(
            "axum handler returning the same bytes, same rounds",
            format!("{:.0} requests/s", median(&mut theirs)),
            "",
        ),
        Figure::new("ratio, pair by pair (median)", format!("{:.0} %", median(&mut ratios) * 100.0), "≥ 40 %"),
    ])
}

/// Posts at a rate, over all courses of the first page; then waits until the org has each exactly once.
async fn accepted_posts(
    program: &Program,
    org_url: &str,
    visitor: &mut Visitor,
    courses: &[String],
    time: Duration,
) -> anyhow::Result<Vec<Figure>> {
    let count = usize::try_from(u64::from(POSTS_PER_SECOND) * time.as_secs() * 2)?;
    let posts: Vec<FormPost> = courses
        .iter()
        .cycle()
        .take(count)
        .enumerate()
        .map(|(index, course)| comment(course, format!("Load {index}")))
        .collect();
    let latencies = load::post_at_rate(&program.url, &visitor.cookie, posts, POSTS_PER_SECOND, 64).await?;
    let accepted = Instant::now();
    let expected = count + POSTS_ON_PAGE;
    let org: url::Url = org_url.parse()?;
    let mut in_org = 0;
    while accepted.elapsed() < Duration::from_secs(120) {
        in_org = ledger_rows(&org).await?;
        if in_org >= expected {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let what = format!(
        "post accepted (durable here), {POSTS_PER_SECOND} posts/s for {} s over {} courses",
        time.as_secs() * 2,
        courses.len()
    );
    Ok(vec![
        Figure::new(format!("{what}: median"), milliseconds(latencies.quantile(0.5)), ""),
        Figure::new("— p99", milliseconds(latencies.quantile(0.99)), "≤ 20 ms"),
        Figure::new("— maximum", milliseconds(latencies.quantile(1.0)), ""),
        Figure::new(
            "— in the org afterwards, of those accepted",
            format!("{in_org} of {expected}, {:.1} s after the last", accepted.elapsed().as_secs_f64()),
            "each once",
        ),
    ])
}

/// How many ledger rows the sandbox org holds.
async fn ledger_rows(org: &url::Url) -> anyhow::Result<usize> {
    let snapshot = Connection::open(org).await?.get("/_sandbox/count?object=Portal_Post__c", &[]).await?;
    let value: serde_json::Value = serde_json::from_slice(&snapshot.body)?;
    value
        .get("count")
        .and_then(serde_json::Value::as_u64)
        .and_then(|count| usize::try_from(count).ok())
        .context("the sandbox counts records")
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn kilobytes(bytes: usize) -> String {
    format!("{:.1} KB", bytes as f64 / 1000.0)
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1_000_000.0)
}
