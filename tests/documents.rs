//! What pages for people promise is held against the code.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::{
    fs,
    path::{Path, PathBuf},
};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            if !["target", "node_modules", "test-results"].contains(&name.as_str()) && !name.starts_with('.') {
                sources(&path, found);
            }
        } else if name.ends_with(".rs") || name.ends_with(".ts") {
            found.push(path);
        }
    }
}

/// What stands between backticks.
fn quoted(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_test_that_the_publisher_page_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/PUBLISHER.md")).unwrap();
    let mut files = Vec::new();
    for folder in ["crates", "src", "tests", "end2end"] {
        sources(&root.join(folder), &mut files);
    }
    let code: Vec<String> = files
        .iter()
        .filter(|file| !file.ends_with("documents.rs"))
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let rows: Vec<(u32, &str)> = page
        .lines()
        .filter_map(|line| {
            let cells: Vec<&str> = line.split(" | ").collect();
            let number = cells[0].trim_start_matches('|').trim().parse().ok()?;
            Some((number, *cells.get(2)?))
        })
        .collect();
    let numbers: Vec<u32> = rows.iter().map(|(number, _)| *number).collect();
    let owed: Vec<u32> = (1..=5).chain([7, 8]).chain(10..=25).chain([29, 31, 33]).collect();
    assert_eq!(numbers, owed);
    for (number, shown_by) in rows {
        for name in quoted(shown_by) {
            let there = match name.strip_prefix("crates/") {
                Some(_) => root.join(name).exists(),
                None => code.iter().any(|text| {
                    text.contains(&format!("fn {name}("))
                        || text.contains(&format!("test('{name}"))
                        || text.contains(&format!("test(`{name}"))
                }),
            };
            assert!(there, "defect {number}: there is no test {name}");
        }
    }
}
