//! A program under measurement: started on a free port, watched, and stopped when dropped.

use std::{
    ffi::OsStr,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, Command},
};

use crate::client::Connection;

pub(crate) struct Program {
    child: Child,
    pub(crate) url: url::Url,
    /// From spawning the process to its first answer.
    pub(crate) started_in: Duration,
}

pub(crate) struct Environment(pub(crate) Vec<(String, String)>);

/// What every portal here is filled with.
pub(crate) const CATALOGUE: &str = "demo/harvard-mitx-runs.csv";

/// A portal of its own, connected to that org.
pub(crate) fn portal_environment(folder: &Path, portal_url: &str, portal_port: u16, org_url: &str) -> Environment {
    let pairs = [
        ("LISTEN", format!("127.0.0.1:{portal_port}")),
        ("PUBLIC_URL", portal_url.to_owned()),
        ("DATA_DIR", folder.join("data").display().to_string()),
        ("SALESFORCE_LOGIN_URL", org_url.to_owned()),
        ("SALESFORCE_CLIENT_ID", "casebridge-dev".to_owned()),
        ("SALESFORCE_CLIENT_SECRET", "casebridge-dev-secret".to_owned()),
        ("SALESFORCE_GRANT", "client_credentials".to_owned()),
    ];
    Environment(pairs.into_iter().map(|(name, value)| (format!("CASEBRIDGE_{name}"), value)).collect())
}

impl Program {
    /// Starts `binary` and asks `probe` until it answers with success.
    pub(crate) async fn start(
        binary: &Path,
        args: &[&OsStr],
        environment: &Environment,
        url: &str,
        probe: &str,
    ) -> anyhow::Result<Self> {
        let url: url::Url = url.parse()?;
        let began = Instant::now();
        let child = Command::new(binary)
            .args(args)
            .envs(environment.0.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} can't be started; scripts/build.sh makes it", binary.display()))?;
        while began.elapsed() < Duration::from_secs(30) {
            if let Ok(mut connection) = Connection::open(&url).await
                && connection.get(probe, &[]).await.is_ok_and(|answer| answer.status.is_success())
            {
                return Ok(Self { child, url, started_in: began.elapsed() });
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        bail!("{} did not answer {probe} within 30 s", binary.display())
    }

    /// Starts this program's own `static` command and reads the address it prints.
    pub(crate) async fn start_static(file: &Path) -> anyhow::Result<Self> {
        let began = Instant::now();
        let mut child = Command::new(std::env::current_exe()?)
            .arg("static")
            .arg(file)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let stdout = child.stdout.take().context("the static handler has a stdout")?;
        let line =
            BufReader::new(stdout).lines().next_line().await?.context("the static handler prints its address")?;
        Ok(Self { child, url: line.parse()?, started_in: began.elapsed() })
    }

    /// Resident memory in bytes, as the kernel counts it now.
    pub(crate) async fn resident_bytes(&self) -> anyhow::Result<u64> {
        let id = self.child.id().context("the program has ended")?;
        let status = tokio::fs::read_to_string(format!("/proc/{id}/status")).await?;
        let kilobytes = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|rest| rest.trim().strip_suffix(" kB"))
            .context("VmRSS is in /proc/PID/status")?;
        Ok(kilobytes.trim().parse::<u64>()? * 1024)
    }

    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        self.child.kill().await?;
        Ok(())
    }
}

/// Runs one command of the portal to its end, with `input` on its standard input.
pub(crate) async fn run(binary: &Path, args: &[&OsStr], environment: &Environment, input: &str) -> anyhow::Result<()> {
    let mut child = Command::new(binary)
        .args(args)
        .envs(environment.0.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    child.stdin.take().context("the command has a stdin")?.write_all(input.as_bytes()).await?;
    let output = child.wait_with_output().await?;
    if !output.status.success() {
        bail!("{} {args:?} failed: {}", binary.display(), String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}

/// A port that was free a moment ago.
pub(crate) async fn free_port() -> anyhow::Result<u16> {
    Ok(tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port())
}
