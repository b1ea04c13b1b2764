//! The command line as people use it: what it prints where, how it ends, and that what is wrong is said in sentences.

#![expect(clippy::unwrap_used, reason = "a test that can't go on can only fail")]

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use tempfile::TempDir;

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    /// With assets that a build might have made.
    fn with_site(self) -> Self {
        std::fs::create_dir_all(self.path().join("site/pkg")).unwrap();
        self.write(
            "Leptos.toml",
            "[leptos]\noutput-name = \"casebridge\"\nsite-root = \"site\"\nsite-pkg-dir = \"pkg\"\n",
        );
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_casebridge"));
        command.args(arguments).current_dir(self.path()).env_clear().env("RUST_BACKTRACE", "1");
        command
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).stdin(Stdio::null()).output().unwrap())
    }

    fn run_with(&self, arguments: &[&str], input: &str) -> Ended {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ended::of(child.wait_with_output().unwrap())
    }
}

#[derive(Debug)]
struct Ended {
    success: bool,
    data: String,
    talk: String,
}

impl Ended {
    fn of(output: Output) -> Self {
        let ended = Self {
            success: output.status.success(),
            data: String::from_utf8(output.stdout).unwrap(),
            talk: String::from_utf8(output.stderr).unwrap(),
        };
        for trace in ["panicked", "stack backtrace", "Error {"] {
            assert!(!ended.talk.contains(trace), "{ended:?}");
        }
        ended
    }
}

#[test]
fn check_names_every_mistake_and_its_remedy_on_stdout() {
    let place = Place::new().with_site();
    place.write(
        "casebridge.toml",
        "lissten = \"127.0.0.1:1\"\npublic_url = \"http://portal.example.org\"\n[salesforce]\ngrant = \"jwt\"\n",
    );
    let ended = place.run(&["check"]);
    assert!(!ended.success);
    for part in ["lissten in ", "Did you mean listen?", "in the clear", "salesforce.client_id"] {
        assert!(ended.data.contains(part), "{part}: {ended:?}");
    }
    assert!(ended.talk.contains("3 problems"), "{ended:?}");
    let serve = place.run(&["serve"]);
    assert!(!serve.success && serve.talk.contains("Did you mean listen?"), "{serve:?}");
}

#[test]
fn check_of_a_fresh_place_is_content_and_makes_nothing() {
    let place = Place::new().with_site();
    let ended = place.run(&["check"]);
    assert!(ended.success, "{ended:?}");
    assert!(!place.path().join("data").exists());
}

#[test]
fn a_misspelt_variable_and_a_broken_file_are_told() {
    let place = Place::new().with_site();
    let ended = Ended::of(place.command(&["check"]).env("CASEBRIDGE_LISTN", "x").output().unwrap());
    assert!(
        ended.data.contains("CASEBRIDGE_LISTN") && ended.data.contains("Did you mean CASEBRIDGE_LISTEN?"),
        "{ended:?}"
    );
    place.write("casebridge.toml", "listen = \n");
    let ended = place.run(&["check"]);
    assert!(!ended.success && ended.data.contains("casebridge.toml"), "{ended:?}");
    let ended = place.run(&["--config", "none.toml", "check"]);
    assert!(!ended.success && ended.data.contains("none.toml does not exist"), "{ended:?}");
}

#[test]
fn a_database_that_is_not_there_is_a_sentence() {
    let place = Place::new().with_site();
    let ended = Ended::of(
        place
            .command(&["migrate"])
            .env("CASEBRIDGE_DATABASE_URL", "postgres://nobody:hunter2@127.0.0.1:9/none")
            .stdin(Stdio::null())
            .output()
            .unwrap(),
    );
    assert!(!ended.success && ended.talk.contains("can't be reached"), "{ended:?}");
    assert!(!ended.talk.contains("hunter2"), "{ended:?}");
}

