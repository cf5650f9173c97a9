//! The cleanup, as the facade composes it.

use tagcache_fs::{Entry, Error, Found, Met, Standing, Sys};

use super::fill::body_of;
use super::{Program, key, tags};

impl<S: Sys> Program<S> {
    /// Drafts, entries, links, leases, folders. What cannot be done now is done by the next one.
    pub(super) fn sweep(&mut self) {
        let Ok(Some(lock)) = self.root.try_sweep_lock() else { return };
        let swept = self
            .root
            .sweep_drafts(&lock)
            .and_then(|_| self.sweep_entries())
            .and_then(|()| self.root.sweep_links(&lock))
            .and_then(|_| self.root.sweep_leases(&lock))
            .and_then(|_| self.root.sweep_folders(&lock));
        self.sim.event(|world, process| {
            world.tell(|| format!("p{process} swept: {}", if swept.is_ok() { "all" } else { "not all" }));
        });
    }

    fn sweep_entries(&self) -> Result<(), Error> {
        self.root.each_entry::<Error>(&mut |met| match met {
            Met::Entry(entry) if self.is_dead(&entry) => remove(&entry),
            _ => Ok(()),
        })
    }

    /// Damaged, taken away, or past its time.
    fn is_dead(&self, entry: &Entry<S>) -> bool {
        let now = self.root.sys().now();
        body_of(entry).is_none_or(|body| {
            entry.meta().standing(body.links()) != Standing::Whole || entry.meta().mtime <= now
        })
    }

    /// Makes room: the entry may be as good as any.
    pub(super) fn evict(&mut self, number: u8) {
        if let Ok(Found::Entry(entry)) = self.root.entry(key(number)) {
            // An eviction that failed removed less.
            let _ = remove(&entry);
        }
    }
}

fn remove<S: Sys>(entry: &Entry<S>) -> Result<(), Error> {
    let tags = body_of(entry).map_or(Vec::new(), |body| tags(body.tags));
    entry.remove()?;
    entry.remove_links(&tags).map(|_| ())
}
