//! Every rule about who may do what, in one place. Pages, counts, search, streams and exports all go through these.
//!
//! What an actor may not read is answered with [`Error::NotFound`], word for word as if it didn't exist.

use domain::{OrganizationId, Role, UserId, Visibility};
use store::{CourseScope, OrganizationRow, PostRow, UserRow, VisibilityScope};

use crate::{Actor, Error};

/// What an actor may do with a course it can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CourseRight {
    Read,
    Write,
}

/// The people named as editors of a course, as far as they still count.
pub(crate) enum Editors {
    /// Nobody is named, or nobody of them is still valid: every member of an authoring organization may write.
    Open,
    Only(Vec<UserId>),
}

/// The courses an actor may list, count and search.
pub(crate) fn course_scope(actor: &Actor) -> CourseScope {
    match actor.role {
        Role::Staff | Role::Admin => CourseScope::All,
        Role::Partner => CourseScope::Organizations(actor.organizations.clone()),
        Role::Customer => CourseScope::Organizations(Vec::new()),
    }
}

/// Staff read all courses, partners those of their organizations, customers none.
pub(crate) fn may_read_course(actor: &Actor, organizations: &[OrganizationRow]) -> bool {
    match actor.role {
        Role::Staff | Role::Admin => true,
        Role::Partner => organizations.iter().any(|organization| actor.organizations.contains(&organization.id)),
        Role::Customer => false,
    }
}

/// Staff know of all organizations, partners of their own.
pub(crate) fn may_read_organization(actor: &Actor, organization: OrganizationId) -> bool {
    actor.role.is_internal() || (actor.role == Role::Partner && actor.organizations.contains(&organization))
}

/// The right of somebody who may read the course.
pub(crate) fn course_right(actor: &Actor, editors: &Editors) -> CourseRight {
    let may_write = actor.role.is_internal()
        || match editors {
            Editors::Open => true,
            Editors::Only(editors) => editors.contains(&actor.user),
        };
    if may_write { CourseRight::Write } else { CourseRight::Read }
}

/// For a course that the actor may read.
pub(crate) fn check_may_write_to(actor: &Actor, editors: &Editors) -> Result<(), Error> {
    match course_right(actor, editors) {
        CourseRight::Write => Ok(()),
        CourseRight::Read => Err(Error::Forbidden("You can read this course but not write to it.".to_owned())),
    }
}

/// Status and owner of a case are the staff's business. The caller has checked that the actor may read the case.
pub(crate) fn check_may_handle_cases(actor: &Actor) -> Result<(), Error> {
    if actor.role.is_internal() {
        Ok(())
    } else {
        Err(Error::Forbidden("Only staff can change a case’s status and owner.".to_owned()))
    }
}

/// An editor counts while enabled and on the internal side or a member of an authoring organization.
pub(crate) fn is_valid_editor(
    editor: &UserRow,
    memberships: &[OrganizationId],
    organizations: &[OrganizationRow],
) -> bool {
    editor.disabled_at.is_none()
        && (editor.role.is_internal()
            || (editor.role == Role::Partner
                && organizations.iter().any(|organization| memberships.contains(&organization.id))))
}

/// Which posts count, show and wake for an actor.
pub(crate) const fn visibility_scope(actor: &Actor) -> VisibilityScope {
    if actor.role.is_internal() { VisibilityScope::All } else { VisibilityScope::Public }
}

/// Only staff write what only staff read.
pub(crate) fn check_may_write(actor: &Actor, visibility: Visibility) -> Result<(), Error> {
    if visibility == Visibility::Internal && !actor.role.is_internal() {
        return Err(Error::Forbidden("Only staff can write internal notes. Post it as a public comment.".to_owned()));
    }
    Ok(())
}

/// A post of a thread the actor may read: internal ones are for staff; one that the org refused is for its author and staff,
/// since nobody else will ever find it in Salesforce.
pub(crate) fn may_see_post(actor: &Actor, post: &PostRow) -> bool {
    actor.role.is_internal()
        || (post.visibility == Visibility::Public
            && (!matches!(post.state, domain::PostState::Failed { .. }) || is_author(actor, post)))
}

pub(crate) fn is_author(actor: &Actor, post: &PostRow) -> bool {
    post.author_user_id == Some(actor.user)
}

/// A refused post is sent again by its author or by staff.
pub(crate) fn may_retry_post(actor: &Actor, post: &PostRow) -> bool {
    actor.role.is_internal() || is_author(actor, post)
}

/// To everybody else it does not exist.
fn admins_alone(actor: &Actor) -> Result<(), Error> {
    if actor.role == Role::Admin { Ok(()) } else { Err(Error::NotFound) }
}

/// The connection is the admins' business, and nobody else's to know of.
pub(crate) fn check_may_manage_connection(actor: &Actor) -> Result<(), Error> {
    admins_alone(actor)
}

/// What was said before the portal comes in at the admins' hands; to everybody else that page doesn't exist.
pub(crate) fn check_may_load_history(actor: &Actor) -> Result<(), Error> {
    admins_alone(actor)
}

/// The pages of the catalogue's keepers; to everybody else they don't exist.
pub(crate) fn check_keeps_catalogue(actor: &Actor) -> Result<(), Error> {
    if actor.role.is_internal() { Ok(()) } else { Err(Error::NotFound) }
}

/// The catalogue is kept by staff and admins.
pub(crate) fn check_may_edit_catalogue(actor: &Actor) -> Result<(), Error> {
    if actor.role.is_internal() {
        Ok(())
    } else {
        Err(Error::Forbidden("Only staff can change the catalogue.".to_owned()))
    }
}

/// A token is revoked by its owner, or by an admin. To others it does not exist.
pub(crate) fn check_may_revoke_token(actor: &Actor, owner: UserId) -> Result<(), Error> {
    if actor.user == owner || actor.role == Role::Admin { Ok(()) } else { Err(Error::NotFound) }
}

/// Whose programs have tokens is for admins to know; to everybody else there is no such list.
pub(crate) fn check_may_see_all_tokens(actor: &Actor) -> Result<(), Error> {
    admins_alone(actor)
}

/// Addresses of the internal side stay inside; partners who read the same thread may see each other's.
pub(crate) fn may_see_address(actor: &Actor, of: &UserRow) -> bool {
    actor.role.is_internal() || actor.user == of.id || of.role == Role::Partner
}
