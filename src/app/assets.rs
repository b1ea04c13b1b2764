//! The names of the built files, which carry a hash of their content.

use std::{fs, io, path::PathBuf, sync::Arc};

use leptos::config::LeptosOptions;

/// Read once at start; cheap to share.
#[derive(Clone, Debug)]
pub struct Assets {
    pub(super) options: LeptosOptions,
    pub(super) stylesheet: Arc<str>,
}

impl Assets {
    /// # Errors
    /// `hash-files` is on and the file of hashes, which the build puts beside the program, can't be read.
    pub fn read(options: &LeptosOptions) -> io::Result<Self> {
        let hash = if options.hash_files { stylesheet_hash(options)? } else { String::new() };
        let (package, name) = (options.pkg_url_path(), &options.output_name);
        Ok(Self { options: options.clone(), stylesheet: format!("/{package}/{name}{hash}.css").into() })
    }
}

/// `.hash`, or nothing when the build made no stylesheet.
fn stylesheet_hash(options: &LeptosOptions) -> io::Result<String> {
    let beside: PathBuf = std::env::current_exe()?.parent().map(PathBuf::from).unwrap_or_default();
    let hashes = fs::read_to_string(beside.join(options.hash_file.as_ref()))?;
    let hash = hashes.lines().find_map(|line| line.strip_prefix("css:")).map(|hash| format!(".{}", hash.trim()));
    Ok(hash.unwrap_or_default())
}
