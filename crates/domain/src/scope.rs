//! What a bearer token may be used for. A person's own rights are the outer limit; a scope only takes away.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Invalid, Role};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Whatever the person can read.
    Read,
    /// Posting, and opening cases.
    Write,
    /// Saving organizations, courses and runs.
    Catalogue,
}

impl Scope {
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Catalogue];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Catalogue => "catalogue",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.name() == name)
    }

    /// Whether somebody of this role could ever use it.
    pub const fn is_for(self, role: Role) -> bool {
        match self {
            Self::Read | Self::Write => true,
            Self::Catalogue => role.is_internal(),
        }
    }
}

/// One or more scopes, each once, in their order. As text: their names with a space between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// # Errors
    /// There is none: such a token could do nothing.
    pub fn new(mut scopes: Vec<Scope>) -> Result<Self, Invalid> {
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            return Err(Invalid::new("Choose at least one thing that the token may be used for."));
        }
        Ok(Self(scopes))
    }

    /// Everything that somebody of this role can use.
    pub fn all_for(role: Role) -> Self {
        Self(Scope::ALL.into_iter().filter(|scope| scope.is_for(role)).collect())
    }

    /// # Errors
    /// A name that no scope has, or none at all.
    pub fn from_text(text: &str) -> Result<Self, Invalid> {
        let named = |name: &str| {
            Scope::from_name(name).ok_or_else(|| {
                let known = Scope::ALL.map(Scope::name).join(", ");
                Invalid::new(format!("There is no scope “{name}”. Choose from {known}."))
            })
        };
        Self::new(text.split_whitespace().map(named).collect::<Result<_, _>>()?)
    }

    pub fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().copied()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, scope) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_as_they_are_written_whatever_their_order() {
        let scopes = Scopes::from_text(" write read  write ").unwrap();
        assert_eq!(scopes.to_string(), "read write");
        assert_eq!(Scopes::from_text(&scopes.to_string()), Ok(scopes));
        assert!(Scopes::from_text("read admin").unwrap_err().0.contains("“admin”"));
        assert!(Scopes::from_text(" ").is_err());
    }

    #[test]
    fn nobody_outside_is_offered_the_catalogue() {
        assert_eq!(Scopes::all_for(Role::Partner).to_string(), "read write");
        assert_eq!(Scopes::all_for(Role::Admin).to_string(), "read write catalogue");
    }
}
