//! As whom the client acts.

use domain::SalesforceId;
use serde::Deserialize;

use super::{ApiPath, Repeat, Request};
use crate::{Client, error::Error};

/// OpenID's userinfo, the parts used here.
#[derive(Clone, Debug, Deserialize)]
pub struct UserInfo {
    pub user_id: SalesforceId,
    pub organization_id: SalesforceId,
    /// The log-in name.
    pub preferred_username: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub locale: Option<String>,
    #[serde(default)]
    pub zoneinfo: Option<String>,
}

impl Client {
    /// The user behind the tokens.
    ///
    /// # Errors
    /// See [`crate::ErrorKind`].
    pub async fn user_info(&self) -> Result<UserInfo, Error> {
        self.send(&Request::get("user_info", ApiPath::on_host("/services/oauth2/userinfo")), Repeat::Safe).await?.json()
    }
}
