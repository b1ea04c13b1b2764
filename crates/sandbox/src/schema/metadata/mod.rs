//! Deploys SFDX source-format metadata (`objects/X/X.object-meta.xml`, `objects/X/fields/Y__c.field-meta.xml`, …) into a schema.

mod custom_field;
mod custom_object;
mod records;
mod values;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use self::custom_field::CustomField;
use super::{deployed::Deployed, field::OnDelete, object::Object};

/// Why a folder of metadata can't be deployed; each names the file to mend.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    #[error("{}: can't be read: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{}: is not valid metadata: {source}", path.display())]
    Parse { path: PathBuf, source: Box<quick_xml::DeError> },
    #[error("{}: {reason}", path.display())]
    Invalid { path: PathBuf, reason: String },
}

const OBJECT_SUFFIX: &str = ".object-meta.xml";
const FIELD_SUFFIX: &str = ".field-meta.xml";

/// Adds every object and then every field found beneath `folder`, in path order, so that the outcome never depends on the file system.
pub(super) fn deploy(folder: &Path, objects: &mut Vec<Object>) -> Result<Deployed, MetadataError> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    files.sort();

    for path in files.iter().filter(|path| file_name(path).ends_with(OBJECT_SUFFIX)) {
        let name = file_name(path).trim_end_matches(OBJECT_SUFFIX);
        // Settings of a standard object (`Case.object-meta.xml`) change nothing that is modelled here.
        if !objects.iter().any(|object| object.name.eq_ignore_ascii_case(name)) {
            objects.push(custom_object::object(path, name, &parse(path)?)?);
        }
    }

    values::standard(&files, objects)?;
    let values = values::global(&files)?;
    let mut references = Vec::new();
    for path in files.iter().filter(|path| file_name(path).ends_with(FIELD_SUFFIX)) {
        let invalid = |reason: String| MetadataError::Invalid { path: path.clone(), reason };
        let owner = path.parent().and_then(Path::parent).map(file_name).unwrap_or_default();
        let Some(object) = objects.iter_mut().find(|object| object.name.eq_ignore_ascii_case(owner)) else {
            return Err(invalid(format!("there is no object {owner}; add {owner}/{owner}{OBJECT_SUFFIX}")));
        };
        let metadata: CustomField = parse(path)?;
        // A standard field's file (`Status.field-meta.xml`) carries labels and help only.
        if !metadata.full_name.ends_with("__c") {
            continue;
        }
        for field in custom_field::fields(metadata, &values).map_err(invalid)? {
            references.extend(field.reference_to.iter().map(|target| (path.clone(), target.clone())));
            if field.on_delete == OnDelete::Cascade && !field.nillable {
                object.remove("OwnerId");
            }
            object.add(field);
        }
    }

    for (path, target) in references {
        if !objects.iter().any(|object| object.name == target) {
            return Err(MetadataError::Invalid {
                path,
                reason: format!("referenceTo names {target}, which is not an object"),
            });
        }
    }
    Ok(Deployed {
        record_types: records::record_types(&files, objects)?,
        custom_metadata: records::custom_metadata(&files, objects)?,
        permission_sets: records::permission_sets(&files, objects)?,
        managed_subscriptions: records::managed_subscriptions(&files)?,
    })
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), MetadataError> {
    let read = |source| MetadataError::Read { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(read)? {
        let entry = entry.map_err(read)?;
        let path = entry.path();
        if entry.file_type().map_err(read)?.is_dir() {
            // Installed packages of the project's own tooling.
            if file_name(&path) != "node_modules" {
                collect(&path, files)?;
            }
        } else if file_name(&path).ends_with("-meta.xml") {
            files.push(path);
        }
    }
    Ok(())
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

fn parse<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, MetadataError> {
    let text = fs::read_to_string(path).map_err(|source| MetadataError::Read { path: path.to_owned(), source })?;
    quick_xml::de::from_str(&text)
        .map_err(|source| MetadataError::Parse { path: path.to_owned(), source: Box::new(source) })
}
