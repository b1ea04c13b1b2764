//! A person's bearer tokens: what there are, one more, one less.

use domain::{Role, Scope, Scopes};
use engine::{TokenState, TokenView};
use leptos::prelude::*;

use crate::app::{
    Frame, routes,
    shell::{Head, Place, Scripts, document},
    ui::{IconName, empty, icon},
};

/// What the form starts with.
#[derive(Clone, Debug)]
pub struct TokenForm {
    pub name: String,
    /// Names of scopes.
    pub scopes: Vec<String>,
    pub days: String,
    /// Why the last try was refused.
    pub error: Option<String>,
}

impl Default for TokenForm {
    fn default() -> Self {
        Self { name: String::new(), scopes: vec!["read".to_owned()], days: "90".to_owned(), error: None }
    }
}

/// A token just made, shown this once.
pub struct MadeToken {
    pub name: String,
    pub secret: String,
}

const DAYS: [(&str, &str); 5] =
    [("1", "1 day"), ("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("365", "1 year")];

pub fn tokens(frame: &Frame, role: Role, tokens: &[TokenView], made: Option<MadeToken>, form: TokenForm) -> String {
    let head = Head { title: "API tokens", place: Place::Elsewhere, scripts: Scripts::None };
    document(frame, &head, || {
        view! {
            <div class="page page-narrow">
                <div class="page-head">
                    <h1>"API tokens"</h1>
                    <p class="muted">
                        "What your own programs sign in with. A token can do what you can, within its scopes, until it expires or you revoke it. "
                        <a href=routes::API>"What the API does"</a>
                    </p>
                    {(role == Role::Admin).then(|| view! { <p><a href=routes::ALL_TOKENS>"Everybody’s tokens"</a></p> })}
                </div>
                {made.map(shown_once)}
                <section class="panel stack" aria-labelledby="new-heading">
                    <h2 id="new-heading">"Make a token"</h2>
                    {new_token(role, form)}
                </section>
                <section class="stack" aria-labelledby="tokens-heading">
                    <h2 class="section-heading" id="tokens-heading">"Your tokens"</h2>
                    {list(tokens)}
                </section>
            </div>
        }
    })
}

fn shown_once(made: MadeToken) -> impl IntoView {
    view! {
        <section class="panel stack" aria-labelledby="made-heading">
            <h2 id="made-heading">"Your new token"</h2>
            <p class="notice notice-good" role="status">
                {icon(IconName::Check)}
                <span>
                    "“" <bdi>{made.name}</bdi> "” is made. Copy it now: it is not shown again, and nobody can look it up."
                </span>
            </p>
            <div class="field">
                <label for="made-token">"Token"</label>
                <input class="input token" id="made-token" readonly value=made.secret autocomplete="off" spellcheck="false" />
            </div>
        </section>
    }
}

fn new_token(role: Role, form: TokenForm) -> impl IntoView {
    let TokenForm { name, scopes, days, error } = form;
    let failed = error.is_some();
    let error = error.map(|error| {
        view! {
            <p class="notice notice-bad" role="alert" id="token-error">
                {icon(IconName::Warning)}
                <span>{error}</span>
            </p>
        }
    });
    let offered = Scopes::all_for(role)
        .iter()
        .map(|scope| {
            let says = match scope {
                Scope::Read => "Read what I can read",
                Scope::Write => "Comment, and open cases",
                Scope::Catalogue => "Save organizations, courses and runs",
            };
            let checked = scopes.iter().any(|chosen| chosen == scope.name());
            view! {
                <label>
                    <input type="checkbox" name="scope" value=scope.name() checked=checked />
                    <span>{says} " (" <code>{scope.name()}</code> ")"</span>
                </label>
            }
        })
        .collect::<Vec<_>>();
    let lifetimes = DAYS
        .into_iter()
        .map(|(value, text)| view! { <option value=value selected=value == days>{text}</option> })
        .collect::<Vec<_>>();
    view! {
        {error}
        <form class="stack" method="post" action=routes::TOKENS aria-describedby=failed.then_some("token-error")>
            <div class="field">
                <label for="token-name">"Name"</label>
                <input class="input" id="token-name" name="name" required maxlength="100" value=name autocomplete="off" />
            </div>
            <fieldset class="checks">
                <legend>"It may"</legend>
                {offered}
            </fieldset>
            <div class="field">
                <label for="token-days">"Good for"</label>
                <select class="input select" id="token-days" name="days">
                    {lifetimes}
                </select>
            </div>
            <div class="actions">
                <button class="button button-primary">"Make token"</button>
            </div>
        </form>
    }
}

fn list(tokens: &[TokenView]) -> impl IntoView + use<> {
    if tokens.is_empty() {
        let next = view! { <p>"Make one above for a program that is to act for you."</p> };
        return empty(IconName::Check, "You have no tokens", next).into_any();
    }
    let rows = tokens.iter().map(row).collect::<Vec<_>>();
    view! { <ul class="stack">{rows}</ul> }.into_any()
}

fn row(token: &TokenView) -> impl IntoView + use<> {
    let (state, usable) = match token.state {
        TokenState::Usable => (format!("Good until {}", token.expires_text), true),
        TokenState::Expired => (format!("Expired {}", token.expires_text), false),
        TokenState::Revoked => ("Revoked".to_owned(), false),
    };
    let used = token.last_used_text.clone().map_or_else(|| "never used".to_owned(), |at| format!("last used {at}"));
    let revoke = usable.then(|| {
        view! {
            <form method="post" action=routes::revoke_token(token.id)>
                <button class="button button-danger button-small" aria-label=format!("Revoke {}", token.name)>"Revoke"</button>
            </form>
        }
    });
    view! {
        <li class="panel token-row">
            <div>
                <h3><bdi>{token.name.clone()}</bdi></h3>
                <p class="muted">
                    <code>{token.scopes.to_string()}</code> {format!(" · {state} · made {} · {used}", token.created_text)}
                </p>
            </div>
            {revoke}
        </li>
    }
}
