//! One thread of a worker: it does what its script says, says so in the journal, and judges what it is given.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Barrier;
use std::thread;

use tagcache::{Cache, Error, Fill, Hit, Lookup, Miss, Source, Stored};
use tagcache_fs::Errno;
use tagcache_fs::sys::Env;

use crate::author::{Author, Order, complain, give_up};
use crate::doing::Doing;
use crate::event::{Event, Manner, Scope};
use crate::history::{Floors, Violation};
use crate::hunger::Hunger;
use crate::names;
use crate::page::Page;
use crate::place::Place;
use crate::script::{Act, Script};
use crate::sheet::{LateSheet, Sheet, Sheets};
use crate::storm::StormySys;
use crate::tally::{Deed, Tally};

pub(crate) type StormyCache = Cache<Sheets, StormySys>;

/// See the module.
pub(crate) struct Hand {
    pub(crate) cache: StormyCache,
    pub(crate) place: Place,
    pub(crate) script: Rc<RefCell<Script>>,
    pub(crate) author: Rc<RefCell<Author>>,
    pub(crate) tally: Tally,
    pub(crate) hunger: Hunger,
}

/// A computation gave no value.
struct Failed;

/// When a read began: what was known and what time it was.
struct Began {
    floors: Floors,
    nanos: u64,
}

impl Hand {
    /// Begins when all threads of the process are there, and goes on until it is killed.
    pub(crate) fn run(mut self, start: &Barrier) -> ! {
        start.wait();
        loop {
            let act = self.script.borrow_mut().next();
            let _hungry = self.hunger.now_and_then();
            self.act(act);
        }
    }

    fn act(&mut self, act: Act) {
        let key = self.script.borrow_mut().key();
        let tag = self.script.borrow_mut().tag();
        match act {
            Act::Look => self.look(key),
            Act::GetWith => self.get_with(key),
            Act::Put => self.put(key, Deed::Put),
            Act::Replace => self.put(key, Deed::Replace),
            Act::InvalidateTag => {
                self.take(&[Scope::Tag(tag)], Manner::Hard, Deed::InvalidateTag, |cache| {
                    cache.invalidate_tag(names::tag(tag))
                });
            }
            Act::InvalidateTags => {
                let other = self.script.borrow_mut().tag();
                self.take(
                    &[Scope::Tag(tag), Scope::Tag(other)],
                    Manner::Hard,
                    Deed::InvalidateTag,
                    |cache| cache.invalidate_tags([names::tag(tag), names::tag(other)]),
                );
            }
            Act::ExpireTag => self.take(&[Scope::Tag(tag)], Manner::Soft, Deed::ExpireTag, |cache| {
                cache.expire_tag(names::tag(tag))
            }),
            Act::InvalidateKey => {
                self.take(&[Scope::Key(key)], Manner::Hard, Deed::InvalidateKey, |cache| {
                    cache.invalidate_key(names::key(key)).map(u64::from)
                });
            }
            Act::ExpireKey => self.take(&[Scope::Key(key)], Manner::Soft, Deed::ExpireKey, |cache| {
                cache.expire_key(names::key(key)).map(u64::from)
            }),
            Act::Clear => self.take(&[Scope::Everything], Manner::Hard, Deed::Clear, StormyCache::clear),
            Act::Sweep => self.sweep(),
            Act::FillLog => self.fill_log(),
        }
    }

    fn look(&mut self, key: u16) {
        let began = self.begin();
        match self.cache.lookup::<Sheet>(names::key(key)) {
            Ok(Lookup::Fresh(hit)) => {
                if hit.source() == Source::Memory {
                    self.count(Deed::Memory);
                }
                self.judge(key, &hit, true, &began);
            }
            Ok(Lookup::Stale(hit, _)) => self.judge(key, &hit, false, &began),
            Ok(Lookup::Miss(miss)) => self.judge_miss(key, &miss),
            Err(error) => self.refused(&error),
        }
    }

