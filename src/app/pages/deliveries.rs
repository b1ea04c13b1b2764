//! What the org refused for good, and what an admin can do about it.

use domain::{CasePlace, Visibility};
use engine::{DeadDeliveries, DeadDelivery, DeadSubject};
use leptos::prelude::*;

use crate::app::{
    Frame, Notice, Refused, routes,
    shell::{Head, Place, Scripts, document},
    ui::{FormState, IconName, PagedList, counted, empty, named, notice_bar},
};

pub fn deliveries(frame: &Frame, dead: &DeadDeliveries, notice: Option<Notice>, refused: Option<&Refused>) -> String {
    let head = Head { title: "Failed deliveries", place: Place::Salesforce, scripts: Scripts::None };
    document(frame, &head, || {
        let rows = dead.deliveries.iter().map(|delivery| row(delivery, refused)).collect::<Vec<_>>();
        let none = rows.is_empty().then(|| {
            let next = view! { <a class="button" href=routes::SALESFORCE>"Back to the connection"</a> };
            empty(IconName::Check, "Salesforce refused nothing", next)
        });
        let pages =
            PagedList { path: routes::DELIVERIES, query: "", later: false, next: dead.next.map(|id| id.to_string()) };
        view! {
            <div class="page page-narrow">
                <div class="page-head">
                    <h1>"Failed deliveries"</h1>
                    <p class="muted" role="status">
                        {format!("{} refused for good. Nothing else waits for them.", counted(dead.total, "delivery was", "deliveries were"))}
                    </p>
                    <p><a href=routes::SALESFORCE>"The connection"</a></p>
                </div>
                {notice.map(notice_bar)}
                {none}
                <ol class="plain-list stack">{rows}</ol>
                {pages.links()}
            </div>
        }
    })
}

fn row(delivery: &DeadDelivery, refused: Option<&Refused>) -> AnyView {
    let id = format!("delivery-{}", delivery.id);
    let form = FormState::new(&id, refused);
    let action = routes::delivery(delivery.id);
    let heading = format!("{id}-heading");
    let again = if delivery.gone {
        view! {
            <button class="button button-primary" name="do" value="recreate">"Make it again"</button>
            <button class="button" name="do" value="retry">"Try again"</button>
        }
        .into_any()
    } else {
        view! { <button class="button button-primary" name="do" value="retry">"Try again"</button> }.into_any()
    };
    let gone = delivery.gone.then(|| {
        view! { <p class="muted">"Something it needs was deleted in Salesforce. “Make it again” puts it there anew, with what it hangs on."</p> }
    });
    let code = delivery.code.clone().map(|code| view! { " " <code>{code}</code> });
    view! {
        <li>
            <article class="panel keep stack" id=id.clone() aria-labelledby=heading.clone()>
                {subject(&delivery.subject, heading.clone())}
                <dl class="facts">
                    <div><dt>"Why"</dt><dd><bdi>{delivery.reason.clone()}</bdi>{code}</dd></div>
                    <div>
                        <dt>"When"</dt>
                        <dd>
                            <time datetime=delivery.at.clone()>{delivery.at_text.clone()}</time>
                            ", " {counted(u64::from(delivery.attempts), "try", "tries")}
                        </dd>
                    </div>
                </dl>
                {gone}
                <form class="actions" method="post" action=action.clone()>{again}</form>
                <details open=form.is_refused()>
                    <summary>"Lay it aside…"</summary>
                    <form class="stack" method="post" action=action>
                        {form.problem()}
                        {form.text("reason", "Why nothing more is to be done", "", "text")}
                        <div><button class="button" name="do" value="forget">"Lay aside"</button></div>
                    </form>
                </details>
            </article>
        </li>
    }
    .into_any()
}

fn subject(subject: &DeadSubject, id: String) -> AnyView {
    match subject {
        DeadSubject::Comment { id: post, place, on, author, visibility, excerpt } => {
            let kind = if *visibility == Visibility::Internal { "Internal note" } else { "Comment" };
            let place = match place {
                Some(place) => {
                    let address = routes::post(*place, *post);
                    view! { <a href=address><bdi>{named(on, "a case without a visible subject")}</bdi></a> }.into_any()
                }
                None => view! { <bdi>{on.clone()}</bdi> }.into_any(),
            };
            view! {
                <h2 class="section-heading" id=id>{kind}" of " <bdi>{author.clone()}</bdi></h2>
                <p>"On " {place}</p>
                <blockquote class="quote" dir="auto">{excerpt.clone()}</blockquote>
            }
            .into_any()
        }
        DeadSubject::Organization { id: organization, name } => {
            let name = named(name, "without a visible name");
            record(id, "Organization", routes::catalogue_organization(*organization), &name)
        }
        DeadSubject::Course { id: course, title } => {
            record(id, "Course", routes::catalogue_course(*course), &named(title, "without a visible title"))
        }
        DeadSubject::Run { id: run, course, key } => {
            record(id, "Course run", routes::catalogue_run(*course, *run), key)
        }
        DeadSubject::Case { id: case, course: Some(course), subject } => {
            record(id, "Case", routes::thread(CasePlace { course: *course, case: Some(*case) }), subject)
        }
        DeadSubject::Case { course: None, subject, .. } => {
            view! { <h2 class="section-heading" id=id>"Case "<bdi>{subject.clone()}</bdi></h2> }.into_any()
        }
        DeadSubject::Unknown => {
            view! { <h2 class="section-heading" id=id>"Something that is no longer here"</h2> }.into_any()
        }
    }
}

fn record(id: String, kind: &'static str, address: String, name: &str) -> AnyView {
    view! { <h2 class="section-heading" id=id>{kind}" " <a href=address><bdi>{name.to_owned()}</bdi></a></h2> }
        .into_any()
}
