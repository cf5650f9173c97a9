//! A fresh root, and whoever plays on it.

use std::fs;
use std::path::{Path, PathBuf};

use tagcache_testkit::files;
use tempfile::TempDir;

use crate::actor::Actor;
use crate::tree::dead_links;

/// A fresh cache directory for one test, and a file in which the actors count what they compute.
#[derive(Debug)]
pub struct Stage {
    program: PathBuf,
    dir: TempDir,
    opening: &'static str,
}

impl Stage {
    /// A root that does not exist yet, for actors that run `program`.
    ///
    /// # Panics
    /// When there is no place for temporary files.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        let dir = TempDir::new().unwrap_or_else(|error| panic!("no temporary directory: {error}"));
        Self { program: program.into(), dir, opening: "open" }
    }

    /// The same, where no invalidation waits for the disk: for tests that make very many roots.
    #[must_use]
    pub fn volatile(mut self) -> Self {
        self.opening = "open durability=volatile";
        self
    }

    /// The cache directory.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.dir.path().join("root")
    }

    fn tally(&self) -> PathBuf {
        self.dir.path().join("tally")
    }

    /// A process that has not opened the root.
    #[must_use]
    pub fn stranger(&self) -> Actor {
        Actor::spawn(&self.program, &self.root(), &self.tally())
    }

    /// A process that has opened the root.
    ///
    /// # Panics
    /// When it cannot be opened.
    #[must_use]
    pub fn actor(&self) -> Actor {
        let mut actor = self.stranger();
        actor.expect(self.opening, "opened");
        actor
    }

    /// A process that has opened the root, or what it says of the root that it could not open.
    ///
    /// # Errors
    /// That answer.
    pub fn try_actor(&self) -> Result<Actor, String> {
        let mut actor = self.stranger();
        match actor.ask(self.opening) {
            opened if opened == "opened" => Ok(actor),
            refused => Err(refused),
        }
    }

    /// So many of them.
    ///
    /// # Panics
    /// When the root cannot be opened.
    #[must_use]
    pub fn actors<const N: usize>(&self) -> [Actor; N] {
        std::array::from_fn(|_| self.actor())
    }

    /// How many computations were begun so far, by all actors.
    #[must_use]
    pub fn computations(&self) -> usize {
        fs::read_to_string(self.tally()).map_or(0, |tally| tally.lines().count())
    }

    /// Everything in one folder of the root that is not a directory, however deep.
    ///
    /// # Panics
    /// When it cannot be listed.
    #[must_use]
    pub fn files(&self, folder: impl AsRef<Path>) -> Vec<String> {
        let folder = self.root().join(folder);
        files(&folder).unwrap_or_else(|error| panic!("{} cannot be listed: {error}", folder.display()))
    }

    /// Checks that nobody left anything: no draft, no lease, no dead link.
    ///
    /// # Panics
    /// When somebody did.
    #[track_caller]
    pub fn assert_nothing_left(&self) {
        let none: Vec<String> = Vec::new();
        assert_eq!(self.files("tmp"), none, "no draft should be left");
        assert_eq!(self.files("locks"), none, "no lease should be left");
        assert_eq!(dead_links(&self.root()), none, "no dead tag link should be left");
    }
}
