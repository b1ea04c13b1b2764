//! The figures, on the terminal and in docs/BENCHMARKS.md between its two markers.

use std::{fmt::Write as _, path::Path};

use anyhow::Context;

const BEGIN: &str = "<!-- figures -->";
const END: &str = "<!-- /figures -->";

pub(crate) struct Figure {
    pub(crate) what: String,
    pub(crate) measured: String,
    pub(crate) aim: String,
}

impl Figure {
    pub(crate) fn new(what: impl Into<String>, measured: impl Into<String>, aim: impl Into<String>) -> Self {
        Self { what: what.into(), measured: measured.into(), aim: aim.into() }
    }
}

#[expect(clippy::print_stdout, reason = "the table is this command's output")]
pub(crate) fn publish(figures: &[Figure], page: &Path) -> anyhow::Result<()> {
    let mut table = String::from("| what | measured | aim |\n|---|---|---|\n");
    for Figure { what, measured, aim } in figures {
        writeln!(table, "| {what} | {measured} | {aim} |")?;
    }
    println!("{table}");
    let text = std::fs::read_to_string(page).with_context(|| format!("{} can't be read", page.display()))?;
    let (head, rest) = text.split_once(BEGIN).context("the page has no place for figures")?;
    let (_, tail) = rest.split_once(END).context("the page's place for figures doesn't end")?;
    std::fs::write(page, format!("{head}{BEGIN}\n{table}{END}{tail}"))?;
    Ok(())
}
