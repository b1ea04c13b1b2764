//! How much of the org's daily budget of calls is used, as every answer says.

use ::http::HeaderMap;

/// Calls used in the rolling 24 hours, of all programs together, and how many the org has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiUsage {
    pub used: u64,
    pub max: u64,
}

impl ApiUsage {
    pub fn remaining(self) -> u64 {
        self.max.saturating_sub(self.used)
    }

    /// From `Sforce-Limit-Info: api-usage=18/15000; per-app-api-usage=17/250(appName=sample)`.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let (used, max) = headers
            .get("sforce-limit-info")?
            .to_str()
            .ok()?
            .split([';', ','])
            .find_map(|part| part.trim().strip_prefix("api-usage="))?
            .split_once('/')?;
        Some(Self { used: used.trim().parse().ok()?, max: max.trim().parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use ::http::{HeaderMap, HeaderValue};
    use rstest::rstest;

    use super::ApiUsage;

    #[rstest]
    #[case("api-usage=18/15000", Some((18, 15000)))]
    #[case("per-app-api-usage=17/250(appName=sample); api-usage=25/5000", Some((25, 5000)))]
    #[case("api-usage=18", None)]
    #[case("api-usage=x/y", None)]
    #[case("", None)]
    fn the_limit_header_is_read_wherever_its_part_stands(#[case] header: &str, #[case] expected: Option<(u64, u64)>) {
        let headers =
            HeaderMap::from_iter([("sforce-limit-info".parse().unwrap(), HeaderValue::from_str(header).unwrap())]);
        assert_eq!(ApiUsage::from_headers(&headers).map(|usage| (usage.used, usage.max)), expected);
    }

    #[test]
    fn an_overdrawn_budget_has_nothing_left() {
        assert_eq!(ApiUsage { used: 15001, max: 15000 }.remaining(), 0);
    }
}
