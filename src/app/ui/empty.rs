use leptos::prelude::*;

use super::{IconName, icon};

/// What stands where a list has nothing to show: a line that says so, and what to do next.
pub(crate) fn empty(mark: IconName, title: &'static str, next: impl IntoView) -> impl IntoView {
    view! {
        <div class="empty">
            <span class="empty-icon">
                {icon(mark)}
            </span>
            <h2>{title}</h2>
            {next}
        </div>
    }
}
