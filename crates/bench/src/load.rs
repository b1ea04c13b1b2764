//! The two kinds of load: as fast as it goes (closed), and at a rate (open, so that a stall is counted against every
//! request it delays).

use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::client::Connection;

/// Requests per second of `path` over `connections` kept-alive connections for `time`.
pub(crate) async fn throughput(
    url: &url::Url,
    path: &str,
    headers: &[(&str, &str)],
    connections: usize,
    time: Duration,
) -> anyhow::Result<f64> {
    let began = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let mut connection = Connection::open(url).await?;
        let path = path.to_owned();
        let headers: Vec<(String, String)> =
            headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        tasks.push(tokio::spawn(async move {
            let headers: Vec<(&str, &str)> =
                headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let mut count = 0_u32;
            while began.elapsed() < time {
                let answer = connection.get(&path, &headers).await?;
                ensure!(answer.status.is_success(), "{path} answered {}", answer.status);
                count += 1;
            }
            anyhow::Ok(count)
        }));
    }
    let mut total = 0;
    for task in tasks {
        total += task.await??;
    }
    Ok(f64::from(total) / began.elapsed().as_secs_f64())
}

pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    /// The latency that this fraction of requests did not exceed.
    pub(crate) fn quantile(&self, fraction: f64) -> Duration {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index into some thousand samples"
        )]
        let index = ((self.0.len() as f64 * fraction).ceil() as usize).saturating_sub(1);
        self.0.get(index).copied().unwrap_or_default()
    }
}

pub(crate) struct FormPost {
    pub(crate) path: String,
    pub(crate) form: Vec<(&'static str, String)>,
}

/// Posts the forms at `per_second`, each latency counted from the moment the post was due.
/// Fails when an answer is not a success or a redirect.
pub(crate) async fn post_at_rate(
    url: &url::Url,
    cookie: &str,
    posts: Vec<FormPost>,
    per_second: u32,
    connections: usize,
) -> anyhow::Result<Latencies> {
    let count = posts.len();
    let queue = std::sync::Arc::new(std::sync::Mutex::new(posts.into_iter().enumerate()));
    let interval = Duration::from_secs(1) / per_second;
    let mut opened = Vec::new();
    for _ in 0..connections {
        opened.push(Connection::open(url).await?);
    }
    let began = Instant::now() + Duration::from_millis(50);
    let mut tasks = Vec::new();
    for mut connection in opened {
        let (queue, cookie) = (queue.clone(), cookie.to_owned());
        tasks.push(tokio::spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let next = queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
                let Some((index, post)) = next else { return anyhow::Ok(latencies) };
                let due = began + interval * u32::try_from(index)?;
                tokio::time::sleep_until(due.into()).await;
                let form: Vec<(&str, &str)> = post.form.iter().map(|(name, value)| (*name, value.as_str())).collect();
                let headers = [("cookie", cookie.as_str()), ("prefer", "respond-async")];
                let answer = connection.post(&post.path, &headers, &form).await?;
                ensure!(
                    answer.status.is_redirection() || answer.status.is_success(),
                    "a post was answered {}",
                    answer.status
                );
                latencies.push(due.elapsed());
            }
        }));
    }
    let mut latencies = Vec::with_capacity(count);
    for task in tasks {
        latencies.extend(task.await??);
    }
    ensure!(latencies.len() == count, "{} of {count} posts were answered", latencies.len());
    latencies.sort_unstable();
    Ok(Latencies(latencies))
}