    fn get_with(&mut self, key: u16) {
        let (order, policy, later) = {
            let mut script = self.script.borrow_mut();
            let order = script.order(key, self.cache.root().sys().now());
            // Some tags are known before the computation, the others only after it.
            let known = if script.once_in(2) { order.tags.len() } else { order.tags.len() / 2 };
            let (now, later) = order.tags.split_at(known);
            let policy = script.policy(&order, now);
            (order.clone(), policy, later.to_vec())
        };
        let began = self.begin();
        let mut own = None;
        let cache = self.cache.clone();
        let hit = cache.try_get_with(names::key(key), &policy, |fill| {
            let page = self.compute(fill, order, &later)?;
            let bytes = page.print();
            own = Some(page);
            Ok(Sheet::new(bytes))
        });
        match (hit, own) {
            (Ok(hit), Some(page)) => self.judge_computed(&page, &hit),
            (Ok(hit), None) => {
                self.judge(key, &hit, matches!(hit.source(), Source::Disk | Source::Memory), &began);
            }
            (Err(Failed), _) => self.count(Deed::Computed),
        }
    }

    /// A computation: it takes time, may look at other values, and may come to nothing.
    fn compute(
        &mut self,
        fill: &mut Fill<Sheets, StormySys>,
        mut order: Order,
        later: &[u16],
    ) -> Result<Page, Failed> {
        order.leased = fill.will_store();
        let page = self.author.borrow_mut().write(&order);
        let (work, nested, declines, fails) = {
            let mut script = self.script.borrow_mut();
            (script.work(), script.once_in(20), script.once_in(30), script.once_in(30))
        };
        thread::sleep(work);
        // Fills within fills go one way, from lower keys to higher ones, as the parts of a page do.
        let part = self.script.borrow_mut().key();
        if nested && part > order.key {
            self.get_with(part);
        }
        later.iter().for_each(|tag| fill.add_tag(names::tag(*tag)));
        if declines {
            fill.decline();
        }
        let by = self.author.borrow().by();
        self.author.borrow_mut().say(Event::Computed { value: page.ticket, by });
        if fails { Err(Failed) } else { Ok(page) }
    }

    fn put(&mut self, key: u16, deed: Deed) {
        let (order, policy, reads_back) = {
            let mut script = self.script.borrow_mut();
            let order = script.order(key, self.cache.root().sys().now());
            let policy = script.policy(&order, &order.tags);
            (order, policy, script.once_in(3))
        };
        let author = Rc::clone(&self.author);
        let sheet = LateSheet::new(move || author.borrow_mut().write(&order).print());
        let stored = match deed {
            Deed::Replace => self.replace(key, &sheet, &policy),
            _ => self.cache.put(names::key(key), &sheet, &policy),
        };
        match (stored, sheet.written().and_then(Page::parse)) {
            (Ok(Stored::Yes), Some(page)) => {
                self.stored(&page);
                self.count(deed);
                if reads_back {
                    self.look(key);
                }
            }
            (Ok(Stored::Raced), _) => self.count(Deed::Raced),
            (Ok(other), _) => {
                complain(&format!("I5: a put of key {key} ended as {other:?}"));
            }
            (Err(error), _) => self.refused(&error),
        }
    }

    /// An invalidation of the key, as the rules see it, and a put.
    fn replace(&mut self, key: u16, sheet: &LateSheet, policy: &tagcache::Policy) -> Result<Stored, Error> {
        let (scope, by) = (Scope::Key(key), self.author.borrow().by());
        let change = self.author.borrow_mut().say(Event::Changed { scope, by });
        let stored = self.cache.replace(names::key(key), sheet, policy)?;
        self.author.borrow_mut().say(Event::Invalidated { scope, manner: Manner::Hard, change });
        Ok(stored)
    }

    /// The database changes, then the cache is told, and only when it has answered that all is done may others rely on it.
    fn take(
        &mut self,
        scopes: &[Scope],
        manner: Manner,
        deed: Deed,
        call: impl FnOnce(&StormyCache) -> Result<u64, Error>,
    ) {
        let by = self.author.borrow().by();
        let say = |event| self.author.borrow_mut().say(event);
        let changes: Vec<_> = scopes.iter().map(|scope| say(Event::Changed { scope: *scope, by })).collect();
        match Doing::Invalidation.during(|| call(&self.cache)) {
            Ok(_) => {
                for (scope, change) in scopes.iter().zip(changes) {
                    say(Event::Invalidated { scope: *scope, manner, change });
                }
                self.count(deed);
            }
            Err(error) => self.refused(&error),
        }
    }

