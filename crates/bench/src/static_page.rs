//! The handler a page is compared with: the same bytes, with nothing to compute.

use std::path::Path;

use axum::{Router, http::header::CONTENT_TYPE, routing::get};
use bytes::Bytes;

#[expect(clippy::print_stdout, reason = "the address is this command's output")]
pub(crate) async fn serve(file: &Path) -> anyhow::Result<()> {
    let bytes = Bytes::from(tokio::fs::read(file).await?);
    let app = Router::new()
        .route("/", get(move || std::future::ready(([(CONTENT_TYPE, "text/html; charset=utf-8")], bytes.clone()))));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
