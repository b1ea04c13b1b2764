//! Listening, until told to stop.

use std::{net::SocketAddr, time::Duration};

use tokio::net::TcpListener;

use super::{AppState, router};

/// How long requests under way may take once a stop was asked for.
const GRACE: Duration = Duration::from_secs(10);

/// Answers on `listener` until the state's shutdown token is cancelled, then lets requests under way finish. Open streams end at once.
///
/// # Errors
/// The listener failed.
pub async fn serve(listener: TcpListener, state: AppState) -> std::io::Result<()> {
    let stop = state.shutdown().clone();
    let service = router(state).into_make_service_with_connect_info::<SocketAddr>();
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        // Small answers must not wait for more to send.
        let _ = stream.set_nodelay(true);
    });
    let stopping = stop.clone();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move { stopping.cancelled().await });
    tokio::select! {
        ended = server.into_future() => ended,
        () = async { stop.cancelled().await; tokio::time::sleep(GRACE).await } => {
            tracing::warn!("some connections did not end in time and are closed");
            Ok(())
        }
    }
}
