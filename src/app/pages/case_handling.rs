//! What staff can do with a case: its status, its owner. Plain forms; what they change shows at once and goes to the org from here.

use domain::{CourseId, UserId};
use engine::{CaseState, HandlingView, OwnerOption};
use leptos::prelude::*;

use crate::app::{
    routes,
    ui::{IconName, icon, part_state},
};

pub(super) fn case_handling(course: CourseId, reader: UserId, handling: HandlingView) -> impl IntoView {
    let HandlingView { case, status, status_is_changing, statuses, owner, owner_is_changing, owners, refusal } =
        handling;
    let settled = !(status_is_changing || owner_is_changing || statuses.is_empty());
    let refusal = refusal.map(|words| {
        view! {
            <p class="notice notice-bad" role="alert">
                {icon(IconName::Warning)}
                <span>"Salesforce did not accept the last change: " <bdi>{words}</bdi></span>
            </p>
        }
    });
    let unknown = statuses
        .is_empty()
        .then(|| view! { <p class="muted">"Salesforce has not said yet what status and owner can be."</p> });
    let form_of_status = (!statuses.is_empty()).then(|| {
        // One that the org has dropped from its list still shows.
        let dropped = (!statuses.iter().any(|option| option.value == status))
            .then(|| view! { <option value=status.clone() selected=true>{status.clone()}</option> });
        let options = statuses
            .into_iter()
            .map(|option| {
                let label = match option.state {
                    CaseState::Closed if option.label != "Closed" => format!("{} (closed)", option.label),
                    _ => option.label,
                };
                view! { <option value=option.value.clone() selected=option.value == status>{label}</option> }
            })
            .collect::<Vec<_>>();
        view! {
            <form class="handling-form" method="post" action=routes::case_status(course, case, reader)>
                <div class="field">
                    <label for="case-status">"Status"</label>
                    <select class="input select" id="case-status" name="status">
                        {dropped}
                        {options}
                    </select>
                </div>
                <button class="button button-small">"Change status"</button>
                {on_its_way(status_is_changing)}
            </form>
        }
    });
    let form_of_owner = (!owners.is_empty()).then(|| {
        let now = owner.as_ref().map(|owner| owner.id.clone()).unwrap_or_default();
        let elsewhere = owner
            .filter(|owner| !owners.iter().any(|option| option.id == owner.id))
            .map(|owner| view! { <option value=owner.id selected=true>{owner.name}</option> });
        let (queues, people): (Vec<OwnerOption>, Vec<OwnerOption>) =
            owners.into_iter().partition(|option| option.is_queue);
        view! {
            <form class="handling-form" method="post" action=routes::case_owner(course, case, reader)>
                <div class="field">
                    <label for="case-owner">"Owner"</label>
                    <select class="input select" id="case-owner" name="owner">
                        {elsewhere}
                        {group("Queues", queues, &now)}
                        {group("People", people, &now)}
                    </select>
                </div>
                <button class="button button-small">"Change owner"</button>
                {on_its_way(owner_is_changing)}
            </form>
        }
    });
    view! {
        <section
            class="side-section handling"
            id="handling"
            data-part=part_state(settled)
            aria-labelledby="handling-heading"
        >
            <h2 id="handling-heading">"This case"</h2>
            {refusal}
            {unknown}
            {form_of_status}
            {form_of_owner}
        </section>
    }
}

fn group(label: &'static str, options: Vec<OwnerOption>, now: &str) -> Option<impl IntoView + use<>> {
    (!options.is_empty()).then(|| {
        let options = options
            .into_iter()
            .map(|option| {
                let selected = option.id == now;
                view! { <option value=option.id selected=selected>{option.name}</option> }
            })
            .collect::<Vec<_>>();
        view! { <optgroup label=label>{options}</optgroup> }
    })
}

fn on_its_way(changing: bool) -> Option<impl IntoView> {
    changing.then(|| {
        view! {
            <p class="side-facts muted" role="status">
                {icon(IconName::Clock)}
                "Changing – on its way to Salesforce"
            </p>
        }
    })
}
