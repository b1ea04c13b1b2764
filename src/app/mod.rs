//! What people see. A page is a function of data that was loaded already: the HTTP handler asks engine, picks the status, and hands the answer
//! to a page here, which returns the whole document. Only islands run in the browser.

pub mod islands;
pub mod routes;
mod ui;

#[cfg(feature = "ssr")]
mod assets;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod shell;

#[cfg(feature = "ssr")]
pub use assets::Assets;
#[cfg(feature = "ssr")]
pub use shell::{Frame, Viewer};
#[cfg(feature = "ssr")]
pub use ui::Refused;
pub use ui::{Notice, Tone};
