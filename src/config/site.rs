//! Where the built assets are: `Leptos.toml`, which the build reads too.

use std::path::Path;

use figment::{
    Figment,
    providers::{Env, Format, Toml},
};
use leptos::config::LeptosOptions;

use super::Problem;

const FILE: &str = "Leptos.toml";

/// Reads `Leptos.toml` in the working directory; `LEPTOS_*` overrides it, as under `cargo leptos`. Its listen address is not
/// used: the program's own configuration says that.
///
/// # Errors
/// The file is missing or holds something else, or the folder it names doesn't exist.
pub fn leptos_options() -> Result<LeptosOptions, Problem> {
    if !Path::new(FILE).exists() {
        return Err(Problem::new(
            FILE,
            "is not in the working directory.",
            "Start the program in the folder that holds Leptos.toml and the built assets, or set the working directory of its service.",
        ));
    }
    let figment = Figment::new()
        .merge(Toml::file_exact(FILE).nested())
        .select("leptos")
        .merge(Env::prefixed("LEPTOS_").map(|name| name.as_str().replace('_', "-").into()).profile("leptos"));
    let options: LeptosOptions = figment.extract().map_err(|error| {
        Problem::new(FILE, format!("can't be used: {error}."), "Take the file as the project ships it.")
    })?;
    if !Path::new(&*options.site_root).is_dir() {
        return Err(Problem::new(
            format!("site-root in {FILE}"),
            format!("is {}, which is no folder here.", options.site_root),
            "Build the assets first: `make run` does, or `cargo leptos build --release --precompress`.",
        ));
    }
    Ok(options)
}
