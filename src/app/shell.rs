//! The document around every page.

use std::sync::Arc;

use domain::{Role, UserId};
use leptos::{nonce::Nonce, prelude::*};

use super::{
    Assets, routes,
    ui::{logo, sprite},
};

/// What every page needs to know of its request.
#[derive(Clone, Debug)]
pub struct Frame {
    pub assets: Arc<Assets>,
    /// The one that the Content-Security-Policy of this answer names.
    pub nonce: Nonce,
    /// Who reads it; none before signing in.
    pub viewer: Option<Viewer>,
}

#[derive(Clone, Debug)]
pub struct Viewer {
    pub id: UserId,
    /// "First Last", or the username when no name is known.
    pub name: String,
    pub role: Role,
}

impl From<&engine::Actor> for Viewer {
    fn from(actor: &engine::Actor) -> Self {
        Self { id: actor.user(), name: actor.display_name(), role: actor.role() }
    }
}

/// Which entry of the site's navigation a page belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Courses,
    Catalogue,
    Salesforce,
    Elsewhere,
}

/// Whether the page holds islands, and so loads the program that wakes them. Others load no script at all.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scripts {
    Islands,
    /// Islands that only follow what goes on. Without scripts the browser loads the page anew every few seconds.
    Following,
    None,
}

/// What is particular to a page: its title in the browser, its place, its scripts.
pub(super) struct Head<'a> {
    pub(super) title: &'a str,
    pub(super) place: Place,
    pub(super) scripts: Scripts,
}

/// The whole document, as text. `page` is what stands in `<main>`.
pub(super) fn document<V: IntoView + 'static>(frame: &Frame, head: &Head<'_>, page: impl FnOnce() -> V) -> String {
    let owner = Owner::new_root(None);
    let html = owner.with(|| {
        provide_context(frame.nonce.clone());
        let title = format!("{} · Casebridge", head.title);
        let scripts = (head.scripts != Scripts::None)
            .then(|| view! { <HydrationScripts options=frame.assets.options.clone() islands=true /> });
        let reload = (head.scripts == Scripts::Following)
            .then(|| view! { <noscript><meta http-equiv="refresh" content="3" /></noscript> });
        let (header, main) = (header(frame.viewer.as_ref(), head.place), page());
        let stylesheet = frame.assets.stylesheet.to_string();
        view! {
            <!DOCTYPE html>
            <html lang="en">
                <head>
                    <meta charset="utf-8" />
                    <meta name="viewport" content="width=device-width, initial-scale=1" />
                    <meta name="color-scheme" content="light dark" />
                    <meta name="theme-color" media="(prefers-color-scheme: light)" content="#ffffff" />
                    <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#111318" />
                    <meta name="description" content="Talk about the cases of your courses with the people who work on them." />
                    <title>{title}</title>
                    <link rel="stylesheet" href=stylesheet />
                    <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                    {scripts}
                    {reload}
                </head>
                <body>
                    <a class="skip" href="#main">"Skip to content"</a>
                    {sprite()}
                    {header}
                    <main id="main" tabindex="-1">
                        {main}
                    </main>
                </body>
            </html>
        }
        .to_html()
    });
    owner.unset_with_forced_cleanup();
    html
}

fn header(viewer: Option<&Viewer>, place: Place) -> impl IntoView + use<> {
    let current = move |here: Place| (here == place).then_some("page");
    let person = viewer.map(|viewer| {
        let role = match viewer.role {
            Role::Partner => "Partner",
            Role::Staff => "Staff",
            Role::Customer => "Customer",
            Role::Admin => "Admin",
        };
        let catalogue = viewer.role.is_internal().then(|| {
            view! {
                <a href=routes::CATALOGUE_COURSES aria-current=current(Place::Catalogue)>
                    "Catalogue"
                </a>
            }
        });
        let salesforce = (viewer.role == Role::Admin).then(|| {
            view! {
                <a href=routes::SALESFORCE aria-current=current(Place::Salesforce)>
                    "Salesforce"
                </a>
            }
        });
        view! {
            <nav class="site-nav" aria-label="Site">
                <a href=routes::COURSES aria-current=current(Place::Courses)>
                    "My courses"
                </a>
                {catalogue}
                {salesforce}
            </nav>
            <div class="site-person">
                <a class="person-name" href=routes::TOKENS title="Your API tokens">
                    <bdi>{viewer.name.clone()}</bdi>
                </a>
                <span class="badge">{role}</span>
                <form method="post" action=routes::SIGN_OUT>
                    <button class="button button-quiet">"Sign out"</button>
                </form>
            </div>
        }
    });
    view! {
        <header class="site">
            <div class="site-inner">
                <a class="brand" href="/">
                    {logo()}
                    <span>"Casebridge"</span>
                </a>
                {person}
            </div>
        </header>
    }
}
