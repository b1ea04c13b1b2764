//! Paths and functions of a row: `Account.Owner.Name`, `CALENDAR_YEAR(CreatedDate)`.

use std::borrow::Cow;

use super::{From, Resolver};
use crate::{
    schema::{Field, FieldKind, Object},
    soql::{
        Rows,
        ast::{DatePart, Function, Name, Operand, Path},
        error::SoqlError,
        filter::Case,
        parser::MAX_HOPS,
        plan::{FieldPath, Leaf, Source},
    },
};

const HINT_FIELD: &str = "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.";
pub(super) const HINT_RELATIONSHIP: &str = "If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. Please reference your WSDL or the describe call for the appropriate names.";

/// What can be asked of a record whose object isn't known beforehand. Salesforce calls that entity `Name`.
const LOOSE_FIELDS: &[(&str, FieldKind)] = &[
    ("Id", FieldKind::Id),
    ("Name", FieldKind::String),
    ("Type", FieldKind::String),
    ("Alias", FieldKind::String),
    ("Email", FieldKind::Email),
    ("FirstName", FieldKind::String),
    ("LastName", FieldKind::String),
    ("Phone", FieldKind::Phone),
    ("Title", FieldKind::String),
    ("Username", FieldKind::String),
    ("IsActive", FieldKind::Boolean),
    ("ProfileId", FieldKind::Reference),
];

/// A function or path with its type.
pub(super) struct Resolved<'s> {
    pub(super) source: Source<'s>,
    pub(super) kind: FieldKind,
    /// Where the value is a field's own, unchanged.
    pub(super) field: Option<&'s Field>,
    /// As messages call it.
    pub(super) name: String,
}

impl Resolved<'_> {
    pub(super) fn case(&self) -> Case {
        let is_exact = self.kind.is_id() || self.field.is_some_and(|field| field.case_sensitive);
        if is_exact { Case::Exact } else { Case::Folded }
    }

    /// See [`OrderKey::ranking`](crate::soql::plan::OrderKey).
    pub(super) fn ranking(&self) -> Vec<String> {
        self.field
            .map(|field| field.picklist.iter().map(|value| value.value.to_lowercase()).collect())
            .unwrap_or_default()
    }
}

/// Where a path has come to.
enum Entity<'s> {
    Object(&'s Object),
    /// One of several.
    Loose,
}

