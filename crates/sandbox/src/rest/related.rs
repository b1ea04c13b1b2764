//! Addresses that follow relationships: `sobjects/Case/{id}/Contact/Account`, `sobjects/Account/{id}/Contacts`.

use domain::SalesforceId;

use super::{Call, Caller, Reply, query, sobjects};
use crate::{
    error::ApiError,
    records::{Database, Record, Transaction},
    schema::Object,
};

/// Up from a child, as in a query.
const MOST_PARENTS: usize = 5;

/// Where such an address leads.
enum Related<'d> {
    One(&'d Object, &'d Record),
    /// Children by the field that refers to their parent.
    Many {
        object: &'d Object,
        field: &'d str,
        parent: String,
    },
}

/// Whether the segment behind an object's name is the id of one of its records, so that relationships come next.
pub(super) fn is_followed(object: &Object, segment: &str) -> bool {
    object.field(segment).is_none() && SalesforceId::new(segment).is_ok_and(|id| id.key_prefix() == object.key_prefix)
}

fn follow<'d>(database: &'d Database, object: &'d Object, id: &str, names: &[&str]) -> Result<Related<'d>, ApiError> {
    let live = |object: &Object, id: &str| {
        database.get_of(&object.name, id).filter(|record| !record.is_deleted()).ok_or_else(ApiError::not_found)
    };
    let (mut object, mut record) = (object, live(object, &sobjects::id_of(object, id)?)?);
    if let [name] = names
        && let Some(children) = object.child(name)
    {
        let child = database.schema().object(&children.child_object).ok_or_else(ApiError::not_found)?;
        return Ok(Related::Many { object: child, field: &children.field, parent: record.id().to_owned() });
    }
    if names.len() > MOST_PARENTS {
        return Err(ApiError::not_found());
    }
    for name in names {
        let reference = object.relationship(name).ok_or_else(ApiError::not_found)?;
        let id = record.text(&reference.name).ok_or_else(ApiError::not_found)?;
        object = database.schema().object_of_id(id).ok_or_else(ApiError::not_found)?;
        record = live(object, id)?;
    }
    Ok(Related::One(object, record))
}

pub(super) fn retrieve(
    caller: &Caller,
    database: &Database,
    object: &Object,
    id: &str,
    names: &[&str],
    call: &Call,
) -> Result<Reply, ApiError> {
    match follow(database, object, id, names)? {
        Related::One(object, record) => sobjects::retrieve(caller, database, &object.name, record.id(), call),
        Related::Many { object, field, parent } => {
            let wanted = call.parameter("fields").map(|fields| fields.split(',').map(str::trim).collect::<Vec<_>>());
            let fields = match &wanted {
                None => object.fields().collect(),
                Some(names) => sobjects::named(object, names)?,
            };
            let fields: Vec<&str> = fields.into_iter().map(|field| field.name.as_str()).collect();
            query::children(caller, database, call, object, &fields, (field, &parent))
        }
    }
}

/// # Errors
/// There is no such record, or the address leads to several.
fn one(transaction: &Transaction<'_>, object: &str, id: &str, names: &[&str]) -> Result<(String, String), ApiError> {
    let database = transaction.database();
    match follow(database, super::object_named(database, object)?, id, names)? {
        Related::One(object, record) => Ok((object.name.clone(), record.id().to_owned())),
        Related::Many { .. } => Err(ApiError::method_not_allowed(&http::Method::PATCH, "GET,HEAD")),
    }
}

pub(super) fn update(
    transaction: &mut Transaction<'_>,
    object: &str,
    id: &str,
    names: &[&str],
    call: &Call,
) -> Result<Reply, ApiError> {
    let (object, id) = one(transaction, object, id, names)?;
    sobjects::update(transaction, &object, &id, call)
}

pub(super) fn delete(
    transaction: &mut Transaction<'_>,
    object: &str,
    id: &str,
    names: &[&str],
) -> Result<Reply, ApiError> {
    let (object, id) = one(transaction, object, id, names)?;
    sobjects::delete(transaction, &object, &id)
}
