//! What is known outside of the cache, and may therefore never be seen otherwise by a reader.
//!
//! The oracle is told when a value begins to be computed, when an invalidation begins and returns, when a put returned
//! and who holds a lease. It looks at the disk itself to learn in which order the entries of a key got their name.
//! After every call it looks, as a reader that opens the key would and as a memory tier would that had it open, at every
//! inode that was ever served, and whenever a program of the simulation reads something it compares that, too.

use tagcache_fs::Capabilities;
use tagcache_fs::meta::{Meta, Standing};

use crate::body::Body;
use crate::crew::MAX_PROCESSES;
use crate::fs::{Disk, Number, Serial};
use crate::world::{KEYS, key_number};

/// Values of one process in one run.
pub(crate) const VALUES_EACH: u8 = 16;

/// An invariant that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its number in the design: `I2`.
    pub invariant: &'static str,
    /// What was seen.
    pub what: String,
}

/// A set of values, one bit each.
type Set = u128;

#[derive(Clone, Copy, Debug)]
struct Value {
    body: Body,
    /// The inode that carries it, once it has had its key's name.
    file: Option<(Number, Serial)>,
    /// The how-manieth to get that name; 0 before.
    order: u32,
    /// Somebody may have it open: it was at its key since the last boot.
    reachable: bool,
    /// What its inode said when somebody could last begin to hold it: at its key, and settled.
    look: Option<Meta>,
}

impl Value {
    /// What its inode says, while it is its own.
    fn meta(&self, disk: &Disk) -> Option<Meta> {
        let (number, serial) = self.file?;
        let inode = disk.inode(number).filter(|inode| inode.serial == serial)?;
        Some(Meta::from(inode.stat(number)))
    }

    fn is_at_its_key(&self, disk: &Disk) -> bool {
        self.file.is_some_and(|(number, _)| key_number(disk, self.body.key) == Some(number))
    }
}

/// What a process has begun and not ended.
#[derive(Clone, Copy, Debug, Default, Hash)]
struct Begun {
    /// The values that a hard invalidation kills when it returns.
    hard: Set,
    /// The values that a soft one makes stale.
    soft: Set,
    /// What a read that began must not return any more, at all or as fresh.
    dead: Set,
    stale: Set,
    old: Set,
}

#[derive(Clone, Debug)]
pub(crate) struct Oracle {
    /// By their numbers.
    values: Vec<Value>,
    /// Never to be served again: hard invalidations that returned.
    hard: Set,
    /// Never fresh again: soft ones.
    soft: Set,
    /// A later value of the same key was put, and that put returned.
    old: Set,
    /// Its put returned.
    returned: Set,
    /// An invalidation may have taken it away, or made it stale: one that began later, or was under way.
    touched: Set,
    /// Who invalidates something, one bit for each process.
    invalidating: u8,
    begun: [Begun; MAX_PROCESSES],
    leases: [Option<u8>; KEYS],
    /// One at a time has the lease of a key. Not while somebody removes the root: a lease whose file is gone is held in
    /// the old one, and the next is taken in the new one.
    leases_bind: bool,
    renames: [u32; KEYS],
    /// What holders know of the filesystem; before a root is made there are none.
    can: Option<Capabilities>,
}

impl Oracle {
    pub(crate) fn new() -> Self {
        Self {
            can: None,
            values: Vec::new(),
            hard: 0,
            soft: 0,
            old: 0,
            returned: 0,
            touched: 0,
            invalidating: 0,
            begun: Default::default(),
            leases: [None; KEYS],
            leases_bind: true,
            renames: [0; KEYS],
        }
    }

    /// The outside source was read, and a value made of it.
    pub(crate) fn value_begins(&mut self, body: Body) {
        if self.invalidating != 0 {
            self.touched |= 1 << body.id;
        }
        let value = Value { body, file: None, order: 0, reachable: false, look: None };
        match self.values.binary_search_by_key(&body.id, |value| value.body.id) {
            Ok(index) => self.values[index] = value,
            Err(index) => self.values.insert(index, value),
        }
    }

    /// The outside source changed, and an invalidation of what it concerns begins.
    pub(crate) fn invalidation_begins(&mut self, process: u8, hard: bool, concerns: impl Fn(&Body) -> bool) {
        let hit = self.select(|value| concerns(&value.body));
        self.touched |= hit;
        self.invalidating |= 1 << process;
        let begun = &mut self.begun[usize::from(process)];
        (begun.hard, begun.soft) = if hard { (hit, 0) } else { (0, hit) };
    }

    /// It returned and said that it is complete.
    pub(crate) fn invalidation_returns(&mut self, process: u8) {
        self.invalidating &= !(1 << process);
        let begun = &mut self.begun[usize::from(process)];
        self.hard |= std::mem::take(&mut begun.hard);
        self.soft |= std::mem::take(&mut begun.soft);
    }