    fn sweep(&mut self) {
        match Doing::Sweep.during(|| self.cache.sweep()) {
            Ok(report) if report.foreign > 0 => {
                complain(&format!("I6: a sweep met names of nobody: {report:?}"));
            }
            Ok(_) => self.count(Deed::Sweep),
            Err(error) => self.refused(&error),
        }
    }

    fn fill_log(&mut self) {
        match crate::flood::fill_log(&self.place.cache()) {
            Ok(()) => self.count(Deed::Rotate),
            // No log yet, one that is retired (for a user who is not root), or no descriptor.
            Err(_) => self.count(Deed::Refused),
        }
    }

    fn begin(&mut self) -> Began {
        let floors = self.author.borrow_mut().floors();
        Began { floors, nanos: self.cache.root().sys().now().as_nanos() }
    }

    fn judge(&mut self, key: u16, hit: &Hit<Sheet>, fresh: bool, began: &Began) {
        let Some(page) = Page::parse(hit.bytes()) else {
            return complain(&format!("I1 whole: the value of key {key} is no page: {hit:?}"));
        };
        let judged = {
            let mut author = self.author.borrow_mut();
            let history = author.catch_up();
            let verdict = history.judge(&began.floors, &page, key, fresh);
            verdict.and_then(|()| history.judge_order(&began.floors, &page))
        };
        let judged = judged.and_then(|()| judge_time(&page, fresh, began.nanos));
        if let Err(violation) = judged {
            complain(&format!("{violation} (read by {})", self.author.borrow().by()));
        }
        self.count(if fresh { Deed::Fresh } else { Deed::Stale });
    }

    fn judge_miss(&mut self, key: u16, miss: &Miss) {
        match miss {
            Miss::Absent | Miss::Invalidated | Miss::Superseded | Miss::ForeignLink | Miss::TooOld => {}
            other => {
                complain(&format!("I1 whole: key {key} is missing for a reason that should not be: {other}"));
            }
        }
        self.count(Deed::Miss);
    }

    fn judge_computed(&mut self, page: &Page, hit: &Hit<Sheet>) {
        if hit.bytes() != page.print() {
            complain(&format!("I7: a caller computed {page:?} and was given {hit:?}"));
        }
        match hit.source() {
            Source::Computed { stored: Stored::Yes, .. } => self.stored(page),
            Source::Computed { stored: Stored::Raced, .. } => self.count(Deed::Raced),
            Source::Computed { .. } => {}
            source => {
                complain(&format!("I4: {page:?} was computed for nothing: {source:?}"));
            }
        }
        self.count(Deed::Computed);
    }

    fn stored(&mut self, page: &Page) {
        let mut author = self.author.borrow_mut();
        let by = author.by();
        author.say(Event::Stored { value: page.ticket, by });
    }

    /// Only the want of descriptors, which a round may bring about on purpose, is a reason to fail.
    fn refused(&mut self, error: &Error) {
        if !self.hunger.excuses(error) {
            complain(&format!("I7: a call failed that should not: {error}"));
        }
        self.count(Deed::Refused);
    }

    fn count(&mut self, deed: Deed) {
        self.tally.count(deed).unwrap_or_else(|error| give_up("the tally", &error));
    }
}

/// A value that was past its time before the read began is never fresh.
fn judge_time(page: &Page, fresh: bool, nanos: u64) -> Result<(), Violation> {
    if fresh && page.fresh_until <= nanos {
        let story = format!("{page:?} was read as fresh at {nanos}");
        return Err(Violation { rule: "expiry", story });
    }
    Ok(())
}

/// The number that the system gave, if it was the system that refused.
pub(crate) fn errno(error: &Error) -> Option<Errno> {
    match error {
        Error::Io(error) | Error::Open(tagcache_fs::OpenError::Io(error)) => Some(error.errno()),
        Error::Incomplete(incomplete) => Some(incomplete.first().errno()),
        _ => None,
    }
}
