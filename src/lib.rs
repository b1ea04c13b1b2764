//! Casebridge: the web program. Pages and islands (`app`), server functions (`functions`) and, on the server alone, HTTP, configuration and commands.

pub mod app;
pub mod functions;

#[cfg(feature = "ssr")]
pub mod cli;
#[cfg(feature = "ssr")]
pub mod config;
#[cfg(feature = "ssr")]
pub mod http;

/// Wakes the islands of a page. Called by the page's own script once the program is loaded.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
