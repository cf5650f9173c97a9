//! Whoever is in a simulated process: a program of ours over the protocol, or the facade.

use tagcache_fs::{Durability, Layout, Options, Root, Sys};

use super::facade::Facade;
use super::{Op, Program, Slip};
use crate::sim::Sim;
use crate::world::ROOT;

/// How a process opens its root, and what it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Role {
    /// It is the facade.
    pub(crate) facade: bool,
    /// It makes the root if there is none.
    pub(crate) makes: bool,
    pub(crate) durability: Durability,
    pub(crate) layout: Layout,
    pub(crate) slip: Option<Slip>,
}

/// A process at work.
pub(crate) struct Actor<S: Sys> {
    sim: Sim,
    part: Part<S>,
}

// One for each process: what it weighs is no matter.
#[allow(clippy::large_enum_variant)]
enum Part<S: Sys> {
    Program(Program<S>),
    Facade(Facade<S>),
}

impl<S: Sys> Actor<S> {
    /// Opens the root; what is wrong with it, if it cannot.
    pub(crate) fn open(sys: S, sim: Sim, role: Role) -> Result<Self, String> {
        let Role { durability, layout, .. } = role;
        let part = if role.facade {
            let facade = Facade::open(sys, sim.clone(), durability, layout);
            Part::Facade(facade.map_err(|error| error.to_string())?)
        } else {
            let options = Options::new().existing_only(!role.makes).durability(durability).layout(layout);
            let root = options.open_on(sys, ROOT).map_err(|error| error.to_string())?;
            Part::Program(Program::new(root, sim.clone(), role.slip))
        };
        Ok(Self { sim, part })
    }

    pub(crate) fn root(&self) -> Root<S> {
        match &self.part {
            Part::Program(program) => program.root().clone(),
            Part::Facade(facade) => facade.root(),
        }
    }

    /// One after the other, until the end or until this process is gone.
    pub(crate) fn run(&mut self, ops: &[Op]) {
        for op in ops {
            if !self.sim.is_alive() {
                return;
            }
            self.sim.event(|world, process| world.tell(|| format!("p{process} begins {op:?}")));
            match &mut self.part {
                Part::Program(program) => program.step(*op),
                Part::Facade(facade) => facade.step(*op),
            }
        }
    }
}
