//! The sandbox org over HTTP, as a client meets it.

mod client;
mod composite;
mod console;
mod faults;
mod jwt;
mod keeping;
mod oauth;
mod program;
mod queries;
mod records;
mod soap;
