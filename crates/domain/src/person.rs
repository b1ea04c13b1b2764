//! Who people are: roles, names, addresses.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Invalid;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Belongs to organizations, whose courses' public posts it reads and writes.
    Partner,
    /// Reads and answers everything, internal posts too.
    Staff,
    /// Belongs to one account.
    Customer,
    /// Staff who may also connect the org.
    Admin,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Partner, Self::Staff, Self::Customer, Self::Admin];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Partner => "partner",
            Self::Staff => "staff",
            Self::Customer => "customer",
            Self::Admin => "admin",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Staff and admins: those who see internal posts.
    pub const fn is_internal(self) -> bool {
        matches!(self, Self::Staff | Self::Admin)
    }
}

/// An address, lower-cased. Checked for shape only: one `@`, something on both sides, no white space, ≤ 80 characters
/// (what Contact.Email holds).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    pub const MAX_CHARS: usize = 80;

    /// # Errors
    /// The text has not the shape of an address, or is too long.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        let text = text.trim().to_lowercase();
        let shaped = text
            .split_once('@')
            .is_some_and(|(local, host)| !local.is_empty() && !host.is_empty() && !host.contains('@'));
        if !shaped || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(Invalid::new("That is not an email address. It should look like name@example.org."));
        }
        if text.chars().count() > Self::MAX_CHARS {
            return Err(Invalid::new(format!("The email address is longer than {} characters.", Self::MAX_CHARS)));
        }
        Ok(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Email {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::new(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A sign-in and display handle: 1 to 150 characters, no white space, no control characters, no parentheses
/// (those enclose it in a FeedItem's `[User]` line).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);

impl Username {
    pub const MAX_CHARS: usize = 150;

    /// # Errors
    /// Blank, too long, or a character that a username may not hold.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() || text.chars().count() > Self::MAX_CHARS {
            return Err(Invalid::new(format!("A username has 1 to {} characters.", Self::MAX_CHARS)));
        }
        if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '(' || c == ')') {
            return Err(Invalid::new("A username holds no spaces and no parentheses."));
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Username {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::new(&text)
    }
}

impl From<Username> for String {
    fn from(username: Username) -> Self {
        username.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A person's name as they write it. The parts fit Contact.FirstName (40) and Contact.LastName (80).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PersonName {
    pub first: String,
    pub last: String,
}

impl PersonName {
    pub const FIRST_MAX_CHARS: usize = 40;
    pub const LAST_MAX_CHARS: usize = 80;

    /// From one line, "First Last": the last word is the family name.
    ///
    /// # Errors
    /// A part is too long or holds control characters.
    pub fn from_full(full: &str) -> Result<Self, Invalid> {
        let full = full.trim();
        // One that ends a part would be trimmed away with the spaces.
        no_control_characters(full)?;
        let (first, last) = full.rsplit_once(char::is_whitespace).unwrap_or(("", full));
        Self::new(first, last)
    }

    /// # Errors
    /// A part is too long or holds control characters.
    pub fn new(first: &str, last: &str) -> Result<Self, Invalid> {
        let (first, last) = (first.trim(), last.trim());
        no_control_characters(first)?;
        no_control_characters(last)?;
        let name = Self { first: first.to_owned(), last: last.to_owned() };
        if name.first.chars().count() > Self::FIRST_MAX_CHARS || name.last.chars().count() > Self::LAST_MAX_CHARS {
            return Err(Invalid::new(format!(
                "A first name has at most {} characters, a last name {}.",
                Self::FIRST_MAX_CHARS,
                Self::LAST_MAX_CHARS
            )));
        }
        Ok(name)
    }

    /// "First Last", trimmed; empty when nothing is known.
    pub fn full(&self) -> String {
        format!("{} {}", self.first, self.last).trim().to_owned()
    }

    /// What somebody is called: "First Last", or the username where no name is known.
    pub fn full_or(&self, username: &Username) -> String {
        let full = self.full();
        if full.is_empty() { username.as_str().to_owned() } else { full }
    }
}

fn no_control_characters(name: &str) -> Result<(), Invalid> {
    if name.chars().any(char::is_control) {
        return Err(Invalid::new("A name holds no line breaks or control characters."));
    }
    Ok(())
}
