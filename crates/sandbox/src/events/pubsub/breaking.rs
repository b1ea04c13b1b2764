//! A stream that a fault breaks: its answer ends without a word in the middle, as when a connection is cut.

use std::time::Duration;

use axum::body::Body;
use futures::{StreamExt, stream};
use http::Response;
use tokio::sync::oneshot;

use crate::{org::Org, server::Closed};

/// A reset overtakes what was not written yet, so the events before it get this long.
const HEAD_START: Duration = Duration::from_millis(50);

/// Counts down to the break.
pub(super) struct Breaking {
    left: usize,
    cut: oneshot::Sender<()>,
}

/// Fires when the answer is to be cut.
pub(super) type Cut = oneshot::Receiver<()>;

impl Breaking {
    /// Looks for a fault on this call.
    pub(super) fn strike(org: &Org, call: &str) -> (Option<Self>, Option<Cut>) {
        match org.faults.strike_stream(call, &format!("/eventbus.v1.PubSub/{call}")) {
            Some(fault) => {
                let (cut, when) = oneshot::channel();
                let left = fault.after_events.and_then(|events| usize::try_from(events).ok()).unwrap_or(0);
                (Some(Self { left, cut }), Some(when))
            }
            None => (None, None),
        }
    }

    /// How many more events may come through.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    pub(super) fn came_through(&mut self, events: usize) {
        self.left = self.left.saturating_sub(events);
    }

    /// Never returns: whoever waits goes with the connection.
    pub(super) async fn cut(self) {
        let _ = self.cut.send(());
        std::future::pending().await
    }
}

/// The answer of a call as it is sent.
pub(super) fn answer(response: Response<tonic::body::Body>, cut: Option<Cut>) -> Response<Body> {
    let Some(cut) = cut else { return response.map(Body::new) };
    // Without the status that ends a gRPC answer, and with an error that resets the stream.
    response.map(|body| {
        let due = async move {
            let _ = cut.await;
            tokio::time::sleep(HEAD_START).await;
        };
        let until = Body::new(body).into_data_stream().take_until(Box::pin(due));
        Body::from_stream(until.map(|data| data.map_err(|_| Closed)).chain(stream::once(async { Err(Closed) })))
    })
}
