//! `casebridge token`: what people's own programs sign in with.

use std::time::Duration;

use clap::{Args, Subcommand};
use domain::{Email, Scopes};
use secrecy::ExposeSecret;

use super::{
    fault::{Fault, answer, say},
    program::Program,
};
use crate::config::Config;

#[derive(Subcommand)]
pub(super) enum Token {
    /// Make a bearer token for a person. Prints it, once; it is not stored.
    #[command(
        after_help = "Example:\n  TOKEN=$(casebridge token create discovery@example.org --ttl 90d --scope catalogue)\n  curl -H \"Authorization: Bearer $TOKEN\" …/api/v1/organizations/MITx"
    )]
    Create(Create),
}

#[derive(Args)]
pub(super) struct Create {
    email: String,
    /// How long it is good for: a number and s, m, h or d, at most 366d.
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = ttl)]
    ttl: Duration,
    /// read, write or catalogue; may be given more than once. Without it, all that the person's role can use.
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// What its owner knows it by.
    #[arg(long, default_value = "Made on the command line")]
    name: String,
}

impl Token {
    pub(super) async fn run(self, config: Config) -> Result<(), Fault> {
        let Self::Create(create) = self;
        let email = Email::new(&create.email).map_err(|invalid| Fault::new(invalid.0))?;
        let scopes = match create.scope.as_slice() {
            [] => None,
            named => Some(Scopes::from_text(&named.join(" ")).map_err(|invalid| Fault::new(invalid.0))?),
        };
        let program = Program::open(&config).await?;
        let made = program.engine.create_token_for(&email, create.name, scopes, create.ttl).await;
        program.store.close().await;
        answer(made?.expose_secret());
        say(&format!("The token acts for {email}. It is shown here only; its owner can revoke it on /account/tokens."));
        Ok(())
    }
}

fn ttl(text: &str) -> Result<Duration, String> {
    let wrong = || "write a number and s, m, h or d, such as 1h or 90d".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let seconds: u64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(seconds).filter(|seconds| *seconds > 0).map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_numbers_with_a_unit() {
        assert_eq!(ttl("1h"), Ok(Duration::from_secs(3_600)));
        assert_eq!(ttl("90d"), Ok(Duration::from_secs(90 * 86_400)));
        for wrong in ["", "h", "1", "0s", "-1h", "1 h", "1é", "99999999999999999999d", "9999999999999999d"] {
            assert!(ttl(wrong).is_err(), "{wrong}");
        }
    }
}