    /// It said that something may still be served.
    pub(crate) fn invalidation_fails(&mut self, process: u8) {
        self.invalidating &= !(1 << process);
        let begun = &mut self.begun[usize::from(process)];
        (begun.hard, begun.soft) = (0, 0);
    }

    /// A file got the name of a key.
    pub(crate) fn named(&mut self, body: Body, file: (Number, Serial)) {
        let order = &mut self.renames[usize::from(body.key) % KEYS];
        *order += 1;
        if let Some(value) = self.values.iter_mut().find(|value| value.body.id == body.id) {
            (value.file, value.order, value.reachable) = (Some(file), *order, true);
            value.look = None;
        }
    }

    /// The put or fill of a value returned: what had the name before is old.
    pub(crate) fn put_returns(&mut self, id: u8) {
        let Some(new) = self.value(id) else { return };
        self.returned |= 1 << id;
        self.old |= self
            .select(|value| value.body.key == new.body.key && value.order != 0 && value.order < new.order);
    }

    pub(crate) fn lease_taken(&mut self, process: u8, key: u8) -> Result<(), Violation> {
        let lease = &mut self.leases[usize::from(key)];
        if let Some(holder) = lease.replace(process).filter(|_| self.leases_bind) {
            let what = format!("p{process} has the lease of key {key}, and p{holder} has it, too");
            return Err(Violation { invariant: "I4", what });
        }
        Ok(())
    }

    /// Somebody begins to remove the root.
    pub(crate) fn root_goes(&mut self) {
        self.leases_bind = false;
    }

    pub(crate) fn lease_ends(&mut self, process: u8, key: u8) {
        if self.leases[usize::from(key)] == Some(process) {
            self.leases[usize::from(key)] = None;
        }
    }

    pub(crate) fn process_died(&mut self, process: u8) {
        self.invalidating &= !(1 << process);
        self.begun[usize::from(process)] = Begun::default();
        for key in 0..KEYS {
            self.lease_ends(process, u8::try_from(key).unwrap_or(0));
        }
    }

    /// After a power cut, where each put waits for the disk and nothing but tags and later puts takes values away: what was
    /// put last is there.
    pub(crate) fn promises_are_kept(&self, disk: &Disk) -> Result<(), Violation> {
        for value in self.values.iter() {
            let bit = 1 << value.body.id;
            let later = |other: &Value| other.body.key == value.body.key && other.order > value.order;
            if self.returned & !self.touched & bit == 0 || self.values.iter().any(later) {
                continue;
            }
            let fresh = value.meta(disk).is_some_and(|meta| meta.is_fresh(value.body.links(), disk.now));
            let bytes = value.file.and_then(|(number, _)| disk.bytes_of(number));
            let whole = bytes.and_then(|bytes| Body::in_file(&bytes)) == Some(value.body);
            if !(fresh && whole && value.is_at_its_key(disk)) {
                let Body { id, key, .. } = value.body;
                let what = format!("value {id} of key {key} was promised to be on disk, and is lost");
                return Err(Violation { invariant: "I5", what });
            }
        }
        Ok(())
    }

    /// All processes are gone, and the disk is what was found after that.
    pub(crate) fn power_returns(&mut self, disk: &Disk, puts_are_durable: bool) {
        self.begun = Default::default();
        self.invalidating = 0;
        self.leases = [None; KEYS];
        if !puts_are_durable {
            self.old = 0;
        }
        for value in self.values.iter_mut() {
            let at_key = key_number(disk, value.body.key);
            value.reachable = at_key.is_some() && value.file.map(|file| file.0) == at_key;
            value.look = None;
        }
    }

    pub(crate) fn read_begins(&mut self, process: u8) {
        let (dead, stale, old) = (self.hard, self.soft, self.old);
        let begun = &mut self.begun[usize::from(process)];
        (begun.dead, begun.stale, begun.old) = (dead, stale, old);
    }

    /// A read that began at [`read_begins`](Self::read_begins) gave these bytes as those of `key`: as fresh, with the
    /// number of names that it saw, or as stale.
    pub(crate) fn read_gives(
        &mut self,
        process: u8,
        key: u8,
        bytes: &[u8],
        fresh: Option<u64>,
    ) -> Result<(), Violation> {
        let begun = &mut self.begun[usize::from(process)];
        let (dead, stale, old) = (begun.dead, begun.stale, begun.old);
        (begun.dead, begun.stale, begun.old) = (0, 0, 0);
        let given = Body::parse_trusting(bytes).filter(|body| body.print() == bytes);
        let known = given.filter(|body| {
            let value = self.value(body.id);
            body.key == key && value.is_some_and(|value| value.body == *body)
        });
        let Some(body) = known else {
            let what = format!("p{process} was given bytes as key {key} that nobody put there: {bytes:02x?}");
            return Err(Violation { invariant: "I1", what });
        };
        let bit = 1 << body.id;
        let broken = if dead & bit != 0 {
            ("I2", "was invalidated before the read began")
        } else if fresh.is_some_and(|links| links != body.links()) {
            ("I2", "came as fresh with a foreign link")
        } else if fresh.is_some() && stale & bit != 0 {
            ("I3", "was softly expired before the read began, and came as fresh")
        } else if old & bit != 0 {
            ("I9", "had been replaced before the read began")
        } else {
            return Ok(());
        };
        let what = format!("p{process} was given value {} of key {key}, which {}", body.id, broken.1);
        Err(Violation { invariant: broken.0, what })
    }

