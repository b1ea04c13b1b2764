//! Every key there is, its environment variable, and the nearest one to a key that isn't there.

/// Dotted names as in `casebridge.toml`; the environment variable is `CASEBRIDGE_` and the name in capitals with `_` for `.`.
pub(super) const KEYS: [&str; 18] = [
    "listen",
    "public_url",
    "data_dir",
    "database_url",
    "redis_url",
    "secret_key",
    "log.filter",
    "log.format",
    "salesforce.login_url",
    "salesforce.client_id",
    "salesforce.client_secret",
    "salesforce.grant",
    "salesforce.username",
    "salesforce.private_key_file",
    "salesforce.poll_seconds",
    "salesforce.pubsub_url",
    "salesforce.ca_file",
    "trust_proxy",
];

pub(super) const PREFIX: &str = "CASEBRIDGE_";

/// Variables with our prefix that belong to the build and test scripts, or name the file itself.
pub(super) fn is_no_setting(variable: &str) -> bool {
    matches!(variable, "CASEBRIDGE_ROOT" | "CASEBRIDGE_TOOLS" | "CASEBRIDGE_CONFIG")
        || variable.starts_with("CASEBRIDGE_TEST_")
        || variable.starts_with("CASEBRIDGE_BENCH_")
        || variable.starts_with("CASEBRIDGE_E2E_")
}

pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "_").to_uppercase())
}

pub(super) fn key_of_variable(variable: &str) -> Option<&'static str> {
    KEYS.into_iter().find(|key| self::variable(key) == variable)
}

/// The key that differs least from `name` (a key, or a variable without its prefix), if it is near enough to have been meant.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let plain = |text: &str| text.to_lowercase().replace('.', "_");
    KEYS.into_iter()
        .map(|key| (strsim::jaro_winkler(&plain(name), &plain(key)), key))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, key)| key)
}
