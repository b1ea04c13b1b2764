//! Writing: to everybody on the course, or, for staff, to staff alone. The two never look or read alike.

use domain::{Composer, RunOption, Visibility};
use leptos::{
    either::Either,
    ev::{KeyboardEvent, SubmitEvent},
    prelude::*,
};

use super::{
    desk::{Desk, Ids},
    told::live,
};
use crate::app::{
    routes,
    ui::{IconName, icon},
};

/// How one kind of composer looks and reads.
struct Wording {
    class: &'static str,
    icon: IconName,
    heading: &'static str,
    label: &'static str,
    seen_by: IconName,
    audience: String,
    submit: String,
    submit_class: &'static str,
}

impl Wording {
    fn new(visibility: Visibility, audience: &str) -> Self {
        match visibility {
            Visibility::Public => Self {
                class: "composer",
                icon: IconName::Comment,
                heading: "Comment",
                label: "Your comment",
                seen_by: IconName::Eye,
                audience: format!("{audience} will see this."),
                submit: format!("Post to {}", lower_first(audience)),
                submit_class: "button button-primary",
            },
            Visibility::Internal => Self {
                class: "composer composer-internal",
                icon: IconName::Lock,
                heading: "Internal note",
                label: "Your internal note",
                seen_by: IconName::Lock,
                audience: format!("Only staff will see this. {} will not.", without_staff(audience)),
                submit: "Add internal note".to_owned(),
                submit_class: "button button-internal",
            },
        }
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(chars).collect()
}

/// "Partners of MITx and staff" → "Partners of MITx".
fn without_staff(audience: &str) -> &str {
    audience.strip_suffix(" and staff").unwrap_or("Partners")
}

pub(super) fn composer_form(
    desk: &Desk,
    start: Composer,
    runs: Vec<RunOption>,
    audience: &str,
) -> impl IntoView + use<> {
    let (visibility, place, reader) = (desk.visibility, desk.room.place, desk.room.reader.user);
    let Wording { class, icon: mark, heading, label, seen_by, audience, submit, submit_class } =
        Wording::new(visibility, audience);
    let ids = Ids::of(visibility);
    let heading = view! {
        <h2 class="composer-heading" id=ids.heading>
            {icon(mark)}
            {heading}
        </h2>
    };
    let (heading_here, heading_above) = match visibility {
        Visibility::Public => (Some(heading), None),
        Visibility::Internal => (None, Some(heading)),
    };
    let failed = start.error.is_some();
    let chosen = start.run;
    let options = runs
        .into_iter()
        .map(|run| view! { <option value=run.id.to_string() selected=chosen == Some(run.id)>{run.label}</option> })
        .collect::<Vec<_>>();
    let shown = || desk.clone();
    let (key, invalid, busy, counted, over, failing, waiting) =
        (shown(), shown(), shown(), shown(), shown(), shown(), shown());
    let (on_submit, on_input, on_change, on_key) = (shown(), shown(), shown(), shown());
    let count = live(move || {
        let (count, max) = counted.shown.with(|shown| (shown.count, shown.max));
        if count > max { format!("{count} / {max} – {} too many", count - max) } else { format!("{count} / {max}") }
    });
    let error = move || {
        failing.shown.with(|shown| shown.trouble.clone()).map(|trouble| {
            let sign_in = trouble.signed_out.then(|| view! { <a href=routes::sign_in_for(place)>"Sign in"</a> });
            view! {
                {icon(IconName::Warning)}
                <span>{trouble.message} " " {sign_in}</span>
            }
        })
    };
    let button = {
        let desk = shown();
        live(move || if desk.shown.with(|shown| shown.sending) { "Sending…".to_owned() } else { submit.clone() })
    };
    let form = view! {
        <form
            id=ids.form
            class=class
            method="post"
            action=routes::comments(place, reader)
            aria-labelledby=ids.heading
            on:submit=move |event: SubmitEvent| {
                event.prevent_default();
                on_submit.submit();
            }
        >
            {heading_here}
            <input type="hidden" name="key" value=live(move || key.shown.with(|shown| shown.key.to_string())) />
            <input type="hidden" name="visibility" value=visibility.name() />
            <div class="field">
                <label for=ids.body>{label}</label>
                // HTML drops the first line break inside a textarea; this one is there to be dropped.
                <textarea
                    class="input textarea"
                    id=ids.body
                    name="body"
                    rows="4"
                    dir="auto"
                    autocomplete="off"
                    autofocus=failed
                    aria-describedby=ids.described
                    aria-invalid=live(move || invalid.shown.with(|shown| shown.trouble.is_some()).then_some("true"))
                    readonly=live(move || busy.shown.with(|shown| shown.sending))
                    on:input=move |_| on_input.typed()
                    on:keydown=move |event: KeyboardEvent| on_key.key_down(&event)
                >
                    {format!("\n{}", start.body)}
                </textarea>
            </div>
            <p class="field-error" role="alert" id=ids.error>
                {error}
            </p>
            <div class="composer-row">
                <div class="field field-inline">
                    <label for=ids.run>"Course run"</label>
                    <select class="input select" id=ids.run name="run" on:change=move |_| on_change.typed()>
                        <option value="">"No course run"</option>
                        {options}
                    </select>
                </div>
                <p
                    class="composer-count"
                    id=ids.count
                    data-over=live(move || over.shown.with(|shown| shown.count > shown.max))
                >
                    {count}
                </p>
            </div>
            <div class="composer-row">
                <p class="composer-audience" id=ids.audience>
                    {icon(seen_by)}
                    <span>{audience}</span>
                </p>
                <button
                    class=submit_class
                    aria-disabled=live(move || waiting.shown.with(|shown| shown.sending).then_some("true"))
                >
                    {button}
                </button>
            </div>
        </form>
    };
    match visibility {
        Visibility::Public => Either::Left(form),
        Visibility::Internal => Either::Right(view! {
            <details class="internal-details" id=ids.details open=failed || !start.body.is_empty()>
                <summary>{heading_above}</summary>
                {form}
            </details>
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::{lower_first, without_staff};

    #[test]
    fn the_audience_is_named_in_both_composers() {
        assert_eq!(lower_first("Partners of MITx and staff"), "partners of MITx and staff");
        assert_eq!(without_staff("Partners of MITx and staff"), "Partners of MITx");
        assert_eq!(without_staff("Staff"), "Partners");
    }
}
