//! The commands. Each prints data on stdout and talk on stderr, and ends with 0 only when it did what it was asked.

mod check;
mod fault;
mod import;
mod logging;
mod migrate;
mod openapi;
mod program;
mod push;
mod serve;
mod stop;
mod token;
mod user;
mod worker;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::config::{Config, ConfigFile};
use fault::Fault;

/// A place to talk about Salesforce Cases for people without a Salesforce account.
///
/// Settings come from casebridge.toml in the working directory and from CASEBRIDGE_* variables, which win. Without any, everything
/// runs on this machine with its data in ./data.
#[derive(Parser)]
#[command(name = "casebridge", version, after_help = "Example:\n  casebridge check && casebridge serve")]
struct Arguments {
    /// Read this file instead of ./casebridge.toml.
    #[arg(long, global = true, value_name = "FILE", env = "CASEBRIDGE_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Bring the database up to date, then serve pages and deliver to Salesforce until stopped.
    #[command(after_help = "Example:\n  CASEBRIDGE_LISTEN=127.0.0.1:8080 casebridge serve")]
    Serve(serve::Serve),
    /// Deliver to Salesforce and read from it, without serving pages.
    #[command(after_help = "Example:\n  casebridge worker    (next to any number of `casebridge serve --no-worker`)")]
    Worker,
    /// Bring the database up to date and end.
    #[command(after_help = "Example:\n  casebridge migrate")]
    Migrate,
    /// Say what is wrong with the configuration and how to mend it.
    #[command(after_help = "Example:\n  casebridge check && systemctl restart casebridge")]
    Check,
    /// Take in data from files.
    #[command(subcommand)]
    Import(import::Import),
    /// Send the whole catalogue to the org again; what the org has already is left alone.
    #[command(after_help = "Example:\n  casebridge push")]
    Push,
    /// Manage the people who may sign in.
    #[command(subcommand)]
    User(user::User),
    /// Print the description of the REST API, OpenAPI 3.1 in JSON.
    #[command(after_help = "Example:\n  casebridge openapi > openapi.json")]
    Openapi,
    /// Manage the bearer tokens of the REST API.
    #[command(subcommand)]
    Token(token::Token),
}

/// The program.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            fault::tell(&Fault::new(format!("The program can't start its threads: {error}.")));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            fault::tell(&fault);
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), Fault> {
    if let Command::Openapi = arguments.command {
        return openapi::run();
    }
    let file = arguments.config.as_deref().map_or(ConfigFile::Default, ConfigFile::Named);
    let loaded = match Config::load(file) {
        Ok(loaded) => loaded,
        Err(problems) if matches!(arguments.command, Command::Check) => return check::refuse(&problems),
        Err(problems) => return Err(Fault::from(problems)),
    };
    if let Command::Check = arguments.command {
        return check::run(loaded).await;
    }
    logging::start(&loaded.config.logging, arguments.command.talkative());
    for warning in &loaded.warnings {
        tracing::warn!("{} {} {}", warning.place, warning.what, warning.mend);
    }
    let config = loaded.config;
    match arguments.command {
        Command::Serve(serve) => serve.run(config).await,
        Command::Worker => worker::run(config).await,
        Command::Migrate => migrate::run(config).await,
        Command::Check | Command::Openapi => Ok(()),
        Command::Import(import) => import.run(config).await,
        Command::Push => push::run(config).await,
        Command::User(user) => user.run(config).await,
        Command::Token(token) => token.run(config).await,
    }
}

impl Command {
    /// Services log what they do; the others say it themselves and log only what is amiss.
    const fn talkative(&self) -> logging::Talk {
        match self {
            Self::Serve(_) | Self::Worker => logging::Talk::Service,
            _ => logging::Talk::Command,
        }
    }
}
