//! A course's thread as the Publisher's comments API knows it: by course alone, with authors as it names them.
//!
//! Unlike everywhere else, a course of others is refused here and not denied, because that API always told the two apart.

use std::collections::HashMap;

use domain::{CourseId, PostId, PostKey, PostState, Timestamp, UserId, Username, Visibility};
use store::{PostRow, UserRow};

use crate::{
    Actor, Engine, Error, NewComment, Page, PageRequest, Wait,
    access::{self, CourseRight},
    cases::run_by_key,
    catalogue::ReadableCourse,
    posting::Target,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    pub id: PostId,
    pub user: CommentUser,
    pub run_key: Option<String>,
    pub body: String,
    pub created: Timestamp,
    pub state: PostState,
    pub visibility: Visibility,
}

/// Who said it. What isn't known, or isn't for this reader, is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommentUser {
    pub username: String,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
}

/// What the comments API takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCourseComment {
    pub key: PostKey,
    pub body: String,
    pub run_key: Option<String>,
    pub visibility: Visibility,
}

impl Engine {
    /// The comments of a course's default case, oldest first: all of them, or a page.
    ///
    /// # Errors
    /// In this order: [`Error::NotFound`] for no such course, [`Error::Forbidden`] for one of others, [`Error::NotFound`]
    /// in a portal without an org; [`Error::InvalidField`] for a page there can't be.
    pub async fn comments(
        &self,
        actor: &Actor,
        course: CourseId,
        page: Option<&PageRequest>,
    ) -> Result<Page<Comment>, Error> {
        let course = self.known_course(actor, course).await?;
        self.org()?;
        let case = self.store.read().cases().default_case_of(course.row.id).await?;
        let Page { items, next } = match (case, page) {
            (Some(case), Some(page)) => self.posts_page(actor, &case, page).await?,
            (Some(case), None) => Page { items: self.all_posts(actor, &case).await?, next: None },
            (None, page) => {
                page.map(PageRequest::bounds).transpose()?;
                Page { items: Vec::new(), next: None }
            }
        };
        Ok(Page { items: self.with_authors(actor, items).await?, next })
    }

    /// # Errors
    /// In the order of [`Engine::comments`], where [`Error::Forbidden`] is also for who may read the course and not write;
    /// then as [`Engine::post_comment`].
    pub async fn add_comment(
        &self,
        actor: &Actor,
        course: CourseId,
        comment: NewCourseComment,
        wait: Wait,
    ) -> Result<Comment, Error> {
        let course = self.known_course(actor, course).await?;
        if access::course_right(actor, &course.editors) != CourseRight::Write {
            return Err(Error::Forbidden("You can read this course but not write to it.".to_owned()));
        }
        self.org()?;
        let run = comment.run_key.as_deref().map(|key| run_by_key(&course, key)).transpose()?;
        let NewCourseComment { key, body, visibility, .. } = comment;
        let comment = NewComment { key, body, visibility, run: run.map(|run| run.id) };
        let row = self.post_to(actor, &course, Target::Default, comment, wait).await?;
        self.with_authors(actor, vec![row]).await?.pop().ok_or_else(|| Error::internal("a post has no author"))
    }

    async fn known_course(&self, actor: &Actor, course: CourseId) -> Result<ReadableCourse, Error> {
        if self.course_facts(course).await?.is_none() {
            return Err(Error::NotFound);
        }
        self.readable_course(actor, course).await.map_err(|error| match error {
            Error::NotFound => Error::Forbidden("You are not a member of an organization of this course.".to_owned()),
            other => other,
        })
    }

    async fn with_authors(&self, actor: &Actor, posts: Vec<PostRow>) -> Result<Vec<Comment>, Error> {
        let mut ids: Vec<UserId> = posts.iter().filter_map(|post| post.author_user_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let users = self.store.read().users().by_ids(&ids).await?;
        let users: HashMap<UserId, UserRow> = users.into_iter().map(|user| (user.id, user)).collect();
        Ok(posts
            .into_iter()
            .map(|post| Comment {
                id: post.id,
                user: author(actor, &post, post.author_user_id.and_then(|id| users.get(&id))),
                run_key: post.run_key,
                body: post.body,
                created: post.created_at,
                state: post.state,
                visibility: post.visibility,
            })
            .collect())
    }
}

fn author(actor: &Actor, post: &PostRow, user: Option<&UserRow>) -> CommentUser {
    let Some(user) = user else {
        // What an earlier system wrote says who said it, and only its own items do; the others are somebody of the org, known
        // by name alone.
        let (name, username) =
            if !post.author_is_staff { read_label(&post.author_name) } else { (&*post.author_name, "") };
        let (first, last) = name.rsplit_once(char::is_whitespace).unwrap_or(("", name));
        let is_shown = actor.role().is_internal() || !username.contains('@');
        return CommentUser {
            username: if is_shown { username.to_owned() } else { String::new() },
            email: String::new(),
            first_name: first.to_owned(),
            last_name: last.to_owned(),
        };
    };
    let address = (actor.role().is_internal() || !post.author_is_staff) && access::may_see_address(actor, user);
    // Whose name before the @ was taken is called by the whole address.
    let handle = user.username.as_str();
    CommentUser {
        username: if address || !handle.contains('@') { handle.to_owned() } else { String::new() },
        email: if address { user.email.as_str().to_owned() } else { String::new() },
        first_name: user.name.first.clone(),
        last_name: user.name.last.clone(),
    }
}

/// Name and username out of `First Last (username)` or `username`; see [`domain::AuthorLabel`].
fn read_label(label: &str) -> (&str, &str) {
    let named = label.strip_suffix(')').and_then(|label| label.rsplit_once(" ("));
    match named {
        Some((name, username)) if Username::new(username).is_ok() => (name, username),
        _ if Username::new(label).is_ok() => ("", label),
        _ => (label, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_of_an_earlier_system_is_a_name_and_a_username() {
        assert_eq!(read_label("Mia Torres (mia)"), ("Mia Torres", "mia"));
        assert_eq!(read_label("Mia (M.) Torres (mia)"), ("Mia (M.) Torres", "mia"));
        assert_eq!(read_label("mia"), ("", "mia"));
        for nameless in ["Mia Torres", "Mia (mi a)", "Mia ()", "Mia(mia)", ""] {
            assert_eq!(read_label(nameless), (nameless, ""), "{nameless}");
        }
    }
}
