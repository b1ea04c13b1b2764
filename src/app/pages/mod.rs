//! One file per page. Each takes data and returns the document; none decides who may see it.

mod all_tokens;
mod api_reference;
mod case_handling;
mod case_list;
mod catalogue;
mod catalogue_course;
mod catalogue_courses;
mod catalogue_import;
mod catalogue_organizations;
mod course;
mod courses;
mod deliveries;
mod failure;
mod history;
mod history_load;
mod new_case;
mod salesforce_connection;
mod sign_in;
mod tokens;

pub use all_tokens::all_tokens;
pub use api_reference::{Operation, Parameter, ParameterPlace, api_reference};
pub use catalogue_course::catalogue_course;
pub use catalogue_courses::{CoursesAsked, catalogue_courses};
pub use catalogue_import::{Imported, catalogue_import};
pub use catalogue_organizations::{catalogue_organization, catalogue_organizations};
pub use course::course;
pub use courses::{ListPart, courses};
pub use deliveries::deliveries;
pub use failure::{Failure, failure};
pub use history::history;
pub use history_load::history_load;
pub use new_case::{NewCaseForm, new_case};
pub use salesforce_connection::salesforce_connection;
pub use sign_in::{PendingCase, PendingComment, SignIn, sign_in};
pub use tokens::{MadeToken, TokenForm, tokens};
