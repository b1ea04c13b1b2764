//! The organizations of the catalogue, and one of them with its members, for those who keep it.

use engine::{CatalogueOrganizations, OrganizationPage};
use leptos::prelude::*;

use super::catalogue::{Part, state, tabs};
use crate::app::{
    Frame, Notice, Refused, routes,
    shell::{Head, Place, Scripts, document},
    ui::{FormState, IconName, PagedList, empty, named, notice_bar},
};

pub fn catalogue_organizations(
    frame: &Frame,
    organizations: &CatalogueOrganizations,
    notice: Option<Notice>,
    refused: Option<&Refused>,
) -> String {
    let head = Head { title: "Organizations", place: Place::Catalogue, scripts: Scripts::None };
    document(frame, &head, || {
        let rows = organizations
            .organizations
            .iter()
            .map(|organization| {
                view! {
                    <li class="keep-row">
                        <span>
                            <a href=routes::catalogue_organization(organization.id)><bdi>{named(&organization.name, &organization.key)}</bdi></a>
                            " "
                            <code>{organization.key.clone()}</code>
                        </span>
                        {state(&organization.state)}
                    </li>
                }
            })
            .collect::<Vec<_>>();
        let none = rows.is_empty().then(|| {
            let next = view! { <p>"Make the first one below, or import a file."</p> };
            empty(IconName::Building, "No organizations yet", next)
        });
        let list = (!rows.is_empty()).then(|| view! { <ul class="panel keep plain-list">{rows}</ul> });
        let pages = PagedList {
            path: routes::CATALOGUE_ORGANIZATIONS,
            query: "",
            later: false,
            next: organizations.next.clone(),
        };
        let form = FormState::new("new-organization", refused);
        view! {
            <div class="page page-narrow">
                {tabs(Part::Organizations)}
                <div class="page-head"><h1>"Organizations"</h1></div>
                {notice.map(notice_bar)}
                {none}
                {list}
                {pages.links()}
                <details class="panel keep" open=form.is_refused()>
                    <summary>"New organization"</summary>
                    <form class="stack" method="post" action=routes::CATALOGUE_ORGANIZATIONS>
                        {form.problem()}
                        {form.input("key", "Key", Some("As in HarvardX. It can't be changed later."), "", "text")}
                        {form.text("name", "Name", "", "text")}
                        <div><button class="button button-primary">"Add organization"</button></div>
                    </form>
                </details>
            </div>
        }
    })
}

pub fn catalogue_organization(
    frame: &Frame,
    page: &OrganizationPage,
    notice: Option<Notice>,
    refused: Option<&Refused>,
) -> String {
    let organization = &page.organization;
    let title = format!("{} in the catalogue", organization.name);
    let head = Head { title: &title, place: Place::Catalogue, scripts: Scripts::None };
    document(frame, &head, || {
        let here = routes::catalogue_organization(organization.id);
        let form = FormState::new("organization", refused);
        let members_form = FormState::new("members", refused);
        let members = page
            .members
            .iter()
            .map(|member| {
                view! {
                    <li class="keep-row">
                        <span><bdi>{member.name.clone()}</bdi> " " <span class="muted">{member.email.clone()}</span></span>
                        <form method="post" action=format!("{here}/members")>
                            <input type="hidden" name="remove" value=member.id.to_string() />
                            <button class="button button-small">"Remove"<span class="sr-only">" " {member.name.clone()}</span></button>
                        </form>
                    </li>
                }
            })
            .collect::<Vec<_>>();
        let nobody = members.is_empty().then(|| view! { <p class="muted">"No partner belongs to it yet."</p> });
        view! {
            <div class="page page-narrow">
                {tabs(Part::Organizations)}
                <div class="page-head">
                    <h1><bdi>{named(&organization.name, &organization.key)}</bdi></h1>
                    <p class="muted course-meta"><code>{organization.key.clone()}</code> {state(&organization.state)}</p>
                </div>
                {notice.map(notice_bar)}
                <section class="panel keep stack" aria-labelledby="name-heading">
                    <h2 class="section-heading" id="name-heading">"Name"</h2>
                    <form class="stack" method="post" action=here.clone()>
                        {form.problem()}
                        {form.text("name", "Name", &organization.name, "text")}
                        <div><button class="button button-primary">"Save organization"</button></div>
                    </form>
                </section>
                <section class="panel keep stack" aria-labelledby="members-heading">
                    <h2 class="section-heading" id="members-heading">"Members"</h2>
                    {nobody}
                    <ul class="plain-list">{members}</ul>
                    <form class="stack" method="post" action=format!("{here}/members")>
                        {members_form.problem()}
                        {members_form.text("email", "Email address of a new member", "", "email")}
                        <div><button class="button">"Add member"</button></div>
                    </form>
                </section>
            </div>
        }
    })
}
