//! The program itself: started, killed and started again.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use crate::client;

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../salesforce");

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sandbox-org"));
    command.arg("serve").args(arguments).args(["--schema", SCHEMA]);
    command.env("RUST_LOG", "warn").stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Killed, as by `kill -9`, when dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) url: String,
}

impl Program {
    pub(crate) fn start(data: &Path) -> Self {
        let mut child =
            command(&["--listen", "127.0.0.1:0", "--data", data.to_str().unwrap(), "--seed", "none"]).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{line}");
        Self { child, url }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

pub(crate) async fn token(http: &reqwest::Client, program: &Program) -> String {
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "casebridge-dev"),
        ("client_secret", "casebridge-dev-secret"),
    ];
    let (_, tokens) = client::answer(http.post(format!("{}/services/oauth2/token", program.url)).form(&form)).await;
    tokens["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_was_answered_is_there_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("new/sandbox.db");
    let http = client::plain();
    let program = Program::start(&data);
    let session = token(&http, &program).await;
    let url = format!("{}/services/data/v67.0/sobjects/Account", program.url);
    let mut made = Vec::new();
    for number in 0..20 {
        let body = json!({ "Name": format!("Account {number}") });
        let (_, answer) = client::answer(http.post(&url).bearer_auth(&session).json(&body)).await;
        made.push(answer["id"].as_str().unwrap().to_owned());
    }
    let told = client::answer(http.get(format!("{}/_sandbox/events", program.url))).await.1;
    drop(program);

    let program = Program::start(&data);
    // Each record's event is there with the record, under the replay id it had.
    let (_, events) = client::answer(http.get(format!("{}/_sandbox/events", program.url))).await;
    assert_eq!(events, told);
    let about = |event: &Value| event["payload"]["ChangeEventHeader"]["recordIds"][0].as_str().unwrap().to_owned();
    assert_eq!(events.as_array().unwrap().iter().map(about).collect::<Vec<_>>(), made);
    let (_, snapshot) = client::answer(http.get(format!("{}/_sandbox/snapshot", program.url))).await;
    let kept: Vec<&str> =
        snapshot["Account"].as_array().unwrap().iter().map(|record| record["Id"].as_str().unwrap()).collect();
    assert_eq!(kept, made);
    // The session of before is good too.
    let limits = format!("{}/services/data/v67.0/limits", program.url);
    assert_ne!(client::answer(http.get(limits).bearer_auth(&session)).await.1, Value::Null);
}

#[test]
fn a_wrong_command_line_is_told_what_to_do_instead() {
    let elsewhere = tempfile::tempdir().unwrap();
    let not_a_database = elsewhere.path().join("notes.txt");
    std::fs::write(&not_a_database, "this is no database, and long enough to be seen to be none".repeat(100)).unwrap();
    for (arguments, words) in [
        (vec!["--listen", "0.0.0.0:0"], "--allow-remote"),
        (vec!["--listen", "127.0.0.1:0", "--seed", "everything"], "scale:CASES,POSTS"),
        (vec!["--listen", "127.0.0.1:0", "--data", not_a_database.to_str().unwrap()], "notes.txt"),
        (vec!["--listen", "127.0.0.1:0", "--organization-id", "abc"], "\"abc\" is no id of an org"),
        // The end doesn't fit the beginning, and an id of something else.
        (vec!["--listen", "127.0.0.1:0", "--organization-id", "00DSB0000000009AAA"], "is no id of an org"),
        (vec!["--listen", "127.0.0.1:0", "--organization-id", "001SB0000000001"], "is no id of an org"),
    ] {
        let told = refused(&arguments);
        assert!(told.contains(words), "{told}");
    }
}

/// What a program that doesn't start says.
fn refused(arguments: &[&str]) -> String {
    let mut child = command(arguments).spawn().unwrap();
    // One that starts all the same says where it is, and would stay.
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    if !line.is_empty() {
        child.kill().unwrap();
    }
    let mut told = String::new();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(!child.wait().unwrap().success());
    assert!(line.is_empty() && !told.contains("panicked") && !told.contains("backtrace"), "{line}{told}");
    told
}

/// Two that wrote one file each held half of the org, and the second never answered a write.
#[tokio::test]
async fn a_data_file_belongs_to_one_program_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("sandbox.db");
    let http = client::plain();
    let program = Program::start(&data);
    let arguments = ["--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()].map(str::to_owned);
    let told = tokio::task::spawn_blocking(move || refused(&arguments.each_ref().map(String::as_str))).await.unwrap();
    assert!(told.contains("sandbox.db can’t be used: another program has the data file open"), "{told}");
    assert!(!token(&http, &program).await.is_empty(), "the first is as well as before");
    drop(program);
    assert!(!token(&http, &Program::start(&data)).await.is_empty(), "a killed one's file is free");
}

#[tokio::test]
async fn a_clock_that_was_moved_stays_moved_after_a_restart_until_a_reset() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("sandbox.db");
    let http = client::plain();
    let now = async |program: &Program| {
        let (_, clock) = client::answer(http.get(format!("{}/_sandbox/clock", program.url))).await;
        clock["now"].as_str().unwrap().to_owned()
    };
    let program = Program::start(&data);
    let today = now(&program).await;
    let advance = http.post(format!("{}/_sandbox/clock", program.url)).json(&json!({ "advance_seconds": 90_000_000 }));
    let (_, moved) = client::answer(advance).await;
    drop(program);

    let program = Program::start(&data);
    assert!(now(&program).await.as_str() >= moved["now"].as_str().unwrap());
    client::answer(http.post(format!("{}/_sandbox/reset", program.url))).await;
    assert_eq!(now(&program).await[..7], today[..7]);
    drop(program);
    assert_eq!(now(&Program::start(&data)).await[..7], today[..7]);
}
