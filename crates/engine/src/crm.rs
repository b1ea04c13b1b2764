//! The connection to the org: made and ended by an admin, or made by the program itself where the grant needs nobody.

use domain::{ConnectionId, UserId};
use salesforce::{Authorization, Pkce, Tokens};
use secrecy::SecretString;
use store::{KnownOrg, NewConnection, SettingRow};

use crate::{
    Actor, ApiCalls, BeginConnect, Connecting, ConnectionState, ConnectionView, Engine, Error, OrgGrant, OtherOrg,
    access,
    posting::hex,
    settings::{UNANSWERED, UNLABELLED_POSTS},
    sync::Org,
    time_text,
};

/// What the portal asks the org for: its API, and to go on when the admin has left.
const SCOPES: [&str; 2] = ["api", "refresh_token"];

impl Engine {
    /// # Errors
    /// [`Error::NotFound`] for everybody but admins.
    pub async fn connection(&self, actor: &Actor) -> Result<ConnectionView, Error> {
        access::check_may_manage_connection(actor)?;
        let reader = self.store.read();
        let row = if self.org_configured() { reader.connections().current().await? } else { None };
        let preflight = match &row {
            Some(row) => self.last_preflight().await?.filter(|preflight| preflight.org_id == row.org_id.as_str()),
            None => None,
        };
        let other_org = match &row {
            Some(row) if row.state == store::ConnectionState::OtherOrg => {
                reader.connections().last_accepted().await?.map(|was| OtherOrg {
                    was_host: host(&was.instance_url),
                    was_id: was.org_id.to_string(),
                    was_username: was.org_username,
                })
            }
            _ => None,
        };
        // What this process was told with its last call is newer than what the last look at the org kept.
        let usage = self.org.as_ref().and_then(Org::used_session).and_then(|session| session.client.limits());
        let api_calls = match (usage, &row) {
            (Some(usage), Some(_)) => Some(ApiCalls { used: usage.used, max: usage.max }),
            _ => preflight.as_ref().and_then(|preflight| preflight.api_calls),
        };
        Ok(ConnectionView {
            configured: self.org_configured(),
            state: match row.as_ref().map(|row| row.state) {
                Some(store::ConnectionState::Connected) => ConnectionState::Connected,
                Some(store::ConnectionState::Paused) => ConnectionState::Paused,
                Some(store::ConnectionState::OtherOrg) => ConnectionState::OtherOrg,
                Some(store::ConnectionState::Disconnected) | None => ConnectionState::Disconnected,
            },
            org: self.org_standing().await?.state,
            org_username: row.as_ref().map(|row| row.org_username.clone()),
            instance_host: row.as_ref().and_then(|row| host(&row.instance_url)),
            org_id: row.as_ref().map(|row| row.org_id.to_string()),
            since_text: row.as_ref().map(|row| time_text::moment(row.created_at)),
            scopes: row.as_ref().and_then(|row| row.scope.clone()),
            problem: row.and_then(|row| row.problem),
            pending_deliveries: reader.deliveries().pending_count().await?,
            dead_deliveries: reader.deliveries().dead_count().await?,
            api_calls,
            posts_are_unlabelled: preflight.as_ref().is_some_and(|preflight| !preflight.has_visibility),
            preflight,
            other_org,
            unlabelled_posts: self.unlabelled_posts().await?,
            deleted_records: self.deleted_records().await?,
            unattended: self.connects_by_itself(),
        })
    }

    /// The address to send the admin's browser to. The caller keeps state and verifier in the admin's session, for one use.
    ///
    /// # Errors
    /// [`Error::NotFound`] for everybody but admins and without an org; [`Error::Invalid`] where the grant needs no admin.
    pub async fn begin_connect(&self, actor: &Actor) -> Result<BeginConnect, Error> {
        access::check_may_manage_connection(actor)?;
        let org = self.org()?;
        if !matches!(org.options.grant, OrgGrant::Web) {
            return Err(Error::invalid("This portal connects by itself when it starts. Restart it to connect again."));
        }
        let mut state = [0; 32];
        self.random.fill(&mut state);
        let state = hex(&state);
        let pkce = Pkce::generate(&*self.random);
        let authorize_url = org.oauth.authorize_url(&Authorization {
            redirect_uri: &org.redirect_uri,
            state: &state,
            pkce: &pkce,
            scopes: &SCOPES,
            prompt: None,
        })?;
        Ok(BeginConnect { authorize_url, state, verifier: pkce.verifier().clone() })
    }

    /// Turns the code the admin came back with into the connection. The caller has compared the state.
    ///
    /// # Errors
    /// [`Error::NotFound`] for everybody but admins; [`Error::Org`] when the org refuses the code.
    pub async fn finish_connect(
        &self,
        actor: &Actor,
        code: String,
        verifier: SecretString,
    ) -> Result<Connecting, Error> {
        access::check_may_manage_connection(actor)?;
        let org = self.org()?;
        let tokens = org.oauth.exchange_code(&code, &verifier, &org.redirect_uri).await.map_err(|error| {
            if error.is_temporary() {
                error.into()
            } else {
                tracing::warn!(error = %error, "the org refused an authorization code");
                Error::Invalid(format!("Salesforce refused to connect: {} Start again.", error.message()))
            }
        })?;
        self.store_connection(org, tokens, Some(actor.user())).await
    }

