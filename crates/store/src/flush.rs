//! Commits that wait for the disk together: a flush serves every commit that was written before it began.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::sync::Mutex;

type Flush = dyn Fn() -> io::Result<()> + Send + Sync;

pub(crate) struct GroupFlush {
    flush: Arc<Flush>,
    /// How many have asked.
    asked: AtomicU64,
    /// How many of them had asked when the last flush that went well began.
    served: Mutex<u64>,
}

impl GroupFlush {
    /// Flushes the write-ahead log of a SQLite file, by a descriptor of its own: an inode is flushed whoever wrote into it. SQLite
    /// itself flushes the log before it copies it into the file, and the file before it starts the log anew.
    pub(crate) fn of_log(database: &Path) -> Self {
        let log = log_of(database);
        Self::new(move || match File::open(&log) {
            Ok(log) => log.sync_data(),
            // Whoever closed the database last has moved everything into its file, and flushed that.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        })
    }

    pub(crate) fn new(flush: impl Fn() -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self { flush: Arc::new(flush), asked: AtomicU64::new(0), served: Mutex::new(0) }
    }

    /// Returns when everything written before this call is on the disk.
    ///
    /// # Errors
    /// The disk refused. Whether what was written survives a power cut is unknown then.
    pub(crate) async fn wait(&self) -> io::Result<()> {
        let place = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut served = self.served.lock().await;
        if *served >= place {
            return Ok(());
        }
        let serves = self.asked.load(Ordering::SeqCst);
        let flush = Arc::clone(&self.flush);
        tokio::task::spawn_blocking(move || flush()).await.map_err(io::Error::other)??;
        *served = serves;
        Ok(())
    }
}

/// SQLite names it after the file that a path leads to, through whatever links.
fn log_of(database: &Path) -> PathBuf {
    let mut log = database.canonicalize().unwrap_or_else(|_| database.to_owned()).into_os_string();
    log.push("-wal");
    PathBuf::from(log)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use tokio::task::{spawn, spawn_blocking, yield_now};

    use super::*;

    /// A disk that says when a flush has begun, and ends it as it is told to.
    fn slow_disk() -> (Arc<GroupFlush>, Receiver<()>, Sender<io::Result<()>>) {
        let (begun, begins) = channel();
        let (end, ends) = channel();
        let ends = std::sync::Mutex::new(ends);
        let flush = GroupFlush::new(move || {
            begun.send(()).unwrap();
            ends.lock().unwrap().recv().unwrap()
        });
        (Arc::new(flush), begins, end)
    }

    async fn until_one_begins(begins: Receiver<()>) -> Receiver<()> {
        let wait = move || {
            begins.recv().unwrap();
            begins
        };
        spawn_blocking(wait).await.unwrap()
    }

    fn waiter(flush: &Arc<GroupFlush>) -> tokio::task::JoinHandle<io::Result<()>> {
        let flush = Arc::clone(flush);
        spawn(async move { flush.wait().await })
    }

    #[tokio::test]
    async fn one_flush_serves_all_who_asked_before_it_began_and_nobody_who_asked_later() {
        let (flush, begins, end) = slow_disk();
        let first = waiter(&flush);
        let begins = until_one_begins(begins).await;
        let later = [waiter(&flush), waiter(&flush), waiter(&flush)];
        while flush.asked.load(Ordering::SeqCst) < 4 {
            yield_now().await;
        }
        end.send(Ok(())).unwrap();
        first.await.unwrap().unwrap();
        let begins = until_one_begins(begins).await;
        assert!(later.iter().all(|later| !later.is_finished()));
        end.send(Ok(())).unwrap();
        for later in later {
            later.await.unwrap().unwrap();
        }
        assert!(begins.try_recv().is_err(), "two flushes for four");
    }

    #[tokio::test]
    async fn a_flush_that_failed_serves_nobody() {
        let (flush, begins, end) = slow_disk();
        end.send(Err(io::ErrorKind::StorageFull.into())).unwrap();
        assert_eq!(flush.wait().await.unwrap_err().kind(), io::ErrorKind::StorageFull);
        end.send(Ok(())).unwrap();
        flush.wait().await.unwrap();
        assert_eq!(begins.try_iter().count(), 2);
    }

    #[tokio::test]
    async fn the_log_is_found_beside_the_file_that_a_link_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        let (database, link) = (folder.path().join("a.db"), folder.path().join("b.db"));
        File::create(&database).unwrap();
        std::os::unix::fs::symlink(&database, &link).unwrap();
        assert_eq!(log_of(&link), folder.path().canonicalize().unwrap().join("a.db-wal"));
        GroupFlush::of_log(&link).wait().await.unwrap();
    }
}
