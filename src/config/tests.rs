use domain::SeededRandom;
use figment::{
    Figment,
    providers::{Format, Toml},
};

use super::{Config, Grant, Loaded, Problems, settings::Settings};

fn load(toml: &str) -> Result<Loaded, Problems> {
    Config::from_settings(Settings::from_figment(&Figment::new().merge(Toml::string(toml)))?)
}

fn refusals(toml: &str) -> Vec<String> {
    load(toml).expect_err("it is wrong").0.iter().map(ToString::to_string).collect()
}

#[test]
fn nothing_configured_runs_everything_on_this_machine() {
    let config = load("").unwrap().config;
    assert_eq!(config.web.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(config.web.origin(), "http://127.0.0.1:3000");
    assert!(config.org.is_none());
}

#[test]
fn an_unknown_key_is_an_error_that_names_the_nearest() {
    let found = refusals("lsten = '127.0.0.1:1'\n[salesforce]\nclientid = 'x'");
    assert!(found[0].contains("Did you mean listen?"), "{found:?}");
    assert!(found[1].contains("Did you mean salesforce.client_id?"), "{found:?}");
}

#[test]
fn every_problem_is_told_at_once() {
    let found = refusals(
        "listen = 'here'\npublic_url = 'ftp://x'\n[salesforce]\ngrant = 'magic'\nclient_id = 'x'\npoll_seconds = 0",
    );
    assert_eq!(found.len(), 4, "{found:#?}");
}

#[test]
fn passwords_never_cross_the_network_in_the_clear() {
    assert!(refusals("public_url = 'http://casebridge.example.org'")[0].contains("in the clear"));
    assert!(load("public_url = 'https://casebridge.example.org'").is_ok());
    assert!(
        refusals("[salesforce]\nclient_id = 'x'\nlogin_url = 'http://login.example.org'")[0].contains("in the clear")
    );
}

#[test]
fn a_grant_says_what_it_lacks() {
    assert!(refusals("[salesforce]\nclient_id = 'x'\ngrant = 'jwt'")[0].contains("username"));
    assert!(refusals("[salesforce]\nclient_id = 'x'\ngrant = 'client_credentials'")[0].contains("client_secret"));
    assert!(refusals("[salesforce]\ngrant = 'web'")[0].contains("client_id"));
    let config = load("[salesforce]\nclient_id = 'x'").unwrap().config;
    assert!(matches!(config.org.unwrap().grant, Grant::Web { client_secret: None }));
}

#[test]
fn the_key_is_made_once_and_guarded() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let config = load(&format!("data_dir = '{}'", data_dir.display())).unwrap().config;
    let random = SeededRandom::new(7);
    let first = config.secret_key(&random).unwrap();
    assert_eq!(first.expose(), config.secret_key(&random).unwrap().expose());
    let file = data_dir.join("secret.key");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(config.check_secret_key().unwrap().mend.contains("chmod 600"));
}

#[test]
fn secrets_are_not_shown() {
    let key = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, [7; 32]);
    let config = load(&format!(
        "secret_key = '{key}'\ndatabase_url = 'postgres://u:hunter2@h/d'\n[salesforce]\nclient_id = 'x'\nclient_secret = 'hunter3'"
    ));
    let shown = format!("{:?}", config.unwrap().config);
    assert!(!shown.contains("hunter") && !shown.contains(&key), "{shown}");
}

#[test]
fn the_example_file_names_every_key_and_no_other() {
    let example = include_str!("../../casebridge.example.toml");
    let mut section = String::new();
    let mut named = Vec::new();
    for line in example.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = format!("{}.", name.trim_end_matches(']'));
        } else if let Some((key, _)) =
            line.strip_prefix('#').filter(|line| !line.starts_with(' ')).and_then(|line| line.split_once(" = "))
        {
            named.push(format!("{section}{key}"));
        }
    }
    named.sort_unstable();
    let mut keys = super::keys::KEYS.map(str::to_owned).to_vec();
    keys.sort_unstable();
    assert_eq!(named, keys);
}