    /// Gives the tokens back to the org and erases them here. What waits to be delivered goes on waiting.
    ///
    /// # Errors
    /// [`Error::NotFound`] for everybody but admins and without an org.
    pub async fn disconnect(&self, actor: &Actor) -> Result<(), Error> {
        access::check_may_manage_connection(actor)?;
        let org = self.org()?;
        let Some(row) = self.store.read().connections().current().await? else { return Ok(()) };
        let tx = self.store.begin().await?;
        tx.connections().disconnect(row.id, self.clock.now()).await?;
        tx.commit().await?;
        org.forget_session();
        tracing::info!(connection.id = %row.id, "disconnected");
        // Here they are gone for good; an org that can't be reached keeps them until they expire.
        if let Some(token) = row.refresh_token.or(row.access_token)
            && let Err(error) = org.oauth.revoke(&token).await
        {
            tracing::warn!(error = %error, "the org did not take its tokens back");
        }
        Ok(())
    }

    /// Connects as configured when no admin is needed for it. Does nothing for the web grant, or when connected.
    ///
    /// # Errors
    /// The org refuses, or can't be reached.
    pub async fn connect_unattended(&self) -> Result<(), Error> {
        let Some(org) = &self.org else { return Ok(()) };
        let tokens = match &org.options.grant {
            OrgGrant::Web => return Ok(()),
            _ if self.org_session().await?.is_some() => return Ok(()),
            OrgGrant::ClientCredentials => org.oauth.client_credentials().await?,
            OrgGrant::Jwt { username, key_pem } => org.oauth.jwt_bearer(username, key_pem, self.clock.now()).await?,
        };
        self.store_connection(org, tokens, None).await.map(drop)
    }

    /// Whether it is the configuration that connects, and no admin.
    pub fn connects_by_itself(&self) -> bool {
        self.org.as_ref().is_some_and(|org| !matches!(org.options.grant, OrgGrant::Web))
    }

    /// Takes the org that answers now for the one to use from here on. Everything that was known of the one before is forgotten, its
    /// ids and how far it was read; the catalogue and what waits go to the new one. What was said stays said.
    ///
    /// # Errors
    /// [`Error::NotFound`] for everybody but admins and without an org; [`Error::Conflict`] when there is nothing to decide.
    pub async fn use_this_org(&self, actor: &Actor) -> Result<(), Error> {
        access::check_may_manage_connection(actor)?;
        let org = self.org()?;
        let reader = self.store.read();
        let (current, was) = (reader.connections().current().await?, reader.connections().last_accepted().await?);
        let Some(connection) = current.filter(|row| row.state == store::ConnectionState::OtherOrg) else {
            return Err(Error::Conflict("There is no other org to decide about any more.".to_owned()));
        };
        let now = self.clock.now();
        let tx = self.store.begin().await?;
        if !tx.connections().accept(connection.id, now).await? {
            return Err(Error::Conflict("There is no other org to decide about any more.".to_owned()));
        }
        for known in was.iter().map(|was| &was.org_id).chain([&connection.org_id]) {
            tx.org_records().forget_org(known).await?;
            tx.cursors().forget_org(known).await?;
        }
        tx.cases().forget_org().await?;
        tx.case_handling().forget_org().await?;
        tx.posts().forget_org().await?;
        let unanswered = SettingRow { value: UNANSWERED.to_owned(), changed_by: Some(actor.user()), changed_at: now };
        tx.settings().put(UNLABELLED_POSTS, &unanswered).await?;
        self.forget_preflight(&tx).await?;
        tx.commit().await?;
        tracing::warn!(
            org.id = %connection.org_id, org.was = was.as_ref().map(|was| was.org_id.as_str()), user.id = %actor.user(),
            "another org is used from now on; what was known of the one before is forgotten"
        );
        self.begin_to_use(org);
        self.send_everything().await?;
        Ok(())
    }

    /// What this process holds of the connection before is of no use.
    fn begin_to_use(&self, org: &Org) {
        org.forget_session();
        org.breaker.succeeded();
        org.poll_now.notify_one();
        self.worker.wake();
    }

    async fn store_connection(
        &self,
        org: &Org,
        tokens: Tokens,
        connected_by: Option<UserId>,
    ) -> Result<Connecting, Error> {
        let user = org.client_for(tokens.clone(), &self.clock).user_info().await?;
        let now = self.clock.now();
        let connection = NewConnection {
            id: ConnectionId::from_uuid(self.random.uuid_v7(now)),
            instance_url: tokens.instance_url.to_string(),
            login_url: org.options.login_url.to_string(),
            org_id: user.organization_id,
            org_user_id: user.user_id,
            org_username: user.preferred_username,
            access_token: tokens.access_token,
            refresh_token: tokens.refresh_token,
            scope: tokens.scope,
            issued_at: tokens.issued_at.unwrap_or(now),
            connected_by,
            created_at: now,
        };
        let tx = self.store.begin().await?;
        let was = tx.connections().last_accepted().await?;
        let known = match &was {
            Some(was) if was.org_id != connection.org_id => KnownOrg::Other,
            _ => KnownOrg::Same,
        };
        tx.connections().replace(&connection, known).await?;
        tx.commit().await?;
        if known == KnownOrg::Other {
            tracing::error!(
                connection.id = %connection.id, org.id = %connection.org_id, org.was = was.as_ref().map(|was| was.org_id.as_str()),
                "another org answers than before; nothing is read or sent until an admin has decided on the Salesforce page"
            );
            org.forget_session();
            return Ok(Connecting::OtherOrg);
        }
        tracing::info!(connection.id = %connection.id, org.id = %connection.org_id, "connected");
        self.begin_to_use(org);
        Ok(Connecting::Connected)
    }
}

fn host(instance_url: &str) -> Option<String> {
    instance_url.parse::<url::Url>().ok().and_then(|url| url.host_str().map(str::to_owned))
}
