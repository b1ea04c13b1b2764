//! Who acts. Made by [`crate::Engine::sign_in`] and [`crate::Engine::actor`] and by nothing else, so holding one is proof
//! that somebody signed in and was not disabled when the request began.

use domain::{Email, OrganizationId, PersonName, Role, UserId, Username};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub(crate) user: UserId,
    pub(crate) role: Role,
    pub(crate) name: PersonName,
    pub(crate) username: Username,
    pub(crate) email: Email,
    pub(crate) organizations: Vec<OrganizationId>,
}

impl Actor {
    pub const fn user(&self) -> UserId {
        self.user
    }

    pub const fn role(&self) -> Role {
        self.role
    }

    pub const fn name(&self) -> &PersonName {
        &self.name
    }

    pub const fn username(&self) -> &Username {
        &self.username
    }

    pub const fn email(&self) -> &Email {
        &self.email
    }

    pub fn organizations(&self) -> &[OrganizationId] {
        &self.organizations
    }

    /// "First Last", or the username of somebody without a name.
    pub fn display_name(&self) -> String {
        self.name.full_or(&self.username)
    }
}
