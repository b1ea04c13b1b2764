//! `sandbox-org`: the sandbox org as a program of its own.

use std::{
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use sandbox::{Limits, Sandbox, SandboxOptions, Seed};

/// A local Salesforce stand-in for development and tests. It is not Salesforce and is not for production.
#[derive(Parser)]
#[command(name = "sandbox-org", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the org until it is told to stop (Ctrl-C).
    #[command(after_help = "Example:\n  sandbox-org serve --data data/sandbox.db --seed demo\n\n\
        Log in as admin@sandbox.test or riley@sandbox.test, password sandbox, security token TOKEN.\n\
        Connected app: casebridge-dev, secret casebridge-dev-secret.")]
    Serve(Serve),
}

#[derive(Args)]
struct Serve {
    /// Where to listen for plain HTTP
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8180")]
    listen: SocketAddr,
    /// Where to listen for TLS, with a certificate authority made at start (its file is printed)
    #[arg(long, value_name = "ADDRESS:PORT")]
    tls_listen: Option<SocketAddr>,
    /// Keep the records in this SQLite file; without it they are gone when the program ends
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// What a new org holds: none, demo, or scale:CASES,POSTS
    #[arg(long, default_value = "demo")]
    seed: Seed,
    /// The SFDX project whose objects and fields the org has
    #[arg(long, value_name = "FOLDER", default_value = "salesforce")]
    schema: PathBuf,
    /// API calls the org allows in any 24 hours
    #[arg(long, value_name = "CALLS", default_value_t = Limits::default().daily)]
    daily_api_calls: u64,
    /// Calls of 20 seconds and more the org allows at once
    #[arg(long, value_name = "CALLS", default_value_t = Limits::default().concurrent)]
    concurrent_api_calls: usize,
    /// Events the org delivers to subscribers in any 24 hours
    #[arg(long, value_name = "EVENTS", default_value_t = Limits::default().delivered_events)]
    daily_delivered_events: u64,
    /// Platform events the org lets be published in an hour
    #[arg(long, value_name = "EVENTS", default_value_t = Limits::default().published_events)]
    hourly_published_events: u64,
    /// CometD clients the org allows at once
    #[arg(long, value_name = "CLIENTS", default_value_t = Limits::default().cometd_clients)]
    cometd_clients: usize,
    /// Pub/Sub API streams the org allows at once
    #[arg(long, value_name = "STREAMS", default_value_t = Limits::default().event_streams)]
    event_streams: usize,
    /// Seconds after which an unused session ends
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::default().session_seconds)]
    session_timeout: u64,
    /// Let a refresh token stay good after its use
    #[arg(long)]
    no_refresh_token_rotation: bool,
    /// The org's own id, 18 characters: another org than the one that was here before
    #[arg(long, value_name = "ID")]
    organization_id: Option<String>,
    /// Lack an object (Portal_Post__c), a field (FeedItem.Visibility), a value (Case.Origin=Publisher) or a feed (Case.Feed)
    #[arg(long, value_name = "NAME")]
    lacking: Vec<String>,
    /// Keep an object (Contact) or a field (Case.Origin) from being written
    #[arg(long, value_name = "NAME")]
    read_only: Vec<String>,
    /// Allow an address that other machines can reach. The org has well-known passwords.
    #[arg(long)]
    allow_remote: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "info".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let Command::Serve(serve) = cli.command;
    match run(serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The whole chain on one line; nobody needs a backtrace to mend a command line.
            let _ = writeln!(std::io::stderr(), "sandbox-org: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(serve: Serve) -> anyhow::Result<()> {
    for address in std::iter::once(serve.listen).chain(serve.tls_listen) {
        if !address.ip().is_loopback() && !serve.allow_remote {
            bail!(
                "{address} can be reached from other machines, and the sandbox org has well-known passwords; \
                 listen on 127.0.0.1, or add --allow-remote if that is what you want"
            );
        }
    }
    if !serve.schema.is_dir() {
        bail!("there is no folder {}; give the SFDX project's folder with --schema", serve.schema.display());
    }
    if let Some(folder) = serve.data.as_deref().and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).with_context(|| format!("the folder {} can’t be made", folder.display()))?;
    }
    let mut stop = std::pin::pin!(asked_to_stop()?);
    let sandbox = Sandbox::start(SandboxOptions {
        schema_dir: serve.schema,
        data: serve.data.clone(),
        seed: serve.seed,
        listen: serve.listen,
        tls_listen: serve.tls_listen,
        limits: Limits {
            daily: serve.daily_api_calls,
            concurrent: serve.concurrent_api_calls,
            session_seconds: serve.session_timeout,
            delivered_events: serve.daily_delivered_events,
            published_events: serve.hourly_published_events,
            cometd_clients: serve.cometd_clients,
            event_streams: serve.event_streams,
            ..Limits::default()
        },
        refresh_token_rotation: !serve.no_refresh_token_rotation,
        organization_id: serve.organization_id.unwrap_or_else(|| SandboxOptions::default().organization_id),
        lacking: serve.lacking,
        read_only: serve.read_only,
    })
    .await?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "The sandbox org is at {}", sandbox.url())?;
    if let (Some(url), Some(pem)) = (sandbox.tls_url(), sandbox.ca_pem()) {
        let folder = serve.data.as_deref().and_then(Path::parent).map_or_else(std::env::temp_dir, Path::to_owned);
        let file = folder.join("sandbox-ca.pem");
        std::fs::write(&file, pem).with_context(|| format!("{} can’t be written", file.display()))?;
        writeln!(out, "and at {url}, certificate authority {}", file.display())?;
    }
    out.flush()?;
    drop(out);
    stop.as_mut().await;
    sandbox.stop().await;
    Ok(())
}

/// Ends at Ctrl-C or SIGTERM.
fn asked_to_stop() -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
