//! Taking a file into the catalogue, and the report of it.

use engine::{BelongingCount, ImportCount, ImportMode, ImportReport};
use leptos::prelude::*;

use super::catalogue::{Part, tabs};
use crate::app::{
    Frame, Notice, routes,
    shell::{Head, Place, Scripts, document},
    ui::{IconName, Mode, counted, file_form, icon, notice_bar},
};

/// Bad lines that a page shows; the command line shows them all.
const PROBLEMS_SHOWN: usize = 200;

pub struct Imported {
    pub file: String,
    pub mode: ImportMode,
    pub report: ImportReport,
}

pub fn catalogue_import(frame: &Frame, imported: Option<&Imported>, notice: Option<Notice>) -> String {
    let head = Head { title: "Import a catalogue", place: Place::Catalogue, scripts: Scripts::None };
    document(frame, &head, || {
        view! {
            <div class="page page-narrow">
                {tabs(Part::Import)}
                <div class="page-head">
                    <h1>"Import"</h1>
                    <p class="muted">"Organizations, courses and runs from a file, with members and editors. Importing it again changes only what differs; a bad line spoils no other."</p>
                </div>
                {notice.map(notice_bar)}
                {imported.map(report)}
                {form()}
            </div>
        }
    })
}

fn form() -> AnyView {
    file_form(
        routes::CATALOGUE_IMPORT,
        "CSV with the columns institution, course_number, launch_date and title, or organization and email for members, or course and email for editors; or JSON lines, each an organization, a course or a run. At most 8 MB.",
        Mode { value: "dry-run", label: "Check the file" },
        Mode { value: "write", label: "Import the file" },
    )
}

fn report(imported: &Imported) -> AnyView {
    let Imported { file, mode, report } = imported;
    let dry = *mode == ImportMode::DryRun;
    let title = if dry { "What an import would do" } else { "What the import did" };
    let row = |what: &'static str, count: &ImportCount| {
        view! {
            <tr>
                <th scope="row">{what}</th>
                <td>{count.created.to_string()}</td>
                <td>{count.updated.to_string()}</td>
                <td>{count.unchanged.to_string()}</td>
            </tr>
        }
    };
    let belonging = |what: &'static str, count: &BelongingCount| {
        (count.total() > 0).then(|| {
            view! {
                <tr>
                    <th scope="row">{what}</th>
                    <td>{count.added.to_string()}</td>
                    <td>{counted(count.removed, "removed", "removed")}</td>
                    <td>{count.unchanged.to_string()}</td>
                </tr>
            }
        })
    };
    let problems = report
        .problems
        .iter()
        .take(PROBLEMS_SHOWN)
        .map(|(line, sentence)| view! { <li><b>"Line " {line.to_string()}</b>" " <bdi>{sentence.clone()}</bdi></li> })
        .collect::<Vec<_>>();
    let count = report.problems.len();
    let bad = (count > 0).then(|| {
        let rest = match (dry, report.took_in()) {
            (true, 0) => "nothing would be imported",
            (false, 0) => "nothing was imported",
            (true, _) => "everything else would be imported",
            (false, _) => "everything else was imported",
        };
        let left_out = format!("{}; {rest}.", counted(count as u64, "line has a problem", "lines have problems"));
        let more = (count > PROBLEMS_SHOWN).then(|| {
            view! { <p class="muted">"The first " {PROBLEMS_SHOWN.to_string()} " are shown."</p> }
        });
        view! {
            <p class="notice notice-bad">{icon(IconName::Warning)}<span>{left_out}</span></p>
            <ul class="plain-list problems">{problems}</ul>
            {more}
        }
    });
    view! {
        <section class="panel keep stack" aria-labelledby="report-heading">
            <h2 class="section-heading" id="report-heading">{title}</h2>
            <p class="muted"><bdi>{file.clone()}</bdi></p>
            <div class="table-scroll" tabindex="0" role="region" aria-label="Counts">
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">"Records"</th>
                        <th scope="col">"New"</th>
                        <th scope="col">"Changed"</th>
                        <th scope="col">"Unchanged"</th>
                    </tr>
                </thead>
                <tbody>
                    {row("Organizations", &report.organizations)}
                    {row("Courses", &report.courses)}
                    {row("Runs", &report.runs)}
                    {belonging("Members", &report.members)}
                    {belonging("Editors", &report.editors)}
                </tbody>
            </table>
            </div>
            {bad}
        </section>
    }
    .into_any()
}
