//! The admin's page about the connection to the org.

use engine::{
    ConnectionState, ConnectionView, DeletedRecords, OrgState, OtherOrg, Preflight, Severity, UnlabelledPosts,
};
use leptos::prelude::*;

use crate::app::{
    Frame, Notice, routes,
    shell::{Head, Place, Scripts, document},
    ui::{IconName, counted, empty, grouped, icon, notice_bar},
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
        ConnectionState::Connected if connection.org == OrgState::Behind => (
            "dot dot-bad",
            "Connected, not answering",
            "The org hasn’t answered lately. Comments are kept here and delivered when it does.",
        ),
        ConnectionState::Connected if connection.org == OrgState::CatchingUp => (
            "dot dot-good",
            "Connected, catching up",
            "Comments are delivered as they are posted. Much is still being read from the org; replies made there may show late.",
        ),
        ConnectionState::Connected => ("dot dot-good", "Connected", "Comments are delivered as they are posted."),
        ConnectionState::Paused => (
            "dot dot-bad",
            "Paused",
            "The org no longer accepts our sign-in. Comments wait here; connect again to go on.",
        ),
        ConnectionState::OtherOrg => (
            "dot dot-bad",
            "Another org",
            "This is not the org that was connected before. Nothing is read or sent until you decide.",
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
    let calls = connection.api_calls.map(|calls| {
        let (used, left) = (calls.used, calls.max.saturating_sub(calls.used));
        format!(
            "{} used of the last 24 hours’ {}, {} left",
            counted(used, "call", "calls"),
            grouped(calls.max),
            grouped(left)
        )
    });
    let person = connection.preflight.as_ref().map(|preflight| {
        [preflight.name.as_deref(), preflight.email.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(", ")
    });
    let facts = [
        ("Org", connection.instance_host.clone()),
        ("Org id", connection.org_id.clone()),
        ("Acts as", connection.org_username.clone()),
        ("Person", person.filter(|person| !person.is_empty())),
        ("May", connection.scopes.clone()),
        ("API calls", calls),
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
            {actions(connection)}
        </section>
        {connection.other_org.as_ref().map(|other| decision(connection, other))}
        {(connection.state == ConnectionState::Connected).then(|| preflight(connection.preflight.as_ref()))}
        {connection.posts_are_unlabelled.then(|| unlabelled_posts(connection.unlabelled_posts))}
        {deleted_records(connection.deleted_records)}
        {(connection.state == ConnectionState::Connected).then(send_catalogue)}
        {old_comments()}
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
                            view! {
                                <a href=routes::DELIVERIES>
                                    {format!("{} refused for good: see why", counted(connection.dead_deliveries, "delivery was", "deliveries were"))}
                                </a>
                            }
                            .into_any()
                        } else {
                            "The org refused none".into_any()
                        }}
                    </dd>
                </div>
            </dl>
        </section>
    }
}

/// What the two ways out of another org's answering do.
fn decision(connection: &ConnectionView, other: &OtherOrg) -> AnyView {
    let org = |host: Option<&str>, id: Option<&str>, user: Option<&str>| {
        view! {
            <dd>
                <bdi>{host.unwrap_or("unknown").to_owned()}</bdi>", org "
                <code>{id.unwrap_or("unknown").to_owned()}</code>", as "
                <bdi>{user.unwrap_or("unknown").to_owned()}</bdi>
            </dd>
        }
    };
    let is = org(connection.instance_host.as_deref(), connection.org_id.as_deref(), connection.org_username.as_deref());
    let was = org(other.was_host.as_deref(), Some(&other.was_id), Some(&other.was_username));
    view! {
        <section class="panel stack" aria-labelledby="decision-heading">
            <h2 class="section-heading" id="decision-heading">"Which org is it to be?"</h2>
            <dl class="facts">
                <div><dt>"It was"</dt>{was}</div>
                <div><dt>"It is"</dt>{is}</div>
            </dl>
            <p>
                <b>"Use this org: "</b>
                "everything known of the old one is forgotten here: which of its records are ours, and how far it was read. The whole catalogue and all comments from now on, also those that wait, go to this one. What was delivered stays in the threads, and in the old org."
            </p>
            <p><b>"Disconnect: "</b>"our right to act in this org is given back. Connect the old one again, and it goes on where it stopped."</p>
            <form class="actions" method="post" action=routes::SALESFORCE_USE_THIS_ORG>
                <button class="button button-danger">"Use this org"</button>
            </form>
        </section>
    }
    .into_any()
}

