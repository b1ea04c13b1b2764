//! How the org's tokens are kept: sealed, so that a copied database opens no org.

use std::{fmt, sync::Arc};

use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use domain::{ConnectionId, Random};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

const NONCE_BYTES: usize = 24;

/// XChaCha20-Poly1305 with a random nonce per value. Which connection and field a value belongs to is authenticated with it, so
/// one can't be put in another's place.
#[derive(Clone)]
pub struct TokenCipher(Arc<Inner>);

struct Inner {
    cipher: XChaCha20Poly1305,
    key_id: String,
    random: Arc<dyn Random>,
}

impl fmt::Debug for TokenCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCipher").field("key_id", &self.0.key_id).finish_non_exhaustive()
    }
}

/// Which token of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TokenField {
    Access,
    Refresh,
}

impl TokenField {
    const fn name(self) -> &'static str {
        match self {
            Self::Access => "access_token",
            Self::Refresh => "refresh_token",
        }
    }
}

/// The value was sealed with another key, for another place, or was altered.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unreadable;

impl TokenCipher {
    pub fn new(key: [u8; 32], random: Arc<dyn Random>) -> Self {
        let digest = Sha256::new().chain_update(b"casebridge token key id").chain_update(key).finalize();
        let key_id = hex(digest.get(..8).unwrap_or_default());
        Self(Arc::new(Inner { cipher: XChaCha20Poly1305::new(&Key::from(key)), key_id, random }))
    }

    /// Names the key without telling it.
    pub(crate) fn key_id(&self) -> &str {
        &self.0.key_id
    }

    pub(crate) fn seal(
        &self,
        connection: ConnectionId,
        field: TokenField,
        token: &SecretString,
    ) -> Result<Vec<u8>, Unreadable> {
        let mut nonce = [0; NONCE_BYTES];
        self.0.random.fill(&mut nonce);
        let place = place(connection, field);
        let payload = Payload { msg: token.expose_secret().as_bytes(), aad: &place };
        let sealed = self.0.cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| Unreadable)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    pub(crate) fn open(
        &self,
        connection: ConnectionId,
        field: TokenField,
        sealed: &[u8],
    ) -> Result<SecretString, Unreadable> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(Unreadable)?;
        let place = place(connection, field);
        let token = self
            .0
            .cipher
            .decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &place })
            .map_err(|_| Unreadable)?;
        String::from_utf8(token).map(SecretString::from).map_err(|_| Unreadable)
    }
}

fn place(connection: ConnectionId, field: TokenField) -> Vec<u8> {
    [b"connections/".as_slice(), connection.as_uuid().as_bytes(), b"/", field.name().as_bytes()].concat()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use domain::SeededRandom;
    use uuid::Uuid;

    use super::*;

    fn cipher(key: u8, seed: u64) -> TokenCipher {
        TokenCipher::new([key; 32], Arc::new(SeededRandom::new(seed)))
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let (cipher, here, there) =
            (cipher(7, 1), ConnectionId::from_uuid(Uuid::from_u128(1)), ConnectionId::from_uuid(Uuid::from_u128(2)));
        let sealed = cipher.seal(here, TokenField::Access, &SecretString::from("00D!token")).unwrap();
        assert_eq!(cipher.open(here, TokenField::Access, &sealed).unwrap().expose_secret(), "00D!token");
        assert!(cipher.open(there, TokenField::Access, &sealed).is_err());
        assert!(cipher.open(here, TokenField::Refresh, &sealed).is_err());
    }

    #[test]
    fn another_key_and_any_altered_byte_are_noticed() {
        let here = ConnectionId::from_uuid(Uuid::from_u128(1));
        let cipher = cipher(7, 1);
        let sealed = cipher.seal(here, TokenField::Access, &SecretString::from("t")).unwrap();
        assert!(self::cipher(8, 1).open(here, TokenField::Access, &sealed).is_err());
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(cipher.open(here, TokenField::Access, &altered).is_err(), "byte {at}");
            assert!(cipher.open(here, TokenField::Access, &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn the_same_token_is_never_sealed_alike_and_debug_tells_no_key() {
        let here = ConnectionId::from_uuid(Uuid::from_u128(1));
        let cipher = cipher(7, 1);
        let token = SecretString::from("same");
        let (one, two) = (
            cipher.seal(here, TokenField::Access, &token).unwrap(),
            cipher.seal(here, TokenField::Access, &token).unwrap(),
        );
        assert_ne!(one, two);
        assert_ne!(cipher.key_id(), self::cipher(8, 1).key_id());
        let shown = format!("{cipher:?}");
        assert!(shown.contains(cipher.key_id()) && !shown.contains("7, 7"), "{shown}");
    }
}