#[test]
fn check_says_what_starting_would_fall_over() {
    let place = Place::new().with_site();
    place.write("no.pem", "no certificate and no key");
    let org = [("CASEBRIDGE_SALESFORCE_CLIENT_ID", "x"), ("CASEBRIDGE_SALESFORCE_LOGIN_URL", "https://x.example.org")];
    let check = |settings: &[(&str, &str)]| {
        let mut command = place.command(&["check"]);
        command.envs(org).envs(settings.iter().copied());
        Ended::of(command.output().unwrap())
    };
    let pem = place.path().join("no.pem");
    let pem = pem.to_str().unwrap();
    for (settings, named) in [
        (&[("CASEBRIDGE_SALESFORCE_CA_FILE", pem)][..], "ca_file"),
        (
            &[
                ("CASEBRIDGE_SALESFORCE_GRANT", "jwt"),
                ("CASEBRIDGE_SALESFORCE_USERNAME", "a@b.c"),
                ("CASEBRIDGE_SALESFORCE_PRIVATE_KEY_FILE", pem),
            ],
            "private_key_file",
        ),
        (&[("CASEBRIDGE_DATABASE_URL", "sqlite:/nowhere/x.db")], "database_url"),
    ] {
        let ended = check(settings);
        assert!(!ended.success && ended.data.contains(named), "{settings:?}: {ended:?}");
    }
    // A file that is another thing than a database is told apart, by check and by whoever uses it.
    place.write("no.db", &"not a database. ".repeat(100));
    let not_one = place.path().join("no.db");
    let url = format!("sqlite:{}", not_one.display());
    let ended = check(&[("CASEBRIDGE_DATABASE_URL", &url)]);
    assert!(!ended.success && ended.data.contains("not a database"), "{ended:?}");
    let ended = Ended::of(place.command(&["migrate"]).env("CASEBRIDGE_DATABASE_URL", &url).output().unwrap());
    assert!(!ended.success && ended.talk.contains("not a database"), "{ended:?}");
    assert!(ended.talk.contains("CASEBRIDGE_DATABASE_URL"), "{ended:?}");
}

#[test]
fn serving_without_assets_says_how_to_get_them() {
    let ended = Place::new().run(&["serve"]);
    assert!(!ended.success && ended.talk.contains("Leptos.toml"), "{ended:?}");
}

#[test]
fn a_catalogue_is_imported_once_and_wrong_lines_are_named() {
    let place = Place::new();
    place.write(
        "runs.csv",
        "institution,course_number,launch_date,title,subject\nMITx,6.002x,09/05/2012,Circuits,STEM\nMITx,,09/05/2012,Nothing,STEM\n",
    );
    let ended = place.run(&["import", "catalogue", "runs.csv"]);
    assert!(!ended.success && ended.talk.contains("runs.csv:3: "), "{ended:?}");
    assert!(ended.data.contains("courses: 1 (1 new"), "{ended:?}");
    place.write(
        "runs.csv",
        "institution,course_number,launch_date,title,subject\nMITx,6.002x,09/05/2012,Circuits,STEM\n",
    );
    let ended = place.run(&["import", "catalogue", "runs.csv"]);
    assert!(ended.success && ended.data.contains("courses: 1 (0 new, 0 changed, 1 unchanged)"), "{ended:?}");
    let missing = place.run(&["import", "catalogue", "missing.csv"]);
    assert!(!missing.success && missing.talk.contains("missing.csv can't be read"), "{missing:?}");
}

