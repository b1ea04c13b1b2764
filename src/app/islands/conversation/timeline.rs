//! The thread as this page knows it: what the server said, and what was written here and has not come back yet.
//!
//! An entry whose content is unchanged keeps its serial through every update, so its place in the page is not touched.

use std::sync::Arc;

use domain::{PostId, PostKey, PostState, Thread, ThreadPost};

use super::told::Told;

/// How far a post has come, as this page knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// On its way to the portal; no answer yet.
    Sending,
    Stored(PostState),
}

#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Names this rendering of the post. Changes when the content does.
    pub(super) serial: u32,
    pub(super) post: Arc<ThreadPost>,
    pub(super) progress: Arc<Told<Progress>>,
    /// Written here and not seen in the server's thread yet.
    unconfirmed: bool,
    /// The thread has posts before this one that the page doesn't hold.
    pub(super) gap: bool,
}

impl Entry {
    /// Whether `post` is this entry's post: the same record, or the record that came of what was sent.
    fn is(&self, post: &ThreadPost) -> bool {
        self.post.id == post.id || (post.key.is_some() && self.post.key == post.key)
    }

    fn shows(&self, post: &ThreadPost) -> bool {
        let mine = &*self.post;
        mine.id == post.id
            && mine.author == post.author
            && mine.by_staff == post.by_staff
            && mine.visibility == post.visibility
            && mine.body == post.body
            && mine.run_key == post.run_key
            && mine.created == post.created
            && mine.reply_to == post.reply_to
    }

