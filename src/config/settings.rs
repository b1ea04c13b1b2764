//! The merged settings, and the mistakes found while they are read.

use std::{collections::BTreeMap, fmt::Display, path::Path, str::FromStr};

use figment::{
    Figment, Metadata, Source,
    providers::{Env, Format, Toml},
    value::Value,
};
use secrecy::SecretString;

use super::{
    ConfigFile, Problem, Problems,
    keys::{self, KEYS},
};

const DEFAULT_FILE: &str = "casebridge.toml";

pub(super) struct Settings {
    values: BTreeMap<String, Setting>,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

struct Setting {
    text: String,
    /// How the person would find it.
    place: String,
}

impl Settings {
    /// # Errors
    /// The file can't be read, or isn't TOML. Everything else is collected.
    pub(super) fn read(file: ConfigFile<'_>) -> Result<Self, Problems> {
        let mut figment = Figment::new();
        if let Some(path) = existing(file)? {
            figment = figment.merge(Toml::file_exact(path));
        }
        Self::from_figment(&figment.merge(environment()))
    }

    pub(super) fn from_figment(figment: &Figment) -> Result<Self, Problems> {
        let dict: figment::value::Dict = figment.extract().map_err(|error| not_toml(&error))?;
        let mut settings = Self { values: BTreeMap::new(), problems: Vec::new(), warnings: Vec::new() };
        for (name, value) in dict {
            settings.take(figment, name, value);
        }
        Ok(settings)
    }

    fn take(&mut self, figment: &Figment, name: String, value: Value) {
        let metadata = figment.get_metadata(value.tag());
        match value {
            Value::Dict(_, dict) if KEYS.iter().any(|key| key.starts_with(&format!("{name}."))) => {
                for (inner, value) in dict {
                    self.take(figment, format!("{name}.{inner}"), value);
                }
            }
            value if KEYS.contains(&name.as_str()) => match scalar(&value) {
                // An empty variable is how a shell says "not set".
                Some(text) if text.is_empty() => {}
                Some(text) => {
                    let place = place(&name, metadata);
                    self.values.insert(name, Setting { text, place });
                }
                None => self.problems.push(Problem::new(
                    place(&name, metadata),
                    "holds a list or a table where one value belongs.",
                    format!("Write {name} = \"…\"."),
                )),
            },
            _ => self.problems.push(unknown(&name, metadata)),
        }
    }

    /// The value as it was written.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        debug_assert!(KEYS.contains(&key), "{key} is not in the list of keys");
        self.values.get(key).map(|setting| setting.text.as_str())
    }

    pub(super) fn secret(&self, key: &str) -> Option<SecretString> {
        self.text(key).map(SecretString::from)
    }

    /// The value as a type. A value that is none is a problem, which `mend` tells how to fix.
    pub(super) fn parsed<T: FromStr<Err: Display>>(&mut self, key: &str, mend: &str) -> Option<T> {
        let text = self.text(key)?.to_owned();
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(key, format!("is “{text}”: {error}."), mend);
                None
            }
        }
    }

    /// Notes that the value of `key` can't be used.
    pub(super) fn refuse(&mut self, key: &str, what: impl Into<String>, mend: impl Into<String>) {
        let place = self.place(key);
        self.problems.push(Problem::new(place, what, mend));
    }

    pub(super) fn warn(&mut self, key: &str, what: impl Into<String>, mend: impl Into<String>) {
        let place = self.place(key);
        self.warnings.push(Problem::new(place, what, mend));
    }

    fn place(&self, key: &str) -> String {
        self.values.get(key).map_or_else(|| format!("{key} ({})", keys::variable(key)), |setting| setting.place.clone())
    }

    /// The warnings, once nothing was refused.
    pub(super) fn finish(self) -> Result<Vec<Problem>, Problems> {
        if self.problems.is_empty() { Ok(self.warnings) } else { Err(Problems(self.problems)) }
    }
}

fn existing(file: ConfigFile<'_>) -> Result<Option<&Path>, Problems> {
    match file {
        ConfigFile::Default => {
            let path = Path::new(DEFAULT_FILE);
            Ok(path.exists().then_some(path))
        }
        ConfigFile::Named(path) if path.is_file() => Ok(Some(path)),
        ConfigFile::Named(path) => Err(Problem::new(
            format!("The configuration file {}", path.display()),
            if path.exists() { "is no file." } else { "does not exist." },
            "Give the path of an existing file, or leave --config away: then ./casebridge.toml is read where there is one.",
        )
        .into()),
    }
}

/// Our variables under the dotted names of their keys. Those that are no key go by their own name, so that they are noticed.
fn environment() -> Env {
    Env::raw()
        .filter(|name| {
            let name = name.as_str().to_uppercase();
            name.starts_with(keys::PREFIX) && !keys::is_no_setting(&name)
        })
        .map(|name| {
            let name = name.as_str().to_uppercase();
            keys::key_of_variable(&name).map_or_else(|| name.clone().into(), |key| key.to_owned().into())
        })
        .lowercase(false)
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(_, text) => Some(text.clone()),
        Value::Char(_, c) => Some(c.to_string()),
        Value::Bool(_, truth) => Some(truth.to_string()),
        Value::Num(_, number) => number
            .to_u128()
            .map(|number| number.to_string())
            .or_else(|| number.to_i128().map(|number| number.to_string()))
            .or_else(|| number.to_f64().map(|number| number.to_string())),
        Value::Empty(..) => Some(String::new()),
        Value::Dict(..) | Value::Array(..) => None,
    }
}

fn place(key: &str, metadata: Option<&Metadata>) -> String {
    match metadata.and_then(|metadata| metadata.source.as_ref()) {
        Some(Source::File(path)) => format!("{key} in {}", path.display()),
        _ => keys::variable(key),
    }
}

fn unknown(name: &str, metadata: Option<&Metadata>) -> Problem {
    match metadata.and_then(|metadata| metadata.source.as_ref()) {
        Some(Source::File(path)) => unknown_key(name, &path.display().to_string()),
        _ if name.starts_with(keys::PREFIX) => {
            let mend = keys::nearest(name.trim_start_matches(keys::PREFIX)).map_or_else(
                || format!("Known variables: {}.", KEYS.map(keys::variable).join(", ")),
                |near| format!("Did you mean {}?", keys::variable(near)),
            );
            Problem::new(format!("The environment variable {name}"), "is no setting.", mend)
        }
        _ => unknown_key(name, DEFAULT_FILE),
    }
}

fn unknown_key(name: &str, file: &str) -> Problem {
    let mend = keys::nearest(name)
        .map_or_else(|| format!("Known keys: {}.", KEYS.join(", ")), |near| format!("Did you mean {near}?"));
    Problem::new(format!("{name} in {file}"), "is no setting.", mend)
}

fn not_toml(error: &figment::Error) -> Problems {
    let file = match error.metadata.as_ref().and_then(|metadata| metadata.source.as_ref()) {
        Some(Source::File(path)) => path.display().to_string(),
        _ => DEFAULT_FILE.to_owned(),
    };
    Problem::new(
        format!("{file} can't be read:"),
        error.kind.to_string(),
        "Mend the file; it is TOML, one `key = \"value\"` a line.",
    )
    .into()
}
