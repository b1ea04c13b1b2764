//! Who may act in the org: connected apps, authorization codes, grants with their refresh tokens, and sessions.

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The one connected app.
pub(crate) const CLIENT_ID: &str = "casebridge-dev";
pub(crate) const CLIENT_SECRET: &str = "casebridge-dev-secret";
/// Every user's password and security token.
pub(crate) const PASSWORD: &str = "sandbox";
pub(crate) const SECURITY_TOKEN: &str = "TOKEN";

const CODE_LIFE: std::time::Duration = std::time::Duration::from_mins(15);
/// One more approval of the same app by the same user revokes the oldest.
const GRANTS_PER_USER: usize = 5;

/// SHA-256 of a token, so that the data file holds none.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct TokenDigest(String);

impl TokenDigest {
    pub(crate) fn of(token: &str) -> Self {
        Self(URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes())))
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) user: String,
    pub(crate) client_id: Option<String>,
    pub(crate) scope: String,
    /// The grant whose refresh token made it; its end is theirs.
    pub(super) grant: Option<u64>,
    pub(crate) issued_at: Timestamp,
    pub(super) used_at: Timestamp,
    /// It ends when it was unused this long.
    #[serde(default = "two_hours")]
    pub(super) idle_seconds: u64,
}

fn two_hours() -> u64 {
    7_200
}

impl Session {
    pub(crate) fn expires_at(&self) -> Timestamp {
        self.used_at.saturating_add(std::time::Duration::from_secs(self.idle_seconds))
    }
}

/// An approval by a user, renewable with a refresh token.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Grant {
    client_id: String,
    user: String,
    scope: String,
    current: TokenDigest,
    /// Refresh tokens that were rotated away; the use of one ends the grant.
    spent: Vec<TokenDigest>,
}

#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) user: String,
    pub(crate) scope: String,
    /// The PKCE S256 challenge.
    pub(crate) challenge: Option<String>,
    pub(crate) made_at: Timestamp,
}

#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Auth {
    sessions: HashMap<TokenDigest, Session>,
    /// By number, in the order they were approved.
    grants: std::collections::BTreeMap<u64, Grant>,
    last_grant: u64,
    /// PEM public keys that may sign JWT bearer assertions.
    jwt_keys: Vec<String>,
    #[serde(skip)]
    codes: HashMap<TokenDigest, Code>,
}

/// What a refresh led to.
pub(crate) enum Refreshed {
    Renewed {
        user: String,
        scope: String,
        grant: u64,
    },
    /// Unknown, revoked or spent.
    Refused,
}

impl Auth {
    pub(crate) fn add_code(&mut self, code: &str, details: Code) {
        self.codes.insert(TokenDigest::of(code), details);
    }

    /// A code is good once and for 15 minutes; `None` for any other.
    pub(crate) fn take_code(&mut self, code: &str, now: Timestamp) -> Option<Code> {
        let code = self.codes.remove(&TokenDigest::of(code))?;
        (now.since(code.made_at) <= CODE_LIFE).then_some(code)
    }

    /// Records an approval with its first refresh token.
    pub(crate) fn add_grant(&mut self, client_id: &str, user: &str, scope: &str, refresh_token: &str) -> u64 {
        let of_user: Vec<u64> = self
            .grants
            .iter()
            .filter(|(_, grant)| grant.client_id == client_id && grant.user == user)
            .map(|(number, _)| *number)
            .collect();
        for number in of_user.iter().take((of_user.len() + 1).saturating_sub(GRANTS_PER_USER)) {
            self.end_grant(*number);
        }
        self.last_grant += 1;
        let grant = Grant {
            client_id: client_id.to_owned(),
            user: user.to_owned(),
            scope: scope.to_owned(),
            current: TokenDigest::of(refresh_token),
            spent: Vec::new(),
        };
        self.grants.insert(self.last_grant, grant);
        self.last_grant
    }

    /// Takes a refresh token; `next` replaces it where tokens rotate, and the grant's sessions end.
    pub(crate) fn refresh(&mut self, client_id: &str, token: &str, next: Option<&str>) -> Refreshed {
        let digest = TokenDigest::of(token);
        let found = self.grants.iter_mut().find(|(_, grant)| {
            grant.client_id == client_id && (grant.current == digest || grant.spent.contains(&digest))
        });
        let Some((&number, grant)) = found else { return Refreshed::Refused };
        if grant.current != digest {
            // A spent token came back: somebody has a copy, so nobody keeps the grant.
            self.end_grant(number);
            return Refreshed::Refused;
        }
        let renewed = Refreshed::Renewed { user: grant.user.clone(), scope: grant.scope.clone(), grant: number };
        if let Some(next) = next {
            let spent = std::mem::replace(&mut grant.current, TokenDigest::of(next));
            grant.spent.push(spent);
            self.sessions.retain(|_, session| session.grant != Some(number));
        }
        renewed
    }

    fn end_grant(&mut self, number: u64) {
        self.grants.remove(&number);
        self.sessions.retain(|_, session| session.grant != Some(number));
    }

    pub(crate) fn add_session(&mut self, token: &str, session: Session) {
        self.sessions.retain(|_, other| other.expires_at() > session.issued_at);
        self.sessions.insert(TokenDigest::of(token), session);
    }

    /// The session of a token, kept alive by being asked for.
    pub(crate) fn session(&mut self, token: &str, now: Timestamp) -> Option<Session> {
        let session = self.sessions.get_mut(&TokenDigest::of(token))?;
        if session.expires_at() <= now {
            return None;
        }
        session.used_at = now;
        Some(session.clone())
    }

    pub(crate) fn has_session(&self, digest: &TokenDigest) -> bool {
        self.sessions.contains_key(digest)
    }

    /// User, client and scope behind a refresh token that is still good.
    pub(crate) fn refresh_token(&self, token: &str) -> Option<(String, String, String)> {
        let digest = TokenDigest::of(token);
        let grant = self.grants.values().find(|grant| grant.current == digest)?;
        Some((grant.user.clone(), grant.client_id.clone(), grant.scope.clone()))
    }

    /// Ends an access token, or a refresh token with all it made; false when it is neither.
    #[must_use]
    pub(crate) fn revoke(&mut self, token: &str) -> bool {
        let digest = TokenDigest::of(token);
        if self.sessions.remove(&digest).is_some() {
            return true;
        }
        let grant = self.grants.iter().find(|(_, grant)| grant.current == digest).map(|(number, _)| *number);
        grant.inspect(|number| self.end_grant(*number)).is_some()
    }

    /// Those that haven't ended, the newest first.
    pub(crate) fn open_sessions(&self, now: Timestamp) -> Vec<Session> {
        let mut open: Vec<Session> =
            self.sessions.values().filter(|session| session.expires_at() > now).cloned().collect();
        open.sort_by_key(|session| std::cmp::Reverse(session.issued_at));
        open
    }

    pub(crate) fn grants_count(&self) -> usize {
        self.grants.len()
    }

    pub(crate) fn expire_sessions(&mut self) {
        self.sessions.clear();
    }

    pub(crate) fn revoke_all(&mut self) {
        self.sessions.clear();
        self.grants.clear();
    }

    pub(crate) fn add_jwt_key(&mut self, public_key_pem: String) {
        self.jwt_keys.push(public_key_pem);
    }

    pub(crate) fn jwt_keys(&self) -> &[String] {
        &self.jwt_keys
    }
}