#[test]
fn a_dry_run_of_a_catalogue_says_what_would_be_and_writes_nothing() {
    let place = Place::new();
    place.write(
        "runs.csv",
        "institution,course_number,launch_date,title,subject\nMITx,6.002x,09/05/2012,Circuits,STEM\nMITx,,09/05/2012,Nothing,STEM\n",
    );
    place.write(
        "lines.jsonl",
        "{\"organization\":{\"key\":\"MITx\",\"name\":\"MIT\"}}\n{\"course\":{\"uuid\":\"5b6e2d1c-0000-4000-8000-000000000001\",\"key\":\"MITx+1\",\"title\":\"One\",\"organizations\":[\"MITx\"]}}\n",
    );
    // Twice: the first wrote nothing that the second could find.
    for _ in 0..2 {
        let ended = place.run(&["import", "catalogue", "--dry-run", "runs.csv"]);
        assert!(!ended.success && ended.talk.contains("runs.csv:3: "), "{ended:?}");
        assert!(ended.data.contains("courses: 1 (1 new") && ended.talk.contains("nothing was written"), "{ended:?}");
        assert!(ended.talk.contains("everything else would be imported"), "{ended:?}");
        let ended = place.run(&["import", "catalogue", "lines.jsonl", "--dry-run"]);
        assert!(ended.success && ended.data.contains("courses: 1 (1 new"), "{ended:?}");
        assert!(ended.data.contains("organizations: 1 (1 new"), "{ended:?}");
    }
    let ended = place.run(&["import", "catalogue", "lines.jsonl"]);
    assert!(ended.success && ended.data.contains("courses: 1 (1 new"), "{ended:?}");
    assert!(!ended.talk.contains("dry run"), "{ended:?}");
}

#[test]
fn a_person_is_added_and_their_id_printed_alone() {
    let place = Place::new();
    let add = ["user", "add", "sam@casebridge.test", "--role", "staff", "--name", "Sam Okafor", "--password-stdin"];
    let ended = place.run_with(&add, "correct horse battery staple\n");
    assert!(ended.success, "{ended:?}");
    let id = ended.data.trim_end();
    assert!(id.len() == 36 && !id.contains(char::is_whitespace), "{ended:?}");
    let again = place.run_with(&add, "correct horse battery staple");
    assert!(!again.success && again.talk.contains("is here already"), "{again:?}");
    let empty = place.run_with(&["user", "add", "x@y.test", "--role", "staff", "--password-stdin"], "");
    assert!(!empty.success && empty.talk.contains("The password is empty"), "{empty:?}");
    let role = place.run(&["user", "add", "x@y.test", "--role", "king", "--password-stdin"]);
    assert!(!role.success && role.talk.contains("partner, staff, customer, admin"), "{role:?}");
    let organization =
        ["user", "add", "x@y.test", "--role", "partner", "--organization", "Nowhere", "--password-stdin"];
    let organization = place.run_with(&organization, "correct horse battery staple");
    assert!(!organization.success && organization.talk.contains("Nowhere"), "{organization:?}");
}

#[test]
fn people_are_imported_and_a_password_set_for_them() {
    let place = Place::new();
    place.write("people.csv", "email,role,first_name,last_name\nsam@x.test,staff,Sam,Okafor\nnew@x.test,,,\n");
    let dry = place.run(&["import", "people", "people.csv", "--dry-run"]);
    assert!(!dry.success && dry.data.contains("people: 1 (1 new"), "{dry:?}");
    assert!(dry.talk.contains("people.csv:3: ") && dry.talk.contains("everything else would be imported"), "{dry:?}");
    let ended = place.run(&["import", "people", "people.csv"]);
    assert!(ended.data.contains("people: 1 (1 new") && ended.talk.contains("user set-password EMAIL"), "{ended:?}");
    let set = ["user", "set-password", "sam@x.test", "--password-stdin"];
    let ended = place.run_with(&set, "correct horse battery staple\n");
    assert!(ended.success && ended.data.is_empty() && ended.talk.contains("sam@x.test can sign in"), "{ended:?}");
    let short = place.run_with(&set, "short");
    assert!(!short.success && short.talk.contains("too short"), "{short:?}");
    let nobody = place.run_with(&["user", "set-password", "no@x.test", "--password-stdin"], "correct horse battery");
    assert!(!nobody.success && nobody.talk.contains("Nobody with the address"), "{nobody:?}");
}

