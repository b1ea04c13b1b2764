//! What objects the org has: the standard ones used here, and what an SFDX project deploys on top of them.
//!
//! Names are looked up without regard to case, as Salesforce does, and always handed back in their canonical form.

mod deployed;
mod describe;
mod field;
mod limited;
mod managed;
mod metadata;
mod object;
pub(crate) mod standard;

#[cfg(test)]
mod tests;

use std::path::Path;

use indexmap::IndexMap;

pub use deployed::RecordType;
pub use field::{DefaultMoment, Field, FieldKind, OnDelete, PicklistValue};
pub use managed::ManagedEventSubscription;
pub use metadata::MetadataError;
pub use object::{ChildRelationship, Object, ObjectKind};

/// All objects of the org, in alphabetical order of their names.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// Keyed by lower-case API name.
    objects: IndexMap<String, Object>,
    /// Key prefix to lower-case API name.
    prefixes: IndexMap<String, String>,
    deployed: deployed::Deployed,
}

impl Schema {
    /// The standard objects alone.
    pub fn standard() -> Self {
        Self::assemble(standard::objects(), deployed::Deployed::default())
    }

    /// What the Tooling API can be asked for.
    pub(crate) fn tooling() -> Self {
        Self::assemble(vec![managed::object()], deployed::Deployed::default())
    }

    /// The standard objects and every `*.object-meta.xml` and `*.field-meta.xml` found beneath `folder`.
    /// A folder without metadata gives the standard objects.
    ///
    /// # Errors
    /// A file that can't be read or isn't valid metadata, a field type the sandbox doesn't know, or a lookup to an object that doesn't exist.
    pub fn load(folder: &Path) -> Result<Self, MetadataError> {
        let mut objects = standard::objects();
        let deployed = metadata::deploy(folder, &mut objects)?;
        Ok(Self::assemble(objects, deployed))
    }

    /// Sorts, hands out key prefixes to custom objects, opens feeds on them and turns references round into child relationships.
    fn assemble(mut objects: Vec<Object>, deployed: deployed::Deployed) -> Self {
        objects.sort_by_cached_key(|object| object.name.to_ascii_lowercase());
        object::assign_key_prefixes(&mut objects);
        object::open_feeds(&mut objects);
        object::derive_children(&mut objects);
        let prefixes =
            objects.iter().map(|object| (object.key_prefix.clone(), object.name.to_ascii_lowercase())).collect();
        let objects = objects.into_iter().map(|object| (object.name.to_ascii_lowercase(), object)).collect();
        Self { objects, prefixes, deployed }
    }

    /// By API name, in any case.
    pub fn object(&self, name: &str) -> Option<&Object> {
        self.objects.get(&name.to_ascii_lowercase())
    }

    /// In alphabetical order.
    pub fn objects(&self) -> impl Iterator<Item = &Object> {
        self.objects.values()
    }

    /// The object a record id belongs to, told by its first three characters (which are case-sensitive).
    pub fn object_of_id(&self, id: &str) -> Option<&Object> {
        let prefix = id.get(..3)?;
        self.objects.get(self.prefixes.get(prefix)?)
    }
}
