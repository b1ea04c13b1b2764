//! The sandbox org over HTTP, as a client meets it.

mod client;
mod composite;
mod faults;
mod jwt;
mod keeping;
mod oauth;
mod queries;
mod records;
mod soap;
