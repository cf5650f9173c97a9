//! What happens in a run, and what may go wrong in it.

use tagcache_fs::{Durability, Layout};

use crate::fs::{CrashModel, Traits};
use crate::program::{Op, Role};
use crate::world::Budget;

/// A run without its choices: the same plan and the same choices make the same run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How it is called in stories and tables.
    pub name: String,
    /// The filesystem.
    pub traits: Traits,
    /// The root's durability.
    pub durability: Durability,
    /// The root's layout.
    pub layout: Layout,
    /// Done before, and on disk.
    pub before: Vec<Op>,
    /// What each process does.
    pub processes: Vec<Vec<Op>>,
    /// What other processes do after each power cut.
    pub after: Vec<Vec<Op>>,
    /// How often fate may strike.
    pub budget: Budget,
    /// What a power cut may leave.
    pub model: CrashModel,
    /// The next record makes the log so large that it gets a successor.
    pub log_is_full: bool,
    /// The processes are the released facade.
    pub facade: bool,
    /// There is no root, and each process opens it when it begins: the first one makes it.
    pub cold: bool,
}

impl Plan {
    /// Processes side by side on an ext4, and nothing goes wrong.
    #[must_use]
    pub fn new(name: impl Into<String>, processes: &[&[Op]]) -> Self {
        Self {
            name: name.into(),
            traits: Traits::default(),
            durability: Durability::default(),
            layout: Layout::default(),
            before: Vec::new(),
            processes: processes.iter().map(|ops| ops.to_vec()).collect(),
            after: Vec::new(),
            budget: Budget::default(),
            model: CrashModel::Ordered,
            log_is_full: false,
            facade: false,
            cold: false,
        }
    }

    /// Done before, and on disk.
    #[must_use]
    pub fn before(mut self, ops: &[Op]) -> Self {
        self.before = ops.to_vec();
        self
    }

    /// What other processes do after a power cut.
    #[must_use]
    pub fn after(mut self, processes: &[&[Op]]) -> Self {
        self.after = processes.iter().map(|ops| ops.to_vec()).collect();
        self
    }

    /// Any process may die at any call.
    #[must_use]
    pub fn deaths(mut self, deaths: u8) -> Self {
        self.budget.deaths = deaths;
        self
    }

    /// Any call may fail.
    #[must_use]
    pub fn faults(mut self, faults: u8) -> Self {
        self.budget.faults = faults;
        self
    }

    /// The power may be cut at any call, on a filesystem that fits the model.
    #[must_use]
    pub fn cuts(mut self, cuts: u8, model: CrashModel) -> Self {
        self.budget.cuts = cuts;
        self.on(model)
    }

    /// A filesystem of this crash model.
    #[must_use]
    pub fn on(mut self, model: CrashModel) -> Self {
        self.model = model;
        self.traits.kind = match model {
            CrashModel::Ordered | CrashModel::Torn => tagcache_fs::sys::FsKind::Journaled,
            CrashModel::Unordered => tagcache_fs::sys::FsKind::Local,
        };
        // btrfs is one of those: the fewest names that a filesystem may show.
        self.traits.lists_as_of_open = model == CrashModel::Unordered;
        self
    }

    /// The root's durability.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// On a filesystem where no rename can refuse to replace.
    #[must_use]
    pub fn replacing_renames(mut self) -> Self {
        self.traits.rename_noreplace = false;
        self
    }

    /// The next record makes the log so large that it gets a successor.
    #[must_use]
    pub fn log_is_full(mut self) -> Self {
        self.log_is_full = true;
        self
    }

    /// The processes are the released facade.
    #[must_use]
    pub fn by_facade(mut self) -> Self {
        self.facade = true;
        self.name = format!("facade: {}", self.name);
        self
    }

    /// The root has the layout `compact`.
    #[must_use]
    pub fn compact(mut self) -> Self {
        self.layout = Layout::Compact;
        self.name = format!("compact: {}", self.name);
        self
    }

    /// There is no root yet.
    #[must_use]
    pub fn cold(mut self) -> Self {
        self.cold = true;
        self
    }

    /// What the processes are.
    pub(crate) fn role(&self) -> Role {
        Role {
            facade: self.facade,
            makes: self.cold,
            durability: self.durability,
            layout: self.layout,
            slip: None,
        }
    }

    /// Whether what was put last is on disk for sure: each put waits for it, and nothing takes a key's name away.
    pub(crate) fn promises(&self) -> bool {
        let harmless = |op: &Op| {
            use Op::{
                ExpireAllOf, ExpireKey, ExpireTags, FailedFill, Fill, Hold, InvalidateAllOf, InvalidateTags,
                Judge, Pass, Put, Read,
            };
            matches!(
                op,
                Fill(..)
                    | FailedFill(_)
                    | Put(..)
                    | Read(_)
                    | Hold(_)
                    | Judge
                    | Pass(_)
                    | InvalidateTags(_)
                    | ExpireTags(_)
                    | InvalidateAllOf(_)
                    | ExpireAllOf(_)
                    | ExpireKey(_)
            )
        };
        let ops =
            self.before.iter().chain(self.processes.iter().flatten()).chain(self.after.iter().flatten());
        self.durability == Durability::Full && self.budget.faults == 0 && ops.into_iter().all(harmless)
    }

    /// Whether nothing in it may take an entry away: then the last one put must be there at the end.
    pub(crate) fn only_puts(&self) -> bool {
        let puts = |op: &Op| {
            matches!(op, Op::Fill(..) | Op::Put(..) | Op::Read(_) | Op::Hold(_) | Op::Judge | Op::Pass(_))
        };
        self.budget == Budget::default()
            && self.before.iter().chain(self.processes.iter().flatten()).all(puts)
    }
}
