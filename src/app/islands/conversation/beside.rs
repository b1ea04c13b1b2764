//! What stands beside the conversation and changes with it: the course's cases, the word on how Salesforce is. The server draws them; while they say that
//! something is still to come, each change of the thread has them drawn anew.

use leptos::{
    prelude::{document, window},
    task::spawn_local,
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{DomParser, Response, SupportedType, js_sys::futures::JsFuture},
};

/// Ids of the parts. The server marks one that waits for something with `data-unsettled`.
pub const CASES_PART: &str = "cases";
pub const ORG_PART: &str = "org";
pub const HANDLING_PART: &str = "handling";

pub(super) fn refresh() {
    if !matches!(document().query_selector("[data-unsettled]"), Ok(Some(_))) {
        return;
    }
    // With whatever the list of cases is filtered by.
    let Ok(page) = window().location().href() else { return };
    spawn_local(async move {
        // They stay as they are until the next change, or a reload.
        let _ = draw_anew(&page).await;
    });
}

async fn draw_anew(page: &str) -> Result<(), JsValue> {
    let response: Response = JsFuture::from(window().fetch_with_str(page)).await?.unchecked_into();
    let text = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    let fresh = DomParser::new()?.parse_from_string(&text, SupportedType::TextHtml)?;
    for part in [ORG_PART, CASES_PART, HANDLING_PART] {
        // A page that is no course page, because the session has ended, has none of them.
        if let (Some(old), Some(new)) = (document().get_element_by_id(part), fresh.get_element_by_id(part)) {
            // Not under somebody's hands.
            if !old.contains(document().active_element().as_deref()) {
                old.replace_with_with_node_1(&new)?;
            }
        }
    }
    Ok(())
}
