//! Files of old comments that people send: kept in a folder of the portal's until they are loaded, since whoever sent one has
//! long closed the page when the portal is started again and goes on.

use std::{
    io,
    path::{Path, PathBuf},
};

use domain::HistoryLoadId;
use store::NewHistoryLoad;
use tokio::{fs::File, io::AsyncWriteExt as _, sync::Notify};

use crate::{Actor, Engine, Error, access};

const NAME_MAX_CHARS: usize = 200;

/// The folder, and the word that something came into it.
#[derive(Debug)]
pub(crate) struct Uploads {
    folder: PathBuf,
    pub(super) came: Notify,
}

impl Uploads {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, came: Notify::new() }
    }

    pub(super) fn file(&self, id: HistoryLoadId) -> PathBuf {
        self.folder.join(id.to_string())
    }

    pub(super) fn rejects(&self, id: HistoryLoadId) -> PathBuf {
        self.folder.join(format!("{id}.rejects.jsonl"))
    }

    fn unfinished(&self, id: HistoryLoadId) -> PathBuf {
        self.folder.join(format!("{id}.part"))
    }

    /// Removes what is kept of a load; what isn't there is fine.
    pub(super) fn remove(&self, id: HistoryLoadId) -> Result<(), Error> {
        remove(&self.file(id))?;
        remove(&self.rejects(id))
    }

    pub(super) fn remove_file(&self, id: HistoryLoadId) -> Result<(), Error> {
        remove(&self.file(id))
    }

    /// Removes files that never arrived whole, left by a process that was ended meanwhile.
    pub(super) fn sweep(&self) -> io::Result<()> {
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            // A file of the last hour may be on its way to another process.
            let age = path.metadata()?.modified()?.elapsed().unwrap_or_default();
            if path.extension().is_some_and(|kind| kind == "part") && age.as_secs() > 60 * 60 {
                std::fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

/// A file that is on its way here. Dropped before it is finished, it leaves nothing behind.
pub struct HistoryUpload {
    engine: Engine,
    new: NewHistoryLoad,
    file: File,
    /// None once it is finished.
    unfinished: Option<PathBuf>,
}

impl Engine {
    /// Makes room for a file of old comments.
    ///
    /// # Errors
    /// [`Error::NotFound`] for all but admins, and where no org is configured; the folder can't be written to.
    pub async fn receive_history(&self, actor: &Actor) -> Result<HistoryUpload, Error> {
        access::check_may_load_history(actor)?;
        self.org()?;
        let now = self.clock.now();
        let id = HistoryLoadId::from_uuid(self.random.uuid_v7(now));
        make_folder(&self.uploads.folder).map_err(|error| unwritable(&error))?;
        let unfinished = self.uploads.unfinished(id);
        let file = File::create_new(&unfinished).await.map_err(|error| unwritable(&error))?;
        let new = NewHistoryLoad {
            id,
            file_name: String::new(),
            file_size: 0,
            file_kept: true,
            check_only: true,
            begun_by: Some(actor.user()),
            created_at: now,
        };
        Ok(HistoryUpload { engine: self.clone(), new, file, unfinished: Some(unfinished) })
    }
}

impl HistoryUpload {
    /// # Errors
    /// The disk is full, or gone.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file.write_all(bytes).await.map_err(|error| unwritable(&error))?;
        self.new.file_size += bytes.len() as u64;
        Ok(())
    }

    /// It is all there: it waits for its turn to be checked, or to be checked and loaded.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty one; the disk or the database is away.
    pub async fn finish(mut self, file_name: &str, check_only: bool) -> Result<HistoryLoadId, Error> {
        if self.new.file_size == 0 {
            return Err(Error::invalid("Choose a file that is not empty."));
        }
        self.new.file_name = file_name.chars().filter(|char| !char.is_control()).take(NAME_MAX_CHARS).collect();
        self.new.check_only = check_only;
        let id = self.new.id;
        let uploads = &self.engine.uploads;
        self.file.sync_all().await.map_err(|error| unwritable(&error))?;
        if let Some(unfinished) = &self.unfinished {
            std::fs::rename(unfinished, uploads.file(id)).map_err(|error| unwritable(&error))?;
        }
        self.unfinished = Some(uploads.file(id));
        let tx = self.engine.store.begin().await?;
        tx.history_loads().insert(&self.new).await?;
        tx.commit().await?;
        self.unfinished = None;
        uploads.came.notify_one();
        Ok(id)
    }
}

impl Drop for HistoryUpload {
    fn drop(&mut self) {
        if let Some(unfinished) = &self.unfinished
            && let Err(error) = remove(unfinished)
        {
            tracing::warn!(
                error = &error as &(dyn std::error::Error + 'static),
                "a file that did not arrive whole could not be removed"
            );
        }
    }
}

/// For nobody else's eyes: it will hold what people wrote.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn remove(path: &Path) -> Result<(), Error> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::internal(format!("{} can't be removed: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

fn unwritable(error: &io::Error) -> Error {
    tracing::error!(error = error as &(dyn std::error::Error + 'static), "an uploaded file can't be kept");
    Error::invalid(format!(
        "The file can't be kept here: {error}. Make room in the portal's data folder, and send it again."
    ))
}