impl<'s, 'q, R: Rows> Resolver<'s, 'q, R> {
    /// Of a row; an aggregate isn't.
    pub(super) fn operand(&self, operand: &Operand, from: From<'s, '_>) -> Result<Resolved<'s>, SoqlError> {
        let (function, argument, at) = match operand {
            Operand::Path(path) => return self.field(path, from),
            Operand::Call { function, argument, at } => (*function, argument, *at),
        };
        let argument = match (function, argument) {
            (Function::Aggregate(_) | Function::FormattedAggregate(_) | Function::Grouping, _) | (_, None) => {
                return Err(SoqlError::unexpected(&self.query.text, at, "("));
            }
            (_, Some(argument)) => argument,
        };
        let field = self.field(argument, from)?;
        let Source::Path(path) = field.source else { return Ok(field) };
        Ok(match function {
            Function::Date(part) => {
                let fits = match part {
                    DatePart::HourInDay | DatePart::DayOnly => field.kind == FieldKind::DateTime,
                    _ => matches!(field.kind, FieldKind::DateTime | FieldKind::Date),
                };
                if !fits {
                    let message = format!("field '{}' does not support this date function", field.name);
                    return Err(self.malformed(at, &message));
                }
                let kind = if part == DatePart::DayOnly { FieldKind::Date } else { FieldKind::Int };
                Resolved { source: Source::Date(part, path), kind, field: None, name: field.name }
            }
            Function::ToLabel => {
                Resolved { source: Source::Label(path), kind: FieldKind::String, field: None, name: field.name }
            }
            Function::Format => {
                Resolved { source: Source::Formatted(path), kind: FieldKind::String, field: None, name: field.name }
            }
            Function::AsIs | Function::Aggregate(_) | Function::FormattedAggregate(_) | Function::Grouping => {
                Resolved { source: Source::Path(path), ..field }
            }
        })
    }

    fn field(&self, path: &Path, from: From<'s, '_>) -> Result<Resolved<'s>, SoqlError> {
        let path = self.path(path, from)?;
        Ok(Resolved {
            kind: path.leaf.kind(),
            field: path.leaf.field(),
            name: path.leaf.key().to_owned(),
            source: Source::Path(path),
        })
    }

    pub(super) fn path(&self, path: &Path, from: From<'s, '_>) -> Result<FieldPath<'s>, SoqlError> {
        self.path_from(Entity::Object(from.object), &spelled_out(&path.relationships, from), path)
    }

    /// Of a record of any object.
    pub(super) fn loose_path(&self, path: &Path) -> Result<FieldPath<'s>, SoqlError> {
        self.path_from(Entity::Loose, &path.relationships, path)
    }

    /// Follows relationships for the sake of the errors on the way.
    pub(super) fn relationships(&self, object: &'s Object, names: &[Name]) -> Result<(), SoqlError> {
        let mut entity = Entity::Object(object);
        for name in names {
            entity = self.beyond(self.hop(&entity, name)?);
        }
        Ok(())
    }

    /// Where a reference leads.
    fn beyond(&self, field: &Field) -> Entity<'s> {
        match field.reference_to.as_slice() {
            [target] => self.schema.object(target).map_or(Entity::Loose, Entity::Object),
            _ => Entity::Loose,
        }
    }

    fn path_from(&self, start: Entity<'s>, relationships: &[Name], path: &Path) -> Result<FieldPath<'s>, SoqlError> {
        let mut entity = start;
        let mut hops = Vec::new();
        for name in relationships {
            let field = self.hop(&entity, name)?;
            hops.push(field);
            if hops.len() > MAX_HOPS {
                let message = format!("a field path can follow at most {MAX_HOPS} relationships");
                return Err(self.malformed(path.at(), &message));
            }
            entity = self.beyond(field);
        }
        let leaf = match &entity {
            Entity::Object(object) => object.field(&path.field.text).map(Leaf::Field),
            Entity::Loose => LOOSE_FIELDS
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(&path.field.text))
                .map(|(name, kind)| Leaf::Loose { name, kind: *kind }),
        };
        let leaf = leaf.ok_or_else(|| {
            let entity = match &entity {
                Entity::Object(object) => &object.name,
                Entity::Loose => "Name",
            };
            let message = format!("No such column '{}' on entity '{entity}'. {HINT_FIELD}", path.field.text);
            self.invalid_field(path.at(), &message)
        })?;
        Ok(FieldPath { hops, leaf })
    }

    pub(super) fn relationship(&self, object: &'s Object, name: &Name) -> Result<&'s Field, SoqlError> {
        self.hop(&Entity::Object(object), name)
    }

    fn hop(&self, entity: &Entity<'s>, name: &Name) -> Result<&'s Field, SoqlError> {
        let field = match entity {
            Entity::Object(object) => object.relationship(&name.text),
            // Only users have more to follow.
            Entity::Loose => self
                .schema
                .object("User")
                .filter(|_| name.text.eq_ignore_ascii_case("Profile"))
                .and_then(|user| user.relationship(&name.text)),
        };
        field.ok_or_else(|| {
            let message = format!("Didn't understand relationship '{}' in field path. {HINT_RELATIONSHIP}", name.text);
            self.invalid_field(name.at, &message)
        })
    }
}

/// A path may begin with the alias or, where no relationship has that name, with the object itself; or with a name for relationships.
fn spelled_out<'n>(names: &'n [Name], from: From<'_, '_>) -> Cow<'n, [Name]> {
    let Some((first, rest)) = names.split_first() else { return Cow::Borrowed(names) };
    let is = |name: &str| first.text.eq_ignore_ascii_case(name);
    if let Some(short_cut) = from.short_cuts.iter().find(|short_cut| is(&short_cut.name.text)) {
        return Cow::Owned(short_cut.relationships.iter().chain(rest).cloned().collect());
    }
    let is_alias = from.alias.is_some_and(|alias| is(&alias.text));
    let is_object = is(&from.object.name) && from.object.relationship(&first.text).is_none();
    Cow::Borrowed(if is_alias || is_object { rest } else { names })
}
