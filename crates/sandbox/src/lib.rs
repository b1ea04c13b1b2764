//! The sandbox org: a local Salesforce stand-in for development and tests

pub mod schema;
