//! `casebridge serve`: pages, and the worker unless another process has it.

use std::{sync::Arc, time::Duration};

use clap::Args;
use domain::Clock;
use store::Store;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{fault::Fault, program::Program, stop, worker};
use crate::{
    config::{self, Config, Problem},
    http::{self, AppOptions, AppState},
};

const SESSIONS_SWEPT_EVERY: Duration = Duration::from_secs(60 * 60);

#[derive(Args)]
pub(super) struct Serve {
    /// Serve pages only; `casebridge worker` delivers.
    #[arg(long)]
    no_worker: bool,
}

impl Serve {
    pub(super) async fn run(self, config: Config) -> Result<(), Fault> {
        let leptos = config::leptos_options()?;
        let program = Program::open(&config).await?;
        let shutdown = stop::on_signal();
        let state = AppState::new(AppOptions {
            engine: program.engine.clone(),
            store: program.store.clone(),
            web: config.web.clone(),
            leptos,
            clock: Arc::clone(&program.clock),
            random: Arc::clone(&program.random),
            org_login: config.org.as_ref().map(|org| org.login_url.clone()),
            shutdown: shutdown.clone(),
        })
        .map_err(|error| {
            Fault::from(Problem::new(
                "The list of built assets (hash.txt beside the program)",
                format!("can't be read: {error}."),
                "Build program and assets together: `make run` does, or `cargo leptos build --release --precompress`.",
            ))
        })?;
        let listen = config.web.listen;
        let listener = TcpListener::bind(listen).await.map_err(|error| {
            Fault::from(Problem::new(
                "listen (CASEBRIDGE_LISTEN)",
                format!("is {listen}, which can't be used: {error}."),
                "Stop what listens there already, or choose another address.",
            ))
        })?;
        let tasks = TaskTracker::new();
        if !self.no_worker {
            worker::spawn(&tasks, &program.engine, &shutdown);
        }
        tasks.spawn(sweep_sessions(program.store.clone(), Arc::clone(&program.clock), shutdown.clone()));
        // Also beside a worker elsewhere: the files that people send are here.
        let (loads, stop) = (program.engine.clone(), shutdown.clone());
        tasks.spawn(async move { loads.run_history_loads(stop).await });
        tasks.close();
        tracing::info!(listen = %listen, public_url = %config.web.public_url, "serving");
        let served = http::serve(listener, state).await;
        shutdown.cancel();
        tasks.wait().await;
        program.store.close().await;
        served.map_err(|error| Fault::new(format!("The portal stopped listening: {error}.")))
    }
}

async fn sweep_sessions(store: Store, clock: Arc<dyn Clock>, shutdown: CancellationToken) {
    loop {
        match http::delete_expired_sessions(&store, clock.now()).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(sessions.expired = count, "forgot expired sessions"),
            Err(error) => tracing::warn!(%error, "expired sessions could not be forgotten"),
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = tokio::time::sleep(SESSIONS_SWEPT_EVERY) => {}
        }
    }
}
