//! Everybody's bearer tokens, for admins.

use engine::{OwnedToken, OwnedTokens, TokenState};
use leptos::prelude::*;

use crate::app::{
    Frame, Notice, routes,
    shell::{Head, Place, Scripts, document},
    ui::{IconName, PagedList, empty, notice_bar},
};

pub fn all_tokens(frame: &Frame, tokens: &OwnedTokens, notice: Option<Notice>) -> String {
    let head = Head { title: "Everybody’s API tokens", place: Place::Elsewhere, scripts: Scripts::None };
    document(frame, &head, || {
        let rows = tokens.tokens.iter().map(row).collect::<Vec<_>>();
        let table = (!rows.is_empty()).then(|| {
            view! {
                <div class="table-scroll panel" tabindex="0" role="region" aria-label="Tokens">
                    <table class="table">
                        <thead>
                            <tr>
                                <th scope="col">"Owner"</th>
                                <th scope="col">"Token"</th>
                                <th scope="col">"It may"</th>
                                <th scope="col">"Last used"</th>
                                <th scope="col">"State"</th>
                                <th scope="col"><span class="sr-only">"Revoke"</span></th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                </div>
            }
        });
        let none = table.is_none().then(|| {
            let next = view! { <p>"People make theirs on their own page of tokens."</p> };
            empty(IconName::Check, "Nobody has a token", next)
        });
        let pages =
            PagedList { path: routes::ALL_TOKENS, query: "", later: false, next: tokens.next.map(|id| id.to_string()) };
        view! {
            <div class="page">
                <div class="page-head">
                    <h1>"Everybody’s API tokens"</h1>
                    <p class="muted">
                        "What people’s own programs sign in with, the newest first. Revoked and expired ones stay for a while. "
                        <a href=routes::TOKENS>"Your own tokens"</a>
                    </p>
                </div>
                {notice.map(notice_bar)}
                {table}
                {none}
                {pages.links()}
            </div>
        }
    })
}

fn row(owned: &OwnedToken) -> impl IntoView + use<> {
    let OwnedToken { token, owner, email, owner_may_sign_in } = owned;
    let (state, usable) = match token.state {
        TokenState::Usable => (format!("Good until {}", token.expires_text), true),
        TokenState::Expired => (format!("Expired {}", token.expires_text), false),
        TokenState::Revoked => ("Revoked".to_owned(), false),
    };
    let disabled = (!owner_may_sign_in).then(|| view! { <span class="badge">"Disabled"</span> });
    let revoke = usable.then(|| {
        let label = format!("Revoke {} of {owner}", token.name);
        view! {
            <form method="post" action=routes::revoke_any_token(token.id)>
                <button class="button button-danger button-small" aria-label=label>"Revoke"</button>
            </form>
        }
    });
    view! {
        <tr>
            <th scope="row">
                <bdi>{owner.clone()}</bdi>
                {disabled}
                <code>{email.to_string()}</code>
            </th>
            <td><bdi>{token.name.clone()}</bdi></td>
            <td><code>{token.scopes.to_string()}</code></td>
            <td>{token.last_used_text.clone().unwrap_or_else(|| "Never".to_owned())}</td>
            <td>{state}</td>
            <td>{revoke}</td>
        </tr>
    }
}
