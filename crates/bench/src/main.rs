//! `make bench`: starts the sandbox org and the portal as release binaries on free ports, measures what
//! docs/BENCHMARKS.md promises, and rewrites that page's table.
//!
//! Every target is a process this program started on the loopback interface; every loop is bounded in count and time.

mod client;
mod history;
mod load;
mod program;
mod report;
mod scenario;
mod static_page;

use std::path::PathBuf;

use clap::Parser;

/// Measure Casebridge on this machine.
///
/// Example: casebridge-bench --binaries target/release --report docs/BENCHMARKS.md
#[derive(Parser)]
enum Command {
    /// Run the whole measurement.
    Run {
        /// The folder with `casebridge` and `sandbox-org`.
        #[arg(long, default_value = "target/release")]
        binaries: PathBuf,
        /// The page whose table is rewritten.
        #[arg(long, default_value = "docs/BENCHMARKS.md")]
        report: PathBuf,
        /// Seconds of each load measurement.
        #[arg(long, default_value_t = 5)]
        seconds: u64,
    },
    /// Serve one file's bytes on a free port: the handler that pages are compared with. Prints its address.
    Static { file: PathBuf },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match Command::parse() {
        Command::Run { binaries, report, seconds } => {
            let mut figures = scenario::measure(&binaries, std::time::Duration::from_secs(seconds)).await?;
            figures.extend(history::measure(&binaries).await?);
            report::publish(&figures, &report)
        }
        Command::Static { file } => static_page::serve(&file).await,
    }
}