/// The end said "the others were imported" where there were no others.
#[test]
fn an_import_of_bad_lines_alone_says_that_nothing_was_imported() {
    let place = Place::new();
    place.write("bad.jsonl", "{\"course\":{}}\n{\"type\":\"run\"}\n");
    for (mode, words) in [(&["--dry-run"][..], "nothing would be imported"), (&[], "nothing was imported")] {
        let ended = place.run(&[&["import", "catalogue", "bad.jsonl"], mode].concat());
        assert!(!ended.success && ended.talk.contains(words), "{ended:?}");
        assert!(ended.talk.contains("2 lines have problems") && !ended.talk.contains("everything else"), "{ended:?}");
    }
}

#[test]
fn every_command_has_help_with_an_example() {
    let place = Place::new();
    for command in [
        &[][..],
        &["serve"],
        &["worker"],
        &["migrate"],
        &["check"],
        &["import", "catalogue"],
        &["import", "people"],
        &["import", "comments"],
        &["push"],
        &["user", "add"],
        &["user", "set-password"],
    ] {
        let mut arguments = command.to_vec();
        arguments.push("--help");
        let ended = place.run(&arguments);
        assert!(ended.success && ended.data.contains("Example:"), "{command:?}: {ended:?}");
    }
}

/// A child that doesn't outlive its test.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_serves_until_asked_to_stop_and_ends_well() {
    let place = Place::new().with_site();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = place.command(&["serve"]);
    command
        .env("CASEBRIDGE_LISTEN", format!("127.0.0.1:{port}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut served = Served(command.spawn().unwrap());
    let mut stream = loop {
        assert!(served.0.try_wait().unwrap().is_none(), "it ended by itself");
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => break stream,
            Err(_) => std::thread::yield_now(),
        }
    };
    stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(place.path().join("data/secret.key").exists());
    // An idle connection keeps nobody from stopping.
    let idle = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let stopped = Command::new("kill").args(["-TERM", &served.0.id().to_string()]).status().expect("kill is there");
    assert!(stopped.success());
    assert!(served.0.wait().unwrap().success());
    drop(idle);
}

#[test]
fn a_token_is_printed_alone_and_only_for_who_may_sign_in() {
    let place = Place::new();
    let add = ["user", "add", "sam@casebridge.test", "--role", "staff", "--name", "Sam Okafor", "--password-stdin"];
    assert!(place.run_with(&add, "correct horse").success);
    let made = place.run(&["token", "create", "SAM@casebridge.test", "--ttl", "1h"]);
    assert!(made.success, "{made:?}");
    let token = made.data.strip_suffix('\n').unwrap();
    assert!(token.starts_with("cbt_") && token.len() == 50 && token.is_ascii(), "{made:?}");
    assert!(!made.talk.contains(token), "{made:?}");
    let other = place.run(&["token", "create", "sam@casebridge.test", "--scope", "read", "--scope", "catalogue"]);
    assert!(other.success && other.data != made.data, "{other:?}");
    for (arguments, says) in [
        (&["token", "create", "nobody@casebridge.test"][..], "Nobody who may sign in"),
        (&["token", "create", "no address"], "not an email address"),
        (&["token", "create", "sam@casebridge.test", "--ttl", "soon"], "such as 1h or 90d"),
        (&["token", "create", "sam@casebridge.test", "--ttl", "367d"], "at most 366 days"),
        (&["token", "create", "sam@casebridge.test", "--scope", "all"], "no scope “all”"),
    ] {
        let refused = place.run(arguments);
        assert!(!refused.success && refused.data.is_empty() && refused.talk.contains(says), "{refused:?}");
    }
}

#[test]
fn the_description_of_the_api_needs_no_configuration() {
    let place = Place::new();
    place.write("casebridge.toml", "what is this");
    let ended = place.run(&["openapi"]);
    assert!(ended.success && ended.talk.is_empty(), "{ended:?}");
    let document: serde_json::Value = serde_json::from_str(&ended.data).unwrap();
    assert!(document.get("openapi").is_some_and(|version| version == "3.1.0"), "{ended:?}");
    assert!(!place.path().join("data").exists());
}
