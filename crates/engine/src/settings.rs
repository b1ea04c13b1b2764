//! What admins decide while the portal runs. Nothing here is guessed: what was never answered has an answer that gives nothing away.

use store::SettingRow;

use crate::{Actor, DeletedRecords, Engine, Error, UnlabelledPosts, access, sync::FEED_SOURCES};

/// Also the name of the row that polls hold while they note how far they have read.
pub(crate) const UNLABELLED_POSTS: &str = "unlabelled_posts";
const DELETED_RECORDS: &str = "deleted_records";

/// What stands in the row before an admin has answered.
pub(crate) const UNANSWERED: &str = "unanswered";

impl UnlabelledPosts {
    const ALL: [Self; 2] = [Self::Internal, Self::Public];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Public => "public",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|answer| answer.name() == name)
    }
}

impl DeletedRecords {
    const ALL: [Self; 2] = [Self::Recreate, Self::Flag];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Recreate => "recreate",
            Self::Flag => "flag",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.name() == name)
    }
}

impl Engine {
    /// Says where feed items belong that this org gives no visibility. Everything that was read of them is read again, so that what is
    /// shown follows.
    ///
    /// # Errors
    /// [`Error::NotFound`] for everybody but admins, without an org and without a connection.
    pub async fn set_unlabelled_posts(&self, actor: &Actor, answer: UnlabelledPosts) -> Result<(), Error> {
        access::check_may_manage_connection(actor)?;
        let org = self.org()?;
        let session = self.org_session().await?.ok_or(Error::NotFound)?;
        let tx = self.store.begin().await?;
        tx.settings().put(UNLABELLED_POSTS, &self.decided(actor, answer.name())).await?;
        for source in FEED_SOURCES {
            tx.cursors().forget(&session.org_id, source).await?;
        }
        tx.commit().await?;
        tracing::info!(setting.unlabelled_posts = answer.name(), user.id = %actor.user(), "setting changed");
        org.poll_now.notify_one();
        Ok(())
    }

    /// Says what becomes of a record that somebody deleted in the org.
    ///
    /// # Errors
    /// [`Error::NotFound`] for everybody but admins and without an org.
    pub async fn set_deleted_records(&self, actor: &Actor, policy: DeletedRecords) -> Result<(), Error> {
        access::check_may_manage_connection(actor)?;
        self.org()?;
        let tx = self.store.begin().await?;
        tx.settings().put(DELETED_RECORDS, &self.decided(actor, policy.name())).await?;
        tx.commit().await?;
        tracing::info!(setting.deleted_records = policy.name(), user.id = %actor.user(), "setting changed");
        Ok(())
    }

    fn decided(&self, actor: &Actor, value: &str) -> SettingRow {
        SettingRow { value: value.to_owned(), changed_by: Some(actor.user()), changed_at: self.clock.now() }
    }

    /// None until an admin has answered; then they are internal.
    pub(crate) async fn unlabelled_posts(&self) -> Result<Option<UnlabelledPosts>, Error> {
        let row = self.store.read().settings().get(UNLABELLED_POSTS).await?;
        Ok(row.and_then(|row| UnlabelledPosts::from_name(&row.value)))
    }

    pub(crate) async fn deleted_records(&self) -> Result<DeletedRecords, Error> {
        let row = self.store.read().settings().get(DELETED_RECORDS).await?;
        Ok(row.and_then(|row| DeletedRecords::from_name(&row.value)).unwrap_or_default())
    }
}
