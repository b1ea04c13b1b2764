//! What a conversation starts with: written into the page by the server, read from it in the browser.

use domain::{Answered, CasePlace, Composer, PostState, RunOption, Thread, ThreadPost, UserId, Visibility};
use leptos::prelude::document;
#[cfg(feature = "ssr")]
use leptos::prelude::*;
use serde::Serialize;

use crate::app::islands::wire::{FromJson, Json};

/// The element that holds it, as JSON.
const ELEMENT: &str = "conversation-seed";

#[derive(Clone, Debug, Serialize)]
pub struct Seed {
    pub place: CasePlace,
    pub reader: Reader,
    pub thread: Thread,
    pub runs: Vec<RunOption>,
    /// None: may read only.
    pub composer: Option<Composer>,
    /// Staff only.
    pub internal: Option<Composer>,
    /// Who will read a public post: "Partners of MITx and staff".
    pub audience: String,
    pub org: OrgLink,
}

/// Who reads and writes here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reader {
    pub user: UserId,
    pub name: String,
    pub by_staff: bool,
}

/// What a post that waits is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OrgLink {
    /// There is no org: posts stay here, and nothing is said of Salesforce.
    Absent,
    /// An admin has still to connect.
    Disconnected,
    Up,
    /// The org does not answer.
    Behind,
}

impl Seed {
    /// The element for the page. A `<` can't end it, because none is written as such.
    #[cfg(feature = "ssr")]
    pub(crate) fn element(&self) -> Result<impl IntoView + use<>, serde_json::Error> {
        let json = serde_json::to_string(self)?.replace('<', "\\u003c");
        Ok(view! { <script type="application/json" id=ELEMENT inner_html=json></script> })
    }

    /// From the context that the page provides, and, in the browser, from the page itself.
    pub(super) fn find() -> Option<Self> {
        #[cfg(feature = "ssr")]
        if let Some(seed) = leptos::reactive::owner::take_context::<Self>() {
            return Some(seed);
        }
        let element = document().get_element_by_id(ELEMENT)?;
        Self::from_json(&Json::parse(&element.text_content()?)?)
    }
}

impl FromJson for Seed {
    fn from_json(json: &Json) -> Option<Self> {
        let reader = json.at("reader");
        Some(Self {
            place: CasePlace {
                course: json.at("place").at("course").parsed()?,
                case: json.at("place").at("case").parsed(),
            },
            reader: Reader {
                user: reader.at("user").parsed()?,
                name: reader.at("name").text()?,
                by_staff: reader.at("by_staff").is_true(),
            },
            thread: Thread::from_json(&json.at("thread"))?,
            runs: json.at("runs").each()?,
            composer: Composer::from_json(&json.at("composer")),
            internal: Composer::from_json(&json.at("internal")),
            audience: json.at("audience").text()?,
            org: match json.at("org").text()?.as_str() {
                "absent" => OrgLink::Absent,
                "disconnected" => OrgLink::Disconnected,
                "up" => OrgLink::Up,
                _ => OrgLink::Behind,
            },
        })
    }
}

impl FromJson for Thread {
    fn from_json(json: &Json) -> Option<Self> {
        Some(Self {
            posts: json.at("posts").each()?,
            total: json.at("total").number()? as u64,
            earlier: json.at("earlier").is_true(),
            later: json.at("later").parsed(),
            read_from_org: json.at("read_from_org").text(),
            // Whole numbers below 2^53 are exact in JavaScript; a thread does not change that often.
            version: json.at("version").number()? as i64,
        })
    }
}

impl FromJson for ThreadPost {
    fn from_json(json: &Json) -> Option<Self> {
        let state = json.at("state");
        Some(Self {
            id: json.at("id").parsed()?,
            key: json.at("key").parsed(),
            author: json.at("author").text()?,
            by_staff: json.at("by_staff").is_true(),
            mine: json.at("mine").is_true(),
            visibility: visibility(json)?,
            body: json.at("body").text()?,
            run_key: json.at("run_key").text(),
            created: json.at("created").text()?,
            created_text: json.at("created_text").text()?,
            reply_to: json.at("reply_to").parsed(),
            answers: Answered::from_json(&json.at("answers")),
            state: match state.text().as_deref() {
                Some("queued") => PostState::Queued,
                Some(_) => PostState::Delivered,
                None => PostState::Failed { reason: state.at("failed").at("reason").text()? },
            },
        })
    }
}

impl FromJson for Answered {
    fn from_json(json: &Json) -> Option<Self> {
        Some(Self { author: json.at("author").text()?, excerpt: json.at("excerpt").text()? })
    }
}

impl FromJson for Composer {
    fn from_json(json: &Json) -> Option<Self> {
        Some(Self {
            key: json.at("key").parsed()?,
            body: json.at("body").text()?,
            run: json.at("run").parsed(),
            visibility: visibility(json)?,
            max_chars: json.at("max_chars").number()? as usize,
            error: json.at("error").text(),
        })
    }
}

impl FromJson for RunOption {
    fn from_json(json: &Json) -> Option<Self> {
        Some(Self { id: json.at("id").parsed()?, key: json.at("key").text()?, label: json.at("label").text()? })
    }
}

fn visibility(json: &Json) -> Option<Visibility> {
    json.at("visibility").text().map(|name| Visibility::from_name(&name))
}

#[cfg(test)]
mod tests {
    use domain::PostState;
    use serde_json::{json, to_value};

    use super::OrgLink;

    /// The reading half needs a browser; these are the names it goes by.
    #[test]
    fn states_and_links_are_written_with_the_names_that_are_read() {
        let failed = PostState::Failed { reason: "no".to_owned() };
        assert_eq!(
            to_value([PostState::Queued, PostState::Delivered, failed]).unwrap(),
            json!(["queued", "delivered", {"failed": {"reason": "no"}}])
        );
        let links = [OrgLink::Absent, OrgLink::Disconnected, OrgLink::Up, OrgLink::Behind];
        assert_eq!(to_value(links).unwrap(), json!(["absent", "disconnected", "up", "behind"]));
    }
}
