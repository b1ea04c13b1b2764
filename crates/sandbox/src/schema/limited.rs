//! An org that is not as the project wants it: of another edition, half deployed, or seen by a user with fewer rights.

use super::{Schema, object};

impl Schema {
    /// Without an object (`Portal_Post__c`), a field (`FeedItem.Visibility`), a picklist's value (`Case.Origin=Publisher`) or an object's
    /// feed (`Case.Feed`). None when there is no such thing.
    pub fn without(mut self, name: &str) -> Option<Self> {
        let Some((object, rest)) = name.split_once('.') else {
            let key = name.to_ascii_lowercase();
            let removed = self.objects.shift_remove(&key)?;
            self.prefixes.shift_remove(&removed.key_prefix);
            return Some(self);
        };
        let found = self.objects.get_mut(&object.to_ascii_lowercase())?;
        match rest.split_once('=') {
            Some((field, value)) => {
                let field = found.field_mut(field)?;
                let before = field.picklist.len();
                field.picklist.retain(|each| each.value != value);
                (field.picklist.len() < before).then_some(self)
            }
            None if rest.eq_ignore_ascii_case("feed") => {
                found.feed_enabled = false;
                Some(self)
            }
            None => {
                found.field(rest)?;
                found.remove(rest);
                let mut objects: Vec<_> = self.objects.into_values().collect();
                object::derive_children(&mut objects);
                self.objects = objects.into_iter().map(|each| (each.name.to_ascii_lowercase(), each)).collect();
                Some(self)
            }
        }
    }

    /// An object or a field that can be seen and not written. None when there is no such thing.
    pub fn read_only(mut self, name: &str) -> Option<Self> {
        let (object, field) = name.split_once('.').map_or((name, None), |(object, field)| (object, Some(field)));
        let found = self.objects.get_mut(&object.to_ascii_lowercase())?;
        match field {
            Some(field) => {
                let field = found.field_mut(field)?;
                field.createable = false;
                field.updateable = false;
            }
            None => {
                found.createable = false;
                found.updateable = false;
            }
        }
        Some(self)
    }
}
