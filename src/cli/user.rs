//! `casebridge user`: the people who may sign in.

use std::io::Read;

use clap::{Args, Subcommand};
use domain::{Email, Invalid, OrganizationKey, PersonName, Role, SalesforceId, Username};
use engine::NewPerson;
use secrecy::SecretString;

use super::{
    fault::{Fault, answer, say},
    program::Program,
};
use crate::config::Config;

/// Passwords are hashed whole, so a limit keeps a wrong file from being taken for one.
const PASSWORD_MAX_BYTES: u64 = 4096;

#[derive(Subcommand)]
pub(super) enum User {
    /// Add a person. Prints their id.
    #[command(
        after_help = "Example:\n  printf '%s' \"$PASSWORD\" | casebridge user add mia@mitx.test --role partner --name \"Mia Torres\" --organization MITx --password-stdin"
    )]
    Add(Add),
    /// Set somebody's password, the first or another. Whoever is signed in as that person is signed out.
    #[command(
        after_help = "Example:\n  printf '%s' \"$PASSWORD\" | casebridge user set-password mia@mitx.test --password-stdin"
    )]
    SetPassword(SetPassword),
}

#[derive(Args)]
pub(super) struct SetPassword {
    email: String,
    /// Read the password from standard input, where no other user of this machine sees it.
    #[arg(long, required = true)]
    password_stdin: bool,
}

#[derive(Args)]
pub(super) struct Add {
    email: String,
    /// partner, staff, customer or admin
    #[arg(long, value_parser = role)]
    role: Role,
    /// "First Last"
    #[arg(long, value_name = "NAME", default_value = "")]
    name: String,
    /// How they are called where no name is known; without it, what stands before the @ of the email address, or all of it where that is taken.
    #[arg(long)]
    username: Option<String>,
    /// Key of an organization they belong to; may be given more than once.
    #[arg(long, value_name = "KEY")]
    organization: Vec<String>,
    /// Id of the Salesforce account they belong to.
    #[arg(long, value_name = "SALESFORCE_ID")]
    account: Option<String>,
    /// Read the password from standard input, where no other user of this machine sees it.
    #[arg(long, required = true)]
    password_stdin: bool,
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_name(text).ok_or_else(|| format!("choose one of {}", Role::ALL.map(Role::name).join(", ")))
}

impl User {
    pub(super) async fn run(self, config: Config) -> Result<(), Fault> {
        match self {
            Self::Add(add) => add.run(config).await,
            Self::SetPassword(set) => set.run(config).await,
        }
    }
}

impl SetPassword {
    async fn run(self, config: Config) -> Result<(), Fault> {
        let email = Email::new(&self.email).map_err(|invalid| Fault::new(invalid.0))?;
        let password = password()?;
        let program = Program::open(&config).await?;
        program.engine.set_password(&email, password).await?;
        program.store.close().await;
        say(&format!("{email} can sign in with it now."));
        Ok(())
    }
}

impl Add {
    async fn run(self, config: Config) -> Result<(), Fault> {
        let email = self.email.clone();
        let person = self.person(password()?).map_err(|invalid| Fault::new(invalid.0))?;
        let program = Program::open(&config).await?;
        let sees_nothing = match person.role {
            Role::Partner if person.organizations.is_empty() => {
                Some("They see no course until they belong to an organization (--organization).")
            }
            Role::Customer if person.account.is_none() => {
                Some("They see nothing until they belong to an account (--account).")
            }
            _ => None,
        };
        let id = program.engine.add_user(person).await?;
        program.store.close().await;
        answer(&id.to_string());
        if let Some(note) = sees_nothing {
            say(note);
        }
        say(&format!("{email} can sign in now."));
        Ok(())
    }

    fn person(self, password: SecretString) -> Result<NewPerson, Invalid> {
        let email = Email::new(&self.email)?;
        let username = self.username.as_deref().map(Username::new).transpose()?;
        Ok(NewPerson {
            email,
            role: self.role,
            name: PersonName::from_full(&self.name)?,
            username,
            organizations: self.organization.into_iter().map(OrganizationKey::new).collect::<Result<_, _>>()?,
            account: self.account.as_deref().map(account).transpose()?,
            password,
        })
    }
}

fn account(id: &str) -> Result<SalesforceId, Invalid> {
    SalesforceId::new(id).map_err(|_| {
        Invalid::new(format!(
            "--account “{id}” is no Salesforce id. It has 15 or 18 letters and digits, such as 001dL00000AbCdEQAV."
        ))
    })
}

fn password() -> Result<SecretString, Fault> {
    let mut text = String::new();
    std::io::stdin()
        .take(PASSWORD_MAX_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|error| Fault::new(format!("The password can't be read from standard input: {error}.")))?;
    if text.len() as u64 > PASSWORD_MAX_BYTES {
        return Err(Fault::new(format!("The password is longer than {PASSWORD_MAX_BYTES} bytes.")));
    }
    // The line end that echo adds is not part of it.
    let password = text.trim_end_matches(['\n', '\r']);
    if password.is_empty() {
        return Err(Fault::new(
            "The password is empty.\n  Pipe it in: printf '%s' \"$PASSWORD\" | casebridge user … --password-stdin",
        ));
    }
    Ok(SecretString::from(password))
}