    /// From now on entries may be held, on a filesystem that can do this.
    pub(crate) fn knows(&mut self, can: Capabilities) {
        self.can = Some(can);
    }

    /// Looks at everything that a reader could have open. Called after every call.
    pub(crate) fn check(&mut self, disk: &Disk) -> Result<(), Violation> {
        self.look(disk);
        let dead = self.hard | self.soft | self.old;
        if dead == 0 {
            return Ok(());
        }
        self.values
            .iter()
            .filter(|value| dead >> value.body.id & 1 != 0)
            .try_for_each(|value| self.check_value(value, disk))
    }

    /// Somebody may open each key now, and hold what lies there.
    fn look(&mut self, disk: &Disk) {
        let Some(can) = self.can else { return };
        for value in self.values.iter_mut().filter(|value| value.reachable) {
            let Some(meta) = value.meta(disk) else { continue };
            let known = value.look.is_some_and(|look| look.ctime == meta.ctime);
            if !known && meta.is_settled(disk.now, &can) && value.is_at_its_key(disk) {
                value.look = Some(meta);
            }
        }
    }

    fn check_value(&self, value: &Value, disk: &Disk) -> Result<(), Violation> {
        let Some(meta) = value.meta(disk).filter(|_| value.reachable) else { return Ok(()) };
        let links = value.body.links();
        if meta.standing(links) != Standing::Whole {
            return Ok(());
        }
        // Who holds it open serves only what is fresh, and asks the path for anything else.
        let fresh = meta.is_fresh(links, disk.now);
        let in_hand = fresh && value.look.is_some_and(|look| meta.is_unchanged_since(&look));
        if !in_hand && !value.is_at_its_key(disk) {
            return Ok(());
        }
        let bit = 1 << value.body.id;
        let broken = if self.hard & bit != 0 {
            ("I2", "was invalidated")
        } else if self.old & bit != 0 {
            ("I9", "was replaced")
        } else if self.soft & bit != 0 && fresh {
            ("I3", "was softly expired")
        } else {
            return Ok(());
        };
        let Body { id, key, .. } = value.body;
        let (invariant, dead) = broken;
        let whom = if in_hand { "by whoever holds it open" } else { "to whoever opens its key" };
        let what = format!("value {id} of key {key} {dead}, and may be served {whom}");
        Err(Violation { invariant, what })
    }

    fn value(&self, id: u8) -> Option<Value> {
        self.values.iter().find(|value| value.body.id == id).copied()
    }

    fn select(&self, wanted: impl Fn(&Value) -> bool) -> Set {
        self.values.iter().filter(|value| wanted(value)).fold(0, |set, value| set | 1 << value.body.id)
    }

    /// Where nothing takes entries away, the last one put is whole at the end.
    pub(crate) fn last_puts_are_there(&self, disk: &Disk) -> Result<(), Violation> {
        for key in 0..KEYS {
            let of_key = self.values.iter().filter(|value| usize::from(value.body.key) == key);
            let Some(last) = of_key.filter(|value| value.order != 0).max_by_key(|value| value.order) else {
                continue;
            };
            let number = key_number(disk, last.body.key);
            let inode =
                number.and_then(|number| disk.inode(number).map(|inode| Meta::from(inode.stat(number))));
            if !inode.is_some_and(|meta| meta.is_fresh(last.body.links(), disk.now)) {
                let what = format!("value {} of key {key} was put last, and is not there", last.body.id);
                return Err(Violation { invariant: "I5", what });
            }
        }
        Ok(())
    }

    /// What of this decides how a run can go on. Serials are left out: which inode is meant the number says.
    pub(crate) fn fold(&self, fold: &mut crate::fold::Fold) {
        for value in self.values.iter() {
            let number = value.file.map_or(0, |(number, _)| number);
            fold.word(u64::from(value.body.id) | number << 8 | u64::from(value.order) << 40);
            fold.word(
                u64::from(value.body.key)
                    | u64::from(value.body.tags) << 8
                    | u64::from(value.reachable) << 16,
            );
            fold.word(value.look.map_or(0, |look| look.ctime.as_nanos()));
        }
        for set in [self.hard, self.soft, self.old, self.returned, self.touched] {
            fold.wide(set);
        }
        for begun in &self.begun {
            for set in [begun.hard, begun.soft, begun.dead, begun.stale, begun.old] {
                fold.wide(set);
            }
        }
        for lease in &self.leases {
            fold.word(lease.map_or(0, |process| 1 + u64::from(process)));
        }
    }
}