fn preflight(preflight: Option<&Preflight>) -> AnyView {
    let button = if preflight.is_some() { "Check again" } else { "Check the org" };
    let found = preflight.map(|preflight| {
        let findings = preflight
            .findings
            .iter()
            .map(|finding| {
                let (class, label) = match finding.severity {
                    Severity::Blocking => ("badge badge-bad", "Must be mended"),
                    Severity::Limiting => ("badge badge-wait", "Limits what works"),
                    Severity::Note => ("badge", "Good to know"),
                };
                view! {
                    <li class="finding">
                        <p><span class=class>{label}</span></p>
                        <p>{finding.what.clone()}</p>
                        <p class="muted">{finding.mend.clone()}</p>
                    </li>
                }
            })
            .collect::<Vec<_>>();
        let well = preflight.findings.iter().all(|finding| finding.severity == Severity::Note);
        let verdict = if well {
            view! { <p class="notice notice-good">{icon(IconName::Check)}<span>"Everything the portal needs is there."</span></p> }.into_any()
        } else {
            view! { <p class="notice notice-bad">{icon(IconName::Warning)}<span>"Something has to be mended in Salesforce."</span></p> }.into_any()
        };
        view! {
            <p class="muted">"Checked " <time datetime=preflight.at.clone()>{preflight.at_text.clone()}</time></p>
            {verdict}
            <ul class="plain-list">{findings}</ul>
        }
    });
    let never = preflight.is_none().then(
        || view! { <p class="muted">"Nobody has checked yet whether this org has all that the portal needs."</p> },
    );
    view! {
        <section class="panel stack" aria-labelledby="preflight-heading">
            <h2 class="section-heading" id="preflight-heading">"What the org has and lacks"</h2>
            {never}
            {found}
            <form method="post" action=routes::SALESFORCE_CHECK>
                <button class="button">{button}</button>
            </form>
        </section>
    }
    .into_any()
}

fn unlabelled_posts(answer: Option<UnlabelledPosts>) -> AnyView {
    let choice = |posts: UnlabelledPosts, label: &'static str| {
        view! {
            <label class="choice">
                <input type="radio" name="unlabelled_posts" value=posts.name() checked=answer == Some(posts) required=true />
                <span>{label}</span>
            </label>
        }
    };
    let asked = answer.is_none().then(|| {
        view! { <p class="notice notice-wait">{icon(IconName::Warning)}<span>"Nobody has answered yet, so they are shown to staff only."</span></p> }
    });
    view! {
        <section class="panel stack" aria-labelledby="unlabelled-heading">
            <h2 class="section-heading" id="unlabelled-heading">"Who may read what is written in Salesforce?"</h2>
            <p class="muted">"Feed items of this org don’t say who may see them. Comments written here keep the visibility they were written with."</p>
            {asked}
            <form class="stack" method="post" action=routes::SALESFORCE_SETTINGS>
                <fieldset class="choices">
                    <legend>"Posts that Salesforce’s own people write on a case are"</legend>
                    {choice(UnlabelledPosts::Internal, "internal: staff alone read them here")}
                    {choice(UnlabelledPosts::Public, "public: partners of the course read them too")}
                </fieldset>
                <div><button class="button">"Save answer"</button></div>
            </form>
        </section>
    }
    .into_any()
}

fn deleted_records(policy: DeletedRecords) -> AnyView {
    let choice = |deleted: DeletedRecords, label: &'static str| {
        view! {
            <label class="choice">
                <input type="radio" name="deleted_records" value=deleted.name() checked=policy == deleted />
                <span>{label}</span>
            </label>
        }
    };
    view! {
        <section class="panel stack" aria-labelledby="deleted-heading">
            <h2 class="section-heading" id="deleted-heading">"Records deleted in Salesforce"</h2>
            <form class="stack" method="post" action=routes::SALESFORCE_SETTINGS>
                <fieldset class="choices">
                    <legend>"When somebody deletes a course, a case or another record of ours there,"</legend>
                    {choice(DeletedRecords::Recreate, "make it again as soon as it is needed")}
                    {choice(DeletedRecords::Flag, "leave it, and let an admin decide about each under Failed deliveries")}
                </fieldset>
                <div><button class="button">"Save policy"</button></div>
            </form>
        </section>
    }
    .into_any()
}

fn send_catalogue() -> AnyView {
    view! {
        <section class="panel stack" aria-labelledby="catalogue-heading">
            <h2 class="section-heading" id="catalogue-heading">"The catalogue in Salesforce"</h2>
            <p class="muted">"What is saved follows by itself. Sending everything again costs nothing for what the org has already."</p>
            <form method="post" action=routes::SALESFORCE_SEND_CATALOGUE>
                <button class="button">"Send everything again"</button>
            </form>
        </section>
    }
    .into_any()
}

fn old_comments() -> AnyView {
    view! {
        <section class="panel stack" aria-labelledby="history-heading">
            <h2 class="section-heading" id="history-heading">"Old comments"</h2>
            <p class="muted">"What was said before there was a portal, from a file, with its dates and authors."</p>
            <p><a class="button" href=routes::HISTORY>"Load old comments"</a></p>
        </section>
    }
    .into_any()
}

fn actions(connection: &ConnectionView) -> AnyView {
    let state = connection.state;
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
    if connection.unattended {
        let how = "This portal connects by itself when it starts, as its configuration says.";
        return view! { <p class="muted">{how}</p> <div class="actions">{disconnect}</div> }.into_any();
    }
    let connect = match state {
        ConnectionState::OtherOrg => connect("Connect the old org again", "button"),
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
    .into_any()
}
