//! The admin's page about the connection to the org.

use engine::{ConnectionState, ConnectionView};
use leptos::prelude::*;

use crate::app::{
    Frame, Notice, routes,
    shell::{Head, Place, Scripts, document},
    ui::{IconName, counted, empty, icon, notice_bar},
};

pub fn salesforce_connection(frame: &Frame, connection: &ConnectionView, notice: Option<Notice>) -> String {
    let head = Head { title: "Salesforce connection", place: Place::Salesforce, scripts: Scripts::None };
    document(frame, &head, || page(connection, notice))
}

fn page(connection: &ConnectionView, notice: Option<Notice>) -> impl IntoView + use<> {
    let body = if connection.configured { panel(connection).into_any() } else { unconfigured().into_any() };
    view! {
        <div class="page page-narrow">
            <div class="page-head">
                <h1>"Salesforce"</h1>
                <p class="muted">"Where comments are delivered, and where replies come from."</p>
            </div>
            {notice.map(notice_bar)}
            {body}
        </div>
    }
}

fn unconfigured() -> impl IntoView {
    let next = view! {
        <p>
            "Everything works without one; comments stay here. To use Salesforce, set " <code>"salesforce.client_id"</code>
            " in " <code>"casebridge.toml"</code> " or " <code>"CASEBRIDGE_SALESFORCE_CLIENT_ID"</code>
            ", then start Casebridge again. " <code>"casebridge check"</code> " tells what is missing."
        </p>
    };
    empty(IconName::Cloud, "No org is configured", next)
}

fn panel(connection: &ConnectionView) -> impl IntoView + use<> {
    let (dot, state, says) = match connection.state {
        ConnectionState::Disconnected => {
            ("dot dot-off", "Not connected", "Comments are kept here and delivered once an admin connects the org.")
        }
        ConnectionState::Connected => ("dot dot-good", "Connected", "Comments are delivered as they are posted."),
        ConnectionState::Paused => (
            "dot dot-bad",
            "Paused",
            "The org no longer accepts our sign-in. Comments wait here; connect again to go on.",
        ),
    };
    let problem = connection.problem.clone().map(|problem| {
        view! {
            <p class="notice notice-bad">
                {icon(IconName::Warning)}
                <span>{problem}</span>
            </p>
        }
    });
    let facts = [
        ("Org", connection.instance_host.clone()),
        ("Org id", connection.org_id.clone()),
        ("Acts as", connection.org_username.clone()),
        ("Since", connection.since_text.clone()),
    ]
    .into_iter()
    .filter_map(|(term, text)| text.map(|text| view! { <div><dt>{term}</dt><dd><bdi>{text}</bdi></dd></div> }))
    .collect::<Vec<_>>();
    let dead = connection.dead_deliveries > 0;
    view! {
        <section class="panel stack" aria-labelledby="state-heading">
            <div class="connection-state">
                <span class=dot aria-hidden="true"></span>
                <div>
                    <h2 id="state-heading">{state}</h2>
                    <p class="muted">{says}</p>
                </div>
            </div>
            {problem}
            <dl class="facts">{facts}</dl>
            {actions(connection.state)}
        </section>
        <section class="stack" aria-labelledby="deliveries-heading">
            <h2 class="section-heading" id="deliveries-heading">"Deliveries"</h2>
            <dl class="figures">
                <div class="panel">
                    <dt>"Waiting"</dt>
                    <dd>{connection.pending_deliveries.to_string()}</dd>
                    <dd class="muted">{if connection.pending_deliveries > 0 { "Tried until the org has them" } else { "Everything posted has been sent" }}</dd>
                </div>
                <div class="panel" class:panel-bad=dead>
                    <dt>"Failed"</dt>
                    <dd>{connection.dead_deliveries.to_string()}</dd>
                    <dd class="muted">
                        {if dead {
                            format!("{} refused by the org for good; the authors see why and can mend them",
                                counted(connection.dead_deliveries, "comment was", "comments were"))
                        } else {
                            "The org refused none".to_owned()
                        }}
                    </dd>
                </div>
            </dl>
        </section>
    }
}

fn actions(state: ConnectionState) -> impl IntoView {
    let connect = |label: &'static str, class: &'static str| {
        view! {
            <form method="post" action=routes::SALESFORCE_CONNECT>
                <button class=class>{label}</button>
            </form>
        }
    };
    let disconnect = (state != ConnectionState::Disconnected).then(|| {
        view! {
            <details class="confirm">
                <summary class="button">"Disconnect…"</summary>
                <form class="confirm-body stack" method="post" action=routes::SALESFORCE_DISCONNECT>
                    <p>
                        "Our right to act in the org is given back and forgotten here. Comments go on being accepted, and are delivered when an admin connects again."
                    </p>
                    <button class="button button-danger">"Disconnect Salesforce"</button>
                </form>
            </details>
        }
    });
    let connect = match state {
        ConnectionState::Disconnected => connect("Connect Salesforce", "button button-primary"),
        ConnectionState::Paused => connect("Connect again", "button button-primary"),
        ConnectionState::Connected => connect("Connect another user or org", "button"),
    };
    view! {
        <div class="actions">
            {connect}
            {disconnect}
        </div>
    }
}
