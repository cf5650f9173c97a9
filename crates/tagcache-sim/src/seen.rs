//! What a process learns from a call: for its history, and for the story.

use tagcache_fs::sys::{FsKind, Stat};

use crate::fold::Fold;

pub(crate) trait Seen {
    fn fold(&self, history: &mut Fold);
    fn show(&self) -> String;
}

impl Seen for () {
    fn fold(&self, history: &mut Fold) {
        history.word(1 << 32);
    }

    fn show(&self) -> String {
        "ok".into()
    }
}

impl Seen for usize {
    fn fold(&self, history: &mut Fold) {
        history.word(*self as u64);
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// An open file. Which number the table gave it nobody sees.
impl Seen for u32 {
    fn fold(&self, history: &mut Fold) {
        history.word(2 << 32);
    }

    fn show(&self) -> String {
        format!("#{self}")
    }
}

impl Seen for FsKind {
    fn fold(&self, history: &mut Fold) {
        history.word(*self as u64);
    }

    fn show(&self) -> String {
        format!("{self:?}")
    }
}

impl Seen for Stat {
    fn fold(&self, history: &mut Fold) {
        let times = [self.mtime.as_nanos(), self.ctime.as_nanos()];
        for word in [self.ino, self.nlink, self.size, u64::from(self.mode)].into_iter().chain(times) {
            history.word(word);
        }
    }

    fn show(&self) -> String {
        let Self { ino, nlink, size, mtime, mode, .. } = self;
        format!("inode {ino}, {nlink} links, {size} bytes, mtime {}, mode {mode:o}", mtime.as_nanos())
    }
}
