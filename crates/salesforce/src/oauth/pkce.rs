//! Proof key for code exchange (RFC 7636), S256 only.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Random;
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use secrecy::{ExposeSecret, SecretString};

/// A verifier, kept with the browser's session until the code comes back, and its challenge.
#[derive(Clone, Debug)]
pub struct Pkce {
    verifier: SecretString,
}

impl Pkce {
    /// 32 random bytes: 43 characters.
    pub fn generate(random: &dyn Random) -> Self {
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        Self { verifier: SecretString::from(URL_SAFE_NO_PAD.encode(bytes)) }
    }

    pub fn verifier(&self) -> &SecretString {
        &self.verifier
    }

    pub(super) fn challenge(&self) -> PkceCodeChallenge {
        PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(self.verifier.expose_secret().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use domain::SeededRandom;
    use secrecy::{ExposeSecret, SecretString};

    use super::Pkce;

    #[test]
    fn the_challenge_is_the_rfcs() {
        let pkce = Pkce { verifier: SecretString::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") };
        assert_eq!(pkce.challenge().as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn verifiers_are_long_enough_and_differ() {
        let random = SeededRandom::new(7);
        let (one, other) = (Pkce::generate(&random), Pkce::generate(&random));
        assert_eq!(one.verifier().expose_secret().len(), 43);
        assert_ne!(one.verifier().expose_secret(), other.verifier().expose_secret());
        assert!(!format!("{one:?}").contains(one.verifier().expose_secret()));
    }
}
