//! A case's thread as a reader sees it. Server-rendered into the page and handed to the island as it stands.

use serde::{Deserialize, Serialize};

use crate::{CaseId, CourseId, PostId, PostKey};

/// One of a course's cases, as addresses and requests name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CasePlace {
    pub course: CourseId,
    /// None: the default one, which is made with the first comment.
    pub case: Option<CaseId>,
}

impl From<CourseId> for CasePlace {
    fn from(course: CourseId) -> Self {
        Self { course, case: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// A partner or customer can read it.
    Public,
    /// Staff only. What isn't known to be public is this.
    Internal,
}

impl Visibility {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
        }
    }

    /// `public` is public; everything else, the unknown too, is internal.
    pub fn from_name(name: &str) -> Self {
        if name == "public" { Self::Public } else { Self::Internal }
    }
}

/// How far a post has come on its way into the org.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostState {
    /// Stored here; its delivery is tried now or soon.
    Queued,
    /// The org has it.
    Delivered,
    /// The org refused it for good, with its own message.
    Failed { reason: String },
}

/// Which record of the org a post is, or will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostSource {
    /// Written here, and delivered as a FeedItem with a ledger row.
    Portal,
    FeedItem,
    FeedComment,
    CaseComment,
    Email,
}

impl PostSource {
    pub const ALL: [Self; 5] = [Self::Portal, Self::FeedItem, Self::FeedComment, Self::CaseComment, Self::Email];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::FeedItem => "feed_item",
            Self::FeedComment => "feed_comment",
            Self::CaseComment => "case_comment",
            Self::Email => "email",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }
}

/// One post, as this reader may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadPost {
    pub id: PostId,
    /// Present on the reader's own posts only, so that a resend can be told from a new post.
    pub key: Option<PostKey>,
    /// Shown as it is; never parsed.
    pub author: String,
    /// The author works on the internal side.
    pub by_staff: bool,
    /// The author is the reader.
    pub mine: bool,
    pub visibility: Visibility,
    /// Plain text, exactly as written.
    pub body: String,
    pub run_key: Option<String>,
    /// RFC 3339, UTC.
    pub created: String,
    /// For people who have no scripts: "20 Nov 2026, 12:00 UTC".
    pub created_text: String,
    /// The post this one answers (a FeedComment's FeedItem).
    pub reply_to: Option<PostId>,
    /// Of an answer that stands in another window of the thread than the post it answers: what that post says.
    pub answers: Option<Answered>,
    pub state: PostState,
}

/// The post that an answer is to, as far as a line holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    pub author: String,
    pub excerpt: String,
}

/// A window of a case's thread: some of its posts, one after the other, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    pub posts: Vec<ThreadPost>,
    /// How many posts the thread has for this reader, in all its windows.
    pub total: u64,
    /// There are posts before the first of these.
    pub earlier: bool,
    /// The post that follows the last of these. None: these are the latest.
    pub later: Option<PostId>,
    /// When the org was last read, RFC 3339; none before the first time.
    pub read_from_org: Option<String>,
    /// A number that rises with every change a reader could see.
    pub version: i64,
}

/// A course run one may say a comment is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunOption {
    pub id: crate::CourseRunId,
    pub key: String,
    pub label: String,
}

/// What a composer starts with: the draft as it was last saved, or a fresh one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Composer {
    pub key: PostKey,
    pub body: String,
    pub run: Option<crate::CourseRunId>,
    pub visibility: Visibility,
    /// How many characters the body may have once its author is written before it. A run takes some of them.
    pub max_chars: usize,
    /// Why the last try was refused, in place.
    pub error: Option<String>,
}
