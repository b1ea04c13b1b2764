//! A form that sends a file, to be looked at or to be used.

use leptos::prelude::*;

/// What a button asks for, as the server and as people know it.
pub(crate) struct Mode {
    pub(crate) value: &'static str,
    pub(crate) label: &'static str,
}

/// `check` only looks at the file, `write` uses it.
pub(crate) fn file_form(action: &'static str, hint: &'static str, check: Mode, write: Mode) -> AnyView {
    view! {
        <form class="panel keep stack" method="post" enctype="multipart/form-data" action=action>
            <div class="field">
                <label for="file">"File"</label>
                <input class="input" id="file" name="file" type="file" required=true accept=".csv,.jsonl,.ndjson,.json,text/csv" aria-describedby="file-hint" />
                <p class="muted field-hint" id="file-hint">{hint}</p>
            </div>
            <div class="actions">
                <button class="button button-primary" name="mode" value=check.value>{check.label}</button>
                <button class="button" name="mode" value=write.value>{write.label}</button>
            </div>
        </form>
    }
    .into_any()
}