    /// Takes over a state the server told of. What is delivered stays so, and what is being sent waits for its own answer:
    /// the news may be older than what is known here.
    fn advance(&self, state: &PostState) {
        let known = self.progress.peek(Progress::clone);
        let stale = matches!(
            (&known, state),
            (Progress::Sending, PostState::Failed { .. }) | (Progress::Stored(PostState::Delivered), PostState::Queued)
        );
        let told = Progress::Stored(state.clone());
        if !stale && known != told {
            self.progress.set(told);
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Timeline {
    entries: Vec<Entry>,
    /// Of the whole thread, as the server counts.
    total: u64,
    version: i64,
    serials: u32,
}

/// What an update brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    /// The list has to be drawn again; a state alone draws itself.
    pub(super) redraw: bool,
    /// Authors of new posts that others wrote.
    pub(super) authors: Vec<String>,
}

impl Timeline {
    pub(super) fn new(thread: Thread) -> Self {
        let mut timeline = Self { version: thread.version, ..Self::default() };
        timeline.take(thread);
        timeline
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many posts the thread has, with those of this page that are on their way.
    pub(super) fn total(&self) -> u64 {
        self.total + self.entries.iter().filter(|entry| entry.unconfirmed).count() as u64
    }

    pub(super) fn version(&self) -> i64 {
        self.version
    }

    /// Shows a post that is being sent.
    pub(super) fn add_sending(&mut self, post: ThreadPost) {
        if self.entries.iter().any(|entry| entry.is(&post)) {
            return;
        }
        let mut entry = self.entry(post);
        entry.unconfirmed = true;
        entry.progress.set(Progress::Sending);
        self.entries.push(entry);
    }

    /// Takes the server's answer to a post of this page.
    pub(super) fn settle(&mut self, post: ThreadPost) {
        let state = post.state.clone();
        match self.entries.iter().position(|entry| entry.is(&post)) {
            None => {
                let mut entry = self.entry(post);
                entry.unconfirmed = true;
                self.entries.push(entry);
            }
            Some(at) => {
                let replacement =
                    self.entries.get(at).is_some_and(|entry| !entry.shows(&post)).then(|| self.entry(post));
                if let Some(entry) = self.entries.get_mut(at) {
                    if let Some(replacement) = replacement {
                        *entry = Entry { unconfirmed: entry.unconfirmed, gap: entry.gap, ..replacement };
                    } else {
                        entry.progress.set(Progress::Stored(state));
                    }
                }
            }
        }
    }

    /// Takes back a post that the portal did not accept.
    pub(super) fn withdraw(&mut self, key: PostKey) {
        self.entries.retain(|entry| {
            entry.post.key != Some(key) || entry.progress.peek(|progress| *progress != Progress::Sending)
        });
    }

    /// Takes over a window of the server's thread. An older one than is known is ignored. What the page shows already and lies beyond the
    /// window stays.
    pub(super) fn take(&mut self, thread: Thread) -> News {
        if thread.version < self.version {
            return News::default();
        }
        self.version = thread.version;
        let mut news = News::default();
        let mut old = std::mem::take(&mut self.entries);
        let before = old.iter().map(|entry| entry.serial).collect::<Vec<_>>();
        let beyond = Beyond::of(&thread);
        let is_within = |entry: &Entry| thread.posts.iter().any(|post| entry.is(post));
        let has_older = old.iter().any(|entry| beyond.first.as_ref().is_some_and(|first| entry.post.created < *first));
        // The window takes up where the page ends, or there is something between them.
        let follows = old.iter().any(|entry| !entry.unconfirmed && is_within(entry));
        let mut is_new = !follows;
        let mut window = Vec::with_capacity(thread.posts.len());
        for post in thread.posts {
            let known = old.iter().position(|entry| entry.is(&post)).map(|at| old.remove(at));
            let had_gap = known.as_ref().is_some_and(|entry| entry.gap);
            let gap = thread.earlier && window.is_empty() && (had_gap || !follows || !has_older);
            // What comes before all that was shown is not news.
            let is_news = is_new && known.is_none() && !post.mine;
            is_new |= known.is_some();
            if is_news {
                news.authors.push(post.author.clone());
            }
            window.push(match known {
                Some(mut entry) if entry.shows(&post) && entry.gap == gap => {
                    entry.advance(&post.state);
                    entry.unconfirmed = false;
                    entry
                }
                _ => Entry { gap, ..self.entry(post) },
            });
        }
        let (sent, old): (Vec<_>, Vec<_>) = old.into_iter().partition(|entry| entry.unconfirmed);
        let (older, rest): (Vec<_>, Vec<_>) = old.into_iter().partition(|entry| beyond.is_older(entry));
        let newer = rest.into_iter().filter(|entry| beyond.is_newer(entry));
        self.entries = arranged(older.into_iter().chain(window).chain(newer).collect());
        self.entries.extend(sent);
        news.redraw = self.total != thread.total || !self.entries.iter().map(|entry| entry.serial).eq(before);
        self.total = thread.total;
        news
    }

    fn entry(&mut self, post: ThreadPost) -> Entry {
        let serial = self.serials;
        self.serials = serial.wrapping_add(1);
        let progress = Arc::new(Told::new(Progress::Stored(post.state.clone())));
        Entry { serial, post: Arc::new(post), progress, unconfirmed: false, gap: false }
    }
}

/// What a window of the thread does not speak of: the times outside of which the thread goes on.
struct Beyond {
    first: Option<String>,
    last: Option<String>,
}

impl Beyond {
    fn of(thread: &Thread) -> Self {
        let created = |post: &ThreadPost| post.created.clone();
        Self {
            first: thread.posts.first().filter(|_| thread.earlier).map(created),
            last: thread.posts.last().filter(|_| thread.later.is_some()).map(created),
        }
    }

    // Times are of one length, so they compare as texts. They are cut to milliseconds: what may be on either side stays.
    fn is_older(&self, entry: &Entry) -> bool {
        self.first.as_ref().is_some_and(|first| entry.post.created <= *first)
    }

    fn is_newer(&self, entry: &Entry) -> bool {
        self.last.as_ref().is_some_and(|last| entry.post.created >= *last)
    }
}

/// Oldest first, each answer beneath the post it answers. An answer to what isn't here stands on its own.
fn arranged(entries: Vec<Entry>) -> Vec<Entry> {
    if entries.iter().all(|entry| entry.post.reply_to.is_none()) {
        return entries;
    }
    let ids = entries.iter().map(|entry| entry.post.id).collect::<Vec<PostId>>();
    let (replies, roots): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|entry| entry.post.reply_to.is_some_and(|parent| ids.contains(&parent)));
    let mut replies = replies.into_iter().map(Some).collect::<Vec<_>>();
    let mut arranged = Vec::with_capacity(ids.len());
    for root in roots {
        let id = root.post.id;
        arranged.push(root);
        place_replies(id, &mut replies, &mut arranged);
    }
    // Answers that answer each other in a ring have no root; nothing said is dropped for that.
    arranged.extend(replies.into_iter().flatten());
    arranged
}

fn place_replies(parent: PostId, replies: &mut [Option<Entry>], arranged: &mut Vec<Entry>) {
    for at in 0..replies.len() {
        let Some(reply) =
            replies.get_mut(at).and_then(|slot| slot.take_if(|reply| reply.post.reply_to == Some(parent)))
        else {
            continue;
        };
        let id = reply.post.id;
        arranged.push(reply);
        place_replies(id, replies, arranged);
    }
}

#[cfg(test)]
mod tests {
    use domain::Visibility;

    use super::*;

    fn id(number: u128) -> PostId {
        format!("{number:032x}").parse().unwrap()
    }

    fn key(number: u128) -> PostKey {
        format!("{number:032x}").parse().unwrap()
    }

    fn post(number: u128, body: &str) -> ThreadPost {
        ThreadPost {
            id: id(number),
            key: None,
            author: format!("Author {number}"),
            by_staff: false,
            mine: false,
            visibility: Visibility::Public,
            body: body.to_owned(),
            run_key: None,
            created: "2026-11-20T12:00:00.000Z".to_owned(),
            created_text: "20 Nov 2026, 12:00 UTC".to_owned(),
            reply_to: None,
            answers: None,
            state: PostState::Delivered,
        }
    }

    fn own(number: u128, key_number: u128) -> ThreadPost {
        ThreadPost { key: Some(key(key_number)), mine: true, state: PostState::Queued, ..post(number, "mine") }
    }

    fn thread(version: i64, posts: &[ThreadPost]) -> Thread {
        let total = posts.len() as u64;
        Thread { posts: posts.to_vec(), total, earlier: false, later: None, read_from_org: None, version }
    }

    fn bodies(timeline: &Timeline) -> Vec<&str> {
        timeline.entries().iter().map(|entry| entry.post.body.as_str()).collect()
    }

    #[test]
    fn an_answer_stands_beneath_its_post_however_late_it_came() {
        let answer = ThreadPost { reply_to: Some(id(1)), ..post(3, "answer to one") };
        let orphan = ThreadPost { reply_to: Some(id(99)), ..post(4, "answer to what is hidden") };
        let timeline = Timeline::new(thread(1, &[post(1, "one"), post(2, "two"), answer, orphan]));
        assert_eq!(bodies(&timeline), ["one", "answer to one", "two", "answer to what is hidden"]);
    }

    #[test]
    fn nothing_said_is_dropped_when_answers_form_a_ring() {
        let a = ThreadPost { reply_to: Some(id(2)), ..post(1, "a") };
        let b = ThreadPost { reply_to: Some(id(1)), ..post(2, "b") };
        assert_eq!(Timeline::new(thread(1, &[a, b])).entries().len(), 2);
    }

    #[test]
    fn a_post_sent_from_here_shows_once_when_the_thread_brings_it_before_the_answer_does() {
        let mut timeline = Timeline::new(thread(1, &[post(1, "one")]));
        timeline.add_sending(own(100, 7));
        timeline.take(thread(2, &[post(1, "one"), own(2, 7)]));
        timeline.settle(own(2, 7));
        assert_eq!(bodies(&timeline), ["one", "mine"]);
    }

    #[test]
    fn a_thread_read_before_the_post_was_stored_does_not_take_it_away() {
        let mut timeline = Timeline::new(thread(1, &[]));
        timeline.add_sending(own(100, 7));
        timeline.settle(own(2, 7));
        timeline.take(thread(1, &[]));
        assert_eq!(bodies(&timeline), ["mine"]);
        timeline.take(thread(2, &[own(2, 7)]));
        timeline.take(thread(3, &[]));
        assert_eq!(bodies(&timeline), Vec::<&str>::new(), "once the server has shown it, the server may take it away");
    }

    #[test]
    fn an_older_thread_is_ignored() {
        let mut timeline = Timeline::new(thread(5, &[post(1, "one"), post(2, "two")]));
        assert_eq!(timeline.take(thread(4, &[post(1, "one")])), News::default());
        assert_eq!(bodies(&timeline), ["one", "two"]);
    }

    #[test]
    fn what_did_not_change_is_not_drawn_again_and_a_state_draws_itself() {
        let mut timeline = Timeline::new(thread(1, &[post(1, "one"), own(2, 7)]));
        let delivered = ThreadPost { state: PostState::Delivered, ..own(2, 7) };
        let news = timeline.take(thread(2, &[post(1, "one"), delivered]));
        assert!(!news.redraw);
        let states = timeline.entries().iter().map(|entry| entry.progress.peek(Progress::clone)).collect::<Vec<_>>();
        assert_eq!(states, [Progress::Stored(PostState::Delivered), Progress::Stored(PostState::Delivered)]);
    }

    #[test]
    fn delivered_never_goes_back_to_queued() {
        let mut timeline = Timeline::new(thread(1, &[]));
        timeline.settle(ThreadPost { state: PostState::Delivered, ..own(2, 7) });
        timeline.take(thread(1, &[own(2, 7)]));
        let state = timeline.entries().first().map(|entry| entry.progress.peek(Progress::clone));
        assert_eq!(state, Some(Progress::Stored(PostState::Delivered)));
    }

    #[test]
    fn news_names_others_and_not_the_reader() {
        let mut timeline = Timeline::new(thread(1, &[]));
        let news = timeline.take(thread(2, &[post(1, "one"), own(2, 7)]));
        assert_eq!(news, News { redraw: true, authors: vec!["Author 1".to_owned()] });
    }

    fn at(number: u128, second: u32) -> ThreadPost {
        ThreadPost { created: format!("2026-11-20T12:00:{second:02}.000Z"), ..post(number, &number.to_string()) }
    }

    /// The newest posts of a longer thread.
    fn latest(version: i64, posts: &[ThreadPost]) -> Thread {
        Thread { earlier: true, total: 1_000, ..thread(version, posts) }
    }

    /// Bodies, with a bar where the page lets the reader look for more.
    fn shown(timeline: &Timeline) -> Vec<String> {
        let bar = |entry: &Entry| if entry.gap { "|" } else { "" };
        timeline.entries().iter().map(|entry| format!("{}{}", bar(entry), entry.post.body)).collect()
    }

    #[test]
    fn what_moved_out_of_the_window_stays_on_the_page() {
        let mut timeline = Timeline::new(latest(1, &[at(1, 1), at(2, 2), at(3, 3)]));
        let news = timeline.take(latest(2, &[at(2, 2), at(3, 3), at(4, 4)]));
        assert_eq!(news.authors, ["Author 4"]);
        timeline.take(latest(3, &[at(4, 4), at(5, 5), at(6, 6)]));
        assert_eq!(shown(&timeline), ["|1", "2", "3", "4", "5", "6"]);
        assert_eq!(timeline.total(), 1_000);
    }

    #[test]
    fn what_came_while_the_page_was_cut_off_beyond_a_window_is_a_link_away() {
        let mut timeline = Timeline::new(latest(1, &[at(1, 1), at(2, 2)]));
        timeline.take(latest(2, &[at(8, 8), at(9, 9)]));
        timeline.take(latest(3, &[at(9, 9), at(10, 10)]));
        assert_eq!(shown(&timeline), ["|1", "2", "|8", "9", "10"]);
        // The same when there was nothing, or all of it, before.
        let mut timeline = Timeline::new(thread(1, &[]));
        timeline.take(latest(2, &[at(8, 8)]));
        assert_eq!(shown(&timeline), ["|8"]);
        let mut timeline = Timeline::new(thread(1, &[at(1, 1), at(2, 2)]));
        timeline.take(latest(2, &[at(2, 2), at(3, 3)]));
        assert_eq!(shown(&timeline), ["1", "2", "3"]);
    }

    #[test]
    fn a_post_deleted_within_the_window_leaves_and_the_one_that_fills_it_up_is_no_news() {
        let mut timeline = Timeline::new(latest(1, &[at(2, 2), at(3, 2), at(4, 4)]));
        let news = timeline.take(latest(2, &[at(1, 2), at(2, 2), at(4, 4)]));
        assert_eq!(news.authors, Vec::<String>::new());
        // Of the same moment as the window's first, so it may be one that the window no longer reaches.
        assert_eq!(shown(&timeline), ["3", "|1", "2", "4"]);
        timeline.take(latest(3, &[at(1, 2), at(2, 2), at(5, 5)]));
        assert_eq!(shown(&timeline), ["3", "|1", "2", "5"]);
    }

    #[test]
    fn an_answer_to_what_moved_out_of_the_window_stands_beneath_it() {
        let mut timeline = Timeline::new(latest(1, &[at(1, 1), at(2, 2), at(3, 3)]));
        let answer = ThreadPost { reply_to: Some(id(1)), ..at(4, 4) };
        timeline.take(latest(2, &[at(2, 2), at(3, 3), answer]));
        assert_eq!(shown(&timeline), ["|1", "4", "2", "3"]);
    }

    #[test]
    fn a_window_among_others_keeps_what_it_showed_on_either_side() {
        let between = |version, posts: &[ThreadPost]| Thread { later: Some(id(99)), ..latest(version, posts) };
        let mut timeline = Timeline::new(between(1, &[at(3, 3), at(5, 5), at(6, 6)]));
        timeline.take(between(2, &[at(3, 3), at(4, 4), at(5, 5)]));
        assert_eq!(shown(&timeline), ["|3", "4", "5", "6"]);
    }

    #[test]
    fn a_post_on_its_way_counts() {
        let mut timeline = Timeline::new(latest(1, &[at(1, 1)]));
        timeline.add_sending(own(100, 7));
        assert_eq!(timeline.total(), 1_001);
        timeline.take(Thread { total: 1_001, ..latest(2, &[at(1, 1), own(2, 7)]) });
        assert_eq!(timeline.total(), 1_001);
    }

    #[test]
    fn a_refused_post_leaves_the_list() {
        let mut timeline = Timeline::new(thread(1, &[post(1, "one")]));
        timeline.add_sending(own(100, 7));
        timeline.withdraw(key(7));
        assert_eq!(bodies(&timeline), ["one"]);
    }
}
