//! Addresses within the API, built segment by segment so that no key can leave its segment.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{ApiVersion, error::Error, soql::FieldName};

/// Everything but RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path below `/services/data/vNN.0`, or one the org gave. A mistake made while building it comes out when it is used.
#[derive(Clone, Debug)]
pub struct ApiPath {
    root: Root,
    path: String,
    problem: Option<&'static str>,
}

#[derive(Clone, Copy, Debug)]
enum Root {
    Version,
    Host,
}

impl ApiPath {
    /// `literal` starts with a slash: `/sobjects`.
    pub(crate) fn new(literal: &'static str) -> Self {
        Self { root: Root::Version, path: literal.to_owned(), problem: None }
    }

    /// Outside the versioned API: `/services/oauth2/userinfo`.
    pub(crate) fn on_host(literal: &'static str) -> Self {
        Self { root: Root::Host, path: literal.to_owned(), problem: None }
    }

    /// An address from one of the org's answers: a path, never another host.
    pub(crate) fn given(path: &str) -> Option<Self> {
        path.starts_with("/services/").then(|| Self { root: Root::Host, path: path.to_owned(), problem: None })
    }

    /// `/sobjects/{object}`
    pub fn object(object: &str) -> Self {
        Self::new("/sobjects").name(object)
    }

    /// `/sobjects/{object}/{id}`
    pub fn record(object: &str, id: &domain::SalesforceId) -> Self {
        Self::object(object).segment(id.as_str())
    }

    /// `/sobjects/{object}/{field}/{key}`
    pub fn external(object: &str, field: &str, key: &str) -> Self {
        Self::object(object).name(field).segment(key)
    }

    /// Appends the name of an object or field.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        if FieldName::new(name).is_err() || name.contains('.') {
            self.problem = Some("that is not the name of a Salesforce object or field");
        }
        self.segment(name)
    }

    /// Appends any text as one percent-encoded segment. Nothing, `.` and `..` can't be one: every URL parser takes them, however
    /// encoded, for directions.
    #[must_use]
    pub fn segment(mut self, text: &str) -> Self {
        if matches!(text, "" | "." | "..") {
            self.problem = Some("an empty key, “.” or “..” can't address a Salesforce record");
        }
        self.path.push('/');
        self.path.extend(utf8_percent_encode(text, SEGMENT));
        self
    }

    /// Appends the id an earlier part of the same composite request gets: `@{course.id}`.
    #[must_use]
    pub fn reference(mut self, reference_id: &str) -> Self {
        self.path.push('/');
        self.path.push_str(&super::composite::reference_text(reference_id, "id"));
        self
    }

    pub(crate) fn with_version(&self, version: ApiVersion) -> Result<String, Error> {
        match (self.problem, self.root) {
            (Some(problem), _) => Err(Error::request(problem)),
            (None, Root::Version) => Ok(format!("{}{}", version.path(), self.path)),
            (None, Root::Host) => Ok(self.path.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use ::http::Method;
    use proptest::{prop_assert_eq, proptest};
    use rstest::rstest;
    use url::Url;

    use super::ApiPath;
    use crate::{ApiVersion, rest::Request};

    fn url(path: ApiPath) -> Result<Url, crate::Error> {
        let instance = "https://example.my.salesforce.com:8443/ignored".parse().unwrap();
        Request::new("test", Method::PATCH, path).url(&instance, ApiVersion::default())
    }

    #[test]
    fn a_run_key_full_of_separators_stays_one_segment() {
        let url =
            url(ApiPath::external("Course_Run__c", "Portal_Key__c", "course-v1:MITx+6.002x/é #?%@{a.id}")).unwrap();
        assert_eq!(
            url.as_str(),
            "https://example.my.salesforce.com:8443/services/data/v67.0/sobjects/Course_Run__c/Portal_Key__c/\
             course-v1%3AMITx%2B6.002x%2F%C3%A9%20%23%3F%25%40%7Ba.id%7D"
        );
    }

    #[rstest]
    #[case("Course__c", "Key__c", "..")]
    #[case("Course__c", "Key__c", ".")]
    #[case("Course__c", "Key__c", "")]
    #[case("Course__c/001", "Key__c", "x")]
    #[case("Course__c", "Account__r.Key__c", "x")]
    #[case("", "Key__c", "x")]
    fn what_would_address_something_else_is_refused(#[case] object: &str, #[case] field: &str, #[case] key: &str) {
        assert!(url(ApiPath::external(object, field, key)).is_err());
    }

    proptest! {
        #[test]
        fn every_key_comes_out_as_it_went_in(key in ".*") {
            if let Ok(url) = url(ApiPath::external("Course__c", "Key__c", &key)) {
                let segments: Vec<_> = url.path_segments().unwrap().collect();
                prop_assert_eq!(segments.len(), 7);
                let decoded = percent_encoding::percent_decode_str(segments[6]).decode_utf8().unwrap();
                prop_assert_eq!(decoded.as_ref(), key.as_str());
            } else {
                assert!(matches!(key.as_str(), "" | "." | ".."), "{key:?}");
            }
        }
    }

    #[test]
    fn an_address_from_an_answer_is_a_path_or_nothing() {
        assert!(ApiPath::given("/services/data/v67.0/query/0r8-2000").is_some());
        for elsewhere in ["https://evil.test/services/", "//evil.test/services/", "@evil.test", ".evil.test/", ""] {
            assert!(ApiPath::given(elsewhere).is_none(), "{elsewhere}");
        }
        assert!(url(ApiPath::given("/services/../../evil").unwrap()).is_err());
    }
}
