//! Reading a directory while its names come and go.
//!
//! No two systems return the same names then, and none has to. What each must do: a name that was there from the opening
//! to the end comes exactly once; a name comes at most as often as it was made; one that never was does not come. Where
//! a listing is one as of the opening, a name that was first made later does not come. A tmpfs may repeat names.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::CString;
use std::path::Path;

use proptest::prelude::Rng;
use proptest::test_runner::TestRng;
use tagcache_fs::sys::{DirBatch, OpenMode, Replace, Result, Sys};

/// So many names that a directory is read in several parts.
const NAMES: u64 = 400;
/// The longest name that is not too long: fewer of them fit into one read.
const PADDING: &str =
    "-a-name-that-is-long-so-that-few-of-them-fit-into-what-one-call-returns-and-there-are-several-calls";
/// How many names change before each part.
const CHANGES: u64 = 40;

/// In what the listings of filesystems differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing {
    /// No name comes that was first made after the opening.
    pub as_of_open: bool,
    /// A name may come twice.
    pub may_repeat: bool,
}

/// Reads one directory to its end while it changes; answers in how many parts.
///
/// # Errors
/// What came, or did not come, and must not or must.
pub fn read<S: Sys>(
    sys: &S,
    root: &Path,
    listing: Listing,
    rng: &mut TestRng,
) -> std::result::Result<u64, String> {
    let mut turnover = Turnover::new(sys, root).map_err(|errno| format!("cannot fill a folder: {errno}"))?;
    let parts = turnover.run(rng).map_err(|errno| format!("cannot read a folder that changes: {errno}"))?;
    turnover.judge(listing).map(|()| parts)
}

struct Turnover<'a, S: Sys> {
    sys: &'a S,
    root: S::File,
    dir: S::File,
    next: u64,
    /// What is there.
    now: BTreeSet<String>,
    /// What was there all the time.
    always: BTreeSet<String>,
    /// What was not there when it was opened.
    late: BTreeSet<String>,
    /// How often a name was made.
    made: BTreeMap<String, u32>,
    /// How often it came.
    came: BTreeMap<String, u32>,
}

fn c_string(name: &str) -> CString {
    CString::new(name).unwrap_or_default()
}

impl<'a, S: Sys> Turnover<'a, S> {
    fn new(sys: &'a S, path: &Path) -> Result<Self> {
        let root = sys.open_root(path)?;
        sys.open(&root, c"file", OpenMode::Create)?;
        sys.make_dir(&root, c"names")?;
        let dir = sys.open(&root, c"names", OpenMode::Dir)?;
        let mut turnover = Self {
            sys,
            root,
            dir,
            next: 0,
            now: BTreeSet::new(),
            always: BTreeSet::new(),
            late: BTreeSet::new(),
            made: BTreeMap::new(),
            came: BTreeMap::new(),
        };
        for _ in 0..NAMES {
            turnover.add()?;
        }
        // What counts is what was there when it was opened.
        turnover.dir = sys.open(&turnover.root, c"names", OpenMode::Dir)?;
        turnover.always.clone_from(&turnover.now);
        turnover.late.clear();
        Ok(turnover)
    }

    fn add(&mut self) -> Result<()> {
        let name = format!("{}{PADDING}", self.next);
        self.next += 1;
        self.make(name)
    }

    fn make(&mut self, name: String) -> Result<()> {
        self.sys.link(&self.root, c"file", &c_string(&format!("names/{name}")))?;
        self.note(name);
        Ok(())
    }

    fn note(&mut self, name: String) {
        if !self.made.contains_key(&name) {
            self.late.insert(name.clone());
        }
        *self.made.entry(name.clone()).or_default() += 1;
        self.now.insert(name);
    }

    fn any(&self, rng: &mut TestRng) -> Option<String> {
        let index = rng.next_u64() % (self.now.len() as u64).max(1);
        self.now.iter().nth(usize::try_from(index).unwrap_or(0)).cloned()
    }

    fn run(&mut self, rng: &mut TestRng) -> Result<u64> {
        let mut batch = DirBatch::new();
        for parts in 0.. {
            self.sys.read_dir(&self.dir, &mut batch)?;
            if batch.is_empty() {
                return Ok(parts);
            }
            for item in batch.iter() {
                *self.came.entry(item.name.to_string_lossy().into_owned()).or_default() += 1;
            }
            // Not so many that it never ends.
            let changes = if parts < NAMES / 2 { rng.next_u64() % CHANGES } else { 0 };
            for _ in 0..changes {
                self.change(rng)?;
            }
        }
        Ok(0)
    }

    fn change(&mut self, rng: &mut TestRng) -> Result<()> {
        let Some(name) = self.any(rng) else { return self.add() };
        let path = format!("names/{name}");
        match rng.next_u64() % 4 {
            0 => return self.add(),
            1 => {
                let new = format!("{}{PADDING}", self.next);
                self.next += 1;
                let to = format!("names/{new}");
                self.sys.rename(&self.root, &c_string(&path), &c_string(&to), Replace::Never)?;
                self.note(new);
            }
            // It comes back, and may come again.
            2 => {
                self.sys.unlink(&self.root, &c_string(&path))?;
                self.make(name.clone())?;
                self.always.remove(&name);
                return Ok(());
            }
            _ => self.sys.unlink(&self.root, &c_string(&path))?,
        }
        self.now.remove(&name);
        self.always.remove(&name);
        Ok(())
    }

    fn judge(&self, listing: Listing) -> std::result::Result<(), String> {
        let came = |name: &String| self.came.get(name).copied().unwrap_or(0);
        if let Some(name) = self.always.iter().find(|name| came(name) == 0) {
            return Err(format!("{name} was there all the time, and did not come"));
        }
        let is_late = |name: &&String| listing.as_of_open && self.late.contains(*name);
        if let Some(name) = self.came.keys().find(is_late) {
            return Err(format!("{name} was made after the opening, and came"));
        }
        for (name, times) in &self.came {
            let made = self.made.get(name).copied().unwrap_or(0);
            if made == 0 {
                return Err(format!("{name} never was, and came"));
            }
            if *times > made && !listing.may_repeat {
                return Err(format!("{name} was made {made} times, and came {times} times"));
            }
        }
        Ok(())
    }
}
