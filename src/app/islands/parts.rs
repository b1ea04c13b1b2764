//! Parts of a page that change while it is open: what stands beside the conversation, a load's progress. The server draws them; while one of them says that
//! something is still to come, the page has them all drawn anew from time to time.

use std::time::Duration;

use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{DomParser, Element, Response, SupportedType, js_sys::futures::JsFuture},
};

/// On each part, which has an id besides: whether something in it is still to come.
pub const SETTLED: &str = "settled";
pub const UNSETTLED: &str = "unsettled";

const EVERY: Duration = Duration::from_secs(1);

/// Follows the parts of a page that has nothing else to tell it of changes.
#[island]
pub fn Following() -> impl IntoView {
    // Effects run in the browser only.
    Effect::new(|_| follow());
}

fn follow() {
    // Fails only where there is no window.
    let _ = set_timeout(
        || {
            spawn_local(async {
                if is_unsettled() {
                    let _ = draw_anew().await;
                }
                follow();
            });
        },
        EVERY,
    );
}

/// They stay as they are until the next change, or a reload, when the page can't be had.
pub(super) fn refresh() {
    if is_unsettled() {
        spawn_local(async {
            let _ = draw_anew().await;
        });
    }
}

fn is_unsettled() -> bool {
    matches!(document().query_selector("[data-part=unsettled]"), Ok(Some(_)))
}

async fn draw_anew() -> Result<(), JsValue> {
    // With whatever the page is filtered by.
    let page = window().location().href()?;
    let response: Response = JsFuture::from(window().fetch_with_str(&page)).await?.unchecked_into();
    let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    let fresh = DomParser::new()?.parse_from_string(&text, SupportedType::TextHtml)?;
    let parts = document().query_selector_all("[data-part]")?;
    for part in (0..parts.length()).filter_map(|index| parts.get(index)) {
        let old: Element = part.unchecked_into();
        // Another page, because the session has ended, has none of them. And not under somebody's hands.
        if let Some(new) = fresh.get_element_by_id(&old.id())
            && !old.contains(document().active_element().as_deref())
        {
            old.replace_with_with_node_1(&new)?;
        }
    }
    Ok(())
}
