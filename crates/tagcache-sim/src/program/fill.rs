//! Fills and puts.

use std::time::Duration;

use tagcache_fs::{DraftError, Entry, Mark, Published, Sys};

use super::{Program, Slip, key, tags};
use crate::body::Body;

/// Far enough away that only an invalidation ends an entry; steps of the clock are larger still.
const LIFE: Duration = Duration::from_secs(3600);
/// How often a fill asks for its lease.
const PATIENCE: usize = 2;

impl<S: Sys> Program<S> {
    /// Under the lease of the key, unless somebody else filled it meanwhile.
    pub(super) fn fill(&mut self, number: u8, tag_bits: u8) {
        for _ in 0..PATIENCE {
            match self.root.try_lease(key(number)) {
                Ok(Some(lease)) => {
                    self.sim.leads(number);
                    self.fill_leased(number, tag_bits);
                    self.sim.has_led(number);
                    drop(lease);
                    return;
                }
                Ok(None) => self.root.sys().wait(Duration::from_millis(1)),
                // A cache never fails its caller: the value is computed and not stored.
                Err(_) => return,
            }
        }
    }

    pub(super) fn failed_fill(&mut self, number: u8) {
        if let Ok(Some(lease)) = self.root.try_lease(key(number)) {
            if !self.read(number) {
                self.sim.pause(false);
            }
            drop(lease);
        }
    }

    fn fill_leased(&mut self, number: u8, tag_bits: u8) {
        if !self.read(number) {
            self.put(number, tag_bits);
        }
    }

    /// Mark, compute, publish.
    pub(super) fn put(&mut self, number: u8, tag_bits: u8) {
        let body = self.sim.new_body(number, tag_bits);
        let mark = if self.slips(Slip::LateMark) {
            self.sim.computes(body);
            self.root.mark()
        } else {
            let mark = self.root.mark();
            self.sim.computes(body);
            mark
        };
        // Without a mark, and when it is raced or fails, the value is the caller's alone.
        if let Ok(published) = mark.map_err(DraftError::from).and_then(|mark| self.store(mark, body)) {
            // The entry that was replaced stays open until its links are gone.
            self.clean_up(&published);
            self.sim.stored(body);
        }
    }

    fn store(&self, mark: Mark<S>, body: Body) -> Result<Published<S>, DraftError> {
        let bytes = body.print();
        let mut draft = self.root.draft(key(body.key), mark)?;
        draft.reserve(bytes.len() as u64)?;
        draft.write(&bytes)?;
        let checked = draft.stamp(self.expiry())?.link(&tags(body.tags))?.check()?;
        let published = checked.publish().map_err(DraftError::from)?;
        if self.root.durability() == tagcache_fs::Durability::Full {
            published.sync()?;
        }
        Ok(published)
    }

    fn expiry(&self) -> tagcache_fs::Time {
        self.root.sys().now().after(LIFE)
    }

    /// What was replaced loses its links.
    fn clean_up(&self, published: &Published<S>) {
        let Some(old) = published.replaced() else { return };
        if let Some(body) = body_of(old) {
            // What stays is removed by the next sweep.
            let _ = old.remove_links(&tags(body.tags));
        }
    }
}

/// What an open entry says about itself.
pub(super) fn body_of<S: Sys>(entry: &Entry<S>) -> Option<Body> {
    let mut bytes = Vec::new();
    entry.read(&mut bytes, entry.meta().size).ok()?;
    Body::parse(&bytes)
}

/// The tags of an open entry, for an invalidation of its key.
pub(super) fn tags_of<S: Sys>(entry: &Entry<S>) -> Vec<tagcache_fs::Tag> {
    body_of(entry).map_or(Vec::new(), |body| tags(body.tags))
}
