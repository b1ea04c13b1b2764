//! What is logged, and in which form.

use super::settings::Settings;

#[derive(Clone, Debug)]
pub struct Logging {
    /// In the words of tracing's `EnvFilter`: `info`, `casebridge=debug,warn`.
    pub filter: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

impl Logging {
    pub(super) fn read(settings: &mut Settings) -> Self {
        let filter = settings
            .text("log.filter")
            .unwrap_or("info,sqlx=warn,tower_sessions=error,tower_sessions_core=error")
            .to_owned();
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&filter) {
            settings.refuse(
                "log.filter",
                format!("is “{filter}”: {error}."),
                "Write a level (info) or targets with levels (casebridge=debug,warn).",
            );
        }
        let format = match settings.text("log.format") {
            None | Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            Some(other) => {
                let what = format!("is “{other}”.");
                settings.refuse("log.format", what, "Write text or json.");
                LogFormat::Text
            }
        };
        Self { filter, format }
    }
}
