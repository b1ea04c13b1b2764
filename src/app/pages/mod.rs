//! One file per page. Each takes data and returns the document; none decides who may see it.

mod api_reference;
mod course;
mod courses;
mod failure;
mod salesforce_connection;
mod sign_in;
mod tokens;

pub use api_reference::{Operation, Parameter, ParameterPlace, api_reference};
pub use course::course;
pub use courses::{ListPart, courses};
pub use failure::{Failure, failure};
pub use salesforce_connection::salesforce_connection;
pub use sign_in::{PendingComment, SignIn, sign_in};
pub use tokens::{MadeToken, TokenForm, tokens};
