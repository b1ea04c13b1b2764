//! The page on which to read and try the REST API: forms for what reads, a command to copy for what writes.

use leptos::prelude::*;

use crate::app::{
    Frame, routes,
    shell::{Head, Place, Scripts, document},
};

/// One thing that the API does.
#[derive(Clone, Debug)]
pub struct Operation {
    pub id: String,
    /// `GET`
    pub method: String,
    pub path: String,
    pub group: String,
    pub summary: String,
    pub description: String,
    pub parameters: Vec<Parameter>,
    /// An example of the JSON it takes.
    pub body: Option<String>,
    /// Status, and what it means.
    pub answers: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub struct Parameter {
    pub name: String,
    pub place: ParameterPlace,
    pub required: bool,
    pub says: String,
    pub example: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterPlace {
    Path,
    Query,
    Header,
}

pub fn api_reference(frame: &Frame, operations: &[Operation], origin: &str) -> String {
    let head = Head { title: "REST API", place: Place::Elsewhere, scripts: Scripts::None };
    document(frame, &head, || page(operations, origin))
}

fn page(operations: &[Operation], origin: &str) -> impl IntoView + use<> {
    let mut groups: Vec<(&str, Vec<&Operation>)> = Vec::new();
    for operation in operations {
        match groups.iter_mut().find(|(name, _)| *name == operation.group) {
            Some((_, group)) => group.push(operation),
            None => groups.push((&operation.group, vec![operation])),
        }
    }
    let groups = groups
        .into_iter()
        .map(|(name, group)| {
            let operations = group.into_iter().map(|operation| section(operation, origin)).collect::<Vec<_>>();
            view! {
                <section class="stack">
                    <h2 class="section-heading">{name.to_owned()}</h2>
                    {operations}
                </section>
            }
        })
        .collect::<Vec<_>>();
    view! {
        <div class="page page-narrow api">
            <div class="page-head">
                <h1>"REST API"</h1>
                <p class="muted">
                    "For your own programs. " <a href=routes::TOKENS>"Make a token"</a> " and send it as "
                    <code>"Authorization: Bearer cbt_…"</code> ". The whole description is "
                    <a href=routes::OPENAPI>"OpenAPI 3.1"</a>
                    ". What goes wrong is said as application/problem+json, which names the field."
                </p>
            </div>
            {groups}
        </div>
    }
}

fn section(operation: &Operation, origin: &str) -> impl IntoView + use<> {
    let parameters = operation
        .parameters
        .iter()
        .map(|parameter| {
            let place = match parameter.place {
                ParameterPlace::Path => "in the path",
                ParameterPlace::Query => "in the query",
                ParameterPlace::Header => "header",
            };
            let must = if parameter.required { ", required" } else { "" };
            let says = if parameter.says.is_empty() { String::new() } else { format!(": {}", parameter.says) };
            view! { <li><code>{parameter.name.clone()}</code> {format!(" ({place}{must}){says}")}</li> }
        })
        .collect::<Vec<_>>();
    let answers = operation
        .answers
        .iter()
        .map(|(status, says)| view! { <div><dt>{status.clone()}</dt><dd>{says.clone()}</dd></div> })
        .collect::<Vec<_>>();
    let description = Some(operation.description.clone()).filter(|says| !says.is_empty());
    let trying =
        if operation.method == "GET" { form(operation).into_any() } else { command(operation, origin).into_any() };
    view! {
        <details class="panel api-operation" id=operation.id.clone()>
            <summary>
                <span class="badge">{operation.method.clone()}</span>
                " "
                <code>{operation.path.clone()}</code>
                " "
                <span class="muted">{operation.summary.clone()}</span>
            </summary>
            <div class="stack">
                {description.map(|says| view! { <p>{says}</p> })}
                <ul>{parameters}</ul>
                {trying}
                <dl class="facts">{answers}</dl>
            </div>
        </details>
    }
}

/// Leads to the answer itself, as the signed-in person gets it.
fn form(operation: &Operation) -> impl IntoView + use<> {
    let fields = operation
        .parameters
        .iter()
        .filter(|parameter| parameter.place != ParameterPlace::Header)
        .map(|parameter| {
            let field = format!("{}-{}", operation.id, parameter.name);
            view! {
                <div class="field">
                    <label for=field.clone()>{parameter.name.clone()}</label>
                    <input
                        class="input"
                        id=field
                        name=parameter.name.clone()
                        required=parameter.required
                        placeholder=Some(parameter.example.clone()).filter(|example| !example.is_empty())
                    />
                </div>
            }
        })
        .collect::<Vec<_>>();
    view! {
        <form class="stack" method="get" action=routes::API_TRY>
            <input type="hidden" name="operation" value=operation.id.clone() />
            {fields}
            <div class="actions">
                <button class="button">"Try it"</button>
            </div>
        </form>
    }
}

fn command(operation: &Operation, origin: &str) -> impl IntoView + use<> {
    // A quote in the body would end the shell's.
    let body = operation.body.clone().unwrap_or_default().replace('\'', "'\\''");
    let command = format!(
        "curl -X {} '{origin}{}' \\\n  -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n  -d '{body}'",
        operation.method, operation.path,
    );
    view! { <pre tabindex="0" role="region" aria-label=format!("Example of {}", operation.summary)><code>{command}</code></pre> }
}
