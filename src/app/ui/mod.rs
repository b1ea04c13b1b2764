//! The pieces that pages are made of. How they look is in `style/`.

mod icon;
mod notice;

pub(crate) use icon::{IconName, icon};
pub use notice::{Notice, Tone};

#[cfg(feature = "ssr")]
mod empty;
#[cfg(feature = "ssr")]
mod file_form;
#[cfg(feature = "ssr")]
mod form;
#[cfg(feature = "ssr")]
mod named;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod part;
#[cfg(feature = "ssr")]
mod plural;

#[cfg(feature = "ssr")]
pub(crate) use empty::empty;
#[cfg(feature = "ssr")]
pub(crate) use file_form::{Mode, file_form};
#[cfg(feature = "ssr")]
pub(crate) use form::FormState;
#[cfg(feature = "ssr")]
pub use form::Refused;
#[cfg(feature = "ssr")]
pub(crate) use icon::{logo, sprite};
#[cfg(feature = "ssr")]
pub(crate) use named::named;
#[cfg(feature = "ssr")]
pub(crate) use notice::notice_bar;
#[cfg(feature = "ssr")]
pub(crate) use pages::PagedList;
#[cfg(feature = "ssr")]
pub(crate) use part::part_state;
#[cfg(feature = "ssr")]
pub(crate) use plural::{counted, grouped};
