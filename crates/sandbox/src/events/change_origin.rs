//! By which API a change came, as its change event says it.

use http::HeaderMap;
use serde::{Deserialize, Serialize};

/// `com/salesforce/api/rest/67.0;client=Astro`; nothing for a change that came by no API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct ChangeOrigin(String);

impl ChangeOrigin {
    /// `client` is what the caller named itself in its call options.
    fn new(api: &str, version: &str, client: Option<&str>) -> Self {
        let client = client.map(str::trim).filter(|client| !client.is_empty());
        let client = client.map(|client| format!(";client={client}")).unwrap_or_default();
        Self(format!("com/salesforce/api/{api}/{version}{client}"))
    }

    pub(crate) fn rest(version: &str, headers: &HeaderMap) -> Self {
        Self::new("rest", version, client(headers))
    }

    /// Of either version of the Bulk API.
    pub(crate) fn bulk(version: &str, headers: &HeaderMap) -> Self {
        Self::new("bulkapi", version, client(headers))
    }

    pub(crate) fn soap(version: &str, client: Option<&str>) -> Self {
        Self::new("soap", version, client)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// `Sforce-Call-Options: client=Astro, defaultNamespace=battle`
fn client(headers: &HeaderMap) -> Option<&str> {
    let options = headers.get("sforce-call-options")?.to_str().ok()?;
    options.split(',').find_map(|option| option.trim().strip_prefix("client="))
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::ChangeOrigin;

    #[test]
    fn an_origin_names_the_interface_its_version_and_who_called() {
        let mut headers = HeaderMap::new();
        assert_eq!(ChangeOrigin::rest("62.0", &headers).as_str(), "com/salesforce/api/rest/62.0");
        headers.insert("sforce-call-options", "defaultNamespace=battle, client=Astro/100".parse().unwrap());
        assert_eq!(ChangeOrigin::bulk("62.0", &headers).as_str(), "com/salesforce/api/bulkapi/62.0;client=Astro/100");
        assert_eq!(ChangeOrigin::soap("49.0", Some(" ")).as_str(), "com/salesforce/api/soap/49.0");
        assert_eq!(ChangeOrigin::default().as_str(), "");
    }
}
